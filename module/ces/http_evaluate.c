/* Our own shape:

     {"task": TASK, "answer": "..."}                                     -> the verdict
     {"task": TASK, "requests": [{"task": TASK, "answer": "..."}, ...]}  -> {"verdicts": [...]} in their order

   A TASK is an object, or the id of one that the service was begun with; "task_id" names one, too.  In a batch an entry that
   could not be judged is {"error": {"code", "message"}} in its place. */
#include "ces/http_internal.h"

/* One of the batch's, or the only one.  0 or -1. */
static int
take (struct aid_ces_request *x, struct aid_unit *u, const json_t *o, const char *where)
{
  struct aid_str member = AID_STR_INIT (128);
  const json_t *answer = json_object_get (o, "answer");
  int no = json_is_object (o) ? aid_ces_request_task_in (x, u, o, where) : -1;
  if (no > 0)
    no = x->document == o ? 1 : aid_ces_request_task_in (x, u, x->document, "");
  aid_str_addf (&member, "%s%s", where, where[0] ? ".answer" : "answer");
  if (!json_is_object (o))
    aid_ces_request_refuse (x, 422, where, "a request is an object with an answer");
  else if (no > 0)
    aid_ces_request_refuse (x, 422, where[0] ? where : "task", "it has no task");
  else if (!no && !json_is_string (answer))
    aid_ces_request_refuse (x, 422, aid_str_z (&member), "an answer is a text: a model's answer, or a diff");
  else if (!no)
    u->answer = aid_json_span (o, "answer");
  aid_str_free (&member);
  return x->status ? -1 : 0;
}

void
aid_ces_http_evaluate_begin (struct aid_ces_request *x)
{
  const json_t *all = json_object_get (x->document, "requests"), *o;
  size_t i;
  if (all && !json_is_array (all))
    {
      aid_ces_request_refuse (x, 422, "requests", "it is no list");
      return;
    }
  if (aid_ces_request_units (x, all ? json_array_size (all) : 1, "requests"))
    return;
  if (!all)
    {
      take (x, &x->units[0], x->document, "");
      return;
    }
  json_array_foreach (all, i, o)
  {
    char where[40];
    snprintf (where, sizeof where, "requests.%zu", i);
    if (take (x, &x->units[i], o, where))
      return;
  }
}

static json_t *
entry (struct aid_unit *u)
{
  if (u->verdict)
    return json_incref (u->verdict);
  return json_pack ("{s:{s:s, s:o}}", "error", "code", aid_err_name (u->error.code), "message",
                    aid_json_of_span (aid_span_z (u->error.msg)));
}

void
aid_ces_http_evaluate_finish (struct aid_ces_request *x)
{
  if (!json_object_get (x->document, "requests"))
    {
      if (x->units[0].verdict)
        aid_ces_request_answer (x, 200, json_incref (x->units[0].verdict));
      else
        aid_ces_request_fail (x, &x->units[0].error, NULL);
      return;
    }
  json_t *list = json_array ();
  for (size_t i = 0; i < x->nunits; i++)
    json_array_append_new (list, entry (&x->units[i]));
  aid_ces_request_answer (x, 200, json_pack ("{s:o}", "verdicts", list));
}
