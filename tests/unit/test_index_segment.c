/* Segments that are laid down whole, beside the same rows that FTS5 took one by one. */
#include "index/bag.h"
#include "index/fts.h"
#include "index/segment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/hash.h"
#include "sanitized.h"
#include "scratch.h"

enum
{
  TERMS = 4000,
  ROWS = 3000
};

static struct aid_db *db;
static struct aid_fts *fts;
static uint64_t seed = 11;

static unsigned
any (unsigned below)
{
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (unsigned)(seed >> 33) % below;
}

static void
run (const char *sql)
{
  struct aid_error e = { AID_OK, "" };
  if (aid_db_exec (db, sql, &e))
    fail_msg ("%s: %s", sql, e.msg);
}

static void
open_again (void)
{
  struct aid_error e;
  if (db)
    aid_db_close (db);
  aid_fts_free (fts);
  assert_int_equal (aid_db_open (scratch_path ("segments.db"), 100, &db, &e), AID_OK);
  assert_int_equal (aid_fts_new (db, &fts, &e), AID_OK);
}

static int
set_up (void **state)
{
  (void)state;
  if (scratch_make (state))
    return -1;
  open_again ();
  for (int i = 0; i < 2; i++)
    {
      char sql[200];
      snprintf (sql, sizeof sql,
                "CREATE VIRTUAL TABLE %s USING fts5(a, b, c, content='', columnsize=0, detail=column, tokenize='aid')",
                i ? "whole" : "single");
      run (sql);
    }
  return 0;
}

static int
tear_down (void **state)
{
  aid_db_close (db);
  aid_fts_free (fts);
  db = NULL;
  fts = NULL;
  return scratch_drop (state);
}

/* The name of term I: some share their beginnings, some are long, some are of bytes beyond ASCII. */
static struct aid_span
term_of (unsigned i)
{
  static char text[300];
  static const char *const kinds[] = { "t", "common_beginning_of_many_", "\xc3\xa9t\xc3\xa9_", "=Name::", "" };
  int n = snprintf (text, sizeof text, "%s%u", kinds[i % 5], i);
  while (i % 97 == 3 && n < 200)
    text[n++] = 'x';
  return (struct aid_span){ text, (size_t)n };
}

/* A term, the first ones far more often. */
static unsigned
some_term (void)
{
  unsigned bits = any (12);
  return any (1u << bits) % TERMS;
}

static void
gather (struct aid_gather *g, int64_t row, struct aid_span term, unsigned column)
{
  aid_gather_add (g, row, &(struct aid_to_gather){ term, (uint32_t)aid_hash64 (term), (unsigned char)column, 0 }, 1);
}

/* Row ROW: terms of each of three columns, for both tables. */
static void
make_row (int64_t row, unsigned terms, struct aid_gather *to)
{
  struct aid_str columns[3] = { AID_STR_INIT (1 << 20), AID_STR_INIT (1 << 20), AID_STR_INIT (1 << 20) };
  sqlite3_stmt *s;
  struct aid_error e;
  for (unsigned c = 0; c < 3; c++)
    for (unsigned i = 0; i < terms; i++)
      {
        struct aid_span term = term_of (some_term ());
        aid_str_addspan (&columns[c], term);
        aid_str_addc (&columns[c], ' ');
        if (to)
          gather (to, row, term, c);
      }
  static const char *const into[] = { "INSERT INTO single(rowid, a, b, c) VALUES(?1, ?2, ?3, ?4)",
                                      "INSERT INTO whole(rowid, a, b, c) VALUES(?1, ?2, ?3, ?4)" };
  for (int i = 0; i < (to ? 1 : 2); i++)
    {
      assert_int_equal (aid_db_prepare (db, into[i], &s, &e), AID_OK);
      sqlite3_bind_int64 (s, 1, row);
      for (int c = 0; c < 3; c++)
        aid_db_text (s, 2 + c, aid_str_span (&columns[c]));
      assert_int_equal (aid_db_run (db, s, &e), AID_OK);
    }
  for (int c = 0; c < 3; c++)
    aid_str_free (&columns[c]);
}

/* Makes rows FROM to TO and lays them down as two segments, of every other row each. */
static void
lay_down (int64_t from, int64_t to)
{
  struct aid_error e = { AID_OK, "" };
  static uint32_t sketch[AID_SKETCH_CELLS];
  struct aid_gather *g[2] = { aid_gather_new (&e), aid_gather_new (&e) };
  open_again ();
  run ("BEGIN");
  for (int64_t row = from; row < to; row++)
    make_row (row, 1 + any (40), g[row & 1]);
  for (int i = 0; i < 2; i++)
    {
      if (aid_segment_write (db, "whole", g[i], sketch, &e))
        fail_msg ("%s", e.msg);
      aid_gather_free (g[i]);
    }
  run ("COMMIT");
  open_again ();
}

static void
collect (const char *table, struct aid_span term, struct aid_vec *out)
{
  int cut;
  *out = AID_VEC_INIT (struct aid_posting, 1 << 20);
  assert_int_equal (aid_fts_collect (fts, table, term, 1 << 20, out, &cut, NULL), AID_OK);
}

static void
expect_same (void)
{
  run ("INSERT INTO whole(whole) VALUES('integrity-check')");
  for (unsigned i = 0; i < TERMS; i++)
    {
      struct aid_vec a, b;
      collect ("single", term_of (i), &a);
      collect ("whole", term_of (i), &b);
      if (a.len != b.len || (a.len && memcmp (a.data, b.data, a.len * sizeof (struct aid_posting)) != 0))
        fail_msg ("term %u: %zu rows one by one, %zu by segments", i, a.len, b.len);
      aid_vec_free (&a);
      aid_vec_free (&b);
    }
}

static void
a_segment_has_what_its_rows_have (void **state)
{
  (void)state;
  lay_down (1, ROWS);
  expect_same ();
}

static void
rows_of_any_size_of_number_are_kept (void **state)
{
  (void)state;
  for (unsigned bits = 1; bits < 56; bits += 9)
    lay_down ((int64_t)1 << bits, ((int64_t)1 << bits) + 3);
  expect_same ();
}

static void
a_term_of_many_rows_goes_over_many_pages (void **state)
{
  (void)state;
  lay_down (1, ROWS);
  struct aid_vec rows;
  collect ("whole", term_of (0), &rows);
  assert_true (rows.len > ROWS / 2);
  aid_vec_free (&rows);
  struct aid_error e = { AID_OK, "" };
  struct aid_gather *g = aid_gather_new (&e);
  open_again ();
  run ("BEGIN");
  for (int64_t row = 10000; row < 60000; row++)
    gather (g, row, AID_SPAN ("everywhere"), 1);
  assert_int_equal (aid_segment_write (db, "whole", g, NULL, &e), AID_OK);
  run ("COMMIT");
  open_again ();
  run ("INSERT INTO whole(whole) VALUES('integrity-check')");
  collect ("whole", AID_SPAN ("everywhere"), &rows);
  assert_int_equal (rows.len, 50000);
  for (size_t i = 0; i < rows.len; i++)
    if (AID_VEC_AT (struct aid_posting, &rows, i).row != (int64_t)i + 10000
        || AID_VEC_AT (struct aid_posting, &rows, i).columns != 2)
      fail_msg ("row %zu is %ld", i, (long)AID_VEC_AT (struct aid_posting, &rows, i).row);
  aid_vec_free (&rows);
  aid_gather_free (g);
}

static void
fts5_goes_on_with_segments_merges_them_and_takes_more (void **state)
{
  (void)state;
  int64_t row = 1;
  for (int round = 0; round < (SANITIZED ? 2 : 6); round++)
    {
      lay_down (row, row + 300);
      row += 300;
      for (int i = 0; i < 12; i++)
        make_row (row++, 30, NULL);
      expect_same ();
      /* A merge that has begun and is not done when the next segments come. */
      run ("INSERT INTO whole(whole, rank) VALUES('merge', 20)");
      expect_same ();
    }
  run ("INSERT INTO whole(whole) VALUES('optimize')");
  expect_same ();
  lay_down (row, row + 100);
  expect_same ();
}

static void
the_sketch_counts_the_rows_of_terms (void **state)
{
  (void)state;
  struct aid_error e = { AID_OK, "" };
  static uint32_t sketch[AID_SKETCH_CELLS];
  struct aid_gather *g = aid_gather_new (&e);
  for (int64_t row = 1; row <= 20; row++)
    for (unsigned column = 0; column < 2; column++)
      gather (g, row, AID_SPAN ("zebra"), column);
  open_again ();
  assert_int_equal (aid_segment_write (db, "whole", g, sketch, &e), AID_OK);
  assert_int_equal (sketch[aid_sketch_cell (AID_SPAN ("zebra"))], 20);
  aid_gather_free (g);
}

static void
what_is_no_list_of_segments_is_told_and_left (void **state)
{
  (void)state;
  static const char *const lists[]
    = { "x''", "x'00000000'", "x'0000000005'", "x'00000000ffffffffffffffffff'", "x'000000000101010005'" };
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    {
      struct aid_error e = { AID_OK, "" };
      struct aid_gather *g = aid_gather_new (&e);
      char sql[200];
      snprintf (sql, sizeof sql, "UPDATE whole_data SET block=%s WHERE id=10", lists[i]);
      run (sql);
      gather (g, 1, AID_SPAN ("zebra"), 0);
      assert_int_equal (aid_segment_write (db, "whole", g, NULL, &e), AID_E_PARSE);
      aid_gather_free (g);
    }
}

static void
a_gathering_that_was_emptied_begins_anew (void **state)
{
  (void)state;
  struct aid_error e = { AID_OK, "" };
  struct aid_gather *g = aid_gather_new (&e);
  struct aid_gathered t;
  int64_t row;
  unsigned columns;
  for (int64_t i = 1; i < 5000; i++)
    gather (g, i, term_of ((unsigned)i % TERMS), 0);
  aid_gather_clear (g);
  assert_int_equal (aid_gather_sort (g), 0);
  gather (g, 3, AID_SPAN ("b"), 1);
  gather (g, 3, AID_SPAN ("a"), 0);
  gather (g, 3, AID_SPAN ("a"), 2);
  assert_int_equal (aid_gather_sort (g), 2);
  aid_gather_term (g, 0, &t);
  assert_true (aid_span_eqz (t.term, "a"));
  assert_int_equal (aid_gather_next (g, &t, &row, &columns), 1);
  assert_int_equal (row, 3);
  assert_int_equal (columns, 5);
  assert_int_equal (aid_gather_next (g, &t, &row, &columns), 0);
  aid_gather_free (g);
}

#define CASE(name) cmocka_unit_test_setup_teardown (name, set_up, tear_down)

int
main (void)
{
  const struct CMUnitTest tests[] = {
    CASE (a_segment_has_what_its_rows_have),         CASE (rows_of_any_size_of_number_are_kept),
    CASE (a_term_of_many_rows_goes_over_many_pages), CASE (fts5_goes_on_with_segments_merges_them_and_takes_more),
    CASE (the_sketch_counts_the_rows_of_terms),      CASE (what_is_no_list_of_segments_is_told_and_left),
    CASE (a_gathering_that_was_emptied_begins_anew),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
