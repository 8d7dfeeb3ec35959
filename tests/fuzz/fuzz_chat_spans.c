/* Any bytes as Markdown: spans stay in bounds and show their delimiters, nothing of cmark's tree is lost, and the text
   parsed from any start that aid_spans_start gives is the text parsed from its beginning. */
#include "../unit/chat_spans_check.h"
#include <stdio.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
demand (const char *wrong)
{
  if (wrong)
    {
      fprintf (stderr, "%s\n", wrong);
      abort ();
    }
}

/* A start is a line's beginning, not behind POS, and code blocks from there are those of the whole text. */
static const char *
check_start (struct aid_span text, size_t pos)
{
  struct aid_vec all = AID_VEC_INIT (struct aid_code_block, 1 << 20), rest = all;
  size_t start = aid_spans_start (text, pos), skip = 0;
  const char *wrong = NULL;

  if (start > pos || (start > 0 && text.ptr[start - 1] != '\n' && text.ptr[start - 1] != '\r'))
    return "a start that is none";
  aid_code_blocks (text, &all);
  aid_code_blocks (aid_span_cut (text, start, text.len), &rest);
  while (skip < all.len && AID_VEC_AT (struct aid_code_block, &all, skip).beg < start)
    skip++;
  if (all.len - skip != rest.len)
    wrong = "other code blocks behind a start";
  for (size_t i = 0; !wrong && i < rest.len; i++)
    if (AID_VEC_AT (struct aid_code_block, &all, skip + i).code_end
        != AID_VEC_AT (struct aid_code_block, &rest, i).code_end + start)
      wrong = "code blocks elsewhere behind a start";
  aid_vec_free (&all);
  aid_vec_free (&rest);
  return wrong;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct aid_vec spans = AID_VEC_INIT (struct aid_face_span, 1 << 22);
  struct aid_str clean = AID_STR_INIT (1 << 24);
  size_t tail;

  aid_utf8_clean ((struct aid_span){ (const char *)data, size }, &clean);
  aid_str_addz (&clean, "");
  if (aid_spans (aid_str_span (&clean), &spans, &tail, NULL) == AID_OK)
    {
      demand (check_spans (aid_str_span (&clean), &spans));
      demand (check_complete (aid_str_span (&clean), &spans));
      demand (tail <= clean.len ? NULL : "a tail behind the text");
      demand (check_start (aid_str_span (&clean), size ? data[0] * clean.len / 256 : 0));
    }
  spans.len = 0;
  aid_spans ((struct aid_span){ (const char *)data, size }, &spans, NULL, NULL);
  aid_vec_free (&spans);
  aid_str_free (&clean);
  return 0;
}
