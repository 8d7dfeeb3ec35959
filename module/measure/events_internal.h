/* What events.c (the queue and its thread), events_db.c (the file), events_write.c (a batch) and events_read.c share. */
#ifndef AID_MEASURE_EVENTS_INTERNAL_H
#define AID_MEASURE_EVENTS_INTERNAL_H

#include "measure/events.h"
#include "measure/identity.h"
#include "store/db.h"

/* --- events.c: what waits ----------------------------------------------------------------------------------------------- */

enum entry_text
{
  TEXT_REQUEST,
  TEXT_ROOT,
  TEXT_CHAT,
  TEXT_PATH,
  TEXT_LANGUAGE,
  TEXT_HUNK,
  TEXT_FIELDS,
  TEXT_BEFORE,
  TEXT_AFTER,
  TEXT_CONTENT,
  ENTRY_TEXTS
};

/* One block of memory: the texts follow. */
struct aid_events_entry
{
  struct aid_events_entry *next;
  enum aid_measured kind;
  unsigned char id[16];
  int64_t at;
  size_t bytes;                       /* of the whole */
  struct aid_span texts[ENTRY_TEXTS]; /* a missing one has no PTR; each is followed by a NUL */
};

/* --- events_aside.c: files that are damaged ----------------------------------------------------------------------------- */

/* Gives the file, which is damaged, another name, unless its INODE is another one by now; *E says so.  For who has closed it. */
void aid_events_put_aside (uint64_t inode, struct aid_error *e);
/* Removes those that were put aside earlier than BEFORE, in ms: all in them is older. */
void aid_events_drop_aside (int64_t before);
/* Removes all of them, and the file itself, which is damaged. */
enum aid_err aid_events_forget_damaged (struct aid_error *e);

/* --- events_db.c: the file ---------------------------------------------------------------------------------------------- */

/* Appends the name of the file; makes its folder if MAKE. */
enum aid_err aid_events_path (struct aid_str *out, int make, struct aid_error *e);
/* Opens it, making it where it is missing, and brings its schema up to date.  A damaged one is put aside first, and *E says so
   although AID_OK is given.  AID_E_STATE: others hold it; AID_E_REFUSED: a newer AID has written it. */
enum aid_err aid_events_db_open (struct aid_db **out, struct aid_error *e);
/* The hash of the project at ROOT, whatever links lead there. */
void aid_events_project (const struct aid_identity *who, const char *root, char out[AID_MEASURED_HASH]);
/* The usual form of an id. */
void aid_events_uuid (const unsigned char id[16], char out[AID_EVENT_ID]);
/* The limits that the user's settings state. */
struct aid_events_limits
{
  const char *measure; /* "on", "off" or "content" */
  int64_t days, megabytes;
  int team; /* a team's store is to have the events; also when the settings cannot be read, for nothing is given up then */
  char person[AID_EVENT_WORD_MAX + 1]; /* who one is by the settings, or "": the identity's */
};
/* The settings that hold in the project at ROOT (NULL: the user's).  When they cannot be read nothing is measured. */
struct aid_events_limits aid_events_settings (const char *root);
/* Bytes in which rows are. */
int64_t aid_events_db_bytes (struct aid_db *db);
/* What WHICH means, as it is bound to AID_EVENTS_WHERE. */
struct aid_events_bounds
{
  unsigned char from[16], to[16]; /* ids: [FROM, TO) */
  const char *kind;
  char project[AID_MEASURED_HASH]; /* or "" */
};
#define AID_EVENTS_WHERE "id >= ?1 AND id < ?2 AND (?3 IS NULL OR kind = ?3) AND (?4 IS NULL OR project = ?4)"
enum aid_err
aid_events_bounds_make (const struct aid_events_which *which, struct aid_events_bounds *out, struct aid_error *e);
/* Binds them to S; borrowed until it is reset. */
void aid_events_bind (sqlite3_stmt *s, const struct aid_events_bounds *b);
/* Reads ROW, borrowed until the next step, from the first columns of S: id, at, kind, request, person, project, chat, path,
   language, data. */
void aid_events_row (sqlite3_stmt *s, struct aid_event_row *row);
/* Deletes at most MOST of the oldest rows in B, with their texts in the store; adds to *N how many.  SPARE: not those that a
   team's store is still to have (outbox.h). */
enum aid_err aid_events_delete (struct aid_db *db, const struct aid_events_bounds *b, int spare, int64_t most, int64_t *n,
                                struct aid_error *e);
/* Forgets what is beyond the limits.  What a team's store is still to have stays however old it is, and goes last when it is
   too much: then *E says so although AID_OK is given. */
enum aid_err aid_events_retain (struct aid_db *db, const struct aid_events_limits *limits, struct aid_error *e);

/* --- events_write.c: a batch --------------------------------------------------------------------------------------------- */

struct aid_events_writer
{
  struct aid_db *db; /* or NULL: not open */
  struct aid_identity who;
  int known;              /* WHO was read */
  uint64_t device, inode; /* of the open file */
  int64_t retained;       /* when it was last made smaller, monotonic ms; 0: not yet */
  /* The settings of the project that was last asked for. */
  char *root;
  int64_t read_ms;
  struct aid_events_limits limits;
};

/* Writes all of LIST in one transaction, or nothing.  *E may say something although AID_OK is given. */
enum aid_err aid_events_write (struct aid_events_writer *w, const struct aid_events_entry *list, struct aid_error *e);
void aid_events_writer_close (struct aid_events_writer *w);

#endif
