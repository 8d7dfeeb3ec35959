/* A warm tree that is made of the one before: copied, brought up to date with the files that differ, and built once more, which
   takes as long as what has changed. */
#include "base/fs.h"
#include "base/json.h"
#include "base/proc.h"
#include "ces/ces_internal.h"
#include "project/ignore.h"
#include "project/project.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SEEN_MAX ((size_t)512 << 20)
#define FILE_MAX ((size_t)64 << 20)
#define SAID_MAX ((size_t)4096)

/* --- what differs ------------------------------------------------------------------------------------------------- */

/* LOOK's time, of a saved file; see now.c. */
static int64_t
time_of (const char *look)
{
  long long ns;
  return sscanf (look, "%*u %lld", &ns) == 1 ? ns : INT64_MAX;
}

/* LOOK: as it is now; NULL: it is gone. */
static enum aid_err
add_change (struct aid_near *n, const char *path, const char *look, int mode, struct aid_error *e)
{
  struct aid_ces_change *change = aid_vec_push (&n->changes);
  if (!change || !(change->path = strdup (path)))
    {
      n->changes.len -= change != NULL;
      return aid_error_set (e, AID_E_NOMEM, "No memory for what has changed");
    }
  change->gone = !look;
  change->mode = mode;
  change->time = look ? time_of (look) : INT64_MIN; /* it goes first: a folder may take its name */
  return AID_OK;
}

/* The next text, with a NUL behind it, of REST; or NULL. */
static const char *
next (struct aid_span *rest)
{
  const char *z = rest->ptr, *end = rest->len ? memchr (z, '\0', rest->len) : NULL;
  if (!end)
    return NULL;
  *rest = aid_span_cut (*rest, (size_t)(end - z) + 1, rest->len);
  return z;
}

static int
is_program (const char *look)
{
  return aid_span_ends (aid_span_z (look), AID_CES_PROGRAM);
}

/* Holds T's files beside BEFORE, paths and looks in the same order. */
static enum aid_err
compare (const struct aid_ces_task *t, struct aid_span before, struct aid_near *n, struct aid_error *e)
{
  const char *path = next (&before), *look = path ? next (&before) : NULL;
  enum aid_err err = AID_OK;
  for (size_t i = 0; (i < t->seen.len || look) && !err;)
    {
      const struct aid_ces_seen *seen = i < t->seen.len ? &AID_VEC_AT (struct aid_ces_seen, &t->seen, i) : NULL;
      int order = !seen ? 1 : !look ? -1 : strcmp (seen->path, path);
      if (order > 0)
        err = add_change (n, path, NULL, 0, e);
      else if (order < 0 || strcmp (seen->look, look) != 0)
        err = add_change (n, seen->path, seen->look, order < 0 || is_program (seen->look) != is_program (look), e);
      i += order <= 0;
      if (order >= 0)
        look = (path = next (&before)) ? next (&before) : NULL;
    }
  return err;
}

/* --- the one before ----------------------------------------------------------------------------------------------- */

/* The lock of KEY's tree, shared; -1: somebody makes or removes it, or it cannot be believed. */
static int
hold (const struct aid_ces *c, const char *key)
{
  struct aid_str path = AID_STR_INIT (AID_CES_PATH);
  int fd = -1;
  if (!aid_str_addf (&path, "%s/locks/%s", c->folder, key))
    aid_ces_lock (aid_str_z (&path), LOCK_SH, 0, NULL, &fd, NULL);
  aid_str_free (&path);
  json_t *about = fd >= 0 ? aid_warm_about (c, key) : NULL;
  if (fd >= 0 && !about)
    {
      close (fd);
      fd = -1;
    }
  json_decref (about);
  return fd;
}

/* The key of the tree that was used last of those that T's recipe has made, or "". */
static void
find (struct aid_ces *c, const struct aid_ces_task *t, char key[AID_SHA256_HEX])
{
  json_t *list = aid_warm_list (c);
  key[0] = '\0';
  for (size_t i = 0; i < json_array_size (list) && !key[0]; i++)
    {
      const json_t *one = json_array_get (list, i);
      const char *recipe = aid_json_str (one, "recipe");
      if (recipe && !strcmp (recipe, t->recipe) && strcmp (aid_json_str (one, "key"), t->key) != 0)
        snprintf (key, AID_SHA256_HEX, "%s", aid_json_str (one, "key"));
    }
  json_decref (list);
}

static enum aid_err
copy (const char *from, const char *to, const struct aid_stop *stop, struct aid_error *e)
{
  const char *const argv[] = { "cp", "-a", from, to, NULL };
  struct aid_proc p = { .argv = argv, .dir = "/", .err_max = SAID_MAX, .stop = stop, .with_us = 1 };
  struct aid_proc_result r;
  enum aid_err err = aid_proc_run (&p, &r, e);
  struct aid_span said = aid_span_trim (aid_str_span (&r.err));
  if (!err && (r.code || r.signal))
    err = aid_error_set (e, AID_E_IO, "A warm tree cannot be copied: %.*s", (int)(said.len < 150 ? said.len : 150),
                         said.len ? said.ptr : "");
  aid_proc_result_free (&r);
  return err;
}

enum aid_err
aid_warm_near (struct aid_ces *c, const struct aid_ces_task *t, const char *tree, const struct aid_stop *stop,
               struct aid_near *out, struct aid_error *e)
{
  struct aid_str from = AID_STR_INIT (AID_CES_PATH), seen = AID_STR_INIT (SEEN_MAX);
  *out = (struct aid_near){ .key = "", .changes = AID_VEC_INIT (struct aid_ces_change, AID_PROJECT_FILES) };
  char key[AID_SHA256_HEX];
  find (c, t, key);
  int fd = key[0] ? hold (c, key) : -1;
  enum aid_err err = AID_OK;
  aid_str_addf (&from, "%s/trees/%s/seen", c->folder, key);
  if (fd >= 0 && !from.err && !aid_fs_read_itself (aid_str_z (&from), &seen, NULL))
    {
      aid_str_remove (&from, from.len - 4, 4);
      aid_str_addz (&from, "tree");
      err = compare (t, aid_str_span (&seen), out, e);
      if (!err)
        err = copy (aid_str_z (&from), tree, stop, e);
      if (!err)
        snprintf (out->key, sizeof out->key, "%s", key);
      else if (err == AID_E_IO) /* a build may leave what nobody can read: one can do without */
        err = AID_OK;
    }
  if (fd >= 0)
    close (fd);
  aid_str_free (&from);
  aid_str_free (&seen);
  return err;
}

void
aid_warm_near_free (struct aid_near *n)
{
  for (size_t i = 0; i < n->changes.len; i++)
    free (AID_VEC_AT (struct aid_ces_change, &n->changes, i).path);
  aid_vec_free (&n->changes);
}

/* --- up to date --------------------------------------------------------------------------------------------------- */

/* Writes TEXT unless CHANGE's file has it already, which a build would take for a change. */
static enum aid_err
lay_text (struct aid_box *b, struct aid_ces_change *change, struct aid_span text, int program, struct aid_error *e)
{
  const char *path = change->path;
  struct aid_str old = AID_STR_INIT (FILE_MAX);
  struct aid_error own;
  enum aid_err err = AID_OK;
  if (change->mode || aid_box_read (b, path, &old, &own) || !aid_span_eq (aid_str_span (&old), text))
    {
      change->written = 1;
      err = aid_box_write (b, path, text, program, e);
    }
  aid_str_free (&old);
  return err;
}

/* A link to TARGET, which leads nowhere but in the box. */
static enum aid_err
lay_link (struct aid_box *b, const char *path, const struct aid_str *target, struct aid_error *e)
{
  struct aid_str line = AID_STR_INIT (AID_CES_PATH * 8);
  struct aid_box_ran ran = { .code = 0 };
  aid_str_addz (&line, "ln -sfn -- ");
  aid_str_add_quoted (&line, aid_str_span (target));
  aid_str_addc (&line, ' ');
  aid_str_add_quoted (&line, aid_span_z (path));
  enum aid_err err = line.err ? aid_error_set (e, AID_E_LIMIT, "%.150s leads too far", path) : aid_box_remove (b, path, e);
  if (!err)
    err = aid_box_run (b, aid_str_z (&line), NULL, NULL, &ran, e);
  aid_str_free (&ran.output);
  aid_str_free (&line);
  return err;
}

static enum aid_err
lay_one (const struct aid_ces_task *t, struct aid_ces_change *change, struct aid_box *b, struct aid_error *e)
{
  struct aid_str bytes = AID_STR_INIT (FILE_MAX);
  struct aid_error own = { AID_OK, "" };
  unsigned mode = AID_MODE_FILE;
  enum aid_err err
    = change->gone ? AID_E_NOTFOUND : aid_project_read_raw (t->project, aid_span_z (change->path), &bytes, &mode, &own);
  if (!change->gone && json_object_get (t->files, change->path))
    err = lay_text (b, change, aid_json_span (t->files, change->path), !err && mode == AID_MODE_PROGRAM, e);
  else if (err == AID_E_NOTFOUND || err == AID_E_REFUSED)
    err = aid_box_remove (b, change->path, e);
  else if (err)
    aid_error_set (e, err, "%s", own.msg);
  else if (mode == AID_MODE_LINK)
    err = lay_link (b, change->path, &bytes, e);
  else
    err = lay_text (b, change, aid_str_span (&bytes), mode == AID_MODE_PROGRAM, e);
  aid_str_free (&bytes);
  return err;
}

static int
by_time (const void *a, const void *b)
{
  const struct aid_ces_change *x = a, *y = b;
  return x->time < y->time ? -1 : x->time > y->time;
}

static void
set_time (int root, struct aid_span path, struct timespec at)
{
  const char *name = aid_fs_base (path.ptr);
  int folder = aid_open_folder (root, aid_span_cut (path, 0, name > path.ptr ? (size_t)(name - path.ptr) - 1 : 0));
  if (folder < 0)
    return;
  utimensat (folder, name, (const struct timespec[2]){ at, at }, AT_SYMLINK_NOFOLLOW);
  close (folder);
}

/* Gives the files in TREE that were written times from now on, in their order; through no link. */
static void
set_times (const char *tree, const struct aid_vec *changes)
{
  struct timespec at;
  int root = open (tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  clock_gettime (CLOCK_REALTIME, &at);
  for (size_t i = 0; i < changes->len && root >= 0; i++)
    {
      const struct aid_ces_change *change = &AID_VEC_AT (struct aid_ces_change, changes, i);
      at.tv_nsec += 1000;
      at.tv_sec += at.tv_nsec / 1000000000;
      at.tv_nsec %= 1000000000;
      if (change->written)
        set_time (root, aid_span_z (change->path), at);
    }
  if (root >= 0)
    close (root);
}

enum aid_err
aid_warm_near_lay (const struct aid_ces_task *t, struct aid_near *n, const char *tree, struct aid_box *b,
                   struct aid_error *e)
{
  enum aid_err err = AID_OK;
  if (n->changes.len)
    qsort (n->changes.data, n->changes.len, sizeof (struct aid_ces_change), by_time);
  for (size_t i = 0; i < n->changes.len && !err; i++)
    err = lay_one (t, &AID_VEC_AT (struct aid_ces_change, &n->changes, i), b, e);
  set_times (tree, &n->changes);
  return err;
}
