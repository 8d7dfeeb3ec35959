/* Where a link's target, a label and a reference definition end: cmark's tree keeps their values but not their places.
   The grammar is cmark's, read through a place that skips the prefixes of continued lines. */
#include "chat/spans_internal.h"

#define LABEL_MAX 1000     /* as in cmark */
#define PARENS_MAX 32

int
aid_place_get (const struct aid_walk *w, struct aid_place p)
{
  if (p.pos < w->lines[p.line].end)
    return (unsigned char)w->src[p.pos];
  return p.line < w->last ? '\n' : -1;
}

int
aid_place_next (const struct aid_walk *w, struct aid_place *p)
{
  if (p->pos < w->lines[p->line].end)
    p->pos++;
  else if (p->line < w->last)
    p->pos = w->lines[++p->line].text;
  return aid_place_get (w, *p);
}

static int
skip_spaces (const struct aid_walk *w, struct aid_place *p)
{
  int c = aid_place_get (w, *p);

  while (c >= 0 && aid_is_space (c))
    c = aid_place_next (w, p);
  return c;
}

static int
angle_url (const struct aid_walk *w, struct aid_place *p, size_t *url, size_t *url_end)
{
  int c = aid_place_next (w, p);

  *url = p->pos;
  for (; c != '>'; c = aid_place_next (w, p))
    if (c == '\\')
      aid_place_next (w, p);
    else if (c < 0 || c == '\n' || c == '<')
      return 0;
  *url_end = p->pos;
  aid_place_next (w, p);
  return 1;
}

static int
plain_url (const struct aid_walk *w, struct aid_place *p, size_t *url, size_t *url_end)
{
  int c = aid_place_get (w, *p), parens = 0;
  struct aid_place q;

  if (c < 0 || aid_is_space (c))
    return 0;
  *url = p->pos;
  for (; c >= 0 && !aid_is_space (c); c = aid_place_next (w, p))
    {
      q = *p;
      if (c == '\\' && aid_is_punct (aid_place_next (w, &q)))
        *p = q;
      else if (c == '(' && ++parens > PARENS_MAX)
        return 0;
      else if (c == ')' && parens-- == 0)
        break;
    }
  *url_end = p->pos;
  return c == ')' ? parens == -1 : parens == 0;
}

static int
read_url (const struct aid_walk *w, struct aid_place *p, size_t *url, size_t *url_end)
{
  return aid_place_get (w, *p) == '<' ? angle_url (w, p, url, url_end) : plain_url (w, p, url, url_end);
}

/* A title in quotes or parentheses; P stays when there is none.  Where no other quote follows, cmark lets an escaped one
   end the title. */
static int
read_title (const struct aid_walk *w, struct aid_place *p)
{
  struct aid_place q = *p, r, escaped = *p;
  int open = aid_place_get (w, q), close = open == '(' ? ')' : open, c;

  if (open != '"' && open != '\'' && open != '(')
    return 0;
  for (c = aid_place_next (w, &q); c >= 0 && c != close; c = aid_place_next (w, &q))
    {
      r = q;
      if (c == '\\' && aid_is_punct (c = aid_place_next (w, &r)))
        {
          q = r;
          if (c == close)
            escaped = q;
        }
      else if (c == '(' && open == '(')
        break;
    }
  if (c != close)
    q = escaped;
  if (q.pos == p->pos)
    return 0;
  aid_place_next (w, &q);
  *p = q;
  return 1;
}

int
aid_link_target (const struct aid_walk *w, struct aid_place *p, size_t *url, size_t *url_end)
{
  struct aid_place q = *p, before;

  if (aid_place_get (w, q) != '(')
    return 0;
  aid_place_next (w, &q);
  skip_spaces (w, &q);
  if (!read_url (w, &q, url, url_end))
    return 0;
  before = q;
  skip_spaces (w, &q);
  if (q.pos != before.pos)
    read_title (w, &q);
  if (skip_spaces (w, &q) != ')')
    return 0;
  aid_place_next (w, &q);
  *p = q;
  return 1;
}

int
aid_link_label (const struct aid_walk *w, struct aid_place *p)
{
  struct aid_place q = *p, r;
  int c, n = 0, filled = 0;

  if (aid_place_get (w, q) != '[')
    return 0;
  for (c = aid_place_next (w, &q); c >= 0 && c != '[' && c != ']'; c = aid_place_next (w, &q))
    {
      r = q;
      if (c == '\\' && aid_is_punct (aid_place_next (w, &r)))
        {
          q = r;
          n++;
        }
      if (++n > LABEL_MAX)
        return 0;
      filled |= !aid_is_space (c);
    }
  if (c != ']')
    return 0;
  aid_place_next (w, &q);
  *p = q;
  return filled ? 2 : 1;
}

/* Blanks with at most one line's end. */
static void
skip_to_word (const struct aid_walk *w, struct aid_place *p)
{
  int lines = 0;

  for (int c = aid_place_get (w, *p); (c == '\n' && lines++ == 0) || (c >= 0 && aid_is_blank ((char)c));)
    c = aid_place_next (w, p);
}

/* Blanks and the line's end; 0 when something else comes first. */
static int
skip_line_end (const struct aid_walk *w, struct aid_place *p)
{
  int c = aid_place_get (w, *p);

  while (c >= 0 && aid_is_blank ((char)c))
    c = aid_place_next (w, p);
  if (c >= 0 && c != '\n')
    return 0;
  if (c == '\n')
    aid_place_next (w, p);
  else
    p->line = w->last + 1;
  return 1;
}

int
aid_link_definition (const struct aid_walk *w, struct aid_place *p)
{
  struct aid_place q = *p, title;
  size_t url, url_end;

  if (aid_link_label (w, &q) < 2 || aid_place_get (w, q) != ':')
    return 0;
  aid_place_next (w, &q);
  skip_to_word (w, &q);
  if (aid_place_get (w, q) < 0 || !read_url (w, &q, &url, &url_end))
    return 0;
  title = q;
  skip_to_word (w, &title);
  if (title.pos != q.pos && read_title (w, &title) && skip_line_end (w, &title))
    q = title;
  else if (!skip_line_end (w, &q))
    return 0;
  *p = q;
  return 1;
}
