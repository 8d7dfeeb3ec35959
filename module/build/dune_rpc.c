/* dune's RPC in the versions that every dune since 3.0 speaks: initialize, version_menu, then poll/progress again and again, and
   when a build has ended one request for all diagnostics.  Requests are answered in any order; each has its own id. */
#include "build/dune_rpc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "build/csexp.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)32 << 20)
#define TEXT_MAX ((size_t)8 << 20)
#define HANDSHAKE_MS 10000
#define SETTLE_MS 300 /* dune hears of a change of a file a little later */

/* --- the socket --- */

/* Whether PATH is what MODE says, not a link, and ours. */
static int
is_ours (const char *path, mode_t mode)
{
  struct stat st;
  return lstat (path, &st) == 0 && (st.st_mode & S_IFMT) == mode && st.st_uid == geteuid ();
}

int
aid_dune_rpc_connect (const char *dir)
{
  static const struct
  {
    const char *name;
    mode_t mode;
  } parts[] = { { "_build", S_IFDIR }, { "_build/.rpc", S_IFDIR }, { "_build/.rpc/dune", S_IFSOCK } };
  struct aid_str path = AID_STR_INIT (4096);
  struct sockaddr_un to = { .sun_family = AF_UNIX };
  int ours = 1, fd = -1;
  for (size_t i = 0; i < 3 && ours; i++)
    {
      aid_str_clear (&path);
      ours = !aid_fs_join (&path, dir, parts[i].name) && is_ours (aid_str_z (&path), parts[i].mode);
    }
  if (ours && path.len < sizeof to.sun_path && (fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0)
    {
      memcpy (to.sun_path, path.ptr, path.len + 1);
      if (connect (fd, (struct sockaddr *)&to, sizeof to) || fcntl (fd, F_SETFL, O_NONBLOCK))
        {
          close (fd);
          fd = -1;
        }
    }
  aid_str_free (&path);
  return fd;
}

/* --- talking --- */

struct talk
{
  int fd, once, began, done;
  const struct aid_stop *stop;
  int64_t deadline; /* 0: none */
  int64_t later;    /* while it settles: the deadline of the whole */
  struct aid_str in;
  void (*print) (void *arg, struct aid_span lines);
  void *arg;
};

static enum aid_err
lost (struct aid_error *e)
{
  return aid_error_set (e, AID_E_NET, "The dune that watches this project has ended");
}

/* Waits until the socket is ready for EVENTS. */
static enum aid_err
await (struct talk *t, short events, struct aid_error *e)
{
  struct pollfd polled[] = { { .fd = t->fd, .events = events }, { .fd = aid_stop_fd (t->stop), .events = POLLIN } };
  int64_t left = t->deadline ? t->deadline - aid_clock_ms () : -1;
  if (aid_stop_is_set (t->stop))
    return aid_error_set (e, AID_E_CANCELLED, "The build was stopped");
  if (t->deadline && left <= 0)
    return aid_error_set (e, AID_E_TIMEOUT, "The dune that watches this project does not answer");
  if (poll (polled, 2, (int)left) < 0 && errno != EINTR)
    return lost (e);
  return AID_OK;
}

static enum aid_err
send_all (struct talk *t, struct aid_span text, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  while (text.len && !err)
    {
      ssize_t n = send (t->fd, text.ptr, text.len, MSG_NOSIGNAL);
      if (n > 0)
        text = aid_span_cut (text, (size_t)n, text.len);
      else if (n < 0 && (errno == EAGAIN || errno == EINTR))
        err = await (t, POLLOUT, e);
      else
        err = lost (e);
    }
  return err;
}

/* Sends the request METHOD, whose id is its name; PARAMS is an expression. */
static enum aid_err
request (struct talk *t, const char *method, const char *params, struct aid_error *e)
{
  struct aid_str out = AID_STR_INIT (4096);
  aid_str_addz (&out, "((2:id");
  aid_csexp_add (&out, method);
  aid_str_addz (&out, ")(6:method");
  aid_csexp_add (&out, method);
  aid_str_addf (&out, ")(6:params%s))", params);
  enum aid_err err = send_all (t, aid_str_span (&out), e);
  aid_str_free (&out);
  return err;
}

/* Reads the next whole packet; it stays in t->in until it is dropped. */
static enum aid_err
receive (struct talk *t, struct aid_span *packet, struct aid_error *e)
{
  char part[65536];
  ptrdiff_t n = 0;
  enum aid_err err = AID_OK;
  while (!err && (n = aid_csexp_length (aid_str_span (&t->in))) == 0)
    {
      ssize_t got = recv (t->fd, part, sizeof part, 0);
      if (got > 0)
        err = aid_str_add (&t->in, part, (size_t)got)
                ? aid_error_set (e, AID_E_LIMIT, "dune's answer is larger than %zu MB", ANSWER_MAX >> 20)
                : AID_OK;
      else if (got < 0 && (errno == EAGAIN || errno == EINTR))
        err = await (t, POLLIN, e);
      else
        err = lost (e);
    }
  if (!err && n < 0)
    err = aid_error_set (e, AID_E_PARSE, "What answers at _build/.rpc/dune is no dune");
  if (!err)
    *packet = aid_span_cut (aid_str_span (&t->in), 0, (size_t)n);
  return err;
}

/* --- diagnostics as lines --- */

/* Appends a pretty printer's document as text: (TAG ARGUMENT). */
static void
render (struct aid_span pp, int depth, struct aid_str *out)
{
  int is_list;
  struct aid_span rest = aid_csexp_inside (pp, &is_list), tag, arg, one;
  if (!is_list || depth > AID_CSEXP_DEPTH || !aid_csexp_take (&rest, &tag) || !aid_csexp_take (&rest, &arg))
    return;
  struct aid_span name = aid_csexp_atom (tag), inside = aid_csexp_inside (arg, &is_list);
  if (aid_span_eqz (name, "Verbatim") || aid_span_eqz (name, "Text") || aid_span_eqz (name, "Char"))
    aid_str_addspan (out, inside);
  else if (aid_span_eqz (name, "Newline"))
    aid_str_addc (out, '\n');
  else if (aid_span_eqz (name, "Break"))
    aid_str_addc (out, ' ');
  else if (aid_span_eqz (name, "Concat"))
    {
      struct aid_span separator, list;
      if (!aid_csexp_take (&inside, &separator) || !aid_csexp_take (&inside, &list))
        return;
      struct aid_span items = aid_csexp_inside (list, &is_list);
      for (int first = 1; aid_csexp_take (&items, &one); first = 0)
        {
          if (!first)
            render (separator, depth + 1, out);
          render (one, depth + 1, out);
        }
    }
  else if (aid_span_eqz (name, "Hbox") || aid_span_eqz (name, "Tag"))
    render (arg, depth + 1, out);
  else /* Seq of two, and boxes with a number first, which is no list and renders as nothing */
    while (is_list && aid_csexp_take (&inside, &one))
      render (one, depth + 1, out);
}

static int
number (struct aid_span record, const char *name)
{
  struct aid_span v;
  uint64_t n;
  return aid_csexp_field (record, name, &v) && !aid_span_number (aid_csexp_atom (v), INT32_MAX, &n) ? (int)n : 0;
}

static void
add_place (struct aid_span loc, const char *indent, struct aid_str *out)
{
  struct aid_span start, stop, file;
  if (!aid_csexp_field (loc, "start", &start) || !aid_csexp_field (loc, "stop", &stop)
      || !aid_csexp_field (start, "pos_fname", &file))
    return;
  int bol = number (start, "pos_bol"), line = number (start, "pos_lnum"), last = number (stop, "pos_lnum");
  file = aid_csexp_atom (file);
  aid_str_addf (out, "%sFile \"%.*s\", line", indent, (int)file.len, file.ptr);
  if (last > line)
    aid_str_addf (out, "s %d-%d", line, last);
  else
    aid_str_addf (out, " %d", line);
  aid_str_addf (out, ", characters %d-%d:\n", number (start, "pos_cnum") - bol,
                number (stop, "pos_cnum") - (last > line ? number (stop, "pos_bol") : bol));
}

/* Appends TEXT, its lines but the first indented as the compiler does it. */
static void
add_indented (struct aid_span text, struct aid_str *out)
{
  struct aid_span line;
  for (int first = 1; aid_span_line (&text, &line); first = 0)
    {
      aid_str_addz (out, first ? "" : line.len && line.ptr[0] == ' ' ? "" : "       ");
      aid_str_addspan (out, line);
      aid_str_addc (out, '\n');
    }
}

/* A message may be empty, and its line ends all the same. */
static void
end_line (struct aid_str *out)
{
  if (out->len && out->ptr[out->len - 1] != '\n')
    aid_str_addc (out, '\n');
}

static void
add_diagnostic (struct aid_span d, struct aid_str *out)
{
  struct aid_span loc, v, message, related, one;
  struct aid_str text = AID_STR_INIT (TEXT_MAX);
  int warning = aid_csexp_field (d, "severity", &v) && aid_span_eqz (aid_csexp_atom (v), "warning"), is_list;
  if (aid_csexp_field (d, "message", &message))
    render (message, 0, &text);
  if (aid_csexp_field (d, "loc", &loc))
    add_place (loc, "", out);
  else
    aid_str_addz (out, "File \"_none_\", line 1:\n");
  /* A message may bring its own first word. */
  struct aid_span said = aid_span_trim (aid_str_span (&text));
  if (!aid_span_starts (said, "Error") && !aid_span_starts (said, "Warning") && !aid_span_starts (said, "Alert"))
    aid_str_addz (out, warning ? "Warning: " : "Error: ");
  add_indented (said, out);
  end_line (out);
  related = aid_csexp_field (d, "related", &v) ? aid_csexp_inside (v, &is_list) : (struct aid_span){ "", 0 };
  while (aid_csexp_take (&related, &one))
    {
      aid_str_clear (&text);
      if (aid_csexp_field (one, "loc", &loc))
        add_place (loc, "       ", out);
      if (aid_csexp_field (one, "message", &message))
        render (message, 0, &text);
      aid_str_addz (out, "       ");
      add_indented (aid_span_trim (aid_str_span (&text)), out);
      end_line (out);
    }
  aid_str_free (&text);
}

/* --- the course of a build --- */

static void
say (struct talk *t, const char *line)
{
  t->print (t->arg, aid_span_z (line));
}

/* What it has built last may be older than what was just saved: it may begin anew in a moment. */
static void
settle (struct talk *t)
{
  if (!t->later)
    t->later = t->deadline;
  t->deadline = aid_clock_ms () + SETTLE_MS;
}

static void
unsettle (struct talk *t)
{
  if (t->later)
    t->deadline = t->later;
  t->later = 0;
}

/* What poll/progress told: (Some (STATE ...)), or (None ()) at the end. */
static enum aid_err
on_progress (struct talk *t, struct aid_span result, struct aid_error *e)
{
  int is_list;
  struct aid_span rest = aid_csexp_inside (result, &is_list), tag, state, name;
  if (!aid_csexp_take (&rest, &tag) || !aid_span_eqz (aid_csexp_atom (tag), "Some") || !aid_csexp_take (&rest, &state))
    return lost (e);
  rest = aid_csexp_inside (state, &is_list);
  if (!aid_csexp_take (&rest, &name))
    return aid_error_set (e, AID_E_PARSE, "dune tells its progress in a way that is not known here");
  name = aid_csexp_atom (name);
  if (aid_span_eqz (name, "success") || aid_span_eqz (name, "failed"))
    {
      t->done = aid_span_eqz (name, "failed") ? 2 : 1;
      if (!t->once)
        return request (t, "diagnostics", "()", e);
      settle (t);
    }
  else
    unsettle (t);
  if (aid_span_eqz (name, "in_progress") && !t->began)
    {
      t->began = 1;
      say (t, "********** NEW BUILD **********\n");
    }
  return request (t, "poll/progress", "3:aid", e);
}

static enum aid_err
on_diagnostics (struct talk *t, struct aid_span result, struct aid_error *e)
{
  int is_list;
  struct aid_span rest = aid_csexp_inside (result, &is_list), one;
  struct aid_str text = AID_STR_INIT (TEXT_MAX);
  if (!t->began)
    say (t, "********** NEW BUILD **********\n");
  while (is_list && aid_csexp_take (&rest, &one))
    add_diagnostic (one, &text);
  struct aid_span lines = aid_str_span (&text);
  while (lines.len && lines.ptr[lines.len - 1] != '\n') /* cut off at its limit */
    lines.len--;
  t->print (t->arg, lines);
  aid_str_free (&text);
  say (t, t->done == 2 ? "Had errors, waiting for filesystem changes...\n" : "Success, waiting for filesystem changes...\n");
  t->began = t->done = 0;
  t->deadline = 0;
  return t->once ? AID_OK : request (t, "poll/progress", "3:aid", e);
}

/* Takes one packet.  *ENDED when there is nothing more to wait for. */
static enum aid_err
take_packet (struct talk *t, struct aid_span packet, int *ended, struct aid_error *e)
{
  struct aid_span id, result, value, tag, rest;
  int is_list;
  if (!aid_csexp_field (packet, "id", &id) || !aid_csexp_field (packet, "result", &result))
    return AID_OK; /* a notification */
  rest = aid_csexp_inside (result, &is_list);
  if (!is_list || !aid_csexp_take (&rest, &tag) || !aid_csexp_take (&rest, &value)
      || !aid_span_eqz (aid_csexp_atom (tag), "ok"))
    return aid_error_set (e, AID_E_PARSE, "dune refuses \"%.*s\"", (int)aid_csexp_atom (id).len, aid_csexp_atom (id).ptr);
  id = aid_csexp_atom (id);
  if (aid_span_eqz (id, "initialize"))
    return request (t, "version_menu", "((13:poll/progress(1:1))(11:diagnostics(1:1)))", e);
  if (aid_span_eqz (id, "version_menu"))
    {
      if (!t->once)
        t->deadline = 0;
      return request (t, "poll/progress", "3:aid", e);
    }
  if (aid_span_eqz (id, "poll/progress"))
    return on_progress (t, value, e);
  *ended = t->once;
  return on_diagnostics (t, value, e);
}

enum aid_err
aid_dune_rpc_follow (int fd, int once, int timeout_ms, const struct aid_stop *stop,
                     void (*print) (void *arg, struct aid_span lines), void *arg, struct aid_error *e)
{
  struct talk t = { .fd = fd, .once = once, .stop = stop, .in = AID_STR_INIT (ANSWER_MAX), .print = print, .arg = arg };
  int ended = 0, ms = once && timeout_ms ? timeout_ms : HANDSHAKE_MS;
  t.deadline = aid_clock_ms () + ms;
  enum aid_err err = request (&t, "initialize", "((12:dune_version(1:31:0))(16:protocol_version1:0)(2:id3:aid))", e);
  while (!err && !ended)
    {
      struct aid_span packet = { "", 0 };
      err = receive (&t, &packet, e);
      size_t n = packet.len;
      if (err == AID_E_TIMEOUT && t.later)
        {
          unsettle (&t);
          err = request (&t, "diagnostics", "()", e);
        }
      else
        err = err ? err : take_packet (&t, packet, &ended, e);
      if (!err)
        aid_str_remove (&t.in, 0, n);
    }
  aid_str_free (&t.in);
  close (fd);
  return err;
}
