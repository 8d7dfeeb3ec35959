/* Asking servers for their models, checking models, and the settings about them.  What takes time ends in an event. */
#include "assist/variants.h"
#include "base/fs.h"
#include "base/pool.h"
#include "base/val.h"
#include "binding/binding_internal.h"
#include "config/config.h"
#include "config/secret.h"
#include "model/check.h"
#include "model/discover.h"
#include "model/embed.h"
#include <stdlib.h>

struct job
{
  uint64_t id;                 /* of the event */
  char *root, *name, *secret;  /* each may be NULL; NAME: a provider's or a model's */
  int spend, embeds;
};

static void
job_free (struct job *j)
{
  free (j->root);
  free (j->name);
  aid_secret_free (j->secret);
  free (j);
  aid_binding_job_ends ();
}

/* Any thread: the event that ends the job J. */
static void
on_result (void *user, struct aid_span val)
{
  struct job *j = user;
  if (val.len)
    aid_binding_post (j->id, AID_EVENT_RESULT, val);
  else
    aid_binding_post_error (j->id, &(struct aid_error){ AID_E_NOMEM, "No memory for the answer." });
  job_free (j);
}

static void
give_up (struct job *j, const struct aid_error *e)
{
  aid_binding_post_error (j->id, e);
  job_free (j);
}

/* The pool stopped before it came to the job. */
static void
never_run (void *arg)
{
  give_up (arg, &(struct aid_error){ AID_E_STATE, "The core is being replaced." });
}

static void
discover (void *arg)
{
  struct job *j = arg;
  struct aid_error e = { AID_OK, "" };
  struct aid_config *c = aid_config_load (j->root, &e);
  struct aid_discover_request r = { j->name, j->secret, 0 };
  if (c == NULL || aid_discover (aid_assist_net (aid_binding.assist), c, &r, on_result, j, &e) != AID_OK)
    give_up (j, &e);
}

static void
check (void *arg)
{
  struct job *j = arg;
  struct aid_error e = { AID_OK, "" };
  const struct aid_asked q = { .root = j->root, .model = j->name };
  struct aid_config *c = aid_variants_config (&q, NULL, &e);
  struct aid_check_request r = { .id = j->name, .secret = j->secret, .spend = j->spend, .embeds = j->embeds };
  if (c == NULL)
    give_up (j, &e);
  else
    aid_check_model (aid_assist_net (aid_binding.assist), c, &r, on_result, j);
  aid_config_free (c);
}

/* How a model is checked. */
struct how
{
  int spend, embeds;
};

/* Runs RUN on the pool; gives the id of the event that ends it. */
static emacs_value
start (emacs_env *env, emacs_value name, emacs_value root, emacs_value secret, struct how how, void (*run) (void *))
{
  struct aid_error e = { AID_OK, "" };
  struct job *j = calloc (1, sizeof *j);
  if (j == NULL)
    {
      aid_lisp_signal (env, "nomem", "No memory to ask a server");
      return NULL;
    }
  *j = (struct job){ .id = aid_binding.host->next_id (), .spend = how.spend, .embeds = how.embeds };
  uint64_t id = j->id;
  aid_binding_job_begins ();
  j->name = aid_lisp_dup (env, name);
  j->root = aid_lisp_dup (env, root);
  j->secret = aid_lisp_dup (env, secret);
  if (aid_lisp_failed (env))
    job_free (j);
  else if (aid_pool_run (aid_assist_pool (aid_binding.assist), run, never_run, j) != AID_OK)
    {
      job_free (j);
      aid_error_set (&e, AID_E_STATE, "The core is busy or being replaced: try again in a moment.");
      aid_lisp_error (env, &e);
    }
  else
    return env->make_integer (env, (intmax_t) id);
  return NULL;
}

/* PROVIDER ROOT SECRET */
AID_BIND (discover)
{
  (void) nargs;
  return start (env, args[0], args[1], args[2], (struct how){ 0, 0 }, discover);
}

/* MODEL ROOT SECRET SPEND */
AID_BIND (model_check)
{
  (void) nargs;
  struct how how = { !aid_lisp_is_nil (env, args[3]), aid_lisp_is_nil (env, args[0]) };
  return start (env, args[0], args[1], args[2], how, check);
}

/* --- settings ----------------------------------------------------------------------------------------------------------- */

/* Appends who makes embeddings by C, as the models' plists have it, or nil. */
static void
embedder_val (const struct aid_config *c, struct aid_str *val)
{
  struct aid_embedder by;
  if (!c || aid_embedder_resolve (c, &by, NULL))
    {
      aid_val_nil (val);
      return;
    }
  size_t o = aid_val_object (val);
  aid_val_kstrz (val, "provider", by.model.provider);
  aid_val_kstrz (val, "name", by.model.name);
  aid_val_kstrz (val, "host", by.model.host);
  aid_val_kbool (val, "local", by.model.local);
  aid_val_kbool (val, "needs_key", by.model.needs_key);
  aid_val_end (val, o, 5);
  aid_embedder_free (&by);
}

AID_BIND (settings)
{
  (void) nargs;
  struct aid_str val = AID_STR_INIT (1 << 20), path = AID_STR_INIT (8192);
  struct aid_error e = { AID_OK, "" };
  char *root = aid_lisp_dup (env, args[0]);
  struct aid_config *c = aid_lisp_failed (env) ? NULL : aid_config_load (root, &e);
  aid_fs_xdg (AID_DIR_CONFIG, &path, NULL);
  aid_str_addz (&path, "/config.json");
  size_t o = aid_val_object (&val);
  aid_val_kstrz (&val, "path", aid_str_z (&path));
  aid_val_kbool (&val, "exists", aid_fs_exists (aid_str_z (&path)));
  aid_val_kstrz (&val, "error", c ? NULL : e.msg);
  aid_val_kstrz (&val, "warnings", c ? aid_config_warnings (c) : "");
  aid_val_kbool (&val, "embeds", c && json_is_object (aid_config_get (c, "embeddings")));
  aid_val_key (&val, "embedder");
  embedder_val (c, &val);
  aid_val_end (&val, o, 6);
  aid_config_free (c);
  aid_str_free (&path);
  free (root);
  return aid_lisp_failed (env) ? NULL : aid_lisp_take_val (env, &val);
}
