/* What snapshot.c (the life of one, settings, what is not saved), collect.c (which files are to be looked at), take.c (one
   snapshot) and watch.c (one after the other) share. */
#ifndef AID_LEARN_SNAPSHOT_INTERNAL_H
#define AID_LEARN_SNAPSHOT_INTERNAL_H

#include "base/map.h"
#include "base/vec.h"
#include "learn/import.h"
#include "learn/message.h"
#include "learn/seen.h"
#include "learn/snapshot.h"
#include <pthread.h>

#define AID_UNSAVED_MAX 1000 /* files that are not saved yet */

/* What an editor has of a file. */
struct aid_unsaved
{
  char *path, *text; /* TEXT NULL: it is as on the disk again */
  size_t len;
  int fresh; /* not in a snapshot yet */
};

struct aid_snapshots
{
  struct aid_project *project;
  struct aid_snapshot_settings settings;
  struct aid_vault *vault;
  char *own[2]; /* AID's own folders within the project, relative with a slash at their ends, or NULL */

  pthread_mutex_t busy; /* who takes a snapshot; over programs and files, nobody else waits for it */
  /* Its holder's. */
  uint64_t generation;      /* of the project, of the last one; 0: the next looks through all */
  uint64_t stamp;           /* of the last build that is known */
  struct aid_project_vc vc; /* as the last one says */
  int64_t newest_ms;        /* a file was changed last */
  int64_t whole_ms;         /* when all files were looked through last */
  int64_t looked_ms;        /* when the last one began; 0: none was taken */
  int64_t noticed_ms;       /* when it was first seen that something has changed since; 0: nothing has, as far as is known */
  int begun;                /* one has been tried: what another process has seen counts no more */
  int fresh;                /* more was seen than the file says */
  char last[AID_VAULT_ID];
  struct aid_map *left; /* path -> enum aid_leave, as a pointer */
  size_t counts[AID_LEAVES];
  struct aid_vec again; /* char *: paths that could not be read whole */

  pthread_mutex_t lock;   /* what is not saved, and whether there is news of it: a few assignments, copying one text */
  struct aid_vec unsaved; /* struct aid_unsaved */
  int unsaved_news;
};

/* A file to be looked at. */
struct aid_todo
{
  char *path;
  size_t len;
  uint64_t size;
  int gone;
};

/* Adds what has changed since S's generation to FILES, and news of what is not saved; *WHOLE: it is all files.  *GENERATION is
   the one to go on from. */
enum aid_err
aid_snapshot_collect (struct aid_snapshots *s, struct aid_vec *files, int *whole, uint64_t *generation, struct aid_error *e);
/* The same for the first one of a process, by what another has seen at the snapshot LAST; 0, or -1 when that does not count. */
int aid_snapshot_collect_unseen (struct aid_snapshots *s, const char *last, struct aid_vec *files, uint64_t *generation);
/* Leaves the next process what was seen. */
void aid_snapshot_leave_seen (struct aid_snapshots *s);
void aid_todo_free (struct aid_vec *files);

/* Appends what an editor has of PATH to OUT; 0 when it has nothing of its own. */
int aid_snapshot_unsaved_text (struct aid_snapshots *s, struct aid_span path, struct aid_str *out);
/* The paths of what is not saved, a new reference. */
json_t *aid_snapshot_unsaved_paths (struct aid_snapshots *s);
/* All that is not saved is to be put into the next snapshot. */
void aid_snapshot_unsaved_refresh (struct aid_snapshots *s);
/* Whether a snapshot would have anything to look at, and notes when files were first seen to have changed; *BUILT: a build has
   ended.  The holder of `busy' asks. */
int aid_snapshot_due (struct aid_snapshots *s, int *built);
/* Notes that PATH is left out for WHY (AID_LEAVE_NOT: it is not); gives why it was. */
enum aid_leave aid_snapshot_leave (struct aid_snapshots *s, struct aid_span path, enum aid_leave why);

#endif
