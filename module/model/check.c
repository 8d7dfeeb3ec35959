/* A check goes its steps in order and ends at the first that fails.  Two questions are asked: for the list of models, which costs
   nothing and shows the way and the key; then for a word of an answer, over the very code that asks in earnest. */
#include "model/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/val.h"
#include "config/secret.h"
#include "model/embed.h"
#include "model/hide.h"
#include "model/query.h"
#include "model/served.h"
#include "model/wire_internal.h"
#include <stdio.h>
#include <stdlib.h>

enum step { STEP_SETTINGS, STEP_KEY, STEP_NAME, STEP_CONNECTION, STEP_TLS, STEP_ACCEPTED, STEP_MODEL, STEP_ANSWER, STEPS };
static const char *const step_names[] = { "settings", "key", "name", "connection", "tls", "accepted", "model", "answer" };

enum state { STATE_SKIPPED, STATE_OK, STATE_WRONG, STATE_UNKNOWN };
static const char *const state_names[] = { "skipped", "ok", "wrong", "unknown" };

struct check
{
  struct aid_net *net;
  aid_check_done *done;
  void *user;
  char *id;                    /* as asked for */
  struct aid_model model;      /* zeroed when it could not be resolved */
  struct aid_embedder embedder; /* when it is one: its model is MODEL */
  char *settings_path, *key;
  unsigned ms;
  int spend;
  int64_t begun;
  enum state states[STEPS];
  char words[STEPS][256];
  char help[400];
  int wrong;                   /* a step was */

  /* Of the answer: */
  const struct aid_wire *wire;
  struct aid_decoder *decoder;
  struct aid_error stream_error;
  int64_t asked, first;        /* when the answer was asked for, and when something of it came; 0: not yet */
};

static void
check_free (struct check *k)
{
  if (k->decoder)
    k->wire->decoder_free (k->decoder);
  k->embedder.model = (struct aid_model){ 0 };
  aid_embedder_free (&k->embedder);
  aid_model_free (&k->model);
  aid_secret_free (k->key);
  free (k->settings_path);
  free (k->id);
  free (k);
}

/* --- the report ------------------------------------------------------------------------------------------------------ */

static void
steps_val (const struct check *k, struct aid_str *val)
{
  size_t l = aid_val_list (val);
  for (int i = 0; i < STEPS; i++)
    {
      size_t o = aid_val_object (val);
      aid_val_kstrz (val, "step", step_names[i]);
      aid_val_kstrz (val, "state", state_names[k->states[i]]);
      aid_val_kstrz (val, "message", *k->words[i] ? k->words[i] : NULL);
      aid_val_end (val, o, 3);
    }
  aid_val_end (val, l, STEPS);
}

/* The words of the step that failed, else of the last that was taken. */
static const char *
message (const struct check *k)
{
  const char *words = "";
  for (int i = 0; i < STEPS; i++)
    {
      if (k->states[i] == STATE_WRONG)
        return k->words[i];
      if (k->states[i] == STATE_OK && *k->words[i])
        words = k->words[i];
    }
  return words;
}

/* Takes K. */
static void
finish (struct check *k)
{
  struct aid_str val = AID_STR_INIT (1u << 20);
  size_t o = aid_val_object (&val);
  aid_val_kstrz (&val, "id", k->model.id ? k->model.id : k->id);
  aid_val_kstrz (&val, "provider", k->model.provider);
  aid_val_kstrz (&val, "name", k->model.name);
  aid_val_kstrz (&val, "host", k->model.host);
  aid_val_kbool (&val, "local", k->model.local);
  aid_val_kbool (&val, "ok", !k->wrong);
  aid_val_kstrz (&val, "message", message (k));
  aid_val_kstrz (&val, "help", *k->help ? k->help : NULL);
  aid_val_key (&val, "steps");
  steps_val (k, &val);
  aid_val_kint (&val, "total_ms", aid_clock_ms () - k->begun);
  aid_val_end (&val, o, 10);
  k->done (k->user, aid_str_span (&val));
  aid_str_free (&val);
  check_free (k);
}

/* --- what failed, and what helps --------------------------------------------------------------------------------------- */

static void
good (struct check *k, enum step s, const char *words)
{
  k->states[s] = STATE_OK;
  snprintf (k->words[s], sizeof k->words[s], "%s", words);
}

static void
help_with_key (struct check *k)
{
  const struct aid_model *m = &k->model;
  if (m->key_env)
    snprintf (
      k->help, sizeof k->help,
      "Put it on a line of its own into ~/.authinfo.gpg: \"machine %s login apikey password KEY\" (for Emacs), or into the "
      "environment variable %s.",
      m->host, m->key_env);
  else
    snprintf (k->help, sizeof k->help,
              "Put it on a line of its own into ~/.authinfo.gpg: \"machine %s login apikey password KEY\" (for Emacs), or name a "
              "\"key_env\" or \"key_command\" in %s.", m->host, k->settings_path);
}

static void
help_with (struct check *k, enum step s)
{
  const struct aid_model *m = &k->model;
  switch (s)
    {
    case STEP_SETTINGS:
      snprintf (k->help, sizeof k->help, "Correct %s.", k->settings_path);
      break;
    case STEP_KEY:
      help_with_key (k);
      break;
    case STEP_ACCEPTED:
      snprintf (k->help, sizeof k->help,
                "The key that was found is wrong, expired or not for this: make a new one at %.80s and replace it where it "
                "is kept (%s).",
                m->title, m->key_command ? "its key_command" : "auth-source for Emacs, or the environment");
      break;
    case STEP_NAME:
      snprintf (k->help, sizeof k->help, "Is this machine online? Is \"url\" of the provider \"%.60s\" right: %.150s?",
                m->provider, m->url);
      break;
    case STEP_CONNECTION:
    case STEP_TLS:
      snprintf (
        k->help, sizeof k->help,
        m->local
          ? "Start the server (%.60s), or set its address as \"providers\": { \"%.60s\": { \"url\": ... } }; now: %.150s"
          : "A firewall, a proxy that is needed (%.60s), or a wrong \"url\" of the provider \"%.60s\": %.150s",
        m->local ? m->title : "\"proxy\", https_proxy", m->provider, m->url);
      break;
    case STEP_MODEL:
      snprintf (k->help, sizeof k->help, "aid models --remote %.60s lists what it has; the name is set in %.200s.", m->provider,
                k->settings_path);
      break;
    default:
      break;
    }
}

/* Takes K: it ends here. */
static void
fail (struct check *k, enum step s, const char *words)
{
  struct aid_error e;
  k->states[s] = STATE_WRONG;
  k->wrong = 1;
  aid_error_set (&e, AID_E_HTTP, "%s", words);
  aid_hide_in_error (k->key, &k->model, &e);
  snprintf (k->words[s], sizeof k->words[s], "%s", e.msg);
  help_with (k, s);
  finish (k);
}

/* --- the way to the server --------------------------------------------------------------------------------------------- */

/* Notes how far a question got, and gives the step that failed, or STEPS. */
static enum step
note_way (struct check *k, enum aid_http_reach reach)
{
  int tls = !strncmp (k->model.url, "https:", 6);
  static const enum aid_http_reach needs[] = { AID_HTTP_RESOLVED, AID_HTTP_CONNECTED, AID_HTTP_READY };
  for (int i = 0; i < 3; i++)
    {
      enum step s = (enum step) (STEP_NAME + i);
      if (reach < needs[i] && (s != STEP_TLS || tls))
        return s;
      if (s != STEP_TLS || tls)
        k->states[s] = STATE_OK;
    }
  return STEPS;
}

/* Which step a refusal belongs to. */
static enum step
refused_step (int status, const char *words)
{
  if (status == 401 || status == 403)
    return STEP_ACCEPTED;
  if (status == 404 || strstr (words, "model_not_found") || strstr (words, "does not exist"))
    return STEP_MODEL;
  return STEP_ANSWER;
}

/* --- an answer --------------------------------------------------------------------------------------------------------- */

static void
on_event (void *user, const struct aid_model_event *ev)
{
  struct check *k = user;
  if (!k->first && (ev->kind == AID_MODEL_TEXT || ev->kind == AID_MODEL_REASONING || ev->kind == AID_MODEL_STOP))
    k->first = aid_clock_ms ();
}

static int
on_body (void *user, struct aid_span bytes)
{
  struct check *k = user;
  return k->wire->feed (k->decoder, bytes, &k->stream_error) != AID_OK;
}

static void
on_answer (void *user, const struct aid_http_result *r)
{
  struct check *k = user;
  struct aid_error e = r->error;
  char words[256];
  if (e.code == AID_E_HTTP && r->status >= 400)
    aid_wire_explain (r->status, r->body, k->model.host, &e);
  else if (k->stream_error.code)
    e = k->stream_error;
  else if (!e.code)
    k->wire->end (k->decoder, &e);
  enum step way = e.code ? note_way (k, r->reach) : STEPS;
  if (!e.code)
    {
      k->states[STEP_ACCEPTED] = k->states[STEP_MODEL] = STATE_OK;
      snprintf (words, sizeof words, "it answers (first word after %.1f s)",
                (double) ((k->first ? k->first : aid_clock_ms ()) - k->asked) / 1e3);
      good (k, STEP_ANSWER, words);
      finish (k);
    }
  else
    fail (k, way != STEPS ? way : refused_step (r->status, e.msg), e.msg);
}

static const struct aid_http_handler answer_handler = { NULL, on_body, NULL, NULL, on_answer };

static enum aid_err
build_answer (struct check *k, struct aid_wire_request *w, struct aid_error *e)
{
  struct aid_endpoint ep = aid_model_endpoint (&k->model, k->key);
  struct aid_sampling s = { .max_tokens = AID_CHECK_TOKENS, .temperature = -1.0, .top_p = -1.0 };
  struct aid_conversation c;
  aid_conversation_init (&c);
  struct aid_message *m = aid_conversation_add (&c, AID_ROLE_USER);
  enum aid_err err = m && aid_message_add (m, AID_PART_TEXT, AID_SPAN ("Answer with the one word: yes")) ? AID_OK : AID_E_NOMEM;
  if (!err)
    err = k->wire->build (&ep, &c, &s, w, e);
  aid_conversation_free (&c);
  return err;
}

/* Takes K. */
static void
ask_answer (struct check *k)
{
  struct aid_wire_request w;
  struct aid_error e = { AID_OK, "no memory for a question" };
  struct aid_http_request r = k->model.net;
  uint64_t id;
  aid_wire_request_init (&w);
  k->wire = aid_wire_find (k->model.wire);
  k->decoder = k->wire ? k->wire->decoder_new (on_event, k) : NULL;
  enum aid_err err = k->decoder ? build_answer (k, &w, &e) : AID_E_NOMEM;
  if (!err)
    {
      r.url = w.url;
      r.headers = w.headers.data;
      r.nheaders = w.headers.len;
      r.body = aid_str_span (&w.body);
      r.connect_ms = r.stall_ms = r.total_ms = k->ms;
      r.retries = 0;
      k->asked = aid_clock_ms ();
      err = aid_http_start (k->net, &r, &answer_handler, k, &id, &e);
    }
  aid_wire_request_free (&w);
  if (err)
    fail (k, STEP_ANSWER, e.msg);
}

/* --- a vector ----------------------------------------------------------------------------------------------------------- */

static void
on_vector (void *user, const struct aid_embedded *got)
{
  struct check *k = user;
  char words[256];
  if (got->error.code)
    {
      fail (k, refused_step (got->status, got->error.msg), got->error.msg);
      return;
    }
  k->states[STEP_ACCEPTED] = k->states[STEP_MODEL] = STATE_OK;
  snprintf (words, sizeof words, "it makes vectors of %zu numbers (one in %.1f s); the text of projects %s%.100s",
            got->dimensions, (double) got->total_us / 1e6, k->model.local ? "stays on this machine" : "is sent to ",
            k->model.local ? "" : k->model.host);
  good (k, STEP_ANSWER, words);
  finish (k);
}

/* Takes K. */
static void
ask_vector (struct check *k)
{
  struct aid_span text = AID_SPAN ("a word");
  struct aid_embed q = { .by = &k->embedder, .key = k->key, .texts = &text, .n = 1, .ms = k->ms };
  struct aid_error e = { AID_OK, "" };
  if (aid_embed (k->net, &q, on_vector, k, NULL, &e))
    fail (k, STEP_ANSWER, e.msg);
}

/* --- the list of models -------------------------------------------------------------------------------------------------- */

/* Whether ENTRIES has NAME; without a tag it means the latest, as for Ollama, and without a date any issue, as for most. */
static int
lists (const json_t *entries, const char *name)
{
  size_t i, len = strlen (name);
  json_t *one, *alone = json_object ();
  int found = 0;
  json_object_set_new (alone, name, json_true ());
  json_array_foreach (entries, i, one)
    {
      const char *has = aid_json_str (one, "name");
      found |= (!strncmp (has, name, len) && (!has[len] || (!strchr (name, ':') && !strcmp (has + len, ":latest"))))
               || aid_facts_find (alone, has);
    }
  json_decref (alone);
  return found;
}

static void
add_names (const json_t *entries, char *out, size_t size)
{
  size_t i, n = 0;
  json_t *one;
  *out = '\0';
  json_array_foreach (entries, i, one)
    {
      if (n < size)
        n += (size_t) snprintf (out + n, size - n, "%s%s", i ? ", " : "", aid_json_str (one, "name"));
    }
}

/* What the list says of the model.  Servers elsewhere leave names out that they know; a llama.cpp takes any name. */
static void
note_model (struct check *k, const json_t *doc)
{
  json_t *entries = aid_served_read (doc, "");
  char names[120], words[256];
  int llama = k->model.kind && !strcmp (k->model.kind, "llama.cpp");
  k->states[STEP_MODEL] = STATE_UNKNOWN;
  if (lists (entries, k->model.name))
    k->states[STEP_MODEL] = STATE_OK;
  else if (k->model.local && !llama && json_array_size (entries))
    {
      add_names (entries, names, sizeof names);
      snprintf (words, sizeof words, "the server answers, but has no model %.80s; it has %s", k->model.name, names);
      k->states[STEP_MODEL] = STATE_WRONG;
      snprintf (k->words[STEP_MODEL], sizeof k->words[STEP_MODEL], "%s", words);
    }
  json_decref (entries);
}

static void
on_list (void *user, const struct aid_query_answer *a)
{
  struct check *k = user;
  enum step way = note_way (k, a->reach);
  if (way != STEPS)
    {
      fail (k, way, a->error.msg);
      return;
    }
  if (a->status == 401 || a->status == 403)
    {
      fail (k, STEP_ACCEPTED, a->error.msg);
      return;
    }
  k->states[STEP_ACCEPTED] = k->states[STEP_MODEL] = STATE_UNKNOWN;
  if (a->doc)
    {
      good (k, STEP_ACCEPTED, "the server answers");
      note_model (k, a->doc);
    }
  else if (a->status < 400)          /* no answer in time, or one that is no JSON */
    {
      fail (k, STEP_ANSWER, a->error.msg);
      return;
    }
  if (k->states[STEP_MODEL] == STATE_WRONG)
    fail (k, STEP_MODEL, k->words[STEP_MODEL]);
  else if (k->spend && k->embedder.made_by)
    ask_vector (k);
  else if (k->spend)
    ask_answer (k);
  else
    {
      if (!a->doc)
        good (k, STEP_ACCEPTED, "the server answers, but has no list of its models");
      finish (k);
    }
}

/* I/O thread, or the net is being freed. */
static void
begin (void *arg)
{
  struct check *k = arg;
  struct aid_query q = { .model = &k->model, .key = k->key, .ms = k->ms };
  struct aid_error e = { AID_OK, "" };
  q.path = aid_query_list (&k->model, 1, &q.at_root);
  if (aid_query (k->net, &q, on_list, k, &e))
    fail (k, STEP_ANSWER, e.msg);
}

/* --- the beginning ------------------------------------------------------------------------------------------------------- */

static enum aid_err
find_key (struct check *k, const char *secret, struct aid_error *e)
{
  const struct aid_model *m = &k->model;
  if (!m->needs_key && !m->key_env && !m->key_command)
    return AID_OK;
  enum aid_err err = aid_secret_find (secret, m->key_env, m->key_command, m->provider, m->host, NULL, &k->key, e);
  if (err == AID_E_NOTFOUND && m->needs_key)
    return aid_error_set (e, err, "there is no key for %s", m->title);
  return m->needs_key ? err : AID_OK;
}

static enum aid_err
resolve (struct check *k, const struct aid_config *c, const struct aid_check_request *r, struct aid_error *e)
{
  if (!r->embeds)
    return aid_model_resolve (c, r->id, &k->model, e);
  enum aid_err err = aid_embedder_resolve (c, &k->embedder, e);
  k->model = k->embedder.model;
  return err;
}

void
aid_check_model (struct aid_net *net, const struct aid_config *c, const struct aid_check_request *r, aid_check_done *done,
                 void *user)
{
  struct check *k = calloc (1, sizeof *k);
  struct aid_error e = { AID_OK, "" };
  if (!k)
    {
      done (user, aid_span_z (NULL));
      return;
    }
  *k = (struct check){ .net = net, .done = done, .user = user, .ms = r->ms ? r->ms : AID_CHECK_MS, .spend = r->spend };
  k->begun = aid_clock_ms ();
  k->id = r->id ? strdup (r->id) : NULL;
  k->settings_path = strdup (aid_config_path (c));
  if (resolve (k, c, r, &e))
    fail (k, STEP_SETTINGS, e.msg);
  else if (good (k, STEP_SETTINGS, ""), find_key (k, r->secret, &e))
    fail (k, STEP_KEY, e.msg);
  else
    {
      k->states[STEP_KEY] = k->key ? STATE_OK : STATE_SKIPPED;
      if (aid_net_later (net, 0, begin, begin, k))
        fail (k, STEP_ANSWER, "the core is stopping");
    }
}
