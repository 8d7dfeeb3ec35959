/* What belongs to a question by its strategy is added to it: files that go together (assist/recipe.c), the uncommitted changes,
   and what the project's index finds. */
#include "assist/finder.h"
#include "assist/recipe.h"
#include "assist/variants.h"
#include "cli/cli.h"
#include "cli/items.h"
#include "cli/question.h"
#include "context/item.h"
#include "context/kinds.h"
#include "net/http.h"
#include <stdlib.h>

#define SHOWN_MAX 1000
#define ERRORS_MAX (32u << 20)
#define FOUND_MAX 6 /* passages that a strategy adds which searches, and their tokens together */
#define FOUND_TOKENS 4000
#define FOUND_WAIT_MS 5000 /* for a project that is indexed for the first time */

/* Appends to SHOWN the file that ITEM shows, from the project's root, with its lines as in "#L3-L9" (the caller's), and to
   ERRORS what failed in a build or was piped in. */
static void
take_shown (const struct aid_cli_item *item, struct aid_vec *shown, struct aid_str *errors)
{
  struct aid_str path = AID_STR_INIT (ERRORS_MAX);
  struct aid_span target = aid_span_z (item->target);
  int64_t first, last;
  if (aid_span_starts (target, AID_ITEM_BUILD) || aid_span_starts (target, "aid:errors")
      || aid_span_starts (target, "aid:text/"))
    aid_str_addspan (errors, aid_str_span (&item->text));
  if (!aid_item_target (target, &path, &first, &last))
    {
      if (first)
        aid_str_addf (&path, "#L%lld-L%lld", (long long)first, (long long)last);
      struct aid_span *slot = aid_vec_push (shown);
      size_t n = path.len;
      if (slot)
        *slot = (struct aid_span){ aid_str_steal (&path), n };
    }
  aid_str_free (&path);
}

/* Adds what the project's index finds for PROMPT, if the strategy searches it, and says so.  What the question shows already,
   also by RECIPE, is not added again, and what lies near the files that were named counts. */
static enum aid_err
add_found (struct aid_cli_question *q, const struct aid_ask *ask, struct aid_span prompt, const struct aid_strategy *s,
           const struct aid_recipe *recipe, const struct aid_config *config, struct aid_error *e)
{
  struct aid_find find = { .root = ask->root,
                           .dir = ask->root,
                           .question = { .text = prompt, .max = FOUND_MAX, .tokens = FOUND_TOKENS },
                           .wait_ms = q->wait_ms ? q->wait_ms : FOUND_WAIT_MS };
  struct aid_finding found = { .partial = 0 };
  struct aid_error why = { AID_OK, "" };
  enum aid_err err = AID_OK;
  if (!ask->root || !aid_strategy_has (s, AID_SOURCE_SEARCH))
    return AID_OK;
  struct aid_projects *projects = aid_projects_new ();
  struct aid_finder *f = projects ? aid_finder_new (projects, 0) : NULL;
  struct aid_vec shown = AID_VEC_INIT (struct aid_span, SHOWN_MAX);
  struct aid_str errors = AID_STR_INIT (ERRORS_MAX);
  if (!f)
    return aid_error_set (e, AID_E_NOMEM, "there is no memory");
  int asks = !q->quiet && json_is_object (aid_config_get (config, "embeddings"));
  struct aid_net *net = asks ? aid_net_new (NULL) : NULL;
  aid_finder_use_net (f, net, 0);
  for (size_t i = 0; i < q->read.len; i++)
    take_shown (&AID_VEC_AT (struct aid_cli_item, &q->read, i), &shown, &errors);
  find.question.n_open = shown.len;
  for (size_t i = 0; i < recipe->items.len; i++)
    {
      struct aid_cli_item item
        = { .target = AID_VEC_AT (struct aid_recipe_item, &recipe->items, i).target, .text = AID_STR_INIT (AID_ITEM_MAX) };
      struct aid_resolve how = { .dir = ask->root, .root = ask->root };
      if (!strcmp (item.target, AID_ITEM_BUILD))
        aid_context_read (&how, aid_span_z (item.target), &item.text, NULL);
      take_shown (&item, &shown, &errors);
      aid_str_free (&item.text);
    }
  find.question.error = aid_str_span (&errors);
  find.question.without = find.question.open = shown.data;
  find.question.n_without = shown.len;
  aid_finder_find (f, &find, &found, &why);
  if (found.note[0] && !q->quiet)
    aid_cli_say ("%s", found.note);
  if (!q->quiet && ((why.code && why.code != AID_E_REFUSED) || found.partial))
    aid_cli_say ("%s", why.code ? why.msg : "the project is being indexed: what was found may not be all");
  for (size_t i = 0; i < found.items.len && !err; i++)
    {
      const struct aid_recipe_item *item = &AID_VEC_AT (struct aid_recipe_item, &found.items, i);
      if (!q->quiet)
        aid_cli_say ("with %s (%s)", item->label, item->why);
      err = aid_question_add (q, item->label, item->target, e);
    }
  for (size_t i = 0; i < shown.len; i++)
    free ((char *)(uintptr_t)AID_VEC_AT (struct aid_span, &shown, i).ptr);
  aid_vec_free (&shown);
  aid_str_free (&errors);
  aid_finding_free (&found);
  aid_finder_free (f);
  if (net)
    aid_net_free (net, NULL);
  aid_projects_free (projects);
  return err;
}

/* Adds the uncommitted changes, if the strategy wants them, there are any, and the question has them not. */
static enum aid_err
add_diff (struct aid_cli_question *q, const struct aid_ask *ask, const struct aid_strategy *s, struct aid_error *e)
{
  struct aid_str text = AID_STR_INIT (AID_ITEM_MAX), label = AID_STR_INIT (256);
  struct aid_span target = AID_SPAN ("aid:diff");
  enum aid_err err = AID_OK;
  int has = !ask->root || !aid_strategy_has (s, AID_SOURCE_DIFF);
  for (size_t i = 0; i < q->read.len && !has; i++)
    has = aid_span_eqz (target, AID_VEC_AT (struct aid_cli_item, &q->read, i).target);
  struct aid_resolver *resolver = has ? NULL : aid_resolver_new ();
  struct aid_resolve how = { .resolver = resolver, .dir = ask->root, .root = ask->root };
  if (resolver && !aid_context_read (&how, target, &text, NULL) && !aid_context_is_nothing (target, aid_str_span (&text))
      && !aid_context_label (target, &label))
    {
      if (!q->quiet)
        aid_cli_say ("with %s (asked for by the strategy)", aid_str_z (&label));
      err = aid_question_add (q, aid_str_z (&label), target.ptr, e);
    }
  aid_resolver_free (resolver);
  aid_str_free (&text);
  aid_str_free (&label);
  return err;
}

enum aid_err
aid_question_complete (struct aid_cli_question *q, const struct aid_ask *ask, struct aid_span prompt, struct aid_error *e)
{
  const struct aid_asked asked = { ask->root, ask->model, ask->strategy, ask->exact, aid_str_span (&q->chat), NULL };
  struct aid_config *config = ask->apart ? aid_config_load (ask->root, e) : aid_variants_config (&asked, NULL, e);
  struct aid_strategy *s = NULL;
  struct aid_recipe r = { .tokens = 0 };
  char *name = config ? aid_strategy_in_force (config, ask->root, ask->strategy, ask->exact, aid_str_span (&q->chat)) : NULL;
  enum aid_err err = AID_E_IO;

  if (config)
    err = name ? aid_strategy_load (ask->root, name, &s, e) : aid_error_set (e, AID_E_NOMEM, "there is no memory");
  if (!err)
    err = aid_recipe_make (s, aid_str_span (&q->chat), ask->root, ask->root, &r, e);
  for (size_t i = 0; i < r.items.len && !err; i++)
    {
      const struct aid_recipe_item *item = &AID_VEC_AT (struct aid_recipe_item, &r.items, i);
      if (!q->quiet)
        aid_cli_say ("with %s (%s)", item->label, item->why);
      err = aid_question_add (q, item->label, item->target, e);
    }
  for (size_t i = 0; i < r.left_out.len && !err && !q->quiet; i++)
    aid_cli_say ("without %s: the strategy's budget is %lld tokens",
                 AID_VEC_AT (struct aid_recipe_item, &r.left_out, i).label, (long long)(s ? s->budget : 0));
  if (!err)
    err = add_diff (q, ask, s, e);
  if (!err)
    err = add_found (q, ask, prompt, s, &r, config, e);
  if (s)
    aid_recipe_free (&r);
  aid_strategy_free (s);
  aid_config_free (config);
  free (name);
  return err;
}
