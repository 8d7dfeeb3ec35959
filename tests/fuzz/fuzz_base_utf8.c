/* UTF-8: cleaning gives valid text and is the identity on it; cuts at any place can be put together again. */
#include "fuzz.h"
#include "base/utf8.h"

static struct aid_str
cleaned (struct aid_span v)
{
  struct aid_str out = AID_STR_INIT (v.len * 3 + 1);
  CHECK (aid_utf8_clean (v, &out) == AID_OK);
  return out;
}

/* Decoding and encoding every character of the valid V gives V. */
static void
check_characters (struct aid_span v)
{
  struct aid_str again = AID_STR_INIT (v.len);
  size_t n = 0, at = 0;
  for (size_t bytes; at < v.len; at += bytes, n++)
    {
      CHECK (aid_utf8_offset (v, n) == at || n > 50);
      uint32_t c = aid_utf8_decode (v.ptr + at, &bytes);
      CHECK (c <= 0x10FFFF && !(c >= 0xD800 && c <= 0xDFFF));
      aid_utf8_encode (&again, c);
    }
  CHECK (at == v.len && aid_utf8_count (v) == n);
  CHECK (aid_span_eq (aid_str_span (&again), v));
  aid_str_free (&again);
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t len)
{
  struct aid_span v = { (const char *) bytes, len };
  struct aid_str clean = cleaned (v), twice = cleaned (aid_str_span (&clean)), parts = AID_STR_INIT (len * 3 + 1);
  size_t cut = len ? bytes[0] % (len + 1) : 0;
  CHECK (aid_utf8_valid_prefix (aid_str_span (&clean)) == clean.len);
  CHECK (aid_span_eq (aid_str_span (&clean), aid_str_span (&twice)));
  check_characters (aid_str_span (&clean));
  /* A stream that is cut anywhere keeps the tail back until the next bytes come. */
  struct aid_span head = aid_span_cut (v, 0, cut);
  size_t tail = aid_utf8_tail (head);
  CHECK (tail <= 3 && tail <= head.len);
  aid_utf8_clean (aid_span_cut (v, 0, cut - tail), &parts);
  aid_utf8_clean (aid_span_cut (v, cut - tail, len), &parts);
  CHECK (aid_span_eq (aid_str_span (&parts), aid_str_span (&clean)));
  aid_str_free (&clean);
  aid_str_free (&twice);
  aid_str_free (&parts);
  return 0;
}
