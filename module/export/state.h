/* Where export stands: $XDG_STATE_HOME/aid/export.db, which holds nothing of a person's but ids of events and sums.

   An event is settled for a use (the sums, or spans for one receiver) when its id is marked for that: so what is written late,
   by an Emacs that could not for a while, is found, and what was settled is not settled again.  Marks of events that are
   forgotten go, too.  Who deletes the file has all sums begin anew. */
#ifndef AID_EXPORT_STATE_H
#define AID_EXPORT_STATE_H

#include "base/stop.h"
#include "base/vec.h"
#include "store/db.h"

#define AID_EXPORT_ID 16  /* bytes of an event's id */
#define AID_EXPORT_SUMS 0 /* the use of the sums; those of receivers are above it */

struct aid_export_state
{
  struct aid_db *db;
  struct aid_db *events;       /* the events, or NULL: nothing was ever recorded */
  int dry;                     /* all of it is one transaction, which is taken back at the end */
  int lock;                    /* the lock's descriptor, or -1 */
  const struct aid_stop *stop; /* looked at where many events are read; or NULL */
};

/* Opens both.  DRY: nothing that is written stays.  STOP (may be NULL): once it is set, what takes long ends with
   AID_E_CANCELLED. */
enum aid_err aid_export_state_open (struct aid_export_state *s, int dry, const struct aid_stop *stop, struct aid_error *e);
/* From here on until it is closed this process alone settles spans: AID_E_STATE while another one does.  (Sums need no lock but
   their transaction's.)  Does nothing when DRY. */
enum aid_err aid_export_state_lock (struct aid_export_state *s, struct aid_error *e);
void aid_export_state_close (struct aid_export_state *s);

enum aid_err aid_export_begin (struct aid_export_state *s, struct aid_error *e);
/* Keeps what was written since, or takes it back when ERR; gives ERR, or why it could not be kept. */
enum aid_err aid_export_end (struct aid_export_state *s, enum aid_err err, struct aid_error *e);

/* A receiver: events from FROM on are its, in its use. */
struct aid_export_place
{
  int64_t use;
  int64_t from;          /* ms since 1970 */
  int64_t sent, dropped; /* events, since the beginning */
};
/* That of the address URL, which is kept as a hash; a new one is of what was recorded since FROM.  An earlier FROM than before
   (or 0) takes in what was recorded between; -1: as it was, and a new one has all. */
enum aid_err aid_export_place (struct aid_export_state *s, const char *url, int64_t from, struct aid_export_place *out,
                               struct aid_error *e);
enum aid_err aid_export_place_count (struct aid_export_state *s, const struct aid_export_place *p, int64_t sent,
                                     int64_t dropped, struct aid_error *e);

/* Notes that the person's settings have export turned on, or off: what was recorded before it is on again is nobody's, unless a
   receiver's FROM takes it in.  STOP (may be NULL): nothing is noted once it is set, for who is told to stop may know settings
   that are others by now: AID_E_CANCELLED. */
enum aid_err aid_export_turned (int on, const struct aid_stop *stop, struct aid_error *e);

/* A value of FALLBACK when there is none. */
enum aid_err
aid_export_get (struct aid_export_state *s, const char *key, int64_t fallback, int64_t *out, struct aid_error *e);
enum aid_err aid_export_set (struct aid_export_state *s, const char *key, int64_t value, struct aid_error *e);

/* Pushes the ids (unsigned char[AID_EXPORT_ID]) of at most MOST events from FROM on that are not marked for USE, oldest first;
   of the kinds that become SPANS, or of all. */
enum aid_err aid_export_pending (struct aid_export_state *s, int64_t use, const unsigned char from[AID_EXPORT_ID], int spans,
                                 size_t most, struct aid_vec *ids, struct aid_error *e);
enum aid_err aid_export_mark (struct aid_export_state *s, int64_t use, const unsigned char *id, struct aid_error *e);
/* Takes out the marks of events that are forgotten. */
enum aid_err aid_export_prune (struct aid_export_state *s, struct aid_error *e);
/* The first id of a time, ms since 1970. */
void aid_export_id_at (int64_t ms, unsigned char out[AID_EXPORT_ID]);

/* Forgets where export stands: the sums, the marks. */
void aid_export_forget (void);

#endif
