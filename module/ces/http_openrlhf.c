/* OpenRLHF's remote reward, what it calls a reward model:

     {"query": ["prompt and response"], "prompts": ["..."], "labels": ["..."]}
     -> {"rewards": [0.6], "scores": [0.6], "extra_logs": {"applies": [1.0], ...}}

   A label is a task: its JSON text, or the id of one of our own.  Of several servers those that get nothing get empty lists.  All
   that is in extra_logs must be numbers, of every reply the same names.  Whoever trains by this stops at a request that fails
   five times: so an answer that is none has reward 0, and only a label that is none, or a machine that cannot judge, is
   refused. */
#include "ces/http_internal.h"

static const json_t *
list_of (struct aid_ces_request *x, const char *name, size_t n)
{
  const json_t *v = json_object_get (x->document, name);
  if (!json_is_array (v))
    aid_ces_request_refuse (x, 422, name, "it is no list");
  else if (json_array_size (v) != n)
    aid_ces_request_refuse (x, 422, name, "it has %zu entries, and \"query\" has %zu", json_array_size (v), n);
  else
    return v;
  return NULL;
}

static struct aid_span
text_at (const json_t *list, size_t i)
{
  const json_t *v = json_array_get (list, i);
  return (struct aid_span){ json_is_string (v) ? json_string_value (v) : "", json_string_length (v) };
}

void
aid_ces_http_openrlhf_begin (struct aid_ces_request *x)
{
  const json_t *query = json_object_get (x->document, "query");
  size_t n = json_array_size (query);
  const json_t *labels = json_is_array (query) ? list_of (x, "labels", n) : NULL;
  const json_t *prompts = labels && json_object_get (x->document, "prompts") ? list_of (x, "prompts", n) : NULL;
  if (!json_is_array (query))
    aid_ces_request_refuse (x, 422, "query", "it is no list");
  if (x->status || aid_ces_request_units (x, n, "query"))
    return;
  for (size_t i = 0; i < n && !x->status; i++)
    {
      char member[40];
      snprintf (member, sizeof member, "query.%zu", i);
      if (!json_is_string (json_array_get (query, i)))
        aid_ces_request_refuse (x, 422, member, "it is no text");
      snprintf (member, sizeof member, "labels.%zu", i);
      if (!x->status)
        aid_ces_request_task (x, &x->units[i], json_array_get (labels, i), member);
      x->units[i].answer = aid_ces_http_response (text_at (query, i), text_at (prompts, i));
    }
}

static void
append (json_t *logs, const char *name, double value)
{
  json_t *list = json_object_get (logs, name);
  if (!list)
    json_object_set_new (logs, name, list = json_array ());
  json_array_append_new (list, json_real (value));
}

static void
append_logs (json_t *logs, const json_t *verdict)
{
  for (int r = 0; r < AID_RUNGS; r++)
    append (logs, aid_rung_name ((enum aid_rung)r), !strcmp (aid_ces_http_rung (verdict, (enum aid_rung)r), "passed"));
  append (logs, "green", aid_json_bool (verdict, "green", 0));
  append (logs, "cached", aid_json_bool (verdict, "cached", 0));
  append (logs, "ms", aid_json_real (verdict, "ms", 0));
}

/* The reply has no word for one that was not judged.  Who is told 503 asks again: so what no asking mends goes before. */
static void
refuse_unjudged (struct aid_ces_request *x)
{
  size_t which = x->nunits;
  char member[40];
  for (size_t i = x->nunits; i-- > 0;)
    if (!x->units[i].verdict
        && (which == x->nunits || aid_ces_http_status_of (x->units[i].error.code) != 503
            || aid_ces_http_status_of (x->units[which].error.code) == 503))
      which = i;
  snprintf (member, sizeof member, "query.%zu", which);
  if (which < x->nunits)
    aid_ces_request_fail (x, &x->units[which].error, member);
}

void
aid_ces_http_openrlhf_finish (struct aid_ces_request *x)
{
  json_t *rewards = json_array (), *logs = json_object ();
  refuse_unjudged (x);
  for (size_t i = 0; i < x->nunits && !x->status; i++)
    {
      const json_t *verdict = x->units[i].verdict;
      json_array_append_new (rewards, json_real (aid_json_real (verdict, "reward", 0)));
      append_logs (logs, verdict);
    }
  if (!x->status)
    aid_ces_request_answer (x, 200,
                            json_pack ("{s:O, s:O, s:O}", "rewards", rewards, "scores", rewards, "extra_logs", logs));
  json_decref (rewards);
  json_decref (logs);
}
