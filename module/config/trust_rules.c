/* What each setting of a project's file may do.  It is a list of what is allowed: what stands in no rule, of this or
   another version, needs trust. */
#include "config/trust_internal.h"

/* Trust changes nothing: who reads it reads the person's own file alone (export/settings.h). */
#define ONLY_YOURS "says where measurements are sent, which only your own settings can:"

/* Likewise (learn/describe.h, learn/dataset.h). */
#define YOUR_DATA "says how your work becomes a data set, which only your own settings can:"

static const struct aid_trust_rule rules[] = {
  { { "model" }, NULL },
  { { "strategy" }, NULL },
  { { "strategy_variants" }, NULL },
  { { "models", "*" }, NULL },             /* "PROVIDER/NAME" */
  { { "models", "*", "provider" }, NULL }, /* one of the person's own, or one that everybody has */
  { { "models", "*", "name" }, NULL },
  { { "models", "*", "context" }, NULL },
  { { "models", "*", "max_tokens" }, NULL },
  { { "models", "*", "max_output" }, NULL },
  { { "models", "*", "temperature" }, NULL },
  { { "models", "*", "effort" }, NULL },
  { { "models", "*", "abilities" }, NULL },
  { { "models", "*", "thinks_first" }, NULL }, /* how its answers are read */
  { { "models", "*", "extra" }, "adds to every request to this model" },
  { { "models", "*", "price", "input" }, "changes what answers are said to cost, and so what a budget stops:" },
  { { "models", "*", "price", "output" }, "changes what answers are said to cost, and so what a budget stops:" },
  { { "models", "*", "price", "cached" }, "changes what answers are said to cost, and so what a budget stops:" },
  { { "models", "*", "price", "cache_write" }, "changes what answers are said to cost, and so what a budget stops:" },
  { { "models", "*", "price", "as_of" }, "dates these prices" },
  { { "models", "*", "price", "large", "over" }, "changes what long requests are said to cost:" },
  { { "models", "*", "price", "large", "input" }, "changes what long requests are said to cost:" },
  { { "models", "*", "price", "large", "output" }, "changes what long requests are said to cost:" },
  { { "models", "*", "price", "large", "cached" }, "changes what long requests are said to cost:" },
  { { "models", "*", "price", "large", "cache_write" }, "changes what long requests are said to cost:" },
  { { "providers", "*", "wire" }, "makes up the requests to this server as" },
  { { "providers", "*", "dialect" }, "makes up the requests to this server as for" },
  { { "providers", "*", "url" }, "sends questions, with this provider's key, to" },
  { { "providers", "*", "key_env" }, "sends as the key what stands in this variable of your environment:" },
  { { "providers", "*", "key_command" }, "runs this program on your machine, as you:" },
  { { "providers", "*", "key_host" }, "sends as the key what your auth-source has for" },
  { { "providers", "*", "default" }, "asks, when only this provider is named, the model" },
  { { "providers", "*", "version" }, "asks for the protocol's version" },
  { { "providers", "*", "headers" }, "adds these headers to every request:" },
  { { "providers", "*", "extra" }, "adds to every request to this server" },
  { { "providers", "*", "connect_ms" }, "waits for a connection for so many milliseconds:" },
  { { "providers", "*", "stall_ms" }, "waits for the next byte for so many milliseconds:" },
  { { "providers", "*", "total_ms" }, "waits for an answer for so many milliseconds:" },
  { { "providers", "*", "retries" }, "repeats a failed request so many times:" },
  { { "providers", "*", "proxy" }, "sends everything for this server through" },
  { { "providers", "*", "ca_file" }, "believes the servers that are vouched for by" },
  { { "providers", "*", "client_cert" }, "shows the server your certificate" },
  { { "providers", "*", "client_key" }, "uses your private key" },
  { { "embeddings" }, NULL }, /* false: it is switched off */
  { { "embeddings", "provider" }, "sends the project's text, to be found by its meaning, to" },
  { { "embeddings", "model" }, "sends the project's text, to be found by its meaning, to the model" },
  { { "embeddings", "dimensions" }, "asks for the meaning of the project's text in so many numbers:" },
  { { "embeddings", "passage_prefix" }, "puts before each passage of the project that is sent for its meaning:" },
  { { "embeddings", "question_prefix" }, "puts before each question that is sent for its meaning:" },
  { { "index" }, "has the project searched, or not:" },
  { { "instructions" }, "sends along, as the project's instructions, files of these names:" },
  { { "grammars" }, "looks for grammars of tree-sitter, which are programs, in" },
  { { "discover" }, "looks on this machine for the servers of" },
  { { "log_content" }, "writes what you ask and what is answered into the log on your disk:" },
  { { "measure" }, "has what happens to answers recorded on your disk, with their texts if it says \"content\", or not at all:" },
  { { "measure_limits", "days" }, "has what was recorded of answers forgotten after so many days:" },
  { { "measure_limits", "megabytes" }, "has what was recorded of answers forgotten above so many megabytes:" },
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
  { { "describe", "model" }, YOUR_DATA },
  { { "describe", "sample" }, YOUR_DATA },
  { { "describe", "tries" }, YOUR_DATA },
  { { "describe", "jobs" }, YOUR_DATA },
  { { "describe", "budget" }, YOUR_DATA },
  { { "dataset", "consent" }, YOUR_DATA },
  { { "dataset", "strategy" }, YOUR_DATA },
  { { "dataset", "holdout" }, YOUR_DATA },
  { { "dataset", "max_tokens" }, YOUR_DATA },
  { { "dataset", "licences" }, YOUR_DATA },
  { { "team_store" }, ONLY_YOURS },
  { { "team_store", "url" }, ONLY_YOURS },
  { { "team_store", "password_command" }, ONLY_YOURS },
  { { "team_store", "since" }, ONLY_YOURS },
  { { "ces" }, ONLY_YOURS }, /* folders of this machine, and what runs over them */
  { { "ces", "warm" }, ONLY_YOURS },
  { { "ces", "warm_trees" }, ONLY_YOURS },
  { { "ces", "warm_megabytes" }, ONLY_YOURS },
  { { "ces", "limits" }, ONLY_YOURS },
  { { "ces", "weights" }, ONLY_YOURS },
  { { "ces", "programs" }, ONLY_YOURS },
  { { "ces", "repositories" }, ONLY_YOURS },
  { { "ces", "queue" }, ONLY_YOURS },
  { { "ces", "queue", "url" }, ONLY_YOURS },
  { { "ces", "queue", "password_command" }, ONLY_YOURS },
  { { "ces", "queue", "days" }, ONLY_YOURS },
  { { "otlp" }, ONLY_YOURS },
  { { "otlp", "endpoint" }, ONLY_YOURS },
  { { "otlp", "traces_endpoint" }, ONLY_YOURS },
  { { "otlp", "metrics_endpoint" }, ONLY_YOURS },
  { { "otlp", "headers" }, ONLY_YOURS },
  { { "otlp", "compression" }, ONLY_YOURS },
  { { "otlp", "timeout_ms" }, ONLY_YOURS },
  { { "otlp", "interval_ms" }, ONLY_YOURS },
  { { "otlp", "traces" }, ONLY_YOURS },
  { { "otlp", "metrics" }, ONLY_YOURS },
  { { "otlp", "user_id" }, ONLY_YOURS },
  { { "otlp", "content" }, ONLY_YOURS },
  { { "otlp", "resource" }, ONLY_YOURS },
  { { "budget" }, "changes what may be spent before you are asked, in US dollars:" },
  { { "build" }, "runs this on your machine, as you, when the project is built:" },
  { { "experiments" }, "switches experiments on or off:" },
  { { "experiments", "*" }, "tries on you, beside others, what waits for trust itself:" }, /* else it applies at once */
  { { "person" }, "has you counted in experiments as" },
  { { "core" }, "has this version of AID's core run:" },
  { { "core_minimum" }, "has no older version of AID's core run than" },
  { { "cores_keep" }, "changes how many installed cores are kept:" },
  { { "team" }, "has you follow a team's settings:" },
  { { "team", "url" }, "has a team's settings fetched from" },
  { { "team", "path" }, "has a team's settings read from" },
  { { "team", "key" }, "believes the team's settings that are signed by" },
  { { "team", "ca_file" }, "believes the team's server if it is vouched for by" },
  { { "team", "refresh" }, "looks for the team's settings after so many minutes:" },
  { { "test" }, "runs this on your machine, as you, when the project is tested:" },
};
#define NRULES (sizeof rules / sizeof *rules)

/* Whether PATH says who is asked under a name that means something already. */
static int
takes_a_name (const struct aid_trust_walker *w, const char *const *path, size_t n)
{
  if (n < 2 || n > 3 || strcmp (path[0], "models") != 0
      || (n == 3 && strcmp (path[2], "provider") != 0 && strcmp (path[2], "name") != 0))
    return 0;
  return strchr (path[1], '/') || json_object_get (json_object_get (w->user, "models"), path[1])
         || json_object_get (json_object_get (w->user, "providers"), path[1]) || aid_trust_is_known_provider (path[1]);
}

static const char *
objection (const struct aid_trust_walker *w, const char *const *path, size_t n, const json_t *v)
{
  (void)v;
  return takes_a_name (w, path, n) ? "sends what you ask under a name that is not the project's to another model," : NULL;
}

enum aid_trust_decision
aid_trust_decision (const char *const *path, size_t npath)
{
  return aid_trust_decision_by (rules, NRULES, path, npath);
}

void
aid_trust_walk (json_t *project, const json_t *user, int strip, aid_trust_fn *fn, void *ctx)
{
  const struct aid_trust_walker w = { rules, NRULES, user, objection, strip, 0, fn, ctx };
  aid_trust_walk_by (&w, project);
}
