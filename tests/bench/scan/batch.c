/* Scans files.  usage: bench_scan defs FILE...          what each defines, a line each: path, line, kind, name, container, lines
                        bench_scan speed NAME FILE...    megabytes a second of CPU, beside memcpy */
#include "base/fs.h"
#include "scan/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double
cpu (void)
{
  struct timespec t;
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static void
print_defs (const char *path, struct aid_span text, enum aid_language language, struct aid_scan *scan)
{
  struct aid_str container = AID_STR_INIT (1 << 16);
  for (size_t i = 0; i < scan->n_defs; i++)
    {
      const struct aid_def *d = &scan->defs[i];
      aid_str_clear (&container);
      aid_scan_container (scan, language, text, i, &container);
      printf ("%s\t%u\t%s\t%.*s\t%s\t%u-%u\n", path, d->line, aid_def_kind_name (d->kind), (int) (d->name.to - d->name.from),
              text.ptr + d->name.from, aid_str_z (&container), d->first, d->last);
    }
  aid_str_free (&container);
}

static int
defs (char **paths)
{
  struct aid_scan scan = AID_SCAN_INIT;
  struct aid_str text = AID_STR_INIT (AID_SCAN_TEXT_MAX);
  for (; *paths; paths++)
    {
      aid_str_clear (&text);
      if (aid_fs_read (*paths, &text, NULL))
        continue;
      enum aid_language language = aid_language_of (aid_span_z (*paths), aid_str_span (&text));
      if (language < AID_LANG_FOREIGN && !aid_scan_text (language, aid_str_span (&text), &scan))
        print_defs (*paths, aid_str_span (&text), language, &scan);
    }
  aid_str_free (&text);
  aid_scan_free (&scan);
  return 0;
}

static int
speed (double seconds, const char *name, char **paths)
{
  struct aid_scan scan = AID_SCAN_INIT;
  struct aid_str *texts = calloc (100000, sizeof *texts);
  size_t n = 0, bytes = 0, found = 0;
  enum aid_language *languages = calloc (100000, sizeof *languages);
  for (; texts && languages && *paths && n < 100000; paths++)
    {
      texts[n] = AID_STR_INIT (AID_SCAN_TEXT_MAX);
      aid_fs_read (*paths, &texts[n], NULL);
      languages[n] = aid_language_of (aid_span_z (*paths), aid_str_span (&texts[n]));
      bytes += texts[n++].len;
    }
  int rounds = 0;
  double start = cpu (), scanned, copied;
  do
    for (size_t i = 0; i < n; i++)
      {
        aid_scan_text (languages[i], aid_str_span (&texts[i]), &scan);
        found += scan.n_defs;
      }
  while (rounds++, (scanned = cpu () - start) < seconds);
  char *copy = malloc (AID_SCAN_TEXT_MAX);
  int copies = 0;
  start = cpu ();
  do
    for (size_t i = 0; copy && i < n; i++)
      {
        memcpy (copy, aid_str_z (&texts[i]), texts[i].len);
        __asm__ volatile("" : : "r"(copy) : "memory");
      }
  while (copies++, (copied = cpu () - start) < seconds / 4);
  printf ("%-16s %6zu files %8.2f MB %8zu definitions   scan %7.1f MB/s   memcpy %8.0f MB/s\n", name, n, bytes / 1e6,
          rounds ? found / (size_t) rounds : 0, bytes / 1e6 * rounds / scanned, bytes / 1e6 * copies / copied);
  for (size_t i = 0; i < n; i++)
    aid_str_free (&texts[i]);
  free (texts);
  free (languages);
  free (copy);
  aid_scan_free (&scan);
  return 0;
}

int
main (int argc, char **argv)
{
  if (argc > 2 && strcmp (argv[1], "defs") == 0)
    return defs (argv + 2);
  if (argc > 3 && strcmp (argv[1], "speed") == 0)
    return speed (1, argv[2], argv + 3);
  fprintf (stderr, "usage: bench_scan defs FILE... | speed NAME FILE...\n");
  return 2;
}
