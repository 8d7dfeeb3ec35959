#include "assist/forecast.h"
#include "assist/finder.h"
#include "assist/strategy.h"
#include "assist/variants.h"
#include "base/json.h"
#include "base/val.h"
#include "model/cost.h"
#include "model/spend.h"
#include <stdlib.h>

static double
budget_of (const struct aid_config *config, const char *which)
{
  return aid_json_real (aid_config_get (config, "budget"), which, -1.0);
}

/* A budget that is spent is passed by a request of unknown cost, too. */
static int
passes (double budget, double spent, double cost)
{
  return budget >= 0 && (cost > 0 ? spent + cost > budget : spent >= budget && cost != 0);
}

int
aid_forecast_is_text (const struct aid_conversation *c)
{
  for (size_t i = 0; i < c->messages.len; i++)
    {
      const struct aid_vec *parts = &AID_VEC_AT (struct aid_message, &c->messages, i).parts;
      for (size_t k = 0; k < parts->len; k++)
        if (AID_VEC_AT (struct aid_part, parts, k).kind != AID_PART_TEXT)
          return 0;
    }
  return 1;
}

void
aid_forecast_make (const struct aid_config *config, const struct aid_model *model, const struct aid_prompt *prompt,
                   const struct aid_counter *counter, struct aid_forecast *out)
{
  char month[8];
  *out = (struct aid_forecast){ .tokens = prompt->tokens, .window = model->context, .chat_cost = prompt->spent };
  out->exact = counter && aid_counter_exact (counter) && aid_forecast_is_text (&prompt->conversation);
  out->tokenizer = counter ? aid_counter_tokenizer (counter) : "other";
  out->cost = aid_cost_ahead (&model->price, prompt->tokens, AID_FORECAST_ANSWER);
  if (out->cost < 0 && model->local)
    out->cost = 0;
  out->chat_budget = budget_of (config, "chat");
  out->month_budget = budget_of (config, "month");
  if (out->month_budget >= 0)
    {
      aid_spend_this_month (month);
      out->month_cost = aid_spend_total (month);
    }
  if (passes (out->chat_budget, out->chat_cost, out->cost))
    out->over = "chat";
  else if (passes (out->month_budget, out->month_cost, out->cost))
    out->over = "month";
}

static void
add_dollars (struct aid_str *out, double cost)
{
  aid_str_addc (out, '$');
  aid_cost_write (out, cost);
}

void
aid_forecast_words (const struct aid_forecast *f, struct aid_str *out)
{
  int chat = f->over && !strcmp (f->over, "chat");
  if (!f->over)
    return;
  aid_str_addz (out, chat ? "This chat has cost " : "This month has cost ");
  add_dollars (out, chat ? f->chat_cost : f->month_cost);
  aid_str_addz (out, " of its budget of ");
  add_dollars (out, chat ? f->chat_budget : f->month_budget);
  if (f->cost < 0)
    aid_str_addz (out, "; what this question costs is not known.");
  else
    {
      aid_str_addz (out, "; this question costs about ");
      add_dollars (out, f->cost);
      aid_str_addc (out, '.');
    }
}

/* --- for front ends ----------------------------------------------------------------------------------------------------- */

/* COST, or nil when it is negative. */
static void
add_known (struct aid_str *val, const char *key, double cost)
{
  aid_val_key (val, key);
  if (cost >= 0)
    aid_val_real (val, cost);
  else
    aid_val_nil (val);
}

static void
write_val (const struct aid_forecast *f, struct aid_str *val)
{
  struct aid_str words = AID_STR_INIT (256);
  aid_forecast_words (f, &words);
  size_t all = aid_val_object (val);
  aid_val_kint (val, "tokens", f->tokens);
  aid_val_kbool (val, "exact", f->exact);
  aid_val_kstrz (val, "tokenizer", f->tokenizer);
  aid_val_kint (val, "window", f->window);
  add_known (val, "cost", f->cost);
  add_known (val, "chat_cost", f->chat_cost);
  add_known (val, "month_cost", f->month_cost);
  add_known (val, "chat_budget", f->chat_budget);
  add_known (val, "month_budget", f->month_budget);
  aid_val_kstrz (val, "over", f->over);
  aid_val_kstrz (val, "words", words.len ? aid_str_z (&words) : NULL);
  aid_val_end (val, all, 11);
  aid_str_free (&words);
}

/* What each item of the open question costs, of those that are known. */
static void
write_items (const struct aid_prompt *prompt, struct aid_str *val)
{
  uint32_t n = 0;
  size_t list = aid_val_list (val);
  for (size_t i = 0; i < prompt->items.len; i++)
    {
      const struct aid_prompt_item *item = &AID_VEC_AT (struct aid_prompt_item, &prompt->items, i);
      if (!item->known)
        continue;
      size_t o = aid_val_object (val);
      aid_val_kstrz (val, "target", item->target);
      aid_val_kint (val, "tokens", item->tokens);
      aid_val_end (val, o, 2);
      n++;
    }
  aid_val_end (val, list, n);
}

/* What a question comes to: the forecast, when there is a MODEL, and, unless NULL, the costs of its items. */
struct outlook
{
  const struct aid_config *config;
  const struct aid_ask *ask;
  const struct aid_model *model;       /* its id is NULL when there is none */
  struct aid_str *forecast, *items;
};

static enum aid_err
forecast_prompt (const struct outlook *o, const char *system, struct aid_error *e)
{
  struct aid_prompt prompt;
  struct aid_forecast f;
  const struct aid_ask *ask = o->ask;
  struct aid_str dir = AID_STR_INIT (8192);
  struct aid_counter *counter = aid_counter_new (o->model->name);
  aid_links_dir (ask->chat_path, ask->root, &dir);
  struct aid_prompt_request r = { .chat = ask->chat, .turn = ask->turn, .dir = aid_str_z (&dir), .items = ask->items,
                                  .nitems = ask->nitems, .system = system, .model_id = o->model->id ? o->model->id : "",
                                  .counter = counter, .dry = 1, .quick = 1, .resolver = ask->resolver, .root = ask->root,
                                  .list = o->items ? AID_ITEMS_NEW : AID_ITEMS_NONE };
  enum aid_err err = aid_prompt_build (&r, &prompt, e);
  if (!err && o->model->id)
    {
      aid_forecast_make (o->config, o->model, &prompt, counter, &f);
      write_val (&f, o->forecast);
    }
  if (!err && o->items)
    write_items (&prompt, o->items);
  aid_prompt_free (&prompt);
  aid_counter_free (counter);
  aid_str_free (&dir);
  return err;
}

/* Items, which may be NULL, are counted without a model as well. */
static enum aid_err
forecast_with (const struct aid_config *config, const struct aid_ask *ask, struct aid_str *forecast, struct aid_str *items,
               struct aid_error *e)
{
  struct aid_strategy *strategy = NULL;
  struct aid_model model = { 0 };
  struct aid_str system = AID_STR_INIT (AID_TEMPLATE_MAX);
  struct outlook o = { config, ask, &model, forecast, items };
  char *name = aid_strategy_in_force (config, ask->root, ask->strategy, ask->exact, ask->chat);
  enum aid_err err = name ? aid_strategy_load (ask->root, name, &strategy, e)
                          : aid_error_set (e, AID_E_NOMEM, "There is no memory for a strategy.");
  if (!err && strategy)
    err = aid_model_resolve (config, ask->model ? ask->model : strategy->model, &model, e);
  if (err && items)
    err = AID_OK;
  else if (!err && strategy)
    err = aid_strategy_prompt (strategy, ask->root, ask->chat, ask->turn, model.id, &system, e);
  if (!err)
    err = forecast_prompt (&o, aid_str_z (&system), e);
  aid_strategy_free (strategy);
  aid_model_free (&model);
  aid_str_free (&system);
  free (name);
  return err;
}

/* The model CONFIG names by ID, as {id, name, exact}, or nil when there is none. */
static void
add_model (const struct aid_config *config, const char *key, const char *id, struct aid_str *val)
{
  struct aid_model model = { 0 };
  aid_val_key (val, key);
  if (aid_model_resolve (config, id, &model, NULL))
    {
      aid_val_nil (val);
      return;
    }
  struct aid_counter *counter = aid_counter_new (model.name);
  size_t o = aid_val_object (val);
  aid_val_kstrz (val, "id", model.id);
  aid_val_kstrz (val, "name", model.name);
  aid_val_kbool (val, "exact", counter && aid_counter_exact (counter));
  aid_val_end (val, o, 3);
  aid_counter_free (counter);
  aid_model_free (&model);
}

/* Appends the value PART, or nil when that is empty. */
static void
add_or_nil (struct aid_str *val, const struct aid_str *part)
{
  if (part->len && !part->err)
    aid_str_addspan (val, aid_str_span (part));
  else
    aid_val_nil (val);
}

/* The settings that hold for ASK; nothing is drawn for it. */
static struct aid_config *
settings_of (const struct aid_ask *ask, struct aid_variants *variants, struct aid_error *e)
{
  const struct aid_asked q = { ask->root, ask->model, ask->strategy, ask->exact, ask->chat, NULL };
  return ask->apart ? aid_config_load (ask->root, e) : aid_variants_config (&q, variants, e);
}

enum aid_err
aid_assist_situation (struct aid_assist *a, const struct aid_ask *ask, struct aid_str *val, struct aid_error *e)
{
  struct aid_str forecast = AID_STR_INIT (val->max), items = AID_STR_INIT (val->max);
  struct aid_variants variants;
  aid_variants_init (&variants);
  struct aid_config *config = settings_of (ask, &variants, e);
  if (!config)
    {
      aid_variants_free (&variants);
      return AID_E_INVALID;
    }
  struct aid_strategy *loaded = NULL;
  char *strategy = aid_strategy_in_force (config, ask->root, ask->strategy, ask->exact, ask->chat);
  if (strategy)
    aid_strategy_load (ask->root, strategy, &loaded, NULL);
  if (loaded && ask->root && aid_strategy_has (loaded, AID_SOURCE_SEARCH))
    aid_finder_begin (a->finder, ask->root, NULL);
  size_t o = aid_val_object (val);
  add_model (config, "configured", NULL, val);
  add_model (config, "model", ask->model ? ask->model : loaded ? loaded->model : NULL, val);
  aid_val_key (val, "strategy");
  if (strategy)
    aid_strategy_info (ask->root, strategy, val);
  else
    aid_val_nil (val);
  if (forecast_with (config, ask, &forecast, &items, NULL))
    aid_str_clear (&forecast);
  aid_val_key (val, "forecast");
  add_or_nil (val, &forecast);
  aid_val_key (val, "items");
  add_or_nil (val, &items);
  aid_val_key (val, "variants");
  aid_variants_val (&variants, val);
  aid_val_kbool (val, "experiments", json_is_object (aid_config_get (config, "experiments")));
  aid_val_end (val, o, 7);
  aid_variants_free (&variants);
  aid_str_free (&forecast);
  aid_str_free (&items);
  aid_config_free (config);
  aid_strategy_free (loaded);
  free (strategy);
  return AID_OK;
}

enum aid_err
aid_assist_forecast (const struct aid_ask *ask, struct aid_str *val, struct aid_error *e)
{
  struct aid_config *config = settings_of (ask, NULL, e);
  enum aid_err err = config ? forecast_with (config, ask, val, NULL, e) : AID_E_INVALID;
  aid_config_free (config);
  return err;
}
