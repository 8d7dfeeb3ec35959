/* cmark's tree of blocks made into spans.  cmark says what a block is and where it begins; how its lines go on is the
   scanner's knowledge, for cmark's ends are one line off for some kinds. */
#include "chat/spans_internal.h"

size_t
aid_walk_add (struct aid_walk *w, size_t beg, size_t end, int face)
{
  struct aid_face_span *span;

  if (beg >= end || w->err != AID_OK)
    return w->out->len;
  span = aid_vec_push (w->out);
  if (!span)
    {
      w->err = w->out->len >= w->out->max ? AID_E_LIMIT : AID_E_NOMEM;
      w->lost = 1;
      return w->out->len;
    }
  *span = (struct aid_face_span){ (uint32_t)beg, (uint32_t)end, (uint32_t)face };
  return w->out->len - 1;
}

void
aid_walk_settle (struct aid_walk *w)
{
  struct aid_face_span *spans = w->out->data;
  size_t kept = w->first;

  if (w->open.len > 0)
    w->out->len = AID_VEC_AT (struct aid_open, &w->open, 0).span;
  for (size_t i = kept; i < w->out->len; i++)
    if (spans[i].face)
      spans[kept++] = spans[i];
  w->out->len = kept;
  w->open.len = w->cuts.len = 0;
}

static size_t
line_of (const struct aid_walk *w, int number)
{
  size_t line = w->line0 + (size_t)(number > 1 ? number - 1 : 0);

  return line < w->nlines ? line : w->nlines - 1;
}

static size_t
first_line (const struct aid_walk *w, cmark_node *node)
{
  return line_of (w, cmark_node_get_start_line (node));
}

static size_t
last_line (const struct aid_walk *w, cmark_node *node)
{
  size_t first = first_line (w, node), last = line_of (w, cmark_node_get_end_line (node));

  return last > first ? last : first;
}

static size_t
start_of (const struct aid_walk *w, cmark_node *node)
{
  const struct aid_line *l = &w->lines[first_line (w, node)];
  int column = cmark_node_get_start_column (node);
  size_t pos = l->beg + (size_t)(column > 1 ? column - 1 : 0);

  return pos < l->end ? pos : l->end;
}

static size_t
trimmed_end (const struct aid_walk *w, size_t line)
{
  return aid_line_trim (w->src, w->lines[line].beg, w->lines[line].end);
}

static size_t
skip_blanks (const struct aid_walk *w, size_t pos, size_t end)
{
  while (pos < end && aid_is_blank (w->src[pos]))
    pos++;
  return pos;
}

/* As many lines from LINE on as NODE's literal has: one span at the top, else one a line, without prefixes. */
static void
literal_lines (struct aid_walk *w, cmark_node *node, size_t line, size_t n, int face)
{
  size_t end = line + n < w->nlines ? line + n : w->nlines;

  if (n == 0 || line >= end)
    return;
  if (cmark_node_get_type (cmark_node_parent (node)) == CMARK_NODE_DOCUMENT)
    aid_walk_add (w, w->lines[line].beg, end < w->nlines ? w->lines[end].beg : w->len, face);
  else
    for (; line < end; line++)
      aid_walk_add (w, w->lines[line].text, w->lines[line].end, face);
}

static size_t
count_lines (cmark_node *node)
{
  const char *p = cmark_node_get_literal (node);
  size_t n = 0;

  for (; p && (p = strchr (p, '\n')); p++)
    n++;
  return n;
}

static void
code_block (struct aid_walk *w, cmark_node *node)
{
  size_t line = first_line (w, node), n = count_lines (node);
  const struct aid_line *close = line + n + 1 < w->nlines ? &w->lines[line + n + 1] : NULL;

  if (w->lines[line].leaf != AID_LEAF_FENCE)
    {
      literal_lines (w, node, line, n, AID_FACE_BLOCK);
      return;
    }
  aid_walk_add (w, start_of (w, node), w->lines[line].end, AID_FACE_FENCE);
  literal_lines (w, node, line + 1, n, AID_FACE_BLOCK);
  if (close && close->leaf == AID_LEAF_NONE && aid_line_fence_closes (w->src + close->text, w->src + close->end))
    aid_walk_add (w, close->text, close->end, AID_FACE_FENCE);
}

/* The face of quotes, once for quotes in quotes, and the markers of all its lines. */
static void
quote (struct aid_walk *w, cmark_node *node)
{
  size_t beg = start_of (w, node), last = last_line (w, node);

  for (cmark_node *up = cmark_node_parent (node); up; up = cmark_node_parent (up))
    if (cmark_node_get_type (up) == CMARK_NODE_BLOCK_QUOTE)
      return;
  aid_walk_add (w, beg, w->lines[last].end, AID_FACE_QUOTE);
  for (size_t line = first_line (w, node); line <= last; line++, beg = w->lines[line <= last ? line : last].beg)
    for (; beg < w->lines[line].text; beg++)
      if (w->src[beg] == '>')
        aid_walk_add (w, beg, beg + 1, AID_FACE_MARKUP);
}

static void
item (struct aid_walk *w, cmark_node *node)
{
  size_t beg = start_of (w, node), end = w->lines[first_line (w, node)].end;
  char mark;

  aid_walk_add (w, beg, beg + aid_line_marker (w->src + beg, w->src + end, 0, &mark), AID_FACE_BULLET);
}

/* Makes ready for the inlines of LINE..LAST that begin at POS. */
static void
begin_inlines (struct aid_walk *w, size_t pos, size_t line, size_t last)
{
  w->pos = pos;
  w->line = line;
  w->last = last;
  w->first = w->out->len;
  w->lost = w->err != AID_OK;
}

/* Behind the reference definitions with which a paragraph may begin: cmark has taken them away. */
static void
skip_definitions (struct aid_walk *w)
{
  struct aid_place p = { w->pos, w->line };

  while (p.line <= w->last && aid_link_definition (w, &p))
    ;
  if (p.line > w->last)
    w->lost = 1;
  else
    {
      w->pos = p.pos;
      w->line = p.line;
    }
}

static void
paragraph (struct aid_walk *w, cmark_node *node)
{
  begin_inlines (w, start_of (w, node), first_line (w, node), last_line (w, node));
  skip_definitions (w);
  if (!w->lost)
    aid_walk_table (w);
}

static void
heading (struct aid_walk *w, cmark_node *node)
{
  size_t beg = start_of (w, node), line = first_line (w, node), under = line, sharps;
  int level = cmark_node_get_heading_level (node);
  int face = AID_FACE_HEADING1 + (level < 4 ? level : 4) - 1;

  if (w->lines[line].leaf != AID_LEAF_PARAGRAPH)
    {
      aid_walk_add (w, beg, trimmed_end (w, line), face);
      sharps = aid_line_heading (w->src + beg, w->src + w->lines[line].end);
      aid_walk_add (w, beg, beg + (size_t)level, AID_FACE_MARKUP);
      begin_inlines (w, beg + sharps, line, line);
      return;
    }
  while (under + 1 < w->nlines && w->lines[under].leaf == AID_LEAF_PARAGRAPH)
    under++;
  aid_walk_add (w, beg, trimmed_end (w, under), face);
  begin_inlines (w, beg, line, under > line ? under - 1 : line);
  skip_definitions (w);
}

/* The sharps that close a heading, or the line below it. */
static void
heading_ends (struct aid_walk *w, cmark_node *node)
{
  size_t under = w->last + 1, beg;

  if (w->lines[first_line (w, node)].leaf == AID_LEAF_PARAGRAPH && under < w->nlines)
    aid_walk_add (w, skip_blanks (w, w->lines[under].text, w->lines[under].end), trimmed_end (w, under), AID_FACE_MARKUP);
  else if (!w->lost && w->line == w->last)
    {
      beg = skip_blanks (w, w->pos, w->lines[w->line].end);
      if (beg < w->lines[w->line].end && w->src[beg] == '#')
        aid_walk_add (w, beg, trimmed_end (w, w->line), AID_FACE_MARKUP);
    }
}

static void
enter (struct aid_walk *w, cmark_node *node)
{
  switch (cmark_node_get_type (node))
    {
    case CMARK_NODE_BLOCK_QUOTE:
      quote (w, node);
      break;
    case CMARK_NODE_ITEM:
      item (w, node);
      break;
    case CMARK_NODE_CODE_BLOCK:
      code_block (w, node);
      break;
    case CMARK_NODE_HTML_BLOCK:
      literal_lines (w, node, first_line (w, node), count_lines (node), AID_FACE_HTML);
      break;
    case CMARK_NODE_THEMATIC_BREAK:
      aid_walk_add (w, start_of (w, node), trimmed_end (w, first_line (w, node)), AID_FACE_RULE);
      break;
    case CMARK_NODE_PARAGRAPH:
      paragraph (w, node);
      break;
    case CMARK_NODE_HEADING:
      heading (w, node);
      break;
    default:
      aid_walk_inline (w, node, 1);
    }
}

static void
leave (struct aid_walk *w, cmark_node *node)
{
  cmark_node_type type = cmark_node_get_type (node);

  if (type == CMARK_NODE_PARAGRAPH || type == CMARK_NODE_HEADING)
    {
      aid_walk_settle (w);
      if (type == CMARK_NODE_HEADING)
        heading_ends (w, node);
    }
  else if (type >= CMARK_NODE_FIRST_INLINE)
    aid_walk_inline (w, node, 0);
}

enum aid_err
aid_walk_tree (cmark_node *root, struct aid_walk *w)
{
  cmark_iter *iter = cmark_iter_new (root);
  cmark_event_type event;

  while (w->err == AID_OK && (event = cmark_iter_next (iter)) != CMARK_EVENT_DONE)
    {
      if (event == CMARK_EVENT_ENTER)
        enter (w, cmark_iter_get_node (iter));
      else
        leave (w, cmark_iter_get_node (iter));
    }
  cmark_iter_free (iter);
  return w->err;
}
