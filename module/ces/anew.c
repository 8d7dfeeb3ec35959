/* What make does not notice: it compares times of the files that its rules name.  A source that is gone leaves its object behind,
   a header that no rule names or other flags in a Makefile make nothing again, and over a built tree all of that would pass.
   Nor does it, or another tool that remembers which headers were read, notice a new header that goes before one of its name.
   Such an answer is judged over a tree in which nothing was built yet. */
#include "base/fs.h"
#include "base/json.h"
#include "ces/ces_internal.h"

#include <ctype.h>
#include <stdlib.h>

#define ASKED 16     /* files about which make is asked; when there are more, all is built */
#define UNNOTICED 64 /* the exit status that says so of the first of them, and so on */
#define REMEMBERED "noticed"

/* --- what builds it ----------------------------------------------------------------------------------------------- */

static int
is_word (char c)
{
  return isalnum ((unsigned char)c) || strchr ("_-.", c);
}

static int
runs (const char *line, const char *program)
{
  size_t n = strlen (program);
  for (const char *at = line; at && (at = strstr (at, program)); at += n)
    if ((at == line || !is_word (at[-1])) && (!at[n] || !is_word (at[n])))
      return 1;
  return 0;
}

/* Whether what LINE runs builds by times of files, and does not look for headers again. */
static int
goes_by_times (const char *line)
{
  static const char *const programs[] = { "make", "cmake", "ninja", "meson" };
  for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
    if (runs (line, programs[i]))
      return 1;
  return 0;
}

/* Appends the lines of J's rungs that run make; *BY_TIMES: some line builds by times. */
static void
add_lines (const struct aid_judging *j, struct aid_str *out, int *by_times)
{
  const json_t *commands = json_object_get (j->warm->about, "commands");
  *by_times = 0;
  for (enum aid_rung r = AID_RUNG_PARSES; r < AID_RUNGS; r++)
    {
      const char *line = aid_json_str (commands, aid_rung_name (r));
      *by_times |= line && goes_by_times (line);
      if (line && runs (line, "make"))
        aid_str_addf (out, "( %s\n)\n", line);
    }
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
  PROSE,
  RULES,  /* a build by other ones is another build */
  SOURCE, /* it is compiled */
  OTHER
};

static enum kind
kind_of (const char *path)
{
  static const char *const compiled[] = { ".c", ".cc", ".cpp", ".cxx", ".C", ".s", ".S", ".m", ".f", ".f90", NULL };
  static const char *const read[]
    = { ".md", ".rst", ".txt", ".org", ".texi", ".html", "README", "LICENSE", "COPYING", NULL };
  static const char *const rules[] = { "akefile", ".mk", ".mak", ".am", ".ac", ".in", ".m4", "configure", NULL };
  return ends_in (path, rules) ? RULES : ends_in (path, compiled) ? SOURCE : ends_in (path, read) ? PROSE : OTHER;
}

/* Whether the source PATH has an object beside it: then it is one that is compiled by itself. */
static int
has_object (const struct aid_judging *j, const char *path)
{
  static const char *const endings[] = { ".o", ".lo" };
  int there = 0;
  for (size_t i = 0; i < sizeof endings / sizeof *endings && !there; i++)
    {
      struct aid_str object = AID_STR_INIT (AID_CES_PATH);
      aid_str_addf (&object, "%s/%.*s%s", j->warm->tree, (int)(strrchr (path, '.') - path), path, endings[i]);
      there = !object.err && aid_fs_exists (aid_str_z (&object));
      aid_str_free (&object);
    }
  return there;
}

/* Whether the base, or the system, has a file that is called as PATH, a new one: what includes that may mean this from now on. */
static int
has_twin (const struct aid_judging *j, const char *path)
{
  struct aid_str header = AID_STR_INIT (AID_CES_PATH);
  aid_str_addf (&header, "/usr/include/%s", aid_fs_base (path));
  int there = header.err || aid_fs_exists (aid_str_z (&header)) || aid_ces_has_named (j->warm->tree, aid_fs_base (path));
  aid_str_free (&header);
  return there;
}

/* The files that are changed and are still there, about which make is to be asked. */
struct questions
{
  const char *paths[ASKED];
  size_t n;
  json_t *known; /* of the base's files: whether make notices a change of them */
};

/* Whether make does not notice what F does, as far as names tell and what is KNOWN; else it may be a question. */
static int
is_unnoticed (const struct aid_judging *j, const struct aid_file_plan *f, struct questions *q)
{
  const char *path = f->op == AID_OP_CREATE ? f->new_path : f->old_path;
  enum kind kind = path ? kind_of (path) : PROSE;
  if (kind == PROSE)
    return 0;
  if (kind == RULES || f->op == AID_OP_DELETE || f->op == AID_OP_RENAME)
    return 1;
  const json_t *known = json_object_get (q->known, path);
  if (f->op == AID_OP_CREATE || json_is_true (known) || (kind == SOURCE && has_object (j, path)))
    return 0;
  if (json_is_false (known) || q->n == ASKED)
    return 1;
  q->paths[q->n++] = path;
  return 0;
}

/* Whether make does not notice something that the answer does, as far as it need not be asked. */
static int
look (const struct aid_judging *j, struct questions *q)
{
  for (size_t i = 0; i < j->plan->files.len; i++)
    if (aid_judging_counts (j, aid_judging_plan (j, i)) && is_unnoticed (j, aid_judging_plan (j, i), q))
      return 1;
  return 0;
}

/* Whether a new header of the answer's hides another from who includes it. */
static int
hides_a_header (const struct aid_judging *j)
{
  static const char *const headers[]
    = { ".h", ".hh", ".hpp", ".hxx", ".H", ".inc", ".inl", ".ipp", ".tcc", ".tpp", ".def", NULL };
  for (size_t i = 0; i < j->plan->files.len; i++)
    {
      const struct aid_file_plan *f = aid_judging_plan (j, i);
      if (f->op == AID_OP_CREATE && aid_judging_counts (j, f) && ends_in (f->new_path, headers) && has_twin (j, f->new_path))
        return 1;
    }
  return 0;
}

/* --- asking make -------------------------------------------------------------------------------------------------- */

/* Appends to LINES a question about the I-th PATH, to which UNNOTICED + I says: what would be done is the same when it is new. */
static void
ask (const char *path, size_t i, struct aid_str *lines)
{
  aid_str_addz (lines, "f=" AID_BOX_ROOT "/");
  aid_str_add_quoted (lines, aid_span_z (path));
  aid_str_addf (lines, "; touch -- \"$f\"; [ \"$a\" = \"$(would)\" ] && exit %d; touch -d @1000000000 -- \"$f\"\n",
                UNNOTICED + (int)i);
}

/* Remembers what RAN, the answer to Q, says: it is so of the base, whatever an answer is. */
static void
remember (const struct aid_judging *j, const struct questions *q, const struct aid_box_ran *ran)
{
  size_t n = ran->code ? (size_t)(ran->code - UNNOTICED) : q->n;
  if (ran->end != AID_BOX_EXITED || n > q->n)
    return;
  for (size_t i = 0; i < n; i++)
    json_object_set_new (q->known, q->paths[i], json_true ());
  if (n < q->n)
    json_object_set_new (q->known, q->paths[n], json_false ());
  aid_warm_known_keep (j->warm, REMEMBERED, q->known);
}

/* Asks make, which the function would () of LINE runs, about the files of Q.  Who does not come to an end has said nothing: then
   all is built. */
static enum aid_err
ask_all (const struct aid_judging *j, const struct questions *q, struct aid_str *line, int *unnoticed, struct aid_error *e)
{
  struct aid_box_ran ran = { .code = 0 };
  enum aid_err err = AID_E_LIMIT;
  aid_str_addz (line, "} 2>&1\na=$(would)\n");
  for (size_t i = 0; i < q->n; i++)
    ask (q->paths[i], i, line);
  aid_str_addz (line, "exit 0\n");
  if (!line->err)
    err = aid_box_run (j->box, aid_str_z (line), j->task->directory, j->stop, &ran, e);
  *unnoticed = err || ran.end != AID_BOX_EXITED || ran.code;
  if (!err)
    remember (j, q, &ran);
  aid_str_free (&ran.output);
  return err == AID_E_LIMIT ? AID_OK : err;
}

enum aid_err
aid_judging_unnoticed (const struct aid_judging *j, int *unnoticed, struct aid_error *e)
{
  struct aid_str line = AID_STR_INIT ((size_t)1 << 20);
  struct questions q = { .n = 0 };
  enum aid_err err = AID_OK;
  int by_times;
  *unnoticed = 0;
  if (j->task->now) /* of what lies there now it is as with the person's own next build */
    return AID_OK;
  aid_str_addz (&line, "export DUNE_CACHE=disabled MAKEFLAGS=n\nwould () {\n");
  size_t before = line.len;
  add_lines (j, &line, &by_times);
  int by_make = line.err || line.len > before;
  q.known = by_make ? aid_warm_known (j->warm, REMEMBERED) : NULL;
  *unnoticed = (by_make && look (j, &q)) || (by_times && hides_a_header (j));
  if (!*unnoticed && q.n)
    err = ask_all (j, &q, &line, unnoticed, e);
  json_decref (q.known);
  aid_str_free (&line);
  return err;
}
