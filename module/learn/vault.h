/* Where snapshots of a project are kept: a Git repository of its own in the state's folder, which the project's version control
   knows nothing of.  $XDG_STATE_HOME/aid/snapshots/HASH/ (mode 0700), HASH that of the root's name, holds

     root     the project's root
     git/     the repository, bare: refs/snapshots/2026-11-30T08 is the last snapshot of an hour (UTC), the first one of each
              hour has no parent; refs/examples/NAME keep what somebody else wants kept
     lock     locked (flock) while something is written
     watch    locked by the process that watches the project
     seen     how the files looked (seen.h)
     on       is there when the person has switched snapshots on in Emacs

   Git is run with nothing of the person's or the system's settings, without hooks, and with our repository named in its
   environment, so that it never looks for another one. */
#ifndef AID_LEARN_VAULT_H
#define AID_LEARN_VAULT_H

#include "base/stop.h"
#include "base/str.h"
#include "base/vec.h"

#define AID_VAULT_ID 65 /* an object's name in hex and a NUL */
#define AID_VAULT_ID_LEAST 4 /* digits that name one */
#define AID_VAULT_REFS "refs/snapshots/"
#define AID_VAULT_MESSAGE ((size_t)4 << 20) /* bytes of a snapshot's message */
#define AID_VAULT_EXAMPLES_GLOB "--glob=refs/examples/*"
#define AID_VAULT_WAIT_MS 10000 /* patience of a command for another's writing */

struct aid_vault
{
  char *root, *dir;      /* absolute, links resolved */
  struct aid_vec env;    /* const char *, for aid_proc: calm.h's, and ours */
  char *git_dir;         /* "GIT_DIR=..." */
  int lock_fd, watch_fd; /* -1: not held */
};

/* The one of the project at ROOT.  MAKE: its folder is made; else AID_E_NOTFOUND where there is none. */
enum aid_err aid_vault_open (const char *root, int make, struct aid_vault **out, struct aid_error *e);
/* The one in the folder DIR, wherever that is; its root is what the file in it says, and need not be there any more. */
enum aid_err aid_vault_open_at (const char *dir, struct aid_vault **out, struct aid_error *e);
/* Calls FN with the full name of each folder with snapshots in STORE, or, when that is NULL, in this machine's own folder, in the
   order of their names, until it gives an error.  No folder, no call. */
enum aid_err aid_vaults (const char *store, enum aid_err (*fn) (void *ctx, const char *dir, struct aid_error *e), void *ctx,
                         struct aid_error *e);
/* The repository whose Git directory GIT_DIR ("~/" for the home) is, whosever it is: to read trees of it and nothing else (it
   has no root).  AID_E_NOTFOUND. */
enum aid_err aid_vault_at (const char *git_dir, struct aid_vault **out, struct aid_error *e);
void aid_vault_free (struct aid_vault *s);
/* Appends the path of NAME in its folder. */
void aid_vault_path (const struct aid_vault *s, const char *name, struct aid_str *out);

/* Takes the right to write, waiting for WAIT_MS at most, and makes the repository what it must be: there, and without what a
   killed process has left behind.  AID_E_STATE: somebody else has it. */
enum aid_err aid_vault_lock (struct aid_vault *s, int wait_ms, struct aid_error *e);
void aid_vault_unlock (struct aid_vault *s);
/* Takes the part of the one that watches; does not wait.  AID_E_STATE: somebody else has it. */
enum aid_err aid_vault_watch (struct aid_vault *s, struct aid_error *e);
/* Removes what a fast-import that was ended has left.  With the right to write. */
void aid_vault_sweep (const struct aid_vault *s);
/* After git has failed: takes away what can be no file of it, and the last hours as far as their objects are not all there.  With
   the right to write. */
void aid_vault_heal (const struct aid_vault *s);
/* Notes that objects are being removed (or no longer): who finds that note of a process that is gone waits until git is, too. */
void aid_vault_note_gc (const struct aid_vault *s, int begins);

struct aid_vault_run
{
  const char *const *args; /* NULL at the end: "log", ... */
  struct aid_span input;
  struct aid_str *out; /* appended to; its limit holds; NULL: nobody reads it */
  const struct aid_stop *stop;
  int with_us; /* ended when this process is gone */
  int *status; /* gets how it ended, which is then no failure below 128; or NULL */
};
/* Runs git.  AID_E_IO: it failed, and what it said; AID_E_LIMIT: it printed more than OUT takes; AID_E_NOTFOUND: there is no
   git. */
enum aid_err aid_vault_git (const struct aid_vault *s, const struct aid_vault_run *run, struct aid_error *e);
/* Takes what goes up to END, or to the end of all, off *REST, which is what git printed: with it END. */
struct aid_span aid_vault_field (struct aid_span *rest, char end);
/* Whether Z may be given to git as the name of a snapshot: 4 to 64 hex digits. */
int aid_vault_is_id (const char *z);

/* The last snapshot; "" all of it when there is none. */
struct aid_vault_tip
{
  char commit[AID_VAULT_ID], tree[AID_VAULT_ID], ref[64];
  struct aid_str message;
};
enum aid_err aid_vault_tip (const struct aid_vault *s, struct aid_vault_tip *tip, struct aid_error *e);
void aid_vault_tip_free (struct aid_vault_tip *tip);

#endif
