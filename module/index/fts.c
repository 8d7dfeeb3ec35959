/* The function aid_collect, called once for the first row that matches, walks all rows of the phrase by itself: some
   50 ns a row instead of the microsecond that a row of a SELECT costs. */
#include "index/fts.h"

#include <stdio.h>
#include <stdlib.h>

struct aid_fts
{
  struct aid_db *db;
  struct aid_vec *out; /* during a call of aid_fts_collect */
  size_t max;
  int cut;
};

/* --- the tokenizer ------------------------------------------------------------------------------------------------- */

static int
no_tokenizer (void *ctx, const char **args, int n, Fts5Tokenizer **out)
{
  (void)args, (void)n;
  *out = ctx;
  return SQLITE_OK;
}

static void
forget_tokenizer (Fts5Tokenizer *t)
{
  (void)t;
}

static int
split (Fts5Tokenizer *t, void *ctx, int flags, const char *text, int len,
       int (*token) (void *, int, const char *, int, int, int))
{
  const char *p = text, *end = text + len;

  (void)t, (void)flags;
  while (p < end)
    {
      const char *blank = memchr (p, ' ', (size_t)(end - p));
      const char *to = blank ? blank : end;
      int code = to > p ? token (ctx, 0, p, (int)(to - p), (int)(p - text), (int)(to - text)) : SQLITE_OK;
      if (code)
        return code;
      p = to + 1;
    }
  return SQLITE_OK;
}

/* --- collecting ---------------------------------------------------------------------------------------------------- */

static int
take_row (const Fts5ExtensionApi *api, Fts5Context *row, void *ctx)
{
  struct aid_fts *f = ctx;
  struct aid_posting *p;
  Fts5PhraseIter at;
  int column;

  if (f->out->len == f->max)
    {
      f->cut = 1;
      return SQLITE_DONE;
    }
  if (!(p = aid_vec_push (f->out)))
    return SQLITE_NOMEM;
  p->row = api->xRowid (row);
  if (api->xPhraseFirstColumn (row, 0, &at, &column))
    return SQLITE_NOMEM;
  for (; column >= 0; api->xPhraseNextColumn (row, &at, &column))
    p->columns |= 1u << (column & 31);
  return SQLITE_OK;
}

static void
collect (const Fts5ExtensionApi *api, Fts5Context *row, sqlite3_context *context, int n, sqlite3_value **values)
{
  int code = api->xQueryPhrase (row, 0, api->xUserData (row), take_row);

  (void)n, (void)values;
  if (code && code != SQLITE_DONE)
    sqlite3_result_error_code (context, code);
}

static fts5_api *
api_of (sqlite3 *raw)
{
  fts5_api *api = NULL;
  sqlite3_stmt *s = NULL;

  if (sqlite3_prepare_v2 (raw, "SELECT fts5(?1)", -1, &s, NULL) == SQLITE_OK)
    {
      sqlite3_bind_pointer (s, 1, &api, "fts5_api_ptr", NULL);
      sqlite3_step (s);
    }
  sqlite3_finalize (s);
  return api;
}

enum aid_err
aid_fts_new (struct aid_db *db, struct aid_fts **out, struct aid_error *e)
{
  fts5_tokenizer splitter = { no_tokenizer, forget_tokenizer, split };
  fts5_api *api = api_of (aid_db_raw (db));
  struct aid_fts *f = calloc (1, sizeof *f);

  *out = NULL;
  if (!f)
    return aid_error_set (e, AID_E_NOMEM, "No memory for the index");
  if (!api || api->xCreateTokenizer (api, "aid", f, &splitter, NULL)
      || api->xCreateFunction (api, "aid_collect", f, collect, NULL))
    {
      free (f);
      return aid_error_set (e, AID_E_STATE,
                            "This SQLite has no full text search (FTS5): install one that has it to search projects");
    }
  f->db = db;
  *out = f;
  return AID_OK;
}

void
aid_fts_free (struct aid_fts *f)
{
  free (f);
}

enum aid_err
aid_fts_collect (struct aid_fts *f, const char *table, struct aid_span term, size_t max, struct aid_vec *out, int *cut,
                 struct aid_error *e)
{
  char sql[128], phrase[2 * 4096 + 8];
  sqlite3_stmt *s;
  size_t len = 0;
  int row;
  enum aid_err err;

  *cut = 0;
  if (term.len > 4096 || memchr (term.ptr, ' ', term.len))
    return AID_OK;
  phrase[len++] = '"';
  for (size_t i = 0; i < term.len; i++)
    {
      if (term.ptr[i] == '"')
        phrase[len++] = '"';
      phrase[len++] = term.ptr[i];
    }
  phrase[len++] = '"';
  snprintf (sql, sizeof sql, "SELECT aid_collect(%s) FROM %s WHERE %s MATCH ?1 LIMIT 1", table, table, table);
  if ((err = aid_db_prepare (f->db, sql, &s, e)))
    return err;
  f->out = out;
  f->max = out->len + max;
  f->cut = 0;
  aid_db_text (s, 1, (struct aid_span){ phrase, len });
  err = aid_db_step (f->db, s, &row, e);
  sqlite3_reset (s);
  *cut = f->cut;
  f->out = NULL;
  return err;
}
