/* The alignment of a hunk with lines of a file, compared with the search through every possibility; and which alignments are
   places. */
#include "patch_scene.h"

#include <float.h>

static unsigned seed;

static unsigned
dice (unsigned sides)
{
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 16) % sides;
}

/* --- the costs, as they are told in the design --- */

static double
cost_of_skipping (const struct aid_item *it)
{
  if (it->op == '-')
    return it->weight < .1 ? .4 : DBL_MAX;
  return it->near_insert && it->weight < .35 ? .35 : it->weight;
}

/* Of the file's lines FROM to TO - 1 between old lines I - 1 and I. */
static double
cost_of_gap (const struct scene *s, size_t i, size_t from, size_t to)
{
  const struct aid_view *v = &s->c[0].view;
  const struct aid_item *a = &v->item[v->old[i - 1]], *b = &v->item[v->old[i]];
  double open = a->op == '-' && b->op == '-' && v->old[i - 1] + 1 == v->old[i] ? 2.5 : .6;
  size_t blank = 0, n = to - from;
  for (size_t j = from; j < to; j++)
    blank += aid_span_trim (aid_lines_at (&s->t.lines, j)).len == 0;
  if (n == 0)
    return 0;
  return blank == n ? open / 5 + .05 * (double) (n - 1) : open + .3 * (double) (n - blank - 1) + .05 * (double) blank;
}

static double
cost_of_taking (struct scene *s, size_t i, size_t line)
{
  struct aid_view *v = &s->c[0].view;
  const struct aid_item *it = &v->item[v->old[i]];
  double cost = aid_item_cost (v, &s->t, v->old[i], line);
  if (cost == AID_NEVER)
    return DBL_MAX;
  return cost * (cost > .02 && it->weight < .3 ? .3 : it->weight);
}

/* The least cost of old lines I on when J lines of the file are behind; every way is tried. */
static double
least_cost (struct scene *s, size_t i, size_t j)
{
  const struct aid_view *v = &s->c[0].view;
  if (i == v->m)
    return 0;
  double skip = cost_of_skipping (&v->item[v->old[i]]), best = skip < DBL_MAX ? skip + least_cost (s, i + 1, j) : DBL_MAX;
  for (size_t k = j; k < s->t.lines.n && (i > 0 || k == j); k++)
    {
      double take = cost_of_taking (s, i, k);
      if (take == DBL_MAX)
        continue;
      take += (i > 0 ? cost_of_gap (s, i, j, k) : 0) + least_cost (s, i + 1, k + 1);
      best = take < best ? take : best;
    }
  return best;
}

/* What the map of M costs. */
static double
cost_of_map (struct scene *s, const struct aid_match *m)
{
  const struct aid_view *v = &s->c[0].view;
  size_t j = m->start;
  double sum = 0;
  for (size_t i = 0; i < v->m; i++)
    {
      int32_t line = m->map[v->old[i]];
      if (line < 0)
        {
          sum += cost_of_skipping (&v->item[v->old[i]]);
          continue;
        }
      sum += cost_of_taking (s, i, (size_t) line) + (i > 0 ? cost_of_gap (s, i, j, (size_t) line) : 0);
      j = (size_t) line + 1;
    }
  return sum;
}

static void
random_lines (struct aid_str *out, size_t n, const char *ops)
{
  static const char *const lines[] = { "x = 1;", "x = 1; ", "  x = 1;", "x = 12;", "y = count (x);",
                                       "y = count (xs);", "", "}", "{" };
  for (size_t i = 0; i < n; i++)
    {
      if (ops)
        aid_str_addc (out, ops[dice ((unsigned) strlen (ops))]);
      aid_str_addf (out, "%s\n", lines[dice (9)]);
    }
}

static void
finds_the_cheapest_of_all_alignments (void **state)
{
  (void) state;
  size_t found = 0;
  seed = 2024;
  for (int round = 0; round < 4000; round++)
    {
      struct aid_str file = AID_STR_INIT (4096), hunk = AID_STR_INIT (4096);
      struct scene s;
      struct aid_match m;
      unsigned begun = seed;
      random_lines (&file, 1 + dice (6), NULL);
      aid_str_addz (&hunk, "@@ @@\n");
      random_lines (&hunk, 1 + dice (5), "  -+");
      aid_str_addz (&hunk, "-x = 1;\n");
      scene_init (&s, aid_str_z (&file), aid_str_z (&hunk));
      double least = DBL_MAX;
      for (size_t j = 0; j <= s.t.lines.n; j++)
        {
          double cost = least_cost (&s, 0, j);
          least = cost < least ? cost : least;
        }
      assert_int_equal (aid_align (&s.c[0].view, &s.t, 0, s.t.lines.n, &m, &s.work), AID_OK);
      if ((m.map != NULL) != (least < DBL_MAX)
          || (m.map && (fabs (m.cost - least) > 1e-6 || fabs (cost_of_map (&s, &m) - least) > 1e-6)))
        fail_msg ("seed %u: %f (its map %f), not %f:\n%s\n%s", begun, m.cost, m.map ? cost_of_map (&s, &m) : 0, least,
                  aid_str_z (&file), aid_str_z (&hunk));
      found += m.map != NULL;
      free (m.map);
      scene_free (&s);
      aid_str_free (&file);
      aid_str_free (&hunk);
    }
  assert_in_range (found, 1000, 3500);
}

static void
a_window_is_all_that_is_looked_at (void **state)
{
  (void) state;
  struct scene s;
  struct aid_match m;
  scene_init (&s, "a = 1;\nb = 2;\na = 1;\nb = 2;\n", "@@ @@\n a = 1;\n-b = 2;\n");
  assert_int_equal (aid_align (&s.c[0].view, &s.t, 1, 4, &m, &s.work), AID_OK);
  assert_int_equal (m.start, 2);
  assert_int_equal (m.end, 4);
  assert_int_equal (m.core_beg, 2 * 3 + 1);
  assert_true (m.exact && m.cost == 0);
  free (m.map);
  assert_int_equal (aid_align (&s.c[0].view, &s.t, 1, 1, &m, &s.work), AID_OK);
  assert_null (m.map);
  scene_free (&s);
}

/* An ellipsis takes any number of lines, almost for nothing. */
static void
an_ellipsis_passes_over_lines (void **state)
{
  (void) state;
  struct scene s;
  struct aid_match m;
  scene_init (&s, "begin ();\n1;\n2;\n3;\n4;\n5;\n6;\nfinish ();\n", "@@ @@\n begin ();\n ...\n-finish ();\n");
  assert_int_equal (aid_align (&s.c[0].view, &s.t, 0, s.t.lines.n, &m, &s.work), AID_OK);
  assert_int_equal (m.map[0], 0);
  assert_int_equal (m.map[1], -1);
  assert_int_equal (m.map[2], 7);
  assert_in_range ((int) (m.cost * 1000), 0, 150);
  free (m.map);
  scene_free (&s);
}

static void
work_has_a_limit (void **state)
{
  (void) state;
  struct scene s;
  struct aid_match m;
  size_t work = AID_PLACE_WORK;
  scene_init (&s, "a = 1;\nb = 2;\n", "@@ @@\n a = 1;\n-b = 2;\n");
  assert_int_equal (aid_align (&s.c[0].view, &s.t, 0, 2, &m, &work), AID_E_LIMIT);
  scene_free (&s);
}

/* --- which alignments are places --- */

/* Why the best alignment of HUNK with FILE is none; NULL when it is one. */
static const char *
why_not (const char *file, const char *hunk)
{
  struct scene s;
  struct aid_match m;
  scene_init (&s, file, hunk);
  s.c[0].view.lenient = 1;
  assert_int_equal (aid_align (&s.c[0].view, &s.t, 0, s.t.lines.n, &m, &s.work), AID_OK);
  assert_non_null (m.map);
  const char *why = aid_unacceptable (&s.c[0].view, &s.t, &m);
  free (m.map);
  scene_free (&s);
  return why;
}

static void
a_place_has_all_deleted_lines_and_enough_word_for_word (void **state)
{
  (void) state;
  static const char file[] = "first (line);\nsecond (line);\nthird (line);\nfourth (line);\n";
  assert_null (why_not (file, "@@ @@\n first (line);\n-second (line);\n third (line);\n"));
  assert_null (why_not (file, "@@ @@\n   first (line);\n-  second (line);\n"));
  assert_null (why_not (file, "@@ @@\n first (line);\n-second (line);\n third (lime);\n"));
  assert_null (why_not (file, "@@ @@\n first (line);\n-second (line);\n nothing of the kind;\n"));
  assert_string_equal (why_not (file, "@@ @@\n first (line);\n-no such thing;\n third (line);\n"),
                       "a line to delete is not in the file");
  assert_string_equal (why_not (file, "@@ @@\n nothing;\n of the kind;\n at all;\n-second (line);\n"),
                       "less than half of the hunk fits");
  assert_string_equal (why_not (file, "@@ @@\n first (limes);\n-secund (line);\n third (lint);\n+x\n"),
                       "too little of it is in the file word for word");
  /* brackets and blank lines alone, however many for a short hunk, are no place */
  assert_string_equal (why_not ("a long line here;\n}\n}\n\n\n\n", "@@ @@\n a long line hare;\n-}\n }\n \n \n \n+x\n"),
                       "too little of it is in the file word for word");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (finds_the_cheapest_of_all_alignments),
    cmocka_unit_test (a_window_is_all_that_is_looked_at),
    cmocka_unit_test (an_ellipsis_passes_over_lines),
    cmocka_unit_test (work_has_a_limit),
    cmocka_unit_test (a_place_has_all_deleted_lines_and_enough_word_for_word),
  };
  return cmocka_run_group_tests_name ("patch align", tests, NULL, NULL);
}
