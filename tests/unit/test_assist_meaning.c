/* Vectors that are asked for in the background while a project is searched: over real connections to scripted servers. */
#include "assist/finder.h"
#include "assist/recipe.h"
#include "fake_http.h"
#include "net/http.h"
#include "scratch_put.h"

#include <glob.h>
#include <sqlite3.h>

enum
{
  PATIENCE_MS = 60000
};

#define JSON(body)                                                                                                          \
  FAKE_SEND ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n" body), FAKE_CLOSE
#define ONE JSON ("{\"data\":[{\"embedding\":[1,0]}]}")
#define TOO_MUCH FAKE_SEND ("HTTP/1.1 400 No\r\nConnection: close\r\n\r\n{\"error\":{\"message\":\"too much\"}}"), FAKE_CLOSE
#define LIST(...) ((const struct fake_step[]){ __VA_ARGS__ })

static struct aid_projects *projects;
static struct aid_finder *finder;
static struct aid_net *net;
static struct aid_finding found;

/* Settings by which the server at PORT makes vectors; MORE stands in them, too. */
static void
set (int port, const char *more)
{
  char text[1000];
  snprintf (text, sizeof text,
            "{\"providers\":{\"p\":{\"url\":\"http://127.0.0.1:%d/"
            "v1\",\"retries\":0%s}},\"embeddings\":{\"provider\":\"p\",\"model\":"
            "\"m\"}}",
            port, more);
  put ("aid/config.json", text);
}

static int
begin (void **state)
{
  if (scratch_make (state))
    return -1;
  projects = aid_projects_new ();
  finder = aid_finder_new (projects, 1);
  net = aid_net_new (NULL);
  aid_finder_use_net (finder, net, 1);
  return !finder || !net;
}

static int
end (void **state)
{
  aid_finding_free (&found);
  memset (&found, 0, sizeof found);
  aid_finder_stop (finder);
  aid_net_free (net, NULL);
  aid_finder_free (finder);
  aid_projects_free (projects);
  return scratch_drop (state);
}

/* Searches the project for TEXT; the first thing's reason, or "". */
static const char *
find (const char *text, const char *secret)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_find f = { .root = scratch_path ("p"),
                        .dir = scratch_path ("p"),
                        .question = { .text = aid_span_z (text), .ms = PATIENCE_MS },
                        .secret = secret,
                        .wait_ms = PATIENCE_MS };
  aid_finding_free (&found);
  if (aid_finder_find (finder, &f, &found, &e))
    fail_msg ("%s", e.msg);
  return found.items.len ? AID_VEC_AT (struct aid_recipe_item, &found.items, 0).why : "";
}

static void
find_soon (const char *text, const char *why)
{
  const char *got = "";
  for (int ms = 0; ms < PATIENCE_MS && strcmp (got, why) != 0; ms += 20)
    {
      usleep (20000);
      got = find (text, NULL);
    }
  assert_string_equal (got, why);
}

/* Whether TEXT stands in request I of F. */
static int
asked (struct fake_http *f, unsigned i, const char *text)
{
  pthread_mutex_lock (&f->lock);
  int yes = i < f->served && i < FAKE_LOG && strstr (f->requests[i], text) != NULL;
  pthread_mutex_unlock (&f->lock);
  return yes;
}

static void
passages_are_asked_for_in_the_background (void **state)
{
  (void)state;
  struct fake_http *f = FAKE_START (LIST (ONE));
  set (f->port, "");
  put ("p/a.c", "int zebra;\n");
  find ("quokka", NULL); /* begins */
  assert_true (fake_wait_requests (f, 1));
  assert_true (asked (f, 0, "int zebra;"));
  find_soon ("quokka", "similar in meaning");
  unsigned before = fake_count (f, &f->served);
  assert_int_equal (before, 2); /* the passage, and the question once: its vector is kept */
  put ("p/a.c", "int heron;\n");
  assert_true (fake_wait_requests (f, before + 1));
  assert_true (asked (f, before, "int heron;"));
  put ("aid/config.json", "{}");
  assert_string_equal (find ("ostrich", NULL), "");
  assert_int_equal (fake_count (f, &f->served), before + 1);
  fake_stop (f);
}

static void
a_dead_server_is_told_of_once (void **state)
{
  int port;
  (void)state;
  close (fake_listen (1, &port));
  set (port, "");
  put ("p/a.txt", "A zebra has stripes.\n");
  for (int ms = 0; ms < PATIENCE_MS && !found.note[0]; ms += 20)
    {
      usleep (20000);
      assert_string_equal (find ("zebra stripes", NULL), "speaks of zebra, stripes");
    }
  assert_non_null (strstr (found.note, "left out"));
  assert_non_null (strstr (found.note, "127.0.0.1"));
  for (int i = 0; i < 5; i++)
    {
      assert_string_equal (find ("zebra stripes", NULL), "speaks of zebra, stripes");
      assert_string_equal (found.note, "");
    }
}

/* A server that answers no question: the search ends all the same, the server is left alone then, and closing ends the
   request. */
static void
a_server_that_hangs_is_not_waited_for (void **state)
{
  (void)state;
  struct fake_http *f = FAKE_START (LIST (ONE), LIST (FAKE_HOLD));
  set (f->port, "");
  put ("p/a.txt", "A zebra has stripes.\n");
  find ("zebra stripes", NULL);
  assert_true (fake_wait_requests (f, 1));
  for (int ms = 0; ms < PATIENCE_MS && !found.note[0]; ms += 20)
    {
      usleep (20000);
      assert_string_equal (find ("zebra stripes", NULL), "speaks of zebra, stripes");
    }
  assert_non_null (strstr (found.note, "has not answered in time"));
  unsigned before = fake_count (f, &f->served);
  for (int i = 0; i < 5; i++)
    find ("what else is striped?", NULL);
  assert_int_equal (fake_count (f, &f->served), before);
  aid_finder_stop (finder);
  assert_true (fake_wait_hangups (f, 1));
  fake_stop (f);
}

/* Closed while passages are asked for. */
static void
stopping_ends_what_is_asked_for (void **state)
{
  (void)state;
  struct fake_http *f = FAKE_START (LIST (FAKE_HOLD));
  set (f->port, "");
  put ("p/a.c", "int zebra;\n");
  find ("quokka", NULL);
  assert_true (fake_wait_requests (f, 1));
  aid_finder_stop (finder);
  assert_true (fake_wait_hangups (f, 1));
  fake_stop (f);
}

/* Three passages are refused together, then one of two: all have a vector in the end. */
static void
what_is_too_much_is_asked_for_in_parts (void **state)
{
  (void)state;
  struct fake_http *f = FAKE_START (LIST (TOO_MUCH), LIST (ONE), LIST (TOO_MUCH), LIST (ONE), LIST (ONE), LIST (ONE));
  set (f->port, "");
  put ("p/a.c", "int zebra;\n");
  put ("p/b.c", "int heron;\n");
  put ("p/c.c", "int ostrich;\n");
  find ("quokka", NULL);
  assert_true (fake_wait_requests (f, 5));
  find_soon ("quokka", "similar in meaning");
  for (int ms = 0; ms < PATIENCE_MS && found.items.len < 3; ms += 20) /* the last one may still be on its way */
    {
      usleep (20000);
      find ("quokka", NULL);
    }
  assert_int_equal (found.items.len, 3);
  assert_int_equal (fake_count (f, &f->served), 6);
  fake_stop (f);
}

/* A server that takes nothing: no passage is given up for its sake. */
static void
a_server_that_takes_nothing_is_told_of (void **state)
{
  (void)state;
  struct fake_http *f = FAKE_START (LIST (TOO_MUCH));
  set (f->port, "");
  put ("p/a.c", "int zebra;\n");
  for (int ms = 0; ms < PATIENCE_MS && !found.note[0]; ms += 20)
    {
      usleep (20000);
      find ("quokka", NULL);
    }
  assert_non_null (strstr (found.note, "too much"));
  assert_int_equal (fake_count (f, &f->served), 2); /* the passage, and a word to see whether it is the passage's fault */
  assert_true (asked (f, 1, "\"word\""));
  fake_stop (f);
}

/* A server that has got another model under the same name: all are asked for anew. */
static void
vectors_of_another_length_replace_all_that_there_are (void **state)
{
  (void)state;
  struct fake_http *f = FAKE_START (LIST (ONE), LIST (JSON ("{\"data\":[{\"embedding\":[1,0,0]}]}")), LIST (FAKE_HOLD));
  set (f->port, "");
  put ("p/a.c", "int zebra;\n");
  find ("quokka", NULL);
  assert_true (fake_wait_requests (f, 1));
  put ("p/b.c", "int heron;\n");
  assert_true (fake_wait_requests (f, 3));
  assert_false (asked (f, 1, "int zebra;"));
  assert_true (asked (f, 2, "int zebra;") && asked (f, 2, "int heron;"));
  aid_finder_stop (finder);
  fake_stop (f);
}

/* The database of vectors below the cache's folder. */
static sqlite3 *
open_database (void)
{
  glob_t found_files;
  sqlite3 *db;
  assert_int_equal (glob (scratch_path ("aid/index/*/vectors.db"), 0, NULL, &found_files), 0);
  assert_int_equal (found_files.gl_pathc, 1);
  assert_int_equal (sqlite3_open (found_files.gl_pathv[0], &db), SQLITE_OK);
  globfree (&found_files);
  sqlite3_busy_timeout (db, PATIENCE_MS * 1000);
  return db;
}

/* Somebody else has the database of vectors for longer than is waited for: what there is stays. */
static void
a_database_that_is_in_use_loses_nothing (void **state)
{
  (void)state;
  struct fake_http *f = FAKE_START (LIST (ONE), LIST (ONE), LIST (FAKE_GATE, ONE), LIST (ONE));
  set (f->port, "");
  put ("p/a.c", "int zebra;\n");
  find ("quokka", NULL);
  find_soon ("quokka", "similar in meaning");
  put ("p/b.c", "int heron;\n");
  assert_true (fake_wait_requests (f, 3));
  assert_true (asked (f, 2, "int heron;"));
  sqlite3 *db = open_database ();
  assert_int_equal (sqlite3_exec (db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
  fake_open (f);
  for (int ms = 0; ms < PATIENCE_MS && !found.note[0]; ms += 20) /* the patience with it is three seconds */
    {
      usleep (20000);
      assert_string_equal (find ("quokka", NULL), "similar in meaning");
    }
  assert_non_null (strstr (found.note, "Another process uses the database"));
  sqlite3_exec (db, "COMMIT", NULL, NULL, NULL);
  find_soon ("quokka", "similar in meaning");
  for (unsigned i = 3; i < fake_count (f, &f->served); i++)
    assert_false (asked (f, i, "int zebra;"));
  sqlite3_close (db);
  fake_stop (f);
}

static void
a_key_may_come_from_the_front_end (void **state)
{
  (void)state;
  struct fake_http *f = FAKE_START (LIST (ONE));
  set (f->port, ",\"key_host\":\"keys.example\"");
  put ("p/a.c", "int zebra;\n");
  find ("quokka", NULL);
  assert_string_equal (found.wants_key, "keys.example");
  find ("quokka", "the-key");
  assert_string_equal (found.wants_key, "");
  assert_true (fake_wait_requests (f, 1));
  assert_true (asked (f, 0, "Authorization: Bearer the-key\r\n"));
  fake_stop (f);
}

/* A command that asks the person first, as one of a password's keeper may. */
static void
stopping_ends_the_command_that_finds_the_key (void **state)
{
  char command[300], more[500];
  (void)state;
  snprintf (command, sizeof command, "touch %s; sleep 5", scratch_path ("begun"));
  snprintf (more, sizeof more, ",\"key_command\":[\"sh\",\"-c\",\"%s; touch %s; echo key\"]", command, scratch_path ("ended"));
  set (1, more);
  put ("p/a.c", "int zebra;\n");
  find ("quokka", NULL);
  for (int ms = 0; ms < PATIENCE_MS && access (scratch_path ("begun"), F_OK); ms += 20)
    usleep (20000);
  aid_finder_stop (finder);
  assert_int_not_equal (access (scratch_path ("ended"), F_OK), 0);
}

int
main (void)
{
#define TEST(name) cmocka_unit_test_setup_teardown (name, begin, end)
  const struct CMUnitTest tests[] = {
    TEST (passages_are_asked_for_in_the_background), TEST (a_dead_server_is_told_of_once),
    TEST (a_server_that_hangs_is_not_waited_for),    TEST (stopping_ends_what_is_asked_for),
    TEST (what_is_too_much_is_asked_for_in_parts),   TEST (a_server_that_takes_nothing_is_told_of),
    TEST (stopping_ends_the_command_that_finds_the_key),
    TEST (vectors_of_another_length_replace_all_that_there_are),
    TEST (a_database_that_is_in_use_loses_nothing),  TEST (a_key_may_come_from_the_front_end),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
