/* A dune that builds in its watch mode already, in somebody's terminal, holds the build's lock and has a socket: by its RPC it
   tells how far it is and what is wrong.  What it tells is given as the lines that dune would print, so that one reader reads
   both. */
#ifndef AID_BUILD_DUNE_RPC_H
#define AID_BUILD_DUNE_RPC_H

#include "base/stop.h"
#include "base/str.h"

/* Connects to the dune that watches the workspace DIR.  A descriptor, or -1 when there is none: quietly. */
int aid_dune_rpc_connect (const char *dir);
/* Takes FD and follows what that dune builds until STOP is set or it ends; with ONCE until it has built what there is.  PRINT
   gets whole lines.  AID_OK: once, and done; AID_E_CANCELLED; AID_E_TIMEOUT after TIMEOUT_MS (0: never) without an answer;
   AID_E_NET when it has ended; AID_E_PARSE. */
enum aid_err aid_dune_rpc_follow (int fd, int once, int timeout_ms, const struct aid_stop *stop,
                                  void (*print) (void *arg, struct aid_span lines), void *arg, struct aid_error *e);

#endif
