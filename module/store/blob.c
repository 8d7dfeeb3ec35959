/* The store of sent bytes: $XDG_STATE_HOME/aid/blobs/ab/cdef..., named by their hash, readable by their owner alone.  A
   name is short and no proof against malice, so what is there is compared before it is trusted: bytes that do not match
   their name are lost (aid_blob_get) or written anew (aid_blob_put), and two contents of one name are told apart. */
#include "store/blob.h"
#include "base/fs.h"
#include "base/hash.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ID_DIGITS = AID_BLOB_ID - 1 };

static int
is_id (const char *id)
{
  return strlen (id) == ID_DIGITS && strspn (id, "0123456789abcdef") == ID_DIGITS;
}

/* Appends the name of the folder and, behind it, of the file; *DIR_LEN is the folder's part. */
static enum aid_err
blob_path (const char *id, struct aid_str *path, size_t *dir_len, struct aid_error *e)
{
  enum aid_err err = aid_fs_xdg (AID_DIR_STATE, path, e);
  if (err)
    return err;
  aid_str_addz (path, "/blobs/");
  aid_str_add (path, id, 2);
  *dir_len = path->len;
  aid_str_addc (path, '/');
  aid_str_addz (path, id + 2);
  return path->err ? aid_error_set (e, path->err, "The state folder has too long a name") : AID_OK;
}

void
aid_blob_id (struct aid_span data, char id[AID_BLOB_ID])
{
  aid_hash_hex (data, ID_DIGITS, id);
}

/* Appends what is stored under ID: AID_E_NOTFOUND when nothing is, or not what the name says. */
static enum aid_err
read_checked (const char *path, const char *id, struct aid_str *out, struct aid_error *e)
{
  char found[AID_BLOB_ID];
  size_t start = out->len;
  enum aid_err err = aid_fs_read (path, out, e);
  aid_blob_id (aid_span_cut (aid_str_span (out), start, out->len), found);
  if (!err && strcmp (found, id) == 0)
    return AID_OK;
  aid_str_remove (out, start, out->len - start);
  return err ? err : aid_error_set (e, AID_E_NOTFOUND, "The stored text %s is damaged", id);
}

enum aid_err
aid_blob_put (struct aid_span data, char id[AID_BLOB_ID], struct aid_error *e)
{
  if (data.len > AID_BLOB_MAX)
    return aid_error_set (e, AID_E_LIMIT, "A text of %zu bytes is too large to keep (limit %u)", data.len, AID_BLOB_MAX);
  aid_blob_id (data, id);
  struct aid_str path = AID_STR_INIT (PATH_MAX), have = AID_STR_INIT (AID_BLOB_MAX);
  size_t dir_len;
  enum aid_err err = blob_path (id, &path, &dir_len, e);
  if (!err && !read_checked (aid_str_z (&path), id, &have, NULL))
    {
      if (!aid_span_eq (aid_str_span (&have), data))
        err = aid_error_set (e, AID_E_STATE, "Another text is stored under the name %s already", id);
    }
  else if (!err)
    {
      path.ptr[dir_len] = '\0';
      err = aid_fs_mkdirs (path.ptr, 0700, e);
      path.ptr[dir_len] = '/';
      if (!err)
        err = aid_fs_replace (path.ptr, data, 0600, e);
    }
  aid_str_free (&have);
  aid_str_free (&path);
  return err;
}

enum aid_err
aid_blob_get (const char *id, struct aid_str *out, struct aid_error *e)
{
  if (!is_id (id))
    return aid_error_set (e, AID_E_NOTFOUND, "\"%.40s\" is no name of a stored text", id);
  struct aid_str path = AID_STR_INIT (PATH_MAX);
  size_t dir_len;
  enum aid_err err = blob_path (id, &path, &dir_len, e);
  if (!err)
    err = read_checked (aid_str_z (&path), id, out, e);
  aid_str_free (&path);
  return err;
}

void
aid_blob_remove (const char *id)
{
  struct aid_str path = AID_STR_INIT (PATH_MAX);
  size_t dir_len;
  if (is_id (id) && !blob_path (id, &path, &dir_len, NULL))
    unlink (aid_str_z (&path));
  aid_str_free (&path);
}

int64_t
aid_blob_time (const char *id)
{
  struct aid_str path = AID_STR_INIT (PATH_MAX);
  struct stat st;
  size_t dir_len;
  int there = is_id (id) && !blob_path (id, &path, &dir_len, NULL) && !stat (aid_str_z (&path), &st);
  aid_str_free (&path);
  return there ? (int64_t) st.st_mtime : 0;
}
