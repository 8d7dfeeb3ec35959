/* Experiments take effect here (measure/experiment.h): whoever reads settings for a question reads them through
   aid_variants_config, so that what is shown of a question, found out for it and sent is the same.

   Over an experiment stand:
   - the person's own choice for the question or the chat: with a question for which the person has chosen the model (the
     strategy) nobody takes part in an experiment whose variants set "model" ("strategy"), whatever the variant; and neither
     in one that sets "model" when the strategy in force names its model;
   - what was found to do harm (measure/trial_report.h): that variant is off for this person;
   - the core that runs: of an experiment over cores nobody takes part who runs another one than their variant's (rollout/wish.h).
   Such a question counts for no variant of that experiment. */
#ifndef AID_ASSIST_VARIANTS_H
#define AID_ASSIST_VARIANTS_H

#include "config/config.h"
#include "base/str.h"
#include "base/vec.h"
#include "measure/trial.h"

#define AID_VARIANTS_MAX 256    /* experiments that a question takes part in */
#define AID_VARIANTS_PAIRS 1024 /* bytes of all pairs; what does not fit is left out, and takes no effect */

/* A question, or what there is of one; borrowed. */
struct aid_asked
{
  const char *root;             /* the project's folder, or NULL */
  const char *model, *strategy; /* what the person has chosen for it, or NULL */
  int exact;                    /* STRATEGY itself, not its variant for the files' language */
  struct aid_span chat;         /* the chat's text: its language may be asked for; or empty */
  const char
    *request; /* the word of the request that is being sent; NULL: none is, and experiments by request, whose variant
                                   is drawn then, are left out */
};

/* A variant in force. */
struct aid_taken
{
  char *experiment, *variant;
  char *unit;         /* who was assigned: a person; NULL: the request itself */
  const char *reason; /* static */
  char version[AID_TRIAL_VERSION];
};

struct aid_variants
{
  struct aid_vec taken; /* struct aid_taken, in the settings' order */
  struct aid_str pairs; /* "shorter=new,other=old": what a request's event has */
};

void aid_variants_init (struct aid_variants *v);
void aid_variants_free (struct aid_variants *v);

/* The settings that hold for Q, its variants' laid over them; to be freed.  Fails as aid_config_load does.  OUT (may be NULL;
   made by aid_variants_init) gets the variants.  Without experiments in the settings it costs what loading costs. */
struct aid_config *aid_variants_config (const struct aid_asked *q, struct aid_variants *out, struct aid_error *e);
/* Appends a val list of {experiment, variant}. */
void aid_variants_val (const struct aid_variants *v, struct aid_str *out);

struct aid_events;
/* Notes that V took effect on REQUEST ("CHAT'S KEY REQUEST'S WORD") in the project at ROOT.  What was noted once is not again. */
void aid_variants_expose (const struct aid_variants *v, struct aid_events *events, struct aid_span request, const char *root,
                          const char *chat);

/* Appends a val list: for each experiment of the settings {name, hypothesis, state ("runs", "waits", "over", "off"), by,
   variants (their names), variant (or nil), reason, why, off (why it was switched off here, or nil), report (as
   aid_trial_report_val has it, or nil), problem (why there is no report, or nil)}.  Makes the reports: for a job.  SOURCE: NULL
   is this machine. */
enum aid_err aid_variants_list (const struct aid_asked *q, const struct aid_trial_source *source, struct aid_str *out,
                                struct aid_error *e);
/* Looks for harm that variants do, at most once an hour unless NOW (aid_trial_broken).  Appends, once for each variant of this
   person that was switched off, a line to be told; lines are parted by newlines.  For a job. */
void aid_variants_check (const struct aid_asked *q, const struct aid_trial_source *source, int now, struct aid_str *out);

#endif
