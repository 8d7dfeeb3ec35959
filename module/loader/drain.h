/* Events as Lisp sees them.  Lisp thread only. */
#ifndef AID_LOADER_DRAIN_H
#define AID_LOADER_DRAIN_H

#include "loader/host.h"

/* The list that aid--mod-drain gives.  When Lisp quits or runs out of memory in between, the events stay queued. */
emacs_value aid_drain (emacs_env *env);

#endif
