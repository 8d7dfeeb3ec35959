/* Names of files: joining by text, the last part, the home, the XDG directories.  Nothing here touches the file system, but that
   the home's links are resolved. */
#include "base/fs.h"

#include <limits.h>
#include <stdlib.h>

/* Takes the last part off OUT, which has its root up to FLOOR; 0 when ".." must stand there instead. */
static int
go_up (struct aid_str *out, size_t floor, int absolute)
{
  struct aid_span have = aid_span_cut (aid_str_span (out), floor, out->len);
  if (have.len == 0 || aid_span_eqz (have, "..") || aid_span_ends (have, "/.."))
    return absolute;
  const char *cut = memrchr (have.ptr, '/', have.len);
  aid_str_remove (out, cut ? (size_t)(cut - out->ptr) : floor, out->len);
  return 1;
}

/* Appends the parts of PATH to OUT, which has its root (up to FLOOR) already; ".." takes a part off. */
static void
add_parts (struct aid_str *out, size_t floor, int absolute, struct aid_span path)
{
  while (path.len > 0 && !out->err)
    {
      const char *slash = memchr (path.ptr, '/', path.len);
      size_t len = slash ? (size_t)(slash - path.ptr) : path.len;
      struct aid_span part = { path.ptr, len };
      path = aid_span_cut (path, slash ? len + 1 : len, path.len);
      if (len == 0 || aid_span_eqz (part, "."))
        continue;
      if (aid_span_eqz (part, "..") && go_up (out, floor, absolute))
        continue;
      if (out->len > floor)
        aid_str_addc (out, '/');
      aid_str_addspan (out, part);
    }
}

enum aid_err
aid_fs_join (struct aid_str *out, const char *dir, const char *name)
{
  struct aid_span base = aid_span_z (name[0] == '/' ? NULL : dir);
  int absolute = name[0] == '/' || aid_span_starts (base, "/");
  size_t start = out->len;
  if (absolute)
    aid_str_addc (out, '/');
  size_t floor = out->len;
  add_parts (out, floor, absolute, base);
  add_parts (out, floor, absolute, aid_span_z (name));
  if (!out->err && out->len == start)
    aid_str_addc (out, '.');
  return out->err;
}

enum aid_err
aid_fs_at_home (const char *name, struct aid_str *out)
{
  const char *home = getenv ("HOME");
  int below = home && !strncmp (name, "~/", 2);
  return aid_str_addf (out, "%s%s", below ? home : "", below ? name + 1 : name);
}

/* Whether DIR is the folder PATH or one that PATH is in. */
static int
holds (const char *dir, const char *path)
{
  size_t n = strlen (dir);
  while (n && dir[n - 1] == '/')
    n--;
  return !strncmp (dir, path, n) && (!path[n] || path[n] == '/');
}

int
aid_fs_is_wide (const char *dir)
{
  char *home = getenv ("HOME") ? realpath (getenv ("HOME"), NULL) : NULL;
  int wide = holds (dir, "/") || (home && holds (dir, home));
  free (home);
  return wide;
}

const char *
aid_fs_base (const char *path)
{
  const char *slash = strrchr (path, '/');
  return slash ? slash + 1 : path;
}

enum aid_err
aid_fs_xdg (enum aid_fs_dir which, struct aid_str *out, struct aid_error *e)
{
  static const char *const vars[] = { "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME" };
  static const char *const defaults[] = { ".config/aid", ".local/state/aid", ".cache/aid" };
  const char *set = getenv (vars[which]), *home = getenv ("HOME");
  /* The specification: a relative value is to be ignored. */
  if (set && set[0] == '/')
    aid_fs_join (out, set, "aid");
  else if (home && home[0] == '/')
    aid_fs_join (out, home, defaults[which]);
  else
    return aid_error_set (e, AID_E_NOTFOUND, "Neither HOME nor %s names a folder: set one of them", vars[which]);
  return out->err ? aid_error_set (e, out->err, "The folder in %s has too long a name", vars[which]) : AID_OK;
}
