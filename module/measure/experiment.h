/* Experiments: variants of the settings, each for some people or requests.  They are declared in the settings
   (config/config.h),

   "experiments": {
     "shorter": {
       "hypothesis": "Answers that explain less are accepted more often",   for people
       "variants": [ { "name": "old", "weight": 0.5 },                       the first is the one that others are compared with
                     { "name": "new", "weight": 0.5, "settings": { "strategy": "short" } } ],
       "by": "person",                 or "request": each request anew
       "coverage": 0.5,                the part of all units that takes part
       "namespace": ["edits", 0, 0.5], experiments in other parts of "edits" never share a unit with this one
       "targeting": { "language": ["ocaml", "c"] },
       "start": "2026-01-10", "stop": "2026-02-10",      UTC: from this day on, until the day before that
       "guardrails": { "latency_p90_ms": 500 },          how much worse than the first variant is borne
       "effect": 0.04, "tuning": 5000,                   the least difference that matters; the persons that are expected
       (stats.h) "seed": "shorter",              of the assignment; missing: the name
       "enabled": true                 false: off at once, for everybody who gets these settings
     } }

   What an evaluation gives has the names and the reasons of OpenFeature (specification/types.md), so that it can go to
   platforms that read those. */
#ifndef AID_MEASURE_EXPERIMENT_H
#define AID_MEASURE_EXPERIMENT_H

#include "config/config.h"
#include "measure/assign.h"
#include "base/str.h"

#define AID_EXPERIMENT_TUNING 50 /* persons that are expected, unless the settings say how many: see docs/experiments.md */

struct aid_variant
{
  const char *name;
  double weight;
  const json_t *settings; /* an object, or NULL */
};

/* Borrows the settings that it was read from. */
struct aid_experiment
{
  const char *name, *seed, *hypothesis; /* HYPOTHESIS may be NULL */
  struct aid_variant variants[AID_ASSIGN_VARIANTS_MAX];
  size_t nvariants; /* 0: only switched off */
  int weighted;     /* the variants have weights; else they are equal */
  int enabled, by_request;
  double coverage, space_from, space_to;
  const char *space;                    /* or NULL */
  const json_t *targeting, *guardrails; /* or NULL */
  int64_t start, stop;                  /* ms since 1970; 0: no such limit */
  double effect, tuning;
};

/* Reads the experiment NAME; AID_E_NOTFOUND names those that there are. */
enum aid_err
aid_experiment_find (const struct aid_config *c, const char *name, struct aid_experiment *out, struct aid_error *e);
/* Calls FN with each, in the settings' order. */
void aid_experiment_each (const struct aid_config *c, void (*fn) (void *ctx, const struct aid_experiment *x), void *ctx);
/* "runs", "waits" (for its first day), "over", or "off". */
const char *aid_experiment_state (const struct aid_experiment *x, int64_t now);
/* Whether no two variants set different things: an A/A test, in which every difference is chance. */
int aid_experiment_is_aa (const struct aid_experiment *x);

/* Appends who one is in experiments: the setting "person", else the name drawn at random that this machine's measurements have
   (identity.h), which is made when there is none yet. */
enum aid_err aid_experiment_person (const struct aid_config *c, struct aid_str *out, struct aid_error *e);

/* Who and what is asked about; members may be NULL. */
struct aid_subject
{
  const char *person, *request;
  const char *language, *project, *model, *strategy; /* what "targeting" may name, besides the person and the version */
  int64_t now;                                       /* ms since 1970 */
};

enum aid_reason
{
  AID_REASON_STATIC,          /* there is one variant, for everybody */
  AID_REASON_DEFAULT,         /* this unit takes no part: the settings stand as they are */
  AID_REASON_TARGETING_MATCH, /* there is one variant, for whom the targeting means */
  AID_REASON_SPLIT,           /* the unit's hash has chosen */
  AID_REASON_DISABLED,
  AID_REASON_ERROR
};
const char *aid_reason_name (enum aid_reason r); /* "SPLIT" */

struct aid_evaluation
{
  const char *flag;                  /* the experiment's name */
  const struct aid_variant *variant; /* NULL: none, the settings stand as they are */
  enum aid_reason reason;
  const char *error; /* with AID_REASON_ERROR: "TARGETING_KEY_MISSING"; else NULL */
  const char *why;   /* in words, for people: "outside the coverage" */
  const char *unit;  /* what was hashed: the subject's person or request */
  double bucket;     /* where it fell, or -1 */
};

/* A pure function: the same subject gets the same variant, everywhere.  Borrows X and S. */
void aid_experiment_evaluate (const struct aid_experiment *x, const struct aid_subject *s, struct aid_evaluation *out);
/* Appends a val object with OpenFeature's names: {flag_key, value, variant, reason, error_code, flag_metadata}. */
void aid_evaluation_val (const struct aid_experiment *x, const struct aid_evaluation *v, struct aid_str *out);

/* Lays over C what the variants say that S gets, in the settings' order; later ones stand over earlier ones.  Appends to
   TAKEN (may be NULL) a val list of the evaluations with a variant: the exposures, once what they say takes effect.
   BY_REQUEST: 0 leaves out the experiments that are by request, for whoever asks what is so before there is one. */
enum aid_err aid_experiment_overlay (struct aid_config *c, const struct aid_subject *s, int by_request,
                                     struct aid_str *taken, struct aid_error *e);
/* The same, but TAKE is told each evaluation with a variant first, and may take that back (V's variant becomes NULL): it is
   not laid over then. */
typedef void aid_experiment_take (void *ctx, const struct aid_experiment *x, struct aid_evaluation *v);
enum aid_err aid_experiment_overlay_but (struct aid_config *c, const struct aid_subject *s, int by_request,
                                         aid_experiment_take *take, void *ctx, struct aid_error *e);

#endif
