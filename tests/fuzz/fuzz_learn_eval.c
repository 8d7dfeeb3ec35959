/* Results of evaluations, which may be anybody's saved run: read, reported on, compared; what is told are shares. */
#include "base/json.h"
#include "learn/eval.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

#define TEXT_MAX ((size_t)16 << 20)

static void
check_share (const json_t *o, const char *name)
{
  double v = aid_json_real (o, name, 0), low = aid_json_real (o, "low", 0), high = aid_json_real (o, "high", 1);
  if (!(v >= 0 && v <= 1 && low >= 0 && high <= 1 && low <= v + 1e-9 && v <= high + 1e-9))
    abort ();
}

static void
report_on (const struct aid_eval_results *r)
{
  static const int64_t ks[] = { 1, 2, 5 };
  struct aid_str text = AID_STR_INIT (TEXT_MAX);
  json_t *report = aid_eval_report (r, ks, 3);
  const json_t *arm, *one;
  const char *name;
  size_t i;
  json_array_foreach (json_object_get (report, "arms"), i, arm)
  {
    json_object_foreach (json_object_get (arm, "measures"), name, one)
    {
      if (aid_json_int (one, "passed", 0) > aid_json_int (one, "of", 0))
        abort ();
      check_share (one, "share");
    }
    json_object_foreach (json_object_get (arm, "pass"), name, one)
    {
      if (json_is_object (one))
        check_share (one, "value");
    }
  }
  aid_eval_write_report (report, &(struct aid_eval_look){ AID_EVAL_TEXT, 60 }, &text);
  aid_eval_write_report (report, &(struct aid_eval_look){ AID_EVAL_MARKDOWN, 0 }, &text);
  json_decref (report);
  aid_str_free (&text);
}

/* Nothing is worse than itself. */
static void
compare (const struct aid_eval_results *a, const struct aid_eval_results *b, int same)
{
  const struct aid_eval_side sa = { a, "a", NULL, NULL }, sb = { b, "b", NULL, NULL };
  struct aid_str text = AID_STR_INIT (TEXT_MAX);
  json_t *c = NULL;
  if (aid_eval_compare (&sa, &sb, &c, NULL))
    return;
  if (same && (aid_json_int (c, "regressions", 0) || aid_json_int (c, "missing", 0)))
    abort ();
  aid_eval_write_comparison (c, &(struct aid_eval_look){ AID_EVAL_MARKDOWN, 0 }, &text);
  json_decref (c);
  aid_str_free (&text);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct aid_span all = { (const char *)data, size };
  struct aid_eval_results a = { NULL, NULL }, b = { NULL, NULL };
  size_t half = size / 2;
  while (half && data[half - 1] != '\n')
    half--;
  if (!aid_eval_results_parse (all, "all", &a, NULL))
    {
      report_on (&a);
      compare (&a, &a, 1);
    }
  aid_eval_results_free (&a);
  if (!aid_eval_results_parse (aid_span_cut (all, 0, half), "a", &a, NULL)
      && !aid_eval_results_parse (aid_span_cut (all, half, size), "b", &b, NULL))
    compare (&a, &b, 0);
  aid_eval_results_free (&a);
  aid_eval_results_free (&b);
  return 0;
}
