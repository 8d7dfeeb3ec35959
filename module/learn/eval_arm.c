/* Results gathered by arm, a model with a strategy, and by task. */
#include "base/json.h"
#include "base/map.h"
#include "learn/eval_internal.h"
#include "learn/eval_stats.h"

#include <stdlib.h>

#define ARMS_MAX 1000

static const char *const names[AID_EVAL_MEASURES] = { "applied", "parsed", "typed", "built", "tested", "green", "exact" };

const char *
aid_eval_measure_name (enum aid_eval_measure m)
{
  return names[m];
}

/* --- which rungs a task has --------------------------------------------------------------------------------------- */

/* An answer that was not judged passed no rung; which there would have been, the task's other answers tell. */
static unsigned
rungs_of (const json_t *row)
{
  unsigned has = 0;
  for (enum aid_rung r = 0; r < AID_RUNGS; r++)
    {
      const char *result = aid_json_str (json_object_get (row, "rungs"), aid_rung_name (r));
      has |= result && strcmp (result, "none") != 0 ? 1u << r : 0;
    }
  return has;
}

static enum aid_err
note_rungs (const struct aid_eval_results *r, struct aid_map *rungs)
{
  enum aid_err err = AID_OK;
  const json_t *row;
  size_t i;
  json_array_foreach (r->rows, i, row)
  {
    struct aid_span task = aid_json_span (row, "task");
    uintptr_t has = (uintptr_t)aid_map_get (rungs, task) | rungs_of (row) | 1u << AID_RUNG_APPLIES;
    if (!err)
      err = aid_map_put (rungs, task, (void *)has, NULL);
  }
  return err;
}

/* --- one row ------------------------------------------------------------------------------------------------------ */

static void
add_measures (struct aid_eval_score *s, const json_t *row, unsigned rungs)
{
  const json_t *exact = json_object_get (row, "exact");
  for (enum aid_rung r = 0; r < AID_RUNGS; r++)
    {
      const char *result = aid_json_str (json_object_get (row, "rungs"), aid_rung_name (r));
      s->of[r] += (rungs >> r & 1) && !(result && !strcmp (result, "none"));
      s->hits[r] += result && !strcmp (result, "passed");
    }
  s->of[AID_EVAL_ALL_GREEN]++;
  s->hits[AID_EVAL_ALL_GREEN] += aid_eval_outcome_of (row) == AID_EVAL_GREEN;
  s->of[AID_EVAL_EXACT] += json_is_boolean (exact);
  s->hits[AID_EVAL_EXACT] += json_is_true (exact);
}

static const char *
why_of (const json_t *row)
{
  enum aid_eval_outcome o = aid_eval_outcome_of (row);
  const char *failed = aid_json_str (row, "failed");
  return o == AID_EVAL_GREEN ? NULL : o == AID_EVAL_RED && failed ? failed : aid_eval_outcome_name (o);
}

#define AMOUNT_MAX ((int64_t)1 << 39) /* ten million of them can be added up */

/* A number of ROW that cannot be negative. */
static int64_t
amount (const json_t *row, const char *name)
{
  int64_t n = aid_json_int (row, name, 0);
  return n < 0 ? 0 : n > AMOUNT_MAX ? AMOUNT_MAX : n;
}

/* Adds the tokens and the cost of ROW to S. */
static void
add_cost (struct aid_eval_score *s, const json_t *row)
{
  double cost = aid_json_real (row, "cost", -1);
  s->asked++;
  s->in += amount (row, "in");
  s->cached += amount (row, "cached");
  s->out += amount (row, "out");
  s->reasoning += amount (row, "reasoning");
  s->cost += cost >= 0 && cost <= (double)AMOUNT_MAX ? cost : 0;
  s->unpriced += !(cost >= 0 && cost <= (double)AMOUNT_MAX);
}

static void
add_row (struct aid_eval_arm *arm, struct aid_eval_score *s, const json_t *row, unsigned rungs)
{
  enum aid_eval_outcome o = aid_eval_outcome_of (row);
  const char *stop = aid_json_str (row, "stop");
  s->outcomes[o]++;
  s->why = s->why ? s->why : why_of (row);
  if (o == AID_EVAL_ERROR || o == AID_EVAL_UNJUDGED)
    s->errors++;
  if (o == AID_EVAL_ERROR)
    return;
  add_cost (s, row);
  if (o == AID_EVAL_UNJUDGED)
    return;
  s->n++;
  s->cut += stop && !strcmp (stop, "length");
  add_measures (s, row, rungs);
  int64_t first = aid_json_int (row, "first_ms", -1) < 0 ? -1 : amount (row, "first_ms");
  int64_t ms = aid_json_int (row, "ms", -1) < 0 ? -1 : amount (row, "ms");
  int64_t *slot = first < 0 ? NULL : aid_vec_push (&arm->firsts), *total = ms < 0 ? NULL : aid_vec_push (&arm->totals);
  s->first_ms += first < 0 ? 0 : (double)first;
  s->n_first_ms += first >= 0;
  s->ms += ms < 0 ? 0 : (double)ms;
  s->n_ms += ms >= 0;
  if (slot)
    *slot = first;
  if (total)
    *total = ms;
}

/* --- arms --------------------------------------------------------------------------------------------------------- */

static struct aid_eval_arm *
arm_of (struct aid_vec *arms, const json_t *row)
{
  const char *model = aid_json_str (row, "model"), *strategy = aid_json_str (row, "strategy");
  for (size_t i = 0; i < arms->len; i++)
    {
      struct aid_eval_arm *a = &AID_VEC_AT (struct aid_eval_arm, arms, i);
      if (!strcmp (a->model, model) && !strcmp (a->strategy, strategy))
        return a;
    }
  struct aid_eval_arm *a = aid_vec_push (arms);
  if (a)
    *a = (struct aid_eval_arm){ .model = model,
                                .strategy = strategy,
                                .scores = AID_VEC_INIT (struct aid_eval_score, AID_EVAL_TASKS),
                                .firsts = AID_VEC_INIT (int64_t, SIZE_MAX / 16),
                                .totals = AID_VEC_INIT (int64_t, SIZE_MAX / 16) };
  return a;
}

/* The score of ROW's task in ARM, by its place in the names' order, which is found by halves. */
static struct aid_eval_score *
score_of (struct aid_eval_arm *arm, const json_t *row)
{
  const char *task = aid_json_str (row, "task");
  size_t low = 0, high = arm->scores.len;
  while (low < high)
    {
      size_t mid = low + (high - low) / 2;
      int order = strcmp (AID_VEC_AT (struct aid_eval_score, &arm->scores, mid).task, task);
      if (!order)
        return &AID_VEC_AT (struct aid_eval_score, &arm->scores, mid);
      if (order < 0)
        low = mid + 1;
      else
        high = mid;
    }
  struct aid_eval_score *s = aid_vec_insert (&arm->scores, low);
  if (s)
    *s = (struct aid_eval_score){ .task = task,
                                  .hash = aid_json_str (row, "hash"),
                                  .language = aid_json_str (row, "language") };
  return s;
}

enum aid_err
aid_eval_arms (const struct aid_eval_results *r, struct aid_vec *out, struct aid_error *e)
{
  struct aid_map *rungs = aid_map_new ();
  enum aid_err err = rungs ? note_rungs (r, rungs) : AID_E_NOMEM;
  const json_t *row;
  size_t i;
  *out = AID_VEC_INIT (struct aid_eval_arm, ARMS_MAX);
  json_array_foreach (r->rows, i, row)
  {
    struct aid_eval_arm *arm = err ? NULL : arm_of (out, row);
    struct aid_eval_score *s = arm ? score_of (arm, row) : NULL;
    if (s)
      add_row (arm, s, row, (unsigned)(uintptr_t)aid_map_get (rungs, aid_json_span (row, "task")));
    else if (!err)
      err = AID_E_LIMIT;
  }
  aid_map_free (rungs, NULL);
  return err ? aid_error_set (e, err, "There are more than %d models with strategies, or %d tasks", ARMS_MAX, AID_EVAL_TASKS)
             : AID_OK;
}

void
aid_eval_arms_free (struct aid_vec *arms)
{
  for (size_t i = 0; i < arms->len; i++)
    {
      struct aid_eval_arm *a = &AID_VEC_AT (struct aid_eval_arm, arms, i);
      aid_vec_free (&a->scores);
      aid_vec_free (&a->firsts);
      aid_vec_free (&a->totals);
    }
  aid_vec_free (arms);
}

struct aid_eval_share *
aid_eval_shares (const struct aid_vec *scores, enum aid_eval_measure m)
{
  struct aid_eval_share *shares = calloc (scores->len + 1, sizeof *shares);
  for (size_t i = 0; i < scores->len && shares; i++)
    {
      const struct aid_eval_score *s = &AID_VEC_AT (struct aid_eval_score, scores, i);
      shares[i] = (struct aid_eval_share){ (double)s->hits[m], (double)s->of[m] };
    }
  return shares;
}
