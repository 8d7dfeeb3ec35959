/* The settings of strategies: one table of what there is, and what each may hold. */
#include "assist/strategy_internal.h"
#include "base/fs.h"
#include "config/trust.h"
#include <stdlib.h>

static const char *const format_names[] = { "none", "unified", "search-replace", "apply-patch", "whole", NULL };
static const char *const source_names[]
  = { "region", "definition", "buffer", "errors", "diff", "build", "siblings", "instructions", "search", NULL };
static const char *const tool_names[] = { "none", "ask", "auto", NULL };

const char *
aid_edit_format_name (enum aid_edit_format f)
{
  return format_names[f];
}

const char *
aid_source_name (enum aid_source s)
{
  return source_names[s];
}

static int
index_of (const char *const *names, const char *word)
{
  for (int i = 0; names[i]; i++)
    if (aid_front_same_key (names[i], word))
      return i;
  return -1;
}

/* "a, b or c" */
static void
add_choice (struct aid_str *out, const char *const *names)
{
  for (size_t i = 0; names[i]; i++)
    aid_str_addf (out, "%s%s", i == 0 ? "" : names[i + 1] ? ", " : " or ", names[i]);
}

/* --- settings ------------------------------------------------------------------------------------------------------- */

/* What a setting holds, and where in the strategy. */
enum type
{
  TYPE_TEXT,
  TYPE_NAME,
  TYPE_NAMES,
  TYPE_WORD,
  TYPE_REAL,
  TYPE_COUNT,
  TYPE_FORMAT,
  TYPE_TOOLS,
  TYPE_SOURCES,
  TYPE_SCHEMA,
  TYPE_VARS
};

struct setting
{
  const char *key;
  enum type type;
  size_t offset;
  int own;     /* of this file alone: not what is extended */
  int user;    /* only the user's file may say it */
  double most; /* of a number */
};

#define AT(member) offsetof (struct aid_strategy, member)
static const struct setting settings[] = {
  { "description", TYPE_TEXT, AT (description), 1, 0, 0 },
  { "extends", TYPE_NAME, AT (extends), 1, 0, 0 },
  { "variant-of", TYPE_NAME, AT (variant_of), 1, 0, 0 },
  { "languages", TYPE_NAMES, AT (languages), 1, 0, 0 },
  { "edit-format", TYPE_FORMAT, AT (format), 0, 0, 0 },
  { "context", TYPE_SOURCES, AT (sources), 0, 0, 0 },
  { "effort", TYPE_WORD, AT (effort), 0, 0, 0 },
  { "temperature", TYPE_REAL, AT (temperature), 0, 0, 2 },
  { "top-p", TYPE_REAL, AT (top_p), 0, 0, 1 },
  { "max-tokens", TYPE_COUNT, AT (max_tokens), 0, 0, 1e9 },
  { "budget", TYPE_COUNT, AT (budget), 0, 0, 1e9 },
  { "schema", TYPE_SCHEMA, AT (schema), 0, 0, 0 },
  { "tools", TYPE_TOOLS, AT (tools), 0, 1, 0 },
  { "model", TYPE_WORD, AT (model), 0, 1, 0 },
  { "vars", TYPE_VARS, AT (vars), 0, 0, 0 },
  { NULL, TYPE_TEXT, 0, 0, 0, 0 },
};

enum aid_err
aid_strategy_complain (struct aid_strategy_loader *l, const struct aid_strategy_level *from, const struct aid_front_value *v,
                       const char *what)
{
  return aid_error_set (l->e, AID_E_PARSE, "%s:%d:%d: %s", aid_str_z (&from->file.path), v->line, v->column, what);
}

/* KEY must be WHAT. */
enum aid_err
aid_strategy_complain_type (struct aid_strategy_loader *l, const struct aid_strategy_level *from,
                            const struct aid_front_value *v, const char *key, const char *what)
{
  struct aid_str words = AID_STR_INIT (1024);
  aid_str_addf (&words, "%s must be %s", key, what);
  enum aid_err err = aid_strategy_complain (l, from, v, aid_str_z (&words));
  aid_str_free (&words);
  return err;
}

static void
warn (struct aid_strategy_loader *l, const struct aid_strategy_level *from, const struct aid_front_value *v,
      const char *what)
{
  if (l->s->warnings.len + 2048 < l->s->warnings.max)
    aid_str_addf (&l->s->warnings, "%s:%d: \"%.60s\" %s\n", aid_str_z (&from->file.path), v->line, v->key, what);
}

static enum aid_err
set_word (struct aid_strategy_loader *l, char **slot, const char *text)
{
  free (*slot);
  *slot = text ? strdup (text) : NULL;
  return text && !*slot ? aid_error_set (l->e, AID_E_NOMEM, "There is no memory for the strategy.") : AID_OK;
}

static enum aid_err
set_choice (struct aid_strategy_loader *l, const struct aid_strategy_level *from, const struct aid_front_value *v,
            const char *key, const char *const *names, int *out)
{
  *out = v->text ? index_of (names, v->text) : 0;
  if (*out >= 0)
    return AID_OK;
  struct aid_str words = AID_STR_INIT (1024);
  add_choice (&words, names);
  enum aid_err err = aid_strategy_complain_type (l, from, v, key, aid_str_z (&words));
  aid_str_free (&words);
  return err;
}

/* A value that may be one word or a list of them: gives the words' first value and their number. */
static const struct aid_front_value *
words_of (const struct aid_front_value *v, size_t *n)
{
  *n = v->kind == AID_FRONT_LIST ? v->n : v->kind == AID_FRONT_NONE ? 0 : 1;
  return v->kind == AID_FRONT_LIST ? v + 1 : v;
}

static enum aid_err
set_sources (struct aid_strategy_loader *l, const struct aid_strategy_level *from, const struct aid_front_value *v)
{
  size_t n;
  const struct aid_front_value *word = words_of (v, &n);
  l->s->nsources = 0;
  for (size_t i = 0; i < n; i++)
    {
      int source;
      enum aid_err err = set_choice (l, from, &word[i], "a source of context", source_names, &source);
      if (err)
        return err;
      if (!aid_strategy_has (l->s, (enum aid_source)source))
        l->s->sources[l->s->nsources++] = (enum aid_source)source;
    }
  return AID_OK;
}

static enum aid_err
set_names (struct aid_strategy_loader *l, const struct aid_strategy_level *from, const struct aid_front_value *v,
           struct aid_vec *out)
{
  size_t n;
  const struct aid_front_value *word = words_of (v, &n);
  for (size_t i = 0; i < n; i++)
    {
      char **slot = word[i].text && word[i].text[0] ? aid_vec_push (out) : NULL;
      if (!slot || !(*slot = strdup (word[i].text)))
        return aid_strategy_complain_type (l, from, v, v->key, "a short list of words");
    }
  return AID_OK;
}

static enum aid_err
set_var (struct aid_strategy_loader *l, const struct aid_strategy_level *from, const struct aid_front_value *v)
{
  struct aid_strategy_variable *var = NULL;
  for (size_t i = 0; i < l->s->vars.len && !var; i++)
    if (!strcmp (AID_VEC_AT (struct aid_strategy_variable, &l->s->vars, i).name, v->key))
      var = &AID_VEC_AT (struct aid_strategy_variable, &l->s->vars, i);
  if (!var)
    {
      var = aid_vec_push (&l->s->vars);
      if (!var)
        return aid_strategy_complain_type (l, from, v, "vars", "100 at most");
      if (set_word (l, &var->name, v->key))
        return AID_E_NOMEM;
    }
  return set_word (l, &var->value, v->text ? v->text : "");
}

static enum aid_err
set_number (struct aid_strategy_loader *l, const struct aid_strategy_level *from, const struct aid_front_value *v,
            const struct setting *k, void *slot)
{
  int none = v->kind == AID_FRONT_NONE, count = k->type == TYPE_COUNT;
  if (!none
      && (v->kind != AID_FRONT_NUMBER || v->number < 0 || v->number > k->most
          || (count && v->number != (double)(int64_t)v->number)))
    return aid_strategy_complain_type (l, from, v, k->key,
                                       count         ? "a whole number, 0 or more"
                                       : k->most > 1 ? "a number from 0 to 2"
                                                     : "a number from 0 to 1");
  if (count)
    *(int64_t *)slot = none ? 0 : (int64_t)v->number;
  else
    *(double *)slot = none ? -1 : v->number;
  return AID_OK;
}

static enum aid_err
set_text (struct aid_strategy_loader *l, const struct aid_strategy_level *from, const struct aid_front_value *v,
          const struct setting *k, void *slot)
{
  int wrong = v->kind == AID_FRONT_LIST || v->kind == AID_FRONT_MAP || v->kind == AID_FRONT_BOOL;
  if (wrong || (v->text && !v->text[0]))
    return aid_strategy_complain_type (l, from, v, k->key, "a text");
  if (k->type == TYPE_NAME && v->text && !aid_strategy_is_name (aid_span_z (v->text)))
    return aid_strategy_complain_type (l, from, v, k->key, "the name of a strategy");
  return set_word (l, slot, v->text);
}

static enum aid_err
set_one (struct aid_strategy_loader *l, const struct aid_strategy_level *from, const struct aid_front_value *v,
         const struct setting *k)
{
  void *slot = (char *)l->s + k->offset;
  int choice = 0;
  enum aid_err err = AID_OK;
  switch (k->type)
    {
    case TYPE_TEXT:
    case TYPE_NAME:
    case TYPE_WORD:
      return set_text (l, from, v, k, slot);
    case TYPE_REAL:
    case TYPE_COUNT:
      return set_number (l, from, v, k, slot);
    case TYPE_FORMAT:
      if (!(err = set_choice (l, from, v, k->key, format_names, &choice)))
        l->s->format = (enum aid_edit_format)choice;
      return err;
    case TYPE_TOOLS:
      return (err = set_choice (l, from, v, k->key, tool_names, &choice)) ? err : set_word (l, slot, v->text);
    case TYPE_SOURCES:
      return set_sources (l, from, v);
    case TYPE_NAMES:
      return set_names (l, from, v, slot);
    case TYPE_SCHEMA:
      return aid_strategy_take_schema (l, from, v);
    default:
      if (v->kind != AID_FRONT_MAP && v->kind != AID_FRONT_NONE)
        return aid_strategy_complain_type (l, from, v, k->key, "names with their texts, on lines of their own");
      for (size_t i = 1; i <= v->n && !err; i++)
        err = set_var (l, from, v + i);
      return err;
    }
}

/* Whether the person has trusted this project's file as it was read. */
static int
is_trusted (const struct aid_strategy_loader *l, const struct aid_strategy_level *from)
{
  struct aid_str name = AID_STR_INIT (8192);
  struct aid_trust_file file;
  aid_str_addf (&name, "%s/%s", AID_TRUST_STRATEGIES, aid_fs_base (aid_str_z (&from->file.path)));
  int trusted = !aid_trust_read (l->root, aid_str_z (&name), &file, NULL) && file.trusted
                && aid_span_eq (aid_str_span (&file.text), aid_str_span (&from->file.text));
  aid_trust_file_free (&file);
  aid_str_free (&name);
  return trusted;
}

enum aid_err
aid_strategy_take_settings (struct aid_strategy_loader *l, const struct aid_strategy_level *from, int own)
{
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < from->front.values.len && !err;)
    {
      const struct aid_front_value *v = &AID_VEC_AT (struct aid_front_value, &from->front.values, i);
      const struct setting *k = settings;
      while (k->key && !aid_front_same_key (k->key, v->key))
        k++;
      if (!k->key)
        warn (l, from, v, "is not a setting of strategies");
      else if (k->user && from->file.origin == AID_ORIGIN_PROJECT && !is_trusted (l, from))
        warn (l, from, v, "is left out until you trust the file (aid trust)");
      else if (own || !k->own)
        err = set_one (l, from, v, k);
      i += 1 + v->n;
    }
  return err;
}

int
aid_strategy_has (const struct aid_strategy *s, enum aid_source source)
{
  for (size_t i = 0; i < s->nsources; i++)
    if (s->sources[i] == source)
      return 1;
  return 0;
}
