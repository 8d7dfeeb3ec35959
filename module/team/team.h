/* A team's store: a PostgreSQL that gets the events of everybody who names it in the settings ("team_store"), and that says
   what became of the whole team's answers (trial.c).

   The file of events on each machine stays what it is and is the buffer: what the store has not got stands in its outbox
   (measure/outbox.h).  Batches go in one transaction each, and an event that is there already is left as it is; so whatever is
   killed, sent twice or by two at once, each event is there once. */
#ifndef AID_TEAM_TEAM_H
#define AID_TEAM_TEAM_H

#include "measure/events.h"
#include "base/stop.h"
#include "team/place.h"

#define AID_TEAM_EVENTS 500           /* that wait are sent at once; fewer */
#define AID_TEAM_EVERY_MS 30000       /* after so long */
#define AID_TEAM_AGAIN_MOST_MS 900000 /* the longest pause between attempts when the store is away */

/* --- sending, on the caller's thread (push.c) ------------------------------------------------------------------------- */

struct aid_team_pushed
{
  int64_t sent;    /* events that the store has now and had not */
  int64_t known;   /* that it had already */
  int64_t refused; /* that it will not take; they are kept here */
  char why[sizeof ((struct aid_error *)0)->msg]; /* what it said to the first of those; or "" */
  int busy;        /* with AID_E_STATE: nothing is wrong, another process of this machine sends just now */
};

enum aid_team_push_flags
{
  AID_TEAM_AGAIN = 1, /* everything there is, also what the store was said to have or has refused */
  AID_TEAM_WAIT = 2   /* wait for who sends just now, in place of AID_E_STATE */
};

/* Sends to PLACE what it has not got, until nothing is left.  STOP may be NULL.  OUT says what was done even when it fails.
   Nothing recorded is no error.  AID_E_NET and AID_E_TIMEOUT: nobody is there; AID_E_REFUSED, AID_E_NOTFOUND, AID_E_STATE,
   AID_E_IO, AID_E_CANCELLED as their words say. */
enum aid_err aid_team_push (const struct aid_team_place *place, int flags, const struct aid_stop *stop,
                            struct aid_team_pushed *out, struct aid_error *e);

/* --- what is there, and taking it away (about.c) ---------------------------------------------------------------------- */

/* Appends a val object: {store, stores, reached, error, version, newest, may_write, may_report, may_forget}: the name of
   PLACE (nil: none), what aid_outbox_status says, and of the server, when it was reached, the schema's version (0: it was
   not set up, or is not to be read) and what we may do; else the error.  AID_E_*: of this machine's file only. */
enum aid_err
aid_team_status (const struct aid_team_place *place, const struct aid_stop *stop, struct aid_str *val, struct aid_error *e);
/* Sets PLACE up, or brings it up to date, and runs GRANTS (may be ""; schema.h).  *WAS gets the version that it had. */
enum aid_err aid_team_init (const struct aid_team_place *place, const char *grants, const struct aid_stop *stop, int *was,
                            struct aid_error *e);
/* Deletes at PLACE those events that WHICH means, of the names by which this machine has measured, and written by the role that
   PLACE logs in as; those that were not sent yet will not be.  *N gets how many were there. */
enum aid_err aid_team_forget (const struct aid_team_place *place, const struct aid_events_which *which,
                              const struct aid_stop *stop, int64_t *n, struct aid_error *e);
/* Whether a team's store has got events of this machine; NAME gets how it is called. */
int aid_team_has_some (char name[AID_TEAM_NAME]);

/* --- sending by itself, on a thread of its own (sender.c) ------------------------------------------------------------- */

struct aid_team;

/* For tests: other times than the above; 0 is the default of each. */
struct aid_team_pace
{
  int every_ms, again_ms, again_most_ms;
};
/* Sends what EVENTS writes, when the user's settings name a store; PACE may be NULL.  Costs nothing until the first event
   is written: then the settings are looked at, on the thread that writes, and only who has a store gets a thread and
   libpq.  Must be called before events are added.  NULL without memory. */
struct aid_team *aid_team_new (struct aid_events *events, const struct aid_team_pace *pace);
/* Whether the store cannot be reached since a while, and that was not told yet: 1, and *E says why.  Told once until it
   works. */
int aid_team_trouble (struct aid_team *t, struct aid_error *e);
/* Ends sending at once, whatever is under way, and does not begin again.  May be called on any thread, several times. */
void aid_team_stop (struct aid_team *t);
/* Stops, and joins the thread; one that looks up a server's name for too long is left to itself.  EVENTS may be freed
   before or after. NULL is fine. */
void aid_team_free (struct aid_team *t);

#endif
