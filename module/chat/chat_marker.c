/* Markers: "<!--aid:KEY word key=value ...-->".  KEY is random in each file, which is why a marker needs no escaping and
   nothing that comes from outside can be one. */
#include "chat/chat_internal.h"

static const char lead[] = AID_MARKER_LEAD;
enum { LEAD = sizeof lead - 1 };

static int
is_blank (char c)
{
  return c == ' ' || c == '\t';
}

int
aid_line_quoted (struct aid_span line, size_t *text)
{
  size_t i = 0;
  while (i < line.len && i < 3 && line.ptr[i] == ' ')
    i++;
  if (i == line.len || line.ptr[i] != '>')
    return 0;
  if (text)
    *text = i + 1 < line.len && line.ptr[i + 1] == ' ' ? i + 2 : i + 1;
  return 1;
}

/* Bytes of a marker's beginning at P, its key included, or 0. */
static size_t
marker_begins (const char *p, size_t left, struct aid_span key)
{
  size_t n = LEAD + key.len;
  if (left < n || memcmp (p, lead, LEAD) != 0 || memcmp (p + LEAD, key.ptr, key.len) != 0)
    return 0;
  /* A longer key is another file's; a cut file may end here. */
  if (left == n || is_blank (p[n]) || p[n] == '\r' || aid_span_starts ((struct aid_span){ p + n, left - n }, "-->"))
    return n;
  return 0;
}

/* The place behind the "-->" that closes the marker whose words REST begins with, or 0. */
static size_t
marker_ends (struct aid_span rest)
{
  const char *at = rest.ptr, *end = rest.ptr + rest.len;
  for (; at < end && (at = memchr (at, '>', (size_t) (end - at))); at++)
    if (at - rest.ptr >= 2 && at[-1] == '-' && at[-2] == '-')
      return (size_t) (at - rest.ptr) + 1;
  return 0;
}

int
aid_marker_find (struct aid_span line, const char *key, size_t from, struct aid_marker *m)
{
  struct aid_span k = aid_span_z (key);
  while (k.len > 0 && from < line.len)
    {
      const char *hit = memmem (line.ptr + from, line.len - from, lead, LEAD);
      if (!hit)
        return 0;
      size_t beg = (size_t) (hit - line.ptr), n = marker_begins (hit, line.len - beg, k);
      if (n > 0)
        {
          struct aid_span rest = aid_span_cut (line, beg + n, line.len);
          size_t end = marker_ends (rest);
          m->closed = end > 0;
          m->beg = beg;
          m->end = m->closed ? beg + n + end : line.len;
          m->words = aid_span_trim (m->closed ? aid_span_cut (rest, 0, end - 3) : rest);
          return 1;
        }
      from = beg + LEAD;
    }
  return 0;
}

int
aid_chat_marker (struct aid_span line, const char *key, struct aid_span *before, struct aid_span *words)
{
  struct aid_marker m;
  if (aid_line_quoted (line, NULL) || !aid_marker_find (line, key, 0, &m) || !m.closed)
    return 0;
  *before = aid_span_cut (line, 0, m.beg);
  *words = m.words;
  return 1;
}

int
aid_marker_word_next (struct aid_span *words, struct aid_span *word)
{
  size_t beg = 0, end;
  while (beg < words->len && is_blank (words->ptr[beg]))
    beg++;
  for (end = beg; end < words->len && !is_blank (words->ptr[end]);)
    end++;
  *word = aid_span_cut (*words, beg, end);
  *words = aid_span_cut (*words, end, words->len);
  return word->len > 0;
}

int
aid_chat_add_metas (struct aid_chat *c, struct aid_span words, size_t *first, size_t *n)
{
  struct aid_span word;
  *first = c->metas.len;
  while (aid_marker_word_next (&words, &word))
    {
      struct aid_meta *m = aid_vec_push (&c->metas);
      if (!m)
        return -1;
      const char *eq = memchr (word.ptr, '=', word.len);
      size_t at = eq ? (size_t) (eq - word.ptr) : word.len;
      m->key = aid_span_cut (word, 0, at);
      m->value = aid_span_cut (word, eq ? at + 1 : at, word.len);
    }
  *n = c->metas.len - *first;
  return 0;
}

struct aid_span
aid_chat_meta (const struct aid_chat *c, size_t first, size_t n, const char *key)
{
  for (size_t i = first; i < first + n && i < c->metas.len; i++)
    {
      const struct aid_meta *m = &AID_VEC_AT (struct aid_meta, &c->metas, i);
      if (aid_span_eqz (m->key, key))
        return m->value;
    }
  return (struct aid_span){ "", 0 };
}
