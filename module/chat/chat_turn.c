/* The heading of a turn.  The marker alone decides role and number; the words of the heading are the person's. */
#include "chat/parse_internal.h"

static const int64_t number_max = 1000000000;

/* Bytes up to and with the heading's "## ", or 0. */
static size_t
heading_lead (struct aid_span v)
{
  size_t i = 0, level;
  while (i < v.len && i < 3 && v.ptr[i] == ' ')
    i++;
  for (level = i; level < v.len && level < i + 7 && v.ptr[level] == '#';)
    level++;
  if (level == i || level == i + 7 || (level < v.len && v.ptr[level] != ' ' && v.ptr[level] != '\t'))
    return 0;
  return level;
}

/* Reads of=1-8 among WORDS; what cannot be read is 0 0. */
static void
read_range (struct aid_span words, struct aid_turn *t)
{
  struct aid_span word;
  uint64_t from, to;
  while (aid_marker_word_next (&words, &word))
    {
      if (!aid_span_starts (word, "of="))
        continue;
      struct aid_span range = aid_span_cut (word, 3, word.len);
      ptrdiff_t dash = aid_span_find (range, AID_SPAN ("-"));
      if (dash >= 0 && !aid_span_number (aid_span_cut (range, 0, (size_t) dash), (uint64_t) number_max, &from)
          && !aid_span_number (aid_span_cut (range, (size_t) dash + 1, range.len), (uint64_t) number_max, &to)
          && from > 0 && from <= to)
        {
          t->from = (int64_t) from;
          t->to = (int64_t) to;
        }
    }
}

int
aid_parser_read_turn (struct aid_span words, struct aid_turn *t)
{
  static const char *const kinds[] = { "user", "answer", "alternative", "summary" };
  struct aid_span first, second;
  uint64_t n = 0, sub = 0;
  aid_marker_word_next (&words, &first);
  int numbered = first.len > 0 && first.ptr[0] >= '0' && first.ptr[0] <= '9';
  if (!numbered)
    second = first;
  else
    aid_marker_word_next (&words, &second);
  t->number = -1;
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
    {
      if (!aid_span_eqz (second, kinds[k]))
        continue;
      t->kind = (enum aid_turn_kind) k;
      if (!numbered)
        return 1;
      const char *dot = memchr (first.ptr, '.', first.len);
      size_t at = dot ? (size_t) (dot - first.ptr) : first.len;
      int bad = aid_span_number (aid_span_cut (first, 0, at), (uint64_t) number_max, &n);
      if (dot)
        bad = aid_span_number (aid_span_cut (first, at + 1, first.len), (uint64_t) number_max, &sub) || bad;
      t->sub = (int64_t) sub;
      if (!bad && n > 0)
        t->number = (int64_t) n;
      if (t->kind == AID_TURN_SUMMARY)
        read_range (words, t);
      return 1;
    }
  return 0;
}

/* A turn that lost its number goes on from the one before. */
static void
number_turn (struct aid_parser *p, struct aid_turn *t, const struct aid_turn *last, size_t pos)
{
  if (t->number < 0)
    {
      aid_chat_problem (p->c, pos, "The turn's marker holds no number");
      t->number = last ? last->number + (t->kind != AID_TURN_ALTERNATIVE) : 1;
      t->sub = t->kind != AID_TURN_ALTERNATIVE ? 0 : last ? last->sub + 1 : 1;
    }
  if (t->kind == AID_TURN_SUMMARY && t->from == 0)
    aid_chat_problem (p->c, pos, "The summary's marker does not say which turns it stands for, as in of=1-8");
  if ((t->sub > 0) != (t->kind == AID_TURN_ALTERNATIVE))
    aid_chat_problem (p->c, pos, "%s", t->sub > 0 ? "Only an alternative has a number with a dot"
                                                  : "An alternative needs a number with a dot, as in 2.1");
}

void
aid_parser_turn (struct aid_parser *p, const struct aid_found *f, struct aid_turn made)
{
  struct aid_turn *last = p->turn;
  size_t lead = heading_lead (f->before);
  made.beg = lead ? f->line : f->beg;
  made.body = f->end;
  if (lead)
    made.heading = aid_span_trim (aid_span_cut (f->before, lead, f->before.len));
  else
    aid_chat_problem (p->c, f->beg, "The turn's marker is in no heading");
  if (!f->alone)
    aid_chat_problem (p->c, f->end, "What follows the marker in a heading counts as the turn's text");
  number_turn (p, &made, last, f->beg);
  aid_parser_flush (p, made.beg);
  if (last)
    last->end = made.beg;
  p->turn = aid_vec_push (&p->c->turns);
  if (!p->turn)
    {
      p->err = AID_E_NOMEM;
      return;
    }
  made.first_piece = p->c->pieces.len;
  *p->turn = made;
  p->text = made.body;
}

