/* Whoever asks waits on a condition of their own; events of the core come on its threads and find them by the request's
   number. */
#include "learn/ask_once.h"
#include "assist/assist.h"
#include "assist/variants.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/val.h"
#include "model/cost.h"
#include "model/provider.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CHAT_MAX ((size_t)16 << 20)
#define VAL_MAX ((size_t)64 << 20)
#define WAITING_MAX 1000
#define LOOK_MS 100 /* how often one who waits looks whether all is to stop */
#define KEY_LENGTH 8

struct waiting
{
  uint64_t id;
  struct aid_once_answer *answer;
  struct aid_error error;
  int ended;
};

struct aid_asker
{
  struct aid_assist *assist;
  const struct aid_stop *stop;
  pthread_mutex_t lock;
  pthread_cond_t ended;
  struct aid_vec waiting; /* struct waiting *, guarded by LOCK */
  uint64_t last_id;
};

static json_t *
json_of (struct aid_span val)
{
  struct aid_str text = AID_STR_INIT (VAL_MAX);
  json_t *v = NULL;
  if (val.len && !aid_val_to_json (val, 0, &text))
    v = aid_json_parse (aid_str_span (&text), "an event", NULL);
  aid_str_free (&text);
  return v;
}

/* --- events, on the core's threads -------------------------------------------------------------------------------- */

static enum aid_err
code_named (const char *name)
{
  for (int code = AID_E_NOMEM; name && code <= AID_E_CANCELLED; code++)
    if (!strcmp (aid_err_name ((enum aid_err)code), name))
      return (enum aid_err)code;
  return AID_E_IO;
}

static void
take_end (struct waiting *w, int kind, const json_t *val)
{
  const char *message = aid_json_str (val, "message");
  w->answer->in = aid_json_int (val, "in", 0);
  w->answer->out = aid_json_int (val, "out", 0);
  w->answer->cost = aid_json_real (val, "cost", -1.0);
  w->answer->held = json_object_get (val, "held") != NULL;
  w->answer->cached = aid_json_int (val, "cached", 0);
  w->answer->reasoning = aid_json_int (val, "reasoning", 0);
  w->answer->first_ms = aid_json_int (val, "first_ms", -1);
  w->answer->ms = aid_json_int (val, "ms", -1);
  snprintf (w->answer->stop, sizeof w->answer->stop, "%s", aid_json_str (val, "stop") ? aid_json_str (val, "stop") : "");
  if (kind == AID_EVENT_ERROR)
    aid_error_set (&w->error, code_named (aid_json_str (val, "code")), "%s", message ? message : "The request failed");
  w->ended = 1;
}

static void
post (void *ctx, uint64_t request, const struct aid_event *ev)
{
  struct aid_asker *a = ctx;
  json_t *val = ev->kind == AID_EVENT_TEXT ? NULL : json_of (ev->val);
  pthread_mutex_lock (&a->lock);
  for (size_t i = 0; i < a->waiting.len; i++)
    {
      struct waiting *w = AID_VEC_AT (struct waiting *, &a->waiting, i);
      if (w->id != request || w->ended)
        continue;
      if (ev->kind == AID_EVENT_TEXT)
        aid_str_addspan (&w->answer->text, ev->text);
      else if (ev->kind == AID_EVENT_START && !w->answer->model && aid_json_str (val, "id"))
        w->answer->model = strdup (aid_json_str (val, "id"));
      else if (ev->kind == AID_EVENT_DONE || ev->kind == AID_EVENT_ERROR)
        {
          take_end (w, ev->kind, val);
          pthread_cond_broadcast (&a->ended);
        }
    }
  pthread_mutex_unlock (&a->lock);
  json_decref (val);
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

enum aid_err
aid_asker_new (const struct aid_stop *stop, struct aid_asker **out, struct aid_error *e)
{
  struct aid_asker *a = calloc (1, sizeof *a);
  *out = NULL;
  if (!a)
    return aid_error_set (e, AID_E_NOMEM, "There is no memory to ask");
  a->stop = stop;
  a->waiting = AID_VEC_INIT (struct waiting *, WAITING_MAX);
  pthread_mutex_init (&a->lock, NULL);
  pthread_cond_init (&a->ended, NULL);
  struct aid_sink sink = { post, a };
  a->assist = aid_assist_new (&sink, e);
  if (!a->assist)
    {
      aid_asker_free (a);
      return e && e->code ? e->code : AID_E_NOMEM;
    }
  *out = a;
  return AID_OK;
}

void
aid_asker_free (struct aid_asker *a)
{
  if (!a)
    return;
  aid_assist_free (a->assist, "The command ends.");
  pthread_mutex_destroy (&a->lock);
  pthread_cond_destroy (&a->ended);
  aid_vec_free (&a->waiting);
  free (a);
}

/* The text of a chat that holds Q alone; its key stands nowhere in the question. */
static enum aid_err
write_chat (const struct aid_once *q, struct aid_str *chat, struct aid_error *e)
{
  char key[KEY_LENGTH + 1];
  struct aid_span question = q->question;
  if (q->chat.len)
    return aid_str_addspan (chat, q->chat) ? aid_error_set (e, chat->err, "The question is larger than %zu MB", CHAT_MAX >> 20)
                                           : AID_OK;
  do
    if (aid_random_key (key, KEY_LENGTH))
      return aid_error_set (e, AID_E_IO, "The system gives no random numbers");
  while (aid_span_find (question, aid_span_z (key)) >= 0);
  aid_str_addf (chat, "<!--aid:%s chat v=1-->\n\n## You <!--aid:%s 1 user-->\n", key, key);
  aid_str_addspan (chat, question);
  aid_str_addz (chat, "\n");
  return chat->err ? aid_error_set (e, chat->err, "The question is larger than %zu MB", CHAT_MAX >> 20) : AID_OK;
}

static struct aid_ask
ask_of (const struct aid_once *q, const struct aid_str *chat)
{
  return (struct aid_ask){ .chat = aid_str_span (chat),
                           .model = q->model,
                           .strategy = q->strategy,
                           .exact = !q->variant,
                           .root = q->root,
                           .items = q->items,
                           .nitems = q->nitems,
                           .apart = q->apart,
                           .request = "r1",
                           .over_budget = q->over_budget,
                           .plain = 1 };
}

/* Waits for the end of W; when all is to stop, has it cancelled. */
static void
wait_for (struct aid_asker *a, struct waiting *w)
{
  int cancelled = 0;
  pthread_mutex_lock (&a->lock);
  while (!w->ended)
    {
      struct timespec until;
      clock_gettime (CLOCK_REALTIME, &until);
      until.tv_nsec += LOOK_MS * 1000000L;
      until.tv_sec += until.tv_nsec / 1000000000;
      until.tv_nsec %= 1000000000;
      pthread_cond_timedwait (&a->ended, &a->lock, &until);
      if (w->ended || cancelled || !aid_stop_is_set (a->stop))
        continue;
      cancelled = 1;
      pthread_mutex_unlock (&a->lock);
      aid_assist_cancel (a->assist, w->id);
      pthread_mutex_lock (&a->lock);
    }
  pthread_mutex_unlock (&a->lock);
}

static void
leave (struct aid_asker *a, const struct waiting *w)
{
  pthread_mutex_lock (&a->lock);
  for (size_t i = 0; i < a->waiting.len; i++)
    if (AID_VEC_AT (struct waiting *, &a->waiting, i) == w)
      {
        aid_vec_remove (&a->waiting, i, 1);
        break;
      }
  pthread_mutex_unlock (&a->lock);
}

enum aid_err
aid_ask_once (struct aid_asker *a, const struct aid_once *q, struct aid_once_answer *out, struct aid_error *e)
{
  struct aid_str chat = AID_STR_INIT (CHAT_MAX);
  struct waiting w = { .answer = out, .error = { AID_OK, "" } };
  *out = (struct aid_once_answer){ .text = AID_STR_INIT (AID_ANSWER_MAX), .cost = -1.0, .first_ms = -1, .ms = -1 };
  if (aid_stop_is_set (a->stop))
    return aid_error_set (e, AID_E_CANCELLED, "Stopped");
  enum aid_err err = write_chat (q, &chat, e);
  if (!err)
    {
      pthread_mutex_lock (&a->lock);
      struct waiting **slot = aid_vec_push (&a->waiting);
      w.id = ++a->last_id;
      if (slot)
        *slot = &w;
      pthread_mutex_unlock (&a->lock);
      struct aid_ask ask = ask_of (q, &chat);
      ask.id = w.id;
      err = slot ? aid_assist_ask (a->assist, &ask, e)
                 : aid_error_set (e, AID_E_LIMIT, "Too many questions are asked at once");
      if (slot && !err)
        wait_for (a, &w);
      leave (a, &w);
    }
  aid_str_free (&chat);
  if (!err && w.error.code)
    err = aid_error_set (e, w.error.code, "%s", w.error.msg);
  if (!err && out->text.err)
    err = aid_error_set (e, out->text.err, "The answer is too long");
  return err;
}

enum aid_err
aid_ask_ahead (const struct aid_once *q, int64_t answer, int64_t *tokens, double *cost, struct aid_error *e)
{
  struct aid_str chat = AID_STR_INIT (CHAT_MAX), val = AID_STR_INIT (VAL_MAX);
  struct aid_model model = { .local = 0 };
  enum aid_err err = write_chat (q, &chat, e);
  struct aid_ask ask = ask_of (q, &chat);
  const struct aid_asked asked = { q->root, q->model, q->strategy, !q->variant, ask.chat, NULL };
  struct aid_config *config = err          ? NULL
                              : q->apart ? aid_config_load (q->root, e)
                                         : aid_variants_config (&asked, NULL, e);
  if (!err)
    err = config ? aid_model_resolve (config, q->model, &model, e) : AID_E_INVALID;
  int resolved = !err;
  if (!err)
    err = aid_assist_forecast (&ask, &val, e);
  json_t *forecast = err ? NULL : json_of (aid_str_span (&val));
  *tokens = aid_json_int (forecast, "tokens", 0);
  *cost = err ? -1.0 : aid_cost_ahead (&model.price, *tokens, answer);
  if (resolved && *cost < 0 && model.local)
    *cost = 0;
  json_decref (forecast);
  if (resolved)
    aid_model_free (&model);
  aid_config_free (config);
  aid_str_free (&val);
  aid_str_free (&chat);
  return err;
}

void
aid_once_free (struct aid_once_answer *answer)
{
  aid_str_free (&answer->text);
  free (answer->model);
  answer->model = NULL;
}
