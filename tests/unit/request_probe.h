/* Builds requests of small conversations and compares their bodies as JSON documents (the order of members is free). */
#ifndef AID_TESTS_REQUEST_PROBE_H
#define AID_TESTS_REQUEST_PROBE_H

#include "base/json.h"
#include "model/wire.h"
#include "net/http.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct aid_sampling plain = { .temperature = -1.0 };

static inline struct aid_part *
say (struct aid_message *m, enum aid_part_kind kind, const char *text)
{
  return aid_message_add (m, kind, aid_span_z (text));
}

/* A message of one text. */
static inline struct aid_message *
turn (struct aid_conversation *c, enum aid_role role, const char *text)
{
  struct aid_message *m = aid_conversation_add (c, role);
  if (text)
    say (m, AID_PART_TEXT, text);
  return m;
}

static inline void
call_tool (struct aid_message *m, const char *id, const char *name, const char *args)
{
  struct aid_part *p = say (m, AID_PART_TOOL_CALL, args);
  p->id = strdup (id);
  p->name = strdup (name);
}

static inline struct aid_part *
give_result (struct aid_message *m, const char *id, const char *text)
{
  struct aid_part *p = say (m, AID_PART_TOOL_RESULT, text);
  p->id = strdup (id);
  return p;
}

static inline void
think (struct aid_message *m, const char *text, const char *opaque)
{
  struct aid_part *p = say (m, AID_PART_REASONING, text);
  p->opaque = opaque ? strdup (opaque) : NULL;
}

/* Eight bytes that begin a PNG, "iVBORw0KGgo=" in base 64; and a PDF, "JVBERi0x". */
#define PNG AID_SPAN ("\x89PNG\r\n\x1a\n")
#define PDF AID_SPAN ("%PDF-1")

static inline void
show (struct aid_message *m, struct aid_span bytes, const char *name)
{
  struct aid_error e;
  if (aid_message_add_media (m, bytes, name, &e))
    fail_msg ("media: %s", e.msg);
}

static inline void
show_url (struct aid_message *m, const char *media, const char *url)
{
  struct aid_error e;
  if (aid_message_add_media_url (m, media, url, &e))
    fail_msg ("media: %s", e.msg);
}

static inline const char *
header_of (const struct aid_wire_request *r, const char *name)
{
  for (size_t i = 0; i < r->headers.len; i++)
    if (!strcasecmp (AID_VEC_AT (struct aid_http_header, &r->headers, i).name, name))
      return AID_VEC_AT (struct aid_http_header, &r->headers, i).value;
  return NULL;
}

/* JSON with ' for ". */
static inline json_t *
quoted (const char *text)
{
  char *copy = strdup (text);
  for (char *p = copy; *p; p++)
    *p = *p == '\'' ? '"' : *p;
  json_t *v = json_loads (copy, JSON_DECODE_ANY, NULL);
  free (copy);
  assert_non_null (v);
  return v;
}

/* Offers the tools "read" (a path) and "now" (nothing). */
static inline void
offer_tools (struct aid_conversation *c)
{
  json_t *path = quoted ("{'type':'object','properties':{'path':{'type':'string'}}}"), *none = quoted ("{'type':'object'}");
  assert_int_equal (aid_conversation_add_tool (c, "read", "Reads a file", path, NULL), AID_OK);
  assert_int_equal (aid_conversation_add_tool (c, "now", "", none, NULL), AID_OK);
  json_decref (path);
  json_decref (none);
}

/* Wants {"n": integer} for an answer. */
static inline void
want_number (struct aid_conversation *c)
{
  json_t *schema = quoted ("{'type':'object','properties':{'n':{'type':'integer'}},'required':['n'],"
                           "'additionalProperties':false}");
  assert_int_equal (aid_conversation_want_json (c, "number", schema, NULL), AID_OK);
  json_decref (schema);
}
#define NUMBER_SCHEMA \
  "{'type':'object','properties':{'n':{'type':'integer'}},'required':['n'],'additionalProperties':false}"

static const char *const stop_words[] = { "END", "###" };
/* Everything that can be said of how an answer is drawn, but effort. */
static const struct aid_sampling all_sampling = { .max_tokens = 500, .temperature = 0.5, .top_p = 0.25, .has_seed = 1, .seed = 7,
                                                  .stop = stop_words, .nstop = 2 };

static inline json_t *
body_of_request (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s)
{
  struct aid_wire_request r;
  struct aid_error e = { AID_OK, "" };
  if (aid_wire_find (ep->wire)->build (ep, c, s, &r, &e))
    fail_msg ("build: %s", e.msg);
  json_t *body = json_loadb (r.body.ptr, r.body.len, 0, NULL);
  assert_non_null (body);
  aid_wire_request_free (&r);
  return body;
}

/* V, which is consumed, is the document EXPECTED (with ' for "). */
static inline void
assert_json (json_t *v, const char *expected)
{
  json_t *want = quoted (expected);
  char *text = json_dumps (v, JSON_ENCODE_ANY | JSON_INDENT (1));
  if (!json_equal (v, want))
    fail_msg ("expected %s\ngot %s", expected, text ? text : "nothing");
  free (text);
  json_decref (want);
  json_decref (v);
}

/* The request's address, and the value of its header NAME (NULL: it has none). */
static inline void
assert_head (const struct aid_endpoint *ep, const char *url, const char *name, const char *value)
{
  struct aid_conversation c;
  struct aid_wire_request r;
  struct aid_error e = { AID_OK, "" };
  aid_conversation_init (&c);
  turn (&c, AID_ROLE_USER, "Hi");
  if (aid_wire_find (ep->wire)->build (ep, &c, &plain, &r, &e))
    fail_msg ("build: %s", e.msg);
  assert_string_equal (r.url, url);
  if (value)
    assert_non_null (header_of (&r, name));
  if (value)
    assert_string_equal (header_of (&r, name), value);
  else
    assert_null (header_of (&r, name));
  aid_wire_request_free (&r);
  aid_conversation_free (&c);
}

static inline void
assert_member (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s, const char *member,
               const char *expected)
{
  json_t *body = body_of_request (ep, c, s);
  json_t *v = json_incref (json_object_get (body, member));
  json_decref (body);
  if (expected)
    assert_json (v, expected);
  else
    assert_null (v);
}

#endif
