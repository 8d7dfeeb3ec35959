/* The file of examples: what is put is there once, what was made of it stays, and what is forgotten is gone with its trees. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "snapshot_scene.h"
#include "learn/examples.h"
#include "store/db.h"

static struct aid_examples *
opened (void)
{
  struct aid_examples *x = NULL;
  struct aid_error e = { AID_OK, "" };
  if (aid_examples_open (1, &x, &e))
    fail_msg ("%s", e.msg);
  return x;
}

static json_t *
made (int n, const char *kind)
{
  char id[AID_EXAMPLE_ID];
  snprintf (id, sizeof id, "%08x%08x", (unsigned)n, 7u);
  return json_pack ("{s:s, s:s, s:s, s:i, s:s}", "id", id, "kind", kind, "project", n % 2 ? "/odd" : "/even", "time",
                    1000 - n, "diff", "-a\n+b\n");
}

static void
put (struct aid_examples *x, json_t *o, int fresh_wanted)
{
  struct aid_error e = { AID_OK, "" };
  int fresh = -1;
  if (aid_examples_put (x, o, &fresh, &e))
    fail_msg ("%s", e.msg);
  assert_int_equal (fresh, fresh_wanted);
  json_decref (o);
}

static void
there_are_none_before_the_first (void **state)
{
  struct aid_examples *x = NULL;
  struct aid_error e;
  (void)state;
  assert_int_equal (aid_examples_open (0, &x, &e), AID_E_NOTFOUND);
  assert_null (x);
}

static void
what_is_put_is_there_once (void **state)
{
  struct aid_examples *x = opened ();
  struct aid_error e = { AID_OK, "" };
  json_t *o = NULL, *twice = made (1, "start");
  struct stat st;
  (void)state;
  put (x, made (1, "repair"), 1);
  json_t *described = json_pack ("{s:s}", "asked", "make it b");
  assert_int_equal (aid_examples_set (x, "0000000100000007", "described", described, &e), AID_OK);
  json_decref (described);
  json_object_set_new (twice, "lines", json_integer (2));
  put (x, twice, 0);
  assert_int_equal (aid_examples_get (x, "00000001", &o, &e), AID_OK);
  assert_string_equal (aid_json_str (o, "kind"), "start");
  assert_int_equal (aid_json_int (o, "lines", 0), 2);
  assert_string_equal (aid_json_str (json_object_get (o, "described"), "asked"), "make it b");
  json_decref (o);
  assert_int_equal (aid_examples_set (x, "0000000100000007", "described", NULL, &e), AID_OK);
  assert_int_equal (aid_examples_get (x, "0000000100000007", &o, &e), AID_OK);
  assert_null (json_object_get (o, "described"));
  json_decref (o);
  assert_int_equal (aid_examples_set (x, "0000000200000007", "described", NULL, &e), AID_E_NOTFOUND);
  aid_examples_close (x);
  assert_int_equal (stat (scratch_path ("aid/examples.db"), &st), 0);
  assert_int_equal (st.st_mode & 0777, 0600);
}

static void
an_id_may_be_short_but_not_of_two (void **state)
{
  struct aid_examples *x = opened ();
  struct aid_error e;
  json_t *o = NULL;
  (void)state;
  put (x, made (0xab1, "repair"), 1);
  put (x, made (0xab2, "repair"), 1);
  assert_int_equal (aid_examples_get (x, "00000ab", &o, &e), AID_E_INVALID);
  assert_non_null (strstr (e.msg, "Several"));
  assert_int_equal (aid_examples_get (x, "00000ab1", &o, &e), AID_OK);
  json_decref (o);
  static const char *const none[] = { "", "000", "00000AB1", "00000abg", "00000ab10000000700", "' OR 1", "00%", "00000ab3" };
  for (size_t i = 0; i < sizeof none / sizeof *none; i++)
    {
      enum aid_err err = aid_examples_get (x, none[i], &o, &e);
      assert_true (err == AID_E_INVALID || err == AID_E_NOTFOUND);
      assert_null (o);
    }
  aid_examples_close (x);
}

struct told
{
  struct aid_examples *x;
  char ids[4096];
  int set, stop_after, n;
};

static int
tell (void *ctx, const json_t *o)
{
  struct told *t = ctx;
  struct aid_error e;
  const char *id = aid_json_str (o, "id");
  strncat (t->ids, id + 5, 3);
  strcat (t->ids, " ");
  if (t->set)
    {
      json_t *v = json_pack ("{s:s}", "asked", "?");
      assert_int_equal (aid_examples_set (t->x, id, "described", v, &e), AID_OK);
      json_decref (v);
    }
  return ++t->n == t->stop_after;
}

static void
tells (struct aid_examples *x, struct aid_examples_which which, int set, const char *ids)
{
  struct told t = { .x = x, .set = set };
  struct aid_error e = { AID_OK, "" };
  if (aid_examples_each (x, &which, tell, &t, &e))
    fail_msg ("%s", e.msg);
  assert_string_equal (t.ids, ids);
}

static void
they_come_by_their_time_and_as_is_asked (void **state)
{
  struct aid_examples *x = opened ();
  (void)state;
  assert_int_equal (aid_db_exec (aid_examples_db (x), "DELETE FROM examples", NULL), AID_OK);
  for (int i = 1; i <= 4; i++) /* the times go down */
    put (x, made (i, i < 3 ? "repair" : "test"), 1);
  tells (x, (struct aid_examples_which){ .kind = NULL }, 0, "004 003 002 001 ");
  tells (x, (struct aid_examples_which){ .kind = "repair" }, 0, "002 001 ");
  tells (x, (struct aid_examples_which){ .project = "/odd" }, 0, "003 001 ");
  tells (x, (struct aid_examples_which){ .since = 998 }, 0, "002 001 ");
  tells (x, (struct aid_examples_which){ .kind = "test" }, 1, "004 003 ");
  tells (x, (struct aid_examples_which){ .undescribed = 1 }, 0, "002 001 ");
  struct told t = { .x = x, .stop_after = 1 };
  assert_int_equal (aid_examples_each (x, &(struct aid_examples_which){ .since = 0 }, tell, &t, NULL), AID_OK);
  assert_int_equal (t.n, 1);
  aid_examples_close (x);
}

static void
what_is_no_example_is_refused (void **state)
{
  struct aid_examples *x = opened ();
  struct aid_error e;
  (void)state;
  static const char *const bad[] = { "{}",
                                     "{\"id\": \"0123456789abcdef\"}",
                                     "[]",
                                     "{\"id\": \"0123456789ABCDEF\", \"kind\": \"test\", \"project\": \"/\"}",
                                     "{\"id\": \"0123\", \"kind\": \"test\", \"project\": \"/\"}",
                                     "{\"id\": 5, \"kind\": \"test\", \"project\": \"/\"}" };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    {
      json_t *o = json_loads (bad[i], 0, NULL);
      assert_int_equal (aid_examples_put (x, o, NULL, &e), AID_E_INVALID);
      json_decref (o);
    }
  aid_examples_close (x);
}

/* --- forgetting --------------------------------------------------------------------------------------------------- */

/* Puts an example whose trees the vault of C keeps. */
static void
put_with_trees (struct aid_examples *x, struct scene *c, int n)
{
  struct aid_str command = AID_STR_INIT (4096), path = AID_STR_INIT (4096);
  json_t *o = made (n, "repair");
  struct aid_vault *vault = aid_snapshots_vault (c->s);
  aid_vault_path (vault, "git", &path);
  aid_str_addf (&command, "git --git-dir='%s' update-ref refs/examples/%s '%s'", aid_str_z (&path), aid_json_str (o, "id"),
                take (c).last);
  run_in (c->dir, aid_str_z (&command));
  json_object_set_new (o, "repository", json_string (aid_str_z (&path)));
  put (x, o, 1);
  aid_str_free (&command);
  aid_str_free (&path);
}

static void
assert_refs (struct scene *c, const char *wanted)
{
  struct aid_str text = AID_STR_INIT (4096), command = AID_STR_INIT (4096);
  aid_str_addf (&command, "git --git-dir='%s/git' for-each-ref --format='%%(refname:lstrip=2)' refs/examples/",
                aid_snapshots_vault (c->s)->dir);
  output_of (c->dir, aid_str_z (&command), &text);
  assert_string_equal (aid_str_z (&text), wanted);
  aid_str_free (&text);
  aid_str_free (&command);
}

static void
what_is_forgotten_is_gone_with_its_trees (void **state)
{
  struct aid_examples *x = opened ();
  struct aid_error e = { AID_OK, "" };
  struct scene c;
  char was[AID_EXAMPLE_ID];
  json_t *o = NULL;
  (void)state;
  write_file (folder ("forgotten"), "a", AID_SPAN ("1\n"));
  open_scene (&c, "forgotten");
  put_with_trees (x, &c, 0xf1);
  put_with_trees (x, &c, 0xf2);
  assert_refs (&c, "000000f100000007\n000000f200000007\n");
  assert_false (aid_examples_forgotten (x, "000000f100000007"));
  if (aid_examples_forget (x, "000000f1", was, &e))
    fail_msg ("%s", e.msg);
  assert_string_equal (was, "000000f100000007");
  assert_refs (&c, "000000f200000007\n");
  assert_true (aid_examples_forgotten (x, "000000f100000007"));
  assert_int_equal (aid_examples_get (x, "000000f1", &o, &e), AID_E_NOTFOUND);
  assert_int_equal (aid_examples_forget (x, "000000f1", NULL, &e), AID_E_NOTFOUND);
  /* Killed between the row and the trees: who opens it next lets them go. */
  assert_int_equal (aid_db_exec (aid_examples_db (x),
                                 "INSERT INTO forgotten SELECT id, json_extract(data, '$.repository') FROM examples"
                                 " WHERE id = '000000f200000007'; DELETE FROM examples WHERE id = '000000f200000007'",
                                 &e),
                    AID_OK);
  aid_examples_close (x);
  aid_examples_close (opened ());
  assert_refs (&c, "");
  close_scene (&c);
}

static void
what_lay_in_a_place_that_is_gone_can_be_forgotten (void **state)
{
  struct aid_examples *x = opened ();
  struct aid_error e = { AID_OK, "" };
  json_t *o = made (0xe1, "repair");
  (void)state;
  json_object_set_new (o, "repository", json_string (scratch_path ("nowhere/at/all/git")));
  put (x, o, 1);
  if (aid_examples_forget (x, "000000e1", NULL, &e))
    fail_msg ("%s", e.msg);
  aid_examples_close (x);
}

static void
a_newer_or_a_damaged_file_is_left_alone (void **state)
{
  struct aid_examples *x = opened ();
  struct aid_error e;
  (void)state;
  assert_int_equal (aid_db_exec (aid_examples_db (x), "PRAGMA user_version=99", NULL), AID_OK);
  aid_examples_close (x);
  assert_int_equal (aid_examples_open (1, &x, &e), AID_E_REFUSED);
  assert_non_null (strstr (e.msg, "newer"));
  run_in (scratch, "rm -f aid/examples.db-*; printf 'no database, and quite long enough to be none' >aid/examples.db");
  assert_int_equal (aid_examples_open (1, &x, &e), AID_E_PARSE);
  assert_non_null (strstr (e.msg, "damaged"));
  run_in (scratch, "grep -q 'no database' aid/examples.db && rm -f aid/examples.db*");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (there_are_none_before_the_first),
    cmocka_unit_test (what_is_put_is_there_once),
    cmocka_unit_test (an_id_may_be_short_but_not_of_two),
    cmocka_unit_test (they_come_by_their_time_and_as_is_asked),
    cmocka_unit_test (what_is_no_example_is_refused),
    cmocka_unit_test (what_is_forgotten_is_gone_with_its_trees),
    cmocka_unit_test (what_lay_in_a_place_that_is_gone_can_be_forgotten),
    cmocka_unit_test (a_newer_or_a_damaged_file_is_left_alone),
  };
  return cmocka_run_group_tests (tests, scratch_make, scratch_drop);
}
