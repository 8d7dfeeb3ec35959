/* A snapshot's message, which somebody may have put into the repository: read, compared, never more than its own bytes. */
#include "learn/message.h"
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct aid_span all = { (const char *)data, size };
  json_t *a = aid_message_read (all), *b = aid_message_read (aid_span_cut (all, size / 2, size));
  if (a && !aid_message_same_build (a, a))
    abort ();
  aid_message_same_build (a, b);
  json_decref (a);
  json_decref (b);
  return 0;
}
