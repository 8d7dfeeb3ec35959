/* What the tests of a team's store share: events that are written, settings that name a store, threads that are counted,
   and, where there is one, a PostgreSQL of the test's own (tests/team/server). */
#ifndef AID_TESTS_TEAM_SCENE_H
#define AID_TESTS_TEAM_SCENE_H

#include "measure_scene.h"
#include "pg_server.h"
#include "team/pg.h"
#include "team/schema.h"
#include "team/team.h"

#include <dirent.h>

/* Names the store at URL in the settings. */
static void
name_store (const char *url)
{
  struct aid_str text = AID_STR_INIT (4096);
  aid_str_addf (&text, "{\"team_store\": \"%s\"}", url);
  put ("aid/config.json", aid_str_z (&text));
  aid_str_free (&text);
}

/* How many threads of this process are called NAME. */
static int
threads (const char *name)
{
  DIR *dir = opendir ("/proc/self/task");
  struct dirent *entry;
  int n = 0;
  while (dir && (entry = readdir (dir)))
    {
      char path[300], comm[32] = "";
      snprintf (path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
      FILE *f = fopen (path, "r");
      if (f && fgets (comm, sizeof comm, f))
        n += !strncmp (comm, name, strlen (name)) && comm[strlen (name)] == '\n';
      if (f)
        fclose (f);
    }
  if (dir)
    closedir (dir);
  return n;
}

static void
add_decisions (struct aid_events *ev, int n)
{
  for (int i = 0; i < n; i++)
    {
      decide (ev, "1", "/tmp");
      if (i % 64 == 63)
        assert_int_equal (aid_events_wait (ev, 600000), 0);
    }
  assert_int_equal (aid_events_wait (ev, 600000), 0);
}

/* --- a server --------------------------------------------------------------------------------------------------------- */

/* A database of its own named NAME, set up; the settings name it.  0: there is no server. */
static int
use_store (const char *name, struct aid_team_place *place, struct aid_config **config)
{
  char url[200], sql[100];
  struct aid_pg *pg = NULL;
  struct aid_error e = { AID_OK, "" };
  int was;
  if (!server_dir[0])
    return 0;
  snprintf (url, sizeof url, "postgresql:///postgres?host=%s&user=admin", server_dir);
  name_store (url);
  *config = aid_config_load (NULL, &e);
  assert_int_equal (aid_team_place_read (*config, place, &e), AID_OK);
  assert_int_equal (aid_pg_open (place, 60000, NULL, &pg, &e), AID_OK);
  snprintf (sql, sizeof sql, "CREATE DATABASE %s", name);
  assert_int_equal (aid_pg_run (pg, sql, NULL, 0, NULL, &e), AID_OK);
  aid_pg_close (pg);
  aid_config_free (*config);
  snprintf (url, sizeof url, "postgresql:///%s?host=%s&user=admin", name, server_dir);
  name_store (url);
  *config = aid_config_load (NULL, &e);
  assert_int_equal (aid_team_place_read (*config, place, &e), AID_OK);
  assert_int_equal (aid_team_init (place, "", NULL, &was, &e), AID_OK);
  return 1;
}

/* The number that SQL gives, or -1. */
static int64_t
ask (const struct aid_team_place *place, const char *sql)
{
  struct aid_pg *pg = NULL;
  struct aid_pg_rows rows;
  int64_t n = -1;
  if (!aid_pg_open (place, 60000, NULL, &pg, NULL) && !aid_pg_run (pg, sql, NULL, 0, &rows, NULL))
    {
      n = aid_pg_int (&rows, 0, 0);
      aid_pg_rows_free (&rows);
    }
  aid_pg_close (pg);
  return n;
}

#endif
