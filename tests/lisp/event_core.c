/* A core without a product: it posts what a test tells it to, from threads of its own, so that the loader can be tried
   alone.  EVENT_VERSION 1 and 2 differ in their functions, as two releases would. */
#include "base/str.h"
#include "base/val.h"
#include "loader/host.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef EVENT_VERSION
#define EVENT_VERSION 1
#endif
#define JOBS_MAX 64
#define HELD 0u                  /* job.count of one that runs until it is cancelled */

struct job
{
  pthread_t thread;
  uint64_t id;
  unsigned count;
  char text[64];
  _Atomic int cancelled;
};

static const struct aid_host *host;
static struct job job_table[JOBS_MAX];
static unsigned njobs;
static _Atomic unsigned nrunning;
static _Atomic int stopping;
static char stop_reason[64];

static void
post (uint64_t id, const char *name, struct aid_span val, int final)
{
  struct aid_host_event ev = { .name = name, .val = val.ptr, .nval = val.len, .is_final = final };
  host->post (host->generation, id, &ev);
}

static void
post_text (uint64_t id, const char *text, size_t n, uint32_t from, const struct aid_host_span *spans, size_t nspans)
{
  struct aid_host_event ev = { .name = "text", .text = text, .ntext = n, .from = from, .spans = spans, .nspans = nspans,
                               .is_text = 1 };
  host->post (host->generation, id, &ev);
}

static void
post_words (uint64_t id, const char *name, const char *words)
{
  struct aid_str val = AID_STR_INIT (4096);
  aid_val_strz (&val, words);
  post (id, name, aid_str_span (&val), 1);
  aid_str_free (&val);
}

/* --- threads --------------------------------------------------------------------------------------------------------- */

static void *
run_job (void *arg)
{
  struct job *j = arg;
  struct timespec pause = { 0, 2000000 };
  for (unsigned i = 0; j->count == HELD ? !j->cancelled && !stopping : i < j->count; i++)
    {
      post_text (j->id, j->text, strlen (j->text), 0, NULL, 0);
      if (j->count == HELD)
        nanosleep (&pause, NULL);
    }
  if (j->count == HELD)
    post_words (j->id, "error", j->cancelled ? "cancelled" : stop_reason);
  else
    post_words (j->id, "done", "all");
  post_text (j->id, "late", 4, 0, NULL, 0);   /* must go nowhere */
  atomic_fetch_sub (&nrunning, 1);
  return NULL;
}

static uint64_t
start_job (unsigned count, const char *text)
{
  sigset_t every, before;
  struct job *j = &job_table[njobs];
  if (njobs == JOBS_MAX)
    return 0;
  j->id = host->next_id ();
  j->count = count;
  snprintf (j->text, sizeof j->text, "%s", text);
  atomic_fetch_add (&nrunning, 1);
  sigfillset (&every);
  pthread_sigmask (SIG_BLOCK, &every, &before);
  if (pthread_create (&j->thread, NULL, run_job, j) == 0)
    njobs++;
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  return j->id;
}

/* --- Lisp ------------------------------------------------------------------------------------------------------------ */

#define FN(name) static emacs_value name (emacs_env *env, ptrdiff_t nargs, emacs_value *args)
#define UNUSED (void) nargs, (void) args

static uint64_t
id_of (emacs_env *env, emacs_value v)
{
  return (uint64_t) env->extract_integer (env, v);
}

static char *
string_of (emacs_env *env, emacs_value v, size_t *n)
{
  ptrdiff_t len = 0;
  env->copy_string_contents (env, v, NULL, &len);
  char *s = malloc ((size_t) len);
  env->copy_string_contents (env, v, s, &len);
  *n = (size_t) len - 1;
  return s;
}

FN (new_id)
{
  UNUSED;
  return env->make_integer (env, (intmax_t) host->next_id ());
}

/* ID STRING FROM [BEG END FACE ...] */
FN (text)
{
  size_t n;
  char *s = string_of (env, args[1], &n);
  ptrdiff_t numbers = env->vec_size (env, args[3]);
  struct aid_host_span *spans = calloc ((size_t) numbers / 3 + 1, sizeof *spans);
  (void) nargs;
  for (ptrdiff_t i = 0; i < numbers / 3; i++)
    {
      spans[i].beg = (uint32_t) env->extract_integer (env, env->vec_get (env, args[3], 3 * i));
      spans[i].end = (uint32_t) env->extract_integer (env, env->vec_get (env, args[3], 3 * i + 1));
      spans[i].face = (uint32_t) env->extract_integer (env, env->vec_get (env, args[3], 3 * i + 2));
    }
  post_text (id_of (env, args[0]), s, n, (uint32_t) env->extract_integer (env, args[2]), spans, (size_t) numbers / 3);
  free (s);
  free (spans);
  return env->intern (env, "nil");
}

/* ID KIND [BYTE ...] FINAL */
FN (event)
{
  size_t n;
  char *kind = string_of (env, args[1], &n), *bytes;
  ptrdiff_t nbytes = env->vec_size (env, args[2]);
  (void) nargs;
  bytes = malloc ((size_t) nbytes + 1);
  for (ptrdiff_t i = 0; i < nbytes; i++)
    bytes[i] = (char) env->extract_integer (env, env->vec_get (env, args[2], i));
  post (id_of (env, args[0]), kind, (struct aid_span){ bytes, (size_t) nbytes }, env->is_not_nil (env, args[3]));
  free (kind);
  free (bytes);
  return env->intern (env, "nil");
}

/* Posts a value of every kind to ID. */
FN (sample)
{
  struct aid_str v = AID_STR_INIT (1 << 16);
  size_t o = aid_val_object (&v), l, deep[100];
  (void) nargs;
  aid_val_key (&v, "null");
  aid_val_nil (&v);
  aid_val_kbool (&v, "yes", 1);
  aid_val_kbool (&v, "no", 0);
  aid_val_kint (&v, "small", -1);
  aid_val_kint (&v, "big", INT64_MAX);
  aid_val_kreal (&v, "real", 0.5);
  aid_val_kstr (&v, "str", AID_SPAN ("gr\xC3\xBC\xC3\x9F\0e"));
  aid_val_kstrz (&v, "empty", "");
  aid_val_ksym (&v, "sym", "exact");
  aid_val_key (&v, "list");
  l = aid_val_list (&v);
  aid_val_int (&v, 1);
  aid_val_end (&v, aid_val_list (&v), 0);
  aid_val_end (&v, l, 2);
  aid_val_key (&v, "gr\xC3\xBC\xC3\x9F e");
  aid_val_int (&v, 7);
  aid_val_key (&v, "deep");
  for (int i = 0; i < 100; i++)
    deep[i] = aid_val_list (&v);
  for (int i = 99; i >= 0; i--)
    aid_val_end (&v, deep[i], i == 99 ? 0 : 1);
  aid_val_end (&v, o, 12);
  post (id_of (env, args[0]), "result", aid_str_span (&v), 1);
  aid_str_free (&v);
  return env->intern (env, "nil");
}

/* COUNT STRING: a thread posts STRING COUNT times, then done.  Gives its id. */
FN (flood)
{
  size_t n;
  char *s = string_of (env, args[1], &n);
  (void) nargs;
  uint64_t id = start_job ((unsigned) env->extract_integer (env, args[0]), s);
  free (s);
  return env->make_integer (env, (intmax_t) id);
}

/* A thread posts "." until it is cancelled.  Gives its id. */
FN (hold)
{
  UNUSED;
  return env->make_integer (env, (intmax_t) start_job (HELD, "."));
}

FN (version)
{
  UNUSED;
  return env->make_integer (env, EVENT_VERSION);
}

FN (count_args)
{
  (void) args;
  return env->make_integer (env, nargs);
}

static const struct aid_defun defuns[] = {
  { "aid--test-new", 0, 0, new_id, "" },     { "aid--test-text", 4, 4, text, "" },
  { "aid--test-event", 4, 4, event, "" },    { "aid--test-sample", 1, 1, sample, "" },
  { "aid--test-flood", 2, 2, flood, "" },    { "aid--test-hold", 0, 0, hold, "" },
  { "aid--test-version", 0, 0, version, "" },
#if EVENT_VERSION == 1
  { "aid--test-args", 1, 1, count_args, "" },
  { "aid--test-only-in-1", 0, 0, version, "" },
#else
  { "aid--test-args", 2, emacs_variadic_function, count_args, "" },
  { "aid--test-only-in-2", 0, 0, version, "" },
#endif
};

/* --- the core -------------------------------------------------------------------------------------------------------- */

static int
core_start (const struct aid_host *h, char *msg, size_t nmsg)
{
  (void) msg, (void) nmsg;
  host = h;
  return 0;
}

static void
core_retire (void)
{
}

static unsigned
core_running (void)
{
  return nrunning;
}

static void
core_cancel (uint64_t request)
{
  for (unsigned i = 0; i < njobs; i++)
    if (job_table[i].id == request)
      job_table[i].cancelled = 1;
}

static void
core_stop (const char *reason)
{
  snprintf (stop_reason, sizeof stop_reason, "%s", reason);
  stopping = 1;
  for (unsigned i = 0; i < njobs; i++)
    pthread_join (job_table[i].thread, NULL);
}

__attribute__ ((visibility ("default"))) const struct aid_core *
aid_core_entry (void)
{
  static const struct aid_core core = {
    .abi = AID_ABI, .version = EVENT_VERSION == 1 ? "events-1" : "events-2", .defuns = defuns,
    .ndefuns = sizeof defuns / sizeof *defuns, .start = core_start, .retire = core_retire, .running = core_running,
    .cancel = core_cancel, .stop = core_stop,
  };
  return &core;
}
