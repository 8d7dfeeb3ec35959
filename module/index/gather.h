/* The postings of many rows in memory, by their terms: what a thread makes of the files of a first index, until they are laid
   down as one segment (segment.h). */
#ifndef AID_INDEX_GATHER_H
#define AID_INDEX_GATHER_H

#include "base/str.h"

#define AID_GATHER_COLUMNS 8
#define AID_GATHER_TERM 1000 /* bytes: a longer term is not kept */

struct aid_gather;

struct aid_gather *aid_gather_new (struct aid_error *e);
void aid_gather_free (struct aid_gather *g);
/* A term that is to be added, its hash (the low half of aid_hash64), and the column that it is in. */
struct aid_to_gather
{
  struct aid_span term;
  uint32_t hash;
  unsigned char column; /* 0 to 7 */
  unsigned char apart;  /* it is not to be counted in the sketch */
};
/* Adds that ROW, above 0, has the N TERMS.  The rows of a term never descend.  Failure is sticky: see aid_gather_err. */
void aid_gather_add (struct aid_gather *g, int64_t row, const struct aid_to_gather *terms, size_t n);
enum aid_err aid_gather_err (const struct aid_gather *g);
/* What it takes in memory by now. */
size_t aid_gather_bytes (const struct aid_gather *g);
/* Empties it; the memory is kept for what comes next. */
void aid_gather_clear (struct aid_gather *g);

/* One term, and a walk over its postings. */
struct aid_gathered
{
  struct aid_span term; /* borrowed */
  uint32_t hash, rows;
  int apart;
  /* The walk's own. */
  int64_t row;
  uint32_t at, seen;
  unsigned char left, step, last;
};

/* Puts the terms in the order of their bytes, and tells how many there are (0 also without memory: see aid_gather_err). */
size_t aid_gather_sort (struct aid_gather *g);
/* Term I of them. */
void aid_gather_term (const struct aid_gather *g, size_t i, struct aid_gathered *out);
/* The next row that has it, and its columns as bits; 0 at the end. */
int aid_gather_next (const struct aid_gather *g, struct aid_gathered *term, int64_t *row, unsigned *columns);

#endif
