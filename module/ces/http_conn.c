/* Connections: libmicrohttpd reads heads and bodies and writes replies, on its own threads; here is what it calls.  A request
   with something to be done is suspended until that is done; meanwhile the queue has it. */
#include "ces/http_internal.h"
#include "ces/mhd.h"

#include "base/clock.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/resource.h>

#define IDLE_S 60u              /* a connection on which nothing moves is ended */
#define LIGHT ((size_t)1 << 20) /* bytes of a body, with its values, that a reader stops for */
#define PARSERS 2u
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

/* --- the door --------------------------------------------------------------------------------------------------------- */

static struct aid_door_guest *
guest_of (const struct aid_ces_http *h, struct MHD_Connection *c)
{
  const union MHD_ConnectionInfo *info = h->mhd->MHD_get_connection_info (c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info ? info->socket_context : NULL;
}

static void
come_or_go (void *cls, struct MHD_Connection *c, void **guest, enum MHD_ConnectionNotificationCode what)
{
  struct aid_ces_http *h = cls;
  if (what == MHD_CONNECTION_NOTIFY_CLOSED)
    {
      aid_door_leave (h->door, *guest);
      *guest = NULL;
      return;
    }
  const union MHD_ConnectionInfo *fd = h->mhd->MHD_get_connection_info (c, MHD_CONNECTION_INFO_CONNECTION_FD),
                                 *from = h->mhd->MHD_get_connection_info (c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  *guest = fd ? aid_door_enter (h->door, fd->connect_fd, from ? from->client_addr : NULL, aid_clock_ms ()) : NULL;
}

static void
ring (void *ctx)
{
  struct aid_ces_http *h = ctx;
  aid_ces_http_queue_ring (&h->queue);
}

static size_t
unescape (void *cls, struct MHD_Connection *c, char *z)
{
  (void)cls;
  (void)c;
  return aid_ces_http_unescape (z);
}

/* --- a request -------------------------------------------------------------------------------------------------------- */

static enum MHD_Result
begin (struct aid_ces_http *h, struct MHD_Connection *c, const char *url, const char *method, void **mine)
{
  static const struct aid_route nowhere = { "", "", NULL, NULL, aid_ces_http_refuse_plain, 503, 0 };
  struct aid_ces_request *x = calloc (1, sizeof *x);
  const char *allow = NULL;
  int status = 0;
  if (!x)
    return MHD_NO;
  struct aid_span authority;
  const char *path = aid_ces_http_path (url, &authority);
  const struct aid_route *route = aid_route_find (method, path, &status, &allow);
  aid_ces_request_init (x, h, route ? route : &nowhere);
  x->connection = c;
  x->guest = guest_of (h, c);
  *mine = x;
  aid_door_head (h->door, x->guest, x->began);
  if (aid_ces_http_check_head (x, authority))
    return reply (x, NULL);
  if (route)
    return MHD_YES;
  aid_ces_request_refuse (x, status, NULL,
                          status == 405 ? "this method is not answered at %.200s" : "there is nothing at %.200s", path);
  return reply (x, allow);
}

/* Takes the next part of the body.  What is too much is read and forgotten for a while, for a reply can only come behind the
   body. */
static void
take (struct aid_ces_request *x, const char *data, size_t n)
{
  struct aid_ces_http *h = x->http;
  if (x->status)
    return;
  aid_door_body (h->door, x->guest, n);
  size_t all = atomic_fetch_add (&h->body_bytes, n) + n;
  x->taken += n;
  if (all > h->body_most)
    {
      aid_ces_request_refuse (x, x->route->busy, NULL, "too many requests are being read");
      x->retry = BUSY_RETRY_S;
    }
  else if (aid_str_add (&x->body, data, n))
    aid_ces_request_refuse (x, 413, NULL, "the body is larger than %zu bytes", h->body_max);
  if (x->status)
    aid_door_forget (h->door, x->guest, aid_clock_ms ());
}

static void
read_document (struct aid_ces_request *x)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_span text = aid_span_trim (aid_str_span (&x->body));
  x->document = text.len ? aid_json_parse_python (text, "the body", &e) : json_object ();
  if (!x->document)
    aid_ces_request_refuse (x, 400, NULL, "%s", e.msg[0] ? e.msg : "there is no memory");
  else if (!json_is_object (x->document))
    aid_ces_request_refuse (x, 422, NULL, "the body is no JSON object");
  aid_str_free (&x->body);
}

/* Counts the values of the document in; whether it is more than a reader should stop for. */
static unsigned
weigh (struct aid_ces_request *x)
{
  struct aid_ces_http *h = x->http;
  size_t weight = aid_ces_http_weight (aid_str_span (&x->body)), all = atomic_fetch_add (&h->body_bytes, weight) + weight;
  x->taken += weight;
  if (all > h->body_most)
    {
      aid_ces_request_refuse (x, weight > h->body_most ? 413 : x->route->busy, NULL,
                              weight > h->body_most ? "the body has more values than there is memory for"
                                                    : "too many requests are being read");
      x->retry = weight > h->body_most ? 0 : BUSY_RETRY_S;
    }
  x->heavy = !x->status && x->taken > LIGHT;
  return x->heavy;
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
      const char *upgrade = aid_ces_http_header (x, "Upgrade"), *version = aid_ces_http_header (x, "Sec-WebSocket-Version");
      struct aid_span key = aid_span_z (aid_ces_http_header (x, "Sec-WebSocket-Key"));
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
  aid_ws_accept (aid_span_z (aid_ces_http_header (x, "Sec-WebSocket-Key")), accept);
  m->MHD_add_response_header (r, "Upgrade", "websocket");
  m->MHD_add_response_header (r, "Sec-WebSocket-Accept", accept);
  x->state = AID_REQUEST_ANSWERED;
  enum MHD_Result result = m->MHD_queue_response (x->connection, MHD_HTTP_SWITCHING_PROTOCOLS, r);
  m->MHD_destroy_response (r);
  return result;
}

/* --- the whole of it -------------------------------------------------------------------------------------------------- */

/* Understands a request that is here as a whole: BEGIN of its shape. */
static void
understand (struct aid_ces_request *x)
{
  if (!x->status && strcmp (x->route->method, "GET") != 0)
    read_document (x);
  if (!x->status)
    x->route->begin (x);
  x->query = NULL;
}

/* Its connection is suspended until it is done with: to be found there again in STATE. */
static void
suspend (struct aid_ces_request *x, enum aid_ces_request_state state)
{
  x->state = state;
  if (!x->counted)
    atomic_fetch_add (&x->http->answering, 1);
  x->counted = 1;
  x->http->mhd->MHD_suspend_connection (x->connection);
}

/* The request is understood: it is answered, or waits. */
static enum MHD_Result
go_on (struct aid_ces_request *x)
{
  struct aid_ces_http *h = x->http;
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
  x->done = resume;
  suspend (x, AID_REQUEST_WAITS);
  aid_ces_http_queue_put (h, x);
  return MHD_YES;
}

static void
parse_apart (void *arg)
{
  struct aid_ces_request *x = arg;
  understand (x);
  atomic_fetch_sub (&x->http->parsing, x->heavy);
  resume (x);
}

static void
parse_no_more (void *arg)
{
  struct aid_ces_request *x = arg;
  aid_ces_request_refuse (x, 503, NULL, "the service is ending");
  atomic_fetch_sub (&x->http->parsing, x->heavy);
  resume (x);
}

/* The request has come as a whole.  What is large, or has to wait, is others' to understand: a reader has many connections. */
static enum MHD_Result
whole (struct aid_ces_request *x)
{
  struct aid_ces_http *h = x->http;
  aid_door_whole (h->door, x->guest);
  if (!x->status)
    x->query = h->mhd->MHD_lookup_connection_value (x->connection, MHD_GET_ARGUMENT_KIND, "episode_id");
  if (!x->status && (x->route->apart || (strcmp (x->route->method, "GET") != 0 && weigh (x))))
    {
      x->job = (struct aid_pool_job){ .fn = parse_apart, .free_arg = parse_no_more, .arg = x };
      suspend (x, AID_REQUEST_PARSES);
      atomic_fetch_add (&h->parsing, x->heavy);
      if (aid_pool_put (h->parsers, &x->job))
        parse_no_more (x);
      return MHD_YES;
    }
  understand (x);
  return go_on (x);
}

/* One of X's units that the service, not its task, kept from being judged, when none is. */
static const struct aid_unit *
find_lost (const struct aid_ces_request *x)
{
  const struct aid_unit *lost = NULL;
  for (size_t i = 0; i < x->nunits; i++)
    if (x->units[i].verdict)
      return NULL;
    else if (!lost && (x->units[i].error.code == AID_E_STATE || x->units[i].error.code == AID_E_CANCELLED))
      lost = &x->units[i];
  return lost;
}

void
aid_ces_http_finish (struct aid_ces_request *x)
{
  const struct aid_unit *lost = find_lost (x);
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
  if (x->state == AID_REQUEST_PARSES)
    return go_on (x);
  if (x->state == AID_REQUEST_WAITS)
    return finish (x);
  if (x->state == AID_REQUEST_ANSWERED)
    return MHD_YES;
  if (!*n)
    return whole (x);
  take (x, data, *n);
  *n = 0;
  return MHD_YES;
}

/* Documents of millions of values take as long to free as to read. */
static void
drop (void *arg)
{
  struct aid_ces_request *x = arg;
  atomic_fetch_sub (&x->http->body_bytes, x->taken);
  aid_ces_request_free (x);
  free (x);
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
  int counted = x->counted;
  aid_door_again (h->door, x->guest, aid_clock_ms ());
  x->job = (struct aid_pool_job){ .fn = drop, .free_arg = drop, .arg = x };
  if (!x->heavy || aid_pool_put (h->parsers, &x->job))
    drop (x);
  *mine = NULL;
  if (counted)
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

/* The door makes room before libmicrohttpd has none, for it takes a moment until who was cut has gone. */
enum aid_err
aid_ces_http_start (struct aid_ces_http *h, struct aid_error *e)
{
  unsigned most = connections_most ();
  h->door = aid_door_new (most - most / 8, h->patience_ms, ring, h);
  h->parsers = aid_pool_new (PARSERS, e);
  if (!h->door || !h->parsers)
    return aid_error_set (e, AID_E_NOMEM, "there is no memory");
  h->daemon = h->mhd->MHD_start_daemon (
    MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE | MHD_USE_ITC, 0, NULL, NULL, handle, h,
    MHD_OPTION_LISTEN_SOCKET, h->listening, MHD_OPTION_CONNECTION_LIMIT, most, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
    MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEAD_MAX, MHD_OPTION_THREAD_POOL_SIZE, READERS, MHD_OPTION_UNESCAPE_CALLBACK,
    unescape, NULL, MHD_OPTION_NOTIFY_CONNECTION, come_or_go, h, MHD_OPTION_NOTIFY_COMPLETED, completed, h, MHD_OPTION_END);
  if (!h->daemon)
    return aid_error_set (e, AID_E_IO, "libmicrohttpd does not start");
  h->listening = -1;
  return AID_OK;
}
