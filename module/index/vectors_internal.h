/* What the files about vectors know of each other: the table in memory, and the database. */
#ifndef AID_INDEX_VECTORS_INTERNAL_H
#define AID_INDEX_VECTORS_INTERNAL_H

#include "base/map.h"
#include "index/index_internal.h"
#include "index/vectors.h"

#define AID_SLAB 512 /* rows that are allocated together */

enum aid_slot_state
{
  AID_SLOT_LACKS, /* no vector */
  AID_SLOT_ASKED, /* somebody has taken it to get one */
  AID_SLOT_HELD,  /* it never gets one */
  AID_SLOT_HAS
};

struct aid_place
{
  uint32_t first, last; /* lines */
  uint32_t slot;
};

struct aid_meant_file
{
  char *path;
  int64_t size, mtime, inode;
  struct aid_place *places;
  uint32_t n;
  int seen;  /* by the look that goes on */
  size_t at; /* in the vector of files */
};

/* A vector for each text, wherever it stands: files share those of what they have in common. */
struct aid_slots
{
  struct aid_map *by_hash; /* of the slot's number + 1 */
  struct aid_vec hashes;   /* of uint64_t */
  struct aid_vec states;   /* of uint8_t */
  struct aid_vec scales;   /* of float */
  struct aid_vec slabs;    /* of int8_t *, of AID_SLAB rows each */
  size_t dimensions, stride;
  size_t has, held;
};

struct aid_vectors
{
  struct aid_index *index;
  char *made_by;
  struct aid_db *db;
  int lock_fd;            /* -1: another process writes */
  int damaged;            /* the database, as reading or writing has shown */
  int64_t version;        /* of it, as it was read */
  uint64_t generation;    /* of the project, that was looked at; 0: look at all files */
  size_t look_at;         /* so many passages there may be until it is counted which of them are in a file */
  struct aid_vec queue;   /* of char *: files to look into, the last one first */
  struct aid_vec waiting; /* of struct aid_lacking: of the file that was looked into last */

  pthread_mutex_t lock; /* guards what follows */
  struct aid_slots slots;
  struct aid_map *files; /* of struct aid_meant_file * by path */
  struct aid_vec list;   /* the same */
  size_t files_left, left_out;
};

/* vectors.c: notes how many files are queued, and that LEFT_OUT more have no room. */
void aid_vectors_count (struct aid_vectors *v, size_t left_out);
/* Gives ERR; one that tells of damage is seen to when the vectors are looked at next. */
enum aid_err aid_vectors_noting (struct aid_vectors *v, enum aid_err err);

/* vectors_table.c: the table in memory; the caller holds the lock. */
enum aid_err aid_slots_init (struct aid_slots *s);
void aid_slots_free (struct aid_slots *s);
/* The slot of HASH, made when it is not there; -1: there is no room, or no memory. */
int64_t aid_slot_of (struct aid_slots *s, uint64_t hash);
/* The slot of HASH, or -1. */
int64_t aid_slot_find (const struct aid_slots *s, uint64_t hash);
/* From the first vector on their length is known.  0, or -1 when it is another one. */
int aid_slots_measure (struct aid_slots *s, size_t dimensions);
/* The row of SLOT, allocated with its neighbours; NULL without memory. */
int8_t *aid_slot_row (struct aid_slots *s, size_t slot);
void aid_slot_set (struct aid_slots *s, size_t slot, enum aid_slot_state state, float scale);
uint8_t aid_slot_state (const struct aid_slots *s, size_t slot);

/* The file PATH, made when it is not there (NULL without memory), or found (NULL: there is none). */
struct aid_meant_file *aid_meant_make (struct aid_vectors *v, struct aid_span path);
struct aid_meant_file *aid_meant_find (const struct aid_vectors *v, struct aid_span path);
void aid_meant_drop (struct aid_vectors *v, struct aid_meant_file *f);
void aid_meant_clear (struct aid_vectors *v);

/* vectors_db.c */
/* Opens the database, made where it is missing or of another version, and sees to it that MADE_BY made it.  AID_E_PARSE: it is
   damaged; AID_E_STATE: a reader finds none yet, or another maker's.  Close it in any case. */
enum aid_err aid_vectors_db_open (struct aid_vectors *v, struct aid_error *e);
void aid_vectors_db_close (struct aid_vectors *v);
/* Closes it and deletes its files, for it is damaged. */
void aid_vectors_db_remove (struct aid_vectors *v);
/* Fills the table. */
enum aid_err aid_vectors_db_load (struct aid_vectors *v, struct aid_error *e);
/* Whether another process has written since. */
int aid_vectors_db_changed (struct aid_vectors *v);
enum aid_err aid_vectors_db_file (struct aid_vectors *v, const struct aid_meant_file *f, struct aid_error *e);
enum aid_err aid_vectors_db_drop (struct aid_vectors *v, const char *path, struct aid_error *e);
enum aid_err
aid_vectors_db_put (struct aid_vectors *v, uint64_t hash, struct aid_span row, float scale, struct aid_error *e);
/* Gives SLOT the vector of HASH that is kept, if there is one; whether it lacks none then. */
int aid_vectors_db_recall (struct aid_vectors *v, uint64_t hash, size_t slot);
enum aid_err aid_vectors_db_empty (struct aid_vectors *v, struct aid_error *e);

#endif
