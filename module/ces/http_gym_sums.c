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

/* One number of the rows: names are numbered in the order in which they come. */
struct number
{
  size_t name;
  double value;
};

static int
by_name_and_size (const void *a, const void *b)
{
  const struct number *x = a, *y = b;
  return x->name != y->name ? (x->name > y->name) - (x->name < y->name) : (x->value > y->value) - (x->value < y->value);
}

/* The numbers of ROWS, those of a name together and in order of size; *NAMES gets the names, *COUNT how many numbers there are.
   To be freed; NULL: there is no memory. */
static struct number *
collect (json_t *const *rows, size_t n, json_t *names, size_t *count)
{
  size_t most = 1;
  const char *name;
  json_t *v;
  *count = 0;
  for (size_t i = 0; i < n; i++)
    most += json_object_size (rows[i]);
  struct number *all = calloc (most, sizeof *all);
  for (size_t i = 0; all && i < n; i++)
    json_object_foreach (rows[i], name, v)
    {
      const size_t next = json_object_size (names);
      const json_t *at = json_object_get (names, name);
      if (!at)
        json_object_set_new (names, name, json_integer ((json_int_t)next));
      all[(*count)++] = (struct number){ at ? (size_t)json_integer_value (at) : next, json_number_value (v) };
    }
  if (all)
    qsort (all, *count, sizeof *all, by_name_and_size);
  return all;
}

static void
set (json_t *out, const char *what, const char *name, double value)
{
  struct aid_str key = AID_STR_INIT (strlen (name) + 16);
  if (!aid_str_addf (&key, "%s/%s", what, name))
    json_object_set_new (out, aid_str_z (&key), json_real (value));
  aid_str_free (&key);
}

static double
deviation (const struct number *v, size_t n, double mean)
{
  double squares = 0;
  for (size_t i = 0; i < n; i++)
    squares += (v[i].value - mean) * (v[i].value - mean);
  return sqrt (squares / (double)(n - 1));
}

/* The N numbers of NAME.  SINGLE: a standard deviation of one is 0. */
static void
describe_one (json_t *out, const char *name, const struct number *v, size_t n, int single)
{
  double mean = 0;
  for (size_t i = 0; i < n; i++)
    mean += v[i].value / (double)n;
  set (out, "mean", name, mean);
  set (out, "max", name, v[n - 1].value);
  set (out, "min", name, v[0].value);
  set (out, "median", name, (v[(n - 1) / 2].value + v[n / 2].value) / 2);
  if (n > 1 || single)
    set (out, "std", name, n > 1 ? deviation (v, n, mean) : 0);
}

/* The five of each number in the N ROWS, or NULL: there is no memory.  A standard deviation of single values is 0 where all are
   single. */
static json_t *
describe (json_t *const *rows, size_t n)
{
  json_t *out = json_object (), *names = json_object (), *v;
  const char *name;
  size_t count, at = 0;
  struct number *all = collect (rows, n, names, &count);
  json_object_foreach (names, name, v)
  {
    size_t from = at;
    while (at < count && all[at].name == all[from].name)
      at++;
    if (at > from && strcmp (name, TASK_INDEX) != 0 && strcmp (name, ROLLOUT_INDEX) != 0)
      describe_one (out, name, all + from, at - from, n == 1);
  }
  json_decref (names);
  if (!all)
    {
      json_decref (out);
      return NULL;
    }
  free (all);
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
describe_tasks (json_t **rows, size_t n)
{
  json_t *out = json_array ();
  qsort (rows, n, sizeof (void *), by_task);
  for (size_t from = 0, to; from < n; from = to)
    {
      for (to = from + 1; to < n && task_of (rows[to]) <= task_of (rows[from]); to++)
        ;
      json_t *o = describe (rows + from, to - from);
      add_rollouts (o, rows + from, to - from);
      json_object_set_new (o, "sample", json_pack ("{s:{s:s}}", "agent_ref", "name", "agent"));
      json_array_append_new (out, o);
    }
  return out;
}

static void
answer (struct aid_ces_request *x, json_t **rows, size_t n)
{
  json_t *all = describe (rows, n), *key = json_object (), *v;
  const char *name;
  json_object_foreach (all, name, v)
  {
    if (!strncmp (name, "mean/", 5))
      json_object_set (key, name, v);
  }
  aid_ces_request_answer (x, 200,
                          json_pack ("{s:o, s:o, s:o}", "group_level_metrics", describe_tasks (rows, n), "agent_metrics",
                                     all, "key_metrics", key));
}

void
aid_ces_http_gym_aggregate (struct aid_ces_request *x)
{
  const json_t *list = json_object_get (x->document, "verify_responses"), *row;
  size_t n = json_array_size (list), i, made = 0;
  json_t **rows = calloc (n + 1, sizeof (void *));
  if (!rows)
    {
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
    answer (x, rows, n);
  else if (!x->status)
    aid_ces_request_refuse (x, 503, NULL, "there is no memory");
  while (made)
    json_decref (rows[--made]);
  free (rows);
}
