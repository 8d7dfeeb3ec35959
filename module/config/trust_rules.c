/* What each setting of a project's file may do.  It is a list of what is allowed: what stands in no rule, of this or
   another version, needs trust. */
#include "config/trust_internal.h"
#include "base/json.h"
#include <stdlib.h>

#define DEPTH 6
#define VALUE_SHOWN 300 /* bytes of a value that are told */

struct rule
{
  const char *path[DEPTH]; /* "*": any name */
  const char *does;        /* what it does, its value follows; NULL: it applies at once */
};

/* Trust changes nothing: who reads it reads the person's own file alone (export/settings.h). */
#define ONLY_YOURS "says where measurements are sent, which only your own settings can:"

static const struct rule rules[] = {
  { { "model" }, NULL },
  { { "strategy" }, NULL },
  { { "strategy_variants" }, NULL },
  { { "models", "*" }, NULL },             /* "PROVIDER/NAME" */
  { { "models", "*", "provider" }, NULL }, /* one of the person's own, or one that everybody has */
  { { "models", "*", "name" }, NULL },
  { { "models", "*", "context" }, NULL },
  { { "models", "*", "max_tokens" }, NULL },
  { { "models", "*", "max_output" }, NULL },
  { { "models", "*", "temperature" }, NULL },
  { { "models", "*", "effort" }, NULL },
  { { "models", "*", "abilities" }, NULL },
  { { "models", "*", "thinks_first" }, NULL }, /* how its answers are read */
  { { "models", "*", "extra" }, "adds to every request to this model" },
  { { "models", "*", "price", "input" }, "changes what answers are said to cost, and so what a budget stops:" },
  { { "models", "*", "price", "output" }, "changes what answers are said to cost, and so what a budget stops:" },
  { { "models", "*", "price", "cached" }, "changes what answers are said to cost, and so what a budget stops:" },
  { { "models", "*", "price", "cache_write" }, "changes what answers are said to cost, and so what a budget stops:" },
  { { "models", "*", "price", "as_of" }, "dates these prices" },
  { { "models", "*", "price", "large", "over" }, "changes what long requests are said to cost:" },
  { { "models", "*", "price", "large", "input" }, "changes what long requests are said to cost:" },
  { { "models", "*", "price", "large", "output" }, "changes what long requests are said to cost:" },
  { { "models", "*", "price", "large", "cached" }, "changes what long requests are said to cost:" },
  { { "models", "*", "price", "large", "cache_write" }, "changes what long requests are said to cost:" },
  { { "providers", "*", "wire" }, "makes up the requests to this server as" },
  { { "providers", "*", "dialect" }, "makes up the requests to this server as for" },
  { { "providers", "*", "url" }, "sends questions, with this provider's key, to" },
  { { "providers", "*", "key_env" }, "sends as the key what stands in this variable of your environment:" },
  { { "providers", "*", "key_command" }, "runs this program on your machine, as you:" },
  { { "providers", "*", "key_host" }, "sends as the key what your auth-source has for" },
  { { "providers", "*", "default" }, "asks, when only this provider is named, the model" },
  { { "providers", "*", "version" }, "asks for the protocol's version" },
  { { "providers", "*", "headers" }, "adds these headers to every request:" },
  { { "providers", "*", "extra" }, "adds to every request to this server" },
  { { "providers", "*", "connect_ms" }, "waits for a connection for so many milliseconds:" },
  { { "providers", "*", "stall_ms" }, "waits for the next byte for so many milliseconds:" },
  { { "providers", "*", "total_ms" }, "waits for an answer for so many milliseconds:" },
  { { "providers", "*", "retries" }, "repeats a failed request so many times:" },
  { { "providers", "*", "proxy" }, "sends everything for this server through" },
  { { "providers", "*", "ca_file" }, "believes the servers that are vouched for by" },
  { { "providers", "*", "client_cert" }, "shows the server your certificate" },
  { { "providers", "*", "client_key" }, "uses your private key" },
  { { "embeddings" }, NULL }, /* false: it is switched off */
  { { "embeddings", "provider" }, "sends the project's text, to be found by its meaning, to" },
  { { "embeddings", "model" }, "sends the project's text, to be found by its meaning, to the model" },
  { { "embeddings", "dimensions" }, "asks for the meaning of the project's text in so many numbers:" },
  { { "embeddings", "passage_prefix" }, "puts before each passage of the project that is sent for its meaning:" },
  { { "embeddings", "question_prefix" }, "puts before each question that is sent for its meaning:" },
  { { "index" }, "has the project searched, or not:" },
  { { "instructions" }, "sends along, as the project's instructions, files of these names:" },
  { { "grammars" }, "looks for grammars of tree-sitter, which are programs, in" },
  { { "discover" }, "looks on this machine for the servers of" },
  { { "log_content" }, "writes what you ask and what is answered into the log on your disk:" },
  { { "measure" }, "has what happens to answers recorded on your disk, with their texts if it says \"content\", or not at all:" },
  { { "measure_limits", "days" }, "has what was recorded of answers forgotten after so many days:" },
  { { "measure_limits", "megabytes" }, "has what was recorded of answers forgotten above so many megabytes:" },
  { { "snapshots", "seconds" }, "has snapshots of your work, where you switched them on, taken so many seconds apart:" },
  { { "snapshots", "days" }, "has snapshots of your work forgotten after so many days:" },
  { { "snapshots", "megabytes" }, "has snapshots of your work forgotten above so many megabytes:" },
  { { "snapshots", "file_kilobytes" }, "leaves files out of snapshots of your work that have more kilobytes than" },
  { { "snapshots", "unsaved" }, "has snapshots of your work hold what is not saved yet, or not:" },
  { { "otlp" }, ONLY_YOURS },
  { { "otlp", "endpoint" }, ONLY_YOURS },
  { { "otlp", "traces_endpoint" }, ONLY_YOURS },
  { { "otlp", "metrics_endpoint" }, ONLY_YOURS },
  { { "otlp", "headers" }, ONLY_YOURS },
  { { "otlp", "compression" }, ONLY_YOURS },
  { { "otlp", "timeout_ms" }, ONLY_YOURS },
  { { "otlp", "interval_ms" }, ONLY_YOURS },
  { { "otlp", "traces" }, ONLY_YOURS },
  { { "otlp", "metrics" }, ONLY_YOURS },
  { { "otlp", "user_id" }, ONLY_YOURS },
  { { "otlp", "content" }, ONLY_YOURS },
  { { "otlp", "resource" }, ONLY_YOURS },
  { { "budget" }, "changes what may be spent before you are asked, in US dollars:" },
  { { "build" }, "runs this on your machine, as you, when the project is built:" },
  { { "experiments" }, "switches experiments on or off:" },
  { { "experiments", "*" }, "tries on you, beside others, what waits for trust itself:" }, /* else it applies at once */
  { { "person" }, "has you counted in experiments as" },
  { { "test" }, "runs this on your machine, as you, when the project is tested:" },
};
#define NRULES (sizeof rules / sizeof *rules)

/* Names of providers that mean a model of theirs, when nothing else is said. */
static const char *const own_names[] = {
  "anthropic", "openai",      "gemini", "openrouter", "deepseek",  "mistral",   "groq",
  "xai",       "moonshot",    "zai",    "together",   "fireworks", "cerebras",  "nvidia",
  "dashscope", "huggingface", "github", "azure",      "ollama",    "llama.cpp", "lmstudio",
  "vllm",      "sglang",      "jan",    "koboldcpp",  "textgen",   "gpt4all",   "localai",
};

/* --- rules ---------------------------------------------------------------------------------------------------------- */

static size_t
length_of (const struct rule *r)
{
  size_t n = 0;
  while (n < DEPTH && r->path[n])
    n++;
  return n;
}

/* Whether the first N names of R's path are PATH. */
static int
begins (const struct rule *r, const char *const *path, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (i >= DEPTH || !r->path[i] || (strcmp (r->path[i], "*") != 0 && strcmp (r->path[i], path[i]) != 0))
      return 0;
  return 1;
}

/* The rule of PATH itself, or NULL; *INSIDE: rules go on below it. */
static const struct rule *
rule_of (const char *const *path, size_t n, int *inside)
{
  const struct rule *found = NULL;
  *inside = 0;
  for (size_t i = 0; i < NRULES; i++)
    if (begins (&rules[i], path, n))
      {
        if (length_of (&rules[i]) == n)
          found = &rules[i];
        else
          *inside = 1;
      }
  return found;
}

enum aid_trust_decision
aid_trust_decision (const char *const *path, size_t npath)
{
  int inside;
  const struct rule *r = rule_of (path, npath, &inside);
  return !r ? AID_TRUST_UNDECIDED : r->does ? AID_TRUST_NEEDED : AID_TRUST_AT_ONCE;
}

/* --- a file's members ----------------------------------------------------------------------------------------------- */

struct walk
{
  const json_t *user;
  int strip;
  aid_trust_fn *fn;
  void *ctx;
};

/* A value as it is told: on one line, cut when it is long. */
static void
add_value (const json_t *v, struct aid_str *out)
{
  struct aid_str all = AID_STR_INIT ((size_t) 8 * AID_TRUST_FILE_MAX);
  char *z = json_dumps (v, JSON_ENCODE_ANY | JSON_ENSURE_ASCII); /* nothing that a terminal obeys or that hides */
  aid_str_addz (&all, z ? z : "?");
  aid_str_addspan (out, aid_span_cut (aid_str_span (&all), 0, all.len < VALUE_SHOWN ? all.len : VALUE_SHOWN));
  if (all.len > VALUE_SHOWN)
    aid_str_addf (out, "... (and %zu bytes more)", all.len - VALUE_SHOWN);
  free (z);
  aid_str_free (&all);
}

static void
tell (const struct walk *w, const char *const *path, size_t n, const char *does, const json_t *v)
{
  struct aid_str words = AID_STR_INIT (4096);
  aid_str_addf (&words, "%s ", does);
  add_value (v, &words);
  w->fn (w->ctx, path, n, aid_str_z (&words));
  aid_str_free (&words);
}

/* Whether PATH says who is asked under a name that means something already. */
static int
takes_a_name (const struct walk *w, const char *const *path, size_t n)
{
  if (n < 2 || n > 3 || strcmp (path[0], "models") != 0
      || (n == 3 && strcmp (path[2], "provider") != 0 && strcmp (path[2], "name") != 0))
    return 0;
  if (strchr (path[1], '/') || json_object_get (json_object_get (w->user, "models"), path[1])
      || json_object_get (json_object_get (w->user, "providers"), path[1]))
    return 1;
  for (size_t i = 0; i < sizeof own_names / sizeof *own_names; i++)
    if (!strcmp (path[1], own_names[i]))
      return 1;
  return 0;
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

/* Whether a variant of the experiment V would set what a project may not set at once. */
static int
tries_what_waits (const struct walk *w, const json_t *v)
{
  const json_t *variants = json_object_get (v, "variants"), *variant;
  int waits = !json_is_object (v) || (variants && !json_is_array (variants));
  size_t i;
  json_array_foreach (variants, i, variant)
    {
      json_t *settings = json_object_get (variant, "settings");
      if (json_is_object (settings))
        aid_trust_walk (settings, w->user, 0, note, &waits);
      else
        waits |= settings != NULL;
    }
  return waits;
}

/* A project's experiments are as harmless as what they try. */
static void
walk_experiments (const struct walk *w, json_t *all)
{
  const char *path[] = { "experiments", NULL };
  json_t *v;
  void *next;
  json_object_foreach_safe (all, next, path[1], v)
    {
      if (!tries_what_waits (w, v))
        continue;
      tell (w, path, 2, rule_of (path, 2, &(int){ 0 })->does, v);
      if (w->strip)
        json_object_del (all, path[1]);
    }
}

/* Walks the members of OBJ, which is at the first N names of PATH (room for DEPTH).  Deeper than the rules nothing
   passes. */
static void
walk (const struct walk *w, json_t *obj, const char **path, size_t n)
{
  const char *key;
  json_t *v;
  void *next;
  json_object_foreach_safe (obj, next, key, v)
  {
    int inside = 0, passes = 0;
    path[n] = key;
    const struct rule *r = rule_of (path, n + 1, &inside);
    if (!n && !strcmp (key, "experiments") && json_is_object (v))
      {
        walk_experiments (w, v);
        passes = json_object_size (v) > 0;
      }
    else if (inside && json_is_object (v) && n + 1 < DEPTH)
      {
        walk (w, v, path, n + 1);
        passes = json_object_size (v) > 0;
      }
    else if (r && !r->does && is_plain (v) && takes_a_name (w, path, n + 1))
      tell (w, path, n + 1, "sends what you ask under a name that is not the project's to another model,", v);
    else if (r && !r->does && is_plain (v))
      passes = 1;
    else if (r && r->does)
      tell (w, path, n + 1, r->does, v);
    else
      w->fn (w->ctx, path, n + 1, NULL);
    if (!passes && w->strip)
      json_object_del (obj, key);
  }
}

void
aid_trust_walk (json_t *project, const json_t *user, int strip, aid_trust_fn *fn, void *ctx)
{
  const char *path[DEPTH];
  const struct walk w = { user, strip, fn, ctx };
  walk (&w, project, path, 0);
}
