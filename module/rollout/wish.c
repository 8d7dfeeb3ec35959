#include "rollout/wish.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/val.h"
#include "measure/experiment.h"
#include "measure/trial_report.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NOTES_MAX 16384

/* What walking through the experiments finds. */
struct walk
{
  struct aid_rollout *r;
  const struct aid_subject *subject;
  const char *minimum;
  char taken[AID_VERSIONS_HASH + AID_VERSIONS_NAME]; /* "" while there is none */
};

static void note (struct aid_rollout *r, const char *fmt, ...) __attribute__ ((format (printf, 2, 3)));

static void
note (struct aid_rollout *r, const char *fmt, ...)
{
  va_list ap;
  va_start (ap, fmt);
  aid_str_addvf (&r->notes, fmt, ap);
  va_end (ap);
  aid_str_addc (&r->notes, '\n');
}

/* Takes the core that WANT names, if it is installed and new enough; WHO wants it. */
static int
take (struct aid_rollout *r, const char *want, const char *by, const char *name, const char *minimum, const char *who)
{
  const struct aid_installed *core = aid_installed_find (&r->list, want);
  if (!core)
    {
      note (r, "%s wants AID %.60s, which is not installed.", who, want);
      return 0;
    }
  if (core->abi && core->abi != AID_ABI)
    {
      note (r, "%s wants AID %.60s, which does not go with the AID that is installed.", who, want);
      return 0;
    }
  if (minimum && aid_versions_compare (core->version, minimum) < 0)
    {
      note (r, "%s wants AID %.60s, but nothing older than %.60s is to run.", who, want, minimum);
      return 0;
    }
  if (strlen (want) >= sizeof r->wish.want)
    return 0;
  memset (&r->wish, 0, sizeof r->wish);
  strcpy (r->wish.want, want);
  snprintf (r->wish.by, sizeof r->wish.by, "%s", by);
  snprintf (r->wish.name, sizeof r->wish.name, "%s", name);
  return 1;
}

/* The core that X's first variant, with which the others are compared, gives; NULL: that of who takes no part. */
static const char *
control_core (const struct aid_experiment *x)
{
  return x->nvariants ? aid_json_str (x->variants[0].settings, "core") : NULL;
}

static void
look_at (void *ctx, const struct aid_experiment *x)
{
  struct walk *w = ctx;
  struct aid_evaluation v;
  struct aid_str why = AID_STR_INIT (1024), who = AID_STR_INIT (1024);
  aid_experiment_evaluate (x, w->subject, &v);
  const char *core = v.variant && !x->by_request ? aid_json_str (v.variant->settings, "core") : NULL;
  if (core && aid_trial_is_off (x, v.variant->name, &why))
    {
      note (w->r, "The experiment %.60s gave you AID %.60s, and is not followed any more (aid experiment resume %.60s): %.200s",
            x->name, core, x->name, aid_str_z (&why));
      snprintf (w->taken, sizeof w->taken, "%s", core);
      core = control_core (x);
    }
  aid_str_addf (&who, "The experiment %.60s", x->name);
  if (core)
    take (w->r, core, "experiment", x->name, w->minimum, aid_str_z (&who));
  aid_str_free (&why);
  aid_str_free (&who);
}

/* Whether the newest is what an experiment harmed with, so that another is to run. */
static void
avoid (struct walk *w)
{
  struct aid_rollout *r = w->r;
  const struct aid_installed *newest = r->list.n ? &r->list.cores[0] : NULL;
  if (!w->taken[0] || r->wish.want[0] || !newest || !aid_installed_is (newest, w->taken))
    return;
  const struct aid_installed *other = aid_wish_previous (&r->list, &r->marks, newest, AID_ABI, newest->hash);
  if (other)
    {
      strcpy (r->wish.want, other->hash);
      strcpy (r->wish.by, "guardrail");
    }
}

static void
find_wish (const struct aid_config *c, struct aid_rollout *r)
{
  struct aid_str person = AID_STR_INIT (4096);
  const char *core = json_string_value (aid_config_get (c, "core"));
  const char *minimum = json_string_value (aid_config_get (c, "core_minimum"));
  enum aid_config_layer who = aid_config_layer (c, "core");
  struct aid_subject subject = { .now = aid_clock_wall_ms () };
  struct walk w = { r, &subject, minimum, "" };
  if (core && who == AID_CONFIG_USER && take (r, core, "pin", "", NULL, "Your setting \"core\""))
    minimum = NULL;
  else
    {
      if (json_is_object (aid_config_get (c, "experiments")) && !aid_experiment_person (c, &person, NULL))
        {
          subject.person = aid_str_z (&person);
          aid_experiment_each (c, look_at, &w);
        }
      if (!r->wish.want[0] && core && who == AID_CONFIG_TEAM && !(w.taken[0] && !strcmp (w.taken, core)))
        take (r, core, "team", "", minimum, "Your team");
      avoid (&w);
    }
  const char *names;
  if (aid_config_team_waiting (c, &names))
    note (r, "Your team sets what waits for your trust: %.300s (aid team settings shows what for, aid team trust lets it apply).",
          names);
  if (minimum && r->list.n && aid_versions_compare (r->list.cores[0].version, minimum) < 0)
    note (r, "Your team asks for AID %.60s or later; the newest that is installed is %.60s.", minimum,
          r->list.cores[0].version);
  aid_str_free (&person);
}

const char *
aid_rollout_objection (int pinned, const struct aid_experiment *x, const struct aid_variant *v)
{
  const char *core = aid_json_str (v->settings, "core");
  int over_cores = 0, other_runs = 0;
  for (size_t i = 0; i < x->nvariants; i++)
    {
      const char *other = aid_json_str (x->variants[i].settings, "core");
      over_cores |= other != NULL;
      other_runs |= other != NULL && aid_versions_runs (other);
    }
  if (over_cores && pinned)
    return "the core was chosen by hand";
  return over_cores && (core ? !aid_versions_runs (core) : other_runs) ? "another core runs here" : NULL;
}

enum aid_err
aid_rollout_choose (const struct aid_config *c, const char *folder, struct aid_rollout *out, struct aid_error *e)
{
  struct aid_wish old;
  memset (out, 0, sizeof *out);
  out->notes = AID_STR_INIT (NOTES_MAX);
  if (aid_installed_read (folder, &out->list) || !out->list.n)
    return aid_error_set (e, AID_E_NOTFOUND, "No core of AID is installed in %.150s", folder);
  aid_marks_read (&out->marks);
  find_wish (c, out);
  aid_wish_read (folder, &old);
  if (memcmp (&old, &out->wish, sizeof old) != 0 && aid_wish_write (folder, &out->wish))
    return aid_error_set (e, AID_E_IO, "Which core is to start cannot be noted in %.150s: %s", out->marks.folder,
                          strerror (errno));
  aid_wish_choose (&out->list, &out->marks, &out->wish, AID_ABI, NULL, &out->choice);
  return out->choice.core
           ? AID_OK
           : aid_error_set (e, AID_E_NOTFOUND, "No core in %.150s goes with the AID that is installed", folder);
}

void
aid_rollout_free (struct aid_rollout *r)
{
  aid_str_free (&r->notes);
}

void
aid_rollout_val (const struct aid_rollout *r, struct aid_str *out)
{
  const struct aid_installed *core = r->choice.core;
  char file[AID_VERSIONS_PATH];
  size_t o = aid_val_object (out);
  aid_val_kstrz (out, "file", core && !aid_installed_file (&r->list, core, file) ? file : NULL);
  aid_val_kstrz (out, "version", core ? core->version : NULL);
  aid_val_kstrz (out, "hash", core ? core->hash : NULL);
  aid_val_kstrz (out, "built", core ? core->built : NULL);
  aid_val_kstrz (out, "by", r->choice.by);
  aid_val_kstrz (out, "name", r->wish.name);
  aid_val_kstrz (out, "want", r->wish.want);
  aid_val_kbool (out, "missing", r->choice.missing);
  aid_val_kstrz (out, "crashed", r->choice.crashed ? r->choice.crashed->hash : NULL);
  aid_val_kstr (out, "notes", aid_str_span (&r->notes));
  aid_val_end (out, o, 10);
}
