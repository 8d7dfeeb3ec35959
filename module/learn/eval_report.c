/* The report on a run, as JSON. */
#include "base/json.h"
#include "learn/eval_internal.h"
#include "learn/eval_stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const struct aid_eval_score *
score_at (const struct aid_eval_arm *a, size_t i)
{
  return &AID_VEC_AT (struct aid_eval_score, &a->scores, i);
}

static json_t *
share_json (const struct aid_eval_share *shares, size_t n)
{
  struct aid_interval i;
  double hits = 0, of = 0, share = aid_eval_mean_share (shares, n, AID_EVAL_ALPHA, &i);
  for (size_t k = 0; k < n; k++)
    {
      hits += shares[k].hits;
      of += shares[k].n;
    }
  return json_pack ("{s:I, s:I, s:f, s:f, s:f}", "passed", (json_int_t)hits, "of", (json_int_t)of, "share", share, "low",
                    i.low, "high", i.high);
}

static json_t *
measures_json (const struct aid_eval_arm *a)
{
  json_t *o = json_object ();
  for (enum aid_eval_measure m = 0; m < AID_EVAL_MEASURES; m++)
    {
      struct aid_eval_share *shares = aid_eval_shares (&a->scores, m);
      if (shares)
        json_object_set_new (o, aid_eval_measure_name (m), share_json (shares, a->scores.len));
      free (shares);
    }
  return o;
}

/* pass@K over the tasks that have K samples; NULL: none has. */
static json_t *
pass_json (const struct aid_eval_arm *a, int64_t k)
{
  struct aid_eval_share *tasks = calloc (a->scores.len + 1, sizeof *tasks);
  struct aid_interval i;
  size_t n = 0;
  for (size_t t = 0; t < a->scores.len && tasks; t++)
    {
      const struct aid_eval_score *s = score_at (a, t);
      double p = aid_eval_pass_at (s->n, s->hits[AID_EVAL_ALL_GREEN], k);
      if (!isnan (p))
        tasks[n++] = (struct aid_eval_share){ p * (double)s->n, (double)s->n };
    }
  double value = tasks ? aid_eval_mean_share (tasks, n, AID_EVAL_ALPHA, &i) : 0;
  free (tasks);
  return n ? json_pack ("{s:f, s:f, s:f, s:I}", "value", value, "low", i.low, "high", i.high, "tasks", (json_int_t)n) : NULL;
}

static int
compare_numbers (const void *a, const void *b)
{
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

/* Quantiles of V, which is sorted; the least value that a part Q is not above. */
static json_t *
quantiles_json (const struct aid_vec *v)
{
  static const struct
  {
    const char *name;
    double q;
  } wanted[] = { { "p50", 0.5 }, { "p90", 0.9 } };
  json_t *o = json_object ();
  if (v->len)
    qsort (v->data, v->len, v->size, compare_numbers);
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    {
      struct aid_stats_ranks ranks;
      aid_stats_quantile_ranks (v->len, wanted[i].q, AID_EVAL_ALPHA, &ranks);
      json_object_set_new (o, wanted[i].name,
                           ranks.at ? json_integer (AID_VEC_AT (int64_t, v, ranks.at - 1)) : json_null ());
    }
  return o;
}

/* How many attempts failed first at each rung. */
static json_t *
failed_json (const struct aid_eval_results *r, const struct aid_eval_arm *a)
{
  int64_t failed[AID_RUNGS] = { 0 };
  json_t *o = json_object ();
  const json_t *row;
  size_t i;
  json_array_foreach (r->rows, i, row)
  {
    const char *at = aid_json_str (row, "failed");
    for (enum aid_rung k = 0; k < AID_RUNGS; k++)
      failed[k] += at && !strcmp (at, aid_rung_name (k)) && !strcmp (aid_json_str (row, "model"), a->model)
                   && !strcmp (aid_json_str (row, "strategy"), a->strategy);
  }
  for (enum aid_rung k = 0; k < AID_RUNGS; k++)
    json_object_set_new (o, aid_rung_name (k), json_integer ((json_int_t)failed[k]));
  return o;
}

static json_t *
languages_json (const struct aid_eval_arm *a)
{
  json_t *all = json_object ();
  for (size_t i = 0; i < a->scores.len; i++)
    {
      const struct aid_eval_score *s = score_at (a, i);
      const char *name = s->language ? s->language : "unknown";
      json_t *o = json_object_get (all, name);
      if (!o)
        json_object_set_new (all, name, o = json_pack ("{s:i, s:i, s:i}", "tasks", 0, "green", 0, "of", 0));
      json_object_set_new (o, "tasks", json_integer (aid_json_int (o, "tasks", 0) + 1));
      json_object_set_new (o, "green", json_integer (aid_json_int (o, "green", 0) + s->hits[AID_EVAL_ALL_GREEN]));
      json_object_set_new (o, "of", json_integer (aid_json_int (o, "of", 0) + s->n));
    }
  return all;
}

static json_t *
tasks_json (const struct aid_eval_arm *a)
{
  json_t *all = json_array ();
  for (size_t i = 0; i < a->scores.len; i++)
    {
      const struct aid_eval_score *s = score_at (a, i);
      json_t *o = json_pack ("{s:s, s:I, s:I, s:I}", "task", s->task, "green", (json_int_t)s->hits[AID_EVAL_ALL_GREEN], "of",
                             (json_int_t)s->n, "errors", (json_int_t)s->errors);
      if (s->why)
        json_object_set_new (o, "why", json_string (s->why));
      json_array_append_new (all, o);
    }
  return all;
}

static void
add_sums (const struct aid_eval_arm *a, json_t *o)
{
  struct aid_eval_score all = { .n = 0 };
  json_t *outcomes = json_object ();
  int64_t attempts = 0;
  for (size_t i = 0; i < a->scores.len; i++)
    {
      const struct aid_eval_score *s = score_at (a, i);
      all.in += s->in, all.cached += s->cached, all.out += s->out, all.reasoning += s->reasoning;
      all.cost += s->cost, all.unpriced += s->unpriced, all.cut += s->cut, all.n += s->n;
      for (unsigned k = 0; k < AID_EVAL_OUTCOMES; k++)
        all.outcomes[k] += s->outcomes[k];
    }
  for (unsigned k = 0; k < AID_EVAL_OUTCOMES; k++)
    {
      attempts += all.outcomes[k];
      json_object_set_new (outcomes, aid_eval_outcome_name (k), json_integer ((json_int_t)all.outcomes[k]));
    }
  json_object_set_new (o, "attempts", json_integer ((json_int_t)attempts));
  json_object_set_new (o, "answered", json_integer ((json_int_t)all.n));
  json_object_set_new (o, "outcomes", outcomes);
  json_object_set_new (o, "cut", json_integer ((json_int_t)all.cut));
  json_object_set_new (o, "tokens",
                       json_pack ("{s:I, s:I, s:I, s:I}", "in", (json_int_t)all.in, "cached", (json_int_t)all.cached, "out",
                                  (json_int_t)all.out, "reasoning", (json_int_t)all.reasoning));
  json_object_set_new (o, "cost", json_real (all.cost));
  json_object_set_new (o, "unpriced", json_integer ((json_int_t)all.unpriced));
}

static json_t *
arm_json (const struct aid_eval_results *r, const struct aid_eval_arm *a, const int64_t *ks, size_t nks)
{
  json_t *o = json_pack ("{s:s, s:s, s:I}", "model", a->model, "strategy", a->strategy, "tasks", (json_int_t)a->scores.len);
  json_t *pass = json_object ();
  add_sums (a, o);
  json_object_set_new (o, "measures", measures_json (a));
  for (size_t i = 0; i < nks; i++)
    {
      char name[32];
      json_t *v = pass_json (a, ks[i]);
      snprintf (name, sizeof name, "%lld", (long long)ks[i]);
      json_object_set_new (pass, name, v ? v : json_null ());
    }
  json_object_set_new (o, "pass", pass);
  json_object_set_new (o, "failed", failed_json (r, a));
  json_object_set_new (o, "latency_ms",
                       json_pack ("{s:o, s:o}", "first", quantiles_json (&a->firsts), "total", quantiles_json (&a->totals)));
  json_object_set_new (o, "languages", languages_json (a));
  json_object_set_new (o, "by_task", tasks_json (a));
  return o;
}

json_t *
aid_eval_report (const struct aid_eval_results *r, const int64_t *ks, size_t nks)
{
  struct aid_vec arms;
  json_t *list = json_array ();
  enum aid_err err = aid_eval_arms (r, &arms, NULL);
  for (size_t i = 0; i < arms.len && !err; i++)
    json_array_append_new (list, arm_json (r, &AID_VEC_AT (struct aid_eval_arm, &arms, i), ks, nks));
  aid_eval_arms_free (&arms);
  return json_pack ("{s:i, s:f, s:o}", "eval", 1, "confidence", 1 - AID_EVAL_ALPHA, "arms", list);
}
