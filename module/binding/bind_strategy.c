/* Strategies, and what they add to a question. */
#include "assist/recipe.h"
#include "assist/strategy.h"
#include "assist/variants.h"
#include "base/val.h"
#include "binding/later.h"
#include "config/config.h"
#include <stdlib.h>

struct aid_config *
aid_bind_config (emacs_env *env, const struct aid_asked *q)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_config *c = aid_lisp_failed (env) ? NULL : aid_variants_config (q, NULL, &e);
  if (c == NULL && !aid_lisp_failed (env))
    aid_lisp_error (env, &e);
  return c;
}

AID_BIND (strategies)
{
  (void) nargs;
  struct aid_str val = AID_STR_INIT (16 << 20);
  struct aid_error e = { AID_OK, "" };
  struct aid_vec list;
  char *root = aid_lisp_dup (env, args[0]);
  if (aid_lisp_failed (env))
    return NULL;
  enum aid_err err = aid_strategy_list (root, &list, &e);
  size_t l = aid_val_list (&val);
  for (size_t i = 0; i < list.len; i++)
    aid_strategy_to_val (&AID_VEC_AT (struct aid_strategy_listed, &list, i), &val);
  aid_val_end (&val, l, (uint32_t) list.len);
  aid_strategy_list_free (&list);
  free (root);
  if (err == AID_OK)
    return aid_lisp_take_val (env, &val);
  aid_str_free (&val);
  return aid_lisp_error (env, &e);
}

AID_BIND (strategy_info)
{
  (void) nargs;
  struct aid_str val = AID_STR_INIT (1 << 20);
  char *name = aid_lisp_dup (env, args[0]), *root = aid_lisp_dup (env, args[2]);
  const char *language = aid_lisp_is_nil (env, args[1]) ? "" : aid_bind_docs_language (env, args[1]);
  int exact = !aid_lisp_is_nil (env, args[3]);
  struct aid_span chat = aid_lisp_is_nil (env, args[1]) ? AID_SPAN ("") : aid_bind_docs_text (env, args[1]);
  const struct aid_asked q = { root, NULL, name, exact, chat, NULL };
  struct aid_config *c = aid_bind_config (env, &q);
  char *used = c != NULL ? aid_strategy_in_force_for (c, root, name, exact, language) : NULL;
  emacs_value out = NULL;
  if (used != NULL)
    {
      aid_strategy_info (root, used, &val);
      out = aid_lisp_take_val (env, &val);
    }
  if (c != NULL)
    aid_config_free (c);
  free (used);
  free (name);
  free (root);
  return out;
}

AID_BIND (strategy_text)
{
  (void) nargs;
  struct aid_error e = { AID_OK, "" };
  struct aid_str text = AID_STR_INIT (AID_STRATEGY_FILE_MAX), file = AID_STR_INIT (8192), val = AID_STR_INIT (1 << 20);
  char *name = aid_lisp_dup (env, args[0]), *root = aid_lisp_dup (env, args[1]);
  emacs_value out = NULL;
  if (!aid_lisp_failed (env) && aid_strategy_text (root, name, &text, &file, &e) != AID_OK)
    aid_lisp_error (env, &e);
  else if (!aid_lisp_failed (env))
    {
      size_t o = aid_val_object (&val);
      aid_val_kstr (&val, "file", aid_str_span (&file));
      aid_val_kstr (&val, "text", aid_str_span (&text));
      aid_val_end (&val, o, 2);
      out = aid_lisp_take_val (env, &val);
    }
  aid_str_free (&text);
  aid_str_free (&file);
  aid_str_free (&val);
  free (name);
  free (root);
  return out;
}

AID_BIND (strategy_check)
{
  (void) nargs;
  struct aid_error e = { AID_OK, "" };
  struct aid_str val = AID_STR_INIT (1 << 16);
  struct aid_strategy *s = NULL;
  char *file = aid_lisp_dup (env, args[0]), *root = aid_lisp_dup (env, args[1]);
  emacs_value out = NULL;
  if (!aid_lisp_failed (env))
    {
      enum aid_err err = aid_strategy_load_file (root, file, &s, &e);
      aid_val_strz (&val, err != AID_OK ? e.msg : s->warnings.len ? aid_str_z (&s->warnings) : NULL);
      out = aid_lisp_take_val (env, &val);
    }
  aid_strategy_free (s);
  aid_str_free (&val);
  free (file);
  free (root);
  return out;
}

AID_BIND (config_store)
{
  (void) nargs;
  struct aid_error e = { AID_OK, "" };
  char *root = aid_lisp_dup (env, args[0]), *key = aid_lisp_dup (env, args[1]), *value = aid_lisp_dup (env, args[2]);
  if (!aid_lisp_failed (env) && aid_config_store (root, key, value, &e) != AID_OK)
    aid_lisp_error (env, &e);
  free (root);
  free (key);
  free (value);
  return aid_lisp_failed (env) ? NULL : env->intern (env, "t");
}

void
aid_bind_items_val (const struct aid_vec *items, struct aid_str *val)
{
  size_t l = aid_val_list (val);
  for (size_t i = 0; i < items->len; i++)
    {
      const struct aid_recipe_item *item = &AID_VEC_AT (struct aid_recipe_item, items, i);
      size_t o = aid_val_object (val);
      aid_val_kstrz (val, "target", item->target);
      aid_val_kstrz (val, "label", item->label);
      aid_val_kstrz (val, "why", item->why);
      aid_val_kint (val, "tokens", item->tokens);
      if (item->name)
        aid_val_kstrz (val, "name", item->name);
      aid_val_end (val, o, item->name ? 5 : 4);
    }
  aid_val_end (val, l, (uint32_t) items->len);
}

/* --- what a strategy adds ---------------------------------------------------------------------------------------------- */

struct recipe_job
{
  struct aid_bind_later later;
  char *name, *root, *dir;
  struct aid_str chat;
};

static void
recipe_job_free (struct aid_bind_later *later)
{
  struct recipe_job *j = (struct recipe_job *) later;
  aid_str_free (&j->chat);
  free (j->name);
  free (j->root);
  free (j->dir);
  free (j);
}

static void
make_recipe (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  struct recipe_job *j = (struct recipe_job *) later;
  struct aid_strategy *s = NULL;
  struct aid_recipe recipe;
  if (aid_strategy_load (j->root, j->name, &s, e) == AID_OK)
    {
      if (aid_recipe_make (s, aid_str_span (&j->chat), j->root, j->dir, &recipe, e) == AID_OK)
        {
          size_t o = aid_val_object (val);
          aid_val_key (val, "items");
          aid_bind_items_val (&recipe.items, val);
          aid_val_key (val, "left_out");
          aid_bind_items_val (&recipe.left_out, val);
          aid_val_end (val, o, 2);
        }
      aid_recipe_free (&recipe);
    }
  aid_strategy_free (s);
}

AID_BIND (recipe_soon)
{
  (void) nargs;
  struct recipe_job *j = aid_bind_later_new (env, sizeof *j, make_recipe, recipe_job_free);
  if (j == NULL)
    return NULL;
  j->chat = AID_STR_INIT (AID_LISP_TEXT_MAX);
  j->name = aid_lisp_dup (env, args[0]);
  aid_str_addspan (&j->chat, aid_bind_docs_text (env, args[1]));
  j->root = aid_lisp_dup (env, args[2]);
  j->dir = aid_lisp_dup (env, args[3]);
  return aid_bind_later_begin (env, &j->later, aid_assist_pool (aid_binding.assist));
}
