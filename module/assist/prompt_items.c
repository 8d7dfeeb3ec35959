/* What context lines name, as it is sent: the frozen bytes of the store, or, the first time, what is there now. */
#include "assist/prompt_internal.h"
#include "base/utf8.h"
#include "context/item.h"
#include "context/pdf.h"
#include "store/blob.h"
#include <stdlib.h>
#include <time.h>

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
  const struct aid_prompt_request *r = b->request;
  struct aid_resolve how = { .resolver = r->resolver, .dir = r->dir, .root = r->root };
  struct aid_str raw = AID_STR_INIT (AID_MEDIA_MAX);
  enum aid_err err = AID_OK;
  if (!r->quick || !aid_context_costs (item->target))
    err = aid_assist_read (&how, item->target, &raw, b->e);
  else if (!aid_context_recall (&how, item->target, &raw, NULL))
    err = aid_error_set (b->e, AID_E_STATE, "%.*s was not read yet: preview its line first.", (int) item->label.len,
                         item->label.ptr);
  if (!err && aid_media_type (aid_str_span (&raw)))
    aid_str_addspan (out, aid_str_span (&raw));
  else if (!err)
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
    aid_str_addf (out, ": (%s that is not sent: the model reads none%s.)\n", pdf ? "a PDF" : "an image",
                  pdf ? ", and its text could not be had by pdftotext" : "");
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

/* What ITEM's line says that it costs. */
static int64_t
said_tokens (const struct aid_chat *c, const struct aid_chat_item *item)
{
  uint64_t n;
  return aid_span_number (aid_chat_meta (c, item->first_meta, item->nmeta, "tok"), INT32_MAX, &n) ? 0 : (int64_t) n;
}

/* A PDF for a model that reads none becomes its text, if that can be had. */
static void
pdf_to_text (struct aid_prompt_builder *b, struct aid_str *bytes)
{
  const char *type = aid_media_type (aid_str_span (bytes));
  struct aid_str text = AID_STR_INIT (AID_MEDIA_MAX);
  if (b->request->no_pdfs && type && !strcmp (type, "application/pdf") && !b->request->quick
      && !aid_pdf_text (b->request->resolver, aid_str_span (bytes), &text, NULL))
    {
      aid_str_free (bytes);
      *bytes = text;
      return;
    }
  aid_str_free (&text);
}

/* How old ITEM's text is, in seconds, or -1: it is what it names now. */
static int64_t
age_of (const struct aid_prompt_builder *b, const struct aid_chat_item *item, const char *sent)
{
  const struct aid_prompt_request *r = b->request;
  struct aid_resolve how = { .resolver = r->resolver, .dir = r->dir, .root = r->root };
  struct aid_str text = AID_STR_INIT (AID_MEDIA_MAX);
  int64_t age = -1, stored = *sent ? aid_blob_time (sent) : 0;
  if (stored)
    age = (int64_t) time (NULL) - stored;
  else if (!*sent && aid_context_costs (item->target) && aid_context_recall (&how, item->target, &text, &age))
    age /= 1000;
  aid_str_free (&text);
  return stored && age < 0 ? 0 : age;
}

/* Tells of ITEM, whose text is TEXT, unless it is not KNOWN; LEN bytes of the message were written up to its end. */
static void
list_item (struct aid_prompt_builder *b, const struct aid_chat_item *item, struct aid_span text, int known, size_t len)
{
  int wanted = b->request->list == AID_ITEMS_ALL || (b->request->list == AID_ITEMS_NEW && !item->sent.len);
  struct aid_prompt_item *p = wanted ? aid_vec_push (&b->out->items) : NULL;
  struct aid_span why = aid_chat_meta (b->chat, item->first_meta, item->nmeta, "why");
  struct aid_str plain = AID_STR_INIT (4096);
  if (!p)
    return;
  aid_str_add_decoded (&plain, why);
  p->turn = b->turn;
  p->label = aid_span_dup (item->label);
  p->target = aid_span_dup (item->target);
  p->why = why.len ? aid_span_dup (aid_str_span (&plain)) : NULL;
  if (item->sent.len < sizeof p->sent)
    memcpy (p->sent, item->sent.len ? item->sent.ptr : "", item->sent.len);
  p->pinned = aid_chat_meta (b->chat, item->first_meta, item->nmeta, "pin").len > 0;
  p->known = known;
  p->tokens = !known ? said_tokens (b->chat, item)
              : aid_media_type (text) ? aid_media_tokens (text) : aid_prompt_tokens (b->request, text);
  p->upto = b->out->tokens + (int64_t) len / 4;
  p->age = age_of (b, item, p->sent);
  aid_str_free (&plain);
}

/* Adds what ITEM shows: its frozen bytes, or, the first time or when they are lost, what it names now.  Text is appended to
   OUT, which becomes a part of M before an image. */
enum aid_err
aid_prompt_add_item (struct aid_prompt_builder *b, const struct aid_chat_item *item, struct aid_message *m, struct aid_str *out)
{
  struct aid_str text = AID_STR_INIT (AID_MEDIA_MAX);
  enum aid_err err = AID_E_NOTFOUND;
  int known = 1;
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
          b->out->tokens += said_tokens (b->chat, item);
          known = 0;
          err = AID_OK;
        }
      if (!err)
        err = take_out_secrets (b, item, &text);
      if (!err)
        err = freeze (b, item, aid_str_span (&text));
    }
  if (!err)
    pdf_to_text (b, &text);
  if (!err)
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
  if (!err)
    list_item (b, item, aid_str_span (&text), known, out->len);
  aid_str_free (&text);
  return err;
}
