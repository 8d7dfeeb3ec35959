/* Reading experiments out of settings, which were checked as they were loaded (config_experiments.c). */
#include "measure/experiment.h"
#include "base/json.h"
#include "measure/identity.h"
#include <stdio.h>

#define EFFECT 0.05 /* what a team of fifty can show within weeks, and hardly less */

/* The first millisecond of the day "YYYY-MM-DD", UTC; 0 for NULL.  Days since 1970-01-01 in the proleptic Gregorian calendar,
   with years that begin in March, so that leap days are at their end. */
static int64_t
day_begins (const char *day)
{
  int y, m, d;
  if (!day || sscanf (day, "%d-%d-%d", &y, &m, &d) != 3)
    return 0;
  y -= m <= 2;
  int64_t era = y / 400, of_era = y % 400, of_year = (153 * ((m + 9) % 12) + 2) / 5 + d - 1;
  int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
  return days * 86400000;
}

static void
read_variants (const json_t *all, struct aid_experiment *out)
{
  const json_t *v;
  size_t i;
  json_array_foreach (all, i, v)
  {
    struct aid_variant *to = &out->variants[i];
    if (i == AID_ASSIGN_VARIANTS_MAX)
      return;
    to->name = aid_json_str (v, "name");
    to->weight = aid_json_real (v, "weight", 0);
    to->settings = json_object_get (v, "settings");
    out->weighted |= json_object_get (v, "weight") != NULL;
    out->nvariants = i + 1;
  }
  for (i = 0; i < out->nvariants && !out->weighted; i++)
    out->variants[i].weight = 1 / (double)out->nvariants;
}

static void
read_one (const char *name, const json_t *v, struct aid_experiment *out)
{
  const json_t *space = json_object_get (v, "namespace");
  const char *by = aid_json_str (v, "by"), *seed = aid_json_str (v, "seed");
  *out = (struct aid_experiment){ .name = name, .seed = seed && *seed ? seed : name };
  out->hypothesis = aid_json_str (v, "hypothesis");
  out->enabled = aid_json_bool (v, "enabled", 1);
  out->by_request = by && !strcmp (by, "request");
  out->coverage = aid_json_real (v, "coverage", 1);
  out->space = json_string_value (json_array_get (space, 0));
  out->space_from = json_number_value (json_array_get (space, 1));
  out->space_to = json_number_value (json_array_get (space, 2));
  out->targeting = json_object_get (v, "targeting");
  out->guardrails = json_object_get (v, "guardrails");
  out->start = day_begins (aid_json_str (v, "start"));
  out->stop = day_begins (aid_json_str (v, "stop"));
  out->effect = aid_json_real (v, "effect", EFFECT);
  out->tuning = (double)aid_json_int (v, "tuning", AID_EXPERIMENT_TUNING);
  read_variants (json_object_get (v, "variants"), out);
}

/* Object members of jansson's are not const to be walked. */
static json_t *
experiments (const struct aid_config *c)
{
  return (json_t *)(uintptr_t)aid_config_get (c, "experiments");
}

void
aid_experiment_each (const struct aid_config *c, void (*fn) (void *ctx, const struct aid_experiment *x), void *ctx)
{
  const char *name;
  json_t *v;
  json_object_foreach (experiments (c), name, v)
  {
    struct aid_experiment x;
    read_one (name, v, &x);
    fn (ctx, &x);
  }
}

static enum aid_err
say_missing (const json_t *all, const char *name, struct aid_error *e)
{
  struct aid_str names = AID_STR_INIT (4096);
  const char *key;
  json_t *v;
  json_object_foreach ((json_t *)(uintptr_t)all, key, v)
  {
    aid_str_addf (&names, "%s%s", names.len ? ", " : "", key);
  }
  enum aid_err err
    = names.len ? aid_error_set (e, AID_E_NOTFOUND, "there is no experiment %s; there are %s", name, aid_str_z (&names))
                : aid_error_set (e, AID_E_NOTFOUND, "there is no experiment %s: the settings have none", name);
  aid_str_free (&names);
  return err;
}

enum aid_err
aid_experiment_find (const struct aid_config *c, const char *name, struct aid_experiment *out, struct aid_error *e)
{
  const char *key;
  json_t *v;
  json_object_foreach (experiments (c), key, v)
  {
    if (strcmp (key, name) != 0)
      continue;
    read_one (key, v, out);
    return AID_OK;
  }
  return say_missing (experiments (c), name, e);
}

const char *
aid_experiment_state (const struct aid_experiment *x, int64_t now)
{
  return !x->enabled ? "off" : x->start && now < x->start ? "waits" : x->stop && now >= x->stop ? "over" : "runs";
}

int
aid_experiment_is_aa (const struct aid_experiment *x)
{
  json_t *none = json_object ();
  int same = none != NULL;
  for (size_t i = 0; i < x->nvariants && same; i++)
    same = json_equal (x->variants[i].settings ? x->variants[i].settings : none,
                       x->variants[0].settings ? x->variants[0].settings : none);
  json_decref (none);
  return same;
}

enum aid_err
aid_experiment_person (const struct aid_config *c, struct aid_str *out, struct aid_error *e)
{
  const char *said = json_string_value (aid_config_get (c, "person"));
  struct aid_identity who;
  enum aid_err err = said && *said ? AID_OK : aid_identity_load (&who, e);
  if (!err)
    aid_str_addz (out, said && *said ? said : who.person);
  return err;
}
