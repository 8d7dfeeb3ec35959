/* A talk with git fast-import over pipes: what is sent is buffered, and a reader that takes nothing for long is given up. */
#include "learn/import.h"
#include "base/clock.h"
#include "project/calm.h"

#include <errno.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#define BUFFERED ((size_t)256 << 10)
#define STALL_MS 120000 /* a disk may be slow */
#define SAID_MAX ((size_t)4096)

enum aid_err
aid_vault_import_begin (struct aid_vault_import *i, const struct aid_vault *s, int whole, const struct aid_stop *stop,
                        struct aid_error *e)
{
  /* "done" must end the stream: were we killed, what has come until then would be taken for all. */
  const char *argv[]
    = { AID_CALM_GIT, "fast-import", "--quiet", "--done", "--date-format=raw", whole ? "--depth=0" : "--depth=10", NULL };
  struct aid_proc p = { .argv = argv, .dir = s->dir, .env = s->env.data, .talk = 1, .out_max = 1, .err_max = 1 };
  *i = (struct aid_vault_import){ .vault = s, .stop = stop, .out = AID_STR_INIT (SIZE_MAX / 2) };
  return aid_proc_start (&p, &i->child, e);
}

/* --- waiting ------------------------------------------------------------------------------------------------------ */

/* What it says of its end. */
static enum aid_err
failed (struct aid_vault_import *i, struct aid_error *e)
{
  char said[SAID_MAX];
  ssize_t n = -1;
  if (i->child.err >= 0 && poll (&(struct pollfd){ .fd = i->child.err, .events = POLLIN }, 1, 1000) > 0)
    n = read (i->child.err, said, sizeof said);
  struct aid_span line = { "it ended early", 14 }, rest = { said, n > 0 ? (size_t)n : 0 };
  aid_span_line (&rest, &line);
  if (aid_span_starts (line, "fatal: "))
    line = aid_span_cut (line, 7, line.len);
  return aid_error_set (e, AID_E_IO, "The snapshot was not written: git fast-import in %s: %.*s", i->vault->dir,
                        (int)(line.len < 120 ? line.len : 120), line.ptr);
}

/* Waits until FD is ready for EVENTS. */
static enum aid_err
await (struct aid_vault_import *i, int fd, short events, struct aid_error *e)
{
  struct pollfd polled[] = { { .fd = fd, .events = events }, { .fd = aid_stop_fd (i->stop), .events = POLLIN } };
  int n;
  while ((n = poll (polled, 2, STALL_MS)) < 0 && errno == EINTR)
    ;
  if (aid_stop_is_set (i->stop))
    return aid_error_set (e, AID_E_CANCELLED, "The snapshot was stopped");
  if (n <= 0)
    return aid_error_set (e, AID_E_TIMEOUT, "git fast-import in %s takes nothing for %d s", i->vault->dir, STALL_MS / 1000);
  return AID_OK;
}

static enum aid_err
write_all (struct aid_vault_import *i, struct aid_span v, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  while (!err && v.len)
    {
      ssize_t n = aid_proc_write (i->child.in, v);
      if (n > 0)
        v = aid_span_cut (v, (size_t)n, v.len);
      else if (n < 0 && errno == EAGAIN)
        err = await (i, i->child.in, POLLOUT, e);
      else if (n < 0 && errno != EINTR)
        err = failed (i, e);
    }
  return err;
}

static enum aid_err
flush (struct aid_vault_import *i, struct aid_error *e)
{
  enum aid_err err = i->out.err ? aid_error_set (e, i->out.err, "No memory for a snapshot") : AID_OK;
  if (!err)
    err = write_all (i, aid_str_span (&i->out), e);
  aid_str_clear (&i->out);
  return err;
}

/* --- sending ------------------------------------------------------------------------------------------------------ */

enum aid_err
aid_vault_import_send (struct aid_vault_import *i, struct aid_span text, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  if (text.len >= BUFFERED)
    {
      err = flush (i, e);
      return err ? err : write_all (i, text, e);
    }
  aid_str_addspan (&i->out, text);
  return i->out.len >= BUFFERED || i->out.err ? flush (i, e) : AID_OK;
}

enum aid_err
aid_vault_import_blob (struct aid_vault_import *i, struct aid_span bytes, uint64_t *mark, struct aid_error *e)
{
  *mark = ++i->marks;
  aid_str_addf (&i->out, "blob\nmark :%llu\ndata %zu\n", (unsigned long long)*mark, bytes.len);
  enum aid_err err = aid_vault_import_send (i, bytes, e);
  aid_str_addc (&i->out, '\n');
  return err;
}

void
aid_vault_import_quote (struct aid_span path, struct aid_str *out)
{
  aid_str_addc (out, '"');
  for (size_t i = 0; i < path.len; i++)
    {
      unsigned char c = (unsigned char)path.ptr[i];
      if (c == '"' || c == '\\')
        aid_str_addf (out, "\\%c", c);
      else if (c < 0x20 || c == 0x7F)
        aid_str_addf (out, "\\%03o", c);
      else
        aid_str_addc (out, (char)c);
    }
  aid_str_addc (out, '"');
}

enum aid_err
aid_vault_import_tree (struct aid_vault_import *i, char tree[AID_VAULT_ID], struct aid_error *e)
{
  char line[256] = ""; /* "040000 tree ID\t\n" */
  size_t len = 0;
  aid_str_addz (&i->out, "ls \"\"\n");
  enum aid_err err = flush (i, e);
  while (!err && !memchr (line, '\n', len))
    {
      ssize_t n = len < sizeof line ? read (i->child.out, line + len, sizeof line - len) : 0;
      if (n > 0)
        len += (size_t)n;
      else if (n < 0 && errno == EAGAIN)
        err = await (i, i->child.out, POLLIN, e);
      else if (n == 0 || errno != EINTR)
        err = failed (i, e);
    }
  struct aid_span said = { line, len };
  ptrdiff_t at = aid_span_find (said, AID_SPAN (" tree "));
  size_t from = at < 0 ? 0 : (size_t)at + 6, n = 0;
  while (at >= 0 && from + n < len && line[from + n] != '\t' && n + 1 < AID_VAULT_ID)
    {
      tree[n] = line[from + n];
      n++;
    }
  tree[n] = '\0';
  return err;
}

/* --- ends --------------------------------------------------------------------------------------------------------- */

enum aid_err
aid_vault_import_finish (struct aid_vault_import *i, struct aid_error *e)
{
  int status = 0;
  aid_str_addz (&i->out, "done\n");
  enum aid_err err = flush (i, e);
  if (!err)
    {
      close (i->child.in);
      i->child.in = -1;
      if (!aid_proc_wait (&i->child, STALL_MS, &status))
        err = aid_error_set (e, AID_E_TIMEOUT, "git fast-import in %s does not end", i->vault->dir);
      else if (!WIFEXITED (status) || WEXITSTATUS (status))
        err = failed (i, e);
    }
  aid_proc_end (&i->child, 0);
  aid_str_free (&i->out);
  if (err)
    aid_vault_sweep (i->vault);
  return err;
}

void
aid_vault_import_abort (struct aid_vault_import *i)
{
  aid_proc_end (&i->child, 0);
  aid_str_free (&i->out);
  aid_vault_sweep (i->vault);
}
