/* From the temporary tables to cells.  The rows that one cluster has are added up in SQL, and so are the clusters of a group in
   a week; a group in all is the sum of its weeks, for no cluster is in two.  All together is asked for once more, since what
   is one request there may be in several groups. */
#include "measure/metrics_internal.h"
#include "base/clock.h"

#include <math.h>
#include <stdlib.h>

/* --- sums ------------------------------------------------------------------------------------------------------------- */

struct source
{
  const char *from;
  const char *cluster; /* what the rows of one cluster have in common; NULL: each row is one */
  struct
  {
    enum aid_metric metric;
    const char *y, *x, *n; /* N: what can go one way or the other */
  } ratios[5];
};

static const struct source sources[] = {
  { "m_patch", NULL, { { AID_METRIC_FIT, "y", "x", "x" } } },
  { "m_hunk",
    "req",
    { { AID_METRIC_ACCEPTED, "accepted", "decided", "decided" },
      { AID_METRIC_EDITED, "edited", "accepted", "accepted" },
      { AID_METRIC_UNDONE, "undone", "ever", "ever" } } },
  { "m_green", NULL, { { AID_METRIC_GREEN, "y", "x", "x" } } },
  { "m_share", NULL, { { AID_METRIC_AI, "y", "x", "1" } } }, /* a day is one */
  { "m_kept",
    "req",
    { { AID_METRIC_KEPT_30S, "y0", "x0", "n0" },
      { AID_METRIC_KEPT_2M, "y1", "x1", "n1" },
      { AID_METRIC_KEPT_5M, "y2", "x2", "n2" },
      { AID_METRIC_KEPT_10M, "y3", "x3", "n3" },
      { AID_METRIC_KEPT_COMMIT, "y4", "x4", "n4" } } },
  { "m_request", NULL, { { AID_METRIC_COST_EACH, "cost", "priced", "priced" } } },
};

/* The question for the sums of S: of each group and week, or of each week.  Where a cluster has several rows these are added up
   first; of what is kept it has them in several languages alone. */
static void
write_question (const struct source *s, int together, int languages, struct aid_str *sql)
{
  const char *g = together ? "" : "g, ", *share = together ? " WHERE g = -1" : " WHERE g >= 0";
  int nested = s->cluster && (strcmp (s->from, "m_kept") != 0 || (together && languages));
  aid_str_addf (sql, "SELECT %s, week", together ? "-1" : "g");
  for (int i = 0; i < 5 && s->ratios[i].y; i++)
    if (nested)
      aid_str_addf (sql, ", aid_sums(y%d, x%d, n%d)", i, i, i);
    else
      aid_str_addf (sql, ", aid_sums(%s, %s, %s)", s->ratios[i].y, s->ratios[i].x, s->ratios[i].n);
  if (nested)
    aid_str_addf (sql, " FROM (SELECT %sweek", g);
  for (int i = 0; nested && i < 5 && s->ratios[i].y; i++)
    aid_str_addf (sql, ", total(%s) AS y%d, total(%s) AS x%d, total(%s) AS n%d", s->ratios[i].y, i, s->ratios[i].x, i,
                  s->ratios[i].n, i);
  aid_str_addf (sql, " FROM %s%s", s->from, strcmp (s->from, "m_share") ? "" : share);
  if (nested)
    aid_str_addf (sql, " GROUP BY %sweek, %s)", g, s->cluster);
  aid_str_addf (sql, " GROUP BY %sweek", g);
}

struct aid_metrics_cell *
aid_metrics_cell (const struct aid_metrics_report *r, int group, int week)
{
  size_t g = (size_t)(group < 0 ? r->n : group), w = (size_t)(week < 0 ? r->weeks : week);
  return &r->cells[g * ((size_t)r->weeks + 1) + w];
}

/* The cell of the week in column 1 of S's row, or NULL: it is in no series. */
static struct aid_metrics_cell *
week_cell (const struct aid_metrics_report *r, sqlite3_stmt *s, int group)
{
  int64_t week = sqlite3_column_int64 (s, 1) - r->first_week;
  return week >= 0 && week < r->weeks ? aid_metrics_cell (r, group, (int)week) : NULL;
}

/* Calls EACH with the row of S for the cell of its week, if it is in a series, and for that of its group. */
static enum aid_err
each_row (struct aid_db *db, struct aid_metrics_report *r, const char *sql,
          void (*each) (sqlite3_stmt *, struct aid_metrics_cell *, const void *), const void *ctx, struct aid_error *e)
{
  sqlite3_stmt *s;
  int row = 1;
  enum aid_err err = aid_db_prepare (db, sql, &s, e);
  while (!err && !(err = aid_db_step (db, s, &row, e)) && row)
    {
      int group = sqlite3_column_int (s, 0);
      struct aid_metrics_cell *week = week_cell (r, s, group);
      if (group >= r->n)
        continue;
      each (s, aid_metrics_cell (r, group, -1), ctx);
      if (week)
        each (s, week, ctx);
    }
  return err;
}

static void
take_sums (sqlite3_stmt *s, struct aid_metrics_cell *cell, const void *ctx)
{
  const struct source *source = ctx;
  for (int i = 0; i < 5 && source->ratios[i].y; i++)
    {
      struct aid_stats_sums sums;
      struct aid_span blob = aid_db_column (s, 2 + i);
      if (blob.len != sizeof sums)
        continue;
      memcpy (&sums, blob.ptr, sizeof sums);
      aid_stats_sums_add (&cell->ratio[source->ratios[i].metric], &sums);
    }
}

static enum aid_err
read_sums (struct aid_db *db, struct aid_metrics_report *r, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  for (size_t i = 0; !err && i < sizeof sources / sizeof *sources; i++)
    for (int together = 0; !err && together < 2; together++)
      {
        struct aid_str sql = AID_STR_INIT (8192);
        write_question (&sources[i], together, r->groups.by & 1u << AID_BY_LANGUAGE, &sql);
        err = sql.err ? sql.err : each_row (db, r, aid_str_z (&sql), take_sums, &sources[i], e);
        aid_str_free (&sql);
      }
  return err;
}

static void
take_counts (sqlite3_stmt *s, struct aid_metrics_cell *cell, const void *ctx)
{
  (void)ctx;
  cell->requests += sqlite3_column_double (s, 2);
  cell->cost += sqlite3_column_double (s, 3);
  cell->priced += sqlite3_column_double (s, 4);
  for (int i = 0; i < 2; i++)
    cell->timed[i] += (uint64_t)sqlite3_column_int64 (s, 5 + i);
}

static enum aid_err
read_counts (struct aid_db *db, struct aid_metrics_report *r, struct aid_error *e)
{
#define COUNTS "week, total(n), total(cost), total(priced), count(first), count(ms) FROM m_request GROUP BY "
  enum aid_err err = each_row (db, r, "SELECT g, " COUNTS "g, week", take_counts, NULL, e);
  return err ? err : each_row (db, r, "SELECT -1, " COUNTS "week", take_counts, NULL, e);
#undef COUNTS
}

/* --- quantiles: the values come sorted, and those at the wanted ranks are taken --------------------------------------- */

static const double quantiles[2] = { 0.5, 0.9 };

/* Takes VALUE, the one at place I (from 1) of N, for the quantiles of CELL that begin at K. */
static void
take_value (struct aid_metrics_cell *cell, int k, uint64_t i, const struct aid_stats_ranks *ranks, double value)
{
  for (int q = 0; q < 2; q++)
    {
      struct aid_metrics_quantile *to = &cell->quantile[k + q];
      if (i == ranks[q].at)
        to->value = value;
      if (i == ranks[q].low)
        to->low = value;
      if (i == ranks[q].high)
        to->high = value;
    }
}

/* Reads the values that SQL sorts within each group, or within each week of it (WEEKLY). */
static enum aid_err
read_sorted (struct aid_db *db, struct aid_metrics_report *r, const char *sql, int weekly, int k, struct aid_error *e)
{
  struct aid_metrics_cell *now = NULL;
  struct aid_stats_ranks ranks[2];
  uint64_t i = 0;
  sqlite3_stmt *s;
  int row = 1;
  enum aid_err err = aid_db_prepare (db, sql, &s, e);
  while (!err && !(err = aid_db_step (db, s, &row, e)) && row)
    {
      int group = sqlite3_column_int (s, 0);
      struct aid_metrics_cell *cell = weekly ? week_cell (r, s, group) : aid_metrics_cell (r, group, -1);
      if (cell && cell != now)
        {
          for (int q = 0; q < 2; q++)
            {
              cell->quantile[k + q] = (struct aid_metrics_quantile){ NAN, NAN, NAN };
              aid_stats_quantile_ranks (cell->timed[k / 2], quantiles[q], AID_METRICS_ALPHA, &ranks[q]);
            }
          i = 0;
        }
      now = cell;
      if (cell)
        take_value (cell, k, ++i, ranks, sqlite3_column_double (s, 2));
    }
  return err;
}

static enum aid_err
read_quantiles (struct aid_db *db, struct aid_metrics_report *r, struct aid_error *e)
{
  static const char *const columns[2] = { "first", "ms" };
  enum aid_err err = AID_OK;
  for (int k = 0; k < 2; k++)
    for (int how = 0; !err && how < 4; how++)
      {
        struct aid_str sql = AID_STR_INIT (1024);
        int together = how & 1, weekly = how >> 1;
        if (weekly && !r->weeks)
          continue;
        aid_str_addf (&sql, "SELECT %s, week, %s FROM m_request WHERE %s IS NOT NULL ORDER BY %s%s%s", together ? "-1" : "g",
                      columns[k], columns[k], together ? "" : "g, ", weekly ? "week, " : "", columns[k]);
        err = sql.err ? sql.err : read_sorted (db, r, aid_str_z (&sql), weekly, 2 * k, e);
        aid_str_free (&sql);
      }
  return err;
}

/* --- cells ------------------------------------------------------------------------------------------------------------ */

/* Which weeks there are, unless there are too many groups to show them. */
static enum aid_err
find_weeks (struct aid_db *db, struct aid_metrics_report *r, struct aid_error *e)
{
  int64_t now = aid_metrics_week_at (aid_clock_wall_ms ());
  sqlite3_stmt *s;
  int row = 0;
  enum aid_err err
    = aid_db_prepare (db,
                      "SELECT min(week), max(week) FROM (SELECT week FROM m_request UNION ALL SELECT week FROM"
                      " m_hunk UNION ALL SELECT week FROM m_patch UNION ALL SELECT week FROM m_kept UNION ALL"
                      " SELECT week FROM m_typed) WHERE week <= ?1",
                      &s, e);
  if (err)
    return err;
  sqlite3_bind_int64 (s, 1, now);
  err = aid_db_step (db, s, &row, e);
  if (row && sqlite3_column_type (s, 0) != SQLITE_NULL && r->n <= AID_METRICS_SERIES && !(r->groups.by & 1u << AID_BY_WEEK))
    {
      int64_t first = sqlite3_column_int64 (s, 0), last = sqlite3_column_int64 (s, 1);
      r->first_week = first > last - AID_METRICS_WEEKS ? first : last - AID_METRICS_WEEKS + 1;
      r->weeks = (int)(last - r->first_week) + 1;
    }
  if (!err)
    sqlite3_reset (s);
  return err;
}

enum aid_err
aid_metrics_read (struct aid_db *db, struct aid_metrics_report *r, struct aid_error *e)
{
  r->n = (int)r->groups.list.len;
  enum aid_err err = find_weeks (db, r, e);
  if (!err && !(r->cells = calloc ((size_t)(r->n + 1) * (size_t)(r->weeks + 1), sizeof *r->cells)))
    err = aid_error_set (e, AID_E_NOMEM, "No memory for the report");
  if (!err)
    err = read_counts (db, r, e);
  if (!err)
    err = read_sums (db, r, e);
  return err ? err : read_quantiles (db, r, e);
}
