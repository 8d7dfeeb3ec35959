/* The judge beside cold builds: how fast verdicts are, and whether they are the same.
   usage: bench_ces DIR [--n N] [--cold N] [--threads N] [--seed N] [--under DIR] [--endings .ml,.mli]
                        [--types LINE] [--builds LINE] [--tests LINE] [--built FILE]
   DIR is a Git repository.  N mutants of its HEAD (of files under DIR) are judged over a warm tree; COLD of them, half of them
   red as far as there are as many, are built from nothing as well, by the same commands.  Exit status 1 when a verdict
   differs.  The peer is what the commands alone take for the same mutants, run directly in a copy of the warm tree, which is
   put back to what it was, and built again, after each.  FILE keeps what came of cold builds: those of an earlier run of the
   same DIR, SEED and commands are not done again. */
#include "mutants.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/pool.h"
#include "base/proc.h"
#include "ces/box.h"
#include "ces/ces.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define ROUNDS 3 /* cold builds of the base */

struct outcome
{
  enum aid_rung failed; /* the first command that failed; AID_RUNGS: none did */
  int64_t us;
};

struct bench
{
  const char *dir, *lines[AID_RUNGS];
  char folder[64];
  size_t n, cold, threads;
  unsigned seed;
  struct aid_vec sources;
  struct mutant *mutants;
  struct outcome *warm, *built, *bare;
  size_t *chosen; /* which mutant each of BUILT is */
  FILE *kept;     /* "MUTANT RUNG MICROSECONDS" lines, or NULL */
  struct aid_ces *ces;
  json_t *task;
  atomic_size_t differ, done;
};

static void
die (const char *what)
{
  fprintf (stderr, "bench_ces: %s\n", what);
  exit (2);
}

static void
sh (const char *line)
{
  const char *const argv[] = { "sh", "-c", line, NULL };
  struct aid_proc p = { .argv = argv };
  struct aid_proc_result r;
  struct aid_error e;
  if (aid_proc_run (&p, &r, &e) || r.code)
    die (line);
  aid_proc_result_free (&r);
}

/* --- from nothing ------------------------------------------------------------------------------------------------- */

/* Builds the base in a new folder, with mutant M of it unless that is NULL. */
static struct outcome
build_cold (struct bench *b, const struct mutant *m, size_t i)
{
  struct outcome out = { AID_RUNGS, 0 };
  struct aid_box_limits limits = AID_BOX_LIMITS;
  struct aid_box *box;
  struct aid_error e;
  char tree[128], line[1024];
  snprintf (tree, sizeof tree, "%s/cold-%zu", b->folder, i);
  snprintf (line, sizeof line, "mkdir '%s' && git -C '%s' archive HEAD | tar x -C '%s'", tree, b->dir, tree);
  sh (line);
  limits.seconds = 600;
  limits.cpu_seconds = 1200;
  if (aid_box_open (tree, AID_BOX_IN_PLACE, &limits, &box, &e))
    die (e.msg);
  if (m && aid_box_write (box, AID_VEC_AT (struct source, &b->sources, m->source).path, aid_str_span (&m->after), 0, &e))
    die (e.msg);
  int64_t begun = aid_clock_us ();
  for (enum aid_rung r = AID_RUNG_PARSES; r < AID_RUNGS && out.failed == AID_RUNGS; r++)
    if (b->lines[r])
      {
        struct aid_box_ran ran;
        if (aid_box_run (box, b->lines[r], NULL, NULL, &ran, &e))
          die (e.msg);
        if (ran.end != AID_BOX_EXITED || ran.code)
          out.failed = r;
        if (!m && out.failed != AID_RUNGS)
          die (aid_str_z (&ran.output));
        aid_str_free (&ran.output);
      }
  out.us = aid_clock_us () - begun;
  aid_box_close (box);
  snprintf (line, sizeof line, "rm -rf '%s'", tree);
  sh (line);
  return out;
}

/* --- warm --------------------------------------------------------------------------------------------------------- */

static enum aid_rung
first_command (const struct bench *b)
{
  enum aid_rung r = AID_RUNG_PARSES;
  while (r < AID_RUNGS && !b->lines[r])
    r++;
  return r;
}

/* What does not parse fails the first command of a cold build. */
static enum aid_rung
first_failed (const struct bench *b, const json_t *verdict)
{
  const json_t *rungs = json_object_get (verdict, "rungs"), *rung;
  size_t i;
  json_array_foreach (rungs, i, rung)
  {
    const char *result = aid_json_str (rung, "result");
    if (strcmp (result, "passed") != 0 && strcmp (result, "none") != 0)
      return b->lines[i] ? (enum aid_rung)i : i == AID_RUNG_PARSES ? first_command (b) : AID_RUNG_APPLIES;
  }
  return AID_RUNGS;
}

static enum aid_err
judge (struct bench *b, size_t i, struct aid_error *e)
{
  json_t *verdict;
  int64_t begun = aid_clock_us ();
  enum aid_err err = aid_ces_evaluate (b->ces, b->task, aid_str_span (&b->mutants[i].diff), AID_CES_OURS, NULL, &verdict, e);
  if (err)
    return err;
  b->warm[i] = (struct outcome){ first_failed (b, verdict), aid_clock_us () - begun };
  if (b->warm[i].failed == AID_RUNG_APPLIES)
    fprintf (stderr, "does not apply: %s\n%s", aid_str_z (&b->mutants[i].diff), json_dumps (verdict, JSON_INDENT (1)));
  json_decref (verdict);
  return AID_OK;
}

/* Writes TAKE of the mutants whose warm verdict is RED or not, evenly spread over all N, to TO. */
static void
choose_some (const struct bench *b, int red, size_t take, size_t of, size_t *to)
{
  size_t seen = 0, taken = 0;
  for (size_t i = 0; i < b->n && taken < take; i++)
    if (red == (b->warm[i].failed != AID_RUNGS) && seen++ == taken * of / take)
      to[taken++] = i;
}

static void
choose (struct bench *b, size_t red)
{
  size_t green = b->n - red, half = b->cold / 2;
  size_t of_red = red < half ? red : b->cold - half > green ? b->cold - green : half;
  choose_some (b, 1, of_red, red, b->chosen);
  choose_some (b, 0, b->cold - of_red, green, b->chosen + of_red);
}

static void
read_kept (struct bench *b)
{
  size_t mutant;
  int rung;
  long long us;
  while (b->kept && fscanf (b->kept, "%zu %d %lld", &mutant, &rung, &us) == 3)
    for (size_t k = 0; k < b->cold; k++)
      if (b->chosen[k] == mutant)
        b->built[k] = (struct outcome){ (enum aid_rung)rung, us };
}

static enum aid_err
compare (void *ctx, size_t k, struct aid_error *e)
{
  struct bench *b = ctx;
  size_t i = b->chosen[k];
  (void)e;
  if (!b->built[k].us)
    {
      b->built[k] = build_cold (b, &b->mutants[i], k);
      if (b->kept)
        fprintf (b->kept, "%zu %d %lld\n", i, (int)b->built[k].failed, (long long)b->built[k].us), fflush (b->kept);
    }
  if (b->built[k].failed != b->warm[i].failed)
    {
      atomic_fetch_add (&b->differ, 1);
      printf ("DIFFERS: mutant %zu (%s) fails at %s warm, at %s cold\n%s", i, b->mutants[i].kind,
              aid_rung_name (b->warm[i].failed), aid_rung_name (b->built[k].failed), aid_str_z (&b->mutants[i].diff));
      fflush (stdout);
    }
  size_t done = atomic_fetch_add (&b->done, 1) + 1;
  if (done % 50 == 0)
    fprintf (stderr, "%zu of %zu built from nothing; %zu differ\n", done, b->cold, atomic_load (&b->differ));
  return AID_OK;
}

/* Processor time of all that was done so far, which other programs do not change much. */
static double
cpu_ms (void)
{
  struct rusage own, others;
  getrusage (RUSAGE_SELF, &own);
  getrusage (RUSAGE_CHILDREN, &others);
  return (double)(own.ru_utime.tv_sec + own.ru_stime.tv_sec + others.ru_utime.tv_sec + others.ru_stime.tv_sec) * 1e3
         + (double)(own.ru_utime.tv_usec + own.ru_stime.tv_usec + others.ru_utime.tv_usec + others.ru_stime.tv_usec) / 1e3;
}

/* --- figures ------------------------------------------------------------------------------------------------------ */

static int
by_time (const void *a, const void *b)
{
  const int64_t *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

/* The share P of the N outcomes is done within so many ms; RED: 1 only red ones, 0 only green ones, -1 all. */
static double
quantile (const struct outcome *o, size_t n, double p, int red)
{
  int64_t *us = calloc (n + 1, sizeof *us);
  size_t m = 0;
  for (size_t i = 0; i < n; i++)
    if (red < 0 || red == (o[i].failed != AID_RUNGS))
      us[m++] = o[i].us;
  qsort (us, m, sizeof *us, by_time);
  double ms = m ? (double)us[(size_t)((double)(m - 1) * p)] / 1000 : 0;
  free (us);
  return ms;
}

static size_t
count_red (const struct outcome *o, size_t n)
{
  size_t red = 0;
  for (size_t i = 0; i < n; i++)
    red += o[i].failed != AID_RUNGS;
  return red;
}

struct part
{
  struct bench *b;
  size_t from;
};

static enum aid_err
judge_part (void *ctx, size_t i, struct aid_error *e)
{
  const struct part *p = ctx;
  return judge (p->b, p->from + i, e);
}

static void
judge_some (struct bench *b, size_t from, size_t end, size_t threads, double cold)
{
  struct part part = { b, from };
  struct aid_error e;
  const struct outcome *o = b->warm + from;
  size_t n = end - from;
  int64_t begun = aid_clock_us ();
  double cpu = cpu_ms ();
  if (aid_thread_each (n, (unsigned)threads - 1, "bench", judge_part, &part, &e))
    die (e.msg);
  double seconds = (double)(aid_clock_us () - begun) / 1e6, p50 = quantile (o, n, 0.5, -1);
  printf (
    "%zu thread%s: %zu verdicts in %.1f s, %.1f/s; p50 %.0f ms, p90 %.0f ms (green %.0f, red %.0f); a cold build takes "
    "%.0f times as long\n",
    threads, threads == 1 ? "" : "s", n, seconds, (double)n / seconds, p50, quantile (o, n, 0.9, -1),
    quantile (o, n, 0.5, 0), quantile (o, n, 0.5, 1), cold / p50);
  printf ("  %.0f ms of processors a verdict\n", (cpu_ms () - cpu) / (double)n);
  fflush (stdout);
}

/* --- the commands alone --------------------------------------------------------------------------------------------- */

static struct outcome
run_bare (const struct bench *b, const char *tree)
{
  struct outcome out = { AID_RUNGS, 0 };
  int64_t begun = aid_clock_us ();
  for (enum aid_rung r = AID_RUNG_PARSES; r < AID_RUNGS && out.failed == AID_RUNGS; r++)
    if (b->lines[r])
      {
        const char *const argv[] = { "sh", "-c", b->lines[r], NULL }, *const env[] = { "DUNE_CACHE=disabled", NULL };
        struct aid_proc p = { .argv = argv, .env = env, .dir = tree, .out_max = 1 << 20, .err_to_out = 1 };
        struct aid_proc_result ran;
        struct aid_error e;
        if (aid_proc_run (&p, &ran, &e))
          die (e.msg);
        if (ran.code)
          out.failed = r;
        aid_proc_result_free (&ran);
      }
  out.us = aid_clock_us () - begun;
  return out;
}

static void
write_text (const char *path, const struct aid_str *text)
{
  FILE *f = fopen (path, "w");
  if (!f || fwrite (text->ptr, 1, text->len, f) != text->len || fclose (f))
    die (path);
}

/* The mutants up to END. */
static void
run_peer (struct bench *b, size_t end)
{
  char tree[128], line[512];
  double cpu = 0;
  snprintf (tree, sizeof tree, "%s/bare", b->folder);
  snprintf (line, sizeof line, "cp -a '%s'/warm/trees/*/tree '%s'", b->folder, tree);
  sh (line);
  run_bare (b, tree);
  for (size_t i = 0; i < end; i++)
    {
      const struct source *s = &AID_VEC_AT (struct source, &b->sources, b->mutants[i].source);
      snprintf (line, sizeof line, "%s/%s", tree, s->path);
      write_text (line, &b->mutants[i].after);
      double begun = cpu_ms ();
      b->bare[i] = run_bare (b, tree);
      cpu += cpu_ms () - begun;
      write_text (line, &s->text);
      run_bare (b, tree);
    }
  double green = quantile (b->bare, end, 0.5, 0);
  printf (
    "the commands alone, in no box: p50 %.0f ms (green %.0f, red %.0f), %.0f ms of processors; a green verdict takes %.2f "
    "times as long\n",
    quantile (b->bare, end, 0.5, -1), green, quantile (b->bare, end, 0.5, 1), cpu / (double)end,
    green > 0 ? quantile (b->warm, end, 0.5, 0) / green : 0);
  fflush (stdout);
}

static void
run (struct bench *b)
{
  struct aid_error e;
  struct outcome base[ROUNDS];
  double cpu = cpu_ms ();
  for (size_t i = 0; i < ROUNDS; i++)
    base[i] = build_cold (b, NULL, i);
  double cold = quantile (base, ROUNDS, 0.5, -1);
  printf ("cold build of the base: %.0f ms (median of %d), %.0f ms of processors\n", cold, ROUNDS,
          (cpu_ms () - cpu) / ROUNDS);
  int64_t begun = aid_clock_us ();
  if (aid_ces_warm (b->ces, b->task, AID_CES_OURS, NULL, NULL, &e))
    die (e.msg);
  printf ("warm tree made in %.1f s\n", (double)(aid_clock_us () - begun) / 1e6);
  size_t alone = b->n / 4;
  judge_some (b, 0, alone, 1, cold);
  run_peer (b, alone);
  judge_some (b, alone, b->n, b->threads, cold);
  choose (b, count_red (b->warm, b->n));
  read_kept (b);
  printf ("%zu of %zu mutants are red\n", count_red (b->warm, b->n), b->n);
  fflush (stdout);
  if (b->cold && aid_thread_each (b->cold, (unsigned)b->threads - 1, "cold", compare, b, &e))
    die (e.msg);
  printf ("%zu of %zu verdicts are those of a cold build (%zu red)\n", b->cold - atomic_load (&b->differ), b->cold,
          count_red (b->built, b->cold));
}

/* HEAD's id. */
static const char *
head (const char *dir)
{
  static char id[65];
  const char *const argv[] = { "git", "rev-parse", "HEAD", NULL };
  struct aid_proc p = { .argv = argv, .dir = dir, .out_max = sizeof id };
  struct aid_proc_result r;
  struct aid_error e;
  if (aid_proc_run (&p, &r, &e) || r.code)
    die ("the folder is no Git repository");
  struct aid_span line = aid_span_trim (aid_str_span (&r.out));
  snprintf (id, sizeof id, "%.*s", (int)line.len, line.ptr);
  aid_proc_result_free (&r);
  return id;
}

static void
open_all (struct bench *b, const char *under, const char *endings)
{
  struct aid_error e;
  char warm[128];
  json_t *commands = json_object ();
  snprintf (b->folder, sizeof b->folder, "/tmp/aid-bench-ces-XXXXXX");
  if (!mkdtemp (b->folder) || sources_read (b->dir, under, endings, &b->sources))
    die ("there are no sources to change");
  snprintf (warm, sizeof warm, "%s/warm", b->folder);
  const struct aid_ces_settings settings = { .warm = warm, .warm_trees = 4, .warm_megabytes = 100000 };
  if (aid_ces_open (&settings, &b->ces, &e))
    die (e.msg);
  for (enum aid_rung r = AID_RUNG_TYPES; r < AID_RUNGS; r++)
    json_object_set_new (commands, aid_rung_name (r), b->lines[r] ? json_string (b->lines[r]) : json_null ());
  b->task = json_pack ("{s:s, s:s, s:o}", "repository", b->dir, "base", head (b->dir), "commands", commands);
  b->mutants = calloc (b->n, sizeof *b->mutants);
  b->warm = calloc (b->n, sizeof *b->warm);
  b->bare = calloc (b->n, sizeof *b->bare);
  b->built = calloc (b->cold + 1, sizeof *b->built);
  b->chosen = calloc (b->cold + 1, sizeof *b->chosen);
  if (!b->task || !b->mutants || !b->warm || !b->bare || !b->built || !b->chosen)
    die ("no memory");
  for (size_t i = 0; i < b->n; i++)
    if (mutant_make (&b->sources, b->seed, i, &b->mutants[i]))
      die ("no mutant can be made");
}

static void
close_all (struct bench *b)
{
  char line[128];
  for (size_t i = 0; i < b->n; i++)
    mutant_free (&b->mutants[i]);
  free (b->mutants);
  free (b->warm);
  free (b->bare);
  free (b->built);
  free (b->chosen);
  sources_free (&b->sources);
  json_decref (b->task);
  aid_ces_close (b->ces);
  snprintf (line, sizeof line, "rm -rf '%s'", b->folder);
  sh (line);
}

int
main (int argc, char **argv)
{
  struct bench b = { .n = 200, .cold = 20, .threads = 2, .seed = 1 };
  const char *endings = ".ml,.mli,.c", *under = ".";
  for (int i = 1; i < argc; i++)
    {
      const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
      size_t number = strtoul (value, NULL, 10);
      if (name[0] != '-')
        {
          b.dir = name;
          continue;
        }
      i++;
      if (!strcmp (name, "--n"))
        b.n = number;
      else if (!strcmp (name, "--cold"))
        b.cold = number;
      else if (!strcmp (name, "--built"))
        {
          if (!(b.kept = fopen (value, "a+")))
            die ("the file of cold builds cannot be opened");
        }
      else if (!strcmp (name, "--threads"))
        b.threads = number;
      else if (!strcmp (name, "--seed"))
        b.seed = (unsigned)number;
      else if (!strcmp (name, "--endings"))
        endings = value;
      else if (!strcmp (name, "--under"))
        under = value;
      else if (!strcmp (name, "--types"))
        b.lines[AID_RUNG_TYPES] = value;
      else if (!strcmp (name, "--builds"))
        b.lines[AID_RUNG_BUILDS] = value;
      else if (!strcmp (name, "--tests"))
        b.lines[AID_RUNG_TESTS] = value;
      else
        die ("there is no such option");
    }
  if (!b.dir || first_command (&b) == AID_RUNGS || !b.n || !b.threads)
    die ("usage: bench_ces DIR --types LINE|--builds LINE|--tests LINE [--n N] [--cold N] [--threads N] [--seed N] "
         "[--endings .c]");
  b.cold = b.cold > b.n ? b.n : b.cold;
  open_all (&b, under, endings);
  run (&b);
  int bad = atomic_load (&b.differ) != 0;
  close_all (&b);
  if (b.kept)
    fclose (b.kept);
  return bad;
}
