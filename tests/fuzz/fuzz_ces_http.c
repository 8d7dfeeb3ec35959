/* Bodies of requests, whatever the shape: the first byte chooses the route.  Each is answered, with a status that its client
   knows and a document, or has units, which are then judged by a backend that makes of an answer what its first byte says. */
#include "ces/http_internal.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static json_t *
verdict_of (struct aid_span answer)
{
  static const char *const results[] = { "passed", "failed", "none", "skipped", "broken", "time" };
  json_t *rungs = json_array ();
  for (size_t r = 0; r < AID_RUNGS; r++)
    json_array_append_new (rungs, json_pack ("{s:s, s:s}", "rung", aid_rung_name ((enum aid_rung)r), "result",
                                             results[(r < answer.len ? (unsigned char)answer.ptr[r] : 0) % 6]));
  return json_pack ("{s:f, s:b, s:o}", "reward", 0.5, "green", answer.len & 1, "rungs", rungs);
}

static void
judge (struct aid_unit *u)
{
  if (!u->task || !json_is_object (u->task))
    abort ();
  if (u->answer.len && u->answer.ptr[0] == '!')
    aid_error_set (&u->error, (enum aid_err) (1 + u->answer.len % AID_E_CANCELLED), "no");
  else
    u->verdict = verdict_of (u->answer);
}

static void
check (const struct aid_ces_request *x)
{
  struct aid_error e;
  if (x->status < 200 || x->status > 599 || x->reply.err)
    abort ();
  if (strcmp (x->type, "application/json") != 0)
    return;
  json_t *reply = aid_json_parse (aid_span_trim (aid_str_span (&x->reply)), "the reply", &e);
  if (!reply)
    abort ();
  json_decref (reply);
}

static struct aid_ces_http *
service (void)
{
  static struct aid_ces_http h;
  if (!h.episodes)
    {
      h.episodes = aid_episodes_new (3, 1 << 16);
      h.queue.most = 8;
      h.body_max = 1 << 20;
      pthread_mutex_init (&h.queue.lock, NULL);
      if (aid_tasks_read (NULL, &h.tasks, NULL))
        abort ();
    }
  return &h;
}

/* What a request's line may be: it gets no longer, and what is a path of it begins as one or is nothing that a route has. */
static void
read_target (const uint8_t *data, size_t size)
{
  char *z = aid_span_dup ((struct aid_span){ (const char *)data, size }), *end = z ? z + strlen (z) : NULL;
  struct aid_span authority;
  int status;
  const char *allow;
  size_t n = z ? aid_ces_http_unescape (z) : 0;
  if (z && (n > (size_t)(end - z) || n != strlen (z)))
    abort ();
  const char *path = z ? aid_ces_http_path (z, &authority) : NULL;
  if (z && (!*path || authority.len > n || (authority.len && memchr (authority.ptr, '/', authority.len))))
    abort ();
  if (z)
    aid_route_find ("GET", path, &status, &allow);
  free (z);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct aid_ces_request x;
  struct aid_error e;
  if (!size)
    return 0;
  const struct aid_route *route = &aid_routes[data[0] % aid_nroutes];
  aid_ces_request_init (&x, service (), route);
  read_target (data, size);
  x.document = aid_json_parse_python ((struct aid_span){ (const char *)data + 1, size - 1 }, "the body", &e);
  if (json_is_object (x.document))
    {
      x.query = data[0] & 0x80 ? "a" : NULL;
      route->begin (&x);
      for (size_t i = 0; i < x.nunits && !x.status; i++)
        if (x.units[i].work)
          x.units[i].verdict = json_object (); /* nothing is run here */
        else
          judge (&x.units[i]);
      if (!x.status)
        route->finish (&x);
      check (&x);
    }
  aid_ces_http_response ((struct aid_span){ (const char *)data, size }, (struct aid_span){ (const char *)data, size / 2 });
  aid_ces_request_free (&x);
  return 0;
}
