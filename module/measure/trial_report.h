/* From an experiment and who has its events to its report; and whether one that runs here does harm. */
#ifndef AID_MEASURE_TRIAL_REPORT_H
#define AID_MEASURE_TRIAL_REPORT_H

#include "measure/experiment.h"
#include "measure/stats_report.h"
#include "measure/trial.h"

/* What stands for the arm VARIANT of the experiment NAME in a request's field "variant": "NAME=VARIANT", with '%', ',', '=',
   spaces and control characters in either as %XX. */
void aid_trial_pair (const char *name, const char *variant, struct aid_str *out);
/* Tells declarations apart that give different things, or the same to others: a hash of X's seed, unit and variants with their
   weights and settings.  Coverage, days, targeting and guardrails may change while X runs. */
void aid_trial_version (const struct aid_experiment *x, char out[AID_TRIAL_VERSION]);

struct aid_trial_report
{
  struct aid_report_plan plan; /* borrows the experiment */
  struct aid_report_metric metrics[AID_REPORT_METRICS];
  size_t nmetrics;
  struct aid_trial trial;
  struct aid_report report;
  const char *from; /* the source's */
  int one_person;   /* an experiment by request that one person has alone: each request is a row, and what it
                                              shows holds for that person */
  struct aid_vec rows[AID_REPORT_METRICS]; /* struct aid_stats_row: what METRICS borrow */
};

/* Asks SOURCE for the rows of X, which has two variants or more, and makes its report.  OUT is to be freed, whatever comes. */
enum aid_err aid_trial_report_make (const struct aid_experiment *x, const struct aid_trial_source *source,
                                    struct aid_trial_report *out, struct aid_error *e);
void aid_trial_report_free (struct aid_trial_report *r);

/* What an arm has in all. */
struct aid_trial_counts
{
  uint64_t units; /* that were exposed to it: persons, or requests */
  struct aid_trial_sums sums;
};
void aid_trial_report_count (const struct aid_trial_report *r, size_t arm, struct aid_trial_counts *out);
/* Appends a val object: {from, persons, one_person, first, last, counts: [{arm, seen, requests, offered, taken, accepted, undone,
   chars, kept, hunks, refused, builds, red}], report: as aid_report_val has it}. */
void aid_trial_report_val (const struct aid_trial_report *r, struct aid_str *out);

/* --- harm, looked for while it runs (trial_broken.c) --------------------------------------------------------------------- */

#define AID_TRIAL_CHECK_MS 3600000 /* a report is made at most so often for this */

/* Whether the variant VARIANT of the experiment X is shown to do harm: a guardrail of its is broken or its aim is worse
   (AID_DECIDE_STOP), by the events of SOURCE (NULL: this machine's).  1: it is, and WHY (may be NULL) gets a sentence to be told;
   0: not, or it cannot be told (no events, an error).  It counts only when the last look is AID_TRIAL_CHECK_MS ago, or NOW is
   given.  What was found stays in $XDG_STATE_HOME/aid/experiments.json: a variant that was found to do harm stays off, for this
   declaration of X (aid_trial_version), until the person resumes it.  It reads files and may count for a second: for a job,
   never for Emacs's thread.  Any thread; of several processes that look at once, the results of all stay. */
int aid_trial_broken (const struct aid_experiment *x, const char *variant, const struct aid_trial_source *source, int now,
                      struct aid_str *why);
/* The same from the file alone, without counting anything: well under a millisecond. */
int aid_trial_is_off (const struct aid_experiment *x, const char *variant, struct aid_str *why);
/* 1 the first time for a variant that is off, in whatever process: whoever gets it tells the person. */
int aid_trial_tell (const struct aid_experiment *x, const char *variant);
/* Has X go on whatever its report says, until it is declared anew.  *WAS gets whether any variant was off. */
enum aid_err aid_trial_resume (const struct aid_experiment *x, int *was, struct aid_error *e);

#endif
