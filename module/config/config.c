/* Settings, checked against a table as they are read: the user's file, then what a project may say on top of it.  A wrong
   type is an error that names file and member; a member nobody knows is a warning, for it is a slip of the pen or of
   another version. */
#include "config/config.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/json_find.h"
#include <stdlib.h>

#define FILE_MAX (1u << 20)
#define WARNINGS_MAX (64u << 10)

struct aid_config
{
  json_t *root;
  struct aid_str warnings;
  struct aid_str path;     /* of the user's file */
};

enum kind
{
  KIND_STRING, KIND_COUNT, KIND_MS, KIND_RETRIES, KIND_TEMPERATURE, KIND_ANY_OBJECT, KIND_STRINGS, KIND_COMMAND,
  KIND_BOOL, KIND_NAMES, KIND_ABILITIES, KIND_DOLLARS, KIND_DAY, KIND_PROVIDERS, KIND_MODELS, KIND_PRICE, KIND_LARGE,
  KIND_BUDGET
};

struct member
{
  const char *name;
  enum kind kind;
  int trusted;             /* only the user's file may say it */
};

static const struct member top_members[] = {
  { "model", KIND_STRING, 0 },
  { "strategy", KIND_STRING, 0 },
  { "strategy_variants", KIND_BOOL, 0 },
  { "providers", KIND_PROVIDERS, 1 },
  { "models", KIND_MODELS, 0 },
  { "log_content", KIND_BOOL, 1 },
  { "discover", KIND_NAMES, 1 },
  { "budget", KIND_BUDGET, 1 },
  { NULL, KIND_STRING, 0 },
};

static const struct member provider_members[] = {
  { "wire", KIND_STRING, 0 },
  { "url", KIND_STRING, 0 },
  { "key_env", KIND_STRING, 0 },
  { "key_command", KIND_COMMAND, 0 },
  { "key_host", KIND_STRING, 0 },
  { "default", KIND_STRING, 0 },
  { "version", KIND_STRING, 0 },
  { "headers", KIND_STRINGS, 0 },
  { "extra", KIND_ANY_OBJECT, 0 },
  { "connect_ms", KIND_MS, 0 },
  { "stall_ms", KIND_MS, 0 },
  { "total_ms", KIND_MS, 0 },
  { "retries", KIND_RETRIES, 0 },
  { "proxy", KIND_STRING, 0 },
  { "ca_file", KIND_STRING, 0 },
  { "client_cert", KIND_STRING, 0 },
  { "client_key", KIND_STRING, 0 },
  { NULL, KIND_STRING, 0 },
};

static const struct member model_members[] = {
  { "provider", KIND_STRING, 0 },
  { "name", KIND_STRING, 0 },
  { "context", KIND_COUNT, 0 },
  { "max_tokens", KIND_COUNT, 0 },
  { "temperature", KIND_TEMPERATURE, 0 },
  { "effort", KIND_STRING, 0 },
  { "extra", KIND_ANY_OBJECT, 1 },
  { "max_output", KIND_COUNT, 0 },
  { "abilities", KIND_ABILITIES, 0 },
  { "price", KIND_PRICE, 1 },
  { NULL, KIND_STRING, 0 },
};

static const struct member price_members[] = {
  { "input", KIND_DOLLARS, 0 },
  { "output", KIND_DOLLARS, 0 },
  { "cached", KIND_DOLLARS, 0 },
  { "cache_write", KIND_DOLLARS, 0 },
  { "as_of", KIND_DAY, 0 },
  { "large", KIND_LARGE, 0 },
  { NULL, KIND_STRING, 0 },
};

static const struct member large_members[] = {
  { "over", KIND_COUNT, 0 },
  { "input", KIND_DOLLARS, 0 },
  { "output", KIND_DOLLARS, 0 },
  { "cached", KIND_DOLLARS, 0 },
  { "cache_write", KIND_DOLLARS, 0 },
  { NULL, KIND_STRING, 0 },
};

/* --- checking ------------------------------------------------------------------------------------------------------- */

#define DEPTH_MAX 6

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
  if (aid_json_find (at->text, at->path, at->npath, &found) == 0)
    aid_str_addf (out, ", line %d", found.line);
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

static int
is_count (const json_t *v, json_int_t most)
{
  return json_is_integer (v) && json_integer_value (v) >= 0 && json_integer_value (v) <= most;
}

static int
is_day (const json_t *v)
{
  const char *z = json_string_value (v), *pattern = "dddd-dd-dd";
  size_t i = 0;
  for (; z && pattern[i]; i++)
    if (pattern[i] == 'd' ? z[i] < '0' || z[i] > '9' : z[i] != pattern[i])
      return 0;
  return z && !z[i];
}

/* Whether V is an array of strings, of ABILITIES' words if need be. */
static int
is_words (const json_t *v, int abilities)
{
  static const char *const known[] = { "text", "image", "pdf", "tools", "reasoning", "cache", "json" };
  const json_t *item;
  size_t i, k;
  json_array_foreach (v, i, item)
    {
      const char *z = json_string_value (item);
      for (k = 0; z && abilities && k < sizeof known / sizeof *known && strcmp (known[k], z) != 0; k++)
        ;
      if (!z || (abilities && k == sizeof known / sizeof *known))
        return 0;
    }
  return json_is_array (v);
}

/* What a value of KIND must be, or NULL when V is. */
static const char *
wanted (enum kind kind, const json_t *v)
{
  const json_t *item;
  const char *key;
  switch (kind)
    {
    case KIND_STRING:
      return json_is_string (v) ? NULL : "a string";
    case KIND_BOOL:
      return json_is_boolean (v) ? NULL : "true or false";
    case KIND_COUNT:
      return is_count (v, 1000000000) ? NULL : "a whole number, 0 or more";
    case KIND_MS:
      return is_count (v, 86400000) ? NULL : "a number of milliseconds, a day at most";
    case KIND_RETRIES:
      return is_count (v, 10) ? NULL : "a whole number from 0 to 10";
    case KIND_TEMPERATURE:
      return json_is_number (v) && json_number_value (v) >= 0 && json_number_value (v) <= 2 ? NULL : "a number from 0 to 2";
    case KIND_STRINGS:
      json_object_foreach ((json_t *) (uintptr_t) v, key, item)
        {
          if (!json_is_string (item))
            return "an object of strings";
        }
      return json_is_object (v) ? NULL : "an object of strings";
    case KIND_BUDGET:
      json_object_foreach ((json_t *) (uintptr_t) v, key, item)
        {
          if ((strcmp (key, "chat") && strcmp (key, "month")) || !json_is_number (item) || json_number_value (item) < 0)
            return "an object of \"chat\" and \"month\", in US dollars";
        }
      return json_is_object (v) ? NULL : "an object of \"chat\" and \"month\", in US dollars";
    case KIND_COMMAND:
      return is_words (v, 0) && json_array_size (v) ? NULL : "an array of strings: a program and its arguments";
    case KIND_NAMES:
      return is_words (v, 0) ? NULL : "an array of strings: names of providers";
    case KIND_ABILITIES:
      return is_words (v, 1)
               ? NULL
               : "an array of some of \"text\", \"image\", \"pdf\", \"tools\", \"reasoning\", \"cache\", \"json\"";
    case KIND_DOLLARS:
      return json_is_number (v) && json_number_value (v) >= 0 && json_number_value (v) < 1e6
               ? NULL
               : "a number, the dollars for a million tokens";
    case KIND_DAY:
      return is_day (v) ? NULL : "a day as in \"2025-12-01\"";
    default:
      return json_is_object (v) ? NULL : "an object";
    }
}

static enum aid_err check_members (struct aid_config *c, json_t *obj, const struct member *known, const struct place *at,
                                   int trusted, struct aid_error *e);

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
check_named (struct aid_config *c, json_t *v, int models, const struct place *at, int trusted, struct aid_error *e)
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
      else if ((err = check_members (c, item, models ? model_members : provider_members, &inner, trusted, e)))
        return err;
    }
  return err;
}

static enum aid_err
check_value (struct aid_config *c, json_t *v, const struct member *m, const struct place *at, int trusted, struct aid_error *e)
{
  if (wanted (m->kind, v))
    return complain (at, wanted (m->kind, v), e);
  if (m->kind == KIND_PROVIDERS || m->kind == KIND_MODELS)
    return check_named (c, v, m->kind == KIND_MODELS, at, trusted, e);
  if (m->kind == KIND_PRICE || m->kind == KIND_LARGE)
    return check_members (c, v, m->kind == KIND_PRICE ? price_members : large_members, at, trusted, e);
  return AID_OK;
}

/* Checks OBJ's members, and removes those that this file may not set. */
static enum aid_err
check_members (struct aid_config *c, json_t *obj, const struct member *known, const struct place *at, int trusted,
               struct aid_error *e)
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
      else if (m->trusted && !trusted)
        {
          warn (c, &here, "is left out: a project may not set it, only your own settings");
          json_object_del (obj, key);
        }
      else if ((err = check_value (c, v, m, &here, trusted, e)))
        return err;
    }
  return AID_OK;
}

/* --- reading -------------------------------------------------------------------------------------------------------- */

/* TEXT as a checked object; an empty one for empty text.  NULL and *E otherwise. */
static json_t *
read_text (struct aid_config *c, struct aid_span text, const char *file, int trusted, struct aid_error *e)
{
  if (aid_span_trim (text).len == 0)
    return json_object ();
  json_t *root = aid_json_parse (text, file, e);
  if (!root)
    return NULL;
  if (!json_is_object (root))
    aid_error_set (e, AID_E_INVALID, "%s must hold one JSON object", file);
  else if (!check_members (c, root, top_members, &(struct place){ .file = file, .text = text }, trusted, e))
    return root;
  json_decref (root);
  return NULL;
}

/* The project's members replace the user's; of a model that both name, member by member. */
static int
merge (json_t *user, json_t *project)
{
  json_t *theirs = json_object_get (project, "models"), *mine = json_object_get (user, "models"), *model;
  const char *key;
  int bad = 0;
  if (theirs && !mine)
    bad |= json_object_set (user, "models", theirs);
  else
    json_object_foreach (theirs, key, model)
      {
        json_t *have = json_object_get (mine, key);
        bad |= have ? json_object_update (have, model) : json_object_set (mine, key, model);
      }
  json_object_del (project, "models");
  return !(json_object_update (user, project) | bad);
}

static struct aid_config *
parse (struct aid_config *c, struct aid_span user_json, struct aid_span project_json, const char *project,
       struct aid_error *e)
{
  c->root = read_text (c, user_json, aid_str_z (&c->path), 1, e);
  json_t *theirs = c->root ? read_text (c, project_json, project, 0, e) : NULL;
  if (!theirs)
    {
      aid_config_free (c);
      return NULL;
    }
  int ok = merge (c->root, theirs);
  json_decref (theirs);
  if (ok)
    return c;
  aid_error_set (e, AID_E_NOMEM, "no memory for the settings");
  aid_config_free (c);
  return NULL;
}

static struct aid_config *
config_new (void)
{
  struct aid_config *c = calloc (1, sizeof *c);
  if (c)
    {
      c->warnings = AID_STR_INIT (WARNINGS_MAX);
      c->path = AID_STR_INIT (4096);
    }
  return c;
}

struct aid_config *
aid_config_parse (struct aid_span user_json, struct aid_span project_json, struct aid_error *e)
{
  struct aid_config *c = config_new ();
  if (!c)
    {
      aid_error_set (e, AID_E_NOMEM, "no memory for the settings");
      return NULL;
    }
  aid_str_addz (&c->path, "config.json");
  return parse (c, user_json, project_json, ".aid/config.json", e);
}

/* A missing file is an empty one. */
static enum aid_err
read_file (const char *path, struct aid_str *out, struct aid_error *e)
{
  struct aid_error own = { AID_OK, "" };
  if (!aid_fs_exists (path))
    return AID_OK;
  enum aid_err err = aid_fs_read (path, out, &own);
  if (err == AID_E_NOTFOUND)
    return AID_OK;
  if (err && e)
    *e = own;
  return err;
}

struct aid_config *
aid_config_load (const char *project_root, struct aid_error *e)
{
  struct aid_str mine = AID_STR_INIT (FILE_MAX), theirs = AID_STR_INIT (FILE_MAX), path = AID_STR_INIT (4096);
  struct aid_config *c = config_new ();
  enum aid_err err
    = c ? aid_fs_xdg (AID_DIR_CONFIG, &c->path, e) : aid_error_set (e, AID_E_NOMEM, "no memory for the settings");
  if (!err)
    {
      aid_str_addz (&c->path, "/config.json");
      err = read_file (aid_str_z (&c->path), &mine, e);
    }
  if (!err && project_root)
    {
      aid_str_addf (&path, "%s/.aid/config.json", project_root);
      err = read_file (aid_str_z (&path), &theirs, e);
    }
  if (err)
    {
      aid_config_free (c);
      c = NULL;
    }
  else
    c = parse (c, aid_str_span (&mine), aid_str_span (&theirs), aid_str_z (&path), e);
  aid_str_free (&mine);
  aid_str_free (&theirs);
  aid_str_free (&path);
  return c;
}

void
aid_config_free (struct aid_config *c)
{
  if (!c)
    return;
  json_decref (c->root);
  aid_str_free (&c->warnings);
  aid_str_free (&c->path);
  free (c);
}

const char *
aid_config_warnings (const struct aid_config *c)
{
  return aid_str_z (&c->warnings);
}

const json_t *
aid_config_get (const struct aid_config *c, const char *key)
{
  return json_object_get (c->root, key);
}

const char *
aid_config_path (const struct aid_config *c)
{
  return aid_str_z (&c->path);
}
