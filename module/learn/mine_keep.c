/* Keeping what was found: first its trees, by refs, then the row.  Who is killed in between finds the same again, makes the same
   commits, and goes on.  What is written waits until there is much of it, or the vault is through: one git, one transaction. */
#include "base/hash.h"
#include "base/json.h"
#include "learn/import.h"
#include "learn/leave.h"
#include "learn/mine_internal.h"
#include "scan/scan.h"
#include "store/db.h"

#include <stdlib.h>

#define WAITING 200
#define IMPORT_MAX ((size_t)256 << 20)
#define BREAK_MAX ((size_t)64 << 10) /* bytes of the diff that broke it; of a longer one nothing is kept */

struct waiting
{
  enum aid_mine_kind kind;
  int taken; /* it has a diff */
  char id[AID_EXAMPLE_ID];
  char base[AID_VAULT_ID], after[AID_VAULT_ID];
  struct aid_minhash hash;
  json_t *example;
  char *path, *whole; /* of a preference: what is written over BASE; or NULL */
  size_t whole_len;
  unsigned mode;
};
struct note
{
  char id[AID_EXAMPLE_ID];
  enum aid_mine_why why;
};
struct aid_mine_kept
{
  struct aid_vec waiting, notes;
};

struct aid_mine_kept *
aid_mine_kept_new (void)
{
  struct aid_mine_kept *k = calloc (1, sizeof *k);
  if (k)
    {
      k->waiting = AID_VEC_INIT (struct waiting, 100000);
      k->notes = AID_VEC_INIT (struct note, 1000000);
    }
  return k;
}

static void
empty (struct aid_mine_kept *k)
{
  for (size_t i = 0; i < k->waiting.len; i++)
    {
      struct waiting *w = &AID_VEC_AT (struct waiting, &k->waiting, i);
      json_decref (w->example);
      free (w->path);
      free (w->whole);
    }
  k->waiting.len = k->notes.len = 0;
}

void
aid_mine_kept_free (struct aid_mine_kept *k)
{
  if (!k)
    return;
  empty (k);
  aid_vec_free (&k->waiting);
  aid_vec_free (&k->notes);
  free (k);
}

/* --- what was decided --------------------------------------------------------------------------------------------- */

int
aid_mine_was_decided (struct aid_mine_work *w, const char *id, enum aid_mine_why *why)
{
  sqlite3_stmt *s;
  int row = 0, found = 0;
  struct aid_db *db = w->x ? aid_examples_db (w->x) : NULL;
  if (!db || aid_db_prepare (db, "SELECT why FROM decided WHERE id = ?1 AND rules = ?2", &s, NULL))
    return 0;
  aid_db_text (s, 1, aid_span_z (id));
  aid_db_text (s, 2, aid_span_z (w->rules));
  if (!aid_db_step (db, s, &row, NULL) && row)
    for (int i = 0; i < AID_MINE_WHYS; i++)
      if (aid_span_eqz (aid_db_column (s, 0), aid_mine_why_name ((enum aid_mine_why)i)))
        {
          *why = (enum aid_mine_why)i;
          found = 1;
        }
  sqlite3_reset (s);
  return found;
}

void
aid_mine_note (struct aid_mine_work *w, const char *id, enum aid_mine_why why)
{
  struct note *n = w->x && !w->dry ? aid_vec_push (&w->kept->notes) : NULL;
  if (n)
    {
      memcpy (n->id, id, sizeof n->id);
      n->why = why;
    }
}

int
aid_mine_is_marked (struct aid_mine_work *w, const char *tip)
{
  sqlite3_stmt *s;
  int row = 0;
  struct aid_db *db = w->x ? aid_examples_db (w->x) : NULL;
  if (!db || aid_db_prepare (db, "SELECT 1 FROM mined WHERE vault = ?1 AND tip = ?2 AND rules = ?3", &s, NULL))
    return 0;
  aid_db_text (s, 1, aid_span_z (w->vault->dir));
  aid_db_text (s, 2, aid_span_z (tip));
  aid_db_text (s, 3, aid_span_z (w->rules));
  aid_db_step (db, s, &row, NULL);
  sqlite3_reset (s);
  return row;
}

enum aid_err
aid_mine_mark (struct aid_mine_work *w, const char *tip, struct aid_error *e)
{
  sqlite3_stmt *s;
  struct aid_db *db = w->x && !w->dry ? aid_examples_db (w->x) : NULL;
  enum aid_err err
    = db ? aid_db_prepare (db, "INSERT OR REPLACE INTO mined(vault, tip, rules) VALUES(?1, ?2, ?3)", &s, e) : AID_OK;
  if (err || !db)
    return err;
  aid_db_text (s, 1, aid_span_z (w->vault->dir));
  aid_db_text (s, 2, aid_span_z (tip));
  aid_db_text (s, 3, aid_span_z (w->rules));
  return aid_db_run (db, s, e);
}

/* --- near duplicates ---------------------------------------------------------------------------------------------- */

static int64_t
band_of (const struct aid_minhash *h, unsigned n)
{
  return (int64_t)(aid_minhash_band (h, n) >> 1);
}

/* Whether the example ID, which shares a band with C, is of the same kind and as like it as the settings say. */
static int
is_alike (struct aid_mine_work *w, const struct aid_mine_case *c, const char *id)
{
  json_t *o = NULL;
  struct aid_minhash other;
  int alike = strcmp (id, c->id) != 0 && !aid_examples_get (w->x, id, &o, NULL) && aid_json_str (o, "kind")
              && !strcmp (aid_json_str (o, "kind"), aid_mine_kind_name (c->kind))
              && (aid_json_str (o, "diff") != NULL) == (c->diff.len > 0)
              && !aid_minhash_read (aid_json_str (o, "minhash"), &other)
              && aid_minhash_alike (&c->hash, &other) >= w->settings.alike;
  json_decref (o);
  return alike;
}

/* Among those that are put; the ids that share a band are read first, for is_alike asks the same file. */
static int
find_put (struct aid_mine_work *w, const struct aid_mine_case *c, char id[AID_EXAMPLE_ID])
{
  for (unsigned band = 0; band < AID_MINHASH_BANDS; band++)
    {
      struct aid_vec ids = { NULL, 0, 0, AID_EXAMPLE_ID, 1000 };
      sqlite3_stmt *s;
      int row = 0;
      struct aid_db *db = aid_examples_db (w->x);
      if (aid_db_prepare (db, "SELECT id FROM bands WHERE band = ?1 AND value = ?2 LIMIT 1000", &s, NULL))
        return 0;
      sqlite3_bind_int (s, 1, (int)band);
      sqlite3_bind_int64 (s, 2, band_of (&c->hash, band));
      while (!aid_db_step (db, s, &row, NULL) && row)
        {
          struct aid_span whole = aid_db_column (s, 0);
          char *slot = whole.len < AID_EXAMPLE_ID ? aid_vec_push (&ids) : NULL;
          if (slot)
            memcpy (slot, whole.ptr, whole.len);
        }
      sqlite3_reset (s);
      for (size_t i = 0; i < ids.len; i++)
        if (is_alike (w, c, (char *)ids.data + i * AID_EXAMPLE_ID))
          {
            memcpy (id, (char *)ids.data + i * AID_EXAMPLE_ID, AID_EXAMPLE_ID);
            aid_vec_free (&ids);
            return 1;
          }
      aid_vec_free (&ids);
    }
  return 0;
}

int
aid_mine_find_alike (struct aid_mine_work *w, const struct aid_mine_case *c, char id[AID_EXAMPLE_ID])
{
  for (size_t i = 0; i < w->kept->waiting.len; i++)
    {
      const struct waiting *other = &AID_VEC_AT (struct waiting, &w->kept->waiting, i);
      if (strcmp (other->id, c->id) != 0 && other->kind == c->kind && other->taken == (c->diff.len > 0)
          && aid_minhash_alike (&c->hash, &other->hash) >= w->settings.alike)
        {
          memcpy (id, other->id, AID_EXAMPLE_ID);
          return 1;
        }
    }
  return w->x && find_put (w, c, id);
}

/* --- an example --------------------------------------------------------------------------------------------------- */

static json_t *
files_of (const struct aid_mine_case *c)
{
  json_t *all = json_array ();
  for (size_t i = 0; i < c->files.len; i++)
    {
      const struct aid_mine_file *f = &AID_VEC_AT (struct aid_mine_file, &c->files, i);
      json_t *o
        = json_pack ("{s:o, s:I, s:I, s:s}", "path", aid_json_of_span (aid_span_z (f->path)), "added",
                     (json_int_t)(f->added > 0 ? f->added : 0), "removed", (json_int_t)(f->removed > 0 ? f->removed : 0),
                     "language", aid_language_name (aid_language_of (aid_span_z (f->path), AID_SPAN (""))));
      json_array_append_new (all, o);
    }
  return all;
}

/* What TOLD, a message, says of the run that decided at LEVEL; borrowed. */
static json_t *
run_at (const json_t *told, enum aid_mine_level level)
{
  json_t *build = json_object_get (told, "build"), *tests = json_object_get (told, "tests");
  const char *what = aid_json_str (build, "what");
  int is_tests = what && !strcmp (what, "test");
  return (level == AID_MINE_TESTS) == is_tests ? build : level == AID_MINE_TESTS ? tests : build;
}

/* What the snapshots say: how it stood, at which revision: its base's, for what came after may have been committed, and that
   commit is the answer. */
static void
add_told (const struct aid_mine_work *w, const struct aid_mine_case *c, json_t *o)
{
  json_t *base = aid_mine_line_told (&w->line, c->from), *after = aid_mine_line_told (&w->line, c->to);
  const json_t *red = run_at (base, c->level), *green = run_at (after, c->level);
  json_t *diagnostics
    = c->kind == AID_MINE_REPAIR || c->kind == AID_MINE_START ? json_object_get (red, "diagnostics") : NULL;
  if (c->kind != AID_MINE_PREFERENCE && !red)
    red = green;
  json_object_set_new (o, "vc", json_incref (json_object_get (base, "vc")));
  json_object_set_new (o, "revision", json_incref (json_object_get (base, "revision")));
  json_object_set_new (o, "diagnostics", diagnostics ? json_incref (diagnostics) : json_array ());
  if (c->kind != AID_MINE_PREFERENCE && red)
    json_object_set_new (
      o, "build",
      json_pack ("{s:O?, s:O?}", "what", json_object_get (red, "what"), "command", json_object_get (red, "command")));
  json_decref (base);
  json_decref (after);
}

static void
add_break (const struct aid_mine_work *w, const struct aid_mine_case *c, json_t *o)
{
  struct aid_str text = AID_STR_INIT (BREAK_MAX);
  if (c->before[0] && !aid_mine_diff (w->vault, c->before, c->base, &text, NULL) && text.len
      && !aid_leave_by_bytes (aid_str_span (&text)))
    json_object_set_new (o, "break", aid_json_of_span (aid_str_span (&text)));
  aid_str_free (&text);
}

static json_t *
example_of (const struct aid_mine_work *w, const struct aid_mine_case *c)
{
  char hex[AID_MINHASH_HEX];
  struct aid_str git = AID_STR_INIT (8192);
  aid_vault_path (w->vault, "git", &git);
  aid_minhash_write (&c->hash, hex);
  json_t *o = json_pack ("{s:s, s:s, s:o, s:o, s:s, s:s*}", "id", c->id, "kind", aid_mine_kind_name (c->kind), "project",
                         aid_json_of_span (aid_span_z (w->vault->root)), "repository",
                         aid_json_of_span (aid_str_span (&git)), "base", c->base, "after", c->after[0] ? c->after : NULL);
  json_object_set_new (o, "time", json_integer (c->time));
  json_object_set_new (o, "began", json_integer (c->began));
  if (c->kind != AID_MINE_PREFERENCE)
    json_object_set_new (o, "settled", json_integer (c->still));
  if (c->diff.len)
    json_object_set_new (o, "diff", aid_json_of_span (aid_str_span (&c->diff)));
  if (c->rejected.len)
    json_object_set_new (o, "rejected", aid_json_of_span (aid_str_span (&c->rejected)));
  if (c->question)
    json_object_set_new (o, "question", aid_json_of_span (aid_span_z (c->question)));
  json_object_set_new (o, "files", files_of (c));
  json_object_set_new (o, "lines", json_integer (aid_mine_lines (&c->files)));
  json_object_set_new (o, "minhash", json_string (hex));
  json_object_set (o, "consent", w->consent);
  add_told (w, c, o);
  add_break (w, c, o);
  aid_str_free (&git);
  return o;
}

enum aid_err
aid_mine_keep (struct aid_mine_work *w, struct aid_mine_case *c, struct aid_error *e)
{
  enum aid_err err = !w->dry && w->kept->waiting.len >= WAITING ? aid_mine_flush (w, e) : AID_OK;
  struct waiting *one = err ? NULL : aid_vec_push (&w->kept->waiting);
  if (!one)
    return err ? err : aid_error_set (e, AID_E_NOMEM, "No memory for an example");
  memcpy (one->id, c->id, sizeof one->id);
  one->kind = c->kind;
  one->taken = c->diff.len > 0;
  memcpy (one->base, c->base, sizeof one->base);
  memcpy (one->after, c->after, sizeof one->after);
  one->hash = c->hash;
  one->example = w->dry ? NULL : example_of (w, c);
  if (c->whole.len)
    {
      const struct aid_mine_file *f = &AID_VEC_AT (struct aid_mine_file, &c->files, 0);
      one->path = strdup (f->path);
      one->mode = f->mode;
      one->whole_len = c->whole.len;
      one->whole = aid_str_steal (&c->whole);
    }
  return AID_OK;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

/* The commands that make the commits of W: one of its base, and upon it one of what came after. */
static void
add_commits (const struct waiting *w, size_t n, struct aid_str *out)
{
  long long seconds = (long long)(aid_json_int (w->example, "time", 0) / 1000);
  aid_str_addf (out,
                "commit refs/examples/%s\nmark :%zu\ncommitter AID <aid> %lld +0000\ndata 5\nbase\n\nM 040000 %s \"\"\n\n",
                w->id, n + 1, seconds, w->base);
  if (!w->after[0] && !w->whole)
    return;
  aid_str_addf (out, "commit refs/examples/%s\ncommitter AID <aid> %lld +0000\ndata 6\nafter\n\nfrom :%zu\n", w->id, seconds,
                n + 1);
  if (w->whole)
    {
      aid_str_addf (out, "M %o inline ", w->mode ? w->mode : 0100644);
      aid_vault_import_quote (aid_span_z (w->path), out);
      aid_str_addf (out, "\ndata %zu\n", w->whole_len);
      aid_str_add (out, w->whole, w->whole_len);
      aid_str_addz (out, "\n\n");
    }
  else
    aid_str_addf (out, "M 040000 %s \"\"\n\n", w->after);
}

/* What waits has its trees kept, on the disk. */
static enum aid_err
keep_trees (struct aid_mine_work *w, struct aid_error *e)
{
  static const char *const args[] = { "-c", "core.fsync=all", "fast-import", "--quiet", "--force", "--done", NULL };
  struct aid_str text = AID_STR_INIT (IMPORT_MAX);
  for (size_t i = 0; i < w->kept->waiting.len; i++)
    add_commits (&AID_VEC_AT (struct waiting, &w->kept->waiting, i), i, &text);
  aid_str_addz (&text, "done\n");
  enum aid_err err = text.err ? aid_error_set (e, text.err, "Too many examples at once") : AID_OK;
  if (!err && !(err = aid_vault_lock (w->vault, AID_VAULT_WAIT_MS, e)))
    {
      err
        = aid_vault_git (w->vault, &(struct aid_vault_run){ .args = args, .input = aid_str_span (&text), .with_us = 1 }, e);
      if (err)
        aid_vault_sweep (w->vault);
      aid_vault_unlock (w->vault);
    }
  aid_str_free (&text);
  return err;
}

/* The trees that git made of preferences. */
static void
take_trees (struct aid_mine_work *w)
{
  for (size_t i = 0; i < w->kept->waiting.len; i++)
    {
      struct waiting *one = &AID_VEC_AT (struct waiting, &w->kept->waiting, i);
      struct aid_str text = AID_STR_INIT (4096), name = AID_STR_INIT (256);
      aid_str_addf (&name, "refs/examples/%s^{tree}", one->id);
      const char *const args[] = { "rev-parse", "--verify", aid_str_z (&name), NULL };
      if (one->whole && !aid_vault_git (w->vault, &(struct aid_vault_run){ .args = args, .out = &text }, NULL))
        json_object_set_new (one->example, "after", aid_json_of_span (aid_span_trim (aid_str_span (&text))));
      aid_str_free (&text);
      aid_str_free (&name);
    }
}

static enum aid_err
put_bands (struct aid_db *db, const struct waiting *w, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  for (unsigned band = 0; !err && band < AID_MINHASH_BANDS; band++)
    {
      sqlite3_stmt *s;
      err = aid_db_prepare (db, "INSERT OR IGNORE INTO bands(band, value, id) VALUES(?1, ?2, ?3)", &s, e);
      if (err)
        break;
      sqlite3_bind_int (s, 1, (int)band);
      sqlite3_bind_int64 (s, 2, band_of (&w->hash, band));
      aid_db_text (s, 3, aid_span_z (w->id));
      err = aid_db_run (db, s, e);
    }
  return err;
}

static enum aid_err
put_note (struct aid_mine_work *w, const struct note *n, struct aid_error *e)
{
  struct aid_db *db = aid_examples_db (w->x);
  sqlite3_stmt *s;
  enum aid_err err = aid_db_prepare (db, "INSERT OR REPLACE INTO decided(id, rules, why) VALUES(?1, ?2, ?3)", &s, e);
  if (err)
    return err;
  aid_db_text (s, 1, aid_span_z (n->id));
  aid_db_text (s, 2, aid_span_z (w->rules));
  aid_db_text (s, 3, aid_span_z (aid_mine_why_name (n->why)));
  return aid_db_run (db, s, e);
}

/* The bands come first: one of which they are all that was written is put the next time. */
enum aid_err
aid_mine_flush (struct aid_mine_work *w, struct aid_error *e)
{
  struct aid_mine_kept *k = w->kept;
  if (w->dry || !w->x)
    return AID_OK; /* what waits is looked at for what is like it */
  struct aid_db *db = aid_examples_db (w->x);
  enum aid_err err = k->waiting.len ? keep_trees (w, e) : AID_OK;
  if (!err)
    take_trees (w);
  if (!err && !(err = aid_db_exec (db, "BEGIN IMMEDIATE", e)))
    {
      for (size_t i = 0; !err && i < k->waiting.len; i++)
        err = put_bands (db, &AID_VEC_AT (struct waiting, &k->waiting, i), e);
      for (size_t i = 0; !err && i < k->notes.len; i++)
        err = put_note (w, &AID_VEC_AT (struct note, &k->notes, i), e);
      err = err ? err : aid_db_exec (db, "COMMIT", e);
      if (err)
        {
          aid_db_rest (db);
          aid_db_exec (db, "ROLLBACK", NULL);
        }
    }
  for (size_t i = 0; !err && i < k->waiting.len; i++)
    err = aid_examples_put (w->x, AID_VEC_AT (struct waiting, &k->waiting, i).example, NULL, e);
  empty (k);
  return err;
}
