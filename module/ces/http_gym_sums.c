/* NeMo Gym's /aggregate_metrics: of each number in the replies to /verify the mean, greatest, least, median and standard
   deviation, over each task and over all; and of each task how many rollouts it has, and their numbers.

     {"verify_responses": [{"_ng_task_index": 0, "_ng_rollout_index": 1, "reward": 0.6, ...}, ...]}
     -> {"group_level_metrics": [{"mean/reward": ..., "_ng_task_index": 0, "num_rollouts": 1, "rollout_infos": [...],
                                  "sample": {...}}], "agent_metrics": {...}, "key_metrics": {...}} */
#include "ces/http_internal.h"

#include "base/vec.h"

#include <math.h>
#include <stdlib.h>

#define ROLLOUTS_MAX 1000000
#define NUMBERS_MAX 1000

#define TASK_INDEX "_ng_task_index"
#define ROLLOUT_INDEX "_ng_rollout_index"
static const char *const indices[] = { TASK_INDEX, ROLLOUT_INDEX };

/* The numbers of one row: its own, and those of what the response cost. */
static json_t *
numbers_of (const json_t *row)
{
  json_t *out = json_object ();
  const json_t *both[] = { row, json_object_get (json_object_get (row, "response"), "usage") };
  for (size_t i = 0; i < 2; i++)
    {
      const char *name;
      json_t *v;
      json_object_foreach ((json_t *)(uintptr_t)both[i], name, v)
      {
        if (json_object_size (out) < NUMBERS_MAX && (json_is_number (v) || json_is_boolean (v)))
          json_object_set_new (out, name, json_is_boolean (v) ? json_integer (json_is_true (v)) : json_incref (v));
      }
    }
  for (size_t i = 0; i < 2 && out; i++)
    if (!json_object_get (out, indices[i]))
      json_object_set_new (out, indices[i], json_integer (0));
  return out;
}

static double
task_of (const json_t *row)
{
  return aid_json_real (row, TASK_INDEX, 0);
}

static int
by_task (const void *a, const void *b)
{
  const json_t *one = *(json_t *const *)a, *other = *(json_t *const *)b;
  for (size_t i = 0; i < 2; i++)
    {
      double x = aid_json_real (one, indices[i], 0), y = aid_json_real (other, indices[i], 0);
      if (x > y || x < y)
        return x > y ? 1 : -1;
    }
  return 0;
}

static int
by_size (const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Takes the values of NAME in ROWS, in order of size; how many there are. */
static size_t
collect (json_t *const *rows, size_t n, const char *name, double *out)
{
  size_t found = 0;
  for (size_t i = 0; i < n; i++)
    {
      const json_t *v = json_object_get (rows[i], name);
      if (v)
        out[found++] = json_number_value (v);
    }
  qsort (out, found, sizeof *out, by_size);
  return found;
}

static void
set (json_t *out, const char *what, const char *name, double value)
{
  char key[256];
  snprintf (key, sizeof key, "%s/%s", what, name);
  json_object_set_new (out, key, json_real (value));
}

static double
deviation (const double *v, size_t n, double mean)
{
  double squares = 0;
  for (size_t i = 0; i < n; i++)
    squares += (v[i] - mean) * (v[i] - mean);
  return sqrt (squares / (double)(n - 1));
}

/* The five of each number in the N ROWS.  A standard deviation of single values is 0 where all are single. */
static json_t *
describe (json_t *const *rows, size_t n, double *room)
{
  json_t *out = json_object (), *names = json_object (), *v;
  const char *name;
  size_t most = 0;
  for (size_t i = 0; i < n; i++)
    json_object_update_missing (names, rows[i]);
  json_object_foreach (names, name, v)
  {
    size_t found = collect (rows, n, name, room);
    most = found > most ? found : most;
  }
  json_object_foreach (names, name, v)
  {
    size_t found = collect (rows, n, name, room);
    double mean = 0;
    if (!strcmp (name, TASK_INDEX) || !strcmp (name, ROLLOUT_INDEX))
      continue;
    for (size_t i = 0; i < found; i++)
      mean += room[i] / (double)found;
    set (out, "mean", name, mean);
    set (out, "max", name, room[found - 1]);
    set (out, "min", name, room[0]);
    set (out, "median", name, (room[(found - 1) / 2] + room[found / 2]) / 2);
    if (found > 1 || (most == 1 && n == 1))
      set (out, "std", name, found > 1 ? deviation (room, found, mean) : 0);
  }
  json_decref (names);
  return out;
}

/* Which rollouts these N of one task are, and what each of them came to. */
static void
add_rollouts (json_t *out, json_t *const *rows, size_t n)
{
  json_t *infos = json_array ();
  for (size_t i = 0; i < n; i++)
    {
      json_t *o = json_copy (rows[i]);
      json_object_set_new (o, "rollout_id",
                           json_sprintf ("%.0f:%.0f", task_of (rows[i]), aid_json_real (rows[i], ROLLOUT_INDEX, 0)));
      json_array_append_new (infos, o);
    }
  json_object_set (out, TASK_INDEX, json_object_get (rows[0], TASK_INDEX));
  json_object_set_new (out, "num_rollouts", json_integer ((json_int_t)n));
  json_object_set_new (out, "expected_num_rollouts", json_integer ((json_int_t)n));
  json_object_set_new (out, "missing_num_rollouts", json_integer (0));
  json_object_set_new (out, "reward_profile_completion_pct", json_real (100));
  json_object_set_new (out, "rollout_infos", infos);
}

static json_t *
describe_tasks (json_t **rows, size_t n, double *room)
{
  json_t *out = json_array ();
  qsort (rows, n, sizeof (void *), by_task);
  for (size_t from = 0, to; from < n; from = to)
    {
      for (to = from + 1; to < n && task_of (rows[to]) <= task_of (rows[from]); to++)
        ;
      json_t *o = describe (rows + from, to - from, room);
      add_rollouts (o, rows + from, to - from);
      json_object_set_new (o, "sample", json_pack ("{s:{s:s}}", "agent_ref", "name", "agent"));
      json_array_append_new (out, o);
    }
  return out;
}

static void
answer (struct aid_ces_request *x, json_t **rows, size_t n, double *room)
{
  json_t *all = describe (rows, n, room), *key = json_object (), *v;
  const char *name;
  json_object_foreach (all, name, v)
  {
    if (!strncmp (name, "mean/", 5))
      json_object_set (key, name, v);
  }
  aid_ces_request_answer (x, 200,
                          json_pack ("{s:o, s:o, s:o}", "group_level_metrics", describe_tasks (rows, n, room),
                                     "agent_metrics", all, "key_metrics", key));
}

void
aid_ces_http_gym_aggregate (struct aid_ces_request *x)
{
  const json_t *list = json_object_get (x->document, "verify_responses"), *row;
  size_t n = json_array_size (list), i, made = 0;
  json_t **rows = calloc (n + 1, sizeof (void *));
  double *room = calloc (n + 1, sizeof *room);
  if (!rows || !room)
    {
      free (rows);
      free (room);
      aid_ces_request_refuse (x, 503, NULL, "there is no memory");
      return;
    }
  if (!json_is_array (list) || n > ROLLOUTS_MAX)
    aid_ces_request_refuse (x, 422, "verify_responses", "it is no list, or a very long one");
  else
    json_array_foreach (list, i, row)
    {
      char member[48];
      snprintf (member, sizeof member, "verify_responses.%zu", i);
      if (!json_is_object (row) && !x->status)
        aid_ces_request_refuse (x, 422, member, "it is no object");
      if ((rows[made] = numbers_of (row)))
        made++;
    }
  if (!x->status && made == n)
    answer (x, rows, n, room);
  else if (!x->status)
    aid_ces_request_refuse (x, 503, NULL, "there is no memory");
  while (made)
    json_decref (rows[--made]);
  free (rows);
  free (room);
}
