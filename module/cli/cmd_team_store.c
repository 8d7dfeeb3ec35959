/* aid team status, push, init: the team's store, a PostgreSQL that gets what is measured on each machine. */
#include "base/clock.h"
#include "base/json.h"
#include "base/val.h"
#include "cli/cli.h"
#include "cli/team.h"
#include "team/schema.h"
#include "team/team.h"
#include <stdio.h>
#include <time.h>

#define TEXT_MAX (1u << 20)

/* --- push ------------------------------------------------------------------------------------------------------------- */

static int
push (const struct aid_team_options *o, const struct aid_team_place *place)
{
  struct aid_team_pushed done;
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = aid_team_push (place, AID_TEAM_WAIT | (o->again ? AID_TEAM_AGAIN : 0), aid_cli_stop (NULL), &done, &e);

  if (o->json)
    printf ("{\"sent\":%lld,\"known\":%lld,\"refused\":%lld}\n", (long long)done.sent, (long long)done.known,
            (long long)done.refused);
  else
    {
      printf ("%lld event%s sent to %s", (long long)done.sent, done.sent == 1 ? "" : "s", place->name);
      if (done.known)
        printf (", %lld %s there already", (long long)done.known, done.known == 1 ? "was" : "were");
      putchar ('\n');
    }
  fflush (stdout);
  if (done.refused)
    aid_cli_fail ("%lld event%s not taken, and stay%s here (aid team push --again tries once more): %s",
                  (long long)done.refused, done.refused == 1 ? " was" : "s were", done.refused == 1 ? "s" : "", done.why);
  if (err)
    return aid_cli_fail ("%s", e.msg);
  return done.refused ? AID_EXIT_FAILED : AID_EXIT_DONE;
}

/* --- init ------------------------------------------------------------------------------------------------------------- */

static void
add_grants (const struct aid_team_options *o, struct aid_str *out)
{
  for (size_t i = 0; i < o->writers.len; i++)
    aid_team_grant (AID_TEAM_WRITES, AID_VEC_AT (const char *, &o->writers, i), out);
  for (size_t i = 0; i < o->reporters.len; i++)
    aid_team_grant (AID_TEAM_REPORTS, AID_VEC_AT (const char *, &o->reporters, i), out);
}

static int
print_schema (const struct aid_team_options *o)
{
  struct aid_str text = AID_STR_INIT (TEXT_MAX);
  int status;

  aid_team_schema_print (&text);
  add_grants (o, &text);
  status = text.err ? aid_cli_fail ("the statements do not fit in memory") : aid_cli_print (aid_str_span (&text));
  aid_str_free (&text);
  return status;
}

static int
init (const struct aid_team_options *o, const struct aid_team_place *place)
{
  struct aid_str grants = AID_STR_INIT (TEXT_MAX);
  struct aid_error e = { AID_OK, "" };
  int was = 0, status = AID_EXIT_DONE, newest = aid_team_schema_newest ();

  add_grants (o, &grants);
  if (grants.err || aid_team_init (place, aid_str_z (&grants), aid_cli_stop (NULL), &was, &e))
    status = aid_cli_fail ("%s", grants.err ? "the names of the roles do not fit in memory" : e.msg);
  else if (!was)
    printf ("%s is set up (version %d)\n", place->name, newest);
  else if (was < newest)
    printf ("%s is brought from version %d to %d\n", place->name, was, newest);
  else
    printf ("%s was set up already (version %d)\n", place->name, was);
  aid_str_free (&grants);
  return status;
}

/* --- status ----------------------------------------------------------------------------------------------------------- */

static void
add_time (int64_t ms, struct aid_str *out)
{
  time_t at = (time_t)(ms / 1000);
  struct tm tm;
  char text[32];

  if (localtime_r (&at, &tm) && strftime (text, sizeof text, "%Y-%m-%d %H:%M", &tm))
    aid_str_addz (out, text);
}

static void
add_store (const json_t *store, struct aid_str *out)
{
  int64_t unsent = aid_json_int (store, "unsent", 0), refused = aid_json_int (store, "refused", 0);

  aid_str_addf (out, "  %s: last met ", aid_json_str (store, "name"));
  add_time (aid_json_int (store, "met", 0), out);
  aid_str_addf (out, "; %lld events wait to be sent", (long long)unsent);
  if (unsent)
    {
      aid_str_addz (out, ", the oldest of ");
      add_time (aid_json_int (store, "oldest", 0), out);
    }
  aid_str_addc (out, '\n');
  if (refused)
    aid_str_addf (out, "  %lld were not taken (aid team push --again tries once more): %s\n", (long long)refused,
                  aid_json_str (store, "why"));
}

static void
add_server (const json_t *doc, struct aid_str *out)
{
  const char *error = aid_json_str (doc, "error");
  int64_t version = aid_json_int (doc, "version", 0), newest = aid_json_int (doc, "newest", 0);

  if (error)
    {
      aid_str_addf (out, "  %s\n", error);
      return;
    }
  aid_str_addf (out, "  It is reached (version %lld); you may %s, %s, %s.\n", (long long)version,
                aid_json_bool (doc, "may_write", 0) ? "send events" : "not send events",
                aid_json_bool (doc, "may_report", 0) ? "read them all" : "read none",
                aid_json_bool (doc, "may_forget", 0) ? "delete yours" : "delete none");
  if (version < newest)
    aid_str_addf (out, "  This AID knows version %lld: whoever owns it runs aid team init.\n", (long long)newest);
}

static int
print_status (const json_t *doc)
{
  struct aid_str text = AID_STR_INIT (TEXT_MAX);
  const char *name = aid_json_str (doc, "store");
  json_t *store;
  size_t i;
  int status;

  if (name)
    {
      aid_str_addf (&text, "What is measured here goes to the team's store, %s, too.\n", name);
      add_server (doc, &text);
    }
  else
    aid_str_addz (&text, "There is no team's store: the setting \"team_store\" would name it.\n");
  json_array_foreach (json_object_get (doc, "stores"), i, store)
  {
    add_store (store, &text);
  }
  if (name && !json_array_size (json_object_get (doc, "stores")))
    aid_str_addz (&text, "  Nothing was sent yet: all that is recorded here will be.\n");
  status = aid_cli_print_calm (&text);
  aid_str_free (&text);
  return status ? status : aid_json_str (doc, "error") ? AID_EXIT_FAILED : AID_EXIT_DONE;
}

static int
show_status (const struct aid_team_options *o, const struct aid_team_place *place)
{
  struct aid_str val = AID_STR_INIT (TEXT_MAX), text = AID_STR_INIT (TEXT_MAX);
  struct aid_error e = { AID_OK, "" };
  json_t *doc = NULL;
  int status;

  if (aid_team_status (place, aid_cli_stop (NULL), &val, &e))
    status = aid_cli_fail ("%s", e.msg);
  else if (o->json)
    status = aid_cli_print_val (aid_str_span (&val));
  else if (aid_val_to_json (aid_str_span (&val), 0, &text)
           || !(doc = aid_json_parse (aid_str_span (&text), "the status", &e)))
    status = aid_cli_fail ("the status does not fit in memory");
  else
    status = print_status (doc);
  json_decref (doc);
  aid_str_free (&val);
  aid_str_free (&text);
  return status;
}

/* ------------------------------------------------------------------------------------------------------------------------ */

static int
run (const struct aid_team_options *o, const char *what)
{
  struct aid_team_place place;
  struct aid_error e = { AID_OK, "" };
  struct aid_config *c = aid_config_load (NULL, &e);
  int status;

  if (!c || aid_team_place_read (c, &place, &e))
    status = aid_cli_fail ("%s", e.msg);
  else if (!strcmp (what, "status"))
    status = show_status (o, &place);
  else if (!place.url)
    status = aid_cli_fail ("There is no team's store: name it by the setting \"team_store\" in %s", aid_config_path (c));
  else
    status = !strcmp (what, "push") ? push (o, &place) : init (o, &place);
  aid_config_free (c);
  return status;
}

int
aid_team_command_store (const struct aid_team_options *o, const char *what)
{
  struct aid_error e = { AID_OK, "" };

  if (o->print)
    return strcmp (what, "init") ? aid_cli_misuse ("team: --print is for init") : print_schema (o);
  if (!aid_cli_stop (&e))
    return aid_cli_fail ("%s", e.msg);
  return run (o, what);
}
