/* What measuring costs the thread that people wait for: adding an event, and following a change with thousands of
   accepted hunks. */
#include "base/val.h"
#include "measure/events.h"
#include "measure/track.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define HUNKS 5000
#define CHANGES 200000
#define EVENTS 4000

static int64_t
now_ns (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int
by_size (const void *a, const void *b)
{
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static void
say (const char *what, int64_t *ns, size_t n)
{
  qsort (ns, n, sizeof *ns, by_size);
  printf ("%-44s p50 %7.2f us   p99 %7.2f us   max %9.2f us\n", what, (double)ns[n / 2] / 1000, (double)ns[n * 99 / 100] / 1000,
          (double)ns[n - 1] / 1000);
}

static void
follow (size_t hunks, int64_t *ns)
{
  struct aid_track *t = aid_track_new (hunks * 200);
  char what[64];
  size_t size = 0;
  for (size_t i = 0; i < hunks; i++)
    {
      aid_track_change (t, i * 230, 0, AID_SPAN ("  an accepted line of forty characters\n"));
      aid_track_accept (t, i, i * 230, AID_SPAN ("  an accepted line of forty characters\n"));
    }
  srand (7);
  for (size_t i = 0; i < CHANGES; i++)
    {
      size = aid_track_size (t);
      size_t pos = (size_t)(((uint64_t)rand () << 16 ^ (uint64_t)rand ()) % (size - 20)), gone = i % 3 ? 0 : (size_t)rand () % 4;
      int64_t from = now_ns ();
      aid_track_change (t, pos, gone, i % 3 ? AID_SPAN ("x") : AID_SPAN (""));
      ns[i] = now_ns () - from;
    }
  snprintf (what, sizeof what, "a change anywhere, %zu accepted hunks", hunks);
  say (what, ns, CHANGES);
  struct aid_vec out = AID_TRACK_KEPT_INIT;
  int64_t from = now_ns ();
  if (aid_track_is_lost (t) || aid_track_look (t, &out) || out.len != hunks)
    exit (1);
  printf ("%-44s %.2f ms\n", "  a look at all of them then", (double)(now_ns () - from) / 1e6);
  aid_vec_free (&out);
  aid_track_free (t);
}

/* CPU time: how long the machine lets a thread wait for others is no cost of adding. */
static int64_t
cpu_ns (void)
{
  struct timespec t;
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* As decisions come, of which each finds the writer asleep. */
static void
record_one_by_one (struct aid_events *ev, const struct aid_measurement *m, int64_t *ns)
{
  for (size_t i = 0; i < EVENTS / 10; i++)
    {
      aid_events_wait (ev, 10000);
      usleep (1000);
      int64_t from = cpu_ns ();
      aid_events_add (ev, m);
      ns[i] = cpu_ns () - from;
    }
  say ("adding an event while its writer sleeps, CPU", ns, EVENTS / 10);
}

static void
record (int64_t *ns)
{
  struct aid_events *ev = aid_events_new ();
  struct aid_str val = AID_STR_INIT (1000);
  size_t o = aid_val_object (&val);
  aid_val_kstrz (&val, "decision", "accepted");
  aid_val_kint (&val, "inserted", 120);
  aid_val_end (&val, o, 2);
  struct aid_measurement m = { .kind = AID_MEASURED_DECISION, .request = AID_SPAN ("key r1"), .root = "/tmp", .chat = "key",
                               .path = "a.c", .language = "c", .hunk = AID_SPAN ("key r1 12345678"),
                               .fields = aid_str_span (&val) };
  for (size_t i = 0; i < EVENTS; i++)
    {
      int64_t from = now_ns ();
      aid_events_add (ev, &m);
      ns[i] = now_ns () - from;
      if (i % 100 == 99)
        aid_events_wait (ev, 10000);
    }
  say ("adding an event", ns, EVENTS);
  record_one_by_one (ev, &m, ns);
  int64_t from = now_ns ();
  aid_events_wait (ev, 60000);
  aid_events_free (ev);
  printf ("%-44s %.2f ms\n", "  the last are written after", (double)(now_ns () - from) / 1e6);
  aid_str_free (&val);
}

int
main (void)
{
  char dir[] = "/tmp/aid-bench-XXXXXX";
  int64_t *ns = calloc (CHANGES, sizeof *ns);
  if (!ns || !mkdtemp (dir))
    return 1;
  setenv ("XDG_STATE_HOME", dir, 1);
  setenv ("XDG_CONFIG_HOME", dir, 1);
  record (ns);
  follow (10, ns);
  follow (HUNKS, ns);
  follow (4 * HUNKS, ns);
  free (ns);
  return 0;
}
