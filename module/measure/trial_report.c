/* From an experiment to its rows, its report, and what is told of both. */
#include "measure/trial_report.h"
#include "measure/kinds.h"
#include "base/val.h"

#include <stdlib.h>

/* --- rows ---------------------------------------------------------------------------------------------------------------- */

/* Which sums a metric is the ratio of. */
struct ratio
{
  const char *key;
  size_t y, x;
};

#define AT(member) offsetof (struct aid_trial_sums, member)
static const struct ratio ratios[] = {
  { "accept_rate", AT (taken), AT (offered) }, { "kept_rate", AT (kept), AT (chars) },
  { "undo_rate", AT (undone), AT (accepted) }, { "refused_rate", AT (refused), AT (hunks) },
  { "red_rate", AT (red), AT (builds) },
};

static double
sum_at (const struct aid_trial_sums *s, size_t at)
{
  return *(const double *)(const void *)((const char *)s + at);
}

static const struct ratio *
ratio_of (const char *key)
{
  for (size_t i = 0; i < sizeof ratios / sizeof *ratios; i++)
    if (!strcmp (ratios[i].key, key))
      return &ratios[i];
  return NULL;
}

/* No rows, which are not values of a quantile either. */
static const struct aid_stats_row no_rows = { 0, 0, 0, 0, 0, 0 };

/* Who has nothing of it says nothing of it. */
static enum aid_err
fill (const struct aid_trial *t, const struct ratio *r, struct aid_vec *rows)
{
  for (size_t i = 0; i < t->units.len; i++)
    {
      const struct aid_trial_unit *u = &AID_VEC_AT (struct aid_trial_unit, &t->units, i);
      struct aid_stats_row *row = sum_at (&u->during, r->x) > 0 ? aid_vec_push (rows) : NULL;
      if (row)
        *row = (struct aid_stats_row){ u->person,
                                       u->arm,
                                       sum_at (&u->during, r->y),
                                       sum_at (&u->during, r->x),
                                       sum_at (&u->before, r->y),
                                       sum_at (&u->before, r->x) };
      else if (sum_at (&u->during, r->x) > 0)
        return AID_E_NOMEM;
    }
  return AID_OK;
}

static enum aid_err
fill_all (struct aid_trial_report *r)
{
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < r->nmetrics && !err; i++)
    {
      struct aid_report_metric *m = &r->metrics[i];
      const struct ratio *ratio = ratio_of (m->key);
      if (ratio)
        {
          err = fill (&r->trial, ratio, &r->rows[i]);
          m->nrows = r->rows[i].len;
          m->rows = r->rows[i].data ? r->rows[i].data : &no_rows;
        }
      else
        {
          m->values = r->trial.latencies.data;
          m->nvalues = r->trial.latencies.len;
        }
    }
  return err;
}

/* --- asking -------------------------------------------------------------------------------------------------------------- */

/* Fills R's trial from SOURCE; a row for each request if EACH. */
static enum aid_err
ask (struct aid_trial_report *r, const struct aid_experiment *x, const struct aid_trial_source *source, int each,
     struct aid_error *e)
{
  struct aid_str pairs[AID_STATS_ARMS_MAX];
  char version[AID_TRIAL_VERSION];
  struct aid_trial_question q
    = { .name = x->name, .version = version, .by_request = x->by_request, .each_request = each, .narms = x->nvariants };
  enum aid_err err = AID_OK;
  aid_trial_version (x, version);
  for (size_t i = 0; i < x->nvariants; i++)
    {
      pairs[i] = AID_STR_INIT (8192);
      aid_trial_pair (x->name, x->variants[i].name, &pairs[i]);
      q.arms[i] = x->variants[i].name;
      q.pairs[i] = aid_str_z (&pairs[i]);
      err = err ? err : pairs[i].err;
    }
  aid_trial_free (&r->trial);
  aid_trial_init (&r->trial);
  err = err ? aid_error_set (e, err, "The experiment %s has too long names", x->name)
            : source->read (source->ctx, &q, &r->trial, e);
  for (size_t i = 0; i < x->nvariants; i++)
    aid_str_free (&pairs[i]);
  return err;
}

enum aid_err
aid_trial_report_make (const struct aid_experiment *x, const struct aid_trial_source *source, struct aid_trial_report *out,
                       struct aid_error *e)
{
  *out = (struct aid_trial_report){ .from = source->from };
  aid_trial_init (&out->trial);
  for (size_t i = 0; i < AID_REPORT_METRICS; i++)
    out->rows[i] = AID_VEC_INIT (struct aid_stats_row, AID_TRIAL_UNITS_MAX);
  if (x->nvariants < 2)
    return aid_error_set (e, AID_E_INVALID, "The experiment %s has no two variants: there is nothing to compare", x->name);
  aid_report_plan_of (x, &out->plan);
  out->nmetrics = aid_report_metrics_of (x, out->metrics);
  enum aid_err err = ask (out, x, source, 0, e);
  if (!err && x->by_request && out->trial.persons == 1)
    {
      out->one_person = 1;
      out->plan.units = "requests";
      err = ask (out, x, source, 1, e);
    }
  memcpy (out->plan.seen, out->trial.seen, sizeof out->plan.seen);
  if (!err && fill_all (out))
    err = aid_error_set (e, AID_E_NOMEM, "There is no memory for the report");
  return err ? err : aid_report_make (&out->plan, out->metrics, out->nmetrics, &out->report, e);
}

void
aid_trial_report_free (struct aid_trial_report *r)
{
  aid_report_free (&r->report);
  aid_trial_free (&r->trial);
  for (size_t i = 0; i < AID_REPORT_METRICS; i++)
    aid_vec_free (&r->rows[i]);
}

void
aid_trial_report_count (const struct aid_trial_report *r, size_t arm, struct aid_trial_counts *out)
{
  *out = (struct aid_trial_counts){ .units = r->plan.seen[arm] };
  for (size_t i = 0; i < r->trial.units.len; i++)
    {
      const struct aid_trial_unit *u = &AID_VEC_AT (struct aid_trial_unit, &r->trial.units, i);
      const double *from = (const double *)(const void *)&u->during;
      double *to = (double *)(void *)&out->sums;
      for (size_t k = 0; u->arm == arm && k < sizeof u->during / sizeof *from; k++)
        to[k] += from[k];
    }
}

/* --- as a value ---------------------------------------------------------------------------------------------------------- */

static void
counts_val (const struct aid_trial_report *r, size_t arm, struct aid_str *out)
{
  static const struct ratio names[] = {
    { "requests", AT (requests), 0 }, { "offered", AT (offered), 0 }, { "taken", AT (taken), 0 },
    { "accepted", AT (accepted), 0 }, { "undone", AT (undone), 0 },   { "chars", AT (chars), 0 },
    { "kept", AT (kept), 0 },         { "hunks", AT (hunks), 0 },     { "refused", AT (refused), 0 },
    { "builds", AT (builds), 0 },     { "red", AT (red), 0 },
  };
  struct aid_trial_counts c;
  size_t n = sizeof names / sizeof *names, all = aid_val_object (out);
  aid_trial_report_count (r, arm, &c);
  aid_val_kstrz (out, "arm", r->plan.arms[arm]);
  aid_val_kint (out, "seen", (int64_t)c.units);
  for (size_t i = 0; i < n; i++)
    aid_val_kint (out, names[i].key, (int64_t)sum_at (&c.sums, names[i].y));
  aid_val_end (out, all, (uint32_t)n + 2);
}

void
aid_trial_report_val (const struct aid_trial_report *r, struct aid_str *out)
{
  size_t all = aid_val_object (out), list;
  aid_val_kstrz (out, "from", r->from);
  aid_val_kint (out, "persons", (int64_t)r->trial.persons);
  aid_val_kbool (out, "one_person", r->one_person);
  aid_val_kint (out, "first", r->trial.first);
  aid_val_kint (out, "last", r->trial.last);
  aid_val_key (out, "counts");
  list = aid_val_list (out);
  for (size_t i = 0; i < r->plan.narms; i++)
    counts_val (r, i, out);
  aid_val_end (out, list, (uint32_t)r->plan.narms);
  aid_val_key (out, "report");
  aid_report_val (&r->plan, r->metrics, r->nmetrics, &r->report, out);
  aid_val_end (out, all, 7);
}
