/* Any page becomes text: valid UTF-8, no controls but newlines and tabs, not much larger than the page. */
#include "base/utf8.h"
#include "context/charset.h"
#include "context/html.h"
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct aid_span page = { (const char *) data, size };
  struct aid_str text = AID_STR_INIT (8u << 20), out = AID_STR_INIT (64u << 20);
  if (!aid_charset_decode (page, size % 2 ? "text/html; charset=utf-8" : NULL, &text))
    {
      if (aid_utf8_valid_prefix (aid_str_span (&text)) != text.len)
        abort ();
      if (aid_html_text (aid_str_span (&text), &out) || aid_utf8_valid_prefix (aid_str_span (&out)) != out.len)
        abort ();
    }
  aid_str_free (&text);
  aid_str_free (&out);
  return 0;
}
