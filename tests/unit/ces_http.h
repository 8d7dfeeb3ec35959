/* A service of evaluations whose verdicts are known, and clients of it that send bytes as they are. */
#ifndef AID_TESTS_CES_HTTP_H
#define AID_TESTS_CES_HTTP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/pool.h"
#include "ces/http_internal.h"
#include "scratch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define UNUSED __attribute__ ((unused))

/* What the backend has seen. */
struct seen
{
  atomic_int calls, stopped, running, most, ours;
  atomic_int gate;     /* answers "wait" wait until it is set */
  atomic_int troubles; /* so many answers "later" cannot be judged */
};

static UNUSED json_t *
verdict_of (struct aid_span answer)
{
  json_t *rungs = json_array ();
  int ok = 1, passed = 0;
  for (int r = 0; r < AID_RUNGS; r++)
    {
      const char *name = aid_rung_name ((enum aid_rung)r);
      int broken = aid_span_eqz (answer, "broken") && r == 3;
      ok = ok && !broken && (aid_span_eqz (answer, "green") || (aid_span_eqz (answer, "types") && r < 3));
      passed += ok;
      json_array_append_new (rungs, json_pack ("{s:s, s:s, s:i}", "rung", name, "result",
                                               broken ? "broken"
                                               : ok   ? "passed"
                                                      : "failed",
                                               "ms", r));
    }
  json_t *o = json_pack ("{s:i, s:b, s:f, s:b, s:i, s:o}", "verdict", 1, "green", passed == AID_RUNGS, "reward",
                         passed / 5.0, "cached", 0, "ms", 12, "rungs", rungs);
  json_object_set_new (o, "reached", passed ? json_string (aid_rung_name ((enum aid_rung) (passed - 1))) : json_null ());
  return o;
}

static UNUSED void
nap (void)
{
  const struct timespec ms = { 0, 1000000 };
  nanosleep (&ms, NULL);
}

static UNUSED enum aid_err
evaluate (void *ctx, const json_t *task, struct aid_span answer, enum aid_ces_from from, const struct aid_stop *stop,
          json_t **verdict, struct aid_error *e)
{
  struct seen *s = ctx;
  atomic_fetch_add (&s->calls, 1);
  atomic_fetch_add (&s->ours, from == AID_CES_OURS);
  int now = atomic_fetch_add (&s->running, 1) + 1, most = atomic_load (&s->most);
  while (now > most && !atomic_compare_exchange_weak (&s->most, &most, now))
    ;
  while (aid_span_eqz (answer, "wait") && !atomic_load (&s->gate) && !aid_stop_is_set (stop))
    nap ();
  atomic_fetch_sub (&s->running, 1);
  if (aid_stop_is_set (stop))
    {
      atomic_fetch_add (&s->stopped, 1);
      return aid_error_set (e, AID_E_CANCELLED, "stopped");
    }
  if (!json_is_string (json_object_get (task, "repository")))
    return aid_error_set (e, AID_E_INVALID, "the task has no repository");
  if (aid_span_eqz (answer, "io") || (aid_span_eqz (answer, "later") && atomic_fetch_sub (&s->troubles, 1) > 0))
    return aid_error_set (e, AID_E_IO, "this machine cannot judge");
  if (aid_span_eqz (answer, "state"))
    return aid_error_set (e, AID_E_STATE, "no box can be had");
  *verdict = verdict_of (answer);
  return AID_OK;
}

static UNUSED json_t *
status (void *ctx)
{
  (void)ctx;
  return json_pack ("{s:i}", "verdicts", 3);
}

/* --- the service ------------------------------------------------------------------------------------------------------ */

struct scene
{
  struct seen seen;
  struct aid_ces_http *h;
  struct aid_stop *stop;
  pthread_t runner;
  unsigned port;
};

static UNUSED void *
serve (void *arg)
{
  struct scene *s = arg;
  aid_ces_http_run (s->h, s->stop, 10000);
  return NULL;
}

static UNUSED struct scene *
begin_with (struct aid_ces_http_options options)
{
  struct scene *s = calloc (1, sizeof *s);
  struct aid_error e = { AID_OK, "" };
  const struct aid_ces_backend backend = { evaluate, status, &s->seen, 0 };
  options.again_ms = 1;
  enum aid_err err = aid_ces_http_open (&backend, &options, &s->h, &e);
  if (err)
    fail_msg ("%s", e.msg);
  s->port = (unsigned)atoi (strrchr (aid_ces_http_url (s->h), ':') + 1);
  s->stop = aid_stop_new (NULL);
  assert_int_equal (pthread_create (&s->runner, NULL, serve, s), 0);
  return s;
}

static UNUSED struct scene *
begin (void)
{
  return begin_with ((struct aid_ces_http_options){ .jobs = 2 });
}

static UNUSED void
end (struct scene *s)
{
  aid_stop_set (s->stop);
  pthread_join (s->runner, NULL);
  aid_ces_http_close (s->h);
  aid_stop_free (s->stop);
  free (s);
}

/* --- clients ---------------------------------------------------------------------------------------------------------- */

static UNUSED int
dial (const struct scene *s)
{
  struct sockaddr_in a
    = { .sin_family = AF_INET, .sin_port = htons ((uint16_t)s->port), .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect (fd, (struct sockaddr *)&a, sizeof a))
    fail_msg ("cannot connect");
  return fd;
}

static UNUSED int
send_all (int fd, const char *text, size_t n)
{
  while (n)
    {
      ssize_t did = send (fd, text, n, MSG_NOSIGNAL);
      if (did <= 0)
        return -1;
      text += did;
      n -= (size_t)did;
    }
  return 0;
}

/* Reads a reply; its status (0: none came), and the body in BODY. */
static UNUSED int
receive (int fd, struct aid_str *head, struct aid_str *body)
{
  struct aid_str all = AID_STR_INIT (128 << 20);
  char buf[65536];
  ssize_t n;
  size_t want = SIZE_MAX;
  int code = 0;
  while (all.len < want && (n = recv (fd, buf, sizeof buf, 0)) > 0)
    {
      aid_str_add (&all, buf, (size_t)n);
      if (want != SIZE_MAX)
        continue;
      const char *rest = strstr (aid_str_z (&all), "\r\n\r\n"), *length = strcasestr (aid_str_z (&all), "Content-Length: ");
      if (rest && length)
        want = (size_t)(rest + 4 - all.ptr) + (size_t)atoll (length + 16);
    }
  const char *rest = all.len ? strstr (all.ptr, "\r\n\r\n") : NULL;
  if (rest && sscanf (all.ptr, "HTTP/1.%*d %d", &code) == 1)
    {
      if (head)
        aid_str_add (head, all.ptr, (size_t)(rest + 2 - all.ptr));
      aid_str_addz (body, rest + 4);
    }
  aid_str_free (&all);
  return code;
}

/* One request on a connection of its own; *OUT (may be NULL) gets the document. */
static UNUSED int
ask (const struct scene *s, const char *method, const char *path, const char *body, json_t **out)
{
  struct aid_str text = AID_STR_INIT (64 << 20), got = AID_STR_INIT (128 << 20);
  int fd = dial (s);
  aid_str_addf (&text, "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                method, path, strlen (body));
  aid_str_addz (&text, body);
  send_all (fd, text.ptr, text.len);
  int code = receive (fd, NULL, &got);
  if (out)
    *out = json_loads (aid_str_z (&got), JSON_DECODE_ANY, NULL);
  close (fd);
  aid_str_free (&text);
  aid_str_free (&got);
  return code;
}

/* That the reply to BODY at PATH has STATUS, and is JSON as EXPECTED. */
static UNUSED void
expect (const struct scene *s, const char *path, const char *body, int status_wanted, const char *expected)
{
  json_t *out = NULL, *want = json_loads (expected, JSON_DECODE_ANY, NULL);
  int code = ask (s, body ? "POST" : "GET", path, body ? body : "", &out);
  if (code != status_wanted || !want || !json_equal (out, want))
    {
      char *shown = out ? json_dumps (out, JSON_ENCODE_ANY) : NULL;
      fail_msg ("%s: %d %s, not %d %s", path, code, shown ? shown : "no JSON", status_wanted, expected);
    }
  json_decref (out);
  json_decref (want);
}

#endif
