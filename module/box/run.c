/* A command from its start to its end, and to that of all that it started. */
#include "box/keeper.h"
#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum
{
  FIRST_LOOK_MS = 2, /* after the start; each next one comes after twice the time ... */
  LOOK_MS = 16,      /* ... until this long */
  PART_BYTES = 64 << 10,
  SHELL_SIGNAL = 128 /* what shells and bubblewrap add to the number of a signal */
};
#define OUTPUT_MAX ((int64_t)64 << 20) /* who prints more prints without end */

struct run
{
  const struct keeper *k;
  struct command c;
  struct watch watch;
  struct output output;
  int64_t begun, look_at, look_every; /* ms */
  int ended;                          /* descriptor: readable when bubblewrap has ended; or -1 */
  int is_over, status;
  enum aid_box_end end;
  int cancelled, left; /* by a request; by the end of all requests */
};

static int64_t
cpu_ms_of_children (void)
{
  struct rusage u;
  getrusage (RUSAGE_CHILDREN, &u);
  return (int64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

static int
take_output (struct run *r)
{
  static char part[PART_BYTES];
  ssize_t n = read (r->c.output, part, sizeof part);
  if (n > 0)
    output_add (&r->output, part, (size_t)n);
  else if (n == 0 || errno != EAGAIN)
    {
      close (r->c.output);
      r->c.output = -1;
    }
  if (r->output.total > OUTPUT_MAX && r->end == AID_BOX_EXITED)
    r->end = AID_BOX_OUTPUT;
  return n > 0;
}

static void
take_request (struct run *r)
{
  struct aid_box_request q;
  if (read_all (&q, sizeof q) || q.verb != AID_BOX_DO_CANCEL)
    r->left = 1;
  else
    r->cancelled = 1;
}

static void
look (struct run *r)
{
  int64_t now = aid_clock_ms ();
  if (now - r->begun >= r->k->limits.seconds * 1000)
    r->end = AID_BOX_TIME;
  else if (now >= r->look_at)
    {
      r->end = watch_look (&r->watch);
      int64_t end = aid_clock_ms (), took = end - now; /* what takes long is done half of the time: others wait meanwhile */
      r->look_every = r->look_every * 2 < LOOK_MS ? r->look_every * 2 : LOOK_MS;
      r->look_at = end + (took > r->look_every ? took : r->look_every);
    }
}

static void
turn (struct run *r)
{
  struct pollfd polled[]
    = { { .fd = 0, .events = POLLIN }, { .fd = r->c.output, .events = POLLIN }, { .fd = r->ended, .events = POLLIN } };
  int64_t wait = r->look_at - aid_clock_ms ();
  if (poll (polled, 3, wait > 0 ? (int)wait : 0) < 0)
    return;
  if (polled[0].revents)
    take_request (r);
  if (polled[1].revents)
    take_output (r);
  if (r->end == AID_BOX_EXITED)
    look (r);
  r->is_over = waitpid (r->c.pid, &r->status, WNOHANG) == r->c.pid;
}

/* All that is in our pid namespace but us, in one step that nobody escapes by making children; then nothing is left of it. */
static void
end_all (struct run *r)
{
  pid_t pid;
  int status;
  kill (-1, SIGKILL);
  while ((pid = waitpid (-1, &status, __WALL)) > 0 || errno == EINTR)
    if (pid == r->c.pid)
      r->status = status;
  for (int64_t n = 0; r->c.output >= 0 && n < OUTPUT_MAX; n += PART_BYTES)
    if (!take_output (r))
      break;
}

/* Whether the line was run at all. */
static int
was_run (const struct run *r)
{
  char told[1024];
  ssize_t n = read (r->c.status, told, sizeof told - 1);
  told[n > 0 ? n : 0] = '\0';
  return strstr (told, "exit-code") != NULL;
}

static void
tell_end (struct run *r, struct aid_box_answer *a)
{
  a->end = (int32_t)r->end;
  if (r->end != AID_BOX_EXITED)
    return;
  int code = WIFEXITED (r->status) ? WEXITSTATUS (r->status) : SHELL_SIGNAL + WTERMSIG (r->status);
  a->code = code;
  if (watch_end (&r->watch))
    a->end = AID_BOX_DISK;
  else if (code > SHELL_SIGNAL && code <= SHELL_SIGNAL + SIGRTMAX)
    {
      a->end = AID_BOX_SIGNALLED;
      a->signal = code - SHELL_SIGNAL;
    }
}

static void
attend (struct run *r)
{
  r->begun = aid_clock_ms ();
  r->look_every = FIRST_LOOK_MS;
  r->look_at = r->begun + r->look_every;
#ifdef SYS_pidfd_open
  r->ended = (int)syscall (SYS_pidfd_open, r->c.pid, 0);
#else
  r->ended = -1;
#endif
  while (!r->is_over && r->end == AID_BOX_EXITED && !r->cancelled && !r->left)
    turn (r);
  if (!r->left)
    end_all (r);
  if (r->ended >= 0)
    close (r->ended);
}

int
run_command (const struct keeper *k, const char *line, const char *dir, struct aid_box_answer *a, struct aid_str *text,
             struct aid_error *e)
{
  struct run r = { .k = k, .c = { -1, -1, -1 } };
  int64_t cpu = cpu_ms_of_children ();
  a->err = (int32_t)output_begin (&r.output, k->limits.output_bytes, e);
  if (a->err)
    return 1;
  watch_begin (&r.watch, k);
  a->err = (int32_t)command_start (k, line, dir, &r.c, e);
  if (!a->err)
    {
      attend (&r);
      a->ms = aid_clock_ms () - r.begun;
      a->cpu_ms = cpu_ms_of_children () - cpu;
      a->cpu_ms = a->cpu_ms > r.watch.cpu_ms ? a->cpu_ms : r.watch.cpu_ms;
      output_take (&r.output, text, &a->cut);
      if (r.cancelled)
        a->err = (int32_t)aid_error_set (e, AID_E_CANCELLED, "The command was stopped");
      else if (r.end == AID_BOX_EXITED && !was_run (&r))
        a->err = (int32_t)aid_error_set (e, WIFSIGNALED (r.status) ? AID_E_IO : AID_E_STATE,
                                         "bubblewrap could not run it: %.150s",
                                         WIFSIGNALED (r.status) ? "it was killed" : aid_str_z (text));
      else
        tell_end (&r, a);
      if (r.c.output >= 0)
        close (r.c.output);
      close (r.c.status);
    }
  output_end (&r.output);
  return !r.left;
}
