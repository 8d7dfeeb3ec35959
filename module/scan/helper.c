/* A resident program: see helper.h. */
#include "scan/helper.h"
#include "base/clock.h"
#include "base/proc.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define PART ((size_t)64 << 10)

struct aid_helper
{
  struct aid_child child;
  struct aid_str in; /* what it wrote */
  size_t at;         /* so much of that was taken */
  int skipping;      /* the line that comes is the rest of one that is too long */
};

enum aid_err
aid_helper_start (const char *const *argv, struct aid_helper **out, struct aid_error *e)
{
  struct aid_proc p = { .argv = argv, .dir = "/", .talk = 1, .out_max = 1 };
  struct aid_helper *h = calloc (1, sizeof *h);
  *out = NULL;
  if (!h)
    return aid_error_set (e, AID_E_NOMEM, "No memory to run \"%s\"", argv[0]);
  h->in = AID_STR_INIT (AID_HELPER_LINE + 2 * PART);
  enum aid_err err = aid_proc_start (&p, &h->child, e);
  if (err)
    free (h);
  else
    *out = h;
  return err;
}

void
aid_helper_end (struct aid_helper *h)
{
  if (!h)
    return;
  aid_proc_end (&h->child, 0);
  aid_str_free (&h->in);
  free (h);
}

static enum aid_err
await (int fd, short events, int64_t until)
{
  struct pollfd polled = { .fd = fd, .events = events };
  int64_t left = until - aid_clock_ms ();
  if (left <= 0)
    return AID_E_TIMEOUT;
  return poll (&polled, 1, left > 60000 ? 60000 : (int)left) < 0 && errno != EINTR ? AID_E_IO : AID_OK;
}

enum aid_err
aid_helper_put (struct aid_helper *h, struct aid_span bytes, int64_t until)
{
  enum aid_err err = AID_OK;
  while (bytes.len && !err)
    {
      ssize_t n = aid_proc_write (h->child.in, bytes);
      if (n > 0)
        bytes = aid_span_cut (bytes, (size_t)n, bytes.len);
      else
        err = errno == EAGAIN || errno == EINTR ? await (h->child.in, POLLOUT, until) : AID_E_IO;
    }
  return err;
}

/* Takes a whole line that is there; 0 when there is none. */
static int
take (struct aid_helper *h, struct aid_span *line)
{
  while (h->at < h->in.len)
    {
      const char *from = h->in.ptr + h->at, *end = memchr (from, '\n', h->in.len - h->at);
      int whole = !h->skipping;
      if (!end)
        return 0;
      *line = (struct aid_span){ from, (size_t)(end - from) };
      h->at += line->len + 1;
      h->skipping = 0;
      if (whole)
        return 1;
    }
  return 0;
}

enum aid_err
aid_helper_line (struct aid_helper *h, struct aid_span *line, int64_t until)
{
  enum aid_err err = AID_OK;
  char part[PART];
  while (!err && !take (h, line))
    {
      aid_str_remove (&h->in, 0, h->at);
      h->at = 0;
      if (h->in.len > AID_HELPER_LINE)
        h->skipping = 1;
      if (h->skipping)
        aid_str_clear (&h->in);
      ssize_t n = read (h->child.out, part, sizeof part);
      if (n > 0 && aid_clock_ms () > until)
        err = AID_E_TIMEOUT; /* it writes on and on */
      else if (n > 0)
        err = aid_str_add (&h->in, part, (size_t)n);
      else
        err = n < 0 && (errno == EAGAIN || errno == EINTR) ? await (h->child.out, POLLIN, until) : AID_E_IO;
    }
  return err;
}
