/* What a command uses, all its processes together, looked at every few milliseconds: a count that holds for root and for
   everybody, in a container or not, without a cgroup (which must be delegated).  What it allows for a moment, the tmpfs, forks.c
   and each process's own limits bound.

   A look sums what is resident, which counts shared pages more than once, the page tables that what is mapped may have, and
   what lies behind descriptors.  Only where that is too much, each process's proportional share of memory that is not a
   file's is asked for, and its real page tables, which takes longer. */
#include "box/keeper.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum
{
  OURS = 2,            /* bubblewrap's two processes of a command */
  PER_TABLE = 512,     /* bytes that are mapped by a byte of page tables */
  FEW = 256,           /* descriptors of a process, which forks have, too: they count for nothing */
  DESCRIPTOR = 5 << 10 /* bytes of half a pipe, when the kernel gives its user no more than it must */
};

/* --- processes --- */

/* Reads NAME of process PID; 0 when it has gone. */
static int
read_proc (const struct keeper *k, const char *pid, const char *name, char *out, size_t size)
{
  char path[300];
  snprintf (path, sizeof path, "%s/%s", pid, name);
  int fd = openat (k->proc_fd, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return 0;
  ssize_t n = read (fd, out, size - 1);
  close (fd);
  out[n > 0 ? n : 0] = '\0';
  return n > 0;
}

/* Adds what "stat" says; 0 when it cannot be read. */
static int
add_process (const struct keeper *k, const char *pid, struct usage *u)
{
  char text[1024];
  unsigned long long user, system, children_user, children_system, threads, mapped, resident;
  struct stat st;
  const char *behind = read_proc (k, pid, "stat", text, sizeof text) ? strrchr (text, ')') : NULL;
  if (!behind
      || sscanf (behind, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu %*d %*d %llu %*d %*u %llu %llu",
                 &user, &system, &children_user, &children_system, &threads, &mapped, &resident)
           != 7)
    return 0;
  u->tasks += (int64_t)threads;
  u->cpu_ms += (int64_t)(user + system + children_user + children_system) * 1000 / sysconf (_SC_CLK_TCK);
  u->resident += (int64_t)resident * sysconf (_SC_PAGESIZE);
  u->tables += (int64_t)(mapped / PER_TABLE);
  snprintf (text, sizeof text, "%s/fd", pid); /* whose size tells how many there are, from Linux 6.2 on */
  if (!fstatat (k->proc_fd, text, &st, 0) && st.st_size > FEW)
    u->files += (st.st_size - FEW) * DESCRIPTOR;
  return 1;
}

/* Bytes of PID's share, or of all that is resident where that is not told. */
static int64_t
share_of (const struct keeper *k, const char *pid)
{
  char text[4096];
  long long anon, shared, all;
  if (read_proc (k, pid, "smaps_rollup", text, sizeof text))
    {
      const char *a = strstr (text, "\nPss_Anon:"), *s = strstr (text, "\nPss_Shmem:"), *p = strstr (text, "\nPss:");
      if (a && s && sscanf (a, " Pss_Anon: %lld", &anon) == 1 && sscanf (s, " Pss_Shmem: %lld", &shared) == 1)
        return (anon + shared) << 10;
      if (p && sscanf (p, " Pss: %lld", &all) == 1)
        return all << 10;
    }
  struct usage u = { 0 };
  add_process (k, pid, &u);
  return u.resident;
}

static void
each_process (const struct keeper *k, void (*fn) (const struct keeper *, const char *pid, void *), void *arg)
{
  int fd = openat (k->proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = fd < 0 ? NULL : fdopendir (fd);
  for (const struct dirent *entry; dir && (entry = readdir (dir));)
    if (isdigit ((unsigned char)entry->d_name[0]) && strcmp (entry->d_name, "1") != 0) /* the first is the keeper */
      fn (k, entry->d_name, arg);
  if (dir)
    closedir (dir);
}

static void
add_usage (const struct keeper *k, const char *pid, void *arg)
{
  add_process (k, pid, arg);
}

static int64_t
tables_of (const struct keeper *k, const char *pid)
{
  char text[4096];
  long long kilobytes;
  const char *at = read_proc (k, pid, "status", text, sizeof text) ? strstr (text, "\nVmPTE:") : NULL;
  return at && sscanf (at, " VmPTE: %lld", &kilobytes) == 1 ? kilobytes << 10 : 0;
}

static void
add_share (const struct keeper *k, const char *pid, void *arg)
{
  int64_t *sum = arg;
  *sum += share_of (k, pid) + tables_of (k, pid);
}

static int
takes_too_much (const struct keeper *k, const struct usage *u)
{
  int64_t limit = k->limits.megabytes << 20, sum = system_v (k) + u->files;
  if (u->resident + u->tables + sum <= limit)
    return 0;
  each_process (k, add_share, &sum);
  return sum > limit;
}

/* --- the disk --- */

static int
house_is_full (const struct keeper *k)
{
  struct statfs st;
  if (fstatfs (k->house_fd, &st))
    return 0;
  int64_t limit = k->limits.disk_megabytes << 20, used = (int64_t)(st.f_blocks - st.f_bfree) * st.f_bsize - k->copied;
  return used > limit || st.f_ffree < st.f_files / 64;
}

static int64_t
free_bytes (const struct keeper *k)
{
  struct statfs st;
  return fstatfs (k->lower_fd, &st) ? 0 : (int64_t)st.f_bfree * st.f_bsize;
}

static int64_t
tree_bytes (const struct keeper *k)
{
  int64_t bytes, files;
  measure_tree (k->lower_fd, &bytes, &files);
  return bytes;
}

/* A tree that is changed in place lies on a disk that others use, too: it is measured AT_END, and before that when enough was
   taken from the disk, by whomever. */
static int
place_is_full (struct watch *w, int at_end)
{
  const struct keeper *k = w->k;
  int64_t limit = k->limits.disk_megabytes << 20;
  if (k->how != AID_BOX_IN_PLACE || (!at_end && w->free_before - free_bytes (k) <= limit / 2))
    return 0;
  int64_t bytes = tree_bytes (k);
  if (bytes >= TOO_DEEP || bytes - w->tree_before > limit)
    return 1;
  w->free_before = free_bytes (k);
  return 0;
}

static enum aid_box_end
look_at_disk (struct watch *w, int at_end)
{
  return house_is_full (w->k) || place_is_full (w, at_end) ? AID_BOX_DISK : AID_BOX_EXITED;
}

enum aid_box_end
watch_end (struct watch *w)
{
  return look_at_disk (w, 1);
}

/* --- the whole --- */

void
watch_begin (struct watch *w, const struct keeper *k)
{
  *w = (struct watch){ .k = k };
  if (k->how == AID_BOX_IN_PLACE)
    {
      w->tree_before = tree_bytes (k);
      w->free_before = free_bytes (k);
    }
}

enum aid_box_end
watch_look (struct watch *w)
{
  const struct keeper *k = w->k;
  struct usage u = { 0 };
  each_process (k, add_usage, &u);
  if (u.cpu_ms > w->cpu_ms)
    w->cpu_ms = u.cpu_ms;
  if (u.tasks - OURS > k->limits.processes)
    return AID_BOX_PROCESSES;
  if (u.cpu_ms > k->limits.cpu_seconds * 1000)
    return AID_BOX_TIME;
  if (takes_too_much (k, &u))
    return AID_BOX_MEMORY;
  return look_at_disk (w, 0);
}
