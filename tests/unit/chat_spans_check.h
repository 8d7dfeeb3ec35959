/* What must hold for the spans of any text, for the unit tests and the fuzzers: each check gives NULL or says what is
   wrong.  Faces are compared as painted: a number for each byte or character that depends on all faces laid on it, in
   their order. */
#ifndef AID_TESTS_CHAT_SPANS_CHECK_H
#define AID_TESTS_CHAT_SPANS_CHECK_H

#include "base/utf8.h"
#include "chat/spans_internal.h"
#include <stdlib.h>

static inline int
is_inside_char (struct aid_span v, size_t pos)
{
  return pos < v.len && ((unsigned char)v.ptr[pos] & 0xC0) == 0x80;
}

static inline size_t
ticks_at (const char *p, const char *end, int step)
{
  size_t n = 0;

  for (; p != end && *p == '`'; p += step)
    n++;
  return n;
}

/* Do the source's bytes at the ends of a span show that it is what its face says? */
static inline const char *
check_delimiters (const char *p, const char *last, int face)
{
  switch (face)
    {
    case AID_FACE_EMPHASIS:
      return (*p == '*' || *p == '_') && *last == *p && last - p >= 2 ? NULL : "emphasis without its delimiters";
    case AID_FACE_STRONG:
      return (*p == '*' || *p == '_') && last - p >= 4 && p[1] == *p && *last == *p && last[-1] == *p
               ? NULL : "strong without its delimiters";
    case AID_FACE_CODE:
      return *p == '`' && *last == '`' && ticks_at (p, last, 1) == ticks_at (last, p, -1)
               ? NULL : "code without its delimiters";
    case AID_FACE_LINK:
      return (*p == '[' && (*last == ']' || *last == ')')) || (*p == '<' && *last == '>')
               ? NULL : "a link without its delimiters";
    case AID_FACE_IMAGE:
      return *p == '!' && p[1] == '[' && (*last == ']' || *last == ')') ? NULL : "an image without its delimiters";
    case AID_FACE_BULLET:
      return (last == p && strchr ("-+*", *p)) || (aid_is_digit (*p) && (*last == '.' || *last == ')'))
               ? NULL : "a bullet that is none";
    case AID_FACE_QUOTE:
      return *p == '>' ? NULL : "a quote without its sign";
    case AID_FACE_RULE:
      return strchr ("-*_", *p) && *last == *p ? NULL : "a rule that is none";
    case AID_FACE_FENCE:
      return last - p >= 2 && (*p == '`' || *p == '~') && p[1] == *p && p[2] == *p ? NULL : "a fence that is none";
    case AID_FACE_TABLE_RULE:
      return strchr ("|:-", *p) && strchr ("|:-", *last) ? NULL : "a table's rule that is none";
    default:
      return NULL;
    }
}

static inline const char *
check_spans (struct aid_span text, const struct aid_vec *spans)
{
  int cut = aid_span_find (text, AID_SPAN ("<!--aid:")) >= 0;      /* a quote may begin behind a marker's line */

  for (size_t i = 0; i < spans->len; i++)
    {
      struct aid_face_span s = AID_VEC_AT (struct aid_face_span, spans, i);
      const char *wrong;

      if (s.beg >= s.end || s.end > text.len)
        return "a span outside of the text";
      if (s.face == 0 || s.face >= AID_FACES)
        return "a face that is none";
      if (is_inside_char (text, s.beg) || is_inside_char (text, s.end))
        return "a span that begins or ends inside of a character";
      wrong = check_delimiters (text.ptr + s.beg, text.ptr + s.end - 1, (int)s.face);
      if (wrong && !(cut && s.face == AID_FACE_QUOTE))
        return wrong;
    }
  return NULL;
}

static inline int
face_of_node (cmark_node *node)
{
  switch (cmark_node_get_type (node))
    {
    case CMARK_NODE_EMPH:
      return AID_FACE_EMPHASIS;
    case CMARK_NODE_STRONG:
      return AID_FACE_STRONG;
    case CMARK_NODE_CODE:
      return AID_FACE_CODE;
    case CMARK_NODE_LINK:
      return AID_FACE_LINK;
    case CMARK_NODE_IMAGE:
      return AID_FACE_IMAGE;
    case CMARK_NODE_ITEM:
      return AID_FACE_BULLET;
    case CMARK_NODE_THEMATIC_BREAK:
      return AID_FACE_RULE;
    default:
      return 0;
    }
}

/* Is NODE one of the containers that the scanner counts? */
static inline int
is_container (cmark_node *node)
{
  return cmark_node_get_type (node) == CMARK_NODE_BLOCK_QUOTE || cmark_node_get_type (node) == CMARK_NODE_ITEM;
}

/* Has every inline, item and rule of cmark's tree its span?  Not asked where we differ on purpose: tables, our markers, a
   byte order mark, reference definitions above a line of "=" (see spans_scan.c), and what stands as deep as it may be. */
static inline const char *
check_complete (struct aid_span text, const struct aid_vec *spans)
{
  cmark_node *root = cmark_parse_document (text.ptr, text.len, CMARK_OPT_DEFAULT);
  cmark_iter *iter = cmark_iter_new (root);
  cmark_event_type event;
  long count[AID_FACES] = { 0 };
  int depth = 0;
  int differs = memchr (text.ptr, '\0', text.len) || aid_span_find (text, AID_SPAN ("<!--aid:")) >= 0
                || aid_span_find (text, AID_SPAN ("]:")) >= 0 || aid_span_starts (text, "\xEF\xBB\xBF");

  while ((event = cmark_iter_next (iter)) != CMARK_EVENT_DONE)
    {
      if (event == CMARK_EVENT_ENTER)
        count[face_of_node (cmark_iter_get_node (iter))]++;
      if (is_container (cmark_iter_get_node (iter)))
        depth += event == CMARK_EVENT_ENTER ? 1 : -1;
      differs |= depth >= AID_SPANS_MAX_DEPTH;
    }
  for (size_t i = 0; i < spans->len; i++)
    {
      uint32_t face = AID_VEC_AT (struct aid_face_span, spans, i).face;

      count[face]--;
      differs |= face == AID_FACE_TABLE;
    }
  cmark_iter_free (iter);
  cmark_node_free (root);
  for (int face = AID_FACE_EMPHASIS; !differs && face <= AID_FACE_RULE; face++)
    if ((face <= AID_FACE_CODE || face == AID_FACE_LINK || face == AID_FACE_IMAGE || face == AID_FACE_BULLET
         || face == AID_FACE_RULE) && count[face] != 0)
      return aid_face_name (face);
  return NULL;
}

/* Lays spans on PAINT, whose every number stands for a byte (or character). */
static inline void
paint_faces (uint32_t *paint, const struct aid_vec *spans)
{
  for (size_t i = 0; i < spans->len; i++)
    {
      struct aid_face_span s = AID_VEC_AT (struct aid_face_span, spans, i);

      for (size_t c = s.beg; c < s.end; c++)
        paint[c] = paint[c] * 31 + s.face;
    }
}

/* The faces of every character of TEXT (valid UTF-8), all at once; free with free. */
static inline uint32_t *
paint_whole (struct aid_span text)
{
  struct aid_vec spans = AID_VEC_INIT (struct aid_face_span, (size_t)1 << 24);
  uint32_t *bytes = calloc (text.len + 1, sizeof *bytes), *chars = calloc (text.len + 1, sizeof *chars);
  size_t n = 0;

  if (!bytes || !chars || aid_spans (text, &spans, NULL, NULL))
    abort ();
  paint_faces (bytes, &spans);
  for (size_t i = 0; i < text.len; i++)
    if (!is_inside_char (text, i))
      chars[n++] = bytes[i];
  aid_vec_free (&spans);
  free (bytes);
  return chars;
}

struct stream_model        /* what a reader of the stream has */
{
  struct aid_str text;
  uint32_t *paint;         /* for as many characters as LIMIT */
  size_t chars, limit;
};

/* Flushes S into M. */
static inline const char *
take_flush (struct aid_stream *s, struct stream_model *m, int final)
{
  struct aid_vec spans = AID_VEC_INIT (struct aid_face_span, (size_t)1 << 24);
  struct aid_span text = { NULL, 0 };
  size_t from = 0;
  const char *wrong = NULL;

  if (aid_stream_flush (s, final, &text, &from, &spans))
    {
      aid_str_addspan (&m->text, text);
      if (aid_utf8_valid_prefix (text) != text.len)
        wrong = "a flush that is not UTF-8";
      if (from > m->chars)
        wrong = "faces replaced from a place that is not shown yet";
      m->chars += aid_utf8_count (text);
      for (size_t i = 0; i < spans.len; i++)
        if (AID_VEC_AT (struct aid_face_span, &spans, i).beg < from
            || AID_VEC_AT (struct aid_face_span, &spans, i).end > m->chars)
          wrong = "a span outside of what is replaced";
      if (m->chars > m->limit)
        wrong = "more characters than came";
      if (!wrong)
        {
          memset (m->paint + from, 0, (m->chars - from) * sizeof *m->paint);
          paint_faces (m->paint, &spans);
        }
    }
  aid_vec_free (&spans);
  return wrong;
}

/* At the end the reader must have the stream's text with the faces of the whole. */
static inline const char *
check_final (struct aid_stream *s, const struct stream_model *m)
{
  struct aid_span all = aid_stream_text (s);
  uint32_t *whole = paint_whole (all);
  const char *wrong = NULL;

  if (!aid_span_eq (all, aid_str_span (&m->text)))
    wrong = "the flushes are not the text";
  else if (memcmp (whole, m->paint, m->chars * sizeof *whole) != 0)
    wrong = "the last flush leaves other faces than the whole text has";
  free (whole);
  return wrong;
}

#endif
