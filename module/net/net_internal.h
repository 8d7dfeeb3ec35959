/* What the files of net/ share: the I/O thread's state, its timers, and one request.  */
#ifndef AID_NET_INTERNAL_H
#define AID_NET_INTERNAL_H

#include "net/http.h"
#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>

#define AID_NET_REQUESTS_MAX 1024        /* live at once */
#define AID_NET_LATER_MAX 10000          /* waiting at once */
#define AID_HTTP_REFUSAL_MAX (64u << 10) /* bytes kept of a refused answer's body */

/* --- timers.c: a sorted list; nothing is allocated, so setting one cannot fail --------------------------------------- */

struct aid_timer
{
  struct aid_timer *prev, *next;
  int64_t due_us;
  bool set;
  void (*fire) (void *owner);
  void *owner;
};

struct aid_timers
{
  struct aid_timer *first, *last;
};

/* Sets or moves T.  Equal times keep the order in which they were set.  */
void aid_timer_set (struct aid_timers *list, struct aid_timer *t, int64_t due_us);
void aid_timer_unset (struct aid_timers *list, struct aid_timer *t);
/* Fires what is due at NOW_US.  */
void aid_timers_run (struct aid_timers *list, int64_t now_us);
/* Milliseconds from NOW_US to the first, rounded up, between 0 and MOST.  */
int aid_timers_wait_ms (const struct aid_timers *list, int64_t now_us, int most);

/* --- net.c: the I/O thread ------------------------------------------------------------------------------------------- */

struct aid_request;
struct aid_later;

struct aid_net
{
  unsigned long thread;
  atomic_uint abandoned;
  pthread_mutex_t lock;
  pthread_cond_t woken; /* for the I/O thread where it has no libcurl to sleep in */

  CURLM *multi; /* written under the lock by the I/O thread, which reads it without */

  /* Under the lock.  A request is in `live' from its start until its on_done is about to run; those that the I/O
     thread has not seen yet are chained in `starts' too.  */
  struct aid_request *live;
  unsigned nlive;
  struct aid_request *starts, *starts_last;
  struct aid_later *laters, *laters_last;
  unsigned nlaters;    /* those in `laters' and those in `timers' */
  bool some_cancelled; /* a live request's flag was set since the I/O thread looked */
  bool stopping;
  uint64_t last_id;
  char reason[160]; /* of stopping, or empty */

  /* The I/O thread's.  */
  struct aid_timers timers;
  struct aid_error broken; /* why there is no `multi' */
};

/* Makes the I/O thread see R (takes it on success; *ID is written before anything can be called).  AID_E_STATE or
   AID_E_LIMIT.  */
enum aid_err aid_net_add (struct aid_net *net, struct aid_request *r, uint64_t *id, struct aid_error *e);
/* Loads and starts libcurl, once: what transfers take.  AID_E_IO: it is not there, or too old.  */
enum aid_err aid_curl_begin (struct aid_error *e);
/* On the I/O thread: R is over.  */
void aid_net_remove (struct aid_net *net, struct aid_request *r);

/* --- one request ----------------------------------------------------------------------------------------------------- */

struct aid_http_reply
{
  struct aid_str lines; /* "Name: value", NUL, ... with the first colon turned into a NUL */
};

enum aid_request_state
{
  AID_REQUEST_QUEUED,
  AID_REQUEST_RUNNING, /* its easy handle is in the multi handle */
  AID_REQUEST_WAITING  /* between two attempts */
};

struct aid_request
{
  struct aid_net *net;
  uint64_t id;
  struct aid_request *prev, *next; /* in net->live, under its lock */
  struct aid_request *chain;       /* in net->starts, under its lock; then the I/O thread's */
  struct aid_request *stopped;     /* the next cancelled one, on the I/O thread */
  atomic_bool cancelled;

  /* Set before the I/O thread sees the request, then constant.  */
  struct aid_http_handler handler;
  void *user;
  CURL *easy;
  struct curl_slist *headers;
  char *where; /* "host" or "host:port", for messages */
  char *proxy; /* the same of the proxy, or NULL */
  const char *proxy_from; /* who says so: a setting, a variable */
  bool proxy_signed_in;   /* with a name and a password */
  bool client_cert;       /* one was given */
  bool public_only;
  uint32_t connect_ms, stall_ms, total_ms;
  unsigned retries;
  size_t body_limit;

  /* The I/O thread's.  */
  enum aid_request_state state;
  struct aid_timer watch; /* the next look at the clocks, or the end of a wait */
  int64_t deadline_us;
  unsigned attempt;
  bool head_told;

  /* One attempt's.  */
  int64_t begun_us, heard_us;
  curl_off_t sent;
  bool resolving;  /* a name lookup was begun */
  bool kept_out;   /* an address was not connected to, for it is private */
  int status;      /* of the final answer, 0 before its head is complete */
  size_t received; /* bytes of a good answer's body */
  struct aid_http_reply reply;
  struct aid_str refusal; /* body of a refused answer */
  struct aid_error why;   /* a callback ended the transfer */
  char curl_says[CURL_ERROR_SIZE];
};

/* http.c, called by the I/O thread without its lock.  */
void aid_request_begin (struct aid_request *r);
void aid_request_ended (struct aid_request *r, CURLcode code);
/* Ends R now with AID_E_CANCELLED, whatever it is doing, and frees it.  */
void aid_request_cancel (struct aid_request *r, const char *reason);

/* http_answer.c: libcurl's callbacks.  */
size_t aid_answer_header (char *bytes, size_t one, size_t n, void *request);
size_t aid_answer_body (char *bytes, size_t one, size_t n, void *request);
void aid_answer_reset (struct aid_request *r);
void aid_answer_tell_head (struct aid_request *r);
static inline bool
aid_answer_refused (const struct aid_request *r)
{
  return r->status >= 300;
}

/* http_easy.c: R is given up.  Over HTTP/2 libcurl tells the server by a frame that it sends with whatever it next sends on the
   connection: which may be never, while the server goes on (and the person pays).  So a connection that nobody else uses is
   closed with R; another stream's next frame takes the word along.  */
void aid_easy_give_up (struct aid_request *r);
/* http_easy.c: makes r->easy and r->headers from REQ.  On failure the caller frees what there is.  */
enum aid_err aid_easy_make (struct aid_request *r, const struct aid_http_request *req, struct aid_error *e);

/* http_error.c.  */
void aid_http_explain (const struct aid_request *r, CURLcode code, struct aid_error *e);
/* Whether another attempt would meet the same refusal, of a proxy or of our certificate.  */
bool aid_http_is_settled (const struct aid_request *r);
void aid_http_explain_refusal (const struct aid_request *r, struct aid_error *e);

/* http_retry.c: the rules of the official clients.  */
bool aid_retry_transport (CURLcode code);
bool aid_retry_status (int status, const struct aid_http_reply *reply);
/* Milliseconds that REPLY asks to wait, a day at most; -1: it asks for none.  */
int64_t aid_retry_asked_ms (const struct aid_http_reply *reply, int64_t wall_ms);
/* Milliseconds to wait after attempt ATTEMPT (1, 2, ...) failed; REPLY may be empty.  RANDOM is any number: it spreads
   the wait.  */
uint32_t aid_retry_wait_ms (unsigned attempt, const struct aid_http_reply *reply, int64_t wall_ms, uint32_t random);

/* url.c: "host" or "host:port" of URL (free with free), or NULL.  */
char *aid_url_where (const char *url);
/* Whether the address is this machine's, a private network's, or one that means no other machine.  */
bool aid_address_is_private (const struct sockaddr *a);
/* The same of a host that is written as an address; false for a name.  */
bool aid_host_is_private (const char *host);
/* "host:port" of a proxy's address, which may lack its scheme and hold a password (free with free), or NULL when it cannot be
   read.  *SIGNED_IN: it holds a name.  */
char *aid_url_proxy (const char *address, bool *signed_in);

/* proxy.c: the address of the proxy for REQ, or ""; *FROM is who says so, for messages.  Borrowed from REQ or the
   environment.  */
const char *aid_proxy_choose (const struct aid_http_request *req, const char **from);

#endif
