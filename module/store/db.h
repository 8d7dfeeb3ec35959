/* SQLite with the house's errors: a file that one process writes and several read, in WAL mode.

   What is kept in such a file can be made anew: of a damaged one nothing is kept.  A connection belongs to one thread
   at a time. */
#ifndef AID_STORE_DB_H
#define AID_STORE_DB_H

#include "base/err.h"
#include "base/str.h"

#include <sqlite3.h>

struct aid_db;

/* Opens PATH, making it where it is missing (mode 0600), in WAL mode, waiting WAIT_MS for locks of others.
   AID_E_PARSE: it is damaged or no database; AID_E_IO. */
enum aid_err aid_db_open (const char *path, int wait_ms, struct aid_db **out, struct aid_error *e);
/* Finishes the statements first. */
void aid_db_close (struct aid_db *db);
/* Borrowed: for what has no function here. */
sqlite3 *aid_db_raw (struct aid_db *db);
const char *aid_db_path (const struct aid_db *db);
/* Whether the file that is open has no longer the name that it was opened by: somebody has made another one. */
int aid_db_is_gone (struct aid_db *db);

/* Runs SQL, which gives no rows. */
enum aid_err aid_db_exec (struct aid_db *db, const char *sql, struct aid_error *e);
/* Brings the schema from its version, which is 0 in a new file, to version N, in one transaction: STEPS[V] makes version V + 1 of
   version V.  Of several processes one does it.  AID_E_REFUSED: a newer AID has written it. */
enum aid_err aid_db_upgrade (struct aid_db *db, const char *const steps[], int n, struct aid_error *e);
/* Prepares SQL once; *OUT belongs to DB, reset and without values.  At most 64 texts a connection. */
enum aid_err aid_db_prepare (struct aid_db *db, const char *sql, sqlite3_stmt **out, struct aid_error *e);
/* Steps S.  *ROW tells whether there is one; when there is none, S is reset. */
enum aid_err aid_db_step (struct aid_db *db, sqlite3_stmt *s, int *row, struct aid_error *e);
/* Steps S, which gives no rows, and resets it. */
enum aid_err aid_db_run (struct aid_db *db, sqlite3_stmt *s, struct aid_error *e);
/* Resets all statements, so that none keeps a transaction open. */
void aid_db_rest (struct aid_db *db);
/* Values for S's parameters, from 1, borrowed until S is reset.  An empty text is no NULL. */
void aid_db_text (sqlite3_stmt *s, int at, struct aid_span v);
void aid_db_blob (sqlite3_stmt *s, int at, struct aid_span v);
/* A column of S's row, borrowed until the next step. */
struct aid_span aid_db_column (sqlite3_stmt *s, int at);

/* The last failure as an error: AID_E_PARSE damaged, AID_E_STATE another process holds the lock, AID_E_NOMEM, else
   AID_E_IO; the message names the file and what to do. */
enum aid_err aid_db_failed (struct aid_db *db, struct aid_error *e);

#endif
