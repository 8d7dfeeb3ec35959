/* Cores that must not come to run: one that does not start (BAD_START), one of another loader's time (BAD_ABI), a shared
   object that is no core (BAD_ENTRY). */
#include "loader/host.h"
#include <stdio.h>

static int
start (const struct aid_host *host, char *msg, size_t nmsg)
{
  (void) host;
  snprintf (msg, nmsg, "the port is taken");
  return -1;
}

#ifdef BAD_ENTRY
#define aid_core_entry some_other_function
const struct aid_core *aid_core_entry (void);
#endif

__attribute__ ((visibility ("default"))) const struct aid_core *
aid_core_entry (void)
{
#ifdef BAD_ABI
  static const struct aid_core core = { .abi = AID_ABI + 1, .version = "later", .start = start };
#else
  static const struct aid_core core = { .abi = AID_ABI, .version = "bad", .start = start };
#endif
  return &core;
}
