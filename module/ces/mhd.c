/* The functions of libmicrohttpd, found by name. */
#include "ces/mhd.h"
#include "base/late.h"

#include <pthread.h>

#ifdef __APPLE__
#define LIBRARY "libmicrohttpd.12.dylib"
#else
#define LIBRARY "libmicrohttpd.so.12"
#endif

static struct aid_mhd functions;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char why_not[AID_LATE_WHY];

static void
load (void)
{
#define FUNCTION(name) { #name, offsetof (struct aid_mhd, name) },
  static const struct aid_late all[] = { AID_MHD_FUNCTIONS (FUNCTION) };
  aid_late_load (LIBRARY, all, sizeof all / sizeof *all, &functions, why_not);
}

const struct aid_mhd *
aid_mhd_load (struct aid_error *e)
{
  pthread_once (&once, load);
  if (!why_not[0])
    return &functions;
  aid_error_set (e, AID_E_NOTFOUND,
                 "libmicrohttpd, which serves HTTP, cannot be loaded (Debian's package is libmicrohttpd12): %s", why_not);
  return NULL;
}
