/* What the wire formats share: a conversation made fit to send, the assembly of a request, and the reading of a body as
   frames of JSON, be it a stream of events or one document. */
#ifndef AID_MODEL_WIRE_INTERNAL_H
#define AID_MODEL_WIRE_INTERNAL_H

#include "model/wire.h"

extern const struct aid_wire aid_wire_openai_chat, aid_wire_anthropic;

/* --- requests ------------------------------------------------------------------------------------------------------ */

/* Copies IN into OUT (initialised here) such that every server takes it: neighbours of one role are one message, empty texts
   and unsigned reasoning are gone, the first turn is the user's, refusals are text, and a tool call without a result (or a
   result without its call) is told as text.  So each call that is left is answered in the very next message.  OUT is to be
   freed even after an error. */
enum aid_err aid_conversation_normalise (const struct aid_conversation *in, struct aid_conversation *out,
                                         struct aid_error *e);
/* The texts of M's parts, joined by an empty line, as a JSON string; NULL when there are none. */
json_t *aid_message_text (const struct aid_message *m);
/* The JSON document in TEXT when it is an object, else NULL. */
json_t *aid_json_object_of (const char *text);

/* A JSON string of Z, invalid UTF-8 replaced; NULL gives "". */
json_t *aid_json_z (const char *z);

void aid_wire_request_init (struct aid_wire_request *out);
/* OUT->url = BASE with PATH behind it, before any "?": unless BASE ends with PATH already. */
enum aid_err aid_wire_url (struct aid_wire_request *out, const char *base, const char *path, struct aid_error *e);
/* Sets a header, replacing one of that name.  AID_E_INVALID for control characters in either; the value is never shown. */
enum aid_err aid_wire_header (struct aid_wire_request *out, const char *name, const char *value, struct aid_error *e);
/* Authorization: Bearer KEY; nothing when KEY is NULL or empty. */
enum aid_err aid_wire_bearer (struct aid_wire_request *out, const char *key, struct aid_error *e);
/* Merges the endpoint's extra members into BODY (null removes a member), writes it, adds the common and the user's
   headers. */
enum aid_err aid_wire_finish (struct aid_wire_request *out, json_t *body, const struct aid_endpoint *ep,
                              struct aid_error *e);

/* Bytes of reasoning that are kept to be carried back; beyond it none are. */
#define AID_WIRE_KEEP_MAX (4u << 20)

/* --- answers ------------------------------------------------------------------------------------------------------- */

enum aid_frame
{
  AID_FRAME_EVENT,         /* one event of the stream */
  AID_FRAME_DONE,          /* "[DONE]"; the document is NULL */
  AID_FRAME_BODY           /* the whole body is this one document: the server did not stream */
};

/* The head of every decoder: a wire's own state follows it. */
struct aid_decoder
{
  aid_model_sink *sink;
  void *user;
  /* One frame.  EVENT is the event's name. */
  enum aid_err (*on_frame) (struct aid_decoder *d, enum aid_frame kind, struct aid_span event, const json_t *doc,
                            struct aid_error *e);
  /* The end is reached and all is well: gives out what is held back, before STOP.  May be NULL. */
  void (*on_finish) (struct aid_decoder *d);
  struct aid_sse *sse;
  struct aid_str body;     /* of an answer that is no stream */
  enum { AID_BODY_UNKNOWN, AID_BODY_STREAM, AID_BODY_DOCUMENT } mode;
  int started, done, stop_seen;
  int faulty;              /* the frame being read tells of an error: whatever else it holds, the answer is not whole */
  enum aid_stop stop;
  struct aid_str stop_text;
  struct aid_usage usage;  /* as told last */
  struct aid_error error;  /* the one that ended it */
};

/* Prepares D, which is zeroed; 0 without memory. */
int aid_decoder_init (struct aid_decoder *d, aid_model_sink *sink, void *user);
void aid_decoder_close (struct aid_decoder *d);
/* Members of struct aid_wire, the same for all. */
enum aid_err aid_decoder_feed (struct aid_decoder *d, struct aid_span bytes, struct aid_error *e);
enum aid_err aid_decoder_end (struct aid_decoder *d, struct aid_error *e);

/* Events.  Empty deltas are not told, START once, USAGE only when it changed. */
void aid_decoder_start (struct aid_decoder *d, struct aid_span model, struct aid_span id);
void aid_decoder_delta (struct aid_decoder *d, enum aid_model_event_kind kind, struct aid_span text);
void aid_decoder_tool (struct aid_decoder *d, int index, struct aid_span id, struct aid_span name, struct aid_span text);
void aid_decoder_usage (struct aid_decoder *d, const struct aid_usage *u);
/* Remembers why the answer stopped (told at the end, after everything else).  DETAIL may be empty. */
void aid_decoder_stop (struct aid_decoder *d, enum aid_stop stop, struct aid_span word, struct aid_span detail);
/* The end marker has come: finishes and tells STOP; what follows is ignored. */
void aid_decoder_done (struct aid_decoder *d);

/* What a server says of an error, in any provider's shape; borrowed from the document. */
struct aid_fault
{
  struct aid_span message;
  const char *type, *code; /* "" when absent */
  const char *detail;      /* a finer code; "" when absent */
  struct aid_span relayed; /* the words of the provider behind a router */
};
/* 0 when DOC is no error. */
int aid_fault_read (const json_t *doc, struct aid_fault *f);
/* AID_E_HTTP and a sentence about an error inside a stream. */
enum aid_err aid_fault_set (const json_t *doc, struct aid_error *e);

/* Calls of tools in OpenAI's deltas, put together in spite of what servers do to index, id and name (openai_tools.c). */
#define AID_CALLS_MAX 256
struct aid_calls
{
  struct aid_vec slots;
};
void aid_calls_init (struct aid_calls *c);
void aid_calls_free (struct aid_calls *c);
/* Reads one element of "tool_calls" and tells it.  AID_E_LIMIT beyond AID_CALLS_MAX calls. */
enum aid_err aid_calls_delta (struct aid_calls *c, struct aid_decoder *d, const json_t *call, struct aid_error *e);

/* Builds the body of a Chat Completions request (openai_request.c). */
enum aid_err aid_openai_chat_build (const struct aid_endpoint *ep, const struct aid_conversation *c,
                                    const struct aid_sampling *s, struct aid_wire_request *out, struct aid_error *e);
/* The same for the Messages API (anthropic_request.c). */
enum aid_err aid_anthropic_build (const struct aid_endpoint *ep, const struct aid_conversation *c,
                                  const struct aid_sampling *s, struct aid_wire_request *out, struct aid_error *e);

#endif
