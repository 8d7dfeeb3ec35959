/* A discovery asks all its servers at once: each for its list, then for what only its kind tells (Ollama model by model,
   four at a time; llama.cpp once).  Two programs may have one usual port: the address is asked once, and the answer decides
   whose it is. */
#include "model/discover.h"
#include "base/json.h"
#include "base/val.h"
#include "model/hide.h"
#include "model/told.h"
#include "model/query.h"
#include "model/served.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SERVERS_MAX 64
#define SHOWN_MAX 200      /* models of an Ollama that are asked about */
#define SHOWN_AT_ONCE 4

struct server
{
  struct discovery *all;
  struct aid_model model;
  char *key;               /* or NULL */
  int twin;                /* who else may be at this address: an index, or -1 */
  int second;              /* it is somebody's twin: not asked by itself */
  int plain;               /* asked for the usual list after its kind's own was missing */
  int ok;
  char words[256];
  json_t *entries;
  size_t shown, showing;   /* Ollama: models asked about, and those not yet answered */
};

struct discovery
{
  struct aid_net *net;
  struct aid_config *config;
  aid_discover_done *done;
  void *user;
  int local;               /* several servers of this machine; else one that was named */
  unsigned ms;
  size_t pending;          /* questions not yet answered, and 1 for the beginning */
  struct server servers[SERVERS_MAX];
  size_t nservers;
};

static void
discovery_free (struct discovery *d)
{
  for (size_t i = 0; i < d->nservers; i++)
    {
      struct server *s = &d->servers[i];
      aid_model_free (&s->model);
      if (s->key)
        explicit_bzero (s->key, strlen (s->key));
      free (s->key);
      json_decref (s->entries);
    }
  aid_config_free (d->config);
  free (d);
}

/* --- the end --------------------------------------------------------------------------------------------------------- */

static void
server_val (const struct discovery *d, const struct server *s, struct aid_str *val)
{
  size_t o = aid_val_object (val);
  aid_val_kstrz (val, "provider", s->model.provider);
  aid_val_kstrz (val, "title", s->model.title);
  aid_val_kstrz (val, "url", s->model.url);
  aid_val_kbool (val, "local", s->model.local);
  aid_val_kbool (val, "ok", s->ok);
  aid_val_kstrz (val, "message", s->words);
  aid_val_key (val, "models");
  aid_model_list_served (d->config, s->model.provider, s->entries, val);
  aid_val_end (val, o, 7);
}

/* One question has been answered, or the beginning is over. */
static void
settle (struct discovery *d)
{
  struct aid_str val = AID_STR_INIT (64u << 20);
  uint32_t n = 0;
  if (--d->pending)
    return;
  size_t l = aid_val_list (&val);
  for (size_t i = 0; i < d->nservers; i++)
    if (d->servers[i].ok)
      aid_told_keep (d->servers[i].model.url, d->servers[i].entries);
  for (size_t i = 0; i < d->nservers; i++)
    if (!d->local || json_array_size (d->servers[i].entries))
      {
        server_val (d, &d->servers[i], &val);
        n++;
      }
  aid_val_end (&val, l, n);
  if (val.err)
    {
      aid_str_clear (&val);
      aid_val_end (&val, aid_val_list (&val), 0);
    }
  d->done (d->user, aid_str_span (&val));
  aid_str_free (&val);
  discovery_free (d);
}

/* --- questions ------------------------------------------------------------------------------------------------------- */

static int
ask (struct server *s, const char *path, int at_root, const json_t *body, aid_query_done *done, void *user)
{
  struct aid_query q
    = { .model = &s->model, .key = s->key, .path = path, .at_root = at_root, .body = body, .ms = s->all->ms };
  struct aid_error e = { AID_OK, "" };
  if (aid_query (s->all->net, &q, done, user, &e) == AID_OK)
    {
      s->all->pending++;
      return 1;
    }
  snprintf (s->words, sizeof s->words, "%s", e.msg);
  return 0;
}

/* --- Ollama, model by model ------------------------------------------------------------------------------------------ */

struct shown
{
  struct server *server;
  size_t index;
};

static void show_more (struct server *s);

static void
on_show (void *user, const struct aid_query_answer *a)
{
  struct shown *shown = user;
  struct server *s = shown->server;
  if (a->doc)
    aid_served_show (json_array_get (s->entries, shown->index), a->doc);
  free (shown);
  s->showing--;
  if (a->error.code != AID_E_CANCELLED)
    show_more (s);
  settle (s->all);
}

static void
show_more (struct server *s)
{
  while (s->showing < SHOWN_AT_ONCE && s->shown < json_array_size (s->entries) && s->shown < SHOWN_MAX)
    {
      struct shown *shown = malloc (sizeof *shown);
      json_t *body = json_pack ("{s:s}", "model", aid_json_str (json_array_get (s->entries, s->shown), "name"));
      if (shown)
        *shown = (struct shown){ s, s->shown };
      s->shown++;
      if (shown && ask (s, "/api/show", 1, body, on_show, shown))
        s->showing++;
      else
        free (shown);
      json_decref (body);
    }
}

/* --- llama.cpp, or who else is at its port ---------------------------------------------------------------------------- */

static void
on_props (void *user, const struct aid_query_answer *a)
{
  struct server *s = user;
  if (!aid_served_props (s->entries, a->doc) && s->twin >= 0)
    {
      struct server *twin = &s->all->servers[s->twin];
      json_t *entries = s->entries;
      s->entries = twin->entries;
      twin->entries = entries;
      twin->ok = s->ok;
      snprintf (twin->words, sizeof twin->words, "%s", s->words);
    }
  settle (s->all);
}

/* --- lists ------------------------------------------------------------------------------------------------------------ */

static int
is_kind (const struct server *s, const char *kind)
{
  return s->model.kind && !strcmp (s->model.kind, kind);
}

static void
today (char out[11])
{
  time_t now = time (NULL);
  struct tm tm;
  if (!gmtime_r (&now, &tm) || !strftime (out, 11, "%Y-%m-%d", &tm))
    *out = '\0';
}

static void on_list (void *user, const struct aid_query_answer *a);

static void
ask_list (struct server *s)
{
  int at_root;
  const char *path = aid_query_list (&s->model, s->plain, &at_root);
  ask (s, path, at_root, NULL, on_list, s);
}

static void
on_list (void *user, const struct aid_query_answer *a)
{
  struct server *s = user;
  char day[11];
  today (day);
  if (a->doc)
    {
      json_decref (s->entries);
      s->entries = aid_served_read (a->doc, day);
      s->ok = 1;
      snprintf (s->words, sizeof s->words, "%s has %zu models", s->model.title, json_array_size (s->entries));
      if (is_kind (s, "ollama") && !s->plain)
        show_more (s);
      else if (is_kind (s, "llama.cpp") && json_array_size (s->entries))
        ask (s, "/props", 1, NULL, on_props, s);
    }
  else if (a->status >= 400 && a->status < 500 && s->model.kind && !s->plain)
    {
      s->plain = 1;
      ask_list (s);
    }
  else
    {
      struct aid_error e = a->error;
      aid_hide_in_error (s->key, &s->model, &e);
      snprintf (s->words, sizeof s->words, "%s", e.msg);
    }
  settle (s->all);
}

/* --- the beginning ---------------------------------------------------------------------------------------------------- */

static int
is_wanted (const struct aid_config *c, const char *provider)
{
  const json_t *names = aid_config_get (c, "discover"), *v;
  size_t i;
  json_array_foreach (names, i, v)
    {
      if (!strcmp (json_string_value (v), provider))
        return 1;
    }
  return names == NULL;
}

/* A server of this machine is told to be a twin of the first one with its address. */
static void
add (struct discovery *d, const char *provider, const char *key)
{
  struct server *s = &d->servers[d->nservers];
  struct aid_error e;
  const char *value;
  if (d->nservers == SERVERS_MAX || aid_provider_resolve (d->config, provider, &s->model, &e) != AID_OK)
    return;
  if (d->local && !s->model.local)
    {
      aid_model_free (&s->model);
      return;
    }
  value = key ? key : s->model.key_env ? getenv (s->model.key_env) : NULL;
  s->key = value && *value ? strdup (value) : NULL;
  s->all = d;
  s->twin = -1;
  s->entries = json_array ();
  for (size_t i = 0; i < d->nservers && !s->second; i++)
    if (!strcmp (d->servers[i].model.url, s->model.url))
      {
        s->second = 1;
        if (d->servers[i].twin < 0)
          d->servers[i].twin = (int) d->nservers;
      }
  d->nservers++;
}

/* I/O thread. */
static void
begin (void *arg)
{
  struct discovery *d = arg;
  for (size_t i = 0; i < d->nservers; i++)
    if (!d->servers[i].second)
      ask_list (&d->servers[i]);
  settle (d);
}

enum aid_err
aid_discover (struct aid_net *net, struct aid_config *c, const struct aid_discover_request *r, aid_discover_done *done,
              void *user, struct aid_error *e)
{
  struct discovery *d = calloc (1, sizeof *d);
  struct aid_model known;
  json_t *names, *v;
  size_t i;
  if (!d)
    {
      aid_config_free (c);
      return aid_error_set (e, AID_E_NOMEM, "no memory to look for models");
    }
  *d = (struct discovery){ .net = net, .config = c, .done = done, .user = user, .local = !r->provider, .pending = 1 };
  enum aid_err err = r->provider ? aid_provider_resolve (c, r->provider, &known, e) : AID_OK;
  if (!err && r->provider)
    {
      d->ms = known.local ? AID_DISCOVER_MS : AID_DISCOVER_FAR_MS;
      aid_model_free (&known);
      add (d, r->provider, r->key);
    }
  else if (!err)
    {
      d->ms = AID_DISCOVER_MS;
      names = aid_providers (c);
      json_array_foreach (names, i, v)
        {
          if (is_wanted (c, json_string_value (v)))
            add (d, json_string_value (v), NULL);
        }
      json_decref (names);
    }
  d->ms = r->ms ? r->ms : d->ms;
  if (!err)
    err = aid_net_later (net, 0, begin, begin, d);
  if (err)
    discovery_free (d);
  return err;
}
