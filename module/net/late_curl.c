/* libcurl when it is wanted: it comes with thirty libraries of its own, whose loading takes longer than opening a chat and than
   most of the command's work, and neither asks anything of a network.  So nothing is linked with it: these functions stand for
   those of libcurl that are called here, and load it at the first call.  Where it cannot be loaded they fail as libcurl's own do;
   `aid_net_load' says why.  A function that is missing here is missing when the core is linked. */
#define CURL_DISABLE_TYPECHECK
#define curl_url_get declared_curl_url_get      /* its URL is const in some versions and not in others */
#include "net/net_internal.h"
#undef curl_url_get

#include "base/late.h"

#include <stdarg.h>

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

#define FUNCTIONS(X) \
  X (curl_easy_cleanup) X (curl_easy_getinfo) X (curl_easy_init) X (curl_easy_setopt) X (curl_easy_strerror) \
  X (curl_free) X (curl_getdate) X (curl_global_init) X (curl_multi_add_handle) X (curl_multi_cleanup) \
  X (curl_multi_info_read) X (curl_multi_init) X (curl_multi_perform) X (curl_multi_poll) X (curl_multi_remove_handle) \
  X (curl_multi_setopt) X (curl_multi_wakeup) X (curl_slist_append) X (curl_slist_free_all) X (curl_url) \
  X (curl_url_cleanup) X (curl_url_get) X (curl_url_set) X (curl_version)

#define MEMBER(name) __typeof__ (&(name)) (name);
static struct functions
{
  FUNCTIONS (MEMBER)
} real;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool loaded;
static char why_not[AID_LATE_WHY];

static void
load (void)
{
#define FUNCTION(name) { #name, offsetof (struct functions, name) },
  static const struct aid_late all[] = { FUNCTIONS (FUNCTION) };
  loaded = !aid_late_load (LIBRARY, all, sizeof all / sizeof *all, &real, why_not);
}

static bool
is_here (void)
{
  pthread_once (&once, load);
  return loaded;
}

enum aid_err
aid_net_load (struct aid_error *e)
{
  return is_here () ? AID_OK : aid_error_set (e, AID_E_IO, "libcurl, which talks to models, cannot be loaded: %s", why_not);
}

/* --- the functions ---------------------------------------------------------------------------------------------------- */

void
curl_easy_cleanup (CURL *easy)
{
  if (is_here ())
    real.curl_easy_cleanup (easy);
}

CURL *
curl_easy_init (void)
{
  return is_here () ? real.curl_easy_init () : NULL;
}

const char *
curl_easy_strerror (CURLcode code)
{
  return is_here () ? real.curl_easy_strerror (code) : "libcurl is missing";
}

void
curl_free (void *mem)
{
  if (is_here ())
    real.curl_free (mem);
}

time_t
curl_getdate (const char *date, const time_t *unused)
{
  return is_here () ? real.curl_getdate (date, unused) : -1;
}

CURLcode
curl_global_init (long flags)
{
  return is_here () ? real.curl_global_init (flags) : CURLE_FAILED_INIT;
}

CURLMcode
curl_multi_add_handle (CURLM *multi, CURL *easy)
{
  return is_here () ? real.curl_multi_add_handle (multi, easy) : CURLM_BAD_HANDLE;
}

CURLMcode
curl_multi_cleanup (CURLM *multi)
{
  return is_here () ? real.curl_multi_cleanup (multi) : CURLM_BAD_HANDLE;
}

CURLMsg *
curl_multi_info_read (CURLM *multi, int *left)
{
  return is_here () ? real.curl_multi_info_read (multi, left) : NULL;
}

CURLM *
curl_multi_init (void)
{
  return is_here () ? real.curl_multi_init () : NULL;
}

CURLMcode
curl_multi_perform (CURLM *multi, int *running)
{
  return is_here () ? real.curl_multi_perform (multi, running) : CURLM_BAD_HANDLE;
}

CURLMcode
curl_multi_poll (CURLM *multi, struct curl_waitfd fds[], unsigned n, int ms, int *ready)
{
  return is_here () ? real.curl_multi_poll (multi, fds, n, ms, ready) : CURLM_BAD_HANDLE;
}

CURLMcode
curl_multi_remove_handle (CURLM *multi, CURL *easy)
{
  return is_here () ? real.curl_multi_remove_handle (multi, easy) : CURLM_BAD_HANDLE;
}

CURLMcode
curl_multi_wakeup (CURLM *multi)
{
  return is_here () ? real.curl_multi_wakeup (multi) : CURLM_BAD_HANDLE;
}

struct curl_slist *
curl_slist_append (struct curl_slist *list, const char *text)
{
  return is_here () ? real.curl_slist_append (list, text) : NULL;
}

void
curl_slist_free_all (struct curl_slist *list)
{
  if (is_here ())
    real.curl_slist_free_all (list);
}

CURLU *
curl_url (void)
{
  return is_here () ? real.curl_url () : NULL;
}

void
curl_url_cleanup (CURLU *url)
{
  if (is_here ())
    real.curl_url_cleanup (url);
}

CURLUcode
curl_url_get (CURLU *url, CURLUPart what, char **part, unsigned flags)
{
  return is_here () ? real.curl_url_get (url, what, part, flags) : CURLUE_OUT_OF_MEMORY;
}

CURLUcode
curl_url_set (CURLU *url, CURLUPart what, const char *part, unsigned flags)
{
  return is_here () ? real.curl_url_set (url, what, part, flags) : CURLUE_OUT_OF_MEMORY;
}

char *
curl_version (void)
{
  static char missing[] = "no libcurl";
  return is_here () ? real.curl_version () : missing;
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
  CURLcode code = !is_here ()         ? CURLE_FAILED_INIT
                  : type == LONGS   ? real.curl_easy_setopt (easy, option, va_arg (ap, long))
                  : type == OFFSETS ? real.curl_easy_setopt (easy, option, va_arg (ap, curl_off_t))
                                    : real.curl_easy_setopt (easy, option, va_arg (ap, void *));
  va_end (ap);
  return code;
}

CURLMcode
curl_multi_setopt (CURLM *multi, CURLMoption option, ...)
{
  va_list ap;
  int type = (int) option / TYPE;
  va_start (ap, option);
  CURLMcode code = !is_here ()         ? CURLM_BAD_HANDLE
                   : type == LONGS   ? real.curl_multi_setopt (multi, option, va_arg (ap, long))
                   : type == OFFSETS ? real.curl_multi_setopt (multi, option, va_arg (ap, curl_off_t))
                                     : real.curl_multi_setopt (multi, option, va_arg (ap, void *));
  va_end (ap);
  return code;
}

CURLcode
curl_easy_getinfo (CURL *easy, CURLINFO info, ...)
{
  va_list ap;
  va_start (ap, info);
  CURLcode code = is_here () ? real.curl_easy_getinfo (easy, info, va_arg (ap, void *)) : CURLE_FAILED_INIT;
  va_end (ap);
  return code;
}
