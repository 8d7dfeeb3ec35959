/* Tables of reports: aligned, as Markdown or as plain text, which a terminal has room for. */
#ifndef AID_LEARN_EVAL_TABLE_H
#define AID_LEARN_EVAL_TABLE_H

#include "base/vec.h"
#include "learn/eval.h"

#define AID_EVAL_COLUMNS 100 /* beyond them nothing is aligned */

struct aid_eval_table
{
  const struct aid_eval_look *look; /* borrowed */
  size_t columns;
  int prose;                       /* the last column is words of any length */
  struct aid_vec cells;            /* char *: rows one after the other, the first is the head */
  size_t widths[AID_EVAL_COLUMNS]; /* characters of the columns, once all cells are there */
};

struct aid_eval_table aid_eval_table_of (const struct aid_eval_look *look, size_t columns);
void aid_eval_cell (struct aid_eval_table *t, const char *fmt, ...) __attribute__ ((format (printf, 2, 3)));
/* Appends T, and frees it.  As plain text in LOOK's width: columns that have no room stand in further tables below, each with the
   first column before them; words that have none, below their row. */
void aid_eval_table_add (struct aid_eval_table *t, struct aid_str *out);
void aid_eval_table_free (struct aid_eval_table *t);

#endif
