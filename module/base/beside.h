/* Our own helper programs, which are installed beside the core and the command. */
#ifndef AID_BASE_BESIDE_H
#define AID_BASE_BESIDE_H

#include "base/str.h"

/* Sets OUT to the path of PROGRAM: beside us in the build's folder and beside an installed core; a command and a test have it
   near by.  0: it is in none of these places. */
int aid_beside (const char *program, struct aid_str *out);

#endif
