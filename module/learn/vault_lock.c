/* Who may write, and what a killed writer has left: git's lock files, half packs, its report of a crash.  Only the holder of the
   lock starts a git that writes, so all of that is nobody's once the lock is ours. */
#include "base/clock.h"
#include "base/fs.h"
#include "learn/vault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_LIMIT ((size_t)8192)
#define LOOK_MS 20
#define FATAL 128     /* git's status when it gives up */
#define HEALED 2      /* hours that are given up at most: a disk is minutes behind, not days */
#define GC_GRACE_S 15 /* within which a git that removes objects is gone after its parent (base/proc.h, with_us) */

/* What the repository is.  Nothing is tidied but by us.  A snapshot is one pack, which no disk is waited for: what is lost with
   the power is in the files as well, and aid_vault_heal takes the rest of it away.  Names that only matter to who checks a
   tree out are no fault of a store that nobody checks out. */
static const char config_text[]
  = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tfilemode = true\n"
    "\tlogallrefupdates = false\n\tfsync = none\n"
    "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[fastimport]\n\tunpacklimit = 0\n"
    "[pack]\n\tthreads = 1\n\twindowmemory = 64m\n[repack]\n\twritebitmaps = false\n[fsck]\n\thasdotgit = ignore\n"
    "\tgitmodulessymlink = ignore\n\tgitmodulesname = ignore\n\tgitmodulesurl = ignore\n"
    "\tgitmodulespath = ignore\n\tgitmodulesupdate = ignore\n\tgitmodulesparse = ignore\n"
    "\tgitmoduleslarge = ignore\n\tgitattributeslarge = ignore\n"
    "\tgitattributeslinelength = ignore\n\tgitattributessymlink = ignore\n";

/* --- what was left ------------------------------------------------------------------------------------------------ */

static int
is_left_lock (const char *name)
{
  return aid_span_ends (aid_span_z (name), ".lock");
}

static int
is_left_pack (const char *name)
{
  /* An import marks its pack to be kept until the refs are moved. */
  return !strncmp (name, "tmp_", 4) || !strncmp (name, ".tmp-", 5) || aid_span_ends (aid_span_z (name), ".keep");
}

/* As a new file may be after the power was lost. */
static int
is_empty (int dir, const char *name)
{
  struct stat st;
  return !fstatat (dir, name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG (st.st_mode) && !st.st_size;
}

static int
is_left_on_top (const char *name)
{
  return is_left_lock (name) || !strncmp (name, "fast_import_crash_", 18);
}

/* Removes the files of FOLDER, in the repository, that LEFT says yes to; with EMPTY also the empty ones. */
static void
sweep (const struct aid_vault *s, const char *folder, int (*left) (const char *name), int empty)
{
  struct aid_str path = AID_STR_INIT (PATH_LIMIT);
  aid_vault_path (s, folder, &path);
  DIR *dir = path.err ? NULL : opendir (aid_str_z (&path));
  for (struct dirent *d; dir && (d = readdir (dir));)
    if (left (d->d_name) || (empty && is_empty (dirfd (dir), d->d_name)))
      unlinkat (dirfd (dir), d->d_name, 0);
  if (dir)
    closedir (dir);
  aid_str_free (&path);
}

static void
sweep_all (const struct aid_vault *s, int empty)
{
  sweep (s, "git", is_left_on_top, 0);
  sweep (s, "git/objects/pack", is_left_pack, empty);
  sweep (s, "git/refs/snapshots", is_left_lock, empty);
  sweep (s, "git/refs/examples", is_left_lock, empty);
}

void
aid_vault_sweep (const struct aid_vault *s)
{
  sweep_all (s, 0);
}

void
aid_vault_heal (const struct aid_vault *s)
{
  static const char *const newest[]
    = { "for-each-ref", "--count=1", "--sort=-refname", "--format=%(refname)", AID_VAULT_REFS, NULL };
  sweep_all (s, 1);
  for (int i = 0, on = 1; on && i < HEALED; i++)
    {
      struct aid_str ref = AID_STR_INIT (PATH_LIMIT);
      on = !aid_vault_git (s, &(struct aid_vault_run){ .args = newest, .out = &ref }, NULL) && ref.len > 1;
      if (on)
        aid_str_remove (&ref, ref.len - 1, ref.len);
      const char *const look[] = { "rev-list", "--objects", "--quiet", aid_str_z (&ref), NULL };
      const char *const remove[] = { "update-ref", "-d", aid_str_z (&ref), NULL };
      int status = 0; /* one that was killed, or could not be run, says nothing of the objects */
      on = on && aid_vault_git (s, &(struct aid_vault_run){ .args = look, .status = &status }, NULL) == AID_E_IO
           && status == FATAL && !aid_vault_git (s, &(struct aid_vault_run){ .args = remove }, NULL);
      aid_str_free (&ref);
    }
}

/* --- a git that removes objects may outlive us for a moment ------------------------------------------------------- */

void
aid_vault_note_gc (const struct aid_vault *s, int begins)
{
  struct aid_str path = AID_STR_INIT (PATH_LIMIT);
  aid_vault_path (s, "gc", &path);
  int fd = begins ? open (aid_str_z (&path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
  if (fd >= 0)
    close (fd);
  if (!begins)
    unlink (aid_str_z (&path));
  aid_str_free (&path);
}

/* Whether somebody was killed while objects were removed, just now. */
static int
gc_may_run (const struct aid_vault *s)
{
  struct aid_str path = AID_STR_INIT (PATH_LIMIT);
  struct stat st;
  aid_vault_path (s, "gc", &path);
  int there = !stat (aid_str_z (&path), &st);
  int64_t age = there ? aid_clock_wall_ms () / 1000 - (int64_t)st.st_mtim.tv_sec : 0;
  int may = there && age >= 0 && age < GC_GRACE_S;
  if (there && !may)
    unlink (aid_str_z (&path));
  aid_str_free (&path);
  return may;
}

/* --- the repository ----------------------------------------------------------------------------------------------- */

static enum aid_err
make_ready (const struct aid_vault *s, struct aid_error *e)
{
  struct aid_str config = AID_STR_INIT (PATH_LIMIT), git = AID_STR_INIT (PATH_LIMIT);
  int same = 0;
  aid_vault_path (s, "git/config", &config);
  aid_vault_path (s, "git", &git);
  enum aid_err err = aid_fs_compare (aid_str_z (&config), aid_span_z (config_text), &same, NULL);
  if (!err && same)
    aid_vault_sweep (s);
  else
    { /* the last that is written is the config: who is killed before makes it all again */
      const char *const args[]
        = { "init", "--quiet", "--bare", "--template=", "--initial-branch=none", aid_str_z (&git), NULL };
      sweep (s, "git", is_left_on_top, 0);
      err = aid_vault_git (s, &(struct aid_vault_run){ .args = args }, e);
      if (!err)
        err = aid_fs_replace (aid_str_z (&config), aid_span_z (config_text), 0600, e);
    }
  aid_str_free (&config);
  aid_str_free (&git);
  return err;
}

/* --- who ---------------------------------------------------------------------------------------------------------- */

/* Opens and locks the file NAME: its descriptor, -1 when somebody else has it, -2 when it cannot be opened. */
static int
take (const struct aid_vault *s, const char *name, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (PATH_LIMIT);
  aid_vault_path (s, name, &path);
  int fd = open (aid_str_z (&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    {
      aid_error_set (e, AID_E_IO, "Cannot open %s: %s; look at the folder's permissions", aid_str_z (&path),
                     strerror (errno));
      fd = -2;
    }
  else if (flock (fd, LOCK_EX | LOCK_NB))
    {
      close (fd);
      fd = -1;
    }
  aid_str_free (&path);
  return fd;
}

enum aid_err
aid_vault_lock (struct aid_vault *s, int wait_ms, struct aid_error *e)
{
  int64_t deadline = aid_clock_ms () + wait_ms;
  while ((s->lock_fd = take (s, "lock", e)) == -1 && aid_clock_ms () < deadline)
    usleep (LOOK_MS * 1000);
  if (s->lock_fd == -2)
    return s->lock_fd = -1, AID_E_IO;
  if (s->lock_fd < 0)
    return aid_error_set (e, AID_E_STATE, "Another process writes snapshots of %s now; try again in a moment", s->root);
  enum aid_err err = gc_may_run (s) ? aid_error_set (e, AID_E_STATE, "Snapshots of %s are being tidied; try again in %d s",
                                                     s->root, GC_GRACE_S)
                                    : make_ready (s, e);
  if (err)
    aid_vault_unlock (s);
  return err;
}

void
aid_vault_unlock (struct aid_vault *s)
{
  if (s->lock_fd >= 0)
    close (s->lock_fd);
  s->lock_fd = -1;
}

enum aid_err
aid_vault_watch (struct aid_vault *s, struct aid_error *e)
{
  if (s->watch_fd >= 0)
    return AID_OK;
  s->watch_fd = take (s, "watch", e);
  int missing = s->watch_fd == -2;
  if (s->watch_fd < 0)
    s->watch_fd = -1;
  if (missing)
    return AID_E_IO;
  return s->watch_fd >= 0 ? AID_OK
                          : aid_error_set (e, AID_E_STATE,
                                           "Another process takes the snapshots of %s: this one waits for its end", s->root);
}
