/* The sample of real questions: shipped, from a file, or the person's own. */
#include "learn/sample.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "chat/chat.h"
#include "measure/events.h"
#include "store/blob.h"
#include "store/db.h"
#include <stdlib.h>

#define FILE_MAX ((size_t)8 << 20)
#define OWN_MAX 500 /* requests that are looked through, the newest first */

extern const char aid_questions_text[];

static int
is_blank (char c)
{
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

size_t
aid_sample_words (struct aid_span text)
{
  size_t n = 0;
  for (size_t i = 0; i < text.len; i++)
    n += !is_blank (text.ptr[i]) && (!i || is_blank (text.ptr[i - 1]));
  return n;
}

static void
add (struct aid_sample *s, struct aid_span text)
{
  struct aid_span t = aid_span_trim (text);
  char **slot = t.len && t.len <= AID_SAMPLE_QUESTION ? aid_vec_push (&s->questions) : NULL;
  if (slot && !(*slot = aid_span_dup (t)))
    s->questions.len--;
}

static void
read_text (struct aid_sample *s, struct aid_span text)
{
  struct aid_str one = AID_STR_INIT (AID_SAMPLE_QUESTION + 1);
  struct aid_span line;
  int head = 1;
  while (aid_span_line (&text, &line))
    {
      struct aid_span t = aid_span_trim (line);
      if (head && aid_span_starts (t, "#"))
        continue;
      head = head && !t.len;
      if (t.len)
        {
          aid_str_addz (&one, one.len ? "\n" : "");
          aid_str_addspan (&one, t);
          continue;
        }
      if (!one.err)
        add (s, aid_str_span (&one));
      aid_str_clear (&one);
    }
  if (!one.err)
    add (s, aid_str_span (&one));
  aid_str_free (&one);
}

/* --- the person's own --------------------------------------------------------------------------------------------- */

/* The words of the last question in CONTENT, the chat and its answer as measure/ keeps them. */
static void
take_own (struct aid_sample *s, const json_t *content)
{
  struct aid_chat *chat;
  struct aid_str text = AID_STR_INIT (AID_SAMPLE_QUESTION + 1);
  if (aid_chat_parse (aid_json_span (content, "chat"), &chat, NULL))
    return;
  for (size_t i = chat->turns.len; i-- > 0;)
    {
      const struct aid_turn *t = &AID_VEC_AT (struct aid_turn, &chat->turns, i);
      if (t->kind != AID_TURN_USER)
        continue;
      for (size_t k = t->first_piece; k < t->first_piece + t->npieces; k++)
        {
          const struct aid_piece *p = &AID_VEC_AT (struct aid_piece, &chat->pieces, k);
          if (p->kind == AID_PIECE_TEXT)
            aid_chat_plain (chat, p->beg, p->end, 0, &text);
        }
      break;
    }
  if (!text.err)
    add (s, aid_str_span (&text));
  aid_str_free (&text);
  aid_chat_free (chat);
}

static enum aid_err
read_own (struct aid_sample *s, struct aid_error *e)
{
  struct aid_db *db = NULL;
  sqlite3_stmt *q = NULL;
  int row = 0;
  enum aid_err err = aid_events_open (&db, e);
  if (err || !db)
    return err;
  err = aid_db_prepare (db,
                        "SELECT content FROM events WHERE kind = 'request' AND content IS NOT NULL"
                        " AND coalesce(json_extract(data, '$.strategy'), '') NOT LIKE 'describe%' ORDER BY at DESC LIMIT ?1",
                        &q, e);
  if (!err)
    sqlite3_bind_int (q, 1, OWN_MAX);
  while (!err && !(err = aid_db_step (db, q, &row, e)) && row)
    {
      char *id = aid_span_dup (aid_db_column (q, 0));
      struct aid_str text = AID_STR_INIT (AID_BLOB_MAX);
      json_t *content
        = id && !aid_blob_get (id, &text, NULL) ? aid_json_parse (aid_str_span (&text), "a question", NULL) : NULL;
      if (content)
        take_own (s, json_object_get (content, "content"));
      json_decref (content);
      aid_str_free (&text);
      free (id);
    }
  aid_db_close (db);
  return err;
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

static int
by_number (const void *a, const void *b)
{
  size_t x = *(const size_t *)a, y = *(const size_t *)b;
  return x < y ? -1 : x > y;
}

static enum aid_err
measure (struct aid_sample *s, struct aid_error *e)
{
  size_t n = s->questions.len, *words = malloc ((n + 1) * sizeof *words);
  if (!words)
    return aid_error_set (e, AID_E_NOMEM, "No memory for the sample of questions");
  for (size_t i = 0; i < n; i++)
    words[i] = aid_sample_words (aid_span_z (AID_VEC_AT (char *, &s->questions, i)));
  qsort (words, n, sizeof *words, by_number);
  s->least = words[n / 10];
  s->most = words[n - 1 - n / 10];
  free (words);
  return AID_OK;
}

enum aid_err
aid_sample_read (const char *from, struct aid_sample *out, struct aid_error *e)
{
  struct aid_str text = AID_STR_INIT (FILE_MAX);
  enum aid_err err = AID_OK;
  int own = from && !strcmp (from, "own");
  *out = (struct aid_sample){ .questions = AID_VEC_INIT (char *, AID_SAMPLE_MAX) };
  if (own)
    err = read_own (out, e);
  else if (from)
    err = aid_fs_read (from, &text, e);
  else
    aid_str_addz (&text, aid_questions_text);
  if (!err && !own)
    read_text (out, aid_str_span (&text));
  if (!err && !out->questions.len)
    err = aid_error_set (e, AID_E_NOTFOUND,
                         own ? "No question of your own was kept: that wants \"measure\": \"content\" in your settings"
                             : "%s holds no questions: write one a paragraph",
                         from ? from : "");
  aid_str_free (&text);
  return err ? err : measure (out, e);
}

void
aid_sample_free (struct aid_sample *s)
{
  for (size_t i = 0; i < s->questions.len; i++)
    free (AID_VEC_AT (char *, &s->questions, i));
  aid_vec_free (&s->questions);
}

void
aid_sample_show (const struct aid_sample *s, const char *name, struct aid_str *out)
{
  size_t n = s->questions.len, shown = n < AID_SAMPLE_SHOWN ? n : AID_SAMPLE_SHOWN;
  size_t at = n ? (size_t)aid_hash64 (aid_span_z (name)) % n : 0;
  size_t step = n / (shown ? shown : 1);
  for (size_t i = 0; i < shown; i++)
    {
      struct aid_span rest = aid_span_z (AID_VEC_AT (char *, &s->questions, (at + i * step) % n)), line;
      aid_str_addz (out, "-");
      while (aid_span_line (&rest, &line))
        aid_str_addf (out, " %.*s", (int)line.len, line.ptr);
      aid_str_addc (out, '\n');
    }
}
