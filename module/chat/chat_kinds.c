/* What each marker means: its piece, and what it takes from the lines behind it.  Whatever is wrong becomes a problem and
   the bytes stay in some piece. */
#include "chat/parse_internal.h"

static struct aid_piece *
push_piece (struct aid_parser *p, enum aid_piece_kind kind, size_t beg, size_t end)
{
  struct aid_piece *piece = aid_vec_push (&p->c->pieces);
  if (!piece)
    {
      p->err = AID_E_NOMEM;
      return NULL;
    }
  piece->kind = kind;
  piece->beg = beg;
  piece->end = end;
  p->turn->npieces++;
  p->text = end;
  return piece;
}

void
aid_parser_flush (struct aid_parser *p, size_t to)
{
  if (p->turn && p->text < to)
    push_piece (p, AID_PIECE_TEXT, p->text, to);
}

/* The marker's piece from BEG to END.  Everything behind the word that names it is its meta. */
static struct aid_piece *
add_piece (struct aid_parser *p, enum aid_piece_kind kind, size_t beg, size_t end, struct aid_span words)
{
  aid_parser_flush (p, beg);
  struct aid_piece *piece = p->err ? NULL : push_piece (p, kind, beg, end);
  if (piece && aid_chat_add_metas (p->c, words, &piece->first_meta, &piece->nmeta))
    p->err = AID_E_NOMEM;
  return p->err ? NULL : piece;
}

/* --- what follows a marker ---------------------------------------------------------------------------------------- */

/* Moves over the quote at p->pos and gives its end. */
static size_t
take_quote (struct aid_parser *p)
{
  size_t next;
  while (p->pos < p->c->text.len && aid_line_quoted (aid_parser_line (p, p->pos, &next), NULL))
    p->pos = next;
  return p->pos;
}

/* Length of the fence that begins LINE (at most three blanks before it), or 0. */
static size_t
fence_at (struct aid_span line, char *mark, struct aid_span *info)
{
  size_t i = 0, n = 0;
  while (i < line.len && i < 3 && line.ptr[i] == ' ')
    i++;
  if (i == line.len || (line.ptr[i] != '`' && line.ptr[i] != '~'))
    return 0;
  *mark = line.ptr[i];
  while (i + n < line.len && line.ptr[i + n] == *mark)
    n++;
  *info = aid_span_trim (aid_span_cut (line, i + n, line.len));
  return n >= 3 && !(*mark == '`' && memchr (info->ptr, '`', info->len)) ? n : 0;
}

/* Moves over the fenced block at p->pos and gives its end. */
static size_t
take_fence (struct aid_parser *p, size_t marker)
{
  size_t next, length;
  char mark, other;
  struct aid_span info, before, words;
  length = p->pos < p->c->text.len ? fence_at (aid_parser_line (p, p->pos, &next), &mark, &info) : 0;
  if (length == 0)
    {
      aid_chat_problem (p->c, marker, "No fenced block follows the tool call's marker");
      return p->pos;
    }
  for (p->pos = next; p->pos < p->c->text.len;)
    {
      struct aid_span line = aid_parser_line (p, p->pos, &next);
      if (aid_chat_marker (line, p->c->key, &before, &words))
        break;
      p->pos = next;
      if (fence_at (line, &other, &info) >= length && other == mark && info.len == 0)
        return p->pos;
    }
  aid_chat_problem (p->c, marker, "The tool call's block is not closed");
  return p->pos;
}

/* --- markers ------------------------------------------------------------------------------------------------------ */

static void
on_unknown (struct aid_parser *p, const struct aid_found *f)
{
  add_piece (p, AID_PIECE_UNKNOWN, f->beg, f->end, f->words);
}

static void
on_item (struct aid_parser *p, const struct aid_found *f)
{
  struct aid_span label, target;
  if (p->turn->kind != AID_TURN_USER || aid_item_link (f->before, &label, &target))
    {
      aid_chat_problem (p->c, f->line, "%s", p->turn->kind != AID_TURN_USER ? "Only a question has context items"
                                                                          : "The context line holds no link");
      on_unknown (p, f);
      return;
    }
  if (!f->alone)
    aid_chat_problem (p->c, f->end, "What follows a context line's marker counts as text");
  struct aid_piece *piece = add_piece (p, AID_PIECE_ITEM, f->line, f->end, f->words);
  struct aid_chat_item *item = piece ? aid_vec_push (&p->c->items) : NULL;
  if (!item)
    {
      p->err = AID_E_NOMEM;
      return;
    }
  piece->index = p->c->items.len - 1;
  piece->n = 1;
  *item = (struct aid_chat_item){ f->line, f->end, label, target,
                                  aid_chat_meta (p->c, piece->first_meta, piece->nmeta, "sent"),
                                  piece->first_meta, piece->nmeta };
}

static void
on_meta (struct aid_parser *p, const struct aid_found *f)
{
  struct aid_piece *piece = add_piece (p, AID_PIECE_META, f->beg, f->end, f->words);
  if (!piece)
    return;
  if (p->turn->nmeta > 0)
    {
      aid_chat_problem (p->c, f->beg, "The turn has a second meta line");
      return;
    }
  p->turn->first_meta = piece->first_meta;
  p->turn->nmeta = piece->nmeta;
}

static void
on_reasoning (struct aid_parser *p, const struct aid_found *f)
{
  struct aid_piece *piece = add_piece (p, AID_PIECE_REASONING, f->beg, f->end, f->words);
  if (piece && f->alone)
    p->text = piece->end = take_quote (p);
}

static void
on_tool (struct aid_parser *p, const struct aid_found *f)
{
  struct aid_piece *piece = add_piece (p, AID_PIECE_TOOL, f->beg, f->end, f->words);
  if (piece && f->alone)
    p->text = piece->end = take_fence (p, f->beg);
}

static void
add_decision (struct aid_parser *p, size_t pos, struct aid_span word)
{
  static const char *const states[] = { "accepted", "rejected", "skipped", "edited" };
  const char *eq = memchr (word.ptr, '=', word.len);
  size_t at = eq ? (size_t) (eq - word.ptr) : word.len;
  struct aid_span id = aid_span_cut (word, 0, at), state = aid_span_cut (word, at + 1, word.len), edit = { "", 0 };
  const char *colon = state.len ? memchr (state.ptr, ':', state.len) : NULL;
  if (colon)
    {
      edit = aid_span_cut (state, (size_t) (colon - state.ptr) + 1, state.len);
      state.len = (size_t) (colon - state.ptr);
    }
  int known = 0;
  for (size_t i = 0; i < sizeof states / sizeof *states; i++)
    known |= aid_span_eqz (state, states[i]);
  if (id.len == 0 || !known)
    {
      aid_chat_problem (p->c, pos, "\"%.*s\" is no decision about a hunk", (int) (word.len < 60 ? word.len : 60), word.ptr);
      return;
    }
  struct aid_chat_decision *d = aid_vec_push (&p->c->decisions);
  if (d)
    *d = (struct aid_chat_decision){ id, state, edit };
  else
    p->err = AID_E_NOMEM;
}

static void
on_hunks (struct aid_parser *p, const struct aid_found *f)
{
  struct aid_piece *piece = add_piece (p, AID_PIECE_HUNKS, f->beg, f->end, (struct aid_span){ "", 0 });
  struct aid_span words = f->words, word;
  if (!piece)
    return;
  piece->index = p->c->decisions.len;
  while (!p->err && aid_marker_word_next (&words, &word))
    add_decision (p, f->beg, word);
  piece->n = p->c->decisions.len - piece->index;
}

static void
on_diff (struct aid_parser *p, const struct aid_found *f)
{
  struct aid_piece *piece = add_piece (p, AID_PIECE_DIFF, f->beg, f->end, f->words);
  if (piece && f->alone)
    p->text = piece->end = take_quote (p);
}

static void
on_edited (struct aid_parser *p, const struct aid_found *f)
{
  struct aid_span words = f->words, name;
  if (!aid_marker_word_next (&words, &name))
    {
      aid_chat_problem (p->c, f->beg, "The marker of an edited hunk holds no name");
      on_unknown (p, f);
      return;
    }
  struct aid_piece *piece = add_piece (p, AID_PIECE_EDITED, f->beg, f->end, words);
  struct aid_chat_edit *edit = piece ? aid_vec_push (&p->c->edits) : NULL;
  if (!edit)
    {
      p->err = AID_E_NOMEM;
      return;
    }
  piece->index = p->c->edits.len - 1;
  piece->n = 1;
  if (f->alone)
    p->text = piece->end = take_quote (p);
  *edit = (struct aid_chat_edit){ name, f->end, piece->end };
  if (edit->beg == edit->end)
    aid_chat_problem (p->c, f->beg, "No quote follows the marker of an edited hunk");
}

/* Whether LINE is what aid_chat_closing writes for WORD. */
static int
closes (struct aid_span line, struct aid_span word)
{
  static const char *const html[] = { "</script>", "</pre>", "</style>", "</textarea>", "?>", ">", "]]>" };
  char mark;
  struct aid_span info;
  if (aid_span_eqz (word, "fence"))
    return fence_at (line, &mark, &info) > 0 && info.len == 0;
  line = aid_span_trim (line);
  if (aid_span_eqz (word, "comment"))
    return aid_span_eqz (line, "-->");
  for (size_t i = 0; aid_span_eqz (word, "html") && i < sizeof html / sizeof *html; i++)
    if (aid_span_eqz (line, html[i]))
      return 1;
  return 0;
}

/* The closing line before the marker is ours, so it belongs to the marker's piece. */
static void
on_end (struct aid_parser *p, const struct aid_found *f)
{
  struct aid_chat *c = p->c;
  struct aid_piece *piece = add_piece (p, AID_PIECE_END, f->beg, f->end, f->words);
  if (!piece || p->turn->npieces < 2)
    return;
  struct aid_piece *text = piece - 1;
  struct aid_span word = aid_chat_meta (c, piece->first_meta, piece->nmeta, "closed");
  struct aid_span all = aid_span_cut (c->text, text->beg, text->end);
  while (all.len > 0 && strchr (" \t\r\n", all.ptr[all.len - 1]) && all.ptr[all.len - 1])
    all.len--;
  const char *nl = all.len ? memrchr (all.ptr, '\n', all.len) : NULL;
  size_t at = nl ? (size_t) (nl - all.ptr) + 1 : 0;
  if (text->kind != AID_PIECE_TEXT || !closes (aid_span_cut (all, at, all.len), word))
    return;
  piece->beg = text->end = text->beg + at;
  if (text->beg < text->end)
    return;
  *text = *piece;
  aid_vec_remove (&c->pieces, c->pieces.len - 1, 1);
  p->turn->npieces--;
}

static const struct
{
  const char *word;
  void (*fn) (struct aid_parser *p, const struct aid_found *f);
} markers[] = {
  { "item", on_item }, { "meta", on_meta }, { "reasoning", on_reasoning }, { "tool", on_tool },
  { "hunks", on_hunks }, { "edited", on_edited }, { "diff", on_diff }, { "end", on_end },
};

void
aid_parser_marker (struct aid_parser *p, struct aid_found *f)
{
  struct aid_span all = f->words, word;
  struct aid_turn made = { 0 };
  if (f->closed && aid_parser_read_turn (f->words, &made))
    {
      aid_parser_turn (p, f, made);
      return;
    }
  if (!p->turn)
    {
      aid_chat_problem (p->c, f->beg, "The marker stands before the first turn");
      return;
    }
  if (!f->closed)
    {
      aid_chat_problem (p->c, f->beg, "The marker is not closed: \"-->\" is missing");
      on_unknown (p, f);
      return;
    }
  aid_marker_word_next (&f->words, &word);
  if (!aid_span_eqz (word, "item") && aid_span_trim (f->before).len > 0)
    aid_chat_problem (p->c, f->line, "What stands before the marker on its line counts as text");
  for (size_t i = 0; i < sizeof markers / sizeof *markers; i++)
    if (aid_span_eqz (word, markers[i].word))
      {
        markers[i].fn (p, f);
        return;
      }
  f->words = all;
  aid_chat_problem (p->c, f->beg, "The marker \"%.*s\" is unknown", (int) (word.len < 40 ? word.len : 40), word.ptr);
  on_unknown (p, f);
}

