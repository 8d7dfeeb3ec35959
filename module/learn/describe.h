/* What a change is for, in words: a model writes a detailed description of an example from its diff and what the compiler said;
   a second question brings that to what a person would type.  Each is looked through for what gives the change away (leak.h),
   and done again when it does, with what it was; what still does after all tries is kept, and left out of data sets.

   The two prompts are the strategies "describe" and "describe-question", which a person can put their own in front of. */
#ifndef AID_LEARN_DESCRIBE_H
#define AID_LEARN_DESCRIBE_H

#include "learn/ask_once.h"
#include "learn/examples.h"
#include "learn/sample.h"

#define AID_DESCRIBE_TRIES 3
#define AID_DESCRIBE_JOBS 4      /* at once, */
#define AID_DESCRIBE_JOBS_MAX 32 /* and at most */

struct aid_describe_settings
{
  char *model, *sample; /* or NULL */
  int64_t tries, jobs;
  double dollars; /* a run spends no more; negative: no limit */
  int64_t tokens; /* likewise; 0: no limit */
};
/* The person's, from the setting "describe"; a project's have no say.  Free OUT in any case. */
enum aid_err aid_describe_settings_read (struct aid_describe_settings *out, struct aid_error *e);
void aid_describe_settings_free (struct aid_describe_settings *s);

struct aid_describer
{
  struct aid_describe_settings settings;
  struct aid_sample sample;
  struct aid_asker *asker;
  int over_budget; /* the budgets of the settings were agreed to be passed */
};

struct aid_described
{
  json_t *described; /* what examples.h says, a new reference; NULL when it failed */
  int64_t in, out;   /* tokens, also of what failed */
  double cost;       /* US dollars of those requests that told it, or whose model's price is known */
  int unpriced;      /* requests of which it is not known */
  int held;          /* it was not sent: there is what looks like a secret in it */
  struct aid_error error;
};
/* Describes EXAMPLE; any thread.  What went wrong is in OUT->error. */
void aid_describe_one (const struct aid_describer *d, const json_t *example, struct aid_described *out);
/* About what that costs: sends nothing.  *COST is negative when the model's price is not known. */
enum aid_err aid_describe_ahead (const struct aid_describer *d, const json_t *example, int64_t *tokens, double *cost,
                                 struct aid_error *e);

/* --- many of them ------------------------------------------------------------------------------------------------- */

/* Examples that are to be described, oldest first, at most N (0: all): an array of them, a new reference.  Those that a person
   asked for have their question and need none.  AGAIN: also those whose description gives its change away. */
enum aid_err aid_describe_list (struct aid_examples *x, const struct aid_examples_which *which, int64_t n, int again,
                                json_t **out, struct aid_error *e);

struct aid_describe_run
{
  size_t done, leaking, held, failed, left; /* LEFT: not begun, for a limit or a stop */
  int64_t tokens;
  double cost;
  int unpriced;
  const char *limit; /* what ended it early: "dollars", "tokens"; or NULL */
};
/* Describes LIST with the settings' jobs and limits; each result is written into X when it is there, so that a run that is killed
   goes on with the rest.  TELL hears of each on this thread.  AID_E_CANCELLED: STOP was set; R is filled all the same. */
enum aid_err
aid_describe_all (const struct aid_describer *d, struct aid_examples *x, const json_t *list, const struct aid_stop *stop,
                  void (*tell) (void *ctx, const json_t *example, const struct aid_described *one), void *ctx,
                  struct aid_describe_run *r, struct aid_error *e);

#endif
