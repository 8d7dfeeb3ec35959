/* The terms of one chunk of a file and how much each weighs there: what BM25 makes of how often a term is in which
   fields, in AID_LEVELS steps. */
#ifndef AID_INDEX_BAG_H
#define AID_INDEX_BAG_H

#include "base/str.h"
#include "base/vec.h"

#define AID_LEVELS 8
#define AID_WEIGHT_ONE 4 /* the weight of a term that is there once, in plain text */

/* About how many rows have a term: counts in cells that terms share, so never too few. */
#define AID_SKETCH_CELLS (1u << 15)

struct aid_bag;

struct aid_bag *aid_bag_new (struct aid_error *e);
void aid_bag_free (struct aid_bag *b);
/* Adds TEXT's terms. */
void aid_bag_add (struct aid_bag *b, struct aid_span text, unsigned weight);
/* The same without compound identifiers as they are. */
void aid_bag_add_parts (struct aid_bag *b, struct aid_span text, unsigned weight);
/* Appends the terms of each level to OUT, with a blank behind each; ENDS[i] is where level i ends in OUT.  Appends
   each term's cell to CELLS (of uint32_t).  B is empty then. */
void aid_bag_take (struct aid_bag *b, struct aid_str *out, size_t ends[AID_LEVELS], struct aid_vec *cells);
/* Appends all terms, whatever they weigh. */
void aid_bag_take_all (struct aid_bag *b, struct aid_str *out, struct aid_vec *cells);
/* Calls FN for the terms of each of the two in their place; HASH is the low half of aid_hash64. */
typedef void aid_bag_fn (void *ctx, struct aid_span term, uint32_t hash, unsigned level);
void aid_bag_give (struct aid_bag *b, aid_bag_fn *fn, void *ctx);
void aid_bag_give_all (struct aid_bag *b, aid_bag_fn *fn, void *ctx);

/* What a term of LEVEL adds to a row's score: between 0 and 1. */
double aid_level_value (unsigned level);
uint32_t aid_sketch_cell (struct aid_span term);

#endif
