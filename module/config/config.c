/* Settings, checked against a table as they are read.  A wrong type is an error that names file and member; a member nobody
   knows is a warning, for it is a slip of the pen or of another version. */
#include "config/config_internal.h"
#include "config/trust_internal.h"
#include "base/json.h"
#include "base/json_find.h"

struct member
{
  const char *name;
  enum aid_config_kind kind;          /* whether a project may say it is trust_rules.c's to know */
};

static const struct member top_members[] = {
  { "model", KIND_STRING },
  { "strategy", KIND_STRING },
  { "strategy_variants", KIND_BOOL },
  { "providers", KIND_PROVIDERS },
  { "models", KIND_MODELS },
  { "log_content", KIND_BOOL },
  { "discover", KIND_NAMES },
  { "instructions", KIND_NAMES },
  { "grammars", KIND_NAMES },
  { "budget", KIND_BUDGET },
  { "build", KIND_LINE },
  { "test", KIND_LINE },
  { "index", KIND_BOOL },
  { "embeddings", KIND_EMBEDDINGS },
  { "experiments", KIND_EXPERIMENTS },
  { "person", KIND_STRING },
  { "measure", KIND_MEASURE },
  { "measure_limits", KIND_LIMITS },
  { "snapshots", KIND_SNAPSHOTS },
  { "mine", KIND_MINE },
  { "describe", KIND_DESCRIBE },
  { "dataset", KIND_DATASET },
  { "team_store", KIND_STORE },
  { "otlp", KIND_OTLP },
  { "ces", KIND_CES },
  { "core", KIND_STRING },
  { "core_minimum", KIND_STRING },
  { "cores_keep", KIND_COUNT },
  { "team", KIND_TEAM },
  { NULL, KIND_STRING },
};

static const struct member team_members[] = {
  { "url", KIND_STRING },
  { "path", KIND_STRING },
  { "key", KIND_KEYS },
  { "ca_file", KIND_STRING },
  { "refresh", KIND_COUNT },
  { NULL, KIND_STRING },
};

static const struct member experiment_members[] = {
  { "variants", KIND_VARIANTS },
  { "coverage", KIND_SHARE },
  { "namespace", KIND_NAMESPACE },
  { "by", KIND_UNIT },
  { "targeting", KIND_TARGETING },
  { "start", KIND_DAY },
  { "stop", KIND_DAY },
  { "guardrails", KIND_GUARDRAILS },
  { "enabled", KIND_BOOL },
  { "seed", KIND_STRING },
  { "hypothesis", KIND_STRING },
  { "effect", KIND_SHARE },
  { "tuning", KIND_PEOPLE },
  { NULL, KIND_STRING },
};

static const struct member embeddings_members[] = {
  { "provider", KIND_STRING },
  { "model", KIND_STRING },
  { "dimensions", KIND_DIMENSIONS },
  { "passage_prefix", KIND_STRING },
  { "question_prefix", KIND_STRING },
  { NULL, KIND_STRING },
};

static const struct member limits_members[] = {
  { "days", KIND_COUNT },
  { "megabytes", KIND_COUNT },
  { NULL, KIND_STRING },
};

static const struct member snapshots_members[] = {
  { "seconds", KIND_SECONDS },
  { "days", KIND_COUNT },
  { "megabytes", KIND_COUNT },
  { "file_kilobytes", KIND_COUNT },
  { "unsaved", KIND_BOOL },
  { NULL, KIND_STRING },
};

static const struct member mine_members[] = {
  { "lines", KIND_COUNT },
  { "files", KIND_COUNT },
  { "settled_seconds", KIND_COUNT },
  { "back_seconds", KIND_COUNT },
  { "alike", KIND_SHARE },
  { NULL, KIND_STRING },
};

static const struct member describe_members[] = {
  { "model", KIND_STRING },
  { "sample", KIND_STRING },
  { "tries", KIND_RETRIES },
  { "jobs", KIND_COUNT },
  { "budget", KIND_SPENDING },
  { NULL, KIND_STRING },
};

static const struct member dataset_members[] = {
  { "consent", KIND_STRING },
  { "strategy", KIND_STRING },
  { "holdout", KIND_SHARE },
  { "max_tokens", KIND_COUNT },
  { "licences", KIND_NAMES },
  { NULL, KIND_STRING },
};

static const struct member store_members[] = {
  { "url", KIND_STRING },
  { "password_command", KIND_COMMAND },
  { "since", KIND_DAY },
  { NULL, KIND_STRING },
};

static const struct member otlp_members[] = {
  { "endpoint", KIND_STRING },
  { "traces_endpoint", KIND_STRING },
  { "metrics_endpoint", KIND_STRING },
  { "headers", KIND_STRINGS },
  { "compression", KIND_STRING },
  { "timeout_ms", KIND_MS },
  { "interval_ms", KIND_MS },
  { "traces", KIND_BOOL },
  { "metrics", KIND_BOOL },
  { "user_id", KIND_BOOL },
  { "content", KIND_BOOL },
  { "resource", KIND_STRINGS },
  { NULL, KIND_STRING },
};

static const struct member queue_members[] = {
  { "url", KIND_STRING },
  { "password_command", KIND_COMMAND },
  { "days", KIND_COUNT },
  { NULL, KIND_STRING },
};

static const struct member ces_members[] = {
  { "warm", KIND_STRING },
  { "warm_trees", KIND_COUNT },
  { "warm_megabytes", KIND_COUNT },
  { "limits", KIND_BOX_LIMITS },
  { "weights", KIND_WEIGHTS },
  { "programs", KIND_NAMES },
  { "repositories", KIND_REPOSITORIES },
  { "queue", KIND_QUEUE },
  { NULL, KIND_STRING },
};

static const struct member provider_members[] = {
  { "wire", KIND_STRING },
  { "dialect", KIND_STRING },
  { "url", KIND_STRING },
  { "key_env", KIND_STRING },
  { "key_command", KIND_COMMAND },
  { "key_host", KIND_STRING },
  { "default", KIND_STRING },
  { "version", KIND_STRING },
  { "headers", KIND_STRINGS },
  { "extra", KIND_ANY_OBJECT },
  { "connect_ms", KIND_MS },
  { "stall_ms", KIND_MS },
  { "total_ms", KIND_MS },
  { "retries", KIND_RETRIES },
  { "proxy", KIND_STRING },
  { "ca_file", KIND_STRING },
  { "client_cert", KIND_STRING },
  { "client_key", KIND_STRING },
  { NULL, KIND_STRING },
};

static const struct member model_members[] = {
  { "provider", KIND_STRING },
  { "name", KIND_STRING },
  { "context", KIND_COUNT },
  { "max_tokens", KIND_COUNT },
  { "temperature", KIND_TEMPERATURE },
  { "effort", KIND_STRING },
  { "extra", KIND_ANY_OBJECT },
  { "max_output", KIND_COUNT },
  { "abilities", KIND_ABILITIES },
  { "thinks_first", KIND_BOOL },
  { "price", KIND_PRICE },
  { NULL, KIND_STRING },
};

static const struct member price_members[] = {
  { "input", KIND_DOLLARS },
  { "output", KIND_DOLLARS },
  { "cached", KIND_DOLLARS },
  { "cache_write", KIND_DOLLARS },
  { "as_of", KIND_DAY },
  { "large", KIND_LARGE },
  { NULL, KIND_STRING },
};

static const struct member large_members[] = {
  { "over", KIND_COUNT },
  { "input", KIND_DOLLARS },
  { "output", KIND_DOLLARS },
  { "cached", KIND_DOLLARS },
  { "cache_write", KIND_DOLLARS },
  { NULL, KIND_STRING },
};

/* --- checking ------------------------------------------------------------------------------------------------------- */

#define DEPTH_MAX 10

/* Where a member is: "models.claude.effort" in FILE, whose text is TEXT. */
struct place
{
  const char *file;
  struct aid_span text;
  const char *path[DEPTH_MAX];
  size_t npath;
};

/* The place of the member KEY of what is at AT. */
static struct place
inside (const struct place *at, const char *key)
{
  struct place in = *at;
  if (in.npath < DEPTH_MAX)
    in.path[in.npath++] = key;
  return in;
}

static void
place_add (struct aid_str *out, const struct place *at)
{
  struct aid_json_place found;
  aid_str_addz (out, at->file);
  for (size_t n = at->npath; n; n--) /* inside an array: the line where that begins */
    if (aid_json_find (at->text, at->path, n, &found) == 0)
      {
        aid_str_addf (out, ", line %d", found.line);
        break;
      }
  aid_str_addz (out, ": \"");
  for (size_t i = 0; i < at->npath; i++)
    aid_str_addf (out, "%s%s", i ? "." : "", at->path[i]);
  aid_str_addz (out, "\"");
}

static enum aid_err
complain (const struct place *at, const char *wanted, struct aid_error *e)
{
  struct aid_str where = AID_STR_INIT (4096);
  place_add (&where, at);
  enum aid_err err = aid_error_set (e, AID_E_INVALID, "%s must be %s", aid_str_z (&where), wanted);
  aid_str_free (&where);
  return err;
}

static void
warn (struct aid_config *c, const struct place *at, const char *what)
{
  if (c->warnings.len + 4096 > c->warnings.max)
    return;
  place_add (&c->warnings, at);
  aid_str_addf (&c->warnings, " %s\n", what);
}

static enum aid_err check_members (struct aid_config *c, json_t *obj, const struct member *known, const struct place *at,
                                   struct aid_error *e);

/* "coder": "ollama/qwen3-coder" is short for an object.  A new reference, NULL when V is no such name. */
static json_t *
long_form (const json_t *v)
{
  const char *z = json_string_value (v), *slash = z ? strchr (z, '/') : NULL;
  return slash && slash > z && slash[1] ? json_pack ("{s:s%, s:s}", "provider", z, (size_t) (slash - z), "name", slash + 1)
                                        : NULL;
}

/* V is "providers" or "models": named objects whose members KNOWN tells. */
static enum aid_err
check_named (struct aid_config *c, json_t *v, int models, const struct place *at, struct aid_error *e)
{
  const char *key;
  json_t *item;
  void *next;
  enum aid_err err = AID_OK;
  json_object_foreach_safe (v, next, key, item)
    {
      struct place inner = inside (at, key);
      json_t *whole = models ? long_form (item) : NULL;
      if (whole)
        json_object_set_new (v, key, whole);
      else if (!json_is_object (item))
        return complain (&inner, models ? "an object, or \"PROVIDER/NAME\"" : "an object", e);
      else if ((err = check_members (c, item, models ? model_members : provider_members, &inner, e)))
        return err;
    }
  return err;
}

/* "experiments": each must have variants, unless it is only switched off. */
static enum aid_err
check_experiments (struct aid_config *c, json_t *v, const struct place *at, struct aid_error *e)
{
  const char *key;
  json_t *item;
  enum aid_err err = AID_OK;
  json_object_foreach (v, key, item)
    {
      struct place inner = inside (at, key);
      const char *wanted = aid_config_experiment_wanted (key, item);
      if (wanted)
        return complain (&inner, wanted, e);
      if ((err = check_members (c, item, experiment_members, &inner, e)))
        return err;
    }
  return err;
}

/* What a variant sets are settings, and checked as such. */
static enum aid_err
check_variants (struct aid_config *c, json_t *v, const struct place *at, struct aid_error *e)
{
  json_t *item, *settings;
  size_t i;
  enum aid_err err = AID_OK;
  json_array_foreach (v, i, item)
    {
      struct place variant = inside (at, json_string_value (json_object_get (item, "name")));
      struct place inner = inside (&variant, "settings");
      if ((settings = json_object_get (item, "settings")) && (err = check_members (c, settings, top_members, &inner, e)))
        return err;
    }
  return err;
}

static enum aid_err
check_value (struct aid_config *c, json_t *v, const struct member *m, const struct place *at, struct aid_error *e)
{
  if (aid_config_wanted (m->kind, v))
    return complain (at, aid_config_wanted (m->kind, v), e);
  if (m->kind == KIND_PROVIDERS || m->kind == KIND_MODELS)
    return check_named (c, v, m->kind == KIND_MODELS, at, e);
  if (m->kind == KIND_EMBEDDINGS && json_is_object (v))
    return check_members (c, v, embeddings_members, at, e);
  if (m->kind == KIND_EXPERIMENTS && json_is_object (v))
    return check_experiments (c, v, at, e);
  if (m->kind == KIND_VARIANTS)
    return check_variants (c, v, at, e);
  if (m->kind == KIND_LIMITS || m->kind == KIND_SNAPSHOTS)
    return check_members (c, v, m->kind == KIND_LIMITS ? limits_members : snapshots_members, at, e);
  if (m->kind == KIND_MINE)
    return check_members (c, v, mine_members, at, e);
  if (m->kind == KIND_DESCRIBE || m->kind == KIND_DATASET)
    return check_members (c, v, m->kind == KIND_DESCRIBE ? describe_members : dataset_members, at, e);
  if (m->kind == KIND_TEAM)
    return check_members (c, v, team_members, at, e);
  if (m->kind == KIND_STORE && json_is_object (v))
    return check_members (c, v, store_members, at, e);
  if (m->kind == KIND_OTLP && json_is_object (v))
    return check_members (c, v, otlp_members, at, e);
  if (m->kind == KIND_QUEUE && json_is_object (v))
    return check_members (c, v, queue_members, at, e);
  if (m->kind == KIND_CES)
    return check_members (c, v, ces_members, at, e);
  if (m->kind == KIND_PRICE || m->kind == KIND_LARGE)
    return check_members (c, v, m->kind == KIND_PRICE ? price_members : large_members, at, e);
  return AID_OK;
}

static enum aid_err
check_members (struct aid_config *c, json_t *obj, const struct member *known, const struct place *at, struct aid_error *e)
{
  const char *key;
  json_t *v;
  void *next;
  enum aid_err err = AID_OK;
  json_object_foreach_safe (obj, next, key, v)
    {
      const struct member *m = known;
      struct place here = inside (at, key);
      while (m->name && strcmp (m->name, key) != 0)
        m++;
      if (!m->name)
        warn (c, &here, "is not a setting");
      else if ((err = check_value (c, v, m, &here, e)))
        return err;
    }
  return AID_OK;
}

/* --- reading -------------------------------------------------------------------------------------------------------- */

struct leaving_out
{
  struct aid_config *c;
  struct place at;
};

static void
leave_out (void *ctx, const char *const *path, size_t npath, const char *does)
{
  struct leaving_out *l = ctx;
  struct aid_str words = AID_STR_INIT (4096);
  for (l->at.npath = 0; l->at.npath < npath && l->at.npath < DEPTH_MAX; l->at.npath++)
    l->at.path[l->at.npath] = path[l->at.npath];
  if (does)
    {
      aid_str_addf (&words, "is left out until you trust the file (aid trust): it %s", does);
      aid_str_addz (&l->c->waiting, l->c->nwaiting++ ? ", " : "");
      for (size_t i = 0; i < npath; i++)
        aid_str_addf (&l->c->waiting, "%s%s", i ? "." : "", path[i]);
    }
  warn (l->c, &l->at, does ? aid_str_z (&words) : "is not a setting");
  aid_str_free (&words);
}

json_t *
aid_config_read (struct aid_config *c, const struct aid_config_source *s, struct aid_error *e)
{
  if (aid_span_trim (s->text).len == 0)
    return json_object ();
  json_t *root = aid_json_parse (s->text, s->name, e);
  if (!root)
    return NULL;
  const struct place top = { .file = s->name, .text = s->text };
  if (!json_is_object (root))
    aid_error_set (e, AID_E_INVALID, "%s must hold one JSON object", s->name);
  else
    {
      struct leaving_out l = { c, top };
      if (s->user)
        aid_trust_walk (root, s->user, 1, leave_out, &l);
      if (!check_members (c, root, top_members, &top, e))
        return root;
    }
  json_decref (root);
  return NULL;
}

enum aid_err
aid_config_check (struct aid_config *c, json_t *settings, const char *name, struct aid_span text, struct aid_error *e)
{
  const struct place at = { .file = name, .text = text, .path = { "settings" }, .npath = 1 };
  return check_members (c, settings, top_members, &at, e);
}

/* --- for the test that each has a decision ---------------------------------------------------------------------------- */

static void
each_member (const struct member *known, const char **path, size_t n, void (*fn) (void *, const char *const *, size_t), void *ctx)
{
  for (const struct member *m = known; m->name && n < DEPTH_MAX; m++)
    {
      const struct member *inner = m->kind == KIND_PROVIDERS ? provider_members
                                   : m->kind == KIND_MODELS  ? model_members
                                   : m->kind == KIND_PRICE   ? price_members
                                   : m->kind == KIND_LARGE   ? large_members
                                   : m->kind == KIND_EMBEDDINGS ? embeddings_members
                                   : m->kind == KIND_LIMITS ? limits_members
                                   : m->kind == KIND_SNAPSHOTS ? snapshots_members
                                   : m->kind == KIND_MINE ? mine_members
                                   : m->kind == KIND_DESCRIBE ? describe_members
                                   : m->kind == KIND_DATASET ? dataset_members
                                   : m->kind == KIND_TEAM ? team_members
                                   : m->kind == KIND_STORE  ? store_members
                                   : m->kind == KIND_OTLP ? otlp_members
                                   : m->kind == KIND_CES  ? ces_members
                                   : m->kind == KIND_QUEUE  ? queue_members
                                                                : NULL;
      int named = m->kind == KIND_PROVIDERS || m->kind == KIND_MODELS;
      path[n] = m->name;
      path[n + 1] = "*";
      if (inner)
        each_member (inner, path, n + (named ? 2 : 1), fn, ctx);
      else
        fn (ctx, path, m->kind == KIND_EXPERIMENTS ? n + 2 : n + 1);
    }
}

void
aid_config_each_member (void (*fn) (void *ctx, const char *const *path, size_t npath), void *ctx)
{
  const char *path[DEPTH_MAX + 2];
  each_member (top_members, path, 0, fn, ctx);
}
