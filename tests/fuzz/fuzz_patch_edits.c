/* Any bytes as a file and any bytes as the calls of edit tools, in JSON, for it. */
#include "fuzz_patch.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct aid_span text, answer = fuzz_split (data, size, &text);
  fuzz_patch (answer, AID_FORMAT_EDITS, text, 0);
  return 0;
}
