/* Asks for the files and definitions that a repository's commits changed, each at its parent: by AID and by plain
   FTS5.

   usage: bench_retrieval CLONE CACHE N [MESSAGES]    a clone that may be checked out; where the index goes; how many
   commits Prints one JSON object; with MESSAGES (a file) one line a question into it.  See run. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/proc.h"
#include "index/search.h"
#include "scan/scan.h"
#include "plain.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum
{
  COMMITS_SEEN = 1500,
  FILES_MAX = 10,
  WORDS_MIN = 3,
  RESULTS = 10,
  DEFS_MAX = 64
};

struct truth
{
  char *files[FILES_MAX];
  size_t n_files;
  char *defs[DEFS_MAX]; /* "PATH NAME" */
  size_t n_defs;
};

struct sums
{
  size_t n, at1, at5, at10;
  double rr;
};

static const char *clone_dir;

static struct aid_str
git (const char *const *argv)
{
  struct aid_proc p = { .argv = argv, .dir = clone_dir, .out_max = (size_t)256 << 20, .err_max = 4096 };
  struct aid_proc_result r;
  struct aid_error e = { AID_OK, "" };
  struct aid_str out;

  if (aid_proc_run (&p, &r, &e) || r.code)
    {
      fprintf (stderr, "%s %s: %s%s\n", argv[0], argv[1], e.msg, aid_str_z (&r.err));
      exit (1);
    }
  out = r.out;
  r.out = AID_STR_INIT (0);
  aid_proc_result_free (&r);
  return out;
}

/* --- truth
   ---------------------------------------------------------------------------------------------------------------- */

/* Files that a commit changes along, whatever it is about. */
static int
goes_along (struct aid_span path)
{
  static const char *const names[] = { "change",       "news",      "history",    "authors",   "release",     "version",
                                       "package-lock", "yarn.lock", "cargo.lock", "pnpm-lock", "contributors" };
  struct aid_span base = aid_path_base (path);

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (base.len >= strlen (names[i]) && !strncasecmp (base.ptr, names[i], strlen (names[i])))
      return 1;
  return 0;
}

static void
add_def (struct truth *t, const struct aid_scan *s, struct aid_span text, const char *path, uint32_t line)
{
  ptrdiff_t best = -1;
  char def[1024];

  for (size_t i = 0; i < s->n_defs; i++)
    if (s->defs[i].first <= line && line <= s->defs[i].last && s->defs[i].kind != AID_DEF_FIELD
        && s->defs[i].kind != AID_DEF_CONSTRUCTOR)
      best = (ptrdiff_t)i;
  if (best < 0 || t->n_defs == DEFS_MAX)
    return;
  const struct aid_def *d = &s->defs[best];
  snprintf (def, sizeof def, "%s %.*s", path, (int)(d->name.to - d->name.from), text.ptr + d->name.from);
  for (size_t i = 0; i < t->n_defs; i++)
    if (!strcmp (t->defs[i], def))
      return;
  t->defs[t->n_defs++] = strdup (def);
}

/* The old lines that the hunks of DIFF change, as definitions of PATH at the parent. */
static void
add_defs (struct truth *t, const char *path, struct aid_span diff)
{
  char file[8192];
  struct aid_str text = AID_STR_INIT ((size_t)64 << 20);
  struct aid_scan s = AID_SCAN_INIT;
  struct aid_span line, rest = diff;

  snprintf (file, sizeof file, "%s/%s", clone_dir, path);
  if (aid_fs_read (file, &text, NULL)
      || aid_scan_text (
        aid_language_of (aid_span_z (path), aid_span_cut (aid_str_span (&text), 0, text.len < 512 ? text.len : 512)),
        aid_str_span (&text), &s))
    rest.len = 0;
  while (aid_span_line (&rest, &line))
    {
      unsigned from, n = 1;
      if (sscanf (aid_span_starts (line, "@@ -") ? line.ptr : "", "@@ -%u,%u", &from, &n) < 1)
        continue;
      for (unsigned i = 0; i < (n ? n : 1) && i < 400; i++)
        add_def (t, &s, aid_str_span (&text), path, from + i);
    }
  aid_scan_free (&s);
  aid_str_free (&text);
}

static void
free_truth (struct truth *t)
{
  for (size_t i = 0; i < t->n_files; i++)
    free (t->files[i]);
  for (size_t i = 0; i < t->n_defs; i++)
    free (t->defs[i]);
  memset (t, 0, sizeof *t);
}

/* Fills T with what COMMIT changed of files that PLAIN has; 0 when the commit is no question: nothing of that, or too
   much. */
static int
find_truth (const char *commit, struct plain *plain, struct truth *t)
{
  const char *const names[]
    = { "git", "diff-tree", "-r", "-z", "--no-commit-id", "--name-only", "--diff-filter=MD", "--no-renames", commit, NULL };
  struct aid_str list = git (names);
  size_t changed = 0;

  memset (t, 0, sizeof *t);
  for (size_t at = 0; at < list.len;)
    {
      const char *path = list.ptr + at;
      size_t len = strlen (path);
      changed++;
      if (changed <= FILES_MAX && !goes_along (aid_span_z (path)) && plain_has (plain, path))
        {
          const char *const diff[]
            = { "git", "diff-tree", "-p", "-U0", "--no-commit-id", "--no-renames", commit, "--", path, NULL };
          struct aid_str hunks = git (diff);
          t->files[t->n_files++] = strdup (path);
          add_defs (t, path, aid_str_span (&hunks));
          aid_str_free (&hunks);
        }
      at += len + 1;
    }
  aid_str_free (&list);
  if (changed > FILES_MAX)
    free_truth (t);
  return t->n_files > 0;
}

/* --- asking
   --------------------------------------------------------------------------------------------------------------- */

/* The rank (from 1) of the first of NAMES that is in TRUTH; 0: none is. */
static size_t
first_hit (char *const *names, size_t n, char *const *truth, size_t n_truth)
{
  for (size_t i = 0; i < n && i < RESULTS; i++)
    for (size_t k = 0; k < n_truth; k++)
      if (!strcmp (names[i], truth[k]))
        return i + 1;
  return 0;
}

static void
count (struct sums *s, size_t rank)
{
  s->n++;
  s->at1 += rank == 1;
  s->at5 += rank && rank <= 5;
  s->at10 += rank && rank <= 10;
  s->rr += rank ? 1.0 / (double)rank : 0;
}

static void
print_sums (const char *name, const struct sums *s, const char *end)
{
  double n = s->n ? (double)s->n : 1;

  printf ("\"%s\":{\"n\":%zu,\"hit1\":%.4f,\"hit5\":%.4f,\"hit10\":%.4f,\"mrr\":%.4f}%s", name, s->n, (double)s->at1 / n,
          (double)s->at5 / n, (double)s->at10 / n, s->rr / n, end);
}

struct bench
{
  struct plain *plain;
  struct sums aid_files, plain_files, aid_defs, plain_defs;
  struct aid_vec times, cpu; /* of int64_t: microseconds */
  FILE *messages;
  const char *cache;
  size_t files;
};

static void
ask_plain (struct bench *b, struct aid_span question, const struct truth *t, size_t ranks[2])
{
  char *names[RESULTS];
  size_t n = plain_files (b->plain, question, names, RESULTS);

  ranks[0] = first_hit (names, n, t->files, t->n_files);
  while (n)
    free (names[--n]);
  n = plain_defs (b->plain, question, names, RESULTS);
  ranks[1] = first_hit (names, n, t->defs, t->n_defs);
  while (n)
    free (names[--n]);
}

static int64_t
cpu_us (void)
{
  struct timespec t;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
ask_aid (struct bench *b, struct aid_index *x, struct aid_span text, const struct truth *t, size_t ranks[2])
{
  struct aid_question q = { .text = text, .max = 30, .tokens = 100000, .ms = 2000 };
  struct aid_found f;
  struct aid_error e = { AID_OK, "" };
  char *files[RESULTS] = { NULL }, *defs[RESULTS] = { NULL };
  size_t n = 0, d = 0;

  aid_search (x, &q, &f, &e);
  aid_found_free (&f);
  int64_t began = cpu_us ();
  if (aid_search (x, &q, &f, &e))
    fprintf (stderr, "%s\n", e.msg);
  int64_t *us = aid_vec_push (&b->times), *cpu = aid_vec_push (&b->cpu);
  if (us && cpu)
    {
      *us = f.us;
      *cpu = cpu_us () - began;
    }
  for (; n < f.files.len && n < RESULTS; n++)
    files[n] = AID_VEC_AT (struct aid_ranked, &f.files, n).path;
  for (size_t i = 0; i < f.passages.len && d < RESULTS; i++)
    {
      const struct aid_passage *p = &AID_VEC_AT (struct aid_passage, &f.passages, i);
      const char *dot = p->name ? strrchr (p->name, '.') : NULL, *colon = p->name ? strrchr (p->name, ':') : NULL;
      const char *name = dot > colon ? dot + 1 : colon ? colon + 1 : p->name;
      char def[2048];
      if (!name)
        continue;
      snprintf (def, sizeof def, "%s %s", p->path, name);
      defs[d++] = strdup (def);
    }
  ranks[0] = first_hit (files, n, t->files, t->n_files);
  ranks[1] = first_hit (defs, d, t->defs, t->n_defs);
  while (d)
    free (defs[--d]);
  aid_found_free (&f);
}

static void
note (struct bench *b, const char *commit, struct aid_span text, const struct truth *t, const size_t aid[2],
      const size_t plain[2])
{
  struct aid_span line = { NULL, 0 };

  if (!b->messages)
    return;
  aid_span_line (&text, &line);
  fprintf (b->messages, "%.10s\t%zu\t%zu\t%zu\t%zu\t%.*s\t", commit, aid[0], plain[0], aid[1], plain[1], (int)line.len,
           line.ptr);
  for (size_t i = 0; i < t->n_files; i++)
    fprintf (b->messages, "%s ", t->files[i]);
  fputc ('\n', b->messages);
}

/* Checks out COMMIT's parent, brings both indexes there, and asks both. */
static int
ask (struct bench *b, const char *commit, struct aid_span message)
{
  struct aid_project *project = NULL;
  struct aid_index_options options = { .dir = b->cache, .threads = 2 };
  struct aid_index *x = NULL;
  struct aid_error e = { AID_OK, "" };
  struct truth t;
  size_t aid[2], plain[2];
  char parent[100];
  int asked = 0;

  snprintf (parent, sizeof parent, "%s^", commit);
  const char *const checkout[] = { "git", "checkout", "-q", "-f", "--detach", parent, NULL };
  struct aid_str out = git (checkout);
  aid_str_free (&out);
  if (aid_project_open (clone_dir, NULL, &project, &e) || aid_index_open (project, &options, &x, &e)
      || aid_index_update (x, -1, NULL, &e))
    {
      fprintf (stderr, "%s\n", e.msg);
      exit (1);
    }
  b->files = plain_update (b->plain, project, x);
  if (find_truth (commit, b->plain, &t))
    {
      ask_aid (b, x, message, &t, aid);
      ask_plain (b, message, &t, plain);
      count (&b->aid_files, aid[0]);
      count (&b->plain_files, plain[0]);
      if (t.n_defs)
        {
          count (&b->aid_defs, aid[1]);
          count (&b->plain_defs, plain[1]);
        }
      note (b, commit, message, &t, aid, plain);
      asked = 1;
    }
  free_truth (&t);
  aid_index_close (x);
  aid_project_close (project);
  return asked;
}

/* --- commits
   -------------------------------------------------------------------------------------------------------------- */

static size_t
words_in (struct aid_span text)
{
  size_t n = 0;

  for (size_t i = 0; i < text.len; i++)
    n += isalpha ((unsigned char)text.ptr[i]) && (!i || !isalpha ((unsigned char)text.ptr[i - 1]));
  return n;
}

static int
by_time (const void *a, const void *b)
{
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

  return x < y ? -1 : x > y;
}

static void
report (struct bench *b)
{
  size_t n = b->times.len;

  qsort (b->times.data, n, sizeof (int64_t), by_time);
  qsort (b->cpu.data, n, sizeof (int64_t), by_time);
  printf ("{\"files_indexed\":%zu,", b->files);
  print_sums ("aid_files", &b->aid_files, ",");
  print_sums ("plain_files", &b->plain_files, ",");
  print_sums ("aid_definitions", &b->aid_defs, ",");
  print_sums ("plain_definitions", &b->plain_defs, ",");
  printf ("\"p95_cpu_ms\":%.2f,", n ? (double)AID_VEC_AT (int64_t, &b->cpu, n * 95 / 100) / 1000 : 0);
  printf ("\"p50_ms\":%.2f,\"p95_ms\":%.2f}\n", n ? (double)AID_VEC_AT (int64_t, &b->times, n / 2) / 1000 : 0,
          n ? (double)AID_VEC_AT (int64_t, &b->times, n * 95 / 100) / 1000 : 0);
}

int
main (int argc, char **argv)
{
  struct bench b = { 0 };
  size_t want, seen = 0, asked = 0;
  char most[32];

  if (argc < 4)
    return 2;
  clone_dir = argv[1];
  b.cache = argv[2];
  want = (size_t)atol (argv[3]);
  b.messages = argc > 4 ? fopen (argv[4], "w") : NULL;
  b.plain = plain_open ();
  b.times = b.cpu = AID_VEC_INIT (int64_t, 1000000);
  snprintf (most, sizeof most, "--max-count=%d", COMMITS_SEEN);
  const char *const log[]
    = { "git", "log", "-z", "--reverse", "--no-merges", "--min-parents=1", most, "--format=%H%n%B", NULL };
  struct aid_str all = git (log);
  size_t total = 0;
  for (size_t i = 0; i < all.len; i += strlen (all.ptr + i) + 1)
    total++;
  for (size_t i = 0; i < all.len && asked < want; i += strlen (all.ptr + i) + 1, seen++)
    {
      struct aid_span record = aid_span_z (all.ptr + i), hash;
      /* Evenly over the history that is looked at. */
      if (asked * total > seen * want || !aid_span_line (&record, &hash) || words_in (record) < WORDS_MIN)
        continue;
      char commit[100];
      snprintf (commit, sizeof commit, "%.*s", (int)hash.len, hash.ptr);
      asked += (size_t)ask (&b, commit, aid_span_trim (record));
    }
  report (&b);
  plain_close (b.plain);
  aid_str_free (&all);
  aid_vec_free (&b.times);
  aid_vec_free (&b.cpu);
  return 0;
}
