/* What happened to every suggestion, on the person's own machine: $XDG_STATE_HOME/aid/events.db, one row an event.

   Sizes, words of closed lists and salted hashes are kept, no text of a person's; the setting "measure" (config/config.h) turns
   all of it off, or has texts kept, too, in the store, for data sets of the person's own.

   Who adds an event waits for nothing: it is copied into a queue, and a thread of its own writes it.  A full disk, a database
   that others hold or that is damaged costs measurements, never work; it is told once (aid_events_trouble).  Any number of
   processes may write at the same time. */
#ifndef AID_MEASURE_EVENTS_H
#define AID_MEASURE_EVENTS_H

#include "base/err.h"
#include "base/str.h"
#include "measure/kinds.h"

#define AID_EVENTS_QUEUE 4096                /* events that wait for the disk; more of them are lost */
#define AID_EVENTS_BYTES ((size_t)16 << 20)  /* likewise, of all that wait */
#define AID_EVENTS_CONTENT ((size_t)1 << 20) /* bytes of a text that is kept; of a longer one nothing is */
#define AID_EVENTS_DAYS 400                  /* what is older is forgotten, unless the settings say otherwise */
#define AID_EVENTS_MEGABYTES 256             /* likewise the oldest, when there is more */
#define AID_EVENT_ID 37                      /* a UUID of version 7 in its usual form, and a NUL */

/* Everything is borrowed and copied. */
struct aid_measurement
{
  enum aid_measured kind;
  struct aid_span request;        /* what names the request everywhere: "CHAT'S KEY REQUEST'S WORD"; or empty */
  const char *root, *chat, *path; /* the project's folder, the chat, the file (from the project's folder); or NULL */
  const char *language;           /* or NULL */
  struct aid_span hunk;           /* what names a hunk: becomes the field "hunk"; or empty */
  struct aid_span fields;         /* a val object of the kind's fields (kinds.h) */
  struct aid_span before, after;  /* how far one was changed into the other becomes the field "edited"; or empty */
  struct aid_span content;        /* a JSON document; kept only if the settings say so; or empty */
};

struct aid_events;

/* Costs nothing until something is added: no thread runs and no file is looked at.  NULL without memory. */
struct aid_events *aid_events_new (void);
/* FN is called on the thread that writes, holding nothing, with how many events were just written; FREE_CTX once when
   nothing calls it any more, with EVENTS.  For one listener, before anything is added. */
void aid_events_ring (struct aid_events *events, void (*fn) (void *ctx, size_t n), void (*free_ctx) (void *ctx), void *ctx);
/* Adds M, some microseconds after it happened.  NULL as EVENTS: does nothing.  Any thread. */
void aid_events_add (struct aid_events *events, const struct aid_measurement *m);
/* Waits until all that was added is written, WAIT_MS at most; 0: it is. */
int aid_events_wait (struct aid_events *events, int wait_ms);
/* Whether events were lost or wait since something went wrong that was not told yet: 1, and *E says what. */
int aid_events_trouble (struct aid_events *events, struct aid_error *e);
/* Writes what waits, for half a second at most, and joins the thread; one that a slow disk keeps for longer is left to
   itself and frees everything when it ends.  NULL is fine. */
void aid_events_free (struct aid_events *events);

/* --- reading, and forgetting: on the caller's thread ------------------------------------------------------------------ */

/* Borrowed. */
struct aid_event_row
{
  char id[AID_EVENT_ID];
  int64_t at;                                                             /* ms since 1970 */
  const char *kind, *request, *person, *project, *chat, *path, *language; /* all but kind and person may be NULL */
  const char *data;                                                       /* a JSON object */
  const char *content; /* of aid_events_each: the name of the texts in the store (store/blob.h); or NULL */
};

struct aid_events_which
{
  int64_t since, before; /* ms since 1970; 0: no such limit */
  const char *kind;      /* or NULL: all */
  const char *root;      /* only of the project there, or NULL: all */
};

/* Calls EACH with the events that WHICH means, oldest first, until it gives non-zero.  None when nothing was ever recorded. */
enum aid_err aid_events_each (const struct aid_events_which *which, int (*each) (void *ctx, const struct aid_event_row *row),
                              void *ctx, struct aid_error *e);
/* Forgets them, and the texts that were kept with them: what was there is overwritten.  *N gets how many. */
enum aid_err aid_events_forget (const struct aid_events_which *which, int64_t *n, struct aid_error *e);
/* Appends a val object: {measure (as the user's settings say), file, bytes, days, megabytes, events, first, last, kinds,
   team (whether they are sent to a team's store)}, times in ms since 1970 and 0 when there is none, kinds a list of {kind,
   events}. */
enum aid_err aid_events_status (struct aid_str *val, struct aid_error *e);

struct aid_db;
/* Opens the events for who asks them in SQL; *OUT is NULL when nothing was ever recorded.  Waits for the locks of others, for
   seconds: not for a thread that people wait for. */
enum aid_err aid_events_open (struct aid_db **out, struct aid_error *e);

#endif
