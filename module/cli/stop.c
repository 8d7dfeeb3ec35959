/* How a command is told to stop: by SIGINT or SIGTERM, once. */
#include "base/stop.h"
#include "cli/cli.h"

#include <signal.h>

static struct aid_stop *stop; /* for the signal handler, which may run until the process ends: never freed */
static volatile sig_atomic_t stopped_by;

void
aid_cli_on_signal (void (*fn) (int))
{
  struct sigaction sa;

  memset (&sa, 0, sizeof sa);
  sa.sa_handler = fn;
  sa.sa_flags = (int)SA_RESETHAND;
  sigemptyset (&sa.sa_mask);
  sigaction (SIGINT, &sa, NULL);
  sigaction (SIGTERM, &sa, NULL);
}

static void
on_signal (int signal)
{
  stopped_by = signal;
  aid_stop_set (stop);
}

int
aid_cli_interrupted (const char *what)
{
  int signal = stopped_by;
  if (signal)
    aid_cli_fail ("interrupted: %s", what);
  return signal ? AID_EXIT_SIGNAL + signal : 0;
}

struct aid_stop *
aid_cli_stop (struct aid_error *e)
{
  if (!stop && (stop = aid_stop_new (e)))
    aid_cli_on_signal (on_signal);
  return stop;
}
