/* A hunk as placing sees it: what each line says, which lines stand for others, and the numbers that the file has for them. */
#include "patch_scene.h"

static double
weight (const char *line)
{
  return aid_line_weight (aid_span_z (line));
}

static void
a_line_weighs_what_it_says (void **state)
{
  (void) state;
  assert_true (weight ("") == .08);
  static const char *const little[] = { "}", "{", "fi", "end", "else", "return;", "} else {", "break;", "try:",
                                        "))))", "/****/" };
  for (size_t i = 0; i < sizeof little / sizeof *little; i++)
    assert_true (weight (little[i]) == .3);
  static const char *const much[] = { "x = 1;", "return x;", "else if", "endif", "\xc3\xa4\xc3\xb6\xc3\xbc", "/* a */" };
  for (size_t i = 0; i < sizeof much / sizeof *much; i++)
    assert_true (weight (much[i]) == 1);
}

/* Of a hunk " LINE" beside a deletion, in a file that lacks the line. */
static int
is_ellipsis (const char *line)
{
  struct scene s;
  char hunk[200];
  snprintf (hunk, sizeof hunk, "@@ @@\n-first\n %s\n-last\n", line);
  scene_init (&s, "first\nbetween\nlast\n", hunk);
  int yes = s.c[0].view.item[1].ellipsis;
  assert_int_equal (s.c[0].view.ellipses, yes);
  scene_free (&s);
  return yes;
}

static void
an_ellipsis_stands_for_lines (void **state)
{
  (void) state;
  static const char *const are[] = { "...", "....", "  ...", "// ...", "/* ... */", "# ...", "(* ... *)", "\xe2\x80\xa6",
                                     "-- ...",
                                     "// ... existing code ...", "# ... rest of the file ...", ";; ... unchanged lines ...",
                                     "<!-- ... -->", "// ... other code here" };
  static const char *const are_not[] = { "..", "x...", "// existing code", "... and the queue", "f (...)",
                                         "// ... existing queue ...",
                                         "...;" };
  for (size_t i = 0; i < sizeof are / sizeof *are; i++)
    if (!is_ellipsis (are[i]))
      fail_msg ("\"%s\" is an ellipsis", are[i]);
  for (size_t i = 0; i < sizeof are_not / sizeof *are_not; i++)
    if (is_ellipsis (are_not[i]))
      fail_msg ("\"%s\" is no ellipsis", are_not[i]);
}

static void
dots_that_the_file_has_are_a_line (void **state)
{
  (void) state;
  struct scene s;
  scene_init (&s, "a\n...\nb\n", "@@ @@\n a\n ...\n-b\n");
  assert_false (s.c[0].view.ellipses);
  scene_free (&s);
}

static void
counts_its_lines (void **state)
{
  (void) state;
  struct scene s;
  scene_init (&s, "one line\n}\n\n", "@@ @@\n one line\n-}\n \n+new line\n+more\n");
  const struct aid_view *v = &s.c[0].view;
  assert_int_equal (v->n, 5);
  assert_int_equal (v->m, 3);
  assert_int_equal (v->plus, 2);
  assert_int_equal (v->minus, 1);
  assert_true (fabs (v->total - 1.38) < 1e-9);
  assert_false (v->lost_prefix);
  assert_int_equal (v->old[2], 2);
  scene_free (&s);
}

static void
the_lines_next_to_an_insertion_are_known (void **state)
{
  (void) state;
  struct scene s;
  scene_init (&s, "a\nb\nc\nd\n", "@@ @@\n a\n b\n+new\n c\n-d\n+e\n");
  const struct aid_item *it = s.c[0].view.item;
  assert_false (it[0].near_insert);
  assert_true (it[1].near_insert);
  assert_true (it[3].near_insert);
  assert_false (it[4].near_insert);     /* a deleted line is none of context */
  scene_free (&s);
}

static void
the_reverse_deletes_what_is_inserted (void **state)
{
  (void) state;
  struct scene s;
  struct aid_view v;
  scene_init (&s, "a\n", "@@ @@\n a\n-b\n+c\n");
  struct aid_want back = s.want[0];
  back.reverse = 1;
  assert_int_equal (aid_view_init (&v, &s.t, &back), AID_OK);
  assert_int_equal (v.item[0].op, ' ');
  assert_int_equal (v.item[1].op, '+');
  assert_int_equal (v.item[2].op, '-');
  aid_view_free (&v);
  scene_free (&s);
}

/* Equal numbers, equal lines, at each level of strictness. */
static void
numbers_are_those_of_the_file (void **state)
{
  (void) state;
  struct scene s;
  scene_init (&s, "  call (x);\nsay (\"hi\");\n", "@@ @@\n   call (x);  \n-call (x);\n"
                                                  " say  (\xe2\x80\x9chi\xe2\x80\x9d);\n other\n");
  const struct aid_item *it = s.c[0].view.item;
  assert_int_equal (it[0].id[AID_TRAILING], s.t.index[AID_TRAILING].ids[0]);
  assert_int_equal (it[1].id[AID_TRAILING], AID_NO_ID);
  assert_int_equal (it[1].id[AID_STRIP], s.t.index[AID_STRIP].ids[0]);
  assert_int_equal (it[2].id[AID_STRIP], AID_NO_ID);
  assert_int_equal (it[2].id[AID_CANON], s.t.index[AID_CANON].ids[1]);
  assert_int_equal (it[3].id[AID_CANON], AID_NO_ID);
  scene_free (&s);
}

/* A line that lost its prefix is in the file as it is written. */
static void
a_lost_prefix_is_seen (void **state)
{
  (void) state;
  struct scene s;
  scene_init (&s, "int\nmain ()\n{\n}\n", "@@ -1,4 +1,3 @@\nint\nmain ()\n-{\n }\n");
  const struct aid_view *v = &s.c[0].view;
  assert_true (v->lost_prefix);
  assert_true (v->item[0].weak);
  assert_int_equal (v->item[0].raw_id, s.t.index[AID_TRAILING].ids[0]);
  scene_free (&s);
}

/* --- the canonical form --- */

static void
assert_canonical (const char *line, const char *form)
{
  struct aid_str out = AID_STR_INIT (1000);
  aid_canonical (aid_span_z (line), &out);
  assert_string_equal (aid_str_z (&out), form);
  aid_str_free (&out);
}

static void
the_canonical_form_has_plain_signs (void **state)
{
  (void) state;
  assert_canonical ("  a \t b  ", "a b");
  assert_canonical ("\xe2\x80\x9cx\xe2\x80\x9d \xe2\x80\x98y\xe2\x80\x99", "\"x\" 'y'");
  assert_canonical ("a \xe2\x80\x94 b -- c", "a - b - c");
  assert_canonical ("f (\xe2\x80\xa6)", "f (...)");
  assert_canonical ("a\xc2\xa0z", "a z");
  assert_canonical ("", "");
}

static void
the_canonical_form_composes_letters (void **state)
{
  (void) state;
  assert_canonical ("caf\xc3\xa9", "caf\xc3\xa9");
  assert_canonical ("cafe\xcc\x81", "caf\xc3\xa9");
  assert_canonical ("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "\xed\x95\x9c");      /* three letters of Hangul, one syllable */
  assert_canonical ("q\xcc\x87\xcc\xa3", "q\xcc\xa3\xcc\x87");                     /* marks in their order */
  assert_canonical ("\xe2\x84\xab", "\xc3\x85");                                   /* the sign Angstrom is the letter */
  assert_canonical ("e\xcc\x81 \xff", "e\xcc\x81 \xff");                           /* no UTF-8: as it is */
}

/* More marks than any language has are left alone: putting them in order takes quadratic time. */
static void
a_heap_of_marks_stays_as_it_is (void **state)
{
  (void) state;
  struct aid_str line = AID_STR_INIT (1 << 24), out = AID_STR_INIT (1 << 24);
  for (int i = 0; i < 1000000; i++)
    aid_str_addz (&line, i % 2 ? "\xcc\x81" : "\xcc\xa3");
  aid_canonical (aid_str_span (&line), &out);
  assert_true (aid_span_eq (aid_str_span (&line), aid_str_span (&out)));
  aid_str_free (&line);
  aid_str_free (&out);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_line_weighs_what_it_says),
    cmocka_unit_test (an_ellipsis_stands_for_lines),
    cmocka_unit_test (dots_that_the_file_has_are_a_line),
    cmocka_unit_test (counts_its_lines),
    cmocka_unit_test (the_lines_next_to_an_insertion_are_known),
    cmocka_unit_test (the_reverse_deletes_what_is_inserted),
    cmocka_unit_test (numbers_are_those_of_the_file),
    cmocka_unit_test (a_lost_prefix_is_seen),
    cmocka_unit_test (the_canonical_form_has_plain_signs),
    cmocka_unit_test (the_canonical_form_composes_letters),
    cmocka_unit_test (a_heap_of_marks_stays_as_it_is),
  };
  return cmocka_run_group_tests_name ("patch view", tests, NULL, NULL);
}
