/* Server-sent events, however the bytes are cut. */
#include "fuzz_net.h"
#include "net/sse.h"

static int
note (void *user, struct aid_span event, struct aid_span data)
{
  struct aid_str *text = user;
  aid_str_addf (text, "%zu,%zu:", event.len, data.len);
  aid_str_addspan (text, event);
  aid_str_addspan (text, data);
  return 0;
}

static enum aid_err
feed (void *reader, struct aid_span bytes)
{
  return aid_sse_feed (reader, bytes, NULL);
}

/* The events of V, and the code at the end. */
static struct aid_str
events (struct aid_span v, struct aid_span steps)
{
  struct aid_str text = AID_STR_INIT ((size_t)64 << 20);
  struct aid_sse *s = aid_sse_new (note, &text);
  fuzz_feed (s, feed, v, steps);
  aid_str_addf (&text, "end %d", (int)aid_sse_end (s, NULL));
  aid_sse_free (s);
  return text;
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t len)
{
  fuzz_cut (bytes, len, events);
  return 0;
}
