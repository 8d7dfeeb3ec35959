/* What a regular expression is compiled to. */
#ifndef AID_PROJECT_REGEX_INTERNAL_H
#define AID_PROJECT_REGEX_INTERNAL_H

#include "base/vec.h"
#include "project/regex.h"

enum aid_regex_op
{
  OP_SET,   /* one byte of set X */
  OP_SPLIT, /* goes on at X and at Y from here */
  OP_JUMP,  /* goes on at X from here */
  OP_BEGIN,
  OP_END,  /* at the end, or before a newline that ends it */
  OP_EDGE, /* between a character of a word and none; X: not there */
  OP_DONE  /* pattern X matches */
};

struct aid_regex_step
{
  enum aid_regex_op op;
  int x, y;
};

struct aid_regex_set
{
  uint64_t bits[4];
};

struct aid_regex
{
  struct aid_vec steps, sets, starts; /* struct aid_regex_step, struct aid_regex_set, size_t */
  uint32_t *now, *next, *seen;        /* states, and in which round each was entered; as many as steps */
  uint32_t *todo;
  size_t room;
  uint32_t round;
};

static inline int
aid_regex_includes (const struct aid_regex_set *s, unsigned char c)
{
  return s->bits[c >> 6] >> (c & 63) & 1;
}

#endif
