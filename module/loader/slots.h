/* Lisp functions that outlive the core behind them: one slot for each name, one C function for all slots.

   A Lisp function object holds its slot; a swap repoints the slots, so that old function objects call the new core.
   Slots are never freed.  Lisp thread only. */
#ifndef AID_LOADER_SLOTS_H
#define AID_LOADER_SLOTS_H

#include "loader/host.h"

/* Defines in Lisp those of CORE's names that are new.  They signal an error until slots point to the core.
   0, or -1 with a non-local exit pending or without memory. */
int aid_slots_define (emacs_env *env, const struct aid_core *core);
/* Points every slot to CORE's function of its name, or to none; with NULL all of them to none.  Cannot fail. */
void aid_slots_point (const struct aid_core *core);

#endif
