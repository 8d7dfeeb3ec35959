/* JSON that is read by us is what jansson reads, and what it refuses is refused. */
#include "base/fs.h"
#include "base/json.h"
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* Both read TEXT the same way; whether it is JSON. */
static int
both_read (struct aid_span text)
{
  json_t *ours = aid_json_load (text), *theirs = json_loadb (text.ptr, text.len, JSON_ALLOW_NUL, NULL);
  int read = theirs != NULL;
  if (!ours != !theirs || (ours && !json_equal (ours, theirs)))
    fail_msg ("read otherwise than by jansson, which %s it: %.*s", theirs ? "takes" : "refuses", (int) text.len, text.ptr);
  json_decref (ours);
  json_decref (theirs);
  return read;
}

static void
what_is_json_is_read (void **state)
{
  (void) state;
  static const char *const texts[] = {
    "[]", "{}", " [ ] ", "\r\n{ }\t", "[1, -2, 0.5, 1e3, 123456789012345678]", "[true,false,null]", "{\"a\":{\"b\":[{}]}}",
    "[\"\"]", "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
    "[\"\\u0041\\u00e9\\u65E5\\ud83d\\uDE00\\u0000\"]", "[\"\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80\x7f\"]",
    "{\"a\":1,\"a\":2}", "{\"\\u0061b\":1}", "{\"\":0}", "[\"plain\",\"with \\\\ escape and more\"]",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_true (both_read (aid_span_z (texts[i])));
}

static void
what_is_not_is_refused (void **state)
{
  (void) state;
  static const char *const texts[] = {
    "", " ", "1", "\"a\"", "null", "[", "]", "{", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1]]", "[] x", "{\"a\"}", "{\"a\":}",
    "{\"a\":1,}",
    "{a:1}", "{\"a\" 1}", "[\"a]", "[\"\\x\"]", "[\"\\u12\"]", "[\"\\u12g4\"]", "[\"\\ud800\"]", "[\"\\ud800x\"]",
    "[\"\\ud800\\u0041\"]",
    "[\"\\udc00\"]", "[\"\t\"]", "[\"\xff\"]", "[\"\xc3\"]", "[\"\xed\xa0\x80\"]", "[tru]", "[truex]", "[nul]", "[True]",
    "[01]", "[1.]", "[-]", "[+1]",
    "[1e]", "[99999999999999999999]", "[1e999]", "{\"\\u0000\":1}", "\xef\xbb\xbf[]", "['a']", "[1;2]", "[\"a\" \"b\"]", "[NaN]",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_false (both_read (aid_span_z (texts[i])));
  assert_false (both_read (AID_SPAN ("[\"a\0b\"]")));
  assert_false (both_read (AID_SPAN ("[1]\0")));
}

/* Every line of every stream that the wire formats are tested with, and all its beginnings. */
static void
documents_of_servers_are_read (void **state)
{
  (void) state;
  glob_t found;
  unsigned documents = 0;
  assert_int_equal (glob ("tests/cases/wire/*.sse", 0, NULL, &found), 0);
  for (size_t i = 0; i < found.gl_pathc; i++)
    {
      struct aid_str body = AID_STR_INIT (1 << 20);
      assert_int_equal (aid_fs_read (found.gl_pathv[i], &body, NULL), AID_OK);
      struct aid_span rest = aid_str_span (&body), line;
      while (aid_span_line (&rest, &line))
        {
          line = aid_span_starts (line, "data: ") ? aid_span_cut (line, 6, line.len) : line;
          documents += (unsigned) both_read (line);
          for (size_t n = 0; n < line.len; n++)
            both_read (aid_span_cut (line, 0, n));
        }
      aid_str_free (&body);
    }
  globfree (&found);
  assert_true (documents > 500);
}

static void
depth_has_a_limit (void **state)
{
  (void) state;
  struct aid_str deep = AID_STR_INIT (1 << 20);
  for (int i = 0; i < 1500; i++)
    aid_str_addc (&deep, '[');
  for (int i = 0; i < 1500; i++)
    aid_str_addc (&deep, ']');
  assert_true (both_read (aid_str_span (&deep)));
  aid_str_clear (&deep);
  for (int i = 0; i < 500000; i++)
    aid_str_addc (&deep, '[');
  assert_false (both_read (aid_str_span (&deep)));
  aid_str_free (&deep);
}

static void
numbers_are_written_shortly_and_lose_nothing (void **state)
{
  (void) state;
  static const char *const texts[] = { "[0.2,0.7,1.0,-2.5,1e-7]", "[0.30000000000000004,5e-324,1.7976931348623157e308]" };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    {
      json_t *v = aid_json_load (aid_span_z (texts[i])), *back;
      struct aid_str out = AID_STR_INIT (1000);
      assert_int_equal (aid_json_dump (v, &out), AID_OK);
      if (i == 0)
        assert_string_equal (aid_str_z (&out), "[0.2,0.7,1.0,-2.5,1e-7]");
      back = aid_json_load (aid_str_span (&out));
      assert_true (json_equal (v, back));
      json_decref (v);
      json_decref (back);
      aid_str_free (&out);
    }
}

/* Ours and jansson's text of the string V are the same. */
static void
both_write (struct aid_span v)
{
  json_t *list = json_array ();
  struct aid_str ours = AID_STR_INIT (1 << 20);
  json_array_append_new (list, json_stringn (v.ptr, v.len));
  char *theirs = json_dumps (list, JSON_COMPACT);
  assert_int_equal (aid_json_dump (list, &ours), AID_OK);
  assert_string_equal (aid_str_z (&ours), theirs);
  free (theirs);
  aid_str_free (&ours);
  json_decref (list);
}

/* Every character at every place among eight, and strings that are written in several pieces. */
static void
strings_are_written_as_jansson_does (void **state)
{
  (void) state;
  char text[2000];
  for (size_t at = 0; at < 20; at++)
    for (int c = 0; c < 128; c++)
      for (size_t n = at + 1; n < at + 10; n++)
        {
          memset (text, 'x', n);
          text[at] = (char) c;
          both_write ((struct aid_span){ text, n });
          text[n - 1] = '\x1f';
          both_write ((struct aid_span){ text, n });
        }
  for (size_t n = 1018; n < 1034; n++)
    {
      for (size_t i = 0; i < n; i++)
        text[i] = "a\"\n\x01z\\ b"[i % 8];
      both_write ((struct aid_span){ text, n });
    }
  both_write (AID_SPAN ("\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80\xc3\xa9\xe6\x97\xa5 \xe2\x80\xa8"));
}

/* A limit is met to the byte. */
static void
writing_ends_at_the_limit (void **state)
{
  (void) state;
  json_t *list = json_pack ("[s]", "a\nb");
  for (size_t max = 0; max < 12; max++)
    {
      struct aid_str out = AID_STR_INIT (max);
      assert_int_equal (aid_json_dump (list, &out), max < strlen ("[\"a\\nb\"]") ? AID_E_LIMIT : AID_OK);
      aid_str_free (&out);
    }
  json_decref (list);
}

/* Also in the midst of a long string, with much of it left. */
static void
a_long_string_ends_at_the_limit (void **state)
{
  (void) state;
  static char text[20000];
  memset (text, '\n', sizeof text);
  json_t *list = json_pack ("[s%]", text, sizeof text);
  for (size_t max = 0; max < 2 * sizeof text; max += 500)
    {
      struct aid_str out = AID_STR_INIT (max);
      assert_int_equal (aid_json_dump (list, &out), AID_E_LIMIT);
      aid_str_free (&out);
    }
  json_decref (list);
}

static enum aid_err
take_string (void *ctx, struct aid_span v)
{
  struct aid_str *all = ctx;
  aid_str_addspan (all, v);
  aid_str_addc (all, '|');
  return aid_span_eqz (v, "stop") ? AID_E_STATE : AID_OK;
}

static void
all_strings_are_seen (void **state)
{
  (void) state;
  static const struct
  {
    const char *text, *seen;
    enum aid_err err;
  } cases[] = {
    { "{\"a\":[1,\"b\\n\\u0041\",{\"c\":\"\"}],\"d\":null}", "a|b\nA|c||d|", AID_OK },
    { "[\"x\",\"stop\",\"y\"]", "x|stop|", AID_E_STATE },
    { "[\"x\",\"\\q\",\"y\"]", "x|", AID_E_PARSE },
    { "[\"x", "", AID_E_PARSE },
    { "", "", AID_OK },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct aid_str all = AID_STR_INIT (1000);
      assert_int_equal (aid_json_strings (aid_span_z (cases[i].text), take_string, &all), cases[i].err);
      assert_string_equal (aid_str_z (&all), cases[i].seen);
      aid_str_free (&all);
    }
}

static void
halves_of_pairs_that_python_writes_are_replaced (void **state)
{
  (void) state;
  static const char *const texts[][2] = {
    { "[\"\\ud83d\"]", "[\"\\ufffd\"]" },
    { "[\"\\uD83Dx\\uDE00\"]", "[\"\\ufffdx\\ufffd\"]" },
    { "[\"\\ud83d\\ud83d\\ude00\\ude00\"]", "[\"\\ufffd\\ud83d\\ude00\\ufffd\"]" },
    { "[\"\\\\ud83d\\\\\\udbff\"]", "[\"\\\\ud83d\\\\\\ufffd\"]" }, /* a backslash before it is none of it */
    { "{\"\\udc00\":\"\\ud800\\n\"}", "{\"\\ufffd\":\"\\ufffd\\n\"}" },
    { "[\"\\ud83d\\u0041\\ud7ff\\ue000\"]", "[\"\\ufffdA\\ud7ff\\ue000\"]" },
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    {
      struct aid_error e = { AID_OK, "" };
      json_t *got = aid_json_parse_python (aid_span_z (texts[i][0]), "it", &e), *want = json_loads (texts[i][1], 0, NULL);
      if (!got || !json_equal (got, want))
        fail_msg ("%s: %s", texts[i][0], e.msg);
      assert_null (aid_json_parse (aid_span_z (texts[i][0]), "it", &e));
      json_decref (got);
      json_decref (want);
    }
  static const char *const others[]
    = { "", "[\"\\ud83d", "[\"\\ud8", "[\"\\ud83d\\u", "\\ud83d", "[\"\\udzzz\"]", "[\"\\", "{\"a\":\"\\ud83d\",}" };
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    assert_null (aid_json_parse_python (aid_span_z (others[i]), "it", NULL));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_is_json_is_read),
    cmocka_unit_test (what_is_not_is_refused),
    cmocka_unit_test (documents_of_servers_are_read),
    cmocka_unit_test (depth_has_a_limit),
    cmocka_unit_test (numbers_are_written_shortly_and_lose_nothing),
    cmocka_unit_test (strings_are_written_as_jansson_does),
    cmocka_unit_test (writing_ends_at_the_limit),
    cmocka_unit_test (a_long_string_ends_at_the_limit),
    cmocka_unit_test (all_strings_are_seen),
    cmocka_unit_test (halves_of_pairs_that_python_writes_are_replaced),
  };
  return cmocka_run_group_tests_name ("base json", tests, NULL, NULL);
}
