#include "team/witness.h"

void
aid_team_witness_open (struct aid_team_witness *w, const struct aid_stop *stop)
{
  *w = (struct aid_team_witness){ .own = aid_config_load (NULL, NULL), .local = aid_trial_local_until (stop) };
  if (!w->own || aid_team_place_read (w->own, &w->place, NULL))
    w->place.url = NULL;
  w->asker = (struct aid_team_asker){ &w->place, stop };
}

void
aid_team_witness_close (struct aid_team_witness *w)
{
  aid_config_free (w->own);
}

static enum aid_err
ask (void *ctx, const struct aid_trial_question *q, struct aid_trial *out, struct aid_error *e)
{
  struct aid_team_witness *w = ctx;
  if (w->place.url && !w->away)
    {
      struct aid_trial_source team = aid_team_trial (&w->asker);
      enum aid_err err = team.read (team.ctx, q, out, e);
      if (!err || err == AID_E_CANCELLED)
        return err;
      w->away = 1;
      aid_trial_free (out);
      aid_trial_init (out);
    }
  return w->local.read (w->local.ctx, q, out, e);
}

struct aid_trial_source
aid_team_witness_source (struct aid_team_witness *w)
{
  return (struct aid_trial_source){ "the team's store or this machine", ask, w };
}
