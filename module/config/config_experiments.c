/* What the members of an experiment may hold. */
#include "config/config_internal.h"
#include "base/json.h"
#include <math.h>

#define VARIANTS_MAX 64

/* Whether Z is one of WORDS. */
static int
is_word (const char *z, const char *const *words)
{
  for (; *words; words++)
    if (z && !strcmp (z, *words))
      return 1;
  return 0;
}

/* Events have names whole up to this, and tables one a line. */
#define NAME_MAX_BYTES 128

static int
is_name (const char *z)
{
  size_t n = 0;
  while (z && (unsigned char)z[n] >= ' ' && z[n] != 0x7f)
    n++;
  return z && n > 0 && n <= NAME_MAX_BYTES && !z[n];
}

const char *
aid_config_experiment_wanted (const char *name, const json_t *v)
{
  const json_t *start = json_object_get (v, "start"), *stop = json_object_get (v, "stop");
  if (!json_is_object (v))
    return "an object";
  if (!is_name (name))
    return "called by a name of 1 to 128 bytes in one line";
  if (!json_object_get (v, "variants") && !json_is_false (json_object_get (v, "enabled")))
    return "an object with \"variants\", or {\"enabled\": false}";
  if (aid_config_is_day (start) && aid_config_is_day (stop) && strcmp (json_string_value (start), json_string_value (stop)) >= 0)
    return "an object whose \"stop\" comes after its \"start\"";
  return NULL;
}

int
aid_config_is_share (const json_t *v)
{
  return json_is_number (v) && json_number_value (v) >= 0 && json_number_value (v) <= 1;
}

int
aid_config_is_namespace (const json_t *v)
{
  return json_array_size (v) == 3 && json_string_length (json_array_get (v, 0))
         && aid_config_is_share (json_array_get (v, 1)) && aid_config_is_share (json_array_get (v, 2))
         && json_number_value (json_array_get (v, 1)) < json_number_value (json_array_get (v, 2));
}

int
aid_config_is_unit (const json_t *v)
{
  static const char *const units[] = { "person", "request", NULL };
  return is_word (json_string_value (v), units);
}

/* A string, or an array of strings that is not empty. */
static int
is_choice (const json_t *v)
{
  const json_t *item;
  size_t i;
  json_array_foreach (v, i, item)
  {
    if (!json_is_string (item))
      return 0;
  }
  return json_is_string (v) || json_array_size (v) > 0;
}

int
aid_config_is_targeting (const json_t *v)
{
  static const char *const known[] = { "language", "project", "model", "strategy", "person", "version", NULL };
  const json_t *item;
  const char *key;
  json_object_foreach ((json_t *)(uintptr_t)v, key, item)
  {
    if (!is_word (key, known) || !is_choice (item))
      return 0;
  }
  return json_is_object (v);
}

int
aid_config_are_guardrails (const json_t *v)
{
  static const char *const known[] = { "latency_p90_ms", "undo_rate", "refused_rate", "red_rate", NULL };
  const json_t *item;
  const char *key;
  json_object_foreach ((json_t *)(uintptr_t)v, key, item)
  {
    if (!is_word (key, known) || !json_is_number (item) || !(json_number_value (item) >= 0))
      return 0;
  }
  return json_is_object (v);
}

/* Whether the variant I has a name, and that is its own. */
static int
is_named (const json_t *variants, size_t i)
{
  const char *name = aid_json_str (json_array_get (variants, i), "name");
  for (size_t k = 0; k < i; k++)
    {
      const char *other = aid_json_str (json_array_get (variants, k), "name");
      if (name && other && !strcmp (name, other))
        return 0;
    }
  return is_name (name);
}

int
aid_config_are_variants (const json_t *v)
{
  static const char *const known[] = { "name", "weight", "settings", NULL };
  const json_t *item, *member;
  const char *key;
  size_t i, weighted = 0;
  double sum = 0;
  json_array_foreach (v, i, item)
  {
    const json_t *weight = json_object_get (item, "weight"), *settings = json_object_get (item, "settings");
    if (!is_named (v, i) || (weight && !aid_config_is_share (weight)) || (settings && !json_is_object (settings))
        || json_object_get (settings, "experiments"))
      return 0;
    json_object_foreach ((json_t *)(uintptr_t)item, key, member)
    {
      if (!is_word (key, known))
        return 0;
    }
    weighted += weight != NULL;
    sum += json_number_value (weight);
  }
  size_t n = json_array_size (v);
  return n && n <= VARIANTS_MAX && (weighted == 0 || (weighted == n && fabs (sum - 1) <= 0.01));
}
