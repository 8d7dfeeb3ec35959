/* What would be kept from leaving, before anything is asked: the request is made as it would be, without its key. */
#include "assist/assist_internal.h"
#include "assist/strategy.h"
#include "assist/variants.h"
#include "base/val.h"
#include <stdlib.h>

/* What ASK comes to besides its chat.  What is missing is told when it is sent. */
struct surroundings
{
  struct aid_config *config;
  struct aid_strategy *strategy;
  struct aid_model model;
  struct aid_str system, dir;
};

static void
find_surroundings (const struct aid_ask *ask, struct surroundings *s)
{
  struct aid_error e;
  *s = (struct surroundings){ .system = AID_STR_INIT (AID_TEMPLATE_MAX), .dir = AID_STR_INIT (8192) };
  const struct aid_asked q = { ask->root, ask->model, ask->strategy, ask->exact, ask->chat, NULL };
  s->config = aid_variants_config (&q, NULL, &e);
  char *name = s->config ? aid_strategy_in_force (s->config, ask->root, ask->strategy, ask->exact, ask->chat) : NULL;
  if (name)
    aid_strategy_load (ask->root, name, &s->strategy, &e);
  if (s->strategy)
    {
      aid_model_resolve (s->config, ask->model ? ask->model : s->strategy->model, &s->model, &e);
      aid_strategy_prompt (s->strategy, ask->root, ask->chat, ask->turn, s->model.id, &s->system, &e);
    }
  aid_links_dir (ask->chat_path, ask->root, &s->dir);
  free (name);
}

static void
surroundings_free (struct surroundings *s)
{
  aid_str_free (&s->dir);
  aid_str_free (&s->system);
  aid_model_free (&s->model);
  aid_strategy_free (s->strategy);
  aid_config_free (s->config);
}

/* What the body of PROMPT holds beside the conversation. */
static void
hold_body (const struct aid_ask *ask, const struct surroundings *s, struct aid_prompt *prompt, struct aid_str *val)
{
  struct aid_error e;
  struct aid_wire_request request;
  const struct aid_wire *wire = s->model.wire ? aid_wire_find (s->model.wire) : NULL;
  struct aid_endpoint ep = aid_model_endpoint (&s->model, NULL);
  if (s->strategy && s->strategy->schema)
    aid_conversation_want_json (&prompt->conversation, s->strategy->schema_name, s->strategy->schema, &e);
  if (!wire || wire->build (&ep, &prompt->conversation, &s->model.sampling, &request, &e))
    aid_val_end (val, aid_val_list (val), 0);
  else
    {
      aid_held_check_sent (aid_str_span (&request.body), ask->allow_secrets, val, NULL);
      aid_wire_request_free (&request);
    }
}

/* What the prompt that ASK comes to holds; nothing when it comes to none. */
static void
hold_prompt (const struct aid_ask *ask, struct aid_str *val)
{
  struct aid_error e;
  struct aid_prompt prompt;
  struct surroundings s;
  find_surroundings (ask, &s);
  struct aid_prompt_request r = { .chat = ask->chat, .turn = ask->turn, .dir = aid_str_z (&s.dir), .items = ask->items,
                                  .nitems = ask->nitems, .system = aid_str_z (&s.system),
                                  .model_id = s.model.id ? s.model.id : "", .remove_secrets = ask->remove_secrets,
                                  .summarise = ask->summarise, .dry = 1, .resolver = ask->resolver, .root = ask->root };
  if (aid_prompt_build (&r, &prompt, &e))
    aid_val_end (val, aid_val_list (val), 0);
  else if (!aid_held_check (&prompt, ask->allow_secrets, val, &e))
    {
      aid_str_clear (val);
      hold_body (ask, &s, &prompt, val);
    }
  aid_prompt_free (&prompt);
  surroundings_free (&s);
}

enum aid_err
aid_assist_held (const struct aid_ask *ask, struct aid_str *val, struct aid_error *e)
{
  if (ask->body.len)
    aid_held_check_body (ask->body, ask->allow_secrets, val, NULL);
  else
    hold_prompt (ask, val);
  return val->err ? aid_error_set (e, val->err, "There is no memory to look for secrets.") : AID_OK;
}
