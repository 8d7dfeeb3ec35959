/* What the files that build a prompt share. */
#ifndef AID_ASSIST_PROMPT_INTERNAL_H
#define AID_ASSIST_PROMPT_INTERNAL_H

#include "assist/assist_internal.h"

struct aid_prompter
{
  const struct aid_prompt_request *request;
  const struct aid_chat *chat;
  struct aid_prompt *out;
  struct aid_error *e;
  int64_t turn;                /* the number of the turn that is added */
};

/* Appends TEXT without the file's key, which a snapshot of a chat may hold. */
void aid_prompt_add_keyless (const char *key, struct aid_span text, struct aid_str *out);
int64_t aid_prompt_tokens (const struct aid_prompt_request *r, struct aid_span text);
/* Adds TEXT, which it empties, to M as a part, trimmed; none when nothing is left. */
enum aid_err aid_prompt_add_text (struct aid_prompter *b, struct aid_message *m, struct aid_str *text);
/* Adds what ITEM shows: its frozen bytes, or, the first time or when they are lost, what it names now.  Text is appended to OUT,
   which becomes a part of M before an image. */
enum aid_err aid_prompt_add_item (struct aid_prompter *b, const struct aid_chat_item *item, struct aid_message *m,
                                  struct aid_str *out);

#endif
