/* What track.c (changes) and track_kept.c (looks) share. */
#ifndef AID_MEASURE_TRACK_INTERNAL_H
#define AID_MEASURE_TRACK_INTERNAL_H

#include "base/vec.h"
#include "measure/track.h"

enum run_kind
{
  RUN_OLD, /* stood there when following began */
  RUN_NEW, /* inserted since: FROM is where in ADDED */
  RUN_OWN, /* accepted: FROM is where in its PIECE */
  RUN_GONE /* the same, deleted: takes no room in the buffer */
};

struct run
{
  uint32_t kind, piece, from, len;
};

#ifdef AID_TRACK_CHUNK /* a test has small ones */
#define CHUNK AID_TRACK_CHUNK
#else
#define CHUNK 128
#endif

struct chunk
{
  uint32_t n;
  struct run runs[CHUNK];
};

/* Beside each other, so that looking for a position reads them in order. */
struct chunk_sum
{
  struct chunk *chunk;
  size_t live; /* characters in the buffer */
};

struct piece
{
  uint64_t hunk;
  uint32_t *text;
  size_t len;
  int dropped;
};

struct aid_track
{
  struct aid_vec chunks; /* struct chunk_sum; at least one */
  struct aid_vec pieces; /* struct piece */
  uint32_t *added;       /* inserted characters, those that were deleted again among them */
  size_t nadded, room;
  size_t size;     /* of the buffer */
  size_t accepted; /* characters of all pieces */
  int lost;
};

#define SUM(t, i) (&AID_VEC_AT (struct chunk_sum, &(t)->chunks, i))
#define PIECE(t, i) (&AID_VEC_AT (struct piece, &(t)->pieces, i))

#endif
