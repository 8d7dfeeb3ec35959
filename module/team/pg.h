/* A connection to PostgreSQL for one thread: each wait ends at a deadline, or at once when a stop is asked for. */
#ifndef AID_TEAM_PG_H
#define AID_TEAM_PG_H

#include "base/stop.h"
#include "base/str.h"
#include "team/place.h"

#define AID_PG_CONNECT_MS 15000

struct aid_pg;

/* Connects to PLACE; each statement may take PATIENCE_MS.  The password is that of PLACE's command, else libpq's (PGPASSWORD,
   ~/.pgpass).  Only the lookup of the server's name cannot be stopped by STOP (may be NULL; borrowed until it is closed).
   AID_E_NET: there is nobody, or nobody who lets us in; AID_E_CANCELLED; AID_E_NOTFOUND: no libpq. */
enum aid_err aid_pg_open (const struct aid_team_place *place, int patience_ms, const struct aid_stop *stop,
                          struct aid_pg **out, struct aid_error *e);
/* Hangs up without waiting: what was not committed did not happen.  NULL is fine. */
void aid_pg_close (struct aid_pg *pg);

/* Rows of texts; to be freed. */
struct aid_pg_rows
{
  void *result;
  int n;
  int64_t changed; /* rows that were written */
};

/* Runs SQL with N PARAMS (texts, or NULL), or, without any, several statements; ROWS (may be NULL) gets what the last gave.
   AID_E_INVALID: the data are wrong (22, 23, 44, 54 and P0001 of SQLSTATE); AID_E_REFUSED: no privilege; AID_E_NOTFOUND: there
   is no such table or schema; AID_E_STATE: not now, as in a server that ends; AID_E_NET, AID_E_TIMEOUT, AID_E_CANCELLED: the
   connection is of no use any more.  What a connection was doing when it broke has happened or not. */
enum aid_err aid_pg_run (struct aid_pg *pg, const char *sql, const char *const *params, int n, struct aid_pg_rows *rows,
                         struct aid_error *e);
/* Waits for a NOTIFY that the session listens for, MS at most (-1: for ever), or until one of OTHERS (descriptors, or -1) is
   readable.  Calls TELL with the channel and the payload of each that has come, also with a statement before.  AID_E_NET,
   AID_E_CANCELLED. */
enum aid_err aid_pg_listen (struct aid_pg *pg, int ms, const int others[2],
                            void (*tell) (void *ctx, const char *channel, const char *what), void *ctx, struct aid_error *e);
/* The text in ROW at COLUMN, from 0; "" for NULL, and where there is none. */
const char *aid_pg_text (const struct aid_pg_rows *rows, int row, int column);
int64_t aid_pg_int (const struct aid_pg_rows *rows, int row, int column);
void aid_pg_rows_free (struct aid_pg_rows *rows);

/* Appends NAME as an identifier in a statement. */
void aid_pg_name (const char *name, struct aid_str *out);
/* The version that TABLE says a schema has, 0 when there is none; for a transaction that holds the schema's lock. */
enum aid_err aid_pg_version (struct aid_pg *pg, const char *table, int *out, struct aid_error *e);

#endif
