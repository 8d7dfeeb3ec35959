/* The functions of libpq, found by name. */
#include "team/pq.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#ifdef __APPLE__
#define LIBRARY "libpq.5.dylib"
#else
#define LIBRARY "libpq.so.5"
#endif

static struct aid_pq functions;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char why_not[160];

static void
find (void *library, const char *name, void *to)
{
  void *function = dlsym (library, name);
  memcpy (to, &function, sizeof function); /* ISO C knows no cast from an object's to a function's pointer */
  if (!function)
    snprintf (why_not, sizeof why_not, "%s has no %s", LIBRARY, name);
}

#define FIND(name) find (library, #name, &functions.name);

static void
load (void)
{
  void *library = dlopen (LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (library)
    {
      AID_PQ_FUNCTIONS (FIND)
    }
  else
    {
      const char *told = dlerror ();
      snprintf (why_not, sizeof why_not, "%s", told ? told : LIBRARY);
    }
}

const struct aid_pq *
aid_pq_load (struct aid_error *e)
{
  pthread_once (&once, load);
  if (!why_not[0])
    return &functions;
  aid_error_set (e, AID_E_NOTFOUND,
                 "libpq, which talks to the team's store, cannot be loaded (Debian's package is libpq5): %s", why_not);
  return NULL;
}
