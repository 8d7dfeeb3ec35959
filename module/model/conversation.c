/* The neutral conversation: plain ownership.  A message owns its parts, a part its strings. */
#include "model/conversation.h"
#include "base/utf8.h"
#include <stdlib.h>

#define MESSAGES_MAX 100000u
#define PARTS_MAX 100000u
#define PART_BYTES_MAX (64u << 20)

void
aid_conversation_init (struct aid_conversation *c)
{
  c->messages = AID_VEC_INIT (struct aid_message, MESSAGES_MAX);
}

static void
message_free (struct aid_message *m)
{
  for (size_t i = 0; i < m->parts.len; i++)
    {
      struct aid_part *p = &AID_VEC_AT (struct aid_part, &m->parts, i);
      free (p->text);
      free (p->id);
      free (p->name);
      free (p->opaque);
    }
  aid_vec_free (&m->parts);
}

void
aid_conversation_free (struct aid_conversation *c)
{
  for (size_t i = 0; i < c->messages.len; i++)
    message_free (&AID_VEC_AT (struct aid_message, &c->messages, i));
  aid_vec_free (&c->messages);
}

struct aid_message *
aid_conversation_add (struct aid_conversation *c, enum aid_role role)
{
  struct aid_message *m = aid_vec_push (&c->messages);
  if (!m)
    return NULL;
  m->role = role;
  m->parts = AID_VEC_INIT (struct aid_part, PARTS_MAX);
  return m;
}

struct aid_part *
aid_message_add (struct aid_message *m, enum aid_part_kind kind, struct aid_span text)
{
  struct aid_str clean = AID_STR_INIT (PART_BYTES_MAX);
  struct aid_part *p = NULL;
  aid_utf8_clean (text, &clean);
  size_t len = clean.len;
  char *bytes = aid_str_steal (&clean);
  if (bytes)
    p = aid_vec_push (&m->parts);
  if (!p)
    {
      aid_str_free (&clean);
      free (bytes);
      return NULL;
    }
  p->kind = kind;
  p->text = bytes;
  p->len = len;
  return p;
}
