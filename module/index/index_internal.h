/* What the files of this folder know of each other: the database, the writer, the readers. */
#ifndef AID_INDEX_INTERNAL_H
#define AID_INDEX_INTERNAL_H

#include "index/bag.h"
#include "index/fts.h"
#include "index/index.h"
#include "index/prepare.h"

#include <pthread.h>

/* One connection and what belongs to it. */
struct aid_shelf
{
  struct aid_db *db;
  struct aid_fts *fts;
  char name[64];          /* of the file in the index's folder */
  uint32_t *sketch;       /* AID_SKETCH_CELLS */
  int64_t sketch_version; /* that SKETCH was read at */
};

/* index.c */
/* Opens the file that DIR/current names.  WRITE: makes a new one where there is none, or it is damaged (*REBUILT is
   set then) or of another version.  AID_E_NOTFOUND: there is none to read. */
enum aid_err aid_shelf_open (const char *dir, int write, struct aid_shelf *s, int *rebuilt, struct aid_error *e);
void aid_shelf_close (struct aid_shelf *s);
/* Closes S and opens its file again: what the connection remembered of it is forgotten. */
enum aid_err aid_shelf_reopen (const char *dir, struct aid_shelf *s, struct aid_error *e);
/* Whether S is what DIR/current names now. */
int aid_shelf_is_current (const char *dir, const struct aid_shelf *s);
/* Makes a new file with nothing in it, which is not current yet; makes S's file the current one, and removes all others. */
enum aid_err aid_shelf_create (const char *dir, struct aid_shelf *s, struct aid_error *e);
enum aid_err aid_shelf_publish (const char *dir, const struct aid_shelf *s, struct aid_error *e);
/* Closes S and makes a new file current. */
enum aid_err aid_shelf_renew (const char *dir, struct aid_shelf *s, struct aid_error *e);
/* Reads a value of the table meta into OUT (0 when it is not there), or writes it. */
enum aid_err aid_shelf_get (struct aid_shelf *s, const char *key, int64_t *out, struct aid_error *e);
enum aid_err aid_shelf_set (struct aid_shelf *s, const char *key, int64_t value, struct aid_error *e);
/* Reads the sketch if it has changed; writes it. */
enum aid_err aid_shelf_read_sketch (struct aid_shelf *s, struct aid_error *e);
enum aid_err aid_shelf_write_sketch (struct aid_shelf *s, struct aid_error *e);

enum
{
  AID_UNTIDY_SOME = 1, /* what edits have added */
  AID_UNTIDY_ALL       /* all there is, after many files were read */
};

struct aid_index
{
  struct aid_project *project;
  char *dir;
  unsigned threads;
  int no_history;
  uint64_t much;
  unsigned long thread;  /* 0: none */
  int calm;              /* at idle priority where there is much to read; set before that thread starts */
  struct aid_stop *stop; /* ends the thread */
  int untidy;            /* the thread's: AID_UNTIDY_..., the tables' parts are to be brought together; 0: no */
  unsigned since_tidy;   /* updates of the thread */

  pthread_mutex_t write_lock; /* who writes: it guards the writer and the lock's descriptor */
  struct aid_shelf writer;
  int lock_fd;          /* -1: not held */
  unsigned since_look;  /* updates since it was looked whether the index is worn */
  char unread_head[81]; /* the revision whose log could not be read: it is not tried again */
  uint64_t generation;  /* of the project, that the index is of; 0: look through all files */

  pthread_mutex_t read_lock; /* guards the reader while a search uses it */
  struct aid_shelf reader;

  pthread_mutex_t state_lock; /* guards what follows */
  pthread_cond_t changed;
  struct aid_index_state state;
};

/* update.c: one update by a writer that is open. */
enum aid_err aid_update (struct aid_index *x, const struct aid_stop *stop, struct aid_error *e);

/* history.c: reads what version control's log has new. */
enum aid_err aid_history_update (struct aid_index *x, const struct aid_stop *stop, struct aid_error *e);

#endif
