/* The functions of libpq, found by name. */
#include "team/pq.h"
#include "base/late.h"

#include <pthread.h>

#ifdef __APPLE__
#define LIBRARY "libpq.5.dylib"
#else
#define LIBRARY "libpq.so.5"
#endif

static struct aid_pq functions;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char why_not[AID_LATE_WHY];

static void
load (void)
{
#define FUNCTION(name) { #name, offsetof (struct aid_pq, name) },
  static const struct aid_late all[] = { AID_PQ_FUNCTIONS (FUNCTION) };
  aid_late_load (LIBRARY, all, sizeof all / sizeof *all, &functions, why_not);
}

const struct aid_pq *
aid_pq_load (struct aid_error *e)
{
  pthread_once (&once, load);
  if (!why_not[0])
    return &functions;
  aid_error_set (e, AID_E_NOTFOUND, "libpq, which talks to PostgreSQL, cannot be loaded (Debian's package is libpq5): %s",
                 why_not);
  return NULL;
}
