/* A small real HTTP server on 127.0.0.1 for tests.  It plays a script: the first request gets the first answer, and so
   on; the last answer repeats.  An answer is a list of steps ended by FAKE_DONE (the connection is kept) or FAKE_CLOSE.
   Nothing is timed: FAKE_GATE waits for fake_open, FAKE_HOLD until the client goes away.  One thread per connection.  */
#ifndef AID_FAKE_HTTP_H
#define AID_FAKE_HTTP_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FAKE_PATIENCE_S 60
#define FAKE_LOG 64
#define FAKE_SOCKETS 64

enum fake_op
{
  FAKE_OP_DONE,
  FAKE_OP_SEND,
  FAKE_OP_GATE,
  FAKE_OP_HOLD,
  FAKE_OP_CLOSE
};

struct fake_step
{
  enum fake_op op;
  const char *bytes;
  size_t len, times;
};

#define FAKE_SEND(text)                                                                                                     \
  {                                                                                                                         \
    FAKE_OP_SEND, (text), sizeof (text) - 1, 1                                                                              \
  }
#define FAKE_REPEAT(text, n)                                                                                                \
  {                                                                                                                         \
    FAKE_OP_SEND, (text), sizeof (text) - 1, (n)                                                                            \
  }
#define FAKE_GATE                                                                                                           \
  {                                                                                                                         \
    FAKE_OP_GATE, NULL, 0, 0                                                                                                \
  }
#define FAKE_HOLD                                                                                                           \
  {                                                                                                                         \
    FAKE_OP_HOLD, NULL, 0, 0                                                                                                \
  }
#define FAKE_CLOSE                                                                                                          \
  {                                                                                                                         \
    FAKE_OP_CLOSE, NULL, 0, 0                                                                                               \
  }
#define FAKE_DONE                                                                                                           \
  {                                                                                                                         \
    FAKE_OP_DONE, NULL, 0, 0                                                                                                \
  }
/* A whole answer; HEADERS are lines each ended by "\r\n".  LENGTH is the body's, as a string.  */
#define FAKE_ANSWER(status, headers, length, body)                                                                          \
  FAKE_SEND ("HTTP/1.1 " status "\r\n" headers "Content-Length: " length "\r\n\r\n" body)

struct fake_http
{
  pthread_mutex_t lock;
  pthread_cond_t changed;
  pthread_t acceptor;
  int listener, port;
  const struct fake_step *const *script;
  size_t nscript;
  /* Under the lock.  */
  int sockets[FAKE_SOCKETS];
  unsigned accepts, served, hangups, threads, gates;
  char *requests[FAKE_LOG];
  int stopping;
};

struct fake_conn
{
  struct fake_http *f;
  int slot, fd;
};

/* Waits, under the lock, until *COUNTER reaches N; 0 when patience ended.  */
static inline int
fake_until (struct fake_http *f, const unsigned *counter, unsigned n)
{
  struct timespec end;
  int late = 0;
  clock_gettime (CLOCK_REALTIME, &end);
  end.tv_sec += FAKE_PATIENCE_S;
  pthread_mutex_lock (&f->lock);
  while (*counter < n && !late)
    late = pthread_cond_timedwait (&f->changed, &f->lock, &end) != 0;
  int reached = *counter >= n;
  pthread_mutex_unlock (&f->lock);
  return reached;
}

/* Waits until N requests were read (or N clients went away during a FAKE_HOLD).  */
static inline int
fake_wait_requests (struct fake_http *f, unsigned n)
{
  return fake_until (f, &f->served, n);
}

static inline int
fake_wait_hangups (struct fake_http *f, unsigned n)
{
  return fake_until (f, &f->hangups, n);
}

static inline unsigned
fake_count (struct fake_http *f, const unsigned *counter)
{
  pthread_mutex_lock (&f->lock);
  unsigned n = *counter;
  pthread_mutex_unlock (&f->lock);
  return n;
}

/* Lets one FAKE_GATE pass.  */
static inline void
fake_open (struct fake_http *f)
{
  pthread_mutex_lock (&f->lock);
  f->gates++;
  pthread_cond_broadcast (&f->changed);
  pthread_mutex_unlock (&f->lock);
}

static inline int
fake_pass_gate (struct fake_http *f)
{
  pthread_mutex_lock (&f->lock);
  while (!f->gates && !f->stopping)
    pthread_cond_wait (&f->changed, &f->lock);
  int open = !f->stopping;
  if (open)
    f->gates--;
  pthread_mutex_unlock (&f->lock);
  return open;
}

/* Reads one request (head and, by Content-Length, body) as text; NULL when the client is gone.  */
static inline char *
fake_read (int fd)
{
  size_t cap = 1 << 20, len = 0, want = 0;
  char first;
  /* A connection that waits for its next request holds no memory: a test may count what is held.  */
  char *text = recv (fd, &first, 1, MSG_PEEK) == 1 ? malloc (cap) : NULL;
  while (text && (!want || len < want) && len < cap - 1)
    {
      ssize_t n = recv (fd, text + len, cap - 1 - len, 0);
      if (n <= 0)
        break;
      len += (size_t) n;
      text[len] = '\0';
      char *end = strstr (text, "\r\n\r\n"), *length = strcasestr (text, "\r\nContent-Length:");
      if (!want && end)
        want = (size_t) (end + 4 - text) + (length && length < end ? strtoul (length + 17, NULL, 10) : 0);
    }
  if (want && len >= want)
    return text;
  free (text);
  return NULL;
}

static inline int
fake_send (int fd, const struct fake_step *s)
{
  for (size_t i = 0; i < s->times; i++)
    for (size_t at = 0; at < s->len;)
      {
        ssize_t n = send (fd, s->bytes + at, s->len - at, MSG_NOSIGNAL);
        if (n <= 0)
          return 0;
        at += (size_t) n;
      }
  return 1;
}

static inline void
fake_hold (struct fake_http *f, int fd)
{
  char sink[256];
  while (recv (fd, sink, sizeof sink, 0) > 0)
    ;
  pthread_mutex_lock (&f->lock);
  f->hangups++;
  pthread_cond_broadcast (&f->changed);
  pthread_mutex_unlock (&f->lock);
}

/* Plays one answer; whether the connection is kept.  */
static inline int
fake_play (struct fake_http *f, int fd, const struct fake_step *s)
{
  for (;; s++)
    switch (s->op)
      {
      case FAKE_OP_DONE:
        return 1;
      case FAKE_OP_GATE:
        if (!fake_pass_gate (f))
          return 0;
        break;
      case FAKE_OP_HOLD:
        fake_hold (f, fd);
        return 0;
      case FAKE_OP_CLOSE:
        return 0;
      default:
        if (!fake_send (fd, s))
          return 0;
        break;
      }
}

static inline void *
fake_connection (void *arg)
{
  struct fake_conn c = *(struct fake_conn *) arg;
  struct fake_http *f = c.f;
  char *text;
  free (arg);
  int keep = 1;
  while (keep && (text = fake_read (c.fd)))
    {
      pthread_mutex_lock (&f->lock);
      unsigned i = f->served++;
      if (i < FAKE_LOG)
        f->requests[i] = text;
      else
        free (text);
      pthread_cond_broadcast (&f->changed);
      pthread_mutex_unlock (&f->lock);
      keep = fake_play (f, c.fd, f->script[i < f->nscript ? i : f->nscript - 1]);
    }
  pthread_mutex_lock (&f->lock);
  f->sockets[c.slot] = -1;
  close (c.fd);
  f->threads--;
  pthread_cond_broadcast (&f->changed);
  pthread_mutex_unlock (&f->lock);
  return NULL;
}

static inline void
fake_serve (struct fake_http *f, int fd)
{
  struct fake_conn *c = malloc (sizeof *c);
  pthread_t id;
  int slot = 0;
  pthread_mutex_lock (&f->lock);
  while (slot < FAKE_SOCKETS && f->sockets[slot] >= 0)
    slot++;
  if (!c || slot == FAKE_SOCKETS || f->stopping)
    {
      close (fd);
      free (c);
    }
  else
    {
      *c = (struct fake_conn){ f, slot, fd };
      f->sockets[slot] = fd;
      f->accepts++;
      f->threads++;
      pthread_create (&id, NULL, fake_connection, c);
      pthread_detach (id);
    }
  pthread_mutex_unlock (&f->lock);
}

static inline void *
fake_accept (void *arg)
{
  struct fake_http *f = arg;
  int fd;
  while ((fd = accept4 (f->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
    fake_serve (f, fd);
  return NULL;
}

/* A listening socket on 127.0.0.1; *PORT is its port.  */
static inline int
fake_listen (int backlog, int *port)
{
  struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t len = sizeof a;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind (fd, (struct sockaddr *) &a, len) || listen (fd, backlog)
      || getsockname (fd, (struct sockaddr *) &a, &len))
    abort ();
  *port = ntohs (a.sin_port);
  return fd;
}

/* Starts the server; SCRIPT is borrowed.  */
static inline struct fake_http *
fake_start (const struct fake_step *const *script, size_t n)
{
  struct fake_http *f = calloc (1, sizeof *f);
  if (!f)
    abort ();
  pthread_mutex_init (&f->lock, NULL);
  pthread_cond_init (&f->changed, NULL);
  f->script = script;
  f->nscript = n;
  for (int i = 0; i < FAKE_SOCKETS; i++)
    f->sockets[i] = -1;
  f->listener = fake_listen (64, &f->port);
  pthread_create (&f->acceptor, NULL, fake_accept, f);
  return f;
}

#define FAKE_START(...)                                                                                                     \
  fake_start ((const struct fake_step *const[]){ __VA_ARGS__ },                                                             \
              sizeof ((const struct fake_step *const[]){ __VA_ARGS__ }) / sizeof (struct fake_step *))

static inline void
fake_stop (struct fake_http *f)
{
  pthread_mutex_lock (&f->lock);
  f->stopping = 1;
  pthread_cond_broadcast (&f->changed);
  pthread_mutex_unlock (&f->lock);
  shutdown (f->listener, SHUT_RDWR);
  pthread_join (f->acceptor, NULL);
  pthread_mutex_lock (&f->lock);
  for (int i = 0; i < FAKE_SOCKETS; i++)
    if (f->sockets[i] >= 0)
      shutdown (f->sockets[i], SHUT_RDWR);
  while (f->threads)
    pthread_cond_wait (&f->changed, &f->lock);
  pthread_mutex_unlock (&f->lock);
  for (int i = 0; i < FAKE_LOG; i++)
    free (f->requests[i]);
  close (f->listener);
  pthread_cond_destroy (&f->changed);
  pthread_mutex_destroy (&f->lock);
  free (f);
}

/* "http://127.0.0.1:PORT/v1" in a buffer that the next call reuses.  */
static inline const char *
fake_url (const struct fake_http *f)
{
  static char url[64];
  snprintf (url, sizeof url, "http://127.0.0.1:%d/v1", f->port);
  return url;
}

#endif
