/* Where a team's store is, or another PostgreSQL of the team's: what the user's settings say of it.  A project's settings have no
   say. */
#ifndef AID_TEAM_PLACE_H
#define AID_TEAM_PLACE_H

#include "config/config.h"

#define AID_TEAM_NAME 128

/* Borrows the settings. */
struct aid_team_place
{
  const char *url;                /* a connection string of libpq's, without a password; NULL: no store */
  const json_t *password_command; /* or NULL */
  int64_t since;                  /* ms since 1970: what happened before is not sent; 0: all is */
  const char *what;               /* for messages; NULL: "The team's store" */
  char name[AID_TEAM_NAME];       /* for people: "aid at db.example.org" */
};

/* Reads it.  No store is no error.  AID_E_INVALID: libpq cannot read it; AID_E_REFUSED: it has a password, which does not
   belong into settings; what it says is not repeated. */
enum aid_err aid_team_place_read (const struct aid_config *c, struct aid_team_place *out, struct aid_error *e);
/* The same of V, the value of the setting named SETTING; NULL and false: there is none. */
enum aid_err aid_team_place_of (const json_t *v, const char *setting, struct aid_team_place *out, struct aid_error *e);

#endif
