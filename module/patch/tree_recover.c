/* Changes that were cut short.  Their journals are in the folder of the state; those whose tree is this one, lies in it or
   holds it are brought to an end, for their files are ours to write as well. */
#include "patch/tree_internal.h"
#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

struct search
{
  const char *root;
  enum aid_recover_how how;
  struct aid_patch_recovery *out;
};

static int
overlap (const char *a, const char *b)
{
  size_t n = strlen (a), m = strlen (b), less = n < m ? n : m;
  return strncmp (a, b, less) == 0 && (n == m || (n < m ? b[n] : a[m]) == '/');
}

/* The folders of all steps are where they were: a link in the place of one would lead the steps elsewhere. */
static enum aid_err
check_folders (const struct aid_tree_change *c, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < c->steps.len && !err; i++)
    {
      const char *name = AID_TREE_STEP (c, i)->name;
      char *folder = strndup (name, (size_t) (aid_fs_base (name) - name) - 1);
      char *real = folder ? realpath (folder, NULL) : NULL;
      if (!folder)
        err = aid_error_set (e, AID_E_NOMEM, "no memory for a file's name");
      else if (real ? strcmp (real, folder) != 0 : errno != ENOENT)
        err = aid_error_set (e, AID_E_REFUSED, "%.200s is not the folder that it was", folder);
      free (real);
      free (folder);
    }
  return err;
}

static enum aid_err
add_files (struct aid_patch_recovery *out, const struct aid_tree_change *c, struct aid_error *e)
{
  for (size_t i = 0; i < c->steps.len; i++)
    {
      char *name = strdup (AID_TREE_STEP (c, i)->name), **at = name ? aid_vec_push (&out->files) : NULL;
      if (!at)
        {
          free (name);
          return aid_error_set (e, AID_E_NOMEM, "no memory for the files' names");
        }
      *at = name;
    }
  return AID_OK;
}

/* A change that cannot be finished says how people get on. */
static enum aid_err
stuck (enum aid_err err, struct aid_error *e)
{
  struct aid_error why = e ? *e : (struct aid_error){ err, "" };
  return aid_error_set (e, err, "an interrupted patch cannot be finished: %.150s (aid patch recover --forget leaves the"
                        " files as they are)", why.msg);
}

static enum aid_err
settle (struct search *s, struct aid_tree_change *c, struct aid_error *e)
{
  enum aid_err err = check_folders (c, e);
  size_t *count = &s->out->undone;
  if (!err && s->how == AID_RECOVER_FORGET)
    {
      count = &s->out->forgotten;
      err = aid_tree_change_forget (c, e);
    }
  else if (!err && c->state == AID_TREE_COMMITTED)
    {
      count = &s->out->finished;
      err = aid_tree_change_can_finish (c, e);
      if (!err)
        err = aid_tree_change_make (c, e);
      if (!err)
        err = aid_tree_change_close (c, e);
    }
  else if (!err)
    err = aid_tree_change_undo (c, e);
  *count += !err;
  return err ? stuck (err, e) : add_files (s->out, c, e);
}

static enum aid_err
look_into (struct search *s, const char *file, struct aid_error *e)
{
  struct aid_tree_change c;
  enum aid_err err = aid_tree_change_read (&c, file, e);
  if (!err && overlap (s->root, c.root))
    {
      if (s->how == AID_RECOVER_LOOK)
        s->out->pending++;
      else if (access (c.root, F_OK) == 0)      /* else the tree is gone, or moved and may come back */
        err = settle (s, &c, e);
    }
  aid_tree_change_free (&c);
  return err;
}

/* Each journal of the folder; what a writer of one left behind is removed, for only the lock's holder writes here. */
static enum aid_err
search_state (struct search *s, const char *state, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  DIR *dir = opendir (state);
  if (!dir)
    return errno == ENOENT ? AID_OK : aid_tree_failed (e, "read", state);
  for (struct dirent *d; !err && (d = readdir (dir));)
    {
      struct aid_span name = aid_span_z (d->d_name);
      struct aid_str full = AID_STR_INIT (PATH_MAX);
      aid_str_addf (&full, "%s/%s", state, d->d_name);
      if (aid_span_starts (name, ".aid-") && aid_span_ends (name, ".tmp") && !full.err)
        unlink (full.ptr);
      else if (aid_span_ends (name, ".begin") || aid_span_ends (name, ".commit") || aid_span_ends (name, ".undo"))
        err = full.err ? aid_error_set (e, full.err, "the state's folder has too long a name") : look_into (s, full.ptr, e);
      aid_str_free (&full);
    }
  closedir (dir);
  return err;
}

enum aid_err
aid_tree_recover (const char *root, enum aid_recover_how how, struct aid_patch_recovery *out, struct aid_error *e)
{
  struct aid_patch_recovery own = { .files = AID_VEC_INIT (char *, SIZE_MAX / 16) };
  struct search s = { root, how, out ? out : &own };
  struct aid_str state = AID_STR_INIT (PATH_MAX);
  enum aid_err err = aid_tree_state (&state, e);
  if (!err)
    err = search_state (&s, aid_str_z (&state), e);
  aid_str_free (&state);
  aid_patch_recovery_free (&own);
  return err;
}

enum aid_err
aid_patch_recover (const char *root, enum aid_recover_how how, struct aid_patch_recovery *out, struct aid_error *e)
{
  struct aid_tree_lock lock;
  *out = (struct aid_patch_recovery){ .files = AID_VEC_INIT (char *, SIZE_MAX / 16) };
  char *real = realpath (root, NULL);
  if (!real)
    return aid_error_set (e, AID_E_REFUSED, "the project's folder is not there: %.150s: %s", root, strerror (errno));
  /* Who only looks does not wait: a journal of one who writes just now is none of an interrupted one. */
  enum aid_err err = aid_tree_lock (&lock, real, how == AID_RECOVER_LOOK ? 0 : AID_TREE_WAIT, e);
  if (!err)
    {
      err = aid_tree_recover (real, how, out, e);
      aid_tree_unlock (&lock);
    }
  free (real);
  return err;
}

void
aid_patch_recovery_free (struct aid_patch_recovery *r)
{
  for (size_t i = 0; i < r->files.len; i++)
    free (AID_VEC_AT (char *, &r->files, i));
  aid_vec_free (&r->files);
}
