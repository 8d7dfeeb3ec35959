/* Which hunks of an answer are at fault: all are judged together, then what is blamed is taken out as long as that says more. */
#include "ces/hunks.h"
#include "base/clock.h"
#include "base/json.h"

#include <stdlib.h>

#define EVALUATIONS 8
#define MESSAGE_MAX 300
#define SOUGHT_MAX 200 /* hunks among which the one at fault is looked for */

struct parting
{
  struct aid_ces *ces;
  const struct aid_ces_task *task;
  struct aid_warm warm;
  struct aid_span answer;
  const struct aid_stop *stop;
  struct aid_patch *patch;
  size_t n;             /* hunks */
  unsigned char *meant; /* the hunks that are asked about */
  unsigned char *in;    /* those of them that are still judged */
  int64_t *chosen;
  json_t **words; /* of each hunk, what is known */
  int64_t left, done, refused, begun;
  const struct aid_ces_asked *asked;
};

/* What came of some of the hunks. */
struct outcome
{
  json_t *rungs, *passed; /* the latter the names of those that have passed, but for "applies" */
  const json_t *failed;   /* the rung, or NULL */
  const char *broken;     /* the name of one, or NULL */
};

static enum aid_err
no_memory (struct aid_error *e)
{
  return aid_error_set (e, AID_E_NOMEM, "No memory for a verdict");
}

/* --- one evaluation ----------------------------------------------------------------------------------------------- */

static void
read_rungs (struct outcome *o)
{
  const json_t *rung;
  size_t i;
  json_array_foreach (o->rungs, i, rung)
  {
    const char *result = aid_json_str (rung, "result"), *name = aid_json_str (rung, "rung");
    if (!result || !strcmp (result, "none") || !strcmp (result, "skipped"))
      continue;
    if (!strcmp (result, "passed"))
      {
        if (i != AID_RUNG_APPLIES)
          json_array_append_new (o->passed, json_string (name));
      }
    else if (!strcmp (result, "broken"))
      o->broken = o->broken ? o->broken : name;
    else if (!o->failed)
      o->failed = rung;
  }
}

static void
outcome_free (struct outcome *o)
{
  json_decref (o->rungs);
  json_decref (o->passed);
}

/* O is to be freed, whatever comes. */
static enum aid_err
evaluate (struct parting *p, const unsigned char *only, struct outcome *o, struct aid_error *e)
{
  const struct aid_ces_part part = { only, p->chosen, p->n };
  int known = 0;
  *o = (struct outcome){ NULL, json_array (), NULL, NULL };
  enum aid_err err = aid_ces_judge (p->ces, p->task, &p->warm, p->answer, &part, p->stop, &o->rungs, &known, e);
  if (!err)
    read_rungs (o);
  p->left -= !known;
  p->done++;
  return err;
}

static enum aid_err
plan_of (const struct parting *p, const unsigned char *only, struct aid_plan **plan, struct aid_error *e)
{
  const struct aid_patch_source source = aid_patch_disk_source (p->warm.tree);
  const struct aid_plan_options options = { .chosen = p->chosen, .only = only, .together = 1 };
  return aid_patch_plan (p->patch, &source, &options, plan, e);
}

/* --- words -------------------------------------------------------------------------------------------------------- */

/* The rung's fault at DIAG, or without one by what it printed last: a new reference. */
static json_t *
fault_of (const json_t *rung, const json_t *diag, int64_t line)
{
  const char *path = aid_json_str (diag, "path");
  struct aid_span text = diag ? aid_json_span (diag, "message") : aid_span_trim (aid_json_span (rung, "output")), last;
  const char *slash = diag || !text.len ? NULL : memrchr (text.ptr, '\n', text.len);
  last = slash ? aid_span_cut (text, (size_t)(slash - text.ptr) + 1, text.len) : text;
  if (diag && !aid_span_line (&text, &last))
    last = AID_SPAN ("");
  if (last.len > MESSAGE_MAX)
    last.len = MESSAGE_MAX;
  json_t *fault = json_pack ("{s:s, s:s, s:o}", "rung", aid_json_str (rung, "rung"), "result", aid_json_str (rung, "result"),
                             "message", aid_json_of_span (last));
  if (path && aid_json_int (diag, "line", 0) > 0) /* a linker's errors have no line */
    {
      json_object_set_new (fault, "path", aid_json_of_span (aid_span_z (path)));
      json_object_set_new (fault, "line", json_integer (line));
      json_object_set_new (fault, "col", json_integer ((json_int_t)aid_json_int (diag, "col", 0)));
    }
  return fault;
}

static int
is_error (const json_t *diag)
{
  const char *severity = aid_json_str (diag, "severity");
  return severity && !strcmp (severity, "error");
}

/* Takes WORD for HUNK, the first that is said of it. */
static void
say (struct parting *p, size_t hunk, json_t *word)
{
  if (hunk < p->n && !p->words[hunk])
    p->words[hunk] = word;
  else
    json_decref (word);
}

static json_t *
word (const char *name, int whole)
{
  return json_pack ("{s:s, s:b}", "word", name, "whole", whole);
}

static json_t *
blamed (json_t *fault, int whole)
{
  json_t *w = word ("breaks", whole);
  json_object_set_new (w, "fault", fault);
  return w;
}

/* All that are still in have passed as far as O says. */
static void
say_passed (struct parting *p, const struct outcome *o, int whole)
{
  for (size_t i = 0; i < p->n; i++)
    if (p->in[i])
      {
        json_t *w = word ("passed", whole);
        json_object_set (w, "passed", o->passed);
        say (p, i, w);
      }
}

/* --- who is at fault ---------------------------------------------------------------------------------------------- */

/* Says of the hunks that O's errors point into that they are at fault, and takes them out.  *N: how many.  *FAULT gets the first
   error of all. */
static enum aid_err
blame (struct parting *p, const struct outcome *o, int whole, size_t *n, json_t **fault, struct aid_error *e)
{
  struct aid_plan *plan = NULL;
  struct aid_vec ranges;
  const json_t *diag;
  size_t i;
  *n = 0;
  enum aid_err err = plan_of (p, p->in, &plan, e);
  if (err)
    return err;
  aid_ranges_make (plan, &ranges);
  json_array_foreach (json_object_get (o->failed, "diagnostics"), i, diag)
  {
    const char *path = aid_json_str (diag, "path");
    if (!is_error (diag) || !path)
      continue;
    struct aid_blame b = aid_ranges_blame (&ranges, path, aid_json_int (diag, "line", 0));
    if (fault && !*fault)
      *fault = fault_of (o->failed, diag, b.line);
    if (b.hunk >= p->n || !p->in[b.hunk])
      continue;
    say (p, b.hunk, blamed (fault_of (o->failed, diag, b.line), whole));
    p->in[b.hunk] = 0;
    ++*n;
  }
  if (fault && !*fault)
    *fault = fault_of (o->failed, NULL, 0);
  aid_vec_free (&ranges);
  aid_plan_free (plan);
  return AID_OK;
}

static size_t
count_in (const struct parting *p)
{
  size_t n = 0;
  for (size_t i = 0; i < p->n; i++)
    n += p->in[i];
  return n;
}

/* The number of the file that hunk I belongs to. */
static size_t
file_of (const struct parting *p, size_t hunk)
{
  size_t i = 0;
  for (; i < p->patch->files.len; i++)
    {
      const struct aid_patch_file *f = &AID_VEC_AT (struct aid_patch_file, &p->patch->files, i);
      if (hunk >= f->first_hunk && hunk < f->first_hunk + f->nhunks)
        break;
    }
  return i;
}

/* Whether OTHER is left out with I: it is I, or when whole FILES are, in the same. */
static int
same_unit (const struct parting *p, int files, size_t i, size_t other)
{
  return files ? file_of (p, i) == file_of (p, other) : i == other;
}

static size_t
count_files (const struct parting *p)
{
  size_t n = 0;
  for (size_t i = 0; i < p->n; i++)
    {
      size_t first = 0;
      while (!p->in[first] || !same_unit (p, 1, i, first))
        if (++first >= i)
          break;
      n += first >= i && p->in[i];
    }
  return n;
}

/* Judges what is in without I's unit; *FOUND: that passes, so the unit is at fault. */
static enum aid_err
try_without (struct parting *p, int files, size_t i, const json_t *fault, int whole, int *found, struct aid_error *e)
{
  unsigned char *rest = calloc (p->n + 1, 1);
  struct outcome o;
  if (!rest)
    return no_memory (e);
  for (size_t k = 0; k < p->n; k++)
    rest[k] = p->in[k] && !same_unit (p, files, i, k);
  enum aid_err err = evaluate (p, rest, &o, e);
  *found = !err && !o.failed;
  for (size_t k = 0; k < p->n && *found; k++)
    if (p->in[k] && !rest[k])
      {
        say (p, k, blamed (json_deep_copy (fault), whole));
        p->in[k] = 0;
      }
  if (*found)
    say_passed (p, &o, 0);
  outcome_free (&o);
  free (rest);
  return err;
}

/* No error points into a hunk: each is left out in turn, or each file when there are too many. */
static enum aid_err
leave_out (struct parting *p, const json_t *fault, int whole, struct aid_error *e)
{
  size_t n = count_in (p);
  int files = (int64_t)n > p->left, found = 0;
  enum aid_err err = AID_OK;
  if (n == 1 || n > SOUGHT_MAX || (files && count_files (p) == 1))
    {
      for (size_t i = 0; i < p->n; i++)
        if (p->in[i])
          say (p, i, n == 1 ? blamed (json_deep_copy (fault), whole) : word ("unknown", whole));
      return AID_OK;
    }
  for (size_t i = 0; i < p->n && !err && !found && p->left > 0; i++)
    {
      size_t first = 0;
      while (first < i && !(p->in[first] && same_unit (p, files, i, first)))
        first++;
      if (p->in[i] && first == i)
        err = try_without (p, files, i, fault, whole, &found, e);
    }
  return err;
}

/* What is said of the whole answer: a new reference.  SOME: there was something to judge. */
static json_t *
whole_json (const struct parting *p, const struct outcome *o, int some, json_t *fault)
{
  const char *status = o->failed ? "red" : o->broken ? "broken" : !some || !json_array_size (o->passed) ? "none" : "green";
  json_t *v
    = json_pack ("{s:s, s:O, s:s?, s:I, s:I, s:I}", "status", status, "passed", o->passed, "broken", o->broken, "refused",
                 (json_int_t)p->refused, "evaluations", (json_int_t)p->done, "ms", (json_int_t)(aid_clock_ms () - p->begun));
  if (v && fault)
    json_object_set (v, "fault", fault);
  return v;
}

static void
tell_whole (const struct parting *p, const struct outcome *o, json_t *fault)
{
  json_t *v = p->asked->tell ? whole_json (p, o, 1, fault) : NULL;
  if (v)
    p->asked->tell (p->asked->ctx, v);
  json_decref (v);
}

/* What O says of the hunks that are in; *MORE: some were taken out, and the others are worth another look.  *FAULT gets the
   first error, or stays NULL. */
static enum aid_err
sift (struct parting *p, const struct outcome *o, int whole, int *more, json_t **fault, struct aid_error *e)
{
  size_t n = 0;
  *more = 0;
  if (!o->failed)
    return say_passed (p, o, whole), AID_OK;
  enum aid_err err = blame (p, o, whole, &n, fault, e);
  if (!err && whole && (count_in (p) > 1 || (n && count_in (p))))
    tell_whole (p, o, *fault);
  *more = n > 0 && count_in (p) > 0;
  return err || n ? err : leave_out (p, *fault, whole, e);
}

/* O gets what came of all together, FAULT its first error, or NULL. */
static enum aid_err
part (struct parting *p, struct outcome *o, json_t **fault, struct aid_error *e)
{
  int more = 0;
  enum aid_err err = evaluate (p, p->in, o, e);
  if (!err)
    err = sift (p, o, 1, &more, fault, e);
  while (!err && more && p->left > 0)
    {
      struct outcome now;
      json_t *first = NULL;
      err = evaluate (p, p->in, &now, e);
      if (!err)
        err = sift (p, &now, 0, &more, &first, e);
      json_decref (first);
      outcome_free (&now);
    }
  return err;
}

/* --- the whole ---------------------------------------------------------------------------------------------------- */

/* Which hunks have a place: those are judged.  *FILES: how many files change without one. */
static enum aid_err
place (struct parting *p, size_t *files, struct aid_error *e)
{
  struct aid_plan *plan = NULL;
  enum aid_err err = plan_of (p, p->meant, &plan, e);
  *files = 0;
  for (size_t i = 0; !err && i < plan->files.len; i++)
    {
      const struct aid_file_plan *f = &AID_VEC_AT (struct aid_file_plan, &plan->files, i);
      *files += !f->n && f->applies && !f->already;
    }
  for (size_t i = 0; !err && i < plan->placements.len; i++)
    {
      const struct aid_placement *o = &AID_VEC_AT (struct aid_placement, &plan->placements, i);
      p->in[o->hunk] = o->status == AID_HUNK_APPLIES;
      if (o->status == AID_HUNK_REFUSED)
        say (p, o->hunk, word ("refused", 1));
      p->refused += o->status == AID_HUNK_REFUSED;
    }
  aid_plan_free (plan);
  return err;
}

static json_t *
hunks_json (struct parting *p)
{
  json_t *list = json_array ();
  for (size_t i = 0; i < p->n; i++)
    {
      json_t *one = p->words[i] ? p->words[i] : p->meant[i] && p->in[i] ? word ("unknown", 0) : NULL;
      p->words[i] = NULL;
      if (!one)
        continue;
      json_object_set_new (one, "hunk", json_integer ((json_int_t)i));
      json_object_set_new (one, "id", json_string (AID_VEC_AT (struct aid_patch_hunk, &p->patch->hunks, i).id));
      json_array_append_new (list, one);
    }
  return list;
}

static enum aid_err
read_asked (struct parting *p, const struct aid_ces_asked *asked, struct aid_error *e)
{
  const struct aid_patch_source source = aid_patch_disk_source (p->warm.tree);
  enum aid_err err = aid_patch_read (p->answer, AID_FORMAT_AUTO, &p->patch, e);
  if (!err)
    err = aid_patch_settle (&p->patch, AID_FORMAT_AUTO, &source, e);
  if (err)
    return err;
  p->n = p->patch->hunks.len;
  p->meant = calloc (p->n + 1, 1);
  p->in = calloc (p->n + 1, 1);
  p->chosen = calloc (p->n + 1, sizeof *p->chosen);
  p->words = calloc (p->n + 1, sizeof (void *));
  if (!p->meant || !p->in || !p->chosen || !p->words)
    return no_memory (e);
  memset (p->meant, !asked->only, p->n);
  for (size_t i = 0; asked->only && i < asked->nonly; i++)
    if (asked->only[i] < p->n)
      p->meant[asked->only[i]] = 1;
  for (size_t i = 0; i < asked->nchosen; i++)
    if (asked->chosen[i].hunk < p->n)
      p->chosen[asked->chosen[i].hunk] = asked->chosen[i].line;
  p->left = asked->evaluations > 0 ? asked->evaluations : EVALUATIONS;
  return AID_OK;
}

static enum aid_err
answer_of (struct parting *p, json_t **out, struct aid_error *e)
{
  struct outcome o = { NULL, json_array (), NULL, NULL };
  size_t files = 0;
  json_t *fault = NULL;
  enum aid_err err = place (p, &files, e);
  int some = count_in (p) || files;
  if (!err && some)
    {
      json_decref (o.passed);
      err = part (p, &o, &fault, e);
    }
  if (!err && (*out = whole_json (p, &o, some, fault)))
    json_object_set_new (*out, "hunks", hunks_json (p));
  if (!err && !*out)
    err = no_memory (e);
  json_decref (fault);
  outcome_free (&o);
  return err;
}

enum aid_err
aid_ces_evaluate_hunks (struct aid_ces *c, const json_t *task, struct aid_span answer, const struct aid_ces_asked *asked,
                        const struct aid_stop *stop, json_t **out, struct aid_error *e)
{
  struct aid_ces_task t;
  struct parting p = {
    .ces = c, .task = &t, .answer = answer, .stop = stop, .warm = { .lock = -1 }, .asked = asked, .begun = aid_clock_ms ()
  };
  *out = NULL;
  enum aid_err err = aid_ces_task_read (c, task, AID_CES_OURS, stop, &t, e);
  if (!err)
    err = aid_warm_get (c, &t, stop, &p.warm, e);
  if (!err)
    err = read_asked (&p, asked, e);
  if (!err)
    err = answer_of (&p, out, e);
  for (size_t i = 0; p.words && i < p.n; i++)
    json_decref (p.words[i]);
  free (p.words);
  free (p.meant);
  free (p.in);
  free (p.chosen);
  aid_patch_free (p.patch);
  aid_warm_release (&p.warm);
  aid_ces_task_free (&t);
  return err;
}
