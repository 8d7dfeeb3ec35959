/* Experiments in a project's settings, trusted or not: whatever stands there, checking, judging, evaluating and laying over
   end well, and a unit's variant is one of those that there are. */
#include <stdlib.h>
#include "base/json.h"
#include "measure/experiment.h"

static void
evaluate (void *ctx, const struct aid_experiment *x)
{
  struct aid_str val = AID_STR_INIT (1u << 20);
  struct aid_evaluation v;
  aid_experiment_evaluate (x, ctx, &v);
  if (v.variant && (v.variant < x->variants || v.variant >= x->variants + x->nvariants || !v.variant->name))
    abort ();
  if ((v.reason == AID_REASON_ERROR) != (v.error != NULL) || !v.why)
    abort ();
  aid_evaluation_val (x, &v, &val);
  aid_experiment_is_aa (x);
  aid_str_free (&val);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct aid_span text = { (const char *)data, size };
  struct aid_subject s = { .person = "ada", .request = "r", .language = "c", .now = 1768003200000 };
  struct aid_str taken = AID_STR_INIT (1u << 20);
  struct aid_config *c
    = size % 2 ? aid_config_parse_trusted (AID_SPAN (""), text, NULL) : aid_config_parse (AID_SPAN (""), text, NULL);
  if (!c)
    return 0;
  aid_experiment_each (c, evaluate, &s);
  if (aid_experiment_overlay (c, &s, 1, &taken, NULL) == AID_OK && size % 2 == 0 && aid_config_get (c, "providers"))
    abort (); /* what waits for trust comes by no variant either */
  aid_str_free (&taken);
  aid_config_free (c);
  return 0;
}
