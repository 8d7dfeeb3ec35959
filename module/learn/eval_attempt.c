/* One attempt: the question is made and asked as aid ask does it, the answer is kept, and then judged. */
#include "assist/assist.h"
#include "base/clock.h"
#include "base/json.h"
#include "learn/eval_internal.h"

#include <stdlib.h>

#define WHY_MAX 300 /* bytes of why an attempt was not green */

static struct aid_gather
gather_of (const struct aid_eval_attempt *a, const char *dir)
{
  return (struct aid_gather){ .root = dir,
                              .strategy = a->strategy,
                              .model = a->model,
                              .prompt = aid_span_z (a->task->question),
                              .files = a->task->files.data,
                              .nfiles = a->task->files.len };
}

static struct aid_once
once_of (const struct aid_eval_run *r, const struct aid_eval_attempt *a, const struct aid_eval_question *q, const char *dir)
{
  return (struct aid_once){ .strategy = a->strategy,
                            .model = a->model,
                            .question = aid_span_z (a->task->question),
                            .over_budget = r->over_budget,
                            .chat = q->chat,
                            .root = dir,
                            .items = q->items,
                            .nitems = q->nitems,
                            .variant = 1,
                            .apart = 1 };
}

enum aid_err
aid_eval_attempt_ahead (const struct aid_eval_run *r, const struct aid_eval_attempt *a, const char *dir, int64_t *tokens,
                        double *cost, struct aid_error *e)
{
  struct aid_gather g = gather_of (a, dir);
  struct aid_eval_question q = { .own = NULL };
  enum aid_err err = r->question (r->ctx, &g, &q, e);
  struct aid_once once = once_of (r, a, &q, dir);
  if (!err)
    err = aid_ask_ahead (&once, AID_FORECAST_ANSWER, tokens, cost, e);
  r->question_free (r->ctx, &q);
  return err;
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

/* What asking gave, as it is kept for the task T. */
static json_t *
answer_json (const struct aid_once_answer *answer, const struct aid_eval_task *t)
{
  json_t *o = json_object ();
  json_object_set_new (o, "hash", json_string (t->hash));
  json_object_set_new (o, "text", aid_json_of_span (aid_str_span (&answer->text)));
  json_object_set_new (o, "stop", json_string (answer->stop));
  json_object_set_new (o, "asked", answer->model ? json_string (answer->model) : json_null ());
  json_object_set_new (o, "in", json_integer ((json_int_t)answer->in));
  json_object_set_new (o, "cached", json_integer ((json_int_t)answer->cached));
  json_object_set_new (o, "out", json_integer ((json_int_t)answer->out));
  json_object_set_new (o, "reasoning", json_integer ((json_int_t)answer->reasoning));
  json_object_set_new (o, "cost", answer->cost < 0 ? json_null () : json_real (answer->cost));
  json_object_set_new (o, "first_ms", json_integer ((json_int_t)answer->first_ms));
  json_object_set_new (o, "ms", json_integer ((json_int_t)answer->ms));
  return o;
}

/* A new object {"text", ...}, or NULL and *E why the request failed. */
static json_t *
ask (const struct aid_eval_run *r, const struct aid_eval_attempt *a, const char *dir, struct aid_error *e)
{
  struct aid_gather g = gather_of (a, dir);
  struct aid_eval_question q = { .own = NULL };
  struct aid_once_answer answer = { .text = AID_STR_INIT (0) };
  enum aid_err err = r->question (r->ctx, &g, &q, e);
  struct aid_once once = once_of (r, a, &q, dir);
  if (!err)
    err = aid_ask_once (r->asker, &once, &answer, e);
  json_t *out = err ? NULL : answer_json (&answer, a->task);
  aid_once_free (&answer);
  r->question_free (r->ctx, &q);
  return out;
}

/* --- judging ------------------------------------------------------------------------------------------------------ */

/* The line of V that tells why, as it stands in the row. */
static json_t *
why_json (struct aid_span v)
{
  struct aid_span line = AID_SPAN ("");
  v = aid_span_trim (v);
  aid_span_line (&v, &line);
  line.len = line.len > WHY_MAX ? WHY_MAX : line.len;
  return aid_json_of_span (line);
}

/* The rungs' results by their names, and why the first that did not pass did not. */
static void
add_rungs (const json_t *verdict, json_t *row)
{
  json_t *rungs = json_object (), *rung;
  size_t i;
  json_array_foreach (json_object_get (verdict, "rungs"), i, rung)
  {
    const char *name = aid_json_str (rung, "rung"), *result = aid_json_str (rung, "result");
    const json_t *first = json_array_get (json_object_get (rung, "diagnostics"), 0);
    if (!name || !result)
      continue;
    json_object_set (rungs, name, json_object_get (rung, "result"));
    if (json_object_get (row, "failed") || !strcmp (result, "passed") || !strcmp (result, "none"))
      continue;
    json_object_set_new (row, "failed", json_string (name));
    json_object_set_new (row, "why", why_json (first ? aid_json_span (first, "message") : aid_json_span (rung, "output")));
  }
  json_object_set_new (row, "rungs", rungs);
  json_object_set (row, "reached", json_object_get (verdict, "reached"));
  json_object_set (row, "judge_ms", json_object_get (verdict, "ms"));
}

static int
was_refused (const char *stop)
{
  return stop && (!strcmp (stop, "refusal") || !strcmp (stop, "filter"));
}

static void
set_outcome (json_t *row, enum aid_eval_outcome o)
{
  json_object_set_new (row, "outcome", json_string (aid_eval_outcome_name (o)));
}

/* Notes E, what went wrong. */
static void
set_error (json_t *row, enum aid_eval_outcome o, const struct aid_error *e)
{
  set_outcome (row, o);
  json_object_set_new (
    row, "error",
    json_pack ("{s:s, s:o}", "code", aid_err_name (e->code), "message", aid_json_of_span (aid_span_z (e->msg))));
}

/* Whether an error says that nothing more can be done here, and not that this attempt went wrong. */
static int
ends_all (enum aid_err err)
{
  return err == AID_E_CANCELLED || err == AID_E_NOMEM;
}

static enum aid_err
judge (const struct aid_eval_run *r, const struct aid_eval_attempt *a, const char *dir, struct aid_span text, json_t *row,
       struct aid_error *e)
{
  int changes = 0, exact = -1;
  json_t *verdict = NULL;
  enum aid_err err = aid_eval_exact (text, a->task->solution, dir, &changes, &exact, e);
  if (!err && !changes)
    {
      set_outcome (row, AID_EVAL_NONE);
      json_object_set_new (row, "exact", exact < 0 ? json_null () : json_false ());
      return AID_OK;
    }
  if (!err)
    err = aid_ces_evaluate (r->ces, a->task->judge, text, AID_CES_OURS, r->stop, &verdict, e);
  if (err)
    {
      if (!ends_all (err))
        set_error (row, AID_EVAL_UNJUDGED, e);
      return ends_all (err) ? err : AID_OK;
    }
  set_outcome (row, aid_json_bool (verdict, "green", 0) ? AID_EVAL_GREEN : AID_EVAL_RED);
  json_object_set_new (row, "exact", exact < 0 ? json_null () : json_boolean (exact));
  add_rungs (verdict, row);
  json_decref (verdict);
  return AID_OK;
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static json_t *
row_of (const struct aid_eval_attempt *a, const char *key)
{
  json_t *row = json_object ();
  json_object_set_new (row, "eval", json_integer (1));
  json_object_set_new (row, "key", json_string (key));
  json_object_set_new (row, "task", aid_json_of_span (aid_span_z (a->task->name)));
  json_object_set_new (row, "hash", json_string (a->task->hash));
  json_object_set_new (row, "language",
                       a->task->language ? aid_json_of_span (aid_span_z (a->task->language)) : json_null ());
  json_object_set_new (row, "model", aid_json_of_span (aid_span_z (a->model)));
  json_object_set_new (row, "strategy", aid_json_of_span (aid_span_z (a->strategy)));
  json_object_set_new (row, "sample", json_integer ((json_int_t)a->sample));
  return row;
}

/* What asking gave, but for the text. */
static void
add_figures (const json_t *answer, json_t *row)
{
  static const char *const names[] = { "asked", "stop", "in", "cached", "out", "reasoning", "cost", "first_ms", "ms" };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    json_object_set (row, names[i], json_object_get (answer, names[i]));
}

enum aid_err
aid_eval_attempt (const struct aid_eval_run *r, const struct aid_eval_attempt *a, const char *dir, json_t **row,
                  struct aid_error *e)
{
  char key[AID_EVAL_KEY];
  struct aid_error why = { AID_OK, "" };
  enum aid_err err = AID_OK;
  aid_eval_key (a, key);
  json_t *answer = aid_eval_answer_read (r->dir, key, a->task->hash), *made = row_of (a, key);
  if (!answer && (answer = ask (r, a, dir, &why)))
    err = aid_eval_answer_keep (r->dir, key, answer, e);
  if (!err && !answer)
    {
      set_error (made, AID_EVAL_ERROR, &why);
      if (ends_all (why.code))
        err = aid_error_set (e, why.code, "%s", why.msg);
    }
  else if (!err)
    {
      add_figures (answer, made);
      if (was_refused (aid_json_str (answer, "stop")))
        {
          set_outcome (made, AID_EVAL_REFUSED);
          json_object_set_new (made, "exact", a->task->solution ? json_false () : json_null ());
        }
      else
        err = judge (r, a, dir, aid_json_span (answer, "text"), made, e);
    }
  json_object_set_new (made, "time", json_integer ((json_int_t)aid_clock_wall_ms ()));
  json_decref (answer);
  if (err)
    json_decref (made);
  else
    *row = made;
  return err;
}
