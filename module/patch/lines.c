/* A file as lines: where each begins, how they end, and how many characters stand before a byte.  Line ends are no part of
   a line, so a patch fits a file whatever their line ends are; a byte order mark is no part of the first. */
#include "patch/patch_internal.h"

#include <stdlib.h>

enum { CHAR_STEP = 256 };

/* Bytes that begin a character, of at most CHAR_STEP: of any bytes, so that also a file that is no UTF-8 has positions.  Eight at
   once: a byte that goes on with one has its highest bit set and the next one not.  They are counted in eight columns, which a
   CHAR_STEP of them does not fill. */
static size_t
count_chars (const char *p, size_t n)
{
  const uint64_t ones = 0x0101010101010101;
  uint64_t columns = 0;
  size_t i = 0;
  for (uint64_t word; i + sizeof word <= n; i += sizeof word)
    {
      memcpy (&word, p + i, sizeof word);
      columns += (word >> 7) & ~(word >> 6) & ones;
    }
  const uint64_t every_other = 0x00ff00ff00ff00ff, pairs = 0x0001000100010001;
  size_t going_on = (size_t) (((columns & every_other) + (columns >> 8 & every_other)) * pairs >> 48);
  for (; i < n; i++)
    going_on += ((unsigned char) p[i] & 0xc0) == 0x80;
  return n - going_on;
}

static enum aid_err
index_chars (struct aid_lines *l)
{
  size_t n = l->text.len / CHAR_STEP + 1;
  l->chars = malloc (n * sizeof *l->chars);
  if (!l->chars)
    return AID_E_NOMEM;
  l->chars[0] = 0;
  for (size_t i = 1; i < n; i++)
    l->chars[i] = l->chars[i - 1] + count_chars (l->text.ptr + (i - 1) * CHAR_STEP, CHAR_STEP);
  return AID_OK;
}

static size_t
count_lines (struct aid_span text, size_t *crlf)
{
  size_t n = 0;
  const char *at = text.ptr, *end = text.ptr + text.len;
  *crlf = 0;
  while (at < end)
    {
      const char *nl = memchr (at, '\n', (size_t) (end - at));
      n++;
      if (!nl)
        break;
      *crlf += nl > text.ptr && nl[-1] == '\r';
      at = nl + 1;
    }
  return n;
}

enum aid_err
aid_lines_init (struct aid_lines *l, struct aid_span text, struct aid_error *e)
{
  size_t crlf, bom = aid_span_starts (text, "\xef\xbb\xbf") ? 3 : 0, at = bom;
  *l = (struct aid_lines){ .text = text };
  l->n = count_lines (aid_span_cut (text, bom, text.len), &crlf);
  if (l->n > AID_FILE_LINES)
    return aid_error_set (e, AID_E_LIMIT, "the file has more than %d lines", AID_FILE_LINES);
  l->beg = malloc ((l->n + 1) * sizeof *l->beg);
  if (!l->beg || index_chars (l))
    {
      aid_lines_free (l);
      return aid_error_set (e, AID_E_NOMEM, "no memory for %zu lines", l->n);
    }
  for (size_t i = 0; i < l->n; i++)
    {
      const char *nl = memchr (text.ptr + at, '\n', text.len - at);
      l->beg[i] = at;
      at = nl ? (size_t) (nl - text.ptr) + 1 : text.len;
    }
  l->beg[l->n] = text.len;
  l->final_newline = l->n == 0 || text.ptr[text.len - 1] == '\n';
  l->crlf = crlf * 2 > l->n - !l->final_newline;
  return AID_OK;
}

void
aid_lines_free (struct aid_lines *l)
{
  free (l->beg);
  free (l->chars);
  *l = (struct aid_lines){ 0 };
}

size_t
aid_lines_chars (const struct aid_lines *l, size_t byte)
{
  size_t step = byte / CHAR_STEP;
  return l->chars[step] + count_chars (l->text.ptr + step * CHAR_STEP, byte - step * CHAR_STEP);
}
