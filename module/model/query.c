/* A GET, or a POST of a small document, with the model's key where its wire format has it. */
#include "model/query.h"
#include "base/json.h"
#include "model/wire_internal.h"
#include <stdlib.h>

struct asked
{
  aid_query_done *done;
  void *user;
  char *host;
  struct aid_str body;
};

static void
asked_free (struct asked *a)
{
  free (a->host);
  aid_str_free (&a->body);
  free (a);
}

/* --- the answer ----------------------------------------------------------------------------------------------------- */

static int
on_body (void *user, struct aid_span bytes)
{
  struct asked *a = user;
  return aid_str_addspan (&a->body, bytes) != AID_OK;
}

static void
on_done (void *user, const struct aid_http_result *r)
{
  struct asked *a = user;
  struct aid_query_answer answer = { .status = r->status, .error = r->error, .reach = r->reach, .total_us = r->total_us };
  json_t *doc = NULL;
  if (a->body.err)
    aid_error_set (&answer.error, AID_E_LIMIT, "%s answered with more than %u MB", a->host, AID_QUERY_MAX >> 20);
  else if (r->error.code == AID_E_HTTP && r->status >= 400)
    aid_wire_explain (r->status, r->body, a->host, &answer.error);
  else if (!r->error.code && !(doc = aid_json_parse (aid_str_span (&a->body), "the answer", NULL)))
    aid_error_set (&answer.error, AID_E_PARSE, "%s answered with something that is no JSON: is it a model's server?", a->host);
  answer.doc = doc;
  a->done (a->user, &answer);
  json_decref (doc);
  asked_free (a);
}

static int
may_retry (void *user, int status, struct aid_span body)
{
  (void)user;
  return aid_wire_may_retry (status, body);
}

static const struct aid_http_handler handler = { NULL, on_body, NULL, may_retry, on_done };

/* --- the question --------------------------------------------------------------------------------------------------- */

/* The address without its "/v1", or all of it; to be freed. */
static char *
root_of (const char *url)
{
  struct aid_span base = aid_span_z (url);
  while (aid_span_ends (base, "/"))
    base.len--;
  if (aid_span_ends (base, "/v1"))
    base.len -= 3;
  return aid_span_dup (base);
}

static enum aid_err
add_key (struct aid_wire_request *w, const struct aid_endpoint *ep, const struct aid_model *m, struct aid_error *e)
{
  if (!strcmp (m->wire, "anthropic-messages"))
    {
      enum aid_err err = aid_wire_header (w, "anthropic-version", m->version ? m->version : "2023-06-01", e);
      return err || !ep->key ? err : aid_wire_header (w, "x-api-key", ep->key, e);
    }
  if (!strcmp (m->wire, "gemini"))
    return ep->key ? aid_wire_header (w, "x-goog-api-key", ep->key, e) : AID_OK;
  return aid_openai_key (w, ep, e);
}

static int
is (const char *what, const char *name)
{
  return what && !strcmp (what, name);
}

const char *
aid_query_list (const struct aid_model *m, int plain, int *at_root)
{
  *at_root = 1;
  if (is (m->wire, "ollama") || (is (m->kind, "ollama") && !plain))
    return "/api/tags";
  if (is (m->kind, "lmstudio") && !plain)
    return "/api/v0/models";
  *at_root = 0;
  if (is (m->wire, "gemini"))
    return "/models?pageSize=1000";
  return is (m->wire, "anthropic-messages") ? "/models?limit=1000" : "/models";
}

const char *
aid_query_embeddings (const struct aid_model *m, int *at_root, int *bearer)
{
  *at_root = is (m->wire, "ollama");
  *bearer = 1;
  if (is (m->wire, "anthropic-messages"))
    return NULL;
  return is (m->wire, "ollama") ? "/v1/embeddings" : is (m->wire, "gemini") ? "/openai/embeddings" : "/embeddings";
}

static enum aid_err
build (struct aid_wire_request *w, const struct aid_query *q, struct aid_error *e)
{
  const struct aid_model *m = q->model;
  struct aid_endpoint ep = aid_model_endpoint (m, q->key);
  const char *name;
  json_t *v;
  char *root = q->at_root ? root_of (m->url) : NULL;
  enum aid_err err = aid_wire_url (w, root ? root : m->url, q->path, e);
  free (root);
  if (!err && q->body)
    err = aid_wire_header (w, "Content-Type", "application/json", e);
  if (!err && q->body)
    err = aid_json_dump (q->body, &w->body);
  if (!err)
    err = q->bearer ? aid_openai_key (w, &ep, e) : add_key (w, &ep, m, e);
  json_object_foreach (m->headers, name, v)
    {
      if (!err && json_is_string (v))
        err = aid_wire_header (w, name, json_string_value (v), e);
    }
  return err;
}

static enum aid_err
start (struct aid_net *net, const struct aid_wire_request *w, const struct aid_query *q, struct asked *a, struct aid_error *e)
{
  struct aid_http_request r = q->model->net;
  uint64_t id;
  r.url = w->url;
  r.headers = w->headers.data;
  r.nheaders = w->headers.len;
  r.body = aid_str_span (&w->body);
  r.connect_ms = r.stall_ms = r.total_ms = q->ms;
  r.retries = q->retries < 0 ? r.retries : q->retries;
  r.body_limit = AID_QUERY_MAX;
  return aid_http_start (net, &r, &handler, a, q->id ? q->id : &id, e);
}

enum aid_err
aid_query (struct aid_net *net, const struct aid_query *q, aid_query_done *done, void *user, struct aid_error *e)
{
  struct asked *a = calloc (1, sizeof *a);
  struct aid_wire_request w;
  if (!a || !(a->host = strdup (q->model->host)))
    {
      free (a);
      return aid_error_set (e, AID_E_NOMEM, "no memory for a question to a server");
    }
  a->done = done;
  a->user = user;
  a->body = AID_STR_INIT (AID_QUERY_MAX);
  aid_wire_request_init (&w);
  enum aid_err err = build (&w, q, e);
  if (!err)
    err = start (net, &w, q, a, e);
  if (err)
    asked_free (a);
  aid_wire_request_free (&w);
  return err;
}
