/* A text as the words and signs that it is made of, whatever language it is in: how two texts are compared of which one is
   code.

   A word is letters, digits, underscores and bytes above 127, a number likewise (1e3, 0xff); every other sign is one alone.
   Blanks part them and count for nothing. */
#ifndef AID_LEARN_WORDS_H
#define AID_LEARN_WORDS_H

#include "base/str.h"
#include "base/vec.h"

#define AID_WORDS_MAX ((size_t)4 << 20) /* of one text; more are not read */

struct aid_word
{
  struct aid_span text; /* points into what was read */
  uint64_t hash;
  int is_word; /* no sign */
};

/* Appends the words of TEXT to OUT (struct aid_word, see AID_WORDS_INIT).  AID_E_NOMEM, AID_E_LIMIT. */
enum aid_err aid_words_read (struct aid_span text, struct aid_vec *out);
#define AID_WORDS_INIT AID_VEC_INIT (struct aid_word, AID_WORDS_MAX)

/* A set of numbers, for hashes. */
struct aid_set64
{
  uint64_t *slots;
  size_t n, mask; /* MASK + 1 slots */
};
/* 0, or -1 without memory.  0 itself is as good as 1. */
int aid_set64_add (struct aid_set64 *s, uint64_t v);
int aid_set64_has (const struct aid_set64 *s, uint64_t v);
void aid_set64_free (struct aid_set64 *s);

/* The hash of the N words from I on. */
uint64_t aid_words_hash (const struct aid_vec *words, size_t i, size_t n);
/* Adds the hash of each run of N words to S.  0, or -1 without memory. */
int aid_words_grams (const struct aid_vec *words, size_t n, struct aid_set64 *s);

#endif
