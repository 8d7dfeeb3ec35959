/* The gap buffer behind shadow.h.  Invariants: the text is buf[0, gap) and buf[gap + hole, gap + hole + ...], BYTES in
   all and valid UTF-8, the gap between two characters; (mark_char, mark_byte) is one place in both measures, the last one
   looked up, from which the next look-up counts.  A text without multibyte characters needs no counting at all. */
#include "chat/shadow.h"
#include "base/utf8.h"
#include <stdlib.h>

struct aid_shadow
{
  char *buf;
  size_t gap, hole;        /* where the gap is and how long */
  size_t bytes, chars;
  size_t mark_byte, mark_char;
};

#define SLACK ((size_t)4096)   /* a new gap's size, beside an eighth of the text */

/* Characters in V, eight bytes at a time: a byte inside of a character has bit 7 and not bit 6. */
static size_t
count_leads (struct aid_span v)
{
  const uint64_t ones = UINT64_C (0x0101010101010101);
  size_t inside = 0, i = 0;
  uint64_t x;

  for (; i + sizeof x <= v.len; i += sizeof x)
    {
      memcpy (&x, v.ptr + i, sizeof x);
      inside += (size_t)__builtin_popcountll ((x >> 7) & ~(x >> 6) & ones);
    }
  for (; i < v.len; i++)
    inside += ((unsigned char)v.ptr[i] & 0xC0) == 0x80;
  return v.len - inside;
}

struct aid_shadow *
aid_shadow_new (struct aid_span text, struct aid_error *e)
{
  struct aid_shadow *s;

  if (aid_utf8_valid_prefix (text) != text.len)
    {
      aid_error_set (e, AID_E_INVALID, "a buffer's text is not valid UTF-8");
      return NULL;
    }
  s = calloc (1, sizeof *s);
  if (s)
    s->buf = malloc (text.len + SLACK);
  if (!s || !s->buf)
    {
      free (s);
      aid_error_set (e, AID_E_NOMEM, "no memory for a copy of a buffer of %zu bytes", text.len);
      return NULL;
    }
  if (text.len > 0)
    memcpy (s->buf, text.ptr, text.len);
  s->gap = s->bytes = text.len;
  s->hole = SLACK;
  s->chars = count_leads (text);
  return s;
}

void
aid_shadow_free (struct aid_shadow *s)
{
  if (s)
    free (s->buf);
  free (s);
}

static char
byte_at (const struct aid_shadow *s, size_t pos)
{
  return s->buf[pos < s->gap ? pos : pos + s->hole];
}

static int
is_inside (char c)
{
  return ((unsigned char)c & 0xC0) == 0x80;
}

/* The longest piece from POS on that lies in one place in memory, but not beyond END. */
static struct aid_span
piece (const struct aid_shadow *s, size_t pos, size_t end)
{
  if (pos >= s->gap)
    return (struct aid_span){ s->buf + s->hole + pos, end - pos };
  return (struct aid_span){ s->buf + pos, (end < s->gap ? end : s->gap) - pos };
}

static size_t
count_chars (const struct aid_shadow *s, size_t beg, size_t end)
{
  size_t n = 0;

  while (beg < end)
    {
      struct aid_span p = piece (s, beg, end);

      n += count_leads (p);
      beg += p.len;
    }
  return n;
}

/* The byte N characters behind byte POS; there are as many. */
static size_t
forward (const struct aid_shadow *s, size_t pos, size_t n)
{
  while (n > 0)
    {
      /* Steps by blocks, so that the counting itself is fast: N characters have at least N bytes. */
      size_t end = pos + n < s->bytes ? pos + n : s->bytes;

      n -= count_chars (s, pos, end);
      for (pos = end; pos < s->bytes && is_inside (byte_at (s, pos)); pos++)
        ;
    }
  return pos;
}

static size_t
backward (const struct aid_shadow *s, size_t pos, size_t n)
{
  while (n > 0)
    {
      size_t beg = pos > n ? pos - n : 0;

      while (beg > 0 && is_inside (byte_at (s, beg)))
        beg--;
      /* At most N characters lie in N bytes; with the first one's own bytes it may be fewer, never more. */
      n -= count_chars (s, beg, pos);
      pos = beg;
    }
  return pos;
}

static size_t
distance (size_t a, size_t b)
{
  return a > b ? a - b : b - a;
}

/* Takes the mark to the text's start or end where that is nearer to TARGET, in characters or in bytes. */
static void
choose_mark (struct aid_shadow *s, size_t target, size_t mark, size_t all)
{
  if (target < distance (mark, target) && target <= all - target)
    s->mark_byte = s->mark_char = 0;
  else if (all - target < distance (mark, target))
    {
      s->mark_byte = s->bytes;
      s->mark_char = s->chars;
    }
}

size_t
aid_shadow_byte_of (struct aid_shadow *s, size_t chr)
{
  if (chr >= s->chars)
    return s->bytes;
  if (s->bytes == s->chars)
    return chr;
  choose_mark (s, chr, s->mark_char, s->chars);
  if (chr >= s->mark_char)
    s->mark_byte = forward (s, s->mark_byte, chr - s->mark_char);
  else
    s->mark_byte = backward (s, s->mark_byte, s->mark_char - chr);
  s->mark_char = chr;
  return s->mark_byte;
}

size_t
aid_shadow_char_of (struct aid_shadow *s, size_t byte)
{
  if (byte >= s->bytes)
    return s->chars;
  if (s->bytes == s->chars)
    return byte;
  while (byte > 0 && is_inside (byte_at (s, byte)))
    byte--;
  choose_mark (s, byte, s->mark_byte, s->bytes);
  if (byte >= s->mark_byte)
    s->mark_char += count_chars (s, s->mark_byte, byte);
  else
    s->mark_char -= count_chars (s, byte, s->mark_byte);
  s->mark_byte = byte;
  return s->mark_char;
}

static void
move_gap (struct aid_shadow *s, size_t to)
{
  if (to < s->gap)
    memmove (s->buf + to + s->hole, s->buf + to, s->gap - to);
  else
    memmove (s->buf + s->gap, s->buf + s->gap + s->hole, to - s->gap);
  s->gap = to;
}

/* Makes the hole at least NEEDED bytes. */
static enum aid_err
widen (struct aid_shadow *s, size_t needed)
{
  size_t hole = needed + s->bytes / 8 + SLACK, behind = s->bytes - s->gap;
  char *buf;

  if (s->hole >= needed)
    return AID_OK;
  buf = realloc (s->buf, s->bytes + hole);
  if (!buf)
    return AID_E_NOMEM;
  memmove (buf + s->gap + hole, buf + s->gap + s->hole, behind);
  s->buf = buf;
  s->hole = hole;
  return AID_OK;
}

enum aid_err
aid_shadow_edit (struct aid_shadow *s, size_t beg, size_t deleted, struct aid_span text, struct aid_error *e)
{
  size_t from, to;

  if (beg > s->chars || deleted > s->chars - beg)
    return aid_error_set (e, AID_E_INVALID, "an edit at character %zu, deleting %zu, is outside of a text of %zu: the copy "
                          "has come apart from the buffer", beg, deleted, s->chars);
  if (aid_utf8_valid_prefix (text) != text.len)
    return aid_error_set (e, AID_E_INVALID, "an edit's text is not valid UTF-8");
  if (widen (s, text.len))
    return aid_error_set (e, AID_E_NOMEM, "no memory for an edit of %zu bytes", text.len);
  from = aid_shadow_byte_of (s, beg);
  to = aid_shadow_byte_of (s, beg + deleted);
  move_gap (s, from);
  s->hole += to - from;
  if (text.len > 0)
    memcpy (s->buf + s->gap, text.ptr, text.len);
  s->gap += text.len;
  s->hole -= text.len;
  s->bytes += text.len - (to - from);
  s->mark_byte = s->gap;
  s->mark_char = beg + count_leads (text);
  s->chars += s->mark_char - beg - deleted;
  return AID_OK;
}

size_t
aid_shadow_chars (const struct aid_shadow *s)
{
  return s->chars;
}

size_t
aid_shadow_bytes (const struct aid_shadow *s)
{
  return s->bytes;
}

struct aid_span
aid_shadow_text (struct aid_shadow *s)
{
  move_gap (s, s->bytes);
  return (struct aid_span){ s->buf, s->bytes };
}
