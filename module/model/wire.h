/* A wire format: how one kind of server is asked, and how its stream is read.  Each is one file and one row of the table
   in wire.c. */
#ifndef AID_MODEL_WIRE_H
#define AID_MODEL_WIRE_H

#include "base/err.h"
#include "base/str.h"
#include "model/conversation.h"
#include <jansson.h>

/* Where and how to ask.  Strings are borrowed. */
struct aid_endpoint
{
  const char *wire;        /* "openai-chat", "openai-responses", "anthropic-messages", "gemini", "ollama" */
  const char *base_url;    /* "https://api.example/v1", with or without a slash at the end */
  const char *key;         /* or NULL; never logged */
  const char *model;       /* the server's name of it */
  const char *version;     /* anthropic-version, or NULL for the wire's default (2023-06-01) */
  const json_t *extra;     /* members merged into the request's body (the user's config), or NULL */
  const json_t *headers;   /* further headers, an object of strings, or NULL */
  const char *dialect;     /* of openai-chat: "openai", "azure", "openrouter", "deepseek", "mistral", "plain"; NULL: by the
                              address */
  int64_t context;         /* tokens of the model's window; 0: unknown */
  int no_reasoning;        /* the model is known not to reason */
  int64_t tokens;          /* of the conversation's texts, images and PDFs, as they were counted; 0: were not */
};

#define AID_STOPS_MAX 4      /* words at which an answer ends: more are not sent */

/* How the answer is drawn.  What a server has no member for is not sent.  Strings are borrowed. */
struct aid_sampling
{
  int64_t max_tokens;      /* of the answer; 0: the wire's default (none, or 8,192 where the API demands one) */
  double temperature;      /* negative: not sent */
  const char *effort;      /* of reasoning: none, minimal, low, medium, high, xhigh, max; NULL: not sent */
  double top_p;            /* 0 (or less): not sent */
  int has_seed;
  int64_t seed;            /* sent when has_seed */
  const char *const *stop; /* words at which the answer ends; they are not part of it */
  size_t nstop;
};
#define AID_SAMPLING_INIT ((struct aid_sampling){ .temperature = -1.0 })

/* A request ready for net/: owned strings. */
struct aid_wire_request
{
  char *url;
  struct aid_str body;
  struct aid_vec headers;  /* struct aid_http_header with owned strings */
};
void aid_wire_request_free (struct aid_wire_request *r);
/* Sets a header, replacing one of that name.  AID_E_INVALID for control characters in either; the value is never shown. */
enum aid_err aid_wire_header (struct aid_wire_request *out, const char *name, const char *value, struct aid_error *e);

enum aid_stop_reason
{
  AID_STOP_NONE,           /* not told */
  AID_STOP_END, AID_STOP_LENGTH, AID_STOP_TOOLS, AID_STOP_SEQUENCE, AID_STOP_FILTER, AID_STOP_REFUSAL, AID_STOP_PAUSE,
  AID_STOP_CONTEXT
};
const char *aid_stop_name (enum aid_stop_reason s);   /* "end", "length", ... */
/* Appends what a person is to know of the end of an answer that is whole: that it came early, with WORDS, the server's own,
   or that nothing came (HAS_TEXT is 0).  Small at its beginning, without a full stop; nothing when it ended as it should. */
void aid_stop_tell (enum aid_stop_reason s, struct aid_span words, int has_text, struct aid_str *out);

/* Token counts; -1: not told.  input includes what was cached, output includes reasoning. */
struct aid_usage
{
  int64_t input, cached, cache_written, output, reasoning;
  double cost;             /* in US dollars when the server says so, else negative */
};
#define AID_USAGE_INIT ((struct aid_usage){ -1, -1, -1, -1, -1, -1.0 })

enum aid_model_event_kind
{
  AID_MODEL_START,         /* text: the model's own name; id: the request's id (either may be empty) */
  AID_MODEL_TEXT,          /* text: a delta */
  AID_MODEL_REASONING,     /* text: a delta */
  AID_MODEL_REASONING_OPAQUE, /* text: JSON to carry back with this turn's reasoning (signature, encrypted, details); once at
                                 most, near the end */
  AID_MODEL_REFUSAL,       /* text: a delta */
  AID_MODEL_TOOL,          /* index; id and name when they are told; text: a delta of the arguments */
  AID_MODEL_USAGE,         /* usage: what is known now (replaces what was told before) */
  AID_MODEL_STOP           /* stop; text: the server's word and details; always the last, only of a whole answer */
};

/* Lives during the callback. */
struct aid_model_event
{
  enum aid_model_event_kind kind;
  struct aid_span text, id, name;
  int index;
  enum aid_stop_reason stop;
  struct aid_usage usage;
};

/* Called by the decoder for each event, on the thread that feeds it. */
typedef void aid_model_sink (void *user, const struct aid_model_event *ev);

struct aid_decoder;

struct aid_wire
{
  const char *name;
  int ends_itself;           /* as its own client has it: behind the end marker the connection may break */
  enum aid_err (*build) (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s,
                         struct aid_wire_request *out, struct aid_error *e);
  struct aid_decoder *(*decoder_new) (aid_model_sink *sink, void *user);
  /* Body bytes as they come.  Any error ends the stream; the message is for the person. */
  enum aid_err (*feed) (struct aid_decoder *d, struct aid_span bytes, struct aid_error *e);
  /* The body has ended.  AID_E_NET "the answer was cut off ..." unless the end marker was seen. */
  enum aid_err (*end) (struct aid_decoder *d, struct aid_error *e);
  void (*decoder_free) (struct aid_decoder *d);
  /* Before the first byte: the answer begins inside of <think>, whose opening tag is not sent.  NULL: no such thing here. */
  void (*thinks_first) (struct aid_decoder *d);
};

const struct aid_wire *aid_wire_find (const char *name);   /* NULL when unknown */
int aid_openai_is_dialect (const char *name);              /* whether an endpoint may have this dialect */

/* Puts the server's own words for a refused request (status >= 400) into one plain sentence: JSON of any provider's
   shape, or the first 300 bytes of anything else. */
void aid_wire_explain (int status, struct aid_span body, const char *host, struct aid_error *e);
/* Whether a refused request is worth another try: not when a quota, a spend limit or a bill is the reason. */
int aid_wire_may_retry (int status, struct aid_span body);

#endif
