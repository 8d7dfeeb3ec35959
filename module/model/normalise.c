/* A conversation made fit to send.  People edit chats, answers are cut off, tools are not always run: what is stored need
   not be what a server accepts.  The rules are those that every API shares, so each wire format writes what it finds.  Texts
   are borrowed, not copied: a long chat has much of them. */
#include "model/wire_internal.h"
#include "base/json.h"
#include "base/map.h"
#include "base/utf8.h"
#include <stdlib.h>

#define TEXT_MAX (64u << 20)

static char answered[] = "answered";

static struct aid_part *
part_at (const struct aid_message *m, size_t i)
{
  return &AID_VEC_AT (struct aid_part, &m->parts, i);
}

/* Whether P has anything to send. */
static int
part_says (const struct aid_part *p)
{
  switch (p->kind)
    {
    case AID_PART_REASONING:
      return p->opaque != NULL;
    case AID_PART_TOOL_CALL:
      return p->name && *p->name;
    case AID_PART_TOOL_RESULT:
      return 1;
    case AID_PART_IMAGE:
    case AID_PART_PDF:
      return p->media && (p->bytes || p->url);
    case AID_PART_TEXT:
    case AID_PART_REFUSAL:
      break;
    }
  return aid_span_trim ((struct aid_span){ p->text, p->len }).len > 0;
}

/* Reasoning alone is no message: APIs refuse an assistant's turn that ends in it. */
static int
message_says (const struct aid_message *m)
{
  for (size_t i = 0; i < m->parts.len; i++)
    if (part_at (m, i)->kind != AID_PART_REASONING && part_says (part_at (m, i)))
      return 1;
  return 0;
}

static int
add_part (struct aid_message *m, const struct aid_part *from)
{
  struct aid_part *p = aid_vec_push (&m->parts);
  if (!p)
    return 0;
  *p = *from;
  if (p->kind == AID_PART_REFUSAL)
    p->kind = AID_PART_TEXT;
  if (p->kind != AID_PART_REASONING)
    p->opaque = NULL;
  return 1;
}

/* A part that is left out leaves its mark to the one before it. */
static void
copy_mark (const struct aid_part *from, struct aid_conversation *out)
{
  size_t n = out->messages.len;
  struct aid_message *last = from->stable && n ? &AID_VEC_AT (struct aid_message, &out->messages, n - 1) : NULL;
  if (last && last->parts.len)
    part_at (last, last->parts.len - 1)->stable = 1;
}

/* The message that the next parts of ROLE go to: the last one, or a new one. */
static struct aid_message *
message_for (struct aid_conversation *c, enum aid_role role)
{
  static char excuse[] = "(The beginning of this conversation is left out.)";
  size_t n = c->messages.len;
  struct aid_message *last = n ? &AID_VEC_AT (struct aid_message, &c->messages, n - 1) : NULL;
  if (last && last->role == role)
    return last;
  if (role == AID_ROLE_ASSISTANT && (!last || last->role == AID_ROLE_SYSTEM))
    {
      struct aid_message *first = aid_conversation_add (c, AID_ROLE_USER);
      struct aid_part words = { .kind = AID_PART_TEXT, .text = excuse, .len = sizeof excuse - 1 };
      if (!first || !add_part (first, &words))
        return NULL;
    }
  return aid_conversation_add (c, role);
}

static int
take_messages (const struct aid_conversation *in, struct aid_conversation *out)
{
  for (size_t i = 0; i < in->messages.len; i++)
    {
      const struct aid_message *m = &AID_VEC_AT (struct aid_message, &in->messages, i);
      enum aid_role role = m->role == AID_ROLE_SYSTEM && out->messages.len ? AID_ROLE_USER : m->role;
      int says = message_says (m);
      struct aid_message *to = says ? message_for (out, role) : NULL;
      if (says && !to)
        return 0;
      for (size_t k = 0; k < m->parts.len; k++)
        {
          const struct aid_part *p = part_at (m, k);
          if (!says || !part_says (p))
            copy_mark (p, out);
          else if (!add_part (to, p))
            return 0;
        }
    }
  return 1;
}

static int
copy_word (char **to, const char *from)
{
  return !from || (*to = strdup (from)) != NULL;
}

/* Tools and the wanted shape of the answer are the same in both. */
static int
copy_wishes (const struct aid_conversation *in, struct aid_conversation *out)
{
  for (size_t i = 0; i < in->tools.len; i++)
    {
      const struct aid_tool *from = &AID_VEC_AT (struct aid_tool, &in->tools, i);
      if (aid_conversation_add_tool (out, from->name, from->description, from->schema, NULL))
        return 0;
    }
  out->tool_choice = in->tool_choice;
  out->one_call = in->one_call;
  out->output_schema = json_incref (in->output_schema);
  return copy_word (&out->tool_chosen, in->tool_chosen) && copy_word (&out->output_name, in->output_name);
}

/* Bytes of all images and PDFs. */
static size_t
media_bytes (const struct aid_conversation *c)
{
  size_t n = 0;
  for (size_t i = 0; i < c->messages.len; i++)
    {
      const struct aid_message *m = &AID_VEC_AT (struct aid_message, &c->messages, i);
      for (size_t k = 0; k < m->parts.len; k++)
        n += part_at (m, k)->nbytes;
    }
  return n;
}

/* Turns P, a call or a result of C that lacks its other half, into words. */
static int
tell_as_text (struct aid_conversation *c, struct aid_part *p)
{
  struct aid_str words = AID_STR_INIT (TEXT_MAX);
  if (p->kind == AID_PART_TOOL_CALL)
    {
      aid_str_addz (&words, "[The tool ");
      aid_utf8_clean (aid_span_z (p->name), &words);
      aid_str_addz (&words, " was called, but not run. Its arguments: ");
    }
  else
    aid_str_addz (&words, p->is_error ? "[A tool failed: " : "[The result of a tool: ");
  aid_str_add (&words, p->text, p->len);
  aid_str_addz (&words, "]");
  size_t len = words.len;
  char **made = words.err ? NULL : aid_vec_push (&c->made);
  if (made)
    {
      p->text = *made = aid_str_steal (&words);
      p->len = len;
      p->kind = AID_PART_TEXT;
    }
  aid_str_free (&words);
  return made != NULL;
}

/* Finds the results in USER by their id (the first of each), then takes one for each call in ASSISTANT.  What is left on
   either side becomes text.  Either may be NULL.  A result is marked in its opaque member, which means nothing else
   there.  RESULTS is empty, and left so. */
static int
pair (struct aid_conversation *c, struct aid_map *results, struct aid_message *assistant, struct aid_message *user)
{
  int ok = 1;
  for (size_t i = 0; ok && user && i < user->parts.len; i++)
    {
      struct aid_part *p = part_at (user, i);
      if (p->kind == AID_PART_TOOL_RESULT && p->id && *p->id && !aid_map_get (results, aid_span_z (p->id)))
        ok = !aid_map_put (results, aid_span_z (p->id), p, NULL);
    }
  for (size_t i = 0; ok && assistant && i < assistant->parts.len; i++)
    {
      struct aid_part *p = part_at (assistant, i);
      struct aid_part *answer = p->kind == AID_PART_TOOL_CALL && p->id ? aid_map_remove (results, aid_span_z (p->id)) : NULL;
      if (answer)   /* some APIs tell results apart by the tool's name */
        {
          answer->opaque = answered;
          answer->name = answer->name ? answer->name : p->name;
        }
      else if (p->kind == AID_PART_TOOL_CALL || p->kind == AID_PART_TOOL_RESULT)
        ok = tell_as_text (c, p);
    }
  for (size_t i = 0; ok && user && i < user->parts.len; i++)
    {
      struct aid_part *p = part_at (user, i);
      if (p->kind == AID_PART_TOOL_RESULT && !p->opaque && p->id)
        aid_map_remove (results, aid_span_z (p->id));
      if (p->kind == AID_PART_TOOL_CALL || (p->kind == AID_PART_TOOL_RESULT && !p->opaque))
        ok = tell_as_text (c, p);
    }
  return ok;
}

static int
pair_all (struct aid_conversation *c)
{
  struct aid_map *results = aid_map_new ();
  int ok = results != NULL;
  for (size_t i = 0; ok && i < c->messages.len; i++)
    {
      struct aid_message *m = &AID_VEC_AT (struct aid_message, &c->messages, i);
      struct aid_message *next = i + 1 < c->messages.len ? m + 1 : NULL;
      int is_assistant = m->role == AID_ROLE_ASSISTANT;
      ok = pair (c, results, is_assistant ? m : NULL, is_assistant ? next : m);
      i += is_assistant && next;
    }
  aid_map_free (results, NULL);
  return ok;
}

enum aid_err
aid_conversation_normalise (const struct aid_conversation *in, struct aid_conversation *out, struct aid_error *e)
{
  aid_conversation_init (out);
  out->borrows = 1;
  if (media_bytes (in) > AID_MEDIA_ALL_MAX)
    return aid_error_set (e, AID_E_LIMIT, "The images and PDFs of this chat are together larger than %u MB.",
                          AID_MEDIA_ALL_MAX >> 20);
  if (!take_messages (in, out) || !copy_wishes (in, out) || !pair_all (out))
    return aid_error_set (e, AID_E_NOMEM, "no memory for the conversation");
  size_t n = out->messages.len;
  if (n == 0 || (n == 1 && AID_VEC_AT (struct aid_message, &out->messages, 0).role == AID_ROLE_SYSTEM))
    return aid_error_set (e, AID_E_INVALID, "there is no question to ask: the conversation is empty");
  return AID_OK;
}

json_t *
aid_json_object_of (const char *text)
{
  json_t *v = text ? aid_json_load (aid_span_z (text)) : NULL;
  if (json_is_object (v))
    return v;
  json_decref (v);
  return NULL;
}
