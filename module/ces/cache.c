/* Verdicts that were given, by what they depend on: the same question is not judged twice. */
#include "base/clock.h"
#include "base/json.h"
#include "ces/ces_internal.h"
#include "store/db.h"

#include <stdlib.h>
#include <unistd.h>

#define WAIT_MS 5000
#define KEPT 200000 /* verdicts; half of them stay when there are more */
#define LOOK 1000   /* of those that are put, between two looks at how many there are */

struct aid_verdicts
{
  struct aid_db *db;
  unsigned put;
};

static const char schema[]
  = "CREATE TABLE IF NOT EXISTS verdicts (key TEXT PRIMARY KEY, made INTEGER NOT NULL, rungs TEXT NOT NULL) "
    "WITHOUT ROWID; CREATE INDEX IF NOT EXISTS verdicts_made ON verdicts (made)";

static enum aid_err
open_db (const char *path, struct aid_db **db, struct aid_error *e)
{
  enum aid_err err = aid_db_open (path, WAIT_MS, db, e);
  if (!err && (err = aid_db_exec (*db, schema, e)))
    {
      aid_db_close (*db);
      *db = NULL;
    }
  return err;
}

/* What is damaged is begun anew. */
static void
remove_db (const char *path)
{
  static const char *const parts[] = { "", "-wal", "-shm" };
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    {
      struct aid_str name = AID_STR_INIT (AID_CES_PATH);
      aid_str_addf (&name, "%s%s", path, parts[i]);
      if (!name.err)
        unlink (aid_str_z (&name));
      aid_str_free (&name);
    }
}

enum aid_err
aid_verdicts_open (const char *path, struct aid_verdicts **out, struct aid_error *e)
{
  struct aid_verdicts *v = calloc (1, sizeof *v);
  *out = NULL;
  if (!v)
    return aid_error_set (e, AID_E_NOMEM, "No memory for verdicts");
  enum aid_err err = open_db (path, &v->db, e);
  if (err == AID_E_PARSE)
    {
      remove_db (path);
      err = open_db (path, &v->db, e);
    }
  if (err)
    free (v);
  else
    *out = v;
  return err;
}

void
aid_verdicts_close (struct aid_verdicts *v)
{
  if (!v)
    return;
  aid_db_close (v->db);
  free (v);
}

json_t *
aid_verdicts_get (struct aid_verdicts *v, const char *key)
{
  sqlite3_stmt *s;
  int row = 0;
  json_t *rungs = NULL;
  if (aid_db_prepare (v->db, "SELECT rungs FROM verdicts WHERE key = ?", &s, NULL))
    return NULL;
  aid_db_text (s, 1, aid_span_z (key));
  if (!aid_db_step (v->db, s, &row, NULL) && row)
    rungs = aid_json_load (aid_db_column (s, 0));
  aid_db_rest (v->db);
  if (!json_is_array (rungs))
    {
      json_decref (rungs);
      rungs = NULL;
    }
  return rungs;
}

int64_t
aid_verdicts_count (struct aid_verdicts *v)
{
  sqlite3_stmt *s;
  int row = 0;
  int64_t n = 0;
  if (!aid_db_prepare (v->db, "SELECT count(*) FROM verdicts", &s, NULL) && !aid_db_step (v->db, s, &row, NULL) && row)
    n = sqlite3_column_int64 (s, 0);
  aid_db_rest (v->db);
  return n;
}

static void
forget_old (struct aid_verdicts *v)
{
  if (aid_verdicts_count (v) > KEPT)
    aid_db_exec (v->db, "DELETE FROM verdicts WHERE made <= (SELECT made FROM verdicts ORDER BY made LIMIT 1 OFFSET 100000)",
                 NULL);
}

void
aid_verdicts_put (struct aid_verdicts *v, const char *key, const json_t *rungs)
{
  struct aid_str text = AID_STR_INIT ((size_t)16 << 20);
  sqlite3_stmt *s;
  if (!aid_json_dump (rungs, &text) && !text.err
      && !aid_db_prepare (v->db, "INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?)", &s, NULL))
    {
      aid_db_text (s, 1, aid_span_z (key));
      sqlite3_bind_int64 (s, 2, aid_clock_wall_ms ());
      aid_db_text (s, 3, aid_str_span (&text));
      aid_db_run (v->db, s, NULL);
    }
  aid_str_free (&text);
  if (v->put++ % LOOK == 0)
    forget_old (v);
}
