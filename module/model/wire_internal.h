/* What the wire formats share: a conversation made fit to send, the assembly of a request, and the reading of a body as
   frames of JSON, be it a stream of events or one document. */
#ifndef AID_MODEL_WIRE_INTERNAL_H
#define AID_MODEL_WIRE_INTERNAL_H

#include "model/wire.h"

extern const struct aid_wire aid_wire_openai_chat, aid_wire_openai_responses, aid_wire_anthropic, aid_wire_gemini,
  aid_wire_ollama;

/* --- requests ------------------------------------------------------------------------------------------------------ */

/* What differs between the requests of the wire formats. */
struct aid_request_kind
{
  /* The body for a normalised conversation; NULL without memory. */
  json_t *(*body) (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s);
  /* Sets OUT's url, and the header that holds the key. */
  enum aid_err (*head) (struct aid_wire_request *out, const struct aid_endpoint *ep, struct aid_error *e);
};
/* Normalises C and makes the whole request of it: what a wire's build has to do.  OUT is empty after an error. */
enum aid_err aid_wire_make (const struct aid_request_kind *kind, const struct aid_endpoint *ep,
                            const struct aid_conversation *c, const struct aid_sampling *s, struct aid_wire_request *out,
                            struct aid_error *e);

/* Makes OUT (initialised here) of IN such that every server takes it: neighbours of one role are one message, empty texts and
   unsigned reasoning are gone, the first turn is the user's, refusals are text, and a tool call without a result (or a result
   without its call) is told as text.  So each call that is left is answered in the very next message, and its result has the
   tool's name.  A mark for caches on a part that is gone stands on the one before it.  OUT's parts borrow what IN's own, so IN
   must outlive it; it is to be freed even after an error. */
enum aid_err aid_conversation_normalise (const struct aid_conversation *in, struct aid_conversation *out,
                                         struct aid_error *e);
/* {KEY: WORD, MEMBER: VALUE}, of which most of a request is made; VALUE is taken.  NULL when it is, or without memory. */
json_t *aid_json_two (const char *key, const char *word, const char *member, json_t *value);
/* P's text as a JSON string. */
json_t *aid_part_string (const struct aid_part *p);
/* The texts of M's parts, joined by an empty line, as a JSON string; NULL when there are none. */
json_t *aid_message_text (const struct aid_message *m);
/* The JSON document in TEXT when it is an object, else NULL. */
json_t *aid_json_object_of (const char *text);
/* The arguments of the call P as an object; what is no JSON object becomes {"arguments": text}, for the model to see what it
   wrote. */
json_t *aid_call_arguments (const struct aid_part *p);
/* The text of the result P as a string; one that is an error says so. */
json_t *aid_result_text (const struct aid_part *p);
/* The id of a call or result for a server that takes at most MOST letters, digits, "_" and "-"; NINE: nine letters and digits.
   An id of another make becomes a hash, the same each time. */
json_t *aid_call_id (const struct aid_part *p, size_t most, int nine);
/* Whether ID was made up here, for a server that gives none. */
int aid_call_id_is_ours (const char *id);
/* The bytes of an image or PDF in base 64; NULL without memory. */
json_t *aid_media_base64 (const struct aid_part *p);
/* The address of an image or PDF: its url, or all of it as a data: url. */
json_t *aid_media_address (const struct aid_part *p);
/* "(The PDF report.pdf is not sent: ...)" as a string, for a format or a server that takes none. */
json_t *aid_media_excuse (const struct aid_part *p);

/* Puts marks for caches into C, a normalised conversation, unless it has some: at the end of the system prompt, of the question
   before the last (what the last request wrote into the cache) and of the last message.  At most four are left. */
void aid_conversation_mark (struct aid_conversation *c);
/* A name for requests that begin alike (the same system prompt and first question): 16 digits. */
void aid_conversation_prefix (const struct aid_conversation *c, char out[17]);

/* A JSON string of Z, invalid UTF-8 replaced; NULL gives "". */
json_t *aid_json_z (const char *z);

void aid_wire_request_init (struct aid_wire_request *out);
/* OUT->url = BASE with PATH behind it, before any "?": unless BASE ends with PATH already. */
enum aid_err aid_wire_url (struct aid_wire_request *out, const char *base, const char *path, struct aid_error *e);
/* Authorization: Bearer KEY; nothing when KEY is NULL or empty. */
enum aid_err aid_wire_bearer (struct aid_wire_request *out, const char *key, struct aid_error *e);
/* Merges the endpoint's extra members into BODY (null removes a member), writes it, adds the common and the user's
   headers. */
enum aid_err aid_wire_finish (struct aid_wire_request *out, json_t *body, const struct aid_endpoint *ep,
                              struct aid_error *e);

/* Bytes of reasoning that are kept to be carried back; beyond it none are. */
#define AID_WIRE_KEEP_MAX (4u << 20)

/* What an answer's decoder keeps for the next request (carried.c).  All zero at the start. */
struct aid_carried
{
  json_t *items, *places;  /* told; and the places behind them, which an item may follow */
  size_t bytes;
  int lost;                /* there was too much: none of it is told */
};
void aid_carried_free (struct aid_carried *k);
/* Keeps ITEM (taken), of about BYTES. */
void aid_carried_item (struct aid_carried *k, json_t *item, size_t bytes);
/* Text, or the call ID, stood here. */
void aid_carried_text (struct aid_carried *k);
void aid_carried_call (struct aid_carried *k, struct aid_span id);
/* Tells REASONING_OPAQUE when items were kept. */
void aid_carried_tell (struct aid_carried *k, struct aid_decoder *d);

/* Who takes the parts of a message and the kept items of its reasoning. */
struct aid_placer
{
  int (*is_ours) (const json_t *item);                  /* an item of this wire format, as it may be sent */
  int (*item) (void *ctx, json_t *item);                /* 0 without memory */
  int (*part) (void *ctx, const struct aid_part *p, const json_t *place);   /* PLACE may be NULL */
};
/* Gives out M's parts in their order (but reasoning), and between them the kept items where they stood; 0 without memory. */
int aid_carried_place (const struct aid_message *m, const struct aid_placer *to, void *ctx);

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
  struct aid_ndjson *lines;  /* of a format whose stream is a document a line; else NULL */
  struct aid_str body;     /* of an answer that is no stream */
  enum { AID_BODY_UNKNOWN, AID_BODY_STREAM, AID_BODY_LINES, AID_BODY_DOCUMENT } mode;
  int takes_array;         /* a body that is an array is read as a stream of its elements */
  int framed;              /* a line of the stream was read */
  int started, done, stop_seen;
  int wants_marker;        /* a stream without its end marker is cut off, though why it ended is known */
  int faulty;              /* the frame being read tells of an error: whatever else it holds, the answer is not whole */
  enum aid_stop_reason stop;
  struct aid_str stop_text;
  struct aid_usage usage;  /* as told last */
  struct aid_error error;  /* the one that ended it */
};

/* Prepares D, which is zeroed; 0 without memory. */
int aid_decoder_init (struct aid_decoder *d, aid_model_sink *sink, void *user);
/* A stream that begins with "{" is a document a line; 0 without memory. */
int aid_decoder_take_lines (struct aid_decoder *d);
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
void aid_decoder_stop (struct aid_decoder *d, enum aid_stop_reason stop, struct aid_span word, struct aid_span detail);
/* The end marker has come: finishes and tells STOP; what follows is ignored. */
void aid_decoder_done (struct aid_decoder *d);

/* What a server says of an error, in any provider's shape; borrowed from the document. */
struct aid_fault
{
  struct aid_span message;
  const char *type, *code; /* "" when absent */
  const char *detail;      /* a finer code; "" when absent */
  int status;              /* the code when it is a number, as an HTTP status; 0 when absent */
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
  size_t before;           /* calls before the present list of deltas */
};
void aid_calls_init (struct aid_calls *c);
void aid_calls_free (struct aid_calls *c);
/* A new list of deltas begins. */
void aid_calls_list (struct aid_calls *c);
/* Reads one element of "tool_calls" and tells it.  AID_E_LIMIT beyond AID_CALLS_MAX calls. */
enum aid_err aid_calls_delta (struct aid_calls *c, struct aid_decoder *d, const json_t *call, struct aid_error *e);

/* The id of a call that the server gave none: "call00007" for 7.  Nine letters and digits: what the strictest server takes. */
void aid_call_id_make (size_t number, struct aid_str *out);

/* Builds the request of Chat Completions (openai_request.c), of Responses (responses_request.c), of the Messages API
   (anthropic_request.c), of Gemini (gemini_request.c). */
enum aid_err aid_openai_chat_build (const struct aid_endpoint *ep, const struct aid_conversation *c,
                                    const struct aid_sampling *s, struct aid_wire_request *out, struct aid_error *e);
enum aid_err aid_responses_build (const struct aid_endpoint *ep, const struct aid_conversation *c,
                                  const struct aid_sampling *s, struct aid_wire_request *out, struct aid_error *e);
enum aid_err aid_anthropic_build (const struct aid_endpoint *ep, const struct aid_conversation *c,
                                  const struct aid_sampling *s, struct aid_wire_request *out, struct aid_error *e);
enum aid_err aid_gemini_build (const struct aid_endpoint *ep, const struct aid_conversation *c, const struct aid_sampling *s,
                               struct aid_wire_request *out, struct aid_error *e);

/* What the models of the Messages API want differently (anthropic_dialect.c). */
enum
{
  AID_ANTHROPIC_THINKS = 1,      /* when asked to */
  AID_ANTHROPIC_BUDGET = 2,      /* how much is told in tokens */
  AID_ANTHROPIC_EFFORT = 4,      /* how much is told by a word, alone or beside a budget */
  AID_ANTHROPIC_ALWAYS = 8,      /* refuses to be kept from thinking */
  AID_ANTHROPIC_NO_SAMPLING = 16,  /* refuses temperature and top_p */
  AID_ANTHROPIC_ONE_SAMPLER = 32   /* refuses both at once */
};
unsigned aid_anthropic_dialect (const char *model);
#define AID_ANTHROPIC_BUDGET_MIN 1024
/* The tokens that EFFORT's word stands for; at most three quarters of MOST, those of the whole answer. */
int64_t aid_anthropic_budget (const char *effort, int64_t most);

/* What servers of Chat Completions want differently (openai_dialect.c). */
enum
{
  AID_OPENAI_NEW_LIMIT = 1,      /* max_completion_tokens for max_tokens */
  AID_OPENAI_CACHE_KEY = 2,      /* takes prompt_cache_key */
  AID_OPENAI_KEY_HEADER = 4,     /* the key goes into "api-key" */
  AID_OPENAI_NO_OPTIONS = 8,     /* refuses stream_options, and counts tokens unasked */
  AID_OPENAI_RANDOM_SEED = 16,   /* random_seed for seed */
  AID_OPENAI_REASONING = 32,     /* effort is inside "reasoning" */
  AID_OPENAI_THINKING = 64,      /* "thinking" switches it on, and effort has three words */
  AID_OPENAI_CACHE_MARKS = 128,  /* takes cache_control for models that know it */
  AID_OPENAI_ANY_JSON = 256,     /* knows no schema of the answer: JSON is all that it promises */
  AID_OPENAI_FILES = 512,        /* takes a PDF as a file */
  AID_OPENAI_DOCUMENTS = 1024,   /* takes a PDF as a document's address */
  AID_OPENAI_NINE = 2048,        /* ids of calls have nine letters and digits */
  AID_OPENAI_STRICT = 4096       /* refuses sampling for models that reason, and long ids */
};
unsigned aid_openai_dialect (const struct aid_endpoint *ep);
/* The header that holds EP's key, if it has one: a bearer's token, but Azure's own. */
enum aid_err aid_openai_key (struct aid_wire_request *out, const struct aid_endpoint *ep, struct aid_error *e);
/* Sets OUT's url to PATH of EP, and that header. */
enum aid_err aid_openai_head (struct aid_wire_request *out, const struct aid_endpoint *ep, const char *path,
                              struct aid_error *e);
/* Whether OpenAI's MODEL may be told how much to reason: those of before that refuse it. */
int aid_openai_may_reason (const char *model);
/* Whether MODEL refuses temperature and the like when asked with EFFORT (may be NULL): OpenAI's models that reason do. */
int aid_openai_is_fixed (const char *model, const char *effort);
/* Adds S's members to BODY; 0 without memory. */
int aid_openai_add_sampling (json_t *body, const struct aid_endpoint *ep, const struct aid_sampling *s);
/* S's stop words as an array, NULL when there are none. */
json_t *aid_stop_words (const struct aid_sampling *s);

#endif
