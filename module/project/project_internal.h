/* What a project holds.  Its own thread lists, looks and writes; what other threads read is under the lock, which is
   never held over a call that may block. */
#ifndef AID_PROJECT_INTERNAL_H
#define AID_PROJECT_INTERNAL_H

#include "base/map.h"
#include "project/list.h"
#include "project/watch.h"
#include <pthread.h>
#include <sys/stat.h>

#define AID_PROJECT_LOG ((size_t)65536)      /* changes that are remembered */
#define AID_PROJECT_PENDING ((size_t)200000) /* paths to be looked at; more of them are a new list */
#define AID_WATCH_POLLED (-1)                /* aid_folder.watch: looked at now and then */
#define AID_VC_KEYS 0x80000000u              /* keys of watches on version control's own folders: + the part */

struct aid_change
{
  uint64_t generation;
  char *path;
};

struct aid_project
{
  char *root;
  int root_fd;
  struct aid_project_options options;
  struct aid_list_in in;
  struct aid_stop *stop;
  unsigned long thread;
  int wake[2]; /* a pipe: touched files */

  pthread_mutex_t lock;
  pthread_cond_t changed;
  /* Under the lock; its own thread reads the table and the parts without it, but for the entries' flags and classes. */
  struct aid_listing listing;
  int listed, stopped;
  uint64_t generation, floor; /* FLOOR: what came after it is in the log */
  struct aid_vec log;         /* struct aid_change */
  struct aid_vec touched;     /* char * */
  enum aid_err failed;
  struct aid_error error;
  size_t watched, polled;
  int64_t list_ms;
  char watch_note[200];

  /* Its own thread's. */
  struct aid_watch *watch;
  size_t max_watches;
  struct aid_map *pending;                       /* paths to be looked at */
  struct aid_vec pending_paths;                  /* char *, the same */
  int64_t flush_at, list_at, poll_at, listed_at; /* aid_clock_ms; 0: not */
  struct aid_hg_server *hg;                      /* kept from list to list */
  size_t poll_next;                              /* the next entry to be polled */
  struct aid_vec stamps;                         /* uint64_t: version control's state, by part */
};

/* changes.c: looks at all pending paths, and writes what it finds. */
void aid_project_flush (struct aid_project *p);
/* Notes that PATH is to be looked at. */
void aid_project_expect (struct aid_project *p, struct aid_span path);
/* Says that all is to be listed anew, soon. */
void aid_project_expect_list (struct aid_project *p);
/* Writes a change of PATH into the log of generation p->generation + 1.  With the lock held. */
void aid_project_log (struct aid_project *p, struct aid_span path);
/* Ends the generation that was written.  With the lock held. */
void aid_project_log_end (struct aid_project *p);
/* Forgets the log: who asks later looks through all.  With the lock held. */
void aid_project_log_drop (struct aid_project *p);

/* follow.c: watches all folders of the list, then looks at what may have changed meanwhile. */
void aid_project_follow (struct aid_project *p);
/* Watches FOLDER, or has it polled. */
void aid_project_follow_folder (struct aid_project *p, uint32_t folder);
void aid_project_unfollow (struct aid_project *p, uint32_t folder);
/* Reads what the watch tells. */
void aid_project_hear (struct aid_project *p);
/* watch_poll.c: compares a part of what is polled. */
void aid_project_poll (struct aid_project *p);
/* Expects each name in FOLDER that is not in the table. */
void aid_project_compare_names (struct aid_project *p, uint32_t folder);
/* Whether version control's state is another than when the files were listed. */
int aid_project_vc_moved (struct aid_project *p);
void aid_project_vc_note (struct aid_project *p);

/* A regular file below the root, opened through no link: its descriptor and what it is (*ST), or -1 and *E. */
int aid_project_open_file (struct aid_project *p, struct aid_span path, struct stat *st, struct aid_error *e);

#endif
