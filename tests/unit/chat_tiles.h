/* The invariant of the parser: no byte is lost.  Turns tile the text behind the head, and behind its heading a turn is
   tiled by its pieces.  The tests and the fuzzer share it. */
#ifndef AID_TESTS_CHAT_TILES_H
#define AID_TESTS_CHAT_TILES_H

#include "chat/chat.h"

/* NULL, or what is broken. */
static const char *
chat_tiles (const struct aid_chat *c)
{
  size_t at = c->turns.len ? AID_VEC_AT (struct aid_turn, &c->turns, 0).beg : 0, piece = 0;
  for (size_t i = 0; i < c->turns.len; i++)
    {
      const struct aid_turn *t = &AID_VEC_AT (struct aid_turn, &c->turns, i);
      if (t->beg != at)
        return "a turn does not begin where the one before ends";
      if (t->body < t->beg || t->end < t->body || t->end > c->text.len)
        return "a turn's bounds are out of order";
      if (t->first_piece != piece)
        return "a turn's pieces do not follow those of the one before";
      at = t->body;
      for (; piece < t->first_piece + t->npieces; piece++)
        {
          const struct aid_piece *p = &AID_VEC_AT (struct aid_piece, &c->pieces, piece);
          if (p->beg != at || p->end <= p->beg)
            return "a piece does not begin where the one before ends";
          at = p->end;
        }
      if (at != t->end)
        return "the pieces end before their turn";
    }
  if (c->turns.len && at != c->text.len)
    return "the last turn ends before the text";
  return piece == c->pieces.len ? NULL : "a piece is in no turn";
}

#endif
