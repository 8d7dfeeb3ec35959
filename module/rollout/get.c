#include "rollout/get.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define TOTAL_MS 30000
#define CONNECT_MS 10000

/* One request, which the I/O thread fills in. */
struct get
{
  struct aid_str *out;
  struct aid_got *got;
  struct aid_error error;
  int status;
  int done[2]; /* a pipe: it says that the request is over */
};

/* --- on the I/O thread ----------------------------------------------------------------------------------------------- */

static void
keep (const struct aid_http_reply *r, const char *name, char *out, size_t size)
{
  const char *value = aid_http_header (r, name);
  size_t n = value ? strlen (value) : 0;
  n = n < size ? n : 0;
  memcpy (out, n ? value : "", n);
  out[n] = '\0';
}

static void
on_head (void *user, int status, const struct aid_http_reply *r)
{
  struct get *g = user;
  if (status != 200)
    return;
  keep (r, "etag", g->got->etag, sizeof g->got->etag);
  keep (r, "last-modified", g->got->modified, sizeof g->got->modified);
}

static int
on_body (void *user, struct aid_span bytes)
{
  struct get *g = user;
  return aid_str_addspan (g->out, bytes) != AID_OK;
}

static void
on_done (void *user, const struct aid_http_result *result)
{
  struct get *g = user;
  g->error = result->error;
  g->status = result->status;
  int end = g->done[1]; /* G is the caller's again once it is told */
  ssize_t n = write (end, "", 1);
  (void)n;
  close (end);
}

/* --------------------------------------------------------------------------------------------------------------------- */

static enum aid_err
judge (const struct get *g, const char *url, struct aid_error *e)
{
  if (g->status == 304 && !g->out->len)
    {
      g->got->same = 1;
      return AID_OK;
    }
  if (g->out->err == AID_E_LIMIT || g->error.code == AID_E_LIMIT)
    return aid_error_set (e, AID_E_LIMIT, "%.150s is larger than %zu KB", url, g->out->max >> 10);
  if (g->error.code)
    return aid_error_set (e, g->error.code, "%.120s was not fetched: %.120s", url, g->error.msg);
  return g->out->err ? aid_error_set (e, g->out->err, "There is no memory for %.150s", url) : AID_OK;
}

enum aid_err
aid_get_url (struct aid_net *net, const char *url, const char *ca_file, struct aid_got *got, struct aid_str *out,
             struct aid_error *e)
{
  static const struct aid_http_handler handler = { .on_head = on_head, .on_body = on_body, .on_done = on_done };
  struct aid_http_header headers[2];
  size_t n = 0;
  struct get g = { .out = out, .got = got };
  uint64_t id;
  char byte;
  if (aid_net_load (e))
    return AID_E_IO;
  if (!aid_url_ok (url) || (!aid_span_starts (aid_span_z (url), "https://") && !aid_url_is_local (url)))
    return aid_error_set (e, AID_E_REFUSED, "%.150s is no https address", url);
  if (got->etag[0])
    headers[n++] = (struct aid_http_header){ "If-None-Match", got->etag };
  else if (got->modified[0])
    headers[n++] = (struct aid_http_header){ "If-Modified-Since", got->modified };
  if (pipe2 (g.done, O_CLOEXEC))
    return aid_error_set (e, AID_E_IO, "There is no pipe to fetch a file: %s", strerror (errno));
  struct aid_http_request req = { .method = "GET",
                                  .url = url,
                                  .headers = headers,
                                  .nheaders = n,
                                  .connect_ms = CONNECT_MS,
                                  .stall_ms = CONNECT_MS,
                                  .total_ms = TOTAL_MS,
                                  .retries = 1,
                                  .ca_file = ca_file,
                                  .body_limit = out->max };
  got->same = 0;
  enum aid_err err = aid_http_start (net, &req, &handler, &g, &id, e);
  if (err)
    close (g.done[1]);
  else
    while (read (g.done[0], &byte, 1) < 0 && errno == EINTR)
      ;
  close (g.done[0]);
  return err ? err : judge (&g, url, e);
}
