/* What became of each request, in SQL.

   Rows of events have no order between kinds, so each kind is read once, summed up by what it is about (a hunk, an answer) and
   joined with the requests.  What was recorded later than a request belongs to it by its hash, whenever that was. */
#include "measure/metrics_internal.h"

/* clang-format off: SQL is laid out by hand. */
#define DATA(field) "aid_field(e.data, '" field "')"
#define COUNT(field) "coalesce(" DATA (field) ", 0)"
#define REQ "coalesce(e.request, hex(e.id))"
#define PART(i) "aid_part(parts, " #i ")"
/* Of rows O, joined with their request Q where it is reported: these, and those whose request was never recorded. */
#define OF_REQUEST                                                                                                           \
  " LEFT JOIN m_request q ON q.req = o.req WHERE q.req IS NOT NULL OR (o.since < ?2 AND NOT EXISTS (SELECT 1 FROM events r"   \
  " WHERE r.request = o.req AND r.kind = 'request'))"
#define WEEK "coalesce(q.week, aid_week(o.at))"
#define GROUP(language)                                                                                                      \
  "aid_group(q.model, q.strategy, q.variant, " language ", " WEEK ", coalesce(q.project, o.project))"
#define SINCE " AND e.id >= ?1 AND (?4 IS NULL OR e.project = ?4)"
#define WITHIN SINCE " AND e.id < ?2"

static const char requests[]
  = "CREATE TEMP TABLE m_request(req TEXT PRIMARY KEY, n, g, week, day, model, strategy, variant, language, project, ms, first,"
    " cost, priced) WITHOUT ROWID";
/* Words that are not asked for are not read: %s. */
static const char fill_requests[]
  = "INSERT INTO m_request SELECT req, 1, aid_group(model, strategy, variant, language, week, project), week, day, model,"
    " strategy, variant, language, project, ms, first, coalesce(cost, 0), cost IS NOT NULL FROM (SELECT " REQ " AS req,"
    " %s AS model, %s AS strategy, %s AS variant, %s AS language, e.project AS project, aid_week(e.at) AS week,"
    " aid_day(e.at) AS day, CASE WHEN " DATA ("outcome") " = 'done' THEN " DATA ("ms") " END AS ms,"
    " CASE WHEN " DATA ("outcome") " = 'done' THEN " DATA ("first_ms") " END AS first, " DATA ("cost") " AS cost"
    " FROM events e WHERE e.kind = 'request'" WITHIN ") WHERE true"
    " ON CONFLICT(req) DO UPDATE SET n = n + 1, cost = cost + excluded.cost, priced = priced + excluded.priced";

static const char hunks[]
  = "CREATE TEMP TABLE m_hunk(g, s, week, day, req, since, began, language, project, accepted, decided, edited, ever, undone,"
    " inserted, at, z0, z1, z2, z3)";
/* As enum aid_fate has them. */
#define FATE                                                                                                                 \
  PART (0) ", " PART (1) ", " PART (2) ", " PART (3) ", " PART (4) ", " PART (5) ", " PART (6) ", " PART (7) ", " PART (8)   \
  ", " PART (9) ", " PART (10)
static const char fill_hunks[]
  = "INSERT INTO m_hunk SELECT " GROUP ("o.language") ", aid_side(o.language, " WEEK ", coalesce(q.project, o.project)), " WEEK
    ", coalesce(q.day, aid_day(o.at)), o.req, o.since, o.at, o.language, o.project, " FATE
    " FROM (SELECT " REQ " AS req, min(e.id) AS since, min(e.at) AS at, %s AS language, max(e.project) AS project,"
    " aid_fate(e.id, e.at, " DATA ("decision") ", " DATA ("was") ", " DATA ("inserted") ") AS parts FROM events e"
    " WHERE e.kind = 'decision'" SINCE " GROUP BY 1, coalesce(" DATA ("hunk") ", e.id)) o" OF_REQUEST;

static const char patches[] = "CREATE TEMP TABLE m_patch(g, week, req, y, x)";
static const char fill_patches[]
  = "INSERT INTO m_patch SELECT " GROUP ("%s") ", " WEEK ", o.req, fit, fit + refused FROM (SELECT " REQ " AS req,"
    " min(e.id) AS since, min(e.at) AS at, max(e.project) AS project, sum(" COUNT ("exact") " + " COUNT ("shifted") " + "
    COUNT ("whitespace") " + " COUNT ("adjusted") " + " COUNT ("already") ") AS fit, sum(" COUNT ("refused") ") AS refused"
    " FROM events e WHERE e.kind = 'patch'" SINCE " GROUP BY 1) o" OF_REQUEST;

static const char kept[] = "CREATE TEMP TABLE m_kept(g, week, req, y0, x0, n0, y1, x1, n1, y2, x2, n2, y3, x3, n3, y4, x4, n4)";
/* With what was taken back before it was so old, of which nothing was there then and nobody looked.  Most events are of this
   kind: to read all is quicker than to look each up. */
#define GONE(age, z)                                                                                                         \
  " UNION ALL SELECT req, language, since, began, project, '" age "', 0, " z " FROM m_hunk WHERE " z " > 0"
#define THREE(i, j, k) PART (i) ", " PART (j) ", " PART (k)
static const char fill_kept[]
  = "INSERT INTO m_kept SELECT " GROUP ("o.language") ", " WEEK ", o.req, " THREE (0, 1, 2) ", " THREE (3, 4, 5) ", " THREE (
      6, 7, 8) ", " THREE (9, 10, 11) ", " THREE (12, 13, 14) " FROM (SELECT req, language, min(id) AS since, min(at) AS at,"
    " max(project) AS project, aid_ages(age, kept, chars) AS parts FROM (SELECT " REQ " AS req, %s AS language, e.id AS id,"
    " e.at AS at, e.project AS project, " DATA ("when") " AS age, " DATA ("kept") " AS kept, " DATA ("chars") " AS chars"
    " FROM events e NOT INDEXED WHERE e.kind = 'stayed'" SINCE GONE ("30s", "z0") GONE ("2m", "z1") GONE ("5m", "z2")
      GONE ("10m", "z3") ") GROUP BY 1, 2) o" OF_REQUEST;

static const char greens[] = "CREATE TEMP TABLE m_green(g, week, req, y, x, build)";
/* A day after the last acceptance of an answer, a build tells nothing of it. */
static const char fill_greens[]
  = "INSERT INTO m_green SELECT o.g, o.week, o.req, aid_field(f.data, 'status') = 'green', 1, f.id FROM"
    " (SELECT coalesce(q.g, min(h.g)) AS g, h.week AS week, h.req AS req, max(h.at) AS at, max(h.project) AS project"
    "  FROM m_hunk h LEFT JOIN m_request q ON q.req = h.req WHERE h.ever GROUP BY h.req) o"
    " JOIN events f ON f.id = (SELECT e.id FROM events e WHERE e.project = o.project AND e.kind = 'build' AND e.at > o.at"
    "  AND e.at <= o.at + 86400000 AND " DATA ("status") " IN ('green', 'red') ORDER BY e.at, e.id LIMIT 1)"
    " WHERE aid_field(f.data, 'before') = 'red'";

static const char typed[] = "CREATE TEMP TABLE m_typed(s, week, day, x)";
static const char fill_typed[]
  = "INSERT INTO m_typed SELECT aid_side(e.language, aid_week(e.at), e.project), aid_week(e.at), aid_day(e.at),"
    " total(" DATA ("chars") ") FROM events e WHERE e.kind = 'typed'" WITHIN " GROUP BY 1, 2, 3";
/* What was typed makes groups of its own, unless they are of models or their like. */
static const char name_typed[]
  = "SELECT aid_group(NULL, NULL, NULL, language, week, project) FROM (SELECT DISTINCT %s AS language, %s AS week, %s AS project"
    " FROM events e WHERE e.kind = 'typed'" WITHIN ")";

static const char sides[] = "CREATE TEMP TABLE m_side(g INTEGER PRIMARY KEY, s)";
static const char shares[] = "CREATE TEMP TABLE m_all(s, week, day, x);"
                             "INSERT INTO m_all SELECT s, week, day, total(x) FROM (SELECT s, week, day, x FROM m_typed UNION ALL"
                             " SELECT s, week, day, inserted FROM m_hunk WHERE accepted) GROUP BY 1, 2, 3;"
                             "CREATE TEMP TABLE m_own(g, week, day, y, PRIMARY KEY(g, week, day)) WITHOUT ROWID;"
                             "INSERT INTO m_own SELECT g, week, day, total(inserted) FROM m_hunk WHERE accepted GROUP BY 1, 2, 3;"
                             "CREATE TEMP TABLE m_share(g, week, day, y, x);"
                             "INSERT INTO m_share SELECT d.g, a.week, a.day, coalesce(o.y, 0), a.x FROM m_side d"
                             " JOIN m_all a ON a.s = d.s LEFT JOIN m_own o ON o.g = d.g AND o.week = a.week AND o.day = a.day;"
                             "INSERT INTO m_share SELECT -1, a.week, a.day, coalesce((SELECT total(o.y) FROM m_own o"
                             " WHERE o.week = a.week AND o.day = a.day), 0), total(a.x) FROM m_all a GROUP BY a.week, a.day";

/* clang-format on */

struct making
{
  struct aid_db *db;
  struct aid_metrics_groups *groups;
  const struct aid_events_bounds *b;
  struct aid_error *e;
};

static enum aid_err
failed (const struct making *m)
{
  if (m->groups->list.len >= m->groups->list.max)
    return aid_error_set (m->e, AID_E_LIMIT,
                          "The report would have more than %d rows: ask for fewer kinds of them, or a shorter time",
                          AID_METRICS_GROUPS);
  return aid_db_failed (m->db, m->e);
}

static enum aid_err
make (const struct making *m, const char *table)
{
  return sqlite3_exec (aid_db_raw (m->db), table, NULL, NULL, NULL) ? failed (m) : AID_OK;
}

/* SQL; where a span of time begins somewhere, rows are read in their order from there on, whatever their kind. */
static enum aid_err
write_fill (const struct making *m, const char *sql, struct aid_str *out)
{
  static const char rows[] = "FROM events e WHERE e.kind";
  static const unsigned char beginning[16];
  const char *at = sql, *found;
  int all = !memcmp (m->b->from, beginning, sizeof beginning);
  for (; !all && (found = strstr (at, rows)); at = found + strlen (rows))
    {
      aid_str_add (out, at, (size_t)(found - at));
      aid_str_addz (out, "FROM events e NOT INDEXED WHERE e.kind");
    }
  aid_str_addz (out, at);
  return out->err ? aid_error_set (m->e, out->err, "No memory for the report") : AID_OK;
}

static enum aid_err
fill (const struct making *m, const char *sql)
{
  struct aid_str text = AID_STR_INIT (32768);
  sqlite3_stmt *s;
  int row = 1;
  enum aid_err err = write_fill (m, sql, &text);
  if (!err)
    err = aid_db_prepare (m->db, aid_str_z (&text), &s, m->e);
  aid_str_free (&text);
  if (err)
    return err;
  aid_events_bind (s, m->b);
  while (!err && row)
    if (aid_db_step (m->db, s, &row, NULL))
      err = failed (m);
  sqlite3_reset (s);
  return err;
}

/* SQL with SOURCES for its "%s", each where its kind of value is asked for. */
static enum aid_err
fill_with (const struct making *m, const char *sql, const enum aid_metrics_by *bys, const char *const *sources, int n)
{
  struct aid_str text = AID_STR_INIT (16384);
  const char *at = sql, *hole;
  for (int i = 0; i < n && (hole = strstr (at, "%s")); i++, at = hole + 2)
    {
      aid_str_add (&text, at, (size_t)(hole - at));
      aid_str_addz (&text, m->groups->by & 1u << bys[i] ? sources[i] : "NULL");
    }
  aid_str_addz (&text, at);
  enum aid_err err = text.err ? text.err : fill (m, aid_str_z (&text));
  aid_str_free (&text);
  return err;
}

static enum aid_err
make_requests (const struct making *m)
{
  static const enum aid_metrics_by bys[] = { AID_BY_MODEL, AID_BY_STRATEGY, AID_BY_VARIANT, AID_BY_LANGUAGE };
  static const char *const sources[] = { "nullif(" DATA ("model") ", '')", "nullif(" DATA ("strategy") ", '')",
                                         "nullif(" DATA ("variant") ", '')", AID_METRICS_LANGUAGE ("e.request") };
  enum aid_err err = make (m, requests);
  return err ? err : fill_with (m, fill_requests, bys, sources, 4);
}

/* Makes TABLE and has SQL fill it, which takes the language from LANGUAGE. */
static enum aid_err
make_in_languages (const struct making *m, const char *table, const char *sql, const char *language)
{
  static const enum aid_metrics_by by = AID_BY_LANGUAGE;
  enum aid_err err = make (m, table);
  return err ? err : fill_with (m, sql, &by, &language, 1);
}

static enum aid_err
make_typed (const struct making *m)
{
  static const enum aid_metrics_by bys[] = { AID_BY_LANGUAGE, AID_BY_WEEK, AID_BY_PROJECT };
  static const char *const sources[] = { "e.language", "aid_week(e.at)", "e.project" };
  enum aid_err err = make (m, typed);
  if (!err)
    err = fill (m, fill_typed);
  if (!err && !(m->groups->by & (1u << AID_BY_MODEL | 1u << AID_BY_STRATEGY | 1u << AID_BY_VARIANT)))
    err = fill_with (m, name_typed, bys, sources, 3);
  return err;
}

/* Now that all groups are known. */
static enum aid_err
make_shares (const struct making *m)
{
  sqlite3_stmt *s;
  enum aid_err err = make (m, sides);
  if (!err)
    err = aid_db_prepare (m->db, "INSERT INTO m_side VALUES(?1, ?2)", &s, m->e);
  for (size_t i = 0; !err && i < m->groups->list.len; i++)
    {
      sqlite3_bind_int64 (s, 1, (int64_t)i);
      sqlite3_bind_int64 (s, 2, AID_VEC_AT (struct aid_metrics_group, &m->groups->list, i).side);
      err = aid_db_run (m->db, s, m->e);
    }
  return err ? err : make (m, shares);
}

/* That of a request that was recorded stands there already. */
static const char most_hunks[] = "CASE WHEN q.req IS NOT NULL THEN q.language ELSE " AID_METRICS_LANGUAGE ("o.req") " END";

enum aid_err
aid_metrics_tables (struct aid_db *db, struct aid_metrics_groups *groups, const struct aid_events_bounds *b, struct aid_error *e)
{
  struct making m = { db, groups, b, e };
  enum aid_err err = make_requests (&m);
  if (!err)
    err = make_in_languages (&m, hunks, fill_hunks, "max(e.language)");
  if (!err)
    err = make_in_languages (&m, patches, fill_patches, most_hunks);
  if (!err && !(err = make (&m, greens)))
    err = fill (&m, fill_greens);
  if (!err)
    err = make_in_languages (&m, kept, fill_kept, "e.language");
  if (!err)
    err = make_typed (&m);
  return err ? err : make_shares (&m);
}
