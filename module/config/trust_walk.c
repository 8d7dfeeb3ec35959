/* Going through somebody's settings by a table of what each may do. */
#include "config/trust_internal.h"
#include <stdlib.h>

#define VALUE_SHOWN 300 /* bytes of a value that are told */

const char aid_trust_never[] = "is never a team's to set";
const char aid_trust_whole[] = "applies at once";

/* Names of providers that mean a model of theirs, when nothing else is said. */
static const char *const own_names[] = {
  "anthropic", "openai",      "gemini", "openrouter", "deepseek",  "mistral",   "groq",
  "xai",       "moonshot",    "zai",    "together",   "fireworks", "cerebras",  "nvidia",
  "dashscope", "huggingface", "github", "azure",      "ollama",    "llama.cpp", "lmstudio",
  "vllm",      "sglang",      "jan",    "koboldcpp",  "textgen",   "gpt4all",   "localai",
};

int
aid_trust_is_known_provider (const char *name)
{
  for (size_t i = 0; i < sizeof own_names / sizeof *own_names; i++)
    if (!strcmp (own_names[i], name))
      return 1;
  return 0;
}

/* --- rules ---------------------------------------------------------------------------------------------------------- */

static size_t
length_of (const struct aid_trust_rule *r)
{
  size_t n = 0;
  while (n < AID_TRUST_DEPTH && r->path[n])
    n++;
  return n;
}

/* Whether the first N names of R's path are PATH. */
static int
begins (const struct aid_trust_rule *r, const char *const *path, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (i >= AID_TRUST_DEPTH || !r->path[i] || (strcmp (r->path[i], "*") != 0 && strcmp (r->path[i], path[i]) != 0))
      return 0;
  return 1;
}

/* The rule of PATH itself, or NULL; *INSIDE: rules go on below it. */
static const struct aid_trust_rule *
rule_of (const struct aid_trust_walker *w, const char *const *path, size_t n, int *inside)
{
  const struct aid_trust_rule *found = NULL;
  *inside = 0;
  for (size_t i = 0; i < w->nrules; i++)
    if (begins (&w->rules[i], path, n))
      {
        if (length_of (&w->rules[i]) == n)
          found = &w->rules[i];
        else
          *inside = 1;
      }
  return found;
}

static int
is_at_once (const struct aid_trust_rule *r)
{
  return !r->does || r->does == aid_trust_whole;
}

enum aid_trust_decision
aid_trust_decision_by (const struct aid_trust_rule *rules, size_t nrules, const char *const *path, size_t npath)
{
  const struct aid_trust_walker w = { .rules = rules, .nrules = nrules };
  int inside;
  const struct aid_trust_rule *r = rule_of (&w, path, npath, &inside);
  return !r                           ? AID_TRUST_UNDECIDED
         : r->does == aid_trust_never ? AID_TRUST_NEVER
         : is_at_once (r)             ? AID_TRUST_AT_ONCE
                                      : AID_TRUST_NEEDED;
}

/* --- a file's members ----------------------------------------------------------------------------------------------- */

/* A value as it is told: on one line, cut when it is long. */
static void
add_value (const json_t *v, struct aid_str *out)
{
  struct aid_str all = AID_STR_INIT ((size_t)8 * AID_TRUST_FILE_MAX);
  char *z = json_dumps (v, JSON_ENCODE_ANY | JSON_ENSURE_ASCII); /* nothing that a terminal obeys or that hides */
  aid_str_addz (&all, z ? z : "?");
  aid_str_addspan (out, aid_span_cut (aid_str_span (&all), 0, all.len < VALUE_SHOWN ? all.len : VALUE_SHOWN));
  if (all.len > VALUE_SHOWN)
    aid_str_addf (out, "... (and %zu bytes more)", all.len - VALUE_SHOWN);
  free (z);
  aid_str_free (&all);
}

static void
tell (const struct aid_trust_walker *w, const char *const *path, size_t n, const char *does, const json_t *v)
{
  if (does == aid_trust_never)
    {
      w->fn (w->ctx, path, n, does);
      return;
    }
  struct aid_str words = AID_STR_INIT (4096);
  aid_str_addf (&words, "%s ", does);
  add_value (v, &words);
  w->fn (w->ctx, path, n, aid_str_z (&words));
  aid_str_free (&words);
}

/* Words, numbers, and lists of them. */
static int
is_plain (const json_t *v)
{
  const json_t *item;
  size_t i;
  json_array_foreach (v, i, item)
  {
    if (json_is_array (item) || json_is_object (item))
      return 0;
  }
  return !json_is_object (v);
}

static void
note (void *ctx, const char *const *path, size_t npath, const char *does)
{
  (void)path, (void)npath, (void)does;
  *(int *)ctx = 1;
}

/* Whether a variant of the experiment V would set what does not apply. */
static int
tries_what_waits (const struct aid_trust_walker *w, const json_t *v)
{
  const json_t *variants = json_object_get (v, "variants"), *variant;
  int waits = !json_is_object (v) || (variants && !json_is_array (variants));
  size_t i;
  json_array_foreach (variants, i, variant)
  {
    json_t *settings = json_object_get (variant, "settings");
    if (json_is_object (settings))
      {
        struct aid_trust_walker inner = *w;
        inner.strip = 0;
        inner.fn = note;
        inner.ctx = &waits;
        aid_trust_walk_by (&inner, settings);
      }
    else
      waits |= settings != NULL;
  }
  return waits;
}

/* Experiments are as harmless as what they try. */
static void
walk_experiments (const struct aid_trust_walker *w, json_t *all)
{
  const char *path[] = { "experiments", NULL };
  json_t *v;
  void *next;
  json_object_foreach_safe (all, next, path[1], v)
  {
    if (!tries_what_waits (w, v))
      continue;
    tell (w, path, 2, rule_of (w, path, 2, &(int){ 0 })->does, v);
    if (w->strip)
      json_object_del (all, path[1]);
  }
}

/* Why V at PATH, which has the rule R or none, does not apply; NULL: it does.  *UNKNOWN: nobody knows it. */
static const char *
refusal (const struct aid_trust_walker *w, const struct aid_trust_rule *r, const char *const *path, size_t n,
         const json_t *v, int *unknown)
{
  const char *why = r && is_at_once (r) ? w->objection (w, path, n, v) : NULL;
  *unknown = !r || (!r->does && !is_plain (v));
  if (!why && r && !is_at_once (r))
    why = r->does;
  return why && w->trusted && why != aid_trust_never ? NULL : why;
}

/* Walks the members of OBJ, which is at the first N names of PATH (room for AID_TRUST_DEPTH).  Deeper than the rules nothing
   passes. */
static void
walk (const struct aid_trust_walker *w, json_t *obj, const char **path, size_t n)
{
  const char *key, *why;
  json_t *v;
  void *next;
  json_object_foreach_safe (obj, next, key, v)
  {
    int inside = 0, passes = 0, unknown;
    path[n] = key;
    const struct aid_trust_rule *r = rule_of (w, path, n + 1, &inside);
    if (!n && !strcmp (key, "experiments") && json_is_object (v))
      {
        walk_experiments (w, v);
        passes = json_object_size (v) > 0;
      }
    else if (inside && json_is_object (v) && n + 1 < AID_TRUST_DEPTH)
      {
        walk (w, v, path, n + 1);
        passes = json_object_size (v) > 0;
      }
    else if ((why = refusal (w, r, path, n + 1, v, &unknown)) && !unknown)
      tell (w, path, n + 1, why, v);
    else if (unknown)
      w->fn (w->ctx, path, n + 1, NULL);
    else
      passes = 1;
    if (!passes && w->strip)
      json_object_del (obj, key);
  }
}

void
aid_trust_walk_by (const struct aid_trust_walker *w, json_t *settings)
{
  const char *path[AID_TRUST_DEPTH];
  walk (w, settings, path, 0);
}
