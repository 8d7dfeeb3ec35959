/* Makes a chat of one question.  Its key is random and occurs nowhere in the question, so that nothing in the prompt or in
   a file's name is taken for structure. */
#include "cli/question.h"
#include "base/hash.h"
#include "cli/items.h"
#include "context/item.h"
#include "context/kinds.h"

#define KEY_LENGTH 8
#define QUESTION_MAX (32u << 20)
#define ITEMS_MAX 1000

/* Lends the texts of what was read to the request. */
static enum aid_err
lend_items (struct aid_cli_question *q, struct aid_error *e)
{
  for (size_t i = 0; i < q->read.len; i++)
    {
      const struct aid_cli_item *item = &AID_VEC_AT (struct aid_cli_item, &q->read, i);
      struct aid_ask_item *slot = aid_vec_push (&q->items);
      if (!slot)
        return aid_error_set (e, AID_E_LIMIT, "there are more than %d items", ITEMS_MAX);
      *slot = (struct aid_ask_item){ aid_span_z (item->target), aid_str_span (&item->text) };
    }
  return AID_OK;
}

static void
add_line (struct aid_cli_question *q, const char *label, const char *target, const char *key)
{
  aid_str_addz (&q->chat, "- [");
  aid_item_label (aid_span_z (label), &q->chat);
  aid_str_addf (&q->chat, "](%s) <!--aid:%s item-->\n", target, key);
}

static void
write_chat (struct aid_cli_question *q, const char *key, struct aid_span prompt)
{
  aid_str_addf (&q->chat, "<!--aid:%s chat v=1-->\n\n## You <!--aid:%s 1 user-->\n", key, key);
  aid_str_addspan (&q->chat, prompt);
  aid_str_addz (&q->chat, "\n\n");
  for (size_t i = 0; i < q->read.len; i++)
    {
      const struct aid_cli_item *item = &AID_VEC_AT (struct aid_cli_item, &q->read, i);
      add_line (q, item->label, item->target, key);
    }
}

enum aid_err
aid_question_make (struct aid_cli_question *q, struct aid_span prompt, const char *const *items, size_t nitems, const char *root,
                   struct aid_error *e)
{
  enum aid_err err = AID_OK;

  q->chat = AID_STR_INIT (QUESTION_MAX);
  q->items = AID_VEC_INIT (struct aid_ask_item, ITEMS_MAX);
  struct aid_resolver *resolver = aid_resolver_new ();
  err = aid_cli_items_read (resolver, items, nitems, root, 0, &q->read, e);
  aid_resolver_free (resolver);
  if (!err)
    err = lend_items (q, e);
  do
    if (!err && aid_random_key (q->key, KEY_LENGTH) != 0)
      err = aid_error_set (e, AID_E_IO, "the system gives no random numbers");
  while (!err && aid_span_find (prompt, aid_span_z (q->key)) >= 0);
  if (!err)
    write_chat (q, q->key, prompt);
  if (!err && q->chat.err)
    err = aid_error_set (e, q->chat.err, "the question is larger than %u MB", QUESTION_MAX >> 20);
  return err;
}

enum aid_err
aid_question_add (struct aid_cli_question *q, const char *label, const char *target, struct aid_error *e)
{
  add_line (q, label, target, q->key);
  return q->chat.err ? aid_error_set (e, q->chat.err, "the question is larger than %u MB", QUESTION_MAX >> 20) : AID_OK;
}

void
aid_question_free (struct aid_cli_question *q)
{
  aid_cli_items_free (&q->read);
  aid_vec_free (&q->items);
  aid_str_free (&q->chat);
}
