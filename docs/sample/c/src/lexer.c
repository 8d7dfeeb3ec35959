#include "lexer.h"
#include <ctype.h>
#include <string.h>

void
lexer_init (struct lexer *lx, const char *text)
{
  lx->text = text;
  lx->length = strlen (text);
  lx->at = 0;
}

static int
peek (const struct lexer *lx, size_t ahead)
{
  size_t at = lx->at + ahead;
  return at < lx->length ? (unsigned char) lx->text[at] : -1;
}

static struct token
token (const struct lexer *lx, enum token_kind kind, size_t start)
{
  struct token t = { kind, start, lx->at - start };
  return t;
}

/* At "(*": reads to the mark that closes it. */
static struct token
lex_comment (struct lexer *lx)
{
  size_t start = lx->at;
  int depth = 0;
  while (peek (lx, 0) != -1)
    {
      if (peek (lx, 0) == '(' && peek (lx, 1) == '*')
        depth++, lx->at += 2;
      else if (peek (lx, 0) == '*' && peek (lx, 1) == ')')
        {
          depth--, lx->at += 2;
          if (depth == 0)
            break;
        }
      else
        lx->at++;
    }
  return token (lx, TOKEN_COMMENT, start);
}

static struct token
lex_run (struct lexer *lx, enum token_kind kind, int (*belongs) (int))
{
  size_t start = lx->at;
  while (peek (lx, 0) != -1 && belongs (peek (lx, 0)))
    lx->at++;
  return token (lx, kind, start);
}

struct token
lexer_next (struct lexer *lx)
{
  while (peek (lx, 0) != -1 && isspace (peek (lx, 0)))
    lx->at++;
  int c = peek (lx, 0);
  if (c == -1)
    return token (lx, TOKEN_END, lx->at);
  if (c == '(' && peek (lx, 1) == '*')
    return lex_comment (lx);
  if (isdigit (c))
    return lex_run (lx, TOKEN_NUMBER, isdigit);
  if (isalpha (c))
    return lex_run (lx, TOKEN_NAME, isalnum);
  size_t start = lx->at++;
  return token (lx, TOKEN_SIGN, start);
}
