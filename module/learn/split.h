/* Parting rows into those to learn from and those to be tested with, so that the latter are not known from the former. */
#ifndef AID_LEARN_SPLIT_H
#define AID_LEARN_SPLIT_H

#include "learn/dataset.h"
#include "base/vec.h"

#define AID_SPLIT_ALIKE 0.6 /* rows are near duplicates from this likeness on (minhash.h) */

enum aid_split_by
{
  AID_SPLIT_TIME,   /* the newest are held out */
  AID_SPLIT_PROJECT /* whole projects are, drawn by the seed */
};

enum aid_split_part
{
  AID_PART_TRAIN,
  AID_PART_HOLDOUT,
  AID_PART_NEITHER /* it tells what one that is held out is about */
};

struct aid_split_row
{
  size_t line; /* of the file */
  enum aid_split_part part;
  const char *why; /* of NEITHER: "near-duplicate" (also an answer to the same task), "result"; static */
  size_t of;       /* of NEITHER: the line of the one that is held out */
  double share;    /* of NEITHER: the likeness, or how much of the result it holds */
};

struct aid_split
{
  struct aid_vec rows; /* struct aid_split_row, in the order of the file */
  size_t train, holdout, alike, results;
  enum aid_dataset_format format;
};

/* Parts the rows of FILE, which are all of one format; SHARE of them are held out, at least one and not all of two or more.  By
   time each needs a "time", by projects a "project", as source rows have.  AID_E_INVALID names the line that is no row, or lacks
   it.  Free OUT in any case. */
enum aid_err aid_split_make (const char *file, enum aid_split_by by, double share, uint64_t seed, struct aid_split *out,
                             struct aid_error *e);
void aid_split_free (struct aid_split *s);

#endif
