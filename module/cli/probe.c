/* Asks servers for their models.  The calling thread waits for the I/O thread; times are short. */
#include "cli/probe.h"
#include "config/secret.h"
#include "model/presets.h"
#include "model/wire.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define LIST_MAX (8u << 20)
#define HEADERS_MAX 32
#define LOCAL_MS 2000

struct fetch
{
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int done;
  int status;
  struct aid_str body;
  struct aid_error error;
};

/* --- one request ------------------------------------------------------------------------------------------------------ */

static int
on_body (void *user, struct aid_span bytes)
{
  struct fetch *f = user;

  return aid_str_addspan (&f->body, bytes) != AID_OK;
}

static void
on_done (void *user, const struct aid_http_result *result)
{
  struct fetch *f = user;

  if (result->error.code == AID_E_HTTP)
    aid_str_addspan (&f->body, result->body);
  pthread_mutex_lock (&f->lock);
  f->status = result->status;
  f->error = result->error;
  f->done = 1;
  pthread_cond_signal (&f->changed);
  pthread_mutex_unlock (&f->lock);
}

static const struct aid_http_handler handler = { NULL, on_body, NULL, NULL, on_done };

static void
fetch (struct aid_net *net, const struct aid_http_request *req, struct fetch *f)
{
  uint64_t id;

  if (aid_http_start (net, req, &handler, f, &id, &f->error) != AID_OK)
    return;
  pthread_mutex_lock (&f->lock);
  while (!f->done)
    pthread_cond_wait (&f->changed, &f->lock);
  pthread_mutex_unlock (&f->lock);
}

/* --- what it means ---------------------------------------------------------------------------------------------------- */

static void
read_names (struct aid_span body, json_t *names)
{
  json_t *all = aid_json_parse (body, "the list of models", NULL), *one;
  size_t i;

  json_array_foreach (json_object_get (all, "data"), i, one)
    if (aid_json_str (one, "id"))
      json_array_append_new (names, json_string (aid_json_str (one, "id")));
  json_decref (all);
}

static void
judge (struct aid_probe *p, const struct fetch *f, const char *host)
{
  struct aid_error e = f->error;

  p->status = f->status;
  p->ok = 1;
  if (f->status >= 200 && f->status < 300)
    {
      read_names (aid_str_span (&f->body), p->names);
      snprintf (p->words, sizeof p->words, "the server answers");
    }
  else if (f->status == 404 || f->status == 405)
    snprintf (p->words, sizeof p->words, "the server answers, but has no list of its models");
  else
    {
      p->ok = 0;
      if (f->status)
        aid_wire_explain (f->status, aid_str_span (&f->body), host, &e);
      snprintf (p->words, sizeof p->words, "%s", e.msg);
    }
}

/* Adds NAME: VALUE to the request; VALUE is borrowed. */
static void
add_header (struct aid_http_header *headers, size_t *n, const char *name, const char *value)
{
  if (*n < HEADERS_MAX)
    headers[(*n)++] = (struct aid_http_header){ name, value };
}

static void
ask (struct aid_net *net, struct aid_http_request *req, const struct aid_endpoint *ep, struct aid_probe *out)
{
  struct fetch f
    = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .body = AID_STR_INIT (LIST_MAX) };
  struct aid_http_header headers[HEADERS_MAX];
  struct aid_str url = AID_STR_INIT (8192), bearer = AID_STR_INIT (65536);
  struct aid_span base = aid_span_z (ep->base_url);
  int anthropic = ep->wire && !strcmp (ep->wire, "anthropic-messages");
  const char *name;
  json_t *v;

  while (aid_span_ends (base, "/"))
    base.len--;
  aid_str_addspan (&url, base);
  aid_str_addz (&url, "/models");
  aid_str_addf (&bearer, "Bearer %s", ep->key ? ep->key : "");
  if (anthropic)
    add_header (headers, &req->nheaders, "anthropic-version", ep->version ? ep->version : "2023-06-01");
  if (ep->key)
    add_header (headers, &req->nheaders, anthropic ? "x-api-key" : "Authorization", anthropic ? ep->key : aid_str_z (&bearer));
  json_object_foreach ((json_t *) (uintptr_t) ep->headers, name, v)
    if (json_is_string (v))
      add_header (headers, &req->nheaders, name, json_string_value (v));
  req->url = aid_str_z (&url);
  req->headers = headers;
  fetch (net, req, &f);
  req->headers = NULL;
  req->url = NULL;
  judge (out, &f, ep->base_url);
  explicit_bzero (bearer.ptr, bearer.len);
  aid_str_free (&url);
  aid_str_free (&bearer);
  aid_str_free (&f.body);
}

void
aid_probe_url (struct aid_net *net, const char *url, unsigned ms, struct aid_probe *out)
{
  struct aid_http_request req = { .connect_ms = ms, .stall_ms = ms, .total_ms = ms, .body_limit = LIST_MAX };
  struct aid_endpoint ep = { .base_url = url };

  req.proxy = "";            /* the environment's proxy cannot reach this machine's servers */
  memset (out, 0, sizeof *out);
  out->names = json_array ();
  ask (net, &req, &ep, out);
}

void
aid_probe_model (struct aid_net *net, const struct aid_model *m, unsigned ms, struct aid_probe *out)
{
  struct aid_http_request req = m->net;
  struct aid_endpoint ep;
  struct aid_error e = { AID_OK, "" };
  char *key = NULL;

  memset (out, 0, sizeof *out);
  out->names = json_array ();
  if ((m->needs_key || m->key_env || m->key_command)
      && aid_secret_find (NULL, m->key_env, m->key_command, m->provider, m->host, &key, &e) != AID_OK && m->needs_key)
    {
      snprintf (out->words, sizeof out->words, "%s", e.msg);
      return;
    }
  req.connect_ms = req.stall_ms = req.total_ms = ms;
  req.retries = 0;
  req.body_limit = LIST_MAX;
  ep = aid_model_endpoint (m, key);
  ask (net, &req, &ep, out);
  aid_secret_free (key);
}

void
aid_probe_free (struct aid_probe *p)
{
  json_decref (p->names);
}

json_t *
aid_probe_local (struct aid_net *net)
{
  json_t *found = json_array (), *presets = aid_presets (), *preset;
  const char *provider;

  json_object_foreach (presets, provider, preset)
    {
      const char *url = aid_json_str (preset, "url");
      struct aid_probe p;
      if (!url || !aid_url_is_local (url))
        continue;
      aid_probe_url (net, url, LOCAL_MS, &p);
      /* Something else may listen there: only a list of models makes it a model's server. */
      if (json_array_size (p.names))
        json_array_append_new (found, json_pack ("{s:s, s:s, s:O}", "url", url, "provider", provider, "models", p.names));
      aid_probe_free (&p);
    }
  json_decref (presets);
  return found;
}
