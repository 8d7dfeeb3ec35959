/* What the files of the file's engine share: queue_file.c (tasks, and working on them), queue_file_db.c (opening it,
   statements, status). */
#ifndef AID_CES_QUEUE_FILE_H
#define AID_CES_QUEUE_FILE_H

#include "base/clock.h"
#include "ces/queue_internal.h"
#include "store/db.h"

struct aid_queue_db
{
  struct aid_db *db;
  struct aid_str bells; /* the folder of those who wait */
  struct aid_bell *bell;
  const struct aid_stop *stop;
  unsigned listens;
  char boot[AID_CLOCK_BOOT];
  int64_t seen; /* SQLite's number of what others have changed, when we last looked */
};

/* Prepares SQL with values by TYPES: "i" int64_t, "z" const char *, "s" struct aid_span; texts are borrowed until it is
   reset. */
enum aid_err
aid_queue_db_ready (struct aid_queue_db *f, sqlite3_stmt **s, struct aid_error *e, const char *sql, const char *types, ...);
/* The same of SQL that gives no rows, and runs it. */
enum aid_err aid_queue_db_run (struct aid_queue_db *f, struct aid_error *e, const char *sql, const char *types, ...);
/* The first number that SQL gives; 0 when there is none. */
int64_t aid_queue_db_number (struct aid_queue_db *f, const char *sql);
enum aid_err aid_queue_db_begin (struct aid_queue_db *f, struct aid_error *e);
/* Ends what was begun: as if it had not been when ERR says so; else rings for NEWS. */
enum aid_err aid_queue_db_end (struct aid_queue_db *f, enum aid_err err, unsigned news, struct aid_error *e);
/* In a transaction: what is over becomes waiting again, or is given up.  Adds to *NEWS. */
enum aid_err aid_queue_db_sweep (struct aid_queue_db *f, unsigned *news, struct aid_error *e);
/* Milliseconds by which leases and waits are counted: a clock that all processes of this machine share and nobody sets, or the
   time since 1970 where the system does not tell one of its starts from another. */
int64_t aid_queue_db_now (const struct aid_queue_db *f);

void aid_queue_db_close (void *on);
enum aid_err aid_queue_db_status (void *on, json_t **out, struct aid_error *e);
enum aid_err aid_queue_db_forget (void *on, int64_t ago_ms, int64_t *n, struct aid_error *e);
enum aid_err aid_queue_db_listen (void *on, unsigned news, struct aid_error *e);
enum aid_err aid_queue_db_wait (void *on, int ms, const int others[2], unsigned *news, struct aid_error *e);

#endif
