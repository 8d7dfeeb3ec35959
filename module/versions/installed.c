/* Listing a folder of cores, and reading their manifests. */
#include "versions/installed.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "aid-core-"
#define MANIFEST_MAX 1024

/* The first bytes of the file at PATH, a text; the number of them, or -1. */
static ssize_t
read_small (const char *path, char *out, size_t size)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  ssize_t n = -1;
  if (fd < 0)
    return -1;
  do
    n = read (fd, out, size - 1);
  while (n < 0 && errno == EINTR);
  close (fd);
  out[n < 0 ? 0 : n] = '\0';
  return n;
}

/* The hash in NAME ("aid-core-HASH" and ENDING) into OUT; 0, or -1 when it is none. */
static int
hash_of_name (const char *name, const char *ending, char *out)
{
  size_t n = strlen (name), front = sizeof PREFIX - 1, back = strlen (ending);
  if (n < front + 6 + back || n >= front + AID_VERSIONS_HASH + back || strncmp (name, PREFIX, front) != 0
      || strcmp (name + n - back, ending) != 0)
    return -1;
  n -= front + back;
  if (strspn (name + front, "0123456789abcdef") < n)
    return -1;
  memcpy (out, name + front, n);
  out[n] = '\0';
  return 0;
}

/* Copies the word at FROM, of letters, digits and ".:+~_-". */
static void
copy_word (const char *from, char *out, size_t size)
{
  size_t n = strspn (from, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.:+~_-");
  n = n < size ? n : 0;
  memcpy (out, from, n);
  out[n] = '\0';
}

/* Fills CORE, whose hash is known, from the manifest at PATH; 0, or -1 when that is missing or another core's. */
static int
read_manifest (const char *path, struct aid_installed *core)
{
  char text[MANIFEST_MAX], hash[AID_VERSIONS_HASH] = "", *rest = NULL;
  if (read_small (path, text, sizeof text) <= 0)
    return -1;
  for (char *line = strtok_r (text, "\n", &rest); line != NULL; line = strtok_r (NULL, "\n", &rest))
    if (strncmp (line, "version ", 8) == 0)
      copy_word (line + 8, core->version, sizeof core->version);
    else if (strncmp (line, "hash ", 5) == 0)
      copy_word (line + 5, hash, sizeof hash);
    else if (strncmp (line, "built ", 6) == 0)
      copy_word (line + 6, core->built, sizeof core->built);
    else if (strncmp (line, "abi ", 4) == 0)
      core->abi = (unsigned)strtoul (line + 4, NULL, 10);
  return strcmp (hash, core->hash) == 0 && core->version[0] != '\0' ? 0 : -1;
}

/* "FOLDER/aid-core-HASH" and ENDING. */
static int
path_of (const char *folder, const char *hash, const char *ending, char *out)
{
  int n = snprintf (out, AID_VERSIONS_PATH, "%s/" PREFIX "%s%s", folder, hash, ending);
  return n > 0 && n < AID_VERSIONS_PATH ? 0 : -1;
}

int
aid_installed_file (const struct aid_installed_list *list, const struct aid_installed *core, char *out)
{
  return path_of (list->folder, core->hash, ".so", out);
}

int
aid_installed_of_file (const char *file, struct aid_installed *out)
{
  char path[AID_VERSIONS_PATH];
  const char *name = strrchr (file, '/');
  memset (out, 0, sizeof *out);
  if (name == NULL || (size_t)(name - file) >= sizeof path || hash_of_name (name + 1, ".so", out->hash) != 0)
    return -1;
  memcpy (path, file, (size_t)(name - file));
  path[name - file] = '\0';
  char manifest[AID_VERSIONS_PATH];
  return path_of (path, out->hash, ".txt", manifest) == 0 ? read_manifest (manifest, out) : -1;
}

/* The newest first, then the youngest. */
static int
before (const void *a, const void *b)
{
  const struct aid_installed *x = a, *y = b;
  int built = strcmp (y->built, x->built);
  return x->newest != y->newest ? y->newest - x->newest : built ? built : strcmp (x->hash, y->hash);
}

/* The hash that the file aid-core in FOLDER names, or "". */
static void
read_newest (const char *folder, char *hash)
{
  char path[AID_VERSIONS_PATH], text[256];
  int n = snprintf (path, sizeof path, "%s/aid-core", folder);
  hash[0] = '\0';
  if (n > 0 && (size_t)n < sizeof path && read_small (path, text, sizeof text) > 0)
    {
      text[strcspn (text, " \t\r\n")] = '\0';
      if (hash_of_name (text, ".so", hash) != 0)
        hash[0] = '\0';
    }
}

int
aid_installed_read (const char *folder, struct aid_installed_list *out)
{
  char newest[AID_VERSIONS_HASH], path[AID_VERSIONS_PATH];
  struct dirent *d;
  out->n = 0;
  size_t len = strlen (folder);
  DIR *dir = len < sizeof out->folder ? opendir (folder) : NULL;
  if (dir == NULL)
    return -1;
  memcpy (out->folder, folder, len + 1);
  read_newest (folder, newest);
  while ((d = readdir (dir)) != NULL)
    {
      struct aid_installed core = { .newest = 0 };
      if (hash_of_name (d->d_name, ".so", core.hash) != 0)
        continue;
      core.newest = strcmp (core.hash, newest) == 0;
      if (path_of (folder, core.hash, ".txt", path) != 0 || (read_manifest (path, &core) != 0 && !core.newest))
        continue;
      if (out->n < AID_VERSIONS_MAX)
        out->cores[out->n++] = core;
      else if (core.newest) /* that one is never left out */
        out->cores[AID_VERSIONS_MAX - 1] = core;
    }
  closedir (dir);
  qsort (out->cores, out->n, sizeof *out->cores, before);
  return 0;
}

static int
begins (const char *z, const char *beginning)
{
  size_t n = strlen (beginning);
  return strlen (z) >= n && memcmp (z, beginning, n) == 0;
}

int
aid_installed_is (const struct aid_installed *core, const char *want)
{
  size_t n = strlen (core->version);
  if (n > 0 && begins (want, core->version) && (want[n] == '\0' || (want[n] == '+' && want[n + 1] != '\0')))
    return want[n] == '\0' || begins (core->hash, want + n + 1);
  return strlen (want) >= 6 && begins (core->hash, want);
}

const struct aid_installed *
aid_installed_find (const struct aid_installed_list *list, const char *want)
{
  for (size_t i = 0; i < list->n; i++)
    if (aid_installed_is (&list->cores[i], want))
      return &list->cores[i];
  return NULL;
}

static struct aid_installed self;

void
aid_versions_set_self (const char *version, const char *hash)
{
  copy_word (version, self.version, sizeof self.version);
  copy_word (hash, self.hash, sizeof self.hash);
}

int
aid_versions_runs (const char *want)
{
  return aid_installed_is (&self, want);
}

/* The number that *Z begins with, which is skipped with the dot behind it; -1 when it begins with none: its rest follows. */
static long
next_part (const char **z)
{
  char *end;
  if (**z < '0' || **z > '9')
    return -1;
  long n = strtol (*z, &end, 10);
  *z = *end == '.' ? end + 1 : end;
  return n;
}

int
aid_versions_compare (const char *a, const char *b)
{
  for (;;)
    {
      long x = next_part (&a), y = next_part (&b);
      if (x < 0 && y < 0)
        return *a == '\0' && *b == '\0' ? 0 : *a == '\0' ? 1 : *b == '\0' ? -1 : strcmp (a, b);
      if (x < 0) /* "1.0" and "1.0.0" are the same, "1.0-rc1" is below both */
        x = *a == '\0' ? 0 : -1;
      if (y < 0)
        y = *b == '\0' ? 0 : -1;
      if (x != y)
        return x < y ? -1 : 1;
    }
}
