/* What became of answers, as numbers with their intervals: by model, strategy, variant, language, week and project.  SQLite
   makes the sums over events (events.h); docs/measure.md tells what each number is.

   A report is of requests: those of a span of time, and all that became of them until now.  What became of an answer whose
   request was not recorded counts by its own time, with an unknown model. */
#ifndef AID_MEASURE_METRICS_REPORT_H
#define AID_MEASURE_METRICS_REPORT_H

#include "measure/events.h"
#include "measure/stats.h"

#define AID_METRICS_GROUPS 2000 /* rows of a report; more are an error */
#define AID_METRICS_SERIES 100  /* groups that have weekly series; with more, none has */
#define AID_METRICS_WEEKS 120   /* of a series: the last ones */

enum aid_metrics_by
{
  AID_BY_MODEL,
  AID_BY_STRATEGY,
  AID_BY_VARIANT,
  AID_BY_LANGUAGE,
  AID_BY_WEEK,
  AID_BY_PROJECT,
  AID_BYS
};
/* "model", ... */
const char *aid_metrics_by_name (enum aid_metrics_by by);
/* *BY gets the one of that NAME; 0: there is none. */
int aid_metrics_by_named (struct aid_span name, enum aid_metrics_by *by);

enum aid_metric
{
  AID_METRIC_REQUESTS,
  AID_METRIC_FIT,      /* hunks that could be applied, of those in patches */
  AID_METRIC_ACCEPTED, /* hunks, of those decided on */
  AID_METRIC_EDITED,   /* hunks, of those accepted */
  AID_METRIC_UNDONE,   /* hunks, of those ever accepted */
  AID_METRIC_GREEN,    /* answers accepted while the build was red after which it was green */
  AID_METRIC_AI,       /* characters, of those accepted and typed */
  AID_METRIC_KEPT_30S, /* characters still there, of those accepted */
  AID_METRIC_KEPT_2M,
  AID_METRIC_KEPT_5M,
  AID_METRIC_KEPT_10M,
  AID_METRIC_KEPT_COMMIT,
  AID_METRIC_FIRST_P50, /* ms until the first text of answers that ended well */
  AID_METRIC_FIRST_P90,
  AID_METRIC_WHOLE_P50, /* and until their end */
  AID_METRIC_WHOLE_P90,
  AID_METRIC_COST,      /* US dollars, all together */
  AID_METRIC_COST_EACH, /* a request whose price is known */
  AID_METRICS
};

enum aid_metric_unit
{
  AID_UNIT_COUNT,
  AID_UNIT_SHARE,
  AID_UNIT_MS,
  AID_UNIT_DOLLARS
};

struct aid_metric_about
{
  const char *key, *name, *label,
    *kinds;         /* "kept_10m"; in words; over a column, 9 columns at most; of the events behind it */
  const char *with; /* a field that they have, "when=10m"; or NULL */
  enum aid_metric_unit unit;
};
const struct aid_metric_about *aid_metric_about (enum aid_metric m);

struct aid_metrics_wish
{
  int64_t since, before; /* ms since 1970, of the requests; 0: no such limit */
  const char *root;      /* only of the project there, or NULL: all */
  enum aid_metrics_by by[AID_BYS];
  size_t nby;
  const char *const *roots; /* projects whose hashes are told as their folders' names */
  size_t nroots;
};

struct aid_metric_number
{
  int known;        /* else there is nothing that it could be made of */
  double value;     /* a share, ms, US dollars, a count */
  double low, high; /* with 95% confidence; NAN: no bound is known */
  double hits, of;  /* of a share: what it is of */
  uint64_t n;       /* hunks, requests, builds or days that tell */
  int partly;       /* of costs: there are more, of unknown price */
};

struct aid_metrics_report;

/* On the caller's thread; a million events take seconds.  *OUT is to be freed.  AID_E_LIMIT: more than AID_METRICS_GROUPS. */
enum aid_err
aid_metrics_report_make (const struct aid_metrics_wish *wish, struct aid_metrics_report **out, struct aid_error *e);
void aid_metrics_report_free (struct aid_metrics_report *r);

/* Groups come by their number of requests, by week the newest first; number -1 is all together. */
int aid_metrics_report_groups (const struct aid_metrics_report *r);
/* The value of BY in GROUP; NULL: unknown, or not asked for. */
const char *aid_metrics_report_key (const struct aid_metrics_report *r, int group, enum aid_metrics_by by);
/* The number of the weeks in series; the ISO name of one, "2026-W44", into OUT. */
int aid_metrics_report_weeks (const struct aid_metrics_report *r);
void aid_metrics_report_week (const struct aid_metrics_report *r, int week, char out[16]);
/* That of GROUP in all (WEEK -1) or in one week. */
void aid_metrics_report_number (const struct aid_metrics_report *r, int group, int week, enum aid_metric m,
                                struct aid_metric_number *out);

/* Appends a val object: {since, before, by: [...], weeks: [...], metrics: [{key, name, label, unit, block, columns}], all,
   groups: [...]}, a group being {name, keys: {model: ..., ...}, numbers: {accepted: {value, low, high, hits, of, n, text,
   range, spark, series: {value: [...], low: [...], high: [...]}, events}, ...}}.  What is unknown is nil.  All together and
   the first SERIES groups have series.  EVENTS are the options of `aid metrics events` that list what the number is made of:
   {kind, since, model, ...}. */
void aid_metrics_report_val (const struct aid_metrics_report *r, int series, struct aid_str *val);
/* Appends it for people: aligned for a terminal, or as Markdown. */
void aid_metrics_report_text (const struct aid_metrics_report *r, int markdown, struct aid_str *out);

/* --- metrics_units.c: numbers for people ------------------------------------------------------------------------------ */

/* Appends "84%", "4.2 s", "$0.31"; nothing when N is not known. */
void aid_metric_text (enum aid_metric m, const struct aid_metric_number *n, struct aid_str *out);
/* Appends "80-87%" with a dash between, or one bound with a sign; nothing when none is known, or both are the number. */
void aid_metric_range (enum aid_metric m, const struct aid_metric_number *n, struct aid_str *out);
/* Columns that both take in a table, with the blank before them. */
int aid_metric_columns (enum aid_metric m);
/* Appends a block character for each week: from nought to the whole of a share, to the most of others; a blank where nothing is
   known.  Nothing when no week is. */
void aid_metric_spark (const struct aid_metrics_report *r, int group, enum aid_metric m, struct aid_str *out);

/* --- metrics_events.c: what a number is made of ----------------------------------------------------------------------- */

struct aid_events_filter
{
  struct aid_events_which which; /* its KIND may be several, with commas between */
  int of_requests;               /* its times are those of the requests, not those of what became of them */
  const char *keys[AID_BYS];     /* as a report has them; "" the unknown one, NULL any.  A project is a hash here. */
  const char *with;              /* "FIELD=VALUE": only with that in their data; or NULL */
  int64_t most;                  /* the newest ones; 0: all */
};
/* Like aid_events_each: oldest first.  MODEL, which is borrowed, is that of the answer's request, or NULL.  AID_E_INVALID: a
   week or field that is none. */
enum aid_err aid_metrics_events_each (const struct aid_events_filter *filter,
                                      int (*each) (void *ctx, const struct aid_event_row *row, const char *model), void *ctx,
                                      struct aid_error *e);

#endif
