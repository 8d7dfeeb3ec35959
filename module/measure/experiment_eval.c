/* Who gets which variant, and what that says of the settings.  The order of the questions is GrowthBook's: is it on, is it
   meant, is the unit in its namespace, what does its hash say. */
#include "measure/experiment.h"
#include "base/json.h"
#include "base/val.h"

const char *
aid_reason_name (enum aid_reason r)
{
  static const char *const names[] = { "STATIC", "DEFAULT", "TARGETING_MATCH", "SPLIT", "DISABLED", "ERROR" };
  return names[r];
}

/* Whether VALUE is WANTED, a string or one of several. */
static int
matches (const json_t *wanted, const char *value)
{
  const json_t *item;
  size_t i;
  json_array_foreach (wanted, i, item)
  {
    if (value && !strcmp (json_string_value (item), value))
      return 1;
  }
  return value && json_is_string (wanted) && !strcmp (json_string_value (wanted), value);
}

static int
is_meant (const struct aid_experiment *x, const struct aid_subject *s)
{
  const struct
  {
    const char *name, *value;
  } known[] = { { "language", s->language }, { "project", s->project }, { "model", s->model },
                { "strategy", s->strategy }, { "person", s->person },   { "version", AID_VERSION } };
  size_t asked = 0;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    {
      const json_t *wanted = json_object_get (x->targeting, known[i].name);
      asked += wanted != NULL;
      if (wanted && !matches (wanted, known[i].value))
        return 0;
    }
  return asked == json_object_size (x->targeting); /* what is not known is not met */
}

/* What stands in the way of any variant, in words; NULL: nothing. */
static const char *
hindrance (const struct aid_experiment *x, const struct aid_subject *s)
{
  if (!x->nvariants)
    return "it has no variants here";
  if (x->start && s->now < x->start)
    return "it has not begun";
  if (x->stop && s->now >= x->stop)
    return "it is over";
  return is_meant (x, s) ? NULL : "the targeting means others";
}

static void
choose (const struct aid_experiment *x, struct aid_evaluation *out)
{
  struct aid_assign_range ranges[AID_ASSIGN_VARIANTS_MAX];
  double weights[AID_ASSIGN_VARIANTS_MAX];
  struct aid_span unit = aid_span_z (out->unit);
  if (x->space && !aid_assign_in_namespace (unit, aid_span_z (x->space), x->space_from, x->space_to))
    {
      out->why = "another part of the namespace";
      return;
    }
  for (size_t i = 0; i < x->nvariants; i++)
    weights[i] = x->variants[i].weight;
  out->bucket = aid_assign_hash (aid_span_z (x->seed), unit, 2);
  aid_assign_ranges (x->nvariants, x->coverage, x->weighted ? weights : NULL, ranges);
  int i = aid_assign_choose (out->bucket, ranges, x->nvariants);
  out->why = i < 0 ? "outside the coverage" : "by the unit's hash";
  if (i >= 0)
    {
      out->variant = &x->variants[i];
      out->reason = AID_REASON_SPLIT;
    }
}

void
aid_experiment_evaluate (const struct aid_experiment *x, const struct aid_subject *s, struct aid_evaluation *out)
{
  *out = (struct aid_evaluation){
    .flag = x->name, .reason = AID_REASON_DEFAULT, .bucket = -1, .unit = x->by_request ? s->request : s->person
  };
  if (!x->enabled)
    {
      out->reason = AID_REASON_DISABLED;
      out->why = "it is switched off";
    }
  else if ((out->why = hindrance (x, s)))
    return;
  else if (x->nvariants == 1 && x->coverage >= 1 && !x->space)
    {
      out->variant = x->variants;
      out->reason = json_object_size (x->targeting) ? AID_REASON_TARGETING_MATCH : AID_REASON_STATIC;
      out->why = "there is one variant";
    }
  else if (!out->unit || !*out->unit)
    {
      out->reason = AID_REASON_ERROR;
      out->error = "TARGETING_KEY_MISSING";
      out->why = x->by_request ? "no request was named" : "no person was named";
    }
  else
    choose (x, out);
}

/* --- as OpenFeature has it ------------------------------------------------------------------------------------------- */

static void
json_val (const json_t *v, struct aid_str *out)
{
  const json_t *item;
  const char *key;
  size_t i, handle;
  switch (v ? json_typeof (v) : JSON_NULL)
    {
    case JSON_OBJECT:
      handle = aid_val_object (out);
      json_object_foreach ((json_t *)(uintptr_t)v, key, item)
      {
        aid_val_key (out, key);
        json_val (item, out);
      }
      aid_val_end (out, handle, (uint32_t)json_object_size (v));
      break;
    case JSON_ARRAY:
      handle = aid_val_list (out);
      json_array_foreach (v, i, item)
      {
        json_val (item, out);
      }
      aid_val_end (out, handle, (uint32_t)json_array_size (v));
      break;
    case JSON_STRING:
      aid_val_strz (out, json_string_value (v));
      break;
    case JSON_INTEGER:
      aid_val_int (out, json_integer_value (v));
      break;
    case JSON_REAL:
      aid_val_real (out, json_real_value (v));
      break;
    case JSON_NULL:
      aid_val_nil (out);
      break;
    default:
      aid_val_bool (out, json_is_true (v));
    }
}

void
aid_evaluation_val (const struct aid_experiment *x, const struct aid_evaluation *v, struct aid_str *out)
{
  size_t all = aid_val_object (out);
  aid_val_kstrz (out, "flag_key", v->flag);
  aid_val_key (out, "value");
  json_val (v->variant ? v->variant->settings : NULL, out);
  aid_val_kstrz (out, "variant", v->variant ? v->variant->name : NULL);
  aid_val_kstrz (out, "reason", aid_reason_name (v->reason));
  aid_val_kstrz (out, "error_code", v->error);
  aid_val_key (out, "flag_metadata");
  size_t meta = aid_val_object (out);
  aid_val_kstrz (out, "by", x->by_request ? "request" : "person");
  aid_val_kstrz (out, "unit", v->unit);
  aid_val_key (out, "bucket");
  if (v->bucket < 0)
    aid_val_nil (out);
  else
    aid_val_real (out, v->bucket);
  aid_val_kstrz (out, "why", v->why);
  aid_val_end (out, meta, 4);
  aid_val_end (out, all, 6);
}

/* --- over the settings ----------------------------------------------------------------------------------------------- */

struct overlay
{
  const struct aid_subject *subject;
  int by_request;
  json_t *settings; /* what to lay over, variant by variant: an array */
  aid_experiment_take *take;
  void *ctx;
  int bad;
};

static void
take_one (void *ctx, const struct aid_experiment *x)
{
  struct overlay *o = ctx;
  struct aid_evaluation v;
  if (x->by_request && !o->by_request)
    return;
  aid_experiment_evaluate (x, o->subject, &v);
  if (v.variant)
    o->take (o->ctx, x, &v);
  if (v.variant && v.variant->settings)
    o->bad |= json_array_append_new (o->settings, json_deep_copy (v.variant->settings));
}

enum aid_err
aid_experiment_overlay_but (struct aid_config *c, const struct aid_subject *s, int by_request, aid_experiment_take *take,
                            void *ctx, struct aid_error *e)
{
  struct overlay o = { s, by_request, json_array (), take, ctx, 0 };
  enum aid_err err = o.settings ? AID_OK : aid_error_set (e, AID_E_NOMEM, "no memory for the experiments");
  const json_t *settings;
  size_t i;
  if (!err)
    aid_experiment_each (c, take_one, &o);
  if (!err && o.bad)
    err = aid_error_set (e, AID_E_NOMEM, "no memory for the experiments");
  json_array_foreach (o.settings, i, settings)
  {
    err = err ? err : aid_config_overlay (c, settings, e);
  }
  json_decref (o.settings);
  return err;
}

struct taking
{
  struct aid_str *taken;
  uint32_t n;
};

static void
write_taken (void *ctx, const struct aid_experiment *x, struct aid_evaluation *v)
{
  struct taking *t = ctx;
  if (t->taken)
    aid_evaluation_val (x, v, t->taken);
  t->n++;
}

enum aid_err
aid_experiment_overlay (struct aid_config *c, const struct aid_subject *s, int by_request, struct aid_str *taken,
                        struct aid_error *e)
{
  struct taking t = { taken, 0 };
  size_t list = taken ? aid_val_list (taken) : 0;
  enum aid_err err = aid_experiment_overlay_but (c, s, by_request, write_taken, &t, e);
  if (taken)
    aid_val_end (taken, list, t.n);
  return err;
}
