/* Reads a replay script strictly, for a typing error in a test's script would otherwise be a test of nothing, and finds
   the exchange for a request. */
#include "cli/replay_script.h"
#include "base/fs.h"
#include "base/utf8.h"
#include <stdlib.h>

enum shape { STRING, NUMBER, OBJECT, ARRAY, TEXTS, ANYTHING };

struct member
{
  const char *name;
  enum shape shape;
};

static const struct member top_members[] = {
  { "format", STRING }, { "about", ANYTHING }, { "upstream", STRING }, { "models", ARRAY }, { "exchanges", ARRAY },
  { "default", OBJECT }, { NULL, ANYTHING }
};
static const struct member exchange_members[]
  = { { "match", OBJECT }, { "request", OBJECT }, { "wait_ms", NUMBER }, { "status", NUMBER }, { "headers", OBJECT },
      { "wire", STRING },  { "chunks", ARRAY },   { "answer", OBJECT },  { "body", ANYTHING }, { "error", OBJECT },
      { "close", STRING }, { "times", NUMBER },   { "about", ANYTHING }, { "after", NUMBER },  { "embeddings", OBJECT },
      { NULL, ANYTHING } };
static const struct member match_members[] = { { "method", STRING },  { "path", STRING },    { "hash", STRING },
                                               { "contains", TEXTS }, { "question", TEXTS }, { NULL, ANYTHING } };
static const struct member chunk_members[]
  = { { "wait_ms", NUMBER }, { "data", STRING }, { "hex", STRING }, { NULL, ANYTHING } };
static const struct member answer_members[]
  = { { "model", STRING },   { "reasoning", STRING },    { "text", STRING },  { "refusal", STRING }, { "tools", ARRAY },
      { "wait_ms", NUMBER }, { "tokens_per_s", NUMBER }, { "usage", OBJECT }, { "stop", STRING },
      { "signature", STRING }, { NULL, ANYTHING } };
static const struct member embeddings_members[]
  = { { "dimensions", NUMBER }, { "meanings", ARRAY }, { "longest", NUMBER }, { NULL, ANYTHING } };
static const struct member tool_members[]
  = { { "id", STRING }, { "name", STRING }, { "arguments", OBJECT }, { NULL, ANYTHING } };

static int
has_shape (const json_t *v, enum shape shape)
{
  size_t i;
  json_t *one;

  switch (shape)
    {
    case STRING:
      return json_is_string (v);
    case NUMBER:
      return json_is_number (v) && json_number_value (v) >= 0;
    case OBJECT:
      return json_is_object (v);
    case ARRAY:
      return json_is_array (v);
    case TEXTS:
      json_array_foreach (v, i, one)
        if (!json_is_string (one))
          return 0;
      return json_is_string (v) || json_is_array (v);
    case ANYTHING:
      break;
    }
  return 1;
}

/* Every member of OBJ is in TABLE and has its shape.  WHERE names OBJ in the message. */
static enum aid_err
check (const json_t *obj, const struct member *table, const char *where, struct aid_error *e)
{
  static const char *const shapes[]
    = { "a string", "a number of 0 or more", "an object", "an array", "a string or strings", "" };
  void *iter;

  if (obj && !json_is_object (obj))
    return aid_error_set (e, AID_E_INVALID, "%s is no object", where);
  for (iter = json_object_iter ((json_t *) (uintptr_t)obj); iter;
       iter = json_object_iter_next ((json_t *) (uintptr_t)obj, iter))
    {
      const struct member *m = table;
      while (m->name && strcmp (m->name, json_object_iter_key (iter)) != 0)
        m++;
      if (!m->name)
        return aid_error_set (e, AID_E_INVALID, "%s has an unknown member \"%s\"", where, json_object_iter_key (iter));
      if (!has_shape (json_object_iter_value (iter), m->shape))
        return aid_error_set (e, AID_E_INVALID, "%s: \"%s\" must be %s", where, m->name, shapes[m->shape]);
    }
  return AID_OK;
}

static enum aid_err
check_each (const json_t *array, const struct member *table, const char *where, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  size_t i;
  json_t *v;

  json_array_foreach (array, i, v)
    if (!err)
      err = json_is_object (v) ? check (v, table, where, e) : aid_error_set (e, AID_E_INVALID, "%s is no object", where);
  return err;
}

/* Headers go out as they are: names and values must not hold what would end a line. */
static enum aid_err
check_headers (const json_t *headers, const char *where, struct aid_error *e)
{
  const char *name;
  json_t *v;

  json_object_foreach ((json_t *) (uintptr_t) headers, name, v)
    if (!json_is_string (v) || !*name || strpbrk (name, "\r\n: ") || strpbrk (json_string_value (v), "\r\n"))
      return aid_error_set (e, AID_E_INVALID, "%s: the header \"%.60s\" cannot be sent", where, name);
  return AID_OK;
}

/* Each meaning is a list of words. */
static enum aid_err
check_meanings (const json_t *embeddings, const char *where, struct aid_error *e)
{
  size_t i, k;
  json_t *words, *word;

  json_array_foreach (json_object_get (embeddings, "meanings"), i, words)
    {
      if (!json_is_array (words))
        return aid_error_set (e, AID_E_INVALID, "%s: each of \"meanings\" must be an array of words", where);
      json_array_foreach (words, k, word)
        if (!json_is_string (word))
          return aid_error_set (e, AID_E_INVALID, "%s: each of \"meanings\" must be an array of words", where);
    }
  return AID_OK;
}

static enum aid_err
read_fault (const json_t *obj, enum aid_fault *out, const char *where, struct aid_error *e)
{
  static const char *const names[] = { "", "early", "reset", "hang", "end" };
  const char *word = aid_json_str (obj, "close");

  *out = AID_FAULT_NONE;
  if (!word)
    return AID_OK;
  for (int i = AID_FAULT_EARLY; i <= AID_FAULT_END; i++)
    if (!strcmp (word, names[i]))
      {
        *out = (enum aid_fault) i;
        return AID_OK;
      }
  return aid_error_set (e, AID_E_INVALID, "%s: \"close\" must be early, reset, hang or end", where);
}

static enum aid_err
read_exchange (const json_t *obj, const char *where, struct aid_exchange *x, struct aid_error *e)
{
  const json_t *match = json_object_get (obj, "match");
  enum aid_err err;

  memset (x, 0, sizeof *x);
  x->method = aid_json_str (match, "method");
  x->path = aid_json_str (match, "path");
  x->hash = aid_json_str (match, "hash");
  x->contains = json_object_get (match, "contains");
  x->question = json_object_get (match, "question");
  x->status = (int) aid_json_int (obj, "status", 200);
  x->wait_ms = aid_json_int (obj, "wait_ms", 0);
  x->headers = json_object_get (obj, "headers");
  x->chunks = json_object_get (obj, "chunks");
  x->answer = json_object_get (obj, "answer");
  x->body = json_object_get (obj, "body");
  x->embeddings = json_object_get (obj, "embeddings");
  x->error = json_object_get (obj, "error");
  x->after = aid_json_int (obj, "after", -1);
  x->left = aid_json_int (obj, "times", 1);
  if (x->left == 0)
    x->left = -1;
  if ((err = check (obj, exchange_members, where, e)) || (err = check (match, match_members, where, e))
      || (err = check_each (x->chunks, chunk_members, where, e)) || (err = check (x->answer, answer_members, where, e))
      || (err = check_each (json_object_get (x->answer, "tools"), tool_members, where, e))
      || (err = check (x->embeddings, embeddings_members, where, e)) || (err = check_meanings (x->embeddings, where, e))
      || (err = check_headers (x->headers, where, e)))
    return err;
  if (x->status < 200 || x->status > 599)
    return aid_error_set (e, AID_E_INVALID, "%s: \"status\" must be from 200 to 599", where);
  if (!!x->chunks + !!x->answer + !!x->body + !!x->embeddings > 1)
    return aid_error_set (e, AID_E_INVALID, "%s: only one of \"chunks\", \"answer\", \"body\" and \"embeddings\" can be sent",
                          where);
  if (x->after >= 0 && (!x->answer || !json_object_get (obj, "close")))
    return aid_error_set (e, AID_E_INVALID, "%s: \"after\" counts the frames of an \"answer\" before its \"close\"", where);
  return read_fault (obj, &x->fault, where, e);
}

static enum aid_err
read_exchanges (struct aid_script *s, struct aid_error *e)
{
  const json_t *list = json_object_get (s->json, "exchanges"), *fallback = json_object_get (s->json, "default");
  enum aid_err err = AID_OK;
  size_t i;
  json_t *one;

  json_array_foreach (list, i, one)
    {
      char where[48];
      struct aid_exchange *x = aid_vec_push (&s->exchanges);
      snprintf (where, sizeof where, "exchange %zu", i + 1);
      if (!x)
        return aid_error_set (e, AID_E_LIMIT, "the script has more than %d exchanges", AID_REPLAY_EXCHANGES_MAX);
      if ((err = read_exchange (one, where, x, e)) != AID_OK)
        return err;
    }
  s->has_fallback = fallback != NULL;
  if (fallback)
    err = read_exchange (fallback, "the default exchange", &s->fallback, e);
  s->fallback.left = -1;
  return err;
}

enum aid_err
aid_script_read (const char *file, struct aid_script *s, struct aid_error *e)
{
  struct aid_str text = AID_STR_INIT (64u << 20);
  struct aid_error why = { AID_OK, "" };
  enum aid_err err = aid_fs_read (file, &text, e);

  memset (s, 0, sizeof *s);
  s->exchanges = AID_VEC_INIT (struct aid_exchange, AID_REPLAY_EXCHANGES_MAX);
  if (!err)
    {
      s->json = aid_json_parse (aid_str_span (&text), file, e);
      err = s->json ? AID_OK : e->code;
    }
  aid_str_free (&text);
  if (err)
    return err;
  if (!aid_span_eqz (aid_json_span (s->json, "format"), AID_REPLAY_FORMAT))
    err = aid_error_set (&why, AID_E_INVALID, "\"format\" is not \"" AID_REPLAY_FORMAT "\"");
  else if (!(err = check (s->json, top_members, "the script", &why)))
    err = read_exchanges (s, &why);
  if (!err)
    return AID_OK;
  aid_script_free (s);
  return aid_error_set (e, err, "%s: %s", file, why.msg);
}

void
aid_script_free (struct aid_script *s)
{
  aid_vec_free (&s->exchanges);
  json_decref (s->json);
  s->json = NULL;
}

/* --- matching ----------------------------------------------------------------------------------------------------- */

/* TEXTS is NULL, or every one of them stands in HAY. */
static int
holds (struct aid_span hay, const json_t *texts)
{
  size_t i;
  json_t *one;

  if (json_is_string (texts))
    return aid_span_find (hay, (struct aid_span){ json_string_value (texts), json_string_length (texts) }) >= 0;
  json_array_foreach (texts, i, one)
    if (aid_span_find (hay, (struct aid_span){ json_string_value (one), json_string_length (one) }) < 0)
      return 0;
  return 1;
}

/* PATH is the request's, or its end from a slash on: "/chat/completions" stands for every base. */
static int
same_path (struct aid_span request, const char *path)
{
  return !path || aid_span_eqz (request, path) || (path[0] == '/' && aid_span_ends (request, path));
}

static int
matches (const struct aid_exchange *x, const struct aid_replay_question *q)
{
  return x->left != 0 && aid_span_eqz (q->request->method, x->method ? x->method : "POST")
         && same_path (q->request->path, x->path) && holds (aid_str_span (&q->request->body), x->contains)
         && holds (q->question, x->question);
}

const struct aid_exchange *
aid_script_match (struct aid_script *s, const struct aid_replay_question *q)
{
  struct aid_exchange *found = NULL;

  for (size_t i = 0; i < s->exchanges.len; i++)
    {
      struct aid_exchange *x = &AID_VEC_AT (struct aid_exchange, &s->exchanges, i);
      int same = x->hash && !strcmp (x->hash, q->hash);
      if ((!found || same) && matches (x, q))
        found = x;
      if (found == x && same)
        break;
    }
  if (!found && s->has_fallback && matches (&s->fallback, q))
    found = &s->fallback;
  if (found && found->left > 0)
    found->left--;
  return found;
}

/* --- chunks ------------------------------------------------------------------------------------------------------- */

static int
nibble (char c)
{
  return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

enum aid_err
aid_script_chunk (const json_t *chunk, struct aid_str *out)
{
  struct aid_span hex = aid_json_span (chunk, "hex");

  aid_str_addspan (out, aid_json_span (chunk, "data"));
  for (size_t i = 0; i + 1 < hex.len; i += 2)
    {
      int high = nibble (hex.ptr[i]), low = nibble (hex.ptr[i + 1]);
      if (high < 0 || low < 0)
        return AID_E_PARSE;
      aid_str_addc (out, (char) (high * 16 + low));
    }
  return hex.len % 2 ? AID_E_PARSE : out->err;
}

json_t *
aid_script_chunk_new (struct aid_span bytes, int64_t wait_ms)
{
  struct aid_str hex = AID_STR_INIT (2 * bytes.len + 1);
  json_t *chunk = json_object ();

  json_object_set_new (chunk, "wait_ms", json_integer (wait_ms));
  if (aid_utf8_valid_prefix (bytes) == bytes.len)
    json_object_set_new (chunk, "data", aid_json_of_span (bytes));
  else
    {
      for (size_t i = 0; i < bytes.len; i++)
        aid_str_addf (&hex, "%02x", (unsigned char) bytes.ptr[i]);
      json_object_set_new (chunk, "hex", json_string (aid_str_z (&hex)));
    }
  aid_str_free (&hex);
  return chunk;
}
