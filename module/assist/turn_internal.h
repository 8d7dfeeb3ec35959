/* One request's state, shared by turn.c (birth, preparation), turn_asked.c (what was asked), turn_stream.c (what arrives),
   turn_notes.c (what is noted of it for good), turn_measured.c (what is measured) and turn_variants.c (experiments). */
#ifndef AID_ASSIST_TURN_INTERNAL_H
#define AID_ASSIST_TURN_INTERNAL_H

#include "assist/assist_internal.h"
#include "assist/forecast.h"
#include "assist/found.h"
#include "assist/variants.h"
#include "base/val.h"
#include "export/ids.h"

struct aid_turn_state
{
  struct aid_assist *assist;
  uint64_t id;

  /* As asked; read only. */
  struct aid_str chat;
  int64_t turn;
  char *chat_path, *root, *model_id, *strategy, *secret, *request;
  char *allow_secrets, *remove_secrets;
  char *sent_key;               /* what the server knows as the key: it shows in no words of ours */
  struct aid_ask_item *items;
  size_t nitems;
  int64_t summarise;           /* not 0: a summary of the turns up to this number is asked for */
  struct aid_str schema;       /* see struct aid_ask */
  char *schema_file;
  struct aid_str body;         /* what is sent instead of the request that the chat makes, or empty */
  int quick;                   /* see struct aid_ask */
  struct aid_looking *look;    /* only looked at: nothing is sent, stored or asked for; or NULL */
  int plain, exact, over_budget;
  int apart;                   /* see aid_ask */
  struct aid_later *way;       /* to the I/O thread: reserved at birth, so that getting there cannot fail */
  struct aid_cancel *cancel;   /* the same for whoever cancels; guarded by the assistant's lock, NULL once it is on its way */

  /* Written while preparing. */
  char *used;                  /* the strategy in force, variants considered */
  struct aid_model model;
  struct aid_variants variants; /* the experiments' that are in force */
  const struct aid_wire *wire;
  struct aid_wire_request wire_request;
  char key[33];
  int64_t question;
  int edited;                  /* BODY is what was sent */
  int log_content, measure_content;    /* whether the log, and the measurements, have its texts */
  char trace[AID_TRACEPARENT]; /* the request's header "traceparent", or "" */
  int retries;                 /* the I/O thread's */
  int64_t counted;             /* tokens of the request, as we count them; 0: not known */
  struct aid_str frozen;       /* the val of the event that begins the request's life on the I/O thread, or empty */
  struct aid_record *record;   /* what is to be kept of it, until it begins; or NULL */
  struct aid_found *found;     /* NULL: no patches are looked for */
  struct aid_kept *journal;    /* or NULL */
  struct aid_str held;         /* what kept it from being sent: a val, or empty */
  struct aid_error fail;       /* what ended the request, in our own words */
  int refused;                 /* the pool did not take it: whoever asked was told, so no event tells it */

  /* The I/O thread's alone. */
  int cancelled, reported, streaming, ending;
  int64_t waiting;             /* since when something waits to be sent, monotonic ms; 0: nothing does */
  uint64_t http;               /* 0: not started */
  struct aid_decoder *decoder;
  struct aid_answer *answer;
  struct aid_stream *stream;
  struct aid_vec spans;        /* struct aid_face_span, used by flush */
  struct aid_str reasoning;    /* of a plain request, not yet sent; none while there is text that is not sent */
  size_t reasoned;             /* bytes of reasoning so far, of a plain request */
  struct aid_usage usage;
  enum aid_stop_reason stop;
  int stopped;                 /* the answer is whole: its end has come */
  struct aid_str stop_words;
  struct aid_error why;        /* the server's words for a refused attempt */
  int64_t started, first;      /* monotonic ms; first text, 0: none yet */
};

/* Copies what ASK says into T, which is zeroed; -1 without memory. */
int aid_turn_copy_asked (struct aid_turn_state *t, const struct aid_ask *ask);
/* Frees that, and what else T had before it was prepared. */
void aid_turn_free_asked (struct aid_turn_state *t);
/* I/O thread: starts the HTTP request.  On failure T->fail is set. */
enum aid_err aid_turn_stream (struct aid_turn_state *t);
/* The record of the request ends with RESULT, and the log gets its line. */
void aid_turn_end_record (const struct aid_turn_state *t, const struct aid_http_result *result);
/* Has what was used noted, when the server has told anything. */
void aid_turn_note_usage (const struct aid_turn_state *t);
/* Appends what measurements call the request: "CHAT'S KEY REQUEST'S WORD"; nothing when it has no such name. */
void aid_turn_name (const struct aid_turn_state *t, struct aid_str *out);
/* The chat's key, which may have changed while the answer came. */
const char *aid_turn_key (const struct aid_turn_state *t);
/* Has it measured how the request ended (turn_measured.c), and what of P it holds for the first time. */
void aid_turn_measure (const struct aid_turn_state *t);
/* Has the request, of the chat KEY, carry the ids of the span that it will be exported as; nothing unless CONFIG has it measured
   and the person's own settings export. */
enum aid_err aid_turn_propagate (struct aid_turn_state *t, const struct aid_config *config, const char *key);
void aid_turn_measure_context (const struct aid_turn_state *t, const struct aid_prompt *p);

/* The settings that hold for T, to be freed; NULL and T->fail.  For a request that is only looked at nothing is drawn. */
struct aid_config *aid_turn_settings (struct aid_turn_state *t);
/* Forgets the key that the front end found when that is another server's: the variant of an experiment by request, which was
   drawn just now, may ask one that the front end did not know of. */
enum aid_err aid_turn_keep_secret_home (struct aid_turn_state *t);
/* Has it measured that the variants took effect: the request is on its way. */
void aid_turn_measure_exposure (const struct aid_turn_state *t);
/* Posts the one event that ends the request. */
void aid_turn_report (struct aid_turn_state *t);
/* Takes T off the list, reports, frees. */
void aid_turn_finish (struct aid_turn_state *t);

#endif
