/* What the rungs of a verdict come to. */
#include "base/json.h"
#include "ces/ces_internal.h"

static const double default_weights[AID_RUNGS] = { 0.1, 0.1, 0.25, 0.25, 0.4 };

static const json_t *
rung_named (const json_t *verdict, const char *name)
{
  const json_t *rungs = json_object_get (verdict, "rungs"), *rung;
  size_t i;
  json_array_foreach (rungs, i, rung)
  {
    const char *z = aid_json_str (rung, "rung");
    if (z && !strcmp (z, name))
      return rung;
  }
  return NULL;
}

/* NULL when it does not count: it has no command. */
static const char *
result_of (const json_t *verdict, enum aid_rung r)
{
  const char *z = aid_json_str (rung_named (verdict, aid_rung_name (r)), "result");
  return z && strcmp (z, "none") != 0 ? z : NULL;
}

double
aid_ces_reward (const json_t *verdict, const json_t *weights)
{
  double passed = 0, all = 0;
  for (enum aid_rung r = 0; r < AID_RUNGS; r++)
    {
      const char *result = result_of (verdict, r);
      double weight = aid_json_real (weights, aid_rung_name (r), default_weights[r]);
      if (!result || !(weight > 0))
        continue;
      all += weight;
      if (!strcmp (result, "passed"))
        passed += weight;
    }
  return all > 0 ? passed / all : 0;
}

void
aid_verdict_sum (json_t *verdict, const json_t *weights)
{
  const char *reached = NULL;
  int green = 1;
  for (enum aid_rung r = 0; r < AID_RUNGS; r++)
    {
      const char *result = result_of (verdict, r);
      int passed = result && !strcmp (result, "passed");
      green = green && (!result || passed);
      reached = passed ? aid_rung_name (r) : reached;
    }
  json_object_set_new (verdict, "reached", reached ? json_string (reached) : json_null ());
  json_object_set_new (verdict, "green", json_boolean (green));
  json_object_set_new (verdict, "reward", json_real (aid_ces_reward (verdict, weights)));
}
