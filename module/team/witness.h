/* Whose events say whether a variant does harm: the team's, where the user's settings name a store that can be read, for a
   person's own seldom show it; else this machine's. */
#ifndef AID_TEAM_WITNESS_H
#define AID_TEAM_WITNESS_H

#include "team/trial.h"

struct aid_team_witness
{
  struct aid_config *own;
  struct aid_team_place place;
  struct aid_team_asker asker;
  struct aid_trial_source local;
  int away; /* the store was asked, and did not answer: not again */
};

/* Reads the settings, and connects to nobody yet.  STOP may be NULL; borrowed. */
void aid_team_witness_open (struct aid_team_witness *w, const struct aid_stop *stop);
void aid_team_witness_close (struct aid_team_witness *w);
/* Borrows W, for one thread. */
struct aid_trial_source aid_team_witness_source (struct aid_team_witness *w);

#endif
