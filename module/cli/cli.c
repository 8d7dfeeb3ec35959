/* What the subcommands share: one-line complaints, reading and printing, the project's root. */
#include "cli/cli.h"
#include "base/fs.h"
#include "base/utf8.h"
#include "measure/events.h"
#include "base/val.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVENTS_MS 300        /* that a command waits for its measurements to be written */

static void complain (const char *fmt, va_list ap) __attribute__ ((format (printf, 1, 0)));

/* One line, whatever a server or a file put into the message. */
static void
complain (const char *fmt, va_list ap)
{
  struct aid_str raw = AID_STR_INIT (4096), line = AID_STR_INIT (16384);

  aid_str_addvf (&raw, fmt, ap);
  aid_cli_calm (aid_span_trim (aid_str_span (&raw)), &line);
  for (size_t i = 0; i < line.len; i++)
    if (line.ptr[i] == '\n' || line.ptr[i] == '\t')
      line.ptr[i] = ' ';
  fprintf (stderr, "aid: %s\n", aid_str_z (&line));
  aid_str_free (&raw);
  aid_str_free (&line);
}

void
aid_cli_say (const char *fmt, ...)
{
  va_list ap;

  va_start (ap, fmt);
  complain (fmt, ap);
  va_end (ap);
}

int
aid_cli_fail (const char *fmt, ...)
{
  va_list ap;

  va_start (ap, fmt);
  complain (fmt, ap);
  va_end (ap);
  return AID_EXIT_FAILED;
}

int
aid_cli_misuse (const char *fmt, ...)
{
  va_list ap;

  va_start (ap, fmt);
  complain (fmt, ap);
  va_end (ap);
  return AID_EXIT_USAGE;
}

enum aid_err
aid_cli_read (const char *file, struct aid_str *out, struct aid_error *e)
{
  char buf[65536];
  ssize_t n;

  if (strcmp (file, "-") != 0)
    return aid_fs_read (file, out, e);
  while ((n = read (STDIN_FILENO, buf, sizeof buf)) != 0)
    {
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return aid_error_set (e, AID_E_IO, "standard input cannot be read: %s", strerror (errno));
      if (aid_str_add (out, buf, (size_t) n) != AID_OK)
        return aid_error_set (e, out->err, "standard input is larger than %zu bytes", out->max);
    }
  return AID_OK;
}

int
aid_cli_print (struct aid_span text)
{
  if (fwrite (text.ptr, 1, text.len, stdout) != text.len || fflush (stdout) != 0)
    return aid_cli_fail ("standard output cannot be written: %s", strerror (errno));
  return AID_EXIT_DONE;
}

int
aid_cli_print_val (struct aid_span val)
{
  struct aid_str json = AID_STR_INIT (1u << 30);
  enum aid_err err = aid_val_to_json (val, 2, &json);
  int status;

  aid_str_addc (&json, '\n');
  status = err || json.err ? aid_cli_fail ("the result does not fit in memory") : aid_cli_print (aid_str_span (&json));
  aid_str_free (&json);
  return status;
}

void
aid_cli_calm (struct aid_span text, struct aid_str *out)
{
  size_t from = out->len;

  aid_utf8_clean (text, out);
  for (size_t i = from; i < out->len; i++)
    {
      unsigned char c = (unsigned char) out->ptr[i];
      if ((c < 32 && c != '\n' && c != '\t') || c == 127)
        out->ptr[i] = '?';
      else if (c == 0xC2 && i + 1 < out->len && (unsigned char) out->ptr[i + 1] < 0xA0)
        out->ptr[i] = out->ptr[i + 1] = '?';   /* the C1 controls, among them a one-character CSI */
    }
}

int
aid_cli_print_calm (const struct aid_str *raw)
{
  struct aid_str calm = AID_STR_INIT (3 * raw->len + 16);   /* a bad byte becomes three */
  int status;

  aid_cli_calm (aid_str_span (raw), &calm);
  status = raw->err || calm.err ? aid_cli_fail ("the output does not fit in memory") : aid_cli_print (aid_str_span (&calm));
  aid_str_free (&calm);
  return status;
}

void
aid_cli_end_events (struct aid_events *events)
{
  aid_cli_wait_events (events);
  aid_events_free (events);
}

void
aid_cli_wait_events (struct aid_events *events)
{
  struct aid_error e = { AID_OK, "" };

  if (!events)
    return;
  aid_events_wait (events, EVENTS_MS);
  if (aid_events_trouble (events, &e))
    fprintf (stderr, "aid: not measured: %s\n", e.msg);
}

static int
is_root (const char *dir)
{
  static const char *const marks[] = { ".git", ".hg", ".jj", ".svn", ".aid" };
  int found = 0;

  for (size_t i = 0; i < sizeof marks / sizeof *marks && !found; i++)
    {
      struct aid_str path = AID_STR_INIT (8192);
      found = aid_fs_join (&path, dir, marks[i]) == AID_OK && aid_fs_exists (path.ptr);
      aid_str_free (&path);
    }
  return found;
}

int
aid_cli_agreed (struct aid_span words)
{
  char line[16] = "";
  if (!isatty (STDIN_FILENO) || !isatty (STDERR_FILENO))
    return aid_cli_fail ("nobody can be asked here: --yes goes on, after %.*s", (int)aid_span_trim (words).len, words.ptr), 0;
  fprintf (stderr, "%.*sGo on? [y/N] ", (int)words.len, words.ptr);
  if (!fgets (line, sizeof line, stdin) || (line[0] != 'y' && line[0] != 'Y'))
    return aid_cli_fail ("nothing was asked"), 0;
  return 1;
}

enum aid_err
aid_cli_root (const char *dir, struct aid_str *out, struct aid_error *e)
{
  char *full = realpath (dir ? dir : ".", NULL), *up;
  struct stat st;
  struct aid_span start = aid_span_z (full);

  if (dir && !*dir)
    return aid_error_set (e, AID_E_NOTFOUND, "a folder's name is empty; this one is .");   /* a variable that is not set */
  if (!full || stat (full, &st) || !S_ISDIR (st.st_mode))
    {
      aid_error_set (e, AID_E_NOTFOUND, "the folder %s cannot be opened: %s", dir ? dir : ".",
                     full ? "it is no folder" : strerror (errno));
      free (full);
      return AID_E_NOTFOUND;
    }
  up = aid_span_dup (start);
  while (up && up[0] && !is_root (up))
    *strrchr (up, '/') = '\0';
  aid_str_addz (out, up && up[0] ? up : full);
  free (up);
  free (full);
  return out->err ? aid_error_set (e, out->err, "the folder's name is too long") : AID_OK;
}

int
aid_cli_take_root (const char *dir, struct aid_str *out)
{
  struct aid_error e = { AID_OK, "" };

  return aid_cli_root (dir, out, &e) ? aid_cli_fail ("%s", e.msg) : AID_EXIT_DONE;
}

int
aid_cli_take_project (const char *dir, struct aid_str *out)
{
  if (!dir)
    return AID_EXIT_DONE;
  if (dir[0] != '/' || aid_fs_exists (dir))
    return aid_cli_take_root (dir, out);
  return aid_str_addz (out, dir) ? aid_cli_fail ("the folder's name is too long") : AID_EXIT_DONE;
}

int
aid_cli_check_folder (const char *command, const char *what, const char *dir)
{
  if (dir && !*dir)
    return aid_cli_misuse ("%s: %s: a folder's name is empty; this one is .", command, what);
  return AID_EXIT_DONE;
}
