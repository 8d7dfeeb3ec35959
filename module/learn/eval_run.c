/* All attempts of a run on some threads: tasks one after the other, and of each every model, strategy and sample, so
   that the tree that was built for a task is used while it is warm.

   What is spent is known when an attempt is done.  So that no limit is passed by much, what is being asked counts as what an
   attempt has cost at most so far; before the first has ended the others wait, if there is a limit.  An answer that an earlier
   run has kept was paid then: it costs nothing, and waits for nobody. */
#include "base/json.h"
#include "base/map.h"
#include "learn/eval_internal.h"

#include <pthread.h>
#include <stdlib.h>

struct running
{
  const struct aid_eval_run *r;
  struct aid_eval_ran *out;
  struct aid_eval_results before;
  struct aid_eval_places *places;
  struct aid_eval_log *log;
  pthread_mutex_t lock; /* of all below, and of OUT */
  pthread_cond_t changed;
  size_t next, asking, ended, told;
  unsigned char *kept; /* of each attempt: whether its answer is there */
  size_t *open;        /* attempts of each task that are not done */
  double dearest;      /* of one attempt so far; negative: none has ended */
  enum aid_err err;
  struct aid_error error;
};

static size_t
per_task (const struct aid_eval_run *r)
{
  return r->nmodels * r->nstrategies * (size_t)r->samples;
}

static struct aid_eval_attempt
attempt_at (const struct aid_eval_run *r, size_t i)
{
  size_t within = i % per_task (r), sample = within % (size_t)r->samples, arm = within / (size_t)r->samples;
  return (struct aid_eval_attempt){ AID_VEC_AT (struct aid_eval_task *, &r->tasks->list, i / per_task (r)),
                                    r->models[arm / r->nstrategies], r->strategies[arm % r->nstrategies],
                                    (int64_t)sample + 1 };
}

/* Whether A has a result that stays. */
static int
is_done (const struct aid_eval_results *before, const struct aid_eval_attempt *a)
{
  char key[AID_EVAL_KEY];
  aid_eval_key (a, key);
  const json_t *row = before->keys ? aid_map_get (before->keys, aid_span_z (key)) : NULL;
  enum aid_eval_outcome o = row ? aid_eval_outcome_of (row) : AID_EVAL_ERROR;
  return o != AID_EVAL_ERROR && o != AID_EVAL_UNJUDGED;
}

/* Whether there is an answer to A that waits for nothing but its judgement. */
static int
is_kept (const struct aid_eval_run *r, const struct aid_eval_attempt *a)
{
  char key[AID_EVAL_KEY];
  aid_eval_key (a, key);
  json_t *answer = aid_eval_answer_read (r->dir, key, a->task->hash);
  json_decref (answer);
  return answer != NULL;
}

/* --- limits, with the lock held ----------------------------------------------------------------------------------- */

static int
would_pass (struct running *g)
{
  double ahead = (double)(g->asking + 1) * (g->dearest > 0 ? g->dearest : 0);
  if (!g->kept[g->next] && g->r->dollars >= 0 && g->out->cost + ahead > g->r->dollars)
    g->out->limited = 1;
  return g->out->limited;
}

static int
is_over (const struct running *g)
{
  return g->err || aid_stop_is_set (g->r->stop) || g->next >= g->out->attempts;
}

static void
pass_over_done (struct running *g)
{
  for (; !is_over (g); g->next++)
    {
      struct aid_eval_attempt a = attempt_at (g->r, g->next);
      if (!is_done (&g->before, &a))
        break;
      g->open[g->next / per_task (g->r)]--;
    }
}

/* Takes the next attempt that has no result: its number, or that of all: there is none to begin. */
static size_t
begin (struct running *g)
{
  pass_over_done (g);
  while (g->r->dollars >= 0 && g->dearest < 0 && g->asking && !is_over (g) && !g->kept[g->next])
    {
      pthread_cond_wait (&g->changed, &g->lock);
      pass_over_done (g); /* others have gone on meanwhile */
    }
  if (is_over (g) || would_pass (g))
    return g->out->attempts;
  g->asking += !g->kept[g->next];
  return g->next++;
}

/* Counts ROW, and what its answer cost unless that was KEPT. */
static void
count (struct running *g, const json_t *row, int kept)
{
  const json_t *cost = json_object_get (row, "cost");
  enum aid_eval_outcome o = aid_eval_outcome_of (row);
  g->out->outcomes[o]++;
  if (o == AID_EVAL_ERROR)
    return;
  double dollars = json_is_number (cost) ? json_number_value (cost) : 0;
  g->dearest = dollars > g->dearest ? dollars : g->dearest; /* as the next ones will, whoever paid for this one */
  if (kept)
    return;
  g->out->cost += dollars;
  g->out->unpriced += !json_is_number (cost);
}

/* Notes what came of the attempt I: ROW (whose reference is taken), or ERR. */
static void
note (struct running *g, size_t i, json_t *row, enum aid_err err, const struct aid_error *e)
{
  size_t task = i / per_task (g->r);
  g->asking -= !g->kept[i];
  if (row)
    {
      count (g, row, g->kept[i]);
      g->r->tell (g->r->ctx, row, ++g->told, g->out->attempts - g->out->before);
    }
  if (err && !g->err)
    {
      g->err = err;
      g->error = *e;
    }
  g->open[task]--;
  if (!g->open[task])
    aid_eval_place_done (g->places, task);
  json_decref (row);
  pthread_cond_broadcast (&g->changed);
}

static void *
work (void *arg)
{
  struct running *g = arg;
  size_t i;
  pthread_mutex_lock (&g->lock);
  while ((i = begin (g)) < g->out->attempts)
    {
      struct aid_eval_attempt a = attempt_at (g->r, i);
      struct aid_error e = { AID_OK, "" };
      const char *dir = NULL;
      json_t *row = NULL;
      pthread_mutex_unlock (&g->lock);
      enum aid_err err = aid_eval_place (g->places, i / per_task (g->r), &dir, &e);
      if (!err)
        err = aid_eval_attempt (g->r, &a, dir, &row, &e);
      if (!err)
        err = aid_eval_log_add (g->log, row, &e);
      pthread_mutex_lock (&g->lock);
      note (g, i, row, err, &e);
    }
  g->ended++;
  pthread_mutex_unlock (&g->lock);
  return NULL;
}

/* --- before ------------------------------------------------------------------------------------------------------- */

/* Whether what is there is of these tasks. */
static enum aid_err
check_before (const struct aid_eval_run *r, const struct aid_eval_results *before, struct aid_error *e)
{
  const json_t *row;
  size_t i;
  json_array_foreach (before->rows, i, row)
  {
    for (size_t k = 0; k < r->tasks->list.len; k++)
      {
        const struct aid_eval_task *t = AID_VEC_AT (struct aid_eval_task *, &r->tasks->list, k);
        if (!strcmp (t->name, aid_json_str (row, "task")) && strcmp (t->hash, aid_json_str (row, "hash")) != 0)
          return aid_error_set (e, AID_E_INVALID,
                                "%s has results of the task %s as it was before it changed: take a new folder", r->dir,
                                t->name);
      }
  }
  return AID_OK;
}

/* Reads what is there in R's folder, which may be nothing. */
static enum aid_err
read_before (const struct aid_eval_run *r, struct aid_eval_results *before, struct aid_error *e)
{
  enum aid_err err = aid_eval_results_read (r->dir, before, e);
  if (err == AID_E_NOTFOUND)
    {
      *e = (struct aid_error){ AID_OK, "" };
      return AID_OK;
    }
  return err ? err : check_before (r, before, e);
}

#define LOOKED_AT 20 /* attempts that the forecast is made of */

enum aid_err
aid_eval_ahead (const struct aid_eval_run *r, struct aid_eval_forecast *out, struct aid_error *e)
{
  struct aid_eval_results before = { NULL, NULL };
  size_t all = r->tasks->list.len * per_task (r), n = 0, looked = 0;
  size_t *open = calloc (all + 1, sizeof *open);
  struct aid_eval_places *places = aid_eval_places_new (r->scratch, r->tasks, r->repositories);
  enum aid_err err
    = open && places ? read_before (r, &before, e) : aid_error_set (e, AID_E_NOMEM, "No memory for a forecast");
  *out = (struct aid_eval_forecast){ .attempts = 0 };
  for (size_t i = 0; open && i < all && !err; i++)
    {
      struct aid_eval_attempt a = attempt_at (r, i);
      if (!is_done (&before, &a) && !is_kept (r, &a))
        open[n++] = i;
    }
  out->attempts = n;
  size_t wanted = n < LOOKED_AT ? n : LOOKED_AT;
  for (; open && looked < wanted && !err; looked++)
    {
      size_t i = open[looked * n / wanted];
      struct aid_eval_attempt a = attempt_at (r, i);
      const char *dir = NULL;
      int64_t tokens = 0;
      double cost = -1;
      err = aid_eval_place (places, i / per_task (r), &dir, e);
      if (!err)
        err = aid_eval_attempt_ahead (r, &a, dir, &tokens, &cost, e);
      out->tokens += tokens;
      out->cost = out->cost < 0 || cost < 0 ? -1 : out->cost + cost;
    }
  if (looked)
    {
      out->tokens = out->tokens * (int64_t)n / (int64_t)looked;
      out->cost = out->cost < 0 ? -1 : out->cost * (double)n / (double)looked;
    }
  aid_eval_results_free (&before);
  aid_eval_places_free (places);
  free (open);
  return err;
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static void
count_before (struct running *g)
{
  for (size_t i = 0; i < g->out->attempts; i++)
    {
      struct aid_eval_attempt a = attempt_at (g->r, i);
      int done = is_done (&g->before, &a);
      g->out->before += (size_t)done;
      g->kept[i] = !done && is_kept (g->r, &a);
    }
}

static enum aid_err
run_threads (struct running *g, struct aid_error *e)
{
  pthread_t threads[AID_EVAL_JOBS_MAX];
  int64_t n = 0, jobs = g->r->jobs < 1 ? 1 : g->r->jobs > AID_EVAL_JOBS_MAX ? AID_EVAL_JOBS_MAX : g->r->jobs;
  while (n < jobs && !pthread_create (&threads[n], NULL, work, g))
    n++;
  for (int64_t i = 0; i < n; i++)
    pthread_join (threads[i], NULL);
  if (!n)
    return aid_error_set (e, AID_E_NOMEM, "No thread can be started");
  g->out->left = g->out->attempts - g->out->before - g->told;
  if (g->err && g->err != AID_E_CANCELLED)
    return aid_error_set (e, g->err, "%s", g->error.msg);
  return aid_stop_is_set (g->r->stop) ? aid_error_set (e, AID_E_CANCELLED, "Stopped") : AID_OK;
}

enum aid_err
aid_eval_run (const struct aid_eval_run *r, struct aid_eval_ran *out, struct aid_error *e)
{
  struct running g = { .r = r, .out = out, .dearest = -1.0 };
  *out = (struct aid_eval_ran){ .attempts = r->tasks->list.len * per_task (r) };
  pthread_mutex_init (&g.lock, NULL);
  pthread_cond_init (&g.changed, NULL);
  g.places = aid_eval_places_new (r->scratch, r->tasks, r->repositories);
  g.open = calloc (r->tasks->list.len + 1, sizeof *g.open);
  g.kept = calloc (out->attempts + 1, 1);
  enum aid_err err = g.places && g.open && g.kept ? aid_eval_log_open (r->dir, &g.log, e)
                                                  : aid_error_set (e, AID_E_NOMEM, "No memory to evaluate");
  if (!err)
    err = read_before (r, &g.before, e);
  if (!err && r->begin)
    err = r->begin (r->ctx, e);
  if (!err)
    {
      for (size_t i = 0; i < r->tasks->list.len; i++)
        g.open[i] = per_task (r);
      count_before (&g);
      err = run_threads (&g, e);
    }
  aid_eval_log_close (g.log);
  aid_eval_results_free (&g.before);
  aid_eval_places_free (g.places);
  free (g.open);
  free (g.kept);
  pthread_mutex_destroy (&g.lock);
  pthread_cond_destroy (&g.changed);
  return err;
}
