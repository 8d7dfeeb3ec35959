/* The server's listening side: the caller's thread accepts, gives every connection a thread and a slot, and joins the
   threads that are done.  A byte in the pipe wakes it: a thread is done, or the server stops. */
#include "cli/httpd_internal.h"
#include "base/pool.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum slot_state { SLOT_FREE, SLOT_BUSY, SLOT_DONE };

struct slot
{
  struct aid_httpd *server;
  unsigned long thread;
  int fd;
  atomic_int state;
};

struct aid_httpd
{
  int listener, wake[2];
  unsigned port;
  aid_httpd_handler *handler;
  void *user;
  atomic_int stopping;
  struct slot slots[AID_HTTPD_CONNECTIONS];
};

static int
close_on_exec (int fd)
{
  return fcntl (fd, F_SETFD, FD_CLOEXEC);
}

static enum aid_err
listen_on (struct aid_httpd *s, unsigned port, struct aid_error *e)
{
  struct sockaddr_in a;
  socklen_t len = sizeof a;
  int on = 1;

  memset (&a, 0, sizeof a);
  a.sin_family = AF_INET;
  a.sin_port = htons ((uint16_t) port);
  a.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  s->listener = socket (AF_INET, SOCK_STREAM, 0);
  if (s->listener < 0 || close_on_exec (s->listener) != 0
      || setsockopt (s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0
      || bind (s->listener, (struct sockaddr *) &a, sizeof a) != 0 || listen (s->listener, 64) != 0
      || getsockname (s->listener, (struct sockaddr *) &a, &len) != 0)
    return aid_error_set (e, AID_E_IO, "cannot listen on 127.0.0.1:%u: %s", port, strerror (errno));
  s->port = ntohs (a.sin_port);
  return AID_OK;
}

struct aid_httpd *
aid_httpd_new (unsigned port, aid_httpd_handler *handler, void *user, struct aid_error *e)
{
  struct aid_httpd *s = calloc (1, sizeof *s);

  if (!s)
    {
      aid_error_set (e, AID_E_NOMEM, "out of memory");
      return NULL;
    }
  s->listener = s->wake[0] = s->wake[1] = -1;
  s->handler = handler;
  s->user = user;
  if (listen_on (s, port, e) != AID_OK)
    goto fail;
  if (pipe (s->wake) != 0 || close_on_exec (s->wake[0]) != 0 || close_on_exec (s->wake[1]) != 0
      || fcntl (s->wake[0], F_SETFL, O_NONBLOCK) != 0 || fcntl (s->wake[1], F_SETFL, O_NONBLOCK) != 0)
    {
      aid_error_set (e, AID_E_IO, "cannot make a pipe: %s", strerror (errno));
      goto fail;
    }
  return s;
fail:
  aid_httpd_free (s);
  return NULL;
}

unsigned
aid_httpd_port (const struct aid_httpd *s)
{
  return s->port;
}

static void
wake (struct aid_httpd *s)
{
  int saved = errno;
  ssize_t n = write (s->wake[1], "", 1);   /* a full pipe wakes as well */

  (void) n;
  errno = saved;
}

void
aid_httpd_stop (struct aid_httpd *s)
{
  atomic_store (&s->stopping, 1);
  wake (s);
}

static void *
connection_thread (void *arg)
{
  struct slot *slot = arg;
  struct aid_httpd *s = slot->server;

  aid_httpd_serve (slot->fd, &s->stopping, s->handler, s->user);
  atomic_store (&slot->state, SLOT_DONE);
  wake (s);
  return NULL;
}

static void
release (struct slot *slot)
{
  pthread_join ((pthread_t) slot->thread, NULL);
  close (slot->fd);
  atomic_store (&slot->state, SLOT_FREE);
}

/* Joins the threads that are done; gives the number of a free slot, or -1. */
static int
reap (struct aid_httpd *s)
{
  int unused = -1;

  for (int i = 0; i < AID_HTTPD_CONNECTIONS; i++)
    {
      if (atomic_load (&s->slots[i].state) == SLOT_DONE)
        release (&s->slots[i]);
      if (unused < 0 && atomic_load (&s->slots[i].state) == SLOT_FREE)
        unused = i;
    }
  return unused;
}

static void
accept_one (struct aid_httpd *s, struct slot *slot)
{
  int fd = accept (s->listener, NULL, NULL);

  if (fd < 0)
    return;
  close_on_exec (fd);
  slot->server = s;
  slot->fd = fd;
  atomic_store (&slot->state, SLOT_BUSY);
  if (aid_thread_start (&slot->thread, "aid-httpd", connection_thread, slot, NULL) != AID_OK)
    {
      close (fd);
      atomic_store (&slot->state, SLOT_FREE);
    }
}

void
aid_httpd_run (struct aid_httpd *s)
{
  while (!atomic_load (&s->stopping))
    {
      int unused = reap (s);
      struct pollfd p[2] = { { s->wake[0], POLLIN, 0 }, { s->listener, POLLIN, 0 } };
      char buf[64];
      if (poll (p, unused >= 0 ? 2 : 1, -1) < 0)
        continue;
      while (read (s->wake[0], buf, sizeof buf) > 0)
        continue;
      if (unused >= 0 && p[1].revents && !atomic_load (&s->stopping))
        accept_one (s, &s->slots[unused]);
    }
  for (size_t i = 0; i < AID_HTTPD_CONNECTIONS; i++)
    if (atomic_load (&s->slots[i].state) != SLOT_FREE)
      {
        shutdown (s->slots[i].fd, SHUT_RDWR);
        release (&s->slots[i]);
      }
}

void
aid_httpd_free (struct aid_httpd *s)
{
  if (!s)
    return;
  for (int i = 0; i < 2; i++)
    if (s->wake[i] >= 0)
      close (s->wake[i]);
  if (s->listener >= 0)
    close (s->listener);
  free (s);
}
