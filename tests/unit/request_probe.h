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
