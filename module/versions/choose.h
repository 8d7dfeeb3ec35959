/* Which core starts.  Who knows the settings writes a wish (rollout/wish.h) for the cores in a folder, a small file that is read
   before any of them runs, $XDG_STATE_HOME/aid/cores/wish.HASH-OF-FOLDER:

     want 0.2.0                        a version or hash, as aid_installed_is takes it; missing: the newest
     by team                           whose wish it is: pin, experiment, team
     name shorter                      the experiment's

   The wish is met if such a core is installed.  Two crash marks are above every wish: then the core before starts.

   Needs nothing but libc: the resident loader is linked with it. */
#ifndef AID_VERSIONS_CHOOSE_H
#define AID_VERSIONS_CHOOSE_H

#include "versions/installed.h"
#include "versions/marks.h"

#define AID_WISH_NAME 128

struct aid_wish
{
  char want[AID_VERSIONS_NAME + AID_VERSIONS_HASH]; /* "": the newest */
  char by[16], name[AID_WISH_NAME];                 /* "" likewise */
};

struct aid_core_choice
{
  const struct aid_installed *core; /* of the list; NULL: there is none that this loader can load */
  const char *by; /* "pin", "experiment", "team", "newest", "previous", "only" (it crashed, but is the only one) */
  const struct aid_installed *crashed; /* with "previous" and "only": the one that is not started any more, else NULL */
  int missing;                         /* the wish names none that is installed */
};

/* Reads the wish for FOLDER; a missing or damaged file is none.  */
void aid_wish_read (const char *folder, struct aid_wish *out);
/* Replaces it by rename.  0, or -1 with errno. */
int aid_wish_write (const char *folder, const struct aid_wish *w);

/* Chooses among LIST for a loader of ABI.  The hashes in EXCEPT (a list with blanks, or NULL) failed to start just now. */
void aid_wish_choose (const struct aid_installed_list *list, const struct aid_marks *m, const struct aid_wish *w,
                      unsigned abi, const char *except, struct aid_core_choice *out);
/* The core that starts in the place of CORE (NULL: of any) when that cannot: of those that this loader can load and that
   do not crash, the one that last ended in order, else the youngest.  NULL: there is none. */
const struct aid_installed *aid_wish_previous (const struct aid_installed_list *list, const struct aid_marks *m,
                                               const struct aid_installed *core, unsigned abi, const char *except);

#endif
