/* OpenEnv's websocket, which its client (and by it TRL) speaks: a session a connection, an episode at a time.

     {"type": "reset", "data": {...}}, {"type": "step", "data": {"answer": "..."}}, {"type": "state"}, {"type": "close"}
     -> {"type": "observation", "data": {"observation", "reward", "done"}}, {"type": "state", ...},
        {"type": "error", "data": {"message", "code"}}

   Frames are libwslay's, loaded when the first session comes.  Each session has a thread, which goes on answering pings while an
   evaluator judges. */
#include "ces/http_internal.h"

#include "base/base64.h"
#include "base/hash.h"
#include "base/pool.h"
#include "ces/wslay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define SESSIONS 256
#define MESSAGE_MAX (8u << 20)
#define UNREAD 64 /* replies that a client has not taken: before it does, nothing more is read from it */
#define GOING_AWAY 1001
#define NORMAL 1000

struct session
{
  struct aid_ces_http *h;
  struct session *next;
  unsigned long thread;
  int fd, bell[2];      /* the pipe tells that the evaluation is done */
  struct aid_str extra; /* read with the handshake */
  size_t extra_at;
  char id[25];                   /* of the episode that the client does not name */
  char *episode;                 /* the one that goes on, or NULL */
  struct aid_ces_request *asked; /* what is being judged */
  wslay_event_context_ptr ws;
  void (*end) (void *arg);
  void *arg;
  atomic_int over;
};

struct aid_ws_sessions
{
  pthread_mutex_t lock;
  struct session *first;
  struct aid_stop *stop;
};

/* --- messages ---------------------------------------------------------------------------------------------------------- */

static void
send_document (struct session *s, json_t *document)
{
  struct aid_str text = AID_STR_INIT ((size_t)64 << 20);
  if (!aid_json_dump (document, &text))
    {
      const struct wslay_event_msg m = { WSLAY_TEXT_FRAME, (const uint8_t *)aid_str_z (&text), text.len };
      aid_wslay_load (NULL)->wslay_event_queue_msg (s->ws, &m);
    }
  json_decref (document);
  aid_str_free (&text);
}

static void
send_error (struct session *s, const char *code, const char *why)
{
  send_document (s, json_pack ("{s:s, s:{s:o, s:s}}", "type", "error", "data", "message",
                               aid_json_of_span (aid_span_z (why)), "code", code));
}

/* What kept X from being done: the sentence in its refusal. */
static void
send_refusal (struct session *s, const struct aid_ces_request *x)
{
  json_t *o = json_loadb (aid_str_z (&x->reply), x->reply.len, 0, NULL);
  const json_t *detail = json_object_get (o, "detail");
  const char *why = json_is_string (detail) ? json_string_value (detail) : aid_json_str (json_array_get (detail, 0), "msg");
  const char *code = x->status == 422 || x->status == 400 ? "VALIDATION_ERROR"
                     : x->status == 503                   ? "CAPACITY_REACHED"
                                                          : "EXECUTION_ERROR";
  send_error (s, code, why ? why : "it is not understood");
  json_decref (o);
}

static void
send_reply (struct session *s, struct aid_ces_request *x, const char *type)
{
  json_t *o = x->status == 200 ? json_loadb (aid_str_z (&x->reply), x->reply.len, 0, NULL) : NULL;
  if (o)
    send_document (s, json_pack ("{s:s, s:o}", "type", type, "data", o));
  else
    send_refusal (s, x);
}

static const struct aid_route *
route_of (const char *path)
{
  const char *allow;
  int status;
  const char *method = !strcmp (path, "/state") ? "GET" : "POST";
  return aid_route_find (method, path, &status, &allow);
}

/* --- reset, step, state ------------------------------------------------------------------------------------------------- */

static void
reset (struct session *s, const json_t *data)
{
  struct aid_ces_request x;
  aid_ces_request_init (&x, s->h, route_of ("/reset"));
  x.document = json_is_object (data) ? json_deep_copy (data) : json_object ();
  if (!json_is_string (json_object_get (x.document, "episode_id")))
    json_object_set_new (x.document, "episode_id", json_string (s->id));
  x.route->begin (&x);
  if (x.status == 200)
    {
      free (s->episode);
      s->episode = aid_span_dup (aid_json_span (x.document, "episode_id"));
    }
  send_reply (s, &x, "observation");
  aid_ces_request_free (&x);
}

static void
state (struct session *s)
{
  struct aid_ces_request x;
  aid_ces_request_init (&x, s->h, route_of ("/state"));
  x.query = s->episode ? s->episode : s->id;
  x.route->begin (&x);
  if (x.status == 404 && !s->episode)
    aid_ces_request_answer (&x, 200, json_pack ("{s:n, s:i}", "episode_id", "step_count", 0));
  send_reply (s, &x, "state");
  aid_ces_request_free (&x);
}

static void
ring (struct aid_ces_request *x)
{
  const struct session *s = x->mine_too;
  while (write (s->bell[1], "!", 1) < 0 && errno == EINTR)
    ;
}

static void
forget (struct session *s)
{
  atomic_fetch_sub (&s->h->body_bytes, s->asked->taken);
  aid_ces_request_free (s->asked);
  free (s->asked);
  s->asked = NULL;
}

/* *WEIGHT, of the message, goes over to what is judged. */
static void
step (struct session *s, const json_t *data, size_t *weight)
{
  struct aid_ces_request *x = calloc (1, sizeof *x);
  if (!x || s->asked)
    {
      free (x);
      send_error (s, "EXECUTION_ERROR", "a step is under way: wait for its observation");
      return;
    }
  s->asked = x;
  aid_ces_request_init (x, s->h, route_of ("/step"));
  x->taken = *weight;
  *weight = 0;
  x->document = json_pack ("{s:o}", "action", json_is_object (data) ? json_deep_copy (data) : json_null ());
  if (!json_object_get (data, "episode_id"))
    json_object_set_new (x->document, "episode_id", json_string (s->episode ? s->episode : s->id));
  x->route->begin (x);
  if (!x->status && aid_ces_http_queue_reserve (&s->h->queue, x->nunits))
    aid_ces_request_refuse (x, 503, NULL, "there is no room for more evaluations now");
  if (x->status)
    {
      send_reply (s, x, "observation");
      forget (s);
      return;
    }
  x->fd = s->fd;
  x->done = ring;
  x->mine_too = s;
  aid_ces_http_queue_put (s->h, x);
}

static void
step_done (struct session *s)
{
  char c;
  while (read (s->bell[0], &c, 1) < 0 && errno == EINTR)
    ;
  aid_ces_http_finish (s->asked);
  send_reply (s, s->asked, "observation");
  forget (s);
}

/* Does what the message TEXT asks for. */
static void
obey (struct session *s, struct aid_span text, size_t *weight)
{
  struct aid_error e = { AID_OK, "" };
  json_t *o = aid_json_parse_python (text, "the message", &e);
  const char *type = aid_json_str (o, "type");
  if (!o)
    send_error (s, "INVALID_JSON", e.msg);
  else if (type && !strcmp (type, "reset"))
    reset (s, json_object_get (o, "data"));
  else if (type && !strcmp (type, "step"))
    step (s, json_object_get (o, "data"), weight);
  else if (type && !strcmp (type, "state"))
    state (s);
  else if (type && !strcmp (type, "close"))
    aid_wslay_load (NULL)->wslay_event_queue_close (s->ws, NORMAL, NULL, 0);
  else
    send_error (s, "UNKNOWN_TYPE", "a message is of the type reset, step, state or close");
  json_decref (o);
}

/* Messages have the same room together as bodies, and with them. */
static void
take_message (wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *m, void *user)
{
  struct session *s = user;
  struct aid_span text = { (const char *)m->msg, m->msg_length };
  (void)ctx;
  if (m->opcode != WSLAY_TEXT_FRAME)
    return;
  size_t weight = text.len + aid_ces_http_weight (text), all = atomic_fetch_add (&s->h->body_bytes, weight) + weight;
  if (all > s->h->body_most)
    send_error (s, "CAPACITY_REACHED", "there is no room for what this message holds");
  else
    obey (s, text, &weight);
  atomic_fetch_sub (&s->h->body_bytes, weight);
}

static int
reads_nothing (const struct session *s)
{
  return aid_wslay_load (NULL)->wslay_event_get_queued_msg_count (s->ws) >= UNREAD;
}

/* --- bytes --------------------------------------------------------------------------------------------------------------- */

static ssize_t
receive_bytes (wslay_event_context_ptr ctx, uint8_t *buf, size_t n, int flags, void *user)
{
  struct session *s = user;
  (void)flags;
  if (reads_nothing (s))
    {
      aid_wslay_load (NULL)->wslay_event_set_error (ctx, WSLAY_ERR_WOULDBLOCK);
      return -1;
    }
  if (s->extra_at < s->extra.len)
    {
      size_t some = s->extra.len - s->extra_at < n ? s->extra.len - s->extra_at : n;
      memcpy (buf, s->extra.ptr + s->extra_at, some);
      s->extra_at += some;
      return (ssize_t)some;
    }
  ssize_t got;
  while ((got = recv (s->fd, buf, n, MSG_DONTWAIT)) < 0 && errno == EINTR)
    ;
  if (got > 0)
    return got;
  aid_wslay_load (NULL)->wslay_event_set_error (
    ctx, got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
  return -1;
}

static ssize_t
send_bytes (wslay_event_context_ptr ctx, const uint8_t *data, size_t n, int flags, void *user)
{
  const struct session *s = user;
  ssize_t sent;
  (void)flags;
  while ((sent = send (s->fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL)) < 0 && errno == EINTR)
    ;
  if (sent < 0)
    aid_wslay_load (NULL)->wslay_event_set_error (ctx, errno == EAGAIN || errno == EWOULDBLOCK ? WSLAY_ERR_WOULDBLOCK
                                                                                               : WSLAY_ERR_CALLBACK_FAILURE);
  return sent;
}

/* One turn of a session; 0, or -1 when it is over. */
static int
turn (struct session *s, const struct aid_wslay *w, int *closing)
{
  int reads = w->wslay_event_want_read (s->ws) && !reads_nothing (s), writes = w->wslay_event_want_write (s->ws);
  if (!reads && !writes)
    return -1;
  struct pollfd fds[3] = { { s->fd, (short)((reads ? POLLIN : 0) | (writes ? POLLOUT : 0)), 0 },
                           { s->bell[0], POLLIN, 0 },
                           { *closing ? -1 : aid_stop_fd (s->h->sessions->stop), POLLIN, 0 } };
  int more = s->extra_at < s->extra.len && !reads_nothing (s);
  int waits = more ? 0 : *closing ? 1000 : -1; /* who does not take leave is left */
  int n = poll (fds, 3, waits);
  if (n < 0 && errno != EINTR)
    return -1;
  if (*closing && n == 0 && waits)
    return -1;
  if (n > 0 && fds[1].revents)
    step_done (s);
  if (n > 0 && fds[2].revents)
    {
      *closing = 1;
      w->wslay_event_queue_close (s->ws, GOING_AWAY, NULL, 0);
    }
  if ((more || (n > 0 && fds[0].revents & (POLLIN | POLLHUP | POLLERR))) && w->wslay_event_recv (s->ws))
    return -1;
  return w->wslay_event_want_write (s->ws) && w->wslay_event_send (s->ws) ? -1 : 0;
}

static void *
run (void *arg)
{
  struct session *s = arg;
  const struct aid_wslay *w = aid_wslay_load (NULL);
  int closing = 0;
  while (!turn (s, w, &closing))
    ;
  if (s->asked)
    {
      shutdown (s->fd, SHUT_RDWR); /* who watches sees it, and has it stopped */
      step_done (s);
    }
  w->wslay_event_context_free (s->ws);
  s->end (s->arg);
  atomic_store (&s->over, 1);
  return NULL;
}

/* --- sessions ------------------------------------------------------------------------------------------------------------ */

struct aid_ws_sessions *
aid_ws_sessions_new (void)
{
  struct aid_ws_sessions *all = calloc (1, sizeof *all);
  if (all && !(all->stop = aid_stop_new (NULL)))
    {
      free (all);
      return NULL;
    }
  if (all)
    pthread_mutex_init (&all->lock, NULL);
  return all;
}

static void
free_session (struct session *s)
{
  aid_str_free (&s->extra);
  free (s->episode);
  for (int i = 0; i < 2; i++)
    if (s->bell[i] >= 0)
      close (s->bell[i]);
  free (s);
}

/* Takes those that are over off the list and gives them; with ALL all of them.  The lock is held. */
static struct session *
take_over (struct aid_ws_sessions *all, int every, size_t *left)
{
  struct session *taken = NULL, **at = &all->first;
  *left = 0;
  while (*at)
    {
      struct session *s = *at;
      if (every || atomic_load (&s->over))
        {
          *at = s->next;
          s->next = taken;
          taken = s;
          continue;
        }
      ++*left;
      at = &s->next;
    }
  return taken;
}

/* Those that are over, or all, are joined; how many there are then. */
static size_t
reap (struct aid_ws_sessions *all, int every)
{
  size_t left;
  pthread_mutex_lock (&all->lock);
  struct session *taken = take_over (all, every, &left);
  pthread_mutex_unlock (&all->lock);
  while (taken)
    {
      struct session *s = taken;
      taken = s->next;
      pthread_join (s->thread, NULL);
      free_session (s);
    }
  return left;
}

void
aid_ws_sessions_end (struct aid_ws_sessions *all)
{
  if (!all)
    return;
  aid_stop_set (all->stop);
  reap (all, 1);
}

void
aid_ws_sessions_free (struct aid_ws_sessions *all)
{
  if (!all)
    return;
  aid_ws_sessions_end (all);
  aid_stop_free (all->stop);
  pthread_mutex_destroy (&all->lock);
  free (all);
}

int
aid_ws_refuses (struct aid_ces_http *h, const char **why)
{
  if (!aid_wslay_load (NULL))
    return *why = "there are no websockets here: libwslay is not installed (Debian's package is libwslay1)", 501;
  if (aid_stop_is_set (h->sessions->stop) || reap (h->sessions, 0) >= SESSIONS)
    return *why = "there are too many sessions", 503;
  return 0;
}

static int
open_session (struct session *s, struct aid_span extra)
{
  static const struct wslay_event_callbacks callbacks
    = { .recv_callback = receive_bytes, .send_callback = send_bytes, .on_msg_recv_callback = take_message };
  const struct aid_wslay *w = aid_wslay_load (NULL);
  s->extra = AID_STR_INIT (MESSAGE_MAX);
  s->bell[0] = s->bell[1] = -1;
  if (aid_str_addspan (&s->extra, extra) || aid_random_key (s->id, sizeof s->id - 1) || pipe2 (s->bell, O_CLOEXEC)
      || w->wslay_event_context_server_init (&s->ws, &callbacks, s))
    return -1;
  w->wslay_event_config_set_max_recv_msg_length (s->ws, MESSAGE_MAX);
  return 0;
}

int
aid_ws_begin (struct aid_ces_http *h, int fd, struct aid_span extra, void (*end) (void *arg), void *arg)
{
  struct session *s = calloc (1, sizeof *s);
  if (!s)
    return -1;
  *s = (struct session){ .h = h, .fd = fd, .end = end, .arg = arg };
  int no = open_session (s, extra);
  if (!no)
    {
      pthread_mutex_lock (&h->sessions->lock);
      no = aid_thread_start (&s->thread, "aid-ces-ws", run, s, NULL) != AID_OK;
      if (!no)
        {
          s->next = h->sessions->first;
          h->sessions->first = s;
        }
      pthread_mutex_unlock (&h->sessions->lock);
    }
  if (no && s->ws)
    aid_wslay_load (NULL)->wslay_event_context_free (s->ws);
  if (no)
    free_session (s);
  return no ? -1 : 0;
}
