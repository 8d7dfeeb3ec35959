/* How many tokens a text is about, for tokenizers whose vocabulary is not at hand.

   The text is cut into words, numbers, signs and blanks as byte-pair encoders cut it, and each kind of piece and character
   costs what it cost on average when the family's own tokenizer counted code, Markdown and prose in 30 languages. */
#ifndef AID_MODEL_ESTIMATE_H
#define AID_MODEL_ESTIMATE_H

#include "base/str.h"

enum aid_family
{
  AID_FAMILY_O200K, AID_FAMILY_CL100K, AID_FAMILY_CLAUDE, AID_FAMILY_GEMINI, AID_FAMILY_LLAMA, AID_FAMILY_QWEN,
  AID_FAMILY_DEEPSEEK, AID_FAMILY_MISTRAL, AID_FAMILY_OTHER
};

/* The family that a model's name tells of ("gpt-5.1", "openrouter/anthropic/claude-x", "qwen3-coder:30b"). */
enum aid_family aid_family_of (const char *model);
/* "o200k_base", "cl100k_base", "claude", ..., "other"; static. */
const char *aid_family_name (enum aid_family f);

/* About how many tokens TEXT is; 0 for an empty text only. */
int64_t aid_estimate (enum aid_family f, struct aid_span text);
/* The error of that, in percent: half of the files that it was measured on were nearer than the first, nine of ten nearer
   than the second. */
void aid_estimate_error (enum aid_family f, int *half, int *most);

/* What an estimate is made of: how often each kind occurs in TEXT. */
enum { AID_ESTIMATE_KINDS = 20 };
void aid_estimate_kinds (struct aid_span text, int64_t kinds[AID_ESTIMATE_KINDS]);

#endif
