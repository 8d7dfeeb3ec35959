/* Writing one setting: the file is read, changed and replaced whole, so that a crash leaves the old or the new one. */
#include "base/fs.h"
#include "base/json.h"
#include "config/config.h"
#include <stdlib.h>
#include <sys/stat.h>

#define FILE_MAX ((size_t) 1 << 20)

/* Only what people choose by a command: everything else is theirs to write. */
static int
may_store (const char *key)
{
  return !strcmp (key, "model") || !strcmp (key, "strategy");
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

/* The object in the file, an empty one when there is none; NULL and *E otherwise. */
static json_t *
read_object (const char *path, struct aid_error *e)
{
  struct aid_str text = AID_STR_INIT (FILE_MAX);
  json_t *all = NULL;
  if (!aid_fs_exists (path))
    all = json_object ();
  else if (!aid_fs_read (path, &text, e))
    {
      all = aid_span_trim (aid_str_span (&text)).len ? aid_json_parse (aid_str_span (&text), path, e) : json_object ();
      if (all && !json_is_object (all))
        {
          json_decref (all);
          all = NULL;
          aid_error_set (e, AID_E_INVALID, "%s must hold one JSON object", path);
        }
    }
  aid_str_free (&text);
  return all;
}

static enum aid_err
write_object (const char *path, const json_t *all, struct aid_error *e)
{
  struct aid_str text = AID_STR_INIT (2 * FILE_MAX);
  char *z = json_dumps (all, JSON_INDENT (2) | JSON_PRESERVE_ORDER);
  enum aid_err err = AID_E_NOMEM;
  if (z && !aid_str_addf (&text, "%s\n", z))
    err = aid_fs_replace (path, aid_str_span (&text), 0666, e);
  else
    aid_error_set (e, err, "There is no memory for the settings.");
  free (z);
  aid_str_free (&text);
  return err;
}

enum aid_err
aid_config_store (const char *project_root, const char *key, const char *value, struct aid_error *e)
{
  struct aid_str folder = AID_STR_INIT (8192), path = AID_STR_INIT (8192);
  json_t *all = NULL;
  enum aid_err err = may_store (key) ? find_file (project_root, &folder, &path, e)
                                     : aid_error_set (e, AID_E_INVALID, "\"%.60s\" is not set by a command.", key);
  if (!err && !(all = read_object (aid_str_z (&path), e)))
    err = e ? e->code : AID_E_IO;
  if (!err && !value)
    json_object_del (all, key);
  else if (!err && json_object_set_new (all, key, json_string (value)))
    err = aid_error_set (e, AID_E_INVALID, "This value of \"%s\" is no text.", key);
  if (!err)
    err = aid_fs_mkdirs (aid_str_z (&folder), 0777, e);
  if (!err)
    err = write_object (aid_str_z (&path), all, e);
  json_decref (all);
  aid_str_free (&folder);
  aid_str_free (&path);
  return err;
}
