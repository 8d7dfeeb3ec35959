/* The queue: what both engines have in common, checks before and words after. */
#include "ces/queue_internal.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/sha256.h"

#include <stdio.h>
#include <stdlib.h>

/* --- opening ------------------------------------------------------------------------------------------------------------- */

enum aid_err
aid_queue_open (const struct aid_queue_place *place, const struct aid_stop *stop, struct aid_queue **out,
                struct aid_error *e)
{
  struct aid_queue *q = calloc (1, sizeof *q);
  *out = NULL;
  if (!q)
    return aid_error_set (e, AID_E_NOMEM, "No memory for the queue");
  q->engine = place->server.url ? &aid_queue_pg : &aid_queue_file;
  enum aid_err err = place->server.url ? aid_queue_pg_open (place, stop, &q->on, e) : aid_queue_file_open (stop, &q->on, e);
  if (err)
    free (q);
  else
    *out = q;
  return err;
}

void
aid_queue_close (struct aid_queue *q)
{
  if (q)
    q->engine->close (q->on);
  free (q);
}

int
aid_queue_is_lost (enum aid_err err)
{
  return err == AID_E_NET || err == AID_E_TIMEOUT || err == AID_E_STATE || err == AID_E_IO;
}

/* --- names --------------------------------------------------------------------------------------------------------------- */

enum aid_err
aid_queue_new_id (char id[AID_QUEUE_ID], struct aid_error *e)
{
  uint64_t drawn;
  if (aid_random (&drawn, sizeof drawn))
    return aid_error_set (e, AID_E_IO, "The system gives no random numbers");
  snprintf (id, AID_QUEUE_ID, "%012llx%016llx", (unsigned long long)aid_clock_wall_ms () & 0xffffffffffffULL,
            (unsigned long long)drawn);
  return AID_OK;
}

int
aid_queue_is_id (const char *z)
{
  return strlen (z) == AID_QUEUE_ID - 1 && strspn (z, "0123456789abcdef") == AID_QUEUE_ID - 1;
}

void
aid_queue_key (const json_t *task, struct aid_str *out)
{
  static const char *const members[] = { "repository", "base", "commands", "directory", "files" };
  char hex[AID_SHA256_HEX];
  json_t *what = json_object ();
  for (size_t i = 0; i < sizeof members / sizeof *members; i++)
    json_object_set (what, members[i], json_object_get (task, members[i]));
  char *text = json_dumps (what, JSON_SORT_KEYS | JSON_COMPACT);
  aid_sha256_hex (aid_span_z (text), hex);
  aid_str_addz (out, hex);
  free (text);
  json_decref (what);
}

const char *
aid_queue_state (const char *z)
{
  return !strcmp (z, "waiting") ? "waiting" : !strcmp (z, "running") ? "running" : "done";
}

/* --- what is held -------------------------------------------------------------------------------------------------------- */

void
aid_queue_held_free (struct aid_queue_held *h)
{
  aid_str_free (&h->key);
  aid_str_free (&h->task);
  aid_str_free (&h->answer);
}

struct aid_queue_held *
aid_queue_held_add (struct aid_vec *held, const char *id, int64_t fence, int64_t attempts, int ours)
{
  struct aid_queue_held *h = aid_queue_is_id (id) ? aid_vec_push (held) : NULL;
  if (!h)
    return NULL;
  *h = (struct aid_queue_held){ .fence = fence,
                                .attempts = (int)attempts,
                                .ours = ours,
                                .key = AID_STR_INIT (AID_QUEUE_KEY_MAX),
                                .task = AID_STR_INIT (AID_QUEUE_TEXT_MAX),
                                .answer = AID_STR_INIT (AID_QUEUE_TEXT_MAX) };
  memcpy (h->id, id, AID_QUEUE_ID);
  return h;
}

int
aid_queue_next (int64_t ms)
{
  return ms < 0 ? -1 : ms < AID_QUEUE_NEXT_LEAST_MS ? AID_QUEUE_NEXT_LEAST_MS : ms > 3600000 ? 3600000 : (int)ms;
}

/* --- what becomes of one ------------------------------------------------------------------------------------------------- */

enum aid_err
aid_queue_row_json (const struct aid_queue_row *r, json_t **out, struct aid_error *e)
{
  json_t *text = r->text.len ? aid_json_parse (r->text, "the queue's verdict", e) : json_null ();
  int is_verdict = !strcmp (r->outcome, "verdict");
  *out = NULL;
  if (!text)
    return AID_E_PARSE;
  json_t *verdict = is_verdict ? text : json_null (), *error = is_verdict ? json_null () : text;
  *out = json_pack ("{s:s, s:s, s:o, s:o, s:o, s:I, s:I, s:o, s:I, s:I, s:I}", "id", r->id, "state",
                    aid_queue_state (r->state), "outcome", *r->outcome ? json_string (r->outcome) : json_null (), "verdict",
                    verdict, "error", error, "tries", (json_int_t)r->tries, "attempts", (json_int_t)r->attempts, "worker",
                    *r->worker ? json_string (r->worker) : json_null (), "queued", (json_int_t)r->queued, "started",
                    (json_int_t)r->started, "done", (json_int_t)r->done);
  return *out ? AID_OK : aid_error_set (e, AID_E_NOMEM, "No memory for a verdict of the queue");
}

/* --- the engines', checked ----------------------------------------------------------------------------------------------- */

static enum aid_err
check_id (const char *id, struct aid_error *e)
{
  return aid_queue_is_id (id)
           ? AID_OK
           : aid_error_set (e, AID_E_INVALID,
                            "\"%.40s\" is no name of a task: that is %d digits and letters, as aid ces submit "
                            "--queue prints them",
                            id, AID_QUEUE_ID - 1);
}

static enum aid_err
check_text (struct aid_span text, const char *what, struct aid_error *e)
{
  return text.len <= AID_QUEUE_TEXT_MAX
           ? AID_OK
           : aid_error_set (e, AID_E_LIMIT, "%s has %zu bytes, more than the %u that the queue takes", what, text.len,
                            AID_QUEUE_TEXT_MAX);
}

enum aid_err
aid_queue_submit (struct aid_queue *q, const struct aid_queue_task *t, struct aid_error *e)
{
  struct aid_queue_task whole = *t;
  enum aid_err err = check_id (t->id, e);
  if (!err)
    err = check_text (t->task, "The task", e);
  if (!err)
    err = check_text (t->answer, "The answer", e);
  if (!err && (strlen (t->key) > AID_QUEUE_KEY_MAX || t->tries < 0 || t->tries > AID_QUEUE_TRIES_MAX))
    err = aid_error_set (e, AID_E_INVALID, "A task has a key of at most %d bytes and at most %d tries", AID_QUEUE_KEY_MAX,
                         AID_QUEUE_TRIES_MAX);
  if (!whole.tries)
    whole.tries = AID_QUEUE_TRIES;
  return err ? err : q->engine->submit (q->on, &whole, e);
}

enum aid_err
aid_queue_result (struct aid_queue *q, const char *id, json_t **out, struct aid_error *e)
{
  enum aid_err err = check_id (id, e);
  *out = NULL;
  return err ? err : q->engine->result (q->on, id, out, e);
}

enum aid_err
aid_queue_cancel (struct aid_queue *q, const char *id, const char **was, struct aid_error *e)
{
  enum aid_err err = check_id (id, e);
  return err ? err : q->engine->cancel (q->on, id, was, e);
}

enum aid_err
aid_queue_status (struct aid_queue *q, json_t **out, struct aid_error *e)
{
  *out = NULL;
  return q->engine->status (q->on, out, e);
}

enum aid_err
aid_queue_forget (struct aid_queue *q, int64_t ago_ms, int64_t *n, struct aid_error *e)
{
  *n = 0;
  return q->engine->forget (q->on, ago_ms, n, e);
}

enum aid_err
aid_queue_claim (struct aid_queue *q, const struct aid_queue_worker *w, int n, int fair, struct aid_vec *held, int *next_ms,
                 struct aid_error *e)
{
  *next_ms = -1;
  return q->engine->claim (q->on, w, n, fair, held, next_ms, e);
}

enum aid_err
aid_queue_renew (struct aid_queue *q, const struct aid_queue_worker *w, const struct aid_queue_held *const *held, size_t n,
                 unsigned char *lost, struct aid_error *e)
{
  return q->engine->renew (q->on, w, held, n, lost, e);
}

enum aid_err
aid_queue_finish (struct aid_queue *q, const struct aid_queue_worker *w, const struct aid_queue_held *h,
                  enum aid_queue_outcome outcome, struct aid_span text, int *taken, struct aid_error *e)
{
  enum aid_err err = check_text (text, "The verdict", e);
  *taken = 0;
  return err ? err : q->engine->finish (q->on, w, h, outcome == AID_QUEUE_VERDICT ? "verdict" : "error", text, taken, e);
}

enum aid_err
aid_queue_return (struct aid_queue *q, const struct aid_queue_worker *w, const struct aid_queue_held *h, const char *why,
                  int after_ms, struct aid_error *e)
{
  return q->engine->give_back (q->on, w, h, why, after_ms, e);
}

enum aid_err
aid_queue_leave (struct aid_queue *q, const struct aid_queue_worker *w, struct aid_error *e)
{
  return q->engine->leave (q->on, w, e);
}

enum aid_err
aid_queue_listen (struct aid_queue *q, unsigned news, struct aid_error *e)
{
  return q->engine->listen (q->on, news, e);
}

enum aid_err
aid_queue_wait (struct aid_queue *q, int ms, const int others[2], unsigned *news, struct aid_error *e)
{
  *news = 0;
  return q->engine->wait (q->on, ms, others, news, e);
}
