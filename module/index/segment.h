/* Whole segments for tables of SQLite's full text search: what FTS5 makes of rows one by one, its terms already in order.

   FTS5's files have a format of their own, which it documents and keeps (the comments at the beginning of its fts5_index.c): a
   table T that was made with detail=column has its postings in T_data, pages of terms, and T_idx, which term each page begins
   with.  A segment that is laid down here is read, merged and checked by FTS5 like its own. */
#ifndef AID_INDEX_SEGMENT_H
#define AID_INDEX_SEGMENT_H

#include "index/gather.h"
#include "store/db.h"

/* Lays what G has down as one more segment of TABLE ("words", "names"), within DB's transaction.  DB must not have used TABLE
   itself since it was opened, nor go on with it: FTS5 remembers which segments there are.  SKETCH (AID_SKETCH_CELLS, or NULL)
   counts the rows of each term.  AID_E_PARSE: the table is damaged. */
enum aid_err
aid_segment_write (struct aid_db *db, const char *table, struct aid_gather *g, uint32_t *sketch, struct aid_error *e);

#endif
