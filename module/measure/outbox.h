/* What a team's store has not got yet: a transactional outbox in the file of events (events.h).

   The file alone is the buffer.  From the moment on that a store is known here, a trigger puts the id of each event that is
   written into the table "unsent", in the transaction that writes it; what a store has said to have is taken out.  So nothing
   depends on the order of ids (several processes write, and an id that is older may be committed later), a program that is
   killed leaves events either sent and taken out, sent and still in, or unsent, and a process of an older AID that writes
   the file fills the outbox, too.  What is sent twice, the store recognises by its id.

   A store is known by its own id, which it drew when it was made: a database that was made anew gets everything again.  The
   tables are made when the first store is met, so that who has none has no such tables. */
#ifndef AID_MEASURE_OUTBOX_H
#define AID_MEASURE_OUTBOX_H

#include "base/err.h"
#include "base/str.h"

struct aid_db;

#define AID_OUTBOX_ID 16                   /* bytes of an event's id, and of a store's */
#define AID_OUTBOX_BATCH 500               /* events that are taken out at a time */
#define AID_OUTBOX_BYTES ((size_t)4 << 20) /* of their JSON; one event is always taken */
#define AID_OUTBOX_DAYS 30                 /* that a store is remembered which was not met */

/* Events as JSON objects with commas between, oldest first: id, at, kind, person, data, and of request, project, chat, path,
   language those that are known.  The names of kept texts, and the texts, are not among them. */
struct aid_outbox_batch
{
  unsigned char ids[AID_OUTBOX_BATCH][AID_OUTBOX_ID];
  size_t ends[AID_OUTBOX_BATCH]; /* where each object ends in TEXT; the next begins behind the comma */
  struct aid_str text;
  size_t n;
};

void aid_outbox_batch_init (struct aid_outbox_batch *b);
void aid_outbox_batch_free (struct aid_outbox_batch *b);
/* The objects [FROM, TO), commas between; borrowed. */
struct aid_span aid_outbox_part (const struct aid_outbox_batch *b, size_t from, size_t to);

/* Meets the store ID, called NAME for people: of a new one all events from SINCE on (ms since 1970; 0: all) are unsent, and
   whatever is written from now on.  AGAIN: they are, even if the store has said to have them.  Forgets stores that were
   not met for AID_OUTBOX_DAYS.  *STORE gets its number. */
enum aid_err aid_outbox_meet (struct aid_db *db, const unsigned char id[AID_OUTBOX_ID], const char *name, int64_t since,
                              int again, int64_t *store, struct aid_error *e);
/* The oldest events that STORE has not got, into B; none left: B->n is 0. */
enum aid_err aid_outbox_next (struct aid_db *db, int64_t store, struct aid_outbox_batch *b, struct aid_error *e);
/* STORE has the first N of B. */
enum aid_err
aid_outbox_sent (struct aid_db *db, int64_t store, const struct aid_outbox_batch *b, size_t n, struct aid_error *e);
/* STORE will not take the event I of B, and said WHY: it stays here and is not sent again, unless by AGAIN. */
enum aid_err aid_outbox_refused (struct aid_db *db, int64_t store, const struct aid_outbox_batch *b, size_t i,
                                 const char *why, struct aid_error *e);
struct aid_events_which;
/* Takes the events of WHICH out: they will not be sent.  For who has them deleted in the store. */
enum aid_err aid_outbox_withdraw (struct aid_db *db, const struct aid_events_which *which, struct aid_error *e);

/* Appends a val list, an object for each store that was met, the last one first: {name, unsent, oldest, refused, why, met}:
   how many events it has not got and when the oldest of them happened (0: none), how many it refused and the first reason
   (or nil), when it was last met. */
enum aid_err aid_outbox_status (struct aid_db *db, struct aid_str *val, struct aid_error *e);

/* --- for who deletes events ------------------------------------------------------------------------------------------- */

/* Whether DB has an outbox. */
int aid_outbox_is_there (struct aid_db *db);
/* How many events of [FROM, TO), by id, some store has not got. */
int64_t aid_outbox_count (struct aid_db *db, const unsigned char *from, const unsigned char *to);
/* Nobody wants events any more: takes the tables away. */
enum aid_err aid_outbox_drop (struct aid_db *db, struct aid_error *e);

#endif
