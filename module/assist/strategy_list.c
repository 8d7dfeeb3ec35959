/* All strategies that can be chosen, and the variant of one for a language. */
#include "assist/strategy_internal.h"
#include "base/val.h"
#include <stdlib.h>

static int
is_listed (const struct aid_vec *list, const char *name)
{
  for (size_t i = 0; i < list->len; i++)
    if (!strcmp (AID_VEC_AT (struct aid_strategy_listed, list, i).name, name))
      return 1;
  return 0;
}

static void
free_names (struct aid_vec *names)
{
  for (size_t i = 0; i < names->len; i++)
    free (AID_VEC_AT (char *, names, i));
  aid_vec_free (names);
}

/* Lists NAME; takes it. */
static enum aid_err
list_one (const char *root, enum aid_origin origin, char *name, struct aid_vec *out, struct aid_error *e)
{
  struct aid_error why = { AID_OK, "" };
  struct aid_strategy_listed *l = aid_vec_push (out);
  if (!l)
    {
      free (name);
      return aid_error_set (e, AID_E_LIMIT, "There are more than %zu strategies.", out->max);
    }
  l->name = name;
  l->origin = origin;
  if (aid_strategy_load (root, name, &l->strategy, &why))
    l->error = strdup (why.msg);
  struct aid_str text = AID_STR_INIT (AID_STRATEGY_FILE_MAX), file = AID_STR_INIT (8192);
  aid_strategy_text (root, name, &text, &file, NULL);
  l->file = l->strategy ? strdup (l->strategy->file) : strdup (aid_str_z (&file));
  aid_str_free (&text);
  aid_str_free (&file);
  return l->file && (l->strategy || l->error) ? AID_OK
                                              : aid_error_set (e, AID_E_NOMEM, "There is no memory for the strategies.");
}

enum aid_err
aid_strategy_list (const char *root, struct aid_vec *out, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  *out = AID_VEC_INIT (struct aid_strategy_listed, 3 * AID_STRATEGIES_MAX);
  for (int o = 0; o < AID_ORIGIN_COUNT && !err; o++)
    {
      struct aid_vec names = AID_VEC_INIT (char *, AID_STRATEGIES_MAX);
      aid_strategy_names (root, (enum aid_origin)o, &names);
      for (size_t i = 0; i < names.len && !err; i++)
        {
          char *name = AID_VEC_AT (char *, &names, i);
          if (is_listed (out, name))
            continue;
          AID_VEC_AT (char *, &names, i) = NULL;
          err = list_one (root, (enum aid_origin)o, name, out, e);
        }
      free_names (&names);
    }
  return err;
}

void
aid_strategy_list_free (struct aid_vec *list)
{
  for (size_t i = 0; i < list->len; i++)
    {
      struct aid_strategy_listed *l = &AID_VEC_AT (struct aid_strategy_listed, list, i);
      free (l->name);
      free (l->file);
      free (l->error);
      aid_strategy_free (l->strategy);
    }
  aid_vec_free (list);
}

enum aid_err
aid_strategy_text (const char *root, const char *name, struct aid_str *text, struct aid_str *file, struct aid_error *e)
{
  struct aid_strategy_file found = { .text = AID_STR_INIT (0) };
  struct aid_str want = AID_STR_INIT (128);
  aid_str_addf (&want, "%s.md", name);
  enum aid_err err = aid_strategy_is_name (aid_span_z (name))
                       ? aid_strategy_file_find (root, AID_ORIGIN_PROJECT, aid_str_z (&want), &found, e)
                       : AID_E_NOTFOUND;
  if (err == AID_E_NOTFOUND)
    aid_error_set (e, err, "There is no strategy \"%.60s\".", name);
  aid_str_addspan (file, aid_str_span (&found.path));
  if (!err)
    err = aid_str_addspan (text, aid_str_span (&found.text));
  aid_strategy_file_free (&found);
  aid_str_free (&want);
  return err;
}

/* --- variants ------------------------------------------------------------------------------------------------------- */

static int
says_language (const struct aid_front_value *v, const char *language)
{
  size_t n = v && v->kind == AID_FRONT_LIST ? v->n : 1;
  const struct aid_front_value *word = v && v->kind == AID_FRONT_LIST ? v + 1 : v;
  for (size_t i = 0; v && i < n; i++)
    if (word[i].text && !strcmp (word[i].text, language))
      return 1;
  return 0;
}

/* Whether the strategy CANDIDATE says that it stands in for NAME in LANGUAGE.  Its head alone is read. */
static int
stands_in (const char *root, const char *candidate, const char *name, const char *language)
{
  struct aid_str text = AID_STR_INIT (AID_STRATEGY_FILE_MAX), file = AID_STR_INIT (8192);
  struct aid_front front = { .body = 0 };
  int fits = 0;
  if (!aid_strategy_text (root, candidate, &text, &file, NULL) && !aid_front_read (aid_str_span (&text), "", &front, NULL))
    {
      const struct aid_front_value *of = aid_front_get (&front, "variant-of");
      fits = of && of->text && !strcmp (of->text, name) && says_language (aid_front_get (&front, "languages"), language);
    }
  aid_front_free (&front);
  aid_str_free (&text);
  aid_str_free (&file);
  return fits;
}

char *
aid_strategy_variant (const char *root, const char *name, const char *language)
{
  char *found = NULL;
  if (!language[0])
    return NULL;
  for (int o = 0; o < AID_ORIGIN_COUNT && !found; o++)
    {
      struct aid_vec names = AID_VEC_INIT (char *, AID_STRATEGIES_MAX);
      aid_strategy_names (root, (enum aid_origin)o, &names);
      for (size_t i = 0; i < names.len && !found; i++)
        if (strcmp (AID_VEC_AT (char *, &names, i), name) != 0
            && stands_in (root, AID_VEC_AT (char *, &names, i), name, language))
          {
            found = AID_VEC_AT (char *, &names, i);
            AID_VEC_AT (char *, &names, i) = NULL;
          }
      free_names (&names);
    }
  return found;
}

static int
has_variants (const struct aid_config *config, int exact)
{
  return !exact && !json_is_false (aid_config_get (config, "strategy_variants"));
}

char *
aid_strategy_in_force_for (const struct aid_config *config, const char *root, const char *name, int exact,
                           const char *language)
{
  const json_t *set = aid_config_get (config, "strategy");
  char *variant = NULL;
  if (!name)
    name = json_is_string (set) ? json_string_value (set) : "ask";
  if (has_variants (config, exact))
    variant = aid_strategy_variant (root, name, language);
  return variant ? variant : strdup (name);
}

char *
aid_strategy_in_force (const struct aid_config *config, const char *root, const char *name, int exact, struct aid_span chat)
{
  const char *language = has_variants (config, exact) ? aid_chat_language (chat) : "";
  return aid_strategy_in_force_for (config, root, name, exact, language);
}

/* --- as a value ----------------------------------------------------------------------------------------------------- */

static uint32_t
add_word (struct aid_str *out, const char *key, const char *word)
{
  if (!word)
    return 0;
  aid_val_kstrz (out, key, word);
  return 1;
}

static uint32_t
add_settings (const struct aid_strategy *s, struct aid_str *out)
{
  uint32_t n = add_word (out, "description", s->description) + add_word (out, "extends", s->extends)
               + add_word (out, "variant_of", s->variant_of) + add_word (out, "effort", s->effort)
               + add_word (out, "model", s->model) + add_word (out, "tools", s->tools)
               + add_word (out, "schema", s->schema_name)
               + add_word (out, "edit_format", aid_edit_format_name (s->format));
  aid_val_key (out, "languages");
  size_t list = aid_val_list (out);
  for (size_t i = 0; i < s->languages.len; i++)
    aid_val_strz (out, AID_VEC_AT (char *, &s->languages, i));
  aid_val_end (out, list, (uint32_t)s->languages.len);
  aid_val_key (out, "context");
  list = aid_val_list (out);
  for (size_t i = 0; i < s->nsources; i++)
    aid_val_strz (out, aid_source_name (s->sources[i]));
  aid_val_end (out, list, (uint32_t)s->nsources);
  aid_val_kint (out, "budget", s->budget);
  n += 3;
  if (s->max_tokens)
    aid_val_kint (out, "max_tokens", s->max_tokens);
  if (s->temperature >= 0)
    aid_val_kreal (out, "temperature", s->temperature);
  if (s->top_p >= 0)
    aid_val_kreal (out, "top_p", s->top_p);
  n += (s->max_tokens > 0) + (s->temperature >= 0) + (s->top_p >= 0);
  if (s->warnings.len)
    aid_val_kstr (out, "warnings", aid_span_trim (aid_str_span (&s->warnings)));
  return n + (s->warnings.len > 0);
}

void
aid_strategy_to_val (const struct aid_strategy_listed *l, struct aid_str *out)
{
  size_t o = aid_val_object (out);
  uint32_t n = 3;
  aid_val_kstrz (out, "name", l->name);
  aid_val_kstrz (out, "origin", aid_origin_name (l->origin));
  aid_val_kstrz (out, "file", l->file);
  if (l->strategy)
    n += add_settings (l->strategy, out);
  n += add_word (out, "error", l->error);
  aid_val_end (out, o, n);
}

void
aid_strategy_info (const char *root, const char *name, struct aid_str *out)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_str text = AID_STR_INIT (AID_STRATEGY_FILE_MAX), file = AID_STR_INIT (8192);
  struct aid_strategy_listed l = { .name = (char *)(uintptr_t)name, .origin = AID_ORIGIN_SHIPPED };
  if (aid_strategy_load (root, name, &l.strategy, &e))
    l.error = e.msg;
  else
    l.origin = l.strategy->origin;
  aid_strategy_text (root, name, &text, &file, NULL);
  l.file = (char *)(uintptr_t)aid_str_z (&file);
  aid_strategy_to_val (&l, out);
  aid_strategy_free (l.strategy);
  aid_str_free (&text);
  aid_str_free (&file);
}
