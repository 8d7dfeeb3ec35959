/* Rows are born and freed; how an experiment and its arms are called in events. */
#include "measure/trial.h"
#include "measure/trial_report.h"
#include "base/json.h"
#include "base/sha256.h"

#include <stdio.h>

void
aid_trial_init (struct aid_trial *t)
{
  *t = (struct aid_trial){ .units = AID_VEC_INIT (struct aid_trial_unit, AID_TRIAL_UNITS_MAX),
                           .latencies = AID_VEC_INIT (struct aid_stats_value, AID_TRIAL_VALUES_MAX) };
}

void
aid_trial_free (struct aid_trial *t)
{
  aid_vec_free (&t->units);
  aid_vec_free (&t->latencies);
}

/* --- names -------------------------------------------------------------------------------------------------------------- */

static void
add_escaped (struct aid_str *out, const char *z)
{
  for (; *z; z++)
    if (strchr ("%,=", *z) || (unsigned char)*z <= ' ' || *z == 0x7f)
      aid_str_addf (out, "%%%02X", (unsigned char)*z);
    else
      aid_str_addc (out, *z);
}

void
aid_trial_pair (const char *name, const char *variant, struct aid_str *out)
{
  add_escaped (out, name);
  aid_str_addc (out, '=');
  add_escaped (out, variant);
}

void
aid_trial_version (const struct aid_experiment *x, char out[AID_TRIAL_VERSION])
{
  struct aid_sha256 s;
  char hex[AID_SHA256_HEX], head[64];
  aid_sha256_init (&s);
  aid_sha256_add (&s, aid_span_z (x->seed));
  snprintf (head, sizeof head, "\n%s %zu\n", x->by_request ? "request" : "person", x->nvariants);
  aid_sha256_add (&s, aid_span_z (head));
  for (size_t i = 0; i < x->nvariants; i++)
    {
      const struct aid_variant *v = &x->variants[i];
      char *settings = v->settings ? json_dumps (v->settings, JSON_SORT_KEYS | JSON_COMPACT) : NULL;
      snprintf (head, sizeof head, "\n%.9g\n", v->weight);
      aid_sha256_add (&s, aid_span_z (v->name));
      aid_sha256_add (&s, aid_span_z (head));
      aid_sha256_add (&s, aid_span_z (settings ? settings : "{}"));
      free (settings);
    }
  aid_sha256_end (&s, hex);
  snprintf (out, AID_TRIAL_VERSION, "%.8s", hex);
}
