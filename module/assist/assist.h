/* One turn: a chat, a strategy, context and a model become a request; what streams back becomes events.

   Threads: aid_assist_ask returns at once.  The request is prepared on the pool, its answer handled on the I/O thread.
   The sink is called on either, never with a lock held, and for one request never on two threads at a time. */
#ifndef AID_ASSIST_ASSIST_H
#define AID_ASSIST_ASSIST_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "chat/spans.h"
#include <jansson.h>
#include <stdint.h>

#define AID_ANSWER_MAX ((size_t) 8 << 20)    /* bytes of one answer, as the chat shows it */
#define AID_FRAME_MS 33              /* text goes out at most this often, */
#define AID_FRAME_FEW 2              /* half as often when more requests than so many run, */
#define AID_FRAME_STREAMS 4          /* and of at most so many at a time: when more have text they take turns */

/* Kinds of events.  Exactly one of DONE and ERROR ends a request, and nothing follows it. */
enum aid_event_kind
{
  AID_EVENT_FROZEN = 1,  /* {items: [{target, hash, tokens}], tokens, exact}: what was sent, now in the store */
  AID_EVENT_START,       /* {model, id, provider, host, local, strategy} the server has answered */
  AID_EVENT_TEXT,        /* text to append at the answer's end, faces from a character on (see aid_stream_flush) */
  AID_EVENT_REASONING,   /* a plain request only: a piece of the model's reasoning, as text */
  AID_EVENT_RETRY,       /* {attempt, wait_ms, message} */
  AID_EVENT_REKEY,       /* {old, new}: the text to come holds the file's key: give the file the new one first */
  AID_EVENT_USAGE,       /* {in, cached, out, reasoning} so far; rare */
  AID_EVENT_FOUND,       /* {files, hunks, fit, adjusted, already, refused}: the patches in what has come, a few times a second */
  AID_EVENT_DONE,        /* {state, meta, reasoning_ms, note (aid_stop_tell), ...}; of a plain request also its calls of tools */
  AID_EVENT_ERROR,       /* {code, message, meta, state, held}; HELD: what kept it from being sent, see aid_assist_held */
  AID_EVENT_CHECKED,     /* the answer to a patch check: {plan} */
  AID_EVENT_RESULT,      /* the answer to any other background job */
  AID_EVENT_BUILD,       /* how far a build is (binding/bind_build.c) */
  AID_EVENT_SNAPSHOT,    /* a snapshot was taken, or could not be (binding/bind_snapshot.c) */
  AID_EVENT_JUDGED       /* an answer was judged as a whole; its hunks follow (binding/bind_judge.c) */
};
const char *aid_event_name (int kind);

struct aid_event
{
  int kind;
  struct aid_span val;           /* one val (base/val.h), or empty */
  struct aid_span text;          /* TEXT and REASONING only */
  uint32_t from;                 /* TEXT only: characters */
  const struct aid_face_span *spans;  /* TEXT only, in characters of the whole answer */
  size_t nspans;
};

struct aid_sink
{
  void (*post) (void *ctx, uint64_t request, const struct aid_event *ev);   /* borrows EV */
  void *ctx;
};

struct aid_assist;
struct aid_resolver;

struct aid_assist *aid_assist_new (const struct aid_sink *sink, struct aid_error *e);
/* Requests running now. */
unsigned aid_assist_running (struct aid_assist *a);
/* Resolver threads left behind since the start. */
unsigned aid_assist_abandoned (struct aid_assist *a);
/* Ends every request with an error (REASON in its words), joins every thread. */
void aid_assist_free (struct aid_assist *a, const char *reason);

struct aid_ask_item
{
  struct aid_span target, text;  /* TEXT: what the front end says the item's text is now */
};

/* Everything is borrowed and copied. */
struct aid_ask
{
  uint64_t id;                   /* chosen by the front end, unique */
  struct aid_span chat;          /* the chat file's text; the last question is asked */
  int64_t turn;                  /* ask turn TURN's question instead (0: the last): for regenerating an answer */
  const char *chat_path;         /* or NULL: no journal; links are relative to its folder */
  const char *root;              /* the project's root, or NULL */
  const char *model, *strategy;  /* or NULL for the configured ones */
  int exact;                     /* STRATEGY itself, not its variant for the files' language */
  const char *secret;            /* the key found by the front end, or NULL */
  const char *request;           /* "r81": the request's word in the chat's meta line */
  const struct aid_ask_item *items;
  size_t nitems;
  const char *allow_secrets;     /* ids of findings that may be sent, blanks between them ("*": all), or NULL */
  const char *remove_secrets;    /* ids of those in items that are to be replaced by "[removed: KIND]", or NULL */
  struct aid_span schema;        /* a JSON Schema that the answer shall fit, before the strategy's; empty: none */
  const char *schema_file;       /* what SCHEMA is called in errors */
  int over_budget;               /* the person has agreed to pass a budget */
  int64_t summarise;             /* not 0: ask for a summary of the turns up to this number instead; wants PLAIN */
  struct aid_span body;          /* send this as the request's body, as it is: what a person made of aid_assist_inspect's */
  struct aid_resolver *resolver; /* what is not files is read by it, or recalled (context/kinds.h); NULL: it is not looked at.
                                    aid_assist_ask and _inspect take that of the assist instead. */
  int quick;                     /* aid_assist_inspect only: no program is run and nothing fetched for items; one whose text is
                                    not known from before is AID_E_STATE */
  int apart;                     /* nobody's work: nothing of it is measured or kept, and no experiment takes part in it; what it
                                    costs counts (evaluations) */
  int plain;                     /* text events carry the model's text alone, no markers or quotes, and its reasoning has
                                    events of its own (the command line) */
};

enum aid_err aid_assist_ask (struct aid_assist *a, const struct aid_ask *ask, struct aid_error *e);
/* Appends a val object that tells what ASK would be if it were sent now: {tokens, exact, tokenizer, window, cost, chat_cost,
   month_cost, chat_budget, month_budget, over, words}.  Tokens are those of the texts; window is 0 when it is not known, cost (of
   all of them, and an answer of AID_FORECAST_ANSWER) and budgets are nil then.  over is "chat" or "month" when that budget
   would be passed, and words say so.  Nothing is frozen or sent.  Any thread; takes as long as the files of the items do. */
enum aid_err aid_assist_forecast (const struct aid_ask *ask, struct aid_str *val, struct aid_error *e);
/* Appends what is so for ASK's chat: {configured, model, strategy, forecast, items, variants, experiments}.  configured and
   model, the one that would be asked, are {id, name, exact}, or nil when there is none; strategy is the one in force, as
   aid_strategy_to_val writes it; forecast is as above, or nil; items is a list of {target, tokens}, what each item costs that
   was not sent yet, of those that are known, or nil; variants are those of experiments that are in force, {experiment, variant}
   each; experiments says whether the settings have any.  Where that strategy searches, the project's index is begun.  Any
   thread, likewise.  Fails only when the settings cannot be read. */
enum aid_err aid_assist_situation (struct aid_assist *a, const struct aid_ask *ask, struct aid_str *val, struct aid_error *e);
#define AID_FORECAST_ANSWER 1000   /* tokens */
/* Appends the list of what asking so would be refused for (see aid_held_check): secrets in what would be sent.  Reads the
   items and makes the request; sends and stores nothing.  What else is wrong with the question, sending it will tell. */
enum aid_err aid_assist_held (const struct aid_ask *ask, struct aid_str *val, struct aid_error *e);
/* Ends the request with an error event of code "cancelled" within one frame. */
void aid_assist_cancel (struct aid_assist *a, uint64_t id);

/* Appends what TARGET names now: text, or the bytes of an image or PDF (see aid_context_read). */
struct aid_resolve;
enum aid_err aid_assist_read (const struct aid_resolve *how, struct aid_span target, struct aid_str *out, struct aid_error *e);
/* An estimate of the tokens that the image or PDF in BYTES takes; 0: it is neither. */
int64_t aid_media_tokens (struct aid_span bytes);

/* Gives what aid_assist_ask would send for ASK (its id, secret and body do not count), as a val object: {model, provider,
   host, wire, url, variable, headers: [{name, value}], body, formatted, tokens, context, turns: [{number, tokens}], prefix}.
   The key is not looked for: "$VARIABLE" stands for it.  tokens are estimates, context 0 when not known, turns those sent.
   prefix is nil, or how much of it this chat's last request began with: {same, of (bytes), tokens, whole, before, was, is}.
   Nothing is stored or sent; files of live items are read. */
enum aid_err aid_assist_inspect (struct aid_assist *a, const struct aid_ask *ask, struct aid_str *out, struct aid_error *e);
/* The same, but body and formatted, which may be long, go to TEXTS, one right behind the other; OUT has body_chars, how many
   characters the first is. */
enum aid_err aid_assist_inspect_apart (struct aid_assist *a, const struct aid_ask *ask, struct aid_str *out,
                                       struct aid_str *texts, struct aid_error *e);
/* Gives what the next request of ASK's chat holds, as a val object: {model, tokens, window, cached, items}.  tokens are
   those of the whole request, window is 0 when not known, cached about so many of them that the chat's last request began
   with.  items are the context lines that are sent, in their order: {turn, label, target, why, pinned, sent, tokens, known,
   cached, age}; sent is the name of the frozen bytes, or nil; known: its text was had without running or fetching anything;
   cached: it is among what the last request began with; age: of the text, in seconds, nil when it is what the target names
   now.  Nothing is stored or sent. */
enum aid_err aid_assist_items (struct aid_assist *a, const struct aid_ask *ask, struct aid_str *out, struct aid_error *e);
/* Gives what ASK would send, in no wire format, as an object {strategy, format (of changes), messages: [{role, content}], items:
   [{label, target, tokens}], tokens}: a new reference.  No model need be set up.  Nothing is stored or sent; files of live items
   are read.  AID_E_INVALID: an image or PDF is among them. */
enum aid_err aid_assist_messages (struct aid_assist *a, const struct aid_ask *ask, json_t **out, struct aid_error *e);
/* The last request of the chat with KEY and its raw reply; see aid_records_val.  0 when there is none. */
int aid_assist_last (struct aid_assist *a, const char *key, struct aid_str *out);
/* Appends the JSON document TEXT with a member or element a line; no byte but blanks between them is changed. */
void aid_inspect_format (struct aid_span text, struct aid_str *out);
/* Appends a command for a shell that sends BODY to URL with these HEADERS; "$VARIABLE" is left for the shell to fill in. */
struct aid_http_header;
void aid_inspect_curl (const char *url, const struct aid_http_header *headers, size_t n, const char *variable,
                       struct aid_span body, struct aid_str *out);
/* Whether TEXT is a JSON object: 1, or 0 and where it is not (lines and columns count from 1), with E's words. */
int aid_inspect_check (struct aid_span text, int *line, int *column, struct aid_error *e);

/* Another core takes over: what works in the background stops, requests go on. */
void aid_assist_retire (struct aid_assist *a);

struct aid_events;
/* Has what is measured exported while A lives, if the person's own settings say so (export/exporter.h).  Never waits. */
void aid_assist_export (struct aid_assist *a);
/* What went wrong with that since it was told last: 1, and *E says what; or 0. */
int aid_assist_export_trouble (struct aid_assist *a, struct aid_error *e);
struct aid_events *aid_assist_events (struct aid_assist *a);     /* borrowed: what is measured (measure/events.h); or NULL */
struct aid_team;
struct aid_team *aid_assist_team (struct aid_assist *a); /* borrowed: who sends that to a team's store (team/team.h), or NULL */
struct aid_projects;
struct aid_projects *aid_assist_projects (struct aid_assist *a); /* borrowed: the projects that are open */
struct aid_finder;
struct aid_finder *aid_assist_finder (struct aid_assist *a); /* borrowed: what projects hold, see assist/finder.h */
struct aid_resolver *aid_assist_resolver (struct aid_assist *a);   /* borrowed, for every thread */
struct aid_stale_memory;
struct aid_stale_memory *aid_assist_stale (struct aid_assist *a);  /* likewise */
struct aid_pool;
struct aid_pool *aid_assist_pool (struct aid_assist *a);   /* borrowed: for jobs of the front end */
struct aid_pool *aid_assist_readers (struct aid_assist *a);        /* likewise: for what may take long, as a page of the web
                                                                      does */
struct aid_net;
struct aid_net *aid_assist_net (struct aid_assist *a);     /* borrowed, likewise */
struct aid_stop;
const struct aid_stop *aid_assist_stop (struct aid_assist *a);     /* borrowed: set when A is freed, before its pools are
                                                                      waited for */

#endif
