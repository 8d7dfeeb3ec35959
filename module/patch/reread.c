/* Other readings of a hunk's lines than as they stand: what models do to all lines of a hunk alike can be told from these and
   undone.  Each is tried where it can hold, and counts only when the hunk fits better so. */
#include "patch/match.h"

#include <ctype.h>
#include <stdlib.h>

/* --- blank lines that lost their sign --- */

/* The stated counts have the bare blank lines on the new side only: there they were additions. */
enum aid_err
aid_view_add_blanks (struct aid_view *v, const struct aid_target *t, int *any)
{
  const struct aid_want *w = v->want;
  size_t blanks = 0;
  for (size_t i = 0; i < v->m; i++)
    blanks += v->item[v->old[i]].weak && v->item[v->old[i]].stripped.len == 0;
  *any = blanks > 0 && blanks < v->m && !w->reverse && w->h->old_count == (int64_t) (v->m - blanks)
         && w->h->new_count == (int64_t) (v->n - v->minus);
  for (size_t i = 0; i < v->m && *any; i++)
    if (v->item[v->old[i]].weak && v->item[v->old[i]].stripped.len == 0)
      {
        v->item[v->old[i]].op = '+';
        v->item[v->old[i]].weak = 0;
      }
  if (*any)
    aid_view_count (v, t);
  return AID_OK;
}

/* --- line numbers --- */

/* A line as it would be without its number. */
struct numbered
{
  char op;
  int64_t number;
  struct aid_span text, raw;
};

static int
is_sign (char c)
{
  return c == '+' || c == '-' || c == ' ';
}

/* What stands between a number and its line: a bar with a blank of its own, or none of the lines' bars has one. */
enum { BARS = 6, BARS_ONLY_BEFORE_SIGNS = 1 };
static const char *const spaced_bars[BARS] = { " | ", "| ", ": ", "\t", "\xe2\x86\x92", "  " };
static const char *const tight_bars[BARS] = { " |", "|", ":", "\t", "\xe2\x86\x92", "  " };

/* Reads "12 | ", "12|", "12: ", or 12 and a tab or an arrow, at the beginning of V, or 12 and two blanks when a sign follows.
   0: it is none. */
static int
skip_number (struct aid_span *v, int sign_follows, int tight, int64_t *number)
{
  const char *const *bars = tight ? tight_bars : spaced_bars;
  size_t i = 0, digits;
  while (i < v->len && v->ptr[i] == ' ')
    i++;
  *number = 0;
  for (digits = i; i < v->len && i - digits < 9 && isdigit ((unsigned char) v->ptr[i]); i++)
    *number = *number * 10 + (v->ptr[i] - '0');
  if (i == digits)
    return 0;
  struct aid_span rest = aid_span_cut (*v, i, v->len);
  for (size_t k = 0; k < (size_t) (sign_follows ? BARS : BARS - BARS_ONLY_BEFORE_SIGNS); k++)
    {
      struct aid_span behind = aid_span_cut (rest, strlen (bars[k]), rest.len);
      if (!aid_span_starts (rest, bars[k]) || (sign_follows && behind.len > 0 && !is_sign (behind.ptr[0])))
        continue;
      *v = behind;
      return 1;
    }
  rest = aid_span_trim (rest);
  *v = aid_span_cut (rest, 1, rest.len);
  return rest.len == 0 || (rest.len == 1 && strchr ("|:", rest.ptr[0]) && rest.ptr[0]);
}

/* The sign stands before the number. */
static int
number_behind_sign (const struct aid_item *it, int tight, struct numbered *out)
{
  struct aid_span text = it->text;
  *out = (struct numbered){ .op = it->op };
  if (it->weak || !skip_number (&text, 0, tight, &out->number))
    return 0;
  out->text = out->raw = text;
  return 1;
}

/* The same, of a hunk that numbers the lines of the file only: what comes in has none. */
static int
number_of_old (const struct aid_item *it, int tight, struct numbered *out)
{
  struct aid_span text = it->text;
  int64_t number;
  if (it->op != '+')
    return number_behind_sign (it, tight, out);
  *out = (struct numbered){ .op = '+', .text = text, .raw = it->raw };
  return !skip_number (&text, 0, 0, &number) && !skip_number (&text, 0, 1, &number);
}

/* The number stands before the sign. */
static int
number_before_sign (const struct aid_item *it, int tight, struct numbered *out)
{
  struct aid_span text = it->raw;
  *out = (struct numbered){ .op = ' ' };
  if (it->op != ' ' || !skip_number (&text, 1, tight, &out->number))
    return 0;
  out->raw = text;
  if (text.len > 0)
    {
      out->op = text.ptr[0];
      text = aid_span_cut (text, 1, text.len);
    }
  out->text = text;
  return 1;
}

/* Whether the lines that are not OTHER are numbered one after the other. */
static int
counts_up (const struct numbered *line, size_t n, char other)
{
  int64_t before = -1;
  for (size_t k = 0; k < n; k++)
    if (line[k].op != other)
      {
        if (before >= 0 && line[k].number != before + 1)
          return 0;
        before = line[k].number;
      }
  return 1;
}

static char
reversed (char op)
{
  return op == '+' ? '-' : op == '-' ? '+' : op;
}

static enum aid_err
drop_numbers (struct aid_view *v, const struct aid_target *t, int tight, int *any)
{
  static int (*const read[]) (const struct aid_item *, int, struct numbered *)
    = { number_behind_sign, number_before_sign, number_of_old };
  enum { BEFORE = 1, OLD = 2, WAYS = sizeof read / sizeof *read };
  struct numbered *line = v->n >= 3 ? malloc (v->n * sizeof *line) : NULL;
  *any = 0;
  if (!line)
    return v->n >= 3 ? AID_E_NOMEM : AID_OK;
  for (size_t way = 0; way < WAYS && !*any; way++)
    {
      size_t k = 0;
      int changes = 0;
      while (k < v->n && read[way] (&v->item[k], tight, &line[k]))
        changes |= line[k++].op != ' ';
      *any = k == v->n && changes && (counts_up (line, v->n, '+') || (way != OLD && counts_up (line, v->n, '-')));
      *any &= way != OLD || v->m > 1;
      for (k = 0; k < v->n && *any; k++)
        {
          struct aid_item *it = &v->item[k];
          it->op = way == BEFORE && v->want->reverse ? reversed (line[k].op) : line[k].op;
          it->text = line[k].text;
          it->raw = line[k].raw;
          it->weak = 0;
        }
    }
  free (line);
  if (*any)
    aid_view_count (v, t);
  return AID_OK;
}

enum aid_err
aid_view_drop_numbers (struct aid_view *v, const struct aid_target *t, int *any)
{
  return drop_numbers (v, t, 0, any);
}

enum aid_err
aid_view_drop_tight_numbers (struct aid_view *v, const struct aid_target *t, int *any)
{
  return drop_numbers (v, t, 1, any);
}

/* --- signs that are the lines' own --- */

/* Whether the context of V has lost its prefix: some of it stands in the file as it is written, and none without its first
   character. */
static int
context_lost_prefix (const struct aid_view *v, const struct aid_index *x)
{
  size_t lost = 0;
  for (size_t i = 0; i < v->m; i++)
    {
      const struct aid_item *it = &v->item[v->old[i]];
      if (it->op != ' ' || it->stripped.len == 0)
        continue;
      if (!it->weak && it->id[AID_TRAILING] != AID_NO_ID)
        return 0;
      lost += aid_index_id (x, it->raw) != AID_NO_ID;
    }
  return lost > 0;
}

/* Beside context that lost its prefix, a "-" before a line that the file has with it may belong to the line: items of lists and
   underlined headings begin so. */
enum aid_err
aid_view_keep_signs (struct aid_view *v, const struct aid_target *t, int *any)
{
  const struct aid_index *x = &t->index[AID_TRAILING];
  size_t kept = 0;
  *any = 0;
  if (v->want->reverse || !context_lost_prefix (v, x))
    return AID_OK;
  for (size_t i = 0; i < v->m; i++)
    {
      struct aid_item *it = &v->item[v->old[i]];
      if (it->op != '-' || aid_index_id (x, it->raw) == AID_NO_ID)
        continue;
      it->op = ' ';
      it->weak = 1;
      it->text = it->raw;
      kept++;
    }
  *any = kept > 0 && v->plus + v->minus > kept;
  if (kept > 0)
    aid_view_count (v, t);
  return AID_OK;
}

/* --- blanks that are written as something else --- */

/* The blank that the two bytes at N of V stand for: a tab for "\t", a space for a no-break space (U+00A0); else 0. */
static char
written_blank (struct aid_span v, size_t n)
{
  if (n + 1 >= v.len)
    return 0;
  if (v.ptr[n] == '\\' && v.ptr[n + 1] == 't')
    return '\t';
  return v.ptr[n] == '\xc2' && v.ptr[n + 1] == '\xa0' ? ' ' : 0;
}

/* How many bytes of such blanks V begins with, plain ones in between. */
static size_t
written_blanks (struct aid_span v)
{
  size_t n = 0, end = 0;
  while (n < v.len)
    if (v.ptr[n] == ' ' || v.ptr[n] == '\t')
      n++;
    else if (written_blank (v, n))
      end = n += 2;
    else
      break;
  return end;
}

static int
file_writes_them (const struct aid_target *t)
{
  for (size_t i = 0; i < t->lines.n; i++)
    if (written_blanks (aid_lines_at (&t->lines, i)) > 0)
      return 1;
  return 0;
}

enum aid_err
aid_view_read_blanks (struct aid_view *v, const struct aid_target *t, int *any)
{
  size_t size = 0, used = 0;
  *any = 0;
  for (size_t k = 0; k < v->n; k++)
    if (written_blanks (v->item[k].text) > 0)
      {
        size += v->item[k].text.len;
        *any |= v->item[k].op != '+';
      }
  if (!*any || file_writes_them (t))
    {
      *any = 0;
      return AID_OK;
    }
  if (!(v->owned = malloc (size)))
    return AID_E_NOMEM;
  for (size_t k = 0; k < v->n; k++)
    {
      struct aid_span text = v->item[k].text;
      size_t end = written_blanks (text), from = used;
      if (end == 0)
        continue;
      for (size_t i = 0; i < text.len; i++)
        {
          char blank = i < end ? written_blank (text, i) : 0;
          v->owned[used++] = blank ? blank : text.ptr[i];
          i += blank != 0;
        }
      struct aid_item *it = &v->item[k];
      it->text = it->raw = (struct aid_span){ v->owned + from, used - from };
      if (it->weak && it->text.len > 0 && it->text.ptr[0] == ' ') /* the column of the signs is such a blank, too */
        {
          it->weak = 0;
          it->text = aid_span_cut (it->text, 1, it->text.len);
        }
    }
  aid_view_count (v, t);
  return AID_OK;
}
