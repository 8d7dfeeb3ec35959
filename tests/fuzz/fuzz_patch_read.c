/* Any bytes as an answer: reading keeps its spans inside the answer, and a plan against a synthetic file keeps its edits
   in order, in bounds and on the beginnings of lines; the reverse of what was placed is planned as well. */
#include "base/hash.h"
#include "fuzz_patch.h"

static const char text_lf[] = "int\nmain (void)\n{\n  return 0;\n}\n\n/* end */\nx\nx\nx\na\nb\nc";
static const char text_crlf[] = "\xef\xbb\xbfint\r\nmain (void)\r\n{\r\n}\r\n\r\nx\r\nx\r\n\xc3\xa4\r\n";

static enum aid_err
read_synthetic (void *ctx, const char *path, struct aid_str *out, struct aid_error *e)
{
  (void) ctx;
  uint64_t pick = aid_hash64 (aid_span_z (path)) % 5;
  if (pick == 0)
    return aid_error_set (e, AID_E_NOTFOUND, "not there");
  if (pick == 1)
    return AID_OK;
  return aid_str_addz (out, pick == 2 ? text_crlf : text_lf);
}

static enum aid_err
list_synthetic (void *ctx, int (*each) (void *closure, const char *path), void *closure)
{
  static const char *const names[] = { "a.c", "src/a.c", "lib/x/a.c", "b.c", "f", "src/f", "old/b.c", "x" };
  (void) ctx;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (each (closure, names[i]))
      break;
  return AID_OK;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct aid_patch *p = NULL;
  if (size == 0)
    return 0;
  /* The last byte, mostly the answer's last line end, chooses the format. */
  enum aid_patch_format format = data[size - 1] == '\n' ? AID_FORMAT_AUTO : (enum aid_patch_format) (data[size - 1] % 6);
  if (aid_patch_read ((struct aid_span){ (const char *) data, size - 1 }, format, &p, NULL))
    return 0;
  check_patch (p);
  struct aid_patch_source source = { read_synthetic, NULL, list_synthetic };
  CHECK (aid_patch_settle (&p, format, &source, NULL) == AID_OK && p->candidates.len == 0);
  check_patch (p);
  for (int reverse = 0; reverse < 2; reverse++)
    {
      struct aid_plan *plan = NULL;
      struct aid_plan_options options = { .reverse = reverse, .together = !reverse };
      CHECK (aid_patch_plan (p, &source, &options, &plan, NULL) == AID_OK);
      check_plan (p, plan);
      aid_plan_free (plan);
    }
  aid_patch_free (p);
  return 0;
}
