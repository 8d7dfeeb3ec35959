#include "plain.h"
#include "base/hash.h"
#include "scan/scan.h"
#include "store/db.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum
{
  QUESTION_WORDS = 400
};

struct plain
{
  sqlite3 *db;
  struct aid_project *project;
  size_t files;
};

static void
run (struct plain *p, const char *sql)
{
  if (sqlite3_exec (p->db, sql, NULL, NULL, NULL))
    {
      fprintf (stderr, "%s: %s\n", sql, sqlite3_errmsg (p->db));
      exit (1);
    }
}

struct plain *
plain_open (void)
{
  struct plain *p = calloc (1, sizeof *p);

  sqlite3_open (":memory:", &p->db);
  run (p, "CREATE TABLE seen(path TEXT PRIMARY KEY, hash INT, round INT);"
          "CREATE VIRTUAL TABLE files USING fts5(path UNINDEXED, body);"
          "CREATE VIRTUAL TABLE defs USING fts5(name UNINDEXED, body);"
          "CREATE TABLE of(path TEXT, file INT, def INT); CREATE INDEX of_path ON of(path)");
  return p;
}

void
plain_close (struct plain *p)
{
  sqlite3_close (p->db);
  free (p);
}

static sqlite3_stmt *
prepare (struct plain *p, const char *sql)
{
  sqlite3_stmt *s = NULL;

  if (sqlite3_prepare_v2 (p->db, sql, -1, &s, NULL))
    fprintf (stderr, "%s: %s\n", sql, sqlite3_errmsg (p->db));
  return s;
}

static void
forget (struct plain *p, const char *path)
{
  static const char *const sql[]
    = { "DELETE FROM files WHERE rowid IN (SELECT file FROM of WHERE path=?1 AND file IS NOT NULL)",
        "DELETE FROM defs WHERE rowid IN (SELECT def FROM of WHERE path=?1 AND def IS NOT NULL)",
        "DELETE FROM of WHERE path=?1" };

  for (size_t i = 0; i < 3; i++)
    {
      sqlite3_stmt *s = prepare (p, sql[i]);
      sqlite3_bind_text (s, 1, path, -1, SQLITE_STATIC);
      sqlite3_step (s);
      sqlite3_finalize (s);
    }
}

static void
insert (struct plain *p, const char *path, int def, struct aid_span name, struct aid_span body)
{
  sqlite3_stmt *s = prepare (p, def ? "INSERT INTO defs VALUES(?1, ?2)" : "INSERT INTO files VALUES(?1, ?2)");

  sqlite3_bind_text (s, 1, name.ptr, (int)name.len, SQLITE_STATIC);
  sqlite3_bind_text (s, 2, body.ptr, (int)body.len, SQLITE_STATIC);
  sqlite3_step (s);
  sqlite3_finalize (s);
  s = prepare (p, def ? "INSERT INTO of VALUES(?1, NULL, last_insert_rowid())"
                      : "INSERT INTO of VALUES(?1, last_insert_rowid(), NULL)");
  sqlite3_bind_text (s, 1, path, -1, SQLITE_STATIC);
  sqlite3_step (s);
  sqlite3_finalize (s);
}

static void
add (struct plain *p, const char *path, struct aid_span text)
{
  struct aid_scan s = AID_SCAN_INIT;

  insert (p, path, 0, aid_span_z (path), text);
  if (!aid_scan_text (aid_language_of (aid_span_z (path), aid_span_cut (text, 0, text.len < 512 ? text.len : 512)), text,
                      &s))
    for (size_t i = 0; i < s.n_defs; i++)
      {
        char name[2048];
        const struct aid_def *d = &s.defs[i];
        if (d->kind == AID_DEF_FIELD || d->kind == AID_DEF_CONSTRUCTOR)
          continue;
        snprintf (name, sizeof name, "%s %.*s", path, (int)(d->name.to - d->name.from), text.ptr + d->name.from);
        insert (p, path, 1, aid_span_z (name), aid_span_cut (text, d->whole.from, d->whole.to));
      }
  aid_scan_free (&s);
}

static int
look_at (void *ctx, const struct aid_project_file *f)
{
  struct plain *p = ctx;
  struct aid_str text = AID_STR_INIT ((size_t)8 << 20);
  struct aid_project_file read = { 0 };
  sqlite3_stmt *s;

  if (f->class != AID_FILE_TEXT || aid_project_read (p->project, f->path, &text, &read, NULL) || read.class != AID_FILE_TEXT)
    {
      aid_str_free (&text);
      return 0;
    }
  int64_t hash = (int64_t)aid_hash64 (aid_str_span (&text)), had = 0;
  char *path = aid_span_dup (f->path);
  s = prepare (p, "SELECT hash FROM seen WHERE path=?1");
  sqlite3_bind_text (s, 1, path, -1, SQLITE_STATIC);
  if (sqlite3_step (s) == SQLITE_ROW)
    had = sqlite3_column_int64 (s, 0);
  sqlite3_finalize (s);
  if (had != hash)
    {
      forget (p, path);
      add (p, path, aid_str_span (&text));
    }
  s = prepare (p, "INSERT OR REPLACE INTO seen VALUES(?1, ?2, 1)");
  sqlite3_bind_text (s, 1, path, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (s, 2, hash);
  sqlite3_step (s);
  sqlite3_finalize (s);
  p->files++;
  aid_str_free (&text);
  free (path);
  return 0;
}

size_t
plain_update (struct plain *p, struct aid_project *project, struct aid_index *x)
{
  sqlite3_stmt *s;

  (void)x;
  p->project = project;
  p->files = 0;
  run (p, "BEGIN; UPDATE seen SET round=0");
  aid_project_files (project, look_at, p, NULL, NULL);
  s = prepare (p, "SELECT path FROM seen WHERE round=0");
  while (sqlite3_step (s) == SQLITE_ROW)
    forget (p, (const char *)sqlite3_column_text (s, 0));
  sqlite3_finalize (s);
  run (p, "DELETE FROM seen WHERE round=0; COMMIT");
  return p->files;
}

int
plain_has (struct plain *p, const char *path)
{
  sqlite3_stmt *s = prepare (p, "SELECT 1 FROM seen WHERE path=?1");

  sqlite3_bind_text (s, 1, path, -1, SQLITE_STATIC);
  int has = sqlite3_step (s) == SQLITE_ROW;
  sqlite3_finalize (s);
  return has;
}

/* The question as FTS5 takes it: its words, quoted, joined by OR. */
static struct aid_str
match_of (struct aid_span q)
{
  struct aid_str out = AID_STR_INIT (1 << 20);
  size_t words = 0;

  for (size_t i = 0; i < q.len && words < QUESTION_WORDS;)
    {
      size_t from = i;
      while (i < q.len && (isalnum ((unsigned char)q.ptr[i]) || (unsigned char)q.ptr[i] >= 0x80))
        i++;
      if (i > from)
        aid_str_addf (&out, "%s\"%.*s\"", words++ ? " OR " : "", (int)(i - from), q.ptr + from);
      else
        i++;
    }
  return out;
}

static size_t
best (struct plain *p, const char *sql, struct aid_span question, char **out, size_t max)
{
  struct aid_str match = match_of (question);
  sqlite3_stmt *s = prepare (p, sql);
  size_t n = 0;

  sqlite3_bind_text (s, 1, aid_str_z (&match), (int)match.len, SQLITE_STATIC);
  sqlite3_bind_int64 (s, 2, (int64_t)max);
  while (n < max && sqlite3_step (s) == SQLITE_ROW)
    out[n++] = strdup ((const char *)sqlite3_column_text (s, 0));
  sqlite3_finalize (s);
  aid_str_free (&match);
  return n;
}

size_t
plain_files (struct plain *p, struct aid_span question, char **out, size_t max)
{
  return best (p, "SELECT path FROM files WHERE files MATCH ?1 ORDER BY bm25(files) LIMIT ?2", question, out, max);
}

size_t
plain_defs (struct plain *p, struct aid_span question, char **out, size_t max)
{
  return best (p, "SELECT name FROM defs WHERE defs MATCH ?1 ORDER BY bm25(defs) LIMIT ?2", question, out, max);
}
