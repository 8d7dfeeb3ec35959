/* Inlines of a paragraph or heading, where they really stand.  cmark's tree says what comes; each of its events consumes
   the source from the place reached, so a delimiter is found at exactly one place: text matches its literal (through
   escapes and entities), a code span ends at the next run of as many backticks, and so on.  Should the source not go on
   as the tree says, the rest of this paragraph gets no spans rather than wrong ones. */
#include "chat/spans_internal.h"

static void
lose (struct aid_walk *w)
{
  w->lost = 1;
}

static char
here (const struct aid_walk *w)
{
  return w->pos < w->lines[w->line].end ? w->src[w->pos] : '\n';
}

static struct aid_span
rest_of_line (const struct aid_walk *w)
{
  return (struct aid_span){ w->src + w->pos, w->lines[w->line].end - w->pos };
}

/* From a line's end to the next line's text. */
static int
next_line (struct aid_walk *w)
{
  if (w->pos != w->lines[w->line].end || w->line >= w->last)
    return 0;
  w->pos = w->lines[++w->line].text;
  return 1;
}

static void
skip_blanks (struct aid_walk *w)
{
  while (aid_is_blank (here (w)))
    w->pos++;
}

/* Decodes the entity at the start of V into OUT (of 16 bytes); the bytes of V, 0 when it is none.  Only cmark knows the
   names, so it is asked about those that are not the usual ones. */
static size_t
entity (struct aid_span v, char *out)
{
  static const char *const usual[][2] = { { "&lt;", "<" }, { "&gt;", ">" }, { "&amp;", "&" }, { "&quot;", "\"" } };
  size_t n = 1;
  cmark_node *doc, *text;
  const char *literal;

  for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
    if (aid_span_starts (v, usual[i][0]))
      return strcpy (out, usual[i][1]), strlen (usual[i][0]);
  while (n < v.len && n < 40 && (aid_is_alpha (v.ptr[n]) || aid_is_digit (v.ptr[n]) || v.ptr[n] == '#'))
    n++;
  if (n < 3 || n == v.len || v.ptr[n] != ';')
    return 0;
  doc = cmark_parse_document (v.ptr, n + 1, CMARK_OPT_DEFAULT);
  text = cmark_node_first_child (cmark_node_first_child (doc));
  literal = text ? cmark_node_get_literal (text) : NULL;
  if (!literal || strlen (literal) >= 16 || aid_span_eqz (aid_span_cut (v, 0, n + 1), literal))
    n = 0;
  else
    strcpy (out, literal);
  cmark_node_free (doc);
  return n ? n + 1 : 0;
}

static void
text (struct aid_walk *w, const char *literal, int escapes)
{
  char decoded[16];
  size_t n;

  while (*literal)
    {
      struct aid_span v = rest_of_line (w);

      if (v.len == 0)
        return lose (w);
      if (escapes && v.len > 1 && v.ptr[0] == '\\' && aid_is_punct (v.ptr[1]))
        {
          w->pos++;
          v.ptr++;
        }
      else if (v.ptr[0] == '&' && (n = entity (v, decoded)))
        {
          if (strncmp (literal, decoded, strlen (decoded)) != 0)
            return lose (w);
          literal += strlen (decoded);
          w->pos += n;
          continue;
        }
      if (*literal++ != v.ptr[0])
        return lose (w);
      w->pos++;
    }
}

static void
line_break (struct aid_walk *w, int hard)
{
  struct aid_span v = rest_of_line (w);

  int backslash = hard && v.len == 1 && v.ptr[0] == '\\';

  w->pos += (size_t)backslash;
  while (w->pos < w->lines[w->line].end && aid_is_space (here (w)))
    w->pos++;
  if (!next_line (w))
    return lose (w);
  /* Behind a backslash, blanks of a lazy line are text to cmark. */
  if (!backslash)
    skip_blanks (w);
}

static size_t
run_of (struct aid_walk *w, char c)
{
  size_t beg = w->pos;

  while (w->pos < w->lines[w->line].end && w->src[w->pos] == c)
    w->pos++;
  return w->pos - beg;
}

/* Would an inline from BEG to here reach over the end of a table's cell?  Then it is none. */
static int
crosses (const struct aid_walk *w, size_t beg)
{
  size_t lo = 0, hi = w->cuts.len;

  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;

      if (AID_VEC_AT (uint32_t, &w->cuts, mid) < beg)
        lo = mid + 1;
      else
        hi = mid;
    }
  return lo < w->cuts.len && AID_VEC_AT (uint32_t, &w->cuts, lo) < w->pos;
}

static void
code_span (struct aid_walk *w)
{
  size_t beg = w->pos, ticks = run_of (w, '`'), n = 0;

  while (ticks > 0 && n != ticks)
    {
      const char *tick = memchr (w->src + w->pos, '`', w->lines[w->line].end - w->pos);

      w->pos = tick ? (size_t)(tick - w->src) : w->lines[w->line].end;
      n = run_of (w, '`');
      if (n == 0 && !next_line (w))
        return lose (w);
    }
  if (ticks == 0)
    return lose (w);
  if (crosses (w, beg))
    return;
  aid_walk_add (w, beg, w->pos, AID_FACE_CODE);
  aid_walk_add (w, beg, beg + ticks, AID_FACE_MARKUP);
  aid_walk_add (w, w->pos - ticks, w->pos, AID_FACE_MARKUP);
}

static void
html (struct aid_walk *w, const char *literal)
{
  size_t beg = w->pos;

  while (*literal)
    if (*literal == '\n')
      {
        if (!next_line (w))
          return lose (w);
        /* Blanks here may be what is left of a tab. */
        skip_blanks (w);
        for (literal++; aid_is_blank (*literal);)
          literal++;
      }
    else if (w->pos >= w->lines[w->line].end || w->src[w->pos] != *literal)
      return lose (w);
    else
      {
        w->pos++;
        literal++;
      }
  if (!crosses (w, beg))
    aid_walk_add (w, beg, w->pos, AID_FACE_HTML);
}

static void
begin (struct aid_walk *w, int face, size_t delimiter, char mark)
{
  struct aid_open *o = aid_vec_push (&w->open);

  if (!o)
    {
      w->err = AID_E_NOMEM;
      return lose (w);
    }
  o->mark = mark;
  o->span = aid_walk_add (w, w->pos, w->pos + delimiter, face);
  aid_walk_add (w, w->pos, w->pos + delimiter, AID_FACE_MARKUP);
  w->pos += delimiter;
}

/* Ends O here, its closing delimiter from CLOSE on. */
static void
end (struct aid_walk *w, const struct aid_open *o, size_t close, size_t url, size_t url_end)
{
  struct aid_face_span *span;

  w->open.len--;
  if (w->err != AID_OK)
    return;
  span = &AID_VEC_AT (struct aid_face_span, w->out, o->span);
  if (crosses (w, span->beg))
    {
      span[0].face = span[1].face = 0;
      return;
    }
  span->end = (uint32_t)w->pos;
  aid_walk_add (w, close, w->pos, AID_FACE_MARKUP);
  aid_walk_add (w, url, url_end, AID_FACE_URL);
}

static int
is_next (const struct aid_walk *w, const char *z)
{
  return aid_span_starts (rest_of_line (w), z);
}

static void
emphasis (struct aid_walk *w, int entering, size_t n)
{
  struct aid_open *o;
  char c = here (w);

  if (entering)
    {
      if ((c != '*' && c != '_') || (n == 2 && !is_next (w, c == '*' ? "**" : "__")))
        return lose (w);
      begin (w, n == 2 ? AID_FACE_STRONG : AID_FACE_EMPHASIS, n, c);
      return;
    }
  o = &AID_VEC_AT (struct aid_open, &w->open, w->open.len - 1);
  if (c != o->mark || (n == 2 && !is_next (w, c == '*' ? "**" : "__")))
    return lose (w);
  w->pos += n;
  end (w, o, w->pos - n, 0, 0);
}

static void
link_ends (struct aid_walk *w, const struct aid_open *o)
{
  struct aid_place p = { w->pos, w->line };
  size_t url = 0, url_end = 0, close;

  if (here (w) != (o->mark == '<' ? '>' : ']'))
    return lose (w);
  aid_place_next (w, &p);
  if (o->mark != '<' && !aid_link_target (w, &p, &url, &url_end))
    aid_link_label (w, &p);
  close = w->pos;
  w->pos = p.pos;
  w->line = p.line;
  end (w, o, close, url, url_end);
}

static void
link_begins (struct aid_walk *w, int image)
{
  if (!image && is_next (w, "<"))
    begin (w, AID_FACE_LINK, 1, '<');
  else if (is_next (w, image ? "![" : "["))
    begin (w, image ? AID_FACE_IMAGE : AID_FACE_LINK, image ? 2 : 1, '[');
  else
    lose (w);
}

static int
in_autolink (const struct aid_walk *w)
{
  return w->open.len > 0 && AID_VEC_AT (struct aid_open, &w->open, w->open.len - 1).mark == '<';
}

void
aid_walk_inline (struct aid_walk *w, cmark_node *node, int entering)
{
  cmark_node_type type = cmark_node_get_type (node);
  size_t beg = w->pos;

  if (w->lost)
    return;
  switch (type)
    {
    case CMARK_NODE_TEXT:
      text (w, cmark_node_get_literal (node), !in_autolink (w));
      if (!w->lost && in_autolink (w) && w->cuts.len == 0)
        aid_walk_add (w, beg, w->pos, AID_FACE_URL);
      break;
    case CMARK_NODE_SOFTBREAK:
    case CMARK_NODE_LINEBREAK:
      line_break (w, type == CMARK_NODE_LINEBREAK);
      break;
    case CMARK_NODE_CODE:
      code_span (w);
      break;
    case CMARK_NODE_HTML_INLINE:
      html (w, cmark_node_get_literal (node));
      break;
    case CMARK_NODE_EMPH:
    case CMARK_NODE_STRONG:
      emphasis (w, entering, type == CMARK_NODE_STRONG ? 2 : 1);
      break;
    case CMARK_NODE_LINK:
    case CMARK_NODE_IMAGE:
      if (entering)
        link_begins (w, type == CMARK_NODE_IMAGE);
      else
        link_ends (w, &AID_VEC_AT (struct aid_open, &w->open, w->open.len - 1));
      break;
    default:
      break;
    }
}
