/* What answers where a receiver of OTLP should be, and lists of variables: any bytes give a verdict and words of one line. */
#include "export/answer.h"
#include "export/settings.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t len);

static void
look (void *ctx, struct aid_span name, struct aid_span value)
{
  (void) ctx;
  if (!name.len)
    abort ();
  for (size_t i = 0; i < value.len; i++)
    if ((unsigned char) value.ptr[i] < ' ')
      abort (); /* it may become a header */
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t len)
{
  static const int statuses[] = { 200, 202, 400, 429, 503, 0 };
  static const char *const types[] = { "application/json", "application/x-protobuf", NULL };
  struct aid_answer_told told;
  struct aid_error why = { AID_OK, "" };
  if (len < 2 || len > 65536)
    return 0;
  struct aid_span body = { (const char *) bytes + 2, len - 2 };
  int status = statuses[bytes[0] % 6];
  if (!status)
    aid_error_set (&why, AID_E_NET, "away");
  aid_answer_judge (status, types[bytes[1] % 3], body, &why, &told);
  if (told.rejected < 0 || strpbrk (told.why.msg, "\r\n\t\x1b") || (told.verdict != AID_OTLP_TAKEN && !told.why.code))
    abort ();
  aid_otel_list (body, look, NULL);
  return 0;
}
