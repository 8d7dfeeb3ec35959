/* A box that is a copy of the tree, in which bubblewrap runs what is to be run.  What holds of all boxes is in box.h. */
#include "ces/box.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include "ces/box_tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum
{
  READ_MAX = 64 << 20,
  KILLED = 128 /* what a shell adds to the number of the signal that ended its command */
};

struct aid_box
{
  struct aid_str folder, tree;
  struct aid_box_limits limits;
  int root;
  int is_copy;
};

const char *
aid_box_end_name (enum aid_box_end end)
{
  static const char *const names[] = { "exited", "signalled", "time", "memory", "processes", "disk", "output" };
  return (unsigned)end < sizeof names / sizeof *names ? names[end] : "?";
}

static enum aid_err
run_plain (const char *const *argv, struct aid_error *e)
{
  struct aid_proc_result r;
  struct aid_error inner;
  struct aid_proc p = { .argv = argv, .out_max = 4096, .err_to_out = 1, .with_us = 1 };
  enum aid_err err = aid_proc_run (&p, &r, &inner);
  if (err)
    err = aid_error_set (e, err, "%s", inner.msg);
  else if (r.code)
    err = aid_error_set (e, AID_E_IO, "%s failed: %.150s", argv[0], aid_str_z (&r.out));
  aid_proc_result_free (&r);
  return err;
}

int
aid_box_available (char why[256])
{
  static const char *const argv[] = { "bwrap", "--unshare-all", "--ro-bind", "/", "/", "true", NULL };
  struct aid_error e;
  enum aid_err err = run_plain (argv, &e);
  if (err == AID_E_NOTFOUND)
    snprintf (why, 256, "bubblewrap is not installed: the package bubblewrap has the program bwrap");
  else if (err)
    snprintf (why, 256, "this system does not let bubblewrap make its namespaces: %.150s", e.msg);
  return !err;
}

static enum aid_err
copy (struct aid_box *b, const char *lower, struct aid_error *e)
{
  const char *temporary = getenv ("TMPDIR");
  struct aid_str from = AID_STR_INIT (8192);
  aid_str_addf (&b->folder, "%s/aid-box-XXXXXX", temporary && *temporary ? temporary : "/tmp");
  aid_str_addf (&from, "%s/.", lower);
  enum aid_err err = b->folder.err ? b->folder.err : from.err;
  if (err || !mkdtemp (b->folder.ptr))
    {
      aid_str_free (&b->folder);
      err = aid_error_set (e, AID_E_IO, "Cannot make a folder for a box over %s", lower);
    }
  else
    {
      aid_str_addf (&b->tree, "%s/tree", aid_str_z (&b->folder));
      const char *const argv[] = { "cp", "-a", "--reflink=auto", "--", aid_str_z (&from), aid_str_z (&b->tree), NULL };
      err = run_plain (argv, e);
    }
  aid_str_free (&from);
  return err;
}

enum aid_err
aid_box_open (const char *lower, enum aid_box_how how, const struct aid_box_limits *limits, struct aid_box **out,
              struct aid_error *e)
{
  char why[256];
  *out = NULL;
  if (!aid_fs_exists (lower))
    return aid_error_set (e, AID_E_NOTFOUND, "There is no folder %s for a box", lower);
  if (!aid_box_available (why))
    return aid_error_set (e, AID_E_STATE, "No box can be had: %s", why);
  struct aid_box *b = calloc (1, sizeof *b);
  if (!b)
    return aid_error_set (e, AID_E_NOMEM, "No memory for a box");
  *b = (struct aid_box){ AID_STR_INIT (4096), AID_STR_INIT (4096), *limits, -1, how == AID_BOX_VIEW };
  enum aid_err err = b->is_copy ? copy (b, lower, e) : aid_str_addz (&b->tree, lower);
  if (!err)
    b->root = open (aid_str_z (&b->tree), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (!err && b->root < 0)
    err = aid_error_set (e, AID_E_NOTFOUND, "There is no folder %s for a box", lower);
  if (err)
    aid_box_close (b);
  else
    *out = b;
  return err;
}

enum aid_err
aid_box_write (struct aid_box *b, const char *path, struct aid_span text, int executable, struct aid_error *e)
{
  return aid_box_tree_write (b->root, path, text, executable, e);
}

enum aid_err
aid_box_remove (struct aid_box *b, const char *path, struct aid_error *e)
{
  return aid_box_tree_remove (b->root, path, e);
}

enum aid_err
aid_box_read (struct aid_box *b, const char *path, struct aid_str *out, struct aid_error *e)
{
  return aid_box_tree_read (b->root, path, out, e);
}

static void
tell (enum aid_err err, const struct aid_proc_result *r, const struct aid_box_limits *limits, struct aid_box_ran *ran)
{
  ran->end = err == AID_E_TIMEOUT ? AID_BOX_TIME : AID_BOX_EXITED;
  ran->code = r->code;
  ran->ms = r->ms;
  ran->output = AID_STR_INIT ((size_t)limits->output_bytes);
  aid_str_addspan (&ran->output, aid_str_span (&r->out));
  ran->cut = r->out_cut;
  if (!err && r->code > KILLED && r->code <= KILLED + 64)
    {
      ran->end = AID_BOX_SIGNALLED;
      ran->signal = r->code - KILLED;
    }
}

enum aid_err
aid_box_run (struct aid_box *b, const char *line, const char *dir, const struct aid_stop *stop, struct aid_box_ran *ran,
             struct aid_error *e)
{
  char limited[8192], at[4200];
  struct aid_proc_result r;
  *ran = (struct aid_box_ran){ .output = AID_STR_INIT (0) };
  snprintf (at, sizeof at, AID_BOX_ROOT "/%s", dir ? dir : "");
  if (snprintf (limited, sizeof limited, "ulimit -t %lld; ulimit -d %lld; %s", (long long)b->limits.cpu_seconds,
                (long long)b->limits.megabytes << 10, line)
      >= (int)sizeof limited)
    return aid_error_set (e, AID_E_LIMIT, "The command line is too long");
  const char *const argv[] = { "bwrap",
                               "--unshare-all",
                               "--die-with-parent",
                               "--new-session",
                               "--ro-bind",
                               "/usr",
                               "/usr",
                               "--symlink",
                               "usr/bin",
                               "/bin",
                               "--symlink",
                               "usr/lib",
                               "/lib",
                               "--symlink",
                               "usr/lib64",
                               "/lib64",
                               "--symlink",
                               "usr/sbin",
                               "/sbin",
                               "--ro-bind-try",
                               "/etc/alternatives",
                               "/etc/alternatives",
                               "--ro-bind-try",
                               "/etc/ld.so.cache",
                               "/etc/ld.so.cache",
                               "--ro-bind-try",
                               "/etc/ocamlfind.conf",
                               "/etc/ocamlfind.conf",
                               "--proc",
                               "/proc",
                               "--dev",
                               "/dev",
                               "--tmpfs",
                               "/tmp",
                               "--dir",
                               "/home/box",
                               "--bind",
                               aid_str_z (&b->tree),
                               AID_BOX_ROOT,
                               "--chdir",
                               at,
                               "--",
                               "/bin/sh",
                               "-c",
                               limited,
                               NULL };
  static const char *const env[]
    = { "PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/home/box", "LANG=C.UTF-8", "TMPDIR=/tmp", NULL };
  struct aid_proc p = { .argv = argv,
                        .env = env,
                        .only_env = 1,
                        .out_max = (size_t)b->limits.output_bytes,
                        .err_to_out = 1,
                        .timeout_ms = (int)b->limits.seconds * 1000,
                        .with_us = 1,
                        .stop = stop };
  enum aid_err err = aid_proc_run (&p, &r, e);
  if (!err || err == AID_E_TIMEOUT)
    {
      tell (err, &r, &b->limits, ran);
      err = AID_OK;
    }
  aid_proc_result_free (&r);
  return err;
}

void
aid_box_close (struct aid_box *b)
{
  if (!b)
    return;
  if (b->root >= 0)
    close (b->root);
  if (b->is_copy && b->folder.len)
    run_plain ((const char *const[]){ "rm", "-rf", "--", aid_str_z (&b->folder), NULL }, NULL);
  aid_str_free (&b->folder);
  aid_str_free (&b->tree);
  free (b);
}
