/* aid ces: what a diff is worth. */
#include "base/fs.h"
#include "base/json.h"
#include "cli/ces.h"
#include "cli/ces_queue.h"
#include "cli/cli.h"
#include "cli/opt.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TASK_MAX ((size_t)16 << 20)
#define UNSAID INT64_C (-1) /* of an option: it takes no such number */
#define ANSWER_MAX ((size_t)64 << 20)

enum
{
  GREEN = 0,
  RED = 1,
  TROUBLE = 2
};

int
aid_cli_ces_open (struct aid_ces **out)
{
  struct aid_ces_settings settings;
  struct aid_error e = { AID_OK, "" };
  *out = NULL;
  if (aid_ces_settings_read (&settings, &e) || aid_ces_open (&settings, out, &e))
    aid_cli_fail ("%s", e.msg);
  aid_ces_settings_free (&settings);
  return *out ? 0 : TROUBLE;
}

/* --- a task on the command line ----------------------------------------------------------------------------------- */

struct wish
{
  const char *task, *repository, *base, *directory;
  const char *lines[AID_RUNGS];
  struct aid_vec without, files; /* const char * */
  int64_t seconds, megabytes;
  int now, hunks, json;
};

static int
read_json (const char *file, json_t **out)
{
  struct aid_str text = AID_STR_INIT (TASK_MAX);
  struct aid_error e = { AID_OK, "" };
  if (!aid_cli_read (file, &text, &e))
    *out = aid_json_parse (aid_str_span (&text), file, &e);
  aid_str_free (&text);
  return *out ? 0 : aid_cli_misuse ("ces: %s", e.msg);
}

/* The member NAME of TASK, an object, made where it is missing. */
static json_t *
member (json_t *task, const char *name)
{
  json_t *v = json_object_get (task, name);
  if (!v)
    json_object_set_new (task, name, v = json_object ());
  return v;
}

static int
add_commands (const struct wish *w, json_t *task)
{
  for (enum aid_rung r = AID_RUNG_PARSES; r < AID_RUNGS; r++)
    if (w->lines[r])
      json_object_set_new (member (task, "commands"), aid_rung_name (r), json_string (w->lines[r]));
  for (size_t i = 0; i < w->without.len; i++)
    {
      const char *name = AID_VEC_AT (const char *, &w->without, i);
      enum aid_rung r = AID_RUNG_PARSES;
      while (r < AID_RUNGS && strcmp (aid_rung_name (r), name) != 0)
        r++;
      if (r == AID_RUNGS)
        return aid_cli_misuse ("ces: there is no rung %s to leave out: parses, types, builds or tests", name);
      json_object_set_new (member (task, "commands"), name, json_null ());
    }
  return 0;
}

/* --file PATH=FILE, or FILE alone when it has that name in the tree. */
static int
add_files (const struct wish *w, json_t *task)
{
  for (size_t i = 0; i < w->files.len; i++)
    {
      const char *z = AID_VEC_AT (const char *, &w->files, i), *equals = strchr (z, '=');
      struct aid_str text = AID_STR_INIT (TASK_MAX);
      struct aid_error e = { AID_OK, "" };
      char *path = aid_span_dup ((struct aid_span){ z, equals ? (size_t)(equals - z) : strlen (z) });
      int bad = !path || aid_cli_read (equals ? equals + 1 : z, &text, &e);
      if (!bad)
        json_object_set_new (member (task, "files"), path, aid_json_of_span (aid_str_span (&text)));
      free (path);
      aid_str_free (&text);
      if (bad)
        return aid_cli_misuse ("ces: %s", e.msg[0] ? e.msg : "no memory");
    }
  return 0;
}

/* The repository: where one is, or the project found upwards from here. */
static int
add_repository (const struct wish *w, json_t *task)
{
  struct aid_str root = AID_STR_INIT (8192);
  struct aid_error e = { AID_OK, "" };
  int status = 0;
  if (w->repository)
    json_object_set_new (task, "repository", aid_json_of_span (aid_span_z (w->repository)));
  else if (!json_object_get (task, "repository"))
    {
      if (aid_cli_root (NULL, &root, &e))
        status = aid_cli_misuse ("ces: %s", e.msg);
      else
        json_object_set_new (task, "repository", aid_json_of_span (aid_str_span (&root)));
    }
  aid_str_free (&root);
  return status;
}

/* 0 and *OUT, or a status. */
static int
make_task (const struct wish *w, json_t **out)
{
  int status = 0;
  *out = NULL;
  if (w->task)
    status = read_json (w->task, out);
  else
    *out = json_object ();
  if (!status && !json_is_object (*out))
    status = aid_cli_misuse ("ces: a task must be a JSON object");
  if (!status)
    status = add_repository (w, *out);
  if (!status && w->base)
    json_object_set_new (*out, "base", json_string (w->base));
  if (!status && w->now)
    json_object_set_new (*out, "now", json_true ());
  if (!status && w->directory)
    json_object_set_new (*out, "directory", json_string (w->directory));
  if (!status && w->seconds != UNSAID)
    json_object_set_new (member (*out, "limits"), "seconds", json_integer (w->seconds));
  if (!status && w->megabytes != UNSAID)
    json_object_set_new (member (*out, "limits"), "megabytes", json_integer (w->megabytes));
  if (!status)
    status = add_commands (w, *out);
  return status ? status : add_files (w, *out);
}

#define TASK_OPTIONS(w)                                                                                                         \
  { "task", 0, AID_OPT_STRING, &(w).task, "FILE", "a task, as JSON; what other options say is laid over it" },                  \
    { "repository", 'r', AID_OPT_STRING, &(w).repository, "DIR", "a repository or folder (default: found upwards from here)" }, \
    { "base", 'b', AID_OPT_STRING, &(w).base, "TREE", "the tree or commit that is judged over (default: HEAD)" },               \
    { "now", 0, AID_OPT_FLAG, &(w).now, NULL, "judge over the files as they lie there, not over a commit" },                    \
    { "directory", 0, AID_OPT_STRING, &(w).directory, "DIR", "where commands run, from the root" },                             \
    { "parses",       0,                                                                                                        \
      AID_OPT_STRING, &(w).lines[AID_RUNG_PARSES],                                                                              \
      "LINE",         "a command for the shell (default: each file's parser)" },                                                \
    { "types", 0, AID_OPT_STRING, &(w).lines[AID_RUNG_TYPES], "LINE", "one that checks types (default: by the files)" },        \
    { "builds", 0, AID_OPT_STRING, &(w).lines[AID_RUNG_BUILDS], "LINE", "one that builds (default: by the files)" },            \
    { "tests", 0, AID_OPT_STRING, &(w).lines[AID_RUNG_TESTS], "LINE", "one that tests (default: by the files)" },               \
    { "without", 0, AID_OPT_LIST, &(w).without, "RUNG", "leave parses, types, builds or tests out" },                           \
    { "file", 0, AID_OPT_LIST, &(w).files, "PATH=FILE", "lay FILE's text over the base at PATH first: a test, for instance" },  \
    { "seconds", 0, AID_OPT_NUMBER, &(w).seconds, "N", "that a command may take" },                                             \
    { "megabytes", 0, AID_OPT_NUMBER, &(w).megabytes, "N", "of memory that a command may take" },                               \
  {                                                                                                                             \
    "json", 0, AID_OPT_FLAG, &(w).json, NULL, "one JSON object"                                                                 \
  }

static void
forget (struct wish *w)
{
  aid_vec_free (&w->without);
  aid_vec_free (&w->files);
}

#define WISH                                                                                                                \
  ((struct wish){ .without = AID_VEC_INIT (const char *, 16),                                                               \
                  .files = AID_VEC_INIT (const char *, 1000),                                                               \
                  .seconds = UNSAID,                                                                                        \
                  .megabytes = UNSAID })

static int
print (const json_t *verdict, int hunks, int json)
{
  struct aid_str text = AID_STR_INIT ((size_t)64 << 20);
  if (json)
    {
      aid_json_dump (verdict, &text);
      aid_str_addc (&text, '\n');
    }
  else if (hunks)
    aid_cli_ces_describe_hunks (verdict, &text);
  else
    aid_cli_ces_describe (verdict, &text);
  const char *word = aid_json_str (verdict, "status");
  int green = hunks ? word && !strcmp (word, "green") : aid_json_bool (verdict, "green", 0);
  int status = text.err ? aid_cli_fail ("the verdict does not fit in memory")
               : json   ? aid_cli_print (aid_str_span (&text))
                        : aid_cli_print_calm (&text);
  aid_str_free (&text);
  return status ? TROUBLE : green ? GREEN : RED;
}

/* --- submit, warm ------------------------------------------------------------------------------------------------- */

static int
judge (const struct wish *w, const json_t *task, const char *file)
{
  struct aid_str answer = AID_STR_INIT (ANSWER_MAX);
  struct aid_ces *c = NULL;
  struct aid_error e = { AID_OK, "" };
  json_t *verdict = NULL;
  int status = aid_cli_read (file, &answer, &e) ? aid_cli_misuse ("ces: %s", e.msg) : aid_cli_ces_open (&c);
  const struct aid_ces_asked all = { .only = NULL };
  enum aid_err err = AID_OK;
  if (!status && w->hunks)
    err = aid_ces_evaluate_hunks (c, task, aid_str_span (&answer), &all, aid_cli_stop (NULL), &verdict, &e);
  else if (!status)
    err = aid_ces_evaluate (c, task, aid_str_span (&answer), AID_CES_OURS, aid_cli_stop (NULL), &verdict, &e);
  if (err && !(status = aid_cli_interrupted ("the answer is not judged")))
    {
      aid_cli_fail ("%s", e.msg);
      status = TROUBLE;
    }
  if (!status)
    status = print (verdict, w->hunks, w->json);
  json_decref (verdict);
  aid_ces_close (c);
  aid_str_free (&answer);
  return status;
}

/* Whether what is said of --queue can be; 0 or a status. */
static int
check_queue (const struct aid_cli_enqueue *how, int hunks)
{
  if (how->queue && hunks)
    return aid_cli_misuse ("ces: --hunks is judged here, not by a worker of --queue");
  if (!how->queue && (how->wait || how->tries != UNSAID))
    return aid_cli_misuse ("ces: --wait and --tries are of --queue: without it the answer is judged here, at once");
  if (how->tries != UNSAID && (how->tries < 1 || how->tries > AID_QUEUE_TRIES_MAX))
    return aid_cli_misuse ("ces: --tries is from 1 to %d", AID_QUEUE_TRIES_MAX);
  return 0;
}

static int
submit (int argc, char **argv)
{
  struct wish w = WISH;
  json_t *task = NULL;
  int status;
  struct aid_cli_enqueue how = { .tries = UNSAID };
  const struct aid_opt opts[]
    = { { "hunks", 0, AID_OPT_FLAG, &w.hunks, NULL, "say which hunks are at fault, in a few evaluations more" },
        TASK_OPTIONS (w),
        { "queue", 'q', AID_OPT_FLAG, &how.queue, NULL, "leave it in the queue, for a worker: prints its id" },
        { "wait", 0, AID_OPT_FLAG, &how.wait, NULL, "of --queue: until it is judged" },
        { "tries", 0, AID_OPT_NUMBER, &how.tries, "N", "of --queue: workers that may end over it (3)" } };
  const struct aid_usage_text usage = {
    "aid ces submit [options] [FILE|-]",
    "Judges one answer of a model, or a bare diff, over a tree that is built once and then kept: whether it applies,\n"
    "parses, type-checks, builds and passes the tests.  All that runs, runs in a sandbox.  Exit status: 0 green, 1 red,\n"
    "2 it could not be judged, 130 it was interrupted.\n",
    opts,
    sizeof opts / sizeof *opts,
    0,
    1
  };
  int n = aid_opt_parse (&usage, argc, argv, &status);
  if (n >= 0 && !(status = check_queue (&how, w.hunks)))
    status = make_task (&w, &task);
  how.json = w.json;
  how.tries = how.tries == UNSAID ? 0 : how.tries;
  if (n >= 0 && !status)
    status = how.queue ? aid_cli_queue_submit (&how, task, n > 0 ? argv[1] : "-") : judge (&w, task, n > 0 ? argv[1] : "-");
  json_decref (task);
  forget (&w);
  return status;
}

static int
make_warm (const struct wish *w, const json_t *task)
{
  struct aid_str key = AID_STR_INIT (128), text = AID_STR_INIT ((size_t)1 << 20);
  struct aid_ces *c;
  struct aid_error e = { AID_OK, "" };
  json_t *about = NULL;
  int red = 0, status = aid_cli_ces_open (&c);
  if (!status
      && (aid_ces_warm (c, task, AID_CES_OURS, aid_cli_stop (NULL), &about, &e)
          || aid_ces_warm_key (c, task, AID_CES_OURS, &key, &e))
      && !(status = aid_cli_interrupted ("the tree is not made, and nothing of it is kept")))
    {
      aid_cli_fail ("%s", e.msg);
      status = TROUBLE;
    }
  if (!status)
    aid_cli_ces_describe_base (about, aid_str_z (&key), &text, &red);
  if (!status && w->json)
    {
      aid_str_clear (&text);
      json_t *o = json_pack ("{s:s, s:b, s:O?, s:O, s:O}", "key", aid_str_z (&key), "green", !red, "tool",
                             json_object_get (about, "tool"), "commands", json_object_get (about, "commands"), "rungs",
                             json_object_get (about, "rungs"));
      if (json_object_get (about, "missing"))
        json_object_set (o, "missing", json_object_get (about, "missing"));
      aid_json_dump (o, &text);
      aid_str_addc (&text, '\n');
      json_decref (o);
    }
  if (!status)
    status = (w->json ? aid_cli_print (aid_str_span (&text)) : aid_cli_print_calm (&text)) ? TROUBLE : red ? RED : GREEN;
  json_decref (about);
  aid_ces_close (c);
  aid_str_free (&key);
  aid_str_free (&text);
  return status;
}

static int
warm (int argc, char **argv)
{
  struct wish w = WISH;
  json_t *task = NULL;
  int status;
  const struct aid_opt opts[] = { TASK_OPTIONS (w) };
  const struct aid_usage_text usage = {
    "aid ces warm [options]",
    "Builds a task's tree, if it is not there or was red, so that the first diff need not wait for that, and says how it\n"
    "stands.  Exit status: 0 it passes all, 1 it is red or flaky, 2 it could not be made, 130 it was\n"
    "interrupted.\n",
    opts,
    sizeof opts / sizeof *opts,
    0,
    0
  };
  int n = aid_opt_parse (&usage, argc, argv, &status);
  if (n >= 0)
    status = make_task (&w, &task);
  if (n >= 0 && !status)
    status = make_warm (&w, task);
  json_decref (task);
  forget (&w);
  return status;
}

/* --- status ------------------------------------------------------------------------------------------------------- */

static void
add_status (const json_t *status, struct aid_str *out)
{
  const json_t *list = json_object_get (status, "warm"), *one;
  size_t i;
  aid_str_addf (out, "%zu warm tree%s, %lld verdicts kept\n", json_array_size (list), json_array_size (list) == 1 ? "" : "s",
                (long long)aid_json_int (status, "verdicts", 0));
  json_array_foreach (list, i, one)
  {
    aid_str_addf (out, "  %.12s  %6lld MB  %.12s of %s\n", aid_json_str (one, "key"),
                  (long long)aid_json_int (one, "megabytes", 0), aid_json_str (one, "base"),
                  aid_json_str (one, "repository"));
  }
}

static int
show_status (int argc, char **argv)
{
  int status, json = 0;
  const struct aid_opt opts[] = { { "json", 0, AID_OPT_FLAG, &json, NULL, "one JSON object" } };
  const struct aid_usage_text usage
    = { "aid ces status [options]",
        "Says which trees are warm here, how many verdicts are kept, and what the queue and its workers do.\n",
        opts,
        1,
        0,
        0 };
  struct aid_str text = AID_STR_INIT ((size_t)64 << 20);
  struct aid_ces *c;
  if (aid_opt_parse (&usage, argc, argv, &status) < 0 || (status = aid_cli_ces_open (&c)))
    return status;
  json_t *o = aid_ces_status (c), *queue = aid_cli_queue_status ();
  json_object_set_new (o, "queue", queue ? json_incref (queue) : json_null ());
  if (json)
    aid_json_dump (o, &text), aid_str_addc (&text, '\n');
  else
    {
      add_status (o, &text);
      aid_cli_queue_describe (queue, &text);
    }
  status = json ? aid_cli_print (aid_str_span (&text)) : aid_cli_print_calm (&text);
  if (aid_json_str (queue, "error"))
    status = TROUBLE;
  json_decref (queue);
  json_decref (o);
  aid_ces_close (c);
  aid_str_free (&text);
  return status ? TROUBLE : 0;
}

/* --- which -------------------------------------------------------------------------------------------------------- */

static const struct aid_command words[] = {
  { "submit", submit, "judge an answer or a diff" },
  { "warm", warm, "build a tree that diffs are judged over" },
  { "status", show_status, "say which trees are warm, and what the queue does" },
  { "serve", aid_cmd_ces_serve, "judge over HTTP, also for trainers" },
  { "worker", aid_cmd_ces_worker, "judge what waits in the queue" },
  { "result", aid_cmd_ces_result, "say what came of a task in the queue" },
  { "cancel", aid_cmd_ces_cancel, "cancel a task in the queue" },
  { "forget", aid_cmd_ces_forget, "forget what is done in the queue" },
  { "init", aid_cmd_ces_init, "set up a team's queue" },
};

int
aid_cmd_ces (int argc, char **argv)
{
  return aid_opt_words ("ces", "The evaluation service: what a diff is worth.", words, sizeof words / sizeof *words, argc,
                        argv);
}
