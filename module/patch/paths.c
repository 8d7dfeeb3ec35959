/* The one place of the path rules: what a patch may name.  Names come from a model, so the rules are about more than
   "..": links that lead out, version control's own folders in any spelling that some file system takes for them, and
   characters that make a name look like another.  A rule that is broken is said in plain words. */
#include "patch/patch_internal.h"
#include "base/fs.h"
#include "base/utf8.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_LIMIT = 4000 };

void
aid_path_tidy (char *path)
{
  char *to = path;
  for (const char *from = path; *from;)
    {
      int begins = to == path || to[-1] == '/';
      if (begins && from[0] == '.' && from[1] == '/')
        from += 2;
      else if (from[0] == '/' && to > path && to[-1] == '/')
        from++;
      else
        *to++ = *from++;
    }
  *to = '\0';
}

/* --- rules on the text alone --- */

/* Characters that control, or that are not seen: a name may look like another by them. */
static int
is_hidden (uint32_t c)
{
  return c < ' ' || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e)
         || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

/* ".git" as some file system reads it: in any case, with blanks or dots behind it, or by its short name. */
static int
is_vcs (struct aid_span part)
{
  static const char *const names[] = { ".git", ".hg", ".jj", ".svn", "git~1" };
  const char *colon = memchr (part.ptr, ':', part.len);
  if (colon)
    part.len = (size_t) (colon - part.ptr);
  while (part.len > 0 && (part.ptr[part.len - 1] == ' ' || part.ptr[part.len - 1] == '.'))
    part.len--;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (part.len == strlen (names[i]) && strncasecmp (part.ptr, names[i], part.len) == 0)
      return 1;
  return 0;
}

static enum aid_err
check_parts (const char *path, const char *shown, struct aid_error *e)
{
  struct aid_span rest = aid_span_z (path);
  while (rest.len > 0)
    {
      const char *slash = memchr (rest.ptr, '/', rest.len);
      size_t len = slash ? (size_t) (slash - rest.ptr) : rest.len;
      struct aid_span part = { rest.ptr, len };
      if (aid_span_eqz (part, ".."))
        return aid_error_set (e, AID_E_REFUSED, "%s leads out of the project", shown);
      if (is_vcs (part))
        return aid_error_set (e, AID_E_REFUSED, "%s is inside version control's own folder", shown);
      rest = aid_span_cut (rest, slash ? len + 1 : len, rest.len);
    }
  return AID_OK;
}

enum aid_err
aid_path_check (const char *path, struct aid_error *e)
{
  struct aid_span v = aid_span_z (path);
  char shown[AID_QUOTE];
  aid_quote (v, shown);
  if (v.len == 0)
    return aid_error_set (e, AID_E_REFUSED, "the patch names no file");
  if (v.len > PATH_LIMIT)
    return aid_error_set (e, AID_E_REFUSED, "the file's name is too long: %s", shown);
  if (aid_utf8_valid_prefix (v) != v.len)
    return aid_error_set (e, AID_E_REFUSED, "the file's name is not valid UTF-8: %s", shown);
  for (size_t i = 0, len; i < v.len; i += len)
    if (is_hidden (aid_utf8_decode (v.ptr + i, &len)))
      return aid_error_set (e, AID_E_REFUSED, "the file's name has control characters: %s", shown);
  if (v.ptr[0] == '/' || (v.len > 2 && v.ptr[1] == ':' && (v.ptr[2] == '\\' || v.ptr[2] == '/')))
    return aid_error_set (e, AID_E_REFUSED, "%s is absolute; files are named from the project's folder", shown);
  if (v.ptr[0] == '~')
    return aid_error_set (e, AID_E_REFUSED, "%s leads to a home folder", shown);
  if (v.ptr[v.len - 1] == '/' || strcmp (path, ".") == 0 || aid_span_ends (v, "/."))
    return aid_error_set (e, AID_E_REFUSED, "%s is a folder", shown);
  return check_parts (path, shown, e);
}

/* --- rules that need the file system --- */

/* Looks at each part of FULL behind the root, ROOT_LEN bytes, whose status WAY has; gives the length of the longest part that
   exists, links not followed at its end. */
static size_t
walk_along (char *full, size_t root_len, struct aid_way *way)
{
  size_t good = root_len, len = strlen (full);
  for (size_t i = root_len + 1; i <= len; i++)
    {
      struct stat st;
      if (full[i] != '/' && full[i])
        continue;
      char kept = full[i];
      full[i] = '\0';
      int there = lstat (full, &st) == 0, is_link = there && S_ISLNK (st.st_mode);
      if (is_link && stat (full, &st))
        st.st_mode = 0;
      full[i] = kept;
      if (!there)
        return good;
      good = i;
      way->links |= is_link;
      way->st = st;
    }
  way->there = 1;
  return good;
}

/* The N first bytes of FULL, which has links on its way, are inside ROOT in the end and not in a folder of version control. */
static enum aid_err
check_real (const char *root, char *full, size_t n, const char *shown, struct aid_error *e)
{
  char kept = full[n];
  full[n] = '\0';
  char *real_root = realpath (root, NULL), *real = realpath (full, NULL);
  full[n] = kept;
  size_t root_len = real_root ? strlen (real_root) : 0;
  enum aid_err err;
  if (!real || !real_root)
    err = aid_error_set (e, AID_E_REFUSED, "%s goes through a symbolic link that leads nowhere", shown);
  else if (strncmp (real_root, real, root_len) != 0 || (real[root_len] != '/' && real[root_len]))
    err = aid_error_set (e, AID_E_REFUSED, "%s leads out of the project through a symbolic link", shown);
  else
    err = check_parts (real + root_len, shown, e);
  free (real_root);
  free (real);
  return err;
}

/* Without a link on the way, the name itself says where it leads; that was looked at before. */
static enum aid_err
check_on_disk (const char *root, char *full, size_t root_len, const char *shown, struct aid_way *way, struct aid_error *e)
{
  size_t good = walk_along (full, root_len, way);
  enum aid_err err = way->links ? check_real (root, full, good, shown, e) : AID_OK;
  if (!err && !way->there && !S_ISDIR (way->st.st_mode))
    err = aid_error_set (e, AID_E_REFUSED, "%s goes through a file", shown);
  if (!err && way->there && S_ISDIR (way->st.st_mode))
    err = aid_error_set (e, AID_E_REFUSED, "%s is a folder", shown);
  return err;
}

enum aid_err
aid_patch_root (const char *root, struct stat *st, struct aid_error *e)
{
  struct stat top;
  if (stat (root, st))
    return aid_error_set (e, AID_E_REFUSED, "the project's folder is not there: %.150s: %s", root, strerror (errno));
  if (stat ("/", &top) == 0 && st->st_ino == top.st_ino && st->st_dev == top.st_dev)
    return aid_error_set (e, AID_E_REFUSED, "the root of the file system is no project");
  return AID_OK;
}

enum aid_err
aid_patch_way_below (const char *root, const struct stat *top, const char *path, struct aid_str *full, struct aid_way *way,
                     struct aid_error *e)
{
  char shown[AID_QUOTE];
  enum aid_err err = aid_path_check (path, e);
  *way = (struct aid_way){ .st = *top };
  if (err)
    return err;
  aid_quote (aid_span_z (path), shown);
  struct aid_str name = AID_STR_INIT (PATH_MAX + PATH_LIMIT);
  size_t root_len = strlen (root);
  while (root_len > 1 && root[root_len - 1] == '/')
    root_len--;
  aid_str_add (&name, root, root_len);
  aid_str_addc (&name, '/');
  char *tidy = strdup (path);
  if (tidy)
    {
      aid_path_tidy (tidy);
      aid_str_addz (&name, tidy);
    }
  if (!tidy || name.err)
    err = aid_error_set (e, AID_E_NOMEM, "no memory for a file's name");
  else
    err = check_on_disk (root, name.ptr, root_len, shown, way, e);
  if (!err && aid_str_addspan (full, aid_str_span (&name)))
    err = aid_error_set (e, full->err, "the file's name is too long: %s", shown);
  free (tidy);
  aid_str_free (&name);
  return err;
}

enum aid_err
aid_patch_way (const char *root, const char *path, struct aid_str *full, struct aid_way *way, struct aid_error *e)
{
  struct stat top;
  enum aid_err err = aid_patch_root (root, &top, e);
  return err ? err : aid_patch_way_below (root, &top, path, full, way, e);
}

enum aid_err
aid_patch_path (const char *root, const char *path, struct aid_str *full, struct aid_error *e)
{
  struct aid_way way;
  return aid_patch_way (root, path, full, &way, e);
}
