/* From an experiment and who has its events to its report; and whether one that runs here does harm. */
#ifndef AID_MEASURE_TRIAL_REPORT_H
#define AID_MEASURE_TRIAL_REPORT_H

#include "measure/experiment.h"
#include "measure/stats_report.h"
#include "measure/trial.h"

/* What stands for the arm VARIANT of the experiment NAME in a request's field "variant": "NAME=VARIANT", with '%', ',', '=', spaces and
   control characters in either as %XX. */
void aid_trial_pair (const char *name, const char *variant, struct aid_str *out);
/* Tells declarations apart that give different things, or the same to others: a hash of X's seed, unit and variants with their weights
   and settings.  Coverage, days, targeting and guardrails may change while X runs. */
void aid_trial_version (const struct aid_experiment *x, char out[AID_TRIAL_VERSION]);

struct aid_trial_report
{
  struct aid_report_plan plan; /* borrows the experiment */
  struct aid_report_metric metrics[AID_REPORT_METRICS];
  size_t nmetrics;
  struct aid_trial trial;
  struct aid_report report;
  const char *from;
  struct aid_vec rows[AID_REPORT_METRICS]; /* struct aid_stats_row */
};

/* Asks SOURCE for the rows of X, which has two variants or more, and makes its report.  OUT is to be freed, whatever comes. */
enum aid_err aid_trial_report_make (const struct aid_experiment *x, const struct aid_trial_source *source,
                                    struct aid_trial_report *out, struct aid_error *e);
void aid_trial_report_free (struct aid_trial_report *r);
/* Appends the val object of aid_report_val, and behind its members {from, persons, first, last, counts: [{arm, persons, requests,
   offered, accepted, undone, chars, kept, hunks, refused, builds, red}]}. */
void aid_trial_report_val (const struct aid_trial_report *r, struct aid_str *out);

/* --- harm, looked for while it runs (trial_broken.c) --------------------------------------------------------------------- */

#define AID_TRIAL_CHECK_MS (3600 * 1000) /* a report is made at most so often for this */

/* Whether the variant VARIANT of the experiment X is shown to do harm: a guardrail of its is broken or its aim is worse
   (AID_DECIDE_STOP), by the events of SOURCE (NULL: this machine's).  1: it is, and WHY (may be NULL) gets a sentence to be told;
   0: not, or it cannot be told (no events, an error).  Looks again only when the last look is AID_TRIAL_CHECK_MS ago, or NOW is
   given; what was found stays in $XDG_STATE_HOME/aid/experiments.json, so that a variant that was found to do harm stays
   off, for this version of X, until the person says `aid experiment resume NAME`.  It reads files and may count for a second:
   for a job, never for Emacs's thread. */
int aid_trial_broken (const struct aid_experiment *x, const char *variant, const struct aid_trial_source *source, int now,
                      struct aid_str *why);
/* The same from the file alone, without counting anything: under a millisecond. */
int aid_trial_is_off (const struct aid_experiment *x, const char *variant, struct aid_str *why);

#endif
