/* The cache's file for a project, build/HASH.json, is what aid_build_last_read understands, and nobody else's business. */
#include "build/last.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/utf8.h"
#include "base/val.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES ((size_t)8 << 20)
#define PATH_LIMIT 8192
#define PROJECTS_MAX 200 /* whose last build is kept */

/* The file of ROOT's last build, or with TESTS of its last run of the tests, which builds since then leave alone. */
static enum aid_err
file_of (const char *root, int tests, struct aid_str *out, struct aid_error *e)
{
  char name[17];
  enum aid_err err = aid_fs_xdg (AID_DIR_CACHE, out, e);
  aid_hash_hex (aid_span_z (root), 16, name);
  aid_str_addf (out, "/build/%s%s.json", name, tests ? "-tests" : "");
  return err ? err : out->err ? aid_error_set (e, out->err, "The cache's folder has too long a name") : AID_OK;
}

/* Removes the oldest file of FOLDER when there are more than PROJECTS_MAX. */
static void
prune (const char *folder)
{
  struct aid_str oldest = AID_STR_INIT (PATH_LIMIT);
  time_t when = 0;
  size_t n = 0;
  DIR *dir = opendir (folder);
  for (struct dirent *d; dir && (d = readdir (dir));)
    {
      struct stat st;
      if (!aid_span_ends (aid_span_z (d->d_name), ".json") || fstatat (dirfd (dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW))
        continue;
      if (n++ == 0 || st.st_mtime < when)
        {
          when = st.st_mtime;
          aid_str_clear (&oldest);
          aid_str_addz (&oldest, d->d_name);
        }
    }
  if (n > PROJECTS_MAX)
    unlinkat (dirfd (dir), aid_str_z (&oldest), 0);
  if (dir)
    closedir (dir);
  aid_str_free (&oldest);
}

/* Puts TEXT into the file at PATH, or nothing: what stood there is of an older build, and would be taken for this one's. */
static void
keep (const char *path, struct aid_span text)
{
  char *folder = strdup (path), *slash = folder ? strrchr (folder, '/') : NULL;
  if (slash)
    *slash = 0;
  if (!slash || aid_fs_mkdirs (folder, 0700, NULL) || !text.len || aid_fs_replace (path, text, 0600, NULL))
    unlink (path);
  else
    prune (folder);
  free (folder);
}

void
aid_build_last_save (const char *root, enum aid_build_what what, enum aid_build_status status,
                     const struct aid_build_command *command, const struct aid_build_event *ev)
{
  struct aid_str path = AID_STR_INIT (PATH_LIMIT), val = AID_STR_INIT (FILE_BYTES), json = AID_STR_INIT (FILE_BYTES);
  size_t o = aid_val_object (&val);
  aid_val_kstrz (&val, "root", root);
  aid_val_kint (&val, "what", what);
  aid_val_kint (&val, "status", status);
  aid_val_kint (&val, "code", ev->code);
  aid_val_kint (&val, "time_ms", aid_clock_wall_ms ());
  aid_val_kint (&val, "ms", ev->ms);
  aid_val_kstrz (&val, "command", command->shown);
  aid_val_kint (&val, "errors", (int64_t)ev->diags->errors);
  aid_val_kint (&val, "warnings", (int64_t)ev->diags->warnings);
  aid_val_kstr (&val, "tail", ev->tail);
  aid_val_key (&val, "diags");
  aid_diags_val (ev->diags, AID_BUILD_KEPT, 1, &val);
  aid_val_end (&val, o, 11);
  if (aid_val_to_json (aid_str_span (&val), 0, &json))
    aid_str_clear (&json);
  int last = what == AID_BUILD_TEST ? 1 : 0;
  for (int tests = 0; tests <= last; tests++)
    {
      aid_str_clear (&path);
      if (!file_of (root, tests, &path, NULL))
        keep (aid_str_z (&path), aid_str_span (&json));
    }
  aid_str_free (&path);
  aid_str_free (&val);
  aid_str_free (&json);
}

/* --- reading --- */

static char *
copy_member (const json_t *obj, const char *key)
{
  const char *z = aid_json_str (obj, key);
  return z ? strdup (z) : NULL;
}

static int
number (const json_t *obj, const char *key)
{
  int64_t n = aid_json_int (obj, key, 0);
  return n > 0 && n < INT32_MAX ? (int)n : 0;
}

static void
read_diag (const json_t *one, struct aid_diags *d)
{
  const char *severity = aid_json_str (one, "severity");
  struct aid_diag *slot
    = severity && aid_json_str (one, "message") && aid_json_str (one, "text") ? aid_vec_push (&d->items) : NULL;
  if (!slot)
    return;
  slot->path = copy_member (one, "path");
  slot->line = number (one, "line");
  slot->col = number (one, "col");
  slot->end_line = number (one, "end_line");
  slot->end_col = number (one, "end_col");
  slot->severity = severity[0] == 'e' ? AID_SEVERITY_ERROR : severity[0] == 'w' ? AID_SEVERITY_WARNING : AID_SEVERITY_NOTE;
  slot->message = copy_member (one, "message");
  slot->text = copy_member (one, "text");
  slot->form = "kept";
  if (!slot->message || !slot->text)
    {
      free (slot->path);
      free (slot->message);
      free (slot->text);
      d->items.len--;
    }
}

static int
in_range (int64_t n, int64_t last)
{
  return n >= 0 && n <= last;
}

/* Whether NAME is ROOT's as a file of JSON can tell it. */
static int
is_root (const char *name, const char *root)
{
  struct aid_str clean = AID_STR_INIT ((size_t)3 * PATH_LIMIT);
  aid_utf8_clean (aid_span_z (root), &clean);
  int same = name && !clean.err && !strcmp (name, aid_str_z (&clean));
  aid_str_free (&clean);
  return same;
}

static enum aid_err
read_all (const json_t *all, const char *root, struct aid_build_last *out, struct aid_error *e)
{
  const char *of = aid_json_str (all, "root");
  int64_t what = aid_json_int (all, "what", -1), status = aid_json_int (all, "status", -1);
  const json_t *one;
  size_t i;
  if (!is_root (of, root) || !in_range (what, AID_BUILD_WATCH) || !in_range (status, AID_BUILD_RED))
    return aid_error_set (e, AID_E_NOTFOUND, "Nothing was built in %s yet", root);
  out->what = (enum aid_build_what)what;
  out->status = (enum aid_build_status)status;
  out->code = (int)aid_json_int (all, "code", 0);
  out->time_ms = aid_json_int (all, "time_ms", 0);
  out->ms = aid_json_int (all, "ms", -1);
  out->command = copy_member (all, "command");
  out->tail = copy_member (all, "tail");
  out->diags.errors = (size_t)number (all, "errors");
  out->diags.warnings = (size_t)number (all, "warnings");
  json_array_foreach (json_object_get (all, "diags"), i, one)
  {
    read_diag (one, &out->diags);
  }
  return AID_OK;
}

static enum aid_err
read_file (const char *root, int tests, struct aid_build_last *out, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (PATH_LIMIT), text = AID_STR_INIT (FILE_BYTES);
  *out = (struct aid_build_last){ .diags.items = AID_VEC_INIT (struct aid_diag, AID_BUILD_KEPT) };
  enum aid_err err = file_of (root, tests, &path, e);
  if (!err && (err = aid_fs_read (aid_str_z (&path), &text, e)) == AID_E_NOTFOUND)
    aid_error_set (e, err, tests ? "No tests were run in %s yet: aid build --test does" : "Nothing was built in %s yet", root);
  if (!err)
    {
      json_t *all = aid_json_parse (aid_str_span (&text), aid_str_z (&path), e);
      err = all ? read_all (all, root, out, e) : AID_E_PARSE;
      json_decref (all);
    }
  aid_str_free (&path);
  aid_str_free (&text);
  return err;
}

enum aid_err
aid_build_last_read (const char *root, struct aid_build_last *out, struct aid_error *e)
{
  return read_file (root, 0, out, e);
}

enum aid_err
aid_build_last_tests (const char *root, struct aid_build_last *out, struct aid_error *e)
{
  return read_file (root, 1, out, e);
}

uint64_t
aid_build_last_stamp (const char *root)
{
  struct aid_str path = AID_STR_INIT (PATH_LIMIT);
  struct stat st;
  uint64_t stamp = 0;
  if (!file_of (root, 0, &path, NULL) && !stat (aid_str_z (&path), &st))
    {
      uint64_t seen[] = { (uint64_t)st.st_mtim.tv_sec, (uint64_t)st.st_mtim.tv_nsec, (uint64_t)st.st_ino, (uint64_t)st.st_size };
      stamp = aid_hash64 ((struct aid_span){ (const char *)seen, sizeof seen }) | 1;
    }
  aid_str_free (&path);
  return stamp;
}

void
aid_build_last_free (struct aid_build_last *l)
{
  free (l->command);
  free (l->tail);
  l->command = l->tail = NULL;
  aid_diags_free (&l->diags);
}

enum aid_err
aid_build_last_root (const char *dir, struct aid_str *out, struct aid_error *e)
{
  struct aid_str at = AID_STR_INIT (PATH_LIMIT);
  int found = 0;
  aid_fs_join (&at, "/", dir);
  while (!found && at.len > 1 && !at.err)
    {
      struct aid_str path = AID_STR_INIT (PATH_LIMIT);
      found = !file_of (aid_str_z (&at), 0, &path, NULL) && aid_fs_exists (aid_str_z (&path));
      if (found)
        aid_str_addspan (out, aid_str_span (&at));
      const char *slash = strrchr (at.ptr, '/');
      aid_str_remove (&at, (size_t)(slash - at.ptr), at.len);
      aid_str_free (&path);
    }
  aid_str_free (&at);
  return found ? AID_OK
               : aid_error_set (e, AID_E_NOTFOUND, "No build has run in %s or above it yet: run aid build first", dir);
}
