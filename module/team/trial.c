/* The rows of an experiment (measure/trial.h) from the team's store.  One statement, so that all of it is of one moment:
   requests that count are bound to the rest of the events as measure/trial_rows.c does it here, and each sum is grouped by
   person and arm in the server.  What comes back is, of each person and arm, the exposure ('x'), the sums ('u') and the
   latencies ('v').

   Whoever may write may write nonsense: a number that is none, or beyond all that is counted, counts as none. */
#include "team/trial.h"
#include "team/pg.h"
#include "team/schema.h"

#include <stdio.h>
#include <stdlib.h>

#define PATIENCE_MS 600000
#define ARMS_BYTES ((size_t)1 << 20)

#define MOST "1e15" /* more overflows where it is summed up */
#define NUMBER(row, field)                                                                                                  \
  "CASE jsonb_typeof(" row ".data->'" field "') WHEN 'number' THEN CASE WHEN abs((" row ".data->>'" field "')::numeric)"       \
  " < " MOST " THEN (" row ".data->>'" field "')::numeric END END"
#define COUNT(row, field) "coalesce(" NUMBER (row, field) ", 0)"
#define TAKES(row) row ".data->>'decision' IN ('accepted', 'edited')"
#define ENDED(row) row ".data->>'status' IN ('green', 'red')"
/* Each event that belongs to a request, none younger than what counts. */
#define OF_REQUEST(kind)                                                                                                    \
  " FROM request r JOIN aid.events e ON e.request = r.request AND e.kind = '" kind "' AND (r.until IS NULL OR e.at < r.until)"

/* $1, $2: the experiment and its version; $3: its arms, [{"name", "pair"}]; $4: a row for each request; $5: ms that count as
   before.  The arm -1 is before. */
static const char requests[]
  = "WITH arm AS (SELECT (k - 1)::integer AS arm, a->>'name' AS name, a->>'pair' AS pair"
    " FROM jsonb_array_elements($3::jsonb) WITH ORDINALITY AS t(a, k)),"
    "exposed AS MATERIALIZED (SELECT e.person, a.arm, min(e.at) AS at, count(DISTINCT coalesce(e.request, e.id::text)) AS units"
    " FROM aid.events e JOIN arm a ON a.name = e.data->>'variant' WHERE e.kind = 'exposure'"
    " AND e.data->>'experiment' = $1 AND e.data->>'version' = $2 GROUP BY e.person, a.arm),"
    "person AS MATERIALIZED (SELECT row_number() OVER (ORDER BY person COLLATE \"C\") AS n, person, min(at) AS first"
    " FROM exposed GROUP BY person),"
    "found AS (SELECT DISTINCT ON (e.request, a.arm) p.n, a.arm, e.request, " NUMBER ("e", "ms") " AS ms,"
    " e.data->>'outcome' AS outcome, e.at, NULL::bigint AS until"
    " FROM person p JOIN aid.events e ON e.person = p.person AND e.kind = 'request' AND e.at >= p.first"
    " JOIN arm a ON position(',' || a.pair || ',' IN ',' || (e.data->>'variant') || ',') > 0"
    " WHERE e.request IS NOT NULL ORDER BY e.request, a.arm, e.at, e.id),"
    "earlier AS (SELECT p.n, -1, e.request, NULL::numeric, NULL, min(e.at), p.first FROM person p JOIN aid.events e"
    " ON e.person = p.person AND e.kind = 'request' AND e.at < p.first AND e.at >= greatest(p.first, $5::bigint) - $5::bigint"
    " WHERE e.request IS NOT NULL AND NOT $4::boolean GROUP BY p.n, e.request, p.first),"
    "request AS MATERIALIZED (SELECT CASE WHEN $4::boolean THEN row_number() OVER (ORDER BY request COLLATE \"C\")"
    " ELSE n END AS n, arm, request, ms, outcome, at, until FROM found UNION ALL SELECT * FROM earlier),";

static const char sums[]
  = "asked AS (SELECT n, arm, count(*) AS requests FROM request GROUP BY n, arm),"
    "hunk AS (SELECT r.n, r.arm, (array_agg(e.data->>'decision' ORDER BY e.id DESC))[1] AS last,"
    " bool_or(" TAKES ("e") ") AS ever, bool_or(e.data->>'decision' = 'undone'"
    " AND e.data->>'was' IN ('accepted', 'edited')) AS undone" OF_REQUEST ("decision")
    " GROUP BY r.n, r.arm, r.request, coalesce(e.data->>'hunk', e.id::text)),"
    "decided AS (SELECT n, arm, count(*) FILTER (WHERE last <> 'replaced') AS offered,"
    " count(*) FILTER (WHERE last IN ('accepted', 'edited')) AS taken, count(*) FILTER (WHERE ever) AS accepted,"
    " count(*) FILTER (WHERE ever AND undone) AS undone FROM hunk GROUP BY n, arm),"
    "stayed AS (SELECT r.n, r.arm, sum(" COUNT ("e", "chars") ") AS chars,"
    " sum(least(" COUNT ("e", "kept") ", " COUNT ("e", "chars") ")) AS kept" OF_REQUEST ("stayed")
    " WHERE e.data->>'when' = '" AID_TRIAL_KEPT_AGE "' GROUP BY r.n, r.arm),"
    "first_patch AS (SELECT DISTINCT ON (r.request, r.arm) r.n, r.arm, e.data" OF_REQUEST ("patch")
    " ORDER BY r.request, r.arm, e.id),"
    "placed AS (SELECT n, arm, sum(" COUNT ("f", "exact") " + " COUNT ("f", "shifted") " + " COUNT ("f", "whitespace")
    " + " COUNT ("f", "adjusted") " + " COUNT ("f", "already") " + " COUNT ("f", "refused") ") AS hunks,"
    " sum(" COUNT ("f", "refused") ") AS refused FROM first_patch f GROUP BY n, arm),";

/* Builds that follow upon a decision that took something, in the order of what happens to a project. */
static const char builds[]
  = "step AS (SELECT e.kind, e.at, e.data->>'status' AS status, e.data->>'before' AS was, lag(e.kind) OVER steps AS after,"
    " lag(e.request) OVER steps AS asked FROM person p JOIN aid.events e ON e.person = p.person"
    " AND e.kind IN ('build', 'decision') AND e.project IS NOT NULL AND (" ENDED ("e") " OR " TAKES ("e") ")"
    " WINDOW steps AS (PARTITION BY e.person, e.project ORDER BY e.at, e.id)),"
    "built AS (SELECT r.n, r.arm, count(*) AS builds,"
    " count(*) FILTER (WHERE s.status = 'red' AND s.was IS DISTINCT FROM 'red') AS red FROM step s"
    " JOIN request r ON r.request = s.asked AND (r.until IS NULL OR s.at < r.until)"
    " WHERE s.kind = 'build' AND s.after = 'decision' GROUP BY r.n, r.arm),";

static const char rows[]
  = "sums AS (SELECT n, arm, concat_ws(' ', requests, coalesce(offered, 0), coalesce(taken, 0), coalesce(accepted, 0),"
    " coalesce(undone, 0), coalesce(chars, 0), coalesce(kept, 0), coalesce(hunks, 0), coalesce(refused, 0), coalesce(builds, 0),"
    " coalesce(red, 0)) AS sums FROM asked LEFT JOIN decided USING (n, arm) LEFT JOIN stayed USING (n, arm)"
    " LEFT JOIN placed USING (n, arm) LEFT JOIN built USING (n, arm)),"
    "unit AS (SELECT n, arm FROM request WHERE $4::boolean"
    " UNION ALL SELECT p.n, x.arm FROM exposed x JOIN person p USING (person) WHERE NOT $4::boolean)"
    " SELECT 'u', n, arm, d.sums, b.sums FROM unit u LEFT JOIN sums d USING (n, arm) LEFT JOIN (SELECT n, sums FROM sums"
    " WHERE arm = -1) b USING (n)"
    " UNION ALL SELECT 'v', n, arm, string_agg(ms::text, ' ' ORDER BY at, request COLLATE \"C\") FILTER (WHERE ms IS NOT NULL"
    " AND outcome IN ('done', 'cut')), max(at)::text FROM request WHERE arm >= 0 GROUP BY n, arm"
    " UNION ALL SELECT 'x', p.n, x.arm, x.at::text, x.units::text FROM exposed x JOIN person p USING (person)"
    " ORDER BY 1, 2, 3";

/* --- reading ---------------------------------------------------------------------------------------------------------- */

/* The numbers in TEXT, in the order of the members of struct aid_trial_sums in the statement. */
static void
read_sums (const char *text, struct aid_trial_sums *s)
{
  double *const to[] = { &s->requests, &s->offered, &s->taken,   &s->accepted, &s->undone, &s->chars,
                         &s->kept,     &s->hunks,   &s->refused, &s->builds,   &s->red };
  char *end = NULL;
  for (size_t i = 0; i < sizeof to / sizeof *to && *text; i++, text = end)
    *to[i] = strtod (text, &end);
}

static enum aid_err
too_many (struct aid_error *e)
{
  return aid_error_set (e, AID_E_LIMIT, "The experiment has more people or requests than can be compared");
}

static enum aid_err
take_latencies (uint32_t person, uint32_t arm, const char *text, struct aid_trial *out, struct aid_error *e)
{
  char *end;
  for (double ms = strtod (text, &end); end != text; ms = strtod (text, &end))
    {
      struct aid_stats_value *v = aid_vec_push (&out->latencies);
      if (!v)
        return too_many (e);
      *v = (struct aid_stats_value){ person, arm, ms };
      text = end;
    }
  return AID_OK;
}

static void
take_exposure (uint32_t person, uint32_t arm, int64_t at, int64_t units, int by_request, struct aid_trial *out)
{
  out->seen[arm] += by_request ? (uint64_t)units : 1;
  out->first = !out->first || at < out->first ? at : out->first;
  out->persons = person > out->persons ? person : out->persons; /* they are numbered without gaps */
}

static enum aid_err
take_row (const struct aid_pg_rows *got, int i, const struct aid_trial_question *q, struct aid_trial *out,
          struct aid_error *e)
{
  uint32_t person = (uint32_t)aid_pg_int (got, i, 1), arm = (uint32_t)aid_pg_int (got, i, 2);
  struct aid_trial_unit *u = NULL;
  if (arm >= q->narms)
    return aid_error_set (e, AID_E_PARSE, "The team's store tells of an arm that the experiment %.100s has not", q->name);
  switch (*aid_pg_text (got, i, 0))
    {
    case 'x':
      take_exposure (person, arm, aid_pg_int (got, i, 3), aid_pg_int (got, i, 4), q->by_request, out);
      return AID_OK;
    case 'v':
      out->last = aid_pg_int (got, i, 4) > out->last ? aid_pg_int (got, i, 4) : out->last;
      return take_latencies (person, arm, aid_pg_text (got, i, 3), out, e);
    default:
      if (!(u = aid_vec_push (&out->units)))
        return too_many (e);
      u->person = person;
      u->arm = arm;
      read_sums (aid_pg_text (got, i, 3), &u->during);
      read_sums (aid_pg_text (got, i, 4), &u->before);
      return AID_OK;
    }
}

/* --- asking ----------------------------------------------------------------------------------------------------------- */

static enum aid_err
write_arms (const struct aid_trial_question *q, struct aid_str *out)
{
  json_t *all = json_array ();
  for (size_t i = 0; i < q->narms; i++)
    json_array_append_new (all, json_pack ("{s:o, s:o}", "name", aid_json_of_span (aid_span_z (q->arms[i])), "pair",
                                           aid_json_of_span (aid_span_z (q->pairs[i]))));
  enum aid_err err = aid_json_dump (all, out);
  json_decref (all);
  return err;
}

static enum aid_err
ask (struct aid_pg *pg, const struct aid_trial_question *q, const char *arms, struct aid_trial *out, struct aid_error *e)
{
  struct aid_pg_rows got = { 0 };
  struct aid_str sql = AID_STR_INIT (1u << 16);
  char before[32];
  snprintf (before, sizeof before, "%lld", (long long)AID_TRIAL_BEFORE_DAYS * 86400000);
  aid_str_addf (&sql, "%s%s%s%s", requests, sums, builds, rows);
  const char *params[] = { q->name, q->version, arms, q->each_request ? "true" : "false", before };
  enum aid_err err = sql.err ? aid_error_set (e, sql.err, "No memory for the report")
                             : aid_pg_run (pg, aid_str_z (&sql), params, 5, &got, e);
  for (int i = 0; i < got.n && !err; i++)
    err = take_row (&got, i, q, out, e);
  aid_pg_rows_free (&got);
  aid_str_free (&sql);
  return err;
}

static enum aid_err
read_rows (void *ctx, const struct aid_trial_question *q, struct aid_trial *out, struct aid_error *e)
{
  const struct aid_team_asker *asker = ctx;
  struct aid_team_schema schema;
  struct aid_pg *pg = NULL;
  struct aid_str arms = AID_STR_INIT (ARMS_BYTES);
  enum aid_err err = write_arms (q, &arms);
  if (err)
    return aid_error_set (e, err, "The experiment %.100s has too long names", q->name);
  err = aid_pg_open (asker->place, PATIENCE_MS, asker->stop, &pg, e);
  if (!err)
    err = aid_team_schema_read (pg, asker->place->name, &schema, e);
  if (!err)
    err = ask (pg, q, aid_str_z (&arms), out, e);
  aid_pg_close (pg);
  aid_str_free (&arms);
  return err;
}

struct aid_trial_source
aid_team_trial (struct aid_team_asker *asker)
{
  return (struct aid_trial_source){ "the team's store", read_rows, asker };
}
