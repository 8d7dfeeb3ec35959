/* A page as text.  One pass over the tags: what an element does to the text around it is a row of a table. */
#include "chat/chat.h"
#include "context/html_internal.h"
#include <stdio.h>

#define NESTING 24     /* lists and quotes within one another that are shown; deeper ones are at this depth */
#define MAIN_LEAST 200 /* bytes of text that a page's main part has, else the whole page is taken */
#define TITLE_MAX 1000

/* What an element is to the text. */
enum role
{
  INLINE,    /* nothing */
  BLOCK,     /* its text stands on lines of its own */
  PARAGRAPH, /* and an empty line around them */
  HEADING,
  BREAK,
  RULE,
  LIST,
  NUMBERED,
  ITEM,
  QUOTE,
  CODE,
  PREFORMATTED,
  TABLE,
  ROW,
  CELL,
  IMAGE,
  RAW,    /* has no tags inside, and no text for people */
  SKIPPED /* menus and controls: left out when they are closed */
};

static const struct element
{
  const char *name;
  enum role role;
} elements[] = {
  { "address", BLOCK },  { "article", BLOCK },  { "aside", BLOCK },      { "blockquote", QUOTE }, { "br", BREAK },
  { "button", SKIPPED }, { "caption", BLOCK },  { "code", CODE },        { "dd", BLOCK },         { "details", BLOCK },
  { "div", BLOCK },      { "dl", PARAGRAPH },   { "dt", BLOCK },         { "figcaption", BLOCK }, { "figure", PARAGRAPH },
  { "footer", SKIPPED }, { "h1", HEADING },     { "h2", HEADING },       { "h3", HEADING },       { "h4", HEADING },
  { "h5", HEADING },     { "h6", HEADING },     { "head", BLOCK },       { "header", BLOCK },     { "hr", RULE },
  { "iframe", RAW },     { "img", IMAGE },      { "kbd", CODE },         { "li", ITEM },          { "main", BLOCK },
  { "nav", SKIPPED },    { "noembed", RAW },    { "noframes", RAW },     { "noscript", SKIPPED }, { "ol", NUMBERED },
  { "option", BLOCK },   { "p", PARAGRAPH },    { "pre", PREFORMATTED }, { "samp", CODE },        { "script", RAW },
  { "section", BLOCK },  { "select", SKIPPED }, { "style", RAW },        { "summary", BLOCK },    { "svg", SKIPPED },
  { "table", TABLE },    { "td", CELL },        { "template", SKIPPED }, { "textarea", RAW },     { "th", CELL },
  { "title", RAW },      { "tr", ROW },         { "tt", CODE },          { "ul", LIST },          { "xmp", RAW },
};
enum
{
  ELEMENTS = sizeof elements / sizeof *elements
};

struct page
{
  struct aid_str *out;
  size_t from; /* of OUT: nothing before it is ours */
  struct aid_span rest;
  int newlines;             /* that stand before the next text, at most 2 */
  int blank;                /* stands before it too */
  int lists, quotes, cells; /* depth; cells of this row so far */
  int count[NESTING];       /* of a numbered list its next number, else 0 */
  char mark[16];            /* "- " or "1. ": stands before the next text */
  int pre;                  /* depth of preformatted text, which is collected: */
  struct aid_str block;
  unsigned char unclosed[ELEMENTS]; /* this element is closed nowhere behind */
};

static const struct element *
element_of (const char *name)
{
  for (size_t i = 0; i < ELEMENTS; i++)
    if (!strcmp (name, elements[i].name))
      return &elements[i];
  return NULL;
}

/* --- lines -------------------------------------------------------------------------------------------------------- */

static int
is_empty (const struct page *p)
{
  return p->out->len == p->from;
}

static void
want (struct page *p, int newlines)
{
  p->blank = 0;
  if (p->newlines < newlines)
    p->newlines = newlines;
}

static void
begin_line (struct page *p)
{
  for (int i = 0; i < p->quotes && i < NESTING; i++)
    aid_str_addz (p->out, "> ");
  for (int i = 1; i < p->lists && i < NESTING; i++)
    aid_str_addz (p->out, "  ");
  if (p->lists && !p->mark[0])
    aid_str_addz (p->out, "  ");
  aid_str_addz (p->out, p->mark);
  p->mark[0] = '\0';
}

/* What is wanted before the next text. */
static void
flush (struct page *p)
{
  int first = is_empty (p);
  if (!first)
    for (int i = 0; i < p->newlines; i++)
      aid_str_addc (p->out, '\n');
  if (first || p->newlines)
    begin_line (p);
  else if (p->blank)
    aid_str_addc (p->out, ' ');
  p->newlines = p->blank = 0;
}

static int
is_blank (char c)
{
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* Appends TEXT with its blanks collapsed and without other control characters. */
static void
add_text (struct page *p, struct aid_span text)
{
  for (size_t i = 0; i < text.len; i++)
    {
      unsigned char c = (unsigned char)text.ptr[i];
      if (is_blank ((char)c))
        p->blank |= !p->newlines && !is_empty (p);
      else if (c >= ' ' && c != 127)
        {
          if (p->newlines || p->blank || is_empty (p))
            flush (p);
          aid_str_addc (p->out, (char)c);
        }
    }
}

static void
add_chars (struct page *p, struct aid_span text)
{
  if (p->pre)
    {
      aid_html_decode (text, &p->block);
      return;
    }
  struct aid_str plain = AID_STR_INIT (2 * AID_HTML_MAX);
  aid_html_decode (text, &plain);
  add_text (p, aid_str_span (&plain));
  if (plain.err)
    p->out->err = plain.err;
  aid_str_free (&plain);
}

/* A block of code from what was collected. */
static void
end_block (struct page *p)
{
  struct aid_span text = aid_str_span (&p->block), line;
  while (text.len && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r'))
    text.len--;
  if (text.len && text.ptr[0] == '\n')
    text = aid_span_cut (text, 1, text.len);
  size_t fence = aid_chat_fence (text);
  if (aid_span_trim (text).len)
    {
      want (p, 2);
      flush (p);
      for (size_t i = 0; i < fence; i++)
        aid_str_addc (p->out, '`');
      while (aid_span_line (&text, &line))
        {
          aid_str_addc (p->out, '\n');
          begin_line (p);
          aid_str_addspan (p->out, line);
        }
      aid_str_addc (p->out, '\n');
      begin_line (p);
      for (size_t i = 0; i < fence; i++)
        aid_str_addc (p->out, '`');
    }
  if (p->block.err)
    p->out->err = p->block.err;
  aid_str_clear (&p->block);
  want (p, 2);
}

/* --- elements ----------------------------------------------------------------------------------------------------- */

/* Moves behind the end of the element E, whose tag was just read; if there is none, its text counts. */
static void
skip (struct page *p, const struct element *e)
{
  size_t which = (size_t)(e - elements);
  if (p->unclosed[which])
    return;
  struct aid_span back = p->rest;
  for (size_t depth = 1; depth > 0;)
    {
      struct aid_html_token t = aid_html_next (&p->rest);
      if (t.kind == AID_HTML_END)
        {
          p->rest = back;
          p->unclosed[which] = 1;
          return;
        }
      const struct element *inner = t.kind == AID_HTML_OPEN ? element_of (t.name) : NULL;
      if (inner && inner->role == RAW)
        aid_html_raw (&p->rest, t.name);
      if (!strcmp (t.name, e->name))
        depth = t.kind == AID_HTML_OPEN ? depth + 1 : depth - (t.kind == AID_HTML_CLOSE);
    }
}

static void
add_sign (struct page *p, const char *sign)
{
  if (p->newlines || p->blank || is_empty (p))
    flush (p);
  aid_str_addz (p->out, sign);
}

static void
add_image (struct page *p, const struct aid_html_token *t)
{
  struct aid_str alt = AID_STR_INIT (AID_HTML_MAX);
  if (aid_html_attribute (t, "alt", &alt) && aid_span_trim (aid_str_span (&alt)).len && !p->pre)
    {
      add_sign (p, "[image: ");
      add_text (p, aid_span_trim (aid_str_span (&alt)));
      add_sign (p, "]");
    }
  aid_str_free (&alt);
}

static void
begin_item (struct page *p)
{
  int depth = p->lists < NESTING ? p->lists : NESTING;
  want (p, 1);
  if (depth > 0 && p->count[depth - 1])
    snprintf (p->mark, sizeof p->mark, "%d. ", p->count[depth - 1]++);
  else
    strcpy (p->mark, "- ");
}

static void
begin_list (struct page *p, int numbered)
{
  want (p, p->lists ? 1 : 2);
  if (p->lists < NESTING)
    p->count[p->lists] = numbered;
  p->lists++;
}

static void
begin_cell (struct page *p)
{
  if (p->cells++ == 0)
    return;
  p->newlines = p->blank = 0;
  add_sign (p, " | ");
}

static void
begin_row (struct page *p, int newlines)
{
  want (p, newlines);
  p->cells = 0;
}

/* LEVEL: the digit of "h1" to "h6". */
static void
begin_heading (struct page *p, char level)
{
  static const char signs[] = "###### ";
  want (p, 2);
  add_sign (p, signs + 6 - (level - '0'));
}

static void
add_rule (struct page *p)
{
  want (p, 2);
  add_sign (p, "---");
  want (p, 2);
}

/* In a row of a table a block is but words. */
static void
begin_block (struct page *p, int newlines)
{
  if (!p->cells)
    want (p, newlines);
  else
    p->blank |= p->out->len > 0 && p->out->ptr[p->out->len - 1] != ' ';
}

static void
open_element (struct page *p, const struct aid_html_token *t, const struct element *e)
{
  switch (e->role)
    {
    case BLOCK:
    case PARAGRAPH:
      begin_block (p, e->role == BLOCK ? 1 : 2);
      break;
    case HEADING:
      begin_heading (p, t->name[1]);
      break;
    case BREAK:
      want (p, 1);
      break;
    case RULE:
      add_rule (p);
      break;
    case LIST:
    case NUMBERED:
      begin_list (p, e->role == NUMBERED);
      break;
    case ITEM:
      begin_item (p);
      break;
    case QUOTE:
      want (p, 2);
      p->quotes++;
      break;
    case CODE:
      add_sign (p, "`");
      break;
    case PREFORMATTED:
      p->pre++;
      break;
    case TABLE:
    case ROW:
      begin_row (p, e->role == TABLE ? 2 : 1);
      break;
    case CELL:
      begin_cell (p);
      break;
    case IMAGE:
      add_image (p, t);
      break;
    case RAW:
      aid_html_raw (&p->rest, t->name);
      break;
    case SKIPPED:
      skip (p, e);
      break;
    case INLINE:
      break;
    }
}

static void
close_element (struct page *p, const struct element *e)
{
  switch (e->role)
    {
    case BLOCK:
      want (p, p->cells ? 0 : 1);
      break;
    case PARAGRAPH:
    case HEADING:
      want (p, p->cells ? 0 : 2);
      break;
    case LIST:
    case NUMBERED:
      p->lists -= p->lists > 0;
      want (p, p->lists ? 1 : 2);
      break;
    case QUOTE:
      p->quotes -= p->quotes > 0;
      want (p, 2);
      break;
    case CODE:
      aid_str_addz (p->out, is_empty (p) ? "" : "`");
      break;
    case TABLE:
    case ROW:
      begin_row (p, e->role == TABLE ? 2 : 1);
      break;
    default:
      break;
    }
}

/* Inside preformatted text only its end and new lines count. */
static void
pre_tag (struct page *p, const struct aid_html_token *t, const struct element *e)
{
  if (e->role == PREFORMATTED)
    p->pre += t->kind == AID_HTML_OPEN ? 1 : -1;
  else if (e->role == BREAK && t->kind == AID_HTML_OPEN)
    aid_str_addc (&p->block, '\n');
  else if (e->role == RAW && t->kind == AID_HTML_OPEN)
    aid_html_raw (&p->rest, t->name);
  if (!p->pre)
    end_block (p);
}

static void
convert (struct page *p)
{
  struct aid_html_token t;
  while (!p->out->err && (t = aid_html_next (&p->rest)).kind != AID_HTML_END)
    {
      const struct element *e = t.kind == AID_HTML_CHARS ? NULL : element_of (t.name);
      if (t.kind == AID_HTML_CHARS)
        add_chars (p, t.text);
      else if (e && p->pre)
        pre_tag (p, &t, e);
      else if (e && t.kind == AID_HTML_OPEN)
        open_element (p, &t, e);
      else if (e)
        close_element (p, e);
    }
  if (p->pre)
    end_block (p);
}

/* --- for whole pages ---------------------------------------------------------------------------------------------- */

int
aid_html_is_raw (const char *name)
{
  const struct element *e = element_of (name);
  return e && e->role == RAW;
}

void
aid_html_body (struct aid_span html, struct aid_str *out)
{
  struct page p = { .out = out, .from = out->len, .rest = html, .block = AID_STR_INIT (2 * AID_HTML_MAX) };
  convert (&p);
  aid_str_free (&p.block);
}

void
aid_html_words (struct aid_span text, struct aid_str *out)
{
  struct page p = { .out = out, .from = out->len };
  add_text (&p, text);
}
