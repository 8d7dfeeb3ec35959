/* Neutral events as text, one a line, for the case files of tests/cases/wire and for the fuzzers; and requests as JSON.

     start model="m" id="x"          text "..."      reasoning "..."     opaque {json}      refusal "..."
     tool 0 id="a" name="b" "..."    usage in=1 cached=0 written=- out=2 reasoning=- cost=-
     stop end "stop"                 error net "the message"

   Strings are JSON; what was not told is missing, a count that was not told is "-". */
#ifndef AID_TESTS_MODEL_EVENTS_H
#define AID_TESTS_MODEL_EVENTS_H

#include "base/json.h"
#include "model/wire.h"
#include <stdio.h>
#include <stdlib.h>

static inline void
event_string (struct aid_str *out, const char *before, struct aid_span v)
{
  json_t *s = aid_json_of_span (v);
  aid_str_addz (out, before);
  aid_json_dump (s, out);
  json_decref (s);
}

static inline void
event_count (struct aid_str *out, const char *name, int64_t n)
{
  if (n < 0)
    aid_str_addf (out, " %s=-", name);
  else
    aid_str_addf (out, " %s=%lld", name, (long long) n);
}

static inline void
event_tool (struct aid_str *out, const struct aid_model_event *ev)
{
  aid_str_addf (out, "tool %d", ev->index);
  if (ev->id.len)
    event_string (out, " id=", ev->id);
  if (ev->name.len)
    event_string (out, " name=", ev->name);
  if (ev->text.len)
    event_string (out, " ", ev->text);
}

static inline void
event_usage (struct aid_str *out, const struct aid_usage *u)
{
  aid_str_addz (out, "usage");
  event_count (out, "in", u->input);
  event_count (out, "cached", u->cached);
  event_count (out, "written", u->cache_written);
  event_count (out, "out", u->output);
  event_count (out, "reasoning", u->reasoning);
  if (u->cost < 0)
    aid_str_addz (out, " cost=-");
  else
    aid_str_addf (out, " cost=%g", u->cost);
}

/* The sink: USER is the struct aid_str that the lines go to. */
static inline void
event_line (void *user, const struct aid_model_event *ev)
{
  struct aid_str *out = user;
  switch (ev->kind)
    {
    case AID_MODEL_START:
      event_string (out, "start model=", ev->text);
      event_string (out, " id=", ev->id);
      break;
    case AID_MODEL_TEXT:
      event_string (out, "text ", ev->text);
      break;
    case AID_MODEL_REASONING:
      event_string (out, "reasoning ", ev->text);
      break;
    case AID_MODEL_REASONING_OPAQUE:
      aid_str_addf (out, "opaque %.*s", (int) ev->text.len, ev->text.ptr);
      break;
    case AID_MODEL_REFUSAL:
      event_string (out, "refusal ", ev->text);
      break;
    case AID_MODEL_TOOL:
      event_tool (out, ev);
      break;
    case AID_MODEL_USAGE:
      event_usage (out, &ev->usage);
      break;
    case AID_MODEL_STOP:
      aid_str_addf (out, "stop %s", aid_stop_name (ev->stop));
      event_string (out, " ", ev->text);
      break;
    }
  aid_str_addc (out, '\n');
}

/* Appends the events of BODY, given in pieces that NEXT tells the lengths of (NULL: whole), and the error if one ends it. */
static inline void
events_of (const struct aid_wire *wire, struct aid_span body, size_t (*next) (void *state), void *state, struct aid_str *out)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_decoder *d = wire->decoder_new (event_line, out);
  enum aid_err err = AID_OK;
  while (body.len && !err)
    {
      size_t n = next ? next (state) : body.len;
      n = n < body.len ? n : body.len;
      err = wire->feed (d, aid_span_cut (body, 0, n), &e);
      body = aid_span_cut (body, n, body.len);
    }
  if (!err)
    err = wire->end (d, &e);
  if (err)
    {
      aid_str_addf (out, "error %s", aid_err_name (err));
      event_string (out, " ", aid_span_z (e.msg));
      aid_str_addc (out, '\n');
    }
  wire->decoder_free (d);
}

#endif
