/* The rooms of assist/: a chat becomes a prompt (prompt.c, decisions.c), a model's events become an answer's text (answer.c), one
   request lives from the question to its last event (turn.c, turn_stream.c), disks are waited for by keeper.c, and all of them
   share one frame clock (assist.c). */
#ifndef AID_ASSIST_INTERNAL_H
#define AID_ASSIST_INTERNAL_H

#include "assist/assist.h"
#include "base/pool.h"
#include "chat/chat.h"
#include "chat/journal.h"
#include "chat/stream.h"
#include "assist/record.h"
#include "assist/stale.h"
#include "config/config.h"
#include "measure/events.h"
#include "model/conversation.h"
#include "model/provider.h"
#include "model/tokens.h"
#include "model/wire.h"
#include "net/http.h"
#include "store/blob.h"
#include <pthread.h>

#define AID_PROMPT_MAX (64u << 20)   /* bytes of everything that one request sends */

/* --- prompt.c: what is sent -------------------------------------------------------------------------------------- */

struct aid_frozen              /* an item as it is sent for the first time */
{
  char *target;
  char hash[17];
  int64_t tokens;
  struct aid_str text;
};

struct aid_shown               /* where an item stands in the conversation */
{
  size_t message, part;
  char *label, *target;
  struct aid_str head;         /* the two lines that it begins with there */
  size_t lines;                /* of its text */
};

struct aid_prompt_item         /* what is told of a context line that is sent */
{
  int64_t turn;
  char *label, *target, *why;  /* WHY: or NULL */
  char sent[AID_BLOB_ID];      /* its frozen bytes; "": it is live */
  int pinned;
  int known;                   /* its text was had */
  int64_t tokens, upto;        /* its own; of all that a model reads up to its end, about */
  int64_t age;                 /* of its text, in seconds; -1: it is as it is now */
};

struct aid_prompt_request
{
  struct aid_span chat;
  int64_t turn;                /* 0: the last question */
  const char *dir;             /* what relative links start from */
  const struct aid_ask_item *items;
  size_t nitems;
  const char *system;          /* the strategy's prompt */
  const char *model_id;        /* reasoning is carried back only to the model that made it */
  const char *remove_secrets;  /* see struct aid_ask */
  const struct aid_counter *counter;   /* for tokens; NULL: those of any model */
  enum { AID_ITEMS_NONE, AID_ITEMS_ALL, AID_ITEMS_NEW } list;     /* which ITEMS of the prompt are wanted; NEW: not sent yet */
  int dry;                     /* nothing is going to be sent: nothing is frozen, and an empty question is fine */
  int no_images, no_pdfs;      /* what the model is known not to read */
  struct aid_resolver *resolver;       /* or NULL */
  const char *root;            /* the project's folder, or NULL */
  int quick;                   /* no program is run and nothing fetched: of items that need it, what they gave last counts */
  int64_t summarise;           /* not 0: no question, but the turns up to this number and the wish for a summary of them */
};

struct aid_prompt_weight       /* what a turn that is sent adds */
{
  int64_t number, tokens;
};

struct aid_prompt
{
  struct aid_conversation conversation;
  struct aid_vec frozen;       /* struct aid_frozen */
  struct aid_vec weights;      /* struct aid_prompt_weight, in the order of the chat */
  struct aid_vec shown;        /* struct aid_shown, in the order of the conversation */
  struct aid_vec items;        /* struct aid_prompt_item, likewise, when they are wanted */
  struct aid_vec edited;       /* size_t, ascending: the messages that are answers which the person has changed */
  int64_t tokens;              /* of the whole, as the counter counts them */
  double spent;                /* US dollars that the chat's answers have cost, as their meta lines say */
  char key[33];                /* the chat's key */
  int64_t question;            /* the number of the asked turn */
};

/* Builds the conversation up to the question; reads its live items. */
enum aid_err aid_prompt_build (const struct aid_prompt_request *r, struct aid_prompt *out, struct aid_error *e);
/* Puts the items that are sent for the first time into the store: once it is clear that they are sent. */
enum aid_err aid_prompt_freeze (const struct aid_prompt *p, struct aid_error *e);
void aid_prompt_free (struct aid_prompt *p);

/* Appends the folder that relative links start from: the chat's, else the project's (either may be NULL). */
void aid_links_dir (const char *chat_path, const char *root, struct aid_str *dir);

/* --- held.c: what is kept from leaving ------------------------------------------------------------------------------ */

/* Looks for secrets in the conversation of P: first in what is the person's, questions, items, edited answers, files of a
   telling name; then in the strategy's prompt, answers, and what tools were given and gave, where only what was not found before
   counts.
   Those whose ids are in ALLOWED ("*": all; NULL: none) are fine.  Appends a list of the others to VAL, of objects {kind, item,
   target, line, mask, id, file, asked, answer, where}: "item" is nil for what is no item, and "where" says what it is then;
   "file" says that the item's name tells, "asked" that it is in the question that is asked, "answer" that it is in an answer.
   AID_E_REFUSED when there are any: *E says what and where, and
   nothing of the secret itself. */
enum aid_err aid_held_check (const struct aid_prompt *p, const char *allowed, struct aid_str *val, struct aid_error *e);
/* The same of the BODY that was made of it: all of its strings, those that no conversation has, too. */
enum aid_err aid_held_check_sent (struct aid_span body, const char *allowed, struct aid_str *val, struct aid_error *e);
/* The same of a request's body that the person has edited: whatever is in it leaves as it is. */
enum aid_err aid_held_check_body (struct aid_span body, const char *allowed, struct aid_str *val, struct aid_error *e);
/* Appends the item's TEXT without the secrets whose ids are in REMOVED (NULL: none). */
enum aid_err aid_held_remove (const char *removed, struct aid_span target, struct aid_span text, struct aid_str *out);

/* --- compact.c: summaries ------------------------------------------------------------------------------------------ */

/* The index of the last turn that a summary up to turn NUMBER is of, or -1. */
ptrdiff_t aid_compact_last (const struct aid_chat *c, int64_t number);
/* Appends what a model is told that shall write a summary. */
void aid_compact_wish (struct aid_str *out);
/* Appends the summary T as it is sent, with a sentence that says what it is; nothing when it has no words. */
void aid_compact_summary (const struct aid_chat *c, const struct aid_turn *t, struct aid_str *out);

/* --- decisions.c -------------------------------------------------------------------------------------------------- */

/* Appends what was decided about the hunks of ANSWER, a turn of CHAT, and what was applied instead of those that were edited;
   nothing when nothing was decided. */
void aid_decisions_tell (const struct aid_chat *chat, const struct aid_turn *answer, struct aid_str *out);

/* --- keeper.c: what is written to the disk while answers stream ------------------------------------------------------ */

struct aid_keeper;
struct aid_kept;               /* a journal */

struct aid_keeper *aid_keeper_new (struct aid_error *e);
/* Writes what waits, but syncs no more; every journal has been closed before. */
void aid_keeper_free (struct aid_keeper *keeper);
/* Begins a journal (see chat/journal.h); waits for the disk.  NULL when that fails: the answer goes on without. */
struct aid_kept *aid_keeper_open (struct aid_keeper *keeper, const char *chat_path, const char *request, int64_t turn);
/* Hands TEXT over, which is copied: never waits.  It is written at once, and synced within a second if more comes. */
void aid_kept_add (struct aid_kept *k, struct aid_span text);
/* Takes K (may be NULL): what waits is written and synced, then it is closed and, if it is UNWANTED, removed.  Never waits. */
void aid_kept_close (struct aid_kept *k, int unwanted);
/* Has a copy of BYTES stored as aid_blob_put would; ID gets its name.  Never waits; AID_E_LIMIT, AID_E_NOMEM, AID_E_STATE. */
enum aid_err aid_keeper_store (struct aid_keeper *keeper, struct aid_span bytes, char id[AID_BLOB_ID]);
/* What is done once on the thread that writes, after what waits there, also while everything stops.  Its memory is its
   maker's. */
struct aid_chore
{
  void (*fn) (struct aid_chore *chore);   /* frees it */
  size_t bytes;                           /* what it holds */
  struct aid_keeper *keeper;              /* the keeper's, as JOB is */
  struct aid_pool_job job;
};
#define AID_KEEPER_MAX ((size_t) 64 << 20)   /* bytes that all chores may hold; those of more than 64 KB have half of it */
/* Has CHORE done.  Never waits and never does it here: AID_E_LIMIT when a stuck disk has left too much to do, AID_E_STATE; then
   CHORE is the caller's again. */
enum aid_err aid_keeper_do (struct aid_keeper *keeper, struct aid_chore *chore);
/* Waits until what was handed over is in the store; two seconds at most, for a disk may be stuck. */
void aid_keeper_wait_stored (struct aid_keeper *keeper);

/* --- media.c: items that are no text ------------------------------------------------------------------------------- */

/* Appends the bytes of the image or PDF that TARGET names; leaves OUT empty when it names anything else.  AID_E_LIMIT above
   AID_MEDIA_MAX, AID_E_IO. */
enum aid_err aid_media_read (const char *dir, struct aid_span target, struct aid_str *out, struct aid_error *e);

/* --- answer.c: what comes back, as the chat file holds it --------------------------------------------------------- */

struct aid_answer;

struct aid_answer_hooks
{
  void (*text) (void *ctx, struct aid_span text);           /* the next piece of the answer's text */
  void (*closing) (void *ctx, size_t bytes);                /* the next BYTES close what is open: they need their place */
  void (*rekey) (void *ctx, const char *old_key, const char *new_key);  /* before the text that holds the old one */
  void (*reasoning) (void *ctx, struct aid_span text);      /* the next piece of a plain answer's reasoning */
  void *ctx;
};

/* KEY is the chat's; PLAIN: the model's text alone. */
struct aid_answer *aid_answer_new (const char *key, int plain, const struct aid_answer_hooks *hooks);
void aid_answer_free (struct aid_answer *a);
void aid_answer_event (struct aid_answer *a, const struct aid_model_event *ev);
/* Nothing follows: writes what is held back (tool calls) and closes what BODY, the whole text so far, leaves open. */
void aid_answer_end (struct aid_answer *a, struct aid_span body);
int64_t aid_answer_reasoning_ms (const struct aid_answer *a);   /* -1: there was none */
/* Whether the calls are small enough to be told at once: AID_ANSWER_MAX together. */
int aid_answer_tools_fit (const struct aid_answer *a);
/* Adds "tools", a list of {id, name, arguments}, to the object that OUT is in; how many pairs were added: 0 without calls. */
uint32_t aid_answer_tell_tools (const struct aid_answer *a, struct aid_str *out);
/* JSON of the reasoning's signatures, or empty. */
struct aid_span aid_answer_opaque (const struct aid_answer *a);
const char *aid_answer_key (const struct aid_answer *a);

/* Appends " KEY=VALUE" with everything that a marker may not hold percent-encoded. */
void aid_marker_word (struct aid_str *out, const char *key, struct aid_span value);

/* --- turn.c and assist.c: one request, and all of them ------------------------------------------------------------- */

struct aid_turn_state;

struct aid_assist
{
  struct aid_sink sink;
  struct aid_net *net;
  struct aid_pool *pool, *readers;     /* the latter read items for the front end, however long that takes */
  struct aid_keeper *keeper;
  struct aid_records *records; /* what was sent last */
  struct aid_events *events;   /* what is measured; or NULL */
  struct aid_team *team;      /* or NULL: nobody sends it */
  struct aid_exporter *exporter;       /* sends that elsewhere; or NULL */
  struct aid_projects *projects;
  struct aid_finder *finder;
  struct aid_resolver *resolver;       /* reads items that are no files */
  struct aid_stale_memory *stale;
  pthread_mutex_t lock;        /* guards turns and stopping */
  struct aid_vec turns;        /* struct aid_turn_state *: every request that has not ended */
  int stopping;
  struct aid_stop *stop;       /* the same for what waits for other programs */
  const char *reason;          /* why it stops, for requests that never began; set once, before stopping */
  /* The I/O thread's alone: */
  int64_t last_frame;          /* when text last went out, monotonic ms */
  int frame_pending;
};

/* Text has come for some turn: sends it now, or with the next frame. */
void aid_assist_frame (struct aid_assist *a);
void aid_assist_post (struct aid_assist *a, uint64_t id, int kind, const struct aid_str *val);

/* Why everything is ending, or NULL while it is not. */
const char *aid_assist_stopping (struct aid_assist *a);

/* A turn lives in three places, one after the other: on the pool while it is prepared, on the I/O thread while it
   streams, and there it is freed, always: so the I/O thread may hold any turn that it finds in the list. */
enum aid_err aid_turn_begin (struct aid_assist *a, const struct aid_ask *ask, struct aid_error *e);
/* I/O thread: sends what is not yet sent. */
void aid_turn_flush (struct aid_turn_state *t, int final);
/* I/O thread: since when what came waits to be sent, monotonic ms; INT64_MAX when nothing does. */
int64_t aid_turn_waiting (const struct aid_turn_state *t);
/* I/O thread: ends the request. */
void aid_turn_cancel (struct aid_turn_state *t);
uint64_t aid_turn_id (const struct aid_turn_state *t);
/* Takes T's way to be cancelled; NULL when somebody has it already.  Under the assistant's lock. */
struct aid_cancel *aid_turn_take_cancel (struct aid_turn_state *t);

/* Cancelling request ID, made while the request is, so that it needs no memory later and cannot fail; NULL without memory. */
struct aid_cancel *aid_cancel_new (struct aid_assist *a, uint64_t id);
void aid_cancel_free (struct aid_cancel *c);   /* one that nobody wanted; may be NULL */

/* --- inspect.c: what would be sent ---------------------------------------------------------------------------------- */

struct aid_strategy;
struct aid_looking
{
  struct aid_str *out;         /* gets the val that aid_assist_inspect gives, or aid_assist_items */
  struct aid_str *texts;       /* gets body and formatted in its place; or NULL */
  int items;                   /* the latter: nothing is run or fetched for it */
  json_t **messages;           /* gets what aid_assist_messages gives, and nothing else is; or NULL */
  const struct aid_strategy *strategy; /* that is in force; borrowed while LOOK takes what it is */
  struct aid_error problem;    /* ITEMS: why it cannot be sent, as no model is set; AID_OK: it can */
};
/* Puts P's conversation, as LOOK->messages wants it. */
enum aid_err aid_look_take_messages (struct aid_looking *look, const struct aid_prompt *p, struct aid_error *e);
/* Prepares ASK as it would be sent, without looking for a key, and has LOOK take what it is; stores and sends nothing. */
enum aid_err aid_turn_look (struct aid_assist *a, const struct aid_ask *ask, struct aid_looking *look, struct aid_error *e);
/* Takes what P became: the request of MODEL. */
void aid_look_take (struct aid_looking *look, struct aid_records *records, const struct aid_model *model,
                    const struct aid_wire_request *request, const struct aid_prompt *p);

#endif
