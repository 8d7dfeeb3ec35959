/* What a team may set.  Its file is signed by a key that the person has pinned, and so it says which models there are,
   whom they are asked of, how, and what is tried.  What runs a program, sends something of the person's elsewhere, or
   reads their disk waits for their trust; and some things are nobody else's to set. */
#include "config/team.h"
#include "config/trust_internal.h"

static const struct aid_trust_rule rules[] = {
  { { "model" }, NULL },
  { { "strategy" }, NULL },
  { { "strategy_variants" }, NULL },
  { { "models", "*" }, NULL },
  { { "models", "*", "provider" }, NULL },
  { { "models", "*", "name" }, NULL },
  { { "models", "*", "context" }, NULL },
  { { "models", "*", "max_tokens" }, NULL },
  { { "models", "*", "max_output" }, NULL },
  { { "models", "*", "temperature" }, NULL },
  { { "models", "*", "effort" }, NULL },
  { { "models", "*", "abilities" }, NULL },
  { { "models", "*", "thinks_first" }, NULL },
  { { "models", "*", "extra" }, aid_trust_whole },
  { { "models", "*", "price", "input" }, NULL },
  { { "models", "*", "price", "output" }, NULL },
  { { "models", "*", "price", "cached" }, NULL },
  { { "models", "*", "price", "cache_write" }, NULL },
  { { "models", "*", "price", "as_of" }, NULL },
  { { "models", "*", "price", "large", "over" }, NULL },
  { { "models", "*", "price", "large", "input" }, NULL },
  { { "models", "*", "price", "large", "output" }, NULL },
  { { "models", "*", "price", "large", "cached" }, NULL },
  { { "models", "*", "price", "large", "cache_write" }, NULL },
  { { "providers", "*", "wire" }, NULL },
  { { "providers", "*", "dialect" }, NULL },
  { { "providers", "*", "url" }, NULL }, /* of a provider of its own, see below */
  { { "providers", "*", "default" }, NULL },
  { { "providers", "*", "version" }, NULL },
  { { "providers", "*", "headers" }, aid_trust_whole },
  { { "providers", "*", "extra" }, aid_trust_whole },
  { { "providers", "*", "connect_ms" }, NULL },
  { { "providers", "*", "stall_ms" }, NULL },
  { { "providers", "*", "total_ms" }, NULL },
  { { "providers", "*", "retries" }, NULL },
  { { "experiments" }, NULL }, /* false: none */
  { { "experiments", "*" }, "tries on you, beside others, what a team may not set at once:" },
  { { "measure" }, NULL }, /* true or false, see below */
  { { "measure_limits", "days" }, NULL },
  { { "measure_limits", "megabytes" }, NULL },
  { { "core" }, NULL },
  { { "core_minimum" }, NULL },
  { { "providers", "*", "key_command" }, "runs this program on your machine, as you:" },
  { { "providers", "*", "key_env" }, "sends as the key what stands in this variable of your environment:" },
  { { "providers", "*", "key_host" }, "sends as the key what your auth-source has for" },
  { { "providers", "*", "proxy" }, "sends everything for this server through" },
  { { "providers", "*", "ca_file" }, "believes the servers that are vouched for by" },
  { { "providers", "*", "client_cert" }, "shows the server your certificate" },
  { { "providers", "*", "client_key" }, "uses your private key" },
  { { "embeddings" }, NULL },
  { { "embeddings", "provider" }, "sends the projects' text, to be found by its meaning, to" },
  { { "embeddings", "model" }, "sends the projects' text, to be found by its meaning, to the model" },
  { { "embeddings", "dimensions" }, "asks for the meaning of the projects' text in so many numbers:" },
  { { "embeddings", "passage_prefix" }, "puts before each passage that is sent for its meaning:" },
  { { "embeddings", "question_prefix" }, "puts before each question that is sent for its meaning:" },
  { { "index" }, "has projects searched, or not:" },
  { { "instructions" }, "sends along, as a project's instructions, files of these names:" },
  { { "discover" }, "looks on this machine for the servers of" },
  { { "budget" }, "changes what may be spent before you are asked, in US dollars:" },
  { { "build" }, "runs this on your machine, as you, when a project is built:" },
  { { "test" }, "runs this on your machine, as you, when a project is tested:" },
  { { "snapshots", "seconds" }, "has snapshots of your work, where you switched them on, taken so many seconds apart:" },
  { { "snapshots", "days" }, "has snapshots of your work forgotten after so many days:" },
  { { "snapshots", "megabytes" }, "has snapshots of your work forgotten above so many megabytes:" },
  { { "snapshots", "file_kilobytes" }, "leaves files out of snapshots of your work that have more kilobytes than" },
  { { "snapshots", "unsaved" }, "has snapshots of your work hold what is not saved yet, or not:" },
  { { "mine", "lines" }, "has examples mined from your work, where you mine it, with so many changed lines at most:" },
  { { "mine", "files" }, "has examples mined from your work with so many files at most:" },
  { { "mine", "settled_seconds" }, "has changes count in mining that nobody touched for so many seconds:" },
  { { "mine", "back_seconds" }, "has changes not count in mining that were taken back within so many seconds:" },
  { { "mine", "alike" }, "has changes left out of mining that are so much like others:" },
  { { "describe", "model" }, aid_trust_never },
  { { "describe", "sample" }, aid_trust_never },
  { { "describe", "tries" }, aid_trust_never },
  { { "describe", "jobs" }, aid_trust_never },
  { { "describe", "budget" }, aid_trust_never },
  { { "dataset", "consent" }, aid_trust_never },
  { { "dataset", "strategy" }, aid_trust_never },
  { { "dataset", "holdout" }, aid_trust_never },
  { { "dataset", "max_tokens" }, aid_trust_never },
  { { "dataset", "licences" }, aid_trust_never }, /* a person's work, and their consent */
  { { "grammars" }, aid_trust_never },    /* programs on this machine */
  { { "log_content" }, aid_trust_never }, /* what is asked and answered, on this disk */
  { { "person" }, aid_trust_never },
  { { "ces" }, aid_trust_never }, /* folders of this machine, and what runs over them */
  { { "ces", "warm" }, aid_trust_never },
  { { "ces", "warm_trees" }, aid_trust_never },
  { { "ces", "warm_megabytes" }, aid_trust_never },
  { { "ces", "limits" }, aid_trust_never },
  { { "ces", "weights" }, aid_trust_never },
  { { "ces", "programs" }, aid_trust_never },
  { { "ces", "repositories" }, aid_trust_never },
  { { "ces", "queue" }, aid_trust_never },
  { { "ces", "queue", "url" }, aid_trust_never },
  { { "ces", "queue", "password_command" }, aid_trust_never },
  { { "ces", "queue", "days" }, aid_trust_never },
  { { "otlp" }, aid_trust_never }, /* where what is recorded goes */
  { { "otlp", "endpoint" }, aid_trust_never },
  { { "otlp", "traces_endpoint" }, aid_trust_never },
  { { "otlp", "metrics_endpoint" }, aid_trust_never },
  { { "otlp", "headers" }, aid_trust_never },
  { { "otlp", "compression" }, aid_trust_never },
  { { "otlp", "timeout_ms" }, aid_trust_never },
  { { "otlp", "interval_ms" }, aid_trust_never },
  { { "otlp", "traces" }, aid_trust_never },
  { { "otlp", "metrics" }, aid_trust_never },
  { { "otlp", "user_id" }, aid_trust_never },
  { { "otlp", "content" }, aid_trust_never },
  { { "otlp", "resource" }, aid_trust_never },
  { { "team_store" }, aid_trust_never },
  { { "team_store", "url" }, aid_trust_never },
  { { "team_store", "password_command" }, aid_trust_never },
  { { "team_store", "since" }, aid_trust_never },
  { { "cores_keep" }, aid_trust_never },
  { { "team", "url" }, aid_trust_never }, /* a team hands nobody on to another */
  { { "team", "path" }, aid_trust_never },
  { { "team", "key" }, aid_trust_never },
  { { "team", "ca_file" }, aid_trust_never },
  { { "team", "refresh" }, aid_trust_never },
};
#define NRULES (sizeof rules / sizeof *rules)

/* Whether PATH says where questions go that the person's own key of a provider goes with. */
static int
takes_a_provider (const struct aid_trust_walker *w, const char *const *path, size_t n)
{
  return n == 3 && !strcmp (path[0], "providers") && !strcmp (path[2], "url")
         && (aid_trust_is_known_provider (path[1]) || json_object_get (json_object_get (w->user, "providers"), path[1]));
}

static const char *
objection (const struct aid_trust_walker *w, const char *const *path, size_t n, const json_t *v)
{
  if (takes_a_provider (w, path, n))
    return "sends what you ask of a provider that you may have a key of, with that key, to";
  return n == 1 && !strcmp (path[0], "measure") && json_is_string (v) ? aid_trust_never /* "content" */ : NULL;
}

enum aid_trust_decision
aid_team_decision (const char *const *path, size_t npath)
{
  return aid_trust_decision_by (rules, NRULES, path, npath);
}

void
aid_team_walk (json_t *settings, const json_t *user, int trusted, int strip, aid_team_fn *fn, void *ctx)
{
  const struct aid_trust_walker w = { rules, NRULES, user, objection, strip, trusted, fn, ctx };
  aid_trust_walk_by (&w, settings);
}
