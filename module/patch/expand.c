/* Replacing a piece of text: the hunk of an edit tool is widened to the file's own lines around the piece, once for all places
   when all are meant.  When the piece is not there, or there more often than is meant, the hunk stays as it is. */
#include "patch/plan_internal.h"

#include <stdlib.h>

static size_t
line_of (const struct aid_lines *l, size_t byte)
{
  size_t lo = 0, hi = l->n;
  while (lo + 1 < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (l->beg[mid] <= byte)
        lo = mid;
      else
        hi = mid;
    }
  return lo;
}

/* Replaces what is in the lines FIRST to LAST, beginning at byte AT; gives where the next piece begins, or -1. */
static ptrdiff_t
change_lines (struct aid_widened *w, const struct aid_lines *l, const struct aid_patch_hunk *h, size_t first, size_t *last,
              size_t at, enum aid_err *err)
{
  struct aid_str text = AID_STR_INIT (AID_PATCH_MAX - w->bytes);
  size_t from = l->beg[first];
  ptrdiff_t next;
  for (;;)
    {
      aid_str_addspan (&text, aid_span_cut (l->text, from, at));
      aid_str_addspan (&text, h->new_text);
      from = at + h->old_text.len;
      size_t end = line_of (l, from > at ? from - 1 : at);
      *last = end > *last ? end : *last;
      next = h->all ? aid_span_find (aid_span_cut (l->text, from, l->text.len), h->old_text) : -1;
      if (next < 0 || text.err || line_of (l, from + (size_t) next) > *last)
        break;
      at = from + (size_t) next;
    }
  if (from == l->beg[*last + 1] && text.len > 0 && text.ptr[text.len - 1] != '\n' && *last + 1 < l->n)
    ++*last;                    /* its line end goes: the next line is joined */
  aid_str_addspan (&text, aid_span_cut (l->text, from, l->beg[*last + 1]));
  struct aid_span now = { NULL, 0 };
  w->bytes += text.len;
  if (!text.err)
    now = aid_patch_add_text (&w->p, &text);
  aid_str_free (&text);
  *err = now.ptr ? aid_text_diff (&w->p, &w->h, aid_span_cut (l->text, l->beg[first], l->beg[*last + 1]), now, 1)
                 : AID_E_LIMIT;
  if (!now.ptr || next < 0)
    return -1;
  at = from + (size_t) next;    /* a line that was joined may hold the beginning of it */
  return at < l->beg[*last + 1] ? -1 : (ptrdiff_t) at;
}

/* TEXT with the line ends of a CRLF file, owned by P. */
static enum aid_err
with_crlf (struct aid_patch *p, struct aid_span *text)
{
  struct aid_str out = AID_STR_INIT (AID_PATCH_MAX);
  struct aid_span rest = *text, line;
  if (!memchr (text->ptr, '\n', text->len))
    return AID_OK;
  while (aid_span_line (&rest, &line))
    {
      aid_str_addspan (&out, line);
      if (line.ptr + line.len < text->ptr + text->len)
        aid_str_addz (&out, "\r\n");
    }
  struct aid_span v = { NULL, 0 };
  if (!out.err)
    v = aid_patch_add_text (p, &out);
  aid_str_free (&out);
  if (!v.ptr)
    return AID_E_LIMIT;
  *text = v;
  return AID_OK;
}

static size_t
count (struct aid_span text, struct aid_span piece, int all)
{
  size_t n = 0;
  ptrdiff_t at;
  while ((all ? n == 0 : n < 2) && (at = aid_span_find (text, piece)) >= 0)
    {
      n++;
      text = aid_span_cut (text, (size_t) at + 1, text.len);
    }
  return n;
}

enum aid_err
aid_widen (const struct aid_lines *l, struct aid_want *want, const struct aid_widened *before, struct aid_widened *w)
{
  const struct aid_patch_hunk *h = &w->h;
  size_t taken = before ? before->lines : 0;
  enum aid_err err = AID_OK;
  *w = (struct aid_widened){ .p = *want->p, .h = *want->h, .lines = taken, .bytes = before ? before->bytes : 0 };
  w->p.lines = AID_VEC_INIT (struct aid_patch_line, AID_WIDE_LINES - taken);
  w->p.compared = before ? before->p.compared : w->p.compared;
  w->p.texts = AID_VEC_INIT (char *, AID_PATCH_LINES);
  w->h.first_line = w->h.nlines = 0;
  if (l->crlf)
    err = with_crlf (&w->p, &w->h.old_text);
  if (l->crlf && !err)
    err = with_crlf (&w->p, &w->h.new_text);
  if (err)
    return err == AID_E_LIMIT ? AID_OK : err;
  if (h->old_text.len == 0 || want->reverse || count (l->text, h->old_text, h->all) != 1)
    return AID_OK;
  ptrdiff_t at = aid_span_find (l->text, h->old_text);
  if (l->n == 0 || (size_t) at < l->beg[0])
    return AID_OK;
  size_t first = line_of (l, (size_t) at), line = first;
  while (at >= 0 && !err)
    {
      size_t beg = line_of (l, (size_t) at), last = beg;
      for (; line < beg && !err; line++)
        if (!aid_patch_add_line (&w->p, &w->h, ' ', aid_lines_at (l, line)))
          err = AID_E_LIMIT;
      if (!err)
        at = change_lines (w, l, h, beg, &last, (size_t) at, &err);
      line = last + 1;
    }
  w->lines += w->p.lines.len;
  want->too_large = err == AID_E_LIMIT;
  if (err || w->h.nlines == 0)
    return err == AID_E_LIMIT ? AID_OK : err;
  want->p = &w->p;
  want->h = &w->h;
  want->chosen = (int64_t) first + 1;
  return AID_OK;
}

void
aid_widened_free (struct aid_widened *w)
{
  for (size_t i = 0; i < w->p.texts.len; i++)
    free (AID_VEC_AT (char *, &w->p.texts, i));
  aid_vec_free (&w->p.texts);
  aid_vec_free (&w->p.lines);
}
