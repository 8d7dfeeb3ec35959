/* How well files answer a question's words: BM25 over the fields of names and the chunks of texts. */
#ifndef AID_INDEX_SCORE_H
#define AID_INDEX_SCORE_H

#include "index/asked.h"
#include "index/index_internal.h"

#define AID_SCORED_TERMS 32 /* of a question, the ones that tell most */

struct aid_scored_file
{
  int64_t id;
  double score;
  uint32_t terms; /* bits: which of them it has */
};

/* A term that was looked up, and what it tells. */
struct aid_scored_term
{
  const struct aid_asked_term *term;
  double value;  /* weight and rarity */
  uint32_t rows; /* that have it */
};

struct aid_scores
{
  struct aid_scored_term terms[AID_SCORED_TERMS];
  size_t n_terms;
  struct aid_vec files; /* of struct aid_scored_file, best first; dead versions among them */
};

/* Fills OUT (free with aid_scores_free): MAX files.  Ends early, with what it has, at UNTIL (aid_clock_us). */
enum aid_err aid_score (struct aid_shelf *s, const struct aid_asked *asked, size_t max, int64_t until,
                        struct aid_scores *out, struct aid_error *e);
void aid_scores_free (struct aid_scores *s);

#endif
