/* Chat files: no byte is lost, the key is never sent, and what is told about the chat is well-formed, for any bytes. */
#include "fuzz.h"
#include "base/val.h"
#include "chat/chat.h"

#include <stdint.h>

#include "../unit/chat_tiles.h"

static void
check_plain (const struct aid_chat *c)
{
  for (size_t i = 0; i < c->pieces.len; i++)
    {
      const struct aid_piece *p = &AID_VEC_AT (struct aid_piece, &c->pieces, i);
      struct aid_str out = AID_STR_INIT (16 << 20);
      CHECK (aid_chat_plain (c, p->beg, p->end, p->kind == AID_PIECE_REASONING, &out) == AID_OK);
      CHECK (aid_span_find (aid_str_span (&out), aid_span_z (c->key)) < 0);
      aid_str_free (&out);
    }
}

static void
check_val (const struct aid_chat *c, int chars)
{
  struct aid_str val = AID_STR_INIT (256 << 20), json = AID_STR_INIT (256 << 20);
  aid_chat_to_val (c, chars, &val);
  CHECK (val.err == AID_OK);
  CHECK (aid_val_to_json (aid_str_span (&val), 0, &json) == AID_OK);
  aid_str_free (&val);
  aid_str_free (&json);
}

/* What closing adds leaves nothing open. */
static void
check_closing (struct aid_span body)
{
  struct aid_str whole = AID_STR_INIT (16 << 20), more = AID_STR_INIT (16 << 20);
  const char *word;
  aid_str_addspan (&whole, body);
  aid_str_addc (&whole, '\n');
  CHECK (aid_chat_closing (aid_str_span (&whole), &whole, &word) == AID_OK);
  CHECK (aid_chat_closing (aid_str_span (&whole), &more, &word) == AID_OK);
  CHECK (more.len == 0 && !*word);
  aid_str_free (&whole);
  aid_str_free (&more);
}

static void
check_chat (struct aid_span text)
{
  struct aid_chat *c;
  CHECK (aid_chat_parse (text, &c, NULL) == AID_OK);
  CHECK (!chat_tiles (c));
  if (c->key[0])
    check_plain (c);
  check_val (c, 0);
  check_val (c, 1);
  aid_chat_free (c);
}

/* Most inputs get a head, so that the fuzzer need not find a key. */
int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t len)
{
  struct aid_span text = { (const char *) bytes, len };
  if (len == 0 || len > 1 << 16)
    return 0;
  if (bytes[0] == 'r')
    check_chat (aid_span_cut (text, 1, len));
  else
    {
      struct aid_str whole = AID_STR_INIT (1 << 20);
      aid_str_addz (&whole, "<!--aid:k7Qx chat v=1-->\n## You <!--aid:k7Qx 1 user-->\n");
      aid_str_addspan (&whole, aid_span_cut (text, 1, len));
      check_chat (aid_str_span (&whole));
      aid_str_free (&whole);
    }
  check_closing (text);
  return 0;
}
