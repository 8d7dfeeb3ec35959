/* The neutral conversation: what is asked, whatever the wire format.  Turns hold parts; parts own their strings.  Beside
   the turns stand the tools that the model may call and the shape that its answer must have. */
#ifndef AID_MODEL_CONVERSATION_H
#define AID_MODEL_CONVERSATION_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include <jansson.h>

#define AID_MEDIA_MAX (20u << 20)    /* bytes of one image or PDF */
#define AID_MEDIA_ALL_MAX (30u << 20) /* bytes of all of them in one conversation: most servers take 32 MB of request */
#define AID_MEDIA_URL_MAX 8192       /* bytes of an address */
#define AID_TOOLS_MAX 512            /* tools that are offered */

enum aid_role { AID_ROLE_SYSTEM, AID_ROLE_USER, AID_ROLE_ASSISTANT };

enum aid_part_kind
{
  AID_PART_TEXT,          /* text */
  AID_PART_REASONING,     /* text, and opaque: what the server wants back, as JSON of its own wire format */
  AID_PART_REFUSAL,       /* text */
  AID_PART_TOOL_CALL,     /* id, name, text = arguments (JSON) */
  AID_PART_TOOL_RESULT,   /* id, text, is_error; in a user turn */
  AID_PART_IMAGE,         /* media, and bytes or url; name: the file's, or NULL; in a user turn */
  AID_PART_PDF            /* the same */
};

struct aid_part
{
  enum aid_part_kind kind;
  char *text;             /* never NULL */
  size_t len;             /* bytes of text */
  char *id, *name;        /* or NULL */
  char *opaque;           /* JSON, or NULL */
  char *media;            /* of an image or PDF: "image/png", ... */
  unsigned char *bytes;   /* its bytes, or NULL when url is set */
  size_t nbytes;
  char *url;              /* its https address, or NULL when bytes is set */
  int is_error;
  int stable;             /* everything up to the end of this part will be sent again, byte for byte: a mark for caches */
};

struct aid_message
{
  enum aid_role role;
  struct aid_vec parts;   /* struct aid_part */
};

/* A tool that the model may call. */
struct aid_tool
{
  char *name;             /* letters, digits, "_" and "-", at most 64 */
  char *description;      /* what it does and when to use it */
  json_t *schema;         /* JSON Schema of its arguments, an object */
};

enum aid_tool_choice
{
  AID_TOOLS_AUTO,         /* the model decides */
  AID_TOOLS_NONE,         /* it must not call any */
  AID_TOOLS_ANY,          /* it must call one */
  AID_TOOLS_ONE           /* it must call tool_chosen */
};

struct aid_conversation
{
  struct aid_vec messages; /* struct aid_message; a system message only as the first */
  struct aid_vec tools;    /* struct aid_tool */
  enum aid_tool_choice tool_choice;   /* means nothing without tools */
  char *tool_chosen;       /* or NULL */
  int one_call;            /* the model shall not call several tools at once */
  char *output_name;       /* the answer is to be JSON of this name and shape; NULL: it is text */
  json_t *output_schema;   /* JSON Schema that every server takes: objects are closed and all their members required */
  int borrows;             /* what parts point to is not its own: another's, which must outlive it, or in made */
  struct aid_vec made;     /* char *: texts that were made for parts of one that borrows */
};

void aid_conversation_init (struct aid_conversation *c);
void aid_conversation_free (struct aid_conversation *c);
struct aid_message *aid_conversation_add (struct aid_conversation *c, enum aid_role role);
/* Adds a part with a copy of TEXT (cleaned to valid UTF-8). */
struct aid_part *aid_message_add (struct aid_message *m, enum aid_part_kind kind, struct aid_span text);

/* What BYTES are by their first ones: "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"; NULL for
   anything else. */
const char *aid_media_type (struct aid_span bytes);
/* Adds a copy of the image or PDF in BYTES; NAME (a file's, may be NULL) is copied.  AID_E_INVALID when BYTES are no such
   thing, AID_E_LIMIT above AID_MEDIA_MAX. */
enum aid_err aid_message_add_media (struct aid_message *m, struct aid_span bytes, const char *name, struct aid_error *e);
/* The same for one that the server fetches itself.  MEDIA is one of the types above; AID_E_INVALID for another, and unless
   URL begins with "https://" and has no white space or control characters. */
enum aid_err aid_message_add_media_url (struct aid_message *m, const char *media, const char *url, struct aid_error *e);

/* Offers a tool; NAME and DESCRIPTION are copied, SCHEMA is shared.  AID_E_INVALID for a name that servers refuse or that is
   there already, or a schema that is no object; AID_E_LIMIT above AID_TOOLS_MAX. */
enum aid_err aid_conversation_add_tool (struct aid_conversation *c, const char *name, const char *description,
                                        json_t *schema, struct aid_error *e);
/* What the model must do with its tools.  CHOSEN, the name of one of them, is copied, and NULL but for AID_TOOLS_ONE. */
enum aid_err aid_conversation_choose_tool (struct aid_conversation *c, enum aid_tool_choice choice, const char *chosen,
                                           struct aid_error *e);
/* Wants the answer as JSON; NAME is copied, SCHEMA is shared.  AID_E_INVALID as for tools. */
enum aid_err aid_conversation_want_json (struct aid_conversation *c, const char *name, json_t *schema, struct aid_error *e);

#endif
