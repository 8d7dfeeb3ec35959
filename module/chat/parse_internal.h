/* What the parser's files share: its state, and a marker as it was found. */
#ifndef AID_CHAT_PARSE_INTERNAL_H
#define AID_CHAT_PARSE_INTERNAL_H

#include "chat/chat_internal.h"

struct aid_parser
{
  struct aid_chat *c;
  size_t pos;              /* where the next line begins */
  size_t text;             /* where the text that is in no piece yet begins */
  struct aid_turn *turn;   /* the last of c->turns, or NULL in the head */
  enum aid_err err;
};

struct aid_found           /* a marker in its line */
{
  size_t line;             /* where the line, or what is left of it behind an earlier marker, begins */
  size_t beg, end;         /* the marker; END behind the line's newline when only blanks follow */
  int alone;               /* nothing follows on the line */
  int closed;              /* "-->" is there */
  struct aid_span before;   /* from line to beg */
  struct aid_span words;    /* behind the word that names it */
};

/* The line at POS without its newline; *NEXT is where the next begins. */
struct aid_span aid_parser_line (const struct aid_parser *p, size_t pos, size_t *next);
/* What stands before TO and in no piece yet becomes a piece of text. */
void aid_parser_flush (struct aid_parser *p, size_t to);
/* "2 answer", "2.1 alternative": 1 when WORDS name a turn, which T then is.  A number that cannot be read is -1. */
int aid_parser_read_turn (struct aid_span words, struct aid_turn *t);
/* Begins the turn MADE at its heading. */
void aid_parser_turn (struct aid_parser *p, const struct aid_found *f, struct aid_turn made);
/* Does what the marker F says. */
void aid_parser_marker (struct aid_parser *p, struct aid_found *f);

#endif
