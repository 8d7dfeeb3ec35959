/* What is read of a stream is the same whether its bytes come whole, one by one, or cut as the first bytes of the input say. */
#ifndef AID_TESTS_FUZZ_NET_H
#define AID_TESTS_FUZZ_NET_H

#include "fuzz.h"
#include "base/str.h"

/* Feeds V to READER in pieces whose sizes follow the bytes of STEPS in turn, until it refuses one. */
static inline void
fuzz_feed (void *reader, enum aid_err (*feed) (void *reader, struct aid_span bytes), struct aid_span v, struct aid_span steps)
{
  size_t at = 0, i = 0;
  enum aid_err code = AID_OK;
  while (at < v.len && code == AID_OK)
    {
      size_t step = steps.len ? (unsigned char)steps.ptr[i++ % steps.len] % 17 + 1u : v.len;
      size_t end = v.len - at < step ? v.len : at + step;
      code = feed (reader, aid_span_cut (v, at, end));
      at = end;
    }
}

/* READ gives what was read of V in such pieces. */
static inline void
fuzz_cut (const uint8_t *bytes, size_t len, struct aid_str (*read) (struct aid_span v, struct aid_span steps))
{
  struct aid_span all = { (const char *)bytes, len };
  struct aid_span steps = aid_span_cut (all, 0, len < 4 ? len : 4);
  struct aid_span v = aid_span_cut (all, steps.len, len);
  struct aid_str whole = read (v, (struct aid_span){ "", 0 });
  struct aid_str single = read (v, (struct aid_span){ "", 1 });
  struct aid_str cut = read (v, steps);
  CHECK (aid_span_eq (aid_str_span (&whole), aid_str_span (&single)));
  CHECK (aid_span_eq (aid_str_span (&whole), aid_str_span (&cut)));
  aid_str_free (&whole);
  aid_str_free (&single);
  aid_str_free (&cut);
}

#endif
