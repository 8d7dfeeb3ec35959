/* Runs a key command without a shell.  The child has a process group of its own (so that a late one is ended with all that
   it started), no terminal on its input, default signals and an empty mask: threads of the core block all.  Only this child
   is waited for: its parent may be an Emacs with children of its own. */
#include "config/secret_internal.h"
#include "base/clock.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEY_MAX 4096
#define TICK_MS 10             /* how often the child is looked at */

extern char **environ;

static char **
argv_of (const json_t *command)
{
  size_t n = json_array_size (command);
  char **argv = calloc (n + 1, sizeof *argv);
  for (size_t i = 0; argv && i < n; i++)
    argv[i] = (char *) (uintptr_t) json_string_value (json_array_get (command, i));   /* posix_spawn does not write there */
  return argv;
}

static int
start (const char *program, char **argv, int out, pid_t *pid)
{
  posix_spawnattr_t attr;
  posix_spawn_file_actions_t files;
  sigset_t none, all;
  sigemptyset (&none);
  sigfillset (&all);
  if (posix_spawnattr_init (&attr))
    return ENOMEM;
  posix_spawn_file_actions_init (&files);
  posix_spawnattr_setflags (&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setsigmask (&attr, &none);
  posix_spawnattr_setsigdefault (&attr, &all);
  posix_spawnattr_setpgroup (&attr, 0);
  int err = posix_spawn_file_actions_addopen (&files, 0, "/dev/null", O_RDONLY, 0);
  err = err ? err : posix_spawn_file_actions_adddup2 (&files, out, 1);
  err = err ? err : posix_spawn_file_actions_addopen (&files, 2, "/dev/null", O_WRONLY, 0);
  err = err ? err : posix_spawnp (pid, program, &files, &attr, argv, environ);
  posix_spawn_file_actions_destroy (&files);
  posix_spawnattr_destroy (&attr);
  return err;
}

struct line
{
  char text[KEY_MAX + 1];
  size_t len;
  int ended, too_long;
};

/* Reads what there is; what follows the first line is thrown away.  0 at the end of the output. */
static int
read_some (int fd, struct line *l)
{
  char part[512];
  ssize_t n = read (fd, part, sizeof part);
  if (n < 0)
    return errno == EAGAIN || errno == EINTR;
  for (ssize_t i = 0; i < n && !l->ended; i++)
    if (part[i] == '\n')
      l->ended = 1;
    else if (l->len < KEY_MAX)
      l->text[l->len++] = part[i];
    else
      l->too_long = 1;
  explicit_bzero (part, sizeof part);
  return n > 0;
}

/* Reads until the child has ended, for something that it started may hold the pipe for longer.  The child's status, or -1
   when the time was up and it was killed. */
static int
attend (pid_t pid, int fd, int timeout_ms, struct line *l)
{
  int64_t deadline = aid_clock_ms () + timeout_ms;
  int open = 1;
  for (;;)
    {
      int status = 0;
      pid_t done = waitpid (pid, &status, WNOHANG);
      /* Not beyond the line: what the child has left behind may write for ever. */
      while (open && done && !l->ended && !l->too_long && read_some (fd, l)
             && poll (&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, 0) > 0)
        ;
      if (done == pid)
        return status;
      if (done < 0 && errno != EINTR)
        return 0;              /* SIGCHLD is ignored here: the status is lost */
      if (aid_clock_ms () >= deadline)
        break;
      struct pollfd p = { .fd = open ? fd : -1, .events = POLLIN };
      if (poll (&p, 1, TICK_MS) > 0)
        open = read_some (fd, l);
    }
  kill (-pid, SIGKILL);
  while (waitpid (pid, NULL, 0) < 0 && errno == EINTR)
    ;
  return -1;
}

static enum aid_err
judge (const char *program, int status, int timeout_ms, const struct line *l, struct aid_error *e)
{
  if (status == -1)
    return aid_error_set (e, AID_E_TIMEOUT, "The key command \"%s\" did not end within %d seconds.", program,
                          (timeout_ms + 999) / 1000);
  if (WIFSIGNALED (status))
    return aid_error_set (e, AID_E_IO, "The key command \"%s\" was ended by signal %d.", program, WTERMSIG (status));
  if (WEXITSTATUS (status))
    return aid_error_set (e, AID_E_IO, "The key command \"%s\" ended with status %d.", program, WEXITSTATUS (status));
  if (l->too_long)
    return aid_error_set (e, AID_E_LIMIT, "The key command \"%s\" printed more than %d bytes on its first line.", program,
                          KEY_MAX);
  if (aid_span_trim (aid_span_z (l->text)).len == 0)
    return aid_error_set (e, AID_E_IO, "The key command \"%s\" printed no key on its first line.", program);
  return AID_OK;
}

static enum aid_err
run (const char *program, char **argv, int timeout_ms, char **out, struct aid_error *e)
{
  int ends[2];
  pid_t pid;
  if (pipe2 (ends, O_CLOEXEC))
    return aid_error_set (e, AID_E_IO, "The key command \"%s\" cannot be run: %s.", program, strerror (errno));
  int err = start (program, argv, ends[1], &pid);
  close (ends[1]);
  if (err)
    {
      close (ends[0]);
      return aid_error_set (e, AID_E_IO, "The key command \"%s\" cannot be run: %s.", program, strerror (err));
    }
  struct line l = { "", 0, 0, 0 };
  fcntl (ends[0], F_SETFL, O_NONBLOCK);
  int status = attend (pid, ends[0], timeout_ms, &l);
  close (ends[0]);
  enum aid_err result = judge (program, status, timeout_ms, &l, e);
  if (!result && !(*out = aid_span_dup (aid_span_trim (aid_span_z (l.text)))))
    result = aid_error_set (e, AID_E_NOMEM, "no memory for a key");
  explicit_bzero (&l, sizeof l);
  return result;
}

enum aid_err
aid_secret_run (const json_t *command, int timeout_ms, char **out, struct aid_error *e)
{
  const char *program = json_string_value (json_array_get (command, 0));
  if (!program || !*program)
    return aid_error_set (e, AID_E_INVALID,
                          "The key command is empty: \"key_command\" is an array of a program and its arguments.");
  char **argv = argv_of (command);
  enum aid_err err = argv ? run (program, argv, timeout_ms, out, e) : aid_error_set (e, AID_E_NOMEM, "no memory for a key");
  free (argv);
  return err;
}
