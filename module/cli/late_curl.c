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

#define EACH(do_with) \
  do_with (curl_easy_cleanup) do_with (curl_easy_getinfo) do_with (curl_easy_init) do_with (curl_easy_setopt) \
  do_with (curl_easy_strerror) do_with (curl_free) do_with (curl_getdate) do_with (curl_global_init) \
  do_with (curl_multi_add_handle) do_with (curl_multi_cleanup) do_with (curl_multi_info_read) do_with (curl_multi_init) \
  do_with (curl_multi_perform) do_with (curl_multi_poll) do_with (curl_multi_remove_handle) do_with (curl_multi_setopt) \
  do_with (curl_multi_wakeup) do_with (curl_slist_append) do_with (curl_slist_free_all) do_with (curl_url) \
  do_with (curl_url_cleanup) do_with (curl_url_get) do_with (curl_url_set) do_with (curl_version)

/* --- loading ---------------------------------------------------------------------------------------------------------- */

CURLUcode curl_url_get (CURLU *url, CURLUPart what, char **part, unsigned flags);

static struct
{
#define FIELD(name) __typeof__ (&name) name;
  EACH (FIELD)
} real;

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
load (void)
{
  void *library = dlopen (LIBRARY, RTLD_NOW | RTLD_LOCAL);
  const char *missing = library ? NULL : LIBRARY;

#define FIND(name) \
  if (!missing && !(real.name = (__typeof__ (&name)) dlsym (library, #name))) \
    missing = #name;
  EACH (FIND)
  if (!missing)
    return;
  fprintf (stderr, "aid: cannot load libcurl, which talks to models: %s; install libcurl\n", dlerror ());
  exit (EXIT_FAILURE);
}

#define REAL(name) (pthread_once (&once, load), real.name)

/* --- the functions ---------------------------------------------------------------------------------------------------- */

#define STAND_FOR(type, name, params, args) \
  type name params \
  { \
    return REAL (name) args; \
  }

STAND_FOR (void, curl_easy_cleanup, (CURL *easy), (easy))
STAND_FOR (CURL *, curl_easy_init, (void), ())
STAND_FOR (const char *, curl_easy_strerror, (CURLcode code), (code))
STAND_FOR (void, curl_free, (void *mem), (mem))
STAND_FOR (time_t, curl_getdate, (const char *date, const time_t *unused), (date, unused))
STAND_FOR (CURLcode, curl_global_init, (long flags), (flags))
STAND_FOR (CURLMcode, curl_multi_add_handle, (CURLM *multi, CURL *easy), (multi, easy))
STAND_FOR (CURLMcode, curl_multi_cleanup, (CURLM *multi), (multi))
STAND_FOR (CURLMsg *, curl_multi_info_read, (CURLM *multi, int *left), (multi, left))
STAND_FOR (CURLM *, curl_multi_init, (void), ())
STAND_FOR (CURLMcode, curl_multi_perform, (CURLM *multi, int *running), (multi, running))
STAND_FOR (CURLMcode, curl_multi_poll, (CURLM *multi, struct curl_waitfd fds[], unsigned n, int ms, int *ready),
           (multi, fds, n, ms, ready))
STAND_FOR (CURLMcode, curl_multi_remove_handle, (CURLM *multi, CURL *easy), (multi, easy))
STAND_FOR (CURLMcode, curl_multi_wakeup, (CURLM *multi), (multi))
STAND_FOR (struct curl_slist *, curl_slist_append, (struct curl_slist *list, const char *text), (list, text))
STAND_FOR (void, curl_slist_free_all, (struct curl_slist *list), (list))
STAND_FOR (CURLU *, curl_url, (void), ())
STAND_FOR (void, curl_url_cleanup, (CURLU *url), (url))
STAND_FOR (CURLUcode, curl_url_get, (CURLU *url, CURLUPart what, char **part, unsigned flags), (url, what, part, flags))
STAND_FOR (CURLUcode, curl_url_set, (CURLU *url, CURLUPart what, const char *part, unsigned flags), (url, what, part, flags))
STAND_FOR (char *, curl_version, (void), ())

/* An option's number tells what its argument is: a long, a large number, or some pointer. */
enum { LONGS = CURLOPTTYPE_LONG / 10000, OFFSETS = CURLOPTTYPE_OFF_T / 10000, TYPE = 10000 };

#define PASS(call, ap) \
  ((int) option / TYPE == LONGS ? call (handle, option, va_arg (ap, long)) \
   : (int) option / TYPE == OFFSETS ? call (handle, option, va_arg (ap, curl_off_t)) \
   : call (handle, option, va_arg (ap, void *)))

CURLcode
curl_easy_setopt (CURL *handle, CURLoption option, ...)
{
  va_list ap;
  va_start (ap, option);
  CURLcode code = PASS (REAL (curl_easy_setopt), ap);
  va_end (ap);
  return code;
}

CURLMcode
curl_multi_setopt (CURLM *handle, CURLMoption option, ...)
{
  va_list ap;
  va_start (ap, option);
  CURLMcode code = PASS (REAL (curl_multi_setopt), ap);
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
