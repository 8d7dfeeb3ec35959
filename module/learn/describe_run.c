/* Many examples: each of some threads takes the next one and describes it; the caller's thread alone writes what they give.

   What is spent is known when an example is done.  So that no limit is passed by much, what runs counts as what an example
   has cost at most so far; before the first has ended the others wait, if there is a limit. */
#include "learn/describe.h"
#include "base/json.h"
#include <pthread.h>
#include <stdlib.h>

#define RESULTS_MAX 1000000 /* that wait to be written */

struct running
{
  const struct aid_describer *d;
  const json_t *list;
  const struct aid_stop *stop;
  struct aid_describe_run *r;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  size_t next, busy, ended; /* ENDED: threads */
  struct aid_vec done;      /* struct result *, not written yet */
  double dearest;           /* of one example so far; negative: none has ended */
  int64_t longest;
  int stopped;
};

struct result
{
  const json_t *example;
  struct aid_described one;
};

/* --- which -------------------------------------------------------------------------------------------------------- */

struct listing
{
  json_t *out;
  int64_t n;
  int again;
};

static int
take (void *ctx, const json_t *example)
{
  struct listing *l = ctx;
  const json_t *described = json_object_get (example, "described");
  int leaks = json_array_size (json_object_get (described, "leaks")) > 0;
  struct aid_span question = aid_span_trim (aid_json_span (example, "question"));
  if (!question.len && aid_json_span (example, "diff").len && (!json_is_object (described) || (l->again && leaks)))
    json_array_append (l->out, (json_t *)(uintptr_t)example);
  return l->n && (int64_t)json_array_size (l->out) >= l->n;
}

enum aid_err
aid_describe_list (struct aid_examples *x, const struct aid_examples_which *which, int64_t n, int again, json_t **out,
                   struct aid_error *e)
{
  struct aid_examples_which w = *which;
  struct listing l = { json_array (), n, again };
  w.undescribed = !again;
  enum aid_err err = aid_examples_each (x, &w, take, &l, e);
  *out = l.out;
  return err;
}

/* --- limits, with the lock held ----------------------------------------------------------------------------------- */

static int
has_limit (const struct running *g)
{
  return g->d->settings.dollars >= 0 || g->d->settings.tokens > 0;
}

/* Whether one more example may pass a limit, which is told. */
static int
would_pass (struct running *g)
{
  double ahead = (double)(g->busy + 1) * (g->dearest > 0 ? g->dearest : 0);
  int64_t tokens = (int64_t)(g->busy + 1) * g->longest;
  if (g->d->settings.dollars >= 0 && g->r->cost + ahead > g->d->settings.dollars)
    g->r->limit = "dollars";
  else if (g->d->settings.tokens > 0 && g->r->tokens + tokens > g->d->settings.tokens)
    g->r->limit = "tokens";
  return g->r->limit != NULL;
}

/* Takes the next example; NULL: there is none to begin. */
static struct result *
begin (struct running *g)
{
  struct result *one = NULL;
  while (has_limit (g) && g->dearest < 0 && g->busy && !aid_stop_is_set (g->stop) && !g->stopped)
    pthread_cond_wait (&g->changed, &g->lock);
  if (aid_stop_is_set (g->stop) || g->stopped || g->next >= json_array_size (g->list) || would_pass (g)
      || !(one = calloc (1, sizeof *one)))
    return NULL;
  one->example = json_array_get (g->list, g->next++);
  g->busy++;
  return one;
}

static void
note (struct running *g, struct result *one)
{
  const struct aid_described *d = &one->one;
  struct result **slot = aid_vec_push (&g->done);
  int64_t tokens = d->in + d->out;
  g->busy--;
  g->r->tokens += tokens;
  g->r->cost += d->cost;
  g->r->unpriced += d->unpriced;
  if (!d->error.code || tokens)
    {
      g->dearest = d->cost > g->dearest ? d->cost : g->dearest;
      g->longest = tokens > g->longest ? tokens : g->longest;
    }
  if (slot)
    *slot = one;
  pthread_cond_broadcast (&g->changed);
}

static void *
work (void *arg)
{
  struct running *g = arg;
  struct result *one;
  pthread_mutex_lock (&g->lock);
  while ((one = begin (g)))
    {
      pthread_mutex_unlock (&g->lock);
      aid_describe_one (g->d, one->example, &one->one);
      pthread_mutex_lock (&g->lock);
      note (g, one);
    }
  g->ended++;
  pthread_cond_broadcast (&g->changed);
  pthread_mutex_unlock (&g->lock);
  return NULL;
}

/* --- the caller's thread ------------------------------------------------------------------------------------------ */

static enum aid_err
keep (struct aid_examples *x, struct aid_describe_run *r, const struct result *one, struct aid_error *e)
{
  const struct aid_described *d = &one->one;
  if (!d->described)
    {
      if (d->held)
        r->held++;
      else if (d->error.code == AID_E_CANCELLED)
        r->left++;
      else
        r->failed++;
      return AID_OK;
    }
  r->done++;
  r->leaking += json_array_size (json_object_get (d->described, "leaks")) > 0;
  enum aid_err err = aid_examples_set (x, aid_json_str (one->example, "id"), "described", d->described, e);
  return err == AID_E_NOTFOUND ? AID_OK : err; /* it was forgotten meanwhile */
}

static void
drop (struct result *one)
{
  json_decref (one->one.described);
  free (one);
}

enum aid_err
aid_describe_all (const struct aid_describer *d, struct aid_examples *x, const json_t *list, const struct aid_stop *stop,
                  void (*tell) (void *ctx, const json_t *example, const struct aid_described *one), void *ctx,
                  struct aid_describe_run *r, struct aid_error *e)
{
  struct running g
    = { .d = d, .list = list, .stop = stop, .r = r, .dearest = -1.0, .done = AID_VEC_INIT (struct result *, RESULTS_MAX) };
  pthread_t threads[AID_DESCRIBE_JOBS_MAX];
  size_t n = 0, jobs = (size_t)(d->settings.jobs < 1 ? 1 : d->settings.jobs);
  enum aid_err err = AID_OK;
  *r = (struct aid_describe_run){ .done = 0 };
  jobs = jobs > AID_DESCRIBE_JOBS_MAX ? AID_DESCRIBE_JOBS_MAX : jobs;
  pthread_mutex_init (&g.lock, NULL);
  pthread_cond_init (&g.changed, NULL);
  while (n < jobs && !pthread_create (&threads[n], NULL, work, &g))
    n++;
  if (!n)
    err = aid_error_set (e, AID_E_NOMEM, "No thread can be started");
  pthread_mutex_lock (&g.lock);
  while (g.ended < n || g.done.len)
    {
      if (!g.done.len)
        {
          pthread_cond_wait (&g.changed, &g.lock);
          continue;
        }
      struct result *one = AID_VEC_AT (struct result *, &g.done, 0);
      aid_vec_remove (&g.done, 0, 1);
      pthread_mutex_unlock (&g.lock);
      enum aid_err kept = keep (x, r, one, err ? NULL : e);
      tell (ctx, one->example, &one->one);
      drop (one);
      pthread_mutex_lock (&g.lock);
      err = err ? err : kept;
      g.stopped |= kept != AID_OK;
    }
  pthread_mutex_unlock (&g.lock);
  for (size_t i = 0; i < n; i++)
    pthread_join (threads[i], NULL);
  r->left += json_array_size (list) - g.next;
  pthread_mutex_destroy (&g.lock);
  pthread_cond_destroy (&g.changed);
  aid_vec_free (&g.done);
  if (!err && aid_stop_is_set (stop))
    err = aid_error_set (e, AID_E_CANCELLED, "Stopped");
  return err;
}
