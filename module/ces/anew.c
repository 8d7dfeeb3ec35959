/* What make does not notice: it compares times of the files that its rules name.  A source that is gone leaves its object behind,
   a header that no rule names or other flags in a Makefile make nothing again, and over a built tree all of that would pass.
   Such an answer is judged over a tree in which nothing was built yet. */
#include "base/json.h"
#include "ces/ces_internal.h"

#include <ctype.h>
#include <stdlib.h>

#define ASKED 16 /* files about which make is asked; when there are more, all is built */
#define UNNOTICED 3

/* --- whether make builds it --------------------------------------------------------------------------------------- */

static int
is_word (char c)
{
  return isalnum ((unsigned char)c) || strchr ("_-.", c);
}

static int
runs_make (const char *line)
{
  for (const char *at = line; at && (at = strstr (at, "make")); at += 4)
    if ((at == line || !is_word (at[-1])) && (!at[4] || !is_word (at[4])))
      return 1;
  return 0;
}

/* Appends the lines of J's rungs that run make; 0: there are none. */
static int
add_lines (const struct aid_judging *j, struct aid_str *out)
{
  const json_t *commands = json_object_get (j->warm->about, "commands");
  int some = 0;
  for (enum aid_rung r = AID_RUNG_PARSES; r < AID_RUNGS; r++)
    {
      const char *line = aid_json_str (commands, aid_rung_name (r));
      if (!line || !runs_make (line))
        continue;
      aid_str_addf (out, "( %s\n)\n", line);
      some = 1;
    }
  return some;
}

/* --- what an answer does to it ------------------------------------------------------------------------------------ */

static int
ends_in (const char *path, const char *const *endings)
{
  for (; *endings; endings++)
    if (aid_span_ends (aid_span_z (path), *endings))
      return 1;
  return 0;
}

enum kind
{
  NEVER, /* it is not built, or what is built from it is known */
  ASK,   /* make knows whether something is */
  ALWAYS /* a build by other rules is another build */
};

static enum kind
kind_of (const char *path)
{
  static const char *const compiled[] = { ".c", ".cc", ".cpp", ".cxx", ".C", ".s", ".S", ".m", ".f", ".f90", NULL };
  static const char *const read[]
    = { ".md", ".rst", ".txt", ".org", ".texi", ".html", "README", "LICENSE", "COPYING", NULL };
  static const char *const rules[] = { "akefile", ".mk", ".mak", ".am", ".ac", ".in", ".m4", "configure", NULL };
  return ends_in (path, rules) ? ALWAYS : ends_in (path, compiled) || ends_in (path, read) ? NEVER : ASK;
}

/* Appends to LINES a question about PATH, whose answer is UNNOTICED: what would be done is the same when it is new. */
static void
ask (const char *path, struct aid_str *lines)
{
  aid_str_addz (lines, "f=" AID_BOX_ROOT "/");
  aid_str_add_quoted (lines, aid_span_z (path));
  aid_str_addf (lines, "; touch -- \"$f\"; [ \"$a\" = \"$(would)\" ] && exit %d; touch -d @1000000000 -- \"$f\"\n",
                UNNOTICED);
}

/* 1: make does not notice all that the answer does, as far as names tell; else *ASKED files are still to be asked about. */
static int
look (const struct aid_judging *j, struct aid_str *lines, size_t *asked)
{
  *asked = 0;
  for (size_t i = 0; i < j->plan->files.len; i++)
    {
      const struct aid_file_plan *f = aid_judging_plan (j, i);
      const char *path = f->op == AID_OP_CREATE ? f->new_path : f->old_path;
      if (!aid_judging_counts (j, f) || !path)
        continue;
      enum kind kind = kind_of (path);
      int goes = f->op == AID_OP_DELETE || f->op == AID_OP_RENAME, made = f->op == AID_OP_CREATE;
      if (kind == ALWAYS
          || (goes && (kind == ASK || ends_in (path, (const char *const[]){ ".c", ".cc", ".cpp", ".cxx", NULL }))))
        return 1;
      if (kind == NEVER || made)
        continue;
      if (++*asked > ASKED)
        return 1;
      ask (path, lines);
    }
  return 0;
}

enum aid_err
aid_judging_unnoticed (const struct aid_judging *j, int *unnoticed, struct aid_error *e)
{
  struct aid_str line = AID_STR_INIT ((size_t)1 << 20), questions = AID_STR_INIT ((size_t)1 << 20);
  struct aid_box_ran ran = { .code = 0 };
  enum aid_err err = AID_OK;
  size_t asked = 0;
  *unnoticed = 0;
  /* of what lies there now it is as with the person's own next build */
  aid_str_addz (&line, "export DUNE_CACHE=disabled MAKEFLAGS=n\nwould () {\n");
  if (!j->task->now && add_lines (j, &line) && !(*unnoticed = look (j, &questions, &asked)) && asked)
    {
      aid_str_addz (&line, "} 2>&1\na=$(would)\n");
      aid_str_addspan (&line, aid_str_span (&questions));
      err = line.err || questions.err ? AID_E_LIMIT
                                      : aid_box_run (j->box, aid_str_z (&line), j->task->directory, j->stop, &ran, e);
      *unnoticed = err == AID_E_LIMIT || (!err && ran.end == AID_BOX_EXITED && ran.code == UNNOTICED);
      err = err == AID_E_LIMIT ? AID_OK : err;
    }
  aid_str_free (&ran.output);
  aid_str_free (&questions);
  aid_str_free (&line);
  return err;
}
