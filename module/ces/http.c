/* Where it listens, and its life. */
#include "ces/http_internal.h"
#include "ces/mhd.h"

#include "base/clock.h"
#include "base/fs.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 512
#define TOKEN_MIN 16
#define BODY_MOST (512u << 20)

/* --- the address ------------------------------------------------------------------------------------------------------ */

/* Cuts "ADDRESS:PORT" or "[ADDRESS]:PORT"; either part may be empty.  0 or -1. */
static int
cut_address (const char *listen, struct aid_str *address, struct aid_str *port)
{
  const char *colon = strrchr (listen, ':');
  struct aid_span name = { listen, colon ? (size_t)(colon - listen) : 0 };
  if (!colon)
    return -1;
  if (name.len >= 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']')
    name = aid_span_cut (name, 1, name.len - 1);
  else if (memchr (name.ptr, ':', name.len))
    return -1;
  aid_str_addspan (address, name.len ? name : AID_SPAN ("127.0.0.1"));
  aid_str_addz (port, colon[1] ? colon + 1 : "0");
  uint64_t n;
  return address->err || port->err || aid_span_number (aid_str_span (port), 65535, &n) ? -1 : 0;
}

static int
is_loopback (const struct sockaddr *a)
{
  if (a->sa_family == AF_INET)
    return ntohl (((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr) >> 24 == 127;
  return a->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK (&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr);
}

/* "http://127.0.0.1:8093" of the socket FD, or NULL. */
static char *
url_of (int fd)
{
  struct sockaddr_storage a = { .ss_family = AF_UNSPEC };
  socklen_t n = sizeof a;
  char host[64], port[8], *url = NULL;
  if (getsockname (fd, (struct sockaddr *)&a, &n)
      || getnameinfo ((struct sockaddr *)&a, n, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV))
    return NULL;
  int six = a.ss_family == AF_INET6;
  return asprintf (&url, "http://%s%s%s:%s", six ? "[" : "", host, six ? "]" : "", port) < 0 ? NULL : url;
}

static enum aid_err
listen_at (struct aid_ces_http *h, const struct addrinfo *where, const char *name, struct aid_error *e)
{
  int on = 1;
  if (!h->token && !is_loopback (where->ai_addr))
    return aid_error_set (
      e, AID_E_REFUSED,
      "%s is no loopback address: who listens there needs a token (--token-file FILE), for whoever reaches it "
      "may run code here",
      name);
  h->listening = socket (where->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (h->listening >= 0)
    setsockopt (h->listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (h->listening < 0 || bind (h->listening, where->ai_addr, where->ai_addrlen) || listen (h->listening, BACKLOG))
    return aid_error_set (e, AID_E_IO, "cannot listen on %s: %s", name, strerror (errno));
  h->url = url_of (h->listening);
  return h->url ? AID_OK : aid_error_set (e, AID_E_IO, "the address that is listened on cannot be told");
}

static enum aid_err
open_socket (struct aid_ces_http *h, const char *listen, struct aid_error *e)
{
  struct aid_str address = AID_STR_INIT (256), port = AID_STR_INIT (16);
  const struct addrinfo hints = { .ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM };
  struct addrinfo *found = NULL;
  enum aid_err err;
  int no = cut_address (listen, &address, &port) ? -1 : 0;
  if (no)
    err = aid_error_set (e, AID_E_INVALID, "\"%s\" is no address: write 127.0.0.1:8093, or [::1]:8093", listen);
  else if ((no = getaddrinfo (aid_str_z (&address), aid_str_z (&port), &hints, &found)))
    err = aid_error_set (e, AID_E_INVALID, "\"%s\" is no address of this machine: %s", listen, gai_strerror (no));
  else
    err = listen_at (h, found, listen, e);
  if (found)
    freeaddrinfo (found);
  aid_str_free (&address);
  aid_str_free (&port);
  return err;
}

/* --- its life --------------------------------------------------------------------------------------------------------- */

static enum aid_err
take_token (struct aid_ces_http *h, const char *token, struct aid_error *e)
{
  struct aid_span t = aid_span_trim (aid_span_z (token));
  if (!token)
    return AID_OK;
  if (t.len < TOKEN_MIN)
    return aid_error_set (e, AID_E_INVALID, "the token has %zu characters: %d are needed, so that nobody guesses it", t.len,
                          TOKEN_MIN);
  for (size_t i = 0; i < t.len; i++)
    if (t.ptr[i] <= ' ' || t.ptr[i] > '~' || t.ptr[i] == ':')
      return aid_error_set (e, AID_E_INVALID, "the token has a character that no HTTP header takes, or a colon");
  h->token = aid_span_dup (t);
  return h->token ? AID_OK : aid_error_set (e, AID_E_NOMEM, "there is no memory");
}

enum aid_err
aid_ces_http_open (const struct aid_ces_backend *backend, const struct aid_ces_http_options *options,
                   struct aid_ces_http **out, struct aid_error *e)
{
  struct aid_ces_http *h = calloc (1, sizeof *h);
  long processors = sysconf (_SC_NPROCESSORS_ONLN);
  *out = NULL;
  if (!h)
    return aid_error_set (e, AID_E_NOMEM, "there is no memory");
  h->backend = *backend;
  h->listening = -1;
  h->limits = options->limits ? *options->limits : AID_BOX_LIMITS;
  h->from = options->trusted ? AID_CES_OURS : AID_CES_ELSEWHERE;
  h->began = aid_clock_wall_ms ();
  h->patience_ms = options->patience_ms;
  h->again_ms = options->again_ms > 0 ? options->again_ms : 1000;
  h->jobs = (size_t)(options->jobs > 0 ? options->jobs : processors > 0 ? processors : 1);
  h->jobs = h->jobs < AID_CES_HTTP_JOBS_MAX ? h->jobs : AID_CES_HTTP_JOBS_MAX;
  h->body_max = options->body_max ? options->body_max : AID_CES_HTTP_BODY_MAX;
  h->body_most = h->body_max < BODY_MOST / 4 ? BODY_MOST : h->body_max * 4;
  h->episodes = aid_episodes_new (AID_CES_HTTP_EPISODES, AID_CES_HTTP_EPISODE_BYTES);
  h->sessions = aid_ws_sessions_new ();
  enum aid_err err
    = h->episodes && h->sessions ? take_token (h, options->token, e) : aid_error_set (e, AID_E_NOMEM, "there is no memory");
  if (!err && !(h->mhd = aid_mhd_load (e)))
    err = AID_E_NOTFOUND;
  err = err ? err : aid_tasks_read (options->tasks, &h->tasks, e);
  err = err ? err : open_socket (h, options->listen ? options->listen : "127.0.0.1:0", e);
  err = err ? err
            : aid_ces_http_queue_open (h, h->jobs, (size_t)(options->waiting > 0 ? options->waiting : AID_CES_HTTP_WAITING),
                                       e);
  err = err ? err : aid_ces_http_start (h, e);
  if (err)
    aid_ces_http_close (h);
  else
    *out = h;
  return err;
}

const char *
aid_ces_http_url (const struct aid_ces_http *h)
{
  return h->url;
}

size_t
aid_ces_http_tasks (const struct aid_ces_http *h)
{
  return aid_tasks_count (h->tasks);
}

void
aid_ces_http_run (struct aid_ces_http *h, const struct aid_stop *stop, int64_t grace_ms)
{
  aid_ces_http_queue_watch (h, AID_UNTIL_STOPPED, aid_stop_fd (stop), INT64_MAX);
  h->listening = h->mhd->MHD_quiesce_daemon (h->daemon);
  if (h->listening >= 0)
    shutdown (h->listening, SHUT_RDWR); /* who connects now finds nobody; a reader may still look at it, so it is closed later */
  aid_ces_http_queue_drain (h, 0);
  aid_ces_http_queue_watch (h, AID_UNTIL_SENT, -1, aid_clock_ms () + grace_ms);
}

void
aid_ces_http_close (struct aid_ces_http *h)
{
  if (!h)
    return;
  if (h->daemon)
    {
      aid_ces_http_queue_drain (h, 1);
      aid_ces_http_queue_watch (h, AID_UNTIL_IDLE, -1,
                                INT64_MAX); /* a suspended connection must not be there when the daemon stops */
      aid_ws_sessions_end (h->sessions);
      aid_pool_stop (h->parsers); /* what they have is resumed, and finds that nothing more is taken */
      h->mhd->MHD_stop_daemon (h->daemon);
    }
  aid_pool_free (h->parsers);
  aid_door_free (h->door);
  aid_ces_http_queue_close (h);
  if (h->listening >= 0)
    close (h->listening);
  aid_tasks_free (h->tasks);
  aid_episodes_free (h->episodes);
  aid_ws_sessions_free (h->sessions);
  free (h->token);
  free (h->url);
  free (h);
}
