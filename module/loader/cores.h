/* The cores of this process: loading, retiring, stopping.  A core is never unmapped: a thread or a pointer left behind
   would end Emacs, and a mapping costs 20 kB.  Lisp thread only. */
#ifndef AID_LOADER_CORES_H
#define AID_LOADER_CORES_H

#include "loader/host.h"
#include <stddef.h>

enum aid_core_state { AID_CORE_OPEN, AID_CORE_CURRENT, AID_CORE_RETIRED, AID_CORE_STOPPED };

struct aid_loaded
{
  struct aid_host host;            /* what the core was started with: lives as long as the process */
  const struct aid_core *core;
  char *file;
  struct aid_installed installed;  /* by its manifest, or all "" */
  struct aid_crash *crash;         /* what tells of it on disk (crash.h), or NULL */
  void *handle;
  enum aid_core_state state;
  struct aid_loaded *next;         /* newest first */
};

struct aid_load_error
{
  const char *code;                /* of aid-error */
  char msg[512];
};

/* Maps FILE on a thread of its own and returns at once: a later open waits for that and finds it mapped.  A file that cannot be
   mapped is for that open to report. */
void aid_cores_prefetch (const char *file);
/* Maps FILE and checks that it is a core of this ABI.  NULL and *E.  A file that was loaded before is refused, or with AGAIN
   mapped anew from a copy: the one before keeps its memory. */
struct aid_loaded *aid_cores_open (const char *file, int again, struct aid_load_error *e);
/* Starts it beside the current one.  0, or -1 and *E: the other cores are as they were, and the file may be tried again. */
int aid_cores_start (struct aid_loaded *l, struct aid_load_error *e);
/* Makes the started L the current one; the one before retires. */
void aid_cores_promote (struct aid_loaded *l);
/* Stops retired cores that run nothing, or all retired ones when FORCE.  Gives how many are left. */
unsigned aid_cores_reap (int force, const char *reason);
/* Stops every core. */
void aid_cores_stop_all (const char *reason);
void aid_cores_cancel (uint64_t request);
/* All ever started, newest first (stopped ones too). */
const struct aid_loaded *aid_cores_all (void);

#endif
