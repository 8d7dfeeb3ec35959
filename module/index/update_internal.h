/* One update that runs: its transaction and the rows that it writes.  Failure is sticky: behind one, nothing is done. */
#ifndef AID_INDEX_UPDATE_INTERNAL_H
#define AID_INDEX_UPDATE_INTERNAL_H

#include "index/index_internal.h"
#include "index/pipe.h"
#include "index/tags.h"

enum
{
  AID_STATE_NAMED = 1, /* above the id in meta's "worded" it has no words yet */
  AID_STATE_WORDED = 2,
  AID_STATE_LEFT_OUT = 3,
  AID_STATE_WORDLESS = 4 /* it is no more, and never had its words */
};

struct aid_run
{
  struct aid_index *x;
  struct aid_shelf *s;
  struct aid_pipe *pipe;
  const struct aid_stop *stop;
  struct aid_error *e;
  enum aid_err err;
  unsigned what;           /* AID_PREPARE_... of new files */
  int empty;               /* no row was there when it began: none is looked for, each file comes once */
  size_t put;              /* files that were put into the pipe */
  int all;                 /* all files were looked at */
  int wide;                /* the pipe has threads */
  int gather;              /* the threads gather what they read: whole segments are laid down, and not row by row */
  int open;                /* a transaction */
  uint64_t bytes;          /* of text in it */
  int64_t rows;            /* that it adds to names and words */
  unsigned laid;           /* how often what was gathered was laid down */
  size_t gathered;         /* the most that a thread holds of it, in bytes */
  int64_t next, next_kept; /* the id of the next new file; what the database has of that */
  int64_t worded, worded_kept; /* up to this id nothing is without words */
  int64_t came;            /* live files more than before */
  int64_t since, began;
  struct aid_vec tags; /* of struct aid_tag: those of the transaction */
  struct aid_outlines outlines; /* of what was read for its names alone */
  struct aid_vec seen; /* of unsigned char: bits by id */
};

/* The live row of a path. */
struct aid_known
{
  int64_t id, size, mtime, inode, hash, state;
};

/* Tells who waits for the index; COMMITTED: something new can be searched. */
void aid_run_tell (struct aid_run *r, int committed);
void aid_run_begin (struct aid_run *r);
/* R's pipe is empty where it gathers. */
void aid_run_commit (struct aid_run *r);
/* Whether the transaction is large or old enough to be committed. */
int aid_run_is_due (const struct aid_run *r);
/* Finds the first id that no file ever had: what is gathered for one that comes to nothing stays in the tables. */
void aid_run_number (struct aid_run *r);

/* Notes that the live row ID has its file; tells whether that was noted. */
void aid_run_see (struct aid_run *r, int64_t id);
int aid_run_saw (const struct aid_run *r, int64_t id);
/* 0: there is none. */
int aid_row_find (struct aid_run *r, struct aid_span path, struct aid_known *out);
void aid_row_kill (struct aid_run *r, int64_t id, int64_t state);
/* Writes what came out of the pipe for a file that is new or has changed. */
void aid_row_write (struct aid_run *r, const struct aid_pipe_item *item);
/* The same for the words of a file of which the names are there. */
void aid_row_write_words (struct aid_run *r, const struct aid_pipe_item *item);
/* The number that SQL selects. */
size_t aid_row_count (struct aid_run *r, const char *sql);

#endif
