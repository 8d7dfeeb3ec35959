/* Other programs: run to their end with a limit on everything, or started for a talk over pipes.  No shell reads the arguments.

   A child has a session of its own (no terminal can stop it or ask through it, and it is ended with all that it started),
   default signals, an empty mask, and no descriptors but its three.  Only our children are waited for, so that a host with
   children of its own (Emacs and its SIGCHLD) is not disturbed.  Every function may be called on any thread; a run blocks. */
#ifndef AID_BASE_PROC_H
#define AID_BASE_PROC_H

#include "base/stop.h"
#include "base/str.h"

#include <sys/types.h>

enum aid_proc_stream
{
  AID_PROC_OUT,
  AID_PROC_ERR
};

/* What to run; all of it borrowed for the call.  Zero is the default of each but argv. */
struct aid_proc
{
  const char *const *argv; /* NULL at the end; a program without a slash is looked for in the PATH of its environment */
  const char *dir;         /* where it works; NULL: where we do */
  const char *const *env;  /* NULL at the end: "NAME=value" is added or replaced, "NAME" alone is taken away */
  int only_env;            /* the environment is ENV alone */
  struct aid_span input;   /* what it reads; nothing: /dev/null */
  int talk;                /* aid_proc_start only: its input is a pipe for the caller */
  size_t out_max, err_max; /* bytes kept of each; beyond them it runs on and the rest is dropped.  0: nobody reads it, but
                                for on_output */
  int err_to_out;          /* its errors come in OUT, in order with the rest */
  int timeout_ms;          /* 0: no limit */
  int grace_ms;            /* between SIGTERM and SIGKILL when it is ended early; 0: SIGKILL at once */
  const struct aid_stop *stop;
  /* Called on the thread of aid_proc_run with each part as it comes (up to 64 KB, cut anywhere), before it is kept.  Not 0
     ends the run as a stop does. */
  int (*on_output) (void *arg, enum aid_proc_stream stream, struct aid_span part);
  void *arg;
};

struct aid_proc_result
{
  int code;   /* exit status; -1 when a signal ended it.  0 where the host ignores SIGCHLD: it is lost then. */
  int signal; /* or 0 */
  struct aid_str out, err;
  int out_cut, err_cut; /* whether something was dropped that did not fit */
  int64_t ms;           /* how long it ran */
};

/* Runs P to its end and fills R (free with aid_proc_result_free, whatever is returned).  AID_OK when it ended by itself,
   however it did.  AID_E_NOTFOUND: no such program or folder; AID_E_IO: it cannot be run; AID_E_TIMEOUT and AID_E_CANCELLED:
   it was ended with its children, and R has what there was until then.  What a child that it left behind still writes is
   not waited for. */
enum aid_err aid_proc_run (const struct aid_proc *p, struct aid_proc_result *r, struct aid_error *e);
/* "ended with status 2", "was ended by signal 9". */
void aid_proc_describe (const struct aid_proc_result *r, struct aid_str *out);
/* Overwrites what was kept, then frees it. */
void aid_proc_result_free (struct aid_proc_result *r);

/* A child that runs.  The descriptors are ours: not blocking, closed on exec, -1 where there is none. */
struct aid_child
{
  pid_t pid; /* also its group; 0 when it was reaped */
  int in, out, err;
  int ended; /* readable when it has ended; -1 where the system has no such thing */
};

/* Starts P (INPUT, timeout, grace, stop and on_output are not looked at; OUT is a pipe when out_max is not 0, ERR likewise).
   C must be given to aid_proc_end. */
enum aid_err aid_proc_start (const struct aid_proc *p, struct aid_child *c, struct aid_error *e);
/* write to a child's input, without SIGPIPE when it reads no more (EPIPE is all then). */
ssize_t aid_proc_write (int fd, struct aid_span bytes);
/* Waits for its end, MS at most (0: only looks), and reaps it.  1 and *STATUS as waitpid gives it, or 0. */
int aid_proc_wait (struct aid_child *c, int ms, int *status);
/* Ends it with its group if it still runs (SIGTERM, GRACE_MS, SIGKILL), reaps it and closes all. */
void aid_proc_end (struct aid_child *c, int grace_ms);

#endif
