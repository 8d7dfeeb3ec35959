/* Settings, checked against a table as they are read: the user's file, then what a project may say on top of it.  A wrong
   type is an error that names file and member; a member nobody knows is a warning, for it is a slip of the pen or of
   another version. */
#include "config/config.h"
#include "base/fs.h"
#include "base/json.h"
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
  KIND_BOOL, KIND_PROVIDERS, KIND_MODELS
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
  { NULL, KIND_STRING, 0 },
};

static const struct member provider_members[] = {
  { "wire", KIND_STRING, 0 },
  { "url", KIND_STRING, 0 },
  { "key_env", KIND_STRING, 0 },
  { "key_command", KIND_COMMAND, 0 },
  { "key_host", KIND_STRING, 0 },
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
  { NULL, KIND_STRING, 0 },
};

/* --- checking ------------------------------------------------------------------------------------------------------- */

/* Where a member is: "models.claude.effort" in FILE. */
struct place
{
  const char *file;
  const char *outer, *key; /* "models", "claude"; or NULL */
  const char *member;
};

static void
place_add (struct aid_str *out, const struct place *at)
{
  const char *const parts[] = { at->outer, at->key, at->member };
  aid_str_addf (out, "%s: \"", at->file);
  for (int i = 0, n = 0; i < 3; i++)
    if (parts[i])
      aid_str_addf (out, "%s%s", n++ ? "." : "", parts[i]);
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

/* What a value of KIND must be, or NULL when V is. */
static const char *
wanted (enum kind kind, const json_t *v)
{
  const json_t *item;
  const char *key;
  size_t i;
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
    case KIND_COMMAND:
      json_array_foreach (v, i, item)
        {
          if (!json_is_string (item))
            return "an array of strings: a program and its arguments";
        }
      return json_array_size (v) ? NULL : "an array of strings: a program and its arguments";
    default:
      return json_is_object (v) ? NULL : "an object";
    }
}

static enum aid_err check_members (struct aid_config *c, json_t *obj, const struct member *known, struct place at,
                                   int trusted, struct aid_error *e);

/* V is "providers" or "models": named objects whose members KNOWN tells. */
static enum aid_err
check_named (struct aid_config *c, json_t *v, const struct member *known, const struct place *at, int trusted,
             struct aid_error *e)
{
  const char *key;
  json_t *item;
  enum aid_err err = AID_OK;
  json_object_foreach (v, key, item)
    {
      struct place inner = { at->file, at->member, key, NULL };
      if (!json_is_object (item))
        return complain (&inner, "an object", e);
      if ((err = check_members (c, item, known, inner, trusted, e)))
        return err;
    }
  return err;
}

/* Checks OBJ's members, and removes those that this file may not set. */
static enum aid_err
check_members (struct aid_config *c, json_t *obj, const struct member *known, struct place at, int trusted,
               struct aid_error *e)
{
  const char *key;
  json_t *v;
  void *next;
  enum aid_err err = AID_OK;
  json_object_foreach_safe (obj, next, key, v)
    {
      const struct member *m = known;
      at.member = key;
      while (m->name && strcmp (m->name, key) != 0)
        m++;
      if (!m->name)
        warn (c, &at, "is not a setting");
      else if (m->trusted && !trusted)
        {
          warn (c, &at, "is left out: a project may not set it, only your own settings");
          json_object_del (obj, key);
        }
      else if (wanted (m->kind, v))
        err = complain (&at, wanted (m->kind, v), e);
      else if (m->kind == KIND_PROVIDERS || m->kind == KIND_MODELS)
        err = check_named (c, v, m->kind == KIND_PROVIDERS ? provider_members : model_members, &at, trusted, e);
      if (err)
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
  else if (!check_members (c, root, top_members, (struct place){ file, NULL, NULL, NULL }, trusted, e))
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
