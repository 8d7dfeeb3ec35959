/* Whether words about a change give away its code, so that who answers them need only copy.

   Compared are words and signs (words.h), so that neither blanks nor the form of the text hide anything.  What the old files,
   the compiler's words or the files' names say already is nobody's secret and counts for nothing.  Given away is

     code        a fenced block, or lines of a diff
     identifier  a name that the change brings in and that looks like code: with an underscore or a digit inside, with a
                 capital behind a small letter, or in backquotes; names that stand elsewhere in the project are none
     line        a whole added line of AID_LEAK_LINE words and signs or more
     words       AID_LEAK_RUN words and signs of the added lines in their order without a gap
     sequence    of the new words (not signs) of the change more than AID_LEAK_SHARE, in their order, gaps allowed: the recall
                 of the longest common subsequence (ROUGE-L: Lin, "ROUGE: A Package for Automatic Evaluation of Summaries",
                 2004), where there are AID_LEAK_NEW or more of them.

   A run of words is how training data is told from test data elsewhere, too (13 words: Brown et al., "Language Models are
   Few-Shot Learners", 2020, appendix C); 6 is for texts as short as these. */
#ifndef AID_LEARN_LEAK_H
#define AID_LEARN_LEAK_H

#include "learn/changed.h"
#include <jansson.h>

#define AID_LEAK_LINE 4
#define AID_LEAK_RUN 6
#define AID_LEAK_SHARE 0.5
#define AID_LEAK_NEW 8
#define AID_LEAKS_MAX 20    /* that are told of one text */
#define AID_LEAK_WORDS 4000 /* words of each that the longest common subsequence is looked for in */

struct aid_leak_base
{
  struct aid_span texts; /* the changed files as they were, what the compiler said, ... */
  /* Takes those of the N NAMES away (sets their lengths to 0) that stand elsewhere in the project; or NULL. */
  enum aid_err (*known) (void *ctx, struct aid_span *names, size_t n, struct aid_error *e);
  void *ctx;
};

/* Appends to LEAKS, an array, what of the change TEXT gives away: {"what": as above, "text"}. */
enum aid_err aid_leak_find (struct aid_span text, const struct aid_changed *change, const struct aid_leak_base *base,
                            json_t *leaks, struct aid_error *e);

/* --- what a change comes to, in other texts ----------------------------------------------------------------------- */

/* How much of what a change adds stands in a text: the share of its runs of AID_RESULT_RUN words and signs (of what it adds
   in one place, if that is shorter, but not shorter than AID_RESULT_LEAST) that are neither in its own old lines nor in what
   its reader has anyway. */
#define AID_RESULT_RUN 13
#define AID_RESULT_LEAST 5
#define AID_RESULT_SHARE 0.5 /* from here on the text tells what the change comes to */

struct aid_results;

struct aid_results *aid_results_new (void); /* NULL without memory */
/* Adds a change, whose number is how many were added before it.  KNOWN: what its reader has.  AID_E_NOMEM, AID_E_LIMIT. */
enum aid_err aid_results_add (struct aid_results *r, const struct aid_changed *change, struct aid_span known);
/* Puts the share of each change that TEXT holds into SHARES, as many as were added; 0 for one that brings nothing new.  Of
   diffs in TEXT what they add counts as it stands in the file, and so does what they remove.  AID_E_NOMEM, AID_E_LIMIT. */
enum aid_err aid_results_find (struct aid_results *r, struct aid_span text, double *shares);
void aid_results_free (struct aid_results *r);

#endif
