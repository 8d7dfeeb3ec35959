/* Measures a first index, questions and edits of one tree.

   usage: bench_index generate DIR N       N small source files in folders of 200
          bench_index index DIR CACHE THREADS      NAMES_ONLY=1: ends when names can be searched
          bench_index ask DIR CACHE        questions alone, after index
          bench_index edit DIR CACHE       after index: the thread that follows changes
          bench_index plain DIR MEGABYTES  plain FTS5 (default tokenizer) of the same files, for so many megabytes
   Prints lines of "name value".  See run. */
#include "base/clock.h"
#include "base/fs.h"
#include "index/search.h"
#include "scan/scan.h"
#include "store/db.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum
{
  QUESTIONS = 400,
  EDITS = 100,
  IDLE_S = 10
};

static double
cpu_seconds (clockid_t clock)
{
  struct timespec t;

  clock_gettime (clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
fail (const struct aid_error *e)
{
  fprintf (stderr, "%s\n", e->msg);
  exit (1);
}

/* --- a tree
   --------------------------------------------------------------------------------------------------------------- */

static const char *const words[]
  = { "parse",  "render", "widget", "buffer", "socket", "token",  "matrix", "color",  "index",  "query",  "frame",
      "signal", "vector", "packet", "cursor", "branch", "filter", "margin", "shader", "thread", "object", "stream",
      "header", "record", "editor", "planet", "rocket", "garden", "bridge", "copper", "violet", "winter" };
#define NWORDS (sizeof words / sizeof *words)

static unsigned
next_random (uint64_t *seed)
{
  *seed = *seed * 6364136223846793005u + 1442695040888963407u;
  return (unsigned)(*seed >> 33);
}

static const char *
word (uint64_t *seed)
{
  return words[next_random (seed) % NWORDS];
}

static void
generate_file (const char *path, unsigned i, uint64_t *seed)
{
  FILE *f = fopen (path, "w");

  if (!f)
    return;
  fprintf (f, "/* The %s of the %s. */\n#include \"%s_%u.h\"\n\n", word (seed), word (seed), word (seed), i / 7);
  for (int k = 0; k < 3; k++)
    {
      fprintf (f, "/* Makes the %s %s what the %s wants. */\nint\n%s_%s_%u_%d (struct %s *%s, int %s)\n{\n", word (seed),
               word (seed), word (seed), word (seed), word (seed), i, k, word (seed), word (seed), word (seed));
      for (int n = 0; n < 6; n++)
        fprintf (f, "  %s->%s_%s = %s_%s_%u_%d (%s, %u);\n", word (seed), word (seed), word (seed), word (seed), word (seed),
                 next_random (seed) % (i + 1), n % 3, word (seed), next_random (seed) % 100);
      fprintf (f, "  return %s;\n}\n\n", word (seed));
    }
  fclose (f);
}

static int
generate (const char *dir, unsigned n)
{
  char path[4096];
  uint64_t seed = 1;

  for (unsigned i = 0; i < n; i++)
    {
      if (i % 200 == 0)
        {
          snprintf (path, sizeof path, "%s/%03u/%02u", dir, i / 4000, i / 200 % 20);
          if (aid_fs_mkdirs (path, 0755, NULL))
            return 1;
        }
      snprintf (path, sizeof path, "%s/%03u/%02u/%s_%u.c", dir, i / 4000, i / 200 % 20, word (&seed), i);
      generate_file (path, i, &seed);
    }
  return 0;
}

/* --- an index
   ------------------------------------------------------------------------------------------------------------- */

static struct aid_project *project;
static double named_cpu;
static int64_t list_ms;

static struct aid_index *
opened (const char *dir, const char *cache, unsigned threads, int watch)
{
  struct aid_project_options list = { .watch = watch };
  const char *much = getenv ("MUCH");
  struct aid_index_options options
    = { .dir = cache, .threads = threads, .much = much ? (uint64_t)atol (much) << 20 : 0 };
  struct aid_index *x;
  struct aid_error e = { AID_OK, "" };
  int64_t began = aid_clock_ms ();

  if (aid_project_open (dir, &list, &project, &e))
    fail (&e);
  aid_project_wait (project, 0, -1);
  list_ms = aid_clock_ms () - began;
  printf ("list_ms %lld\nlist_cpu_s %.1f\n", (long long)list_ms, cpu_seconds (CLOCK_PROCESS_CPUTIME_ID));
  if (aid_index_open (project, &options, &x, &e))
    fail (&e);
  return x;
}

static int
add_size (void *ctx, const struct aid_project_file *f)
{
  if (f->class == AID_FILE_TEXT)
    *(uint64_t *)ctx += f->size;
  return 0;
}

struct samples
{
  char *names[QUESTIONS];
  size_t n, seen;
};

/* Names of definitions here and there, to be asked for. */
static int
add_name (void *ctx, const struct aid_project_file *f)
{
  struct samples *s = ctx;
  struct aid_str text = AID_STR_INIT (1 << 20);
  struct aid_scan scan = AID_SCAN_INIT;
  struct aid_project_file read;

  if (f->class != AID_FILE_TEXT || s->seen++ % 97 || s->n == QUESTIONS)
    return s->n == QUESTIONS;
  if (!aid_project_read (project, f->path, &text, &read, NULL)
      && !aid_scan_text (aid_language_of (f->path, aid_span_cut (aid_str_span (&text), 0, text.len < 200 ? text.len : 200)),
                         aid_str_span (&text), &scan)
      && scan.n_defs)
    {
      const struct aid_def *d = &scan.defs[scan.n_defs / 2];
      s->names[s->n++] = aid_span_dup (aid_span_cut (aid_str_span (&text), d->name.from, d->name.to));
    }
  aid_scan_free (&scan);
  aid_str_free (&text);
  return 0;
}

static int
by_number (const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return x < y ? -1 : x > y;
}

static void
ask (struct aid_index *x)
{
  static double wall[QUESTIONS], cpu[QUESTIONS];
  struct samples s = { .n = 0 };
  struct aid_error e = { AID_OK, "" };

  aid_project_files (project, add_name, &s, NULL, &e);
  for (size_t i = 0; i < s.n; i++)
    {
      char text[1000];
      struct aid_found found;
      snprintf (text, sizeof text,
                i % 2 ? "Why does %s fail when the buffer is empty?" : "%s leaks memory of its frames and the index",
                s.names[i]);
      struct aid_question q = { .text = aid_span_z (text), .ms = 5000 };
      double began = cpu_seconds (CLOCK_THREAD_CPUTIME_ID);
      if (aid_search (x, &q, &found, &e))
        fail (&e);
      cpu[i] = (cpu_seconds (CLOCK_THREAD_CPUTIME_ID) - began) * 1e3;
      wall[i] = (double)found.us / 1e3;
      aid_found_free (&found);
    }
  qsort (wall, s.n, sizeof *wall, by_number);
  qsort (cpu, s.n, sizeof *cpu, by_number);
  if (s.n)
    printf ("questions %zu\np50_ms %.1f\np95_ms %.1f\np50_cpu_ms %.1f\np95_cpu_ms %.1f\n", s.n, wall[s.n / 2],
            wall[s.n * 95 / 100], cpu[s.n / 2], cpu[s.n * 95 / 100]);
}

/* Notes the processor time at which names can be searched. */
static void *
note_named (void *arg)
{
  struct aid_index *x = arg;
  struct aid_index_state s;

  for (aid_index_state (x, &s); s.named_ms < 0 && s.ready_ms < 0; aid_index_state (x, &s))
    usleep (20000);
  named_cpu = cpu_seconds (CLOCK_PROCESS_CPUTIME_ID);
  if (getenv ("NAMES_ONLY"))
    {
      printf ("named_ms %lld\nnamed_cpu_s %.1f\nnames_searchable_ms %lld\n", (long long)s.named_ms, named_cpu,
              (long long)(list_ms + s.named_ms));
      fflush (stdout);
      _exit (0);
    }
  return NULL;
}

static int
measure (const char *dir, const char *cache, unsigned threads)
{
  struct aid_index *x = opened (dir, cache, threads, 0);
  struct aid_index_state s;
  struct aid_error e = { AID_OK, "" };
  struct rusage use;
  pthread_t noting;
  uint64_t bytes = 0;
  double began = cpu_seconds (CLOCK_PROCESS_CPUTIME_ID), spent;

  if (pthread_create (&noting, NULL, note_named, x))
    return 1;
  if (aid_index_update (x, -1, NULL, &e))
    fail (&e);
  pthread_join (noting, NULL);
  spent = cpu_seconds (CLOCK_PROCESS_CPUTIME_ID) - began;
  getrusage (RUSAGE_SELF, &use);
  aid_index_state (x, &s);
  aid_project_files (project, add_size, &bytes, NULL, NULL);
  double mb = (double)bytes / 1e6;
  printf ("files %zu\nmegabytes %.0f\nnamed_ms %lld\nnamed_cpu_s %.1f\n", s.files, mb, (long long)s.named_ms, named_cpu - began);
  printf ("names_searchable_ms %lld\n", (long long)(list_ms + s.named_ms));
  printf ("ready_ms %lld\ncpu_s %.1f\nmb_per_s_core %.1f\nrss_mb %ld\n", (long long)s.ready_ms, spent, mb / spent,
          use.ru_maxrss / 1024);
  ask (x);
  getrusage (RUSAGE_SELF, &use);
  printf ("rss_asked_mb %ld\n", use.ru_maxrss / 1024);
  aid_index_close (x);
  aid_project_close (project);
  return 0;
}

/* --- edits
   ---------------------------------------------------------------------------------------------------------------- */

static int
finds (struct aid_index *x, const char *text, const char *path)
{
  struct aid_question q = { .text = aid_span_z (text), .ms = 5000, .max = 1 };
  struct aid_found found;
  int yes = 0;

  if (!aid_search (x, &q, &found, NULL) && found.files.len)
    yes = !strcmp (AID_VEC_AT (struct aid_ranked, &found.files, 0).path, path);
  aid_found_free (&found);
  return yes;
}

/* Waits until the threads have nothing to do: the index's parts are brought together when nothing changes. */
static void
wait_for_rest (void)
{
  double was = -1, now = cpu_seconds (CLOCK_PROCESS_CPUTIME_ID);
  int64_t began = aid_clock_ms ();

  for (int seconds = 0; now - was > 0.0005 && seconds < 600; seconds += 3)
    {
      sleep (3);
      was = now;
      now = cpu_seconds (CLOCK_PROCESS_CPUTIME_ID);
    }
  printf ("tidied_ms %lld\n", (long long)(aid_clock_ms () - began));
}

static int
edit (const char *dir, const char *cache)
{
  static const char name[] = "aid-bench-edit.c";
  struct aid_index *x = opened (dir, cache, 1, 1);
  struct aid_index_state s;
  double took[EDITS];
  char path[4096];

  snprintf (path, sizeof path, "%s/%s", dir, name);
  /* At idle priority looking through all files would wait for whatever else the machine does. */
  aid_index_update (x, -1, NULL, NULL);
  aid_index_start (x, 1, NULL);
  do
    {
      usleep (100000);
      aid_index_state (x, &s);
    }
  while (s.phase != AID_INDEX_READY);
  sleep (2);
  for (int i = 0; i < EDITS; i++)
    {
      char text[100], question[100];
      snprintf (text, sizeof text, "int\nedited_%dx%d (void)\n{\n  return 0;\n}\n", i, getpid ());
      snprintf (question, sizeof question, "edited_%dx%d", i, getpid ());
      aid_fs_replace (path, aid_span_z (text), 0644, NULL);
      int64_t began = aid_clock_us ();
      while (!finds (x, question, name) && aid_clock_us () - began < 20000000)
        usleep (2000);
      took[i] = (double)(aid_clock_us () - began) / 1e3;
      usleep (200000);
    }
  unlink (path);
  qsort (took, EDITS, sizeof *took, by_number);
  printf ("edits %d\nedit_p50_ms %.0f\nedit_p95_ms %.0f\nedit_max_ms %.0f\n", EDITS, took[EDITS / 2], took[EDITS * 95 / 100],
          took[EDITS - 1]);
  wait_for_rest ();
  double idle = cpu_seconds (CLOCK_PROCESS_CPUTIME_ID);
  sleep (IDLE_S);
  printf ("idle_cpu_ms_per_s %.2f\n", (cpu_seconds (CLOCK_PROCESS_CPUTIME_ID) - idle) * 1e3 / IDLE_S);
  aid_index_close (x);
  aid_project_close (project);
  return 0;
}

/* --- plain FTS5
   ----------------------------------------------------------------------------------------------------------- */

struct plain
{
  struct aid_db *db;
  uint64_t bytes, max;
};

static int
add_plain (void *ctx, const struct aid_project_file *f)
{
  struct plain *p = ctx;
  struct aid_str text = AID_STR_INIT (1 << 22);
  struct aid_project_file read;
  sqlite3_stmt *s;

  if (f->class == AID_FILE_TEXT && !aid_project_read (project, f->path, &text, &read, NULL)
      && !aid_db_prepare (p->db, "INSERT INTO t VALUES(?1, ?2)", &s, NULL))
    {
      aid_db_text (s, 1, f->path);
      aid_db_text (s, 2, aid_str_span (&text));
      aid_db_run (p->db, s, NULL);
      p->bytes += text.len;
    }
  aid_str_free (&text);
  return p->bytes > p->max;
}

static int
plain (const char *dir, uint64_t max)
{
  struct plain p = { .max = max << 20 };
  struct aid_error e = { AID_OK, "" };
  char path[] = "/tmp/aid-bench-XXXXXX", name[64];

  if (!mkdtemp (path) || aid_project_open (dir, NULL, &project, &e))
    fail (&e);
  snprintf (name, sizeof name, "%s/db", path);
  if (aid_db_open (name, 100, &p.db, &e) || aid_db_exec (p.db, "CREATE VIRTUAL TABLE t USING fts5(path, body); BEGIN", &e))
    fail (&e);
  aid_project_wait (project, 0, -1);
  double began = cpu_seconds (CLOCK_PROCESS_CPUTIME_ID);
  aid_project_files (project, add_plain, &p, NULL, NULL);
  aid_db_exec (p.db, "COMMIT", &e);
  printf ("plain_mb_per_s_core %.1f\n", (double)p.bytes / 1e6 / (cpu_seconds (CLOCK_PROCESS_CPUTIME_ID) - began));
  aid_db_close (p.db);
  unlink (name);
  rmdir (path);
  aid_project_close (project);
  return 0;
}

int
main (int argc, char **argv)
{
  if (argc == 4 && !strcmp (argv[1], "generate"))
    return generate (argv[2], (unsigned)atol (argv[3]));
  if (argc == 5 && !strcmp (argv[1], "index"))
    return measure (argv[2], argv[3], (unsigned)atol (argv[4]));
  if (argc == 4 && !strcmp (argv[1], "ask"))
    {
      ask (opened (argv[2], argv[3], 1, 0));
      return 0;
    }
  if (argc == 4 && !strcmp (argv[1], "edit"))
    return edit (argv[2], argv[3]);
  if (argc == 4 && !strcmp (argv[1], "plain"))
    return plain (argv[2], (uint64_t)atol (argv[3]));
  return 2;
}
