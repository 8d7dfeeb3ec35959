/* What a single line can be: the beginnings and ends of blocks, after CommonMark 0.30 and with cmark's reading of it. */
#include "chat/spans_internal.h"

size_t
aid_line_break (struct aid_span text, size_t pos, size_t *next)
{
  const char *hit = NULL, *cr;

  /* In growing steps, for a text of lone carriage returns must not be searched to its end for each of them. */
  for (size_t step = 256; !hit && pos < text.len; step *= 2)
    {
      size_t n = step < text.len - pos ? step : text.len - pos;

      hit = memchr (text.ptr + pos, '\n', n);
      cr = memchr (text.ptr + pos, '\r', hit ? (size_t)(hit - text.ptr) - pos : n);
      hit = cr ? cr : hit;
      pos += n;
    }
  if (!hit)
    return *next = text.len;
  pos = (size_t)(hit - text.ptr);
  *next = *hit == '\r' && pos + 1 < text.len && hit[1] == '\n' ? pos + 2 : pos + 1;
  return pos;
}

size_t
aid_line_trim (const char *text, size_t beg, size_t end)
{
  while (end > beg && aid_is_space (text[end - 1]))
    end--;
  return end;
}

static const char *
skip_blanks (const char *p, const char *end)
{
  while (p < end && aid_is_blank (*p))
    p++;
  return p;
}

static const char *
skip_run (const char *p, const char *end, char c)
{
  while (p < end && *p == c)
    p++;
  return p;
}

size_t
aid_line_heading (const char *p, const char *end)
{
  const char *q = skip_run (p, end, '#');

  if (q == p || q - p > 6 || (q < end && !aid_is_blank (*q)))
    return 0;
  return (size_t)(skip_blanks (q, end) - p);
}

int
aid_line_setext (const char *p, const char *end)
{
  if (p == end || (*p != '=' && *p != '-'))
    return 0;
  if (skip_blanks (skip_run (p, end, *p), end) != end)
    return 0;
  return *p == '=' ? 1 : 2;
}

int
aid_line_rule (const char *p, const char *end)
{
  const char *q;
  int n = 0;

  if (p == end || (*p != '*' && *p != '-' && *p != '_'))
    return 0;
  for (q = p; q < end; q++)
    if (*q == *p)
      n += n < 3;
    else if (!aid_is_blank (*q))
      return 0;
  return n == 3;
}

size_t
aid_line_fence_opens (const char *p, const char *end)
{
  const char *q;

  if (p == end || (*p != '`' && *p != '~'))
    return 0;
  q = skip_run (p, end, *p);
  if (q - p < 3 || (*p == '`' && memchr (q, '`', (size_t)(end - q))))
    return 0;
  return (size_t)(q - p);
}

size_t
aid_line_fence_closes (const char *p, const char *end)
{
  const char *q;

  if (p == end || (*p != '`' && *p != '~'))
    return 0;
  q = skip_run (p, end, *p);
  if (q - p < 3 || skip_blanks (q, end) != end)
    return 0;
  return (size_t)(q - p);
}

size_t
aid_line_marker (const char *p, const char *end, int interrupts, char *mark)
{
  const char *q = p;

  if (p == end)
    return 0;
  if (*p == '*' || *p == '-' || *p == '+')
    q++;
  else
    {
      while (q < end && q - p < 9 && aid_is_digit (*q))
        q++;
      if (q == p || q == end || (*q != '.' && *q != ')'))
        return 0;
      /* Only a list that begins with 1 may interrupt a paragraph. */
      if (interrupts)
        {
          const char *d = skip_run (p, q, '0');

          if (q - d != 1 || *d != '1')
            return 0;
        }
      q++;
    }
  if (q < end && !aid_is_space (*q))
    return 0;
  if (interrupts && skip_blanks (q, end) == end)
    return 0;
  *mark = q[-1];
  return (size_t)(q - p);
}
