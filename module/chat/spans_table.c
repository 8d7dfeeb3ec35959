/* Tables, which cmark does not know: in a paragraph, a row of dashes below a line with as many cells begins one, and it
   goes on to the paragraph's end.  Rows and their bars get faces; inlines are cmark's, as long as they stay in a cell. */
#include "chat/spans_internal.h"

static struct aid_span
line_text (const struct aid_walk *w, size_t line)
{
  const struct aid_line *l = &w->lines[line];
  size_t beg = l->text;

  while (beg < l->end && aid_is_blank (w->src[beg]))
    beg++;
  return (struct aid_span){ w->src + beg, aid_line_trim (w->src, beg, l->end) - beg };
}

/* The place of the next bar that no backslash escapes from I on, or V.len. */
static size_t
next_bar (struct aid_span v, size_t i)
{
  while (i < v.len && v.ptr[i] != '|')
    i += v.ptr[i] == '\\' ? 2 : 1;
  return i < v.len ? i : v.len;
}

static size_t
count_cells (struct aid_span v)
{
  size_t i = v.len > 0 && v.ptr[0] == '|' ? 1 : 0, n = 0;

  while (i < v.len)
    {
      n++;
      i = next_bar (v, i) + 1;
    }
  return n;
}

/* ":---" between bars, at least one bar: the cells, or 0. */
static size_t
count_dashes (struct aid_span v)
{
  size_t i = 0, n = 0, bars = 0;

  if (v.len > 0 && v.ptr[0] == '|')
    i = bars = 1;
  while (i < v.len)
    {
      size_t dashes = 0;

      for (; i < v.len && aid_is_blank (v.ptr[i]); i++)
        ;
      i += i < v.len && v.ptr[i] == ':';
      for (; i < v.len && v.ptr[i] == '-'; i++)
        dashes++;
      i += i < v.len && v.ptr[i] == ':';
      for (; i < v.len && aid_is_blank (v.ptr[i]); i++)
        ;
      if (dashes == 0 || (i < v.len && v.ptr[i] != '|'))
        return 0;
      bars += i < v.len;
      i++;
      n++;
    }
  return bars > 0 ? n : 0;
}

static void
cut_at (struct aid_walk *w, size_t pos)
{
  uint32_t *cut = aid_vec_push (&w->cuts);

  if (cut)
    *cut = (uint32_t)pos;
  else
    w->err = AID_E_NOMEM;
}

static void
row (struct aid_walk *w, size_t line, int face)
{
  struct aid_span v = line_text (w, line);
  size_t beg = (size_t)(v.ptr - w->src);

  aid_walk_add (w, beg, beg + v.len, face);
  for (size_t i = next_bar (v, 0); i < v.len; i = next_bar (v, i + 1))
    {
      if (face == AID_FACE_TABLE)
        aid_walk_add (w, beg + i, beg + i + 1, AID_FACE_MARKUP);
      cut_at (w, beg + i);
    }
  if (line < w->last)
    cut_at (w, w->lines[line].end);
}

void
aid_walk_table (struct aid_walk *w)
{
  size_t line, n;

  for (line = w->line + 1; line <= w->last; line++)
    if ((n = count_dashes (line_text (w, line))) && n == count_cells (line_text (w, line - 1)))
      break;
  if (line > w->last)
    return;
  row (w, line - 1, AID_FACE_TABLE);
  row (w, line, AID_FACE_TABLE_RULE);
  while (++line <= w->last)
    row (w, line, AID_FACE_TABLE);
}
