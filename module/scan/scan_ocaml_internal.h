/* What the files of the scanner of OCaml share: its tokens, and what is open. */
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

/* --- items --- */

enum aid_ml_frame_kind
{
  F_STRUCTURE,
  F_OBJECT,
  F_BEGIN,
  F_DO,
  F_PAREN,
  F_BRACKET,
  F_BRACE,
  F_PAYLOAD
};

enum aid_ml_state
{
  S_NONE,
  S_NAME,       /* the item's name comes */
  S_AFTER_NAME, /* of a let: what comes tells a function from a value */
  S_ANNOTATION,
  S_EQUAL,
  S_PATH /* of an open or include */
};

struct aid_ml_frame
{
  enum aid_ml_frame_kind kind;
  int base;       /* the innermost structure or object at or below */
  int lets;       /* that wait for their "in" */
  int32_t parent; /* what holds what is in it */
  /* the item that is being read (of structures and objects) */
  int item; /* its keyword, or 0 */
  int32_t def;
  enum aid_def_kind def_kind;
  enum aid_ml_state state;
  int test, body;                           /* BODY: "=" of the item was read */
  uint32_t lead, from, signature_to, equal; /* EQUAL: its first "=" */
};

struct aid_ml
{
  struct aid_scanner *s;
  struct aid_ml_lex lex;
  struct aid_ml_frame frames[AID_SCAN_NESTING];
  int n; /* frames[n] is the innermost */
  int beyond;
};

static inline struct aid_ml_frame *
aid_ml_base (struct aid_ml *o)
{
  return &o->frames[o->frames[o->n].base];
}

/* scan_ocaml_item.c: what a token means to the item of F, by its state. */
void aid_ml_name (struct aid_ml *o, struct aid_ml_frame *f);
void aid_ml_path (struct aid_ml *o, struct aid_ml_frame *f);
/* Tells let f x = ... and let f = fun x -> ... and let f : a -> b = ... from let x = ... */
void aid_ml_function_or_value (struct aid_ml *o, struct aid_ml_frame *f);
/* Constructors and fields of a type's body. */
void aid_ml_type_body (struct aid_ml *o, struct aid_ml_frame *f);

#endif
