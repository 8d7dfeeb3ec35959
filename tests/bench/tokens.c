/* How fast tokens are counted, beside copying the same bytes: for each FILE a line "NAME BYTES TOKENS COUNT-MS COPY-MS", medians
   of nine, of CPU time; before them "load MS cold MS": opening the vocabulary and counting the first file's beginning, the
   second time after the vocabulary was dropped from the page cache.  usage: bench_tokens VOCABULARY FILE... */
#include "base/clock.h"
#include "base/fs.h"
#include "model/bpe.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define RUNS 9

static int
by_size (const void *a, const void *b)
{
  const int64_t *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

/* CPU time, whatever else the machine does. */
static int64_t
cpu_us (void)
{
  struct timespec t;
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (int64_t) t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static double
median_ms (int64_t *us)
{
  qsort (us, RUNS, sizeof *us, by_size);
  return (double) us[RUNS / 2] / 1000;
}

static double
load_ms (const char *vocabulary, struct aid_span text)
{
  int64_t from = aid_clock_us ();
  struct aid_bpe *b;
  struct aid_error e;
  if (aid_bpe_open (vocabulary, &b, &e))
    {
      fprintf (stderr, "%s\n", e.msg);
      exit (1);
    }
  aid_bpe_count (b, text, NULL);
  double ms = (double) (aid_clock_us () - from) / 1000;
  aid_bpe_close (b);
  return ms;
}

static void
drop_from_cache (const char *path)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0)
    {
      fsync (fd);
      posix_fadvise (fd, 0, 0, POSIX_FADV_DONTNEED);
      close (fd);
    }
}

static void
measure (const struct aid_bpe *b, const char *path)
{
  struct aid_str text = AID_STR_INIT (1u << 30);
  int64_t count[RUNS], copy[RUNS], tokens = 0;
  if (aid_fs_read (path, &text, NULL) || !text.len)
    return;
  char *to = malloc (text.len);
  for (int i = 0; to && i < RUNS; i++)
    {
      int64_t from = cpu_us ();
      tokens = aid_bpe_count (b, aid_str_span (&text), NULL);
      count[i] = cpu_us () - from;
      from = cpu_us ();
      memcpy (to, text.ptr, text.len);
      __asm__ volatile ("" : : "r" (to) : "memory");
      copy[i] = cpu_us () - from;
    }
  printf ("%s %zu %lld %.3f %.3f\n", aid_fs_base (path), text.len, (long long) tokens, median_ms (count), median_ms (copy));
  free (to);
  aid_str_free (&text);
}

int
main (int argc, char **argv)
{
  struct aid_str text = AID_STR_INIT (1u << 30);
  struct aid_bpe *b;
  if (argc < 3 || aid_fs_read (argv[2], &text, NULL))
    return 2;
  struct aid_span first = aid_span_cut (aid_str_span (&text), 0, text.len < 4000 ? text.len : 4000);
  double warm = load_ms (argv[1], first);
  drop_from_cache (argv[1]);
  printf ("load %.3f cold %.3f\n", warm, load_ms (argv[1], first));
  if (aid_bpe_open (argv[1], &b, NULL))
    return 1;
  for (int i = 2; i < argc; i++)
    measure (b, argv[i]);
  aid_bpe_close (b);
  aid_str_free (&text);
  return 0;
}
