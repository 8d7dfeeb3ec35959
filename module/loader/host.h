/* What the resident loader and a core promise each other.  Only loader/ and binding/ include it. */
#ifndef AID_LOADER_HOST_H
#define AID_LOADER_HOST_H

#include "include/emacs-module.h"
#include "versions/installed.h"
#include <stddef.h>
#include <stdint.h>

struct aid_host_span
{
  uint32_t beg, end, face;
};

/* One event on its way to Lisp.  Everything is copied into the loader's queue. */
struct aid_host_event
{
  int kind;
  const char *name;              /* the kind's symbol in Lisp: "text", "done", ... */
  const char *val;  size_t nval; /* a flat value, or empty */
  const char *text; size_t ntext;/* text events: valid UTF-8 */
  uint32_t from;
  const struct aid_host_span *spans; size_t nspans;
  int is_text;
  int is_final;                  /* nothing follows for this request */
};

struct aid_host
{
  uint32_t abi;
  uint32_t generation;           /* the core's, given at start: goes back with every event */
  uint64_t (*next_id) (void);    /* request ids, unique for the life of Emacs */
  /* Queues an event and wakes Emacs.  Any thread.  0, or -1: no memory, or the request has ended (or never was). */
  int (*post) (uint32_t generation, uint64_t request, const struct aid_host_event *ev);
  /* How this core is installed (versions/installed.h); both "" for one that is not. */
  const char *version, *hash;
};

struct aid_defun
{
  const char *name;
  ptrdiff_t min, max;            /* emacs_variadic_function for no maximum */
  emacs_value (*fn) (emacs_env *env, ptrdiff_t nargs, emacs_value *args);
  const char *doc;
};

struct aid_core
{
  uint32_t abi;
  const char *version;
  const struct aid_defun *defuns;
  size_t ndefuns;
  /* Starts threads and resources.  0, or -1 with a message. */
  int (*start) (const struct aid_host *host, char *msg, size_t nmsg);
  /* No new work from now on; background work stops at once, running requests go on. */
  void (*retire) (void);
  unsigned (*running) (void);
  void (*cancel) (uint64_t request);
  /* Ends what still runs with an error that says REASON, joins every thread. */
  void (*stop) (const char *reason);
};

/* The one symbol that a core exports. */
const struct aid_core *aid_core_entry (void);

#endif
