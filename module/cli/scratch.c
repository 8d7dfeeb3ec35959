/* Folders that are thrown away.  Each holds a file "lock", locked as long as its process lives, and "files", what is laid
   out: so a folder whose lock can be had is that of a process which was killed, and the next one removes it. */
#include "cli/scratch.h"
#include "base/fs.h"
#include "learn/layout.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK "/lock"
#define FILES "/files"
/* Who looks upwards from a project in FILES for the repository that it lies in ends here, at one that lists nothing, and not
   at the person's, which the folder of temporary files may lie in. */
#define BOUND FILES "/.hg"
#define RANDOM "XXXXXX"
#define TRIES 10

static const char *
folder_of_all (void)
{
  const char *tmp = getenv ("TMPDIR");
  return tmp && tmp[0] == '/' ? tmp : "/tmp";
}

/* Appends TOP and NAME to OUT, in place of what it holds. */
static const char *
path_in (const char *top, const char *name, struct aid_str *out)
{
  aid_str_clear (out);
  aid_str_addf (out, "%s%s", top, name);
  return aid_str_z (out);
}

/* Removes TOP, whose lock we hold; the lock goes last, so that who is killed on the way leaves a folder like any other. */
static void
remove_folder (const char *top)
{
  struct aid_str path = AID_STR_INIT (8192);
  aid_layout_remove (path_in (top, FILES, &path));
  if (!aid_fs_exists (aid_str_z (&path)) && !unlink (path_in (top, LOCK, &path)))
    rmdir (top);
  aid_str_free (&path);
}

/* --- what others have left ---------------------------------------------------------------------------------------- */

/* Whether TOP is a folder of ours, and no link. */
static int
is_ours (const char *top)
{
  struct stat st;
  return !lstat (top, &st) && S_ISDIR (st.st_mode) && st.st_uid == geteuid ();
}

/* Removes TOP if nobody uses it.  One without a lock is only removed when it is empty: its process died, or is about to make
   the lock and then makes another folder. */
static void
remove_left (const char *top)
{
  struct aid_str path = AID_STR_INIT (8192);
  int lock = is_ours (top) ? open (path_in (top, LOCK, &path), O_RDWR | O_NOFOLLOW | O_CLOEXEC) : -1;
  if (lock >= 0 && !flock (lock, LOCK_EX | LOCK_NB))
    remove_folder (top);
  else if (lock < 0 && errno == ENOENT)
    rmdir (top);
  if (lock >= 0)
    close (lock);
  aid_str_free (&path);
}

/* Whether NAME begins with START and as many signs as are drawn for a new one. */
static int
is_named (const char *name, struct aid_span start)
{
  size_t n = strlen (RANDOM);
  return aid_span_starts (aid_span_z (name), start.ptr) && strlen (name) == start.len + n && !strchr (name + start.len, '-');
}

static void
sweep (const char *what)
{
  struct aid_str start = AID_STR_INIT (1000), path = AID_STR_INIT (8192);
  aid_str_addf (&start, "aid-%s-", what);
  DIR *all = start.err ? NULL : opendir (folder_of_all ());
  for (struct dirent *d; all && (d = readdir (all));)
    if (is_named (d->d_name, aid_str_span (&start)))
      {
        aid_str_clear (&path);
        aid_str_addf (&path, "%s/%s", folder_of_all (), d->d_name);
        if (!path.err)
          remove_left (aid_str_z (&path));
      }
  if (all)
    closedir (all);
  aid_str_free (&start);
  aid_str_free (&path);
}

/* --- a new one ---------------------------------------------------------------------------------------------------- */

/* Makes TOP, of which a template is given, and its lock: 0; 1 when somebody took it away before it was locked; -1 and errno. */
static int
make (char *top, int *lock)
{
  struct aid_str path = AID_STR_INIT (8192);
  if (!mkdtemp (top))
    return -1;
  *lock = open (path_in (top, LOCK, &path), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  int taken = *lock < 0 ? errno == ENOENT : flock (*lock, LOCK_EX | LOCK_NB) || !aid_fs_exists (aid_str_z (&path));
  int bad = !taken
            && (*lock < 0 || mkdir (path_in (top, FILES, &path), 0700) || mkdir (path_in (top, BOUND, &path), 0700));
  int no = errno;
  if (*lock >= 0 && (taken || bad))
    {
      if (bad)
        remove_folder (top);
      close (*lock);
      *lock = -1;
    }
  aid_str_free (&path);
  errno = no;
  return taken ? 1 : bad ? -1 : 0;
}

enum aid_err
aid_cli_scratch (const char *what, struct aid_scratch *out, struct aid_error *e)
{
  int bad = 1;
  sweep (what);
  for (int i = 0; i < TRIES && bad == 1; i++)
    {
      aid_str_clear (&out->dir);
      aid_str_addf (&out->dir, "%s/aid-%s-" RANDOM, folder_of_all (), what);
      bad = out->dir.err ? -1 : make (out->dir.ptr, &out->lock);
    }
  if (bad)
    return aid_error_set (e, AID_E_IO, "No folder can be made in %s: %s", folder_of_all (), strerror (errno));
  aid_str_addz (&out->dir, FILES);
  if (!out->dir.err)
    return AID_OK;
  aid_cli_scratch_remove (out);
  return aid_error_set (e, AID_E_LIMIT, "The folder %s has too long a name", folder_of_all ());
}

void
aid_cli_scratch_remove (struct aid_scratch *s)
{
  if (s->lock >= 0)
    {
      struct aid_span top = aid_str_span (&s->dir);
      char *name = aid_span_dup (aid_span_ends (top, FILES) ? aid_span_cut (top, 0, top.len - strlen (FILES)) : top);
      if (name)
        remove_folder (name);
      free (name);
      close (s->lock);
      s->lock = -1;
    }
  aid_str_free (&s->dir);
}

enum aid_err
aid_cli_scratch_cache (const struct aid_scratch *s, struct aid_error *e)
{
  struct aid_str vocab = AID_STR_INIT (8192), cache = AID_STR_INIT (8192);
  enum aid_err err = aid_fs_xdg (AID_DIR_CACHE, &vocab, e);
  aid_str_addz (&vocab, "/vocab");
  aid_str_addf (&cache, "%.*s/cache/aid", (int)s->dir.len, s->dir.ptr);
  if (!err)
    err = aid_fs_mkdirs (aid_str_z (&cache), 0700, e);
  aid_str_addz (&cache, "/vocab");
  if (!err && aid_fs_exists (aid_str_z (&vocab)) && symlink (aid_str_z (&vocab), aid_str_z (&cache)))
    err = aid_error_set (e, AID_E_IO, "%s cannot be made: %s", aid_str_z (&cache), strerror (errno));
  cache.len -= strlen ("/aid/vocab");
  cache.ptr[cache.len] = '\0';
  if (!err && setenv ("XDG_CACHE_HOME", aid_str_z (&cache), 1))
    err = aid_error_set (e, AID_E_NOMEM, "There is no memory");
  aid_str_free (&vocab);
  aid_str_free (&cache);
  return err;
}
