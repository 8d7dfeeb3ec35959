/* The neutral conversation: what is asked, whatever the wire format.  Turns hold parts; parts own their strings. */
#ifndef AID_MODEL_CONVERSATION_H
#define AID_MODEL_CONVERSATION_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

enum aid_role { AID_ROLE_SYSTEM, AID_ROLE_USER, AID_ROLE_ASSISTANT };

enum aid_part_kind
{
  AID_PART_TEXT,          /* text */
  AID_PART_REASONING,     /* text, and opaque: what the server wants back, as JSON of its own wire format */
  AID_PART_REFUSAL,       /* text */
  AID_PART_TOOL_CALL,     /* id, name, text = arguments (JSON) */
  AID_PART_TOOL_RESULT    /* id, text, is_error; in a user turn */
};

struct aid_part
{
  enum aid_part_kind kind;
  char *text;             /* never NULL */
  size_t len;             /* bytes of text */
  char *id, *name;        /* or NULL */
  char *opaque;           /* JSON, or NULL */
  int is_error;
};

struct aid_message
{
  enum aid_role role;
  struct aid_vec parts;   /* struct aid_part */
};

struct aid_conversation
{
  struct aid_vec messages; /* struct aid_message; a system message only as the first */
};

void aid_conversation_init (struct aid_conversation *c);
void aid_conversation_free (struct aid_conversation *c);
struct aid_message *aid_conversation_add (struct aid_conversation *c, enum aid_role role);
/* Adds a part with a copy of TEXT (cleaned to valid UTF-8). */
struct aid_part *aid_message_add (struct aid_message *m, enum aid_part_kind kind, struct aid_span text);

#endif
