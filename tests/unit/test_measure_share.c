/* Intervals from sums of clusters, ranks of quantiles, and the fields of events that reports read. */
#include "measure/metrics_internal.h"
#include "measure/special.h"
#include "base/json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct aid_stats_sums
sums_of (const double (*yx)[2], size_t n, double pieces)
{
  struct aid_stats_sums s = { 0 };
  for (size_t i = 0; i < n; i++)
    {
      double y = yx[i][0], x = yx[i][1];
      struct aid_stats_sums one = { x > 0, 0, y, x, y * y, x * y, x * x };
      aid_stats_sums_add (&s, &one);
    }
  s.pieces = pieces;
  return s;
}

static void
same (struct aid_interval a, double low, double high)
{
  if (fabs (a.low - low) > 1e-12 || fabs (a.high - high) > 1e-12)
    fail_msg ("%.15g to %.15g, not %.15g to %.15g", a.low, a.high, low, high);
}

static void
single_trials_are_wilsons (void **state)
{
  (void)state;
  static const double yx[][2] = { { 1, 1 }, { 0, 1 }, { 1, 1 }, { 1, 1 }, { 1, 1 } };
  struct aid_stats_sums s = sums_of (yx, 5, 5);
  struct aid_interval w = aid_stats_wilson (4, 5, 0.05);
  same (aid_stats_share (&s, 0.05), w.low, w.high);
}

static void
what_goes_together_counts_once (void **state)
{
  (void)state;
  /* Each request all or nothing: 8 of 12 hunks are worth two trials. */
  static const double yx[][2] = { { 4, 4 }, { 4, 4 }, { 0, 4 } };
  struct aid_stats_sums s = sums_of (yx, 3, 12);
  /* y - p x is 4/3, 4/3, -8/3: squares 32/3; times 3/2 is 16; root 4; by 12 is 1/3.  p(1-p)/se2 = (2/9) / (1/9) = 2. */
  assert_true (fabs (aid_stats_sums_se (&s) - 1. / 3) < 1e-12);
  struct aid_interval w = aid_stats_wilson (4. / 3, 2, 0.05);
  same (aid_stats_share (&s, 0.05), w.low, w.high);
}

static void
where_nothing_varies_each_cluster_is_one (void **state)
{
  (void)state;
  static const double all[][2] = { { 5, 5 }, { 3, 3 }, { 9, 9 } }, one[][2] = { { 3, 4 } };
  struct aid_stats_sums s = sums_of (all, 3, 17), t = sums_of (one, 1, 4), none = { 0 };
  struct aid_interval w = aid_stats_wilson (3, 3, 0.05), v = aid_stats_wilson (0.75, 1, 0.05);
  same (aid_stats_share (&s, 0.05), w.low, 1);
  same (aid_stats_share (&t, 0.05), v.low, v.high);
  same (aid_stats_share (&none, 0.05), 0, 1);
  assert_true (isnan (aid_stats_mean (&t, 0.05).low));
}

/* How often the interval holds a share of 0.7 when the hunks of a request go together; in *PLAIN, how often one does that takes
   each hunk for a trial of its own. */
static double
coverage (int rounds, double *plain)
{
  struct aid_random_state r;
  int held = 0, plainly = 0;
  aid_random_seed (&r, 11);
  for (int i = 0; i < rounds; i++)
    {
      struct aid_stats_sums s = { 0 };
      for (int k = 0; k < 40; k++)
        {
          double x = 1 + (double)aid_random_below (&r, 5), y = 0, bias = aid_random_unit (&r) < 0.5 ? 0.95 : 0.45;
          for (int j = 0; j < (int)x; j++)
            y += aid_random_unit (&r) < bias;
          struct aid_stats_sums one = { 1, x, y, x, y * y, x * y, x * x };
          aid_stats_sums_add (&s, &one);
        }
      struct aid_interval a = aid_stats_share (&s, 0.05), b = aid_stats_wilson (s.y, s.x, 0.05);
      held += a.low <= 0.7 && 0.7 <= a.high;
      plainly += b.low <= 0.7 && 0.7 <= b.high;
    }
  *plain = (double)plainly / rounds;
  return (double)held / rounds;
}

static void
the_interval_holds_as_often_as_it_says (void **state)
{
  (void)state;
  double plain, held = coverage (4000, &plain);
  assert_true (held > 0.935 && held < 0.97);
  assert_true (plain < 0.91); /* why it is not Wilson's alone */
}

static void
ranks_are_those_of_the_binomial (void **state)
{
  (void)state;
  static const struct
  {
    uint64_t n;
    double q;
    struct aid_stats_ranks due;
  } cases[] = {
    /* From sums of binomial coefficients. */
    { 0, 0.5, { 0, 0, 0 } },    { 1, 0.5, { 1, 0, 0 } },     { 5, 0.5, { 3, 0, 0 } },
    { 6, 0.5, { 3, 1, 6 } },    { 10, 0.5, { 5, 2, 9 } },    { 100, 0.5, { 50, 40, 61 } },
    { 35, 0.9, { 32, 28, 0 } }, { 36, 0.9, { 33, 29, 36 } }, { 100, 0.9, { 90, 84, 96 } },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct aid_stats_ranks r;
      aid_stats_quantile_ranks (cases[i].n, cases[i].q, 0.05, &r);
      assert_int_equal (r.at, cases[i].due.at);
      assert_int_equal (r.low, cases[i].due.low);
      assert_int_equal (r.high, cases[i].due.high);
    }
}

/* --- fields ---------------------------------------------------------------------------------------------------------------- */

/* What aid_field gives for NAME of DATA, as text; "-" for NULL. */
static const char *
field (const char *data, const char *name)
{
  static char text[200];
  sqlite3 *db;
  sqlite3_stmt *s;
  assert_int_equal (sqlite3_open (":memory:", &db), SQLITE_OK);
  sqlite3_create_function_v2 (db, "aid_field", 2, SQLITE_UTF8, NULL, aid_metrics_sql_field, NULL, NULL, NULL);
  assert_int_equal (sqlite3_prepare_v2 (db, "SELECT aid_field(?1, ?2), typeof(aid_field(?1, ?2))", -1, &s, NULL), SQLITE_OK);
  sqlite3_bind_text (s, 1, data, -1, SQLITE_STATIC);
  sqlite3_bind_text (s, 2, name, -1, SQLITE_STATIC);
  assert_int_equal (sqlite3_step (s), SQLITE_ROW);
  const char *value = (const char *)sqlite3_column_text (s, 0);
  snprintf (text, sizeof text, "%s %s", value ? value : "-", sqlite3_column_text (s, 1));
  sqlite3_finalize (s);
  sqlite3_close (db);
  return text;
}

static void
fields_are_read_as_jansson_reads_them (void **state)
{
  (void)state;
  static const char data[] = "{\"a\":\"x,}\", \"b\" : -12,\"n\":3,\"c\":1.5e3,\"d\":true,\"e\":null,\"f\":\"\",\"ab\":7}";
  assert_string_equal (field (data, "a"), "x,} text");
  assert_string_equal (field (data, "b"), "-12.0 real");
  assert_string_equal (field (data, "n"), "3 integer");
  assert_string_equal (field (data, "c"), "1500.0 real");
  assert_string_equal (field (data, "d"), "1 integer");
  assert_string_equal (field (data, "e"), "- null");
  assert_string_equal (field (data, "f"), " text");
  assert_string_equal (field (data, "ab"), "7 integer");
  assert_string_equal (field (data, "x"), "- null");
  assert_string_equal (field ("{}", "a"), "- null");
  assert_string_equal (field ("{\"q\":\"a\\\"b\",\"a\":\"\\u00e4\"}", "a"), "ä text"); /* with escapes */
  assert_string_equal (field ("{\"q\":{\"a\":1},\"a\":2}", "a"), "2 integer");         /* not flat */
  assert_string_equal (field ("{\"q\":[\"a\",1],\"a\":[2]}", "a"), "- null");
}

static void
what_is_no_json_has_no_fields (void **state)
{
  (void)state;
  static const char *const bad[] = { "",
                                     "{",
                                     "[1]",
                                     "{\"a\"",
                                     "{\"a\":",
                                     "{\"a\":\"",
                                     "{\"a\":\"x",
                                     "{a:1}",
                                     "{\"b\":1 \"a\":2}",
                                     "{\"a\":nonsense}",
                                     "{\"a\":12x}",
                                     "null" };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_string_equal (field (bad[i], "a"), "- null");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (single_trials_are_wilsons),
    cmocka_unit_test (what_goes_together_counts_once),
    cmocka_unit_test (where_nothing_varies_each_cluster_is_one),
    cmocka_unit_test (the_interval_holds_as_often_as_it_says),
    cmocka_unit_test (ranks_are_those_of_the_binomial),
    cmocka_unit_test (fields_are_read_as_jansson_reads_them),
    cmocka_unit_test (what_is_no_json_has_no_fields),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
