/* Asking, and what can be asked. */
#include "assist/variants.h"
#include "base/val.h"
#include "binding/later.h"
#include "config/config.h"
#include "config/secret.h"
#include "model/provider.h"
#include "model/wire.h"
#include <stdlib.h>

#define ITEMS_MAX 10000

struct owned_item
{
  struct aid_str target, text;
};

static void
read_items (emacs_env *env, emacs_value list, struct aid_bind_question *q)
{
  emacs_value pair, target, text;
  q->owned = AID_VEC_INIT (struct owned_item, ITEMS_MAX);
  q->items = AID_VEC_INIT (struct aid_ask_item, ITEMS_MAX);
  while (aid_lisp_pop (env, &list, &pair))
    {
      struct owned_item *o = aid_vec_push (&q->owned);
      struct aid_ask_item *item = aid_vec_push (&q->items);
      if (o == NULL || item == NULL)
        {
          aid_lisp_signal (env, "limit", "Too many context items");
          return;
        }
      aid_lisp_pair (env, pair, &target, &text);
      aid_lisp_text (env, target, &o->target);
      aid_lisp_text (env, text, &o->text);
      item->target = aid_str_span (&o->target);
      item->text = aid_str_span (&o->text);
    }
}

/* What is asked for instead of the question's answer, or sent instead of its request. */
static void
read_instead (emacs_env *env, emacs_value plist, struct aid_bind_question *q)
{
  emacs_value upto = aid_lisp_get (env, plist, ":summarise"), body = aid_lisp_get (env, plist, ":body");
  q->body = AID_STR_INIT (AID_LISP_TEXT_MAX);
  if (!aid_lisp_is_nil (env, upto))
    q->ask.summarise = (int64_t) aid_lisp_size (env, upto);
  if (!aid_lisp_is_nil (env, body))
    aid_lisp_text (env, body, &q->body);
  q->ask.body = aid_str_span (&q->body);
  q->ask.plain = q->ask.summarise != 0;
}

void
aid_bind_question_read (emacs_env *env, emacs_value plist, struct aid_bind_question *q)
{
  emacs_value doc = aid_lisp_get (env, plist, ":doc"), turn = aid_lisp_get (env, plist, ":turn");
  *q = (struct aid_bind_question){ .chat = AID_STR_INIT (AID_LISP_TEXT_MAX) };
  if (!aid_lisp_is_nil (env, doc))
    q->ask.chat = aid_bind_docs_text (env, doc);
  else
    {
      aid_lisp_text (env, aid_lisp_get (env, plist, ":chat"), &q->chat);
      q->ask.chat = aid_str_span (&q->chat);
    }
  if (!aid_lisp_is_nil (env, turn))
    q->ask.turn = (int64_t) aid_lisp_size (env, turn);
  read_instead (env, plist, q);
  q->ask.chat_path = q->path = aid_lisp_dup (env, aid_lisp_get (env, plist, ":path"));
  q->ask.root = q->root = aid_lisp_dup (env, aid_lisp_get (env, plist, ":root"));
  q->ask.model = q->model = aid_lisp_dup (env, aid_lisp_get (env, plist, ":model"));
  q->ask.exact = !aid_lisp_is_nil (env, aid_lisp_get (env, plist, ":exact"));
  q->ask.strategy = q->strategy = aid_lisp_dup (env, aid_lisp_get (env, plist, ":strategy"));
  q->ask.secret = q->secret = aid_lisp_dup (env, aid_lisp_get (env, plist, ":secret"));
  q->ask.over_budget = !aid_lisp_is_nil (env, aid_lisp_get (env, plist, ":over-budget"));
  q->ask.request = q->request = aid_lisp_dup (env, aid_lisp_get (env, plist, ":request"));
  q->ask.allow_secrets = q->allow_secrets = aid_lisp_dup (env, aid_lisp_get (env, plist, ":allow-secrets"));
  q->ask.remove_secrets = q->remove_secrets = aid_lisp_dup (env, aid_lisp_get (env, plist, ":remove-secrets"));
  read_items (env, aid_lisp_get (env, plist, ":items"), q);
  q->ask.items = q->items.data;
  q->ask.nitems = q->items.len;
  q->ask.resolver = aid_assist_resolver (aid_binding.assist);
}

void
aid_bind_question_free (struct aid_bind_question *q)
{
  for (size_t i = 0; i < q->owned.len; i++)
    {
      aid_str_free (&AID_VEC_AT (struct owned_item, &q->owned, i).target);
      aid_str_free (&AID_VEC_AT (struct owned_item, &q->owned, i).text);
    }
  aid_vec_free (&q->owned);
  aid_vec_free (&q->items);
  aid_str_free (&q->chat);
  aid_str_free (&q->body);
  aid_secret_free (q->secret);
  free (q->path);
  free (q->root);
  free (q->model);
  free (q->strategy);
  free (q->request);
  free (q->allow_secrets);
  free (q->remove_secrets);
}

void
aid_bind_question_own_chat (struct aid_bind_question *q)
{
  if (q->chat.len == 0)
    aid_str_addspan (&q->chat, q->ask.chat);
  q->ask.chat = aid_str_span (&q->chat);
}

AID_BIND (ask)
{
  (void) nargs;
  struct aid_error e = { AID_OK, "" };
  struct aid_bind_question q;
  emacs_value out = NULL;
  aid_bind_question_read (env, args[0], &q);
  if (!aid_lisp_failed (env))
    {
      q.ask.id = aid_binding.host->next_id ();
      if (aid_assist_ask (aid_binding.assist, &q.ask, &e) != AID_OK)
        aid_lisp_error (env, &e);
      else
        out = env->make_integer (env, (intmax_t) q.ask.id);
    }
  aid_bind_question_free (&q);
  return out;
}

/* --- what it would be refused for ------------------------------------------------------------------------------------- */

struct held_job
{
  struct aid_bind_later later;
  struct aid_bind_question q;
};

static void
held_job_free (struct aid_bind_later *later)
{
  struct held_job *j = (struct held_job *) later;
  aid_bind_question_free (&j->q);
  free (j);
}

static void
find_held (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  struct aid_str list = AID_STR_INIT (16 << 20);
  if (aid_assist_held (&((struct held_job *) later)->q.ask, &list, e) == AID_OK)
    {
      size_t o = aid_val_object (val);
      aid_val_key (val, "held");
      aid_str_addspan (val, aid_str_span (&list));
      aid_val_end (val, o, 1);
    }
  aid_str_free (&list);
}

AID_BIND (held)
{
  (void) nargs;
  struct held_job *j = aid_bind_later_new (env, sizeof *j, find_held, held_job_free);
  if (j == NULL)
    return NULL;
  aid_bind_question_read (env, args[0], &j->q);
  aid_bind_question_own_chat (&j->q);
  return aid_bind_later_begin (env, &j->later, aid_assist_pool (aid_binding.assist));
}

/* --- models ---------------------------------------------------------------------------------------------------------- */

static void
model_val (const struct aid_config *c, const struct aid_model *m, struct aid_str *val)
{
  size_t o = aid_val_object (val);
  aid_val_kstrz (val, "id", m->id);
  aid_val_kstrz (val, "provider", m->provider);
  aid_val_kstrz (val, "name", m->name);
  aid_val_kstrz (val, "host", m->host);
  aid_val_kbool (val, "local", m->local);
  aid_val_kbool (val, "needs_key", m->needs_key);
  aid_val_kstrz (val, "key", aid_model_key_state (m));
  aid_val_kstrz (val, "key_env", m->key_env);
  aid_facts_val (&(struct aid_facts){ m->context, m->max_output, m->abilities, m->price }, val);
  aid_val_kbool (val, "budget", aid_config_get (c, "budget") != NULL);
  aid_val_end (val, o, 13);
}

AID_BIND (model_info)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_str val = AID_STR_INIT (1 << 20);
  struct aid_model m = { 0 };
  char *id = aid_lisp_dup (env, args[0]), *root = aid_lisp_dup (env, args[1]);
  char *strategy = nargs > 3 ? aid_lisp_dup (env, args[3]) : NULL;
  struct aid_asked q = { .root = root, .model = id, .strategy = strategy };
  if (nargs > 2 && !aid_lisp_is_nil (env, args[2]))
    q.chat = aid_bind_docs_text (env, args[2]);
  q.exact = nargs > 4 && !aid_lisp_is_nil (env, args[4]);
  struct aid_config *c = aid_bind_config (env, &q);
  emacs_value out = NULL;
  if (c != NULL && aid_model_resolve (c, id, &m, &e) != AID_OK)
    aid_lisp_error (env, &e);
  else if (c != NULL)
    {
      model_val (c, &m, &val);
      out = aid_lisp_take_val (env, &val);
      aid_model_free (&m);
    }
  if (c != NULL)
    aid_config_free (c);
  free (id);
  free (root);
  free (strategy);
  return out;
}

/* nil, first or t */
static enum aid_list
which_list (emacs_env *env, emacs_value v)
{
  if (v == NULL || aid_lisp_is_nil (env, v))
    return AID_LIST_READY;
  return env->eq (env, v, env->intern (env, "first")) ? AID_LIST_FIRST : AID_LIST_ALL;
}

AID_BIND (models)
{
  struct aid_str val = AID_STR_INIT (16 << 20);
  char *root = aid_lisp_dup (env, args[0]);
  const struct aid_asked q = { .root = root };
  struct aid_config *c = aid_bind_config (env, &q);
  free (root);
  if (c == NULL)
    return NULL;
  aid_model_list (c, which_list (env, nargs > 1 ? args[1] : NULL), &val);
  aid_config_free (c);
  return aid_lisp_take_val (env, &val);
}

AID_BIND (running)
{
  (void) nargs, (void) args;
  return env->make_integer (env, aid_assist_running (aid_binding.assist));
}

AID_BIND (abandoned)
{
  (void) nargs, (void) args;
  return env->make_integer (env, aid_assist_abandoned (aid_binding.assist));
}
