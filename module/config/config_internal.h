/* What config.c (the table of settings, and checking by it), config_kinds.c (what a value may be) and config_load.c (files,
   and who stands over whom) share. */
#ifndef AID_CONFIG_INTERNAL_H
#define AID_CONFIG_INTERNAL_H

#include "config/config.h"

struct aid_config
{
  json_t *root;
  struct aid_str warnings;
  struct aid_str path;    /* of the user's file */
  struct aid_str waiting; /* what waits for trust: "providers.x.url, ..." */
  int nwaiting;
  struct aid_str team_waiting; /* the same of the team's settings */
  int nteam_waiting;
  json_t *own;            /* of who follows a team: the person's settings alone; else NULL */
  json_t *origin;         /* top-level member: who says it, an enum aid_config_layer */
};

/* A file as it is read; borrowed. */
struct aid_config_source
{
  struct aid_span text;
  const char *name;
  const json_t *user; /* for a project's file that is not trusted: the person's own settings */
};

/* The file as a checked object; an empty one for empty text.  NULL and *E otherwise. */
json_t *aid_config_read (struct aid_config *c, const struct aid_config_source *s, struct aid_error *e);
/* Checks SETTINGS, a member of the file NAME with the text TEXT that the errors tell the lines of. */
enum aid_err aid_config_check (struct aid_config *c, json_t *settings, const char *name, struct aid_span text,
                               struct aid_error *e);
/* Takes TEAM, a team's settings, and lays C's, which are the person's, over them. */
enum aid_err aid_config_over_team (struct aid_config *c, json_t *team, struct aid_error *e);
/* Lays under C, the person's own settings alone, what is stored of their team's; what keeps that from applying is a
   warning. */
void aid_config_add_team (struct aid_config *c);

/* What a value is. */
enum aid_config_kind
{
  KIND_STRING, KIND_COUNT, KIND_MS, KIND_RETRIES, KIND_TEMPERATURE, KIND_ANY_OBJECT, KIND_STRINGS, KIND_COMMAND,
  KIND_BOOL, KIND_NAMES, KIND_ABILITIES, KIND_DOLLARS, KIND_DAY, KIND_PROVIDERS, KIND_MODELS, KIND_PRICE, KIND_LARGE,
  KIND_BUDGET, KIND_LINE, KIND_EMBEDDINGS, KIND_DIMENSIONS, KIND_MEASURE, KIND_LIMITS, KIND_OTLP, KIND_SNAPSHOTS,
  KIND_MINE, KIND_SECONDS,
  KIND_EXPERIMENTS, KIND_VARIANTS, KIND_SHARE, KIND_PEOPLE, KIND_NAMESPACE, KIND_UNIT, KIND_TARGETING, KIND_GUARDRAILS,
  KIND_STORE, KIND_TEAM, KIND_KEYS, KIND_DESCRIBE, KIND_DATASET, KIND_SPENDING, KIND_CES, KIND_BOX_LIMITS, KIND_WEIGHTS,
  KIND_REPOSITORIES, KIND_QUEUE
};
/* What a value of KIND must be, or NULL when V is. */
const char *aid_config_wanted (enum aid_config_kind kind, const json_t *v);

/* The members of an experiment (config_experiments.c): whether V is one, and what it must be. */
#define AID_CONFIG_VARIANTS                                                                                                 \
  "an array of objects: each a \"name\" of its own (128 bytes at most, in one line), perhaps \"settings\", perhaps a "         \
  "\"weight\" (all or none, with the sum 1)"
#define AID_CONFIG_TARGETING "an object of strings or arrays of strings: language, project, model, strategy, person, version"
#define AID_CONFIG_GUARDRAILS "an object of numbers, 0 or more: latency_p90_ms, undo_rate, refused_rate, red_rate"
int aid_config_are_variants (const json_t *v);
int aid_config_is_day (const json_t *v);
/* What the experiment V must be, called NAME, before its members are looked at; NULL: it is. */
const char *aid_config_experiment_wanted (const char *name, const json_t *v);
int aid_config_is_share (const json_t *v);
int aid_config_is_namespace (const json_t *v);
int aid_config_is_unit (const json_t *v);
int aid_config_is_targeting (const json_t *v);
int aid_config_are_guardrails (const json_t *v);

#endif
