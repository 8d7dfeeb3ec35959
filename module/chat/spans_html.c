/* Lines that begin or end an HTML block: CommonMark's seven kinds. */
#include "chat/spans_internal.h"
#include <strings.h>

static const char *const raw_tags[] = { "script", "pre", "textarea", "style" };

static const char *const block_tags[]
  = { "address", "article", "aside", "base", "basefont", "blockquote", "body", "caption", "center", "col", "colgroup",
      "dd", "details", "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frame",
      "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hr", "html", "iframe", "legend", "li", "link",
      "main", "menu", "menuitem", "nav", "noframes", "ol", "optgroup", "option", "p", "param", "section", "source",
      "title", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "track", "ul" };

#define COUNT(a) (sizeof (a) / sizeof *(a))

static int
is_one_of (const char *const *names, size_t n, const char *p, size_t len)
{
  for (size_t i = 0; i < n; i++)
    if (strlen (names[i]) == len && strncasecmp (names[i], p, len) == 0)
      return 1;
  return 0;
}

static int
is_one_in (const char *set, char c)
{
  return c != '\0' && strchr (set, c) != NULL;
}

static const char *
skip_space (const char *p, const char *end)
{
  while (p < end && aid_is_space (*p))
    p++;
  return p;
}

/* Behind a tag's name, or P. */
static const char *
tag_name (const char *p, const char *end)
{
  if (p == end || !aid_is_alpha (*p))
    return p;
  while (p < end && (aid_is_alpha (*p) || aid_is_digit (*p) || *p == '-'))
    p++;
  return p;
}

/* Behind "=value", or P when there is none; NULL when it is no value. */
static const char *
attribute_value (const char *p, const char *end)
{
  const char *q = skip_space (p, end);

  if (q == end || *q != '=')
    return p;
  q = skip_space (q + 1, end);
  if (q == end)
    return NULL;
  if (*q == '"' || *q == '\'')
    {
      const char *close = memchr (q + 1, *q, (size_t)(end - q - 1));

      return close ? close + 1 : NULL;
    }
  p = q;
  while (q < end && !aid_is_space (*q) && !is_one_in ("\"'=<>`", *q))
    q++;
  return q > p ? q : NULL;
}

/* Behind " name=value", or P when no attribute follows; NULL when what follows can't be one. */
static const char *
attribute (const char *p, const char *end)
{
  const char *q = skip_space (p, end);

  if (q == p || q == end || !(aid_is_alpha (*q) || *q == '_' || *q == ':'))
    return p;
  while (q < end && (aid_is_alpha (*q) || aid_is_digit (*q) || is_one_in ("_:.-", *q)))
    q++;
  return attribute_value (q, end);
}

/* Is the line nothing but one complete tag? */
static int
is_lone_tag (const char *p, const char *end)
{
  const char *q, *r;
  int closing = p < end && *p == '/';

  p += closing;
  q = tag_name (p, end);
  if (q == p)
    return 0;
  while (!closing && (r = attribute (q, end)) != q)
    {
      if (!r)
        return 0;
      q = r;
    }
  q = skip_space (q, end);
  if (!closing && q < end && *q == '/')
    q++;
  if (q == end || *q != '>')
    return 0;
  for (q++; q < end && (aid_is_blank (*q) || *q == '\f'); q++)
    ;
  return q == end;
}

int
aid_line_html_opens (const char *p, const char *end, int tag_too)
{
  struct aid_span line = { p, (size_t)(end - p) };
  const char *name, *q;
  int closing;

  if (line.len < 2 || *p != '<')
    return 0;
  if (aid_span_starts (line, "<!--"))
    return 2;
  if (p[1] == '?')
    return 3;
  if (p[1] == '!')
    return line.len > 2 && p[2] >= 'A' && p[2] <= 'Z' ? 4 : line.len >= 9 && !strncasecmp (p, "<![CDATA[", 9) ? 5 : 0;
  closing = p[1] == '/';
  name = p + 1 + closing;
  q = tag_name (name, end);
  if (!closing && is_one_of (raw_tags, COUNT (raw_tags), name, (size_t)(q - name))
      && (q == end || *q == '>' || aid_is_space (*q)))
    return 1;
  if (is_one_of (block_tags, COUNT (block_tags), name, (size_t)(q - name))
      && (q == end || *q == '>' || aid_is_space (*q) || (*q == '/' && q + 1 < end && q[1] == '>')))
    return 6;
  return tag_too && is_lone_tag (p + 1, end) ? 7 : 0;
}

int
aid_line_html_closes (int kind, const char *p, const char *end)
{
  static const char *const ends[] = { "", "", "-->", "?>", ">", "]]>" };
  struct aid_span line = { p, (size_t)(end - p) };

  if (kind != 1)
    return aid_span_find (line, aid_span_z (ends[kind])) >= 0;
  for (; (p = memchr (p, '<', (size_t)(end - p))); p++)
    if (p + 1 < end && p[1] == '/')
      {
        const char *q = tag_name (p + 2, end);

        if (q < end && *q == '>' && is_one_of (raw_tags, COUNT (raw_tags), p + 2, (size_t)(q - p - 2)))
          return 1;
      }
  return 0;
}
