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

/* Reads "12 | ", "12|" or "12: " at the beginning of V, or 12 and two blanks when a sign follows.  0: it is none. */
static int
skip_number (struct aid_span *v, int sign_follows, int64_t *number)
{
  size_t i = 0, digits;
  while (i < v->len && v->ptr[i] == ' ')
    i++;
  *number = 0;
  for (digits = i; i < v->len && i - digits < 9 && isdigit ((unsigned char) v->ptr[i]); i++)
    *number = *number * 10 + (v->ptr[i] - '0');
  if (i == digits)
    return 0;
  struct aid_span rest = aid_span_cut (*v, i, v->len);
  static const char *const bars[] = { " | ", " |", "|", ": ", ":", "  " };
  for (size_t k = 0; k < sizeof bars / sizeof *bars - !sign_follows; k++)
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
number_behind_sign (const struct aid_item *it, struct numbered *out)
{
  struct aid_span text = it->text;
  *out = (struct numbered){ .op = it->op };
  if (it->weak || !skip_number (&text, 0, &out->number))
    return 0;
  out->text = out->raw = text;
  return 1;
}

/* The number stands before the sign. */
static int
number_before_sign (const struct aid_item *it, struct numbered *out)
{
  struct aid_span text = it->raw;
  *out = (struct numbered){ .op = ' ' };
  if (it->op != ' ' || !skip_number (&text, 1, &out->number))
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

enum aid_err
aid_view_drop_numbers (struct aid_view *v, const struct aid_target *t, int *any)
{
  static int (*const read[]) (const struct aid_item *, struct numbered *) = { number_behind_sign, number_before_sign };
  struct numbered *line = v->n >= 3 ? malloc (v->n * sizeof *line) : NULL;
  *any = 0;
  if (!line)
    return v->n >= 3 ? AID_E_NOMEM : AID_OK;
  for (size_t way = 0; way < 2 && !*any; way++)
    {
      size_t k = 0;
      int changes = 0;
      while (k < v->n && read[way] (&v->item[k], &line[k]))
        changes |= line[k++].op != ' ';
      *any = k == v->n && changes && (counts_up (line, v->n, '+') || counts_up (line, v->n, '-'));
      for (k = 0; k < v->n && *any; k++)
        {
          struct aid_item *it = &v->item[k];
          it->op = way == 1 && v->want->reverse ? reversed (line[k].op) : line[k].op;
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

/* --- tabs --- */

/* How many bytes of "\t" V begins with, blanks in between. */
static size_t
written_tabs (struct aid_span v)
{
  size_t n = 0, end = 0;
  while (n < v.len)
    if (v.ptr[n] == ' ' || v.ptr[n] == '\t')
      n++;
    else if (n + 1 < v.len && v.ptr[n] == '\\' && v.ptr[n + 1] == 't')
      end = n += 2;
    else
      break;
  return end;
}

static int
file_writes_tabs (const struct aid_target *t)
{
  for (size_t i = 0; i < t->lines.n; i++)
    if (written_tabs (aid_lines_at (&t->lines, i)) > 0)
      return 1;
  return 0;
}

enum aid_err
aid_view_read_tabs (struct aid_view *v, const struct aid_target *t, int *any)
{
  size_t size = 0, used = 0;
  *any = 0;
  for (size_t k = 0; k < v->n; k++)
    if (written_tabs (v->item[k].text) > 0)
      {
        size += v->item[k].text.len;
        *any |= v->item[k].op != '+';
      }
  if (!*any || file_writes_tabs (t))
    {
      *any = 0;
      return AID_OK;
    }
  if (!(v->owned = malloc (size)))
    return AID_E_NOMEM;
  for (size_t k = 0; k < v->n; k++)
    {
      struct aid_span text = v->item[k].text;
      size_t end = written_tabs (text), from = used;
      if (end == 0)
        continue;
      for (size_t i = 0; i < text.len; i++)
        if (i < end && text.ptr[i] == '\\')
          {
            v->owned[used++] = '\t';
            i++;
          }
        else
          v->owned[used++] = text.ptr[i];
      v->item[k].text = v->item[k].raw = (struct aid_span){ v->owned + from, used - from };
    }
  aid_view_count (v, t);
  return AID_OK;
}
