/* Helpers that rest, and one thread that ends those that nobody wants.  Programs are started and ended without the lock. */
#include "scan/helpers.h"
#include "base/beside.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/pool.h"
#include "config/config.h"
#include "scan/ctags.h"
#include "scan/trees.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

enum
{
  RESTING = 8,        /* of each kind */
  REST_MS = 60000,    /* what rests longer is ended */
  MISSING_MS = 60000, /* a program that cannot be had is not looked for again before */
  FAILURES = 20,      /* one after the other: the program is as good as missing */
  FOLDERS = 24
};

struct resting
{
  struct aid_helper *helper;
  int64_t since;
  int calm;
};

/* What is asked by; as aid_sources_options, owned. */
struct using
{
  char *trees, *ctags, *folders[FOLDERS];
  size_t n;
};

static struct
{
  pthread_mutex_t lock; /* guards what follows */
  pthread_cond_t changed;
  struct using using;
  unsigned generation;
  int configured; /* the settings were read */
  struct resting resting[AID_HELPER_KINDS][RESTING];
  size_t n[AID_HELPER_KINDS];
  int64_t missing_until[AID_HELPER_KINDS];
  unsigned failures[AID_HELPER_KINDS];
  unsigned long thread; /* 0: none */
  int stopping;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

/* --- what is asked by ---------------------------------------------------------------------------------------------- */

static void
free_using (struct using *u)
{
  free (u->trees);
  free (u->ctags);
  for (size_t i = 0; i < u->n; i++)
    free (u->folders[i]);
  *u = (struct using){ 0 };
}

static char *
copy (const char *z)
{
  return z ? strdup (z) : NULL;
}

static void
add_folder (struct using *u, const char *folder)
{
  if (folder && folder[0] == '/' && u->n < FOLDERS && (u->folders[u->n] = strdup (folder)))
    u->n++;
}

static struct using copy_using (const struct using *from)
{
  struct using u = { .trees = copy (from->trees), .ctags = copy (from->ctags) };
  for (size_t i = 0; i < from->n; i++)
    add_folder (&u, from->folders[i]);
  return u;
}

/* The user's own folders of grammars; a grammar is code that runs, so that a project has no say. */
static void
add_settings (struct using *u)
{
  struct aid_config *c = aid_config_load (NULL, NULL);
  const char *home = getenv ("HOME");
  const json_t *names = c ? aid_config_get (c, "grammars") : NULL, *v;
  size_t i;
  json_array_foreach (names, i, v)
  {
    struct aid_str path = AID_STR_INIT (4096);
    const char *z = json_string_value (v);
    int below = z && home && strncmp (z, "~/", 2) == 0;
    aid_str_addf (&path, "%s%s", below ? home : "", z ? z + below : "");
    add_folder (u, aid_str_z (&path));
    aid_str_free (&path);
  }
  aid_config_free (c);
}

/* The settings are read when something is first asked, without the lock. */
static void
configure (void)
{
  struct using u = { 0 };
  pthread_mutex_lock (&pool.lock);
  int configured = pool.configured;
  pthread_mutex_unlock (&pool.lock);
  if (configured)
    return;
  add_settings (&u);
  pthread_mutex_lock (&pool.lock);
  for (size_t i = 0; !pool.configured && i < u.n; i++)
    add_folder (&pool.using, u.folders[i]);
  pool.configured = 1;
  pthread_mutex_unlock (&pool.lock);
  free_using (&u);
}

static int
find_trees (const struct using *u, struct aid_str *out)
{
  return u->trees ? *u->trees && !aid_str_addz (out, u->trees) : aid_beside ("aid-trees", out);
}

static enum aid_err
start (enum aid_helper_kind kind, const struct using *u, struct aid_helper **out)
{
  struct aid_str path = AID_STR_INIT (8192);
  enum aid_err err = AID_E_NOTFOUND;
  if (kind == AID_HELPER_TREES && find_trees (u, &path))
    err = aid_trees_start (aid_str_z (&path), (const char *const *)u->folders, u->n, out);
  else if (kind == AID_HELPER_CTAGS && (!u->ctags || *u->ctags))
    err = aid_ctags_start (u->ctags, out);
  aid_str_free (&path);
  return err;
}

/* --- taking and giving --------------------------------------------------------------------------------------------- */

int
aid_helpers_calm (void)
{
#ifdef SCHED_IDLE
  return sched_getscheduler (0) == SCHED_IDLE;
#else
  return 0;
#endif
}

/* Takes the one out that rests at I.  With the lock held. */
static struct aid_helper *
take_out (enum aid_helper_kind kind, size_t i)
{
  struct aid_helper *h = pool.resting[kind][i].helper;
  pool.resting[kind][i] = pool.resting[kind][--pool.n[kind]];
  return h;
}

enum aid_err
aid_helpers_take (enum aid_helper_kind kind, int fresh, struct aid_lease *out)
{
  struct using u = { 0 };
  *out = (struct aid_lease){ .kind = kind, .calm = aid_helpers_calm () };
  configure ();
  pthread_mutex_lock (&pool.lock);
  int missing = aid_clock_ms () < pool.missing_until[kind];
  out->generation = pool.generation;
  for (size_t i = pool.n[kind]; !missing && !fresh && !out->helper && i-- > 0;)
    if (pool.resting[kind][i].calm == out->calm)
      out->helper = take_out (kind, i);
  out->fresh = !missing && !out->helper;
  if (out->fresh)
    u = copy_using (&pool.using);
  pthread_mutex_unlock (&pool.lock);
  if (!out->fresh)
    return missing ? AID_E_NOTFOUND : AID_OK;
  enum aid_err err = start (kind, &u, &out->helper);
  free_using (&u);
  if (!err)
    return AID_OK;
  pthread_mutex_lock (&pool.lock);
  if (pool.generation == out->generation)
    pool.missing_until[kind] = aid_clock_ms () + MISSING_MS;
  pthread_mutex_unlock (&pool.lock);
  return err == AID_E_NOMEM ? err : AID_E_NOTFOUND;
}

/* Takes one out that has rested long enough (all: ALL), or says when that will be.  With the lock held. */
static struct aid_helper *
next_to_end (int all, int64_t *when)
{
  *when = INT64_MAX;
  for (int kind = 0; kind < AID_HELPER_KINDS; kind++)
    for (size_t i = 0; i < pool.n[kind]; i++)
      {
        int64_t until = pool.resting[kind][i].since + REST_MS;
        if (all || until <= aid_clock_ms ())
          return take_out ((enum aid_helper_kind)kind, i);
        *when = until < *when ? until : *when;
      }
  return NULL;
}

static void *
watch (void *arg)
{
  (void)arg;
  pthread_mutex_lock (&pool.lock);
  while (!pool.stopping)
    {
      int64_t when;
      struct timespec until;
      struct aid_helper *h = next_to_end (0, &when);
      if (h)
        {
          pthread_mutex_unlock (&pool.lock);
          aid_helper_end (h);
          pthread_mutex_lock (&pool.lock);
        }
      else if (when == INT64_MAX)
        pthread_cond_wait (&pool.changed, &pool.lock);
      else
        {
          clock_gettime (CLOCK_REALTIME, &until); /* whose jumps make it early or late, no more */
          until.tv_sec += (when - aid_clock_ms ()) / 1000 + 1;
          pthread_cond_timedwait (&pool.changed, &pool.lock, &until);
        }
    }
  pthread_mutex_unlock (&pool.lock);
  return NULL;
}

void
aid_helpers_give (struct aid_lease *lease, enum aid_lease_end end)
{
  enum aid_helper_kind kind = lease->kind;
  struct aid_helper *h = lease->helper;
  pthread_mutex_lock (&pool.lock);
  pool.failures[kind] = end == AID_LEASE_ILL ? pool.failures[kind] + 1 : end == AID_LEASE_WELL ? 0 : pool.failures[kind];
  if (pool.failures[kind] >= FAILURES)
    {
      pool.failures[kind] = 0;
      pool.missing_until[kind] = aid_clock_ms () + MISSING_MS;
    }
  if (!pool.thread && !pool.stopping)
    aid_thread_start (&pool.thread, "aid-helpers", watch, NULL, NULL);
  if (end == AID_LEASE_WELL && pool.thread && !pool.stopping && pool.generation == lease->generation
      && pool.n[kind] < RESTING)
    {
      pool.resting[kind][pool.n[kind]++] = (struct resting){ h, aid_clock_ms (), lease->calm };
      h = NULL;
      pthread_cond_signal (&pool.changed);
    }
  pthread_mutex_unlock (&pool.lock);
  aid_helper_end (h);
  lease->helper = NULL;
}

/* Ends all that rest. */
static void
end_resting (void)
{
  struct aid_helper *h;
  int64_t when;
  do
    {
      pthread_mutex_lock (&pool.lock);
      h = next_to_end (1, &when);
      pthread_mutex_unlock (&pool.lock);
      aid_helper_end (h);
    }
  while (h);
}

void
aid_helpers_use (const struct aid_sources_options *o)
{
  struct using u = { .trees = copy (o->trees), .ctags = copy (o->ctags) }, old;
  for (size_t i = 0; i < o->n; i++)
    add_folder (&u, o->grammars[i]);
  pthread_mutex_lock (&pool.lock);
  old = pool.using;
  pool.using = u;
  pool.generation++;
  pool.configured = 0;
  for (int kind = 0; kind < AID_HELPER_KINDS; kind++)
    pool.missing_until[kind] = pool.failures[kind] = 0;
  pthread_mutex_unlock (&pool.lock);
  free_using (&old);
  end_resting ();
}

void
aid_sources_stop (void)
{
  pthread_mutex_lock (&pool.lock);
  unsigned long thread = pool.thread;
  pool.stopping = 1;
  pthread_cond_broadcast (&pool.changed);
  pthread_mutex_unlock (&pool.lock);
  if (thread)
    pthread_join (thread, NULL);
  end_resting ();
  pthread_mutex_lock (&pool.lock);
  struct using old = pool.using;
  pool.using = (struct using){ 0 };
  pool.generation++;
  pool.configured = pool.stopping = 0;
  pool.thread = 0;
  pthread_mutex_unlock (&pool.lock);
  free_using (&old);
}
