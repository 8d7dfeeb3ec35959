/* Lines of JSON: the same lines whether the bytes come whole, one by one, or cut as the first bytes of the input
   say. */
#include "net/ndjson.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t len);

static int
note (void *user, struct aid_span line)
{
  struct aid_str *text = user;
  aid_str_addf (text, "%zu:", line.len);
  aid_str_addspan (text, line);
  return 0;
}

/* The lines of V, and the code at the end, when the pieces' sizes follow the bytes of STEPS in turn. */
static struct aid_str
lines (struct aid_span v, struct aid_span steps)
{
  struct aid_str text = AID_STR_INIT ((size_t) 64 << 20);
  struct aid_ndjson *s = aid_ndjson_new (note, &text);
  size_t at = 0, i = 0;
  enum aid_err code = AID_OK;
  while (at < v.len && code == AID_OK)
    {
      size_t step = steps.len ? (unsigned char) steps.ptr[i++ % steps.len] % 17 + 1u : v.len;
      size_t end = v.len - at < step ? v.len : at + step;
      code = aid_ndjson_feed (s, aid_span_cut (v, at, end), NULL);
      at = end;
    }
  code = aid_ndjson_end (s, NULL);
  aid_str_addf (&text, "end %d", (int) code);
  aid_ndjson_free (s);
  return text;
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t len)
{
  struct aid_span all = { (const char *) bytes, len };
  struct aid_span steps = aid_span_cut (all, 0, len < 4 ? len : 4);
  struct aid_span v = aid_span_cut (all, steps.len, len);
  struct aid_str whole = lines (v, (struct aid_span){ "", 0 });
  struct aid_str single = lines (v, (struct aid_span){ "", 1 });
  struct aid_str cut = lines (v, steps);
  if (!aid_span_eq (aid_str_span (&whole), aid_str_span (&single))
      || !aid_span_eq (aid_str_span (&whole), aid_str_span (&cut)))
    abort ();
  aid_str_free (&whole);
  aid_str_free (&single);
  aid_str_free (&cut);
  return 0;
}
