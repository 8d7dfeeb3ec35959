/* What a snapshot costs: a look at a project that has not changed, and one after a file was edited, beside what git takes for the
   same in the same run.  usage: bench_snapshots [FILES...]  (5000 100000) */
#include "base/clock.h"
#include "base/fs.h"
#include "learn/snapshot.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define EDITS 41
#define LOOKS 1000

static char top[200];

/* CPU in microseconds, ours and that of all children that have ended. */
static int64_t
cpu_us (void)
{
  struct rusage self, children;
  getrusage (RUSAGE_SELF, &self);
  getrusage (RUSAGE_CHILDREN, &children);
  const struct timeval all[] = { self.ru_utime, self.ru_stime, children.ru_utime, children.ru_stime };
  int64_t sum = 0;
  for (size_t i = 0; i < 4; i++)
    sum += (int64_t)all[i].tv_sec * 1000000 + all[i].tv_usec;
  return sum;
}

static void
write_file (const char *path, int n, int version)
{
  FILE *f = fopen (path, "w");
  if (!f)
    abort ();
  for (int line = 0; line < 100; line++)
    fprintf (f, "int f%d_%d (int x) { return x * %d + %d; }\n", n, line, line, line == 50 ? version : 0);
  fclose (f);
}

static void
file_name (const char *root, int n, char *out, size_t size)
{
  snprintf (out, size, "%s/d%d/e%d/f%d.c", root, n / 1000, n / 25 % 40, n);
}

static void
make_tree (const char *root, int files)
{
  char path[300];
  for (int n = 0; n < files; n++)
    {
      file_name (root, n, path, sizeof path);
      if (n % 25 == 0)
        {
          *strrchr (path, '/') = '\0';
          aid_fs_mkdirs (path, 0755, NULL);
          file_name (root, n, path, sizeof path);
        }
      write_file (path, n, 0);
    }
}

struct costs
{
  int64_t us[EDITS], cpu[EDITS];
};

static int
by_size (const void *a, const void *b)
{
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static void
report (const char *what, struct costs *c, int n)
{
  qsort (c->us, (size_t)n, sizeof *c->us, by_size);
  qsort (c->cpu, (size_t)n, sizeof *c->cpu, by_size);
  printf ("  %-44s p50 %8.1f ms   p90 %8.1f ms   CPU p50 %8.1f ms\n", what, (double)c->us[n / 2] / 1000,
          (double)c->us[n * 9 / 10] / 1000, (double)c->cpu[n / 2] / 1000);
}

/* Edits file N and waits until the project knows. */
static void
edit (struct aid_project *p, const char *root, int n, int version)
{
  char path[300];
  file_name (root, n, path, sizeof path);
  uint64_t generation = aid_project_wait (p, 0, 0);
  write_file (path, n, version);
  aid_project_wait (p, generation, 60000);
  for (uint64_t g = 0; g != aid_project_wait (p, 0, 0);)
    {
      g = aid_project_wait (p, 0, 0);
      usleep (60000);
    }
}

static void
run_shell (const char *root, const char *command, int64_t *us, int64_t *cpu)
{
  char line[2048];
  snprintf (line, sizeof line,
            "cd %s && export GIT_CONFIG_GLOBAL=/dev/null HOME=%s GIT_INDEX_FILE=%s/index && { %s; } >/dev/null 2>&1", root,
            top, top, command);
  int64_t begun = aid_clock_us (), used = cpu_us ();
  if (system (line))
    printf ("  failed: %s\n", command);
  *us = aid_clock_us () - begun;
  *cpu = cpu_us () - used;
}

static void
measure (struct aid_project *p, struct aid_snapshots *s, const char *root, int files)
{
  struct costs ours, status, add;
  struct aid_snapshot_taken t;
  struct aid_error e = { AID_OK, "" };
  int64_t used, begun;
  run_shell (root, "git init -q . && git add -A && git write-tree", add.us, add.cpu);
  aid_snapshots_take (s, 0, NULL, &t, &e); /* the .git folder has come */
  used = cpu_us ();
  for (int i = 0; i < LOOKS; i++)
    aid_snapshots_take (s, 0, NULL, &t, &e);
  printf ("  %-44s CPU %.4f ms each\n", "unchanged", (double)(cpu_us () - used) / 1000 / LOOKS);
  for (int i = 0; i < EDITS; i++)
    {
      edit (p, root, (i * 7919) % files, i + 1);
      begun = aid_clock_us (), used = cpu_us ();
      if (aid_snapshots_take (s, 0, NULL, &t, &e) || !t.id[0])
        printf ("  no snapshot: %s\n", e.msg);
      ours.us[i] = aid_clock_us () - begun;
      ours.cpu[i] = cpu_us () - used;
      run_shell (root, "git status --porcelain", &status.us[i], &status.cpu[i]);
      run_shell (root, "git add -A && git write-tree", &add.us[i], &add.cpu[i]);
    }
  report ("a file changed: snapshot", &ours, EDITS);
  report ("git status --porcelain", &status, EDITS);
  report ("git add -A && git write-tree, own index", &add, EDITS);
}

/* The first snapshot of a process, and then the rest if EVERYTHING. */
static void
open_and_take (const char *root, int files, const char *what, int everything)
{
  struct aid_project *p;
  struct aid_snapshots *s;
  struct aid_snapshot_taken t;
  struct aid_error e = { AID_OK, "" };
  const struct aid_project_options watching = { .watch = 1 };
  if (aid_project_open (root, &watching, &p, &e))
    return;
  aid_project_wait (p, 0, -1);
  const struct aid_snapshot_settings settings = aid_snapshot_settings (root);
  if (!aid_snapshots_open (p, &settings, &s, &e))
    {
      int64_t begun = aid_clock_us (), used = cpu_us ();
      if (aid_snapshots_take (s, 0, NULL, &t, &e))
        printf ("  no snapshot: %s\n", e.msg);
      printf ("  %-44s %.1f ms, CPU %.1f ms\n", what, (double)(aid_clock_us () - begun) / 1000,
              (double)(cpu_us () - used) / 1000);
      if (everything)
        measure (p, s, root, files);
      aid_snapshots_close (s);
    }
  aid_project_close (p);
}

static void
bench (int files)
{
  char root[256];
  snprintf (root, sizeof root, "%s/%d", top, files);
  make_tree (root, files);
  printf ("%d files\n", files);
  open_and_take (root, files, "the first, of all files", 1);
  sleep (3); /* what is younger is read again */
  open_and_take (root, files, "the first of another process", 0);
  open_and_take (root, files, "the first of one more, nothing has changed", 0);
}

int
main (int argc, char **argv)
{
  char line[256];
  const char *tmp = getenv ("TMPDIR");
  snprintf (top, sizeof top, "%s/aid-bench-snapshots-XXXXXX", tmp ? tmp : "/tmp");
  if (!mkdtemp (top))
    return 1;
  setenv ("XDG_STATE_HOME", top, 1);
  setenv ("XDG_CACHE_HOME", top, 1);
  setenv ("XDG_CONFIG_HOME", top, 1);
  setvbuf (stdout, NULL, _IOLBF, 0);
  for (int i = 1; i < argc; i++)
    bench (atoi (argv[i]));
  if (argc < 2)
    {
      bench (5000);
      bench (100000);
    }
  snprintf (line, sizeof line, "rm -rf %s", top);
  return system (line) != 0;
}
