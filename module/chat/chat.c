/* The parser: one pass over the text, from one line that holds a marker to the next.  Whatever a marker says, the text before,
   between and behind the markers stays in some piece, so that damage costs meaning but never bytes. */
#include "chat/parse_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEY_MIN = 4, KEY_MAX = 32, PROBLEMS_MAX = 1000, ALL = 1 << 28 };

void
aid_chat_problem (struct aid_chat *c, size_t pos, const char *fmt, ...)
{
  struct aid_chat_problem *p = aid_vec_push (&c->problems);
  if (!p)
    return;
  va_list ap;
  va_start (ap, fmt);
  vsnprintf (p->msg, sizeof p->msg, fmt, ap);
  va_end (ap);
  p->pos = pos;
}

struct aid_span
aid_parser_line (const struct aid_parser *p, size_t pos, size_t *next)
{
  struct aid_span rest = aid_span_cut (p->c->text, pos, p->c->text.len), line = { "", 0 };
  aid_span_line (&rest, &line);
  *next = p->c->text.len - rest.len;
  return line;
}

/* The line at p->pos, in which a marker may begin at MARKED: its markers, one after the other. */
static void
parse_line (struct aid_parser *p, size_t marked)
{
  size_t at = p->pos, next, from = 0;
  struct aid_span line = aid_parser_line (p, at, &next);
  struct aid_marker m;
  p->pos = next;
  if (aid_line_quoted (line, NULL))
    return;
  /* Once, for a line may hold many markers and many blanks behind them. */
  size_t last = line.len;
  while (last > 0 && strchr (" \t\r", line.ptr[last - 1]) && line.ptr[last - 1])
    last--;
  for (size_t look = marked - at; !p->err && aid_marker_find (line, p->c->key, look, &m); look = from)
    {
      int alone = m.end >= last;
      struct aid_found f = { at + from, at + m.beg, alone ? next : at + m.end, alone, m.closed,
                             aid_span_cut (line, from, m.beg), m.words };
      aid_parser_marker (p, &f);
      from = m.end;
    }
}

/* Moves to the next line in which LEAD stands, and gives its place; to the text's end, when there is none. */
static size_t
next_marked_line (struct aid_parser *p, struct aid_span lead)
{
  struct aid_span rest = aid_span_cut (p->c->text, p->pos, p->c->text.len);
  ptrdiff_t at = aid_span_find (rest, lead);
  const char *nl = at > 0 ? memrchr (rest.ptr, '\n', (size_t) at) : NULL;
  size_t marked = at < 0 ? p->c->text.len : p->pos + (size_t) at;
  p->pos = at < 0 ? p->c->text.len : nl ? p->pos + (size_t) (nl - rest.ptr) + 1 : p->pos;
  return marked;
}

/* --- the head and the whole --------------------------------------------------------------------------------------- */

/* Reads KEY and root= from the first line, which must be a chat's. */
static void
parse_first_line (struct aid_parser *p)
{
  struct aid_chat *c = p->c;
  size_t next, n = 0, first, nmeta;
  if (aid_span_starts (c->text, "\xEF\xBB\xBF"))
    p->pos = 3;
  struct aid_span line = aid_parser_line (p, p->pos, &next), words;
  struct aid_marker m;
  if (aid_span_starts (line, AID_MARKER_LEAD))
    for (struct aid_span k = aid_span_cut (line, 8, line.len); n < k.len && n <= KEY_MAX; n++)
      if (!((k.ptr[n] >= '0' && k.ptr[n] <= '9') || ((k.ptr[n] | 32) >= 'a' && (k.ptr[n] | 32) <= 'z')))
        break;
  if (n >= KEY_MIN && n <= KEY_MAX)
    memcpy (c->key, line.ptr + 8, n);
  if (!aid_marker_find (line, c->key, 0, &m) || !m.closed || (words = m.words, !aid_marker_word_next (&words, &line))
      || !aid_span_eqz (line, "chat"))
    {
      memset (c->key, 0, sizeof c->key);
      aid_chat_problem (c, 0, "The first line is no chat's: it needs <!--aid:KEY chat v=1-->");
      return;
    }
  p->pos = next;
  if (aid_chat_add_metas (c, words, &first, &nmeta))
    {
      p->err = AID_E_NOMEM;
      return;
    }
  c->root = aid_chat_meta (c, first, nmeta, "root");
  if (!aid_span_eqz (aid_chat_meta (c, first, nmeta, "v"), "1"))
    aid_chat_problem (c, 0, "The chat is not of version 1: what it says may be misread");
}

static void
find_title (struct aid_chat *c)
{
  size_t end = c->turns.len ? AID_VEC_AT (struct aid_turn, &c->turns, 0).beg : c->text.len;
  struct aid_span rest = aid_span_cut (c->text, 0, end), line;
  while (c->title.len == 0 && aid_span_line (&rest, &line))
    if (aid_span_starts (line, "# "))
      c->title = aid_span_trim (aid_span_cut (line, 2, line.len));
}

static void
parse (struct aid_parser *p)
{
  struct aid_chat *c = p->c;
  char lead[sizeof AID_MARKER_LEAD + sizeof c->key];
  parse_first_line (p);
  snprintf (lead, sizeof lead, AID_MARKER_LEAD "%s", c->key);
  for (size_t marked; c->key[0] && !p->err && (marked = next_marked_line (p, aid_span_z (lead))) < c->text.len;)
    parse_line (p, marked);
  if (p->err)
    return;
  aid_parser_flush (p, c->text.len);
  if (p->turn)
    p->turn->end = c->text.len;
  find_title (c);
  if (!p->err)
    p->err = aid_chat_check (c);
}

enum aid_err
aid_chat_parse (struct aid_span text, struct aid_chat **out, struct aid_error *e)
{
  *out = NULL;
  if (text.len > AID_CHAT_MAX)
    return aid_error_set (e, AID_E_LIMIT, "The chat is larger than %zu MB", AID_CHAT_MAX >> 20);
  struct aid_chat *c = calloc (1, sizeof *c);
  if (!c)
    return aid_error_set (e, AID_E_NOMEM, "No memory for the chat");
  c->text = text.len ? text : (struct aid_span){ "", 0 };
  c->root = c->title = (struct aid_span){ "", 0 };
  c->turns = AID_VEC_INIT (struct aid_turn, ALL);
  c->pieces = AID_VEC_INIT (struct aid_piece, ALL);
  c->items = AID_VEC_INIT (struct aid_chat_item, ALL);
  c->decisions = AID_VEC_INIT (struct aid_chat_decision, ALL);
  c->edits = AID_VEC_INIT (struct aid_chat_edit, ALL);
  c->metas = AID_VEC_INIT (struct aid_meta, ALL);
  c->problems = AID_VEC_INIT (struct aid_chat_problem, PROBLEMS_MAX);
  struct aid_parser p = { c, 0, 0, NULL, AID_OK };
  parse (&p);
  if (p.err)
    {
      aid_chat_free (c);
      return aid_error_set (e, p.err, "No memory for the chat");
    }
  *out = c;
  return AID_OK;
}

void
aid_chat_free (struct aid_chat *c)
{
  if (!c)
    return;
  aid_vec_free (&c->turns);
  aid_vec_free (&c->pieces);
  aid_vec_free (&c->items);
  aid_vec_free (&c->decisions);
  aid_vec_free (&c->edits);
  aid_vec_free (&c->metas);
  aid_vec_free (&c->problems);
  free (c);
}
