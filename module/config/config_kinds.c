/* What the value of a setting may be, by its kind; and how that is said when it is not. */
#include "config/config_internal.h"
#include <stdlib.h>

static int
is_count (const json_t *v, json_int_t most)
{
  return json_is_integer (v) && json_integer_value (v) >= 0 && json_integer_value (v) <= most;
}

int
aid_config_is_day (const json_t *v)
{
  static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
  const char *z = json_string_value (v), *pattern = "dddd-dd-dd";
  size_t i = 0;
  for (; z && pattern[i]; i++)
    if (pattern[i] == 'd' ? z[i] < '0' || z[i] > '9' : z[i] != pattern[i])
      return 0;
  if (!z || z[i])
    return 0;
  int year = atoi (z), month = atoi (z + 5), day = atoi (z + 8);
  int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] - (month == 2 && !leap);
}

/* Whether V is an array of strings, of ABILITIES' words if need be. */
static int
is_words (const json_t *v, int abilities)
{
  static const char *const known[] = { "text", "image", "pdf", "tools", "reasoning", "cache", "json" };
  const json_t *item;
  size_t i, k;
  json_array_foreach (v, i, item)
    {
      const char *z = json_string_value (item);
      for (k = 0; z && abilities && k < sizeof known / sizeof *known && strcmp (known[k], z) != 0; k++)
        ;
      if (!z || (abilities && k == sizeof known / sizeof *known))
        return 0;
    }
  return json_is_array (v);
}

/* What a value of each kind must be; of the others: an object. */
static const char *const wanted_words[] = {
  [KIND_STRING] = "a string",
  [KIND_BOOL] = "true or false",
  [KIND_COUNT] = "a whole number, 0 or more",
  [KIND_MS] = "a number of milliseconds, a day at most",
  [KIND_RETRIES] = "a whole number from 0 to 10",
  [KIND_TEMPERATURE] = "a number from 0 to 2",
  [KIND_STRINGS] = "an object of strings",
  [KIND_BUDGET] = "an object of \"chat\" and \"month\", in US dollars",
  [KIND_COMMAND] = "an array of strings: a program and its arguments",
  [KIND_LINE] = "a command for the shell, or an array of strings: a program and its arguments",
  [KIND_NAMES] = "an array of strings",
  [KIND_ABILITIES] = "an array of some of \"text\", \"image\", \"pdf\", \"tools\", \"reasoning\", \"cache\", \"json\"",
  [KIND_DOLLARS] = "a number, the dollars for a million tokens",
  [KIND_DIMENSIONS] = "a whole number from 1 to 8192",
  [KIND_EMBEDDINGS] = "an object of \"provider\" and \"model\", or false",
  [KIND_MEASURE] = "true, false or \"content\"",
  [KIND_OTLP] = "true, false or an object",
  [KIND_LIMITS] = "an object of \"days\" and \"megabytes\"",
  [KIND_SNAPSHOTS] = "an object of \"seconds\", \"days\", \"megabytes\", \"file_kilobytes\" and \"unsaved\"",
  [KIND_MINE] = "an object of \"lines\", \"files\", \"settled_seconds\", \"back_seconds\" and \"alike\"",
  [KIND_SPENDING] = "an object of \"dollars\" and \"tokens\"",
  [KIND_SECONDS] = "a whole number of seconds, from 1 to 86400",
  [KIND_DAY] = "a day as in \"2025-12-01\"",
  [KIND_EXPERIMENTS] = "an object of experiments, or false",
  [KIND_VARIANTS] = (AID_CONFIG_VARIANTS),
  [KIND_PEOPLE] = "a whole number, 1 or more",
  [KIND_SHARE] = "a number from 0 to 1",
  [KIND_NAMESPACE] = "an array of a name and two numbers from 0 to 1: [\"space\", 0, 0.5]",
  [KIND_UNIT] = "\"person\" or \"request\"",
  [KIND_TARGETING] = AID_CONFIG_TARGETING,
  [KIND_GUARDRAILS] = AID_CONFIG_GUARDRAILS,
  [KIND_TEAM] = "an object of \"url\" or \"path\", and \"key\"",
  [KIND_KEYS] = "a public key of OpenSSH, or an array of them",
  [KIND_CES] = "an object: warm, warm_trees, warm_megabytes, limits, weights, repositories, queue",
  [KIND_BOX_LIMITS] = "an object of whole numbers, 1 or more: seconds, megabytes, processes, disk_megabytes",
  [KIND_WEIGHTS] = "an object of numbers, 0 or more: applies, parses, types, builds, tests",
  [KIND_REPOSITORIES] = "an object of repositories by their names: each a \"path\", perhaps \"commands\" by rung",
  [KIND_QUEUE] = "a connection string, an object of \"url\", \"password_command\" and \"days\", or false",
  [KIND_STORE] = "a connection string, an object with it as its \"url\", or false",
};

static int
are_strings (const json_t *v)
{
  const json_t *item;
  const char *key;
  json_object_foreach ((json_t *)(uintptr_t)v, key, item)
    {
      if (!json_is_string (item))
        return 0;
    }
  return json_is_object (v);
}

/* Whether V is an object of numbers, of those called ONE and OTHER. */
static int
is_budget (const json_t *v, const char *one, const char *other)
{
  const json_t *item;
  const char *key;
  json_object_foreach ((json_t *)(uintptr_t)v, key, item)
    {
      if ((strcmp (key, one) != 0 && strcmp (key, other) != 0) || !json_is_number (item) || json_number_value (item) < 0)
        return 0;
    }
  return json_is_object (v);
}

static const char *const rung_words[] = { "applies", "parses", "types", "builds", "tests" };
static const char *const limit_words[] = { "seconds", "megabytes", "processes", "disk_megabytes" };

static int
is_one_of (const char *z, const char *const *words, size_t n)
{
  size_t i = 0;
  while (i < n && strcmp (z, words[i]) != 0)
    i++;
  return i < n;
}

/* Whether V has no members but of the N WORDS, each a number of LEAST and more, whole ones if need be. */
static int
are_numbers (const json_t *v, const char *const *words, size_t n, double least, int whole)
{
  const json_t *item;
  const char *key;
  json_object_foreach ((json_t *)(uintptr_t)v, key, item)
    {
      if (!is_one_of (key, words, n) || !(whole ? json_is_integer (item) : json_is_number (item))
          || json_number_value (item) < least)
        return 0;
    }
  return json_is_object (v);
}

static int
is_repository (const json_t *v)
{
  const json_t *item, *commands = json_object_get (v, "commands");
  const char *key;
  json_object_foreach ((json_t *)(uintptr_t)v, key, item)
    {
      if (strcmp (key, "path") != 0 && strcmp (key, "commands") != 0)
        return 0;
    }
  json_object_foreach ((json_t *)(uintptr_t)commands, key, item)
    {
      if (!is_one_of (key, rung_words + 1, 4) || (!json_string_length (item) && !json_is_null (item)))
        return 0;
    }
  return json_string_length (json_object_get (v, "path")) && (!commands || json_is_object (commands));
}

static int
are_repositories (const json_t *v)
{
  const json_t *item;
  const char *key;
  json_object_foreach ((json_t *)(uintptr_t)v, key, item)
    {
      if (!is_repository (item))
        return 0;
    }
  return json_is_object (v);
}

static int
is_of (enum aid_config_kind kind, const json_t *v)
{
  switch (kind)
    {
    case KIND_STRING:
      return json_is_string (v);
    case KIND_BOOL:
      return json_is_boolean (v);
    case KIND_COUNT:
      return is_count (v, 1000000000);
    case KIND_MS:
      return is_count (v, 86400000);
    case KIND_RETRIES:
      return is_count (v, 10);
    case KIND_TEMPERATURE:
      return json_is_number (v) && json_number_value (v) >= 0 && json_number_value (v) <= 2;
    case KIND_STRINGS:
      return are_strings (v);
    case KIND_BUDGET:
      return is_budget (v, "chat", "month");
    case KIND_SPENDING:
      return is_budget (v, "dollars", "tokens");
    case KIND_COMMAND:
      return is_words (v, 0) && json_array_size (v);
    case KIND_LINE:
      return (json_is_string (v) && json_string_length (v)) || (is_words (v, 0) && json_array_size (v));
    case KIND_NAMES:
      return is_words (v, 0);
    case KIND_ABILITIES:
      return is_words (v, 1);
    case KIND_DOLLARS:
      return json_is_number (v) && json_number_value (v) >= 0 && json_number_value (v) < 1e6;
    case KIND_DIMENSIONS:
      return is_count (v, 8192) && json_integer_value (v);
    case KIND_EMBEDDINGS:
      return json_is_object (v) || json_is_false (v);
    case KIND_QUEUE:
    case KIND_STORE:
      return json_string_length (v) || json_is_object (v) || json_is_false (v);
    case KIND_MEASURE:
      return json_is_boolean (v) || (json_is_string (v) && !strcmp (json_string_value (v), "content"));
    case KIND_SECONDS:
      return is_count (v, 86400) && json_integer_value (v);
    case KIND_OTLP:
      return json_is_boolean (v) || json_is_object (v);
    case KIND_DAY:
      return aid_config_is_day (v);
    case KIND_EXPERIMENTS:
      return json_is_object (v) || json_is_false (v);
    case KIND_VARIANTS:
      return aid_config_are_variants (v);
    case KIND_PEOPLE:
      return is_count (v, 1000000000) && json_integer_value (v);
    case KIND_SHARE:
      return aid_config_is_share (v);
    case KIND_NAMESPACE:
      return aid_config_is_namespace (v);
    case KIND_UNIT:
      return aid_config_is_unit (v);
    case KIND_TARGETING:
      return aid_config_is_targeting (v);
    case KIND_GUARDRAILS:
      return aid_config_are_guardrails (v);
    case KIND_KEYS:
      return (json_is_string (v) && json_string_length (v)) || (is_words (v, 0) && json_array_size (v));
    case KIND_BOX_LIMITS:
      return are_numbers (v, limit_words, sizeof limit_words / sizeof *limit_words, 1, 1);
    case KIND_WEIGHTS:
      return are_numbers (v, rung_words, sizeof rung_words / sizeof *rung_words, 0, 0);
    case KIND_REPOSITORIES:
      return are_repositories (v);
    default:
      return json_is_object (v);
    }
}

const char *
aid_config_wanted (enum aid_config_kind kind, const json_t *v)
{
  size_t which = (size_t)kind;
  if (is_of (kind, v))
    return NULL;
  return which < sizeof wanted_words / sizeof *wanted_words && wanted_words[which] ? wanted_words[which] : "an object";
}
