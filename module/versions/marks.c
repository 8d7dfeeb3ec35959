/* Reading and writing marks. */
#include "versions/marks.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* --- the folder ----------------------------------------------------------------------------------------------------- */

int
aid_marks_folder (char *out)
{
  const char *state = getenv ("XDG_STATE_HOME"), *home = getenv ("HOME");
  int n;
  if (state != NULL && state[0] == '/')
    n = snprintf (out, AID_VERSIONS_PATH, "%s/aid/cores", state);
  else if (home != NULL && home[0] == '/')
    n = snprintf (out, AID_VERSIONS_PATH, "%s/.local/state/aid/cores", home);
  else
    return -1;
  return n > 0 && n < AID_VERSIONS_PATH - 200 ? 0 : -1;
}

/* Like mkdir -p. */
static int
make_folder (char *path)
{
  for (char *slash = strchr (path + 1, '/'); slash != NULL; slash = strchr (slash + 1, '/'))
    {
      *slash = '\0';
      int bad = mkdir (path, 0700) != 0 && errno != EEXIST;
      *slash = '/';
      if (bad)
        return -1;
    }
  return mkdir (path, 0700) != 0 && errno != EEXIST ? -1 : 0;
}

int
aid_marks_make_folder (void)
{
  char folder[AID_VERSIONS_PATH];
  return aid_marks_folder (folder) == 0 ? make_folder (folder) : -1;
}

/* --- processes ------------------------------------------------------------------------------------------------------ */

/* The 22nd field of /proc/PID/stat (proc(5)).  The second one, the program's name, may hold anything. */
unsigned long long
aid_process_start (long pid)
{
  char path[64], text[1024];
  snprintf (path, sizeof path, "/proc/%ld/stat", pid);
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return 0;
  ssize_t n = read (fd, text, sizeof text - 1);
  close (fd);
  text[n > 0 ? n : 0] = '\0';
  const char *at = strrchr (text, ')');
  for (int field = 2; at != NULL && field < 22; field++)
    if ((at = strchr (at, ' ')) != NULL)
      at++;
  return at != NULL ? strtoull (at, NULL, 10) : 0;
}

/* Whether the process that began at START still is PID. */
static int
lives (long pid, unsigned long long start)
{
  unsigned long long now = aid_process_start (pid);
  if (start != 0 && now != 0)
    return now == start;
  return kill ((pid_t)pid, 0) == 0 || errno == EPERM;
}

/* --- reading -------------------------------------------------------------------------------------------------------- */

/* Reads the name of a mark; 0, or -1 when it is none. */
static int
read_name (const char *name, struct aid_mark *m)
{
  size_t n = strcspn (name, ".");
  char *end;
  if (n < 6 || n >= sizeof m->hash || strspn (name, "0123456789abcdef") != n || name[n] != '.')
    return -1;
  memcpy (m->hash, name, n);
  m->hash[n] = '\0';
  m->pid = strtol (name + n + 1, &end, 10);
  if (m->pid <= 0 || *end != '.')
    return -1;
  m->start = strtoull (end + 1, &end, 10);
  m->signal = 0;
  if (strncmp (end, ".crash-", 7) == 0)
    {
      m->signal = (int)strtol (end + 7, &end, 10);
      m->young = strcmp (end, "-young") == 0;
      return m->signal > 0 && (m->young || strcmp (end, "-core") == 0) ? 0 : -1;
    }
  return strcmp (end, ".run") == 0 ? 0 : -1;
}

static long long
ms_of (const struct timespec *t)
{
  return (long long)t->tv_sec * 1000 + t->tv_nsec / 1000000;
}

/* When a file got its name, or its content. */
static long long
changed (const struct stat *st)
{
  long long name = ms_of (&st->st_ctim), content = ms_of (&st->st_mtim);
  return name > content ? name : content;
}

void
aid_marks_read (struct aid_marks *out)
{
  struct dirent *d;
  struct stat st;
  out->n = 0;
  DIR *dir = aid_marks_folder (out->folder) == 0 ? opendir (out->folder) : NULL;
  if (dir == NULL)
    return;
  while (out->n < AID_MARKS_MAX && (d = readdir (dir)) != NULL)
    {
      struct aid_mark *m = &out->marks[out->n];
      if (read_name (d->d_name, m) != 0 || fstatat (dirfd (dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        continue;
      m->when = changed (&st);
      m->alive = lives (m->pid, m->start);
      out->n++;
    }
  closedir (dir);
}

static int
is_crash (const struct aid_mark *m, const char *hash)
{
  return m->signal != 0 && !m->alive && strcmp (m->hash, hash) == 0
         && m->when + (long long)AID_MARKS_DAYS * 86400000 > (long long)time (NULL) * 1000;
}

unsigned
aid_marks_crashes (const struct aid_marks *m, const char *hash)
{
  unsigned n = 0;
  for (size_t i = 0; i < m->n; i++)
    n += (unsigned)is_crash (&m->marks[i], hash);
  return n;
}

const struct aid_mark *
aid_marks_last_crash (const struct aid_marks *m, const char *hash)
{
  const struct aid_mark *last = NULL;
  for (size_t i = 0; i < m->n; i++)
    if (is_crash (&m->marks[i], hash) && (last == NULL || m->marks[i].when >= last->when))
      last = &m->marks[i];
  return last;
}

unsigned
aid_marks_running (const struct aid_marks *m, const char *hash)
{
  unsigned n = 0;
  for (size_t i = 0; i < m->n; i++)
    n += m->marks[i].alive && strcmp (m->marks[i].hash, hash) == 0;
  return n;
}

/* --- notes ---------------------------------------------------------------------------------------------------------- */

/* "FOLDER/HASH" and ENDING into OUT; 0 or -1. */
static int
note_path (const char *folder, const char *hash, const char *ending, char *out)
{
  int n = snprintf (out, AID_VERSIONS_PATH, "%s/%s%s", folder, hash, ending);
  return n > 0 && n < AID_VERSIONS_PATH ? 0 : -1;
}

long long
aid_marks_well (const struct aid_marks *m, const char *hash)
{
  char path[AID_VERSIONS_PATH];
  struct stat st;
  return note_path (m->folder, hash, ".well", path) == 0 && stat (path, &st) == 0 ? ms_of (&st.st_mtim) : 0;
}

int
aid_marks_was_told (const struct aid_marks *m, const char *hash)
{
  char path[AID_VERSIONS_PATH];
  return note_path (m->folder, hash, ".told", path) == 0 && access (path, F_OK) == 0;
}

static void
touch (const char *hash, const char *ending)
{
  char folder[AID_VERSIONS_PATH], path[AID_VERSIONS_PATH];
  if (aid_marks_folder (folder) != 0 || make_folder (folder) != 0 || note_path (folder, hash, ending, path) != 0)
    return;
  int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
  if (fd >= 0)
    {
      futimens (fd, NULL);
      close (fd);
    }
}

void
aid_marks_note_well (const char *hash)
{
  touch (hash, ".well");
}

void
aid_marks_note_told (const char *hash)
{
  touch (hash, ".told");
}

/* Removes the marks that TAKE says yes to. */
static void
remove_marks (int (*take) (const struct aid_mark *m, const char *hash), const char *hash)
{
  char folder[AID_VERSIONS_PATH];
  struct dirent *d;
  DIR *dir = aid_marks_folder (folder) == 0 ? opendir (folder) : NULL;
  if (dir == NULL)
    return;
  while ((d = readdir (dir)) != NULL)
    {
      struct aid_mark m = { .pid = 0 };
      struct stat st;
      if (read_name (d->d_name, &m) != 0 || fstatat (dirfd (dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        continue;
      m.when = changed (&st);
      m.alive = lives (m.pid, m.start);
      if (take (&m, hash))
        unlinkat (dirfd (dir), d->d_name, 0);
    }
  closedir (dir);
}

static int
take_crash (const struct aid_mark *m, const char *hash)
{
  return is_crash (m, hash);
}

static int
take_young (const struct aid_mark *m, const char *hash)
{
  return is_crash (m, hash) && m->young;
}

static int
take_old (const struct aid_mark *m, const char *hash)
{
  (void)hash;
  return !m->alive && !is_crash (m, m->hash);
}

void
aid_marks_forget (const char *hash, int young)
{
  char folder[AID_VERSIONS_PATH], path[AID_VERSIONS_PATH];
  remove_marks (young ? take_young : take_crash, hash);
  if (!young && aid_marks_folder (folder) == 0 && note_path (folder, hash, ".told", path) == 0)
    unlink (path);
}

void
aid_marks_tidy (void)
{
  remove_marks (take_old, "");
}

int
aid_marks_names (const char *hash, char *run, char *crash)
{
  char folder[AID_VERSIONS_PATH];
  long pid = (long)getpid ();
  unsigned long long start = aid_process_start (pid);
  if (aid_marks_folder (folder) != 0 || make_folder (folder) != 0)
    return -1;
  int n = snprintf (run, AID_VERSIONS_PATH, "%s/%s.%ld.%llu.run", folder, hash, pid, start);
  int m = snprintf (crash, AID_VERSIONS_PATH, "%s/%s.%ld.%llu.crash-" AID_MARKS_YOUNG, folder, hash, pid, start);
  return n > 0 && n < AID_VERSIONS_PATH && m > 0 && m < AID_VERSIONS_PATH ? 0 : -1;
}
