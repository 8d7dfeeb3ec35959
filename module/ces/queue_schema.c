/* Setting the queue's schema up in PostgreSQL 13 or newer, "aid_ces": one file of statements a version (queue_N.sql),
   which the build puts into the core.  A version only adds, or puts a function in the place of one that does the same
   for its callers; so an older AID goes on, unless the queue says that it must know more ("works"). */
#include "ces/queue_internal.h"
#include "ces/queue_schema.h"
#include "base/json.h"

/* A lock of all that change the schema, by a number that nobody else is likely to use: "aidqueue". */
#define LOCK "SELECT pg_catalog.pg_advisory_xact_lock(7017558098193969509)"
#define PATIENCE_MS 60000

extern const char aid_queue_1_text[]; /* queue_1.sql */

static const char *const steps[] = { aid_queue_1_text };
#define VERSION ((int)(sizeof steps / sizeof *steps))

int
aid_queue_schema_newest (void)
{
  return VERSION;
}

enum aid_err
aid_queue_schema_check (struct aid_pg *pg, const char *name, struct aid_error *e)
{
  struct aid_pg_rows rows;
  enum aid_err err = aid_pg_run (pg, "SELECT version, works FROM aid_ces.queue", NULL, 0, &rows, e);
  if (err == AID_E_NOTFOUND)
    return aid_error_set (e, err, "The queue, %.80s, was not set up: whoever owns the database runs aid ces init", name);
  if (!err && rows.n != 1)
    err = aid_error_set (
      e, AID_E_NOTFOUND,
      "The queue, %.80s, was set up only in part: its owner drops the schema aid_ces and runs aid ces init", name);
  else if (!err && aid_pg_int (&rows, 0, 1) > VERSION)
    err = aid_error_set (e, AID_E_REFUSED,
                         "The queue, %.80s, is one of a newer AID (its version %d, this AID's %d): install a newer AID",
                         name, (int)aid_pg_int (&rows, 0, 0), VERSION);
  aid_pg_rows_free (&rows);
  return err;
}

/* --- changing ---------------------------------------------------------------------------------------------------------- */

/* Also the rights, under the same lock: the server refuses one of two who grant at once. */
static enum aid_err
upgrade (struct aid_pg *pg, const char *grants, int *was, struct aid_error *e)
{
  enum aid_err err = aid_pg_run (pg, "BEGIN; " LOCK, NULL, 0, NULL, e);
  if (!err)
    err = aid_pg_version (pg, "aid_ces.queue", was, e);
  for (int i = *was; !err && i < VERSION; i++)
    err = aid_pg_run (pg, steps[i], NULL, 0, NULL, e);
  if (!err && *grants)
    err = aid_pg_run (pg, grants, NULL, 0, NULL, e);
  if (!err)
    return aid_pg_run (pg, "COMMIT", NULL, 0, NULL, e);
  aid_pg_run (pg, "ROLLBACK", NULL, 0, NULL, NULL);
  return err;
}

enum aid_err
aid_queue_init (const struct aid_queue_place *place, const char *grants, const struct aid_stop *stop, int *was,
                struct aid_error *e)
{
  struct aid_pg *pg = NULL;
  *was = 0;
  enum aid_err err = aid_pg_open (&place->server, PATIENCE_MS, stop, &pg, e);
  if (!err)
    err = upgrade (pg, grants, was, e);
  aid_pg_close (pg);
  return err;
}

void
aid_queue_schema_print (struct aid_str *out)
{
  aid_str_addz (out, "BEGIN;\n" LOCK ";\n");
  for (int i = 0; i < VERSION; i++)
    aid_str_addz (out, steps[i]);
  aid_str_addz (out, "COMMIT;\n");
}

/* --- rights ------------------------------------------------------------------------------------------------------------ */

#define FUNCTION "EXECUTE ON FUNCTION aid_ces."

void
aid_queue_grant (enum aid_queue_right right, const char *role, struct aid_str *out)
{
  static const char *const both[]
    = { "USAGE ON SCHEMA aid_ces", "SELECT ON aid_ces.queue", FUNCTION "status()", FUNCTION "sweep()", NULL };
  static const char *const submits[] = { FUNCTION "submit(text, text, text, text, integer, boolean)",
                                         FUNCTION "result(text)", FUNCTION "cancel(text)", NULL };
  static const char *const works[] = { FUNCTION "claim(text, integer, text[], boolean, integer, integer)",
                                       FUNCTION "renew(text, text, integer, integer, text[], integer, text[], bigint[])",
                                       FUNCTION "finish(text, text, bigint, text, text)",
                                       FUNCTION "give_back(text, bigint, text, integer)",
                                       FUNCTION "leave(text)",
                                       FUNCTION "forget(bigint)",
                                       NULL };
  for (int own = 0; own < 2; own++)
    for (const char *const *what = !own ? both : right == AID_QUEUE_SUBMITS ? submits : works; *what; what++)
      {
        aid_str_addf (out, "GRANT %s TO ", *what);
        aid_pg_name (role, out);
        aid_str_addz (out, ";\n");
      }
}
