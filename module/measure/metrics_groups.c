/* Groups are numbered as SQL meets them: it asks for the number of a row's values.  Weeks and days are those of the person's
   calendar; weeks are ISO's, from Monday on. */
#include "measure/metrics_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum
{
  KEYS_MAX = 16384, /* bytes of the values of a group together; more are cut */
  DAY = 86400
};

/* --- weeks ---------------------------------------------------------------------------------------------------------------- */

static int64_t
floor_div (int64_t a, int64_t b)
{
  return a / b - (a % b < 0);
}

/* Days since 1970 where the person is. */
static int64_t
day_at (int64_t ms)
{
  time_t at = (time_t)floor_div (ms, 1000);
  struct tm tm;
  return localtime_r (&at, &tm) ? floor_div ((int64_t)at + tm.tm_gmtoff, DAY) : 0;
}

int64_t
aid_metrics_week_at (int64_t ms)
{
  return floor_div (day_at (ms) + 3, 7); /* day 0 was a Thursday */
}

void
aid_metrics_week_name (int64_t week, char out[16])
{
  time_t thursday = (time_t)(week * 7 * DAY); /* whose year is the week's */
  struct tm tm;
  if (gmtime_r (&thursday, &tm) && tm.tm_year > -1900 && tm.tm_year < 8100)
    snprintf (out, 16, "%04d-W%02d", (tm.tm_year + 1900) % 10000, (tm.tm_yday / 7 + 1) % 100);
  else
    snprintf (out, 16, "?");
}

int
aid_metrics_week_named (const char *name, int64_t *week)
{
  struct tm january = { .tm_mday = 4 }; /* is in the first week */
  char again[16];
  int n = 0, end = 0;
  if (sscanf (name, "%4d-W%2d%n", &january.tm_year, &n, &end) != 2 || name[end] || january.tm_year < 1970)
    return -1;
  january.tm_year -= 1900;
  *week = floor_div (floor_div ((int64_t)timegm (&january), DAY) + 3, 7) + n - 1;
  aid_metrics_week_name (*week, again);
  return strcmp (again, name) != 0 ? -1 : 0;
}

/* --- groups --------------------------------------------------------------------------------------------------------------- */

static void
free_group (struct aid_metrics_group *g)
{
  for (int i = 0; i < AID_BYS; i++)
    free (g->keys[i]);
}

enum aid_err
aid_metrics_groups_init (struct aid_metrics_groups *groups, unsigned by)
{
  *groups = (struct aid_metrics_groups){ .by = by,
                                         .list = AID_VEC_INIT (struct aid_metrics_group, AID_METRICS_GROUPS),
                                         .ids = aid_map_new (),
                                         .sides = aid_map_new () };
  return groups->ids && groups->sides ? AID_OK : AID_E_NOMEM;
}

void
aid_metrics_groups_free (struct aid_metrics_groups *groups)
{
  for (size_t i = 0; i < groups->list.len; i++)
    free_group (&AID_VEC_AT (struct aid_metrics_group, &groups->list, i));
  aid_vec_free (&groups->list);
  if (groups->ids)
    aid_map_free (groups->ids, NULL);
  if (groups->sides)
    aid_map_free (groups->sides, NULL);
}

/* Appends the value of BY to what names a group: its length and its bytes, so that no two are taken for one. */
static void
add_key (struct aid_str *name, struct aid_span v)
{
  aid_str_addf (name, "%zu:", v.len);
  aid_str_addspan (name, v);
}

/* The value V of BY for groups: a week as its name; empty when it is unknown or not asked for. */
static struct aid_span
value_of (const struct aid_metrics_groups *groups, enum aid_metrics_by by, sqlite3_value *v, char week[16])
{
  struct aid_span out = { "", 0 };
  if (!(groups->by & 1u << by) || sqlite3_value_type (v) == SQLITE_NULL)
    return out;
  if (by == AID_BY_WEEK)
    {
      aid_metrics_week_name (sqlite3_value_int64 (v), week);
      return aid_span_z (week);
    }
  out.ptr = (const char *)sqlite3_value_text (v);
  out.len = out.ptr ? strnlen (out.ptr, KEYS_MAX / AID_BYS - 32) : 0;
  return out;
}

/* The number in MAP under NAME, or 1 more than there were, *N. */
static int
number_of (struct aid_map *map, struct aid_span name, int n)
{
  void *found = aid_map_get (map, name);
  if (found)
    return (int)(intptr_t)found;
  return aid_map_put (map, name, (void *)(intptr_t)(n + 1), NULL) ? -1 : n + 1;
}

/* The number of the side of VALUES, which has a place for each kind of value, from 0; -1 without memory. */
static int
side_of (struct aid_metrics_groups *groups, const struct aid_span *values)
{
  struct aid_str name = AID_STR_INIT (KEYS_MAX);
  add_key (&name, values[AID_BY_LANGUAGE]);
  add_key (&name, values[AID_BY_WEEK]);
  add_key (&name, values[AID_BY_PROJECT]);
  int n = name.err ? -1 : number_of (groups->sides, aid_str_span (&name), groups->nsides);
  groups->nsides = n > groups->nsides ? n : groups->nsides;
  aid_str_free (&name);
  return n > 0 ? n - 1 : -1;
}

static int
add_group (struct aid_metrics_groups *groups, const struct aid_span *values)
{
  struct aid_metrics_group *g = aid_vec_push (&groups->list);
  if (!g)
    return -1;
  for (int i = 0; i < AID_BYS; i++)
    if (values[i].len && !(g->keys[i] = aid_span_dup (values[i])))
      return -1;
  g->side = side_of (groups, values);
  return g->side < 0 ? -1 : 0;
}

static int
group_of (struct aid_metrics_groups *groups, const struct aid_span *values)
{
  struct aid_str name = AID_STR_INIT (KEYS_MAX);
  int before = (int)groups->list.len;
  for (int i = 0; i < AID_BYS; i++)
    add_key (&name, values[i]);
  int n = name.err ? -1 : number_of (groups->ids, aid_str_span (&name), before);
  if (n > before && add_group (groups, values))
    n = -1;
  aid_str_free (&name);
  return n > 0 ? n - 1 : -1;
}

/* --- for SQL ---------------------------------------------------------------------------------------------------------------- */

static void
give (sqlite3_context *c, int n, int full)
{
  if (n >= 0)
    sqlite3_result_int (c, n);
  else if (full)
    sqlite3_result_error_toobig (c);
  else
    sqlite3_result_error_nomem (c);
}

static void
sql_group (sqlite3_context *c, int n, sqlite3_value **args)
{
  struct aid_metrics_groups *groups = sqlite3_user_data (c);
  struct aid_span values[AID_BYS] = { { NULL, 0 } };
  char week[16];
  for (int i = 0; i < n && i < AID_BYS; i++)
    values[i] = value_of (groups, (enum aid_metrics_by)i, args[i], week);
  give (c, group_of (groups, values), groups->list.len >= groups->list.max);
}

static void
sql_side (sqlite3_context *c, int n, sqlite3_value **args)
{
  struct aid_metrics_groups *groups = sqlite3_user_data (c);
  struct aid_span values[AID_BYS] = { { NULL, 0 } };
  char week[16];
  (void)n;
  for (int i = 0; i < 3; i++)
    values[AID_BY_LANGUAGE + i] = value_of (groups, (enum aid_metrics_by) (AID_BY_LANGUAGE + i), args[i], week);
  give (c, side_of (groups, values), 0);
}

static void
sql_week (sqlite3_context *c, int n, sqlite3_value **args)
{
  (void)n;
  sqlite3_result_int64 (c, aid_metrics_week_at (sqlite3_value_int64 (args[0])));
}

static void
sql_day (sqlite3_context *c, int n, sqlite3_value **args)
{
  (void)n;
  sqlite3_result_int64 (c, day_at (sqlite3_value_int64 (args[0])));
}

enum aid_err
aid_metrics_functions (struct aid_db *db, struct aid_metrics_groups *groups, struct aid_error *e)
{
  static const struct
  {
    const char *name;
    int n;
    void (*function) (sqlite3_context *, int, sqlite3_value **);
  } list[] = { { "aid_field", 2, aid_metrics_sql_field },
               { "aid_group", AID_BYS, sql_group },
               { "aid_side", 3, sql_side },
               { "aid_week", 1, sql_week },
               { "aid_day", 1, sql_day } };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++)
    if (sqlite3_create_function_v2 (aid_db_raw (db), list[i].name, list[i].n, SQLITE_UTF8, groups, list[i].function, NULL,
                                    NULL, NULL))
      return aid_db_failed (db, e);
  return aid_metrics_sums (aid_db_raw (db)) ? aid_db_failed (db, e) : AID_OK;
}
