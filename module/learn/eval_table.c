#include "learn/eval_table.h"
#include "base/utf8.h"

#include <stdlib.h>

#define CELL_MAX ((size_t)4096)
#define CELLS_MAX 100000
#define BETWEEN 2 /* blanks between columns of plain text */
#define INDENT 4  /* of words that stand below their row */

struct aid_eval_table
aid_eval_table_of (const struct aid_eval_look *look, size_t columns)
{
  return (struct aid_eval_table){ look, columns, 0, AID_VEC_INIT (char *, CELLS_MAX), { 0 } };
}

void
aid_eval_cell (struct aid_eval_table *t, const char *fmt, ...)
{
  struct aid_str text = AID_STR_INIT (CELL_MAX);
  char **slot = aid_vec_push (&t->cells);
  va_list ap;
  va_start (ap, fmt);
  aid_str_addvf (&text, fmt, ap);
  va_end (ap);
  if (slot)
    *slot = text.len ? aid_str_steal (&text) : strdup ("");
  aid_str_free (&text);
}

void
aid_eval_table_free (struct aid_eval_table *t)
{
  for (size_t i = 0; i < t->cells.len; i++)
    free (AID_VEC_AT (char *, &t->cells, i));
  aid_vec_free (&t->cells);
}

static int
is_markdown (const struct aid_eval_table *t)
{
  return t->look->form == AID_EVAL_MARKDOWN;
}

static const char *
cell_at (const struct aid_eval_table *t, size_t i)
{
  const char *z = AID_VEC_AT (char *, &t->cells, i);
  return z ? z : "";
}

static size_t
length_of (const char *z)
{
  return aid_utf8_count (aid_span_z (z));
}

static void
measure (struct aid_eval_table *t)
{
  for (size_t i = 0; i < t->cells.len; i++)
    {
      size_t n = length_of (cell_at (t, i)), c = i % t->columns;
      size_t *width = c < AID_EVAL_COLUMNS ? &t->widths[c] : &n;
      *width = n > *width ? n : *width;
      *width = *width < 3 ? 3 : *width; /* of the line below a head in Markdown */
    }
}

static size_t
width_of (const struct aid_eval_table *t, size_t column)
{
  return column < AID_EVAL_COLUMNS ? t->widths[column] : 0;
}

/* --- rows --------------------------------------------------------------------------------------------------------- */

/* A cell with what Markdown would take for its end told apart. */
static void
add_text (const struct aid_eval_table *t, const char *z, struct aid_str *out)
{
  for (; *z; z++)
    {
      if (is_markdown (t) && *z == '|')
        aid_str_addc (out, '\\');
      aid_str_addc (out, *z);
    }
}

static void
add_blanks (size_t n, struct aid_str *out)
{
  while (n--)
    aid_str_addc (out, ' ');
}

/* The cell of COLUMN of the row that begins at FIRST: names to the left, numbers to the right, words as long as they are. */
static void
add_cell (const struct aid_eval_table *t, size_t first, size_t column, struct aid_str *out)
{
  const char *z = cell_at (t, first + column);
  size_t n = length_of (z), width = width_of (t, column), blanks = n < width ? width - n : 0;
  int words = t->prose && column + 1 == t->columns && !is_markdown (t);
  add_blanks (column && !words ? blanks : 0, out);
  add_text (t, z, out);
  add_blanks (column ? 0 : blanks, out);
}

/* The first column of a row, and those from BEG to END. */
static void
add_row (const struct aid_eval_table *t, size_t first, size_t beg, size_t end, struct aid_str *out)
{
  int md = is_markdown (t);
  aid_str_addz (out, md ? "| " : "");
  add_cell (t, first, 0, out);
  aid_str_addz (out, md ? " |" : "");
  for (size_t c = beg; c < end && first + c < t->cells.len; c++)
    {
      add_blanks (md ? 1 : BETWEEN, out);
      add_cell (t, first, c, out);
      aid_str_addz (out, md ? " |" : "");
    }
  aid_str_addc (out, '\n');
}

static void
add_markdown (const struct aid_eval_table *t, struct aid_str *out)
{
  for (size_t i = 0; i < t->cells.len; i += t->columns)
    {
      add_row (t, i, 1, t->columns, out);
      if (i)
        continue;
      aid_str_addc (out, '|');
      for (size_t c = 0; c < t->columns; c++)
        aid_str_addz (out, c ? " --: |" : " --- |");
      aid_str_addc (out, '\n');
    }
}

/* --- plain text --------------------------------------------------------------------------------------------------- */

/* Words in lines of WIDTH, parted between words. */
static void
add_words (struct aid_span words, size_t width, struct aid_str *out)
{
  size_t at = 0;
  words = aid_span_trim (words);
  while (words.len)
    {
      const char *blank = memchr (words.ptr, ' ', words.len);
      struct aid_span word = aid_span_cut (words, 0, blank ? (size_t)(blank - words.ptr) : words.len);
      size_t n = aid_utf8_count (word);
      int beside = at && at + 1 + n <= width;
      aid_str_addz (out, at && !beside ? "\n" : "");
      add_blanks (beside ? 1 : INDENT, out);
      aid_str_addspan (out, word);
      at = (beside ? at + 1 : INDENT) + n;
      words = aid_span_trim (aid_span_cut (words, word.len, words.len));
    }
  aid_str_addz (out, at ? "\n" : "");
}

/* How far the columns from BEG on have room beside the first: one has in any case. */
static size_t
columns_from (const struct aid_eval_table *t, size_t beg, size_t columns)
{
  size_t end = beg, at = width_of (t, 0);
  for (; end < columns; end++)
    {
      at += BETWEEN + width_of (t, end);
      if (end > beg && t->look->width && at > t->look->width)
        break;
    }
  return end;
}

/* Whether the words of the last column have room in their rows. */
static int
has_words_beside (const struct aid_eval_table *t)
{
  size_t all = 0;
  for (size_t c = 0; c < t->columns; c++)
    all += width_of (t, c) + (c ? BETWEEN : 0);
  return !t->prose || !t->look->width || all <= t->look->width;
}

static void
add_plain (const struct aid_eval_table *t, struct aid_str *out)
{
  int below = !has_words_beside (t);
  size_t columns = t->columns - (size_t)below, end;
  for (size_t beg = 1; beg < columns || beg == 1; beg = end)
    {
      aid_str_addz (out, beg > 1 ? "\n" : "");
      end = columns_from (t, beg, columns);
      for (size_t i = 0; i < t->cells.len; i += t->columns)
        {
          add_row (t, i, beg, end, out);
          if (below && i && end == columns && i + columns < t->cells.len)
            add_words (aid_span_z (cell_at (t, i + columns)), t->look->width, out);
        }
      end = end > beg ? end : beg + 1;
    }
}

void
aid_eval_table_add (struct aid_eval_table *t, struct aid_str *out)
{
  measure (t);
  if (is_markdown (t))
    add_markdown (t, out);
  else
    add_plain (t, out);
  aid_eval_table_free (t);
}
