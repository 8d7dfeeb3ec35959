/* What a box costs: opened, "true" run in it, closed, in turns with bubblewrap alone, which is the least that any sandbox of
   this kind takes.  usage: bench_box [FILES]  (of the tree; 10000) */
#include "base/clock.h"
#include "base/fs.h"
#include "base/pool.h"
#include "base/proc.h"
#include "ces/box.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum
{
  ROUNDS = 101,
  AT_ONCE = 200
};

static char top[100], tree[120];

static void
make_tree (int files)
{
  char path[200];
  for (int i = 0; i < files; i++)
    {
      snprintf (path, sizeof path, "%s/d%d", tree, i / 50);
      if (i % 50 == 0)
        aid_fs_mkdirs (path, 0755, NULL);
      snprintf (path, sizeof path, "%s/d%d/f%d.c", tree, i / 50, i);
      FILE *f = fopen (path, "w");
      if (!f)
        abort ();
      for (int line = 0; line < 100; line++)
        fprintf (f, "int f%d_%d (int x) { return x + %d; }\n", i, line, line);
      fclose (f);
    }
}

static void
bubblewrap (void)
{
  static const char *const argv[] = { "bwrap", "--unshare-all", "--ro-bind", "/", "/", "true", NULL };
  struct aid_proc p = { .argv = argv, .dir = "/" };
  struct aid_proc_result r;
  if (aid_proc_run (&p, &r, NULL) || r.code)
    abort ();
  aid_proc_result_free (&r);
}

static enum aid_err
box (enum aid_box_how how, int commands, struct aid_error *e)
{
  struct aid_box_limits limits = AID_BOX_LIMITS;
  struct aid_box *b;
  enum aid_err err = aid_box_open (tree, how, &limits, &b, e);
  for (int i = 0; !err && i < commands; i++)
    {
      struct aid_box_ran ran;
      err = aid_box_run (b, "true", NULL, NULL, &ran, e);
      if (!err && (ran.end != AID_BOX_EXITED || ran.code))
        err = aid_error_set (e, AID_E_STATE, "true %s with %d", aid_box_end_name (ran.end), ran.code);
      aid_str_free (&ran.output);
    }
  aid_box_close (b);
  return err;
}

static int
compare (const void *a, const void *b)
{
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static double
percentile (int64_t *us, int n, int percent)
{
  qsort (us, (size_t)n, sizeof *us, compare);
  return (double)us[(n - 1) * percent / 100] / 1000;
}

static enum aid_err
one (void *ctx, size_t i, struct aid_error *e)
{
  (void)ctx, (void)i;
  return box (AID_BOX_VIEW, 1, e);
}

static void
fail (const struct aid_error *e)
{
  fprintf (stderr, "bench_box: %s\n", e->msg);
  exit (1);
}

int
main (int argc, char **argv)
{
  static int64_t plain[ROUNDS], whole[ROUNDS], five[ROUNDS];
  struct aid_error e;
  int files = argc > 1 ? atoi (argv[1]) : 10000;
  const char *temporary = getenv ("TMPDIR");
  snprintf (top, sizeof top, "%s/aid-bench-box-XXXXXX", temporary ? temporary : "/tmp");
  if (!mkdtemp (top))
    return 1;
  snprintf (tree, sizeof tree, "%s/tree", top);
  make_tree (files);
  for (int i = 0; i < ROUNDS; i++)
    {
      int64_t a = aid_clock_us ();
      bubblewrap ();
      int64_t b = aid_clock_us ();
      if (box (AID_BOX_VIEW, 1, &e))
        fail (&e);
      int64_t c = aid_clock_us ();
      if (box (AID_BOX_VIEW, 5, &e))
        fail (&e);
      plain[i] = b - a;
      whole[i] = c - b;
      five[i] = aid_clock_us () - c;
    }
  double base = percentile (plain, ROUNDS, 50), p50 = percentile (whole, ROUNDS, 50),
         more = (percentile (five, ROUNDS, 50) - p50) / 4;
  printf ("bwrap --unshare-all true       p50 %6.2f ms\n", base);
  printf ("a box, true in it, closed      p50 %6.2f ms   p90 %6.2f ms   %.2f times bwrap   (%d files)\n", p50,
          percentile (whole, ROUNDS, 90), p50 / base, files);
  printf ("each further command in it     p50 %6.2f ms                  %.2f times bwrap\n", more, more / base);
  for (unsigned threads = 1; threads <= 4; threads *= 2)
    {
      int64_t begun = aid_clock_us ();
      if (aid_thread_each (AT_ONCE, threads - 1, "aid-bench", one, NULL, &e))
        fail (&e);
      printf ("%u at once                           %6.1f boxes/s\n", threads,
              AT_ONCE * 1e6 / (double)(aid_clock_us () - begun));
    }
  int64_t begun = aid_clock_us ();
  if (box (AID_BOX_COPY, 1, &e))
    fail (&e);
  printf ("the same with a copy of the tree   %6.1f ms\n", (double)(aid_clock_us () - begun) / 1000);
  const char *const rm[] = { "rm", "-rf", "--", top, NULL };
  struct aid_proc_result r;
  aid_proc_run (&(struct aid_proc){ .argv = rm }, &r, NULL);
  aid_proc_result_free (&r);
  return 0;
}
