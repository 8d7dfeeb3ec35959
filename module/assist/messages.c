/* What would be sent, in no wire format: for who wants the texts that a model reads, and not the request. */
#include "assist/assist_internal.h"
#include "assist/strategy.h"
#include "base/json.h"

static const char *
role_name (enum aid_role role)
{
  return role == AID_ROLE_SYSTEM ? "system" : role == AID_ROLE_USER ? "user" : "assistant";
}

static json_t *
message_of (const struct aid_message *m, struct aid_error *e)
{
  struct aid_str text = AID_STR_INIT (AID_PROMPT_MAX);
  json_t *out = NULL;
  int foreign = 0;
  for (size_t i = 0; i < m->parts.len; i++)
    {
      const struct aid_part *p = &AID_VEC_AT (struct aid_part, &m->parts, i);
      foreign |= p->kind != AID_PART_TEXT;
      aid_str_addz (&text, i ? "\n\n" : "");
      aid_str_add (&text, p->text, p->len);
    }
  if (foreign)
    aid_error_set (e, AID_E_INVALID, "What would be sent holds more than text: an image, or a PDF.");
  else if (text.err)
    aid_error_set (e, text.err, "There is no memory for what would be sent.");
  else
    out = json_pack ("{s:s, s:o}", "role", role_name (m->role), "content", aid_json_of_span (aid_str_span (&text)));
  aid_str_free (&text);
  return out;
}

static json_t *
items_of (const struct aid_prompt *p)
{
  json_t *all = json_array ();
  for (size_t i = 0; i < p->items.len; i++)
    {
      const struct aid_prompt_item *item = &AID_VEC_AT (struct aid_prompt_item, &p->items, i);
      json_array_append_new (all,
                             json_pack ("{s:o, s:o, s:I}", "label", aid_json_of_span (aid_span_z (item->label)), "target",
                                        aid_json_of_span (aid_span_z (item->target)), "tokens", (json_int_t)item->tokens));
    }
  return all;
}

enum aid_err
aid_look_take_messages (struct aid_looking *look, const struct aid_prompt *p, struct aid_error *e)
{
  json_t *messages = json_array ();
  const struct aid_vec *all = &p->conversation.messages;
  int whole = 1;
  for (size_t i = 0; i < all->len && whole; i++)
    {
      json_t *m = message_of (&AID_VEC_AT (struct aid_message, all, i), e);
      whole = m && !json_array_append_new (messages, m);
    }
  if (!whole)
    {
      json_decref (messages);
      return e->code ? e->code : aid_error_set (e, AID_E_NOMEM, "There is no memory for what would be sent.");
    }
  *look->messages = json_pack ("{s:s, s:s, s:o, s:o, s:I}", "strategy", look->strategy ? look->strategy->name : "", "format",
                               aid_edit_format_name (look->strategy ? look->strategy->format : AID_EDIT_NONE), "messages",
                               messages, "items", items_of (p), "tokens", (json_int_t)p->tokens);
  return *look->messages ? AID_OK : aid_error_set (e, AID_E_NOMEM, "There is no memory for what would be sent.");
}

enum aid_err
aid_assist_messages (struct aid_assist *a, const struct aid_ask *ask, json_t **out, struct aid_error *e)
{
  struct aid_looking look = { .messages = out };
  *out = NULL;
  return aid_turn_look (a, ask, &look, e);
}
