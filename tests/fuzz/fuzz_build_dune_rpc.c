/* What answers at a socket that should be dune's: any bytes end the talk, and what is told are whole lines. */
#include "build/dune_rpc.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t len);

static void
print (void *arg, struct aid_span lines)
{
  (void) arg;
  if (lines.len && lines.ptr[lines.len - 1] != '\n')
    abort ();
}

int
LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t len)
{
  int ends[2], once = len & 1;
  if (len > 65536 || socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
    return 0;
  if (write (ends[1], bytes, len) != (ssize_t) len || shutdown (ends[1], SHUT_WR) || fcntl (ends[0], F_SETFL, O_NONBLOCK))
    abort ();
  aid_dune_rpc_follow (ends[0], once, 1000, NULL, print, NULL, NULL);
  close (ends[1]);
  return 0;
}
