/* The terms of a text, as the index keeps them and as questions ask for them: the parts of identifiers and words,
   lowered and stemmed, and compound identifiers whole (lowered, "parse_rule"). */
#ifndef AID_INDEX_TERMS_H
#define AID_INDEX_TERMS_H

#include "base/str.h"

#define AID_TERM_MAX 64 /* bytes of a term; longer ones are no terms */

/* A term (borrowed, for the call), whether it is a whole compound identifier, and where in the text its identifier ends. */
typedef void aid_term_fn (void *ctx, struct aid_span term, int whole, size_t end);

/* Gives the terms of TEXT in order.  Any bytes will do; linear in their number. */
void aid_terms (struct aid_span text, aid_term_fn *fn, void *ctx);

/* The same in two steps, for who counts words before they are cut.  The next word of TEXT from *AT on, as it stands there; 0 at
   the end. */
struct aid_word
{
  struct aid_span text; /* borrowed of TEXT */
  int wide;             /* not all of it is ASCII */
};
int aid_word_next (struct aid_span text, size_t *at, struct aid_word *word);
/* Gives the terms of WORD, which ends at END. */
void aid_word_terms (const struct aid_word *word, size_t end, aid_term_fn *fn, void *ctx);

/* Cuts the lower-case word at P of LEN bytes to its stem, in place: "parsing", "parsed" and "parser" are one.  Gives
   its length. */
size_t aid_stem (char *p, size_t len);

/* Whether TERM (a stem) says nothing of what a question is about: "the", "should", "fix". */
int aid_term_is_stop (struct aid_span term);

/* The Ith of those, from 0, and behind them of words of programming languages that are in nearly every chunk of a program's text;
   NULL: there are no more. */
const char *aid_term_left_out (size_t i);

#endif
