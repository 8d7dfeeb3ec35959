#include "../src/lexer.h"
#include <stdio.h>

static int failures;

static void
check (const char *text, size_t nth, enum token_kind kind, size_t length)
{
  struct lexer lx;
  struct token t = { TOKEN_END, 0, 0 };
  lexer_init (&lx, text);
  for (size_t i = 0; i < nth; i++)
    t = lexer_next (&lx);
  if (t.kind == kind && t.length == length)
    return;
  printf ("tests/test_lexer.c: token %zu of \"%s\": kind %d, length %zu\n", nth, text, (int) t.kind, t.length);
  failures++;
}

int
main (void)
{
  check ("12 + x1", 1, TOKEN_NUMBER, 2);
  check ("12 + x1", 2, TOKEN_SIGN, 1);
  check ("12 + x1", 3, TOKEN_NAME, 2);
  check ("(* one *) 2", 1, TOKEN_COMMENT, 9);
  check ("(* one (* two *) *) 3", 2, TOKEN_NUMBER, 1);
  check ("1 (* never (* closed *)", 2, TOKEN_ERROR, 21);
  printf (failures ? "%d failed\n" : "all passed\n", failures);
  return failures != 0;
}
