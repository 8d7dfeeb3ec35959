/* Whatever a chat file says that a server wants back, and whatever arguments a model gave a tool: every wire format makes a
   request of it whose body is a JSON object. */
#include "base/json.h"
#include "model/wire.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
add_call (struct aid_message *m, const char *id, struct aid_span args)
{
  struct aid_part *p = aid_message_add (m, AID_PART_TOOL_CALL, args);
  p->id = strdup (id);
  p->name = strdup ("read");
}

static void
add_result (struct aid_message *m, const char *id)
{
  struct aid_part *p = aid_message_add (m, AID_PART_TOOL_RESULT, AID_SPAN ("x"));
  p->id = strdup (id);
}

/* The input up to its first NUL is the opaque JSON, what follows are the arguments. */
static void
fill (struct aid_conversation *c, struct aid_span v)
{
  const char *nul = v.len ? memchr (v.ptr, 0, v.len) : NULL;
  size_t cut = nul ? (size_t) (nul - v.ptr) : v.len;
  aid_message_add (aid_conversation_add (c, AID_ROLE_USER), AID_PART_TEXT, AID_SPAN ("Q"));
  struct aid_message *m = aid_conversation_add (c, AID_ROLE_ASSISTANT);
  struct aid_part *thought = aid_message_add (m, AID_PART_REASONING, AID_SPAN (""));
  thought->opaque = aid_span_dup (aid_span_cut (v, 0, cut));
  aid_message_add (m, AID_PART_TEXT, AID_SPAN ("I read."));
  add_call (m, "a", aid_span_cut (v, cut, v.len));
  add_call (m, "b", AID_SPAN ("{}"));
  m = aid_conversation_add (c, AID_ROLE_USER);
  add_result (m, "a");
  add_result (m, "b");
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *const wires[] = { "openai-chat", "openai-responses", "anthropic-messages", "gemini", "ollama" };
  struct aid_sampling s = AID_SAMPLING_INIT;
  struct aid_conversation c;
  aid_conversation_init (&c);
  fill (&c, (struct aid_span){ size ? (const char *) data : "", size });
  for (size_t i = 0; i < sizeof wires / sizeof *wires; i++)
    {
      struct aid_endpoint ep = { .wire = wires[i], .base_url = "https://openrouter.ai/api/v1", .model = "anthropic/m" };
      struct aid_wire_request r;
      struct aid_error e;
      if (aid_wire_find (wires[i])->build (&ep, &c, &s, &r, &e))
        abort ();
      json_t *body = json_loadb (r.body.ptr, r.body.len, JSON_ALLOW_NUL, NULL);
      if (!json_is_object (body))
        abort ();
      json_decref (body);
      aid_wire_request_free (&r);
    }
  aid_conversation_free (&c);
  return 0;
}
