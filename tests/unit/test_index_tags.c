/* Tags beside a plain list of them, through many runs. */
#include "index/tags.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "scratch.h"

enum
{
  NAMES = 3000,
  FILES = 400
};

static struct aid_db *db;
static unsigned char there[NAMES][FILES + 1];
static uint64_t seed = 7;

static unsigned
any (unsigned below)
{
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (unsigned)(seed >> 33) % below;
}

static uint64_t
key_of (unsigned name)
{
  char text[32];
  snprintf (text, sizeof text, "name_%u", name);
  return aid_tag_key ('=', aid_span_z (text), 0);
}

static void
open_tables (void)
{
  struct aid_error e;
  remove (scratch_path ("tags.db"));
  assert_int_equal (aid_db_open (scratch_path ("tags.db"), 100, &db, &e), AID_OK);
  assert_int_equal (aid_db_exec (db,
                                 "CREATE TABLE tags(id INTEGER PRIMARY KEY, data BLOB);"
                                 "CREATE TABLE runs(run INTEGER PRIMARY KEY, size INT)",
                                 &e),
                    AID_OK);
}

static void
write_some (unsigned n, size_t largest)
{
  struct aid_vec tags = AID_VEC_INIT (struct aid_tag, 1 << 20);
  struct aid_error e;
  for (unsigned i = 0; i < n; i++)
    {
      unsigned name = any (10) ? any (NAMES) : any (3), file = 1 + any (FILES);
      struct aid_tag *t = aid_vec_push (&tags);
      *t = (struct aid_tag){ key_of (name), file };
      there[name][file] = 1;
    }
  assert_int_equal (aid_tags_write (db, &tags, largest, &e), AID_OK);
  assert_int_equal (tags.len, 0);
  aid_vec_free (&tags);
}

static size_t
count (const char *sql)
{
  sqlite3_stmt *s;
  int row;
  assert_int_equal (aid_db_prepare (db, sql, &s, NULL), AID_OK);
  assert_int_equal (aid_db_step (db, s, &row, NULL), AID_OK);
  size_t n = (size_t)sqlite3_column_int64 (s, 0);
  sqlite3_reset (s);
  return n;
}

static void
expect_all (void)
{
  for (unsigned name = 0; name < NAMES; name++)
    {
      struct aid_vec files = AID_VEC_INIT (int64_t, 1 << 20);
      struct aid_error e;
      int64_t before = 0;
      assert_int_equal (aid_tags_find (db, key_of (name), &files, &e), AID_OK);
      for (size_t i = 0; i < files.len; i++)
        {
          int64_t file = AID_VEC_AT (int64_t, &files, i);
          assert_true (file >= before && file <= FILES && there[name][file]);
          before = file;
        }
      for (int64_t file = 1; file <= FILES; file++)
        {
          int found = 0;
          for (size_t i = 0; i < files.len; i++)
            found |= AID_VEC_AT (int64_t, &files, i) == file;
          assert_int_equal (found, there[name][file]);
        }
      aid_vec_free (&files);
    }
}

static void
runs_hold_what_a_list_holds (void **state)
{
  static const unsigned sizes[] = { 1, 9000, 3, 40, 40, 40, 5000, 1, 1, 1, 1, 20000, 700, 6000, 2 };
  (void)state;
  open_tables ();
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    {
      write_some (sizes[i], i % 3 ? 1 << 20 : 100);
      if (i % 5 == 4)
        expect_all ();
    }
  for (int i = 0; i < 200; i++)
    write_some (2, 1 << 20);
  expect_all ();
  assert_true (count ("SELECT count(*) FROM runs") < 12);
  aid_db_close (db);
}

static void
a_tag_is_its_kind_and_name (void **state)
{
  (void)state;
  uint64_t key = aid_tag_key ('=', AID_SPAN ("Foo"), 0);
  assert_int_equal (key, aid_tag_key ('=', AID_SPAN ("Foo"), 0));
  assert_int_not_equal (key, aid_tag_key ('~', AID_SPAN ("Foo"), 0));
  assert_int_not_equal (key, aid_tag_key ('=', AID_SPAN ("foo"), 0));
  assert_int_equal (aid_tag_key ('^', AID_SPAN ("FOO"), 1), aid_tag_key ('^', AID_SPAN ("foo"), 1));
  assert_int_equal (key >> 47, 0);
}

/* Any bytes in place of a row give an error or other files, and nothing worse. */
static void
damage_is_told (void **state)
{
  (void)state;
  struct aid_error e;
  int told = 0;
  open_tables ();
  write_some (3000, 1 << 20);
  assert_int_equal (aid_db_exec (db, "UPDATE tags SET data=x'ffffffffffffffffffffffff'", &e), AID_OK);
  struct aid_vec files = AID_VEC_INIT (int64_t, 100);
  assert_int_equal (aid_tags_find (db, key_of (1), &files, &e), AID_E_PARSE);
  for (int i = 0; i < 300; i++)
    {
      assert_int_equal (aid_db_exec (db, "UPDATE tags SET data=randomblob(40)", &e), AID_OK);
      files.len = 0;
      told += aid_tags_find (db, key_of (any (NAMES)), &files, &e) == AID_E_PARSE;
    }
  assert_true (told > 0);
  struct aid_vec tags = AID_VEC_INIT (struct aid_tag, 100);
  *(struct aid_tag *)aid_vec_push (&tags) = (struct aid_tag){ 5, 5 };
  assert_int_equal (aid_db_exec (db, "UPDATE runs SET size=1", &e), AID_OK);
  assert_int_equal (aid_db_exec (db, "UPDATE tags SET data=x'01ff'", &e), AID_OK);
  assert_int_equal (aid_tags_write (db, &tags, 1 << 20, &e), AID_E_PARSE);
  aid_vec_free (&tags);
  aid_vec_free (&files);
  aid_db_close (db);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (runs_hold_what_a_list_holds),
    cmocka_unit_test (a_tag_is_its_kind_and_name),
    cmocka_unit_test (damage_is_told),
  };
  return cmocka_run_group_tests (tests, scratch_make, scratch_drop);
}
