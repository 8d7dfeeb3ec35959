/* Marks of cores that run, and of crashes (versions/marks.h).  The handler of fatal signals does one thing, renaming a
   file, and hands the signal on to who had it before, which is Emacs.  Lisp thread only, but for the handler. */
#ifndef AID_LOADER_CRASH_H
#define AID_LOADER_CRASH_H

struct aid_crash;

/* Marks that the core HASH begins here, and has the handlers of fatal signals tell of it from now on.  NULL when nothing
   can be marked (no folder, no room): the core runs all the same. */
struct aid_crash *aid_crash_begin (const char *hash);
/* C (NULL is fine) has ended.  IN_ORDER: it did run.  The signals tell of OTHER then (NULL: of none), unless they tell of
   another than C already. */
void aid_crash_end (struct aid_crash *c, int in_order, struct aid_crash *other);
/* Around each call into a core on Emacs's own thread: a crash meanwhile is the core's. */
void aid_crash_enter (void);
void aid_crash_leave (void);

#endif
