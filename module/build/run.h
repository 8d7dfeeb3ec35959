/* Running builds: one at a time for each project, each on a thread of its own; a newer request takes the place of the one that
   runs.  What is printed is read as it comes (diag.h) and told of; the result is kept (last.h). */
#ifndef AID_BUILD_RUN_H
#define AID_BUILD_RUN_H

#include "build/detect.h"
#include "build/diag.h"

#define AID_BUILD_SITES 16                     /* projects that build at the same time */
#define AID_BUILD_OUTPUT_MAX ((size_t)4 << 20) /* bytes of output that are told of; the rest is read, but not told */
#define AID_BUILD_TAIL 4096                    /* bytes of output that are kept with the result */
#define AID_BUILD_TIMEOUT_MS (30 * 60 * 1000)

enum aid_build_status
{
  AID_BUILD_UNKNOWN, /* it could not run, or was ended by something */
  AID_BUILD_RUNNING,
  AID_BUILD_GREEN,
  AID_BUILD_RED
};
const char *aid_build_status_name (enum aid_build_status s); /* "unknown", "running", "green", "red" */

enum aid_build_event_kind
{
  AID_BUILD_STARTED, /* of a run, or of a round of one that watches */
  AID_BUILD_PRINTED, /* OUTPUT, and what was found so far */
  AID_BUILD_ROUND,   /* a round of one that watches has ended */
  AID_BUILD_ENDED,   /* with its status; nothing follows */
  AID_BUILD_FAILED   /* with ERROR (AID_E_CANCELLED: stopped, or a newer one came); nothing follows */
};

struct aid_build_event
{
  enum aid_build_event_kind kind;
  enum aid_build_what what;
  enum aid_build_status status;
  const char *root;
  const struct aid_build_command *command; /* NULL in FAILED when there is none */
  const struct aid_diags *diags;
  struct aid_span output; /* PRINTED: whole lines of plain text */
  struct aid_span tail;   /* ROUND, ENDED: the last of what was printed */
  int code, signal;
  int64_t ms;
  const struct aid_error *error;
};

/* Called on the thread of a build, with no lock held; borrows EV. */
struct aid_build_sink
{
  void (*post) (void *ctx, uint64_t id, const struct aid_build_event *ev);
  void *ctx;
};

struct aid_build_request
{
  uint64_t id;            /* chosen by the caller */
  const char *root, *dir; /* as in aid_build_detect */
  enum aid_build_what what;
  const char *line;       /* a command for the shell, or NULL: detected */
  const char *const *env; /* "NAME=value", NULL at the end: the whole environment; or NULL: ours */
  int leave;              /* it need not be trusted: the person has just said so */
};

struct aid_builds;

struct aid_builds *aid_builds_new (const struct aid_build_sink *sink, struct aid_error *e);
/* Starts R (copied) as soon as what runs there has ended, which is stopped.  AID_E_LIMIT, AID_E_STATE, AID_E_NOMEM; else exactly
   one of ENDED and FAILED will tell its end. */
enum aid_err aid_builds_start (struct aid_builds *b, const struct aid_build_request *r, struct aid_error *e);
/* Stops what runs in the project at ROOT (NULL: everywhere).  Does not wait. */
void aid_builds_stop (struct aid_builds *b, const char *root);
/* Builds that run now. */
unsigned aid_builds_running (struct aid_builds *b);
/* Stops all, and joins. */
void aid_builds_free (struct aid_builds *b);

/* The same on the caller's thread, to its end; STOP may be NULL. */
struct aid_stop;
void aid_build_run (const struct aid_build_request *r, const struct aid_stop *stop, const struct aid_build_sink *sink);

#endif
