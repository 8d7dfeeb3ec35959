/* The part of reading an answer that is the same for every wire format.  A body is a stream of events or, when a server does
   not stream (or refuses with status 200), one JSON document: its first byte tells.  A stream may also be a document a line.
   Frames are parsed here with some patience (bytes that are no UTF-8 and halves of surrogate pairs become U+FFFD), and errors in
   them end the answer. */
#include "model/wire_internal.h"
#include "base/json.h"
#include "base/utf8.h"
#include "net/ndjson.h"
#include "net/sse.h"
#include <ctype.h>
#include <stdlib.h>

#define BODY_MAX AID_SSE_MAX
#define STOP_TEXT_MAX 4096

/* --- frames --------------------------------------------------------------------------------------------------------- */

/* The code unit of a \u escape at P, or -1. */
static long
unit_at (struct aid_span v, size_t i)
{
  long unit = 0;
  if (i + 6 > v.len || v.ptr[i] != '\\' || v.ptr[i + 1] != 'u')
    return -1;
  for (size_t k = i + 2; k < i + 6; k++)
    {
      unsigned char c = (unsigned char) v.ptr[k];
      if (!isxdigit (c))
        return -1;
      unit = unit * 16 + (isdigit (c) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
  return unit;
}

/* Appends the JSON text V with lone surrogates replaced: servers that count in UTF-16 cut characters in two. */
static void
mend_escapes (struct aid_span v, struct aid_str *out)
{
  for (size_t i = 0; i < v.len;)
    {
      size_t n = v.ptr[i] == '\\' && i + 1 < v.len ? 2 : 1;
      long unit = n == 2 ? unit_at (v, i) : -1;
      int high = unit >= 0xd800 && unit < 0xdc00, low = unit >= 0xdc00 && unit < 0xe000;
      if (high)
        {
          long next = unit_at (v, i + 6);
          high = !(next >= 0xdc00 && next < 0xe000);
          n = high ? 6 : 12;
        }
      if (high || low)
        aid_str_addz (out, "\\ufffd");
      else
        aid_str_add (out, v.ptr + i, n);
      i += high || low ? 6 : n;
    }
}

static json_t *
parse_frame (struct aid_span data, struct aid_error *e)
{
  const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
  json_error_t why;
  json_t *doc = json_loadb (data.ptr, data.len, flags, &why);
  if (doc)
    return doc;
  struct aid_str clean = AID_STR_INIT (3 * data.len + 1), mended = AID_STR_INIT (3 * data.len + 1);
  aid_utf8_clean (data, &clean);
  mend_escapes (aid_str_span (&clean), &mended);
  if (!clean.err && !mended.err)
    doc = json_loadb (aid_str_z (&mended), mended.len, flags, NULL);
  if (!doc)
    {
      struct aid_span head = aid_span_cut (aid_str_span (&clean), 0, clean.len < 80 ? clean.len : 80);
      head.len = aid_utf8_valid_prefix (head);
      aid_error_set (e, AID_E_PARSE, "The server sent something that is not JSON (%s): %.*s", why.text, (int) head.len,
                     head.ptr);
      for (char *p = e->msg; *p; p++)
        *p = (unsigned char) *p < ' ' ? ' ' : *p;
    }
  aid_str_free (&clean);
  aid_str_free (&mended);
  return doc;
}

static enum aid_err
take_value (struct aid_decoder *d, enum aid_frame kind, struct aid_span event, const json_t *doc, struct aid_error *e)
{
  struct aid_fault f;
  enum aid_err err = AID_OK;
  if (aid_span_eqz (event, "error") || aid_fault_read (doc, &f))
    {
      d->faulty = 1;
      if (json_is_object (doc))
        d->on_frame (d, kind, event, doc, NULL);   /* it may hold a last delta and counts */
      err = aid_fault_set (doc, e);
    }
  else if (json_is_object (doc))
    err = d->on_frame (d, kind, event, doc, e);
  else if (kind == AID_FRAME_BODY)
    err = aid_error_set (e, AID_E_PARSE, "The server's answer is JSON, but no object.");
  return err;
}

/* The elements of a body that is an array, as if they had been streamed. */
static enum aid_err
take_array (struct aid_decoder *d, struct aid_span event, const json_t *array, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  json_t *one;
  size_t i;
  json_array_foreach (array, i, one)
    {
      if (!err && !d->done && json_is_object (one))
        err = take_value (d, AID_FRAME_EVENT, event, one, e);
    }
  return err;
}

static enum aid_err
take_document (struct aid_decoder *d, enum aid_frame kind, struct aid_span event, struct aid_span data, struct aid_error *e)
{
  json_t *doc = parse_frame (data, e);
  if (!doc)
    return AID_E_PARSE;
  enum aid_err err = kind == AID_FRAME_BODY && d->takes_array && json_is_array (doc) ? take_array (d, event, doc, e)
                                                                                      : take_value (d, kind, event, doc, e);
  json_decref (doc);
  return err;
}

static int
on_sse (void *user, struct aid_span event, struct aid_span data)
{
  struct aid_decoder *d = user;
  data = aid_span_trim (data);
  if (d->done || data.len == 0)
    return 0;
  if (aid_span_eqz (data, "[DONE]"))
    return d->on_frame (d, AID_FRAME_DONE, event, NULL, &d->error) != AID_OK;
  return take_document (d, AID_FRAME_EVENT, event, data, &d->error) != AID_OK;
}

/* A document that is written on several lines does not end on its first one: then the whole body is one. */
static int
on_line (void *user, struct aid_span line)
{
  struct aid_decoder *d = user;
  if (d->done)
    return 0;
  if (d->mode == AID_BODY_LINES)
    {
      enum aid_err err = take_document (d, AID_FRAME_EVENT, AID_SPAN ("message"), line, &d->error);
      if (err != AID_E_PARSE || d->framed)
        {
          d->framed = 1;
          return err != AID_OK;
        }
      d->error = (struct aid_error){ AID_OK, "" };
      d->mode = AID_BODY_DOCUMENT;
    }
  aid_str_addspan (&d->body, line);
  if (aid_str_addc (&d->body, '\n'))
    aid_error_set (&d->error, d->body.err, "The server's answer is larger than %u MB.", BODY_MAX >> 20);
  return d->body.err != AID_OK;
}

/* --- the body ------------------------------------------------------------------------------------------------------- */

int
aid_decoder_init (struct aid_decoder *d, aid_model_sink *sink, void *user)
{
  d->sink = sink;
  d->user = user;
  d->body = AID_STR_INIT (BODY_MAX);
  d->stop_text = AID_STR_INIT (STOP_TEXT_MAX);
  d->usage = AID_USAGE_INIT;
  d->sse = aid_sse_new (on_sse, d);
  return d->sse != NULL;
}

int
aid_decoder_take_lines (struct aid_decoder *d)
{
  d->lines = aid_ndjson_new (on_line, d);
  return d->lines != NULL;
}

void
aid_decoder_close (struct aid_decoder *d)
{
  aid_sse_free (d->sse);
  aid_ndjson_free (d->lines);
  aid_str_free (&d->body);
  aid_str_free (&d->stop_text);
}

static enum aid_err
report (struct aid_decoder *d, struct aid_error *e)
{
  if (d->error.code && e)
    *e = d->error;
  return d->error.code;
}

/* Looks past white space and a byte order mark for the byte that tells a document from a stream. */
static struct aid_span
sniff (struct aid_decoder *d, struct aid_span v)
{
  static const char skipped[7] = { ' ', '\t', '\r', '\n', '\xef', '\xbb', '\xbf' };
  while (v.len && memchr (skipped, *v.ptr, sizeof skipped))
    v = aid_span_cut (v, 1, v.len);
  if (v.len == 0)
    return v;
  if (*v.ptr == '<')
    aid_error_set (&d->error, AID_E_PARSE, "The server answered with a web page, not with a model's answer: check \"url\".");
  else if (*v.ptr == '{' && d->lines)
    d->mode = AID_BODY_LINES;
  else
    d->mode = *v.ptr == '{' || *v.ptr == '[' ? AID_BODY_DOCUMENT : AID_BODY_STREAM;
  return v;
}

/* An error of the frames is in d->error already; one of the framing is not.  Behind the end marker it means nothing. */
static void
keep_error (struct aid_decoder *d, enum aid_err err, const struct aid_error *framing)
{
  if (err && !d->error.code && !d->done)
    d->error = *framing;
}

/* Whether the body goes through the splitter of lines: also when it turned out to be one document. */
static int
is_lines (const struct aid_decoder *d)
{
  return d->lines && (d->mode == AID_BODY_LINES || d->mode == AID_BODY_DOCUMENT);
}

enum aid_err
aid_decoder_feed (struct aid_decoder *d, struct aid_span bytes, struct aid_error *e)
{
  struct aid_error framing = { AID_OK, "" };
  if (d->error.code || d->done)
    return report (d, e);
  if (d->mode == AID_BODY_UNKNOWN)
    bytes = sniff (d, bytes);
  if (bytes.len && is_lines (d))
    keep_error (d, aid_ndjson_feed (d->lines, bytes, &framing), &framing);
  else if (bytes.len && d->mode == AID_BODY_DOCUMENT && aid_str_addspan (&d->body, bytes))
    aid_error_set (&d->error, d->body.err, "The server's answer is larger than %u MB.", BODY_MAX >> 20);
  else if (bytes.len && d->mode == AID_BODY_STREAM)
    keep_error (d, aid_sse_feed (d->sse, bytes, &framing), &framing);
  return report (d, e);
}

enum aid_err
aid_decoder_end (struct aid_decoder *d, struct aid_error *e)
{
  struct aid_error framing = { AID_OK, "" };
  if (d->error.code || d->done)
    return report (d, e);
  int streams = d->mode == AID_BODY_STREAM || d->mode == AID_BODY_LINES;
  if (is_lines (d))
    keep_error (d, aid_ndjson_end (d->lines, &framing), &framing);
  if (d->mode == AID_BODY_DOCUMENT && !d->error.code)
    take_document (d, AID_FRAME_BODY, AID_SPAN ("message"), aid_str_span (&d->body), &d->error);
  else if (d->mode == AID_BODY_STREAM)
    keep_error (d, aid_sse_end (d->sse, &framing), &framing);
  if (d->error.code == AID_E_PARSE && streams)
    d->error.code = AID_OK;    /* half a frame: that the stream was cut is the news */
  if (d->error.code || d->done)
    return report (d, e);
  if (d->stop_seen && !d->wants_marker)
    aid_decoder_done (d);
  else
    aid_error_set (&d->error, AID_E_NET,
                   d->started                      ? "The answer was cut off: the server closed the connection before its end."
                   : d->mode == AID_BODY_UNKNOWN ? "The answer was cut off before it began: the server sent nothing."
                                                 : "The answer was cut off before it began, or it is of another kind: if this "
                                                   "stays so, check \"url\" and \"wire\".");
  return report (d, e);
}

/* --- events --------------------------------------------------------------------------------------------------------- */

static const struct aid_span nothing = { "", 0 };

static struct aid_model_event
event_of (enum aid_model_event_kind kind, struct aid_span text)
{
  return (struct aid_model_event){ .kind = kind, .text = text, .id = nothing, .name = nothing, .usage = AID_USAGE_INIT };
}

void
aid_decoder_start (struct aid_decoder *d, struct aid_span model, struct aid_span id)
{
  struct aid_model_event ev = event_of (AID_MODEL_START, model);
  ev.id = id;
  if (d->started)
    return;
  d->started = 1;
  d->sink (d->user, &ev);
}

void
aid_decoder_delta (struct aid_decoder *d, enum aid_model_event_kind kind, struct aid_span text)
{
  struct aid_model_event ev = event_of (kind, text);
  if (text.len)
    d->sink (d->user, &ev);
}

void
aid_decoder_tool (struct aid_decoder *d, int index, struct aid_span id, struct aid_span name, struct aid_span text)
{
  struct aid_model_event ev = event_of (AID_MODEL_TOOL, text);
  ev.index = index;
  ev.id = id;
  ev.name = name;
  if (id.len || name.len || text.len)
    d->sink (d->user, &ev);
}

void
aid_decoder_usage (struct aid_decoder *d, const struct aid_usage *u)
{
  const struct aid_usage *old = &d->usage;
  struct aid_model_event ev = event_of (AID_MODEL_USAGE, nothing);
  int same_cost = !(u->cost < old->cost) && !(u->cost > old->cost);
  if (u->input == old->input && u->cached == old->cached && u->cache_written == old->cache_written
      && u->output == old->output && u->reasoning == old->reasoning && same_cost)
    return;
  d->usage = ev.usage = *u;
  d->sink (d->user, &ev);
}

void
aid_decoder_stop (struct aid_decoder *d, enum aid_stop_reason stop, struct aid_span word, struct aid_span detail)
{
  d->stop_seen = 1;
  d->stop = stop;
  aid_str_clear (&d->stop_text);
  aid_str_addspan (&d->stop_text, word);
  if (detail.len)
    {
      aid_str_addz (&d->stop_text, ": ");
      aid_str_addspan (&d->stop_text, detail);
    }
}

void
aid_decoder_done (struct aid_decoder *d)
{
  if (d->done || d->faulty)
    return;
  if (d->on_finish)
    d->on_finish (d);
  struct aid_model_event ev = event_of (AID_MODEL_STOP, aid_str_span (&d->stop_text));
  ev.stop = d->stop;
  d->done = 1;
  d->sink (d->user, &ev);
}
