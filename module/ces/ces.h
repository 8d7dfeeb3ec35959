/* The Code Evaluation Service: what a diff is worth.  A task names a tree and how it is judged; a diff climbs the rungs one after
   the other until one fails, in a place that is thrown away; what comes of it is a verdict.  A bad diff, a build that never ends
   and an attack are verdicts; an error is only what keeps us from judging.

   A task and a verdict are JSON objects, the same here, over HTTP, in the queue and in files; docs/ces.md tells their members. */
#ifndef AID_CES_CES_H
#define AID_CES_CES_H

#include "base/err.h"
#include "base/stop.h"
#include "base/str.h"
#include "build/detect.h"

#include <jansson.h>

enum aid_rung
{
  AID_RUNG_APPLIES, /* every hunk has its place: the patch engine's word */
  AID_RUNG_PARSES,
  AID_RUNG_TYPES,
  AID_RUNG_BUILDS,
  AID_RUNG_TESTS,
  AID_RUNGS
};
const char *aid_rung_name (enum aid_rung r); /* "applies", "parses", "types", "builds", "tests" */

struct aid_ces_settings
{
  char *warm;               /* the folder of warm trees and verdicts; NULL: $XDG_CACHE_HOME/aid/ces */
  int64_t warm_trees;       /* that are kept; the ones used longest ago go first */
  int64_t warm_megabytes;   /* all of them together */
  json_t *limits;           /* for what a task does not say: {seconds, megabytes, processes, disk_megabytes} */
  json_t *weights;          /* of the rungs in the reward: {"applies": 0.1, ...} */
  char *programs;           /* folders that a box sees as well, as struct aid_box_limits has them; NULL: none */
  int nice;                 /* of what is run, beside who opens it: 0, or what the caller sets, to 19; not read */
  json_t *repositories;     /* NAME -> { "path", "commands" }: all that a task from elsewhere may name */
};
/* The user's, from the setting "ces"; a project's have no say.  OUT is to be freed, whatever comes. */
enum aid_err aid_ces_settings_read (struct aid_ces_settings *out, struct aid_error *e);
void aid_ces_settings_free (struct aid_ces_settings *s);

enum aid_ces_from
{
  AID_CES_OURS,     /* a task may name any folder */
  AID_CES_ELSEWHERE /* only a repository of the settings, by its name, and no commands but the settings' and detected ones */
};

struct aid_ces;
struct aid_box_limits;

/* Borrows nothing.  Any thread; several evaluations may run at once, in as many threads. */
enum aid_err aid_ces_open (const struct aid_ces_settings *settings, struct aid_ces **out, struct aid_error *e);
/* Judges ANSWER, an answer of a model or a bare diff, by TASK; *VERDICT is a new reference.  AID_E_INVALID: the task is none;
   AID_E_NOTFOUND: its repository, or tree, is not there; AID_E_REFUSED: it may not be named; AID_E_CANCELLED; AID_E_IO: this
   machine cannot judge now. */
enum aid_err aid_ces_evaluate (struct aid_ces *c, const json_t *task, struct aid_span answer, enum aid_ces_from from,
                               const struct aid_stop *stop, json_t **verdict, struct aid_error *e);
/* The same for an editor: which of the answer's hunks are at fault.  All are judged together; when that fails, those that the
   errors point into are blamed and the others judged without them, or, when they point into none, each is left out in turn.
   *OUT is a new reference; docs/ces.md tells its members. */
struct aid_ces_chosen
{
  size_t hunk;
  int64_t line;
};
struct aid_ces_asked
{
  const size_t *only; /* the hunks that are meant, NONLY of them; NULL: all */
  size_t nonly;
  const struct aid_ces_chosen *chosen; /* as in struct aid_plan_options */
  size_t nchosen;
  int64_t evaluations; /* at most; 0: 8 */
  /* May be NULL.  Called once, on the same thread, when the whole is red and its hunks come next: what *OUT will be, without
     "hunks"; borrowed. */
  void (*tell) (void *ctx, const json_t *whole);
  void *ctx;
};
enum aid_err aid_ces_evaluate_hunks (struct aid_ces *c, const json_t *task, struct aid_span answer,
                                     const struct aid_ces_asked *asked, const struct aid_stop *stop, json_t **out,
                                     struct aid_error *e);
/* The task of an editor whose project at ROOT is built by BUILD: its files as they lie there, without the rung of tests unless
   TESTS.  *OUT is a new reference.  AID_E_REFUSED: it is built outside of ROOT. */
enum aid_err aid_ces_project_task (const char *root, const struct aid_build_command *build, int tests, json_t **out,
                                   struct aid_error *e);
/* Makes the task's warm tree, if it is not there or red, so that the first evaluation need not.  *ABOUT, if ABOUT is not NULL,
   gets what was found of it, a new reference: {tool, commands: {RUNG: LINE}, rungs: {RUNG: {passes, flaky, fails, ms,
   failure}}}. */
enum aid_err aid_ces_warm (struct aid_ces *c, const json_t *task, enum aid_ces_from from, const struct aid_stop *stop,
                           json_t **about, struct aid_error *e);
/* Appends what names the warm tree that TASK needs, 64 hex digits: who has it judges sooner. */
enum aid_err aid_ces_warm_key (struct aid_ces *c, const json_t *task, enum aid_ces_from from, struct aid_str *out,
                               struct aid_error *e);
/* What a command may take where nobody says less: the settings' limits, those of docs/ces.md without. */
enum aid_err aid_ces_limits (const struct aid_ces *c, struct aid_box_limits *out, struct aid_error *e);
/* {warm: [{key, repository, base, megabytes, used}], verdicts, judged, cached}: a new reference. */
json_t *aid_ces_status (struct aid_ces *c);
/* From here on a warm tree that is being made is made to its end although who wanted it has gone: he, or the next one, asks
   again.  Once ENDING is set it is made only as long as somebody wants it.  Before the first evaluation,
   or, with NULL, behind the last; ENDING outlives C. */
void aid_ces_make_all (struct aid_ces *c, const struct aid_stop *ending);
/* Nobody may be in another function of C. */
void aid_ces_close (struct aid_ces *c);

/* The reward of VERDICT under WEIGHTS (NULL: the defaults), 0 to 1. */
double aid_ces_reward (const json_t *verdict, const json_t *weights);

#endif
