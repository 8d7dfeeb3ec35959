/* One program in its box: its files, compiled, run, and what it printed.  Both streams go to files, so that they stay apart; a
   program that tampers with them harms its own result alone. */
#include "ces/http_internal.h"

#include "base/base64.h"
#include "ces/box.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#define TIMEOUT 10.0
#define MEGABYTES_MAX 65536
#define SHOWN (1 << 20) /* bytes of a stream */
#define FILE_MAX (64u << 20)
#define FETCHED_MAX ((size_t)64 << 20) /* bytes of all files that are given back; what is beyond is left away */
#define PLACE "_aid_run"

struct code
{
  const struct aid_ces_http *http;
  const json_t *asked;
  const struct aid_code_language *language;
  const struct aid_stop *stop;
  struct aid_box *box;
};

static int
is_there (const char *program)
{
  static const char *const folders[] = { "/usr/local/bin", "/usr/bin", "/bin" };
  int there = 0;
  for (size_t i = 0; i < sizeof folders / sizeof *folders && !there; i++)
    {
      char path[256];
      snprintf (path, sizeof path, "%s/%s", folders[i], program);
      there = !access (path, X_OK);
    }
  return there;
}

/* Who is not trusted gets no more than the settings give. */
static int
may_ask_more (const struct code *c)
{
  return c->http->from == AID_CES_OURS;
}

static double
seconds_of (const struct code *c, const char *name)
{
  double asked = aid_json_real (c->asked, name, TIMEOUT);
  return may_ask_more (c) ? asked : fmin (asked, (double)c->http->limits.seconds);
}

static int64_t
megabytes_of (const struct code *c)
{
  int64_t most = may_ask_more (c) ? MEGABYTES_MAX : c->http->limits.megabytes;
  int64_t asked = aid_json_int (c->asked, "memory_limit_MB", -1);
  return asked < 1 ? c->http->limits.megabytes : asked < most ? asked : most;
}

/* --- before ----------------------------------------------------------------------------------------------------------- */

static enum aid_err
open_box (struct code *c, struct aid_error *e)
{
  struct aid_box_limits limits = c->http->limits;
  double most = fmax (seconds_of (c, "compile_timeout"), seconds_of (c, "run_timeout"));
  limits.seconds = (int64_t)ceil (most) + 1; /* the box's own clock is behind the program's */
  limits.cpu_seconds = limits.seconds * 8;
  limits.megabytes = megabytes_of (c);
  limits.output_bytes = SHOWN;
  return aid_box_open ("", AID_BOX_VIEW, &limits, &c->box, e);
}

static enum aid_err
write_files (struct code *c, struct aid_error *e)
{
  json_t *files = json_object_get (c->asked, "files"), *v;
  const char *name;
  enum aid_err err = AID_OK;
  json_object_foreach (files, name, v)
  {
    struct aid_str bytes = AID_STR_INIT (FILE_MAX);
    const char *path = name;
    while (!strncmp (path, "./", 2))
      path += 2;
    if (!err && json_is_string (v)
        && aid_base64_read ((struct aid_span){ json_string_value (v), json_string_length (v) }, &bytes))
      err = aid_error_set (e, AID_E_INVALID, "the file %.100s is no base 64", name);
    if (!err && json_is_string (v))
      err = aid_box_write (c->box, path, aid_str_span (&bytes), 0, e);
    aid_str_free (&bytes);
  }
  if (!err)
    err = aid_box_write (c->box, c->language->file, aid_json_span (c->asked, "code"), 0, e);
  return err ? err : aid_box_write (c->box, PLACE "/in", aid_json_span (c->asked, "stdin"), 0, e);
}

/* --- one command ------------------------------------------------------------------------------------------------------ */

/* Appends the words that go behind the command, each quoted for sh. */
static void
add_args (const struct code *c, struct aid_str *line)
{
  const json_t *v;
  size_t i;
  json_array_foreach (json_object_get (c->asked, "args"), i, v)
  {
    aid_str_addc (line, ' ');
    aid_str_add_quoted (line, aid_span_z (json_string_value (v)));
  }
}

/* What the program left in PLACE/NAME, as far as it is shown. */
static json_t *
shown (struct code *c, const char *name, const char *more)
{
  struct aid_str path = AID_STR_INIT (64), text = AID_STR_INIT (SHOWN);
  struct aid_error e = { AID_OK, "" };
  aid_str_addf (&path, PLACE "/%s", name);
  enum aid_err err = aid_box_read (c->box, aid_str_z (&path), &text, &e);
  if (err == AID_E_LIMIT)
    {
      struct aid_box_ran ran;
      struct aid_str line = AID_STR_INIT (128);
      aid_str_addf (&line, "head -c %d " PLACE "/%s", SHOWN, name);
      aid_str_clear (&text);
      if (!aid_box_run (c->box, aid_str_z (&line), NULL, c->stop, &ran, &e))
        aid_str_addspan (&text,
                         aid_span_cut (aid_str_span (&ran.output), 0, ran.output.len < SHOWN ? ran.output.len : SHOWN));
      aid_str_free (&ran.output);
      aid_str_free (&line);
    }
  struct aid_str all = AID_STR_INIT (SHOWN + 256);
  aid_str_addspan (&all, aid_str_span (&text));
  aid_str_addz (&all, more);
  json_t *v = aid_json_of_span (aid_str_span (&all));
  aid_str_free (&all);
  aid_str_free (&text);
  aid_str_free (&path);
  return v;
}

static json_t *
result_of (struct code *c, const struct aid_box_ran *ran, double seconds)
{
  int killed = (ran->end == AID_BOX_SIGNALLED && ran->signal == 9) || (ran->end == AID_BOX_EXITED && ran->code == 137);
  int late = ran->end == AID_BOX_TIME || (killed && (double)ran->ms >= seconds * 1000);
  int code = ran->end == AID_BOX_SIGNALLED ? -ran->signal : ran->end == AID_BOX_EXITED ? ran->code : 137;
  char more[96] = "", size[32] = "";
  if (ran->end == AID_BOX_MEMORY)
    snprintf (size, sizeof size, ", %lld MB", (long long)megabytes_of (c));
  if (!late && ran->end != AID_BOX_EXITED && ran->end != AID_BOX_SIGNALLED)
    snprintf (more, sizeof more, "\nstopped by a limit: %s%s\n", aid_box_end_name (ran->end), size);
  json_t *o = json_pack ("{s:s, s:f, s:o, s:o, s:o}", "status", late ? "TimeLimitExceeded" : "Finished", "execution_time",
                         (double)ran->ms / 1000, "return_code", late ? json_null () : json_integer (code), "stdout",
                         shown (c, "out", ""), "stderr", shown (c, "err", more));
  return o;
}

/* Runs COMMAND with at most SECONDS; what came of it, or NULL. */
static json_t *
run_command (struct code *c, const char *command, int args, double seconds, struct aid_error *e)
{
  struct aid_str line = AID_STR_INIT (1 << 20);
  struct aid_box_ran ran = { .output = AID_STR_INIT (0) };
  char outer[200];
  json_t *result = NULL;
  aid_str_addz (&line, command);
  if (args)
    add_args (c, &line);
  aid_str_addc (&line, '\n');
  snprintf (outer, sizeof outer,
            "timeout --foreground -s KILL %.3f sh " PLACE "/line <" PLACE "/in >" PLACE "/out 2>" PLACE "/err", seconds);
  enum aid_err err = line.err ? aid_error_set (e, line.err, "the arguments are too long")
                              : aid_box_write (c->box, PLACE "/line", aid_str_span (&line), 0, e);
  if (!err && !aid_box_run (c->box, outer, NULL, c->stop, &ran, e))
    result = result_of (c, &ran, seconds);
  aid_str_free (&ran.output);
  aid_str_free (&line);
  return result;
}

/* --- after ------------------------------------------------------------------------------------------------------------ */

static json_t *
fetched (struct code *c)
{
  json_t *out = json_object ();
  const json_t *v;
  size_t i, room = FETCHED_MAX;
  json_array_foreach (json_object_get (c->asked, "fetch_files"), i, v)
  {
    const char *name = json_string_value (v);
    struct aid_str bytes = AID_STR_INIT (room), text = AID_STR_INIT (FETCHED_MAX * 2);
    const char *path = !strncmp (name, "./", 2) ? name + 2 : name;
    if (!aid_box_read (c->box, path, &bytes, NULL))
      {
        aid_base64_add (&text, (const unsigned char *)aid_str_z (&bytes), bytes.len);
        json_object_set_new (out, name, aid_json_of_span (aid_str_span (&text)));
        room -= bytes.len;
      }
    aid_str_free (&bytes);
    aid_str_free (&text);
  }
  return out;
}

static int
is_fine (const json_t *result)
{
  const char *status = aid_json_str (result, "status");
  return status && !strcmp (status, "Finished") && aid_json_int (result, "return_code", 1) == 0;
}

static json_t *
compile_and_run (struct code *c, struct aid_error *e)
{
  json_t *compiled = NULL, *ran = NULL;
  if (c->language->compile && !(compiled = run_command (c, c->language->compile, 0, seconds_of (c, "compile_timeout"), e)))
    return NULL;
  if (!compiled || is_fine (compiled))
    {
      ran = run_command (c, c->language->run, 1, seconds_of (c, "run_timeout"), e);
      if (!ran)
        {
          json_decref (compiled);
          return NULL;
        }
    }
  int fine = (!compiled || is_fine (compiled)) && is_fine (ran);
  return json_pack ("{s:s, s:s, s:o, s:o, s:n, s:o}", "status", fine ? "Success" : "Failed", "message", "", "compile_result",
                    compiled ? compiled : json_null (), "run_result", ran ? ran : json_null (), "executor_pod_name", "files",
                    fetched (c));
}

void
aid_ces_http_run_code_work (struct aid_unit *u, const struct aid_stop *stop)
{
  const json_t *asked = u->exchange->document;
  struct code c = { u->exchange->http, asked, aid_code_language (aid_json_str (asked, "language")), stop, NULL };
  struct aid_error *e = &u->error;
  if (!is_there (c.language->program))
    {
      aid_error_set (e, AID_E_NOTFOUND, "%s is not installed here", c.language->program);
      return;
    }
  if (!open_box (&c, e) && !write_files (&c, e))
    u->verdict = compile_and_run (&c, e);
  if (c.box)
    aid_box_close (c.box);
  if (!u->verdict && !e->code)
    aid_error_set (e, AID_E_NOMEM, "there is no memory");
}
