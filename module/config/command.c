/* Runs a key command without a shell.  Only its first line is read, and neither that nor its errors are ever in a message. */
#include "config/secret_internal.h"
#include "base/proc.h"
#include <stdlib.h>

#define KEY_MAX 4096

struct line
{
  char text[KEY_MAX + 1];
  size_t len;
  int ended, too_long;
};

/* What follows the first line is thrown away. */
static int
take (void *arg, enum aid_proc_stream stream, struct aid_span part)
{
  struct line *l = arg;
  for (size_t i = 0; stream == AID_PROC_OUT && i < part.len && !l->ended && !l->too_long; i++)
    if (part.ptr[i] == '\n')
      l->ended = 1;
    else if (l->len < KEY_MAX)
      l->text[l->len++] = part.ptr[i];
    else
      l->too_long = 1;
  return 0;
}

static enum aid_err
judge (const char *program, const struct aid_proc_result *r, const struct line *l, struct aid_error *e)
{
  struct aid_str how = AID_STR_INIT (64);
  if (r->signal || r->code)
    {
      aid_proc_describe (r, &how);
      aid_error_set (e, AID_E_IO, "The key command \"%s\" %s.", program, aid_str_z (&how));
      aid_str_free (&how);
      return AID_E_IO;
    }
  if (l->too_long)
    return aid_error_set (e, AID_E_LIMIT, "The key command \"%s\" printed more than %d bytes on its first line.", program,
                          KEY_MAX);
  if (aid_span_trim (aid_span_z (l->text)).len == 0)
    return aid_error_set (e, AID_E_IO, "The key command \"%s\" printed no key on its first line.", program);
  return AID_OK;
}

static enum aid_err
run (const char *const *argv, int timeout_ms, const struct aid_stop *stop, char **out, struct aid_error *e)
{
  struct line l = { "", 0, 0, 0 };
  struct aid_proc p = { .argv = argv, .timeout_ms = timeout_ms, .stop = stop, .on_output = take, .arg = &l };
  struct aid_proc_result r;
  struct aid_error why = { AID_OK, "" };
  enum aid_err err = aid_proc_run (&p, &r, &why);
  if (err == AID_E_TIMEOUT)
    aid_error_set (e, err, "The key command \"%s\" did not end within %d seconds.", argv[0], (timeout_ms + 999) / 1000);
  else if (err == AID_E_CANCELLED)
    aid_error_set (e, err, "The key command \"%s\" was stopped.", argv[0]);
  else if (err)
    err = aid_error_set (e, AID_E_IO, "The key command cannot be run: %s.", why.msg);
  else
    err = judge (argv[0], &r, &l, e);
  if (!err && !(*out = aid_span_dup (aid_span_trim (aid_span_z (l.text)))))
    err = aid_error_set (e, AID_E_NOMEM, "no memory for a key");
  explicit_bzero (&l, sizeof l);
  aid_proc_result_free (&r);
  return err;
}

enum aid_err
aid_secret_run (const json_t *command, int timeout_ms, const struct aid_stop *stop, char **out, struct aid_error *e)
{
  const char *program = json_string_value (json_array_get (command, 0));
  if (!program || !*program)
    return aid_error_set (e, AID_E_INVALID,
                          "The key command is empty: \"key_command\" is an array of a program and its arguments.");
  size_t n = json_array_size (command);
  const char **argv = calloc (n + 1, sizeof *argv);
  for (size_t i = 0; argv && i < n; i++)
    argv[i] = json_string_value (json_array_get (command, i));
  enum aid_err err = argv ? run (argv, timeout_ms, stop, out, e) : aid_error_set (e, AID_E_NOMEM, "no memory for a key");
  free (argv);
  return err;
}
