/* A chat becomes a conversation: turns become messages, context lines become what they name, decisions on hunks are told
   with the next question.

   A live item is read and frozen when its question is first sent; afterwards its stored bytes are sent again, so that history and
   a server's cached prefix stay true.  The file's key never leaves: it is cut out of every text. */
#include "assist/prompt_internal.h"
#include "model/estimate.h"
#include "store/blob.h"
#include <stdlib.h>

/* Appends TEXT without the file's key, which a snapshot of a chat may hold. */
void
aid_prompt_without_key (const char *key, struct aid_span text, struct aid_str *out)
{
  struct aid_span k = aid_span_z (key);
  ptrdiff_t at;
  while (k.len && (at = aid_span_find (text, k)) >= 0)
    {
      aid_str_add (out, text.ptr, (size_t) at);
      text = aid_span_cut (text, (size_t) at + k.len, text.len);
    }
  aid_str_addspan (out, text);
}

int64_t
aid_prompt_tokens (const struct aid_prompt_request *r, struct aid_span text)
{
  return r->counter ? aid_counter_count (r->counter, text) : aid_estimate (AID_FAMILY_OTHER, text);
}

/* Counts N more bytes in *SUM, which has the limit that one request has. */
enum aid_err
aid_prompt_count (struct aid_prompt_builder *b, size_t *sum, size_t n)
{
  *sum += n;
  if (*sum <= AID_PROMPT_MAX)
    return AID_OK;
  return aid_error_set (b->e, AID_E_LIMIT, "The chat and what its context lines name (texts, images, PDFs) are larger than the "
                        "%u MB that one request may have: remove context lines, or older turns.", AID_PROMPT_MAX >> 20);
}

enum aid_err
aid_prompt_add_text (struct aid_prompt_builder *b, struct aid_message *m, struct aid_str *text)
{
  struct aid_span trimmed = aid_span_trim (aid_str_span (text));
  if (text->err)
    return aid_error_set (b->e, text->err, "The chat is larger than the %u MB that one request may have.", AID_PROMPT_MAX >> 20);
  enum aid_err err = aid_prompt_count (b, &b->sent, trimmed.len);
  if (err)
    return err;
  b->out->tokens += aid_prompt_tokens (b->request, trimmed);
  if (trimmed.len && !aid_message_add (m, AID_PART_TEXT, trimmed))
    return aid_error_set (b->e, AID_E_NOMEM, "There is no memory for the request.");
  aid_str_clear (text);
  return AID_OK;
}

static enum aid_err
add_question (struct aid_prompt_builder *b, const struct aid_turn *t, const struct aid_turn *last_answer)
{
  struct aid_message *m = aid_conversation_add (&b->out->conversation, AID_ROLE_USER);
  struct aid_str *text = &b->text, told = AID_STR_INIT (AID_PROMPT_MAX);
  enum aid_err err = m ? AID_OK : aid_error_set (b->e, AID_E_NOMEM, "There is no memory for the request.");
  if (!err && last_answer)
    {
      aid_decisions_tell (b->chat, last_answer, &told);
      aid_prompt_without_key (b->chat->key, aid_str_span (&told), text);   /* a file's name may hold it */
    }
  for (size_t i = t->first_piece; !err && i < t->first_piece + t->npieces; i++)
    {
      const struct aid_piece *p = &AID_VEC_AT (struct aid_piece, &b->chat->pieces, i);
      if (p->kind == AID_PIECE_TEXT)
        aid_chat_plain (b->chat, p->beg, p->end, 0, text);
      else if (p->kind == AID_PIECE_ITEM)
        err = aid_prompt_add_item (b, &AID_VEC_AT (struct aid_chat_item, &b->chat->items, p->index), m, text);
    }
  if (!err)
    err = aid_prompt_add_text (b, m, text);
  aid_str_free (&told);
  return err;
}

/* The word KEY of a marker as it was before it was encoded; to be freed, NULL without memory. */
static char *
marker_word (const struct aid_chat *c, size_t first_meta, size_t nmeta, const char *key)
{
  struct aid_span value = aid_chat_meta (c, first_meta, nmeta, key);
  struct aid_str word = AID_STR_INIT (value.len);
  aid_str_add_decoded (&word, value);
  return aid_str_steal (&word);
}

/* Whether turn T is the work of the model that is asked now. */
static int
is_same_model (const struct aid_prompt_builder *b, const struct aid_turn *t)
{
  char *model = marker_word (b->chat, t->first_meta, t->nmeta, "model");
  int same = model && !strcmp (model, b->request->model_id);
  free (model);
  return same;
}

/* Carries what the server wants back of turn T, which is what was received, to the model that made it.  It stands before all that
   was said, for it may be there when no reasoning is seen; the wire format knows the places. */
static void
add_carried (struct aid_prompt_builder *b, const struct aid_turn *t, struct aid_message *m)
{
  struct aid_span sig = aid_chat_meta (b->chat, t->first_meta, t->nmeta, "sig");
  if (!sig.len || !is_same_model (b, t))
    return;
  struct aid_str opaque = AID_STR_INIT (AID_BLOB_MAX);
  char *id = aid_span_dup (sig);
  struct aid_part *part = id && !aid_blob_get (id, &opaque, NULL) ? aid_message_add (m, AID_PART_REASONING, AID_SPAN ("")) : NULL;
  if (part)
    part->opaque = aid_str_steal (&opaque);
  free (id);
  aid_str_free (&opaque);
}

/* A tool call's block is a marker line, a fence, JSON, a fence. */
static void
add_tool_call (struct aid_prompt_builder *b, const struct aid_piece *p, struct aid_message *m)
{
  struct aid_str block = AID_STR_INIT (AID_PROMPT_MAX);
  if (aid_chat_plain (b->chat, p->beg, p->end, 0, &block))
    return aid_str_free (&block);
  struct aid_span args = aid_span_trim (aid_str_span (&block)), line;
  aid_span_line (&args, &line);
  for (size_t i = args.len; i-- > 0;)
    if (args.ptr[i] == '\n')
      {
        args.len = i;
        break;
      }
  struct aid_part *part = aid_message_add (m, AID_PART_TOOL_CALL, args);
  if (part)
    {
      part->id = marker_word (b->chat, p->first_meta, p->nmeta, "id");
      part->name = marker_word (b->chat, p->first_meta, p->nmeta, "name");
    }
  aid_str_free (&block);
}

/* The message that was added last is an answer which the person has changed. */
static enum aid_err
note_edited (struct aid_prompt_builder *b)
{
  size_t *at = aid_vec_push (&b->out->edited);
  if (!at)
    return aid_error_set (b->e, AID_E_NOMEM, "There is no memory for the request.");
  *at = b->out->conversation.messages.len - 1;
  return AID_OK;
}

static enum aid_err
add_answer (struct aid_prompt_builder *b, size_t turn)
{
  const struct aid_turn *t = &AID_VEC_AT (struct aid_turn, &b->chat->turns, turn);
  struct aid_message *m = aid_conversation_add (&b->out->conversation, AID_ROLE_ASSISTANT);
  struct aid_str *text = &b->text;
  enum aid_err err = m ? AID_OK : aid_error_set (b->e, AID_E_NOMEM, "There is no memory for the request.");
  int edited = err ? -1 : aid_chat_edited (b->chat, turn);
  if (edited == 0)
    add_carried (b, t, m);
  else if (edited == 1)
    err = note_edited (b);
  for (size_t i = t->first_piece; !err && i < t->first_piece + t->npieces; i++)
    {
      const struct aid_piece *p = &AID_VEC_AT (struct aid_piece, &b->chat->pieces, i);
      if (p->kind == AID_PIECE_TEXT)
        aid_chat_plain (b->chat, p->beg, p->end, 0, text);
      else if (p->kind == AID_PIECE_REASONING || p->kind == AID_PIECE_TOOL)
        {
          err = aid_prompt_add_text (b, m, text);
          if (!err && p->kind == AID_PIECE_TOOL)
            add_tool_call (b, p, m);
        }
    }
  if (!err)
    err = aid_prompt_add_text (b, m, text);
  return err;
}

/* The index of the turn that is asked, or -1. */
static ptrdiff_t
asked_turn (const struct aid_chat *c, int64_t number)
{
  for (size_t i = c->turns.len; i-- > 0;)
    {
      const struct aid_turn *t = &AID_VEC_AT (struct aid_turn, &c->turns, i);
      if (t->kind == AID_TURN_USER && (!number || t->number == number))
        return (ptrdiff_t) i;
    }
  return -1;
}

/* Adds TEXT, which it empties, to the conversation as the person's words; nothing when there is none. */
static enum aid_err
add_words (struct aid_prompt_builder *b, struct aid_str *text)
{
  struct aid_message *m = text->len || text->err ? aid_conversation_add (&b->out->conversation, AID_ROLE_USER) : NULL;
  enum aid_err err = m ? aid_prompt_add_text (b, m, text) : AID_OK;
  if (!m && text->len)
    err = aid_error_set (b->e, AID_E_NOMEM, "There is no memory for the request.");
  return err;
}

static enum aid_err
add_summary (struct aid_prompt_builder *b, const struct aid_turn *t)
{
  struct aid_str text = AID_STR_INIT (AID_PROMPT_MAX);
  aid_compact_summary (b->chat, t, &text);
  enum aid_err err = add_words (b, &text);
  aid_str_free (&text);
  return err;
}

static enum aid_err
add_wish (struct aid_prompt_builder *b)
{
  struct aid_str text = AID_STR_INIT (AID_PROMPT_MAX);
  aid_compact_wish (&text);
  enum aid_err err = add_words (b, &text);
  aid_str_free (&text);
  return err;
}

/* Adds turn I, with what was decided about the answer before it. */
static enum aid_err
add_turn (struct aid_prompt_builder *b, size_t i, const struct aid_turn *last_answer)
{
  const struct aid_turn *t = &AID_VEC_AT (struct aid_turn, &b->chat->turns, i);
  int64_t before = b->out->tokens;
  b->turn = t->number;
  enum aid_err err = AID_OK;
  if (t->kind == AID_TURN_USER)
    err = add_question (b, t, last_answer);
  else if (t->kind == AID_TURN_ANSWER)
    err = add_answer (b, i);
  else if (t->kind == AID_TURN_SUMMARY)
    err = add_summary (b, t);
  struct aid_prompt_weight *w = err || t->kind == AID_TURN_ALTERNATIVE ? NULL : aid_vec_push (&b->out->weights);
  if (w)
    *w = (struct aid_prompt_weight){ t->number, b->out->tokens - before };
  return err;
}

static enum aid_err
add_turns (struct aid_prompt_builder *b)
{
  int64_t upto = b->request->summarise;
  ptrdiff_t asked = upto ? aid_compact_last (b->chat, upto) : asked_turn (b->chat, b->request->turn);
  if (asked < 0)
    return aid_error_set (b->e, AID_E_INVALID,
                          upto ? "There are no turns to summarise."
                               : "The chat holds no question to send: it needs a line \"## You\" made by aid-ask.");
  unsigned char *sent = malloc ((size_t) asked + 1);
  if (!sent)
    return aid_error_set (b->e, AID_E_NOMEM, "There is no memory for the request.");
  aid_chat_sent (b->chat, (size_t) asked + (upto != 0), sent);
  sent[asked] |= !upto;
  const struct aid_turn *last_answer = NULL;
  enum aid_err err = AID_OK;
  for (size_t i = 0; !err && i <= (size_t) asked; i++)
    {
      const struct aid_turn *t = &AID_VEC_AT (struct aid_turn, &b->chat->turns, i);
      if (sent[i])
        err = add_turn (b, i, last_answer);
      last_answer = t->kind == AID_TURN_ANSWER ? t : t->kind == AID_TURN_USER ? NULL : last_answer;
    }
  free (sent);
  b->out->question = AID_VEC_AT (struct aid_turn, &b->chat->turns, (size_t) asked).number;
  return !err && upto ? add_wish (b) : err;
}

/* What the answers of C have cost, alternatives too: it was spent, whatever became of them. */
static double
spent_in (const struct aid_chat *c)
{
  double sum = 0;
  for (size_t i = 0; i < c->turns.len; i++)
    {
      const struct aid_turn *t = &AID_VEC_AT (struct aid_turn, &c->turns, i);
      struct aid_span said = aid_chat_meta (c, t->first_meta, t->nmeta, "cost");
      char *cost = said.len && said.ptr[0] >= '0' && said.ptr[0] <= '9' ? aid_span_dup (said) : NULL;
      double d = cost ? strtod (cost, NULL) : 0;
      sum += d > 0 && d < 1e9 ? d : 0;
      free (cost);
    }
  return sum;
}

static int
question_is_empty (const struct aid_prompt *p)
{
  const struct aid_vec *all = &p->conversation.messages;
  return !all->len || !AID_VEC_AT (struct aid_message, all, all->len - 1).parts.len;
}

enum aid_err
aid_prompt_build (const struct aid_prompt_request *r, struct aid_prompt *out, struct aid_error *e)
{
  memset (out, 0, sizeof *out);
  out->frozen = AID_VEC_INIT (struct aid_frozen, 10000);
  out->weights = AID_VEC_INIT (struct aid_prompt_weight, 1 << 20);
  out->shown = AID_VEC_INIT (struct aid_shown, 1000000);
  out->edited = AID_VEC_INIT (size_t, 1 << 20);
  out->items = AID_VEC_INIT (struct aid_prompt_item, 100000);
  aid_conversation_init (&out->conversation);
  struct aid_chat *chat;
  enum aid_err err = aid_chat_parse (r->chat, &chat, e);
  if (err)
    return err;
  struct aid_prompt_builder b = { .request = r, .chat = chat, .out = out, .e = e, .text = AID_STR_INIT (AID_PROMPT_MAX) };
  memcpy (out->key, chat->key, sizeof out->key);
  struct aid_message *system = aid_conversation_add (&out->conversation, AID_ROLE_SYSTEM);
  if (!system || !aid_message_add (system, AID_PART_TEXT, aid_span_z (r->system)))
    err = aid_error_set (e, AID_E_NOMEM, "There is no memory for the request.");
  out->tokens = aid_prompt_tokens (r, aid_span_z (r->system));
  out->spent = spent_in (chat);
  if (!err)
    err = add_turns (&b);
  if (!err && !r->dry && question_is_empty (out))
    err = aid_error_set (e, AID_E_INVALID, "The question is empty: write it under the last \"## You\", then send.");
  aid_str_free (&b.text);
  aid_chat_free (chat);
  return err;
}

enum aid_err
aid_prompt_freeze (const struct aid_prompt *p, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < p->frozen.len && !err; i++)
    {
      struct aid_frozen *f = &AID_VEC_AT (struct aid_frozen, &p->frozen, i);
      err = aid_blob_put (aid_str_span (&f->text), f->hash, e);
    }
  return err;
}

void
aid_prompt_free (struct aid_prompt *p)
{
  aid_conversation_free (&p->conversation);
  for (size_t i = 0; i < p->frozen.len; i++)
    {
      struct aid_frozen *f = &AID_VEC_AT (struct aid_frozen, &p->frozen, i);
      free (f->target);
      aid_str_free (&f->text);
    }
  for (size_t i = 0; i < p->shown.len; i++)
    {
      struct aid_shown *s = &AID_VEC_AT (struct aid_shown, &p->shown, i);
      free (s->label);
      free (s->target);
      aid_str_free (&s->head);
    }
  for (size_t i = 0; i < p->items.len; i++)
    {
      struct aid_prompt_item *item = &AID_VEC_AT (struct aid_prompt_item, &p->items, i);
      free (item->label);
      free (item->target);
      free (item->why);
    }
  aid_vec_free (&p->items);
  aid_vec_free (&p->frozen);
  aid_vec_free (&p->weights);
  aid_vec_free (&p->edited);
  aid_vec_free (&p->shown);
}
