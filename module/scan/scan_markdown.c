/* Markdown: a section is a heading and what follows, up to the next heading of its rank or a higher one. */
#include "scan/scan_internal.h"

#define RANKS 6

struct markdown
{
  struct aid_scanner *s;
  const unsigned char *t;
  uint32_t len;
  int32_t open[RANKS + 1]; /* the section of each rank that is open, or -1; [0] is none */
  uint32_t paragraph;      /* where the paragraph begins that a line of "=" or "-" would make a heading, or NONE */
  unsigned char fence;     /* the sign of the fence that is open, or 0 */
  uint32_t fence_length, fence_columns;
};

#define NONE UINT32_MAX

/* Behind the blanks at AT; *COLUMNS is how many (a tab goes to the next multiple of four). */
static uint32_t
indentation (const struct markdown *m, uint32_t at, uint32_t *columns)
{
  for (*columns = 0; at < m->len && (m->t[at] == ' ' || m->t[at] == '\t'); at++)
    *columns = m->t[at] == '\t' ? (*columns / 4 + 1) * 4 : *columns + 1;
  return at;
}

static uint32_t
run (const struct markdown *m, uint32_t at, unsigned char sign)
{
  uint32_t n = 0;
  while (at + n < m->len && m->t[at + n] == sign)
    n++;
  return n;
}

static int
blank_until (const struct markdown *m, uint32_t at, uint32_t end)
{
  while (at < end && (m->t[at] == ' ' || m->t[at] == '\t' || m->t[at] == '\r'))
    at++;
  return at == end;
}

static void
close_sections (struct markdown *m, uint32_t rank, uint32_t at)
{
  for (uint32_t i = RANKS; i >= rank && i > 0; i--)
    {
      struct aid_def *d = aid_scan_def (m->s, m->open[i]);
      if (d)
        aid_scan_end (m->s, m->open[i], d->signature.to, at);
      m->open[i] = -1;
    }
}

/* FROM and TO: the heading's text; LINE: where its first line begins; END: where its last one ends. */
static void
heading (struct markdown *m, uint32_t rank, uint32_t line, uint32_t from, uint32_t to, uint32_t end)
{
  const unsigned char *t = m->t;
  int32_t parent = -1;
  while (from < to && strchr (" \t\r\n", t[from]) && t[from])
    from++;
  while (from < to && strchr (" \t\r\n", t[to - 1]) && t[to - 1])
    to--;
  close_sections (m, rank, line);
  for (uint32_t i = 1; i < rank; i++)
    if (m->open[i] >= 0)
      parent = m->open[i];
  int32_t def = aid_scan_add (m->s, AID_DEF_SECTION, parent, (struct aid_range){ from, to }, line, line);
  aid_scan_end (m->s, def, end, end);
  m->open[rank] = def;
  m->paragraph = NONE;
}

static int
atx_heading (struct markdown *m, uint32_t line, uint32_t at, uint32_t end)
{
  const unsigned char *t = m->t;
  uint32_t rank = run (m, at, '#'), from = at + rank, to = end;
  if (rank == 0 || rank > RANKS || (from < end && t[from] != ' ' && t[from] != '\t' && t[from] != '\r'))
    return 0;
  while (to > from && strchr (" \t\r", t[to - 1]) && t[to - 1])
    to--;
  uint32_t closing = to;
  while (closing > from && t[closing - 1] == '#')
    closing--;
  if (closing < to && (closing == from || t[closing - 1] == ' ' || t[closing - 1] == '\t'))
    to = closing;
  heading (m, rank, line, from, to, end);
  return 1;
}

/* A line of "=" or "-" under a paragraph. */
static int
setext_heading (struct markdown *m, uint32_t line, uint32_t at, uint32_t end)
{
  unsigned char sign = m->t[at];
  if (m->paragraph == NONE || (sign != '=' && sign != '-') || !blank_until (m, at + run (m, at, sign), end))
    return 0;
  heading (m, sign == '=' ? 1 : 2, m->paragraph, m->paragraph, line, end);
  return 1;
}

/* Whether the line opens or closes a fence, or lies within one. */
static int
fenced (struct markdown *m, uint32_t at, uint32_t end, uint32_t columns)
{
  unsigned char sign = at < end ? m->t[at] : 0;
  uint32_t length = sign == '`' || sign == '~' ? run (m, at, sign) : 0;
  if (m->fence)
    {
      if (sign == m->fence && length >= m->fence_length && columns < m->fence_columns + 4
          && blank_until (m, at + length, end))
        m->fence = 0;
      else if (m->fence_columns >= 2 && columns == 0)
        { /* the list has ended that the fence was in */
          m->fence = 0;
          return 0;
        }
      return 1;
    }
  if (length < 3 || (sign == '`' && memchr (m->t + at + length, '`', end - at - length)))
    return 0;
  m->fence = sign;
  m->fence_length = length;
  m->fence_columns = columns;
  m->paragraph = NONE;
  return 1;
}

/* What may be the text of a heading that the next line underlines. */
static int
is_paragraph (const struct markdown *m, uint32_t at, uint32_t end)
{
  unsigned char c = m->t[at];
  if (c == '>' || c == '|' || c == '<')
    return 0;
  if ((c == '-' || c == '*' || c == '+') && at + 1 < end && (m->t[at + 1] == ' ' || m->t[at + 1] == '\t'))
    return 0;
  while (at < end && m->t[at] >= '0' && m->t[at] <= '9')
    at++;
  return !(at < end && (m->t[at] == '.' || m->t[at] == ')') && at + 1 < end && m->t[at + 1] == ' ');
}

/* Behind the lines between "---" and "---" at the beginning, if they are there. */
static uint32_t
front_matter (const struct markdown *m)
{
  uint32_t end = aid_scan_line_end (m->s, 0);
  if (end < 3 || memcmp (m->t, "---", 3) != 0 || !blank_until (m, 3, end))
    return 0;
  while (end < m->len)
    {
      uint32_t line = end + 1;
      end = aid_scan_line_end (m->s, line);
      if (end - line >= 3 && memcmp (m->t + line, "---", 3) == 0 && blank_until (m, line + 3, end))
        return end;
    }
  return 0;
}

static uint32_t
html_comment (struct markdown *m, uint32_t at)
{
  const unsigned char *close = memmem (m->t + at, m->len - at, "-->", 3);
  uint32_t end = close ? (uint32_t) (close - m->t) + 3 : m->len;
  aid_scan_region (m->s, AID_REGION_COMMENT, at, end);
  m->paragraph = NONE;
  return aid_scan_line_end (m->s, end);
}

void
aid_scan_markdown (struct aid_scanner *s, enum aid_language language)
{
  (void)language;
  struct markdown m = { .s = s, .t = s->text, .len = s->len, .paragraph = NONE };
  memset (m.open, -1, sizeof m.open);
  uint32_t end = front_matter (&m), columns;
  for (uint32_t line = end ? end + 1 : 0; line < m.len; line = end + 1)
    {
      uint32_t at = indentation (&m, line, &columns);
      end = aid_scan_line_end (s, at < m.len ? at : line);
      if (at >= end || m.t[at] == '\r')
        {
          m.paragraph = NONE;
          continue;
        }
      if (fenced (&m, at, end, columns))
        continue;
      if (columns >= 4)
        continue; /* code, or a paragraph that goes on */
      if (end - at >= 4 && memcmp (m.t + at, "<!--", 4) == 0)
        end = html_comment (&m, at);
      else if (!atx_heading (&m, line, at, end) && !setext_heading (&m, line, at, end))
        {
          if (!is_paragraph (&m, at, end))
            m.paragraph = NONE;
          else if (m.paragraph == NONE)
            m.paragraph = line;
        }
    }
  close_sections (&m, 1, m.len);
}
