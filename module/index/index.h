/* The index of a project: what is in which file, kept in $XDG_CACHE_HOME/aid/index/HASH-OF-ROOT/.

   One process at a time writes an index, the one that holds its lock; any number read it meanwhile.  It is a cache:
   deleted, damaged or of another version, it is built again.  Nothing of it is shown to people or models: what a
   search gives is read from the files as they are then. */
#ifndef AID_INDEX_INDEX_H
#define AID_INDEX_INDEX_H

#include "base/stop.h"
#include "project/project.h"

struct aid_index;

struct aid_index_options
{
  const char *dir;  /* where it is kept; NULL: in the cache, by the root's name */
  unsigned threads; /* that read many files, 8 at most; 0: one for each processor, 4 at most */
  int no_history;   /* leave version control's log alone */
  uint64_t much;    /* bytes of new text beyond which names are read first, then words; 0: 192 MB */
};

/* Opens the index of P, which is borrowed and must outlive it; nothing is read or written yet.  OPTIONS may be NULL. */
enum aid_err
aid_index_open (struct aid_project *p, const struct aid_index_options *options, struct aid_index **out, struct aid_error *e);
/* Ends and joins its thread (aid_index_start), then frees it.  The project goes on. */
void aid_index_close (struct aid_index *x);

/* The project, borrowed. */
struct aid_project *aid_index_project (const struct aid_index *x);

/* Brings it up to date and returns: waits for the project's list (LIST_MS at most; negative: without end), then reads
   what changed.  STOP (may be NULL) ends it early: AID_E_CANCELLED; what was done until then stays.  AID_E_STATE:
   another process writes. */
enum aid_err aid_index_update (struct aid_index *x, int64_t list_ms, const struct aid_stop *stop, struct aid_error *e);

/* Keeps it up to date on a thread of its own until it is closed; CALM: at idle priority where there is much to read. */
enum aid_err aid_index_start (struct aid_index *x, int calm, struct aid_error *e);

enum aid_index_phase
{
  AID_INDEX_NONE,  /* nothing was read yet */
  AID_INDEX_NAMES, /* paths and definitions of a first index are read */
  AID_INDEX_WORDS, /* they can be searched; words are read */
  AID_INDEX_READY,
  AID_INDEX_ELSEWHERE /* another process writes */
};

struct aid_index_state
{
  enum aid_index_phase phase;
  size_t files;               /* that it holds */
  size_t to_read;             /* files that are still to be read */
  uint64_t bytes;             /* that were read since it was opened */
  uint64_t updates;           /* transactions since it was opened: something may have become searchable */
  int rebuilt;                /* it was damaged or of another version, and is built anew */
  int64_t named_ms, ready_ms; /* after the beginning of the last update; -1: not yet */
  struct aid_error error;     /* of the last update */
};
void aid_index_state (struct aid_index *x, struct aid_index_state *out);
/* Waits until state.updates is greater than SINCE, or the phase AID_INDEX_READY is reached, for MS at most. */
void aid_index_wait (struct aid_index *x, uint64_t since, int64_t ms);

#endif
