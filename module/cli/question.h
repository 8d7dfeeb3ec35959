/* A question from the command line as the text of a chat: what aid ask sends. */
#ifndef AID_CLI_QUESTION_H
#define AID_CLI_QUESTION_H

#include "assist/assist.h"

struct aid_cli_question
{
  struct aid_str chat;       /* one user turn with its items */
  struct aid_vec read;       /* struct aid_cli_item: what was named */
  struct aid_vec items;      /* struct aid_ask_item, which borrow from it */
  char key[16];              /* the chat's */
  int quiet;                 /* nothing is said of what goes with it, and nobody asked for vectors; */
  int64_t wait_ms;           /* so long the index is waited for, 0: for a few seconds: both are the caller's, before anything
                                else */
};

/* ITEMS are as people write them (cli/items.h); each is read now.  ROOT is absolute: links are relative to it.  Free with
   aid_question_free in any case. */
enum aid_err aid_question_make (struct aid_cli_question *q, struct aid_span prompt, const char *const *items, size_t nitems,
                                const char *root, struct aid_error *e);
/* Adds the context line of an item that is read when the question is asked; LABEL holds nothing that Markdown takes for more. */
enum aid_err aid_question_add (struct aid_cli_question *q, const char *label, const char *target, struct aid_error *e);
/* Adds what the strategy of ASK says that goes with the question, whose words are PROMPT, and says so on standard error.  ASK's
   root is absolute. */
enum aid_err aid_question_complete (struct aid_cli_question *q, const struct aid_ask *ask, struct aid_span prompt,
                                    struct aid_error *e);
void aid_question_free (struct aid_cli_question *q);

#endif
