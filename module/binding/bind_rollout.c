/* Which core is to run here, and what the person's team has published. */
#include "assist/variants.h"
#include "base/val.h"
#include "binding/later.h"
#include "rollout/team.h"
#include "rollout/wish.h"
#include "team/witness.h"
#include <stdlib.h>

struct check
{
  struct aid_bind_later later;
  char *folder;
  int force;
};

static void
check_free (struct aid_bind_later *later)
{
  struct check *j = (struct check *)later;
  free (j->folder);
  free (j);
}

/* Looks whether the team has something new: the settings, which may be others afterwards; NULL and *E. */
static struct aid_config *
refreshed (const struct check *j, struct aid_str *val, struct aid_error *e)
{
  struct aid_team_news news;
  struct aid_error why = { AID_OK, "" };
  struct aid_config *c = aid_config_load (NULL, e);
  if (c == NULL)
    return NULL;
  enum aid_err err = aid_team_refresh_of (c, aid_assist_net (aid_binding.assist), j->force, &news, &why);
  aid_val_kbool (val, "team", json_is_object (aid_config_get (c, "team")));
  aid_val_kbool (val, "team_changed", news.changed);
  aid_val_kstrz (val, "team_name", news.name);
  aid_val_kint (val, "team_serial", news.serial);
  /* What another process does now it tells itself. */
  aid_val_kstrz (val, "team_error", err != AID_OK && err != AID_E_STATE ? why.msg : NULL);
  if (news.changed)
    {
      aid_config_free (c);
      c = aid_config_load (NULL, e);
    }
  return c;
}

/* An Emacs in which nobody types must also leave a core that harms: once an hour it is counted whether it does. */
static void
look_for_harm (struct aid_str *val)
{
  const struct aid_asked anything = { .root = NULL };
  struct aid_str words = AID_STR_INIT (1 << 20);
  struct aid_team_witness witness;
  aid_team_witness_open (&witness, aid_assist_stop (aid_binding.assist));
  const struct aid_trial_source events = aid_team_witness_source (&witness);
  aid_variants_check (&anything, &events, 0, &words);
  aid_team_witness_close (&witness);
  aid_val_kstrz (val, "harm", words.len ? aid_str_z (&words) : NULL);
  aid_str_free (&words);
}

static void
check (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  const struct check *j = (struct check *)later;
  struct aid_error why = { AID_OK, "" };
  struct aid_rollout *r = calloc (1, sizeof *r);
  size_t o = aid_val_object (val);
  struct aid_config *c = refreshed (j, val, e);
  look_for_harm (val);
  if (r == NULL)
    aid_error_set (e, AID_E_NOMEM, "No memory for the list of cores");
  else if (c != NULL)
    {
      enum aid_err err = aid_rollout_choose (c, j->folder, r, &why);
      aid_val_key (val, "choice");
      if (err == AID_OK)
        aid_rollout_val (r, val);
      else
        aid_val_nil (val);
      aid_val_kstrz (val, "error", err != AID_OK ? why.msg : NULL);
      aid_val_end (val, o, 8);
      aid_rollout_free (r);
    }
  free (r);
  aid_config_free (c);
}

/* FOLDER FORCE */
AID_BIND (rollout_soon)
{
  (void)nargs;
  struct check *j = aid_bind_later_new (env, sizeof *j, check, check_free);
  if (j == NULL)
    return NULL;
  j->folder = aid_lisp_dup (env, args[0]);
  j->force = !aid_lisp_is_nil (env, args[1]);
  return aid_bind_later_begin (env, &j->later, aid_assist_readers (aid_binding.assist));
}
