/* What the files of the scanner of OCaml share: its tokens. */
#ifndef AID_SCAN_OCAML_INTERNAL_H
#define AID_SCAN_OCAML_INTERNAL_H

#include "scan/scan_internal.h"

enum aid_ml_key
{
  ML_AND = 1,
  ML_BEGIN,
  ML_CLASS,
  ML_CONSTRAINT,
  ML_DO,
  ML_DONE,
  ML_END,
  ML_EXCEPTION,
  ML_EXTERNAL,
  ML_FUN,
  ML_IN,
  ML_INCLUDE,
  ML_INHERIT,
  ML_INITIALIZER,
  ML_LET,
  ML_LET_OPERATOR,
  ML_METHOD,
  ML_MODULE,
  ML_MUTABLE,
  ML_OBJECT,
  ML_OPEN,
  ML_PRIVATE,
  ML_REC,
  ML_SIG,
  ML_STRUCT,
  ML_TYPE,
  ML_VAL,
  ML_VIRTUAL,
  ML_OTHER /* a keyword behind which an expression or a pattern has not ended */
};

enum aid_ml_token /* else the character itself, of which "=", ":", "|", "." and ";" stand alone */
{
  ML_T_END = 0,
  ML_T_WORD = 256, /* KEY tells a keyword */
  ML_T_LITERAL,    /* a number, character or `variant */
  ML_T_STRING,
  ML_T_VARIABLE, /* 'a */
  ML_T_ARROW,
  ML_T_DOTS,       /* ".." */
  ML_T_SEMICOLONS, /* ";;" */
  ML_T_OPERATOR
};

struct aid_ml_lex
{
  struct aid_scanner *s;
  const unsigned char *t;
  uint32_t at, len;
  struct aid_keywords keywords;
  int token, key;
  uint32_t from, to;
  uint32_t lead;  /* where the comments begin that belong to the token, else FROM */
  uint32_t trail; /* where the comments end that belong to what stood before, else 0 */
  uint32_t chain; /* where the comments end that stand directly under what stood before, else 0 */
  int lines;      /* newlines before the token */
  int before, before_key;
  uint32_t before_to;
};

void aid_ml_init (struct aid_ml_lex *l, struct aid_scanner *s);
int aid_ml_next (struct aid_ml_lex *l);

#endif
