/* How many tokens a text is for one model: exact where its vocabulary is public and on this machine, else an estimate that is
   corrected by what the model's server has told.

   Vocabularies are files NAME.bpe (model/bpe.h) in $XDG_CACHE_HOME/aid/vocab, $XDG_DATA_HOME/aid/vocab, or aid/vocab in one of
   $XDG_DATA_DIRS; none is ever fetched from here.  Corrections are in $XDG_STATE_HOME/aid/tokens.json. */
#ifndef AID_MODEL_TOKENS_H
#define AID_MODEL_TOKENS_H

#include "base/err.h"
#include "base/str.h"

struct aid_counter;

/* For MODEL, the server's name of it (NULL: unknown).  NULL without memory.  Used by one thread at a time. */
struct aid_counter *aid_counter_new (const char *model);
void aid_counter_free (struct aid_counter *c);
/* Tokens in TEXT alone: what a server adds around each message is not in it. */
int64_t aid_counter_count (const struct aid_counter *c, struct aid_span text);
/* Whether counts are exact. */
int aid_counter_exact (const struct aid_counter *c);
/* "o200k_base", "claude", ...; static. */
const char *aid_counter_tokenizer (const struct aid_counter *c);
/* By how much estimates are multiplied: 1 until a server has told, within AID_RATIO_LEAST and AID_RATIO_MOST. */
double aid_counter_ratio (const struct aid_counter *c);
#define AID_RATIO_LEAST 0.5
#define AID_RATIO_MOST 2.0

/* The model's server has counted TOLD tokens where C counted COUNTED.  The first such ratio is kept as it is; from then on what
   is kept moves a fifth of the way to each new one.  Requests of fewer than AID_LEARN_LEAST tokens teach nothing, and neither do
   exact counters.  What cannot be written is lost. */
void aid_counter_learn (const struct aid_counter *c, int64_t counted, int64_t told);
#define AID_LEARN_LEAST 500

/* $XDG_CACHE_HOME/aid/vocab/NAME.bpe: where aid count --import writes. */
enum aid_err aid_vocab_path (const char *name, struct aid_str *out, struct aid_error *e);

#endif
