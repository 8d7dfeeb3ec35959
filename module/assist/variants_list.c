/* What is told of experiments: which there are, what one is in and why, their reports, and the harm they do. */
#include "assist/variants_internal.h"
#include "base/clock.h"
#include "base/val.h"
#include "measure/trial_report.h"

struct listing
{
  struct aid_variants_subject subject;
  struct aid_trial_source source;
  struct aid_str *out;
  uint32_t n;
  int now;
};

/* Appends the members "report" and "problem". */
static void
report_val (const struct aid_experiment *x, const struct aid_trial_source *source, struct aid_str *out)
{
  struct aid_trial_report r;
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = aid_trial_report_make (x, source, &r, &e);
  aid_val_key (out, "report");
  if (err)
    aid_val_nil (out);
  else
    aid_trial_report_val (&r, out);
  aid_val_kstrz (out, "problem", err ? e.msg : NULL);
  aid_trial_report_free (&r);
}

static void
list_one (void *ctx, const struct aid_experiment *x)
{
  struct listing *l = ctx;
  struct aid_str *out = l->out, off = AID_STR_INIT (8192);
  struct aid_evaluation v;
  size_t all = aid_val_object (out), list;
  l->n++;
  aid_experiment_evaluate (x, &l->subject.who, &v);
  if (v.variant)
    aid_trial_is_off (x, v.variant->name, &off);
  aid_variants_settle (&l->subject, x, &v);
  if (x->by_request && v.reason == AID_REASON_ERROR)
    {
      v.reason = AID_REASON_DEFAULT; /* there is no request to be drawn for */
      v.why = "each request is drawn when it is sent";
    }
  aid_val_kstrz (out, "name", x->name);
  aid_val_kstrz (out, "hypothesis", x->hypothesis);
  aid_val_kstrz (out, "state", aid_experiment_state (x, l->subject.who.now));
  aid_val_kstrz (out, "by", x->by_request ? "request" : "person");
  aid_val_key (out, "variants");
  list = aid_val_list (out);
  for (size_t i = 0; i < x->nvariants; i++)
    aid_val_strz (out, x->variants[i].name);
  aid_val_end (out, list, (uint32_t)x->nvariants);
  aid_val_kstrz (out, "variant", v.variant ? v.variant->name : NULL);
  aid_val_kstrz (out, "reason", aid_reason_name (v.reason));
  aid_val_kstrz (out, "why", v.why);
  aid_val_kstrz (out, "off", off.len ? aid_str_z (&off) : NULL);
  report_val (x, &l->source, out);
  aid_val_end (out, all, 11);
  aid_str_free (&off);
}

enum aid_err
aid_variants_list (const struct aid_asked *q, const struct aid_trial_source *source, struct aid_str *out,
                   struct aid_error *e)
{
  struct aid_config *c = aid_config_load (q->root, e);
  struct listing l = { .source = source ? *source : aid_trial_local (), .out = out };
  if (!c)
    return AID_E_INVALID;
  size_t list = aid_val_list (out);
  aid_variants_subject_find (q, c, &l.subject);
  aid_experiment_each (c, list_one, &l);
  aid_variants_subject_free (&l.subject);
  aid_val_end (out, list, l.n);
  aid_config_free (c);
  return AID_OK;
}

/* --- harm ---------------------------------------------------------------------------------------------------------------- */

/* Tells of VARIANT of X once, when it is off. */
static void
tell_off (const struct listing *l, const struct aid_experiment *x, const char *variant)
{
  struct aid_str why = AID_STR_INIT (8192);
  if (aid_trial_broken (x, variant, &l->source, l->now, &why) && aid_trial_tell (x, variant))
    aid_str_addf (l->out, "%sThe experiment %s does harm here: its variant \"%s\" is switched off.  %s",
                  l->out->len ? "\n" : "", x->name, variant, aid_str_z (&why));
  aid_str_free (&why);
}

static void
check_one (void *ctx, const struct aid_experiment *x)
{
  const struct listing *l = ctx;
  struct aid_experiment anywhere = *x;
  struct aid_evaluation v;
  if (strcmp (aid_experiment_state (x, l->subject.who.now), "runs") != 0)
    return;
  anywhere.targeting = NULL; /* whatever this question is about */
  aid_experiment_evaluate (&anywhere, &l->subject.who, &v);
  for (size_t i = 1; i < x->nvariants; i++)
    if (x->by_request || v.variant == &anywhere.variants[i])
      tell_off (l, x, x->variants[i].name);
}

void
aid_variants_check (const struct aid_asked *q, const struct aid_trial_source *source, int now, struct aid_str *out)
{
  struct aid_config *c = aid_config_load (q->root, NULL);
  struct listing l = { .source = source ? *source : aid_trial_local (), .out = out, .now = now };
  if (c && json_is_object (aid_config_get (c, "experiments")))
    {
      aid_variants_subject_find (q, c, &l.subject);
      aid_experiment_each (c, check_one, &l);
      aid_variants_subject_free (&l.subject);
    }
  aid_config_free (c);
}
