/* What replay and record share.  One server runs in a process, so the signal handler finds it in a static variable. */
#include "cli/serve.h"
#include "base/fs.h"
#include "cli/cli.h"
#include <stdio.h>

static struct aid_httpd *running;

static void
on_signal (int signal)
{
  (void) signal;
  aid_httpd_stop (running);
}

int
aid_serve (struct aid_httpd *s, const char *base, const char *ready_file)
{
  struct aid_error e;
  char port[16];

  snprintf (port, sizeof port, "%u", aid_httpd_port (s));
  if (ready_file && aid_fs_replace (ready_file, aid_span_z (port), 0644, &e) != AID_OK)
    return aid_cli_fail ("%s", e.msg);
  printf ("listening on http://127.0.0.1:%s%s\n", port, base);
  fflush (stdout);
  running = s;
  aid_cli_on_signal (on_signal);
  aid_httpd_run (s);
  return AID_EXIT_DONE;
}

/* The list of turns: "messages", Responses' "input", Gemini's "contents". */
static const json_t *
turns_of (const json_t *request)
{
  static const char *const names[] = { "messages", "input", "contents" };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (json_object_get (request, names[i]))
      return json_object_get (request, names[i]);
  return NULL;
}

void
aid_serve_question (const json_t *request, struct aid_str *out)
{
  const json_t *turns = turns_of (request), *content = json_is_string (turns) ? turns : NULL;
  size_t i;
  json_t *one;

  json_array_foreach (turns, i, one)
    {
      const json_t *parts = json_object_get (one, "parts");
      const char *role = aid_json_str (one, "role");
      if (role && !strcmp (role, "user"))
        content = parts ? parts : json_object_get (one, "content");
    }
  if (json_is_string (content))
    aid_str_add (out, json_string_value (content), json_string_length (content));
  json_array_foreach (content, i, one)
    {
      aid_str_addspan (out, aid_json_span (one, "text"));
      aid_str_addc (out, '\n');
    }
}

int
aid_serve_is_secret (struct aid_span name)
{
  static const char *const names[] = { "authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key",
                                       "cookie", "set-cookie" };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (aid_httpd_same_word (name, names[i]))
      return 1;
  return 0;
}

void
aid_serve_refuse (struct aid_httpd_conn *c, int status, const char *type, const char *message)
{
  struct aid_httpd_header json = { AID_SPAN ("Content-Type"), AID_SPAN ("application/json") };
  struct aid_str body = AID_STR_INIT (4096);
  json_t *error = json_pack ("{s:{s:s, s:s}}", "error", "message", message, "type", type);

  aid_json_dump (error, &body);
  json_decref (error);
  aid_httpd_reply (c, status, &json, 1, aid_str_span (&body));
  aid_str_free (&body);
}
