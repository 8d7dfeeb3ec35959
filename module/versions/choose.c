#include "versions/choose.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WISH_MAX 1024

/* --- the wish ------------------------------------------------------------------------------------------------------- */

/* The wish's file for the cores in FOLDER. */
static int
wish_path (const char *folder, char *path)
{
  char state[AID_VERSIONS_PATH], *real = realpath (folder, NULL);
  unsigned long long hash = 0xcbf29ce484222325ull; /* FNV-1a of 64 bits */
  for (const char *z = real != NULL ? real : folder; *z != '\0'; z++)
    hash = (hash ^ (unsigned char)*z) * 0x100000001b3ull;
  free (real);
  if (aid_marks_folder (state) != 0)
    return -1;
  int n = snprintf (path, AID_VERSIONS_PATH, "%s/wish.%016llx", state, hash);
  return n > 0 && n < AID_VERSIONS_PATH ? 0 : -1;
}

/* Copies what follows KEY in LINE, if it fits. */
static void
take (const char *line, const char *key, char *out, size_t size)
{
  size_t n = strlen (key);
  if (strncmp (line, key, n) == 0 && strlen (line + n) < size)
    memcpy (out, line + n, strlen (line + n) + 1);
}

void
aid_wish_read (const char *folder, struct aid_wish *out)
{
  char path[AID_VERSIONS_PATH], text[WISH_MAX], *rest = NULL;
  memset (out, 0, sizeof *out);
  int fd = wish_path (folder, path) == 0 ? open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
  if (fd < 0)
    return;
  ssize_t n = read (fd, text, sizeof text - 1);
  close (fd);
  text[n > 0 ? n : 0] = '\0';
  for (char *line = strtok_r (text, "\n", &rest); line != NULL; line = strtok_r (NULL, "\n", &rest))
    {
      take (line, "want ", out->want, sizeof out->want);
      take (line, "by ", out->by, sizeof out->by);
      take (line, "name ", out->name, sizeof out->name);
    }
}

int
aid_wish_write (const char *folder, const struct aid_wish *w)
{
  char path[AID_VERSIONS_PATH], fresh[AID_VERSIONS_PATH], text[WISH_MAX];
  if (wish_path (folder, path) != 0 || aid_marks_make_folder () != 0)
    return -1;
  int n = w->want[0] ? snprintf (text, sizeof text, "want %s\nby %s\nname %s\n", w->want, w->by, w->name) : 0;
  int m = snprintf (fresh, sizeof fresh, "%s.%ld", path, (long)getpid ());
  if (n < 0 || (size_t)n >= sizeof text || m < 0 || (size_t)m >= sizeof fresh)
    return errno = ENAMETOOLONG, -1;
  int fd = open (fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);
  if (fd < 0)
    return -1;
  int ok = write (fd, text, (size_t)n) == n && fsync (fd) == 0;
  ok = close (fd) == 0 && ok && rename (fresh, path) == 0;
  if (!ok)
    {
      int no = errno;
      unlink (fresh);
      errno = no;
    }
  return ok ? 0 : -1;
}

/* --- choosing ------------------------------------------------------------------------------------------------------- */

/* Whether HASH is a word of LIST. */
static int
is_in (const char *list, const char *hash)
{
  size_t n = strlen (hash);
  for (const char *at = list != NULL ? strstr (list, hash) : NULL; at != NULL; at = strstr (at + 1, hash))
    if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
      return 1;
  return 0;
}

/* Whether a loader of ABI may try CORE.  What tells no ABI is tried, and refuses itself. */
static int
can_load (const struct aid_installed *core, unsigned abi, const char *except)
{
  return (core->abi == 0 || core->abi == abi) && !is_in (except, core->hash);
}

static int
crashes (const struct aid_marks *m, const struct aid_installed *core)
{
  return aid_marks_crashes (m, core->hash) >= AID_MARKS_CRASHES;
}

const struct aid_installed *
aid_wish_previous (const struct aid_installed_list *list, const struct aid_marks *m, const struct aid_installed *core,
                   unsigned abi, const char *except)
{
  const struct aid_installed *best = NULL;
  long long best_well = 0;
  for (size_t i = 0; i < list->n; i++)
    {
      const struct aid_installed *c = &list->cores[i];
      if (c == core || !can_load (c, abi, except) || crashes (m, c))
        continue;
      long long well = aid_marks_well (m, c->hash);
      if (best == NULL || well > best_well)
        {
          best = c;
          best_well = well;
        }
    }
  return best;
}

/* What W wants and this loader can load, or NULL. */
static const struct aid_installed *
wanted (const struct aid_installed_list *list, const struct aid_wish *w, unsigned abi, const char *except)
{
  for (size_t i = 0; i < list->n && w->want[0]; i++)
    if (aid_installed_is (&list->cores[i], w->want) && can_load (&list->cores[i], abi, except))
      return &list->cores[i];
  return NULL;
}

void
aid_wish_choose (const struct aid_installed_list *list, const struct aid_marks *m, const struct aid_wish *w, unsigned abi,
                 const char *except, struct aid_core_choice *out)
{
  memset (out, 0, sizeof *out);
  out->core = wanted (list, w, abi, except);
  out->by = w->by;
  if (out->core == NULL)
    {
      out->missing = w->want[0] != '\0';
      out->by = "newest";
      for (size_t i = 0; i < list->n && out->core == NULL; i++)
        if (can_load (&list->cores[i], abi, except))
          out->core = &list->cores[i];
      if (out->core != NULL && except != NULL && except[0] != '\0')
        {
          out->core = aid_wish_previous (list, m, NULL, abi, except);
          out->by = "previous";
        }
    }
  if (out->core != NULL && crashes (m, out->core))
    {
      const struct aid_installed *other = aid_wish_previous (list, m, out->core, abi, except);
      out->crashed = out->core;
      out->by = other != NULL ? "previous" : "only";
      out->core = other != NULL ? other : out->core;
    }
}
