/* Any bytes, cut in any way, give gemini decoders the same events; whole and by pieces must agree. */
#include "fuzz_wire.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  return fuzz_wire ("gemini", data, size);
}
