/* What a store is like, setting it up, and taking out of it what is one's own. */
#include "base/json.h"
#include "base/val.h"
#include "measure/events_internal.h"
#include "measure/outbox.h"
#include "team/lock.h"
#include "team/schema.h"
#include "team/team.h"

#include <stdio.h>

enum
{
  STATUS_MS = 15000,
  CHANGE_MS = 3600000 /* a new index of many events takes its time; whoever waits can stop it */
};

/* --- status ----------------------------------------------------------------------------------------------------------- */

struct rights
{
  int write, report, forget;
};

static enum aid_err
read_rights (struct aid_pg *pg, int version, struct rights *out, struct aid_error *e)
{
  struct aid_pg_rows rows;
  const char *sql
    = version >= AID_TEAM_FORGETS
        ? "SELECT has_column_privilege('aid.events', 'data', 'INSERT'), has_table_privilege('aid.events', 'SELECT'),"
          " has_function_privilege('aid.forget(text[], bigint, bigint, text, text)', 'EXECUTE')"
        : "SELECT has_column_privilege('aid.events', 'data', 'INSERT'), has_table_privilege('aid.events', 'SELECT'), false";
  enum aid_err err = aid_pg_run (pg, sql, NULL, 0, &rows, e);
  if (!err && rows.n)
    *out = (struct rights){ *aid_pg_text (&rows, 0, 0) == 't', *aid_pg_text (&rows, 0, 1) == 't',
                            *aid_pg_text (&rows, 0, 2) == 't' };
  aid_pg_rows_free (&rows);
  return err;
}

static void
server_val (const struct aid_team_place *place, const struct aid_stop *stop, struct aid_str *val)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_pg *pg = NULL;
  struct aid_team_schema schema = { .version = 0 };
  struct rights may = { 0, 0, 0 };
  enum aid_err err = place->url ? aid_pg_open (place, STATUS_MS, stop, &pg, &e) : AID_E_NOTFOUND;
  if (!err)
    err = aid_team_schema_read (pg, place->name, &schema, &e);
  if (!err)
    err = read_rights (pg, schema.version, &may, &e);
  aid_val_kbool (val, "reached", pg != NULL);
  aid_val_kstrz (val, "error", err && place->url ? e.msg : NULL);
  aid_val_kint (val, "version", schema.version);
  aid_val_kint (val, "newest", aid_team_schema_newest ());
  aid_val_kbool (val, "may_write", may.write);
  aid_val_kbool (val, "may_report", may.report);
  aid_val_kbool (val, "may_forget", may.forget);
  aid_pg_close (pg);
}

enum aid_err
aid_team_status (const struct aid_team_place *place, const struct aid_stop *stop, struct aid_str *val, struct aid_error *e)
{
  struct aid_db *db = NULL;
  enum aid_err err = aid_events_open (&db, e);
  if (!err)
    {
      size_t all = aid_val_object (val);
      aid_val_kstrz (val, "store", place->url ? place->name : NULL);
      aid_val_key (val, "stores");
      if (db)
        err = aid_outbox_status (db, val, e);
      else
        aid_val_end (val, aid_val_list (val), 0);
      server_val (place, stop, val);
      aid_val_end (val, all, 9);
    }
  aid_db_close (db);
  return err;
}

int
aid_team_has_some (char name[AID_TEAM_NAME])
{
  struct aid_db *db = NULL;
  struct aid_str val = AID_STR_INIT (1u << 20);
  int some = 0;
  if (!aid_events_open (&db, NULL) && db && !aid_outbox_status (db, &val, NULL))
    {
      struct aid_span rest = aid_str_span (&val);
      some = aid_val_next (&rest).count > 0;
      if (some && aid_val_next (&rest).tag == 'o')
        {
          aid_val_next_key (&rest);
          struct aid_span called = aid_val_next (&rest).s;
          snprintf (name, AID_TEAM_NAME, "%.*s", (int)called.len, called.ptr);
        }
    }
  aid_str_free (&val);
  aid_db_close (db);
  return some;
}

/* --- setting up ------------------------------------------------------------------------------------------------------- */

enum aid_err
aid_team_init (const struct aid_team_place *place, const char *grants, const struct aid_stop *stop, int *was,
               struct aid_error *e)
{
  struct aid_pg *pg = NULL;
  *was = 0;
  enum aid_err err = aid_pg_open (place, CHANGE_MS, stop, &pg, e);
  if (!err)
    err = aid_team_schema_upgrade (pg, was, e);
  if (!err && *grants)
    err = aid_pg_run (pg, grants, NULL, 0, NULL, e);
  aid_pg_close (pg);
  return err;
}

/* --- forgetting ------------------------------------------------------------------------------------------------------- */

/* Appends a JSON array of the names that this machine has measured by: its own, the settings', and those in its file. */
static enum aid_err
write_names (struct aid_db *db, struct aid_str *out, struct aid_error *e)
{
  struct aid_identity who;
  struct aid_events_limits limits = aid_events_settings (NULL);
  sqlite3_stmt *s;
  int row = 0;
  enum aid_err err = aid_identity_load (&who, e);
  if (err)
    return err;
  json_t *all = json_pack ("[s]", who.person);
  if (limits.person[0])
    json_array_append_new (all, aid_json_of_span (aid_span_z (limits.person)));
  if (db && !(err = aid_db_prepare (db, "SELECT DISTINCT person FROM events", &s, e)))
    while (!(err = aid_db_step (db, s, &row, e)) && row)
      json_array_append_new (all, aid_json_of_span (aid_db_column (s, 0)));
  if (!err && (err = aid_json_dump (all, out)))
    aid_error_set (e, err, "There are more names than can be told");
  json_decref (all);
  return err;
}

static enum aid_err
delete_there (struct aid_pg *pg, const char *names, const struct aid_events_which *which, int64_t *n, struct aid_error *e)
{
  struct aid_events_bounds b;
  struct aid_pg_rows rows = { 0 };
  char from[32], to[32];
  enum aid_err err = aid_events_bounds_make (which, &b, e);
  if (err)
    return err;
  snprintf (from, sizeof from, "%lld", (long long)which->since);
  snprintf (to, sizeof to, "%lld", which->before ? (long long)which->before : (long long)INT64_MAX);
  const char *params[] = { names, from, to, which->kind, b.project[0] ? b.project : NULL };
  err = aid_pg_run (pg,
                    "SELECT aid.forget(ARRAY(SELECT jsonb_array_elements_text($1::jsonb)), $2::bigint, $3::bigint, $4, $5)",
                    params, 5, &rows, e);
  if (!err)
    *n = aid_pg_int (&rows, 0, 0);
  aid_pg_rows_free (&rows);
  return err;
}

static enum aid_err
forget_there (const struct aid_team_place *place, const char *names, const struct aid_events_which *which,
              const struct aid_stop *stop, int64_t *n, struct aid_error *e)
{
  struct aid_pg *pg = NULL;
  struct aid_team_schema schema;
  enum aid_err err = aid_pg_open (place, CHANGE_MS, stop, &pg, e);
  if (!err)
    err = aid_team_schema_read (pg, place->name, &schema, e);
  if (!err && schema.version < AID_TEAM_FORGETS)
    err = aid_error_set (
      e, AID_E_STATE,
      "The team's store, %.80s, is of an older AID, which could not forget: whoever owns it runs aid team init",
      place->name);
  if (!err)
    err = delete_there (pg, names, which, n, e);
  aid_pg_close (pg);
  return err;
}

enum aid_err
aid_team_forget (const struct aid_team_place *place, const struct aid_events_which *which, const struct aid_stop *stop,
                 int64_t *n, struct aid_error *e)
{
  struct aid_db *db = NULL;
  struct aid_str names = AID_STR_INIT (1u << 20);
  int lock = -1, busy;
  *n = 0;
  /* Who sends just now might send what is deleted. */
  enum aid_err err = aid_team_lock (1, stop, &lock, &busy, e);
  if (!err)
    err = aid_events_open (&db, e);
  if (!err)
    err = write_names (db, &names, e);
  if (!err)
    err = forget_there (place, aid_str_z (&names), which, stop, n, e);
  if (!err && db)
    err = aid_outbox_withdraw (db, which, e);
  aid_db_close (db);
  aid_team_unlock (lock);
  aid_str_free (&names);
  return err;
}
