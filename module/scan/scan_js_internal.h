/* What the files of the scanner of JavaScript and TypeScript share. */
#ifndef AID_SCAN_JS_INTERNAL_H
#define AID_SCAN_JS_INTERNAL_H

#include "scan/scan_internal.h"

enum aid_js_key
{
  JS_FUNCTION = 1,
  JS_CLASS,
  JS_VARIABLE,
  JS_INTERFACE,
  JS_TYPE,
  JS_ENUM,
  JS_NAMESPACE,
  JS_IMPORT,
  JS_EXPORT,
  JS_MODIFIER,
  JS_TEST,     /* describe, it and their like */
  JS_OPERATOR, /* a word behind which a value comes */
  JS_BLOCK     /* a word behind which a block comes, or a condition */
};

enum aid_js_frame_kind
{
  JS_F_BLOCK,
  JS_F_CLASS,
  JS_F_INTERFACE,
  JS_F_ENUM,
  JS_F_OBJECT,
  JS_F_PAREN,
  JS_F_BRACKET,
  JS_F_TEMPLATE
}; /* of "${" */

/* What is known of the definition whose name was read last. */
enum aid_js_state
{
  JS_S_NONE,
  JS_S_DECLARED,   /* const NAME, or the name of a field: "=" or ":" may come */
  JS_S_ANNOTATION, /* its type is being read, up to "=" */
  JS_S_VALUE,      /* "=" (or ":" in an object) was read: a function may come */
  JS_S_PARAMETER,  /* a word was read there: "=>" may come */
  JS_S_LIST,       /* a list in parentheses was: likewise */
  JS_S_RESULT,     /* the type of a result is being read, up to "=>" */
  JS_S_ARROW,      /* "=>" was read */
  JS_S_MEMBER      /* the name of a member of an object: "(" or ":" may come */
};

struct aid_js_frame
{
  enum aid_js_frame_kind kind;
  int32_t def;       /* what ends with it, or -1 */
  int32_t parent;    /* what holds what is in it */
  int32_t candidate; /* of a "(": whose parameters it may hold */
  int32_t pending;   /* a definition that ends with the statement, or -1 */
  uint32_t signature_to;
  int top;             /* variables in it are definitions */
  int declaring;       /* between const and ";" */
  int test;            /* of a "(": behind describe or it */
  uint32_t lead, from; /* of that word */
};

struct aid_js
{
  struct aid_scanner *s;
  struct aid_lex lex;
  struct aid_keywords keywords;
  struct aid_js_frame frames[AID_SCAN_NESTING]; /* [0] is the file */
  int n, beyond;
  enum aid_js_state state;
  int32_t candidate;      /* the definition that STATE is about */
  int begins;             /* a statement or member begins with the token */
  int modified;           /* modifiers or decorators stand before it */
  int in_type;            /* an alias of a type is being read */
  int test;               /* describe and the like were just read */
  uint32_t lead, from;    /* of the statement or member */
  struct aid_range chain; /* a.b.c, while it is being read at a statement's beginning or behind "=" */
  uint32_t chain_last;    /* where its last name begins */
};

/* scan_js.c */
struct aid_js_frame *aid_js_push (struct aid_js *j, enum aid_js_frame_kind kind, int32_t def);
int aid_js_key (const struct aid_js *j);
int32_t aid_js_add (struct aid_js *j, enum aid_def_kind kind, struct aid_range name);
int aid_js_ended (const struct aid_js *j);

/* scan_js_value.c */
void aid_js_becomes_function (struct aid_js *j);
void aid_js_assignment (struct aid_js *j);
/* Goes on with STATE over the token. */
void aid_js_advance (struct aid_js *j);
/* Goes on with CHAIN over the token. */
void aid_js_chain (struct aid_js *j);
/* At "(": an import when require or import stands before it. */
void aid_js_required (struct aid_js *j);

/* scan_js_items.c */
int aid_js_keyword (struct aid_js *j, int key);
int aid_js_member (struct aid_js *j);
void aid_js_function (struct aid_js *j);
/* Between a parameter list and a body: reads over the type of the result.  Leaves the "{", or what else comes. */
void aid_js_result (struct aid_js *j);
/* The token is "<": reads on behind its ">". */
void aid_js_angles (struct aid_js *j);
void aid_js_decorator (struct aid_js *j);

#endif
