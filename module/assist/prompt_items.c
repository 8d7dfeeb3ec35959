/* What context lines name, as it is sent: the frozen bytes of the store, or, the first time, what is there now. */
#include "assist/prompt_internal.h"
#include "base/utf8.h"
#include "context/item.h"
#include "store/blob.h"
#include <stdlib.h>

#define BASE64(n) (((n) + 2) / 3 * 4)   /* bytes of N as a request holds them */

static const struct aid_ask_item *
given_item (const struct aid_prompt_request *r, struct aid_span target)
{
  for (size_t i = 0; i < r->nitems; i++)
    if (aid_span_eq (r->items[i].target, target))
      return &r->items[i];
  return NULL;
}

/* The item's text, or image, or PDF, as it is now. */
static enum aid_err
live_text (struct aid_prompt_builder *b, const struct aid_chat_item *item, struct aid_str *out)
{
  const struct aid_ask_item *given = given_item (b->request, item->target);
  if (given)
    {
      aid_prompt_without_key (b->chat->key, given->text, out);
      return out->err ? aid_error_set (b->e, out->err, "The item %.*s is larger than %zu MB.", (int) item->label.len,
                                       item->label.ptr, AID_ITEM_MAX >> 20)
                      : AID_OK;
    }
  enum aid_err err = aid_media_read (b->request->dir, item->target, out, b->e);
  if (err || out->len)
    return err;
  struct aid_str raw = AID_STR_INIT (AID_ITEM_MAX);
  err = aid_item_read (b->request->dir, item->target, &raw, b->e);
  if (!err)
    {
      aid_prompt_without_key (b->chat->key, aid_str_span (&raw), out);
      if (out->err)
        err = aid_error_set (b->e, out->err, "The item %.*s is too large.", (int) item->label.len, item->label.ptr);
    }
  aid_str_free (&raw);
  return err;
}

static enum aid_err
freeze (struct aid_prompt_builder *b, const struct aid_chat_item *item, struct aid_span text)
{
  enum aid_err err = aid_prompt_count (b, &b->frozen, text.len);
  if (err)
    return err;
  struct aid_frozen *f = aid_vec_push (&b->out->frozen);
  if (!f || !(f->target = aid_span_dup (item->target)))
    return aid_error_set (b->e, AID_E_LIMIT, "The question has too many context lines.");
  f->tokens = aid_media_type (text) ? aid_media_tokens (text) : aid_prompt_tokens (b->request, text);
  f->text = AID_STR_INIT (AID_MEDIA_MAX);
  aid_blob_id (text, f->hash);
  if (b->request->dry || !aid_str_addspan (&f->text, text))
    return AID_OK;
  return aid_error_set (b->e, AID_E_NOMEM, "There is no memory for the request.");
}

/* Notes where ITEM stands, which has just been written to OUT from FROM on. */
static enum aid_err
note_shown (struct aid_prompt_builder *b, const struct aid_chat_item *item, struct aid_span text, const struct aid_str *out,
            size_t from)
{
  const struct aid_vec *all = &b->out->conversation.messages;
  struct aid_shown *s = aid_vec_push (&b->out->shown);
  struct aid_span rest = aid_span_cut (aid_str_span (out), from, out->len), line;
  if (!s)
    return aid_error_set (b->e, AID_E_LIMIT, "The chat has too many context lines.");
  s->message = all->len - 1;
  s->part = AID_VEC_AT (struct aid_message, all, s->message).parts.len;
  s->label = aid_span_dup (item->label);
  s->target = aid_span_dup (item->target);
  s->head = AID_STR_INIT (1u << 20);
  for (int i = 0; i < 2 && aid_span_line (&rest, &line); i++)
    {
      aid_utf8_clean (line, &s->head);
      aid_str_addc (&s->head, '\n');
    }
  while (aid_span_line (&text, &line))
    s->lines++;
  if (s->label && s->target && !s->head.err)
    return AID_OK;
  return aid_error_set (b->e, AID_E_NOMEM, "There is no memory for the request.");
}

/* TEXT without what is to be taken out of it. */
static enum aid_err
take_out_secrets (struct aid_prompt_builder *b, const struct aid_chat_item *item, struct aid_str *text)
{
  struct aid_str clean = AID_STR_INIT (2 * AID_ITEM_MAX);      /* what is put in is longer, or shorter */
  if (!b->request->remove_secrets || aid_media_type (aid_str_span (text)))
    return AID_OK;
  enum aid_err err = aid_held_remove (b->request->remove_secrets, item->target, aid_str_span (text), &clean);
  aid_str_free (text);
  *text = clean;
  if (!err)
    return AID_OK;
  return aid_error_set (b->e, err, "The item %.*s cannot be sent without its secrets.", (int) item->label.len, item->label.ptr);
}

/* An image or PDF: a line that names it, and, when the model may read it, a part of its own. */
static enum aid_err
add_media (struct aid_prompt_builder *b, const struct aid_chat_item *item, struct aid_message *m, struct aid_span bytes,
           struct aid_str *out)
{
  int pdf = !strcmp (aid_media_type (bytes), "application/pdf");
  char *name = aid_span_dup (item->label);
  enum aid_err err = name ? AID_OK : aid_error_set (b->e, AID_E_NOMEM, "There is no memory for the request.");
  aid_item_name (item->label, item->target, out);
  if (!err && (pdf ? b->request->no_pdfs : b->request->no_images))
    aid_str_addf (out, ": (%s that is not sent: the model reads none.)\n", pdf ? "a PDF" : "an image");
  else if (!err)
    {
      aid_str_addz (out, ":\n");
      err = aid_prompt_add_text (b, m, out);
      if (!err)
        err = aid_prompt_count (b, &b->sent, BASE64 (bytes.len));
      if (!err)
        err = aid_message_add_media (m, bytes, name, b->e);
      b->out->tokens += aid_media_tokens (bytes);
    }
  free (name);
  return err;
}

/* Adds what ITEM shows: its frozen bytes, or, the first time or when they are lost, what it names now.  Text is appended to
   OUT, which becomes a part of M before an image. */
enum aid_err
aid_prompt_add_item (struct aid_prompt_builder *b, const struct aid_chat_item *item, struct aid_message *m, struct aid_str *out)
{
  struct aid_str text = AID_STR_INIT (AID_MEDIA_MAX);
  enum aid_err err = AID_E_NOTFOUND;
  if (item->sent.len)
    {
      char *id = aid_span_dup (item->sent);
      err = id ? aid_blob_get (id, &text, NULL) : AID_E_NOMEM;
      free (id);
    }
  if (err)
    {
      aid_str_clear (&text);
      err = live_text (b, item, &text);
      if (err && b->request->dry)
        {
          aid_str_clear (&text);           /* sending it will tell */
          err = AID_OK;
        }
      if (!err)
        err = take_out_secrets (b, item, &text);
      if (!err)
        err = freeze (b, item, aid_str_span (&text));
    }
  else
    err = take_out_secrets (b, item, &text);
  size_t from = out->len;
  int media = !err && aid_media_type (aid_str_span (&text)) != NULL;
  if (media)
    err = add_media (b, item, m, aid_str_span (&text), out);
  else if (!err && (err = aid_item_render (item->label, item->target, aid_str_span (&text), out)))
    aid_error_set (b->e, err, "The question and its items are larger than the %u MB that one request may have.",
                   AID_PROMPT_MAX >> 20);
  if (!err && !media)
    err = note_shown (b, item, aid_str_span (&text), out, from);
  aid_str_free (&text);
  return err;
}
