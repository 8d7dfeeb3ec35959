/* Streams an answer in tokens of four characters at the asked pace.  What differs between the wire formats is a file for each
   (frames_*.c): what begins an answer, a piece of one, a tool call, the end, an error. */
#include "cli/replay_frames_internal.h"
#include "base/clock.h"
#include <stdlib.h>
#include <string.h>

#define TOKEN_CHARACTERS 4
#define DEFAULT_MODEL "sample"
#define DEFAULT_SIGNATURE "cmVwbGF5"
#define TEXT_MAX (16u << 20)

/* --- what the formats share ------------------------------------------------------------------------------------------- */

int64_t
aid_frames_usage (const struct aid_frames *f, const char *what, int64_t fallback)
{
  return aid_json_int (json_object_get (f->answer, "usage"), what, fallback);
}

void
aid_frames_bytes (struct aid_frames *f, struct aid_span bytes)
{
  if (f->after == 0)
    return;
  f->after -= f->after > 0;
  aid_httpd_write (f->conn, bytes);
}

void
aid_frames_emit (struct aid_frames *f, const char *event, json_t *data)
{
  aid_str_clear (&f->buf);
  if (event)
    aid_str_addf (&f->buf, "event: %s\n", event);
  aid_str_addz (&f->buf, "data: ");
  aid_json_dump (data, &f->buf);
  aid_str_addz (&f->buf, "\n\n");
  json_decref (data);
  aid_frames_bytes (f, aid_str_span (&f->buf));
}

void
aid_frames_line (struct aid_frames *f, json_t *data)
{
  aid_str_clear (&f->buf);
  aid_json_dump (data, &f->buf);
  aid_str_addc (&f->buf, '\n');
  json_decref (data);
  aid_frames_bytes (f, aid_str_span (&f->buf));
}

const char *
aid_frames_translate (const char *const (*pairs)[2], const char *word)
{
  for (; (*pairs)[0]; pairs++)
    if (!strcmp ((*pairs)[0], word))
      return (*pairs)[1];
  return word;
}

const char *
aid_frames_stop (const struct aid_frames *f)
{
  const char *told = aid_json_str (f->answer, "stop");
  return told ? told : json_object_get (f->answer, "tools") ? "tools" : "end";
}

const char *
aid_frames_signature (const struct aid_frames *f)
{
  const char *told = aid_json_str (f->answer, "signature");
  return told ? told : aid_json_str (f->answer, "reasoning") ? DEFAULT_SIGNATURE : NULL;
}

const char *
aid_frames_word (const json_t *error, const char *key, const char *fallback)
{
  const char *told = aid_json_str (error, key);
  return told ? told : fallback;
}

/* --- an answer -------------------------------------------------------------------------------------------------------- */

static const struct aid_frames_wire *const wires[] = {
  &aid_frames_openai, &aid_frames_responses, &aid_frames_anthropic, &aid_frames_gemini, &aid_frames_ollama,
};
#define WIRES (sizeof wires / sizeof wires[0])

const struct aid_frames_wire *
aid_frames_wire (struct aid_span path)
{
  for (size_t i = 0; i < WIRES; i++)
    if (aid_span_ends (path, wires[i]->path))
      return wires[i];
  return NULL;
}

const char *
aid_frames_type (const struct aid_frames_wire *wire)
{
  return wire ? wire->type : "text/event-stream";
}

int
aid_frames_is_streamed (const struct aid_frames_wire *wire, const json_t *request)
{
  return aid_json_bool (request, "stream", wire->streams);
}

json_t *
aid_frames_error (const struct aid_frames_wire *wire, const json_t *error)
{
  return (wire ? wire : wires[0])->error_body (error);
}

/* Bytes of the first TOKEN_CHARACTERS characters of V. */
static size_t
token_length (struct aid_span v)
{
  size_t i = 0;

  for (int n = 0; i < v.len && n < TOKEN_CHARACTERS; n++)
    do
      i++;
    while (i < v.len && ((unsigned char) v.ptr[i] & 0xC0) == 0x80);
  return i;
}

static int
send_text (struct aid_frames *f, enum aid_channel channel, struct aid_span text)
{
  double rate = aid_json_real (f->answer, "tokens_per_s", 0);

  while (text.len)
    {
      size_t n = token_length (text);
      int64_t due = rate > 0 ? f->begun + (int64_t) ((double) f->tokens * 1000 / rate) : 0;
      if (due > aid_clock_ms () ? aid_httpd_pause (f->conn, due) : f->tokens % 256 == 0 && aid_httpd_gone (f->conn))
        return -1;
      if (f->after == 0)
        return 0;
      f->wire->piece (f, channel, aid_json_of_span (aid_span_cut (text, 0, n)));
      text = aid_span_cut (text, n, text.len);
      f->tokens++;
    }
  return 0;
}

static void
send_tools (struct aid_frames *f)
{
  size_t i;
  json_t *tool;

  json_array_foreach (json_object_get (f->answer, "tools"), i, tool)
    {
      struct aid_str args = AID_STR_INIT (1u << 20);
      const char *id = aid_json_str (tool, "id"), *name = aid_json_str (tool, "name");
      const json_t *given = json_object_get (tool, "arguments");
      char made[32];
      snprintf (made, sizeof made, i ? "call_replay_%zu" : "call_replay", i);
      if (given)
        aid_json_dump (given, &args);
      f->wire->tool (f, (int) i, id ? id : made, name ? name : "tool", args.len ? aid_str_z (&args) : "{}");
      aid_str_free (&args);
    }
}

int
aid_frames_answer (struct aid_httpd_conn *c, const struct aid_frames_wire *wire, const struct aid_exchange *x,
                   const json_t *request)
{
  struct aid_frames f = { .conn = c, .wire = wire, .answer = x->answer, .request = request };
  const char *told = aid_json_str (x->answer, "model"), *asked = aid_json_str (request, "model");
  int gone;

  f.model = told ? told : asked ? asked : DEFAULT_MODEL;
  f.after = x->after;
  f.buf = AID_STR_INIT (2u << 20);
  f.text = AID_STR_INIT (TEXT_MAX);
  wire->begin (&f);
  f.begun = aid_clock_ms () + aid_json_int (x->answer, "wait_ms", 0);
  gone = f.begun > aid_clock_ms () && aid_httpd_pause (c, f.begun) != 0;
  gone = gone || send_text (&f, AID_CHANNEL_REASONING, aid_json_span (x->answer, "reasoning"))
         || send_text (&f, AID_CHANNEL_TEXT, aid_json_span (x->answer, "text"))
         || send_text (&f, AID_CHANNEL_REFUSAL, aid_json_span (x->answer, "refusal"));
  if (!gone)
    send_tools (&f);
  if (!gone && x->error)
    wire->error (&f, x->error);
  else if (!gone && (x->fault == AID_FAULT_NONE || x->after >= 0))
    wire->end (&f);
  json_decref (f.kept);
  aid_str_free (&f.buf);
  aid_str_free (&f.text);
  return gone ? -1 : 0;
}
