/* Two runs, or two arms of one, compared task by task. */
#include "base/json.h"
#include "learn/eval_internal.h"
#include "learn/eval_stats.h"

#include <math.h>
#include <stdlib.h>

#define SEED 20210707 /* of the bootstrap: the same results give the same intervals */

/* The tasks that both arms have, as they were in both. */
struct pairing
{
  const struct aid_eval_arm *a, *b;
  struct aid_vec sa, sb; /* struct aid_eval_score, as many and in the same order */
  json_t *left_out;      /* {"task", "why"} */
};

/* MISSING: A has a result of it that cannot be compared with any of B. */
static void
leave_out (struct pairing *p, const char *task, const char *why, int missing)
{
  json_array_append_new (p->left_out, json_pack ("{s:s, s:s, s:b}", "task", task, "why", why, "missing", missing));
}

static void
pair (struct pairing *p, const struct aid_eval_score *a, const struct aid_eval_score *b)
{
  if (strcmp (a->hash, b->hash) != 0)
    leave_out (p, a->task, "the task has changed", a->n > 0);
  else if (!a->n || !b->n)
    leave_out (p, a->task, a->n ? "it has no answer in B" : "it has no answer in A", a->n > 0);
  else
    {
      struct aid_eval_score *x = aid_vec_push (&p->sa), *y = x ? aid_vec_push (&p->sb) : NULL;
      if (x && y)
        *x = *a, *y = *b;
    }
}

static void
pair_all (struct pairing *p)
{
  size_t i = 0, k = 0;
  while (i < p->a->scores.len || k < p->b->scores.len)
    {
      const struct aid_eval_score *a = i < p->a->scores.len ? &AID_VEC_AT (struct aid_eval_score, &p->a->scores, i) : NULL;
      const struct aid_eval_score *b = k < p->b->scores.len ? &AID_VEC_AT (struct aid_eval_score, &p->b->scores, k) : NULL;
      int order = a && b ? strcmp (a->task, b->task) : a ? -1 : 1;
      if (a && b && !order)
        pair (p, a, b);
      else if (a && order < 0)
        leave_out (p, a->task, "it is not in B", a->n > 0);
      else if (b)
        leave_out (p, b->task, "it is not in A", 0);
      i += order <= 0;
      k += order >= 0;
    }
}

/* --- shares ------------------------------------------------------------------------------------------------------- */

static json_t *
difference_json (const struct pairing *p, enum aid_eval_measure m)
{
  struct aid_eval_difference d;
  struct aid_eval_share *a = aid_eval_shares (&p->sa, m), *b = aid_eval_shares (&p->sb, m);
  json_t *o = NULL;
  if (a && b)
    {
      aid_eval_compare_shares (a, b, p->sa.len, AID_EVAL_ALPHA, &d);
      o = json_pack ("{s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:I, s:I}", "tasks", (json_int_t)d.tasks, "a", d.a, "b", d.b,
                     "difference", d.difference, "low", d.interval.low, "high", d.interval.high, "p", d.p, "better",
                     (json_int_t)d.better, "worse", (json_int_t)d.worse);
    }
  free (a);
  free (b);
  return o ? o : json_null ();
}

/* --- amounts ------------------------------------------------------------------------------------------------------ */

static const char *const amounts[] = { "tokens_in", "tokens_out", "cost", "first_ms", "ms" };
#define NAMOUNTS (sizeof amounts / sizeof *amounts)

/* What a sample of the task takes on average; NAN: it is not known. */
static double
amount (const struct aid_eval_score *s, size_t which)
{
  double asked = (double)s->asked;
  switch (which)
    {
    case 0:
      return asked > 0 ? (double)s->in / asked : (double)NAN;
    case 1:
      return asked > 0 ? (double)s->out / asked : (double)NAN;
    case 2:
      return asked > 0 && !s->unpriced ? s->cost / asked : (double)NAN;
    case 3:
      return s->n_first_ms ? s->first_ms / (double)s->n_first_ms : (double)NAN;
    default:
      return s->n_ms ? s->ms / (double)s->n_ms : (double)NAN;
    }
}

static json_t *
real_or_null (double x)
{
  return isnan (x) ? json_null () : json_real (x);
}

static json_t *
amount_json (const struct pairing *p, size_t which)
{
  double *d = calloc (p->sa.len + 1, sizeof *d), a = 0, b = 0, mean = (double)NAN;
  struct aid_interval i = { (double)NAN, (double)NAN };
  size_t n = 0;
  for (size_t k = 0; k < p->sa.len && d; k++)
    {
      double x = amount (&AID_VEC_AT (struct aid_eval_score, &p->sa, k), which);
      double y = amount (&AID_VEC_AT (struct aid_eval_score, &p->sb, k), which);
      if (isnan (x) || isnan (y))
        continue;
      a += x;
      b += y;
      d[n++] = y - x;
    }
  if (d && n)
    aid_eval_bootstrap (d, n, AID_EVAL_ALPHA, SEED, &mean, &i);
  free (d);
  return json_pack ("{s:I, s:o, s:o, s:o, s:o, s:o}", "tasks", (json_int_t)n, "a",
                    real_or_null (n ? a / (double)n : (double)NAN), "b", real_or_null (n ? b / (double)n : (double)NAN),
                    "difference", real_or_null (mean), "low", real_or_null (i.low), "high", real_or_null (i.high));
}

/* --- task by task ------------------------------------------------------------------------------------------------- */

static json_t *
changed_json (const struct pairing *p, int worse)
{
  json_t *all = json_array ();
  for (size_t i = 0; i < p->sa.len; i++)
    {
      const struct aid_eval_score *a = &AID_VEC_AT (struct aid_eval_score, &p->sa, i),
                                  *b = &AID_VEC_AT (struct aid_eval_score, &p->sb, i);
      int64_t x = a->hits[AID_EVAL_ALL_GREEN], y = b->hits[AID_EVAL_ALL_GREEN];
      if (worse ? y * a->n >= x * b->n : y * a->n <= x * b->n)
        continue;
      json_t *o = json_pack ("{s:s, s:[I, I], s:[I, I]}", "task", a->task, "a", (json_int_t)x, (json_int_t)a->n, "b",
                             (json_int_t)y, (json_int_t)b->n);
      if (worse && b->why)
        json_object_set_new (o, "why", json_string (b->why));
      json_array_append_new (all, o);
    }
  return all;
}

static json_t *
arm_name (const struct aid_eval_side *side, const struct aid_eval_arm *arm)
{
  return json_pack ("{s:s, s:s, s:s}", "run", side->name, "model", arm->model, "strategy", arm->strategy);
}

static json_t *
pair_json (const struct aid_eval_side *sides[2], const struct aid_eval_arm *a, const struct aid_eval_arm *b)
{
  struct pairing p = { .a = a,
                       .b = b,
                       .sa = AID_VEC_INIT (struct aid_eval_score, AID_EVAL_TASKS),
                       .sb = AID_VEC_INIT (struct aid_eval_score, AID_EVAL_TASKS),
                       .left_out = json_array () };
  json_t *o = json_object (), *measures = json_object (), *means = json_object ();
  pair_all (&p);
  for (enum aid_eval_measure m = 0; m < AID_EVAL_MEASURES; m++)
    json_object_set_new (measures, aid_eval_measure_name (m), difference_json (&p, m));
  for (size_t i = 0; i < NAMOUNTS; i++)
    json_object_set_new (means, amounts[i], amount_json (&p, i));
  json_object_set_new (o, "a", arm_name (sides[0], a));
  json_object_set_new (o, "b", arm_name (sides[1], b));
  json_object_set_new (o, "tasks", json_integer ((json_int_t)p.sa.len));
  json_object_set_new (o, "measures", measures);
  json_object_set_new (o, "amounts", means);
  json_object_set_new (o, "worse", changed_json (&p, 1));
  json_object_set_new (o, "better", changed_json (&p, 0));
  json_object_set_new (o, "left_out", p.left_out);
  aid_vec_free (&p.sa);
  aid_vec_free (&p.sb);
  return o;
}

/* --- which with which --------------------------------------------------------------------------------------------- */

static int
is_wanted (const struct aid_eval_side *s, const struct aid_eval_arm *a)
{
  return (!s->model || !strcmp (s->model, a->model)) && (!s->strategy || !strcmp (s->strategy, a->strategy));
}

static const struct aid_eval_arm *
nth_wanted (const struct aid_eval_side *s, const struct aid_vec *arms, size_t n)
{
  for (size_t i = 0; i < arms->len; i++)
    {
      const struct aid_eval_arm *a = &AID_VEC_AT (struct aid_eval_arm, arms, i);
      if (is_wanted (s, a) && !n--)
        return a;
    }
  return NULL;
}

/* The arm of ARMS that has A's names, or NULL. */
static const struct aid_eval_arm *
same_named (const struct aid_eval_side *s, const struct aid_vec *arms, const struct aid_eval_arm *a)
{
  const struct aid_eval_arm *b;
  for (size_t i = 0; (b = nth_wanted (s, arms, i)); i++)
    if (!strcmp (a->model, b->model) && !strcmp (a->strategy, b->strategy))
      return b;
  return NULL;
}

/* Arms of the same name are compared; where each side has one alone, these are, whatever their names.  ALONE gets
   those of A that have no other. */
static json_t *
pairs_json (const struct aid_eval_side *sides[2], const struct aid_vec arms[2], json_t *alone)
{
  json_t *all = json_array ();
  const struct aid_eval_arm *a = nth_wanted (sides[0], &arms[0], 0), *b = nth_wanted (sides[1], &arms[1], 0);
  if (a && b && !nth_wanted (sides[0], &arms[0], 1) && !nth_wanted (sides[1], &arms[1], 1))
    json_array_append_new (all, pair_json (sides, a, b));
  else
    for (size_t i = 0; (a = nth_wanted (sides[0], &arms[0], i)); i++)
      if ((b = same_named (sides[1], &arms[1], a)))
        json_array_append_new (all, pair_json (sides, a, b));
      else
        json_array_append_new (alone, arm_name (sides[0], a));
  return all;
}

enum aid_err
aid_eval_compare (const struct aid_eval_side *a, const struct aid_eval_side *b, json_t **out, struct aid_error *e)
{
  const struct aid_eval_side *sides[2] = { a, b };
  struct aid_vec arms[2] = { AID_VEC_INIT (struct aid_eval_arm, 0), AID_VEC_INIT (struct aid_eval_arm, 0) };
  enum aid_err err = aid_eval_arms (a->results, &arms[0], e);
  json_t *pairs = NULL, *alone = json_array ();
  if (!err)
    err = aid_eval_arms (b->results, &arms[1], e);
  if (!err)
    pairs = pairs_json (sides, arms, alone);
  if (!err && !json_array_size (pairs))
    err
      = aid_error_set (e, AID_E_INVALID,
                       "There is nothing to compare: no model with the same strategy is in both, and --a and --b name none");
  aid_eval_arms_free (&arms[0]);
  aid_eval_arms_free (&arms[1]);
  size_t i, k, worse = 0, sure = 0, missing = 0;
  const json_t *one, *left;
  json_array_foreach (pairs, i, one)
  {
    worse += json_array_size (json_object_get (one, "worse"));
    json_array_foreach (json_object_get (one, "left_out"), k, left)
    {
      missing += json_is_true (json_object_get (left, "missing"));
    }
    sure += aid_json_real (json_object_get (json_object_get (one, "measures"), "green"), "high", 0) < 0;
  }
  if (!err)
    *out = json_pack ("{s:i, s:f, s:I, s:I, s:I, s:O, s:O}", "eval", 1, "confidence", 1 - AID_EVAL_ALPHA, "regressions",
                      (json_int_t)worse, "worse_beyond_chance", (json_int_t)sure, "missing",
                      (json_int_t)missing + (json_int_t)json_array_size (alone), "alone", alone, "pairs", pairs);
  json_decref (pairs);
  json_decref (alone);
  return err;
}
