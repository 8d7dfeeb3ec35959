/* The file of examples.  A row has the JSON object, and what is asked for beside it.

   What is forgotten is a row of its own first, so that who is killed before the trees are let go has that done the next time. */
#include "learn/examples.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/vec.h"
#include "learn/vault.h"
#include "store/db.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum
{
  WAIT_MS = 10000, /* for another process that writes */
  IDS_MAX = 10000000
};
#define EXAMPLE_MAX ((size_t)64 << 20) /* bytes of one */

struct aid_examples
{
  struct aid_db *db;
};

/* One step a version: what makes the schema of version N + 1 of that of version N. */
static const char *const steps[] = {
  "CREATE TABLE examples(id TEXT PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, project TEXT NOT NULL,"
  " described INTEGER NOT NULL, data TEXT NOT NULL) WITHOUT ROWID;"
  "CREATE INDEX examples_at ON examples(at, id);"
  /* REPOSITORY: where its trees are still kept; NULL: nowhere. */
  "CREATE TABLE forgotten(id TEXT PRIMARY KEY, repository TEXT) WITHOUT ROWID;"
  /* By which near duplicates are found, what was seen of each vault, and what was not taken (mine_keep.c). */
  "CREATE TABLE bands(band INTEGER NOT NULL, value INTEGER NOT NULL, id TEXT NOT NULL,"
  " PRIMARY KEY(band, value, id)) WITHOUT ROWID;"
  "CREATE INDEX bands_id ON bands(id);"
  "CREATE TABLE mined(vault TEXT PRIMARY KEY, tip TEXT NOT NULL, rules TEXT NOT NULL) WITHOUT ROWID;"
  "CREATE TABLE decided(id TEXT PRIMARY KEY, rules TEXT NOT NULL, why TEXT NOT NULL) WITHOUT ROWID;",
};
#define VERSION ((int)(sizeof steps / sizeof *steps))

/* --- opening ------------------------------------------------------------------------------------------------------ */

static enum aid_err let_go (struct aid_examples *x, struct aid_error *e);

enum aid_err
aid_examples_open (int make, struct aid_examples **out, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (8192);
  struct aid_examples *x = calloc (1, sizeof *x);
  enum aid_err err = x ? aid_fs_xdg (AID_DIR_STATE, &path, e) : aid_error_set (e, AID_E_NOMEM, "No memory for examples");
  *out = NULL;
  if (!x)
    return err;
  if (!err && make)
    err = aid_fs_mkdirs (aid_str_z (&path), 0700, e);
  if (!err && aid_str_addz (&path, "/examples.db"))
    err = aid_error_set (e, path.err, "The state folder has too long a name");
  if (!err && !make && !aid_fs_exists (aid_str_z (&path)))
    err = aid_error_set (e, AID_E_NOTFOUND, "There are no examples yet: aid mine finds some");
  if (!err && !(err = aid_db_open (aid_str_z (&path), WAIT_MS, &x->db, e)))
    err = aid_db_upgrade (x->db, steps, VERSION, e);
  if (err == AID_E_PARSE) /* what a model has described is not to be had again for nothing */
    aid_error_set (e, err, "The examples in %s are damaged: move that file away, or get it back from a backup",
                   aid_str_z (&path));
  if (!err) /* what a killed process has left; it is tried again another time when it cannot be done now */
    let_go (x, NULL);
  aid_str_free (&path);
  if (err)
    aid_examples_close (x);
  else
    *out = x;
  return err;
}

void
aid_examples_close (struct aid_examples *x)
{
  if (x)
    aid_db_close (x->db);
  free (x);
}

struct aid_db *
aid_examples_db (struct aid_examples *x)
{
  return x->db;
}

/* --- one ---------------------------------------------------------------------------------------------------------- */

static int
is_id (const char *z, size_t least)
{
  size_t n = strspn (z, "0123456789abcdef");
  return n >= least && n < AID_EXAMPLE_ID && !z[n];
}

/* The object of the row ID, a new reference in *OUT. */
static enum aid_err
load (struct aid_examples *x, const char *id, json_t **out, struct aid_error *e)
{
  sqlite3_stmt *s;
  int row = 0;
  enum aid_err err = aid_db_prepare (x->db, "SELECT data FROM examples WHERE id = ?1", &s, e);
  *out = NULL;
  if (err)
    return err;
  aid_db_text (s, 1, aid_span_z (id));
  if (!(err = aid_db_step (x->db, s, &row, e)))
    {
      if (!row)
        err = aid_error_set (e, AID_E_NOTFOUND, "There is no example %s: aid mine list has them", id);
      else if (!(*out = aid_json_parse (aid_db_column (s, 0), "an example", e)))
        err = AID_E_PARSE;
    }
  sqlite3_reset (s);
  return err;
}

static enum aid_err
save (struct aid_examples *x, const char *id, const json_t *o, struct aid_error *e)
{
  struct aid_str text = AID_STR_INIT (EXAMPLE_MAX);
  sqlite3_stmt *s;
  const char *kind = aid_json_str (o, "kind"), *project = aid_json_str (o, "project");
  enum aid_err err = aid_json_dump (o, &text);
  if (err || text.err)
    err = aid_error_set (e, err ? err : text.err, "The example %s is too large", id);
  else if (!(err = aid_db_prepare (x->db,
                                   "INSERT OR REPLACE INTO examples(id, at, kind, project, described, data)"
                                   " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                                   &s, e)))
    {
      aid_db_text (s, 1, aid_span_z (id));
      sqlite3_bind_int64 (s, 2, aid_json_int (o, "time", 0));
      aid_db_text (s, 3, aid_span_z (kind));
      aid_db_text (s, 4, aid_span_z (project));
      sqlite3_bind_int (s, 5, json_is_object (json_object_get (o, "described")));
      aid_db_text (s, 6, aid_str_span (&text));
      err = aid_db_run (x->db, s, e);
    }
  aid_str_free (&text);
  return err;
}

/* Begins a change, or ends it well or, when ERR says so, not at all. */
static enum aid_err
begin (struct aid_examples *x, struct aid_error *e)
{
  return aid_db_exec (x->db, "BEGIN IMMEDIATE", e);
}

static enum aid_err
end (struct aid_examples *x, enum aid_err err, struct aid_error *e)
{
  if (!err)
    err = aid_db_exec (x->db, "COMMIT", e);
  if (err)
    {
      aid_db_rest (x->db);
      aid_db_exec (x->db, "ROLLBACK", NULL);
    }
  return err;
}

/* What was made of the example OLD goes on to be there in NEW, of the same id. */
static void
keep_made (const json_t *old, json_t *new)
{
  static const char *const made[] = { "described", "judged" };
  for (size_t i = 0; i < sizeof made / sizeof *made; i++)
    if (json_object_get (old, made[i]))
      json_object_set (new, made[i], json_object_get (old, made[i]));
}

enum aid_err
aid_examples_put (struct aid_examples *x, const json_t *example, int *fresh, struct aid_error *e)
{
  const char *id = aid_json_str (example, "id");
  json_t *old = NULL, *new = json_copy ((json_t *)(uintptr_t)example);
  if (fresh)
    *fresh = 0;
  if (!id || !is_id (id, AID_EXAMPLE_ID - 1) || !aid_json_str (example, "kind") || !aid_json_str (example, "project")
      || !new)
    {
      json_decref (new);
      return aid_error_set (e, AID_E_INVALID, "An example needs an id of 16 hex digits, a kind and a project");
    }
  enum aid_err err = begin (x, e);
  if (!err && (err = load (x, id, &old, e)) == AID_E_NOTFOUND)
    {
      err = AID_OK;
      if (e)
        *e = (struct aid_error){ AID_OK, "" };
    }
  keep_made (old, new);
  if (!err)
    err = save (x, id, new, e);
  if (fresh)
    *fresh = !err && !old;
  err = end (x, err, e);
  json_decref (old);
  json_decref (new);
  return err;
}

enum aid_err
aid_examples_set (struct aid_examples *x, const char *id, const char *name, const json_t *value, struct aid_error *e)
{
  json_t *o = NULL;
  enum aid_err err = begin (x, e);
  if (!err)
    err = load (x, id, &o, e);
  if (!err && value)
    json_object_set (o, name, (json_t *)(uintptr_t)value);
  else if (!err)
    json_object_del (o, name);
  if (!err)
    err = save (x, id, o, e);
  err = end (x, err, e);
  json_decref (o);
  return err;
}

/* The one whole id that begins with ID. */
static enum aid_err
find (struct aid_examples *x, const char *id, char out[AID_EXAMPLE_ID], struct aid_error *e)
{
  sqlite3_stmt *s;
  int row = 0, n = 0;
  enum aid_err err = AID_OK;
  if (!is_id (id, 4))
    return aid_error_set (e, AID_E_INVALID, "\"%.40s\" is no example: 4 to 16 hex digits are", id);
  if (!(err = aid_db_prepare (x->db, "SELECT id FROM examples WHERE id >= ?1 AND id < ?1 || 'g' LIMIT 2", &s, e)))
    {
      aid_db_text (s, 1, aid_span_z (id));
      while (!(err = aid_db_step (x->db, s, &row, e)) && row)
        {
          struct aid_span whole = aid_db_column (s, 0);
          size_t len = whole.len < AID_EXAMPLE_ID - 1 ? whole.len : AID_EXAMPLE_ID - 1;
          memcpy (out, whole.ptr, len);
          out[len] = '\0';
          n++;
        }
    }
  return err      ? err
         : n == 1 ? AID_OK
         : n      ? aid_error_set (e, AID_E_INVALID, "Several examples begin with %s: write more of its digits", id)
                  : aid_error_set (e, AID_E_NOTFOUND, "There is no example %s: aid mine list has them", id);
}

enum aid_err
aid_examples_get (struct aid_examples *x, const char *id, json_t **out, struct aid_error *e)
{
  char whole[AID_EXAMPLE_ID];
  enum aid_err err = find (x, id, whole, e);
  *out = NULL;
  return err ? err : load (x, whole, out, e);
}

/* --- all ---------------------------------------------------------------------------------------------------------- */

static enum aid_err
ids_of (struct aid_examples *x, const struct aid_examples_which *which, struct aid_vec *ids, struct aid_error *e)
{
  sqlite3_stmt *s;
  int row = 0;
  enum aid_err err = aid_db_prepare (x->db,
                                     "SELECT id FROM examples WHERE at >= ?1 AND (?2 IS NULL OR kind = ?2)"
                                     " AND (?3 IS NULL OR project = ?3) AND (?4 = 0 OR described = 0) ORDER BY at, id",
                                     &s, e);
  if (err)
    return err;
  sqlite3_bind_int64 (s, 1, which->since);
  if (which->kind)
    aid_db_text (s, 2, aid_span_z (which->kind));
  if (which->project)
    aid_db_text (s, 3, aid_span_z (which->project));
  sqlite3_bind_int (s, 4, which->undescribed);
  while (!err && !(err = aid_db_step (x->db, s, &row, e)) && row)
    {
      struct aid_span id = aid_db_column (s, 0);
      char *slot = aid_vec_push (ids);
      if (!slot)
        err = aid_error_set (e, AID_E_NOMEM, "No memory for so many examples");
      else
        memcpy (slot, id.ptr, id.len < AID_EXAMPLE_ID - 1 ? id.len : AID_EXAMPLE_ID - 1);
    }
  sqlite3_reset (s);
  return err;
}

enum aid_err
aid_examples_each (struct aid_examples *x, const struct aid_examples_which *which,
                   int (*fn) (void *ctx, const json_t *example), void *ctx, struct aid_error *e)
{
  struct aid_vec ids = { NULL, 0, 0, AID_EXAMPLE_ID, IDS_MAX };
  enum aid_err err = ids_of (x, which, &ids, e);
  for (size_t i = 0; !err && i < ids.len; i++)
    {
      json_t *o = NULL;
      int stop = 0;
      err = load (x, (const char *)ids.data + i * AID_EXAMPLE_ID, &o, e);
      if (err == AID_E_NOTFOUND) /* somebody has forgotten it meanwhile */
        err = AID_OK;
      else if (!err)
        stop = fn (ctx, o);
      json_decref (o);
      if (stop)
        break;
    }
  aid_vec_free (&ids);
  return err;
}

/* --- forgetting --------------------------------------------------------------------------------------------------- */

/* Takes the ref of ID away in REPOSITORY; a repository that is gone has none. */
static enum aid_err
drop_ref (struct aid_span repository, const char *id, struct aid_error *e)
{
  struct aid_str dir = AID_STR_INIT (8192), ref = AID_STR_INIT (256);
  struct aid_vault *vault = NULL;
  aid_str_addspan (&dir, aid_span_ends (repository, "/git") ? aid_span_cut (repository, 0, repository.len - 4) : repository);
  aid_str_addf (&ref, "refs/examples/%s", id);
  const char *const args[] = { "update-ref", "-d", aid_str_z (&ref), NULL };
  int there = aid_fs_exists (aid_str_z (&dir));
  enum aid_err err = there ? aid_vault_open_at (aid_str_z (&dir), &vault, e) : AID_OK;
  if (there && !err && !(err = aid_vault_lock (vault, AID_VAULT_WAIT_MS, e)))
    err = aid_vault_git (vault, &(struct aid_vault_run){ .args = args }, e);
  aid_vault_free (vault);
  aid_str_free (&dir);
  aid_str_free (&ref);
  return err;
}

/* Lets go of the trees of all that was forgotten. */
static enum aid_err
let_go (struct aid_examples *x, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  for (int more = 1; !err && more;)
    {
      struct aid_str repository = AID_STR_INIT (8192);
      char id[AID_EXAMPLE_ID] = "";
      sqlite3_stmt *s;
      err = aid_db_prepare (x->db, "SELECT id, repository FROM forgotten WHERE repository IS NOT NULL LIMIT 1", &s, e);
      if (!err && !(err = aid_db_step (x->db, s, &more, e)) && more)
        {
          struct aid_span whole = aid_db_column (s, 0);
          memcpy (id, whole.ptr, whole.len < AID_EXAMPLE_ID - 1 ? whole.len : AID_EXAMPLE_ID - 1);
          aid_str_addspan (&repository, aid_db_column (s, 1));
        }
      aid_db_rest (x->db);
      if (!err && more)
        err = drop_ref (aid_str_span (&repository), id, e);
      if (!err && more && !(err = aid_db_prepare (x->db, "UPDATE forgotten SET repository = NULL WHERE id = ?1", &s, e)))
        {
          aid_db_text (s, 1, aid_span_z (id));
          err = aid_db_run (x->db, s, e);
        }
      aid_str_free (&repository);
    }
  return err;
}

static enum aid_err
run_with_id (struct aid_examples *x, const char *sql, const char *id, const json_t *o, struct aid_error *e)
{
  sqlite3_stmt *s;
  enum aid_err err = aid_db_prepare (x->db, sql, &s, e);
  if (err)
    return err;
  aid_db_text (s, 1, aid_span_z (id));
  if (o)
    aid_db_text (s, 2, aid_json_span (o, "repository"));
  return aid_db_run (x->db, s, e);
}

enum aid_err
aid_examples_forget (struct aid_examples *x, const char *id, char was[AID_EXAMPLE_ID], struct aid_error *e)
{
  char whole[AID_EXAMPLE_ID] = "";
  json_t *o = NULL;
  enum aid_err err = find (x, id, whole, e);
  if (!err) /* what was there is overwritten */
    err = aid_db_exec (x->db, "PRAGMA secure_delete=ON", e);
  if (!err && !(err = begin (x, e)))
    {
      err = load (x, whole, &o, e);
      if (!err)
        err = run_with_id (x, "INSERT OR REPLACE INTO forgotten(id, repository) VALUES(?1, ?2)", whole, o, e);
      if (!err)
        err = run_with_id (x, "DELETE FROM bands WHERE id = ?1", whole, NULL, e);
      if (!err)
        err = run_with_id (x, "DELETE FROM examples WHERE id = ?1", whole, NULL, e);
      err = end (x, err, e);
    }
  if (!err)
    err = let_go (x, e);
  if (!err)
    aid_db_exec (x->db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL);
  if (was)
    memcpy (was, whole, AID_EXAMPLE_ID);
  json_decref (o);
  return err;
}

int
aid_examples_forgotten (struct aid_examples *x, const char *id)
{
  sqlite3_stmt *s;
  int row = 0;
  if (aid_db_prepare (x->db, "SELECT 1 FROM forgotten WHERE id = ?1", &s, NULL))
    return 0;
  aid_db_text (s, 1, aid_span_z (id));
  aid_db_step (x->db, s, &row, NULL);
  sqlite3_reset (s);
  return row;
}
