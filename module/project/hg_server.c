/* The pipe's protocol: a letter, a length in four bytes, and so many bytes of output, error or result; the other way a
   command's name and, for its arguments, such a length before them. */
#include "project/hg_server.h"
#include "base/clock.h"
#include "base/proc.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define START_MS 30000
#define RUN_MS 600000
#define ARGS_MAX 4096

struct aid_hg_server
{
  struct aid_child child;
};

/* Waits until the server's pipe FD is ready for EVENTS. */
static enum aid_err
await (int fd, short events, int64_t until, const struct aid_stop *stop, struct aid_error *e)
{
  for (;;)
    {
      struct pollfd fds[] = { { .fd = fd, .events = events }, { .fd = aid_stop_fd (stop), .events = POLLIN } };
      int64_t left = until - aid_clock_ms ();
      if (left <= 0)
        return aid_error_set (e, AID_E_TIMEOUT, "Mercurial's command server does not answer.");
      if (poll (fds, 2, (int)left) < 0 && errno != EINTR)
        return aid_error_set (e, AID_E_IO, "Mercurial's command server cannot be waited for: %s.", strerror (errno));
      if (aid_stop_is_set (stop))
        return aid_error_set (e, AID_E_CANCELLED, "Listing was stopped.");
      if (fds[0].revents)
        return AID_OK;
    }
}

/* Reads N bytes into BUF. */
static enum aid_err
get (const struct aid_hg_server *s, char *buf, size_t n, int64_t until, const struct aid_stop *stop, struct aid_error *e)
{
  while (n > 0)
    {
      ssize_t got = read (s->child.out, buf, n);
      if (got > 0)
        {
          buf += got;
          n -= (size_t)got;
          continue;
        }
      if (got == 0 || (errno != EAGAIN && errno != EINTR))
        return aid_error_set (e, AID_E_IO, "Mercurial's command server has ended.");
      enum aid_err err = await (s->child.out, POLLIN, until, stop, e);
      if (err)
        return err;
    }
  return AID_OK;
}

static enum aid_err
put (const struct aid_hg_server *s, struct aid_span bytes, int64_t until, const struct aid_stop *stop, struct aid_error *e)
{
  while (bytes.len > 0)
    {
      ssize_t n = write (s->child.in, bytes.ptr, bytes.len);
      if (n > 0)
        {
          bytes = aid_span_cut (bytes, (size_t)n, bytes.len);
          continue;
        }
      if (errno != EAGAIN && errno != EINTR)
        return aid_error_set (e, AID_E_IO, "Mercurial's command server takes nothing: %s.", strerror (errno));
      enum aid_err err = await (s->child.in, POLLOUT, until, stop, e);
      if (err)
        return err;
    }
  return AID_OK;
}

static enum aid_err
get_head (const struct aid_hg_server *s, char *channel, uint32_t *n, int64_t until, const struct aid_stop *stop,
          struct aid_error *e)
{
  unsigned char head[5];
  enum aid_err err = get (s, (char *)head, sizeof head, until, stop, e);
  *channel = (char)head[0];
  *n = err ? 0 : (uint32_t)head[1] << 24 | (uint32_t)head[2] << 16 | (uint32_t)head[3] << 8 | head[4];
  return err;
}

/* Reads what comes on CHANNEL, N bytes, and hands over output. */
static enum aid_err
take_part (const struct aid_hg_server *s, char channel, uint32_t n, int64_t until, const struct aid_stop *stop,
           void (*take) (void *ctx, struct aid_span part), void *ctx, struct aid_error *e)
{
  char buf[16384];
  enum aid_err err = AID_OK;
  if (channel != 'o' && channel != 'e' && channel != 'd')
    return aid_error_set (e, AID_E_PARSE, "Mercurial's command server asks for input.");
  while (n > 0 && !err)
    {
      size_t part = n < sizeof buf ? n : sizeof buf;
      err = get (s, buf, part, until, stop, e);
      if (!err && channel == 'o' && take)
        take (ctx, (struct aid_span){ buf, part });
      n -= (uint32_t)part;
    }
  return err;
}

enum aid_err
aid_hg_server_start (const char *dir, const char *const *env, const struct aid_stop *stop, struct aid_hg_server **out,
                     struct aid_error *e)
{
  static const char *const argv[] = { "hg", "--noninteractive", "serve", "--cmdserver", "pipe", NULL };
  struct aid_hg_server *s = calloc (1, sizeof *s);
  struct aid_proc p = { .argv = argv, .dir = dir, .env = env, .talk = 1, .out_max = 1 };
  int64_t until = aid_clock_ms () + START_MS;
  char channel;
  uint32_t n;
  *out = NULL;
  if (!s)
    return aid_error_set (e, AID_E_NOMEM, "No memory for Mercurial's command server.");
  s->child = (struct aid_child){ .in = -1, .out = -1, .err = -1, .ended = -1 };
  enum aid_err err = aid_proc_start (&p, &s->child, e);
  if (err)
    {
      free (s);
      return err;
    }
  /* It says what it can; whoever has "runcommand" not fails at that. */
  err = get_head (s, &channel, &n, until, stop, e);
  if (!err)
    err = take_part (s, channel, n, until, stop, NULL, NULL, e);
  if (err)
    {
      aid_hg_server_end (s);
      return err;
    }
  *out = s;
  return AID_OK;
}

/* Appends ARGV, its words parted by NULs, as the command takes them. */
static enum aid_err
add_arguments (const char *const *argv, struct aid_str *out)
{
  struct aid_str words = AID_STR_INIT (ARGS_MAX);
  for (size_t i = 0; argv[i]; i++)
    {
      if (i)
        aid_str_addc (&words, '\0');
      aid_str_addz (&words, argv[i]);
    }
  for (int shift = 24; shift >= 0; shift -= 8)
    aid_str_addc (out, (char)(words.len >> shift & 255));
  aid_str_addspan (out, aid_str_span (&words));
  enum aid_err err = words.err ? words.err : out->err;
  aid_str_free (&words);
  return err;
}

enum aid_err
aid_hg_server_run (struct aid_hg_server *s, const char *const *argv, const struct aid_stop *stop,
                   void (*take) (void *ctx, struct aid_span part), void *ctx, int *code, struct aid_error *e)
{
  struct aid_str command = AID_STR_INIT (2 * (size_t)ARGS_MAX);
  int64_t until = aid_clock_ms () + RUN_MS;
  aid_str_addz (&command, "runcommand\n");
  enum aid_err err = add_arguments (argv, &command);
  if (err)
    aid_error_set (e, err, "The command is too long.");
  else
    err = put (s, aid_str_span (&command), until, stop, e);
  aid_str_free (&command);
  while (!err)
    {
      char channel;
      uint32_t n;
      unsigned char result[4];
      err = get_head (s, &channel, &n, until, stop, e);
      if (err || channel != 'r')
        {
          err = err ? err : take_part (s, channel, n, until, stop, take, ctx, e);
          continue;
        }
      if (n != sizeof result)
        return aid_error_set (e, AID_E_PARSE, "Mercurial's command server gives no exit status.");
      err = get (s, (char *)result, sizeof result, until, stop, e);
      *code = result[3];
      break;
    }
  return err;
}

void
aid_hg_server_end (struct aid_hg_server *s)
{
  if (!s)
    return;
  aid_proc_end (&s->child, 0);
  free (s);
}
