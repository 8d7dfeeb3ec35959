/* The table of wire formats, and what is the same whatever the format. */
#include "model/wire.h"
#include "model/wire_internal.h"
#include "net/http.h"
#include <stdlib.h>

static const struct aid_wire *const wires[] = {
  &aid_wire_openai_chat, &aid_wire_openai_responses, &aid_wire_anthropic, &aid_wire_gemini, &aid_wire_ollama,
};
#define WIRES (sizeof wires / sizeof wires[0])

const struct aid_wire *
aid_wire_find (const char *name)
{
  for (size_t i = 0; name && i < WIRES; i++)
    if (!strcmp (wires[i]->name, name))
      return wires[i];
  return NULL;
}

void
aid_wire_request_free (struct aid_wire_request *r)
{
  for (size_t i = 0; i < r->headers.len; i++)
    {
      struct aid_http_header *h = &AID_VEC_AT (struct aid_http_header, &r->headers, i);
      char *value = (char *) (uintptr_t) h->value;   /* owned here, and may hold the key */
      if (value)
        explicit_bzero (value, strlen (value));
      free (value);
      free ((char *) (uintptr_t) h->name);
    }
  aid_vec_free (&r->headers);
  aid_str_free (&r->body);
  free (r->url);
  r->url = NULL;
}

const char *
aid_stop_name (enum aid_stop_reason s)
{
  static const char *const names[] = { "none",   "end",     "length", "tools",  "sequence",
                                       "filter", "refusal", "pause",  "context" };
  return (unsigned) s < sizeof names / sizeof *names ? names[s] : "none";
}
