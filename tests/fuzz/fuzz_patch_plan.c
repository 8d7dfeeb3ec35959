/* Any bytes as a file and any bytes as an answer that changes it: whatever is placed stays in bounds and makes the text that is
   promised, forwards and backwards, with hunks left out and places chosen by a person; what is told of it is clean text. */
#include "fuzz_patch.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct aid_span text, answer;
  if (size == 0)
    return 0;
  unsigned pick = data[size - 1] == '\n' ? 0 : data[size - 1];
  answer = fuzz_split (data, size - 1, &text);
  fuzz_patch (answer, (enum aid_patch_format) (pick % 4), text, pick);
  return 0;
}
