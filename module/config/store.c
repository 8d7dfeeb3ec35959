/* Writing one setting: the file is read, changed at that place alone and replaced whole, so that a crash leaves the old or
   the new one. */
#include "base/fs.h"
#include "base/json_find.h"
#include "config/config.h"
#include "config/trust.h"
#include <sys/stat.h>

#define FILE_MAX ((size_t) 1 << 20)

/* Only what people choose by a command: everything else is theirs to write. */
static int
may_store (const char *key)
{
  return !strcmp (key, "model") || !strcmp (key, "strategy") || !strcmp (key, "core");
}

/* Appends the file's path, and its folder's. */
static enum aid_err
find_file (const char *root, struct aid_str *folder, struct aid_str *path, struct aid_error *e)
{
  struct stat st;
  enum aid_err err = root ? aid_str_addf (folder, "%s/.aid", root) : aid_fs_xdg (AID_DIR_CONFIG, folder, e);
  aid_str_addf (path, "%s/config.json", aid_str_z (folder));
  if (!err && root && !lstat (aid_str_z (path), &st) && S_ISLNK (st.st_mode))
    err = aid_error_set (e, AID_E_REFUSED, "%s is a link: change what it leads to yourself.", aid_str_z (path));
  return err;
}

enum aid_err
aid_config_store (const char *project_root, const char *key, const char *value, struct aid_error *e)
{
  struct aid_str folder = AID_STR_INIT (8192), path = AID_STR_INIT (8192), old = AID_STR_INIT (FILE_MAX),
                 text = AID_STR_INIT (2 * FILE_MAX);
  enum aid_err err = may_store (key) ? find_file (project_root, &folder, &path, e)
                                     : aid_error_set (e, AID_E_INVALID, "\"%.60s\" is not set by a command.", key);
  if (!err && aid_fs_exists (aid_str_z (&path)))
    err = aid_fs_read (aid_str_z (&path), &old, e);
  if (!err)
    err = aid_json_set_member (aid_str_span (&old), key, value, aid_str_z (&path), &text, e);
  if (!err)
    err = aid_fs_mkdirs (aid_str_z (&folder), 0777, e);
  if (!err && !aid_span_eq (aid_str_span (&old), aid_str_span (&text)))
    {
      /* What was trusted stays trusted: the person has just changed it by a command of ours. */
      int trusted = project_root && aid_trust_has (project_root, AID_TRUST_SETTINGS, aid_str_span (&old));
      err = aid_fs_replace (aid_str_z (&path), aid_str_span (&text), 0666, e);
      if (!err && trusted)
        err = aid_trust_add (project_root, AID_TRUST_SETTINGS, aid_str_span (&text), e);
    }
  aid_str_free (&folder);
  aid_str_free (&path);
  aid_str_free (&old);
  aid_str_free (&text);
  return err;
}
