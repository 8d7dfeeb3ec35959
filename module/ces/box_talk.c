#include "ces/box_talk.h"
#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum
{
  START_MS = 60000, /* a copy of a large tree takes its time */
  END_MS = 20000    /* until it is killed: large files of a box take the kernel a moment */
};

static enum aid_err
broken (struct aid_box_talk *t, struct aid_error *e, const char *why)
{
  t->broken = 1;
  return aid_error_set (e, AID_E_IO, "The box is lost: %s", why);
}

/* What to do when it is time. */
struct patience
{
  int64_t until; /* aid_clock_ms */
  const struct aid_stop *stop;
  int told; /* that it is to stop */
};

static void
tell_stop (struct aid_box_talk *t, struct patience *p)
{
  const struct aid_box_request cancel = { .verb = AID_BOX_DO_CANCEL };
  p->told = 1;
  /* nothing else is in the pipe, which takes this at once */
  if (aid_proc_write (t->child.in, (struct aid_span){ (const char *)&cancel, sizeof cancel }) != sizeof cancel)
    t->broken = 1;
}

/* Waits until FD is ready for EVENTS. */
static enum aid_err
await (struct aid_box_talk *t, int fd, short events, struct patience *p, struct aid_error *e)
{
  for (;;)
    {
      int64_t left = p->until - aid_clock_ms ();
      struct pollfd polled[] = { { .fd = fd, .events = events },
                                 { .fd = t->child.ended, .events = POLLIN },
                                 { .fd = p->told ? -1 : aid_stop_fd (p->stop), .events = POLLIN } };
      if (left <= 0)
        return broken (t, e, "it does not answer");
      poll (polled, 3, left < 1000 ? (int)left : 1000);
      if (!p->told && aid_stop_is_set (p->stop))
        tell_stop (t, p);
      if (t->broken)
        return broken (t, e, "its keeper was ended");
      if (polled[0].revents)
        return AID_OK;
      if (polled[1].revents)
        return broken (t, e, "its keeper was ended");
    }
}

static enum aid_err
put (struct aid_box_talk *t, struct aid_span v, struct patience *p, struct aid_error *e)
{
  while (v.len > 0)
    {
      ssize_t n = aid_proc_write (t->child.in, v);
      if (n < 0 && errno != EAGAIN && errno != EINTR)
        return broken (t, e, "its keeper was ended");
      v = aid_span_cut (v, n > 0 ? (size_t)n : 0, v.len);
      enum aid_err err = v.len ? await (t, t->child.in, POLLOUT, p, e) : AID_OK;
      if (err)
        return err;
    }
  return AID_OK;
}

static enum aid_err
take (struct aid_box_talk *t, char *to, size_t n, struct patience *p, struct aid_error *e)
{
  while (n > 0)
    {
      ssize_t got = read (t->child.out, to, n);
      if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        return broken (t, e, "its keeper was ended");
      to += got > 0 ? got : 0;
      n -= got > 0 ? (size_t)got : 0;
      enum aid_err err = n ? await (t, t->child.out, POLLIN, p, e) : AID_OK;
      if (err)
        return err;
    }
  return AID_OK;
}

static enum aid_err
take_answer (struct aid_box_talk *t, struct patience *p, struct aid_box_answer *a, struct aid_str *out, struct aid_error *e)
{
  char part[16384];
  struct aid_str sentence = AID_STR_INIT (1024);
  enum aid_err err = take (t, (char *)a, sizeof *a, p, e);
  if (!err && (a->text_len > AID_BOX_TEXT_MAX || a->err < 0 || a->err > AID_E_CANCELLED))
    err = broken (t, e, "its keeper says what makes no sense");
  for (size_t left = err ? 0 : a->text_len; left > 0 && !err;)
    {
      size_t n = left < sizeof part ? left : sizeof part;
      err = take (t, part, n, p, e);
      aid_str_add (a->err ? &sentence : out, part, err ? 0 : n);
      left -= n;
    }
  if (!err && a->err)
    err = aid_error_set (e, (enum aid_err)a->err, "%s", aid_str_z (&sentence));
  else if (!err && out->err)
    err = aid_error_set (e, out->err, "No room for what the box holds");
  aid_str_free (&sentence);
  return err;
}

enum aid_err
aid_box_talk_start (struct aid_box_talk *t, const char *const *argv, struct aid_str *out, struct aid_error *e)
{
  struct aid_proc p = { .argv = argv, .talk = 1, .out_max = 1 };
  struct patience patience = { .until = aid_clock_ms () + START_MS };
  struct aid_box_answer a;
  *t = (struct aid_box_talk){ .child = { 0, -1, -1, -1, -1 } };
  enum aid_err err = aid_proc_start (&p, &t->child, e);
  return err ? err : take_answer (t, &patience, &a, out, e);
}

enum aid_err
aid_box_ask (struct aid_box_talk *t, struct aid_box_request q, struct aid_span name, struct aid_span text, int64_t ms,
             const struct aid_stop *stop, struct aid_box_answer *a, struct aid_str *out, struct aid_error *e)
{
  struct patience patience = { .until = aid_clock_ms () + ms };
  if (t->broken)
    return broken (t, e, "its keeper was ended");
  if (name.len > AID_BOX_NAME_MAX || text.len > AID_BOX_TEXT_MAX)
    return aid_error_set (e, AID_E_LIMIT, "%s is too long for a box",
                          text.len > AID_BOX_TEXT_MAX ? "A file's text" : "A line");
  q.name_len = (uint32_t)name.len;
  q.text_len = (uint32_t)text.len;
  enum aid_err err = put (t, (struct aid_span){ (const char *)&q, sizeof q }, &patience, e);
  err = err ? err : put (t, name, &patience, e);
  err = err ? err : put (t, text, &patience, e);
  patience.stop = stop; /* from now on it can be told */
  return err ? err : take_answer (t, &patience, a, out, e);
}

void
aid_box_talk_end (struct aid_box_talk *t)
{
  int status;
  if (t->child.in >= 0)
    close (t->child.in);
  t->child.in = -1;
  if (!t->broken)
    aid_proc_wait (&t->child, END_MS, &status);
  aid_proc_end (&t->child, 0);
}
