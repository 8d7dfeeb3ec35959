/* Templates: what they render to, and what is wrong with those that are refused. */
#include "assist/template.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static int
knows (void *ctx, struct aid_span v)
{
  (void) ctx;
  return aid_span_eqz (v, "name") || aid_span_eqz (v, "empty") || aid_span_eqz (v, "vars.x");
}

/* "loop" includes itself by way of "back", "wide" others without end; "deep-N" includes "deep-(N+1)". */
static enum aid_err
partial (void *ctx, struct aid_span name, struct aid_str *text, struct aid_str *file, struct aid_error *e)
{
  (void) ctx;
  int n;
  char z[80];
  snprintf (z, sizeof z, "%.*s", (int) name.len, name.ptr);
  aid_str_addf (file, "_%s.md", z);
  if (!strcmp (z, "hello"))
    return aid_str_addz (text, "Hello, {{name}}.\n\n");
  if (!strcmp (z, "loop"))
    return aid_str_addz (text, "{{> back}}");
  if (!strcmp (z, "back"))
    return aid_str_addz (text, "a\nb {{> loop}}");
  if (!strcmp (z, "bad"))
    return aid_str_addz (text, "one\ntwo {{nobody}}");
  if (!strcmp (z, "open"))
    return aid_str_addz (text, "{{#if name}}");
  if (!strcmp (z, "nothing"))
    return AID_OK;
  if (!strcmp (z, "broken"))
    return aid_error_set (e, AID_E_REFUSED, "_broken.md leads out of the project.");
  if (sscanf (z, "deep-%d", &n) == 1)
    return aid_str_addf (text, "%d{{> deep-%d}}", n, n + 1);
  return AID_E_NOTFOUND;
}

static const struct aid_template_world world = { knows, partial, NULL };

static struct aid_span
value (void *ctx, struct aid_span v)
{
  (void) ctx;
  return aid_span_eqz (v, "name") ? AID_SPAN ("{{Ann}}") : aid_span_eqz (v, "vars.x") ? AID_SPAN ("X") : AID_SPAN (" ");
}

static struct aid_template *
read (const char *text, const struct aid_template *parent)
{
  struct aid_template_source source = { "t.md", aid_span_z (text), 1 };
  struct aid_template *t = NULL;
  struct aid_error e = { AID_OK, "" };
  if (aid_template_read (&source, &world, parent, &t, &e))
    fail_msg ("%s", e.msg);
  return t;
}

static void
expect (const char *text, const char *want)
{
  struct aid_template *t = read (text, NULL);
  struct aid_str got = AID_STR_INIT (10000);
  assert_int_equal (aid_template_render (t, value, NULL, &got), AID_OK);
  assert_string_equal (aid_str_z (&got), want);
  aid_template_free (t);
  aid_str_free (&got);
}

static void
expect_error (const char *text, const char *want)
{
  struct aid_template_source source = { "t.md", aid_span_z (text), 3 };
  struct aid_template *t = NULL;
  struct aid_error e = { AID_OK, "" };
  assert_int_not_equal (aid_template_read (&source, &world, NULL, &t, &e), AID_OK);
  assert_null (t);
  assert_string_equal (e.msg, want);
}

static void
test_text_is_verbatim (void **state)
{
  (void) state;
  expect ("", "");
  expect ("a { b } }} \\n\n  c\t\xc3\xa4 {x}", "a { b } }} \\n\n  c\t\xc3\xa4 {x}");
  expect ("\\{{name}} and {{vars.x}}", "{{name}} and X");
}

static void
test_variables (void **state)
{
  (void) state;
  expect ("Dear {{name}}, {{ vars.x }}!", "Dear {{Ann}}, X!");    /* and the value is no template */
}

static void
test_conditions (void **state)
{
  (void) state;
  expect ("{{#if name}}yes{{else}}no{{/if}}", "yes");
  expect ("{{#if empty}}yes{{else}}no{{/if}}", "no");
  expect ("a{{#if empty}}yes{{/if}}b", "ab");
  expect ("{{#if name}}{{#if empty}}1{{else}}2{{/if}}3{{else}}4{{/if}}5", "235");
  expect ("{{#if empty}}{{#if name}}1{{else}}2{{/if}}3{{else}}4{{/if}}5", "45");
}

static void
test_lines_of_tags_alone_go (void **state)
{
  (void) state;
  expect ("a\n{{#if name}}\nb\n{{else}}\nc\n  {{/if}}  \nd\n", "a\nb\nd");
  expect ("a\n{{! note\nover lines }}\nb {{!c}}\n{{! end }}", "a\nb \n");
  expect ("a {{#if name}}\nb{{/if}}\n", "a \nb");
}

static void
test_partials (void **state)
{
  (void) state;
  expect ("{{> hello}}\nBye.", "Hello, {{Ann}}.\nBye.");
  expect ("[{{>nothing}}]{{#if name}}{{> hello }}{{/if}}", "[]Hello, {{Ann}}.");
}

static void
test_a_parent (void **state)
{
  (void) state;
  struct aid_template *first = read ("1 {{name}}", NULL), *second = read ("{{parent}} 2", first);
  struct aid_template *third = read ("{{parent}} 3", second);
  struct aid_str got = AID_STR_INIT (1000);
  assert_int_equal (aid_template_render (third, value, NULL, &got), AID_OK);
  assert_string_equal (aid_str_z (&got), "1 {{Ann}} 2 3");
  assert_true (aid_template_names (third, "name"));
  assert_false (aid_template_names (third, "empty"));
  aid_template_free (third);
  aid_template_free (second);
  aid_template_free (first);
  aid_str_free (&got);
}

static void
test_errors_name_file_line_and_column (void **state)
{
  (void) state;
  expect_error ("x {{nobody}}", "t.md:3:5: there is no variable \"nobody\"");
  expect_error ("x\n\xc3\xa4\xc3\xa4 {{  nobody }}", "t.md:4:8: there is no variable \"nobody\"");
  expect_error ("{{#if nobody}}{{/if}}", "t.md:3:7: there is no variable \"nobody\"");
  expect_error ("a {{name", "t.md:3:3: these braces are not closed by \"}}\"; for two braces write \\{{");
  expect_error ("a\n{{#if name}}\nb", "t.md:4:1: no {{/if}} ends this {{#if}}");
  expect_error ("a{{/if}}", "t.md:3:2: this {{/if}} ends no {{#if}}");
  expect_error ("{{else}}", "t.md:3:1: this {{else}} is in no {{#if}}");
  expect_error ("{{#if name}}{{else}}{{else}}{{/if}}", "t.md:3:21: this {{#if}} has an {{else}} already");
  expect_error ("{{#each name}}", "t.md:3:1: \"{{#each name}}\" is no tag: there are {{name}}, {{#if name}}, {{else}}, {{/if}}, "
                                  "{{> file}}, {{! }}");
  expect_error ("{{}}", "t.md:3:1: \"{{}}\" is no tag: there are {{name}}, {{#if name}}, {{else}}, {{/if}}, {{> file}}, {{! }}");
  expect_error ("{{Name}}", "t.md:3:3: \"Name\" is no name of a variable");
  expect_error ("{{{name}}}", "t.md:3:3: \"{name\" is no name of a variable");
  expect_error ("{{name\n}} {{na\nme}}", "t.md:4:4: this tag does not end in its line");
  expect_error ("{{parent}}", "t.md:3:1: {{parent}} stands for what is extended, and nothing is");
}

static void
test_errors_in_partials_name_those (void **state)
{
  (void) state;
  expect_error ("{{> bad}}", "_bad.md:2:7: there is no variable \"nobody\"");
  expect_error ("{{> open}}{{/if}}", "_open.md:1:1: no {{/if}} ends this {{#if}}");
  expect_error ("a {{> missing}}", "t.md:3:7: there is no file \"_missing.md\" to include");
  expect_error ("{{> ../x}}", "t.md:3:5: \"../x\" is no name of a file to include");
  expect_error ("{{> broken}}", "_broken.md leads out of the project.");
}

static void
test_circles_and_depths_are_refused (void **state)
{
  (void) state;
  expect_error ("{{> loop}}", "_back.md:2:7: \"loop\" includes itself");
  expect_error ("{{> deep-1}}", "_deep-8.md:1:6: files include one another deeper than 8");
}

static void
test_limits (void **state)
{
  (void) state;
  struct aid_str text = AID_STR_INIT (4u << 20);
  for (int i = 0; i < 17; i++)
    aid_str_addz (&text, "{{#if name}}");
  expect_error (aid_str_z (&text), "t.md:3:193: {{#if}} is nested deeper than 16");
  aid_str_clear (&text);
  for (int i = 0; i < 10001; i++)
    aid_str_addz (&text, "{{name}}");
  expect_error (aid_str_z (&text), "t.md:3:80001: the template has more than 10000 pieces with all that it includes");
  aid_str_clear (&text);
  for (int i = 0; i < 300; i++)
    aid_str_addz (&text, "{{> nothing}}");
  expect_error (aid_str_z (&text), "t.md:3:2601: more than 200 files are included");
  aid_str_clear (&text);
  while (text.len <= AID_TEMPLATE_MAX)
    aid_str_addz (&text, "0123456789012345678901234567890123456789");
  expect_error (aid_str_z (&text), "t.md is larger than the 1024 kB that a template may have.");
  aid_str_free (&text);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_text_is_verbatim),
    cmocka_unit_test (test_variables),
    cmocka_unit_test (test_conditions),
    cmocka_unit_test (test_lines_of_tags_alone_go),
    cmocka_unit_test (test_partials),
    cmocka_unit_test (test_a_parent),
    cmocka_unit_test (test_errors_name_file_line_and_column),
    cmocka_unit_test (test_errors_in_partials_name_those),
    cmocka_unit_test (test_circles_and_depths_are_refused),
    cmocka_unit_test (test_limits),
  };
  return cmocka_run_group_tests_name ("assist template", tests, NULL, NULL);
}
