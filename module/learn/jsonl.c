/* JSON lines. */
#include "learn/jsonl.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 65536
#define PATH_LIMIT 8192
#define TRIES 100 /* to lock a file that others rename meanwhile */

/* --- reading ------------------------------------------------------------------------------------------------------ */

static int
depth_of (const json_t *v, int above)
{
  const char *key;
  json_t *item;
  size_t i;
  int most = above;
  if (above > AID_JSONL_DEPTH)
    return above;
  json_object_foreach ((json_t *)(uintptr_t)v, key, item)
  {
    int d = json_is_object (item) || json_is_array (item) ? depth_of (item, above + 1) : above;
    most = d > most ? d : most;
  }
  json_array_foreach (v, i, item)
  {
    int d = json_is_object (item) || json_is_array (item) ? depth_of (item, above + 1) : above;
    most = d > most ? d : most;
  }
  return most;
}

json_t *
aid_jsonl_parse (struct aid_span text, char wrong[200])
{
  json_error_t error;
  json_t *row = NULL;
  wrong[0] = '\0';
  if (!aid_span_trim (text).len)
    snprintf (wrong, 200, "the line is empty");
  else if (!(row = json_loadb (text.ptr, text.len, JSON_REJECT_DUPLICATES, &error)))
    snprintf (wrong, 200, "no JSON at byte %d: %s", error.position, error.text);
  else if (!json_is_object (row))
    snprintf (wrong, 200, "it is no object");
  else if (depth_of (row, 1) > AID_JSONL_DEPTH)
    snprintf (wrong, 200, "its values lie more than %d deep within one another", AID_JSONL_DEPTH);
  if (wrong[0])
    {
      json_decref (row);
      row = NULL;
    }
  return row;
}

struct reading
{
  enum aid_err (*fn) (void *ctx, const struct aid_jsonl_line *line, struct aid_error *e);
  void *ctx;
  const char *name;
  size_t number;
};

static enum aid_err
take (struct reading *r, struct aid_span text, struct aid_error *e)
{
  char wrong[200];
  if (r->number == AID_JSONL_LINES)
    return aid_error_set (e, AID_E_LIMIT, "%s has more than %zu lines", r->name, AID_JSONL_LINES);
  if (aid_span_ends (text, "\r"))
    text.len--;
  struct aid_jsonl_line line = { ++r->number, text, aid_jsonl_parse (text, wrong), wrong };
  enum aid_err err = r->fn (r->ctx, &line, e);
  json_decref (line.row);
  return err;
}

/* Takes the whole lines off TEXT; END: what is left is one, too. */
static enum aid_err
take_lines (struct reading *r, struct aid_str *text, int end, struct aid_error *e)
{
  struct aid_span rest = aid_str_span (text);
  const char *newline;
  enum aid_err err = AID_OK;
  while (!err && rest.len && (newline = memchr (rest.ptr, '\n', rest.len)))
    {
      size_t n = (size_t)(newline - rest.ptr);
      err = take (r, aid_span_cut (rest, 0, n), e);
      rest = aid_span_cut (rest, n + 1, rest.len);
    }
  if (!err && end && rest.len)
    err = take (r, rest, e);
  else if (!err)
    aid_str_remove (text, 0, text->len - rest.len);
  return err;
}

enum aid_err
aid_jsonl_read (const char *file, enum aid_err (*fn) (void *ctx, const struct aid_jsonl_line *line, struct aid_error *e),
                void *ctx, struct aid_error *e)
{
  int standard = !strcmp (file, "-"), fd = standard ? STDIN_FILENO : open (file, O_RDONLY | O_CLOEXEC);
  struct reading r = { fn, ctx, standard ? "standard input" : file, 0 };
  struct aid_str text = AID_STR_INIT (AID_JSONL_LINE + CHUNK);
  char buf[CHUNK];
  ssize_t n = 0;
  enum aid_err err = fd < 0 ? aid_error_set (e, errno == ENOENT ? AID_E_NOTFOUND : AID_E_IO, "%s cannot be read: %s", r.name,
                                             strerror (errno))
                            : AID_OK;
  while (!err && ((n = read (fd, buf, CHUNK)) > 0 || (n < 0 && errno == EINTR)))
    {
      if (n < 0)
        continue;
      if (aid_str_add (&text, buf, (size_t)n))
        err = aid_error_set (e, text.err, "%s, line %zu: it is longer than %zu MB", r.name, r.number + 1,
                             AID_JSONL_LINE >> 20);
      else if (memchr (buf, '\n', (size_t)n))
        err = take_lines (&r, &text, 0, e);
    }
  if (!err && n < 0)
    err = aid_error_set (e, AID_E_IO, "%s cannot be read: %s", r.name, strerror (errno));
  if (!err)
    err = take_lines (&r, &text, 1, e);
  if (fd >= 0 && !standard)
    close (fd);
  aid_str_free (&text);
  return err;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

struct aid_jsonl_out
{
  char *file, *beside;
  FILE *to;
  struct aid_sha256 hash;
  size_t lines;
  enum aid_err err;
};

/* Opens what FILE is written in until it is whole.  It is locked while somebody writes: one that a killed process has left is
   taken over.  -1: it cannot be had. */
static int
open_beside (const char *file, const char *beside, struct aid_error *e)
{
  for (int i = 0; i < TRIES; i++)
    {
      struct stat ours, there;
      int fd = open (beside, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
      if (fd < 0 || fstat (fd, &ours) || !S_ISREG (ours.st_mode))
        aid_error_set (e, AID_E_IO, "%s cannot be written: %s", beside, fd < 0 ? strerror (errno) : "it is no file");
      else if (flock (fd, LOCK_EX | LOCK_NB))
        aid_error_set (e, AID_E_STATE, "%s is being written by another process", file);
      else if (lstat (beside, &there) || there.st_ino != ours.st_ino || there.st_dev != ours.st_dev)
        { /* who had it has just ended, and it has its name */
          close (fd);
          continue;
        }
      else if (ftruncate (fd, 0))
        aid_error_set (e, AID_E_IO, "%s cannot be written: %s", beside, strerror (errno));
      else
        return fd;
      if (fd >= 0)
        close (fd);
      return -1;
    }
  aid_error_set (e, AID_E_STATE, "%s is being written by another process", file);
  return -1;
}

static void
discard (struct aid_jsonl_out *o)
{
  free (o->file);
  free (o->beside);
  free (o);
}

enum aid_err
aid_jsonl_create (const char *file, struct aid_jsonl_out **out, struct aid_error *e)
{
  struct aid_jsonl_out *o = calloc (1, sizeof *o);
  struct aid_str beside = AID_STR_INIT (PATH_LIMIT);
  struct aid_error why = { AID_OK, "" };
  char *folder = aid_span_dup ((struct aid_span){ file, (size_t)(aid_fs_base (file) - file) });
  int fd = -1;
  *out = NULL;
  if (!o || !folder)
    {
      free (o);
      free (folder);
      return aid_error_set (e, AID_E_NOMEM, "No memory to write %s", file);
    }
  enum aid_err err = folder[0] ? aid_fs_mkdirs (folder, 0777, e) : AID_OK;
  if (!err && aid_str_addf (&beside, "%s.tmp", file))
    err = aid_error_set (e, AID_E_LIMIT, "%.200s... has too long a name", file);
  o->file = strdup (file);
  o->beside = aid_str_steal (&beside);
  aid_sha256_init (&o->hash);
  if (!err && (!o->file || !o->beside))
    {
      err = AID_E_NOMEM;
      aid_error_set (e, err, "No memory to write %s", file);
    }
  if (!err && (fd = open_beside (file, o->beside, &why)) < 0)
    err = aid_error_set (e, why.code, "%s", why.msg);
  if (!err && !(o->to = fdopen (fd, "w")))
    {
      err = aid_error_set (e, AID_E_IO, "%s cannot be written: %s", file, strerror (errno));
      close (fd);
    }
  if (err)
    discard (o);
  else
    *out = o;
  free (folder);
  aid_str_free (&beside);
  return err;
}

void
aid_jsonl_add_text (struct aid_jsonl_out *o, struct aid_span line)
{
  if (o->err)
    return;
  aid_sha256_add (&o->hash, line);
  aid_sha256_add (&o->hash, AID_SPAN ("\n"));
  if (fwrite (line.ptr, 1, line.len, o->to) != line.len || putc ('\n', o->to) == EOF)
    o->err = AID_E_IO;
  o->lines++;
}

void
aid_jsonl_add (struct aid_jsonl_out *o, const json_t *row)
{
  struct aid_str text = AID_STR_INIT (AID_JSONL_LINE);
  if (aid_json_dump (row, &text) || text.err)
    o->err = o->err ? o->err : text.err ? text.err : AID_E_NOMEM;
  else
    aid_jsonl_add_text (o, aid_str_span (&text));
  aid_str_free (&text);
}

size_t
aid_jsonl_lines (const struct aid_jsonl_out *o)
{
  return o->lines;
}

enum aid_err
aid_jsonl_close (struct aid_jsonl_out *o, int keep, char *hash, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  if (!o)
    return AID_OK;
  if (o->to && (fflush (o->to) || fsync (fileno (o->to))) && !o->err)
    o->err = AID_E_IO;
  if (hash)
    aid_sha256_end (&o->hash, hash);
  if (keep && !o->err && (rename (o->beside, o->file) || aid_fs_sync_folder_of (o->file)))
    o->err = AID_E_IO;
  if (keep && o->err)
    err = aid_error_set (e, o->err, o->err == AID_E_IO ? "%s cannot be written: %s" : "A row is too large for %s%.0s",
                         o->file, strerror (errno));
  if ((!keep || o->err) && o->to)
    unlink (o->beside);
  if (o->to)
    fclose (o->to); /* all of it is on the disk; now others may have the lock */
  discard (o);
  return err;
}
