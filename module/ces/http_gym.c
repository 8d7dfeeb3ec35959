/* NeMo Gym's resources server: a session that holds nothing, and /verify:

     {"responses_create_params": {...}, "response": {"output": [...]}, "verifier_metadata": {"task": TASK}, ...}
     -> the same, with "reward", a number for each rung, "reward_components" and the whole "verdict"

   The task may also be "task_id" there, or either member of the body itself. */
#include "ces/http_internal.h"

#include <stdlib.h>

#define TEXT_MAX (64u << 20)

void
aid_ces_http_gym_seed (struct aid_ces_request *x)
{
  const json_t *id = json_object_get (x->document, "resources_session_id");
  if (!id)
    aid_ces_request_answer (x, 200, json_object ());
  else if (!json_is_string (id) || !json_string_length (id))
    aid_ces_request_refuse (x, 422, "resources_session_id", "it is a text with a character at least");
  else
    aid_ces_request_answer (x, 200,
                            json_pack ("{s:O, s:n, s:n}", "resources_session_id", id, "resources_tools", "sandbox_access"));
}

void
aid_ces_http_gym_close (struct aid_ces_request *x)
{
  const json_t *id = json_object_get (x->document, "resources_session_id");
  if (!json_is_string (id))
    aid_ces_request_refuse (x, 422, "resources_session_id", "it is a text");
  else
    aid_ces_request_answer (x, 200, json_pack ("{s:O}", "resources_session_id", id));
}

void
aid_ces_http_gym_mode (struct aid_ces_request *x)
{
  aid_ces_request_answer (x, 200, json_string ("stateless"));
}

/* --- verify ----------------------------------------------------------------------------------------------------------- */

/* The text of the answer in a response of OpenAI's Responses API, as its clients put it together. */
static void
add_text (const json_t *response, struct aid_str *out)
{
  const json_t *item, *part;
  size_t i, j;
  json_array_foreach (json_object_get (response, "output"), i, item)
  {
    const char *type = aid_json_str (item, "type");
    if (!type || strcmp (type, "message") != 0)
      continue;
    json_array_foreach (json_object_get (item, "content"), j, part)
    {
      const char *kind = aid_json_str (part, "type");
      if (kind && !strcmp (kind, "output_text"))
        aid_str_addspan (out, aid_json_span (part, "text"));
    }
  }
}

static int
find_task (struct aid_ces_request *x, struct aid_unit *u)
{
  const json_t *inner = json_object_get (x->document, "verifier_metadata");
  int no = json_is_object (inner) ? aid_ces_request_task_in (x, u, inner, "verifier_metadata") : 1;
  if (no > 0)
    no = aid_ces_request_task_in (x, u, x->document, "");
  if (no > 0)
    aid_ces_request_refuse (x, 422, "verifier_metadata", "there is no task in it");
  return no;
}

void
aid_ces_http_gym_verify_begin (struct aid_ces_request *x)
{
  const json_t *response = json_object_get (x->document, "response");
  struct aid_str text = AID_STR_INIT (TEXT_MAX);
  if (!json_is_object (json_object_get (x->document, "responses_create_params")))
    aid_ces_request_refuse (x, 422, "responses_create_params", "it is no object");
  else if (!json_is_array (json_object_get (response, "output")))
    aid_ces_request_refuse (x, 422, "response.output", "it is no list");
  if (x->status || aid_ces_request_units (x, 1, "response") || find_task (x, &x->units[0]))
    return;
  add_text (response, &text);
  size_t n = text.len;
  x->units[0].kept = n ? aid_str_steal (&text) : NULL;
  if (text.err)
    aid_ces_request_refuse (x, 503, NULL, "there is no memory");
  x->units[0].answer = (struct aid_span){ n ? x->units[0].kept : "", n };
  aid_str_free (&text);
}

void
aid_ces_http_gym_verify_finish (struct aid_ces_request *x)
{
  json_t *verdict = x->units[0].verdict, *o, *parts = json_object ();
  if (!verdict)
    {
      aid_ces_request_fail (x, &x->units[0].error, NULL);
      json_decref (parts);
      return;
    }
  o = json_copy (x->document);
  json_object_del (o, "_ng_rollout_id");
  aid_ces_http_set_rungs (parts, verdict);
  json_object_update (o, parts);
  json_object_set_new (o, "reward_components", parts);
  json_object_set_new (o, "reward", json_real (aid_json_real (verdict, "reward", 0)));
  json_object_set_new (o, "evaluation_ms", json_real (aid_json_real (verdict, "ms", 0)));
  json_object_set (o, "verdict", verdict);
  aid_ces_request_answer (x, 200, o);
}
