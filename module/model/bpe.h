/* Byte-pair encoding: how many tokens a text is, exactly, for the vocabularies whose ranks are public.

   A text is cut into pieces by its vocabulary's rule (bpe_split.h), and the bytes of each piece are merged, the pair of
   lowest rank first, until no pair is a token.  A vocabulary is one file that is mapped, not read: opening it costs next to
   nothing, and only the pages that are looked at come into memory.  aid_bpe_import makes that file from what packages ship;
   none comes with AID. */
#ifndef AID_MODEL_BPE_H
#define AID_MODEL_BPE_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

/* A piece longer than this (a run of one letter, say) is merged in parts of this many bytes: the count may then be one too
   high for each part. */
#define AID_BPE_PIECE_MAX ((size_t) 1 << 16)

struct aid_bpe;

/* Maps the vocabulary in PATH.  AID_E_NOTFOUND when there is none, AID_E_PARSE when it is damaged or another machine's.
   To be closed.  From then on it may be used by several threads. */
enum aid_err aid_bpe_open (const char *path, struct aid_bpe **out, struct aid_error *e);
void aid_bpe_close (struct aid_bpe *b);
/* The tokens in TEXT, where what is no UTF-8 counts as U+FFFD and special tokens are plain text.  IDS (may be NULL: a vector
   of uint32_t) gets their numbers.  -1 without memory, or when IDS is full. */
int64_t aid_bpe_count (const struct aid_bpe *b, struct aid_span text, struct aid_vec *ids);

/* Appends to OUT the file for aid_bpe_open of the vocabulary NAME, from RANKS in any of the forms that packages hold: lines
   "BASE64 RANK" (.tiktoken), lines "! FIRST-RANK BASE64 BASE64 ...", or JSON with those in a member "bpe_ranks".  AID_E_PARSE
   when they are something else, AID_E_INVALID when NAME is unknown or a byte is no token.  OUT's limit is to be
   AID_BPE_FILE_MAX. */
enum aid_err aid_bpe_import (const char *name, struct aid_span ranks, struct aid_str *out, struct aid_error *e);
#define AID_BPE_FILE_MAX ((size_t) 256 << 20)

#endif
