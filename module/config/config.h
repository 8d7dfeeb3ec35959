/* Settings: what a team has published (team.h), $XDG_CONFIG_HOME/aid/config.json (the user's) over it, then the project's
   .aid/config.json on top.

   {
     "model": "claude",                                  default model: a key of "models", or PROVIDER/NAME
     "strategy": "ask",
     "log_content": false,                               whether the log holds what is sent and received; the user's alone
     "strategy_variants": true,                          a strategy has variants for languages
     "providers": { "local": { "wire": "openai-chat", "url": "http://127.0.0.1:8080/v1",
                               "key_env": "NAME", "key_command": ["pass", "show", "x"], "key_host": "api.example",
                               "version": "...", "headers": {}, "extra": {},
                               "connect_ms": 10000, "stall_ms": 120000, "total_ms": 1800000, "retries": 2,
                               "proxy": "...", "ca_file": "...", "client_cert": "...", "client_key": "..." } },
     "models": { "claude": { "provider": "anthropic", "name": "claude-sonnet-4-5", "context": 200000,
                             "max_tokens": 8192, "temperature": 0.2, "effort": "medium", "extra": {},
                             "max_output": 64000, "abilities": ["text", "tools"],
                             "price": { "input": 3, "output": 15, "cached": 0.3, "cache_write": 3.75,
                                        "as_of": "2025-12-01",
                                        "large": { "over": 200000, "input": 6, "output": 22.5 } } },
                 "coder": "ollama/qwen3-coder" },        short for {"provider": "ollama", "name": "qwen3-coder"}
     "discover": ["ollama", "llama.cpp"],                the local servers that are looked for; missing: all known ones
     "instructions": ["AGENTS.md"],                      names of a project's files of instructions; missing: the usual ones
     "grammars": ["~/grammars"],                         folders with grammars of tree-sitter; the user's alone counts
     "budget": { "chat": 0.5, "month": 20 },             US dollars; asked about before one is passed
     "index": false,                                     the project is not searched
     "embeddings": { "provider": "ollama", "model": "nomic-embed-text", "dimensions": 512,
                     "passage_prefix": "", "question_prefix": "" },
                                                         who makes vectors of the project's text; false or missing: nobody
     "measure": true,                                    what happens to answers is recorded (measure/events.h); "content": with
                                                         texts, for the person's own data sets; false: it is not
     "measure_limits": { "days": 400, "megabytes": 256 },    what is older or more is forgotten
     "snapshots": { "seconds": 20, "days": 30, "megabytes": 1024, "file_kilobytes": 1024, "unsaved": false },
                                                         how snapshots of work are taken where they are switched on
                                                         (learn/snapshot.h); no setting switches them on
     "mine": { "lines": 100, "files": 8, "settled_seconds": 10, "back_seconds": 600, "alike": 0.8 },
                                                         which changes become examples where one mines (learn/mine.h)
     "describe": { "model": "cheap", "sample": "~/questions.txt", "tries": 3, "jobs": 4,
                   "budget": { "dollars": 5, "tokens": 2000000 } },    how examples are described (learn/describe.h)
     "dataset": { "consent": "...", "strategy": "edit", "holdout": 0.1, "max_tokens": 32768, "licences": ["MIT"] },
                                                         how data sets are made of them (learn/dataset.h); the user's alone
     "team_store": { "url": "postgresql://ada@db.example/aid", "password_command": ["pass", "show", "x"],
                     "since": "2026-01-10" },            the database that gets these events, too (team/team.h), or its
                                                         connection string alone; missing or false: none.  The user's alone counts
     "otlp": true,                                       what is recorded is sent to a receiver of OpenTelemetry, or an
                                                         object of where and how (export/settings.h); the user's alone
     "ces": { "warm_trees": 16, "limits": { "seconds": 60 }, "repositories": { "graph": { "path": "~/graph" } } },
                                                         how diffs are judged (ces/ces.h); the user's alone
     "experiments": { "shorter": { "variants": [ { "name": "old", "weight": 0.5 },   measure/experiment.h; false: none
                                                 { "name": "new", "weight": 0.5, "settings": { "strategy": "short" } } ] } },
     "core": "0.2.0",                                    which core runs (versions/installed.h); missing: the newest
     "core_minimum": "0.2.0",                            none that is older (a team's to say)
     "cores_keep": 5,                                    so many old cores stay installed
     "team": { "url": "https://...", "key": "ssh-ed25519 AAAA..." },      whose settings lie under these (team.h)
     "person": "ada",                                    who one is in experiments; missing: a name drawn at random
     "build": "make -j4", "test": ["dune", "test"]       commands: for the shell, or a program and its arguments
   }

   A project's file may set some of this at once, the rest once it is trusted (trust.h); what waits for that is left out
   with a warning.  Unknown members are warnings with file and name. */
#ifndef AID_CONFIG_CONFIG_H
#define AID_CONFIG_CONFIG_H

#include "base/err.h"
#include "base/str.h"
#include <jansson.h>

struct aid_config;

/* Reads the user's file (a missing one is fine) and, unless PROJECT_ROOT is NULL, the project's.  NULL on a file that
   is no JSON or has a member of the wrong type: *E names file, line or member. */
struct aid_config *aid_config_load (const char *project_root, struct aid_error *e);
/* The same of two texts (either may be empty), the project's not trusted, or trusted; for tests. */
struct aid_config *aid_config_parse (struct aid_span user_json, struct aid_span project_json, struct aid_error *e);
struct aid_config *aid_config_parse_trusted (struct aid_span user_json, struct aid_span project_json, struct aid_error *e);
void aid_config_free (struct aid_config *c);
/* From now on, in this process, the members NAMES (NULL at the end, borrowed for good) do not count as the person's and their
   team's files have them, nor do experiments, whoever has them: for what must come out the same for everybody and every day, as
   evaluations and data sets.  Before there are threads. */
void aid_config_leave_out (const char *const *names);
/* Warnings of the load, one a line; "" when none. */
const char *aid_config_warnings (const struct aid_config *c);
/* How many settings of the project were left out because its file is not trusted; *NAMES gets them, "providers.x.url,
   ...". */
int aid_config_waiting (const struct aid_config *c, const char **names);
/* The same of the team's settings that wait for the person's trust (aid team trust). */
int aid_config_team_waiting (const struct aid_config *c, const char **names);
/* Lays SETTINGS (an object of members that a load has checked, as those of a variant) over C, as a project's are laid over
   the user's.  Without memory C stays as it was. */
enum aid_err aid_config_overlay (struct aid_config *c, const json_t *settings, struct aid_error *e);
/* The merged top-level member KEY (borrowed), or NULL. */
const json_t *aid_config_get (const struct aid_config *c, const char *key);
/* Who says a top-level member: the uppermost of those who do. */
enum aid_config_layer
{
  AID_CONFIG_NOBODY,
  AID_CONFIG_TEAM,
  AID_CONFIG_USER,
  AID_CONFIG_PROJECT,
  AID_CONFIG_OVERLAY /* aid_config_overlay */
};
enum aid_config_layer aid_config_layer (const struct aid_config *c, const char *key);
/* Sets the top-level member KEY ("model", "strategy" or "core") to VALUE in the project's file, or in the user's when
   PROJECT_ROOT is NULL; a NULL VALUE removes it.  Every other byte stays; the file is replaced whole, after fsync.
   AID_E_REFUSED: the project's file is a link. */
enum aid_err aid_config_store (const char *project_root, const char *key, const char *value, struct aid_error *e);
/* The settings of the user's file alone (borrowed), of who follows a team; else NULL. */
const json_t *aid_config_own (const struct aid_config *c);
/* The user's file's path, for messages. */
const char *aid_config_path (const struct aid_config *c);

#endif
