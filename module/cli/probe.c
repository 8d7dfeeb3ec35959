/* What comes on the I/O thread is copied and waited for. */
#include "cli/probe.h"
#include "base/val.h"
#include "cli/cli.h"
#include "config/secret.h"
#include <pthread.h>
#include <stdlib.h>

#define ANSWER_MAX (64u << 20)

/* --- waiting ----------------------------------------------------------------------------------------------------------- */

struct gate
{
  pthread_mutex_t lock;
  pthread_cond_t changed;
  size_t left;               /* answers to come; under the lock */
};

/* An answer to come. */
struct slot
{
  struct gate *gate;
  struct aid_str json;
};

static void
on_val (void *user, struct aid_span val)
{
  struct slot *s = user;
  if (val.len)
    aid_val_to_json (val, 0, &s->json);
  pthread_mutex_lock (&s->gate->lock);
  s->gate->left--;
  pthread_cond_signal (&s->gate->changed);
  pthread_mutex_unlock (&s->gate->lock);
}

static void
wait_for (struct gate *g)
{
  pthread_mutex_lock (&g->lock);
  while (g->left)
    pthread_cond_wait (&g->changed, &g->lock);
  pthread_mutex_unlock (&g->lock);
}

static json_t *
take (struct slot *s)
{
  json_t *v = s->json.err ? NULL : aid_json_parse (aid_str_span (&s->json), "an answer", NULL);
  aid_str_free (&s->json);
  return v;
}

/* --- asking ------------------------------------------------------------------------------------------------------------ */

struct aid_config *
aid_cli_config (struct aid_error *e)
{
  struct aid_str root = AID_STR_INIT (8192);
  struct aid_config *c = aid_cli_root (NULL, &root, e) == AID_OK ? aid_config_load (aid_str_z (&root), e) : NULL;
  aid_str_free (&root);
  return c;
}

/* The key of PROVIDER, NULL when there is none; an unknown provider is told by the discovery. */
static enum aid_err
find_key (const struct aid_config *c, const char *provider, char **key, struct aid_error *e)
{
  struct aid_model m;
  *key = NULL;
  if (!provider || aid_provider_resolve (c, provider, &m, e) != AID_OK)
    return AID_OK;
  enum aid_err err = AID_OK;
  if (m.needs_key || m.key_env || m.key_command)
    err = aid_secret_find (NULL, m.key_env, m.key_command, m.provider, m.host, NULL, key, e);
  if (err == AID_E_NOTFOUND)       /* some lists are open to all */
    err = AID_OK;
  aid_model_free (&m);
  return err;
}

json_t *
aid_cli_discover (struct aid_net *net, const char *provider, unsigned ms, struct aid_error *e)
{
  struct gate gate = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 1 };
  struct slot slot = { &gate, AID_STR_INIT (ANSWER_MAX) };
  struct aid_config *c = aid_cli_config (e);
  char *key = NULL;
  json_t *found = NULL;
  if (!c)
    return NULL;
  enum aid_err err = find_key (c, provider, &key, e);
  struct aid_discover_request r = { provider, key, ms };
  if (err)
    aid_config_free (c);
  else if (aid_discover (net, c, &r, on_val, &slot, e) == AID_OK)
    {
      wait_for (&gate);
      found = take (&slot);
    }
  aid_secret_free (key);
  return found;
}

json_t *
aid_cli_check (struct aid_net *net, const struct aid_config *c, const json_t *ids, unsigned ms, int spend)
{
  size_t n = json_array_size (ids);
  struct gate gate = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, n };
  struct slot *slots = calloc (n + 1, sizeof *slots);
  json_t *all = json_array ();
  for (size_t i = 0; slots && i < n; i++)
    {
      struct aid_check_request r = { .id = json_string_value (json_array_get (ids, i)), .ms = ms, .spend = spend };
      slots[i] = (struct slot){ &gate, AID_STR_INIT (ANSWER_MAX) };
      aid_check_model (net, c, &r, on_val, &slots[i]);
    }
  if (slots)
    wait_for (&gate);
  for (size_t i = 0; slots && i < n; i++)
    json_array_append_new (all, take (&slots[i]));
  free (slots);
  return all;
}

json_t *
aid_cli_check_embeddings (struct aid_net *net, const struct aid_config *c, unsigned ms, int spend)
{
  struct gate gate = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 1 };
  struct slot slot = { &gate, AID_STR_INIT (ANSWER_MAX) };
  struct aid_check_request r = { .ms = ms, .spend = spend, .embeds = 1 };
  if (!json_is_object (aid_config_get (c, "embeddings")))
    return NULL;
  aid_check_model (net, c, &r, on_val, &slot);
  wait_for (&gate);
  return take (&slot);
}
