/* Threads that read, scan and cut files, in front of the one that writes: what is put in comes out in the same order. */
#ifndef AID_INDEX_PIPE_H
#define AID_INDEX_PIPE_H

#include "index/prepare.h"

struct aid_pipe;

struct aid_pipe_item
{
  struct aid_str path;
  int64_t id, hash; /* as struct aid_to_prepare has them */
  unsigned what;    /* AID_PREPARE_... */
  struct aid_project_file listed; /* its path is not kept */
  struct aid_span outline;        /* borrowed of who put it in, until it is out */
  struct aid_prepared made;
};

/* THREADS that prepare files of P; CALM: at idle priority.  0 of them: who waits for an item prepares it, for few files. */
struct aid_pipe *aid_pipe_new (struct aid_project *p, unsigned threads, int calm, struct aid_error *e);
/* Drops what is in it. */
void aid_pipe_free (struct aid_pipe *p);
#define AID_PIPE_HALF 64 /* items: who takes so many out of a full one at once is woken up less often */

/* Whether nothing more goes in before something is taken out. */
int aid_pipe_full (const struct aid_pipe *p);
int aid_pipe_empty (const struct aid_pipe *p);
/* Puts TASK in, of which what the list says is known; P is not full. */
void aid_pipe_put (struct aid_pipe *p, const struct aid_to_prepare *task);
/* The oldest item, when it is done; P is not empty.  Borrowed until aid_pipe_next. */
struct aid_pipe_item *aid_pipe_wait (struct aid_pipe *p);
void aid_pipe_next (struct aid_pipe *p);

/* Each thread gathers what it prepares from now on, instead of putting it into the items; P is empty. */
enum aid_err aid_pipe_gather (struct aid_pipe *p, struct aid_error *e);
/* What thread I has gathered, while P is empty; 0: there is no such thread.  The caller may empty it. */
int aid_pipe_gathered (struct aid_pipe *p, unsigned i, struct aid_gather **names, struct aid_gather **words);

/* Sets the calling thread behind all others, for processor and disk. */
void aid_calm_thread (void);

#endif
