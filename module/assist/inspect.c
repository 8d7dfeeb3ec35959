/* What would be sent, for people to look at: the request with a variable where the key goes, how much of it the server has seen,
   and the same as a command for a shell. */
#include "assist/prefix.h"
#include "model/hide.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "base/val.h"
#include "assist/assist_internal.h"
#include <jansson.h>
#include <stdlib.h>

#define ARGUMENT_MAX 100000     /* bytes that a command may hold in one word; systems take 128 KB */
#define DEPTH_MAX 2000

/* --- JSON for eyes --------------------------------------------------------------------------------------------------- */

static void
new_line (struct aid_str *out, size_t depth)
{
  aid_str_addc (out, '\n');
  for (size_t i = 0; i < depth && i < DEPTH_MAX; i++)
    aid_str_addz (out, "  ");
}

/* Bytes of the string at the beginning of V, quotes included. */
static size_t
string_length (struct aid_span v)
{
  size_t i = 1;
  while (i < v.len && v.ptr[i] != '"')
    i += v.ptr[i] == '\\' && i + 1 < v.len ? 2 : 1;
  return i < v.len ? i + 1 : v.len;
}

void
aid_inspect_format (struct aid_span text, struct aid_str *out)
{
  size_t depth = 0;
  for (size_t i = 0, n; i < text.len; i += n)
    {
      char c = text.ptr[i], last = out->len ? out->ptr[out->len - 1] : 0;
      n = c == '"' ? string_length (aid_span_cut (text, i, text.len)) : 1;
      if (strchr (" \t\r\n", c) && c)
        continue;
      if ((c == '}' || c == ']') && depth > 0)
        {
          depth--;
          if (last != '{' && last != '[')
            new_line (out, depth);
        }
      else if (last == '{' || last == '[' || last == ',')
        new_line (out, depth);
      aid_str_add (out, text.ptr + i, n);
      depth += c == '{' || c == '[';
      if (c == ':')
        aid_str_addc (out, ' ');
    }
}

int
aid_inspect_check (struct aid_span text, int *line, int *column, struct aid_error *e)
{
  json_error_t error;
  json_t *doc = json_loadb (text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);
  int ok = json_is_object (doc);
  *line = *column = 1;
  if (!doc)
    {
      *line = error.line;
      *column = error.column > 0 ? error.column : 1;
      aid_error_set (e, AID_E_INVALID, "Line %d, column %d: %s", *line, *column, error.text);
    }
  else if (!ok)
    aid_error_set (e, AID_E_INVALID, "A request is a JSON object: it begins with { and ends with }");
  json_decref (doc);
  return ok;
}

/* --- a command for a shell ------------------------------------------------------------------------------------------- */

/* Whether V ends with WORD, "$VARIABLE", and all before it means itself in double quotes. */
static int
is_plain (struct aid_span v, struct aid_span word)
{
  if (!aid_span_ends (v, word.ptr))
    return 0;
  for (size_t i = 0; i < v.len - word.len; i++)
    {
      char c = v.ptr[i];
      if (!strchr (": _-/.", c) && !(c >= '0' && c <= '9') && !((c | 32) >= 'a' && (c | 32) <= 'z'))
        return 0;
    }
  return 1;
}

/* Appends V as one word in which the shell fills in $VARIABLE, and nothing else. */
static void
add_filled (struct aid_span v, const char *variable, struct aid_str *out)
{
  struct aid_str word = AID_STR_INIT (1024);
  aid_str_addf (&word, "$%s", variable);
  struct aid_span w = aid_str_span (&word);
  int filled = *variable && is_plain (v, w);
  if (filled)
    {
      aid_str_addf (out, "\"%.*s\"", (int) v.len, v.ptr);
      v.len = 0;
    }
  for (ptrdiff_t at; *variable && (at = aid_span_find (v, w)) >= 0; v = aid_span_cut (v, (size_t) at + w.len, v.len))
    {
      if (at > 0)
        aid_str_add_quoted (out, aid_span_cut (v, 0, (size_t) at));
      aid_str_addf (out, "\"$%s\"", variable);
      filled = 1;
    }
  if (v.len || !filled)
    aid_str_add_quoted (out, v);
  aid_str_free (&word);
}

/* Appends BODY behind the command, up to a line that it does not hold: it is too long for a word. */
static void
add_here_document (struct aid_span body, struct aid_str *out)
{
  char word[32] = "AID_END";
  while (aid_span_find (body, aid_span_z (word)) >= 0)
    {
      memcpy (word, "AID_END_", 8);
      if (aid_random_key (word + 8, 8) != 0)
        break;
    }
  aid_str_addf (out, "--data-binary @- <<'%s'\n", word);
  aid_str_addspan (out, body);
  aid_str_addf (out, "%s%s\n", aid_span_ends (body, "\n") ? "" : "\n", word);
}

void
aid_inspect_curl (const char *url, const struct aid_http_header *headers, size_t n, const char *variable, struct aid_span body,
                  struct aid_str *out)
{
  struct aid_str line = AID_STR_INIT (64u << 10);
  aid_str_addz (out, "curl -sS -N ");
  add_filled (aid_span_z (url), variable, out);
  for (size_t i = 0; i < n; i++)
    {
      aid_str_clear (&line);
      aid_str_addf (&line, "%s: %s", headers[i].name, headers[i].value);
      aid_str_addz (out, " \\\n  -H ");
      add_filled (aid_str_span (&line), variable, out);
    }
  aid_str_free (&line);
  aid_str_addz (out, " \\\n  ");
  if (body.len > ARGUMENT_MAX)
    return add_here_document (body, out);
  aid_str_addz (out, "--data-raw ");
  aid_str_add_quoted (out, body);
  aid_str_addc (out, '\n');
}

/* --- the request ------------------------------------------------------------------------------------------------------- */

/* Appends {same, ...} or nil: what the last request of the chat with KEY and BODY begin with. */
static void
prefix_val (struct aid_records *records, const char *key, struct aid_span body, int64_t tokens, struct aid_str *out)
{
  struct aid_str old = AID_STR_INIT (2 * AID_RECORD_BODY_MAX);
  struct aid_prefix p;
  if (!aid_records_body (records, key, &old) || aid_prefix_compare (aid_str_span (&old), body, &p, NULL))
    aid_val_nil (out);
  else
    {
      size_t o = aid_val_object (out);
      aid_val_kint (out, "same", (int64_t) p.same);
      aid_val_kint (out, "of", (int64_t) p.new_len);
      aid_val_kint (out, "tokens", p.new_len ? (int64_t) ((double) tokens * (double) p.same / (double) p.new_len) : 0);
      aid_val_kbool (out, "whole", p.whole);
      aid_val_kstrz (out, "before", p.before);
      aid_val_kstrz (out, "was", p.was);
      aid_val_kstrz (out, "is", p.is);
      aid_val_end (out, o, 7);
    }
  aid_str_free (&old);
}

static void
headers_val (const struct aid_wire_request *request, const char *variable, struct aid_str *out)
{
  struct aid_str value = AID_STR_INIT (64u << 10), key = AID_STR_INIT (1024);
  aid_str_addf (&key, "$%s", variable);
  aid_val_key (out, "headers");
  size_t list = aid_val_list (out);
  for (size_t i = 0; i < request->headers.len; i++)
    {
      const struct aid_http_header *h = &AID_VEC_AT (struct aid_http_header, &request->headers, i);
      size_t o = aid_val_object (out);
      aid_str_clear (&value);
      aid_hide_header (h->name, h->value, aid_str_z (&key), variable, &value);
      aid_val_kstrz (out, "name", h->name);
      aid_val_kstr (out, "value", aid_str_span (&value));
      aid_val_end (out, o, 2);
    }
  aid_val_end (out, list, (uint32_t) request->headers.len);
  aid_str_free (&value);
  aid_str_free (&key);
}

static void
turns_val (const struct aid_prompt *p, struct aid_str *out)
{
  aid_val_key (out, "turns");
  size_t list = aid_val_list (out);
  for (size_t i = 0; i < p->weights.len; i++)
    {
      const struct aid_prompt_weight *w = &AID_VEC_AT (struct aid_prompt_weight, &p->weights, i);
      size_t o = aid_val_object (out);
      aid_val_kint (out, "number", w->number);
      aid_val_kint (out, "tokens", w->tokens);
      aid_val_end (out, o, 2);
    }
  aid_val_end (out, list, (uint32_t) p->weights.len);
}

/* About how many of the TOKENS that are sent by BODY the last request of the chat with KEY began with. */
static int64_t
seen_tokens (struct aid_records *records, const char *key, struct aid_span body, int64_t tokens)
{
  struct aid_str old = AID_STR_INIT (2 * AID_RECORD_BODY_MAX);
  struct aid_prefix p = { .new_len = 0 };
  int known = aid_records_body (records, key, &old) && !aid_prefix_compare (aid_str_span (&old), body, &p, NULL);
  aid_str_free (&old);
  return known && p.new_len ? (int64_t) ((double) tokens * (double) p.same / (double) p.new_len) : 0;
}

static void
item_val (const struct aid_prompt_item *item, int64_t seen, struct aid_str *out)
{
  size_t o = aid_val_object (out);
  aid_val_kint (out, "turn", item->turn);
  aid_val_kstrz (out, "label", item->label);
  aid_val_kstrz (out, "target", item->target);
  aid_val_kstrz (out, "why", item->why);
  aid_val_kbool (out, "pinned", item->pinned);
  aid_val_kstrz (out, "sent", item->sent[0] ? item->sent : NULL);
  aid_val_kint (out, "tokens", item->tokens);
  aid_val_kbool (out, "known", item->known);
  aid_val_kbool (out, "cached", item->sent[0] && item->upto - item->upto / 10 <= seen);   /* both are estimates */
  aid_val_key (out, "age");
  if (item->age < 0)
    aid_val_nil (out);
  else
    aid_val_int (out, item->age);
  aid_val_end (out, o, 10);
}

static void
take_items (const struct aid_looking *look, struct aid_records *records, const struct aid_model *model,
            const struct aid_wire_request *request, const struct aid_prompt *p)
{
  struct aid_str *out = look->out;
  int64_t seen = seen_tokens (records, p->key, aid_str_span (&request->body), p->tokens);
  size_t o = aid_val_object (out);
  aid_val_kstrz (out, "model", model->id);
  aid_val_kstrz (out, "problem", look->problem.code ? look->problem.msg : NULL);
  aid_val_kint (out, "tokens", p->tokens);
  aid_val_kint (out, "window", model->context);
  aid_val_kint (out, "cached", seen);
  aid_val_key (out, "items");
  size_t list = aid_val_list (out);
  for (size_t i = 0; i < p->items.len; i++)
    item_val (&AID_VEC_AT (struct aid_prompt_item, &p->items, i), seen, out);
  aid_val_end (out, list, (uint32_t) p->items.len);
  aid_val_end (out, o, 6);
}

/* Puts BODY and what it is with lines of its own into OUT, or where LOOK wants them; gives how many members OUT has of it. */
static uint32_t
texts_val (struct aid_looking *look, struct aid_span body, struct aid_span formatted, struct aid_str *out)
{
  if (!look->texts)
    {
      aid_val_kstr (out, "body", body);
      aid_val_kstr (out, "formatted", formatted);
      return 2;
    }
  aid_str_addspan (look->texts, body);
  aid_str_addspan (look->texts, formatted);
  aid_val_kint (out, "body_chars", (int64_t) aid_utf8_count (body));
  return 1;
}

void
aid_look_take (struct aid_looking *look, struct aid_records *records, const struct aid_model *model,
               const struct aid_wire_request *request, const struct aid_prompt *p)
{
  if (look->items)
    return take_items (look, records, model, request, p);
  struct aid_str *out = look->out, formatted = AID_STR_INIT ((size_t) 2 * AID_PROMPT_MAX), url = AID_STR_INIT (64u << 10);
  struct aid_str variable = AID_STR_INIT (1024);
  struct aid_span body = aid_str_span (&request->body);
  aid_inspect_format (body, &formatted);
  aid_hide_variable (model, &variable);
  aid_hide_url (request->url, NULL, aid_str_z (&variable), &url);
  size_t o = aid_val_object (out);
  aid_val_kstrz (out, "model", model->id);
  aid_val_kstrz (out, "provider", model->provider);
  aid_val_kstrz (out, "host", model->host);
  aid_val_kstrz (out, "wire", model->wire);
  aid_val_kstr (out, "url", aid_str_span (&url));
  aid_val_kstr (out, "variable", aid_str_span (&variable));
  headers_val (request, aid_str_z (&variable), out);
  uint32_t n = texts_val (look, body, aid_str_span (&formatted), out);
  aid_val_kint (out, "tokens", p->tokens);
  aid_val_kint (out, "context", model->context);
  turns_val (p, out);
  aid_val_key (out, "prefix");
  prefix_val (records, p->key, body, p->tokens, out);
  aid_val_end (out, o, 11 + n);
  aid_str_free (&formatted);
  aid_str_free (&url);
  aid_str_free (&variable);
}

enum aid_err
aid_assist_inspect_apart (struct aid_assist *a, const struct aid_ask *ask, struct aid_str *out, struct aid_str *texts,
                          struct aid_error *e)
{
  struct aid_looking look = { .out = out, .texts = texts };
  enum aid_err err = aid_turn_look (a, ask, &look, e);
  enum aid_err full = texts && texts->err ? texts->err : out->err;
  return !err && full ? aid_error_set (e, full, "The request is too large to be shown.") : err;
}

enum aid_err
aid_assist_inspect (struct aid_assist *a, const struct aid_ask *ask, struct aid_str *out, struct aid_error *e)
{
  return aid_assist_inspect_apart (a, ask, out, NULL, e);
}

enum aid_err
aid_assist_items (struct aid_assist *a, const struct aid_ask *ask, struct aid_str *out, struct aid_error *e)
{
  struct aid_looking look = { .out = out, .items = 1 };
  struct aid_ask quick = *ask;
  quick.quick = 1;
  enum aid_err err = aid_turn_look (a, &quick, &look, e);
  return !err && out->err ? aid_error_set (e, out->err, "The chat has too many context lines to be listed.") : err;
}

int
aid_assist_last (struct aid_assist *a, const char *key, struct aid_str *out)
{
  return aid_records_val (a->records, key, out);
}
