/* Texts are cut completely, into pieces that end at characters, by both rules; the estimate of any bytes is finite; ranks that
   are imported make a file or an error. */
#include "base/utf8.h"
#include "model/bpe.h"
#include "model/bpe_split.h"
#include "model/estimate.h"
#include <stdlib.h>

static void
cut (enum aid_bpe_rule rule, struct aid_span text)
{
  const char *p = text.ptr, *end = p + text.len;
  while (p < end)
    {
      size_t n = aid_bpe_piece (rule, p, end);
      if (n == 0 || n > (size_t) (end - p) || (p + n < end && ((unsigned char) p[n] & 0xC0) == 0x80))
        abort ();
      p += n;
    }
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct aid_span raw = { (const char *) data, size };
  struct aid_str clean = AID_STR_INIT (3 * size + 1), out = AID_STR_INIT (AID_BPE_FILE_MAX);
  if (aid_estimate (AID_FAMILY_OTHER, raw) < (size > 0) || aid_estimate (AID_FAMILY_CLAUDE, raw) > (int64_t) (8 * size + 8))
    abort ();
  aid_utf8_clean (raw, &clean);
  cut (AID_BPE_O200K, aid_str_span (&clean));
  cut (AID_BPE_CL100K, aid_str_span (&clean));
  if (aid_bpe_import ("o200k_base", raw, &out, NULL) != AID_OK && out.len)
    abort ();
  aid_str_free (&clean);
  aid_str_free (&out);
  return 0;
}
