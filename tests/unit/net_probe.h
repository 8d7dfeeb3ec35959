/* A reader of one request for tests: it writes down what the callbacks say, and a test waits for it.  Callbacks run on
   the I/O thread, where nothing may be asserted.  */
#ifndef AID_NET_PROBE_H
#define AID_NET_PROBE_H

#include "net/http.h"
#include <pthread.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#define PROBE_PATIENCE_S 60

struct probe
{
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct aid_net *net;
  uint64_t id;
  /* The test's wishes.  */
  int stop_at_body; /* on_body gives non-zero from this call on */
  int cancel_at_head, cancel_at_body, cancel_at_retry;
  int veto; /* may_retry says no */
  const char *want_header;
  /* Under the lock.  */
  char calls[256]; /* "head:200 body retry:1 asked:400 done " */
  struct aid_str body, refusal;
  char header[64]; /* the value of want_header in on_head */
  int bodies, dones;
  unsigned retries;
  uint32_t wait_ms;
  struct aid_error why;
  struct aid_http_result result;
};

static inline void
probe_init (struct probe *p, struct aid_net *net)
{
  memset (p, 0, sizeof *p);
  pthread_mutex_init (&p->lock, NULL);
  pthread_cond_init (&p->changed, NULL);
  p->net = net;
  aid_str_init (&p->body, (size_t) 256 << 20);
  aid_str_init (&p->refusal, 1 << 20);
}

static inline void
probe_free (struct probe *p)
{
  aid_str_free (&p->body);
  aid_str_free (&p->refusal);
  pthread_cond_destroy (&p->changed);
  pthread_mutex_destroy (&p->lock);
}

/* Under the lock.  */
static inline void
probe_call (struct probe *p, const char *word)
{
  size_t n = strlen (p->calls), more = strlen (word);
  if (n + more + 2 < sizeof p->calls)
    {
      memcpy (p->calls + n, word, more);
      p->calls[n + more] = ' ';
    }
  pthread_cond_broadcast (&p->changed);
}

static inline void
probe_on_head (void *user, int status, const struct aid_http_reply *reply)
{
  struct probe *p = user;
  char word[32];
  const char *value = p->want_header ? aid_http_header (reply, p->want_header) : NULL;
  pthread_mutex_lock (&p->lock);
  snprintf (word, sizeof word, "head:%d", status);
  probe_call (p, word);
  snprintf (p->header, sizeof p->header, "%s", value ? value : "(none)");
  pthread_mutex_unlock (&p->lock);
  if (p->cancel_at_head)
    aid_http_cancel (p->net, p->id);
}

static inline int
probe_on_body (void *user, struct aid_span bytes)
{
  struct probe *p = user;
  pthread_mutex_lock (&p->lock);
  if (p->bodies++ == 0)
    probe_call (p, "body");
  aid_str_addspan (&p->body, bytes);
  int stop = p->stop_at_body && p->bodies >= p->stop_at_body;
  pthread_cond_broadcast (&p->changed);
  pthread_mutex_unlock (&p->lock);
  if (p->cancel_at_body)
    aid_http_cancel (p->net, p->id);
  return stop;
}

static inline void
probe_on_retry (void *user, int attempt, uint32_t wait_ms, const struct aid_error *why)
{
  struct probe *p = user;
  char word[32];
  pthread_mutex_lock (&p->lock);
  snprintf (word, sizeof word, "retry:%d", attempt);
  probe_call (p, word);
  p->retries++;
  p->wait_ms = wait_ms;
  p->why = *why;
  pthread_mutex_unlock (&p->lock);
  if (p->cancel_at_retry)
    aid_http_cancel (p->net, p->id);
}

static inline int
probe_may_retry (void *user, int status, struct aid_span body)
{
  struct probe *p = user;
  char word[32];
  pthread_mutex_lock (&p->lock);
  snprintf (word, sizeof word, "asked:%d", status);
  probe_call (p, word);
  aid_str_clear (&p->refusal);
  aid_str_addspan (&p->refusal, body);
  pthread_mutex_unlock (&p->lock);
  return !p->veto;
}

static inline void
probe_on_done (void *user, const struct aid_http_result *result)
{
  struct probe *p = user;
  pthread_mutex_lock (&p->lock);
  p->result = *result;
  aid_str_clear (&p->refusal);
  aid_str_addspan (&p->refusal, result->body);
  p->dones++;
  probe_call (p, "done");
  pthread_mutex_unlock (&p->lock);
}

static inline void
probe_start (struct probe *p, const struct aid_http_request *req)
{
  static const struct aid_http_handler handler
    = { probe_on_head, probe_on_body, probe_on_retry, probe_may_retry, probe_on_done };
  struct aid_error e = { AID_OK, "" };
  if (aid_http_start (p->net, req, &handler, p, &p->id, &e) != AID_OK)
    fail_msg ("the request did not start: %s", e.msg);
  assert_true (p->id != 0);
}

/* Waits until *COUNT is at least N.  */
static inline void
probe_until (struct probe *p, const size_t *bytes, const int *dones, const unsigned *retries, size_t n)
{
  struct timespec end;
  int late = 0;
  clock_gettime (CLOCK_REALTIME, &end);
  end.tv_sec += PROBE_PATIENCE_S;
  pthread_mutex_lock (&p->lock);
  while (!late && ((bytes && *bytes < n) || (dones && (size_t) *dones < n) || (retries && *retries < n)))
    late = pthread_cond_timedwait (&p->changed, &p->lock, &end) != 0;
  pthread_mutex_unlock (&p->lock);
  if (late)
    fail_msg ("waited in vain; so far: %s", p->calls);
}

static inline void
probe_wait_done (struct probe *p)
{
  probe_until (p, NULL, &p->dones, NULL, 1);
}

static inline void
probe_wait_body (struct probe *p, size_t bytes)
{
  probe_until (p, &p->body.len, NULL, NULL, bytes);
}

static inline void
probe_wait_retry (struct probe *p, unsigned n)
{
  probe_until (p, NULL, NULL, &p->retries, n);
}

/* Runs one request to its end.  */
static inline void
probe_run (struct probe *p, struct aid_net *net, const struct aid_http_request *req)
{
  probe_init (p, net);
  probe_start (p, req);
  probe_wait_done (p);
}

static inline struct aid_net *
probe_net (void)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_net *net = aid_net_new (&e);
  if (!net)
    fail_msg ("no net: %s", e.msg);
  return net;
}

#endif
