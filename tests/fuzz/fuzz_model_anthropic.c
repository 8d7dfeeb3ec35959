/* Any bytes, cut in any way, give anthropic-messages decoders the same events; whole and by pieces must agree. */
#include "fuzz_wire.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  return fuzz_wire ("anthropic-messages", data, size);
}
