/* The rung behind the parsers, which is run while they are, where a processor has nothing to do: a verdict comes sooner by
   what they take.  They take a box of their own, so that each sees what it would alone.  When they refuse the answer, the
   rung is stopped and was never run. */
#include "base/pool.h"
#include "ces/ces_internal.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct meanwhile
{
  struct aid_judging own; /* the judging, but for who stops it */
  const char *line;
  struct aid_stop *stop, *done;
  struct aid_ahead ahead;
};

static void *
run_rung (void *arg)
{
  struct meanwhile *m = arg;
  struct aid_ahead *a = &m->ahead;
  a->err = aid_judging_run (&m->own, a->rung, m->line, &a->told, &a->passed, &a->e);
  aid_stop_set (m->done);
  return NULL;
}

/* Lays the answer into a new box and parses it there. */
static enum aid_err
parse_apart (const struct aid_judging *j, json_t **out, int *passed, struct aid_error *e)
{
  struct aid_judging own = *j;
  own.box = NULL;
  own.fresh = (struct aid_fresh){ .fd = -1 };
  own.only_read = 1;
  own.changed = AID_VEC_INIT (char *, AID_CES_CHANGED_MAX);
  own.plans = AID_VEC_INIT (size_t, AID_CES_CHANGED_MAX);
  enum aid_err err = aid_judging_lay (&own, e);
  err = err ? err : aid_judging_parse (&own, out, passed, e);
  aid_judging_leave (&own);
  return err;
}

/* Waits for M, which is stopped when the judging is, or at once: IN_VAIN. */
static void
await (struct meanwhile *m, const struct aid_judging *j, unsigned long thread, int in_vain)
{
  struct pollfd polled[] = { { aid_stop_fd (m->done), POLLIN, 0 }, { aid_stop_fd (j->stop), POLLIN, 0 } };
  while (!in_vain && !aid_stop_is_set (m->done))
    {
      poll (polled, 2, -1);
      in_vain = aid_stop_is_set (j->stop);
    }
  if (in_vain)
    aid_stop_set (m->stop);
  pthread_join (thread, NULL);
}

int
aid_meanwhile_may (const struct aid_judging *j)
{
  struct aid_str lines = AID_STR_INIT (AID_CES_LINE_MAX * 8);
  long processors = sysconf (_SC_NPROCESSORS_ONLN);
  int some = aid_ces_parse_lines (&j->changed, &lines) > 0;
  aid_str_free (&lines);
  return some && atomic_load (&j->ces->judging) * 2 <= processors;
}

enum aid_err
aid_meanwhile_parse (const struct aid_judging *j, const char *line, struct aid_ahead *ahead, json_t **out, int *passed,
                     struct aid_error *e)
{
  struct meanwhile m
    = { .own = *j, .line = line, .stop = aid_stop_new (NULL), .done = aid_stop_new (NULL), .ahead = *ahead };
  unsigned long thread;
  enum aid_err err;
  m.own.stop = m.stop;
  ahead->rung = AID_RUNGS;
  if (!m.stop || !m.done || aid_thread_start (&thread, "aid-rung", run_rung, &m, NULL))
    err = aid_judging_parse (j, out, passed, e);
  else
    {
      err = parse_apart (j, out, passed, e);
      int in_vain = err || (*out && !*passed);
      await (&m, j, thread, in_vain);
      if (in_vain)
        json_decref (m.ahead.told);
      else
        *ahead = m.ahead;
    }
  aid_stop_free (m.stop);
  aid_stop_free (m.done);
  return err;
}
