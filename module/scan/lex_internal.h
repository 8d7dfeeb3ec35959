/* What the files of the tokens of languages with braces share. */
#ifndef AID_SCAN_LEX_INTERNAL_H
#define AID_SCAN_LEX_INTERNAL_H

#include "scan/scan_internal.h"

#define AID_LEX_W 1            /* may be within a word */
#define AID_LEX_D 2            /* begins a number */
#define AID_LEX_REGEX_MAX 2000 /* bytes of a regular expression */

#define AID_LEX_S 4 /* a blank, not a newline */

extern const unsigned char aid_lex_class[256];

/* Each gives the place behind what begins at AT. */
uint32_t aid_lex_line_comment_end (const struct aid_lex *l, uint32_t at);
uint32_t aid_lex_block_comment_end (const struct aid_lex *l, uint32_t at);
/* Likewise, or 0 when it is not closed where it must be. */
uint32_t aid_lex_quoted_end (struct aid_lex *l, uint32_t at, int over_lines);
/* AT is the quote of R"x(...)x". */
uint32_t aid_lex_raw_cpp_end (const struct aid_lex *l, uint32_t quote);
/* AT is behind the "r": hashes and a quote. */
uint32_t aid_lex_raw_rust_end (const struct aid_lex *l, uint32_t at);
uint32_t aid_lex_text_block_end (const struct aid_lex *l, uint32_t at);
uint32_t aid_lex_regex_end (struct aid_lex *l, uint32_t at);
/* Whether "/" begins a regular expression, by the token before. */
int aid_lex_regex_may_begin (const struct aid_lex *l);

#endif
