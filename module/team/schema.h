/* The tables of a team's store in PostgreSQL 13 or newer: the schema "aid", with "store" (one row: which store this is, the
   schema's version), "events", and, from version 2 on, the function "forget".

   A version only adds.  So an AID that knows fewer versions than the store has goes on writing, unless the store says that it
   must know more ("writes"); and one that knows more goes on with what there is. */
#ifndef AID_TEAM_SCHEMA_H
#define AID_TEAM_SCHEMA_H

#include "team/pg.h"

#define AID_TEAM_FORGETS 2 /* the version from which on a person's own events can be deleted there */

struct aid_team_schema
{
  unsigned char id[16]; /* drawn when the store was made */
  int version;          /* 0: there is none */
};

/* Asks PG for it.  AID_E_NOTFOUND: the store was not set up; AID_E_REFUSED: it is not to be read by us, or too new to be
   written by this AID. */
enum aid_err aid_team_schema_read (struct aid_pg *pg, const char *name, struct aid_team_schema *out, struct aid_error *e);
/* Brings it up to the newest version; whoever comes at the same time waits.  *WAS gets the version there was. */
enum aid_err aid_team_schema_upgrade (struct aid_pg *pg, int *was, struct aid_error *e);
/* Appends all statements, for who runs them by himself. */
void aid_team_schema_print (struct aid_str *out);
int aid_team_schema_newest (void);

/* Who may do what. */
enum aid_team_right
{
  AID_TEAM_WRITES, /* adds events, reads none, and deletes his own by name (version 2) */
  AID_TEAM_REPORTS /* reads all */
};
/* Appends the statements that give the role ROLE the RIGHT. */
void aid_team_grant (enum aid_team_right right, const char *role, struct aid_str *out);

#endif
