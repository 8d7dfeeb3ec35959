/* Vectors of the passages of a project's files, made by a server of embeddings that somebody else asks: what lies near a
   question's vector is of a similar meaning.

   They are kept in the index's folder, in a database of their own, by the hash of the passage's text: a file that changed
   lacks those of its changed passages alone, and an index that is built anew lacks none.  One process writes, the one that
   holds vectors.lock; others read what it wrote.

   Threads: aid_vectors_nearest and aid_vectors_state may be called from any; the others from one at a time. */
#ifndef AID_INDEX_VECTORS_H
#define AID_INDEX_VECTORS_H

#include "base/stop.h"
#include "base/vec.h"
#include "index/index.h"

#define AID_VECTORS_BYTES ((size_t)128 << 20) /* of vectors in memory; passages beyond it have none */
#define AID_VECTORS_PASSAGES ((size_t)400000) /* the same before it is known how long a vector is */
#define AID_VECTOR_TEXT ((size_t)6500)        /* bytes of a passage; what is behind them is not sent */

struct aid_vectors;

/* Opens those of the project of X, which is borrowed and outlives them, and reads what there is.  MADE_BY says what makes them
   (a server, a model, what stands before each text): the vectors of another maker are thrown away. */
enum aid_err aid_vectors_open (struct aid_index *x, const char *made_by, struct aid_vectors **out, struct aid_error *e);
void aid_vectors_close (struct aid_vectors *v);
/* Throws all vectors away: the maker makes other ones by now. */
enum aid_err aid_vectors_reset (struct aid_vectors *v, struct aid_error *e);

/* Looks which files have changed, or have passages without a vector, since the last call; reads none.  The project must be
   listed.  Of a reader it takes over what the writer has written.  *GENERATION (may be NULL) gets the project's. */
enum aid_err aid_vectors_follow (struct aid_vectors *v, uint64_t *generation, struct aid_error *e);

/* A passage that lacks a vector.  TEXT is valid UTF-8. */
struct aid_lacking
{
  char *text;
  size_t len;
  uint64_t hash;
  uint32_t slot;
};

/* Appends the next ones to OUT (of struct aid_lacking; free with aid_lacking_free), MAX and about BYTES of text at most,
   reading files for it.  None: all have one, or another process writes.  Files that are known to hold secrets are left alone. */
enum aid_err aid_vectors_next (struct aid_vectors *v, size_t max, size_t bytes, const struct aid_stop *stop,
                               struct aid_vec *out, struct aid_error *e);
/* Keeps the vectors of BATCH, each DIMENSIONS numbers; a NULL among VECTORS: that one never gets one.  AID_E_STATE: vectors of
   another length are there (see aid_vectors_reset). */
enum aid_err aid_vectors_put (struct aid_vectors *v, const struct aid_vec *batch, const float *const *vectors,
                              size_t dimensions, struct aid_error *e);
/* Takes the passages of BATCH, which got none: they are the next ones again. */
void aid_vectors_give_back (struct aid_vectors *v, struct aid_vec *batch);
void aid_lacking_free (struct aid_vec *batch);

struct aid_vectors_state
{
  int writes;            /* this process does; else another one */
  size_t passages, with; /* that are known, and that have a vector */
  size_t held;           /* that never get one: they hold a secret, or the server took them not */
  size_t files_left;     /* that are still to be looked into */
  size_t left_out;       /* files for whose passages there is no room */
  size_t dimensions;     /* 0: not known yet */
};
void aid_vectors_state (struct aid_vectors *v, struct aid_vectors_state *out);

struct aid_near_passage
{
  char *path;
  uint32_t first, last; /* lines, from 1, as they were when it was read */
  float cosine;
};

/* Appends the passages (of struct aid_near_passage; free with aid_near_free) that stand out as nearest to the vector QUESTION
   of N numbers, one a file, the nearest first, MAX at most.  None when N is not what they have. */
void aid_vectors_nearest (struct aid_vectors *v, const float *question, size_t n, size_t max, struct aid_vec *out);
void aid_near_free (struct aid_vec *near);

#endif
