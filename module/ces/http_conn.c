/* Connections: libmicrohttpd reads heads and bodies and writes replies, on its own threads; here is what it calls.  A request
   with something to be done is suspended until that is done; meanwhile the queue has it. */
#include "ces/http_internal.h"
#include "ces/mhd.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/hash.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/resource.h>

#define IDLE_S 60u     /* a connection on which nothing moves is ended */
#define BODY_MS 120000 /* in which a whole body must come */
#define CONNECTIONS 1024u
#define HEAD_MAX (size_t) (32 << 10)
#define READERS 2u
#define BUSY_RETRY_S 1

/* --- replies ---------------------------------------------------------------------------------------------------------- */

static enum MHD_Result
reply (struct aid_ces_request *x, const char *allow)
{
  const struct aid_mhd *m = x->http->mhd;
  if (x->reply.err || !x->status)
    {
      aid_str_free (&x->reply);
      x->status = 503;
      aid_str_addz (&x->reply, "{\"error\":{\"code\":\"nomem\",\"message\":\"there is no memory\"}}");
    }
  struct MHD_Response *r
    = m->MHD_create_response_from_buffer (x->reply.len, x->reply.ptr ? x->reply.ptr : (char *)x, MHD_RESPMEM_PERSISTENT);
  if (!r)
    return MHD_NO;
  m->MHD_add_response_header (r, "Content-Type", x->type);
  m->MHD_add_response_header (r, "Cache-Control", "no-store");
  if (x->retry)
    {
      char seconds[16];
      snprintf (seconds, sizeof seconds, "%d", x->retry);
      m->MHD_add_response_header (r, "Retry-After", seconds);
    }
  if (x->status == 401)
    m->MHD_add_response_header (r, "WWW-Authenticate", "Bearer");
  if (allow)
    m->MHD_add_response_header (r, "Allow", allow);
  atomic_fetch_add (&x->http->counts.replies[x->status / 100 % 6], 1);
  x->state = AID_REQUEST_ANSWERED;
  enum MHD_Result result = m->MHD_queue_response (x->connection, (unsigned)x->status, r);
  m->MHD_destroy_response (r);
  return result;
}

/* --- who may ---------------------------------------------------------------------------------------------------------- */

/* Compares in a time that tells nothing of where they differ. */
static int
same_secret (struct aid_span a, const char *token)
{
  size_t n = strlen (token);
  unsigned differ = a.len != n;
  for (size_t i = 0; i < a.len; i++)
    differ |= (unsigned)(unsigned char)a.ptr[i] ^ (unsigned)(unsigned char)token[n ? i % n : 0];
  return !differ;
}

/* "Bearer TOKEN", or the password of "Basic": that is what a client sends whose URL is http://any:TOKEN@host. */
static int
has_token (const char *header, const char *token)
{
  struct aid_span v = aid_span_z (header);
  struct aid_str plain = AID_STR_INIT (4096);
  int has = 0;
  if (v.len > 7 && !strncasecmp (v.ptr, "Bearer ", 7))
    has = same_secret (aid_span_trim (aid_span_cut (v, 7, v.len)), token);
  else if (v.len > 6 && !strncasecmp (v.ptr, "Basic ", 6)
           && !aid_base64_read (aid_span_trim (aid_span_cut (v, 6, v.len)), &plain))
    {
      struct aid_span all = aid_str_span (&plain);
      ptrdiff_t colon = aid_span_find (all, AID_SPAN (":"));
      has = colon >= 0 && same_secret (aid_span_cut (all, (size_t)colon + 1, all.len), token);
    }
  aid_str_free (&plain);
  return has;
}

static const char *
header_of (const struct aid_ces_request *x, const char *name)
{
  return x->http->mhd->MHD_lookup_connection_value (x->connection, MHD_HEADER_KIND, name);
}

/* Whether HOST, of who needs no token, says that we are meant: a page whose name was made to lead to us has that name there. */
static int
is_our_name (struct aid_span host)
{
  struct aid_span name = host;
  if (host.len && host.ptr[0] == '[')
    return 1;
  for (size_t i = 0; i < host.len; i++)
    if (host.ptr[i] == ':')
      name = aid_span_cut (host, 0, i);
  size_t digits = 0;
  while (digits < name.len && strchr ("0123456789.", name.ptr[digits]))
    digits++;
  return digits == name.len || aid_span_eqz (name, "localhost") || aid_span_ends (name, ".localhost");
}

/* Refuses by the head alone: 0, or -1 when it is refused. */
static int
check_head (struct aid_ces_request *x)
{
  const char *length = header_of (x, "Content-Length"), *coding = header_of (x, "Content-Encoding"),
             *transfer = header_of (x, "Transfer-Encoding");
  uint64_t n = 0;
  if (x->http->token && !has_token (header_of (x, "Authorization"), x->http->token))
    aid_ces_request_refuse (x, 401, NULL, "a token is needed: \"Authorization: Bearer TOKEN\"");
  else if (header_of (x, "Origin")) /* a page in somebody's browser, which has no business here */
    aid_ces_request_refuse (x, 403, NULL, "browsers' pages are not answered (the request has an Origin)");
  else if (!x->http->token && !is_our_name (aid_span_z (header_of (x, "Host"))))
    aid_ces_request_refuse (x, 403, NULL, "without a token only 127.0.0.1, [::1] and localhost are answered, by that name");
  else if (coding && strcasecmp (coding, "identity") != 0)
    aid_ces_request_refuse (x, 415, NULL, "the body is compressed, which is not read here");
  else if (transfer && (strcasecmp (transfer, "chunked") != 0 || length))
    aid_ces_request_refuse (x, 400, NULL, "a body is chunked, or has its length: this transfer encoding is not read here");
  else if (length && (aid_span_number (aid_span_z (length), UINT64_MAX / 2, &n) || n > x->http->body_max))
    aid_ces_request_refuse (x, 413, NULL, "the body is larger than %zu bytes", x->http->body_max);
  return x->status ? -1 : 0;
}

/* --- a request -------------------------------------------------------------------------------------------------------- */

static enum MHD_Result
begin (struct aid_ces_http *h, struct MHD_Connection *c, const char *url, const char *method, void **mine)
{
  static const struct aid_route nowhere = { "", "", NULL, NULL, aid_ces_http_refuse_plain, 503 };
  struct aid_ces_request *x = calloc (1, sizeof *x);
  const char *allow = NULL;
  int status = 0;
  if (!x)
    return MHD_NO;
  const struct aid_route *route = aid_route_find (method, url, &status, &allow);
  aid_ces_request_init (x, h, route ? route : &nowhere);
  x->connection = c;
  *mine = x;
  if (check_head (x))
    return reply (x, NULL);
  if (route)
    return MHD_YES;
  aid_ces_request_refuse (x, status, NULL,
                          status == 405 ? "this method is not answered at %.200s" : "there is nothing at %.200s", url);
  return reply (x, allow);
}

/* Takes the next part of the body.  What is too much is read and forgotten, for a reply can only come behind the body. */
static enum MHD_Result
take (struct aid_ces_request *x, const char *data, size_t n)
{
  struct aid_ces_http *h = x->http;
  if (aid_clock_ms () - x->began > BODY_MS)
    return MHD_NO;
  if (x->status)
    return x->body.max > n ? (x->body.max -= n, MHD_YES) : MHD_NO;
  size_t all = atomic_fetch_add (&h->body_bytes, n) + n;
  x->taken += n;
  if (all > h->body_most)
    {
      aid_ces_request_refuse (x, x->route->busy, NULL, "too many requests are being read");
      x->retry = BUSY_RETRY_S;
    }
  else if (aid_str_add (&x->body, data, n))
    aid_ces_request_refuse (x, 413, NULL, "the body is larger than %zu bytes", h->body_max);
  return MHD_YES;
}

/* Bytes of memory that a document's values take, about: many times its own, when they are small. */
static size_t
weight_of (struct aid_span text)
{
  size_t weight = 0;
  int quoted = 0;
  for (size_t i = 0; i < text.len; i++)
    {
      char c = text.ptr[i];
      if (c == '"')
        quoted = !quoted;
      else if (quoted)
        i += c == '\\';
      else
        weight += c == '{' ? 320 : c == '[' ? 128 : c == ',' || c == ':' ? 48 : 0;
    }
  return weight;
}

static void
read_document (struct aid_ces_request *x)
{
  struct aid_ces_http *h = x->http;
  struct aid_error e = { AID_OK, "" };
  struct aid_span text = aid_span_trim (aid_str_span (&x->body));
  size_t weight = weight_of (text), all = atomic_fetch_add (&h->body_bytes, weight) + weight;
  x->taken += weight;
  if (all > h->body_most)
    {
      aid_ces_request_refuse (x, weight > h->body_most ? 413 : x->route->busy, NULL,
                              weight > h->body_most ? "the body has more values than there is memory for"
                                                    : "too many requests are being read");
      x->retry = weight > h->body_most ? 0 : BUSY_RETRY_S;
      return;
    }
  x->document = text.len ? aid_json_parse_python (text, "the body", &e) : json_object ();
  if (!x->document)
    aid_ces_request_refuse (x, 400, NULL, "%s", e.msg[0] ? e.msg : "there is no memory");
  else if (!json_is_object (x->document))
    aid_ces_request_refuse (x, 422, NULL, "the body is no JSON object");
  aid_str_free (&x->body);
}

static void
resume (struct aid_ces_request *x)
{
  x->http->mhd->MHD_resume_connection (x->connection);
}

/* --- a websocket ------------------------------------------------------------------------------------------------------ */

struct upgraded
{
  const struct aid_mhd *mhd;
  struct MHD_UpgradeResponseHandle *handle;
};

static void
end_socket (void *arg)
{
  struct upgraded *u = arg;
  u->mhd->MHD_upgrade_action (u->handle, MHD_UPGRADE_ACTION_CLOSE);
  free (u);
}

static void
begin_socket (void *cls, struct MHD_Connection *c, void *mine, const char *extra, size_t nextra, MHD_socket fd,
              struct MHD_UpgradeResponseHandle *handle)
{
  struct aid_ces_http *h = cls;
  struct upgraded *u = malloc (sizeof *u);
  (void)c;
  (void)mine;
  if (u)
    *u = (struct upgraded){ h->mhd, handle };
  if (!u || aid_ws_begin (h, fd, (struct aid_span){ extra, nextra }, end_socket, u))
    {
      free (u);
      h->mhd->MHD_upgrade_action (handle, MHD_UPGRADE_ACTION_CLOSE);
    }
}

/* The route /ws: refuses what asks for no websocket; else the reply is left to who upgrades. */
void
aid_ces_http_env_socket (struct aid_ces_request *x)
{
  const char *why = NULL;
  int status = 0;
  if (!x->connection)
    status = 400, why = "this is no connection";
  else
    {
      const char *upgrade = header_of (x, "Upgrade"), *version = header_of (x, "Sec-WebSocket-Version");
      struct aid_span key = aid_span_z (header_of (x, "Sec-WebSocket-Key"));
      if (!upgrade || strcasecmp (upgrade, "websocket") != 0 || !version || strcmp (version, "13") != 0 || key.len != 24)
        status = 426, why = "a websocket (version 13) is spoken here";
      else
        status = aid_ws_refuses (x->http, &why);
    }
  if (status)
    aid_ces_request_refuse (x, status, NULL, "%s", why);
}

static enum MHD_Result
upgrade (struct aid_ces_request *x)
{
  const struct aid_mhd *m = x->http->mhd;
  struct MHD_Response *r = m->MHD_create_response_for_upgrade (begin_socket, x->http);
  char accept[AID_WS_ACCEPT];
  if (!r)
    return MHD_NO;
  aid_ws_accept (aid_span_z (header_of (x, "Sec-WebSocket-Key")), accept);
  m->MHD_add_response_header (r, "Upgrade", "websocket");
  m->MHD_add_response_header (r, "Sec-WebSocket-Accept", accept);
  x->state = AID_REQUEST_ANSWERED;
  enum MHD_Result result = m->MHD_queue_response (x->connection, MHD_HTTP_SWITCHING_PROTOCOLS, r);
  m->MHD_destroy_response (r);
  return result;
}

/* --- the whole of it -------------------------------------------------------------------------------------------------- */

/* The request has come as a whole. */
static enum MHD_Result
whole (struct aid_ces_request *x)
{
  struct aid_ces_http *h = x->http;
  if (!x->status && strcmp (x->route->method, "GET") != 0)
    read_document (x);
  if (!x->status)
    {
      x->query = h->mhd->MHD_lookup_connection_value (x->connection, MHD_GET_ARGUMENT_KIND, "episode_id");
      x->route->begin (x);
      x->query = NULL;
    }
  if (!x->status && x->route->begin == aid_ces_http_env_socket)
    return upgrade (x);
  if (!x->status && x->nunits && aid_ces_http_queue_reserve (&h->queue, x->nunits))
    {
      atomic_fetch_add (&h->counts.busy, 1);
      aid_ces_request_refuse (x, x->route->busy, NULL, "there is no room for more evaluations now");
      x->retry = BUSY_RETRY_S;
    }
  if (x->status || !x->nunits)
    {
      if (!x->status)
        x->route->finish (x);
      return reply (x, NULL);
    }
  const union MHD_ConnectionInfo *info = h->mhd->MHD_get_connection_info (x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  x->fd = info ? info->connect_fd : -1;
  x->state = AID_REQUEST_WAITS;
  x->done = resume;
  atomic_fetch_add (&h->answering, 1);
  h->mhd->MHD_suspend_connection (x->connection);
  aid_ces_http_queue_put (h, x);
  return MHD_YES;
}

void
aid_ces_http_finish (struct aid_ces_request *x)
{
  const struct aid_unit *lost = NULL;
  for (size_t i = 0; i < x->nunits && !lost; i++)
    if (x->units[i].error.code == AID_E_STATE || x->units[i].error.code == AID_E_CANCELLED)
      lost = &x->units[i];
  if (lost)
    {
      aid_ces_request_refuse (x, 503, NULL, "%s", lost->error.msg[0] ? lost->error.msg : "the evaluation was stopped");
      x->retry = BUSY_RETRY_S;
    }
  else
    x->route->finish (x);
}

static enum MHD_Result
finish (struct aid_ces_request *x)
{
  aid_ces_http_finish (x);
  return reply (x, NULL);
}

static enum MHD_Result
handle (void *cls, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *data,
        size_t *n, void **mine)
{
  struct aid_ces_request *x = *mine;
  (void)version;
  if (!x)
    return begin (cls, c, url, method, mine);
  if (x->state == AID_REQUEST_WAITS)
    return finish (x);
  if (x->state == AID_REQUEST_ANSWERED)
    return MHD_YES;
  if (!*n)
    return whole (x);
  enum MHD_Result result = take (x, data, *n);
  *n = 0;
  return result;
}

static void
completed (void *cls, struct MHD_Connection *c, void **mine, enum MHD_RequestTerminationCode why)
{
  struct aid_ces_http *h = cls;
  struct aid_ces_request *x = *mine;
  (void)c;
  (void)why;
  if (!x)
    return;
  int answered = x->serial != 0;
  atomic_fetch_sub (&h->body_bytes, x->taken);
  aid_ces_request_free (x);
  free (x);
  *mine = NULL;
  if (answered)
    {
      atomic_fetch_sub (&h->answering, 1);
      aid_ces_http_queue_ring (&h->queue);
    }
}

/* Idle connections must leave descriptors for what is judged. */
static unsigned
connections_most (void)
{
  struct rlimit r;
  return !getrlimit (RLIMIT_NOFILE, &r) && r.rlim_cur / 2 < CONNECTIONS ? (unsigned)r.rlim_cur / 2 : CONNECTIONS;
}

enum aid_err
aid_ces_http_start (struct aid_ces_http *h, struct aid_error *e)
{
  h->daemon = h->mhd->MHD_start_daemon (
    MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE | MHD_USE_ITC, 0, NULL, NULL, handle, h,
    MHD_OPTION_LISTEN_SOCKET, h->listening, MHD_OPTION_CONNECTION_LIMIT, connections_most (), MHD_OPTION_CONNECTION_TIMEOUT,
    IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEAD_MAX, MHD_OPTION_THREAD_POOL_SIZE, READERS, MHD_OPTION_NOTIFY_COMPLETED,
    completed, h, MHD_OPTION_END);
  if (!h->daemon)
    return aid_error_set (e, AID_E_IO, "libmicrohttpd does not start");
  h->listening = -1;
  return AID_OK;
}
