/* A search that runs: candidates, which several lists rank, and what is wanted of each. */
#ifndef AID_INDEX_SEARCH_INTERNAL_H
#define AID_INDEX_SEARCH_INTERNAL_H

#include "index/history.h"
#include "index/score.h"
#include "index/search.h"
#include "index/terms.h"

enum
{
  AID_FOCI = 8
};

#define AID_REASON_SIMILAR "similar in meaning"

/* What a file is wanted for besides its words: a definition, a line. */
struct aid_focus
{
  struct aid_span name; /* borrowed of the question; empty: the line */
  uint32_t line;
  uint32_t to; /* not 0: lines LINE to TO are similar to the question in meaning */
  int in_error;
  int sure; /* not just a word that is a name as well */
};

struct aid_candidate
{
  int64_t id;
  char *path;
  double score;
  double best; /* the largest share of it, which gave the reason */
  char reason[160];
  struct aid_focus foci[AID_FOCI];
  size_t n_foci;
};

/* A file as it was when the search first read it. */
struct aid_looked
{
  char *path;
  int is_text; /* else there is nothing of it here */
  struct aid_str text;
  struct aid_scan scan;
  enum aid_language language;
};

struct aid_seeking
{
  struct aid_index *x;
  struct aid_shelf *s;
  const struct aid_question *q;
  struct aid_asked asked;
  struct aid_scores scores;
  struct aid_vec candidates; /* of struct aid_candidate *, best first once they are fused */
  struct aid_map *by_path;
  struct aid_vec looked; /* of struct aid_looked * */
  struct aid_spotter *spotter; /* of the terms that were scored; made when the first file is cut */
  int64_t until; /* aid_clock_us */
  size_t bytes;  /* of files that were read to be cut */
  int partial;
};

/* search.c */
/* Opens X's reader for a search, with what is current, and begins a transaction; aid_seek_end ends it and lets the
   next one search. */
enum aid_err aid_seek_begin (struct aid_index *x, const struct aid_question *q, struct aid_seeking *k, struct aid_error *e);
void aid_seek_end (struct aid_seeking *k);
/* Ranks files: fills K->candidates. */
enum aid_err aid_seek_files (struct aid_seeking *k, struct aid_error *e);

/* look.c: the file PATH, read once for a search and borrowed until its end; NULL: it is not there, or no text. */
const struct aid_looked *aid_look (struct aid_seeking *k, struct aid_span path);
void aid_looked_free (struct aid_seeking *k);

/* lists.c: each list adds to the candidates. */
enum aid_err aid_list_named (struct aid_seeking *k, struct aid_error *e);
enum aid_err aid_list_words (struct aid_seeking *k, struct aid_error *e);
enum aid_err aid_list_near (struct aid_seeking *k, struct aid_error *e);
enum aid_err aid_list_history (struct aid_seeking *k, struct aid_error *e);
void aid_list_similar (struct aid_seeking *k);
/* Adds what rank RANK (from 0) in a list of WEIGHT gives to PATH, if it is there (ID: its live row, or 0 to look).
   NULL: it is not, or no memory. */
struct aid_candidate *
aid_list_add (struct aid_seeking *k, struct aid_span path, int64_t id, double weight, size_t rank, const char *reason);

/* near.c: appends to OUT (of struct aid_related) what lies near PATH: its interface, header, tests, imports. */
enum aid_err aid_near (struct aid_seeking *k, struct aid_span path, struct aid_vec *out, struct aid_error *e);
/* The live paths that have TAG (prepare.c), MAX at most: appended to OUT (of char *, to be freed).  *ALL: how many
   there are. */
enum aid_err aid_tagged (struct aid_seeking *k, char kind, struct aid_span name, int lower, size_t max, struct aid_vec *out,
                         size_t *all, struct aid_error *e);

/* spot.c: which of the terms that were scored are in a text, told word by word. */
struct aid_spotter;
#define AID_SPOTTED 40 /* terms of a word that is all ASCII, at most */
struct aid_spotted
{
  unsigned terms, n;       /* all of the word's; those of the question */
  uint8_t at[AID_SPOTTED]; /* their numbers in the scores */
};
/* NULL without memory. */
struct aid_spotter *aid_spotter_new (const struct aid_scores *scores);
void aid_spotter_free (struct aid_spotter *s);
/* The number of TERM, of a byte at least, among the terms, or -1. */
int aid_spot_term (const struct aid_spotter *s, struct aid_span term);
/* WORD is all ASCII. */
void aid_spot_word (struct aid_spotter *s, const struct aid_word *word, struct aid_spotted *out);

/* cut.c: chooses the passages of CANDIDATE, appended to OUT (of struct aid_passage); none scores more than it does. */
void
aid_cut (struct aid_seeking *k, struct aid_candidate *candidate, struct aid_vec *out);

#endif
