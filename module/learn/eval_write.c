/* Reports and comparisons for people, as Markdown or as plain text: the same tables. */
#include "base/json.h"
#include "learn/eval_internal.h"
#include "learn/eval_table.h"
#include "model/cost.h"

#define NAMES_MAX ((size_t)4096)

static void
add_heading (const struct aid_eval_look *look, const char *words, struct aid_str *out)
{
  aid_str_addf (out, "%s%s%s%s\n\n", out->len ? "\n" : "", look->form == AID_EVAL_MARKDOWN ? "## " : "", words,
                look->form == AID_EVAL_MARKDOWN ? "" : ":");
}

/* --- a report ----------------------------------------------------------------------------------------------------- */

static double
percent (const json_t *o, const char *name)
{
  return 100 * aid_json_real (o, name, 0);
}

/* "72.5 (57.2-83.9)", or "-" where nothing counts. */
static void
share_cell (struct aid_eval_table *t, const json_t *share, const char *value)
{
  if (!json_is_object (share) || (json_object_get (share, "of") && !aid_json_int (share, "of", 0)))
    aid_eval_cell (t, "-");
  else
    aid_eval_cell (t, "%.1f (%.1f-%.1f)", percent (share, value), percent (share, "low"), percent (share, "high"));
}

static void
add_scores (const json_t *arms, const struct aid_eval_look *look, struct aid_str *out)
{
  const json_t *arm, *pass = json_object_get (json_array_get (arms, 0), "pass"), *v;
  struct aid_eval_table t = aid_eval_table_of (look, 4 + json_object_size (pass));
  const char *k;
  size_t i;
  aid_eval_cell (&t, "model, strategy");
  aid_eval_cell (&t, "tasks");
  aid_eval_cell (&t, "answers");
  aid_eval_cell (&t, "green");
  json_object_foreach ((json_t *)(uintptr_t)pass, k, v)
  {
    aid_eval_cell (&t, "pass@%s, %% (95 %%)", k);
  }
  json_array_foreach (arms, i, arm)
  {
    aid_eval_cell (&t, "%s, %s", aid_json_str (arm, "model"), aid_json_str (arm, "strategy"));
    aid_eval_cell (&t, "%lld", (long long)aid_json_int (arm, "tasks", 0));
    aid_eval_cell (&t, "%lld", (long long)aid_json_int (arm, "answered", 0));
    aid_eval_cell (&t, "%lld", (long long)aid_json_int (json_object_get (arm, "outcomes"), "green", 0));
    json_object_foreach ((json_t *)(uintptr_t)pass, k, v)
    {
      share_cell (&t, json_object_get (json_object_get (arm, "pass"), k), "value");
    }
  }
  aid_eval_table_add (&t, out);
}

static void
add_measures (const json_t *arms, const struct aid_eval_look *look, struct aid_str *out)
{
  struct aid_eval_table t = aid_eval_table_of (look, 1 + AID_EVAL_MEASURES);
  const json_t *arm;
  size_t i;
  aid_eval_cell (&t, "%% of answers");
  for (enum aid_eval_measure m = 0; m < AID_EVAL_MEASURES; m++)
    aid_eval_cell (&t, "%s", aid_eval_measure_name (m));
  json_array_foreach (arms, i, arm)
  {
    aid_eval_cell (&t, "%s, %s", aid_json_str (arm, "model"), aid_json_str (arm, "strategy"));
    for (enum aid_eval_measure m = 0; m < AID_EVAL_MEASURES; m++)
      {
        const json_t *one = json_object_get (json_object_get (arm, "measures"), aid_eval_measure_name (m));
        if (aid_json_int (one, "of", 0))
          aid_eval_cell (&t, "%.1f (%lld/%lld)", percent (one, "share"), (long long)aid_json_int (one, "passed", 0),
                (long long)aid_json_int (one, "of", 0));
        else
          aid_eval_cell (&t, "-");
      }
  }
  aid_eval_table_add (&t, out);
}

static void
add_failures (const json_t *arms, const struct aid_eval_look *look, struct aid_str *out)
{
  static const char *const rungs[] = { "applies", "parses", "types", "builds", "tests" };
  static const char *const heads[] = { "does not apply", "parse", "type-check", "build", "pass tests" };
  static const char *const others[] = { "none", "refused", "error", "unjudged" };
  static const char *const other_heads[] = { "no change", "refused", "request failed", "not judged" };
  struct aid_eval_table t = aid_eval_table_of (look, 11);
  const json_t *arm;
  size_t i;
  aid_eval_cell (&t, "what went wrong");
  for (size_t k = 0; k < 5; k++)
    aid_eval_cell (&t, "%s", heads[k]);
  for (size_t k = 0; k < 4; k++)
    aid_eval_cell (&t, "%s", other_heads[k]);
  aid_eval_cell (&t, "cut off");
  json_array_foreach (arms, i, arm)
  {
    aid_eval_cell (&t, "%s, %s", aid_json_str (arm, "model"), aid_json_str (arm, "strategy"));
    for (size_t k = 0; k < 5; k++)
      aid_eval_cell (&t, "%lld", (long long)aid_json_int (json_object_get (arm, "failed"), rungs[k], 0));
    for (size_t k = 0; k < 4; k++)
      aid_eval_cell (&t, "%lld", (long long)aid_json_int (json_object_get (arm, "outcomes"), others[k], 0));
    aid_eval_cell (&t, "%lld", (long long)aid_json_int (arm, "cut", 0));
  }
  aid_eval_table_add (&t, out);
}

static void
ms_cell (struct aid_eval_table *t, const json_t *arm, const char *what, const char *quantile)
{
  const json_t *v = json_object_get (json_object_get (json_object_get (arm, "latency_ms"), what), quantile);
  if (json_is_integer (v))
    aid_eval_cell (t, "%.2f", (double)json_integer_value (v) / 1000);
  else
    aid_eval_cell (t, "-");
}

static void
money_cell (struct aid_eval_table *t, double dollars, int64_t unpriced)
{
  struct aid_str words = AID_STR_INIT (64);
  aid_cost_write (&words, dollars);
  aid_eval_cell (t, "%s%s", aid_str_z (&words), unpriced ? " and more" : "");
  aid_str_free (&words);
}

static void
add_costs (const json_t *arms, const struct aid_eval_look *look, struct aid_str *out)
{
  static const char *const heads[]
    = { "what it took", "tokens in", "cached", "out", "reasoning", "$", "first token, s: p50", "p90", "all, s: p50", "p90" };
  static const char *const tokens[] = { "in", "cached", "out", "reasoning" };
  struct aid_eval_table t = aid_eval_table_of (look, sizeof heads / sizeof *heads);
  const json_t *arm;
  size_t i;
  for (size_t k = 0; k < sizeof heads / sizeof *heads; k++)
    aid_eval_cell (&t, "%s", heads[k]);
  json_array_foreach (arms, i, arm)
  {
    aid_eval_cell (&t, "%s, %s", aid_json_str (arm, "model"), aid_json_str (arm, "strategy"));
    for (size_t k = 0; k < 4; k++)
      aid_eval_cell (&t, "%lld", (long long)aid_json_int (json_object_get (arm, "tokens"), tokens[k], 0));
    money_cell (&t, aid_json_real (arm, "cost", 0), aid_json_int (arm, "unpriced", 0));
    ms_cell (&t, arm, "first", "p50");
    ms_cell (&t, arm, "first", "p90");
    ms_cell (&t, arm, "total", "p50");
    ms_cell (&t, arm, "total", "p90");
  }
  aid_eval_table_add (&t, out);
}

static void
add_languages (const json_t *arms, const struct aid_eval_look *look, struct aid_str *out)
{
  const json_t *first = json_object_get (json_array_get (arms, 0), "languages"), *arm, *v;
  struct aid_eval_table t = aid_eval_table_of (look, 1 + json_object_size (first));
  const char *name;
  size_t i;
  aid_eval_cell (&t, "green, by language");
  json_object_foreach ((json_t *)(uintptr_t)first, name, v)
  {
    aid_eval_cell (&t, "%s", name);
  }
  json_array_foreach (arms, i, arm)
  {
    aid_eval_cell (&t, "%s, %s", aid_json_str (arm, "model"), aid_json_str (arm, "strategy"));
    json_object_foreach ((json_t *)(uintptr_t)first, name, v)
    {
      const json_t *one = json_object_get (json_object_get (arm, "languages"), name);
      aid_eval_cell (&t, "%lld/%lld", (long long)aid_json_int (one, "green", 0), (long long)aid_json_int (one, "of", 0));
    }
  }
  aid_eval_table_add (&t, out);
}

/* The tasks that ARM has not always solved. */
static void
add_unsolved_of (const json_t *arm, struct aid_eval_table *t)
{
  const json_t *task;
  size_t i;
  json_array_foreach (json_object_get (arm, "by_task"), i, task)
  {
    int64_t green = aid_json_int (task, "green", 0), of = aid_json_int (task, "of", 0);
    if (green == of && !aid_json_int (task, "errors", 0))
      continue;
    aid_eval_cell (t, "%s", aid_json_str (task, "task"));
    aid_eval_cell (t, "%s, %s", aid_json_str (arm, "model"), aid_json_str (arm, "strategy"));
    aid_eval_cell (t, "%lld/%lld", (long long)green, (long long)of);
    aid_eval_cell (t, "%s", aid_json_str (task, "why") ? aid_json_str (task, "why") : "");
  }
}

static void
add_unsolved (const json_t *arms, const struct aid_eval_look *look, struct aid_str *out)
{
  static const char *const heads[] = { "task", "model, strategy", "green", "at" };
  struct aid_eval_table t = aid_eval_table_of (look, sizeof heads / sizeof *heads);
  const json_t *arm;
  size_t i;
  t.prose = 1;
  for (size_t k = 0; k < t.columns; k++)
    aid_eval_cell (&t, "%s", heads[k]);
  json_array_foreach (arms, i, arm)
  {
    add_unsolved_of (arm, &t);
  }
  if (t.cells.len > t.columns) /* more than the head */
    {
      add_heading (look, "Tasks that were not always solved", out);
      aid_eval_table_add (&t, out);
    }
  else
    aid_eval_table_free (&t);
}

void
aid_eval_write_report (const json_t *report, const struct aid_eval_look *look, struct aid_str *out)
{
  const json_t *arms = json_object_get (report, "arms");
  if (!json_array_size (arms))
    {
      aid_str_addz (out, "There is no result yet.\n");
      return;
    }
  add_heading (look, "Solved", out);
  add_scores (arms, look, out);
  add_heading (look, "How far answers came", out);
  add_measures (arms, look, out);
  aid_str_addc (out, '\n');
  add_failures (arms, look, out);
  add_heading (look, "Cost and time", out);
  add_costs (arms, look, out);
  add_heading (look, "By language", out);
  add_languages (arms, look, out);
  add_unsolved (arms, look, out);
}

/* --- a comparison ------------------------------------------------------------------------------------------------- */

static void
add_arm_name (const json_t *arm, struct aid_str *out)
{
  aid_str_addf (out, "%s (%s, %s)", aid_json_str (arm, "run"), aid_json_str (arm, "model"), aid_json_str (arm, "strategy"));
}

static void
add_differences (const json_t *pair, const struct aid_eval_look *look, struct aid_str *out)
{
  static const char *const heads[] = { "% of answers", "A", "B", "B - A", "95 %", "better", "worse", "p" };
  struct aid_eval_table t = aid_eval_table_of (look, sizeof heads / sizeof *heads);
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
    aid_eval_cell (&t, "%s", heads[i]);
  for (enum aid_eval_measure m = 0; m < AID_EVAL_MEASURES; m++)
    {
      const json_t *one = json_object_get (json_object_get (pair, "measures"), aid_eval_measure_name (m));
      if (!aid_json_int (one, "tasks", 0))
        continue;
      aid_eval_cell (&t, "%s", aid_eval_measure_name (m));
      aid_eval_cell (&t, "%.1f", percent (one, "a"));
      aid_eval_cell (&t, "%.1f", percent (one, "b"));
      aid_eval_cell (&t, "%+.1f", percent (one, "difference"));
      aid_eval_cell (&t, "%+.1f to %+.1f", percent (one, "low"), percent (one, "high"));
      aid_eval_cell (&t, "%lld", (long long)aid_json_int (one, "better", 0));
      aid_eval_cell (&t, "%lld", (long long)aid_json_int (one, "worse", 0));
      aid_eval_cell (&t, "%.3g", aid_json_real (one, "p", 1));
    }
  aid_eval_table_add (&t, out);
}

static void
add_amounts (const json_t *pair, const struct aid_eval_look *look, struct aid_str *out)
{
  static const char *const names[][2] = { { "tokens_in", "tokens in" },
                                          { "tokens_out", "tokens out" },
                                          { "cost", "$" },
                                          { "first_ms", "first token, ms" },
                                          { "ms", "all, ms" } };
  struct aid_eval_table t = aid_eval_table_of (look, 5);
  aid_eval_cell (&t, "mean of a task");
  aid_eval_cell (&t, "A");
  aid_eval_cell (&t, "B");
  aid_eval_cell (&t, "B - A");
  aid_eval_cell (&t, "95 %%");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
      const json_t *one = json_object_get (json_object_get (pair, "amounts"), names[i][0]);
      if (!json_is_number (json_object_get (one, "difference")))
        continue;
      aid_eval_cell (&t, "%s", names[i][1]);
      aid_eval_cell (&t, "%.4g", aid_json_real (one, "a", 0));
      aid_eval_cell (&t, "%.4g", aid_json_real (one, "b", 0));
      aid_eval_cell (&t, "%+.4g", aid_json_real (one, "difference", 0));
      if (json_is_number (json_object_get (one, "low")))
        aid_eval_cell (&t, "%+.4g to %+.4g", aid_json_real (one, "low", 0), aid_json_real (one, "high", 0));
      else
        aid_eval_cell (&t, "-");
    }
  aid_eval_table_add (&t, out);
}

static int64_t
number_at (const json_t *pair, size_t i)
{
  return json_integer_value (json_array_get (pair, i));
}

static void
add_changed (const json_t *list, const char *words, const struct aid_eval_look *look, struct aid_str *out)
{
  const json_t *one;
  size_t i;
  if (!json_array_size (list))
    return;
  add_heading (look, words, out);
  json_array_foreach (list, i, one)
  {
    const json_t *a = json_object_get (one, "a"), *b = json_object_get (one, "b");
    const char *why = aid_json_str (one, "why");
    aid_str_addf (out, "- %s: %lld/%lld, was %lld/%lld%s%s\n", aid_json_str (one, "task"), (long long)number_at (b, 0),
                  (long long)number_at (b, 1), (long long)number_at (a, 0), (long long)number_at (a, 1), why ? ": " : "",
                  why ? why : "");
  }
}

static void
add_left_out (const json_t *list, const struct aid_eval_look *look, struct aid_str *out)
{
  const json_t *one;
  size_t i;
  if (json_array_size (list))
    add_heading (look, "Not compared", out);
  json_array_foreach (list, i, one)
  {
    aid_str_addf (out, "- %s: %s\n", aid_json_str (one, "task"), aid_json_str (one, "why"));
  }
}

void
aid_eval_write_comparison (const json_t *comparison, const struct aid_eval_look *look, struct aid_str *out)
{
  const json_t *pair;
  size_t i;
  json_array_foreach (json_object_get (comparison, "pairs"), i, pair)
  {
    struct aid_str names = AID_STR_INIT (NAMES_MAX);
    aid_str_addz (&names, "A: ");
    add_arm_name (json_object_get (pair, "a"), &names);
    const size_t comma = names.len;
    aid_str_addz (&names, ", B: ");
    add_arm_name (json_object_get (pair, "b"), &names);
    aid_str_addf (&names, ", %lld tasks", (long long)aid_json_int (pair, "tasks", 0));
    if (look->form == AID_EVAL_TEXT && look->width && names.len >= look->width && !names.err)
      names.ptr[comma + 1] = '\n';
    add_heading (look, aid_str_z (&names), out);
    aid_str_free (&names);
    add_differences (pair, look, out);
    aid_str_addc (out, '\n');
    add_amounts (pair, look, out);
    add_changed (json_object_get (pair, "worse"), "Worse in B", look, out);
    add_changed (json_object_get (pair, "better"), "Better in B", look, out);
    add_left_out (json_object_get (pair, "left_out"), look, out);
  }
  json_array_foreach (json_object_get (comparison, "alone"), i, pair)
  {
    aid_str_addz (out, "\nNot in B: ");
    add_arm_name (pair, out);
    aid_str_addc (out, '\n');
  }
  int64_t worse = aid_json_int (comparison, "regressions", 0);
  aid_str_addf (out, "\n%s%lld task%s worse in B%s.\n", worse ? "REGRESSION: " : "", (long long)worse,
                worse == 1 ? " is" : "s are",
                aid_json_int (comparison, "worse_beyond_chance", 0) ? ", and B as a whole is worse beyond chance" : "");
}
