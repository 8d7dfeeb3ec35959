/* A run: one poll loop over the child's three streams, its end, the clock and a request to stop.  Its end is what counts, not
   the end of its output, which something that it left behind may hold open for ever.  Its pid stays ours until all of its
   group was killed that is to be: a zombie keeps the number. */
#include "base/proc.h"
#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define PART_BYTES 65536
#define TICK_MS 10           /* how often an end is looked for that cannot be polled */
#define LEFT_BYTES (1 << 20) /* read behind its end at most: more than a pipe holds */

/* --- the end of a child --- */

/* Whether it has ended, without reaping it.  -1: nobody can tell any more, for the host ignores SIGCHLD. */
static int
has_ended (pid_t pid)
{
  siginfo_t info = { 0 };
  while (waitid (P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT))
    if (errno != EINTR)
      return -1;
  return info.si_pid == pid;
}

/* Waits MS at most for the end of C, which is not reaped; negative: for ever. */
static int
await (const struct aid_child *c, int ms)
{
  int64_t deadline = aid_clock_ms () + ms;
  for (;;)
    {
      int64_t left = ms < 0 ? 1000 : deadline - aid_clock_ms ();
      int ended = has_ended (c->pid);
      if (ended || left <= 0)
        return ended;
      if (c->ended < 0 && left > TICK_MS)
        left = TICK_MS;
      poll (&(struct pollfd){ .fd = c->ended, .events = POLLIN }, 1, (int)left);
    }
}

static int
reap (struct aid_child *c)
{
  int status = 0;
  while (waitpid (c->pid, &status, 0) < 0)
    if (errno != EINTR)
      {
        status = 0;
        break;
      }
  c->pid = 0;
  return status;
}

int
aid_proc_wait (struct aid_child *c, int ms, int *status)
{
  if (c->pid == 0 || !await (c, ms))
    return 0;
  *status = reap (c);
  return 1;
}

/* Ends it with all of its group; it is not reaped. */
static void
kill_group (const struct aid_child *c, int grace_ms)
{
  if (grace_ms > 0 && has_ended (c->pid) == 0)
    {
      kill (-c->pid, SIGTERM);
      await (c, grace_ms);
    }
  kill (-c->pid, SIGKILL);
  await (c, -1);
}

static void
close_all (struct aid_child *c)
{
  int *fds[] = { &c->in, &c->out, &c->err, &c->ended };
  for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
    {
      if (*fds[i] >= 0)
        close (*fds[i]);
      *fds[i] = -1;
    }
}

void
aid_proc_end (struct aid_child *c, int grace_ms)
{
  if (c->pid)
    {
      if (has_ended (c->pid) == 0)
        kill_group (c, grace_ms);
      reap (c);
    }
  close_all (c);
}

/* --- its streams --- */

struct run
{
  const struct aid_proc *p;
  struct aid_proc_result *r;
  struct aid_child c;
  struct aid_span input; /* what it has not read yet */
  char *part;
  int refused; /* on_output wants no more */
};

static void
close_stream (int *fd)
{
  close (*fd);
  *fd = -1;
}

static void
feed (struct run *run)
{
  ssize_t n = write (run->c.in, run->input.ptr, run->input.len);
  if (n > 0)
    run->input = aid_span_cut (run->input, (size_t)n, run->input.len);
  if (run->input.len == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
    close_stream (&run->c.in);
}

static void
keep (struct aid_str *s, int *cut, struct aid_span part)
{
  size_t room = s->max - s->len;
  *cut |= part.len > room && s->max > 0;
  aid_str_addspan (s, aid_span_cut (part, 0, part.len > room ? room : part.len));
}

/* The bytes taken; 0 when there is nothing now, or nothing any more. */
static size_t
take (struct run *run, int *fd, enum aid_proc_stream stream)
{
  ssize_t n = read (*fd, run->part, PART_BYTES);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return 0;
  if (n <= 0)
    return close_stream (fd), 0;
  struct aid_span part = { run->part, (size_t)n };
  if (run->p->on_output && run->p->on_output (run->p->arg, stream, part))
    run->refused = 1;
  if (stream == AID_PROC_OUT)
    keep (&run->r->out, &run->r->out_cut, part);
  else
    keep (&run->r->err, &run->r->err_cut, part);
  return part.len;
}

/* What it wrote before its end and nobody has read. */
static void
drain (struct run *run, int *fd, enum aid_proc_stream stream)
{
  size_t n = 1;
  for (size_t taken = 0; *fd >= 0 && n && taken < LEFT_BYTES && !run->refused; taken += n)
    n = take (run, fd, stream);
}

static enum aid_err
turn (struct run *run, int64_t deadline)
{
  struct aid_child *c = &run->c;
  struct pollfd polled[] = { { .fd = c->in, .events = POLLOUT },
                             { .fd = c->out, .events = POLLIN },
                             { .fd = c->err, .events = POLLIN },
                             { .fd = c->ended, .events = POLLIN },
                             { .fd = aid_stop_fd (run->p->stop), .events = POLLIN } };
  int64_t left = deadline ? deadline - aid_clock_ms () : -1;
  if (run->refused || aid_stop_is_set (run->p->stop))
    return AID_E_CANCELLED;
  if (deadline && left <= 0)
    return AID_E_TIMEOUT;
  if (c->ended < 0 && (left < 0 || left > TICK_MS))
    left = TICK_MS;
  if (poll (polled, sizeof polled / sizeof *polled, (int)left) <= 0)
    return AID_OK;
  if (polled[0].revents)
    feed (run);
  if (polled[1].revents)
    take (run, &c->out, AID_PROC_OUT);
  if (polled[2].revents)
    take (run, &c->err, AID_PROC_ERR);
  return AID_OK;
}

/* --- the whole --- */

/* A child that does not read its input must not end us.  What a thread's write raises stays with the thread: it is taken
   back before the mask is. */
static void
hold_sigpipe (sigset_t *old, int *was_pending)
{
  sigset_t only, pending;
  sigemptyset (&only);
  sigaddset (&only, SIGPIPE);
  pthread_sigmask (SIG_BLOCK, &only, old);
  *was_pending = sigpending (&pending) == 0 && sigismember (&pending, SIGPIPE);
}

static void
release_sigpipe (const sigset_t *old, int was_pending)
{
  sigset_t only, pending;
  int got;
  sigemptyset (&only);
  sigaddset (&only, SIGPIPE);
  if (!was_pending && sigpending (&pending) == 0 && sigismember (&pending, SIGPIPE))
    sigwait (&only, &got);
  pthread_sigmask (SIG_SETMASK, old, NULL);
}

ssize_t
aid_proc_write (int fd, struct aid_span bytes)
{
  sigset_t old;
  int was_pending;
  hold_sigpipe (&old, &was_pending);
  ssize_t n = write (fd, bytes.ptr, bytes.len);
  int no = errno;
  release_sigpipe (&old, was_pending);
  errno = no;
  return n;
}

static enum aid_err
attend (struct run *run, struct aid_error *e)
{
  const struct aid_proc *p = run->p;
  int64_t begun = aid_clock_ms (), deadline = p->timeout_ms > 0 ? begun + p->timeout_ms : 0;
  enum aid_err err = AID_OK;
  while (!err && !has_ended (run->c.pid))
    err = turn (run, deadline);
  if (err)
    kill_group (&run->c, p->grace_ms);
  run->r->ms = aid_clock_ms () - begun;
  int status = reap (&run->c);
  run->r->code = WIFEXITED (status) ? WEXITSTATUS (status) : -1;
  run->r->signal = WIFSIGNALED (status) ? WTERMSIG (status) : 0;
  drain (run, &run->c.out, AID_PROC_OUT);
  drain (run, &run->c.err, AID_PROC_ERR);
  if (err == AID_E_TIMEOUT)
    return aid_error_set (e, err, "\"%s\" did not end within %g s", p->argv[0], p->timeout_ms / 1000.0);
  if (err)
    return aid_error_set (e, err, "\"%s\" was stopped", p->argv[0]);
  if (run->r->out.err == AID_E_NOMEM || run->r->err.err == AID_E_NOMEM)
    return aid_error_set (e, AID_E_NOMEM, "No memory for what \"%s\" printed", p->argv[0]);
  return AID_OK;
}

enum aid_err
aid_proc_run (const struct aid_proc *p, struct aid_proc_result *r, struct aid_error *e)
{
  struct run run = { .p = p, .r = r, .input = p->input };
  struct aid_proc with = *p;
  sigset_t old;
  int was_pending;
  *r = (struct aid_proc_result){ .out = AID_STR_INIT (p->out_max), .err = AID_STR_INIT (p->err_max) };
  with.talk = 0;
  if (p->on_output && !p->out_max)
    with.out_max = 1; /* a pipe, though nothing is kept */
  if (p->on_output && !p->err_max)
    with.err_max = 1;
  run.part = malloc (PART_BYTES);
  if (!run.part)
    return aid_error_set (e, AID_E_NOMEM, "No memory to run \"%s\"", p->argv[0]);
  enum aid_err err = aid_proc_start (&with, &run.c, e);
  if (!err)
    {
      hold_sigpipe (&old, &was_pending);
      err = attend (&run, e);
      release_sigpipe (&old, was_pending);
      aid_proc_end (&run.c, 0);
    }
  explicit_bzero (run.part, PART_BYTES);
  free (run.part);
  return err;
}

void
aid_proc_describe (const struct aid_proc_result *r, struct aid_str *out)
{
  if (r->signal)
    aid_str_addf (out, "was ended by signal %d", r->signal);
  else
    aid_str_addf (out, "ended with status %d", r->code);
}

void
aid_proc_result_free (struct aid_proc_result *r)
{
  struct aid_str *kept[] = { &r->out, &r->err };
  for (int i = 0; i < 2; i++)
    {
      if (kept[i]->ptr)
        explicit_bzero (kept[i]->ptr, kept[i]->cap);
      aid_str_free (kept[i]);
    }
}
