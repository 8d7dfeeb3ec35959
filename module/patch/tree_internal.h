/* A change of a tree of files that is made as a whole or not at all, whatever ends the program.

   A change is a list of steps; each step replaces, makes or removes one file.  It is made so:

   1. The journal is written: every step with the hashes of the old and the new text, and the folders to be made.  It is
      named KEY.begin.  From here on whoever finds it can name every file that we may have put into the tree.
   2. Each new text is written beside its target (.aid-KEY-N.new), with the mode, owner and attributes that it is to have,
      and each old file gets a second name beside it (.aid-KEY-N.old), a hard link, or a copy where links are not to be had.
      All of it is written, then synced (tree_lay.c).
   3. The journal is renamed to KEY.commit and its folder synced.  This moment divides the old tree from the new one.
   4. The steps are made: .new is renamed to its target, which also is how one sees that a step was made.  All of it is
      synced.
   5. The .old names are removed, then the journal.

   A journal that is found later tells what to do.  KEY.begin: no file has changed, so .new, .old and folders are removed.
   KEY.commit: the steps that are left are made, which needs no space and no text but what lies there.  When a step fails
   while the program lives, the journal is renamed to KEY.undo, .old is renamed back, and the rest is removed; so does
   who finds it.  Each of these ways may be cut short and walked again.

   A file with several names (hard links), all of them in the tree, is written in place, so that all of them see it; .old is
   a copy then.  A kill while it is written leaves half a text, until the journal is found.

   The journal is not in the tree: a tree may be read-only but for the files at hand, watched, synchronised or committed
   blindly, and a project must not be able to bring a journal along.  It is in $XDG_STATE_HOME/aid/patch, named by the
   hash of the tree's real path and the change's own key, and holds names, hashes and no text. */
#ifndef AID_PATCH_TREE_INTERNAL_H
#define AID_PATCH_TREE_INTERNAL_H

#include "patch/patch.h"

#include <stdint.h>
#include <sys/stat.h>

enum
{
  AID_TREE_WAIT = 10000,        /* milliseconds that a writer waits for another */
  AID_TREE_ENTRIES = 200000     /* names looked at when a file's other names are searched */
};

enum aid_tree_step_kind
{
  AID_STEP_REPLACE = '=',
  AID_STEP_NEW = '+',
  AID_STEP_REMOVE = '-',
  AID_STEP_THROUGH = '~'        /* written in place, for other names of the file are to see it */
};

struct aid_tree_step
{
  enum aid_tree_step_kind kind;
  char *name;                   /* full and real */
  char *temp;                   /* the new text beside it; NULL for a removal */
  char *old;                    /* the old one's second name beside it; NULL for a new file */
  uint64_t before, after;       /* hashes of the texts; 0 where there is none */
  uint64_t ino;                 /* of the file when the change was prepared; 0 for a new one */
};

enum aid_tree_change_state { AID_TREE_BEGUN, AID_TREE_COMMITTED, AID_TREE_UNDOING };

struct aid_tree_change
{
  char *root;                   /* the tree's real path */
  char key[9];
  char *journal;                /* the journal's name without its extension */
  enum aid_tree_change_state state;
  struct aid_vec steps;         /* struct aid_tree_step */
  struct aid_vec folders;       /* char *: full names of folders to be made, outer ones first */
};

#define AID_TREE_STEP(c, i) (&AID_VEC_AT (struct aid_tree_step, &(c)->steps, i))
#define AID_TREE_FOLDER(c, i) (AID_VEC_AT (char *, &(c)->folders, i))

/* Sets the error to "cannot WHAT NAME: why", of errno. */
enum aid_err aid_tree_failed (struct aid_error *e, const char *what, const char *name);

/* --- the journal: tree_journal.c --- */

/* Appends the folder of locks and journals. */
enum aid_err aid_tree_state (struct aid_str *out, struct aid_error *e);
/* An empty change of the tree ROOT (a real path). */
enum aid_err aid_tree_change_init (struct aid_tree_change *c, const char *root, struct aid_error *e);
void aid_tree_change_free (struct aid_tree_change *c);
/* A new step with its names; takes NAME, also when it fails (NULL without memory). */
struct aid_tree_step *aid_tree_change_add (struct aid_tree_change *c, enum aid_tree_step_kind kind, char *name);
enum aid_err aid_tree_change_add_folder (struct aid_tree_change *c, const char *name, struct aid_error *e);
/* Writes the journal, as begun. */
enum aid_err aid_tree_change_write (const struct aid_tree_change *c, struct aid_error *e);
/* Reads the journal FILE, whose extension says the state.  C needs aid_tree_change_free in any case. */
enum aid_err aid_tree_change_read (struct aid_tree_change *c, const char *file, struct aid_error *e);
/* Renames the journal.  When only the syncing of its folder fails, the state has changed all the same. */
enum aid_err aid_tree_change_become (struct aid_tree_change *c, enum aid_tree_change_state state, struct aid_error *e);
void aid_tree_change_drop (const struct aid_tree_change *c);

/* --- making and undoing: tree_steps.c --- */

/* Whether the steps that are left can be made: no file was changed by somebody else, no text is lost. */
enum aid_err aid_tree_change_can_finish (const struct aid_tree_change *c, struct aid_error *e);
/* Makes the steps that are left, and syncs. */
enum aid_err aid_tree_change_make (struct aid_tree_change *c, struct aid_error *e);
/* Removes what only the way back needed, and the journal. */
enum aid_err aid_tree_change_close (struct aid_tree_change *c, struct aid_error *e);
/* Brings the old tree back and removes the journal.  What somebody else wrote meanwhile stays. */
enum aid_err aid_tree_change_undo (struct aid_tree_change *c, struct aid_error *e);
/* Removes .new, .old and the journal, whatever was done. */
enum aid_err aid_tree_change_forget (struct aid_tree_change *c, struct aid_error *e);

/* --- laying the texts down: tree_lay.c --- */

/* Where a step's text comes from; one for each step of a change, in their order. */
struct aid_tree_text
{
  struct aid_span before, after;
  char *like;                   /* the file whose mode, owner and attributes it gets; NULL for a new one */
  struct stat st;               /* of that file */
  int exec;                     /* whether it is to be executable; -1: as it is */
  int same;                     /* only its name changes */
};

/* Writes the journal, as begun, and looks whether all files are as the plan had them: one that has no more the text of BEFORE is
   AID_E_STATE. */
enum aid_err aid_tree_begin (const struct aid_tree_change *c, const struct aid_tree_text *texts, struct aid_error *e);
/* Then makes the .new and .old of every step, and syncs them and their folders. */
enum aid_err aid_tree_lay_down (const struct aid_tree_change *c, const struct aid_tree_text *texts, struct aid_error *e);

/* --- making durable: tree_sync.c --- */

/* Calls FN for each of N steps or folders, several at once when they are many, by as many threads besides this one as HELPERS
   tells: many when they wait for the disk. */
enum { AID_TREE_WAITS = 24, AID_TREE_WORKS = 1 };
enum aid_err aid_tree_each (size_t n, unsigned helpers, enum aid_err (*fn) (void *ctx, size_t i, struct aid_error *e), void *ctx,
                            struct aid_error *e);

/* Files that were written and are to be synced together. */
struct aid_tree_unsynced
{
  struct aid_vec files;
};
struct aid_tree_unsynced aid_tree_unsynced (void);
/* Takes FD, also when it fails, and borrows its NAME; syncs all of U when too many are open. */
enum aid_err aid_tree_sync_later (struct aid_tree_unsynced *u, int fd, const char *name, struct aid_error *e);
/* Syncs and closes them.  When that fails for one it may not have been tried for others. */
enum aid_err aid_tree_sync_now (struct aid_tree_unsynced *u, struct aid_error *e);
/* Syncs them, and the folders of all names of the change. */
enum aid_err aid_tree_sync_folders (struct aid_tree_unsynced *u, const struct aid_tree_change *c, struct aid_error *e);
/* Closes what is not synced. */
void aid_tree_unsynced_free (struct aid_tree_unsynced *u);

/* Syncs the folders of all names of the change. */
enum aid_err aid_tree_change_sync (const struct aid_tree_change *c, struct aid_error *e);

/* --- interrupted changes: tree_recover.c --- */

/* aid_patch_recover for the real path ROOT by one who holds the lock; OUT may be NULL. */
enum aid_err aid_tree_recover (const char *root, enum aid_recover_how how, struct aid_patch_recovery *out,
                               struct aid_error *e);

/* --- one writer at a time: tree_lock.c --- */

struct aid_tree_lock
{
  int file, root;               /* descriptors, -1 for none */
};

/* Waits at most WAIT milliseconds; then AID_E_STATE that says who writes.  The lock goes with the process at the latest. */
enum aid_err aid_tree_lock (struct aid_tree_lock *lock, const char *root, int wait, struct aid_error *e);
void aid_tree_unlock (struct aid_tree_lock *lock);

/* --- what keeps a file from being written: tree_guard.c --- */

/* AID_E_REFUSED when a live Emacs has unsaved changes of the file FULL, which the patch calls PATH; LINKS: the name may go
   through symbolic links. */
enum aid_err aid_tree_not_edited (const char *full, const char *path, int links, struct aid_error *e);
/* Whether all names of the file are below ROOT and none of them in a folder of version control. */
int aid_tree_holds_links (const char *root, const struct stat *st);

/* --- what systems do differently: tree_system.c --- */

/* Gives the open file FD the owner, the attributes (access lists among them) and the mode ST of the file NAME, as far as
   we may.  0, or -1 with errno. */
int aid_tree_dress (int fd, const char *name, const struct stat *st);
/* Has the system begin to write what FD holds to the disk, without waiting and without a promise. */
void aid_tree_start_writing (int fd);

#endif
