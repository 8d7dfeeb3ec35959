/* The block structure of a text, line by line: the first phase of CommonMark's algorithm, with cmark's choices, but
   without a tree.  It keeps a stack of the open quotes and items and the kind of the open leaf, which is enough to say
   where each line's text begins and where top-level blocks begin.  (One difference is left: a paragraph of nothing but
   reference definitions above a line of "=" is a heading here.) */
#include "chat/spans_internal.h"

struct cursor              /* in a line; columns count tabs, offsets count bytes */
{
  const char *p;
  size_t len, off, first;  /* first: the next non-blank */
  uint32_t column, first_column, indent;
  int in_tab, blank;       /* in_tab: a part of the tab at off is used */
};

struct opening             /* of new blocks on one line */
{
  struct aid_scan *s;
  struct cursor *c;
  struct aid_scanned *out;
  uint32_t level;          /* containers that this line is in */
  int opened;              /* at least one block */
};

static void
look (struct cursor *c)
{
  uint32_t to_tab = 4 - c->column % 4;

  if (c->first <= c->off)
    {
      c->first = c->off;
      c->first_column = c->column;
      for (; c->first < c->len && aid_is_blank (c->p[c->first]); c->first++)
        {
          uint32_t step = c->p[c->first] == '\t' ? to_tab : 1;

          c->first_column += step;
          to_tab = step == to_tab ? 4 : to_tab - step;
        }
    }
  c->indent = c->first_column - c->column;
  c->blank = c->first >= c->len;
}

static void
advance_bytes (struct cursor *c, size_t to)
{
  for (; c->off < to; c->off++)
    {
      c->column += c->p[c->off] == '\t' ? 4 - c->column % 4 : 1;
      c->in_tab = 0;
    }
}

static void
advance_columns (struct cursor *c, uint32_t n)
{
  while (n > 0 && c->off < c->len)
    {
      uint32_t width = c->p[c->off] == '\t' ? 4 - c->column % 4 : 1;
      uint32_t step = width < n ? width : n;

      c->in_tab = width > n;
      c->column += step;
      c->off += !c->in_tab;
      n -= step;
    }
}

static int
at_blank (const struct cursor *c)
{
  return c->off < c->len && aid_is_blank (c->p[c->off]);
}

static int
is_quote (const struct cursor *c)
{
  return !c->blank && c->indent <= 3 && c->p[c->first] == '>';
}

static void
skip_quote (struct cursor *c)
{
  advance_bytes (c, c->first + 1);
  if (at_blank (c))
    advance_columns (c, 1);
}

/* How many of the open containers this line goes on with. */
static uint32_t
match_containers (const struct aid_scan *s, struct cursor *c)
{
  uint32_t i;

  for (i = 0; i < s->depth; i++)
    {
      const struct aid_container *k = &s->stack[i];

      look (c);
      if (k->mark == '>')
        {
          if (!is_quote (c))
            break;
          skip_quote (c);
        }
      else if (c->indent >= k->width)
        advance_columns (c, k->width);
      else if (c->blank && k->child)
        advance_bytes (c, c->first);
      else
        break;
    }
  look (c);
  return i;
}

/* Does the open leaf go on?  -1: it is a fence, and this line closes it. */
static int
match_leaf (const struct aid_scan *s, struct cursor *c)
{
  const char *p = c->p + c->first, *end = c->p + c->len;

  switch (s->leaf)
    {
    case AID_LEAF_PARAGRAPH:
      return !c->blank;
    case AID_LEAF_HTML:
      return s->html < 6 || !c->blank;
    case AID_LEAF_CODE:
      if (c->indent >= 4)
        advance_columns (c, 4);
      else if (c->blank)
        advance_bytes (c, c->first);
      else
        return 0;
      return 1;
    case AID_LEAF_FENCE:
      if (c->indent <= 3 && !c->blank && *p == s->fence && aid_line_fence_closes (p, end) >= s->fence_length)
        return -1;
      for (uint32_t i = s->fence_indent; i > 0 && at_blank (c); i--)
        advance_columns (c, 1);
      return 1;
    default:
      return 0;
    }
}

/* Does an item of kind MARK go on with a list that is open on O's level? */
static int
is_same_list (const struct opening *o, char mark)
{
  const struct aid_scan *s = o->s;

  if (!mark || o->opened)
    return 0;
  return mark == (o->level < s->depth ? s->stack[o->level].mark : o->level == 0 ? s->list : '\0');
}

/* A block begins inside of the innermost matched container; what was open beside it closes.  ITEM: its list's kind. */
static void
begin_child (struct opening *o, char item)
{
  struct aid_scan *s = o->s;
  int same_list = is_same_list (o, item);

  if (!o->opened)
    {
      s->depth = o->level;
      s->leaf = AID_LEAF_NONE;
      o->opened = 1;
    }
  if (o->level > 0)
    s->stack[o->level - 1].child = 1;
  else if (!same_list)
    {
      o->out->starts = 1;
      s->plain = 0;
    }
}

static void
begin_container (struct opening *o, char mark, uint32_t width)
{
  struct aid_scan *s = o->s;

  begin_child (o, mark == '>' ? '\0' : mark);
  s->stack[s->depth++] = (struct aid_container){ width, mark, 0 };
  o->level = s->depth;
}

static void
begin_leaf (struct opening *o, enum aid_leaf leaf)
{
  begin_child (o, '\0');
  o->s->leaf = (uint8_t)leaf;
  o->s->leaf_bytes = o->s->leaf_marks = 0;
}

static void
begin_fence (struct opening *o, size_t length)
{
  begin_leaf (o, AID_LEAF_FENCE);
  o->s->fence = o->c->p[o->c->first];
  o->s->fence_length = length > 255 ? 255 : (uint32_t)length;
  o->s->fence_indent = (uint32_t)(o->c->first - o->c->off);
  if (o->level == 0)
    o->out->fence = AID_FENCE_OPENS;
}

/* Behind the marker and the blanks that belong to it; the columns that the item's lines must be indented. */
static uint32_t
skip_item_marker (struct cursor *c, size_t marker)
{
  uint32_t indent = c->indent, blanks;
  struct cursor saved;

  advance_bytes (c, c->first + marker);
  saved = *c;
  while (c->column - saved.column <= 5 && at_blank (c))
    advance_columns (c, 1);
  blanks = c->column - saved.column;
  if (blanks >= 1 && blanks < 5 && c->off < c->len)
    return indent + (uint32_t)marker + blanks;
  *c = saved;
  if (blanks > 0)
    advance_columns (c, 1);
  return indent + (uint32_t)marker + 1;
}

/* Opens what this line opens.  PARAGRAPH: the line is in an open paragraph; LAZY: the text's last leaf is one.
   Gives 1 when the line is used up. */
static int
open_blocks (struct opening *o, int paragraph, int lazy)
{
  struct cursor *c = o->c;
  size_t n;
  char mark;

  for (;; paragraph = lazy = 0)
    {
      const char *p, *end = c->p + c->len;
      int near;

      look (c);
      p = c->p + c->first;
      near = c->indent < 4;
      if (c->blank)
        return 0;
      if (o->level == AID_SPANS_MAX_DEPTH)
        return o->s->plain = 1, 0;
      if (is_quote (c))
        {
          skip_quote (c);
          begin_container (o, '>', 0);
        }
      else if (near && aid_line_heading (p, end))
        return begin_leaf (o, AID_LEAF_NONE), 1;
      else if (near && (n = aid_line_fence_opens (p, end)))
        return begin_fence (o, n), 1;
      else if (near && (n = (size_t)aid_line_html_opens (p, end, !paragraph && !lazy)))
        {
          begin_leaf (o, AID_LEAF_HTML);
          o->s->html = (uint8_t)n;
          return 0;
        }
      else if (near && paragraph && aid_line_setext (p, end))
        return o->s->leaf = AID_LEAF_NONE, 1;
      else if (near && aid_line_rule (p, end))
        return begin_leaf (o, AID_LEAF_NONE), 1;
      else if (near && (n = aid_line_marker (p, end, paragraph, &mark)))
        begin_container (o, mark, skip_item_marker (c, n));
      else if (!near && !lazy && !paragraph)
        {
          advance_columns (c, 4);
          return begin_leaf (o, AID_LEAF_CODE), 1;
        }
      else
        return 0;
    }
}

/* Counts what may make cmark look through the rest of a paragraph, perhaps in vain: tags, comments, link targets. */
static void
count_cost (struct aid_scan *s, const char *p, size_t len)
{
  const char *end = p + len;

  s->leaf_bytes += len;
  for (const char *q = p; (q = memchr (q, '<', (size_t)(end - q))); q++)
    s->leaf_marks++;
  for (const char *q = p; (q = memchr (q, '(', (size_t)(end - q))); q++)
    s->leaf_marks += q > p && q[-1] == ']';
  if (s->leaf_marks * s->leaf_bytes > AID_SPANS_MAX_COST)
    s->plain = 1;
}

static void
add_text (struct opening *o, int leaf_on, int done)
{
  struct aid_scan *s = o->s;
  struct cursor *c = o->c;

  look (c);
  o->out->text = c->off;
  if (s->leaf == AID_LEAF_HTML && (leaf_on || o->opened))
    {
      if (s->html < 6 && aid_line_html_closes (s->html, c->p + c->first, c->p + c->len))
        s->leaf = AID_LEAF_NONE;
    }
  else if (s->leaf == AID_LEAF_PARAGRAPH || (!done && s->leaf == AID_LEAF_NONE && !c->blank))
    {
      if (s->leaf == AID_LEAF_NONE)
        begin_leaf (o, AID_LEAF_PARAGRAPH);
      if (!o->out->lazy)
        o->out->text = c->first;
      count_cost (s, c->p + c->first, c->len - c->first);
    }
}

/* The usual lines, for speed: text that no block begins with, outside of quotes and lists.  0: not one of them. */
static int
scan_plain (struct aid_scan *s, struct aid_span line, struct aid_scanned *out)
{
  char c = line.len > 0 ? line.ptr[0] : ' ';

  if (s->depth > 0 || !(aid_is_alpha (c) || (unsigned char)c >= 0x80 || (s->leaf == AID_LEAF_FENCE && aid_is_punct (c))))
    return 0;
  if (s->leaf == AID_LEAF_FENCE && c != s->fence)
    out->fence = AID_FENCE_INSIDE;
  else if (s->leaf == AID_LEAF_PARAGRAPH)
    count_cost (s, line.ptr, line.len);
  else
    return 0;
  return 1;
}

void
aid_scan_line (struct aid_scan *s, struct aid_span line, struct aid_scanned *out)
{
  struct cursor c = { .p = line.ptr, .len = line.len };
  struct opening o = { s, &c, out, 0, 0 };
  int all, leaf_on, done = 0, was = s->leaf;

  *out = (struct aid_scanned){ 0 };
  if (scan_plain (s, line, out))
    return;
  o.level = match_containers (s, &c);
  all = o.level == s->depth;
  if (all && s->depth == 0 && was == AID_LEAF_FENCE)
    out->fence = AID_FENCE_INSIDE;
  leaf_on = all ? match_leaf (s, &c) : 0;
  if (leaf_on < 0)
    {
      s->leaf = AID_LEAF_NONE;
      out->text = c.first;
      out->fence = out->fence ? AID_FENCE_CLOSES : AID_FENCE_NO;
      return;
    }
  if (!leaf_on || was == AID_LEAF_PARAGRAPH)
    done = open_blocks (&o, leaf_on, was == AID_LEAF_PARAGRAPH);
  out->lazy = was == AID_LEAF_PARAGRAPH && !all && !o.opened && !c.blank;
  if (!c.blank)
    s->list = '\0';
  if (!o.opened && !leaf_on && !out->lazy)
    {
      if (c.blank && o.level == 0 && s->depth > 0)
        s->list = s->stack[0].mark;
      s->depth = o.level;
      s->leaf = AID_LEAF_NONE;
    }
  add_text (&o, leaf_on, done);
}

enum aid_err
aid_layout_make (struct aid_span text, struct aid_layout *l)
{
  struct aid_scan scan = { .depth = 0 };
  struct aid_block *b = NULL;
  size_t end, next;

  l->lines = AID_VEC_INIT (struct aid_line, AID_SPANS_MAX_TEXT);
  l->blocks = AID_VEC_INIT (struct aid_block, AID_SPANS_MAX_TEXT);
  for (size_t pos = 0; pos < text.len; pos = next)
    {
      struct aid_line *line = aid_vec_push (&l->lines);
      struct aid_scanned out = { 0 };

      end = aid_line_break (text, pos, &next);
      aid_scan_line (&scan, aid_span_cut (text, pos, end), &out);
      if (out.starts)
        {
          b = aid_vec_push (&l->blocks);
          if (b)
            *b = (struct aid_block){ .beg = (uint32_t)pos, .line = (uint32_t)l->lines.len - 1, .fence = out.fence != 0 };
        }
      if (!line || (out.starts && !b))
        return AID_E_NOMEM;
      *line = (struct aid_line){ (uint32_t)pos, (uint32_t)(pos + out.text), (uint32_t)end, scan.leaf };
      if (b)
        {
          b->end = (uint32_t)next;
          if (out.fence == AID_FENCE_CLOSES)
            b->close = (uint32_t)pos;
          b->plain |= scan.plain;
        }
    }
  return AID_OK;
}

void
aid_layout_free (struct aid_layout *l)
{
  aid_vec_free (&l->lines);
  aid_vec_free (&l->blocks);
}
