/* The queue in PostgreSQL: each operation is one of the schema's functions (queue_1.sql). */
#include "ces/queue_internal.h"
#include "ces/queue_schema.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>

#define PATIENCE_MS 20000 /* of one statement */
#define LIST_MAX (1u << 20)

struct server
{
  struct aid_pg *pg;
};

/* --- values -------------------------------------------------------------------------------------------------------------- */

struct number
{
  char text[24];
};
static const char *
number (int64_t n, struct number *out)
{
  snprintf (out->text, sizeof out->text, "%lld", (long long)n);
  return out->text;
}

/* Appends Z to the array literal OUT. */
static void
add_item (const char *z, struct aid_str *out)
{
  aid_str_addz (out, out->len > 1 ? ",\"" : "\"");
  for (; *z; z++)
    {
      if (*z == '"' || *z == '\\')
        aid_str_addc (out, '\\');
      aid_str_addc (out, *z);
    }
  aid_str_addc (out, '"');
}

static void
add_keys (const struct aid_queue_worker *w, struct aid_str *out)
{
  aid_str_addc (out, '{');
  for (size_t i = 0; i < w->keys.len && i < AID_QUEUE_KEYS_MAX; i++)
    add_item (AID_VEC_AT (char *, &w->keys, i), out);
  aid_str_addc (out, '}');
}

static void
add_hex (struct aid_span bytes, struct aid_str *out)
{
  static const char digits[] = "0123456789abcdef";
  if (bytes.len)
    aid_str_reserve (out, 2 * bytes.len + 1);
  for (size_t i = 0; i < bytes.len; i++)
    {
      unsigned char c = (unsigned char)bytes.ptr[i];
      const char pair[] = { digits[c >> 4], digits[c & 15] };
      aid_str_add (out, pair, 2);
    }
}

static int
digit (char c)
{
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 0, or -1 when HEX is none or does not fit. */
static int
add_unhexed (const char *hex, struct aid_str *out)
{
  for (; *hex; hex += 2)
    {
      int high = digit (hex[0]), low = high < 0 ? -1 : digit (hex[1]);
      if (low < 0)
        return -1;
      aid_str_addc (out, (char)(high << 4 | low));
    }
  return out->err ? -1 : 0;
}

/* --- the connection ------------------------------------------------------------------------------------------------------ */

static void
hang_up (void *on)
{
  struct server *s = on;
  aid_pg_close (s->pg);
  free (s);
}

enum aid_err
aid_queue_pg_open (const struct aid_queue_place *place, const struct aid_stop *stop, void **on, struct aid_error *e)
{
  struct server *s = calloc (1, sizeof *s);
  *on = NULL;
  if (!s)
    return aid_error_set (e, AID_E_NOMEM, "No memory for the queue");
  enum aid_err err = aid_pg_open (&place->server, PATIENCE_MS, stop, &s->pg, e);
  /* What is told to be there is on the server's disk, whatever its settings are. */
  if (!err)
    err = aid_pg_run (s->pg,
                      "SET synchronous_commit = on; SET default_transaction_isolation = 'read committed';"
                      " SET default_transaction_read_only = off",
                      NULL, 0, NULL, e);
  if (!err)
    err = aid_queue_schema_check (s->pg, place->server.name, e);
  if (err)
    hang_up (s);
  else
    *on = s;
  return err;
}

static enum aid_err
submit (void *on, const struct aid_queue_task *t, struct aid_error *e)
{
  struct server *s = on;
  struct number tries = { "" };
  struct aid_str hex = AID_STR_INIT (2 * AID_QUEUE_TEXT_MAX + 2);
  char *task = aid_span_dup (t->task);
  add_hex (t->answer, &hex);
  const char *params[] = { t->id, t->key, task, aid_str_z (&hex), number (t->tries, &tries), t->ours ? "t" : "f" };
  enum aid_err err = !task || hex.err
                       ? aid_error_set (e, AID_E_NOMEM, "No memory for a task of the queue")
                       : aid_pg_run (s->pg, "SELECT aid_ces.submit($1, $2, $3, $4, $5, $6)", params, 6, NULL, e);
  free (task);
  aid_str_free (&hex);
  return err;
}

static enum aid_err
none_such (const char *id, struct aid_error *e)
{
  return aid_error_set (e, AID_E_NOTFOUND, "The queue has no task %.40s of yours: it was forgotten, or is somebody else's",
                        id);
}

static enum aid_err
result (void *on, const char *id, json_t **out, struct aid_error *e)
{
  struct server *s = on;
  struct aid_pg_rows rows;
  enum aid_err err = aid_pg_run (s->pg, "SELECT * FROM aid_ces.result($1)", &id, 1, &rows, e);
  if (!err && rows.n != 1)
    err = none_such (id, e);
  else if (!err)
    err = aid_queue_row_json (&(struct aid_queue_row){ .id = id,
                                                       .state = aid_pg_text (&rows, 0, 0),
                                                       .outcome = aid_pg_text (&rows, 0, 1),
                                                       .text = aid_span_z (aid_pg_text (&rows, 0, 2)),
                                                       .tries = aid_pg_int (&rows, 0, 3),
                                                       .attempts = aid_pg_int (&rows, 0, 4),
                                                       .worker = aid_pg_text (&rows, 0, 5),
                                                       .queued = aid_pg_int (&rows, 0, 6),
                                                       .started = aid_pg_int (&rows, 0, 7),
                                                       .done = aid_pg_int (&rows, 0, 8) },
                              out, e);
  aid_pg_rows_free (&rows);
  return err;
}

static enum aid_err
cancel (void *on, const char *id, const char **was, struct aid_error *e)
{
  struct server *s = on;
  struct aid_pg_rows rows;
  enum aid_err err = aid_pg_run (s->pg, "SELECT aid_ces.cancel($1)", &id, 1, &rows, e);
  if (!err && !*aid_pg_text (&rows, 0, 0))
    err = none_such (id, e);
  else if (!err)
    *was = aid_queue_state (aid_pg_text (&rows, 0, 0));
  aid_pg_rows_free (&rows);
  return err;
}

static enum aid_err
status (void *on, json_t **out, struct aid_error *e)
{
  struct server *s = on;
  struct aid_pg_rows rows;
  enum aid_err err = aid_pg_run (s->pg, "SELECT aid_ces.status()", NULL, 0, &rows, e);
  if (!err && !(*out = aid_json_parse (aid_span_z (aid_pg_text (&rows, 0, 0)), "the queue's status", e)))
    err = AID_E_PARSE;
  aid_pg_rows_free (&rows);
  return err;
}

static enum aid_err
forget (void *on, int64_t ago_ms, int64_t *n, struct aid_error *e)
{
  struct server *s = on;
  struct aid_pg_rows rows;
  struct number ago = { "" };
  const char *params[] = { number (ago_ms, &ago) };
  enum aid_err err = aid_pg_run (s->pg, "SELECT aid_ces.forget($1)", params, 1, &rows, e);
  *n = err ? 0 : aid_pg_int (&rows, 0, 0);
  aid_pg_rows_free (&rows);
  return err;
}

/* --- a worker's ---------------------------------------------------------------------------------------------------------- */

/* A row of claim's; what cannot be read is not held, and goes back when its lease ends. */
static void
take_row (const struct aid_pg_rows *rows, int i, struct aid_vec *held)
{
  struct aid_queue_held *h = aid_queue_held_add (held, aid_pg_text (rows, i, 0), aid_pg_int (rows, i, 1),
                                                 aid_pg_int (rows, i, 2), !strcmp (aid_pg_text (rows, i, 6), "t"));
  if (!h)
    return;
  aid_str_addz (&h->key, aid_pg_text (rows, i, 3));
  aid_str_addz (&h->task, aid_pg_text (rows, i, 4));
  if (h->key.err || h->task.err || add_unhexed (aid_pg_text (rows, i, 5), &h->answer))
    {
      aid_queue_held_free (h);
      aid_vec_remove (held, held->len - 1, 1);
    }
}

static enum aid_err
claim (void *on, const struct aid_queue_worker *w, int n, int fair, struct aid_vec *held, int *next_ms, struct aid_error *e)
{
  struct server *s = on;
  struct aid_pg_rows rows;
  struct number many = { "" }, lease = { "" }, hold = { "" };
  struct aid_str keys = AID_STR_INIT (LIST_MAX);
  add_keys (w, &keys);
  const char *params[] = {
    w->name, number (n, &many), aid_str_z (&keys), fair ? "t" : "f", number (w->lease_ms, &lease), number (w->hold_ms, &hold)
  };
  enum aid_err err = aid_pg_run (s->pg, "SELECT * FROM aid_ces.claim($1, $2, $3::text[], $4, $5, $6)", params, 6, &rows, e);
  for (int i = 0; !err && i < rows.n; i++)
    if (*aid_pg_text (&rows, i, 0))
      take_row (&rows, i, held);
    else
      *next_ms = aid_queue_next (aid_pg_int (&rows, i, 1));
  aid_pg_rows_free (&rows);
  aid_str_free (&keys);
  return err;
}

static enum aid_err
renew (void *on, const struct aid_queue_worker *w, const struct aid_queue_held *const *held, size_t n, unsigned char *lost,
       struct aid_error *e)
{
  struct server *s = on;
  struct aid_pg_rows rows;
  struct number pid = { "" }, jobs = { "" }, lease = { "" }, fence = { "" };
  struct aid_str keys = AID_STR_INIT (LIST_MAX), ids = AID_STR_INIT (LIST_MAX), fences = AID_STR_INIT (LIST_MAX);
  add_keys (w, &keys);
  aid_str_addc (&ids, '{');
  aid_str_addc (&fences, '{');
  for (size_t i = 0; i < n; i++)
    {
      add_item (held[i]->id, &ids);
      add_item (number (held[i]->fence, &fence), &fences);
      lost[i] = 1;
    }
  aid_str_addc (&ids, '}');
  aid_str_addc (&fences, '}');
  const char *params[] = { w->name,
                           w->host,
                           number (w->pid, &pid),
                           number (w->jobs, &jobs),
                           aid_str_z (&keys),
                           number (w->lease_ms, &lease),
                           aid_str_z (&ids),
                           aid_str_z (&fences) };
  enum aid_err err = aid_pg_run (
    s->pg, "SELECT * FROM aid_ces.renew($1, $2, $3, $4, $5::text[], $6, $7::text[], $8::bigint[])", params, 8, &rows, e);
  for (int r = 0; !err && r < rows.n; r++)
    for (size_t i = 0; i < n; i++)
      if (!strcmp (held[i]->id, aid_pg_text (&rows, r, 0)))
        lost[i] = 0;
  aid_pg_rows_free (&rows);
  aid_str_free (&keys);
  aid_str_free (&ids);
  aid_str_free (&fences);
  return err;
}

static enum aid_err
finish (void *on, const struct aid_queue_worker *w, const struct aid_queue_held *h, const char *outcome,
        struct aid_span text, int *taken, struct aid_error *e)
{
  struct server *s = on;
  struct aid_pg_rows rows;
  struct number fence = { "" };
  char *told = aid_span_dup (text);
  const char *params[] = { w->name, h->id, number (h->fence, &fence), outcome, told };
  if (!told)
    return aid_error_set (e, AID_E_NOMEM, "No memory for a verdict");
  enum aid_err err = aid_pg_run (s->pg, "SELECT aid_ces.finish($1, $2, $3, $4, $5)", params, 5, &rows, e);
  if (!err)
    *taken = strcmp (aid_pg_text (&rows, 0, 0), "late") != 0;
  aid_pg_rows_free (&rows);
  free (told);
  return err;
}

static enum aid_err
give_back (void *on, const struct aid_queue_worker *w, const struct aid_queue_held *h, const char *why, int after_ms,
           struct aid_error *e)
{
  struct server *s = on;
  struct number fence = { "" }, after = { "" };
  const char *params[] = { h->id, number (h->fence, &fence), why, number (after_ms, &after) };
  (void)w;
  return aid_pg_run (s->pg, "SELECT aid_ces.give_back($1, $2, $3, $4)", params, 4, NULL, e);
}

static enum aid_err
leave (void *on, const struct aid_queue_worker *w, struct aid_error *e)
{
  struct server *s = on;
  const char *params[] = { w->name };
  return aid_pg_run (s->pg, "SELECT aid_ces.leave($1)", params, 1, NULL, e);
}

/* --- waiting ------------------------------------------------------------------------------------------------------------- */

static enum aid_err
listen_for (void *on, unsigned news, struct aid_error *e)
{
  struct server *s = on;
  enum aid_err err = AID_OK;
  if (news & (AID_QUEUE_WORK | AID_QUEUE_STOP))
    err = aid_pg_run (s->pg, "LISTEN aid_ces_work", NULL, 0, NULL, e);
  if (!err && news & AID_QUEUE_DONE)
    err = aid_pg_run (s->pg, "LISTEN aid_ces_done", NULL, 0, NULL, e);
  return err;
}

static void
note (void *ctx, const char *channel, const char *what)
{
  unsigned *news = ctx;
  if (!strcmp (channel, "aid_ces_done"))
    *news |= AID_QUEUE_DONE;
  else
    *news |= strcmp (what, "stop") ? AID_QUEUE_WORK : AID_QUEUE_STOP;
}

static enum aid_err
wait_for_news (void *on, int ms, const int others[2], unsigned *news, struct aid_error *e)
{
  struct server *s = on;
  return aid_pg_listen (s->pg, ms, others, note, news, e);
}

const struct aid_queue_engine aid_queue_pg = { .close = hang_up,
                                               .submit = submit,
                                               .result = result,
                                               .cancel = cancel,
                                               .status = status,
                                               .forget = forget,
                                               .claim = claim,
                                               .renew = renew,
                                               .finish = finish,
                                               .give_back = give_back,
                                               .leave = leave,
                                               .listen = listen_for,
                                               .wait = wait_for_news };
