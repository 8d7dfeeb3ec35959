/* Starting a program.  posix_spawn, not fork: the host has many threads and much memory.  The program is found here and not by
   posix_spawnp, which would look in the host's PATH, not in the one that the child gets. */
#include "base/proc.h"
#include "base/vec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENV_MAX 10000
#define PATH_BYTES 4096
#ifndef POSIX_SPAWN_SETSID
#define POSIX_SPAWN_SETSID POSIX_SPAWN_SETPGROUP /* a group of its own at least */
#endif

extern char **environ;

/* --- the environment --- */

static size_t
name_len (const char *entry)
{
  return strcspn (entry, "=");
}

static int
same_name (const char *a, const char *b)
{
  size_t n = name_len (a);
  return n == name_len (b) && memcmp (a, b, n) == 0;
}

static int
named_in (const char *const *env, const char *entry)
{
  for (; env && *env; env++)
    if (same_name (*env, entry))
      return 1;
  return 0;
}

static int
push (struct aid_vec *v, const char *entry)
{
  const char **slot = aid_vec_push (v);
  if (!slot)
    return -1;
  *slot = entry;
  return 0;
}

/* A vector of borrowed strings, NULL at its end. */
static int
environment (const struct aid_proc *p, struct aid_vec *v)
{
  for (char **old = environ; old && *old && !p->only_env; old++)
    if (!named_in (p->env, *old) && push (v, *old))
      return -1;
  for (const char *const *add = p->env; add && *add; add++)
    if (strchr (*add, '=') && push (v, *add))
      return -1;
  return push (v, NULL);
}

static const char *
look_up (const struct aid_vec *env, const char *name)
{
  for (size_t i = 0; i + 1 < env->len; i++)
    if (same_name (AID_VEC_AT (const char *, env, i), name))
      return AID_VEC_AT (const char *, env, i) + strlen (name) + 1;
  return NULL;
}

/* --- the program --- */

static int
is_program (const char *path)
{
  struct stat st;
  return stat (path, &st) == 0 && S_ISREG (st.st_mode) && access (path, X_OK) == 0;
}

/* PATH's relative folders are passed over: a program must not come from whatever folder we work in. */
static enum aid_err
find_program (const char *name, const struct aid_vec *env, char out[PATH_BYTES], struct aid_error *e)
{
  const char *given = look_up (env, "PATH");
  struct aid_span path = aid_span_z (given ? given : "/usr/local/bin:/usr/bin:/bin");
  size_t n = strlen (name);
  if (strchr (name, '/') && n < PATH_BYTES)
    return memcpy (out, name, n + 1), AID_OK;
  while (path.len > 0)
    {
      const char *colon = memchr (path.ptr, ':', path.len);
      size_t len = colon ? (size_t)(colon - path.ptr) : path.len;
      if (path.ptr[0] == '/' && len + n + 2 <= PATH_BYTES)
        {
          memcpy (out, path.ptr, len);
          out[len] = '/';
          memcpy (out + len + 1, name, n + 1);
          if (is_program (out))
            return AID_OK;
        }
      path = aid_span_cut (path, len + (colon != NULL), path.len);
    }
  return aid_error_set (e, AID_E_NOTFOUND, "The program \"%s\" is not in PATH", name);
}

/* --- the pipes --- */

/* Ends above the three standard descriptors, which the child's are moved to one after the other. */
static int
raise_end (int *fd)
{
  if (*fd > 2)
    return 0;
  int higher = fcntl (*fd, F_DUPFD_CLOEXEC, 3);
  close (*fd);
  *fd = higher;
  return higher < 0 ? -1 : 0;
}

static int
make_pipe (int *ours, int *theirs, int child_writes)
{
  int ends[2];
  if (pipe2 (ends, O_CLOEXEC))
    return -1;
  *ours = ends[!child_writes];
  *theirs = ends[child_writes];
  return raise_end (ours) || raise_end (theirs) || fcntl (*ours, F_SETFL, O_NONBLOCK) ? -1 : 0;
}

static void
close_end (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

/* --- the start --- */

struct ends
{
  int in, out, err; /* the child's, -1 for /dev/null */
};

static int
add_stream (posix_spawn_file_actions_t *files, int fd, int as)
{
  if (fd >= 0)
    return posix_spawn_file_actions_adddup2 (files, fd, as);
  return posix_spawn_file_actions_addopen (files, as, "/dev/null", as ? O_WRONLY : O_RDONLY, 0);
}

static int
add_files (posix_spawn_file_actions_t *files, const struct aid_proc *p, const struct ends *ends)
{
  int no = add_stream (files, ends->in, 0);
  no = no ? no : add_stream (files, ends->out, 1);
  no = no ? no : p->err_to_out ? posix_spawn_file_actions_adddup2 (files, 1, 2) : add_stream (files, ends->err, 2);
  no = no || !p->dir ? no : posix_spawn_file_actions_addchdir_np (files, p->dir);
#if defined __GLIBC__ && __GLIBC_PREREQ(2, 34)
  no = no ? no : posix_spawn_file_actions_addclosefrom_np (files, 3);
#endif
  return no;
}

static int
spawn (const struct aid_proc *p, const char *program, char **env, const struct ends *ends, pid_t *pid)
{
  posix_spawnattr_t attr;
  posix_spawn_file_actions_t files;
  sigset_t none, all;
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID;
#ifdef POSIX_SPAWN_CLOEXEC_DEFAULT
  flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#endif
  sigemptyset (&none);
  sigfillset (&all);
  if (posix_spawnattr_init (&attr))
    return ENOMEM;
  if (posix_spawn_file_actions_init (&files))
    return posix_spawnattr_destroy (&attr), ENOMEM;
  posix_spawnattr_setflags (&attr, flags);
  posix_spawnattr_setsigmask (&attr, &none);
  posix_spawnattr_setsigdefault (&attr, &all);
  int no = add_files (&files, p, ends);
  no = no ? no : posix_spawn (pid, program, &files, &attr, (char **)(uintptr_t)p->argv, env); /* nothing is written there */
  posix_spawn_file_actions_destroy (&files);
  posix_spawnattr_destroy (&attr);
  return no;
}

static int
watch (pid_t pid)
{
#ifdef SYS_pidfd_open
  return (int)syscall (SYS_pidfd_open, pid, 0);
#else
  (void)pid;
  return -1;
#endif
}

static enum aid_err
start_with (const struct aid_proc *p, const char *program, char **env, struct aid_child *c, struct aid_error *e)
{
  struct ends ends = { -1, -1, -1 };
  struct stat st;
  int no = 0;
  if (p->dir && (stat (p->dir, &st) || !S_ISDIR (st.st_mode)))
    return aid_error_set (e, AID_E_NOTFOUND, "Cannot run \"%s\": there is no folder %s", p->argv[0], p->dir);
  if (((p->talk || p->input.len) && make_pipe (&c->in, &ends.in, 0)) || (p->out_max && make_pipe (&c->out, &ends.out, 1))
      || (p->err_max && !p->err_to_out && make_pipe (&c->err, &ends.err, 1)))
    no = errno;
  no = no ? no : spawn (p, program, env, &ends, &c->pid);
  close_end (&ends.in);
  close_end (&ends.out);
  close_end (&ends.err);
  if (no == 0)
    {
      c->ended = watch (c->pid);
      return AID_OK;
    }
  c->pid = 0;
  aid_proc_end (c, 0);
  return aid_error_set (e, no == ENOENT ? AID_E_NOTFOUND : AID_E_IO, "Cannot run \"%s\": %s", p->argv[0], strerror (no));
}

enum aid_err
aid_proc_start (const struct aid_proc *p, struct aid_child *c, struct aid_error *e)
{
  struct aid_vec env = AID_VEC_INIT (const char *, ENV_MAX);
  char program[PATH_BYTES];
  *c = (struct aid_child){ 0, -1, -1, -1, -1 };
  if (!p->argv || !p->argv[0] || !*p->argv[0])
    return aid_error_set (e, AID_E_INVALID, "There is no program to run");
  enum aid_err err = environment (p, &env)
                       ? aid_error_set (e, AID_E_LIMIT, "No room for the environment of \"%s\"", p->argv[0])
                       : find_program (p->argv[0], &env, program, e);
  if (!err)
    err = start_with (p, program, env.data, c, e);
  aid_vec_free (&env);
  return err;
}
