/* A folder of our own that is thrown away, and what AID remembers of projects that are laid out in it. */
#ifndef AID_CLI_SCRATCH_H
#define AID_CLI_SCRATCH_H

#include "base/str.h"

/* Appends a new folder "aid-WHAT-..." in that of temporary files. */
enum aid_err aid_cli_scratch (const char *what, struct aid_str *out, struct aid_error *e);
/* What is cached of the projects that are laid out goes into SCRATCH, too; vocabularies stay where they are.  Before
   there are threads: it sets a variable. */
enum aid_err aid_cli_scratch_cache (const char *scratch, struct aid_error *e);

#endif
