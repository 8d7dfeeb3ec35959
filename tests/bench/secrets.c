/* How fast secrets are looked for, beside memcpy of the same bytes: one JSON object.
   usage: bench_secrets FILE...     the text is all files, one behind the other, until it is 32 MB */
#include "base/fs.h"
#include "config/secrets.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SIZE ((size_t)32 << 20)
#define ROUNDS 5

static double
cpu_s (void)
{
  struct timespec t;
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
scan_once (struct aid_span text, size_t *found)
{
  struct aid_vec out = AID_VEC_INIT (struct aid_secret, 10000000);
  double from = cpu_s ();
  if (aid_secrets_scan (text, &out))
    exit (1);
  double took = cpu_s () - from;
  *found = out.len;
  aid_vec_free (&out);
  return took;
}

static double
copy_once (struct aid_span text, char *to)
{
  double from = cpu_s ();
  memcpy (to, text.ptr, text.len);
  double took = cpu_s () - from;
  return to[text.len / 2] == text.ptr[text.len / 2] ? took : 0;
}

int
main (int argc, char **argv)
{
  struct aid_str text = AID_STR_INIT (2 * SIZE);
  double scan = 1e9, copy = 1e9;
  size_t found = 0;
  while (text.len < SIZE)
    {
      size_t before = text.len;
      for (int i = 1; i < argc; i++)
        aid_fs_read (argv[i], &text, NULL);
      if (text.len == before)
        return 1;
    }
  struct aid_span all = aid_span_cut (aid_str_span (&text), 0, SIZE);
  char *to = calloc (1, SIZE);
  for (int i = 0; to && i < ROUNDS; i++)
    {
      double s = scan_once (all, &found), c = copy_once (all, to);
      scan = s < scan ? s : scan;
      copy = c > 0 && c < copy ? c : copy;
    }
  printf ("{\"scan_mb_s\": %.0f, \"copy_mb_s\": %.0f, \"found\": %zu}\n", (double)SIZE / scan / 1e6,
          (double)SIZE / copy / 1e6, found);
  free (to);
  aid_str_free (&text);
  return 0;
}
