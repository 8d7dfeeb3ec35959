#include "model/embed.h"
#include "base/json.h"
#include "config/secret.h"
#include "config/secrets.h"
#include "model/hide.h"
#include "model/query.h"
#include <math.h>
#include <stdlib.h>

#define TEXT_MAX ((size_t)64 << 10)

/* --- settings ------------------------------------------------------------------------------------------------------- */

void
aid_embedder_free (struct aid_embedder *m)
{
  aid_model_free (&m->model);
  free (m->passage_prefix);
  free (m->question_prefix);
  free (m->made_by);
  *m = (struct aid_embedder){ 0 };
}

static char *
copy (const json_t *obj, const char *key)
{
  const char *z = aid_json_str (obj, key);
  return strdup (z ? z : "");
}

/* "PROVIDER/MODEL", and with WHOLE all that its vectors depend on. */
static char *
name_of (const struct aid_embedder *m, int whole)
{
  struct aid_str out = AID_STR_INIT (TEXT_MAX);
  aid_str_addf (&out, "%s/%s", m->model.provider, m->model.name);
  if (whole)
    aid_str_addf (&out, " %lld %s", (long long)m->dimensions, m->passage_prefix);
  return aid_str_steal (&out);
}

static enum aid_err
fill (const json_t *settings, const char *name, struct aid_embedder *out, struct aid_error *e)
{
  int at_root, bearer;
  free (out->model.name);
  out->model.name = strdup (name);
  out->dimensions = aid_json_int (settings, "dimensions", 0);
  out->passage_prefix = copy (settings, "passage_prefix");
  out->question_prefix = copy (settings, "question_prefix");
  if (!out->model.name || !out->passage_prefix || !out->question_prefix)
    return aid_error_set (e, AID_E_NOMEM, "no memory for the settings of embeddings");
  free (out->model.id);
  out->model.id = name_of (out, 0);
  out->made_by = name_of (out, 1);
  if (!out->model.id || !out->made_by)
    return aid_error_set (e, AID_E_NOMEM, "no memory for the settings of embeddings");
  if (!aid_query_embeddings (&out->model, &at_root, &bearer))
    return aid_error_set (e, AID_E_INVALID,
                          "%.60s makes no embeddings: name another provider for \"embeddings\" in the settings.",
                          out->model.title);
  return AID_OK;
}

/* What the model's tokens cost, as an entry of "models" with its name says, or else whoever told of it. */
static struct aid_price
price_of (const struct aid_config *c, const struct aid_embedder *m)
{
  const char *id, *known = m->model.id;
  struct aid_model model;
  json_t *entry;
  json_object_foreach ((json_t *)(uintptr_t)aid_config_get (c, "models"), id, entry) /* nothing is written there */
  {
    const char *provider = aid_json_str (entry, "provider"), *name = aid_json_str (entry, "name");
    if (provider && name && !strcmp (provider, m->model.provider) && !strcmp (name, m->model.name))
      known = id;
  }
  if (aid_model_resolve (c, known, &model, NULL))
    return AID_PRICE_UNKNOWN;
  struct aid_price price = model.price;
  aid_model_free (&model);
  return price;
}

enum aid_err
aid_embedder_resolve (const struct aid_config *c, struct aid_embedder *out, struct aid_error *e)
{
  const json_t *settings = aid_config_get (c, "embeddings");
  const char *provider = aid_json_str (settings, "provider"), *name = aid_json_str (settings, "model");
  *out = (struct aid_embedder){ 0 };
  if (!json_is_object (settings))
    return aid_error_set (e, AID_E_NOTFOUND, "No \"embeddings\" are set.");
  if (!provider || !name || !*name)
    return aid_error_set (e, AID_E_INVALID, "\"embeddings\" needs a \"provider\" and a \"model\", in %s.",
                          aid_config_path (c));
  enum aid_err err = aid_provider_resolve (c, provider, &out->model, e);
  if (!err)
    err = fill (settings, name, out, e);
  if (!err)
    out->model.price = price_of (c, out);
  if (err)
    aid_embedder_free (out);
  return err;
}

/* --- the answer ----------------------------------------------------------------------------------------------------- */

struct asked
{
  aid_embed_done *done;
  void *user;
  struct aid_model model; /* its provider, host and key_env alone, for words about errors */
  char *key;
  size_t n, sent;
  size_t *place; /* of each text that was sent, among all */
  const float **vectors;
  float *numbers;
  size_t dimensions;
};

static void
asked_free (struct asked *a)
{
  if (!a)
    return;
  aid_model_free (&a->model);
  aid_secret_free (a->key);
  free (a->place);
  free (a->vectors);
  free (a->numbers);
  free (a);
}

static enum aid_err
bad_answer (const struct asked *a, const char *what, struct aid_error *e)
{
  return aid_error_set (e, AID_E_PARSE, "%.80s answered %.100s: is it a server of embeddings?", a->model.host, what);
}

/* The vector LIST is that of the text AT among those sent. */
static enum aid_err
take_vector (struct asked *a, const json_t *list, size_t at, struct aid_error *e)
{
  size_t n = json_array_size (list), i;
  json_t *v;
  if (at >= a->sent || a->vectors[a->place[at]])
    return bad_answer (a, "with vectors that nobody asked for", e);
  if (!a->dimensions && n && n <= AID_EMBED_DIMENSIONS && (a->numbers = calloc (a->sent * n, sizeof *a->numbers)))
    a->dimensions = n;
  if (!n || n != a->dimensions)
    return bad_answer (a, "with vectors of no length or of several", e);
  float *to = a->numbers + at * n;
  json_array_foreach (list, i, v)
  {
    double number = json_number_value (v);
    if (!json_is_number (v) || !isfinite ((float)number))
      return bad_answer (a, "with a vector that is no list of numbers", e);
    to[i] = (float)number;
  }
  a->vectors[a->place[at]] = to;
  return AID_OK;
}

static enum aid_err
read_answer (struct asked *a, const json_t *doc, struct aid_error *e)
{
  const json_t *data = json_object_get (doc, "data");
  enum aid_err err = AID_OK;
  size_t i;
  json_t *one;
  if (json_array_size (data) != a->sent)
    return bad_answer (a, "without a vector for each text", e);
  json_array_foreach (data, i, one)
  {
    if (!err)
      err = take_vector (a, json_object_get (one, "embedding"), (size_t)aid_json_int (one, "index", (int64_t)i), e);
  }
  return err;
}

static void
on_answer (void *user, const struct aid_query_answer *got)
{
  struct asked *a = user;
  const json_t *usage = json_object_get (got->doc, "usage");
  struct aid_embedded out = { .error = got->error, .status = got->status, .total_us = got->total_us };
  if (!out.error.code && read_answer (a, got->doc, &out.error) == AID_OK)
    {
      out.vectors = a->vectors;
      out.dimensions = a->dimensions;
      out.tokens = aid_json_int (usage, "prompt_tokens", aid_json_int (usage, "total_tokens", 0));
    }
  aid_hide_in_error (a->key, &a->model, &out.error);
  a->done (a->user, &out);
  asked_free (a);
}

/* --- the question --------------------------------------------------------------------------------------------------- */

static struct asked *
asked_new (const struct aid_embed *q, aid_embed_done *done, void *user)
{
  const struct aid_model *m = &q->by->model;
  struct asked *a = calloc (1, sizeof *a);
  if (!a)
    return NULL;
  a->done = done;
  a->user = user;
  a->n = q->n;
  a->place = calloc (q->n + 1, sizeof *a->place);
  a->vectors = calloc (q->n + 1, sizeof *a->vectors);
  a->model.provider = strdup (m->provider);
  a->model.host = strdup (m->host);
  a->model.key_env = m->key_env ? strdup (m->key_env) : NULL;
  a->key = q->key ? strdup (q->key) : NULL;
  if (a->place && a->vectors && a->model.provider && a->model.host && (a->key || !q->key))
    return a;
  asked_free (a);
  return NULL;
}

/* Whether TEXT, all that is to be sent, holds nothing that looks like a secret.  In doubt it does. */
static int
may_leave (struct aid_span text)
{
  struct aid_vec found = AID_VEC_INIT (struct aid_secret, AID_SECRETS_MAX);
  int may = !aid_secrets_scan (text, &found) && !found.len;
  aid_vec_free (&found);
  return may;
}

/* The texts that may be sent, with what stands before them. */
static json_t *
input_of (const struct aid_embed *q, struct asked *a)
{
  const char *prefix = q->question ? q->by->question_prefix : q->by->passage_prefix;
  struct aid_str text = AID_STR_INIT (TEXT_MAX);
  json_t *input = json_array ();
  for (size_t i = 0; i < q->n; i++)
    {
      aid_str_clear (&text);
      aid_str_addz (&text, prefix);
      aid_str_addspan (&text, q->texts[i]);
      if (text.err || !may_leave (aid_str_span (&text)))
        continue;
      a->place[a->sent++] = i;
      json_array_append_new (input, aid_json_of_span (aid_str_span (&text)));
    }
  aid_str_free (&text);
  return input;
}

static enum aid_err
send_it (struct aid_net *net, const struct aid_embed *q, struct asked *a, uint64_t *id, struct aid_error *e)
{
  struct aid_query query = { .model = &q->by->model, .key = q->key, .ms = q->ms, .retries = q->retries, .id = id };
  json_t *input = input_of (q, a);
  if (!a->sent)
    {
      json_decref (input);
      aid_error_set (e, AID_E_REFUSED, "Not sent to %.80s: it holds what looks like a secret.", a->model.host);
      return AID_E_REFUSED;
    }
  json_t *body = json_pack ("{s:s, s:o}", "model", q->by->model.name, "input", input);
  if (q->by->dimensions)
    json_object_set_new (body, "dimensions", json_integer (q->by->dimensions));
  query.body = body;
  query.path = aid_query_embeddings (&q->by->model, &query.at_root, &query.bearer);
  enum aid_err err = AID_E_NOMEM;
  if (body)
    err = aid_query (net, &query, on_answer, a, e);
  else
    aid_error_set (e, err, "no memory for a question to a server");
  json_decref (body);
  return err;
}

enum aid_err
aid_embed (struct aid_net *net, const struct aid_embed *q, aid_embed_done *done, void *user, uint64_t *id,
           struct aid_error *e)
{
  struct asked *a = q->n <= AID_EMBED_TEXTS ? asked_new (q, done, user) : NULL;
  if (!a)
    {
      aid_error_set (e, AID_E_NOMEM, "no memory for a question to a server");
      return AID_E_NOMEM;
    }
  enum aid_err err = send_it (net, q, a, id, e);
  if (err)
    asked_free (a);
  return err;
}
