/* What the files of the scanner of C and C++ share. */
#ifndef AID_SCAN_C_INTERNAL_H
#define AID_SCAN_C_INTERNAL_H

#include "scan/scan_internal.h"

#define AID_C_CONDITIONALS 64 /* within each other, of which the state is kept */

enum aid_c_key
{
  K_TYPEDEF = 1,
  K_STRUCT,
  K_UNION,
  K_ENUM,
  K_CLASS,
  K_NAMESPACE,
  K_EXTERN,
  K_TEMPLATE,
  K_OPERATOR,
  K_ACCESS,
  K_USING,
  K_FRIEND,
  K_ATTRIBUTE, /* a list in parentheses follows */
  K_QUALIFIER,
  K_TYPE,
  K_STATEMENT
};

/* What is known of the declaration that is being read. */
struct aid_c_decl
{
  int started, key, words, parens, after; /* AFTER: words behind the parameter list */
  int is_typedef, is_extern, linkage, is_using, is_friend, is_access, assigned, bases, initialisers, pointer, star, named;
  uint32_t lead, from;
  uint32_t again_lead, again_from; /* of the first word on a line of its own behind the parameter list */
  struct aid_range last, scope;    /* the last name and what qualifies it */
  uint32_t last_end;               /* behind its template arguments */
  uint32_t tilde;
  int join;                          /* "::" was just read behind it */
  struct aid_range name, name_scope; /* the name before the parameter list */
  int listed;                        /* that list is closed */
  struct aid_range inner;            /* the name in (*name) */
  struct aid_range variable;
  int32_t body; /* a type whose body has just ended, plus 1 */
};

enum aid_c_frame_kind
{
  F_FILE,
  F_LINKAGE,
  F_NAMESPACE,
  F_TYPE,
  F_ENUM,
  F_BODY,
  F_SKIP
};

struct aid_c_frame
{
  enum aid_c_frame_kind kind;
  int32_t def;
  int is_typedef, depth; /* DEPTH: braces within a body */
  uint32_t lead, from, signature_to;
};

struct aid_c_state
{
  int frames, depth;
  struct aid_c_decl decl;
};

struct aid_c_conditional
{
  struct aid_c_state before, first;
  int have_first;
  uint32_t tokens; /* where the branch begins */
};

struct aid_c
{
  struct aid_scanner *s;
  struct aid_lex lex;
  struct aid_keywords keywords;
  int cpp;
  int is_local; /* the head of a type within a function is being read */
  struct aid_c_decl d;
  int n;      /* frames[n] is the innermost */
  int beyond; /* braces that are open beyond what FRAMES can hold */
  int n_conditionals;
  struct aid_c_conditional conditionals[AID_C_CONDITIONALS];
  struct aid_c_frame frames[AID_SCAN_NESTING];
};

void aid_c_keywords (struct aid_keywords *k);
/* scan_c_words.c: a token of a declaration outside of braces that are only counted.  0 when the token that it leaves has
   still to be looked at. */
int aid_c_declaration (struct aid_c *c);

/* scan_c_directive.c: at a line of the preprocessor. */
void aid_c_directive (struct aid_c *c);

/* scan_c.c */
void aid_c_finish (struct aid_c *c);
void aid_c_open_brace (struct aid_c *c);
void aid_c_close_brace (struct aid_c *c);
void aid_c_reset (struct aid_c *c);
int32_t aid_c_parent (const struct aid_c *c);
int aid_c_shouts (const struct aid_c *c, struct aid_range r);

static inline int
aid_c_empty (struct aid_range r)
{
  return r.from >= r.to;
}

#endif
