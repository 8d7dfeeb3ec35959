/* Who takes part in what, and what stands over it. */
#include "assist/variants.h"
#include "assist/strategy.h"
#include "assist/variants_internal.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/val.h"
#include "chat/chat.h"
#include "measure/events.h"
#include "measure/trial_report.h"
#include "model/provider.h"
#include "rollout/wish.h"

#include <stdlib.h>

void
aid_variants_init (struct aid_variants *v)
{
  *v = (struct aid_variants){ AID_VEC_INIT (struct aid_taken, AID_VARIANTS_MAX), AID_STR_INIT (AID_VARIANTS_PAIRS) };
}

static void
forget (struct aid_variants *v)
{
  for (size_t i = 0; i < v->taken.len; i++)
    {
      struct aid_taken *t = &AID_VEC_AT (struct aid_taken, &v->taken, i);
      free (t->experiment);
      free (t->variant);
      free (t->unit);
    }
  v->taken.len = 0;
  aid_str_clear (&v->pairs);
}

void
aid_variants_free (struct aid_variants *v)
{
  forget (v);
  aid_vec_free (&v->taken);
  aid_str_free (&v->pairs);
}

/* --- who asks ----------------------------------------------------------------------------------------------------------- */

struct targets
{
  int model, language;
};

static void
see_targets (void *ctx, const struct aid_experiment *x)
{
  struct targets *t = ctx;
  t->model |= json_object_get (x->targeting, "model") != NULL;
  t->language |= json_object_get (x->targeting, "language") != NULL;
}

/* The model that would be asked without experiments; it is found out only when it is WANTED. */
static void
find_model (struct aid_variants_subject *s, const struct aid_config *c, int wanted)
{
  const char *set = json_string_value (aid_config_get (c, "model"));
  struct aid_model model = { 0 };
  if (s->asked->model || set)
    aid_str_addz (&s->model, s->asked->model ? s->asked->model : set);
  else if (wanted && !aid_model_resolve (c, NULL, &model, NULL))
    {
      aid_str_addz (&s->model, model.id);
      aid_model_free (&model);
    }
}

/* What a request is called: its chat's key, which its first line has, and its word. */
static void
name_request (const struct aid_asked *q, struct aid_str *out)
{
  struct aid_span rest = q->chat, line = AID_SPAN ("");
  struct aid_chat *chat = NULL;
  if (!q->request)
    return;
  if (aid_span_line (&rest, &line) && !aid_chat_parse (line, &chat, NULL) && chat->key[0])
    aid_str_addf (out, "%s ", chat->key);
  aid_str_addz (out, q->request);
  aid_chat_free (chat);
}

void
aid_variants_subject_find (const struct aid_asked *q, const struct aid_config *c, struct aid_variants_subject *s)
{
  const char *strategy = json_string_value (aid_config_get (c, "strategy"));
  struct targets targets = { 0, 0 }; /* only what some targeting asks for is found out: a chat may be long */
  aid_experiment_each (c, see_targets, &targets);
  *s = (struct aid_variants_subject){
    .asked = q, .person = AID_STR_INIT (65536), .request = AID_STR_INIT (4096), .model = AID_STR_INIT (4096)
  };
  s->core_pinned = aid_config_layer (c, "core") == AID_CONFIG_USER;
  aid_experiment_person (c, &s->person, NULL); /* who cannot be told takes no part */
  name_request (q, &s->request);
  find_model (s, c, targets.model);
  s->who = (struct aid_subject){ .person = s->person.len ? aid_str_z (&s->person) : NULL,
                                 .request = q->request ? aid_str_z (&s->request) : NULL,
                                 .language = targets.language && q->chat.len ? aid_chat_language (q->chat) : NULL,
                                 .project = q->root ? aid_fs_base (q->root) : NULL,
                                 .model = s->model.len ? aid_str_z (&s->model) : NULL,
                                 .strategy = q->strategy ? q->strategy
                                             : strategy  ? strategy
                                                         : "ask",
                                 .now = aid_clock_wall_ms () };
}

void
aid_variants_subject_free (struct aid_variants_subject *s)
{
  aid_str_free (&s->person);
  aid_str_free (&s->request);
  aid_str_free (&s->model);
}

/* --- what stands over a variant ------------------------------------------------------------------------------------------ */

/* Whether any variant of X sets KEY. */
static int
sets (const struct aid_experiment *x, const char *key)
{
  for (size_t i = 0; i < x->nvariants; i++)
    if (json_object_get (x->variants[i].settings, key))
      return 1;
  return 0;
}

/* Whether the strategy names the model that X would set, and X has no strategies of its own that may be the reason. */
static int
names_another (enum aid_own_model own, const struct aid_experiment *x)
{
  return sets (x, "model") && (own == AID_OWN_MODEL || (own == AID_VARIANTS_MODEL && !sets (x, "strategy")));
}

static void
take_back (struct aid_evaluation *v, enum aid_reason reason, const char *why)
{
  v->variant = NULL;
  v->reason = reason;
  v->why = why;
}

void
aid_variants_settle (void *ctx, const struct aid_experiment *x, struct aid_evaluation *v)
{
  const struct aid_variants_subject *s = ctx;
  if (!v->variant)
    return;
  if (s->asked->model && sets (x, "model"))
    take_back (v, AID_REASON_DEFAULT, "the model was chosen by hand");
  else if (s->asked->strategy && sets (x, "strategy"))
    take_back (v, AID_REASON_DEFAULT, "the strategy was chosen by hand");
  else if (names_another (s->own_model, x))
    take_back (v, AID_REASON_DEFAULT, "the strategy names its model");
  else if (aid_trial_is_off (x, v->variant->name, NULL))
    take_back (v, AID_REASON_DISABLED, "it was found to do harm");
  else if (aid_rollout_objection (s->core_pinned, x, v->variant))
    take_back (v, AID_REASON_DEFAULT, aid_rollout_objection (s->core_pinned, x, v->variant));
}

/* --- laying over --------------------------------------------------------------------------------------------------------- */

struct laying
{
  struct aid_variants_subject subject;
  struct aid_variants *out;
  int sets_model, bad;
};

/* Adds V, of X, to what is in force; -1 when it does not fit. */
static int
add_taken (struct laying *l, const struct aid_experiment *x, const struct aid_evaluation *v)
{
  struct aid_str pair = AID_STR_INIT (AID_VARIANTS_PAIRS);
  aid_trial_pair (x->name, v->variant->name, &pair);
  int fits = !pair.err && l->out->pairs.len + pair.len + 1 < AID_VARIANTS_PAIRS;
  struct aid_taken *t = fits ? aid_vec_push (&l->out->taken) : NULL;
  if (t)
    {
      aid_str_addf (&l->out->pairs, "%s%s", l->out->pairs.len ? "," : "", aid_str_z (&pair));
      *t = (struct aid_taken){ strdup (x->name), strdup (v->variant->name),
                               x->by_request ? NULL : strdup (v->unit ? v->unit : ""), aid_reason_name (v->reason), "" };
      aid_trial_version (x, t->version);
      l->bad |= !t->experiment || !t->variant || (!x->by_request && !t->unit);
    }
  aid_str_free (&pair);
  return t ? 0 : -1;
}

static void
take_one (void *ctx, const struct aid_experiment *x, struct aid_evaluation *v)
{
  struct laying *l = ctx;
  aid_variants_settle (&l->subject, x, v);
  if (!v->variant)
    return;
  if (add_taken (l, x, v))
    take_back (v, AID_REASON_DEFAULT, "there are too many experiments at once");
  else
    l->sets_model |= sets (x, "model");
}

/* Lays over C what Q takes part in; OWN_MODEL: what is known of the strategy in force. */
static enum aid_err
lay (struct aid_config *c, const struct aid_asked *q, enum aid_own_model own_model, struct laying *l, struct aid_error *e)
{
  aid_variants_subject_find (q, c, &l->subject);
  l->subject.own_model = own_model;
  l->sets_model = 0;
  forget (l->out);
  enum aid_err err = aid_experiment_overlay_but (c, &l->subject.who, q->request != NULL, take_one, l, e);
  if (!err && l->bad)
    err = aid_error_set (e, AID_E_NOMEM, "There is no memory for the experiments");
  aid_variants_subject_free (&l->subject);
  return err;
}

/* Whether the strategy that C has in force for Q names its model. */
static int
names_model (const struct aid_config *c, const struct aid_asked *q)
{
  struct aid_strategy *s = NULL;
  char *name = aid_strategy_in_force (c, q->root, q->strategy, q->exact, q->chat);
  int names = name && !aid_strategy_load (q->root, name, &s, NULL) && s->model;
  aid_strategy_free (s);
  free (name);
  return names;
}

/* Lays over the settings as they are read. */
static enum aid_err
lay_anew (struct aid_config **c, const struct aid_asked *q, enum aid_own_model own_model, struct laying *l,
          struct aid_error *e)
{
  aid_config_free (*c);
  *c = aid_config_load (q->root, e);
  return *c ? lay (*c, q, own_model, l, e) : AID_E_INVALID;
}

struct aid_config *
aid_variants_config (const struct aid_asked *q, struct aid_variants *out, struct aid_error *e)
{
  struct aid_variants own;
  aid_variants_init (&own);
  struct laying l = { .out = out ? out : &own };
  struct aid_config *c = aid_config_load (q->root, e);
  enum aid_err err = AID_OK;
  if (!c || !json_is_object (aid_config_get (c, "experiments")))
    return c;
  err = lay (c, q, AID_NO_MODEL, &l, e);
  if (!err && l.sets_model && names_model (c, q))
    {
      err = lay_anew (&c, q, AID_OWN_MODEL, &l, e);
      if (!err && !names_model (c, q))
        err = lay_anew (&c, q, AID_VARIANTS_MODEL, &l, e);
    }
  if (err)
    {
      aid_config_free (c);
      c = NULL;
    }
  aid_variants_free (&own);
  return c;
}

void
aid_variants_val (const struct aid_variants *v, struct aid_str *out)
{
  size_t list = aid_val_list (out);
  for (size_t i = 0; i < v->taken.len; i++)
    {
      const struct aid_taken *t = &AID_VEC_AT (struct aid_taken, &v->taken, i);
      size_t one = aid_val_object (out);
      aid_val_kstrz (out, "experiment", t->experiment);
      aid_val_kstrz (out, "variant", t->variant);
      aid_val_end (out, one, 2);
    }
  aid_val_end (out, list, (uint32_t)v->taken.len);
}

void
aid_variants_expose (const struct aid_variants *v, struct aid_events *events, struct aid_span request, const char *root,
                     const char *chat)
{
  for (size_t i = 0; i < v->taken.len; i++)
    {
      const struct aid_taken *t = &AID_VEC_AT (struct aid_taken, &v->taken, i);
      struct aid_str val = AID_STR_INIT (1u << 20);
      size_t all = aid_val_object (&val);
      aid_val_kstrz (&val, "experiment", t->experiment);
      aid_val_kstrz (&val, "variant", t->variant);
      aid_val_kstrz (&val, "reason", t->reason);
      aid_val_kstrz (&val, "version", t->version);
      if (t->unit)
        aid_val_kstrz (&val, "unit", t->unit);
      aid_val_end (&val, all, 4 + (t->unit != NULL));
      struct aid_measurement m
        = { .kind = AID_MEASURED_EXPOSURE, .request = request, .root = root, .chat = chat, .fields = aid_str_span (&val) };
      aid_events_add (events, &m);
      aid_str_free (&val);
    }
}
