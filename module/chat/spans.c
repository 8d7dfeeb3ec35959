/* Spans of whole texts: the scanner lays the blocks out, runs of blocks that cmark can be trusted with are parsed and
   walked, and our own marker lines are left bare.  What is too long, too deep or too costly is shown plain. */
#include "chat/spans_internal.h"
#include <stdlib.h>

static const char *const face_names[]
  = { "nil", "heading1", "heading2", "heading3", "heading4", "emphasis", "strong", "code", "fence", "block", "link", "url",
      "image", "quote", "bullet", "table", "table-rule", "rule", "html", "markup" };

_Static_assert (sizeof face_names / sizeof *face_names == AID_FACES, "a name for every face");

const char *
aid_face_name (int face)
{
  return face > 0 && face < AID_FACES ? face_names[face] : face_names[0];
}

static int
add_span (struct aid_vec *out, size_t beg, size_t end, int face)
{
  struct aid_face_span *span;

  if (beg >= end)
    return 1;
  span = aid_vec_push (out);
  if (span)
    *span = (struct aid_face_span){ (uint32_t)beg, (uint32_t)end, (uint32_t)face };
  return span != NULL;
}

static enum aid_err
full (const struct aid_vec *out)
{
  return out->len >= out->max ? AID_E_LIMIT : AID_E_NOMEM;
}

static size_t
skip_blanks (struct aid_span text, size_t pos, size_t end)
{
  while (pos < end && aid_is_blank (text.ptr[pos]))
    pos++;
  return pos;
}

static int
add_fence_line (struct aid_vec *out, struct aid_span text, size_t pos, size_t *next)
{
  size_t end = aid_line_break (text, pos, next);

  return add_span (out, skip_blanks (text, pos, end), end, AID_FACE_FENCE);
}

enum aid_err
aid_fence_spans (struct aid_span text, int opens, size_t close, struct aid_vec *out)
{
  size_t code = 0, next;

  if (opens && !add_fence_line (out, text, 0, &code))
    return full (out);
  if (!add_span (out, code, close, AID_FACE_BLOCK))
    return full (out);
  return close >= text.len || add_fence_line (out, text, close, &next) ? AID_OK : full (out);
}

void
aid_spans_shift (struct aid_vec *out, size_t first, size_t by)
{
  for (size_t i = first; i < out->len; i++)
    {
      AID_VEC_AT (struct aid_face_span, out, i).beg += (uint32_t)by;
      AID_VEC_AT (struct aid_face_span, out, i).end += (uint32_t)by;
    }
}

/* Is FACE one that covers lines, so that a piece of it still makes sense? */
static int
covers_lines (uint32_t face)
{
  return face == AID_FACE_BLOCK || face == AID_FACE_HTML || face == AID_FACE_QUOTE
         || (face >= AID_FACE_HEADING1 && face <= AID_FACE_HEADING4);
}

struct stretch { size_t beg, end; };

static enum aid_err
marker_lines (struct aid_span text, struct aid_vec *lines)
{
  struct aid_span marker = AID_SPAN ("<!--aid:");
  size_t pos = 0, next;
  ptrdiff_t at;

  while ((at = aid_span_find (aid_span_cut (text, pos, text.len), marker)) >= 0)
    {
      struct stretch *s = aid_vec_push (lines);

      if (!s)
        return AID_E_NOMEM;
      s->beg = pos + (size_t)at;
      aid_line_break (text, s->beg, &next);
      while (s->beg > pos && text.ptr[s->beg - 1] != '\n' && text.ptr[s->beg - 1] != '\r')
        s->beg--;
      s->end = pos = next;
    }
  return AID_OK;
}

/* The first of LINES that ends behind POS. */
static size_t
first_behind (const struct aid_vec *lines, size_t pos)
{
  size_t lo = 0, hi = lines->len;

  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;

      if (AID_VEC_AT (struct stretch, lines, mid).end <= pos)
        lo = mid + 1;
      else
        hi = mid;
    }
  return lo;
}

enum aid_err
aid_spans_unmark (struct aid_span text, struct aid_vec *out, size_t first)
{
  struct aid_vec lines = AID_VEC_INIT (struct stretch, AID_SPANS_MAX_TEXT);
  struct aid_vec left = AID_VEC_INIT (struct aid_face_span, out->max);
  enum aid_err err = marker_lines (text, &lines);

  for (size_t i = first; lines.len > 0 && err == AID_OK && i < out->len; i++)
    {
      struct aid_face_span s = AID_VEC_AT (struct aid_face_span, out, i);
      size_t line = first_behind (&lines, s.beg), beg = s.beg;

      for (; line < lines.len && AID_VEC_AT (struct stretch, &lines, line).beg < s.end; line++)
        {
          struct stretch m = AID_VEC_AT (struct stretch, &lines, line);

          if (!covers_lines (s.face))
            beg = s.end;
          else if (beg < m.beg && !add_span (&left, beg, m.beg, (int)s.face))
            err = full (&left);
          beg = m.end > beg ? m.end : beg;
        }
      if (!add_span (&left, beg, s.end, (int)s.face))
        err = full (&left);
    }
  if (lines.len > 0 && err == AID_OK)
    {
      out->len = first;
      for (size_t i = 0; i < left.len && err == AID_OK; i++)
        {
          struct aid_face_span *s = aid_vec_push (out);

          if (s)
            *s = AID_VEC_AT (struct aid_face_span, &left, i);
          else
            err = full (out);
        }
    }
  aid_vec_free (&lines);
  aid_vec_free (&left);
  return err;
}

/* Parses the blocks BEG..END and walks their tree. */
static enum aid_err
run (struct aid_span text, const struct aid_layout *l, size_t beg, size_t end, struct aid_vec *out)
{
  const struct aid_block *first = &AID_VEC_AT (struct aid_block, &l->blocks, beg);
  size_t from = first->beg, to = AID_VEC_AT (struct aid_block, &l->blocks, end - 1).end;
  struct aid_walk w = { .src = text.ptr, .len = text.len, .lines = l->lines.data, .nlines = l->lines.len,
                        .line0 = first->line, .out = out, .open = AID_VEC_INIT (struct aid_open, AID_SPANS_MAX_TEXT),
                        .cuts = AID_VEC_INIT (uint32_t, AID_SPANS_MAX_TEXT) };
  cmark_parser *parser = cmark_parser_new (CMARK_OPT_DEFAULT);
  cmark_node *root;

  /* cmark would drop a byte order mark, but not one behind a line's end. */
  if (aid_span_starts (aid_span_cut (text, from, to), "\xEF\xBB\xBF"))
    {
      cmark_parser_feed (parser, "\n", 1);
      w.line0--;
    }
  cmark_parser_feed (parser, text.ptr + from, to - from);
  root = cmark_parser_finish (parser);
  aid_walk_tree (root, &w);
  cmark_node_free (root);
  cmark_parser_free (parser);
  aid_vec_free (&w.open);
  aid_vec_free (&w.cuts);
  return w.err;
}

static int
is_plain (const struct aid_block *b)
{
  return b->plain || b->end - b->beg > AID_SPANS_MAX_BLOCK;
}

/* A fence that is too long for cmark. */
static enum aid_err
plain_fence (struct aid_span text, const struct aid_block *b, struct aid_vec *out)
{
  size_t first = out->len;
  enum aid_err err = aid_fence_spans (aid_span_cut (text, b->beg, b->end), 1, (b->close ? b->close : b->end) - b->beg, out);

  aid_spans_shift (out, first, b->beg);
  return err;
}

static enum aid_err
all_runs (struct aid_span text, const struct aid_layout *l, struct aid_vec *out, size_t *parsed)
{
  const struct aid_block *b = l->blocks.data;
  enum aid_err err = AID_OK;
  size_t n;

  for (size_t i = 0; i < l->blocks.len && err == AID_OK; i += n)
    {
      for (n = 0; i + n < l->blocks.len && !is_plain (&b[i + n]); n++)
        ;
      if (n > 0)
        {
          err = run (text, l, i, i + n, out);
          if (parsed)
            *parsed += b[i + n - 1].end - b[i].beg;
          continue;
        }
      n = 1;
      if (b[i].fence)
        err = plain_fence (text, &b[i], out);
    }
  return err;
}

static enum aid_err
spans_of (struct aid_span text, struct aid_vec *out, size_t *tail, size_t *parsed)
{
  struct aid_layout l;
  size_t first = out->len;
  enum aid_err err = aid_layout_make (text, &l);

  if (err == AID_OK)
    err = all_runs (text, &l, out, parsed);
  if (err == AID_OK)
    err = aid_spans_unmark (text, out, first);
  if (tail)
    *tail = l.blocks.len > 0 ? AID_VEC_AT (struct aid_block, &l.blocks, l.blocks.len - 1).beg : 0;
  aid_layout_free (&l);
  return err;
}

/* NUL bytes are read as U+0001: cmark would put the longer U+FFFD in their place. */
static char *
without_nuls (struct aid_span text)
{
  char *copy = malloc (text.len + 1);

  for (size_t i = 0; copy && i < text.len; i++)
    copy[i] = text.ptr[i] ? text.ptr[i] : '\1';
  return copy;
}

static enum aid_err
spans_count (struct aid_span text, struct aid_vec *out, size_t *tail, size_t *parsed, struct aid_error *e)
{
  char *copy = NULL;
  enum aid_err err;

  if (text.len > AID_SPANS_MAX_TEXT)
    return aid_error_set (e, AID_E_LIMIT, "the text has %zu bytes, and at most %zu can be highlighted", text.len,
                          AID_SPANS_MAX_TEXT);
  if (text.len > 0 && memchr (text.ptr, '\0', text.len))
    {
      copy = without_nuls (text);
      if (!copy)
        return aid_error_set (e, AID_E_NOMEM, "no memory to highlight a text");
      text.ptr = copy;
    }
  err = spans_of (text, out, tail, parsed);
  free (copy);
  if (err == AID_E_LIMIT)
    return aid_error_set (e, err, "the text has more than %zu highlighted places", out->max);
  return err ? aid_error_set (e, err, "no memory to highlight a text") : AID_OK;
}

enum aid_err
aid_spans (struct aid_span text, struct aid_vec *out, size_t *tail, struct aid_error *e)
{
  return spans_count (text, out, tail, NULL, e);
}

enum aid_err
aid_spans_count (struct aid_span text, struct aid_vec *out, size_t *parsed, struct aid_error *e)
{
  return spans_count (text, out, NULL, parsed, e);
}

/* The first word behind the fence that begins the line BEG..END. */
static struct aid_span
info_word (struct aid_span text, size_t beg, size_t end)
{
  size_t word;

  beg = skip_blanks (text, beg, end);
  beg = skip_blanks (text, beg + aid_line_fence_opens (text.ptr + beg, text.ptr + end), end);
  for (word = beg; word < end && !aid_is_space (text.ptr[word]); word++)
    ;
  return aid_span_cut (text, beg, word);
}

enum aid_err
aid_code_blocks (struct aid_span text, struct aid_vec *out)
{
  struct aid_scan scan = { .depth = 0 };
  struct aid_code_block *open = NULL;
  struct aid_scanned line;
  size_t end, next;

  for (size_t pos = 0; pos < text.len; pos = next)
    {
      end = aid_line_break (text, pos, &next);
      aid_scan_line (&scan, aid_span_cut (text, pos, end), &line);
      if (line.fence == AID_FENCE_OPENS)
        {
          open = aid_vec_push (out);
          if (!open)
            return full (out);
          *open = (struct aid_code_block){ pos, next, next, next, info_word (text, pos, end), 0 };
        }
      else if (line.fence == AID_FENCE_NO)
        open = NULL;
      if (!open)
        continue;
      open->end = next;
      if (line.fence == AID_FENCE_INSIDE)
        open->code_end = next;
      open->closed = line.fence == AID_FENCE_CLOSES;
    }
  return AID_OK;
}

size_t
aid_spans_start (struct aid_span text, size_t pos)
{
  struct aid_scan scan = { .depth = 0 };
  struct aid_scanned line;
  size_t start = 0, next;

  for (size_t at = 0; at < text.len && at <= pos; at = next)
    {
      size_t end = aid_line_break (text, at, &next);

      aid_scan_line (&scan, aid_span_cut (text, at, end), &line);
      if (line.starts)
        start = at;
    }
  return start;
}
