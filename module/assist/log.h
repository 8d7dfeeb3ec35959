/* The log: $XDG_STATE_HOME/aid/log, one JSON object a line for each request; see docs/config.md. */
#ifndef AID_ASSIST_LOG_H
#define AID_ASSIST_LOG_H

#include "base/err.h"
#include "base/str.h"

#define AID_LOG_MAX (4u << 20)        /* bytes; then it becomes log.1, and log.1 becomes log.2 */
#define AID_LOG_LINE_MAX (32u << 20)  /* bytes of a line, which has content only if the user's settings say so */

/* Appends LINE and a newline; waits for the disk.  Several processes may write.  AID_E_IO, AID_E_NOMEM. */
enum aid_err aid_log_add (struct aid_span line, struct aid_error *e);

#endif
