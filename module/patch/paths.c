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

/* The longest part of FULL from FROM on that exists (links not followed at its end) is left in FULL; gives its length. */
static size_t
existing (char *full, size_t from)
{
  struct stat st;
  size_t good = from, len = strlen (full);
  for (size_t i = from + 1; i <= len; i++)
    {
      if (full[i] != '/' && full[i])
        continue;
      char kept = full[i];
      full[i] = '\0';
      int there = lstat (full, &st) == 0;
      full[i] = kept;
      if (!there)
        break;
      good = i;
    }
  return good;
}

/* REAL is inside ROOT and not in a folder of version control there. */
static enum aid_err
check_real (const char *root, const char *real, const char *shown, struct aid_error *e)
{
  size_t n = strlen (root);
  if (strncmp (root, real, n) != 0 || (real[n] != '/' && real[n]))
    return aid_error_set (e, AID_E_REFUSED, "%s leads out of the project through a symbolic link", shown);
  return check_parts (real + n, shown, e);
}

static enum aid_err
check_on_disk (const char *real_root, char *full, size_t root_len, const char *shown, struct aid_error *e)
{
  size_t good = existing (full, root_len);
  char kept = full[good];
  struct stat st;
  full[good] = '\0';
  char *real = realpath (full, NULL);
  int is_folder = stat (full, &st) == 0 && S_ISDIR (st.st_mode);
  full[good] = kept;
  enum aid_err err;
  if (!real)
    err = aid_error_set (e, AID_E_REFUSED, "%s goes through a symbolic link that leads nowhere", shown);
  else if (kept && !is_folder)
    err = aid_error_set (e, AID_E_REFUSED, "%s goes through a file", shown);
  else if (!kept && is_folder)
    err = aid_error_set (e, AID_E_REFUSED, "%s is a folder", shown);
  else
    err = check_real (real_root, real, shown, e);
  free (real);
  return err;
}

enum aid_err
aid_patch_path (const char *root, const char *path, struct aid_str *full, struct aid_error *e)
{
  enum aid_err err = aid_path_check (path, e);
  if (err)
    return err;
  char shown[AID_QUOTE];
  aid_quote (aid_span_z (path), shown);
  char *real_root = realpath (root, NULL);
  if (!real_root)
    return aid_error_set (e, AID_E_REFUSED, "the project's folder is not there: %.150s: %s", root, strerror (errno));
  if (strcmp (real_root, "/") == 0)
    {
      free (real_root);
      return aid_error_set (e, AID_E_REFUSED, "the root of the file system is no project");
    }
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
    err = check_on_disk (real_root, name.ptr, root_len, shown, e);
  if (!err && aid_str_addspan (full, aid_str_span (&name)))
    err = aid_error_set (e, full->err, "the file's name is too long: %s", shown);
  free (tidy);
  free (real_root);
  aid_str_free (&name);
  return err;
}
