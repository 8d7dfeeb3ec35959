/* Exact names: which files have which tag ("defines parse_rule", "is called foo.c").

   A tag is kept as 47 bits of its hash: with ten million of them, one lookup in ten million finds a file that has none
   of that name.  Files are the ids of the table files; whether they live is the caller's to look at. */
#ifndef AID_INDEX_TAGS_H
#define AID_INDEX_TAGS_H

#include "base/vec.h"
#include "store/db.h"

struct aid_tag
{
  uint64_t key; /* aid_tag_key */
  int64_t file;
};

/* The key of the tag KIND of NAME; LOWER: whatever its case. */
uint64_t aid_tag_key (char kind, struct aid_span name, int lower);

/* Writes TAGS (of struct aid_tag, in any order; empty behind it) as one run, within DB's transaction.  Brings it together with
   runs that are not much larger, of LARGEST tags at most. */
enum aid_err aid_tags_write (struct aid_db *db, struct aid_vec *tags, size_t largest, struct aid_error *e);

/* Appends the files that have the tag KEY to OUT (of int64_t) until that is full, and sorts OUT.  AID_E_PARSE: the database is
   damaged. */
enum aid_err aid_tags_find (struct aid_db *db, uint64_t key, struct aid_vec *out, struct aid_error *e);

#endif
