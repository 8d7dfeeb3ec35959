/* What is left on disk of cores that run, and of those that took Emacs down with them: empty files in
   $XDG_STATE_HOME/aid/cores/, whose names say all.

     HASH.PID.START.run              the core HASH runs in the process PID, which began at START (in clock ticks since the
                                     machine's boot, so that a number that is used again fools nobody; 0 where the system
                                     does not tell)
     HASH.PID.START.crash-11-young   that process got signal 11 before this core had run for AID_MARKS_WELL_S seconds
     HASH.PID.START.crash-11-core    the same later, in the core's code or on a thread of its own: then it is the core's, too
     HASH.well                       touched when a core was ended in order, or replaced
     HASH.told                       that it is not started any more was said

   A run mark is made before the core starts and removed when it has ended in order.  The handler of SIGSEGV, SIGBUS, SIGILL,
   SIGFPE and SIGABRT renames it (loader/crash.c).  So a process that is gone and left a run mark was killed, or lost its power:
   nobody's fault, and not counted.  A crash mark of a process that lives is one that Emacs survived: not counted either.

   Needs nothing but libc: the resident loader is linked with it. */
#ifndef AID_VERSIONS_MARKS_H
#define AID_VERSIONS_MARKS_H

#include "versions/installed.h"

#define AID_MARKS_MAX 256
#define AID_MARKS_CRASHES 2  /* so many, and a core is not started any more */
#define AID_MARKS_WELL_S 600 /* a core that has run so long runs well */
#define AID_MARKS_DAYS 30    /* a crash that is older is forgotten */

struct aid_mark
{
  char hash[AID_VERSIONS_HASH];
  long pid;
  unsigned long long start;
  int signal; /* 0: a run mark */
  int young;
  int alive;      /* whether that process is still there */
  long long when; /* ms since 1970 */
};

struct aid_marks
{
  char folder[AID_VERSIONS_PATH];
  struct aid_mark marks[AID_MARKS_MAX];
  size_t n;
};

/* The folder's name into OUT of AID_VERSIONS_PATH bytes; 0, or -1 when there is neither $XDG_STATE_HOME nor $HOME. */
int aid_marks_folder (char *out);
/* Makes it; 0, or -1 with errno. */
int aid_marks_make_folder (void);
/* Reads the marks.  A missing folder is an empty one. */
void aid_marks_read (struct aid_marks *out);
/* How often HASH took a process down. */
unsigned aid_marks_crashes (const struct aid_marks *m, const char *hash);
/* The last such mark, or NULL. */
const struct aid_mark *aid_marks_last_crash (const struct aid_marks *m, const char *hash);
/* How many processes run HASH now. */
unsigned aid_marks_running (const struct aid_marks *m, const char *hash);
/* When HASH last ended in order, ms since 1970; 0: never. */
long long aid_marks_well (const struct aid_marks *m, const char *hash);
int aid_marks_was_told (const struct aid_marks *m, const char *hash);

/* Notes that HASH has ended in order, or was told of.  Best effort: without a folder or room nothing is noted. */
void aid_marks_note_well (const char *hash);
void aid_marks_note_told (const char *hash);
/* Forgets crashes of HASH: all, or with YOUNG those that came soon after a start. */
void aid_marks_forget (const char *hash, int young);
/* Removes what tells nothing any more: run marks of processes that are gone, and old crashes. */
void aid_marks_tidy (void);

/* When the process PID began, as above; 0: it is not there, or the system does not tell. */
unsigned long long aid_process_start (long pid);
/* The names of the mark of HASH in this process into RUN and CRASH, of AID_VERSIONS_PATH bytes each; CRASH ends in
   "crash-00-young", whose digits and last word are to be written over.  Makes the folder.  0 or -1. */
int aid_marks_names (const char *hash, char *run, char *crash);
#define AID_MARKS_YOUNG "00-young"
#define AID_MARKS_CORE "00-core"

#endif
