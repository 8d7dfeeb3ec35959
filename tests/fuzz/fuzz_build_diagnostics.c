/* What programs print: the same diagnostics whether it comes whole or byte by byte, each within its limits. */
#include "build/diag.h"
#include "base/utf8.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t len);

static void
read_in_steps (struct aid_span v, size_t step, struct aid_diags *out)
{
  struct aid_diag_reader *r = aid_diag_reader_new ("/nowhere/project", "/nowhere/project/sub", NULL);
  for (size_t i = 0; i < v.len; i += step)
    if (aid_diag_feed (r, aid_span_cut (v, i, v.len - i < step ? v.len : i + step)))
      abort ();
  aid_diag_end (r, out);
  aid_diag_reader_free (r);
}

static void
check_text (const char *z, size_t limit)
{
  if (!z || strlen (z) > 3 * limit || aid_utf8_valid_prefix (aid_span_z (z)) != strlen (z))
    abort ();
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t len)
{
  struct aid_span v = { (const char *) bytes, len };
  struct aid_diags whole, single;
  read_in_steps (v, len ? len : 1, &whole);
  read_in_steps (v, 1, &single);
  if (whole.items.len != single.items.len || whole.errors != single.errors || whole.warnings != single.warnings)
    abort ();
  for (size_t i = 0; i < whole.items.len; i++)
    {
      const struct aid_diag *a = &AID_VEC_AT (struct aid_diag, &whole.items, i);
      const struct aid_diag *b = &AID_VEC_AT (struct aid_diag, &single.items, i);
      check_text (a->message, AID_DIAG_MESSAGE_MAX);
      check_text (a->text, AID_DIAG_TEXT_MAX);
      if (a->line < 0 || a->col < 0 || a->end_line < 0 || a->end_col < 0 || strcmp (a->text, b->text) != 0)
        abort ();
    }
  aid_diags_free (&whole);
  aid_diags_free (&single);
  return 0;
}
