/* Writing a plan to files.  First everything is checked and every new text stands, synced, in a temporary file beside its
   target; only then names change.  A failure on the way puts back what was changed, so a patch is there as a whole or not
   at all.  A file that changed since the plan read it is not touched. */
#include "patch/patch_internal.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* One file: NEW_NAME gets the plan's text, OLD_NAME goes. */
struct step
{
  const struct aid_file_plan *f;
  char *write, *remove;         /* full names, or NULL; in a modified file just WRITE */
  char *temp;
  int exists;                   /* WRITE is a file already */
  mode_t mode;                  /* of what was there, or of a new file */
  int exec;                     /* whether it is to be executable; -1: as it is */
  dev_t dev;
  ino_t ino;
  int written, removed;         /* done so far */
};

struct writer
{
  const struct aid_patch *p;
  const struct aid_plan *plan;
  const char *root;
  struct aid_vec steps;         /* struct step */
  struct aid_vec folders;       /* char *: made by us, outer ones first */
  int *exec;                    /* for each file of the plan, as in a step */
  struct aid_error *e;
};

static struct step *
step_at (struct writer *w, size_t i)
{
  return &AID_VEC_AT (struct step, &w->steps, i);
}

static enum aid_err
failed (struct writer *w, const char *what, const char *name)
{
  int no = errno;
  return aid_error_set (w->e, AID_E_IO, "cannot %s %.150s: %s", what, name, strerror (no));
}

/* --- preparing --- */

/* The full name of PATH, links resolved when it exists. */
static enum aid_err
full_name (struct writer *w, const char *path, char **out)
{
  struct aid_str full = AID_STR_INIT (PATH_MAX * 2);
  enum aid_err err = aid_patch_path (w->root, path, &full, w->e);
  *out = err ? NULL : realpath (aid_str_z (&full), NULL);
  if (!err && !*out)
    *out = aid_str_steal (&full);
  aid_str_free (&full);
  return err || *out ? err : aid_error_set (w->e, AID_E_NOMEM, "no memory for a file's name");
}

/* NAME still has the text that the plan was made for. */
static enum aid_err
unchanged (struct writer *w, struct step *s, const char *name)
{
  struct aid_str now = AID_STR_INIT (AID_PATCH_MAX);
  struct stat st;
  enum aid_err err = aid_fs_read (name, &now, w->e);
  if (!err && !aid_span_eq (aid_str_span (&now), aid_str_span (&s->f->before)))
    err = aid_error_set (w->e, AID_E_STATE, "%.200s has changed meanwhile; check the patch again", name);
  if (!err && stat (name, &st))
    err = failed (w, "read", name);
  if (!err)
    {
      s->mode = st.st_mode & 07777;
      s->dev = st.st_dev;
      s->ino = st.st_ino;
    }
  aid_str_free (&now);
  return err;
}

/* Makes the missing folders above NAME and remembers them. */
static enum aid_err
make_folders (struct writer *w, const char *name)
{
  char *copy = strdup (name);
  enum aid_err err = copy ? AID_OK : aid_error_set (w->e, AID_E_NOMEM, "no memory");
  for (char *slash = copy ? strchr (copy + 1, '/') : NULL; slash && !err; slash = strchr (slash + 1, '/'))
    {
      *slash = '\0';
      if (mkdir (copy, 0777) == 0)
        {
          char **made = aid_vec_push (&w->folders);
          if (!made || !(*made = strdup (copy)))
            err = aid_error_set (w->e, AID_E_NOMEM, "no memory");
        }
      else if (errno != EEXIST)
        err = failed (w, "make the folder", copy);
      *slash = '/';
    }
  free (copy);
  return err;
}

/* Writes the new text beside its target. */
static enum aid_err
write_temp (struct writer *w, struct step *s)
{
  const char *base = aid_fs_base (s->write);
  if (asprintf (&s->temp, "%.*s.aid-%.40s-XXXXXX", (int) (base - s->write), s->write, base) < 0)
    {
      s->temp = NULL;
      return aid_error_set (w->e, AID_E_NOMEM, "no memory");
    }
  int fd = mkostemp (s->temp, O_CLOEXEC);
  if (fd < 0)
    {
      enum aid_err err = failed (w, "write beside", s->write);
      free (s->temp);
      s->temp = NULL;
      return err;
    }
  mode_t mode = s->exec < 0 ? s->mode : s->exec ? s->mode | (s->mode & 0444) >> 2 : s->mode & ~(mode_t) 0111;
  int bad = aid_fs_write_all (fd, aid_str_span (&s->f->after)) || fchmod (fd, mode) || fsync (fd);
  enum aid_err err = bad ? failed (w, "write", s->temp) : AID_OK;
  if (close (fd) && !bad)
    err = failed (w, "write", s->temp);
  return err;
}

/* The mode of a new file: what the umask leaves, read off a file that is made and gone at once. */
static mode_t
new_mode (const char *folder_of)
{
  struct stat st;
  char *name = NULL;
  mode_t mode = 0644;
  const char *base = aid_fs_base (folder_of);
  if (asprintf (&name, "%.*s.aid-mode-%ld", (int) (base - folder_of), folder_of, (long) getpid ()) < 0)
    return mode;
  int fd = open (name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
  if (fd >= 0)
    {
      if (fstat (fd, &st) == 0)
        mode = st.st_mode & 0777;
      close (fd);
      unlink (name);
    }
  free (name);
  return mode;
}

static enum aid_err
prepare (struct writer *w, struct step *s)
{
  struct aid_file_view v = aid_plan_view (w->p, w->plan->reverse, s->f->file);
  enum aid_err err = AID_OK;
  if (v.op != AID_OP_DELETE)
    err = full_name (w, v.new_path, &s->write);
  if (!err && (v.op == AID_OP_DELETE || v.op == AID_OP_RENAME))
    err = full_name (w, v.old_path, &s->remove);
  s->exists = s->write && aid_fs_exists (s->write);
  if (!err && s->exists && v.op == AID_OP_RENAME)
    err = aid_error_set (w->e, AID_E_STATE, "%.200s is there meanwhile", s->write);
  if (!err && (s->remove || s->exists))
    err = unchanged (w, s, s->remove ? s->remove : s->write);
  if (!err && !s->exists && s->write)
    err = make_folders (w, s->write);
  if (!err && s->write && !s->remove && !s->exists)
    s->mode = new_mode (s->write);
  return err || !s->write ? err : write_temp (w, s);
}

/* Two names of the patch may be one file: then the second text would hide the first. */
static enum aid_err
one_file_twice (struct writer *w)
{
  for (size_t i = 0; i < w->steps.len; i++)
    for (size_t k = 0; k < i; k++)
      {
        const struct step *a = step_at (w, i), *b = step_at (w, k);
        int same_inode = a->ino && a->ino == b->ino && a->dev == b->dev;
        if (same_inode || (a->write && b->write && strcmp (a->write, b->write) == 0))
          return aid_error_set (w->e, AID_E_REFUSED, "the patch names %.150s twice, by different names",
                                a->write ? a->write : a->remove);
      }
  return AID_OK;
}

/* --- changing names --- */

static enum aid_err
sync_folder (struct writer *w, const char *name)
{
  char *folder = strndup (name, (size_t) (aid_fs_base (name) - name));
  int fd = folder ? open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  enum aid_err err = fd < 0 || (fsync (fd) && errno != EINVAL) ? failed (w, "sync the folder of", name) : AID_OK;
  if (fd >= 0)
    close (fd);
  free (folder);
  return err;
}

static enum aid_err
commit (struct writer *w, struct step *s)
{
  /* A new name is linked, which fails when somebody was faster; some file systems cannot. */
  if (s->write && !s->exists && link (s->temp, s->write) != 0
      && (errno == EEXIST || aid_fs_exists (s->write) || rename (s->temp, s->write) != 0))
    return failed (w, "make", s->write);
  if (s->write && s->exists && rename (s->temp, s->write) != 0)
    return failed (w, "replace", s->write);
  s->written = s->write != NULL;
  if (s->temp)
    {
      unlink (s->temp);
      free (s->temp);
      s->temp = NULL;
    }
  if (s->remove && unlink (s->remove) != 0)
    return failed (w, "remove", s->remove);
  s->removed = s->remove != NULL;
  enum aid_err err = s->write ? sync_folder (w, s->write) : AID_OK;
  return !err && s->remove ? sync_folder (w, s->remove) : err;
}

static void
roll_back (struct writer *w)
{
  for (size_t i = w->steps.len; i-- > 0;)
    {
      struct step *s = step_at (w, i);
      struct aid_span before = aid_str_span (&s->f->before);
      if (s->removed && aid_fs_replace (s->remove, before, s->mode, NULL) == AID_OK)
        chmod (s->remove, s->mode);
      if (s->written && !s->exists)
        unlink (s->write);
      else if (s->written && aid_fs_replace (s->write, before, s->mode, NULL) == AID_OK)
        chmod (s->write, s->mode);
      if (s->temp)
        unlink (s->temp);
    }
  for (size_t i = w->folders.len; i-- > 0;)
    rmdir (AID_VEC_AT (char *, &w->folders, i));
}

static void
writer_free (struct writer *w)
{
  for (size_t i = 0; i < w->steps.len; i++)
    {
      struct step *s = step_at (w, i);
      free (s->temp);
      free (s->write);
      free (s->remove);
    }
  for (size_t i = 0; i < w->folders.len; i++)
    free (AID_VEC_AT (char *, &w->folders, i));
  aid_vec_free (&w->steps);
  aid_vec_free (&w->folders);
  free (w->exec);
}

/* --- all of it --- */

/* Notes for each file what it is to be: what the last part of the patch states, of those for it that fit as a whole. */
static enum aid_err
note_modes (struct writer *w)
{
  w->exec = malloc ((w->plan->files.len + 1) * sizeof *w->exec);
  if (!w->exec)
    return aid_error_set (w->e, AID_E_NOMEM, "no memory");
  for (size_t i = 0; i < w->plan->files.len; i++)
    {
      const struct aid_file_plan *f = &AID_VEC_AT (struct aid_file_plan, &w->plan->files, i);
      int stated = aid_plan_view (w->p, w->plan->reverse, f->file).exec;
      w->exec[i] = -1;
      if (f->applies && stated >= 0)
        w->exec[f->same_as] = stated;
    }
  return AID_OK;
}

/* Whether the plan changes the file at all. */
static int
changes (const struct writer *w, const struct aid_file_plan *f)
{
  enum aid_patch_op op = aid_plan_view (w->p, w->plan->reverse, f->file).op;
  size_t applied = 0;
  for (size_t i = 0; i < f->n; i++)
    applied += AID_VEC_AT (struct aid_placement, &w->plan->placements, f->first + i).status == AID_HUNK_APPLIES;
  if (op == AID_OP_MODIFY)
    return f->same_as == f->file
           && (!aid_span_eq (aid_str_span (&f->before), aid_str_span (&f->after)) || w->exec[f->file] >= 0);
  return f->applies && !f->already && (applied > 0 || f->n == 0 || op == AID_OP_RENAME);
}

static const char *
first_reason (const struct aid_plan *plan)
{
  for (size_t i = 0; i < plan->files.len; i++)
    if (AID_VEC_AT (struct aid_file_plan, &plan->files, i).reason[0])
      return AID_VEC_AT (struct aid_file_plan, &plan->files, i).reason;
  for (size_t i = 0; i < plan->placements.len; i++)
    if (AID_VEC_AT (struct aid_placement, &plan->placements, i).status == AID_HUNK_REFUSED)
      return AID_VEC_AT (struct aid_placement, &plan->placements, i).reason;
  return "nothing fits";
}

enum aid_err
aid_patch_apply_tree (const struct aid_patch *p, const struct aid_plan *plan, const char *root, int partial,
                      struct aid_error *e)
{
  if (plan->refused > 0 && !partial)
    return aid_error_set (e, AID_E_REFUSED, "nothing was written, for %zu of %zu changes do not fit: %.150s", plan->refused,
                          plan->refused + plan->applied + plan->already, first_reason (plan));
  struct writer w = { .p = p, .plan = plan, .root = root, .e = e };
  w.steps = AID_VEC_INIT (struct step, AID_PATCH_FILES);
  w.folders = AID_VEC_INIT (char *, (size_t) AID_PATCH_FILES * 4);
  enum aid_err err = note_modes (&w);
  for (size_t i = 0; i < plan->files.len && !err; i++)
    {
      const struct aid_file_plan *f = &AID_VEC_AT (struct aid_file_plan, &plan->files, i);
      struct step *s = changes (&w, f) ? aid_vec_push (&w.steps) : NULL;
      if (!s && changes (&w, f))
        err = aid_error_set (e, AID_E_NOMEM, "no memory");
      if (s)
        {
          s->f = f;
          s->exec = w.exec[f->file];
          err = prepare (&w, s);
        }
    }
  if (!err)
    err = one_file_twice (&w);
  for (size_t i = 0; i < w.steps.len && !err; i++)
    err = commit (&w, step_at (&w, i));
  if (err)
    roll_back (&w);
  writer_free (&w);
  return err;
}
