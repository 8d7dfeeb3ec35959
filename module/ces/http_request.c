/* What the shapes share: replies, refusals, units, and what a task is in a request. */
#include "ces/http_internal.h"

#include "base/clock.h"

#include <stdlib.h>

#define REPLY_MAX (256u << 20)
#define WHY_MAX 512

void
aid_ces_request_init (struct aid_ces_request *x, struct aid_ces_http *h, const struct aid_route *route)
{
  memset (x, 0, sizeof *x);
  x->http = h;
  x->route = route;
  x->fd = -1;
  x->type = "application/json";
  x->began = aid_clock_ms ();
  aid_str_init (&x->body, h->body_max);
  aid_str_init (&x->reply, REPLY_MAX);
}

void
aid_ces_request_free (struct aid_ces_request *x)
{
  for (size_t i = 0; i < x->nunits; i++)
    {
      json_decref (x->units[i].made);
      json_decref (x->units[i].verdict);
      free (x->units[i].kept);
    }
  free (x->units);
  if (x->free_mine)
    x->free_mine (x->mine);
  json_decref (x->document);
  aid_str_free (&x->body);
  aid_str_free (&x->reply);
  aid_stop_free (x->stop);
}

void
aid_ces_request_answer (struct aid_ces_request *x, int status, json_t *document)
{
  aid_str_clear (&x->reply);
  x->status = status;
  aid_json_dump (document, &x->reply); /* what cannot be written has its error in it */
  aid_str_addc (&x->reply, '\n');
  json_decref (document);
}

void
aid_ces_request_refuse (struct aid_ces_request *x, int status, const char *member, const char *fmt, ...)
{
  struct aid_str why = AID_STR_INIT (WHY_MAX);
  va_list ap;
  va_start (ap, fmt);
  aid_str_addvf (&why, fmt, ap);
  va_end (ap);
  x->route->refuse (x, status, member, why.err ? "the request is not understood" : aid_str_z (&why));
  aid_str_free (&why);
}

int
aid_ces_http_status_of (enum aid_err err)
{
  switch (err)
    {
    case AID_E_INVALID:
    case AID_E_PARSE:
    case AID_E_LIMIT:
      return 422;
    case AID_E_NOTFOUND:
      return 404;
    case AID_E_REFUSED:
      return 403;
    default:
      return 503;
    }
}

void
aid_ces_request_fail (struct aid_ces_request *x, const struct aid_error *e, const char *member)
{
  int status = aid_ces_http_status_of (e->code);
  aid_ces_request_refuse (x, status, member, "%s", e->msg[0] ? e->msg : aid_err_name (e->code));
  x->retry = status == 503;
}

/* --- refusals --------------------------------------------------------------------------------------------------------- */

static const char *
code_of (int status)
{
  static const struct
  {
    int status;
    const char *code;
  } codes[] = { { 400, "parse" }, { 401, "token" },    { 403, "refused" }, { 404, "notfound" }, { 405, "method" },
                { 413, "limit" }, { 415, "encoding" }, { 422, "invalid" }, { 503, "busy" },     { 504, "busy" } };
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    if (codes[i].status == status)
      return codes[i].code;
  return "error";
}

static json_t *
text_of (const char *z)
{
  return aid_json_of_span (aid_span_z (z));
}

void
aid_ces_http_refuse_plain (struct aid_ces_request *x, int status, const char *member, const char *why)
{
  json_t *o = json_pack ("{s:s, s:o}", "code", code_of (status), "message", text_of (why));
  if (o && member)
    json_object_set_new (o, "member", text_of (member));
  aid_ces_request_answer (x, status, o ? json_pack ("{s:o}", "error", o) : NULL);
}

/* As FastAPI has it: of a document that is not understood a list, else a sentence. */
void
aid_ces_http_refuse_detail (struct aid_ces_request *x, int status, const char *member, const char *why)
{
  struct aid_span rest = aid_span_z (member);
  if (status != 422 && status != 400)
    {
      aid_ces_request_answer (x, status, json_pack ("{s:o}", "detail", text_of (why)));
      return;
    }
  json_t *loc = json_pack ("[s]", "body");
  while (rest.len)
    {
      ptrdiff_t dot = aid_span_find (rest, AID_SPAN ("."));
      struct aid_span part = aid_span_cut (rest, 0, dot < 0 ? rest.len : (size_t)dot);
      uint64_t n;
      rest = aid_span_cut (rest, dot < 0 ? rest.len : (size_t)dot + 1, rest.len);
      json_array_append_new (loc,
                             aid_span_number (part, INT32_MAX, &n) ? aid_json_of_span (part) : json_integer ((json_int_t)n));
    }
  aid_ces_request_answer (x, 422,
                          json_pack ("{s:[{s:s, s:o, s:o}]}", "detail", "type",
                                     status == 400 ? "json_invalid" : "value_error", "loc", loc, "msg", text_of (why)));
}

/* --- units and tasks -------------------------------------------------------------------------------------------------- */

size_t
aid_ces_http_weight (struct aid_span text)
{
  size_t weight = 0;
  int quoted = 0;
  for (size_t i = 0; i < text.len; i++)
    {
      char c = text.ptr[i];
      if (c == '"')
        quoted = !quoted;
      else if (quoted)
        i += c == '\\';
      else
        weight += c == '{' ? 320 : c == '[' ? 128 : c == ',' || c == ':' ? 48 : 0;
    }
  return weight;
}

int
aid_ces_request_units (struct aid_ces_request *x, size_t n, const char *member)
{
  if (n > x->http->queue.most)
    {
      aid_ces_request_refuse (x, 422, member, "%zu are more than can wait (%zu): send them in several requests", n,
                              x->http->queue.most);
      return -1;
    }
  x->units = n ? calloc (n, sizeof *x->units) : NULL;
  if (n && !x->units)
    {
      aid_ces_request_refuse (x, 503, NULL, "there is no memory");
      return -1;
    }
  x->nunits = n;
  for (size_t i = 0; i < n; i++)
    {
      x->units[i].exchange = x;
      x->units[i].from = x->http->from;
    }
  return 0;
}

static int
named_task (struct aid_ces_request *x, struct aid_unit *u, struct aid_span id, const char *member)
{
  const struct aid_tasks_row *row = aid_tasks_find (x->http->tasks, id);
  if (!row)
    {
      aid_ces_request_refuse (x, 422, member, "there is no task \"%.*s\"%s", id.len < 100 ? (int)id.len : 100, id.ptr,
                              aid_tasks_count (x->http->tasks) ? "" : " (the service was begun without --tasks)");
      return -1;
    }
  u->task = row->task;
  u->from = AID_CES_OURS;
  return 0;
}

int
aid_ces_request_task (struct aid_ces_request *x, struct aid_unit *u, const json_t *value, const char *member)
{
  struct aid_span text = { json_string_value (value), json_string_length (value) };
  struct aid_error e = { AID_OK, "" };
  if (json_is_string (value) && !aid_span_starts (aid_span_trim (text), "{"))
    return named_task (x, u, text, member);
  u->task = json_is_string (value) ? (u->made = aid_json_parse_python (aid_span_trim (text), "the task", &e)) : value;
  if (json_is_object (u->task))
    return 0;
  aid_ces_request_refuse (x, 422, member, "%s", e.msg[0] ? e.msg : "a task is an object, its text, or the id of one");
  return -1;
}

int
aid_ces_request_task_in (struct aid_ces_request *x, struct aid_unit *u, const json_t *o, const char *where)
{
  static const char *const names[] = { "task", "task_id" };
  for (size_t i = 0; i < 2; i++)
    {
      const json_t *v = json_object_get (o, names[i]);
      if (!v || json_is_null (v))
        continue;
      struct aid_str member = AID_STR_INIT (256);
      aid_str_addf (&member, "%s%s%s", where, where[0] ? "." : "", names[i]);
      int no = aid_ces_request_task (x, u, v, aid_str_z (&member));
      aid_str_free (&member);
      return no;
    }
  return 1;
}

/* --- verdicts --------------------------------------------------------------------------------------------------------- */

const char *
aid_ces_http_rung (const json_t *verdict, enum aid_rung rung)
{
  const json_t *rungs = json_object_get (verdict, "rungs"), *o;
  size_t i;
  json_array_foreach (rungs, i, o)
  {
    const char *name = aid_json_str (o, "rung"), *result = aid_json_str (o, "result");
    if (name && result && !strcmp (name, aid_rung_name (rung)))
      return result;
  }
  return "none";
}

void
aid_ces_http_set_rungs (json_t *o, const json_t *verdict)
{
  for (int r = 0; r < AID_RUNGS; r++)
    json_object_set_new (o, aid_rung_name ((enum aid_rung)r),
                         json_real (!strcmp (aid_ces_http_rung (verdict, (enum aid_rung)r), "passed")));
  json_object_set_new (o, "green", json_real (aid_json_bool (verdict, "green", 0)));
}
