/* Reading a project's files, and the record of those that are trusted: one JSON file for a project's folder, named by
   the hash of its real name, {"root": "...", "files": {".aid/config.json": "<SHA-256>"}}.  What is not as we write it is
   no trust. */
#include "config/trust.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/val.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD_MAX (1u << 20)
#define FILES_MAX 200 /* strategies of one project that are told of */

/* --- reading -------------------------------------------------------------------------------------------------------- */

static enum aid_err
cannot_open (const char *root, const char *name, struct aid_error *e)
{
  int no = errno;
  if (no == ELOOP || no == ENOTDIR)
    return aid_error_set (e, AID_E_REFUSED, "%s/%s is not read: it is a link, or lies behind one", root, name);
  return aid_error_set (e, no == ENOENT ? AID_E_NOTFOUND : AID_E_IO, "Cannot open %s/%s: %s", root, name, strerror (no));
}

/* Opens NAME below ROOT without following a link in NAME; *OPEN_TO_ALL when everybody may change what is there.  A
   descriptor or -1. */
static int
open_below (const char *root, const char *name, int *open_to_all)
{
  int at = open (root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct stat st;
  while (at >= 0 && *name)
    {
      size_t n = strcspn (name, "/");
      char part[NAME_MAX + 1];
      int last = !name[n], next = -1;
      if (n > NAME_MAX)
        errno = ENAMETOOLONG;
      else
        {
          memcpy (part, name, n);
          part[n] = '\0';
          /* O_NONBLOCK: a FIFO in the file's place must not hold us up. */
          next = openat (at, part, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | (last ? O_NONBLOCK | O_NOCTTY : O_DIRECTORY));
        }
      int no = errno;
      close (at);
      errno = no;
      at = next;
      if (at >= 0 && !fstat (at, &st) && (st.st_mode & S_IWOTH) && !(S_ISDIR (st.st_mode) && (st.st_mode & S_ISVTX)))
        *open_to_all = 1;
      name += n + !last;
    }
  return at;
}

static enum aid_err
read_whole (int fd, const char *root, const char *name, struct aid_str *out, struct aid_error *e)
{
  char buf[65536];
  struct stat st;
  if (fstat (fd, &st) || !S_ISREG (st.st_mode))
    return aid_error_set (e, AID_E_REFUSED, "%s/%s is not read: it is not a regular file", root, name);
  for (ssize_t n; (n = read (fd, buf, sizeof buf)) != 0;)
    if (n < 0 && errno != EINTR)
      return aid_error_set (e, AID_E_IO, "Cannot read %s/%s: %s", root, name, strerror (errno));
    else if (n > 0 && aid_str_add (out, buf, (size_t)n))
      return aid_error_set (e, out->err, "%s/%s is larger than %u kB", root, name, AID_TRUST_FILE_MAX >> 10);
  return AID_OK;
}

enum aid_err
aid_trust_read (const char *root, const char *name, struct aid_trust_file *out, struct aid_error *e)
{
  *out = (struct aid_trust_file){ .text = AID_STR_INIT (AID_TRUST_FILE_MAX) };
  int fd = open_below (root, name, &out->open_to_all);
  if (fd < 0)
    return cannot_open (root, name, e);
  enum aid_err err = read_whole (fd, root, name, &out->text, e);
  close (fd);
  if (err)
    return err;
  aid_sha256_hex (aid_str_span (&out->text), out->hash);
  out->trusted = !out->open_to_all && aid_trust_has (root, name, aid_str_span (&out->text));
  return AID_OK;
}

void
aid_trust_file_free (struct aid_trust_file *f)
{
  aid_str_free (&f->text);
}

/* --- the record ----------------------------------------------------------------------------------------------------- */

struct record
{
  char *root; /* the folder's real name */
  struct aid_str path;
  size_t folder; /* so much of PATH is its folder */
};

static enum aid_err
find_record (const char *root, struct record *out, struct aid_error *e)
{
  char name[AID_SHA256_HEX];
  out->path = AID_STR_INIT (PATH_MAX);
  out->folder = 0;
  out->root = realpath (root, NULL);
  if (!out->root)
    return aid_error_set (e, AID_E_NOTFOUND, "Cannot follow %s: %s", root, strerror (errno));
  enum aid_err err = aid_fs_xdg (AID_DIR_STATE, &out->path, e);
  if (err)
    return err;
  aid_sha256_hex (aid_span_z (out->root), name);
  aid_str_addz (&out->path, "/trust");
  out->folder = out->path.len;
  aid_str_addf (&out->path, "/%.32s.json", name);
  return out->path.err ? aid_error_set (e, out->path.err, "The state folder has too long a name") : AID_OK;
}

static void
free_record (struct record *r)
{
  free (r->root);
  aid_str_free (&r->path);
}

/* The files that are trusted in R, a new reference; an empty object when there are none, or when the record is not this
   person's alone to write, or another folder's. */
static json_t *
read_record (const struct record *r)
{
  struct aid_str text = AID_STR_INIT (RECORD_MAX);
  struct stat st;
  json_t *files = NULL;
  if (!lstat (aid_str_z (&r->path), &st) && S_ISREG (st.st_mode) && st.st_uid == geteuid ()
      && !(st.st_mode & (S_IWGRP | S_IWOTH)) && !aid_fs_read (aid_str_z (&r->path), &text, NULL))
    {
      json_t *all = aid_json_parse (aid_str_span (&text), "trust", NULL);
      const char *root = aid_json_str (all, "root");
      if (root && !strcmp (root, r->root))
        files = json_incref (json_object_get (all, "files"));
      json_decref (all);
    }
  aid_str_free (&text);
  if (json_is_object (files))
    return files;
  json_decref (files);
  return json_object ();
}

int
aid_trust_has (const char *root, const char *name, struct aid_span text)
{
  struct record r;
  char hash[AID_SHA256_HEX];
  int has = 0;
  if (!find_record (root, &r, NULL))
    {
      json_t *files = read_record (&r);
      const char *known = aid_json_str (files, name);
      aid_sha256_hex (text, hash);
      has = known && !strcmp (known, hash);
      json_decref (files);
    }
  free_record (&r);
  return has;
}

static enum aid_err
write_record (struct record *r, json_t *files, struct aid_error *e)
{
  struct aid_str text = AID_STR_INIT (RECORD_MAX);
  json_t *all = json_pack ("{s:s, s:O}", "root", r->root, "files", files);
  enum aid_err err = all && !aid_json_dump (all, &text)
                       ? AID_OK
                       : aid_error_set (e, AID_E_INVALID, "%s cannot be noted as trusted", r->root);
  if (!err)
    {
      r->path.ptr[r->folder] = '\0';
      err = aid_fs_mkdirs (r->path.ptr, 0700, e);
      r->path.ptr[r->folder] = '/';
    }
  if (!err)
    err = aid_fs_replace (r->path.ptr, aid_str_span (&text), 0600, e);
  json_decref (all);
  aid_str_free (&text);
  return err;
}

enum aid_err
aid_trust_add (const char *root, const char *name, struct aid_span text, struct aid_error *e)
{
  struct record r;
  char hash[AID_SHA256_HEX];
  enum aid_err err = find_record (root, &r, e);
  if (!err)
    {
      json_t *files = read_record (&r);
      aid_sha256_hex (text, hash);
      json_object_set_new (files, name, json_string (hash));
      err = write_record (&r, files, e);
      json_decref (files);
    }
  if (!err && !aid_trust_has (root, name, text))
    err = aid_error_set (e, AID_E_REFUSED, "%s is not yours alone to write: nothing is trusted.", aid_str_z (&r.path));
  free_record (&r);
  return err;
}

enum aid_err
aid_trust_add_shown (const char *root, const char *name, const char *hash, struct aid_error *e)
{
  struct aid_trust_file f;
  enum aid_err err = aid_trust_read (root, name, &f, e);
  if (!err && strcmp (f.hash, hash) != 0)
    err = aid_error_set (e, AID_E_STATE, "%s/%s has changed since it was shown: look at it again.", root, name);
  if (!err && f.open_to_all)
    err = aid_error_set (e, AID_E_REFUSED,
                         "%s/%s can be written by everybody on this machine: take that away (chmod o-w) first.", root, name);
  if (!err)
    err = aid_trust_add (root, name, aid_str_span (&f.text), e);
  aid_trust_file_free (&f);
  return err;
}

enum aid_err
aid_trust_drop (const char *root, struct aid_error *e)
{
  struct record r;
  enum aid_err err = find_record (root, &r, e);
  if (!err && unlink (aid_str_z (&r.path)))
    err = errno == ENOENT ? aid_error_set (e, AID_E_NOTFOUND, "Nothing is trusted in %s.", root)
                          : aid_error_set (e, AID_E_IO, "Cannot remove %s: %s", aid_str_z (&r.path), strerror (errno));
  if (!err && aid_fs_sync_folder_of (aid_str_z (&r.path)))
    err = aid_error_set (e, AID_E_IO, "Cannot sync the folder of %s", aid_str_z (&r.path));
  free_record (&r);
  return err;
}

/* --- the report ------------------------------------------------------------------------------------------------------ */

struct report
{
  struct aid_str *out;
  uint32_t n;
};

static void
add_setting (void *ctx, const char *const *path, size_t npath, const char *does)
{
  struct report *r = ctx;
  if (!does)
    return; /* trust would change nothing */
  struct aid_str dotted = AID_STR_INIT (AID_TRUST_FILE_MAX);
  for (size_t i = 0; i < npath; i++)
    aid_str_addf (&dotted, "%s%s", i ? "." : "", path[i]);
  size_t o = aid_val_object (r->out);
  aid_val_kstr (r->out, "setting", aid_str_span (&dotted));
  aid_val_kstrz (r->out, "does", does);
  aid_val_end (r->out, o, 2);
  r->n++;
  aid_str_free (&dotted);
}

/* The settings at a strategy's head that count only when it is trusted. */
static void
add_strategy_settings (struct report *r, struct aid_span text)
{
  static const char *const keys[] = { "tools", "model" };
  static const char *const does[] = { "lets these tools run:", "asks another model than the chat's:" };
  struct aid_span line;
  int first = 1;
  while (aid_span_line (&text, &line) && (first || !aid_span_starts (line, "---")))
    {
      ptrdiff_t colon = aid_span_find (line, AID_SPAN (":"));
      for (size_t i = 0; i < 2 && colon > 0; i++)
        if (aid_span_eqz (aid_span_trim (aid_span_cut (line, 0, (size_t)colon)), keys[i]))
          {
            struct aid_str words = AID_STR_INIT (AID_TRUST_FILE_MAX);
            struct aid_span value = aid_span_trim (aid_span_cut (line, (size_t)colon + 1, line.len));
            aid_str_addf (&words, "%s %.*s", does[i], (int)(value.len < 300 ? value.len : 300), value.ptr);
            add_setting (r, &keys[i], 1, aid_str_z (&words));
            aid_str_free (&words);
          }
      first = 0;
    }
}

static void
add_settings (struct report *r, const char *name, struct aid_span text)
{
  if (strcmp (name, AID_TRUST_SETTINGS) != 0)
    {
      if (aid_span_starts (text, "---"))
        add_strategy_settings (r, text);
      return;
    }
  json_t *all = aid_json_parse (text, name, NULL);
  if (json_is_object (all))
    aid_trust_walk (all, NULL, 0, add_setting, r);
  json_decref (all);
}

/* Appends the file NAME unless it is not there; gives how many were. */
static uint32_t
add_file (const char *root, const char *name, struct aid_str *out)
{
  struct aid_trust_file f;
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = aid_trust_read (root, name, &f, &e);
  if (err != AID_E_NOTFOUND)
    {
      if (!err && f.open_to_all)
        aid_error_set (&e, AID_E_REFUSED, "everybody on this machine can write it (chmod o-w)");
      size_t o = aid_val_object (out);
      aid_val_kstrz (out, "name", name);
      aid_val_kstrz (out, "hash", err ? NULL : f.hash);
      aid_val_kbool (out, "trusted", !err && f.trusted);
      aid_val_kstrz (out, "refused", e.code ? e.msg : NULL);
      aid_val_key (out, "settings");
      struct report r = { out, 0 };
      size_t l = aid_val_list (out);
      if (!err)
        add_settings (&r, name, aid_str_span (&f.text));
      aid_val_end (out, l, r.n);
      aid_val_kbool (out, "needs", r.n > 0 && !f.trusted);
      aid_val_kstr (out, "text", aid_str_span (&f.text));
      aid_val_end (out, o, 7);
    }
  aid_trust_file_free (&f);
  return err != AID_E_NOTFOUND;
}

static int
is_strategy (const struct dirent *d)
{
  struct aid_span name = aid_span_z (d->d_name);
  return aid_span_ends (name, ".md") && name.ptr[0] != '.';
}

enum aid_err
aid_trust_report (const char *root, struct aid_str *out, struct aid_error *e)
{
  struct aid_str folder = AID_STR_INIT (PATH_MAX), name = AID_STR_INIT (PATH_MAX);
  struct dirent **list = NULL;
  size_t o = aid_val_object (out);
  aid_val_kstrz (out, "root", root);
  aid_val_key (out, "files");
  size_t l = aid_val_list (out);
  uint32_t n = add_file (root, AID_TRUST_SETTINGS, out);
  aid_str_addf (&folder, "%s/%s", root, AID_TRUST_STRATEGIES);
  int count = folder.err ? 0 : scandir (aid_str_z (&folder), &list, is_strategy, alphasort);
  for (int i = 0; i < count; i++)
    {
      aid_str_clear (&name);
      aid_str_addf (&name, "%s/%s", AID_TRUST_STRATEGIES, list[i]->d_name);
      n += n < FILES_MAX ? add_file (root, aid_str_z (&name), out) : 0;
      free (list[i]);
    }
  free (list);
  aid_val_end (out, l, n);
  aid_val_end (out, o, 2);
  aid_str_free (&folder);
  aid_str_free (&name);
  return out->err ? aid_error_set (e, out->err, "The project's files are too large to be shown.") : AID_OK;
}
