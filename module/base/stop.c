/* A flag and a pipe: the byte in the pipe is never read, so that every poll after it returns at once. */
#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct aid_stop
{
  atomic_int set;
  int ends[2];
};

struct aid_stop *
aid_stop_new (struct aid_error *e)
{
  struct aid_stop *s = calloc (1, sizeof *s);
  if (!s)
    return aid_error_set (e, AID_E_NOMEM, "No memory for a request to stop"), NULL;
  if (pipe2 (s->ends, O_CLOEXEC | O_NONBLOCK))
    {
      aid_error_set (e, AID_E_IO, "Cannot make a pipe: %s", strerror (errno));
      free (s);
      return NULL;
    }
  return s;
}

void
aid_stop_set (struct aid_stop *s)
{
  int no = errno;
  if (!atomic_exchange (&s->set, 1) && write (s->ends[1], "!", 1) < 0)
    atomic_store (&s->set, 1); /* cannot be: the pipe is empty and its other end is ours */
  errno = no;
}

int
aid_stop_is_set (const struct aid_stop *s)
{
  return s && atomic_load (&s->set);
}

int
aid_stop_fd (const struct aid_stop *s)
{
  return s ? s->ends[0] : -1;
}

void
aid_stop_free (struct aid_stop *s)
{
  if (!s)
    return;
  close (s->ends[0]);
  close (s->ends[1]);
  free (s);
}
