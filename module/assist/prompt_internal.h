/* Building a prompt: turns (prompt.c) and what their context lines name (prompt_items.c). */
#ifndef AID_ASSIST_PROMPT_INTERNAL_H
#define AID_ASSIST_PROMPT_INTERNAL_H

#include "assist/assist_internal.h"

struct aid_prompt_builder
{
  const struct aid_prompt_request *request;
  const struct aid_chat *chat;
  struct aid_prompt *out;
  struct aid_error *e;
  int64_t turn;                /* the number of the turn that is added */
  struct aid_str text;         /* of the part that is being made; empty between two turns */
  size_t sent, frozen;         /* bytes so far: of the request, images and PDFs as they are sent; of what goes into the store */
};

int64_t aid_prompt_tokens (const struct aid_prompt_request *r, struct aid_span text);
/* Appends TEXT without the file's key, which a snapshot of a chat may hold. */
void aid_prompt_without_key (const char *key, struct aid_span text, struct aid_str *out);
/* Counts N more bytes in *SUM, which has the limit that one request has. */
enum aid_err aid_prompt_count (struct aid_prompt_builder *b, size_t *sum, size_t n);
/* Makes TEXT, which it empties, a part of M; nothing when there is none. */
enum aid_err aid_prompt_add_text (struct aid_prompt_builder *b, struct aid_message *m, struct aid_str *text);
/* Adds what ITEM shows: its frozen bytes, or, the first time or when they are lost, what it names now.  Text is appended to
   OUT, which becomes a part of M before an image. */
enum aid_err aid_prompt_add_item (struct aid_prompt_builder *b, const struct aid_chat_item *item, struct aid_message *m,
                                  struct aid_str *out);

#endif
