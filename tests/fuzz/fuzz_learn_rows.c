/* Rows of data sets that somebody sends: read as lines, told apart, checked by every format's rules; and descriptions of
   changes. */
#include "learn/dataset.h"
#include "learn/jsonl.h"
#include "learn/leak.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
drop (void *ctx, const json_t *made)
{
  const struct aid_dataset_rules rules = { 100, 1, 1 };
  enum aid_dataset_format format = aid_dataset_format_of (made);
  if (format != *(const enum aid_dataset_format *)ctx && format != AID_DATA_FORMATS
      && *(const enum aid_dataset_format *)ctx != AID_DATA_SOURCE)
    abort ();
  aid_dataset_check (format, made, &rules, NULL, NULL);
}

static void
look_for_leaks (struct aid_span all)
{
  struct aid_changed change;
  json_t *leaks = json_array ();
  size_t half = all.len / 2;
  if (!aid_changed_read (aid_span_cut (all, 0, half), &change, NULL))
    {
      struct aid_leak_base base = { aid_span_cut (all, half / 2, half), NULL, NULL };
      struct aid_results *r = aid_results_new ();
      double share = 0;
      aid_leak_find (aid_span_cut (all, half, all.len), &change, &base, leaks, NULL);
      if (json_array_size (leaks) > AID_LEAKS_MAX)
        abort ();
      if (r && !aid_results_add (r, &change, AID_SPAN ("")) && !aid_results_find (r, all, &share)
          && (share < 0 || share > 1))
        abort ();
      aid_results_free (r);
    }
  aid_changed_free (&change);
  json_decref (leaks);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct aid_span all = { (const char *)data, size };
  const struct aid_dataset_rules rules = { 0, 1, 1 };
  char wrong[200];
  json_t *row = aid_jsonl_parse (all, wrong);
  if (!row && !wrong[0])
    abort ();
  for (unsigned f = 0; row && f < AID_DATA_FORMATS; f++)
    {
      enum aid_dataset_format format = (enum aid_dataset_format)f;
      struct aid_str text = AID_STR_INIT ((size_t)1 << 20);
      aid_dataset_check (format, row, &rules, NULL, NULL);
      aid_dataset_texts (format, row, &text, &text, &text);
      aid_dataset_write (format, row, drop, &format);
      aid_str_free (&text);
    }
  json_decref (row);
  look_for_leaks (all);
  return 0;
}
