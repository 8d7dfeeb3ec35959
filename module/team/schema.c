/* The statements.  Each names its schema, so that no search path of a session's has a say. */
#include "team/schema.h"

#include <stdio.h>
#include <stdlib.h>

/* A lock of all that change the schema, by a number that nobody else is likely to use: "aidteam". */
#define LOCK "SELECT pg_catalog.pg_advisory_xact_lock(27411461407895917)"

/* One step a version.  Whoever may not make schemas in the database can be given one. */
static const char *const steps[] = {
  "DO $$ BEGIN IF to_regnamespace('aid') IS NULL THEN CREATE SCHEMA aid; END IF; END $$;\n"
  "CREATE TABLE aid.store (\n"
  "  one boolean PRIMARY KEY DEFAULT true CHECK (one),\n"
  "  id uuid NOT NULL DEFAULT gen_random_uuid(),\n"
  "  version integer NOT NULL,\n"
  "  writes integer NOT NULL);\n"
  "CREATE TABLE aid.events (\n"
  "  id uuid PRIMARY KEY,\n"
  "  at bigint NOT NULL,\n"
  "  kind text NOT NULL,\n"
  "  request text,\n"
  "  person text NOT NULL,\n"
  "  project text,\n"
  "  chat text,\n"
  "  path text,\n"
  "  language text,\n"
  "  data jsonb NOT NULL,\n"
  "  writer name NOT NULL DEFAULT session_user,\n"
  "  received timestamptz NOT NULL DEFAULT now());\n"
  "CREATE INDEX events_kind ON aid.events (kind, at);\n"
  "CREATE INDEX events_request ON aid.events (request, kind) WHERE request IS NOT NULL;\n"
  "CREATE INDEX events_person ON aid.events (person, kind, at);\n"
  "INSERT INTO aid.store (version, writes) VALUES (1, 1);\n",

  /* Who calls it deletes what he has written himself (by the role that he has logged in as), of the persons that he names. */
  "CREATE FUNCTION aid.forget(who text[], from_ms bigint, to_ms bigint, what text, which text) RETURNS bigint\n"
  "LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$\n"
  "  WITH gone AS (DELETE FROM aid.events e WHERE e.writer = session_user AND e.person = ANY (who) AND e.at >= from_ms\n"
  "                AND e.at < to_ms AND (what IS NULL OR e.kind = what) AND (which IS NULL OR e.project = which) RETURNING "
  "1)\n"
  "  SELECT count(*) FROM gone $$;\n"
  "REVOKE ALL ON FUNCTION aid.forget(text[], bigint, bigint, text, text) FROM PUBLIC;\n"
  "UPDATE aid.store SET version = 2;\n",
};
#define VERSION ((int)(sizeof steps / sizeof *steps))

int
aid_team_schema_newest (void)
{
  return VERSION;
}

/* --- reading ---------------------------------------------------------------------------------------------------------- */

static int
hex_digit (char c)
{
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Z, a UUID in its usual form, into OUT. */
static int
read_uuid (const char *z, unsigned char out[16])
{
  size_t n = 0;
  for (; *z; z++)
    if (*z != '-')
      {
        int d = hex_digit (*z);
        if (d < 0 || n == 32)
          return -1;
        out[n / 2] = (unsigned char)(n % 2 ? out[n / 2] | d : d << 4);
        n++;
      }
  return n == 32 ? 0 : -1;
}

static enum aid_err
take (const struct aid_pg_rows *rows, const char *name, struct aid_team_schema *out, struct aid_error *e)
{
  if (rows->n != 1 || read_uuid (aid_pg_text (rows, 0, 0), out->id))
    return aid_error_set (e, AID_E_NOTFOUND,
                          "The team's store, %.80s, was set up only in part: its owner drops the schema aid and runs"
                          " aid team init; every machine then sends again what it has",
                          name);
  out->version = (int)aid_pg_int (rows, 0, 1);
  if (aid_pg_int (rows, 0, 2) > VERSION)
    return aid_error_set (
      e, AID_E_REFUSED,
      "The team's store, %.80s, is one of a newer AID (its version %d, this AID's %d): install a newer AID", name,
      out->version, VERSION);
  return AID_OK;
}

enum aid_err
aid_team_schema_read (struct aid_pg *pg, const char *name, struct aid_team_schema *out, struct aid_error *e)
{
  struct aid_pg_rows rows;
  *out = (struct aid_team_schema){ .version = 0 };
  enum aid_err err = aid_pg_run (pg, "SELECT id, version, writes FROM aid.store", NULL, 0, &rows, e);
  if (err == AID_E_NOTFOUND)
    return aid_error_set (e, err, "The team's store, %.80s, was not set up: whoever owns the database runs aid team init",
                          name);
  if (!err)
    err = take (&rows, name, out, e);
  aid_pg_rows_free (&rows);
  return err;
}

/* --- changing --------------------------------------------------------------------------------------------------------- */

enum aid_err
aid_team_schema_upgrade (struct aid_pg *pg, int *was, struct aid_error *e)
{
  *was = 0;
  enum aid_err err = aid_pg_run (pg, "BEGIN; " LOCK, NULL, 0, NULL, e);
  if (!err)
    err = aid_pg_version (pg, "aid.store", was, e);
  for (int i = *was; !err && i < VERSION; i++)
    err = aid_pg_run (pg, steps[i], NULL, 0, NULL, e);
  if (!err)
    return aid_pg_run (pg, "COMMIT", NULL, 0, NULL, e);
  aid_pg_run (pg, "ROLLBACK", NULL, 0, NULL, NULL);
  return err;
}

void
aid_team_schema_print (struct aid_str *out)
{
  aid_str_addz (out, "BEGIN;\n" LOCK ";\n");
  for (int i = 0; i < VERSION; i++)
    aid_str_addf (out, "-- version %d\n%s", i + 1, steps[i]);
  aid_str_addz (out, "COMMIT;\n");
}

void
aid_team_grant (enum aid_team_right right, const char *role, struct aid_str *out)
{
  static const char *const writes[]
    = { "USAGE ON SCHEMA aid", "SELECT ON aid.store",
        "INSERT (id, at, kind, request, person, project, chat, path, language, data) ON aid.events",
        "EXECUTE ON FUNCTION aid.forget(text[], bigint, bigint, text, text)", NULL };
  static const char *const reports[] = { "USAGE ON SCHEMA aid", "SELECT ON aid.store, aid.events", NULL };
  for (const char *const *what = right == AID_TEAM_WRITES ? writes : reports; *what; what++)
    {
      aid_str_addf (out, "GRANT %s TO ", *what);
      aid_pg_name (role, out);
      aid_str_addz (out, ";\n");
    }
}
