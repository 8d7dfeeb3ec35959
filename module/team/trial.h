/* The rows of an experiment, counted for the whole team where its events are. */
#ifndef AID_TEAM_TRIAL_H
#define AID_TEAM_TRIAL_H

#include "base/json.h"
#include "base/stop.h"
#include "measure/trial.h"
#include "team/place.h"

/* Borrowed by the source. */
struct aid_team_asker
{
  const struct aid_team_place *place;
  const struct aid_stop *stop; /* or NULL */
};

/* The same rows as aid_trial_local gives for the same events.  Reading needs the right to read all events: AID_E_REFUSED;
   AID_E_NET and AID_E_TIMEOUT: nobody is there. */
struct aid_trial_source aid_team_trial (struct aid_team_asker *asker);

#endif
