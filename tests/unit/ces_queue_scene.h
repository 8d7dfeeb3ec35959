/* What the tests of the queue share: both engines, the PostgreSQL one with a server of the test's own (tests/team/server). */
#ifndef AID_TESTS_CES_QUEUE_SCENE_H
#define AID_TESTS_CES_QUEUE_SCENE_H

#include "ces/queue_internal.h"
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pg_server.h"
#include "store/db.h"
#include "team/pg.h"

static char server_url[200];
static struct aid_queue_place place;
static int on_server;

/* A scratch folder, and an empty queue in it. */
static int
file_make (void **state)
{
  place = (struct aid_queue_place){ .days = 30 };
  on_server = 0;
  return scratch_make (state) || aid_fs_exists (scratch_path ("aid/ces-queue.db"));
}

static void
sql (const char *statements)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_pg *pg;
  if (aid_pg_open (&place.server, 60000, NULL, &pg, &e) || aid_pg_run (pg, statements, NULL, 0, NULL, &e))
    fail_msg ("%s", e.msg);
  aid_pg_close (pg);
}

/* The same on the server; skipped where there is none. */
static int
pg_make (void **state)
{
  int was;
  struct aid_error e = { AID_OK, "" };
  if (scratch_make (state) || !server_dir[0])
    return scratch[0] ? 0 : -1;
  place = (struct aid_queue_place){ .days = 30, .server = { .url = server_url, .what = "The queue", .name = "q" } };
  snprintf (server_url, sizeof server_url, "postgresql:///postgres?host=%s&user=admin", server_dir);
  sql ("DROP SCHEMA IF EXISTS aid_ces CASCADE");
  if (aid_queue_init (&place, "", NULL, &was, &e))
    fail_msg ("%s", e.msg);
  on_server = 1;
  return 0;
}

#define ON_BOTH(test)                                                                                                       \
  { #test "_in_a_file", test, file_make, scratch_drop, NULL },                                                              \
  {                                                                                                                         \
#test "_on_a_server", test, pg_make, scratch_drop, NULL                                                                 \
  }
#define SKIP_WITHOUT_SERVER                                                                                                 \
  if (place.server.url && !server_dir[0])                                                                                   \
  skip ()

static struct aid_queue *
open_it (void)
{
  struct aid_queue *q;
  struct aid_error e = { AID_OK, "" };
  if (aid_queue_open (&place, NULL, &q, &e))
    fail_msg ("%s", e.msg);
  return q;
}

/* The ids of the last tasks that were submitted. */
static char ids[600][AID_QUEUE_ID];

static const char *
submit (struct aid_queue *q, const char *key, const char *task, const char *answer, int tries)
{
  static unsigned next;
  char *id = ids[next++ % 600];
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_queue_new_id (id, &e), AID_OK);
  struct aid_queue_task t
    = { .id = id, .key = key, .task = aid_span_z (task), .answer = aid_span_z (answer), .tries = tries };
  if (aid_queue_submit (q, &t, &e))
    fail_msg ("%s", e.msg);
  return id;
}

static json_t *
look (struct aid_queue *q, const char *id)
{
  json_t *o;
  struct aid_error e = { AID_OK, "" };
  if (aid_queue_result (q, id, &o, &e))
    fail_msg ("%s", e.msg);
  return o;
}

/* Whether the member KEY of what became of ID is WANTED ("" for null), or that of its error. */
static int
has (struct aid_queue *q, const char *id, const char *key, const char *wanted)
{
  json_t *o = look (q, id);
  const char *z = !strcmp (key, "code") || !strcmp (key, "message") ? aid_json_str (json_object_get (o, "error"), key)
                                                                    : aid_json_str (o, key);
  int same = !strcmp (z ? z : "", wanted);
  if (!same)
    print_error ("%s is \"%s\", not \"%s\"\n", key, z ? z : "", wanted);
  json_decref (o);
  return same;
}

#endif
