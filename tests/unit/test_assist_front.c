/* The settings at a file's head: what is read, and how what is not is told. */
#include "assist/front.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

/* All values as "key=kind:text" words; what is in a list or map stands in brackets behind it. */
static void
flatten (const struct aid_front *f, struct aid_str *out)
{
  static const char kinds[] = "-snblm";
  size_t inside = 0;
  for (size_t i = 0; i < f->values.len; i++)
    {
      const struct aid_front_value *v = &AID_VEC_AT (struct aid_front_value, &f->values, i);
      if (out->len && out->ptr[out->len - 1] != '[')
        aid_str_addc (out, ' ');
      if (v->key)
        aid_str_addf (out, "%s=", v->key);
      aid_str_addf (out, "%c%s%s", kinds[v->kind], v->text ? ":" : "", v->text ? v->text : "");
      if (v->n)
        {
          aid_str_addc (out, '[');
          inside = v->n;
        }
      else if (inside && !--inside)
        aid_str_addc (out, ']');
    }
}

static void
expect (const char *head, const char *want)
{
  struct aid_front f = { .body = 0 };
  struct aid_error e = { AID_OK, "" };
  struct aid_str text = AID_STR_INIT (100000), got = AID_STR_INIT (100000);
  aid_str_addf (&text, "---\n%s---\nThe body.\n", head);
  assert_int_equal (aid_front_read (aid_str_span (&text), "f.md", &f, &e), AID_OK);
  flatten (&f, &got);
  assert_string_equal (aid_str_z (&got), want);
  assert_string_equal (aid_str_z (&text) + f.body, "The body.\n");
  aid_front_free (&f);
  aid_str_free (&text);
  aid_str_free (&got);
}

static void
expect_error (const char *text, const char *want)
{
  struct aid_front f = { .body = 0 };
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_front_read (aid_span_z (text), "f.md", &f, &e), AID_E_PARSE);
  assert_string_equal (e.msg, want);
  aid_front_free (&f);
}

static void
test_scalars (void **state)
{
  (void) state;
  expect ("a: one two\nb: 0.5\nc: true\nd: -3e2\ne: \"x: \\\"y\\\"\\n\"\nf: 'it''s'\ng:\nh: null\ni: 1.2.3\n",
          "a=s:one two b=n:0.5 c=b:true d=n:-3e2 e=s:x: \"y\"\n f=s:it's g=- h=- i=s:1.2.3");
  expect ("a: \"true\"\nb: '7'\n", "a=s:true b=s:7");
}

static void
test_lists (void **state)
{
  (void) state;
  expect ("a: [x, 'y, z', 3]\nb: []\n", "a=l[s:x s:y, z n:3] b=l");
  expect ("a:\n  - x\n  - y z\nb:\n- q\n", "a=l[s:x s:y z] b=l[s:q]");
}

static void
test_a_map (void **state)
{
  (void) state;
  expect ("vars:\n  style: Base\n  n: 4\nz: 1\n", "vars=m[style=s:Base n=n:4] z=n:1");
}

static void
test_comments_and_blank_lines (void **state)
{
  (void) state;
  expect ("# all of it\n\na: x # why\nb: x#y\nc: [p] # list\nd: # nothing\n  # still\n  - e\n",
          "a=s:x b=s:x#y c=l[s:p] d=l[s:e]");
}

static void
test_ends_of_lines_and_byte_order (void **state)
{
  (void) state;
  struct aid_front f = { .body = 0 };
  static const char text[] = "\xef\xbb\xbf---\r\na: x\r\n---  \r\nB\r\n";
  assert_int_equal (aid_front_read (aid_span_z (text), "f.md", &f, NULL), AID_OK);
  assert_string_equal (aid_front_get (&f, "a")->text, "x");
  assert_string_equal (text + f.body, "B\r\n");
  assert_int_equal (f.body_line, 4);
  aid_front_free (&f);
}

static void
test_a_file_without_settings_is_all_body (void **state)
{
  (void) state;
  static const char *const texts[] = { "", "Just text.\n", "----\na: b\n", " ---\n" };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    {
      struct aid_front f = { .body = 0 };
      assert_int_equal (aid_front_read (aid_span_z (texts[i]), "f.md", &f, NULL), AID_OK);
      assert_int_equal (f.body, 0);
      assert_int_equal (f.values.len, 0);
      assert_int_equal (f.body_line, 1);
      aid_front_free (&f);
    }
}

static void
test_keys_with_either_sign (void **state)
{
  (void) state;
  struct aid_front f = { .body = 0 };
  assert_int_equal (aid_front_read (AID_SPAN ("---\nmax_tokens: 5\nlist: [a]\nedit-format: none\n---\n"), "f", &f, NULL), AID_OK);
  assert_non_null (aid_front_get (&f, "max-tokens"));
  assert_non_null (aid_front_get (&f, "edit_format"));
  assert_null (aid_front_get (&f, "max"));
  assert_null (aid_front_get (&f, "a"));
  aid_front_free (&f);
}

static void
test_errors_name_line_and_column (void **state)
{
  (void) state;
  expect_error ("---\na: x\n", "f.md:1:1: no line \"---\" ends the settings that begin here");
  expect_error ("---\na: x\nno key\n---\n", "f.md:3:1: this should be a line \"key: value\"");
  expect_error ("---\na: x\na: y\n---\n", "f.md:3:1: \"a\" stands here for the second time");
  expect_error ("---\nmax_x: 1\nmax-x: 2\n---\n", "f.md:3:1: \"max-x\" stands here for the second time");
  expect_error ("---\na: \"x\n---\n", "f.md:2:4: this quote is not closed in its line");
  expect_error ("---\na: \"\\x\"\n---\n", "f.md:2:5: a backslash in double quotes goes before one of n t \" \\ /");
  expect_error ("---\na: [x, y\n---\n", "f.md:2:4: this list is not closed in its line");
  expect_error ("---\na: [x] y\n---\n", "f.md:2:8: nothing but a comment goes behind a list");
  expect_error ("---\na: [x, [y]]\n---\n", "f.md:2:8: lists inside lists are not read here; put a text into quotes");
  expect_error ("---\na: 'x' y\n---\n", "f.md:2:8: nothing but a comment goes behind a value");
  expect_error ("---\na: b: c\n---\n", "f.md:2:5: a text with a colon must be in quotes");
  expect_error ("---\n\xc3\xa4: x\n---\n", "f.md:2:1: this should be a line \"key: value\"");
  expect_error ("---\na: \"\xc3\xa4\" y\n---\n", "f.md:2:8: nothing but a comment goes behind a value");
}

static void
test_the_rest_of_yaml_is_refused (void **state)
{
  (void) state;
  expect_error ("---\na: &x y\n---\n", "f.md:2:4: anchors and aliases are not read here; put a text into quotes");
  expect_error ("---\na: *x\n---\n", "f.md:2:4: anchors and aliases are not read here; put a text into quotes");
  expect_error ("---\na: !!str y\n---\n", "f.md:2:4: tags are not read here; put a text into quotes");
  expect_error ("---\na: |\n  text\n---\n", "f.md:2:4: block texts are not read here; put a text into quotes");
  expect_error ("---\na: {b: c}\n---\n", "f.md:2:4: maps in braces are not read here; put a text into quotes");
  expect_error ("---\na: - b\n---\n", "f.md:2:4: lists inside lists are not read here; put a text into quotes");
  expect_error ("---\na: x\n  b: y\n---\n", "f.md:3:3: nothing above takes an indented line or a list");
  expect_error ("---\n- b\n---\n", "f.md:2:1: nothing above takes an indented line or a list");
  expect_error ("---\na:\n  b: 1\n    c: 2\n---\n", "f.md:4:5: this is not indented as the lines above");
  expect_error ("---\na:\n  b: 1\n  - c\n---\n", "f.md:4:3: a list and a map do not mix");
  expect_error ("---\na:\n  b: [1]\n---\n", "f.md:3:6: lists inside lists or maps are not read here");
  expect_error ("---\na:\n  -\n---\n", "f.md:3:3: this item of the list is empty");
  expect_error ("---\na:\n\tb: 1\n---\n", "f.md:3:1: indentation is made of blanks, not of tabs");
}

static void
test_no_text_is_refused (void **state)
{
  (void) state;
  expect_error ("---\na: x\n---\nbody \xff\n", "f.md:4:6: this is no text in UTF-8");
  struct aid_front f = { .body = 0 };
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_front_read (AID_SPAN ("x\ny\0z"), "f.md", &f, &e), AID_E_PARSE);
  assert_string_equal (e.msg, "f.md:2:2: this is no text in UTF-8");
  aid_front_free (&f);
}

static void
test_limits (void **state)
{
  (void) state;
  struct aid_str text = AID_STR_INIT (1u << 20);
  aid_str_addz (&text, "---\na: ");
  for (int i = 0; i <= AID_FRONT_SCALAR; i++)
    aid_str_addc (&text, 'x');
  aid_str_addz (&text, "\n---\n");
  expect_error (aid_str_z (&text), "f.md:2:4: this is longer than the 4096 bytes that a value may have");
  aid_str_clear (&text);
  aid_str_addz (&text, "---\n");
  for (int i = 0; i < 600; i++)
    aid_str_addz (&text, "#\n");
  expect_error (aid_str_z (&text), "f.md:501:1: the settings have more than 500 lines");
  aid_str_clear (&text);
  aid_str_addz (&text, "---\na: [");
  for (int i = 0; i < 600; i++)
    aid_str_addz (&text, "x,");
  aid_str_addz (&text, "]\n---\n");
  expect_error (aid_str_z (&text), "f.md:2:1003: these are more than the 500 values that a file may set");
  aid_str_free (&text);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_scalars),
    cmocka_unit_test (test_lists),
    cmocka_unit_test (test_a_map),
    cmocka_unit_test (test_comments_and_blank_lines),
    cmocka_unit_test (test_ends_of_lines_and_byte_order),
    cmocka_unit_test (test_a_file_without_settings_is_all_body),
    cmocka_unit_test (test_keys_with_either_sign),
    cmocka_unit_test (test_errors_name_line_and_column),
    cmocka_unit_test (test_the_rest_of_yaml_is_refused),
    cmocka_unit_test (test_no_text_is_refused),
    cmocka_unit_test (test_limits),
  };
  return cmocka_run_group_tests_name ("assist front", tests, NULL, NULL);
}
