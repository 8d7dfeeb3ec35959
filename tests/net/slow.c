/* A machine on which each sync of a file takes five seconds, and on which the name stuck.example is looked up for a minute. */
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int
fdatasync (int fd)
{
  (void) fd;
  nanosleep (&(struct timespec){ .tv_sec = 5 }, NULL);
  return 0;
}

int
getaddrinfo (const char *restrict node, const char *restrict service, const struct addrinfo *restrict hints,
             struct addrinfo **restrict out)
{
  int (*real) (const char *, const char *, const struct addrinfo *, struct addrinfo **);
  void *symbol = dlsym (RTLD_NEXT, "getaddrinfo");
  memcpy (&real, &symbol, sizeof real);
  if (!node || strcmp (node, "stuck.example") != 0)
    return real (node, service, hints, out);
  nanosleep (&(struct timespec){ .tv_sec = 60 }, NULL);
  return EAI_AGAIN;
}
