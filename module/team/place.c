/* The setting "team_store", and others of its form. */
#include "team/place.h"
#include "base/json.h"
#include "team/pq.h"

#include <stdio.h>
#include <time.h>

#define WORDS "postgresql://USER@HOST/DATABASE"

/* The beginning of the day Z, UTC, in ms since 1970; 0 for none. */
static int64_t
day_ms (const char *z)
{
  struct tm day = { .tm_isdst = 0 };
  if (!z || sscanf (z, "%4d-%2d-%2d", &day.tm_year, &day.tm_mon, &day.tm_mday) != 3)
    return 0;
  day.tm_year -= 1900;
  day.tm_mon -= 1;
  time_t at = timegm (&day);
  return at > 0 ? (int64_t)at * 1000 : 0;
}

static const char *
value_of (const PQconninfoOption *all, const char *keyword)
{
  for (; all->keyword; all++)
    if (!strcmp (all->keyword, keyword))
      return all->val && *all->val ? all->val : NULL;
  return NULL;
}

/* Whether one of ALL is what libpq itself does not show. */
static int
has_secret (const PQconninfoOption *all)
{
  for (; all->keyword; all++)
    if (all->val && *all->val && all->dispchar && strchr (all->dispchar, '*'))
      return 1;
  return 0;
}

static void
name_it (const PQconninfoOption *all, char out[AID_TEAM_NAME])
{
  const char *host = value_of (all, "host"), *base = value_of (all, "dbname"), *service = value_of (all, "service");
  if (!host)
    host = value_of (all, "hostaddr");
  if (service && !host)
    snprintf (out, AID_TEAM_NAME, "the service %.100s", service);
  else
    snprintf (out, AID_TEAM_NAME, "%.60s at %.60s", base ? base : "the usual database", host ? host : "the usual server");
}

/* Reads the URL that SETTING has, of which nothing may get into a message. */
static enum aid_err
look_at_url (const char *setting, struct aid_team_place *out, struct aid_error *e)
{
  const struct aid_pq *pq = aid_pq_load (e);
  char *why = NULL;
  enum aid_err err = AID_OK;
  if (!pq)
    return AID_E_NOTFOUND;
  PQconninfoOption *all = pq->PQconninfoParse (out->url, &why);
  if (!all)
    err = aid_error_set (e, AID_E_INVALID, "The setting \"%s\" is no connection string that libpq reads: write %s", setting,
                         WORDS);
  else if (has_secret (all))
    err = aid_error_set (
      e, AID_E_REFUSED,
      "The setting \"%s\" has a password in it, which is for ~/.pgpass, the variable PGPASSWORD or a"
      " \"password_command\": write %s",
      setting, WORDS);
  else
    name_it (all, out->name);
  if (why)
    pq->PQfreemem (why);
  if (all)
    pq->PQconninfoFree (all);
  return err;
}

enum aid_err
aid_team_place_of (const json_t *v, const char *setting, struct aid_team_place *out, struct aid_error *e)
{
  *out = (struct aid_team_place){ .url = json_string_value (v) };
  if (!v || json_is_false (v))
    return AID_OK;
  if (json_is_object (v))
    {
      out->url = aid_json_str (v, "url");
      out->password_command = json_object_get (v, "password_command");
      out->since = day_ms (aid_json_str (v, "since"));
    }
  if (!out->url || !*out->url)
    return aid_error_set (e, AID_E_INVALID, "The setting \"%s\" has no \"url\": write %s", setting, WORDS);
  return look_at_url (setting, out, e);
}

enum aid_err
aid_team_place_read (const struct aid_config *c, struct aid_team_place *out, struct aid_error *e)
{
  return aid_team_place_of (aid_config_get (c, "team_store"), "team_store", out, e);
}
