/* The I/O thread posts; who waits for it sleeps until that is done or everything is to stop. */
#include "export/post.h"
#include "export/gzip.h"
#include "base/stop.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#define ANSWER_MAX (256u << 10)
#define HEADERS_MAX 40

/* Read by the waiting thread after DONE is set, which the I/O thread does last. */
struct posting
{
  struct aid_stop *done;
  pthread_mutex_t setting; /* held while DONE is set: until then it may not be freed */
  struct aid_str body;
  char type[64];
  int status;
  int64_t wait_ms;
  struct aid_error error;
};

static void
on_head (void *user, int status, const struct aid_http_reply *reply)
{
  struct posting *p = user;
  const char *type = aid_http_header (reply, "content-type");
  (void)status;
  for (size_t i = 0; type && type[i] && i + 1 < sizeof p->type; i++)
    p->type[i] = type[i];
}

static int
on_body (void *user, struct aid_span bytes)
{
  struct posting *p = user;
  aid_str_addspan (&p->body, bytes);
  return 0;
}

static void
on_done (void *user, const struct aid_http_result *r)
{
  struct posting *p = user;
  p->status = r->status;
  p->error = r->error;
  p->wait_ms = r->retry_after_ms;
  if (r->status >= 300)
    {
      aid_str_clear (&p->body);
      aid_str_addspan (&p->body, r->body);
    }
  pthread_mutex_lock (&p->setting);
  aid_stop_set (p->done);
  pthread_mutex_unlock (&p->setting);
}

static const struct aid_http_handler handler = { on_head, on_body, NULL, NULL, on_done };

/* Until P is done; cancels request ID when STOP is set before. */
static void
wait_for (struct posting *p, struct aid_net *net, uint64_t id, const struct aid_stop *stop)
{
  int cancelled = 0;
  while (!aid_stop_is_set (p->done))
    {
      struct pollfd fds[2] = { { aid_stop_fd (p->done), POLLIN, 0 }, { cancelled ? -1 : aid_stop_fd (stop), POLLIN, 0 } };
      poll (fds, 2, -1);
      if (!cancelled && aid_stop_is_set (stop))
        {
          cancelled = 1;
          aid_http_cancel (net, id);
        }
    }
  pthread_mutex_lock (&p->setting);
  pthread_mutex_unlock (&p->setting);
}

static enum aid_err
start (struct aid_net *net, const struct aid_export_signal *signal, struct aid_span body, struct posting *p, uint64_t *id,
       struct aid_error *e)
{
  struct aid_http_header headers[HEADERS_MAX] = { { "Content-Type", "application/json" } };
  size_t n = 1;
  if (signal->gzip)
    headers[n++] = (struct aid_http_header){ "Content-Encoding", "gzip" };
  for (size_t i = 0; i < signal->headers.len && n < HEADERS_MAX; i++)
    {
      const struct aid_export_header *h = &AID_VEC_AT (struct aid_export_header, &signal->headers, i);
      if (h->value)
        headers[n++] = (struct aid_http_header){ h->name, h->value };
    }
  struct aid_http_request r = { .method = "POST",
                                .url = signal->url,
                                .headers = headers,
                                .nheaders = n,
                                .body = body,
                                .connect_ms = signal->timeout_ms,
                                .stall_ms = signal->timeout_ms,
                                .total_ms = signal->timeout_ms,
                                .retries = 0,
                                .ca_file = signal->ca_file,
                                .client_cert = signal->client_cert,
                                .client_key = signal->client_key,
                                .body_limit = ANSWER_MAX };
  return aid_http_start (net, &r, &handler, p, id, e);
}

enum aid_err
aid_post (struct aid_net *net, const struct aid_export_signal *signal, struct aid_span body, const struct aid_stop *stop,
          struct aid_post_answer *out, struct aid_error *e)
{
  struct posting p = { .done = aid_stop_new (e), .body = AID_STR_INIT (ANSWER_MAX), .wait_ms = -1 };
  struct aid_str packed = AID_STR_INIT (body.len + 4096);
  uint64_t id;
  pthread_mutex_init (&p.setting, NULL);
  enum aid_err err = !p.done ? AID_E_IO : signal->gzip ? aid_gzip (body, &packed, e) : AID_OK;
  if (!err && aid_stop_is_set (stop))
    err = aid_error_set (e, AID_E_CANCELLED, "Stopped");
  if (!err && !(err = start (net, signal, signal->gzip ? aid_str_span (&packed) : body, &p, &id, e)))
    {
      wait_for (&p, net, id, stop);
      aid_answer_judge (p.status, p.type, aid_str_span (&p.body), &p.error, &out->told);
      out->wait_ms = p.wait_ms;
      if (p.error.code == AID_E_CANCELLED)
        err = aid_error_set (e, AID_E_CANCELLED, "Stopped");
    }
  aid_stop_free (p.done);
  pthread_mutex_destroy (&p.setting);
  aid_str_free (&p.body);
  aid_str_free (&packed);
  return err;
}
