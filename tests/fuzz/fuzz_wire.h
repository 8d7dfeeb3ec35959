/* One run of a wire format's fuzzer: the input's own bytes seed the places where it is cut. */
#ifndef AID_TESTS_FUZZ_WIRE_H
#define AID_TESTS_FUZZ_WIRE_H

#include "../unit/model_events.h"

/* Pieces of 1 to 64 bytes, mostly short. */
static inline size_t
random_piece (void *state)
{
  uint32_t *seed = state;
  *seed = *seed * 1664525u + 1013904223u;
  size_t n = *seed >> 26;
  return n & 1 ? 1 : 1 + n;
}

static inline int
fuzz_wire (const char *name, const uint8_t *data, size_t size)
{
  const struct aid_wire *wire = aid_wire_find (name);
  struct aid_str whole = AID_STR_INIT (64 << 20), cut = AID_STR_INIT (64 << 20);
  uint32_t seed = (uint32_t) size;
  for (size_t i = 0; i < size; i++)
    seed = seed * 31 + data[i];
  struct aid_span body = { size ? (const char *) data : "", size };
  events_of (wire, body, NULL, NULL, &whole);
  events_of (wire, body, random_piece, &seed, &cut);
  if (!aid_span_eq (aid_str_span (&whole), aid_str_span (&cut)))
    {
      fprintf (stderr, "--- whole\n%s--- cut\n%s", aid_str_z (&whole), aid_str_z (&cut));
      abort ();
    }
  aid_str_free (&whole);
  aid_str_free (&cut);
  return 0;
}

#endif
