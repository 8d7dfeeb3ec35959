#ifndef LEXER_H
#define LEXER_H

#include <stddef.h>

enum token_kind
{
  TOKEN_END,
  TOKEN_NUMBER,
  TOKEN_NAME,
  TOKEN_SIGN,
  TOKEN_COMMENT
};

struct token
{
  enum token_kind kind;
  size_t start, length;
};

struct lexer
{
  const char *text;
  size_t length, at;
};

/* Starts reading TEXT, which must outlive the lexer. */
void lexer_init (struct lexer *lx, const char *text);

/* The next token; TOKEN_END at the end, again and again.  Comments are written (* like this *) and nest. */
struct token lexer_next (struct lexer *lx);

#endif
