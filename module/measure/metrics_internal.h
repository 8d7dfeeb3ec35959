/* What the files of metrics_report.h share. */
#ifndef AID_MEASURE_METRICS_INTERNAL_H
#define AID_MEASURE_METRICS_INTERNAL_H

#include "measure/events_internal.h"
#include "measure/metrics_report.h"
#include "base/map.h"
#include "base/vec.h"

#define AID_METRICS_ALPHA 0.05

/* --- metrics_groups.c: from values to numbers of groups --------------------------------------------------------------- */

struct aid_metrics_group
{
  char *keys[AID_BYS]; /* owned; NULL: unknown or not asked for.  A week as its ISO name, a project as its hash */
  int side;            /* what was typed is of the same language, week and project */
};

struct aid_metrics_groups
{
  unsigned by;           /* a bit for each enum aid_metrics_by that is asked for */
  struct aid_vec list;   /* struct aid_metrics_group */
  struct aid_map *ids;   /* by their values together: the place in LIST and 1 */
  struct aid_map *sides; /* likewise, numbered from 1 */
  int nsides;
};
enum aid_err aid_metrics_groups_init (struct aid_metrics_groups *groups, unsigned by);
void aid_metrics_groups_free (struct aid_metrics_groups *groups);
/* Gives DB these functions, and those of metrics_sums.c: aid_field(data, 'name'); aid_group(model, strategy, variant, language,
   week, project) and aid_side(language, week, project), numbers from 0; aid_week(ms) and aid_day(ms), whole weeks and days of
   the local calendar, the weeks from Monday on. */
enum aid_err aid_metrics_functions (struct aid_db *db, struct aid_metrics_groups *groups, struct aid_error *e);
/* The ISO name of such a week, and back; -1: it is none. */
void aid_metrics_week_name (int64_t week, char out[16]);
int aid_metrics_week_named (const char *name, int64_t *week);
int64_t aid_metrics_week_at (int64_t ms);

/* --- metrics_field.c -------------------------------------------------------------------------------------------------- */

/* Finds member NAME of the flat JSON object DATA: 1 and *VALUE, without its quotes if it is *QUOTED; 0: it has none; -1: DATA is
   something else, or is not read so far. */
int aid_metrics_field (struct aid_span data, struct aid_span name, struct aid_span *value, int *quoted);
/* aid_field: a string, an integer, a real, 1 or 0; NULL for all else. */
void aid_metrics_sql_field (sqlite3_context *c, int n, sqlite3_value **args);

/* --- metrics_sums.c --------------------------------------------------------------------------------------------------- */

#define AID_METRICS_AGES 5
/* What aid_fate gives of a hunk. */
enum aid_fate
{
  AID_FATE_ACCEPTED, /* by the last decision */
  AID_FATE_DECIDED,  /* it was no correction of the model's */
  AID_FATE_EDITED,
  AID_FATE_EVER,     /* accepted */
  AID_FATE_UNDONE,   /* then, at any time */
  AID_FATE_INSERTED, /* characters, if it is accepted */
  AID_FATE_AT,       /* when it was accepted, the last time; ms */
  AID_FATE_GONE,     /* characters of acceptances that were taken back before they were 30 s, 2, 5, 10 min old */
  AID_FATES = AID_FATE_GONE + 4
};
/* Gives DB aid_part, aid_sums, aid_ages and aid_fate; not 0: it failed. */
int aid_metrics_sums (sqlite3 *db);

/* --- metrics_tables.c: what became of each request, as temporary tables of DB ----------------------------------------- */

/* The language in which most hunks of the answer to REQUEST are. */
#define AID_METRICS_LANGUAGE(request)                                                                                       \
  "(SELECT d.language FROM events d WHERE d.request = " request " AND d.kind = 'decision' AND d.language IS NOT NULL"       \
  " GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)"

/* Makes them of what B bounds, which is of requests, its kind unused:
     m_request(req, n, g, week, day, ..., ms, first, cost, priced)   one a request that was recorded
     m_hunk(g, s, week, day, req, ..., accepted, decided, edited, ever, undone, inserted, ...)
     m_patch(g, week, req, y, x), m_kept(g, week, req, y0, x0, n0, ..., n4), m_green(g, week, req, y, x, build),
     m_share(g, week, day, y, x)
   G is the group (in m_share -1 for all together), REQ what names the request. */
enum aid_err aid_metrics_tables (struct aid_db *db, struct aid_metrics_groups *groups, const struct aid_events_bounds *b,
                                 struct aid_error *e);

/* --- metrics_report.c ------------------------------------------------------------------------------------------------- */

enum
{
  AID_RATIOS = AID_METRICS /* by metric; those that are none stay empty */
};

/* Of a group in a week, or in all. */
struct aid_metrics_cell
{
  struct aid_stats_sums ratio[AID_RATIOS];
  double requests, cost, priced;
  uint64_t timed[2]; /* requests with a time until the first text, and until the end */
  struct aid_metrics_quantile
  {
    double value, low, high;
  } quantile[4]; /* as the metrics follow each other */
};

struct aid_metrics_report
{
  int64_t since, before;
  enum aid_metrics_by by[AID_BYS];
  size_t nby;
  char project[AID_MEASURED_HASH];
  struct aid_metrics_groups groups;
  struct aid_vec names; /* of projects: struct aid_metrics_name */
  int *order;           /* places in GROUPS, as they are told */
  int n;                /* of them, and of cells but one */
  int64_t first_week;
  int weeks;                      /* in series */
  struct aid_metrics_cell *cells; /* (N + 1) groups, all together the last one, of WEEKS + 1, the whole the last one */
};
/* GROUP is a place in GROUPS. */
struct aid_metrics_cell *aid_metrics_cell (const struct aid_metrics_report *r, int group, int week);

struct aid_metrics_name
{
  char hash[AID_MEASURED_HASH];
  char *name; /* owned */
};
/* Appends what GROUP is called: "opus · c". */
void aid_metrics_group_name (const struct aid_metrics_report *r, int group, struct aid_str *out);

/* --- metrics_read.c: from the tables to cells ------------------------------------------------------------------------- */

enum aid_err aid_metrics_read (struct aid_db *db, struct aid_metrics_report *r, struct aid_error *e);

/* --- metrics_text.c: what a table of the report shows ----------------------------------------------------------------- */

#define AID_METRICS_BLOCKS 3
struct aid_metrics_block
{
  const char *title;
  enum aid_metric first, last;
};
const struct aid_metrics_block *aid_metrics_block (int i);

#endif
