/* Deciding about fenced blocks that name a file, by the file's text.  A block is its whole new text when it shares most of the
   file's lines and neither drops its ends nor a large part; it is an edited copy when it has elided lines, or is one definition
   that is found by its first line; it is a new file when there is none of that name and the answer calls it new.  Anything else
   is an example.  What is meant as a change and has no clear place is refused.  The changes go back through the reader as a
   diff. */
#include "patch/match.h"
#include "patch/plan_internal.h"
#include "patch/read_whole.h"
#include "patch/settle_internal.h"

#include <stdlib.h>

enum
{
  MOST_BYTES = 64 << 20, /* of files, read for one answer; the last one may reach beyond */
  MOST_WORK = 400000000  /* steps of comparing, likewise */
};

struct settling
{
  const struct aid_patch *p;
  int any;              /* every candidate counts */
  struct aid_planner g; /* to find files */
  size_t bytes, work;   /* read and done so far */
};

/* One candidate on its way. */
struct one
{
  const struct aid_patch_candidate *c;
  struct aid_vec lines; /* struct aid_span: its text */
  struct aid_str file;  /* that of the file */
  const char *path;     /* which file that is */
  int there;
  struct aid_settled *out;
  char why[256];
};

/* --- outcomes --- */

static enum aid_err
keep (struct one *o, struct aid_str *diff, const char *refused)
{
  enum aid_err err = diff->err;
  if (!err && memchr (aid_str_z (diff), 0, diff->len))
    return AID_OK; /* a text with NUL bytes is no file's */
  o->out->beg = o->c->beg;
  o->out->diff = err ? NULL : strdup (aid_str_z (diff));
  o->out->refused = refused ? strdup (refused) : NULL;
  return err ? err : !o->out->diff || (refused && !o->out->refused) ? AID_E_NOMEM : AID_OK;
}

static enum aid_err
refuse (struct one *o, const char *why)
{
  struct aid_str diff = AID_STR_INIT (AID_PATCH_MAX * 2);
  enum aid_err err = aid_refused_diff (&o->lines, o->path, &diff);
  if (!err)
    err = keep (o, &diff, why);
  aid_str_free (&diff);
  return err;
}

static enum aid_err
note (struct one *o, const char *why)
{
  char text[256];
  aid_reason (text, "the block that names %.60s is taken for an example: %s", o->c->path, why);
  o->out->beg = o->c->beg;
  o->out->note = strdup (text);
  return o->out->note ? AID_OK : AID_E_NOMEM;
}

static enum aid_err
create (struct one *o)
{
  struct aid_str diff = AID_STR_INIT (AID_PATCH_MAX * 2);
  enum aid_err err = aid_new_file_diff (&o->lines, o->path, &diff);
  if (!err)
    err = keep (o, &diff, NULL);
  aid_str_free (&diff);
  return err;
}

/* The runs of T as what O came to; without any, the file is as the block has it. */
static enum aid_err
change (struct one *o, struct aid_texts *t, int whole)
{
  struct aid_str diff = AID_STR_INIT (AID_PATCH_MAX * 3);
  if (t->runs.len == 0)
    return whole ? create (o) : AID_OK; /* a new file that is there already */
  enum aid_err err = aid_runs_diff (t, o->path, &diff);
  if (!err)
    err = keep (o, &diff, NULL);
  aid_str_free (&diff);
  return err;
}

/* --- whole files --- */

#define SHARED .6       /* of the file's weight that its whole new text has */
#define SHARED_TOLD .35 /* when the answer calls it that */
#define DROPPED .15     /* that may go without anything new in its place */
enum
{
  DROPPED_LINES = 6,
  DROPPED_MOST = 25
};                     /* the least and the most that this is */
#define END_BLANKS .25 /* what may be dropped at the ends: blank lines */
#define END_LINES 2    /* what may be dropped at the ends when the answer calls it the whole file */

static int
is_blank (const struct aid_texts *t, size_t from, size_t to)
{
  for (size_t i = from; i < to; i++)
    if (aid_span_trim (aid_lines_at (&t->target.lines, i)).len > 0)
      return 0;
  return 1;
}

/* Whether the runs turn the file into a new version of all of it, or drop parts of it. */
static int
is_whole (const struct aid_texts *t, int told)
{
  size_t n = t->target.lines.n;
  double all = aid_texts_weight_old (t, 0, n), gone = 0, fewer = 0, most = all * DROPPED;
  most = most < DROPPED_LINES ? DROPPED_LINES : most > DROPPED_MOST ? DROPPED_MOST : most;
  for (size_t r = 0; r < t->runs.len; r++)
    {
      const struct aid_run *run = &AID_VEC_AT (struct aid_run, &t->runs, r);
      double lost = aid_texts_weight_old (t, run->o1, run->o2), net = lost - aid_texts_weight_new (t, run->n1, run->n2);
      int first = is_blank (t, 0, run->o1), end = first || is_blank (t, run->o2, n);
      gone += lost;
      fewer += net > 0 ? net : 0;
      if (net > most || (end && net > (told ? END_LINES : first ? 0 : END_BLANKS)))
        return 0;
    }
  return fewer <= most * (told ? 2 : 1) && all - gone >= all * (told ? SHARED_TOLD : SHARED);
}

static void
end_texts (struct settling *s, struct aid_texts *t)
{
  s->work += t->work + t->target.own_work;
  aid_texts_free (t);
}

static enum aid_err
take_whole (struct settling *s, struct one *o, int *taken)
{
  struct aid_texts t;
  struct aid_error e = { AID_OK, "" };
  const struct aid_patch_candidate *c = o->c;
  enum aid_err err = aid_texts_init (&t, aid_str_span (&o->file), &o->lines, &e);
  /* The line that names the file is not the file's, unless that has it. */
  if (!err && c->headed && t.n > 1 && t.id[0] == AID_NO_ID)
    {
      aid_vec_remove (&o->lines, 0, 1);
      end_texts (s, &t);
      err = aid_texts_init (&t, aid_str_span (&o->file), &o->lines, &e);
    }
  for (size_t i = 0; i < t.n && !err; i++)
    if (t.id[i] == AID_NO_ID && aid_is_elision (t.line[i]))
      {
        end_texts (s, &t); /* not all of it */
        return AID_OK;
      }
  if (!err)
    err = aid_runs_between (&t, 0, t.target.lines.n, 0, t.n, o->why);
  int empty = aid_span_trim (aid_str_span (&o->file)).len == 0;
  if (!err && (s->any || (empty ? c->fresh || c->whole || c->apart : is_whole (&t, c->whole))))
    {
      *taken = 1;
      err = change (o, &t, 1);
    }
  end_texts (s, &t);
  return err;
}

/* --- copies --- */

/* Whether the block shows lines of the file, so that it is meant as a copy though it has no place. */
static int
is_meant (const struct aid_texts *t)
{
  double have = 0, all = 0;
  for (size_t i = 0; i < t->n; i++)
    {
      double weight = t->elided[i] ? 0 : aid_line_weight (aid_span_trim (t->line[i]));
      all += weight;
      have += t->id[i] != AID_NO_ID ? weight : 0;
    }
  return have >= 2 && have >= all / 2;
}

static int
any_elided (const struct aid_vec *lines)
{
  for (size_t i = 0; i < lines->len; i++)
    if (aid_is_elision (AID_VEC_AT (struct aid_span, lines, i)))
      return 1;
  return 0;
}

/* Whether T begins as the file does. */
static int
same_beginning (const struct aid_texts *t)
{
  size_t o = 0, i = 0;
  while (o < t->target.lines.n && aid_span_trim (aid_lines_at (&t->target.lines, o)).len == 0)
    o++;
  while (i < t->n && aid_span_trim (t->line[i]).len == 0)
    i++;
  return o < t->target.lines.n && i < t->n && t->x->ids[o] == t->id[i];
}

static enum aid_err
take_copy (struct settling *s, struct one *o)
{
  struct aid_texts t;
  struct aid_error e = { AID_OK, "" };
  int elided = any_elided (&o->lines);
  enum aid_err err = aid_texts_init (&t, aid_str_span (&o->file), &o->lines, &e);
  if (!err && !s->any && !elided && same_beginning (&t))
    {
      static const char why[] = "it begins as the file does, but large parts of that, or its end, are missing";
      err = o->c->whole && is_meant (&t) ? refuse (o, why) : note (o, why);
    }
  else if (!err)
    {
      err = aid_copy_runs (&t, o->why);
      if (!err)
        err = change (o, &t, 0);
      else if (err == AID_E_REFUSED && (s->any || (elided && is_meant (&t))))
        err = refuse (o, o->why);
      else if (err == AID_E_REFUSED)
        err = note (o, o->why);
      else if (err == AID_E_NOTFOUND && s->any)
        err = refuse (o, "the file has too few of its lines: nothing shows where it belongs");
      else if (err == AID_E_NOTFOUND)
        err = elided ? note (o, "the file has too few of its lines") : AID_OK;
    }
  end_texts (s, &t);
  return err;
}

/* --- one candidate --- */

static enum aid_err
read_lines (const struct aid_patch *p, struct one *o)
{
  struct aid_cursor c = { .text = p->text, .pos = o->c->text_beg, .end = o->c->text_end, .indent = o->c->indent };
  struct aid_in_line l;
  while (aid_cursor_next (&c, &l))
    {
      struct aid_span *slot = aid_vec_push (&o->lines);
      if (!slot)
        return AID_E_LIMIT;
      *slot = l.text;
    }
  return AID_OK;
}

static enum aid_err
read_file (struct settling *s, struct one *o, const char *path)
{
  struct aid_error e = { AID_OK, "" };
  aid_str_clear (&o->file);
  o->path = path;
  enum aid_err err = s->g.source->read (s->g.source->ctx, path, &o->file, &e);
  s->bytes += o->file.len;
  o->there = err == AID_OK;
  return err == AID_E_NOMEM ? err : err && err != AID_E_NOTFOUND ? AID_E_REFUSED : AID_OK;
}

/* Reads the file that is meant; when none has that very name, the one whose name ends so, or that the name ends in. */
static enum aid_err
find_file (struct settling *s, struct one *o)
{
  const char *name = NULL;
  enum aid_err err = read_file (s, o, o->c->path);
  if (err || o->there)
    return err;
  name = aid_plan_only_name (&s->g, o->c->path);
  return name ? read_file (s, o, name) : AID_OK;
}

static enum aid_err
settle_new (struct settling *s, struct one *o)
{
  const struct aid_patch_candidate *c = o->c;
  if (o->lines.len == 0 || (!s->any && ((!c->fresh && !c->whole) || c->example || any_elided (&o->lines))))
    return AID_OK;
  int only_name = c->headed && o->lines.len == 1;
  if (only_name)
    return AID_OK;
  if (c->headed)
    aid_vec_remove (&o->lines, 0, 1);
  return create (o);
}

/* Whether the block shows both sides of a conflict, which the file does not have: no text is meant to become that. */
static int
shows_conflict (const struct one *o)
{
  int beg = 0, end = 0;
  for (size_t i = 0; i < o->lines.len; i++)
    {
      struct aid_span line = AID_VEC_AT (struct aid_span, &o->lines, i);
      beg |= aid_span_starts (line, "<<<<<<< ");
      end |= beg && aid_span_starts (line, ">>>>>>> ");
    }
  return end && aid_span_find (aid_str_span (&o->file), (struct aid_span){ "<<<<<<< ", 8 }) < 0;
}

static enum aid_err
settle_one (struct settling *s, struct one *o)
{
  static const char took_all[] = "the blocks before it took the time that one answer may take";
  int taken = 0;
  struct aid_error e = { AID_OK, "" };
  o->path = o->c->path;
  enum aid_err err = read_lines (s->p, o);
  if (err)
    return err;
  if (aid_path_check (o->path, &e))
    return s->any ? refuse (o, e.msg) : note (o, e.msg);
  if (s->bytes > MOST_BYTES || s->work > MOST_WORK)
    return s->any ? refuse (o, took_all) : note (o, took_all);
  err = find_file (s, o);
  if (err == AID_E_REFUSED)
    return s->any ? refuse (o, "the file cannot be read") : AID_OK;
  if (err)
    return err;
  if (!s->any && shows_conflict (o))
    return AID_OK;
  if (!o->there)
    return settle_new (s, o);
  err = take_whole (s, o, &taken);
  if (!err && !taken)
    err = take_copy (s, o);
  return err == AID_E_LIMIT ? AID_OK : err;
}

/* --- all of them --- */

static enum aid_err
settle_all (const struct aid_patch *p, int any, const struct aid_patch_source *source, struct aid_vec *out)
{
  struct settling s = { .p = p, .any = any, .g = { .p = p, .reading = p, .source = source } };
  s.g.names = AID_VEC_INIT (char *, AID_PATCH_LISTED);
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < p->candidates.len && !err; i++)
    {
      struct one o = { .c = &AID_VEC_AT (struct aid_patch_candidate, &p->candidates, i), .out = aid_vec_push (out) };
      o.lines = AID_VEC_INIT (struct aid_span, AID_PATCH_LINES);
      o.file = AID_STR_INIT (AID_PATCH_MAX);
      err = o.out ? settle_one (&s, &o) : AID_E_NOMEM;
      if (o.out)
        o.out->beg = o.c->beg;
      aid_vec_free (&o.lines);
      aid_str_free (&o.file);
    }
  aid_plan_forget_names (&s.g);
  return err;
}

static void
free_all (struct aid_vec *settled)
{
  for (size_t i = 0; i < settled->len; i++)
    aid_settled_free (&AID_VEC_AT (struct aid_settled, settled, i));
  aid_vec_free (settled);
}

enum aid_err
aid_patch_settle (struct aid_patch **p, enum aid_patch_format format, const struct aid_patch_source *source,
                  struct aid_error *e)
{
  struct aid_vec settled = AID_VEC_INIT (struct aid_settled, AID_PATCH_CANDIDATES);
  struct aid_patch *with = NULL;
  if ((*p)->candidates.len == 0)
    return AID_OK;
  enum aid_err err = settle_all (*p, format == AID_FORMAT_WHOLE, source, &settled);
  if (err)
    aid_error_set (e, err, "no memory to compare the answer with files");
  else
    err = aid_patch_read_with ((struct aid_span){ (*p)->text, (*p)->len }, format, &settled, &with, e);
  free_all (&settled);
  if (err)
    return err;
  aid_patch_free (*p);
  *p = with;
  return AID_OK;
}

enum aid_err
aid_patch_settled (const struct aid_patch *p, const struct aid_patch_source *source,
                   enum aid_err (*each) (void *closure, size_t end, const char *diff, const char *refused), void *closure,
                   struct aid_error *e)
{
  struct aid_vec settled = AID_VEC_INIT (struct aid_settled, AID_PATCH_CANDIDATES);
  enum aid_err err = settle_all (p, 0, source, &settled);
  for (size_t i = 0; i < settled.len && !err; i++)
    {
      const struct aid_settled *one = &AID_VEC_AT (struct aid_settled, &settled, i);
      if (one->diff)
        err = each (closure, AID_VEC_AT (struct aid_patch_candidate, &p->candidates, i).end, one->diff, one->refused);
    }
  free_all (&settled);
  return err ? aid_error_set (e, err, "no memory to compare the answer with files") : AID_OK;
}
