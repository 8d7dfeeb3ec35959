/* The rows of an experiment: what became of the answers of each person in each arm, as sums.  They are counted where the
   events are, in SQL (SQLite here, trial_rows.c; a team's PostgreSQL elsewhere); from the sums on everything is the same
   (trial_report.h).

   What counts, in words that both follow:

   - A request is in the arm A of the experiment X when its "request" event has the pair "X=A" among those of its field
     "variant" (AID_TRIAL_PAIR; pairs are parted by commas, so that ',' || variant || ',' holds ',' || pair || ','), and
     its time is not before the first exposure of its person to this version of X.
   - An exposure is an event "exposure" with "experiment", "version" and "variant".  One person, or by request one request, counts
     once an arm, however often it was written.
   - A hunk is what events of the same request call by the same "hunk".  Its last decision counts, by the id of the event.
   - BEFORE is the same of the person's requests in the AID_TRIAL_BEFORE_DAYS before the first exposure, whatever
     they were asked with, from events before it alone: what happened later the experiment may have changed.  A person in
     several arms has the same in each. */
#ifndef AID_MEASURE_TRIAL_H
#define AID_MEASURE_TRIAL_H

#include "measure/stats.h"
#include "base/str.h"
#include "base/vec.h"

#define AID_TRIAL_BEFORE_DAYS 28
#define AID_TRIAL_KEPT_AGE "10m" /* of the "stayed" events that count: one age, so that like is compared with like */
#define AID_TRIAL_VERSION 9      /* 8 hex digits and a NUL */
#define AID_TRIAL_UNITS_MAX 1000000
#define AID_TRIAL_VALUES_MAX 4000000

struct aid_trial_question
{
  const char *name;
  const char *version; /* of the experiment's declaration (aid_trial_version): other versions do not count */
  int by_request;      /* the units that were assigned are requests; else persons */
  /* A row for each request of an arm in place of one for each person: its PERSON is then the request's number, its BEFORE is
     0; for the experiment of one person alone. */
  int each_request;
  const char *arms[AID_STATS_ARMS_MAX];  /* the variants' names in their order; a row says its place among them */
  const char *pairs[AID_STATS_ARMS_MAX]; /* of each arm: what stands in the field "variant" of its requests */
  size_t narms;
};

/* All are counts, 0 or more. */
struct aid_trial_sums
{
  /* Requests that ended, well or not. */
  double requests;
  /* Hunks that were decided on (last decision: any but "replaced"); those whose last one is "accepted" or "edited". */
  double offered, taken;
  /* Hunks that were ever "accepted" or "edited"; those of them that have an "undone" whose "was" is one of these. */
  double accepted, undone;
  /* Characters of hunks by their "stayed" events of the age AID_TRIAL_KEPT_AGE; those still there. */
  double chars, kept;
  /* Of the first "patch" event of each request: the sum of "exact", "shifted", "whitespace", "adjusted", "already" and
     "refused"; and "refused". */
  double hunks, refused;
  /* Builds with the status "green" or "red" that came first after a decision "accepted" or "edited" in their project, and
     belong to its request; those that are "red" and whose "before" is not. */
  double builds, red;
};

struct aid_trial_unit
{
  uint32_t person, arm; /* PERSON: a number of its own for each, whichever */
  struct aid_trial_sums during, before;
};

struct aid_trial
{
  struct aid_vec units;     /* struct aid_trial_unit: one for each person and arm with an exposure */
  struct aid_vec latencies; /* struct aid_stats_value: "ms" of each request in an arm whose outcome is "done" or "cut" */
  uint64_t seen[AID_STATS_ARMS_MAX]; /* units (persons or requests) exposed to each arm */
  uint64_t persons;                  /* different ones with an exposure */
  int64_t first, last; /* the times of the first exposure and of the last request that counts, ms since 1970; or 0 */
};

/* Who has events.  READ fills OUT, which was made by aid_trial_init, from those that Q means; none is no error. */
struct aid_trial_source
{
  const char *from; /* for people: "this machine", "the team's database" */
  enum aid_err (*read) (void *ctx, const struct aid_trial_question *q, struct aid_trial *out, struct aid_error *e);
  void *ctx;
};

void aid_trial_init (struct aid_trial *t);
void aid_trial_free (struct aid_trial *t);

/* The events of this machine (events.db): borrows nothing. */
struct aid_trial_source aid_trial_local (void);
/* The same for who may be told to stop, for a year's events take seconds: once STOP, which is borrowed, is set, reading ends
   with AID_E_CANCELLED. */
struct aid_stop;
struct aid_trial_source aid_trial_local_until (const struct aid_stop *stop);

#endif
