/* Cuts a text into the pieces that are encoded each for itself: the patterns of o200k_base and cl100k_base as a scanner
   over Unicode's general categories, without a regular expression. */
#ifndef AID_MODEL_BPE_SPLIT_H
#define AID_MODEL_BPE_SPLIT_H

#include <stddef.h>

enum aid_bpe_rule { AID_BPE_CL100K = 1, AID_BPE_O200K = 2 };

/* Bytes of the first piece of the text from P to END, which is valid UTF-8 and not empty. */
size_t aid_bpe_piece (enum aid_bpe_rule rule, const char *p, const char *end);

#endif
