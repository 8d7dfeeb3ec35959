/* Judging: the answer's changes are placed over the warm tree, laid into a box, and the rungs climbed there. */
#include "base/clock.h"
#include "base/json.h"
#include "ces/ces_internal.h"

#include <stdlib.h>
#include <sys/stat.h>

/* --- what the answer changes -------------------------------------------------------------------------------------- */

const struct aid_file_plan *
aid_judging_plan (const struct aid_judging *j, size_t i)
{
  return &AID_VEC_AT (struct aid_file_plan, &j->plan->files, i);
}

static size_t
count_applied (const struct aid_judging *j, const struct aid_file_plan *f)
{
  size_t n = 0;
  for (size_t i = 0; i < f->n; i++)
    n += AID_VEC_AT (struct aid_placement, &j->plan->placements, f->first + i).status == AID_HUNK_APPLIES;
  return n;
}

/* Whether none of F's hunks is meant: nobody has read its file then, and the file stays. */
static int
is_left_out (const struct aid_judging *j, const struct aid_file_plan *f)
{
  for (size_t i = 0; i < f->n; i++)
    if (AID_VEC_AT (struct aid_placement, &j->plan->placements, f->first + i).status != AID_HUNK_LEFT_OUT)
      return 0;
  return f->n > 0;
}

int
aid_judging_counts (const struct aid_judging *j, const struct aid_file_plan *f)
{
  if (f->op == AID_OP_MODIFY)
    return f->same_as == f->file && !is_left_out (j, f);
  return f->applies && !f->already && (count_applied (j, f) > 0 || f->n == 0 || f->op == AID_OP_RENAME);
}

/* What the last part of the patch that says so makes of the file's mode, else what it is. */
int
aid_judging_executable (const struct aid_judging *j, const struct aid_file_plan *f)
{
  struct aid_str full = AID_STR_INIT (AID_CES_PATH);
  struct stat st;
  int stated = -1;
  for (size_t i = 0; i < j->plan->files.len; i++)
    if (aid_judging_plan (j, i)->same_as == f->same_as && aid_judging_plan (j, i)->exec >= 0)
      stated = aid_judging_plan (j, i)->exec;
  aid_str_addf (&full, "%s/%s", j->warm->tree, f->old_path ? f->old_path : f->new_path);
  int is = !full.err && !stat (aid_str_z (&full), &st) && (st.st_mode & S_IXUSR);
  aid_str_free (&full);
  return stated >= 0 ? stated : is;
}

/* PATH as a file, where it is a link to one in the tree; to be freed. */
static char *
behind_links (const struct aid_judging *j, const char *path)
{
  struct aid_str full = AID_STR_INIT (AID_CES_PATH);
  char *root = realpath (j->warm->tree, NULL), *real, *out = NULL;
  aid_str_addf (&full, "%s/%s", j->warm->tree, path);
  real = full.err ? NULL : realpath (aid_str_z (&full), NULL);
  size_t n = root ? strlen (root) : 0;
  if (real && root && !strncmp (real, root, n) && real[n] == '/')
    out = strdup (real + n + 1);
  free (root);
  free (real);
  aid_str_free (&full);
  return out ? out : strdup (path);
}

static enum aid_err
lay_file (struct aid_judging *j, const struct aid_file_plan *f, struct aid_error *e)
{
  const struct aid_file_plan *texts = aid_judging_plan (j, f->same_as);
  char *path = f->op == AID_OP_MODIFY ? behind_links (j, f->new_path) : strdup (f->new_path);
  char **slot = path ? aid_vec_push (&j->changed) : NULL;
  size_t *plan = slot ? aid_vec_push (&j->plans) : NULL;
  if (!plan)
    {
      free (path);
      j->changed.len -= slot != NULL;
      return aid_error_set (e, AID_E_LIMIT, "An answer may change %d files at most", AID_CES_CHANGED_MAX);
    }
  *slot = path;
  *plan = f->same_as;
  return aid_box_write (j->box, path, aid_str_span (&texts->after), aid_judging_executable (j, f), e);
}

/* Names may change places: what goes goes first. */
static enum aid_err
lay_all (struct aid_judging *j, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  for (int writing = 0; writing < 2; writing++)
    for (size_t i = 0; i < j->plan->files.len && !err; i++)
      {
        const struct aid_file_plan *f = aid_judging_plan (j, i);
        if (!aid_judging_counts (j, f))
          continue;
        if (!writing && (f->op == AID_OP_DELETE || f->op == AID_OP_RENAME))
          err = aid_box_remove (j->box, f->old_path, e);
        else if (writing && f->op != AID_OP_DELETE)
          err = lay_file (j, f, e);
      }
  return err;
}

/* --- does it apply ------------------------------------------------------------------------------------------------ */

/* An error that is the answer's fault. */
static int
is_its_fault (enum aid_err err)
{
  return err == AID_E_LIMIT || err == AID_E_PARSE || err == AID_E_INVALID || err == AID_E_REFUSED;
}

static json_t *
tell_applies (const struct aid_judging *j, int passed, int64_t ms, const char *why)
{
  size_t applied = j->plan ? j->plan->applied + j->plan->already : 0;
  json_t *o = json_pack ("{s:s, s:s, s:I, s:I}", "rung", aid_rung_name (AID_RUNG_APPLIES), "result",
                         passed ? "passed" : "failed", "ms", (json_int_t)ms, "hunks", (json_int_t)applied);
  if (j->fresh.tree)
    json_object_set_new (o, "anew", json_true ());
  if (passed)
    return o;
  struct aid_str report = AID_STR_INIT ((size_t)AID_REPORT_MAX * 2);
  if (why)
    aid_str_addz (&report, why);
  else
    aid_patch_report (j->patch, j->plan, NULL, &report);
  json_object_set_new (o, "refused", json_integer ((json_int_t)(j->plan ? j->plan->refused : 0)));
  json_object_set_new (o, "output", aid_json_of_span (aid_str_span (&report)));
  aid_str_free (&report);
  return o;
}

static enum aid_err
read_answer (struct aid_judging *j, struct aid_span answer, struct aid_error *e)
{
  struct aid_plan_options options = { .together = 1 };
  const struct aid_patch_source source = aid_patch_disk_source (j->warm->tree);
  if (answer.len > AID_CES_ANSWER_MAX)
    return aid_error_set (e, AID_E_LIMIT, "The answer has more than %zu bytes", AID_CES_ANSWER_MAX);
  enum aid_err err = aid_patch_read (answer, AID_FORMAT_AUTO, &j->patch, e);
  if (!err)
    err = aid_patch_settle (&j->patch, AID_FORMAT_AUTO, &source, e);
  if (!err && j->part && j->part->n == j->patch->hunks.len)
    options.only = j->part->only, options.chosen = j->part->chosen;
  if (!err)
    err = aid_patch_plan (j->patch, &source, &options, &j->plan, e);
  if (!err && !j->patch->files.len)
    err = aid_error_set (e, AID_E_INVALID, "There is no patch in the answer");
  return err;
}

/* What a rung may take where all is built anew: what it may take over a built tree, and what building the base took. */
static struct aid_box_limits
limits_anew (const struct aid_judging *j)
{
  struct aid_box_limits limits = j->task->limits, most = limits;
  int64_t cpus = limits.cpu_seconds / limits.seconds;
  aid_ces_lengthen (&most);
  limits.seconds += aid_json_int (j->warm->about, "ms", 0) / 1000 + 1;
  limits.seconds = limits.seconds < most.seconds ? limits.seconds : most.seconds;
  limits.cpu_seconds = limits.seconds * cpus;
  limits.disk_megabytes += aid_json_int (j->warm->about, "megabytes", 0);
  return limits;
}

/* Takes a box over the base as it is before it is built. */
static enum aid_err
begin_anew (struct aid_judging *j, struct aid_error *e)
{
  struct aid_box_limits limits = limits_anew (j);
  aid_box_close (j->box);
  j->box = NULL;
  enum aid_err err = aid_warm_fresh (j->ces, j->task, j->stop, &j->fresh, e);
  if (!err)
    err = aid_box_open (j->fresh.tree, AID_BOX_VIEW, &limits, &j->box, e);
  return err ? err : aid_ces_lay_files (j->task, j->warm->tree, j->box, NULL, e);
}

enum aid_err
aid_judging_lay (struct aid_judging *j, struct aid_error *e)
{
  struct aid_error own = { AID_OK, "" };
  int unnoticed = 0;
  enum aid_err err = aid_box_open (j->warm->tree, AID_BOX_VIEW, &j->task->limits, &j->box, &own);
  if (!err && !j->only_read)
    err = aid_judging_unnoticed (j, &unnoticed, &own);
  if (!err && unnoticed)
    err = begin_anew (j, &own);
  if (err) /* whatever it is, it is not the answer's fault */
    return aid_error_set (e, is_its_fault (err) ? AID_E_IO : err, "%s", own.msg);
  return lay_all (j, e);
}

void
aid_judging_leave (struct aid_judging *j)
{
  aid_box_close (j->box);
  aid_fresh_release (&j->fresh);
  for (size_t i = 0; i < j->changed.len; i++)
    free (AID_VEC_AT (char *, &j->changed, i));
  aid_vec_free (&j->changed);
  aid_vec_free (&j->plans);
}

/* What the answer does, whatever it says and however it writes that. */
static void
name_change (const struct aid_judging *j, char out[AID_SHA256_HEX])
{
  struct aid_sha256 sum;
  struct aid_str head = AID_STR_INIT ((size_t)1 << 20);
  aid_sha256_init (&sum);
  for (size_t i = 0; i < j->plan->files.len; i++)
    {
      const struct aid_file_plan *f = aid_judging_plan (j, i), *texts = aid_judging_plan (j, f->same_as);
      struct aid_span after = f->op == AID_OP_DELETE ? AID_SPAN ("") : aid_str_span (&texts->after);
      const char *from = f->old_path ? f->old_path : "", *to = f->new_path ? f->new_path : "";
      if (!aid_judging_counts (j, f))
        continue;
      aid_str_clear (&head);
      aid_str_addf (&head, "%d %zu:%s %zu:%s %d %zu:", (int)f->op, strlen (from), from, strlen (to), to,
                    f->op == AID_OP_DELETE ? 0 : aid_judging_executable (j, f), after.len);
      aid_sha256_add (&sum, aid_str_span (&head));
      aid_sha256_add (&sum, after);
    }
  aid_sha256_end (&sum, out);
  aid_str_free (&head);
}

/* *PASSED, and the rung in RUNGS; *BEFORE: the rungs of the same change as it was judged before, or NULL. */
static enum aid_err
apply (struct aid_judging *j, struct aid_span answer, json_t *rungs, int *passed, json_t **before, struct aid_error *e)
{
  struct aid_error own = { AID_OK, "" };
  int64_t begun = aid_clock_us ();
  enum aid_err err = read_answer (j, answer, &own);
  *before = NULL;
  *passed = !err && j->plan && !j->plan->refused;
  if (*passed)
    {
      name_change (j, j->change);
      *before = aid_ces_recall (j->ces, j->task, AID_CES_CHANGE, j->change);
      err = *before ? AID_OK : aid_judging_lay (j, &own);
      *passed = !err;
    }
  if (err && !is_its_fault (err))
    return aid_error_set (e, err, "%s", own.msg);
  json_array_append_new (rungs, tell_applies (j, *passed, (aid_clock_us () - begun + 500) / 1000, err ? own.msg : NULL));
  return AID_OK;
}

/* --- the rungs ---------------------------------------------------------------------------------------------------- */

static json_t *
rung_of (enum aid_rung r, const char *result)
{
  return json_pack ("{s:s, s:s}", "rung", aid_rung_name (r), "result", result);
}

/* What the base has shown of this rung. */
static void
tell_base (const struct aid_judging *j, enum aid_rung r, int passed, json_t *rung)
{
  const json_t *base = json_object_get (json_object_get (j->warm->about, "rungs"), aid_rung_name (r));
  if (!base)
    return;
  int flaky = aid_json_bool (base, "flaky", 0);
  if (!passed && !flaky && aid_json_bool (base, "fails", 0))
    json_object_set_new (rung, "result", json_string ("broken"));
  json_object_set_new (rung, "flaky", json_boolean (flaky));
  if (json_array_size (json_object_get (base, "tests")))
    json_object_set (rung, "flaky_tests", json_object_get (base, "tests"));
}

enum aid_err
aid_judging_run (const struct aid_judging *j, enum aid_rung r, const char *line, json_t **rung, int *passed,
                 struct aid_error *e)
{
  struct aid_rung_ran ran;
  struct aid_error own = { AID_OK, "" };
  json_t *restored = json_array ();
  /* of what lies there now they are an editor's texts, which are what the answer changes */
  enum aid_err err = j->task->now ? AID_OK : aid_ces_lay_files (j->task, j->warm->tree, j->box, restored, &own);
  if (!err)
    err = aid_ces_run (j->box, line, j->task->directory, j->stop, &ran, &own);
  if (!err)
    {
      *passed = aid_rung_passed (&ran);
      *rung = aid_rung_json (r, &ran);
      aid_rung_ran_free (&ran);
    }
  else if (is_its_fault (err) || err == AID_E_NOTFOUND)
    {
      *rung = json_pack ("{s:s, s:s, s:o}", "rung", aid_rung_name (r), "result", "failed", "output",
                         aid_json_of_span (aid_span_z (own.msg)));
      err = AID_OK;
    }
  else
    aid_error_set (e, err, "%s", own.msg);
  if (*rung && json_array_size (restored))
    json_object_set (*rung, "restored", restored);
  json_decref (restored);
  return err;
}

static const char *
line_of (const struct aid_judging *j, enum aid_rung r)
{
  return aid_json_str (json_object_get (j->warm->about, "commands"), aid_rung_name (r));
}

static enum aid_err
parse (struct aid_judging *j, json_t **rung, int *passed, struct aid_error *e)
{
  enum aid_rung next = AID_RUNG_PARSES + 1;
  while (next < AID_RUNGS && !line_of (j, next))
    next++;
  if (next == AID_RUNGS || !aid_meanwhile_may (j))
    return aid_judging_parse (j, rung, passed, e);
  j->ahead.rung = next;
  return aid_meanwhile_parse (j, line_of (j, next), &j->ahead, rung, passed, e);
}

/* What the rung came to that was run before its turn. */
static enum aid_err
take_ahead (struct aid_judging *j, json_t **rung, int *passed, struct aid_error *e)
{
  struct aid_ahead a = j->ahead;
  j->ahead = (struct aid_ahead){ .rung = AID_RUNGS };
  *rung = a.told;
  *passed = a.passed;
  return a.err ? aid_error_set (e, a.err, "%s", a.e.msg) : AID_OK;
}

/* *GO_ON: the next rung is worth a try. */
static enum aid_err
climb (struct aid_judging *j, enum aid_rung r, const char *line, json_t *rungs, int *go_on, struct aid_error *e)
{
  json_t *rung = NULL;
  int passed = 0;
  enum aid_err err = !strcmp (line, AID_CES_PARSE_EACH) ? parse (j, &rung, &passed, e)
                     : j->ahead.rung == r               ? take_ahead (j, &rung, &passed, e)
                                                        : aid_judging_run (j, r, line, &rung, &passed, e);
  if (err)
    return err;
  if (!rung)
    return json_array_append_new (rungs, rung_of (r, "none")), AID_OK;
  tell_base (j, r, passed, rung);
  *go_on = passed || !strcmp (aid_json_str (rung, "result"), "broken");
  json_array_append_new (rungs, rung);
  return AID_OK;
}

static enum aid_err
judge (struct aid_judging *j, struct aid_span answer, json_t *rungs, int *known, struct aid_error *e)
{
  json_t *before;
  int go_on;
  enum aid_err err = apply (j, answer, rungs, &go_on, &before, e);
  int judged = !err && go_on && !before; /* what could not be laid has no verdict of a change's: it does not apply */
  *known = before != NULL;
  for (enum aid_rung r = AID_RUNG_PARSES; r < AID_RUNGS && !err; r++)
    {
      const char *line = line_of (j, r);
      if (before)
        json_array_append (rungs, json_array_get (before, r));
      else if (!line || !go_on)
        json_array_append_new (rungs, rung_of (r, line ? "skipped" : "none"));
      else
        err = climb (j, r, line, rungs, &go_on, e);
    }
  if (!err && judged)
    aid_ces_remember (j->ces, j->task, AID_CES_CHANGE, j->change, rungs);
  json_decref (before);
  return err;
}

enum aid_err
aid_ces_judge (struct aid_ces *c, const struct aid_ces_task *t, const struct aid_warm *w, struct aid_span answer,
               const struct aid_ces_part *part, const struct aid_stop *stop, json_t **rungs, int *known, struct aid_error *e)
{
  struct aid_judging j = { .part = part,
                           .ces = c,
                           .task = t,
                           .warm = w,
                           .stop = stop,
                           .fresh = { .fd = -1 },
                           .ahead = { .rung = AID_RUNGS },
                           .changed = AID_VEC_INIT (char *, AID_CES_CHANGED_MAX),
                           .plans = AID_VEC_INIT (size_t, AID_CES_CHANGED_MAX) };
  *rungs = json_array ();
  atomic_fetch_add (&c->judging, 1);
  enum aid_err err
    = *rungs ? judge (&j, answer, *rungs, known, e) : aid_error_set (e, AID_E_NOMEM, "No memory for a verdict");
  if (err)
    {
      json_decref (*rungs);
      *rungs = NULL;
    }
  json_decref (j.ahead.told);
  aid_judging_leave (&j);
  atomic_fetch_sub (&c->judging, 1);
  aid_plan_free (j.plan);
  aid_patch_free (j.patch);
  return err;
}
