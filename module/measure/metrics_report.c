/* A report: the tables are made, read and sorted here; each number is worked out from a cell when it is asked for. */
#include "measure/metrics_internal.h"
#include "base/fs.h"

#include <math.h>
#include <stdlib.h>

static const char *const bys[AID_BYS] = { "model", "strategy", "variant", "language", "week", "project" };

static const struct aid_metric_about metrics[AID_METRICS] = {
  [AID_METRIC_REQUESTS] = { "requests", "requests", "Requests", "request", NULL, AID_UNIT_COUNT },
  [AID_METRIC_FIT] = { "fit", "hunks that could be applied", "Fit", "patch", NULL, AID_UNIT_SHARE },
  [AID_METRIC_ACCEPTED] = { "accepted", "hunks accepted", "Accepted", "decision", NULL, AID_UNIT_SHARE },
  [AID_METRIC_EDITED] = { "edited", "accepted hunks edited first", "Edited", "decision", NULL, AID_UNIT_SHARE },
  [AID_METRIC_UNDONE] = { "undone", "accepted hunks taken back", "Undone", "decision", NULL, AID_UNIT_SHARE },
  [AID_METRIC_GREEN] = { "green", "red builds made green", "To green", "build", NULL, AID_UNIT_SHARE },
  [AID_METRIC_AI] = { "ai", "characters written by AI", "By AI", "decision,typed", NULL, AID_UNIT_SHARE },
  [AID_METRIC_KEPT_30S] = { "kept_30s", "characters kept after 30 s", "30 s", "stayed", "when=30s", AID_UNIT_SHARE },
  [AID_METRIC_KEPT_2M] = { "kept_2m", "characters kept after 2 min", "2 min", "stayed", "when=2m", AID_UNIT_SHARE },
  [AID_METRIC_KEPT_5M] = { "kept_5m", "characters kept after 5 min", "5 min", "stayed", "when=5m", AID_UNIT_SHARE },
  [AID_METRIC_KEPT_10M] = { "kept_10m", "characters kept after 10 min", "10 min", "stayed", "when=10m", AID_UNIT_SHARE },
  [AID_METRIC_KEPT_COMMIT]
  = { "kept_commit", "characters kept at commit", "Commit", "stayed", "when=commit", AID_UNIT_SHARE },
  [AID_METRIC_FIRST_P50] = { "first_p50", "half of the first texts came within", "Text p50", "request", NULL, AID_UNIT_MS },
  [AID_METRIC_FIRST_P90] = { "first_p90", "90% of the first texts came within", "Text p90", "request", NULL, AID_UNIT_MS },
  [AID_METRIC_WHOLE_P50] = { "whole_p50", "half of the answers came within", "Done p50", "request", NULL, AID_UNIT_MS },
  [AID_METRIC_WHOLE_P90] = { "whole_p90", "90% of the answers came within", "Done p90", "request", NULL, AID_UNIT_MS },
  [AID_METRIC_COST] = { "cost", "cost", "Cost", "request", NULL, AID_UNIT_DOLLARS },
  [AID_METRIC_COST_EACH] = { "cost_each", "cost of a request", "Each", "request", NULL, AID_UNIT_DOLLARS },
};

const struct aid_metric_about *
aid_metric_about (enum aid_metric m)
{
  return &metrics[m];
}

const char *
aid_metrics_by_name (enum aid_metrics_by by)
{
  return bys[by];
}

int
aid_metrics_by_named (struct aid_span name, enum aid_metrics_by *by)
{
  for (int i = 0; i < AID_BYS; i++)
    if (aid_span_eqz (name, bys[i]))
      {
        *by = (enum aid_metrics_by)i;
        return 1;
      }
  return 0;
}

/* --- making ----------------------------------------------------------------------------------------------------------- */

static enum aid_err
make_all (struct aid_db *db, const struct aid_events_bounds *b, struct aid_metrics_report *r, struct aid_error *e)
{
  enum aid_err err = aid_metrics_functions (db, &r->groups, e);
  /* KB, while the report is made; what is more goes to a file that nobody else sees.  All is of one moment. */
  if (!err)
    err = aid_db_exec (db, "PRAGMA cache_size=-65536; PRAGMA temp.cache_size=-65536; BEGIN", e);
  if (!err)
    err = aid_metrics_tables (db, &r->groups, b, e);
  if (!err)
    err = aid_metrics_read (db, r, e);
  aid_db_rest (db);
  aid_db_exec (db, "ROLLBACK", NULL);
  return err;
}

/* The names of the folders that WISH tells of, by the hashes that stand for them. */
static enum aid_err
name_projects (const struct aid_metrics_wish *wish, struct aid_metrics_report *r, struct aid_error *e)
{
  struct aid_identity who;
  enum aid_err err = wish->nroots || wish->root ? aid_identity_load (&who, e) : AID_OK;
  for (size_t i = 0; !err && i < wish->nroots; i++)
    {
      struct aid_metrics_name *n = aid_vec_push (&r->names);
      struct aid_span root = aid_span_z (wish->roots[i]);
      while (root.len > 1 && root.ptr[root.len - 1] == '/')
        root.len--;
      if (!n || !(n->name = aid_span_dup (root)))
        return aid_error_set (e, AID_E_NOMEM, "No memory for the report");
      aid_events_project (&who, wish->roots[i], n->hash);
    }
  if (!err && wish->root)
    aid_events_project (&who, wish->root, r->project);
  return err;
}

static int
by_size (const void *va, const void *vb, void *ctx)
{
  const struct aid_metrics_report *r = ctx;
  int a = *(const int *)va, b = *(const int *)vb;
  const struct aid_metrics_group *ga = &AID_VEC_AT (struct aid_metrics_group, &r->groups.list, a),
                                 *gb = &AID_VEC_AT (struct aid_metrics_group, &r->groups.list, b);
  double x = aid_metrics_cell (r, a, -1)->requests, y = aid_metrics_cell (r, b, -1)->requests;
  if (r->groups.by & 1u << AID_BY_WEEK)
    {
      const char *wa = ga->keys[AID_BY_WEEK], *wb = gb->keys[AID_BY_WEEK];
      int weeks = strcmp (wb ? wb : "", wa ? wa : "");
      if (weeks)
        return weeks;
    }
  if (x != y)
    return x < y ? 1 : -1;
  for (int i = 0; i < AID_BYS; i++)
    {
      int c = strcmp (ga->keys[i] ? ga->keys[i] : "\xFF", gb->keys[i] ? gb->keys[i] : "\xFF");
      if (c)
        return c;
    }
  return 0;
}

static enum aid_err
sort (struct aid_metrics_report *r, struct aid_error *e)
{
  r->order = calloc ((size_t)r->n + 1, sizeof *r->order);
  if (!r->order)
    return aid_error_set (e, AID_E_NOMEM, "No memory for the report");
  for (int i = 0; i < r->n; i++)
    r->order[i] = i;
  qsort_r (r->order, (size_t)r->n, sizeof *r->order, by_size, r);
  return AID_OK;
}

static enum aid_err
fill (const struct aid_metrics_wish *wish, struct aid_metrics_report *r, struct aid_error *e)
{
  struct aid_events_which which = { .since = wish->since, .before = wish->before, .root = wish->root };
  struct aid_events_bounds b;
  struct aid_db *db = NULL;
  unsigned by = 0;
  for (size_t i = 0; i < wish->nby; i++)
    by |= 1u << wish->by[i];
  if (aid_metrics_groups_init (&r->groups, by))
    return aid_error_set (e, AID_E_NOMEM, "No memory for the report");
  enum aid_err err = aid_events_open (&db, e);
  if (!err && db)
    err = aid_events_bounds_make (&which, &b, e);
  if (!err && db)
    err = name_projects (wish, r, e);
  if (!err && db)
    err = make_all (db, &b, r, e);
  if (!err && !db && !(r->cells = calloc (1, sizeof *r->cells)))
    err = aid_error_set (e, AID_E_NOMEM, "No memory for the report");
  aid_db_close (db);
  return err ? err : sort (r, e);
}

enum aid_err
aid_metrics_report_make (const struct aid_metrics_wish *wish, struct aid_metrics_report **out, struct aid_error *e)
{
  struct aid_metrics_report *r = calloc (1, sizeof *r);
  *out = r;
  if (!r)
    return aid_error_set (e, AID_E_NOMEM, "No memory for the report");
  r->since = wish->since;
  r->before = wish->before;
  r->nby = wish->nby;
  memcpy (r->by, wish->by, sizeof r->by);
  r->names = AID_VEC_INIT (struct aid_metrics_name, 10000);
  return fill (wish, r, e);
}

void
aid_metrics_report_free (struct aid_metrics_report *r)
{
  if (!r)
    return;
  for (size_t i = 0; i < r->names.len; i++)
    free (AID_VEC_AT (struct aid_metrics_name, &r->names, i).name);
  aid_vec_free (&r->names);
  aid_metrics_groups_free (&r->groups);
  free (r->order);
  free (r->cells);
  free (r);
}

/* --- asking ----------------------------------------------------------------------------------------------------------- */

int
aid_metrics_report_groups (const struct aid_metrics_report *r)
{
  return r->n;
}

const char *
aid_metrics_report_key (const struct aid_metrics_report *r, int group, enum aid_metrics_by by)
{
  return group < 0 ? NULL : AID_VEC_AT (struct aid_metrics_group, &r->groups.list, r->order[group]).keys[by];
}

/* The project's folder, if somebody told of it, in as few words as tell it from the others. */
static const char *
project_name (const struct aid_metrics_report *r, const char *hash)
{
  const char *name = NULL, *other;
  int twice = 0;
  for (size_t i = 0; i < r->names.len; i++)
    if (!strcmp (AID_VEC_AT (struct aid_metrics_name, &r->names, i).hash, hash))
      name = AID_VEC_AT (struct aid_metrics_name, &r->names, i).name;
  if (!name)
    return hash;
  for (size_t i = 0; i < r->names.len; i++)
    {
      other = AID_VEC_AT (struct aid_metrics_name, &r->names, i).name;
      twice |= strcmp (other, name) != 0 && !strcmp (aid_fs_base (other), aid_fs_base (name));
    }
  return twice ? name : aid_fs_base (name);
}

void
aid_metrics_group_name (const struct aid_metrics_report *r, int group, struct aid_str *out)
{
  if (group < 0)
    aid_str_addz (out, "All");
  for (size_t i = 0; group >= 0 && i < r->nby; i++)
    {
      const char *key = aid_metrics_report_key (r, group, r->by[i]);
      if (i)
        aid_str_addz (out, " · ");
      if (key)
        aid_str_addz (out, r->by[i] == AID_BY_PROJECT ? project_name (r, key) : key);
      else
        aid_str_addf (out, "no %s", bys[r->by[i]]);
    }
}

int
aid_metrics_report_weeks (const struct aid_metrics_report *r)
{
  return r->weeks;
}

void
aid_metrics_report_week (const struct aid_metrics_report *r, int week, char out[16])
{
  aid_metrics_week_name (r->first_week + week, out);
}

static void
read_share (const struct aid_stats_sums *s, struct aid_metric_number *out)
{
  struct aid_interval range = aid_stats_share (s, AID_METRICS_ALPHA);
  *out = (struct aid_metric_number){ .known = s->x > 0,
                                     .value = s->x > 0 ? s->y / s->x : 0,
                                     .low = range.low,
                                     .high = range.high,
                                     .hits = s->y,
                                     .of = s->x,
                                     .n = (uint64_t)s->pieces };
}

static void
read_cost (const struct aid_metrics_cell *cell, int each, struct aid_metric_number *out)
{
  struct aid_interval range = aid_stats_mean (&cell->ratio[AID_METRIC_COST_EACH], AID_METRICS_ALPHA);
  *out = (struct aid_metric_number){ .known = cell->priced > 0,
                                     .value = each && cell->priced > 0 ? cell->cost / cell->priced : cell->cost,
                                     .low = each ? range.low : NAN,
                                     .high = each ? range.high : NAN,
                                     .n = (uint64_t)cell->priced,
                                     .partly = !each && cell->priced < cell->requests };
}

void
aid_metrics_report_number (const struct aid_metrics_report *r, int group, int week, enum aid_metric m,
                           struct aid_metric_number *out)
{
  const struct aid_metrics_cell *cell = aid_metrics_cell (r, group < 0 ? -1 : r->order[group], week);
  const struct aid_metrics_quantile *q = NULL;
  if (m == AID_METRIC_REQUESTS)
    *out = (struct aid_metric_number){
      .known = 1, .value = cell->requests, .low = NAN, .high = NAN, .n = (uint64_t)cell->requests
    };
  else if (metrics[m].unit == AID_UNIT_SHARE)
    read_share (&cell->ratio[m], out);
  else if (metrics[m].unit == AID_UNIT_DOLLARS)
    read_cost (cell, m == AID_METRIC_COST_EACH, out);
  else
    {
      int i = (int)(m - AID_METRIC_FIRST_P50);
      q = &cell->quantile[i];
      *out = (struct aid_metric_number){
        .known = cell->timed[i / 2] > 0, .value = q->value, .low = q->low, .high = q->high, .n = cell->timed[i / 2]
      };
    }
}
