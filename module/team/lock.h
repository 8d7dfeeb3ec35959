/* One sender at a time on a machine: more would do no harm, and no good. */
#ifndef AID_TEAM_LOCK_H
#define AID_TEAM_LOCK_H

#include "base/err.h"
#include "base/stop.h"

/* Takes the lock, an flock on $XDG_STATE_HOME/aid/team.lock, which the system gives free when a process ends.  WAIT: until
   the other is ready, or STOP is set; else AID_E_STATE, and *BUSY is set.  *FD is for aid_team_unlock. */
enum aid_err aid_team_lock (int wait, const struct aid_stop *stop, int *fd, int *busy, struct aid_error *e);
/* -1 is fine. */
void aid_team_unlock (int fd);

#endif
