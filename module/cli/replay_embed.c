/* The vector of a text: for each meaning of the script how often its words stand there, and a little of the text's hash in
   every number, so that no two texts are quite alike.  The same text always has the same vector. */
#include "cli/replay_embed.h"
#include "base/base64.h"
#include "base/hash.h"
#include "base/json.h"
#include <stdlib.h>
#include <strings.h>

#define DIMENSIONS 16
#define DIMENSIONS_MAX 8192
#define NOISE 0.02

static size_t
count_word (struct aid_span text, struct aid_span word)
{
  size_t n = 0;
  for (size_t at = 0; word.len && at + word.len <= text.len; at++)
    n += !strncasecmp (text.ptr + at, word.ptr, word.len);
  return n;
}

static void
make_vector (const json_t *meanings, struct aid_span text, size_t n, float *out)
{
  size_t i, k;
  json_t *words, *word;
  for (i = 0; i < n; i++)
    out[i] = (float)(NOISE * ((double)(aid_hash64_seeded (text, i + 1) % 2001) / 1000 - 1));
  json_array_foreach (meanings, i, words)
  {
    json_array_foreach (words, k, word) if (i < n) out[i]
      += (float)count_word (text, (struct aid_span){ json_string_value (word), json_string_length (word) });
  }
}

static json_t *
as_json (const float *v, size_t n, int base64)
{
  json_t *list = json_array ();
  struct aid_str text = AID_STR_INIT (1u << 20);
  for (size_t i = 0; i < n && !base64; i++)
    json_array_append_new (list, json_real ((double)v[i]));
  if (!base64)
    return list;
  json_decref (list);
  aid_base64_add (&text, (const unsigned char *)v, n * sizeof *v);
  list = json_string (aid_str_z (&text));
  aid_str_free (&text);
  return list;
}

/* Appends the vector of INPUT to DATA. */
static enum aid_err
embed_one (const json_t *rule, const json_t *request, const json_t *input, size_t n, json_t *data, struct aid_error *e)
{
  const char *format = aid_json_str (request, "encoding_format");
  struct aid_span text = { json_string_value (input), json_string_length (input) };
  int64_t longest = aid_json_int (rule, "longest", INT64_MAX);
  if (!json_is_string (input) || !text.len)
    return aid_error_set (e, AID_E_INVALID, "input must be a text that is not empty, or an array of such");
  if ((int64_t)text.len > longest)
    return aid_error_set (e, AID_E_LIMIT, "input is too large: %zu bytes, and %lld are taken", text.len, (long long)longest);
  float *v = calloc (n, sizeof *v);
  if (!v)
    return aid_error_set (e, AID_E_NOMEM, "no memory");
  make_vector (json_object_get (rule, "meanings"), text, n, v);
  json_array_append_new (data, json_pack ("{s:s, s:i, s:o}", "object", "embedding", "index", (int)json_array_size (data),
                                          "embedding", as_json (v, n, format && !strcmp (format, "base64"))));
  free (v);
  return AID_OK;
}

json_t *
aid_replay_embed (const json_t *rule, const json_t *request, struct aid_error *e)
{
  const json_t *input = json_object_get (request, "input");
  const char *model = aid_json_str (request, "model");
  int64_t n = aid_json_int (request, "dimensions", aid_json_int (rule, "dimensions", DIMENSIONS));
  json_t *data = json_array (), *one;
  enum aid_err err = AID_OK;
  size_t i;
  if (!model || n < 1 || n > DIMENSIONS_MAX)
    err = aid_error_set (e, AID_E_INVALID, "a model, and from 1 to %d dimensions", DIMENSIONS_MAX);
  else if (!json_is_array (input) || !json_array_size (input))
    err = embed_one (rule, request, input, (size_t)n, data, e);
  json_array_foreach (input, i, one) if (!err) err = embed_one (rule, request, one, (size_t)n, data, e);
  if (!err)
    return json_pack ("{s:s, s:o, s:s, s:{s:i, s:i}}", "object", "list", "data", data, "model", model, "usage",
                      "prompt_tokens", (int)json_array_size (data), "total_tokens", (int)json_array_size (data));
  json_decref (data);
  return NULL;
}
