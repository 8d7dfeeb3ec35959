/* aid eval run: what it is going to cost is shown first; bases are laid out in a folder that is thrown away. */
#include "base/beside.h"
#include "base/fs.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/eval.h"
#include "cli/gather.h"
#include "cli/opt.h"
#include "cli/question.h"
#include "cli/scratch.h"
#include "config/config.h"
#include "model/cost.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST_MAX 1000

/* What changes a question and is the person's own: a task has its own settings, in its base. */
static const char *const own_settings[]
  = { "strategy", "strategy_variants", "instructions", "grammars", "index", "embeddings", "build", "test", NULL };

struct evaluating
{
  const char *tasks, *out, *budget, *k;
  struct aid_vec models, strategies, only; /* const char * */
  int64_t samples, jobs;
  int json, dry, yes, over_budget;
  json_t *before; /* run.json, from which the words above may be */
};

/* --- questions ---------------------------------------------------------------------------------------------------- */

static enum aid_err
question (void *ctx, const struct aid_gather *g, struct aid_eval_question *out, struct aid_error *e)
{
  struct aid_cli_question *q = calloc (1, sizeof *q);
  (void)ctx;
  out->own = q;
  if (!q)
    return aid_error_set (e, AID_E_NOMEM, "There is no memory for a question");
  enum aid_err err = aid_gather_question (g, 1, q, e);
  out->chat = aid_str_span (&q->chat);
  out->items = q->items.data;
  out->nitems = q->items.len;
  return err;
}

static void
question_free (void *ctx, struct aid_eval_question *q)
{
  (void)ctx;
  if (q->own)
    aid_question_free (q->own);
  free (q->own);
  q->own = NULL;
}

static void
tell (void *ctx, const json_t *row, size_t done, size_t all)
{
  const struct evaluating *w = ctx;
  struct aid_str line = AID_STR_INIT ((size_t)1 << 20);
  const char *failed = aid_json_str (row, "failed"), *why = aid_json_str (row, "why");
  const char *message = aid_json_str (json_object_get (row, "error"), "message");
  if (w->json)
    {
      aid_json_dump (row, &line);
      aid_str_addc (&line, '\n');
      aid_cli_print (aid_str_span (&line));
    }
  else
    {
      aid_str_addf (&line, "%zu/%zu %s: %s, %s, sample %lld: %s", done, all, aid_json_str (row, "task"),
                    aid_json_str (row, "model"), aid_json_str (row, "strategy"), (long long)aid_json_int (row, "sample", 0),
                    aid_json_str (row, "outcome"));
      if (failed || message)
        aid_str_addf (&line, " (%s%s%s)", failed ? failed : message, failed && why ? ": " : "", failed && why ? why : "");
      aid_str_addc (&line, '\n');
      aid_cli_print_calm (&line);
    }
  aid_str_free (&line);
}

/* --- before ------------------------------------------------------------------------------------------------------- */

static void
write_forecast (const struct aid_eval_forecast *f, struct aid_str *out)
{
  aid_str_addf (out, "%zu question%s: about %lld tokens", f->attempts, f->attempts == 1 ? "" : "s", (long long)f->tokens);
  if (f->cost < 0)
    aid_str_addz (out, ", at a price that is not known\n");
  else
    {
      aid_str_addz (out, " and their answers, about $");
      aid_cost_write (out, f->cost);
      aid_str_addc (out, '\n');
    }
}

/* Shows what R is going to cost; 1: it is to be run. */
static int
shown (const struct evaluating *w, const struct aid_eval_run *r, int *status)
{
  struct aid_str words = AID_STR_INIT (4096);
  struct aid_eval_forecast f;
  struct aid_error e = { AID_OK, "" };
  int go = 0;
  *status = AID_EXIT_FAILED;
  if (aid_eval_ahead (r, &f, &e))
    aid_cli_fail ("%s", e.msg);
  else if (!f.attempts && !w->dry)
    go = 1; /* what is left is to be judged, or nothing */
  else
    {
      write_forecast (&f, &words);
      if (r->dollars >= 0 && f.cost < 0)
        aid_cli_fail (
          "what this model costs is not known, so no dollars can be its limit: tell its \"price\" in the settings");
      else if (w->dry)
        *status = aid_cli_print (aid_str_span (&words));
      else
        go = w->yes || aid_cli_agreed (aid_str_span (&words));
    }
  aid_str_free (&words);
  return go;
}

/* --- while it runs ------------------------------------------------------------------------------------------------ */

static void
say_sum (const struct aid_eval_ran *n)
{
  struct aid_str words = AID_STR_INIT (4096);
  aid_str_addf (&words, "%zu attempts", n->attempts);
  if (n->before)
    aid_str_addf (&words, ", %zu of them made before", n->before);
  if (n->outcomes[AID_EVAL_ERROR])
    aid_str_addf (&words, ", %zu failed", n->outcomes[AID_EVAL_ERROR]);
  if (n->outcomes[AID_EVAL_UNJUDGED])
    aid_str_addf (&words, ", %zu could not be judged", n->outcomes[AID_EVAL_UNJUDGED]);
  if (n->left)
    aid_str_addf (&words, ", %zu left", n->left);
  if (!n->unpriced)
    {
      aid_str_addz (&words, "; $");
      aid_cost_write (&words, n->cost);
    }
  if (n->limited)
    aid_str_addz (&words, "; the limit of dollars was reached");
  if (n->left + n->outcomes[AID_EVAL_ERROR] + n->outcomes[AID_EVAL_UNJUDGED])
    aid_str_addz (&words, "; the same command goes on");
  aid_cli_say ("%s", aid_str_z (&words));
  aid_str_free (&words);
}

static int
run (const struct evaluating *w, const struct aid_eval_run *r)
{
  struct aid_eval_ran n;
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = aid_eval_run (r, &n, &e);
  if (!err || err == AID_E_CANCELLED)
    say_sum (&n);
  if (err)
    return aid_cli_fail ("%s", e.msg);
  int status = w->json ? AID_EXIT_DONE : aid_cli_eval_print (w->out, "text", w->k);
  return n.left + n.outcomes[AID_EVAL_ERROR] + n.outcomes[AID_EVAL_UNJUDGED] ? AID_EXIT_FAILED : status;
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static json_t *
words_json (const struct aid_vec *list)
{
  json_t *all = json_array ();
  for (size_t i = 0; i < list->len; i++)
    json_array_append_new (all, aid_json_of_span (aid_span_z (AID_VEC_AT (const char *, list, i))));
  return all;
}

/* Keeps what is run, so that `aid eval run --out DIR` goes on.  The folder is ours. */
static enum aid_err
keep_run (void *ctx, struct aid_error *e)
{
  const struct evaluating *w = ctx;
  struct aid_str path = AID_STR_INIT (8192), text = AID_STR_INIT ((size_t)16 << 20);
  json_t *o = json_pack ("{s:i, s:s, s:o, s:o, s:o, s:I}", "eval", 1, "tasks", w->tasks, "models", words_json (&w->models),
                         "strategies", words_json (&w->strategies), "only", words_json (&w->only), "samples",
                         (json_int_t)w->samples);
  aid_str_addf (&path, "%s/run.json", w->out);
  aid_json_dump (o, &text);
  aid_str_addc (&text, '\n');
  enum aid_err err = aid_fs_replace (aid_str_z (&path), aid_str_span (&text), 0600, e);
  json_decref (o);
  aid_str_free (&path);
  aid_str_free (&text);
  return err;
}

static int
evaluate (const struct evaluating *w, struct aid_eval_run *r, struct aid_eval_tasks *tasks)
{
  struct aid_ces_settings settings = { .warm = NULL };
  struct aid_scratch scratch = AID_SCRATCH_INIT;
  struct aid_error e = { AID_OK, "" };
  int status = AID_EXIT_FAILED;
  enum aid_err err = w->dry ? AID_OK : aid_eval_log_is_free (w->out, &e);
  if (!err)
    err = aid_ces_settings_read (&settings, &e);
  if (!err)
    err = aid_ces_open (&settings, &r->ces, &e); /* its warm trees stay where they are */
  if (!err)
    err = aid_cli_scratch ("eval", &scratch, &e);
  r->tasks = tasks;
  r->repositories = settings.repositories;
  r->scratch = aid_str_z (&scratch.dir);
  if (!err && !(err = aid_cli_scratch_cache (&scratch, &e)) && shown (w, r, &status)
      && !(err = aid_asker_new (r->stop, &r->asker, &e)))
    status = run (w, r);
  aid_asker_free (r->asker);
  aid_ces_close (r->ces);
  aid_ces_settings_free (&settings);
  aid_cli_scratch_remove (&scratch);
  return err ? aid_cli_fail ("%s", e.msg) : status;
}

/* Takes from run.json what the command does not say. */
static void
take_words (json_t *run, const char *name, struct aid_vec *list)
{
  const json_t *one;
  size_t i;
  if (list->len)
    return;
  json_array_foreach (json_object_get (run, name), i, one)
  {
    const char **slot = json_is_string (one) ? aid_vec_push (list) : NULL;
    if (slot)
      *slot = json_string_value (one);
  }
}

static enum aid_err
take_before (struct evaluating *w, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (8192), text = AID_STR_INIT ((size_t)16 << 20);
  aid_str_addf (&path, "%s/run.json", w->out);
  int there = aid_fs_exists (aid_str_z (&path));
  enum aid_err err = there ? aid_fs_read (aid_str_z (&path), &text, e) : AID_OK;
  if (there && !err && !(w->before = aid_json_parse (aid_str_span (&text), aid_str_z (&path), e)))
    err = e->code;
  take_words (w->before, "models", &w->models);
  take_words (w->before, "strategies", &w->strategies);
  if (!w->tasks)
    take_words (w->before, "only", &w->only);
  w->tasks = w->tasks ? w->tasks : aid_json_str (w->before, "tasks");
  w->samples = w->samples ? w->samples : aid_json_int (w->before, "samples", 1);
  aid_str_free (&path);
  aid_str_free (&text);
  return err;
}

/* Where the tasks are that came with AID. */
static char *
mini_set (void)
{
  struct aid_str path = AID_STR_INIT (8192);
  int there = aid_beside ("eval/mini", &path) || aid_beside ("share/aid/eval/mini", &path);
  char *real = there ? realpath (aid_str_z (&path), NULL) : NULL;
  aid_str_free (&path);
  return real;
}

static int
start (struct evaluating *w)
{
  struct aid_eval_tasks tasks = { .list = AID_VEC_INIT (struct aid_eval_task *, 0) };
  struct aid_error e = { AID_OK, "" };
  char *end = NULL, *real = w->tasks ? realpath (w->tasks, NULL) : mini_set ();
  const char **slot = w->strategies.len ? NULL : aid_vec_push (&w->strategies);
  int status;
  if (slot)
    *slot = "edit";
  struct aid_eval_run r = { .dir = w->out,
                            .models = w->models.data,
                            .nmodels = w->models.len,
                            .strategies = w->strategies.data,
                            .nstrategies = w->strategies.len,
                            .samples = w->samples,
                            .jobs = w->jobs ? w->jobs : AID_EVAL_JOBS,
                            .dollars = w->budget ? strtod (w->budget, &end) : -1,
                            .over_budget = w->over_budget,
                            .stop = aid_cli_stop (NULL),
                            .question = question,
                            .question_free = question_free,
                            .begin = keep_run,
                            .tell = tell,
                            .ctx = w };
  w->tasks = real ? real : w->tasks;
  if (w->budget && (end == w->budget || *end || !(r.dollars >= 0)))
    status = aid_cli_misuse ("eval: --budget is a number of US dollars");
  else if (!w->models.len)
    status = aid_cli_misuse ("eval: --model says which model is asked; aid models lists them");
  else if (w->samples < 1 || w->samples > AID_EVAL_SAMPLES)
    status = aid_cli_misuse ("eval: --samples is a number from 1 to %d", AID_EVAL_SAMPLES);
  else if (!w->tasks)
    status = aid_cli_misuse ("eval: --tasks says which tasks; those that come with AID are not installed here");
  else if (aid_eval_tasks_read (w->tasks, w->only.data, w->only.len, &tasks, &e))
    status = aid_cli_fail ("%s", e.msg);
  else
    status = evaluate (w, &r, &tasks);
  aid_eval_tasks_free (&tasks);
  free (real);
  return status;
}

int
aid_cli_eval_run (int argc, char **argv)
{
  struct evaluating w = { .models = AID_VEC_INIT (const char *, LIST_MAX),
                          .strategies = AID_VEC_INIT (const char *, LIST_MAX),
                          .only = AID_VEC_INIT (const char *, AID_EVAL_TASKS) };
  const struct aid_opt opts[] = {
    { "tasks", 't', AID_OPT_STRING, &w.tasks, "DIR|FILE",
      "a folder of tasks, or rows of aid dataset (default: the set that came with AID)" },
    { "model", 'm', AID_OPT_LIST, &w.models, "MODEL", "one of aid models, or PROVIDER/NAME; may be repeated" },
    { "strategy", 's', AID_OPT_LIST, &w.strategies, "NAME", "one of aid strategies (edit); may be repeated" },
    { "samples", 'n', AID_OPT_NUMBER, &w.samples, "N", "answers to each question (1)" },
    { "k", 'k', AID_OPT_STRING, &w.k, "N,...", "of pass@k in the report" },
    { "only", 0, AID_OPT_LIST, &w.only, "TASK", "only the task of this name; may be repeated" },
    { "out", 'o', AID_OPT_STRING, &w.out, "DIR", "where the results are; what is there is not asked again" },
    { "jobs", 'j', AID_OPT_NUMBER, &w.jobs, "N", "attempts at a time (2)" },
    { "budget", 0, AID_OPT_STRING, &w.budget, "DOLLARS", "spend no more in this run" },
    { "over-budget", 0, AID_OPT_FLAG, &w.over_budget, NULL, "ask although a budget of the settings would be passed" },
    { "dry-run", 0, AID_OPT_FLAG, &w.dry, NULL, "only say what it is going to cost" },
    { "yes", 'y', AID_OPT_FLAG, &w.yes, NULL, "do not ask before it costs something" },
    { "json", 0, AID_OPT_FLAG, &w.json, NULL, "one JSON object a line for every attempt, and no report" },
  };
  const struct aid_usage_text usage
    = { "aid eval run --model MODEL --out DIR [options]",
        "Asks models the questions of tasks by strategies, as aid ask does, has each answer judged, and reports.  Each "
        "result is kept as\n"
        "it comes: the same command, or --out DIR alone, goes on where a run was ended.  What failed is asked again.\n",
        opts,
        sizeof opts / sizeof *opts,
        0,
        0 };
  struct aid_error e = { AID_OK, "" };
  struct stat st;
  int status;
  if (aid_opt_parse (&usage, argc, argv, &status) >= 0)
    {
      if (!w.out)
        status = aid_cli_misuse ("eval: --out DIR says where the results go");
      else if ((status = aid_cli_check_folder ("eval", "--out", w.out)))
        ;
      else if (!stat (w.out, &st) && !S_ISDIR (st.st_mode))
        status = aid_cli_fail ("%s is no folder: --out names the one where the results go", w.out);
      else if (!aid_cli_stop (&e))
        status = aid_cli_fail ("%s", e.msg);
      else
        {
          aid_config_leave_out (own_settings);
          status = take_before (&w, &e) ? aid_cli_fail ("%s", e.msg) : start (&w);
        }
    }
  json_decref (w.before);
  aid_vec_free (&w.models);
  aid_vec_free (&w.strategies);
  aid_vec_free (&w.only);
  return status;
}
