/* Markdown as it arrives.  The scanner goes over each line once and knows where top-level blocks begin; what stands before
   the last of them is final and never looked at again.  The last block is parsed anew as it grows, but only while there
   is credit: every byte that arrives earns the parser WORTH bytes, so the whole work is linear whatever the text.  A
   top-level fence needs no parser: its lines get their face as they come.  Only reference definitions reach over blocks:
   a text that seems to hold one is parsed as a whole at its end. */
#include "chat/stream.h"
#include "base/utf8.h"
#include "chat/spans_internal.h"
#include <stdlib.h>

#define WORTH ((size_t)24)             /* bytes that cmark may read for one that arrived */
#define CREDIT_MAX ((size_t)1 << 22)
#define PARTIAL_MAX ((size_t)1024)     /* a longer unfinished line in a fence is taken for content */
#define STEP ((size_t)256)             /* bytes between two known counts of characters */

struct aid_stream
{
  struct aid_str text;
  struct aid_str raw, cleaned;         /* scratch: one delta */
  char cut[4];                         /* the last delta's unfinished character */
  size_t ncut;

  struct aid_scan scan;
  size_t line, searched;               /* whole lines that the scanner has seen; no line ends before SEARCHED */
  size_t block;                        /* where the last top-level block begins */
  int in_fence;                        /* it is an open fence */
  int definitions;                     /* some line may define a reference */

  size_t base, base_chars;             /* before this, faces are final: a block's start, or in a fence a line's */
  size_t shown, shown_chars;           /* flushed so far */
  size_t parsed_to;                    /* the text's length at the last parse from base on */
  size_t credit, parsed;
  int finished;

  struct aid_vec told;                 /* struct aid_face_span in characters: what was told of the text from base on */
  size_t told_to;                      /* ... up to this character */

  struct aid_vec counts;               /* uint32_t: characters before each STEP bytes of what is painted */
  int ascii;                           /* bytes are characters there */
};

struct aid_stream *
aid_stream_new (size_t limit)
{
  struct aid_stream *s = calloc (1, sizeof *s);

  if (!s)
    return NULL;
  if (limit > AID_SPANS_MAX_TEXT)
    limit = AID_SPANS_MAX_TEXT;
  aid_str_init (&s->text, limit);
  aid_str_init (&s->raw, limit + 16);
  aid_str_init (&s->cleaned, 3 * limit + 64);
  s->counts = AID_VEC_INIT (uint32_t, AID_SPANS_MAX_TEXT);
  s->told = AID_VEC_INIT (struct aid_face_span, AID_SPANS_MAX_TEXT);
  s->credit = 4096;
  return s;
}

void
aid_stream_free (struct aid_stream *s)
{
  if (!s)
    return;
  aid_str_free (&s->text);
  aid_str_free (&s->raw);
  aid_str_free (&s->cleaned);
  aid_vec_free (&s->counts);
  aid_vec_free (&s->told);
  free (s);
}

size_t
aid_stream_room (const struct aid_stream *s)
{
  return s->text.max - s->text.len;
}

void
aid_stream_widen (struct aid_stream *s, size_t more)
{
  s->text.max += more;
  s->raw.max += more;
  s->cleaned.max += 3 * more;
}

struct aid_span
aid_stream_text (const struct aid_stream *s)
{
  return (struct aid_span){ aid_str_z (&s->text), s->text.len };
}

size_t
aid_stream_parsed (const struct aid_stream *s)
{
  return s->parsed;
}

/* Takes over what was cleaned, as far as there is room. */
static enum aid_err
append (struct aid_stream *s, struct aid_error *e)
{
  struct aid_span v = aid_str_span (&s->cleaned);
  size_t room = s->text.max - s->text.len;
  int over = v.len > room;

  if (s->cleaned.err || s->raw.err)
    return aid_error_set (e, AID_E_NOMEM, "no memory for an answer of %zu bytes", s->text.len);
  if (over)
    v.len = aid_utf8_valid_prefix (aid_span_cut (v, 0, room));
  if (v.len > 0 && aid_str_addspan (&s->text, v))
    return aid_error_set (e, AID_E_NOMEM, "no memory for an answer of %zu bytes", s->text.len);
  s->credit += WORTH * v.len;
  if (s->credit > CREDIT_MAX)
    s->credit = CREDIT_MAX;
  if (over)
    return aid_error_set (e, AID_E_LIMIT, "the answer is longer than %zu bytes; the rest is dropped", s->text.max);
  return AID_OK;
}

enum aid_err
aid_stream_add (struct aid_stream *s, struct aid_span delta, struct aid_error *e)
{
  /* One character more than there is room for is enough to see that it is too much. */
  size_t enough = s->text.max - s->text.len + sizeof s->cut;
  struct aid_span raw;

  if (delta.len == 0)
    return AID_OK;
  aid_str_clear (&s->raw);
  aid_str_clear (&s->cleaned);
  aid_str_add (&s->raw, s->cut, s->ncut);
  aid_str_add (&s->raw, delta.ptr, delta.len < enough ? delta.len : enough);
  raw = aid_str_span (&s->raw);
  s->ncut = aid_utf8_tail (raw);
  memcpy (s->cut, raw.ptr + raw.len - s->ncut, s->ncut);
  raw.len -= s->ncut;
  aid_utf8_clean (raw, &s->cleaned);
  return append (s, e);
}

/* The unfinished character at the end of all: it will stay so. */
static void
add_cut (struct aid_stream *s)
{
  aid_str_clear (&s->raw);
  aid_str_clear (&s->cleaned);
  aid_utf8_clean ((struct aid_span){ s->cut, s->ncut }, &s->cleaned);
  s->ncut = 0;
  append (s, NULL);
}

/* The spans of the blocks or fence lines BEG..END, made by a parser or (FENCE) without. */
static enum aid_err
paint (struct aid_stream *s, size_t beg, size_t end, int fence, size_t close, struct aid_vec *spans)
{
  struct aid_span v = aid_span_cut (aid_stream_text (s), beg, end);
  size_t first = spans->len;
  enum aid_err err;

  if (fence)
    {
      err = aid_fence_spans (v, beg == s->block, close - beg, spans);
      if (err == AID_OK)
        err = aid_spans_unmark (v, spans, first);
    }
  else
    err = aid_spans_count (v, spans, &s->parsed, NULL);
  aid_spans_shift (spans, first, beg);
  return err;
}

/* The next line that is whole, or the rest when FINAL: its end and the next one's start; 0 when there is none. */
static int
whole_line (struct aid_stream *s, int final, size_t *end, size_t *next)
{
  struct aid_span text = aid_stream_text (s);
  size_t from = s->searched > s->line ? s->searched : s->line;

  if (s->line >= text.len)
    return 0;
  *end = aid_line_break (text, from, next);
  /* A carriage return at the very end may be half of a line's end. */
  if (!final && (*next == *end || (text.ptr[*end] == '\r' && *end + 1 == text.len)))
    {
      s->searched = *end;
      return 0;
    }
  return 1;
}

/* Scans the lines that are whole now.  *BASE is the place from which on faces are not final; fences move it, and what
   they move it over is painted.  *PAINTED: something was. */
static enum aid_err
scan_lines (struct aid_stream *s, int final, size_t *base, int *painted, struct aid_vec *spans)
{
  enum aid_err err = AID_OK;
  struct aid_scanned line;
  size_t end, next;

  for (; err == AID_OK && whole_line (s, final, &end, &next); s->line = next)
    {
      struct aid_span v = aid_span_cut (aid_stream_text (s), s->line, end);

      aid_scan_line (&s->scan, v, &line);
      if (line.fence == AID_FENCE_NO && aid_span_find (v, AID_SPAN ("]:")) >= 0)
        s->definitions = 1;
      if (line.starts)
        s->block = s->line;
      if (line.fence == AID_FENCE_OPENS)
        {
          if (*base < s->line)
            err = paint (s, *base, s->line, 0, 0, spans);
          *base = s->line;
        }
      else if (line.fence == AID_FENCE_CLOSES)
        {
          err = paint (s, *base, next, 1, s->line, spans);
          *base = s->block = next;
        }
      *painted |= line.fence == AID_FENCE_OPENS || line.fence == AID_FENCE_CLOSES;
      s->in_fence = line.fence == AID_FENCE_OPENS || line.fence == AID_FENCE_INSIDE;
    }
  return err;
}

/* Where the open fence ends so far: at an unfinished line that would close it, or at the text's end. */
static size_t
fence_end (const struct aid_stream *s)
{
  struct aid_span rest = aid_span_cut (aid_stream_text (s), s->line, s->text.len);
  struct aid_scan scan = s->scan;
  struct aid_scanned line;

  if (rest.len == 0 || rest.len > PARTIAL_MAX)
    return s->text.len;
  if (rest.ptr[rest.len - 1] == '\r')
    rest.len--;
  aid_scan_line (&scan, rest, &line);
  return line.fence == AID_FENCE_CLOSES ? s->line : s->text.len;
}

/* Paints what stands behind *BASE, if it is time. */
static enum aid_err
paint_rest (struct aid_stream *s, int final, size_t *base, int *painted, struct aid_vec *spans)
{
  size_t len = s->text.len, cost = len - *base;
  enum aid_err err = AID_OK;

  if (s->in_fence)
    {
      err = paint (s, *base, len, 1, fence_end (s), spans);
      *base = s->line;
      *painted = 1;
    }
  else if (cost > 0 && (s->block > *base || (s->parsed_to < len && (final || cost <= s->credit))))
    {
      err = paint (s, *base, len, 0, 0, spans);
      s->credit -= cost < s->credit ? cost : s->credit;
      s->parsed_to = len;
      *base = s->block > *base ? s->block : *base;
      *painted = 1;
    }
  return err;
}

/* Makes ready for chars_to. */
static void
count_from (struct aid_stream *s, size_t from)
{
  struct aid_span v = aid_span_cut (aid_stream_text (s), from, s->text.len);
  uint32_t *count, n = 0;

  s->counts.len = 0;
  s->ascii = aid_utf8_count (v) == v.len;
  for (size_t at = 0; !s->ascii && at < v.len && (count = aid_vec_push (&s->counts)); at += STEP)
    {
      *count = n;
      n += (uint32_t)aid_utf8_count (aid_span_cut (v, at, at + STEP < v.len ? at + STEP : v.len));
    }
}

/* Characters from FROM, the place of the last count_from, to POS. */
static size_t
chars_to (const struct aid_stream *s, size_t from, size_t pos)
{
  size_t at = (pos - from) / STEP, known = 0;

  if (s->ascii)
    return pos - from;
  if (at >= s->counts.len)
    at = s->counts.len > 0 ? s->counts.len - 1 : 0;
  if (s->counts.len > 0)
    known = AID_VEC_AT (uint32_t, &s->counts, at);
  return known + aid_utf8_count (aid_span_cut (aid_stream_text (s), from + at * STEP, pos));
}

/* Spans in bytes become spans in characters; FROM is FROM_CHARS. */
static void
to_chars (const struct aid_stream *s, size_t from, size_t from_chars, struct aid_vec *spans)
{
  for (size_t i = 0; i < spans->len; i++)
    {
      struct aid_face_span *span = &AID_VEC_AT (struct aid_face_span, spans, i);

      span->beg = (uint32_t)(from_chars + chars_to (s, from, span->beg));
      span->end = (uint32_t)(from_chars + chars_to (s, from, span->end));
    }
}

/* Where the faces that A and B give to the text before END begin to differ, at most END.  Both are lists of spans in order: what
   is behind the first spans that differ is not compared. */
static size_t
first_difference (const struct aid_vec *a, const struct aid_vec *b, size_t end)
{
  size_t same = 0, n = a->len < b->len ? a->len : b->len, from = end;

  for (; same < n; same++)
    {
      const struct aid_face_span *x = &AID_VEC_AT (struct aid_face_span, a, same);
      const struct aid_face_span *y = &AID_VEC_AT (struct aid_face_span, b, same);

      if (x->beg != y->beg || x->face != y->face || (x->end != y->end && (x->end < end || y->end < end)))
        break;
    }
  for (int which = 0; which < 2; which++)
    {
      const struct aid_vec *list = which ? b : a;

      for (size_t i = same; i < list->len; i++)
        if (AID_VEC_AT (struct aid_face_span, list, i).beg < from)
          from = AID_VEC_AT (struct aid_face_span, list, i).beg;
    }
  return from;
}

/* Leaves in SPANS what gives faces to the text from FROM on. */
static void
cut_before (struct aid_vec *spans, size_t from)
{
  size_t kept = 0;

  for (size_t i = 0; i < spans->len; i++)
    {
      struct aid_face_span span = AID_VEC_AT (struct aid_face_span, spans, i);

      if (span.beg < from)
        span.beg = (uint32_t)from;
      if (span.beg < span.end)
        AID_VEC_AT (struct aid_face_span, spans, kept++) = span;
    }
  spans->len = kept;
}

/* SPANS give the faces of the text from character *FROM to its end, TO, of which those from s->base on may change yet.
   Leaves what was not told before: every face that is given anew makes an editor draw its line anew. */
static void
tell_news (struct aid_stream *s, size_t *from, size_t to, struct aid_vec *spans)
{
  size_t known = first_difference (&s->told, spans, s->told_to);

  s->told.len = 0;
  for (size_t i = 0; i < spans->len; i++)
    {
      struct aid_face_span *span = &AID_VEC_AT (struct aid_face_span, spans, i), *copy;

      if (span->end > s->base_chars && (copy = aid_vec_push (&s->told)))
        *copy = *span;
    }
  if (*from < known)
    *from = known;
  s->told_to = to;
  cut_before (spans, *from);
}

/* Paints what is due.  Gives 1 when faces are new, from character *FROM on. */
static int
paint_due (struct aid_stream *s, int final, size_t *from, struct aid_vec *spans)
{
  size_t beg = s->base;
  size_t base = s->base;
  int painted = 0;
  enum aid_err err = scan_lines (s, final, &base, &painted, spans);

  *from = s->base_chars;
  if (err == AID_OK)
    err = paint_rest (s, final, &base, &painted, spans);
  if (final && s->definitions && err == AID_OK)
    {
      beg = *from = spans->len = s->told_to = 0;
      painted = 1;
      err = paint (s, 0, s->text.len, 0, 0, spans);
    }
  if (!painted)
    return 0;
  if (err != AID_OK)
    spans->len = 0;
  count_from (s, beg);
  to_chars (s, beg, *from, spans);
  s->base_chars = *from + chars_to (s, beg, base);
  s->base = base;
  tell_news (s, from, *from + chars_to (s, beg, s->text.len), spans);
  return 1;
}

int
aid_stream_flush (struct aid_stream *s, int final, struct aid_span *text, size_t *from, struct aid_vec *spans)
{
  int painted;

  spans->len = 0;
  if (final && s->ncut > 0)
    add_cut (s);
  if (s->shown == s->text.len && (!final || s->finished))
    return 0;
  painted = paint_due (s, final, from, spans);
  if (!painted)
    *from = s->shown_chars;
  *text = aid_span_cut (aid_stream_text (s), s->shown, s->text.len);
  s->shown_chars += aid_utf8_count (*text);
  s->shown = s->text.len;
  s->finished = final;
  return painted || text->len > 0;
}
