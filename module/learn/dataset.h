/* Data sets: rows of context, prompt and change, in one form of ours ("source"), from which those of the trainers are made,
   and checked.

   docs/learn.md tells the members of a source row.  The others are

     messages            {"messages": [{role, content}, ...]}: chat fine-tuning (OpenAI's, TRL's, ms-swift's)
     prompt-completion   {"prompt": [...], "completion": [...]}: TRL's
     preference          {"prompt": [...], "chosen": [...], "rejected": [...]}: TRL's DPO
     openai-preference   {"input": {"messages": [...]}, "preferred_output": [...], "non_preferred_output": [...]}: OpenAI's
     kto                 {"prompt": [...], "completion": [...], "label": true}: TRL's KTO
     nemo-gym            {"responses_create_params": {"input": [...]}, "verifier_metadata": {"task_id", "task"}}
     prompt-only         {"prompt": [...], "task_id", "base_tree", "task"}: reinforcement learning by reward
     functions */
#ifndef AID_LEARN_DATASET_H
#define AID_LEARN_DATASET_H

#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

#define AID_DATASET_TOKENS 32768 /* of a row, prompt and answer together, unless the settings say otherwise */
#define AID_DATASET_HOLDOUT 0.1

enum aid_dataset_format
{
  AID_DATA_SOURCE,
  AID_DATA_MESSAGES,
  AID_DATA_PROMPT_COMPLETION,
  AID_DATA_PREFERENCE,
  AID_DATA_OPENAI_PREFERENCE,
  AID_DATA_KTO,
  AID_DATA_NEMO_GYM,
  AID_DATA_PROMPT_ONLY,
  AID_DATA_FORMATS
};
const char *aid_dataset_format_name (enum aid_dataset_format f);
/* AID_DATA_FORMATS: there is none of that name. */
enum aid_dataset_format aid_dataset_format_named (const char *name);
/* The one that ROW's members tell of; AID_DATA_FORMATS: none. */
enum aid_dataset_format aid_dataset_format_of (const json_t *row);

/* Calls FN with each row of FORMAT that the source row ROW gives: none, where that has no answer or no rejected one, or two
   (kto). */
void
aid_dataset_write (enum aid_dataset_format format, const json_t *row, void (*fn) (void *ctx, const json_t *made), void *ctx);

/* --- what a row of any format has --------------------------------------------------------------------------------- */

/* Appends the texts of ROW's prompt, and to ANSWER those of what is to be learnt (of preferences the chosen one), to OTHER the
   rejected one.  Each of them may be NULL. */
void aid_dataset_texts (enum aid_dataset_format format, const json_t *row, struct aid_str *prompt, struct aid_str *answer,
                        struct aid_str *other);
/* About how many tokens ROW has. */
int64_t aid_dataset_tokens (enum aid_dataset_format format, const json_t *row);
/* How many secrets are in the strings of ROW; *KIND (may be NULL) gets what the first one is, static. */
size_t aid_dataset_secrets (const json_t *row, const char **kind);

struct aid_dataset_rules
{
  int64_t max_tokens; /* 0: any */
  int secrets, leaks; /* are looked for */
};
/* Checks ROW against the rules of FORMAT, and calls FN for each that it breaks, in words.  How many those are. */
size_t aid_dataset_check (enum aid_dataset_format format, const json_t *row, const struct aid_dataset_rules *rules,
                          void (*fn) (void *ctx, const char *words), void *ctx);

#endif
