#include "rollout/prune.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MAPS_MAX ((size_t)4 << 20) /* bytes of a process's /proc/PID/maps */

/* Adds to OUT what is mapped by the process NAME, as far as the system tells. */
static void
add_maps (const char *name, struct aid_str *out)
{
  char path[300], buf[65536];
  ssize_t n;
  snprintf (path, sizeof path, "/proc/%.255s/maps", name);
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return;
  struct aid_str maps = AID_STR_INIT (MAPS_MAX);
  while ((n = read (fd, buf, sizeof buf)) > 0 && !aid_str_add (&maps, buf, (size_t)n))
    ;
  close (fd);
  struct aid_span rest = aid_str_span (&maps), line;
  while (aid_span_line (&rest, &line))
    if (aid_span_find (line, AID_SPAN ("/aid-core-")) >= 0)
      {
        aid_str_addspan (out, line);
        aid_str_addc (out, '\n');
      }
  aid_str_free (&maps);
}

/* The lines of all processes' maps that name a core; empty where the system has none. */
static void
read_maps (struct aid_str *out)
{
  struct dirent *d;
  DIR *dir = opendir ("/proc");
  while (dir && (d = readdir (dir)) != NULL)
    if (d->d_name[0] >= '1' && d->d_name[0] <= '9')
      add_maps (d->d_name, out);
  if (dir)
    closedir (dir);
}

static int
is_needed (const struct aid_rollout *r, const struct aid_installed *core, const char *pin, struct aid_span maps)
{
  char file[AID_VERSIONS_PATH];
  const struct aid_installed *next = r->choice.core;
  if (core->newest || core == next || core == r->choice.crashed || aid_marks_running (&r->marks, core->hash)
      || (pin && aid_installed_is (core, pin)))
    return 1;
  if (next && core == aid_wish_previous (&r->list, &r->marks, next, AID_ABI, NULL))
    return 1;
  snprintf (file, sizeof file, "/aid-core-%s.so", core->hash);
  return aid_span_find (maps, aid_span_z (file)) >= 0;
}

static enum aid_err
remove_core (const struct aid_rollout *r, const struct aid_installed *core, struct aid_error *e)
{
  char file[AID_VERSIONS_PATH + 1];
  if (aid_installed_file (&r->list, core, file))
    return AID_OK;
  if (unlink (file) && errno != ENOENT)
    return aid_error_set (e, AID_E_IO, "Cannot remove %.200s: %s", file, strerror (errno));
  strcpy (file + strlen (file) - 3, ".txt");
  unlink (file); /* one without a core is nothing */
  return AID_OK;
}

enum aid_err
aid_rollout_prune (const struct aid_rollout *r, size_t keep, const char *pin, struct aid_vec *removed, struct aid_error *e)
{
  struct aid_str maps = AID_STR_INIT (MAPS_MAX);
  enum aid_err err = AID_OK;
  keep = keep < 2 ? 2 : keep;
  if (r->list.n > keep)
    read_maps (&maps);
  for (size_t i = keep; i < r->list.n && !err; i++)
    {
      const struct aid_installed *core = &r->list.cores[i];
      if (is_needed (r, core, pin, aid_str_span (&maps)))
        continue;
      err = remove_core (r, core, e);
      struct aid_installed *slot = err ? NULL : aid_vec_push (removed);
      if (slot)
        *slot = *core;
    }
  aid_str_free (&maps);
  return err;
}
