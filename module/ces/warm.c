/* Warm trees on disk.  In the folder of aid_ces:

     trees/KEY/         tree/, about.json, used, whose time says when somebody last did, seen (now.c), what is known of its
                        files (known.c)
     making/NAME/       one that is being made, or removed; NAME.lock is locked by who does it
     locks/KEY          locked shared by who judges over the tree, alone by who makes or removes it

   A tree has its name only when it is done: what a killed process leaves lies in making/, unlocked, until the next one that makes
   a tree takes it away. */
#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "ces/ces_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TREES_MAX 100000
#define TRIES 8 /* others may take a tree away before it is used */

static enum aid_err
path_of (const struct aid_ces *c, struct aid_str *out, const char *folder, const char *name, const char *more,
         struct aid_error *e)
{
  aid_str_addf (out, "%s/%s/%s%s", c->folder, folder, name, more);
  return out->err ? aid_error_set (e, AID_E_LIMIT, "The folder %.150s has too long a name", c->folder) : AID_OK;
}

/* --- what is there ------------------------------------------------------------------------------------------------ */

static json_t *
read_about (const struct aid_ces *c, const char *key)
{
  struct aid_str path = AID_STR_INIT (AID_CES_PATH), text = AID_STR_INIT (AID_CES_ABOUT_MAX);
  json_t *about = NULL;
  if (!path_of (c, &path, "trees", key, "/about.json", NULL) && !aid_fs_read_itself (aid_str_z (&path), &text, NULL))
    about = aid_json_load (aid_str_span (&text));
  aid_str_free (&path);
  aid_str_free (&text);
  return about;
}

json_t *
aid_warm_about (const struct aid_ces *c, const char *key)
{
  struct aid_str folder = AID_STR_INIT (AID_CES_PATH);
  json_t *about = path_of (c, &folder, "trees", key, "", NULL) ? NULL : read_about (c, key);
  if (about && !aid_warm_is_sound (aid_str_z (&folder), about))
    {
      json_decref (about);
      about = NULL;
    }
  aid_str_free (&folder);
  return about;
}

static void
note_use (const struct aid_ces *c, const char *key)
{
  struct aid_str path = AID_STR_INIT (AID_CES_PATH);
  if (!path_of (c, &path, "trees", key, "/used", NULL) && utimensat (AT_FDCWD, aid_str_z (&path), NULL, 0))
    {
      int fd = open (aid_str_z (&path), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
      if (fd >= 0)
        close (fd);
    }
  aid_str_free (&path);
}

static int64_t
used_at (const struct aid_ces *c, const char *key)
{
  struct aid_str path = AID_STR_INIT (AID_CES_PATH);
  struct stat st = { 0 };
  if (path_of (c, &path, "trees", key, "/used", NULL) || stat (aid_str_z (&path), &st))
    st.st_mtim.tv_sec = 0;
  aid_str_free (&path);
  return (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
}

struct known
{
  char key[AID_SHA256_HEX];
  int64_t used, megabytes;
};

static int
by_use (const void *a, const void *b)
{
  const struct known *x = a, *y = b;
  return (x->used > y->used) - (x->used < y->used);
}

/* The trees there are, the one used longest ago first. */
static void
list_trees (const struct aid_ces *c, struct aid_vec *out)
{
  struct aid_str path = AID_STR_INIT (AID_CES_PATH);
  DIR *dir = path_of (c, &path, "trees", "", "", NULL) ? NULL : opendir (aid_str_z (&path));
  for (struct dirent *d; dir && (d = readdir (dir));)
    {
      struct known *known = strlen (d->d_name) == AID_SHA256_HEX - 1 ? aid_vec_push (out) : NULL;
      if (!known)
        continue;
      json_t *about = read_about (c, d->d_name);
      memcpy (known->key, d->d_name, AID_SHA256_HEX);
      known->used = used_at (c, d->d_name);
      known->megabytes = aid_json_int (about, "megabytes", 1);
      json_decref (about);
    }
  if (dir)
    closedir (dir);
  aid_str_free (&path);
  if (out->len)
    qsort (out->data, out->len, sizeof (struct known), by_use);
}

json_t *
aid_warm_list (struct aid_ces *c)
{
  struct aid_vec trees = AID_VEC_INIT (struct known, TREES_MAX);
  json_t *list = json_array ();
  list_trees (c, &trees);
  for (size_t i = trees.len; i-- > 0;)
    {
      const struct known *known = &AID_VEC_AT (struct known, &trees, i);
      json_t *about = read_about (c, known->key);
      json_array_append_new (list, json_pack ("{s:s, s:s?, s:s, s:s, s:I, s:I}", "key", known->key, "recipe",
                                              aid_json_str (about, "recipe"), "repository",
                                              aid_json_str (about, "repository") ? aid_json_str (about, "repository") : "?",
                                              "base", aid_json_str (about, "base") ? aid_json_str (about, "base") : "?",
                                              "megabytes", (json_int_t)known->megabytes, "used", (json_int_t)known->used));
      json_decref (about);
    }
  aid_vec_free (&trees);
  return list;
}

/* --- taking away -------------------------------------------------------------------------------------------------- */

/* Moves FROM into making/, where it is nobody's, and removes it. */
static void
bury (const struct aid_ces *c, const char *from, const char *key)
{
  struct aid_str to = AID_STR_INIT (AID_CES_PATH);
  char name[AID_SHA256_HEX + 16], random[9] = "00000000";
  aid_random_key (random, 8);
  snprintf (name, sizeof name, "%s.%s", key, random);
  if (!path_of (c, &to, "making", name, "", NULL) && !rename (from, aid_str_z (&to)))
    aid_ces_remove (aid_str_z (&to));
  aid_str_free (&to);
}

int
aid_warm_evict (const struct aid_ces *c, const char *key)
{
  struct aid_str lock = AID_STR_INIT (AID_CES_PATH), tree = AID_STR_INIT (AID_CES_PATH);
  int fd = -1;
  if (!path_of (c, &lock, "locks", key, "", NULL) && !path_of (c, &tree, "trees", key, "", NULL))
    aid_ces_lock (aid_str_z (&lock), LOCK_EX, 0, NULL, &fd, NULL);
  if (fd >= 0)
    {
      bury (c, aid_str_z (&tree), key);
      unlink (aid_str_z (&lock));
      close (fd);
    }
  aid_str_free (&lock);
  aid_str_free (&tree);
  return fd >= 0;
}

/* Keeps to what the settings allow; KEY's stays. */
static void
make_room (const struct aid_ces *c, const char *key)
{
  struct aid_vec trees = AID_VEC_INIT (struct known, TREES_MAX);
  int64_t megabytes = 0;
  list_trees (c, &trees);
  size_t left = trees.len;
  for (size_t i = 0; i < trees.len; i++)
    megabytes += AID_VEC_AT (struct known, &trees, i).megabytes;
  for (size_t i = 0; i < trees.len; i++)
    {
      const struct known *known = &AID_VEC_AT (struct known, &trees, i);
      int much = (int64_t)left > c->settings.warm_trees || megabytes > c->settings.warm_megabytes;
      if (!much)
        break;
      if (strcmp (known->key, key) != 0 && aid_warm_evict (c, known->key))
        {
          left--;
          megabytes -= known->megabytes;
        }
    }
  aid_vec_free (&trees);
}

/* Removes what killed makers have left. */
static void
sweep (const struct aid_ces *c)
{
  struct aid_str path = AID_STR_INIT (AID_CES_PATH);
  DIR *dir = path_of (c, &path, "making", "", "", NULL) ? NULL : opendir (aid_str_z (&path));
  for (struct dirent *d; dir && (d = readdir (dir));)
    {
      struct aid_str lock = AID_STR_INIT (AID_CES_PATH), tree = AID_STR_INIT (AID_CES_PATH);
      size_t n = strlen (d->d_name);
      int is_lock = n > 5 && !strcmp (d->d_name + n - 5, ".lock"), fd = -1;
      char *name = d->d_name[0] == '.' ? NULL : aid_span_dup ((struct aid_span){ d->d_name, is_lock ? n - 5 : n });
      if (name && !path_of (c, &lock, "making", name, ".lock", NULL) && !path_of (c, &tree, "making", name, "", NULL))
        aid_ces_lock (aid_str_z (&lock), LOCK_EX, 0, NULL, &fd, NULL);
      if (fd >= 0)
        {
          aid_ces_remove (aid_str_z (&tree));
          unlink (aid_str_z (&lock));
          close (fd);
        }
      free (name);
      aid_str_free (&lock);
      aid_str_free (&tree);
    }
  if (dir)
    closedir (dir);
  aid_str_free (&path);
}

/* --- making ------------------------------------------------------------------------------------------------------- */

/* Lays T's tree into TREE and builds it: upon the one before, as far as there is NEAR such a one and nothing of that, or of what
   was built there, is in the way of what lies there now. */
static enum aid_err
lay_and_build (struct aid_ces *c, const struct aid_ces_task *t, const char *tree, const char *at,
               const struct aid_stop *stop, struct aid_near *near, json_t **about, struct aid_error *e)
{
  struct aid_error own = { AID_OK, "" };
  enum aid_err err = t->now ? aid_warm_near (c, t, tree, stop, near, e) : AID_OK;
  if (!err && near->key[0])
    {
      err = aid_ces_build_base (t, tree, near, stop, about, &own);
      if (err != AID_E_REFUSED)
        return err ? aid_error_set (e, err, "%s", own.msg) : AID_OK;
      err = AID_OK;
    }
  if (!err && t->now)
    aid_ces_remove (tree);
  if (!err)
    err = aid_fs_mkdirs (tree, 0700, e);
  if (!err)
    err = aid_ces_checkout (t, tree, at, stop, e);
  return err ? err : aid_ces_build_base (t, tree, NULL, stop, about, e);
}

/* Makes the tree in the folder AT and gives it its name TO. */
static enum aid_err
make_in (struct aid_ces *c, const struct aid_ces_task *t, const char *at, const char *to, const struct aid_stop *stop,
         struct aid_error *e)
{
  struct aid_str tree = AID_STR_INIT (AID_CES_PATH), file = AID_STR_INIT (AID_CES_PATH),
                 text = AID_STR_INIT (AID_CES_ABOUT_MAX);
  struct aid_near near = { .key = "" };
  json_t *about = NULL;
  aid_str_addf (&tree, "%s/tree", at);
  aid_str_addf (&file, "%s/seen", at);
  enum aid_err err = aid_fs_mkdirs (at, 0700, e);
  if (!err)
    err = lay_and_build (c, t, aid_str_z (&tree), at, stop, &near, &about, e);
  if (!err && t->now)
    err = aid_ces_now_write (t, aid_str_z (&file), e);
  aid_str_clear (&file);
  aid_str_addf (&file, "%s/about.json", at);
  if (!err && (aid_json_dump (about, &text) || text.err))
    err = aid_error_set (e, AID_E_NOMEM, "No memory for a warm tree");
  if (!err)
    err = aid_fs_replace (aid_str_z (&file), aid_str_span (&text), 0600, e);
  if (!err && rename (at, to))
    err = aid_error_set (e, AID_E_IO, "The warm tree %.150s cannot be given its name: %s", to, strerror (errno));
  if (!err && near.key[0]) /* what was before is of no use any more */
    aid_warm_evict (c, near.key);
  aid_warm_near_free (&near);
  json_decref (about);
  aid_str_free (&tree);
  aid_str_free (&file);
  aid_str_free (&text);
  return err;
}

/* A name in making/, which is ours as long as F is. */
static enum aid_err
begin (struct aid_ces *c, const struct aid_ces_task *t, const struct aid_stop *stop, struct aid_fresh *f,
       struct aid_error *e)
{
  struct aid_str at = AID_STR_INIT (AID_CES_PATH), lock = AID_STR_INIT (AID_CES_PATH), tree = AID_STR_INIT (AID_CES_PATH);
  char name[AID_SHA256_HEX + 16], random[9] = "00000000";
  *f = (struct aid_fresh){ .fd = -1 };
  sweep (c);
  aid_random_key (random, 8);
  snprintf (name, sizeof name, "%s.%s", t->key, random);
  enum aid_err err = path_of (c, &at, "making", name, "", e);
  if (!err)
    err = path_of (c, &lock, "making", name, ".lock", e);
  if (!err)
    err = path_of (c, &tree, "making", name, "/tree", e);
  if (!err)
    err = aid_ces_lock (aid_str_z (&lock), LOCK_EX, 1, stop, &f->fd, e);
  if (!err)
    {
      f->at = aid_str_steal (&at);
      f->lock = aid_str_steal (&lock);
      f->tree = aid_str_steal (&tree);
    }
  aid_str_free (&at);
  aid_str_free (&lock);
  aid_str_free (&tree);
  return err;
}

void
aid_fresh_release (struct aid_fresh *f)
{
  if (f->fd >= 0)
    {
      aid_ces_remove (f->at);
      unlink (f->lock);
      close (f->fd);
    }
  free (f->at);
  free (f->lock);
  free (f->tree);
  *f = (struct aid_fresh){ .fd = -1 };
}

enum aid_err
aid_warm_fresh (struct aid_ces *c, const struct aid_ces_task *t, const struct aid_stop *stop, struct aid_fresh *out,
                struct aid_error *e)
{
  enum aid_err err = begin (c, t, stop, out, e);
  if (!err)
    err = aid_fs_mkdirs (out->tree, 0700, e);
  if (!err)
    err = aid_ces_checkout (t, out->tree, out->at, stop, e);
  if (!err && t->source != AID_CES_FOLDER)
    aid_ces_age (out->tree);
  return err;
}

static enum aid_err
make (struct aid_ces *c, const struct aid_ces_task *t, const char *to, const struct aid_stop *stop, struct aid_error *e)
{
  struct aid_fresh f;
  enum aid_err err = begin (c, t, stop, &f, e);
  if (!err)
    err = make_in (c, t, f.at, to, stop, e);
  aid_fresh_release (&f); /* what has its name by now is not there any more */
  if (!err)
    {
      note_use (c, t->key);
      make_room (c, t->key);
    }
  return err;
}

struct making
{
  struct aid_ces *ces;
  const struct aid_ces_task *task;
  const char *to;
};

static enum aid_err
make_wanted (void *ctx, const struct aid_stop *stop, struct aid_error *e)
{
  const struct making *m = ctx;
  return make (m->ces, m->task, m->to, stop, e);
}

/* --- using -------------------------------------------------------------------------------------------------------- */

/* Makes KEY's tree, unless somebody has meanwhile. */
static enum aid_err
make_alone (struct aid_ces *c, const struct aid_ces_task *t, const char *lock, const char *tree, const struct aid_stop *stop,
            struct aid_error *e)
{
  int fd;
  enum aid_err err = aid_ces_lock (lock, LOCK_EX, 1, stop, &fd, e);
  if (err)
    return err;
  json_t *about = aid_warm_about (c, t->key);
  if (!about)
    {
      if (aid_fs_exists (tree)) /* it cannot be believed */
        bury (c, tree, t->key);
      err = aid_wanted_make (c, t->key, make_wanted, &(struct making){ c, t, tree }, stop, e);
      if (err)
        unlink (lock);
    }
  json_decref (about);
  close (fd);
  return err;
}

enum aid_err
aid_warm_get (struct aid_ces *c, const struct aid_ces_task *t, const struct aid_stop *stop, struct aid_warm *out,
              struct aid_error *e)
{
  struct aid_str lock = AID_STR_INIT (AID_CES_PATH), tree = AID_STR_INIT (AID_CES_PATH);
  struct aid_wanted wanted = { .key = t->key, .stop = stop };
  *out = (struct aid_warm){ NULL, NULL, -1 };
  aid_wanted_begin (c, &wanted);
  enum aid_err err = path_of (c, &lock, "locks", t->key, "", e);
  if (!err)
    err = path_of (c, &tree, "trees", t->key, "", e);
  for (int i = 0; !err && !out->about; i++)
    {
      if (i == TRIES)
        {
          err = aid_error_set (
            e, AID_E_STATE, "The warm tree %.16s... does not stay: ces.warm_trees or ces.warm_megabytes is too low", t->key);
          break;
        }
      err = aid_ces_lock (aid_str_z (&lock), LOCK_SH, 1, stop, &out->lock, e);
      if (!err && !(out->about = aid_warm_about (c, t->key)))
        {
          close (out->lock);
          out->lock = -1;
          err = make_alone (c, t, aid_str_z (&lock), aid_str_z (&tree), stop, e);
        }
    }
  aid_wanted_end (c, &wanted);
  aid_str_addz (&tree, "/tree");
  if (!err && (tree.err || !(out->tree = aid_str_steal (&tree))))
    err = aid_error_set (e, AID_E_NOMEM, "No memory for a warm tree");
  if (!err)
    note_use (c, t->key);
  else
    aid_warm_release (out);
  aid_str_free (&lock);
  aid_str_free (&tree);
  return err;
}

void
aid_warm_release (struct aid_warm *w)
{
  if (w->lock >= 0)
    close (w->lock);
  json_decref (w->about);
  free (w->tree);
  *w = (struct aid_warm){ NULL, NULL, -1 };
}
