/* Result files: what test runners leave beside what they print, as JUnit's XML and TAP. */
#ifndef AID_BUILD_RESULTS_H
#define AID_BUILD_RESULTS_H

#include "build/diag.h"

/* A moment before which no file is from what begins now, in milliseconds since 1970, as files are stamped. */
int64_t aid_build_results_now (void);
/* Reads the result files below DIR that were written at SINCE_MS or later and adds what failed to D, but for what is known of
   the same place; ROOT is the project's.  Looks where runners leave them: in DIR and its "build", and in the usual folders
   ("build/test-results", "target/surefire-reports", ...) of DIR and of the folders in it, two levels deep.  Links are not
   followed.  Never fails: what cannot be read is not there. */
void aid_build_results_add (const char *root, const char *dir, int64_t since_ms, struct aid_diags *d);

#endif
