/* The words of identifiers: camelCase, PascalCase, snake_case, kebab-case, HTTPServer2 -> http server 2. */
#ifndef AID_SCAN_WORDS_H
#define AID_SCAN_WORDS_H

#include "base/str.h"

#define AID_WORD_MAX 128 /* bytes of a word or identifier that are given; more are dropped */

/* WORD is lower-case UTF-8 (borrowed; invalid bytes are separators), FROM and TO where it stands in the text.  Non-zero stops. */
typedef int aid_word_fn (void *ctx, struct aid_span word, size_t from, size_t to);

/* Gives the parts of every identifier and number in TEXT, in order.  Letters beyond ASCII are letters, lowered by Unicode's
   simple mapping. */
void aid_words (struct aid_span text, aid_word_fn *fn, void *ctx);

/* Gives every identifier of TEXT whole, lowered (letters, digits, "_" and "'" within); "-" parts. */
void aid_identifiers (struct aid_span text, aid_word_fn *fn, void *ctx);

/* Appends the parts of TEXT's identifiers with one blank between them. */
enum aid_err aid_words_add (struct aid_span text, struct aid_str *out);

#endif
