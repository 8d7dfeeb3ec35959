/* The rows from this machine's events: SQL gathers the requests that count into a temporary table, then each sum is one
   query that groups by person and arm.

   "bare" columns beside one max() or min() are those of the row that has it (SQLite's documentation of SELECT, 2.5). */
#include "measure/events.h"
#include "measure/trial.h"
#include "base/stop.h"
#include "store/db.h"

#include <stdlib.h>

#define STEPS 1000  /* of SQLite's machine between two looks at whether to stop: well below a millisecond */
#define BEFORE (-1) /* the arm of what was before the experiment */

/* Of each person the first exposure; of each request in an arm, or before, what binds other events to it.  UNTIL: events
   count that are older. */
static const char schema[]
  = "CREATE TEMP TABLE trial_exposed(person TEXT, arm INTEGER, at INTEGER, units INTEGER);"
    "CREATE TEMP TABLE trial_person(n INTEGER PRIMARY KEY, person TEXT UNIQUE, first INTEGER);"
    "CREATE TEMP TABLE trial_request(n INTEGER, arm INTEGER, request TEXT, ms INTEGER, outcome TEXT, at INTEGER,"
    " until INTEGER, PRIMARY KEY(request, arm)) WITHOUT ROWID;"
    "CREATE TEMP TABLE trial_hunk(n INTEGER, arm INTEGER, last TEXT, ever INTEGER, undone INTEGER);";

static const char exposed[]
  = "INSERT INTO temp.trial_exposed SELECT person, ?1, min(at), count(DISTINCT coalesce(request, id)) FROM main.events"
    " WHERE kind = 'exposure' AND json_extract(data, '$.experiment') = ?2 AND json_extract(data, '$.version') = ?3"
    " AND json_extract(data, '$.variant') = ?4 GROUP BY person";

static const char persons[] = "INSERT INTO temp.trial_person(person, first) SELECT person, min(at) FROM temp.trial_exposed "
                              "GROUP BY person ORDER BY person";

/* Of the pair ?2, the arm ?1. */
static const char requests[]
  = "INSERT OR IGNORE INTO temp.trial_request SELECT p.n, ?1, e.request, json_extract(e.data, '$.ms'),"
    " json_extract(e.data, '$.outcome'), min(e.at), NULL FROM main.events e JOIN temp.trial_person p ON p.person = e.person"
    " WHERE e.kind = 'request' AND e.request IS NOT NULL AND e.at >= p.first"
    " AND instr(',' || json_extract(e.data, '$.variant') || ',', ',' || ?2 || ',') > 0 GROUP BY e.request";

static const char before[]
  = "INSERT OR IGNORE INTO temp.trial_request SELECT p.n, ?1, e.request, NULL, NULL, min(e.at), p.first FROM main.events e"
    " JOIN temp.trial_person p ON p.person = e.person WHERE e.kind = 'request' AND e.request IS NOT NULL"
    " AND e.at < p.first AND e.at >= p.first - ?2 GROUP BY e.request";

static const char hunks[]
  = "INSERT INTO temp.trial_hunk SELECT n, arm, last, ever, undone FROM (SELECT r.n, r.arm, max(d.id),"
    " json_extract(d.data, '$.decision') AS last,"
    " sum(json_extract(d.data, '$.decision') IN ('accepted', 'edited')) > 0 AS ever,"
    " sum(json_extract(d.data, '$.decision') = 'undone' AND json_extract(d.data, '$.was') IN ('accepted', 'edited')) > 0"
    " AS undone FROM temp.trial_request r JOIN main.events d ON d.request = r.request AND d.kind = 'decision'"
    " WHERE r.until IS NULL OR d.at < r.until"
    " GROUP BY r.request, r.arm, coalesce(json_extract(d.data, '$.hunk'), hex(d.id)))";

/* Numbers persons anew, one for each request. */
static const char each_request[]
  = "DELETE FROM temp.trial_request WHERE arm < 0;"
    "UPDATE temp.trial_request SET n = k FROM (SELECT request AS r, row_number() OVER (ORDER BY request) AS k"
    " FROM temp.trial_request) WHERE r = request;";

/* --- steps -------------------------------------------------------------------------------------------------------------- */

/* A statement whose values are a number, then texts. */
static enum aid_err
run_with (struct aid_db *db, const char *sql, int64_t first, const char *const *texts, int n, struct aid_error *e)
{
  sqlite3_stmt *s;
  enum aid_err err = aid_db_prepare (db, sql, &s, e);
  if (err)
    return err;
  sqlite3_bind_int64 (s, 1, first);
  for (int i = 0; i < n; i++)
    aid_db_text (s, i + 2, aid_span_z (texts[i]));
  return aid_db_run (db, s, e);
}

static enum aid_err
gather_before (struct aid_db *db, struct aid_error *e)
{
  sqlite3_stmt *s;
  enum aid_err err = aid_db_prepare (db, before, &s, e);
  if (err)
    return err;
  sqlite3_bind_int64 (s, 1, BEFORE);
  sqlite3_bind_int64 (s, 2, (int64_t)AID_TRIAL_BEFORE_DAYS * 86400000);
  return aid_db_run (db, s, e);
}

static enum aid_err
gather (struct aid_db *db, const struct aid_trial_question *q, struct aid_error *e)
{
  enum aid_err err = aid_db_exec (db, schema, e);
  for (size_t i = 0; i < q->narms && !err; i++)
    err = run_with (db, exposed, (int64_t)i, (const char *const[]){ q->name, q->version, q->arms[i] }, 3, e);
  if (!err)
    err = aid_db_exec (db, persons, e);
  for (size_t i = 0; i < q->narms && !err; i++)
    err = run_with (db, requests, (int64_t)i, (const char *const[]){ q->pairs[i] }, 1, e);
  if (!err)
    err = q->each_request ? aid_db_exec (db, each_request, e) : gather_before (db, e);
  return err ? err : aid_db_exec (db, hunks, e);
}

/* --- rows --------------------------------------------------------------------------------------------------------------- */

static int
by_person (const void *a, const void *b)
{
  const struct aid_trial_unit *x = a, *y = b;
  return x->person != y->person ? (x->person < y->person ? -1 : 1) : (x->arm > y->arm) - (x->arm < y->arm);
}

static int
unit_to_person (const void *item, const void *key)
{
  uint32_t person = ((const struct aid_trial_unit *)item)->person, wanted = *(const uint32_t *)key;
  return (person > wanted) - (person < wanted);
}

/* Calls FN with the sums that are meant by PERSON and ARM. */
static void
each_sums (struct aid_trial *t, uint32_t person, int64_t arm, const double *v,
           void (*fn) (struct aid_trial_sums *, const double *))
{
  for (size_t i = aid_vec_first (&t->units, &person, unit_to_person); i < t->units.len; i++)
    {
      struct aid_trial_unit *u = &AID_VEC_AT (struct aid_trial_unit, &t->units, i);
      if (u->person != person)
        return;
      if (arm == BEFORE)
        fn (&u->before, v);
      else if ((int64_t)u->arm == arm)
        fn (&u->during, v);
    }
}

#define VALUES 4
/* A sum: SQL gives person, arm, then up to VALUES numbers. */
struct sum
{
  const char *sql;
  void (*take) (struct aid_trial_sums *, const double *);
};

static void
take_requests (struct aid_trial_sums *s, const double *v)
{
  s->requests = v[0];
}

static void
take_hunks (struct aid_trial_sums *s, const double *v)
{
  s->offered = v[0];
  s->taken = v[1];
  s->accepted = v[2];
  s->undone = v[3];
}

static void
take_kept (struct aid_trial_sums *s, const double *v)
{
  s->chars = v[0];
  s->kept = v[1];
}

static void
take_patches (struct aid_trial_sums *s, const double *v)
{
  s->hunks = v[0];
  s->refused = v[1];
}

static void
take_builds (struct aid_trial_sums *s, const double *v)
{
  s->builds = v[0];
  s->red = v[1];
}

#define AT(field) "coalesce(json_extract(data, '$." field "'), 0)"
static const struct sum sums[] = {
  { "SELECT n, arm, count(*) FROM temp.trial_request GROUP BY n, arm", take_requests },
  { "SELECT n, arm, sum(last <> 'replaced'), sum(last IN ('accepted', 'edited')), sum(ever), sum(ever AND undone)"
    " FROM temp.trial_hunk GROUP BY n, arm",
    take_hunks },
  { "SELECT n, arm, sum(" AT ("chars") "), sum(min(" AT ("kept") ", " AT (
      "chars") "))"
               " FROM temp.trial_request r JOIN main.events e ON e.request = r.request AND e.kind = 'stayed'"
               " WHERE json_extract(e.data, '$.when') = '" AID_TRIAL_KEPT_AGE
               "' AND (until IS NULL OR e.at < until) GROUP BY n, arm",
    take_kept },
  { "SELECT n, arm, sum(" AT ("exact") " + " AT ("shifted") " + " AT ("whitespace") " + " AT ("adjusted") " + " AT (
      "already") " + " AT ("refused") "), sum(" AT ("refused") ") FROM (SELECT r.n, r.arm, e.data, min(e.id) FROM "
                                                               "temp.trial_request r"
                                                               " JOIN main.events e ON e.request = r.request AND e.kind = "
                                                               "'patch' WHERE r.until IS NULL OR e.at < r.until"
                                                               " GROUP BY r.request, r.arm) GROUP BY n, arm",
    take_patches },
  /* Builds that follow upon a decision that took something, in the order of what happens to a project. */
  { "SELECT n, arm, count(*), sum(status = 'red' AND was IS NOT 'red') FROM (SELECT kind, at AS built, status,"
    " json_extract(data, '$.before') AS was, lag(kind) OVER steps AS step, lag(request) OVER steps AS asked"
    " FROM (SELECT kind, at, id, person, project, request, data, json_extract(data, '$.status') AS status FROM main.events"
    " WHERE kind IN ('build', 'decision') AND project IS NOT NULL AND person IN (SELECT person FROM temp.trial_person)"
    " AND (status IN ('green', 'red') OR json_extract(data, '$.decision') IN ('accepted', 'edited')))"
    " WINDOW steps AS (PARTITION BY person, project ORDER BY at, id))"
    " JOIN temp.trial_request r ON r.request = asked WHERE kind = 'build' AND step = 'decision'"
    " AND (until IS NULL OR built < until) GROUP BY n, arm",
    take_builds },
};

static enum aid_err
take_sum (struct aid_db *db, const struct sum *sum, struct aid_trial *out, struct aid_error *e)
{
  sqlite3_stmt *s;
  int row = 0;
  enum aid_err err = aid_db_prepare (db, sum->sql, &s, e);
  while (!err && !(err = aid_db_step (db, s, &row, e)) && row)
    {
      double v[VALUES] = { 0 };
      for (int i = 0; i < VALUES && i + 2 < sqlite3_column_count (s); i++)
        v[i] = sqlite3_column_double (s, i + 2);
      each_sums (out, (uint32_t)sqlite3_column_int64 (s, 0), sqlite3_column_int64 (s, 1), v, sum->take);
    }
  return err;
}

/* The units, still without sums. */
static enum aid_err
take_units (struct aid_db *db, int each, struct aid_trial *out, struct aid_error *e)
{
  sqlite3_stmt *s;
  int row = 0;
  enum aid_err err = aid_db_prepare (
    db,
    each ? "SELECT n, arm FROM temp.trial_request ORDER BY n, arm"
         : "SELECT p.n, x.arm FROM temp.trial_exposed x JOIN temp.trial_person p ON p.person = x.person ORDER BY 1, 2",
    &s, e);
  while (!err && !(err = aid_db_step (db, s, &row, e)) && row)
    {
      struct aid_trial_unit *u = aid_vec_push (&out->units);
      if (!u)
        {
          sqlite3_reset (s);
          return aid_error_set (e, AID_E_LIMIT, "The experiment has more people than can be compared");
        }
      u->person = (uint32_t)sqlite3_column_int64 (s, 0);
      u->arm = (uint32_t)sqlite3_column_int64 (s, 1);
    }
  if (!err && out->units.len)
    qsort (out->units.data, out->units.len, sizeof (struct aid_trial_unit), by_person);
  return err;
}

static enum aid_err
take_latencies (struct aid_db *db, struct aid_trial *out, struct aid_error *e)
{
  sqlite3_stmt *s;
  int row = 0;
  enum aid_err err = aid_db_prepare (db,
                                     "SELECT n, arm, ms FROM temp.trial_request WHERE arm >= 0 AND ms IS NOT NULL"
                                     " AND outcome IN ('done', 'cut') ORDER BY n, arm, at, request",
                                     &s, e);
  while (!err && !(err = aid_db_step (db, s, &row, e)) && row)
    {
      struct aid_stats_value *v = aid_vec_push (&out->latencies);
      if (!v)
        {
          sqlite3_reset (s);
          return aid_error_set (e, AID_E_LIMIT, "The experiment has more requests than can be compared");
        }
      *v = (struct aid_stats_value){ (uint32_t)sqlite3_column_int64 (s, 0), (uint32_t)sqlite3_column_int64 (s, 1),
                                     sqlite3_column_double (s, 2) };
    }
  return err;
}

/* Who was exposed to what, and when. */
static enum aid_err
take_seen (struct aid_db *db, const struct aid_trial_question *q, struct aid_trial *out, struct aid_error *e)
{
  sqlite3_stmt *s;
  int row = 0;
  enum aid_err err = aid_db_prepare (db,
                                     "SELECT arm, count(*), sum(units), min(at), (SELECT max(at) FROM temp.trial_request"
                                     " WHERE arm >= 0), (SELECT count(*) FROM temp.trial_person)"
                                     " FROM temp.trial_exposed GROUP BY arm",
                                     &s, e);
  while (!err && !(err = aid_db_step (db, s, &row, e)) && row)
    {
      int64_t arm = sqlite3_column_int64 (s, 0), at = sqlite3_column_int64 (s, 3);
      out->seen[arm] = (uint64_t)sqlite3_column_int64 (s, q->by_request ? 2 : 1);
      out->first = !out->first || at < out->first ? at : out->first;
      out->last = sqlite3_column_int64 (s, 4);
      out->persons = (uint64_t)sqlite3_column_int64 (s, 5);
    }
  return err;
}

/* For SQLite, which ends what it does when it is so. */
static int
is_stopped (void *ctx)
{
  return aid_stop_is_set (ctx);
}

static enum aid_err
read_rows (void *ctx, const struct aid_trial_question *q, struct aid_trial *out, struct aid_error *e)
{
  struct aid_db *db = NULL;
  enum aid_err err = aid_events_open (&db, e);
  if (err || !db)
    return err;
  if (ctx)
    sqlite3_progress_handler (aid_db_raw (db), STEPS, is_stopped, ctx);
  err = gather (db, q, e);
  if (!err)
    err = take_units (db, q->each_request, out, e);
  for (size_t i = 0; i < sizeof sums / sizeof *sums && !err; i++)
    err = take_sum (db, &sums[i], out, e);
  if (!err)
    err = take_latencies (db, out, e);
  if (!err)
    err = take_seen (db, q, out, e);
  aid_db_close (db);
  return err && is_stopped (ctx) ? aid_error_set (e, AID_E_CANCELLED, "The events were not counted to their end") : err;
}

struct aid_trial_source
aid_trial_local (void)
{
  return aid_trial_local_until (NULL);
}

struct aid_trial_source
aid_trial_local_until (const struct aid_stop *stop)
{
  return (struct aid_trial_source){ "this machine", read_rows, (void *)(uintptr_t)stop };
}
