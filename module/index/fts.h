/* What SQLite's full text search does for the index, on one connection.

   A row holds terms that are already cut (terms.h), with blanks between them, so our tokenizer splits at blanks alone.
    Tables
   keep of each term in which columns of which rows it is, nothing else: the column says how much the term weighs
   there.  A question is
   no MATCH of many words: the postings of one term after the other are collected, and ranked by us. */
#ifndef AID_INDEX_FTS_H
#define AID_INDEX_FTS_H

#include "base/vec.h"
#include "store/db.h"

struct aid_posting
{
  int64_t row;
  uint32_t columns; /* bits */
};

struct aid_fts;

/* Makes tokenizer and functions known to DB, before any of its tables is used.  FTS lives as long as DB and is freed
   after it. AID_E_STATE: this SQLite has no FTS5. */
enum aid_err aid_fts_new (struct aid_db *db, struct aid_fts **out, struct aid_error *e);
void aid_fts_free (struct aid_fts *f);

/* Appends TERM's postings in TABLE ("words", "names" or "told") to OUT (of struct aid_posting), MAX at most: *CUT
   tells that there are more.  Ascending rows. */
enum aid_err aid_fts_collect (struct aid_fts *f, const char *table, struct aid_span term, size_t max, struct aid_vec *out,
                              int *cut, struct aid_error *e);

#endif
