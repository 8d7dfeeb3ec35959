/* Lines of JSON, however the bytes are cut. */
#include "fuzz_net.h"
#include "net/ndjson.h"

static int
note (void *user, struct aid_span line)
{
  struct aid_str *text = user;
  aid_str_addf (text, "%zu:", line.len);
  aid_str_addspan (text, line);
  return 0;
}

static enum aid_err
feed (void *reader, struct aid_span bytes)
{
  return aid_ndjson_feed (reader, bytes, NULL);
}

/* The lines of V, and the code at the end. */
static struct aid_str
lines (struct aid_span v, struct aid_span steps)
{
  struct aid_str text = AID_STR_INIT ((size_t)64 << 20);
  struct aid_ndjson *s = aid_ndjson_new (note, &text);
  fuzz_feed (s, feed, v, steps);
  aid_str_addf (&text, "end %d", (int)aid_ndjson_end (s, NULL));
  aid_ndjson_free (s);
  return text;
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t len)
{
  fuzz_cut (bytes, len, lines);
  return 0;
}
