/* One request: copied from the front end, prepared on the pool (settings, key, prompt), then streamed on the I/O thread until
   exactly one DONE or ERROR has been posted. */
#include "assist/strategy.h"
#include "assist/turn_internal.h"
#include "model/hide.h"
#include "base/clock.h"
#include "base/fs.h"
#include "config/secret.h"
#include "model/schema.h"
#include <stdlib.h>

/* --- birth and death ------------------------------------------------------------------------------------------------ */

static void
turn_free (struct aid_turn_state *t)
{
  aid_turn_free_asked (t);
  if (t->decoder)
    t->wire->decoder_free (t->decoder);
  aid_wire_request_free (&t->wire_request);
  aid_model_free (&t->model);
  aid_answer_free (t->answer);
  aid_found_end (t->found);
  aid_stream_free (t->stream);
  aid_kept_close (t->journal, !t->http);
  aid_record_free (t->record);
  aid_str_free (&t->frozen);
  aid_vec_free (&t->spans);
  aid_str_free (&t->stop_words);
  aid_str_free (&t->reasoning);
  aid_variants_free (&t->variants);
  free (t);
}

static void
unlist (struct aid_turn_state *t)
{
  struct aid_assist *a = t->assist;
  pthread_mutex_lock (&a->lock);
  for (size_t i = 0; i < a->turns.len; i++)
    if (AID_VEC_AT (struct aid_turn_state *, &a->turns, i) == t)
      {
        aid_vec_remove (&a->turns, i, 1);
        break;
      }
  pthread_mutex_unlock (&a->lock);
}

uint64_t
aid_turn_id (const struct aid_turn_state *t)
{
  return t->id;
}

struct aid_cancel *
aid_turn_take_cancel (struct aid_turn_state *t)
{
  struct aid_cancel *c = t->cancel;
  t->cancel = NULL;
  return c;
}

void
aid_turn_finish (struct aid_turn_state *t)
{
  unlist (t);
  aid_records_close (t->assist->records, t->id, t->fail.code ? t->fail.code : t->cancelled ? AID_E_CANCELLED : AID_OK);
  if (!t->refused)
    aid_turn_report (t);
  turn_free (t);
}

/* --- the way to the I/O thread --------------------------------------------------------------------------------------- */

/* I/O thread, where cancelling comes, too: what was told to be over does not begin any more. */
static enum aid_err
begin_now (struct aid_turn_state *t)
{
  aid_records_begin (t->assist->records, t->id, t->record);
  t->record = NULL;
  aid_assist_post (t->assist, t->id, AID_EVENT_FROZEN, &t->frozen);
  aid_str_free (&t->frozen);
  enum aid_err err = aid_turn_stream (t);
  if (!err)
    aid_turn_measure_exposure (t);
  return err;
}

/* I/O thread. */
static void
begin_stream (void *arg)
{
  struct aid_turn_state *t = arg;
  if (!t->cancelled && !t->fail.code && !begin_now (t))
    return;
  /* A net that is being freed takes no request; the person is told why it is. */
  const char *stopping = aid_assist_stopping (t->assist);
  if (stopping && t->fail.code == AID_E_STATE)
    aid_error_set (&t->fail, AID_E_STATE, "%s", stopping);
  aid_turn_finish (t);
}

/* The net takes no more jobs, for it is being freed. */
static void
abandon (void *arg)
{
  struct aid_turn_state *t = arg;
  const char *stopping = aid_assist_stopping (t->assist);
  if (!t->fail.code)
    aid_error_set (&t->fail, AID_E_STATE, "%s", stopping ? stopping : "The core is being replaced.");
  aid_turn_finish (t);
}

static void
hand_over (struct aid_turn_state *t)
{
  struct aid_later *way = t->way;
  t->way = NULL;
  if (aid_net_hand (way))
    abandon (t);
}

static struct aid_turn_state *
turn_new (struct aid_assist *a, const struct aid_ask *ask)
{
  struct aid_turn_state *t = calloc (1, sizeof *t);
  if (!t)
    return NULL;
  t->assist = a;
  aid_variants_init (&t->variants);
  t->stop_words = AID_STR_INIT (4096);
  t->reasoning = AID_STR_INIT (AID_ANSWER_MAX);
  t->spans = AID_VEC_INIT (struct aid_face_span, 1u << 22);
  t->usage = AID_USAGE_INIT;
  t->started = aid_clock_ms ();
  t->held = AID_STR_INIT (16u << 20);
  t->frozen = AID_STR_INIT (16u << 20);
  t->way = aid_net_reserve (a->net, begin_stream, abandon, t);
  t->cancel = aid_cancel_new (a, ask->id);
  if (!aid_turn_copy_asked (t, ask) && t->way && t->cancel)
    return t;
  turn_free (t);
  return NULL;
}

/* --- preparing, on the pool ----------------------------------------------------------------------------------------- */

static void
write_frozen (const struct aid_prompt *p, int exact, struct aid_str *val)
{
  size_t all = aid_val_object (val);
  aid_val_key (val, "items");
  size_t list = aid_val_list (val);
  for (size_t i = 0; i < p->frozen.len; i++)
    {
      const struct aid_frozen *f = &AID_VEC_AT (struct aid_frozen, &p->frozen, i);
      size_t item = aid_val_object (val);
      aid_val_kstrz (val, "target", f->target);
      aid_val_kstrz (val, "hash", f->hash);
      aid_val_kint (val, "tokens", f->tokens);
      aid_val_end (val, item, 3);
    }
  aid_val_end (val, list, (uint32_t) p->frozen.len);
  aid_val_kint (val, "tokens", p->tokens);
  aid_val_kbool (val, "exact", exact);
  aid_val_end (val, all, 3);
}

void
aid_links_dir (const char *chat_path, const char *root, struct aid_str *dir)
{
  if (!chat_path)
    aid_str_addz (dir, root ? root : ".");
  else
    {
      size_t n = (size_t) (aid_fs_base (chat_path) - chat_path);
      aid_str_add (dir, chat_path, n > 1 ? n - 1 : n);
    }
}

static enum aid_err
find_strategy (struct aid_turn_state *t, const struct aid_config *config, struct aid_strategy **out)
{
  t->used = aid_strategy_in_force (config, t->root, t->strategy, t->exact, aid_str_span (&t->chat));
  if (t->used)
    return aid_strategy_load (t->root, t->used, out, &t->fail);
  aid_error_set (&t->fail, AID_E_NOMEM, "There is no memory for the request.");
  return AID_E_NOMEM;
}

/* What the strategy says goes before what the model's settings say. */
static void
take_sampling (struct aid_turn_state *t, const struct aid_strategy *s)
{
  struct aid_sampling *out = &t->model.sampling;
  char *effort = s->effort ? strdup (s->effort) : NULL;
  if (effort)
    {
      free ((char *) (uintptr_t) out->effort);
      out->effort = effort;
    }
  if (s->temperature >= 0)
    out->temperature = s->temperature;
  if (s->top_p >= 0)
    out->top_p = s->top_p;
  if (s->max_tokens)
    out->max_tokens = s->max_tokens;
}

/* Wants the answer of the shape that whoever asked gave, or the strategy has.  A summary has none. */
static enum aid_err
want_shape (struct aid_turn_state *t, const struct aid_strategy *s, struct aid_conversation *c)
{
  char name[AID_SCHEMA_NAME];
  json_t *schema = NULL;
  enum aid_err err = AID_OK;
  if (t->summarise)
    return AID_OK;
  if (t->schema.len)
    err = aid_schema_read (aid_str_span (&t->schema), t->schema_file, &schema, name, &t->fail);
  if (schema)
    err = aid_conversation_want_json (c, name, schema, &t->fail);
  else if (!err && s->schema)
    err = aid_conversation_want_json (c, s->schema_name, s->schema, &t->fail);
  json_decref (schema);
  return err;
}

/* The variable stands for the key when the request is only looked at. */
static enum aid_err
variable_key (const struct aid_turn_state *t, char **key)
{
  struct aid_str word = AID_STR_INIT (1024);
  aid_str_addc (&word, '$');
  aid_hide_variable (&t->model, &word);
  if (t->model.needs_key)
    *key = aid_str_steal (&word);
  aid_str_free (&word);
  return AID_OK;
}

/* The person has edited the body: it is sent as it is. */
static void
take_body (struct aid_turn_state *t)
{
  if (!t->body.len)
    return;
  aid_str_free (&t->wire_request.body);
  t->wire_request.body = t->body;
  t->body = AID_STR_INIT (AID_PROMPT_MAX);
  t->edited = 1;
}

static enum aid_err
build_request (struct aid_turn_state *t, const struct aid_config *config, const struct aid_prompt *p)
{
  char *key = NULL;
  enum aid_err err = AID_OK;
  if (t->look)
    err = variable_key (t, &key);
  else if (t->model.needs_key || t->model.key_command || t->model.key_env)
    err = aid_secret_find (t->secret, t->model.key_env, t->model.key_command, t->model.provider, t->model.host,
                           t->assist->stop, &key, &t->fail);
  if (err && !t->model.needs_key)
    err = AID_OK;              /* a local server may take a key and work without */
  if (err)
    return err;
  t->fail.code = AID_OK;
  t->wire = aid_wire_find (t->model.wire);
  if (!t->wire)
    err = aid_error_set (&t->fail, AID_E_INVALID, "The provider %s has an unknown wire format \"%s\".", t->model.provider,
                         t->model.wire);
  else
    {
      struct aid_endpoint ep = aid_model_endpoint (&t->model, key);
      ep.tokens = p->tokens;
      err = t->wire->build (&ep, &p->conversation, &t->model.sampling, &t->wire_request, &t->fail);
    }
  if (!err && !t->look)
    err = aid_turn_propagate (t, config, p->key);
  if (!err && !t->look)
    {
      take_body (t);
      t->record = aid_record_new (p->key, &t->model, &t->wire_request, key);
    }
  t->sent_key = key;
  return err;
}

/* Looks for secrets in the very bytes that are sent. */
static enum aid_err
hold_sent (struct aid_turn_state *t)
{
  enum aid_err err = aid_held_check_sent (aid_str_span (&t->wire_request.body), t->allow_secrets, &t->held, &t->fail);
  if (!err)
    aid_str_clear (&t->held);
  return err;
}

/* AID_E_REFUSED when P would pass a budget and nobody has agreed to it. */
static enum aid_err
within_budget (struct aid_turn_state *t, const struct aid_config *config, const struct aid_prompt *p,
               const struct aid_counter *counter)
{
  struct aid_forecast f;
  struct aid_str words = AID_STR_INIT (256);
  enum aid_err err = AID_OK;
  aid_forecast_make (config, &t->model, p, counter, &f);
  t->counted = aid_forecast_is_text (&p->conversation) ? p->tokens : 0;
  if (f.over && !t->over_budget)
    {
      aid_forecast_words (&f, &words);
      if (t->plain)
        aid_str_addz (&words, " --over-budget asks all the same.");
      err = aid_error_set (&t->fail, AID_E_REFUSED, "%s", aid_str_z (&words));
    }
  aid_str_free (&words);
  return err;
}

/* ERR and the words in T, but what hinders sending does not hinder listing what would be sent. */
static enum aid_err
unless_listed (struct aid_turn_state *t, enum aid_err err)
{
  if (!err || !t->look || !(t->look->items || t->look->messages))
    return err;
  t->look->problem = t->fail;
  t->fail.code = AID_OK;
  return AID_OK;
}

static enum aid_err
prepare_prompt (struct aid_turn_state *t, const struct aid_config *config, const struct aid_strategy *strategy,
                const char *system)
{
  struct aid_str dir = AID_STR_INIT (8192);
  aid_links_dir (t->chat_path, t->root, &dir);
  struct aid_counter *counter = aid_counter_new (t->model.name);
  unsigned can = t->model.abilities;
  int listed = t->look && (t->look->items || t->look->messages);
  struct aid_prompt_request r = { .chat = aid_str_span (&t->chat), .turn = t->turn, .dir = aid_str_z (&dir), .items = t->items,
                                  .nitems = t->nitems, .system = system, .model_id = t->model.id ? t->model.id : "",
                                  .counter = counter,
                                  .remove_secrets = t->remove_secrets, .summarise = t->summarise,
                                  .resolver = t->assist->resolver, .root = t->root, .quick = t->quick,
                                  .dry = listed, .list = listed ? AID_ITEMS_ALL : t->look ? AID_ITEMS_NONE : AID_ITEMS_NEW,
                                  .no_images = (can & AID_CAN_TOLD) && !(can & AID_CAN_IMAGE),
                                  .no_pdfs = (can & AID_CAN_TOLD) && !(can & AID_CAN_PDF) };
  struct aid_prompt prompt;
  enum aid_err err = aid_prompt_build (&r, &prompt, &t->fail);
  if (!err)
    err = unless_listed (t, want_shape (t, strategy, &prompt.conversation));
  if (!err && !t->look)
    err = t->body.len ? aid_held_check_body (aid_str_span (&t->body), t->allow_secrets, &t->held, &t->fail)
                      : aid_held_check (&prompt, t->allow_secrets, &t->held, &t->fail);
  if (!err)
    aid_str_clear (&t->held);  /* an empty list, which would go with whatever fails later */
  if (!err && !t->look)
    err = within_budget (t, config, &prompt, counter);
  int exact = counter && aid_counter_exact (counter) && aid_forecast_is_text (&prompt.conversation);
  aid_counter_free (counter);
  if (!err && !(t->look && (t->look->problem.code || t->look->messages)))
    err = unless_listed (t, build_request (t, config, &prompt));
  if (!err && !t->look && !t->edited)
    err = hold_sent (t);
  if (!err && !t->look && !t->apart)     /* what cannot be sent leaves no trace */
    err = aid_prompt_freeze (&prompt, &t->fail);
  if (!err && t->look && t->look->messages)
    err = aid_look_take_messages (t->look, &prompt, &t->fail);
  else if (!err && t->look)
    aid_look_take (t->look, t->assist->records, &t->model, &t->wire_request, &prompt);
  else if (!err)
    {
      t->question = prompt.question;
      memcpy (t->key, prompt.key, sizeof t->key);
      aid_turn_measure_context (t, &prompt);
      if (t->root && !t->plain)
        t->found = aid_found_new (t->assist, t->id, t->root, aid_str_z (&dir), t->items, t->nitems);
      write_frozen (&prompt, exact, &t->frozen);
      if (t->chat_path && !t->plain)
        t->journal = aid_keeper_open (t->assist->keeper, t->chat_path, t->request, t->question + 1);
    }
  aid_prompt_free (&prompt);
  aid_str_free (&dir);
  return err;
}

static enum aid_err
prepare_with (struct aid_turn_state *t, const struct aid_config *config)
{
  struct aid_strategy *strategy = NULL;
  struct aid_str system = AID_STR_INIT (AID_TEMPLATE_MAX);
  t->log_content = json_is_true (aid_config_get (config, "log_content"));
  t->measure_content = json_is_string (aid_config_get (config, "measure"));
  enum aid_err err = find_strategy (t, config, &strategy);
  if (!err && t->look)
    t->look->strategy = strategy;
  if (!err)
    err = unless_listed (t, aid_model_resolve (config, t->model_id ? t->model_id : strategy->model, &t->model, &t->fail));
  if (!err && !t->look)
    err = aid_turn_keep_secret_home (t);
  if (!err)
    {
      take_sampling (t, strategy);
      err = aid_strategy_prompt (strategy, t->root, aid_str_span (&t->chat), t->turn, t->model.id, &system, &t->fail);
    }
  if (!err)
    err = prepare_prompt (t, config, strategy, aid_str_z (&system));
  aid_strategy_free (strategy);
  aid_str_free (&system);
  return err;
}

static void
prepare (void *arg)
{
  struct aid_turn_state *t = arg;
  aid_keeper_wait_stored (t->assist->keeper);   /* an answer's signatures may be on their way there */
  struct aid_config *config = aid_turn_settings (t);
  enum aid_err err = config ? prepare_with (t, config) : AID_E_NOMEM;
  if (err && !t->fail.code)    /* what is not prepared must not be streamed, whoever forgot to say why */
    aid_error_set (&t->fail, err, "The request could not be prepared (%s).", aid_err_name (err));
  aid_config_free (config);
  hand_over (t);
}

/* The pool stopped before it came to T. */
static void
never_prepared (void *arg)
{
  struct aid_turn_state *t = arg;
  aid_error_set (&t->fail, AID_E_STATE, "%s", t->assist->reason);
  hand_over (t);
}

enum aid_err
aid_turn_look (struct aid_assist *a, const struct aid_ask *ask, struct aid_looking *look, struct aid_error *e)
{
  struct aid_turn_state *t = turn_new (a, ask);
  if (!t)
    return aid_error_set (e, AID_E_NOMEM, "There is no memory for the request.");
  t->look = look;
  struct aid_config *config = aid_turn_settings (t);
  enum aid_err err = config ? prepare_with (t, config) : t->fail.code;
  if (err && e)
    *e = t->fail;
  aid_config_free (config);
  turn_free (t);
  return err;
}

enum aid_err
aid_turn_begin (struct aid_assist *a, const struct aid_ask *ask, struct aid_error *e)
{
  struct aid_turn_state *t = turn_new (a, ask);
  if (!t)
    return aid_error_set (e, AID_E_NOMEM, "There is no memory for the request.");
  enum aid_err err = AID_OK;
  if (t->chat.err)
    err = aid_error_set (e, AID_E_LIMIT, "The chat is larger than the %u MB that one request may have.", AID_PROMPT_MAX >> 20);
  if (t->body.err)              /* never the unedited request instead */
    err = aid_error_set (e, AID_E_LIMIT, "The edited request is larger than the %u MB that one may have.", AID_PROMPT_MAX >> 20);
  pthread_mutex_lock (&a->lock);
  struct aid_turn_state **slot = err ? NULL : aid_vec_push (&a->turns);
  if (slot)
    *slot = t;
  pthread_mutex_unlock (&a->lock);
  if (!err && !slot)
    err = aid_error_set (e, AID_E_LIMIT, "Too many requests run already.");
  if (!err && (err = aid_pool_run (a->pool, prepare, never_prepared, t)))
    {
      /* It was in the list: the I/O thread may hold it, and so that thread frees it. */
      t->refused = 1;
      aid_error_set (&t->fail, err, "The core is busy or being replaced: ask again in a moment.");
      if (e)
        *e = t->fail;
      hand_over (t);
      return err;
    }
  if (err)
    turn_free (t);
  return err;
}
