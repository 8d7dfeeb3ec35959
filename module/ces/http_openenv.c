/* OpenEnv's environment: an episode is a task and some attempts at it, each judged against the task's base.

     POST /reset {"episode_id"?, "seed"?, "task"? or "task_id"?, "max_steps"?}
     POST /step {"action": {"answer": "...", "episode_id"?, "task"? or "task_id"?}, "episode_id"?}
     -> {"observation": {...}, "reward": 0.6 or null, "done": false}

   Of who names no task the seed chooses one of our own, or they come in turn.  A step without an episode goes to the last one
   that its client did not name, which is right for one client; several name theirs.  A step with a task of its own needs none. */
#include "ces/http_internal.h"

#include "base/hash.h"

#include <stdlib.h>

#define STEPS 4 /* attempts, where the client says no number */
#define STEPS_MAX 1000
#define ID_MAX 255

/* --- reset ------------------------------------------------------------------------------------------------------------ */

/* The task of who names none.  0 or -1. */
static int
next_task (struct aid_ces_request *x, struct aid_unit *u, const json_t *seed, const struct aid_tasks_row **row)
{
  size_t n = aid_tasks_count (x->http->tasks);
  if (!n)
    {
      aid_ces_request_refuse (x, 422, "task", "there is no task: name one, or begin the service with --tasks FILE");
      return -1;
    }
  uint64_t which = json_is_integer (seed) ? (uint64_t)json_integer_value (seed) : atomic_fetch_add (&x->http->turn, 1);
  *row = aid_tasks_at (x->http->tasks, which % n);
  u->task = (*row)->task;
  u->from = AID_CES_OURS;
  return 0;
}

/* What is seen at first: the question, if the task's line has one, and what it is about. */
static json_t *
first_seen (const char *id, const json_t *task, const struct aid_tasks_row *row)
{
  static const char *const shown[] = { "prompt", "messages", "question" };
  json_t *o = json_pack ("{s:s}", "episode_id", id);
  for (size_t i = 0; row && i < sizeof shown / sizeof *shown; i++)
    if (json_object_get (row->row, shown[i]))
      json_object_set (o, shown[i], json_object_get (row->row, shown[i]));
  if (row)
    json_object_set_new (o, "task_id", json_string (row->id));
  for (size_t i = 0; i < 2; i++)
    {
      static const char *const named[] = { "repository", "base" };
      if (json_is_string (json_object_get (task, named[i])))
        json_object_set (o, named[i], json_object_get (task, named[i]));
    }
  return o;
}

static int
wrong_reset (struct aid_ces_request *x)
{
  const json_t *id = json_object_get (x->document, "episode_id"), *seed = json_object_get (x->document, "seed");
  const json_t *most = json_object_get (x->document, "max_steps");
  if (id && !json_is_null (id) && (!json_is_string (id) || !json_string_length (id) || json_string_length (id) > ID_MAX))
    aid_ces_request_refuse (x, 422, "episode_id", "it is a text of 255 characters at most");
  else if (seed && !json_is_null (seed) && (!json_is_integer (seed) || json_integer_value (seed) < 0))
    aid_ces_request_refuse (x, 422, "seed", "it is a number from 0 on");
  else if (most && (!json_is_integer (most) || json_integer_value (most) < 1 || json_integer_value (most) > STEPS_MAX))
    aid_ces_request_refuse (x, 422, "max_steps", "it is a number from 1 to %d", STEPS_MAX);
  return x->status;
}

void
aid_ces_http_env_reset (struct aid_ces_request *x)
{
  struct aid_unit u = { .from = x->http->from };
  const struct aid_tasks_row *row = NULL;
  const char *name = aid_json_str (x->document, "episode_id");
  char id[33];
  if (wrong_reset (x))
    return;
  int no = aid_ces_request_task_in (x, &u, x->document, "");
  if (no > 0)
    no = next_task (x, &u, json_object_get (x->document, "seed"), &row);
  if (!no && !name && aid_random_key (id, sizeof id - 1))
    aid_ces_request_refuse (x, 503, NULL, "there is no chance to be had");
  if (no || x->status)
    {
      json_decref (u.made);
      return;
    }
  if (!row && json_is_string (json_object_get (x->document, "task_id")))
    row = aid_tasks_find (x->http->tasks, aid_json_span (x->document, "task_id"));
  json_t *seen = first_seen (name ? name : id, u.task, row);
  struct aid_episode e = { .id = aid_span_dup (aid_span_z (name ? name : id)),
                           .task = json_deep_copy (u.task),
                           .from = u.from,
                           .most = aid_json_int (x->document, "max_steps", STEPS) };
  json_decref (u.made);
  if (aid_episodes_put (x->http->episodes, &e, name != NULL))
    {
      json_decref (seen);
      aid_ces_request_refuse (x, 503, NULL, "there is no memory");
      return;
    }
  aid_ces_request_answer (x, 200, json_pack ("{s:o, s:n, s:b}", "observation", seen, "reward", "done", 0));
}

/* --- step ------------------------------------------------------------------------------------------------------------- */

struct step
{
  char *id;    /* of its episode, or NULL */
  int episode; /* it belongs to one */
};

static void
free_step (void *mine)
{
  struct step *s = mine;
  free (s->id);
  free (s);
}

/* The episode of the step: its task is the unit's.  0 or -1. */
static int
find_episode (struct aid_ces_request *x, const json_t *action)
{
  struct aid_episode e = { .id = NULL };
  struct step *s = x->mine;
  const char *id = aid_json_str (action, "episode_id");
  id = id ? id : aid_json_str (x->document, "episode_id");
  if (aid_episodes_get (x->http->episodes, id, &e))
    {
      aid_ces_request_refuse (x, 422, "episode_id", "there is no such episode: /reset begins one");
      return -1;
    }
  x->units[0].task = x->units[0].made = e.task;
  x->units[0].from = e.from;
  s->episode = 1;
  s->id = id ? aid_span_dup (aid_span_z (id)) : e.id;
  if (e.done)
    aid_ces_request_refuse (x, 422, "episode_id", "the episode is over: /reset begins another");
  return x->status ? -1 : 0;
}

void
aid_ces_http_env_step_begin (struct aid_ces_request *x)
{
  const json_t *action = json_object_get (x->document, "action");
  x->mine = calloc (1, sizeof (struct step));
  x->free_mine = free_step;
  if (!x->mine)
    {
      x->free_mine = NULL;
      aid_ces_request_refuse (x, 503, NULL, "there is no memory");
      return;
    }
  if (!json_is_object (action))
    aid_ces_request_refuse (x, 422, "action", "it is no object");
  else if (!json_is_string (json_object_get (action, "answer")))
    aid_ces_request_refuse (x, 422, "action.answer", "an answer is a text: a model's answer, or a diff");
  if (x->status || aid_ces_request_units (x, 1, "action"))
    return;
  x->units[0].answer = aid_json_span (action, "answer");
  if (aid_ces_request_task_in (x, &x->units[0], action, "action") > 0)
    find_episode (x, action);
}

/* What a model may learn from: how far it came, and what the first rung said that failed. */
static json_t *
seen_of (const json_t *verdict)
{
  json_t *o = json_object ();
  const json_t *rung, *reached = json_object_get (verdict, "reached");
  size_t i;
  json_object_set_new (o, "reached", json_is_string (reached) ? json_copy ((json_t *)(uintptr_t)reached) : json_null ());
  json_object_set_new (o, "green", json_boolean (aid_json_bool (verdict, "green", 0)));
  json_array_foreach (json_object_get (verdict, "rungs"), i, rung)
  {
    const char *result = aid_json_str (rung, "result");
    if (!result || !strcmp (result, "passed") || !strcmp (result, "none") || !strcmp (result, "skipped"))
      continue;
    json_object_set (o, "failed", json_object_get (rung, "rung"));
    if (json_object_get (rung, "output"))
      json_object_set (o, "output", json_object_get (rung, "output"));
    if (json_object_get (rung, "diagnostics"))
      json_object_set (o, "diagnostics", json_object_get (rung, "diagnostics"));
    break;
  }
  return o;
}

void
aid_ces_http_env_step_finish (struct aid_ces_request *x)
{
  const json_t *verdict = x->units[0].verdict;
  const struct step *s = x->mine;
  struct aid_episode e = { .done = 1 };
  double reward = aid_json_real (verdict, "reward", 0);
  if (!verdict)
    {
      aid_ces_request_fail (x, &x->units[0].error, NULL);
      return;
    }
  if (s->episode && aid_episodes_step (x->http->episodes, s->id, reward, aid_json_bool (verdict, "green", 0), &e))
    {
      aid_ces_request_refuse (x, 422, "episode_id", "the episode ended meanwhile");
      return;
    }
  json_t *seen = seen_of (verdict);
  if (s->episode)
    json_object_set_new (seen, "episode_id", s->id ? json_string (s->id) : json_null ());
  if (s->episode)
    json_object_set_new (seen, "steps", json_integer ((json_int_t)e.steps));
  aid_ces_request_answer (x, 200,
                          json_pack ("{s:o, s:f, s:b}", "observation", seen, "reward", reward, "done", e.done));
}

/* --- the rest --------------------------------------------------------------------------------------------------------- */

void
aid_ces_http_env_state (struct aid_ces_request *x)
{
  struct aid_episode e = { .id = NULL };
  int none = aid_episodes_get (x->http->episodes, x->query, &e);
  const char *id = x->query ? x->query : e.id;
  if (none && x->query)
    aid_ces_request_refuse (x, 404, "episode_id", "there is no such episode");
  else if (none)
    aid_ces_request_answer (x, 200, json_pack ("{s:n, s:i}", "episode_id", "step_count", 0));
  else
    aid_ces_request_answer (x, 200,
                            json_pack ("{s:o, s:I, s:I, s:f, s:b}", "episode_id", aid_json_of_span (aid_span_z (id)),
                                       "step_count", (json_int_t)e.steps, "max_steps", (json_int_t)e.most, "reward",
                                       e.reward, "done", e.done));
  json_decref (e.task);
  free (e.id);
}

void
aid_ces_http_env_health (struct aid_ces_request *x)
{
  aid_ces_request_answer (x, 200, json_pack ("{s:s}", "status", "healthy"));
}

void
aid_ces_http_env_metadata (struct aid_ces_request *x)
{
  aid_ces_request_answer (x, 200,
                          json_pack ("{s:s, s:s, s:n, s:s, s:n, s:n}", "name", "aid-ces", "description",
                                     "Says what a diff is worth: whether it applies, parses, type-checks, builds and passes "
                                     "the tests.",
                                     "readme_content", "version", AID_VERSION, "author", "documentation_url"));
}

static const char schema[]
  = "{\"action\":{\"title\":\"Answer\",\"type\":\"object\",\"required\":[\"answer\"],\"additionalProperties\":false,"
    "\"properties\":{"
    "\"answer\":{\"type\":\"string\",\"description\":\"A model's answer with a diff in it, or a diff\"},"
    "\"episode_id\":{\"type\":\"string\"},\"task\":{\"type\":\"object\"},\"task_id\":{\"type\":\"string\"},"
    "\"metadata\":{\"type\":\"object\"}}},"
    "\"observation\":{\"title\":\"Seen\",\"type\":\"object\",\"properties\":{"
    "\"episode_id\":{\"type\":\"string\"},\"steps\":{\"type\":\"integer\"},\"task_id\":{\"type\":\"string\"},"
    "\"prompt\":{},\"messages\":{\"type\":\"array\"},\"question\":{\"type\":\"string\"},"
    "\"repository\":{\"type\":\"string\"},\"base\":{\"type\":\"string\"},"
    "\"reached\":{\"type\":[\"string\",\"null\"],\"enum\":[\"applies\",\"parses\",\"types\",\"builds\",\"tests\",null]},"
    "\"green\":{\"type\":\"boolean\"},\"failed\":{\"type\":\"string\"},\"output\":{\"type\":\"string\"},"
    "\"diagnostics\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}}},"
    "\"state\":{\"title\":\"Episode\",\"type\":\"object\",\"properties\":{\"episode_id\":{\"type\":[\"string\",\"null\"]},"
    "\"step_count\":{\"type\":\"integer\",\"minimum\":0},\"max_steps\":{\"type\":\"integer\"},"
    "\"reward\":{\"type\":\"number\"},\"done\":{\"type\":\"boolean\"}}}}";

void
aid_ces_http_env_schema (struct aid_ces_request *x)
{
  aid_ces_request_answer (x, 200, aid_json_parse (AID_SPAN (schema), "the schema", NULL));
}
