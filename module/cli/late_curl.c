/* libcurl when it is wanted: it comes with thirty libraries of its own, whose loading takes longer than most subcommands do,
   and few of them ask anything of a network.  So aid is not linked with it: these functions stand for those of libcurl that
   net/ calls, and load it at the first call.  A function that is missing here is missing when aid is linked. */
#define CURL_DISABLE_TYPECHECK
#define curl_url_get declared_curl_url_get      /* its URL is const in some versions and not in others */
#include <curl/curl.h>
#undef curl_url_get

#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Macros that watch over the arguments of callers. */
#undef curl_easy_getinfo
#undef curl_easy_setopt
#undef curl_multi_setopt

#ifdef __APPLE__
#define LIBRARY "libcurl.4.dylib"
#else
#define LIBRARY "libcurl.so.4"
#endif

CURLUcode curl_url_get (CURLU *url, CURLUPart what, char **part, unsigned flags);

/* --- loading ---------------------------------------------------------------------------------------------------------- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void *library;

static void
load (void)
{
  library = dlopen (LIBRARY, RTLD_NOW | RTLD_LOCAL);
}

/* The function NAME of libcurl; the program ends without it. */
static void *
find (const char *name)
{
  pthread_once (&once, load);
  void *function = library ? dlsym (library, name) : NULL;
  if (function)
    return function;
  fprintf (stderr, "aid: cannot load libcurl, which talks to models: %s; install libcurl\n", dlerror ());
  exit (EXIT_FAILURE);
}

#define REAL(name) ((__typeof__ (&(name))) find (#name))

/* --- the functions ---------------------------------------------------------------------------------------------------- */

void
curl_easy_cleanup (CURL *easy)
{
  REAL (curl_easy_cleanup) (easy);
}

CURL *
curl_easy_init (void)
{
  return REAL (curl_easy_init) ();
}

const char *
curl_easy_strerror (CURLcode code)
{
  return REAL (curl_easy_strerror) (code);
}

void
curl_free (void *mem)
{
  REAL (curl_free) (mem);
}

time_t
curl_getdate (const char *date, const time_t *unused)
{
  return REAL (curl_getdate) (date, unused);
}

CURLcode
curl_global_init (long flags)
{
  return REAL (curl_global_init) (flags);
}

CURLMcode
curl_multi_add_handle (CURLM *multi, CURL *easy)
{
  return REAL (curl_multi_add_handle) (multi, easy);
}

CURLMcode
curl_multi_cleanup (CURLM *multi)
{
  return REAL (curl_multi_cleanup) (multi);
}

CURLMsg *
curl_multi_info_read (CURLM *multi, int *left)
{
  return REAL (curl_multi_info_read) (multi, left);
}

CURLM *
curl_multi_init (void)
{
  return REAL (curl_multi_init) ();
}

CURLMcode
curl_multi_perform (CURLM *multi, int *running)
{
  return REAL (curl_multi_perform) (multi, running);
}

CURLMcode
curl_multi_poll (CURLM *multi, struct curl_waitfd fds[], unsigned n, int ms, int *ready)
{
  return REAL (curl_multi_poll) (multi, fds, n, ms, ready);
}

CURLMcode
curl_multi_remove_handle (CURLM *multi, CURL *easy)
{
  return REAL (curl_multi_remove_handle) (multi, easy);
}

CURLMcode
curl_multi_wakeup (CURLM *multi)
{
  return REAL (curl_multi_wakeup) (multi);
}

struct curl_slist *
curl_slist_append (struct curl_slist *list, const char *text)
{
  return REAL (curl_slist_append) (list, text);
}

void
curl_slist_free_all (struct curl_slist *list)
{
  REAL (curl_slist_free_all) (list);
}

CURLU *
curl_url (void)
{
  return REAL (curl_url) ();
}

void
curl_url_cleanup (CURLU *url)
{
  REAL (curl_url_cleanup) (url);
}

CURLUcode
curl_url_get (CURLU *url, CURLUPart what, char **part, unsigned flags)
{
  return REAL (curl_url_get) (url, what, part, flags);
}

CURLUcode
curl_url_set (CURLU *url, CURLUPart what, const char *part, unsigned flags)
{
  return REAL (curl_url_set) (url, what, part, flags);
}

char *
curl_version (void)
{
  return REAL (curl_version) ();
}

/* --- those with an argument of any type -------------------------------------------------------------------------------- */

/* An option's number tells what its argument is: a long, a large number, or some pointer. */
enum { LONGS = CURLOPTTYPE_LONG / 10000, OFFSETS = CURLOPTTYPE_OFF_T / 10000, TYPE = 10000 };

CURLcode
curl_easy_setopt (CURL *easy, CURLoption option, ...)
{
  va_list ap;
  int type = (int) option / TYPE;
  va_start (ap, option);
  CURLcode code = type == LONGS     ? REAL (curl_easy_setopt) (easy, option, va_arg (ap, long))
                  : type == OFFSETS ? REAL (curl_easy_setopt) (easy, option, va_arg (ap, curl_off_t))
                                    : REAL (curl_easy_setopt) (easy, option, va_arg (ap, void *));
  va_end (ap);
  return code;
}

CURLMcode
curl_multi_setopt (CURLM *multi, CURLMoption option, ...)
{
  va_list ap;
  int type = (int) option / TYPE;
  va_start (ap, option);
  CURLMcode code = type == LONGS     ? REAL (curl_multi_setopt) (multi, option, va_arg (ap, long))
                   : type == OFFSETS ? REAL (curl_multi_setopt) (multi, option, va_arg (ap, curl_off_t))
                                     : REAL (curl_multi_setopt) (multi, option, va_arg (ap, void *));
  va_end (ap);
  return code;
}

CURLcode
curl_easy_getinfo (CURL *easy, CURLINFO info, ...)
{
  va_list ap;
  va_start (ap, info);
  CURLcode code = REAL (curl_easy_getinfo) (easy, info, va_arg (ap, void *));
  va_end (ap);
  return code;
}
