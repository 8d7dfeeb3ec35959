/* A crash is the core's if it comes soon after its start, else if it comes on a thread of its own or while Emacs's thread
   is in its code.  What somebody sent with kill(1) is no crash.  The handler only reads what was set before and calls
   rename(2), getpid(2), pthread_self(3), clock_gettime(2): all of them async-signal-safe (signal-safety(7)). */
#include "loader/crash.h"
#include "versions/marks.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct aid_crash
{
  char hash[AID_VERSIONS_HASH];
  char run[AID_VERSIONS_PATH], crash[AID_VERSIONS_PATH];
  size_t tail;  /* of CRASH: where "00-young" stands */
  time_t began; /* by the monotonic clock */
  pid_t pid;
};

static const int fatal[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
#define NFATAL (sizeof fatal / sizeof *fatal)

static _Atomic (struct aid_crash *) current; /* never freed: a handler may have it */
static struct sigaction before[NFATAL];
static pthread_t emacs_thread;
static volatile sig_atomic_t inside; /* calls into a core, by Emacs's thread alone */

void
aid_crash_enter (void)
{
  inside++;
}

void
aid_crash_leave (void)
{
  inside--;
}

/* --- in a handler --------------------------------------------------------------------------------------------------- */

static void
mark (struct aid_crash *c, int sig)
{
  struct timespec now;
  char name[AID_VERSIONS_PATH];
  clock_gettime (CLOCK_MONOTONIC, &now);
  int young = now.tv_sec - c->began < AID_MARKS_WELL_S;
  int ours = !pthread_equal (pthread_self (), emacs_thread) || inside > 0;
  if ((!young && !ours) || getpid () != c->pid)
    return;
  memcpy (name, c->crash, c->tail);
  const char *end = young ? AID_MARKS_YOUNG : AID_MARKS_CORE;
  memcpy (name + c->tail, end, strlen (end) + 1);
  name[c->tail] = (char)('0' + sig / 10 % 10);
  name[c->tail + 1] = (char)('0' + sig % 10);
  rename (c->run, name); /* the second signal of one crash finds nothing to rename */
}

/* Hands SIG on as if we were not there. */
static void
hand_on (const struct sigaction *old, int sig, siginfo_t *info, void *context)
{
  if (old->sa_flags & SA_SIGINFO)
    old->sa_sigaction (sig, info, context);
  else if (old->sa_handler == SIG_DFL || old->sa_handler == SIG_IGN)
    {
      sigaction (sig, old, NULL);
      raise (sig); /* blocked here, and delivered when we return */
    }
  else
    old->sa_handler (sig);
}

static void
handler (int sig, siginfo_t *info, void *context)
{
  struct aid_crash *c = atomic_load (&current);
  if (c != NULL && (info->si_code > 0 || info->si_pid == c->pid)) /* the system, or abort(3); not another process */
    mark (c, sig);
  for (size_t i = 0; i < NFATAL; i++)
    if (fatal[i] == sig)
      hand_on (&before[i], sig, info, context);
}

/* --- on Emacs's thread ---------------------------------------------------------------------------------------------- */

/* Emacs's handlers keep their masks and their stack: one of them catches overflows of the stack. */
static void
install (void)
{
  static int installed;
  if (installed++)
    return;
  emacs_thread = pthread_self ();
  for (size_t i = 0; i < NFATAL; i++)
    if (sigaction (fatal[i], NULL, &before[i]) == 0)
      {
        struct sigaction ours = before[i];
        if (before[i].sa_handler == SIG_DFL && !(before[i].sa_flags & SA_SIGINFO))
          sigemptyset (&ours.sa_mask);
        ours.sa_sigaction = handler;
        ours.sa_flags = (before[i].sa_flags & (int)~SA_RESETHAND) | SA_SIGINFO;
        sigaction (fatal[i], &ours, NULL);
      }
}

struct aid_crash *
aid_crash_begin (const char *hash)
{
  struct timespec now;
  struct aid_crash *c = calloc (1, sizeof *c);
  if (c == NULL || aid_marks_names (hash, c->run, c->crash) != 0)
    {
      free (c);
      return NULL;
    }
  int fd = open (c->run, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
  if (fd < 0)
    {
      free (c);
      return NULL;
    }
  close (fd);
  clock_gettime (CLOCK_MONOTONIC, &now);
  strcpy (c->hash, hash);
  c->tail = strlen (c->crash) - strlen (AID_MARKS_YOUNG);
  c->began = now.tv_sec;
  c->pid = getpid ();
  atomic_store (&current, c);
  install ();
  return c;
}

/* A mark of a crash that Emacs survived goes, too. */
static void
unlink_all (struct aid_crash *c)
{
  char name[AID_VERSIONS_PATH];
  unlink (c->run);
  for (size_t i = 0; i < 2 * NFATAL; i++)
    {
      const char *end = i % 2 ? AID_MARKS_YOUNG : AID_MARKS_CORE;
      memcpy (name, c->crash, c->tail);
      memcpy (name + c->tail, end, strlen (end) + 1);
      name[c->tail] = (char)('0' + fatal[i / 2] / 10);
      name[c->tail + 1] = (char)('0' + fatal[i / 2] % 10);
      unlink (name);
    }
}

void
aid_crash_end (struct aid_crash *c, int in_order, struct aid_crash *other)
{
  struct timespec now;
  if (c == NULL)
    return;
  struct aid_crash *expected = c;
  atomic_compare_exchange_strong (&current, &expected, other);
  unlink_all (c);
  if (!in_order)
    return;
  aid_marks_note_well (c->hash);
  clock_gettime (CLOCK_MONOTONIC, &now);
  if (now.tv_sec - c->began >= AID_MARKS_WELL_S)
    aid_marks_forget (c->hash, 1);
}
