/* The user's file over what their team says (config_team.c), then what the project may say on top of it. */
#include "config/config_internal.h"
#include "config/trust.h"
#include "base/fs.h"
#include "base/json_find.h"
#include <stdlib.h>

#define FILE_MAX (1u << 20)
#define WARNINGS_MAX (64u << 10)

/* A project adds experiments; of a name that the user's settings have, those stand, so that one can be left: {"enabled":
   false}. */
static int
merge_experiments (json_t *user, json_t *project)
{
  json_t *theirs = json_object_get (project, "experiments"), *mine = json_object_get (user, "experiments"), *item;
  const char *key;
  int bad = 0;
  if (!mine)
    return 0;
  if (json_is_object (mine))
    json_object_foreach (theirs, key, item)
    {
      if (!json_object_get (mine, key))
        bad |= json_object_set (mine, key, item);
    }
  json_object_del (project, "experiments");
  return bad;
}

/* The project's members replace the user's; of a model or a provider that both name, member by member. */
static int
merge (json_t *user, json_t *project)
{
  static const char *const named[] = { "models", "providers" };
  int bad = merge_experiments (user, project);
  for (size_t i = 0; i < 2; i++)
    {
      json_t *theirs = json_object_get (project, named[i]), *mine = json_object_get (user, named[i]), *item;
      const char *key;
      if (theirs && !mine)
        bad |= json_object_set (user, named[i], theirs);
      else
        json_object_foreach (theirs, key, item)
        {
          json_t *have = json_object_get (mine, key);
          bad |= have ? json_object_update (have, item) : json_object_set (mine, key, item);
        }
      json_object_del (project, named[i]);
    }
  return !(json_object_update (user, project) | bad);
}

/* Notes that the members of SETTINGS are said by LAYER. */
static void
note_layer (struct aid_config *c, const json_t *settings, enum aid_config_layer layer)
{
  const char *key;
  json_t *v;
  json_object_foreach ((json_t *)(uintptr_t)settings, key, v)
  {
    json_object_set_new (c->origin, key, json_integer (layer));
  }
}

enum aid_config_layer
aid_config_layer (const struct aid_config *c, const char *key)
{
  return (enum aid_config_layer)json_integer_value (json_object_get (c->origin, key));
}

enum aid_err
aid_config_over_team (struct aid_config *c, json_t *team, struct aid_error *e)
{
  json_t *mine = json_deep_copy (c->root);
  int ok = mine && !merge_experiments (mine, team);
  if (ok)
    {
      json_object_clear (c->origin);
      note_layer (c, team, AID_CONFIG_TEAM);
      note_layer (c, c->root, AID_CONFIG_USER);
      ok = merge (team, mine);
    }
  json_decref (mine);
  if (!ok)
    {
      json_decref (team);
      return aid_error_set (e, AID_E_NOMEM, "no memory for the settings");
    }
  json_decref (c->root);
  c->root = team;
  return AID_OK;
}

/* What does not count in this process; NULL: all does. */
static const char *const *left_out;

void
aid_config_leave_out (const char *const *names)
{
  left_out = names;
}

static void
remove_member (struct aid_config *c, const char *name)
{
  json_object_del (c->root, name);
  json_object_del (c->origin, name);
}

/* C as what the two files say, with WITH_TEAM over what the person's team does; takes it when that fails. */
static struct aid_config *
parse (struct aid_config *c, struct aid_span user_json, struct aid_span project_json, const char *project, int trusted,
       int with_team, struct aid_error *e)
{
  struct aid_config_source mine = { user_json, aid_str_z (&c->path), NULL }, other = { project_json, project, NULL };
  c->root = aid_config_read (c, &mine, e);
  if (c->root)
    note_layer (c, c->root, AID_CONFIG_USER);
  if (c->root && with_team)
    aid_config_add_team (c);
  for (const char *const *name = left_out; name && *name && c->root; name++)
    remove_member (c, *name);
  other.user = trusted ? NULL : c->root;
  json_t *theirs = c->root ? aid_config_read (c, &other, e) : NULL;
  if (!theirs)
    {
      aid_config_free (c);
      return NULL;
    }
  note_layer (c, theirs, AID_CONFIG_PROJECT);
  int ok = merge (c->root, theirs);
  json_decref (theirs);
  if (left_out)
    remove_member (c, "experiments");
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
      c->waiting = AID_STR_INIT (WARNINGS_MAX);
      c->team_waiting = AID_STR_INIT (WARNINGS_MAX);
      c->origin = json_object ();
    }
  return c;
}

static struct aid_config *
parse_texts (struct aid_span user_json, struct aid_span project_json, int trusted, struct aid_error *e)
{
  struct aid_config *c = config_new ();
  if (!c)
    {
      aid_error_set (e, AID_E_NOMEM, "no memory for the settings");
      return NULL;
    }
  aid_str_addz (&c->path, "config.json");
  return parse (c, user_json, project_json, AID_TRUST_SETTINGS, trusted, 0, e);
}

struct aid_config *
aid_config_parse (struct aid_span user_json, struct aid_span project_json, struct aid_error *e)
{
  return parse_texts (user_json, project_json, 0, e);
}

struct aid_config *
aid_config_parse_trusted (struct aid_span user_json, struct aid_span project_json, struct aid_error *e)
{
  return parse_texts (user_json, project_json, 1, e);
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

/* Reads the project's file.  One that is not read, for a link leads elsewhere, is a warning: the project must not stop a
   question. */
static enum aid_err
read_project (struct aid_config *c, const char *root, struct aid_trust_file *out, struct aid_error *e)
{
  struct aid_error own = { AID_OK, "" };
  enum aid_err err = aid_trust_read (root, AID_TRUST_SETTINGS, out, &own);
  if (err == AID_E_REFUSED)
    aid_str_addf (&c->warnings, "%s\n", own.msg);
  if (err == AID_E_REFUSED || err == AID_E_NOTFOUND)
    return AID_OK;
  if (!err && out->open_to_all)
    aid_str_addf (&c->warnings, "%s/%s can be written by everybody on this machine: it cannot be trusted.\n", root,
                  AID_TRUST_SETTINGS);
  if (err && e)
    *e = own;
  return err;
}

struct aid_config *
aid_config_load (const char *project_root, struct aid_error *e)
{
  struct aid_str mine = AID_STR_INIT (FILE_MAX), path = AID_STR_INIT (8192);
  struct aid_trust_file theirs = { .text = AID_STR_INIT (0) };
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
      aid_str_addf (&path, "%s/%s", project_root, AID_TRUST_SETTINGS);
      err = read_project (c, project_root, &theirs, e);
    }
  if (err)
    {
      aid_config_free (c);
      c = NULL;
    }
  else
    c = parse (c, aid_str_span (&mine), aid_str_span (&theirs.text), aid_str_z (&path), theirs.trusted, 1, e);
  aid_str_free (&mine);
  aid_trust_file_free (&theirs);
  aid_str_free (&path);
  return c;
}

enum aid_err
aid_config_overlay (struct aid_config *c, const json_t *settings, struct aid_error *e)
{
  json_t *copy = json_deep_copy (settings), *all = copy ? json_deep_copy (c->root) : NULL;
  int ok = all && merge (all, copy);
  json_decref (copy);
  if (!ok)
    {
      json_decref (all);
      return aid_error_set (e, AID_E_NOMEM, "no memory for the settings");
    }
  json_decref (c->root);
  c->root = all;
  note_layer (c, settings, AID_CONFIG_OVERLAY);
  return AID_OK;
}

void
aid_config_free (struct aid_config *c)
{
  if (!c)
    return;
  json_decref (c->root);
  json_decref (c->origin);
  json_decref (c->own);
  aid_str_free (&c->warnings);
  aid_str_free (&c->path);
  aid_str_free (&c->waiting);
  aid_str_free (&c->team_waiting);
  free (c);
}

int
aid_config_waiting (const struct aid_config *c, const char **names)
{
  *names = aid_str_z (&c->waiting);
  return c->nwaiting;
}

int
aid_config_team_waiting (const struct aid_config *c, const char **names)
{
  *names = aid_str_z (&c->team_waiting);
  return c->nteam_waiting;
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

const json_t *
aid_config_own (const struct aid_config *c)
{
  return c->own;
}

const char *
aid_config_path (const struct aid_config *c)
{
  return aid_str_z (&c->path);
}
