/* dlopen, and dlsym for each function. */
#include "base/late.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int
aid_late_load (const char *library, const struct aid_late *functions, size_t n, void *table, char why[AID_LATE_WHY])
{
  void *handle = dlopen (library, RTLD_NOW | RTLD_LOCAL);
  why[0] = '\0';
  if (!handle)
    {
      const char *told = dlerror ();
      snprintf (why, AID_LATE_WHY, "%s", told ? told : library);
      return -1;
    }
  for (size_t i = 0; i < n; i++)
    {
      void *function = dlsym (handle, functions[i].name);
      memcpy ((char *)table + functions[i].at, &function, sizeof function); /* ISO C knows no cast to a function's pointer */
      if (!function)
        snprintf (why, AID_LATE_WHY, "%s has no %s", library, functions[i].name);
    }
  return why[0] ? -1 : 0;
}
