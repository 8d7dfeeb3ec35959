/* A question taken apart: what it names, and its terms. */
#ifndef AID_INDEX_ASKED_H
#define AID_INDEX_ASKED_H

#include "base/str.h"
#include "base/vec.h"

#define AID_MENTIONS 96
#define AID_ASKED_TERMS 256

enum aid_mention_kind
{
  AID_MENTION_NAME, /* an identifier: `parse_rule`, parseRule, Parser.rule */
  AID_MENTION_WORD, /* a plain word, which may be one */
  AID_MENTION_PATH  /* a file's name or the end of its path */
};

struct aid_mention
{
  enum aid_mention_kind kind;
  struct aid_span text; /* borrowed of the question */
  uint32_t line;        /* behind a path; 0: none */
  int in_error;         /* it stands in what a program said */
  int quoted;           /* in backticks */
};

struct aid_asked_term
{
  char text[64]; /* AID_TERM_MAX */
  uint8_t len;
  uint8_t whole;         /* a compound identifier */
  struct aid_span shown; /* the word as it was written; borrowed of the question */
  float weight;          /* 1: it is there once in the text; the first line counts twice */
};

struct aid_asked
{
  struct aid_vec mentions; /* of struct aid_mention, in order, each once */
  struct aid_vec terms;    /* of struct aid_asked_term, likewise */
};

/* Fills OUT (free with aid_asked_free); the texts must outlive it.  Any bytes will do. */
enum aid_err aid_ask_apart (struct aid_span text, struct aid_span error, struct aid_asked *out);
void aid_asked_free (struct aid_asked *a);

#endif
