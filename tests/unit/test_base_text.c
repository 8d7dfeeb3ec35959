/* Strings, spans, UTF-8 and errors: the limits and the edges that their headers promise. */
#include "base/base64.h"
#include "base/json.h"
#include "base/hash.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* --- errors --- */

static void
a_long_message_is_cut_at_a_character (void **state)
{
  (void) state;
  struct aid_error e;
  char words[400];
  for (size_t shift = 0; shift < 4; shift++)
    {
      memset (words, 'x', sizeof words);
      for (size_t i = shift; i + 4 < sizeof words; i += 3)
        memcpy (words + i, "\xE2\x82\xAC", 3);
      words[sizeof words - 1] = '\0';
      assert_int_equal (aid_error_set (&e, AID_E_IO, "%s", words), AID_E_IO);
      assert_in_range (strlen (e.msg), 250, 255);
      assert_int_equal (aid_utf8_valid_prefix (aid_span_z (e.msg)), strlen (e.msg));
    }
  assert_int_equal (aid_error_set (NULL, AID_E_IO, "nobody listens"), AID_E_IO);
  aid_error_set (&e, AID_OK, "ignored");
  assert_string_equal (e.msg, "");
}

static void
every_error_has_a_name (void **state)
{
  (void) state;
  for (int i = AID_OK; i <= AID_E_CANCELLED; i++)
    assert_string_not_equal (aid_err_name ((enum aid_err) i), "unknown");
  assert_string_equal (aid_err_name (AID_E_TIMEOUT), "timeout");
  assert_string_equal (aid_err_name ((enum aid_err) 99), "unknown");
}

/* --- strings --- */

static void
a_string_fails_once_and_stays_failed (void **state)
{
  (void) state;
  struct aid_str s = AID_STR_INIT (5);
  assert_int_equal (aid_str_addz (&s, "12345"), AID_OK);
  assert_int_equal (aid_str_addc (&s, '6'), AID_E_LIMIT);
  assert_int_equal (aid_str_add (&s, "", 0), AID_E_LIMIT);
  assert_string_equal (aid_str_z (&s), "12345");
  assert_null (aid_str_steal (&s));
  aid_str_clear (&s);
  assert_int_equal (aid_str_addf (&s, "%d", 12), AID_OK);
  assert_string_equal (aid_str_z (&s), "12");
  assert_int_equal (aid_str_addf (&s, "%d", 3456), AID_E_LIMIT);
  aid_str_free (&s);
  assert_string_equal (aid_str_z (&s), "");
}

static void
percent_signs_are_decoded (void **state)
{
  (void) state;
  struct aid_str s = AID_STR_INIT (100);
  aid_str_add_decoded (&s, AID_SPAN ("a%20b%3E%c3%A4 100% %zz %00 %4"));
  assert_string_equal (aid_str_z (&s), "a b>\xC3\xA4 100% %zz %00 %4");
  aid_str_clear (&s);
  aid_str_add_decoded (&s, AID_SPAN ("%41"));
  assert_string_equal (aid_str_z (&s), "A");
  aid_str_free (&s);
}

static void
a_formatted_text_may_be_long (void **state)
{
  (void) state;
  struct aid_str s = AID_STR_INIT (10000);
  aid_str_addz (&s, "<");
  aid_str_addf (&s, "%0*d", 3000, 7);
  aid_str_addz (&s, ">");
  assert_int_equal (s.len, 3002);
  assert_true (aid_span_ends (aid_str_span (&s), "007>"));
  char *mine = aid_str_steal (&s);
  assert_int_equal (strlen (mine), 3002);
  assert_int_equal (s.len, 0);
  free (mine);
  mine = aid_str_steal (&s);
  assert_string_equal (mine, "");
  free (mine);
}

static void
removing_keeps_the_rest (void **state)
{
  (void) state;
  struct aid_str s = AID_STR_INIT (100);
  aid_str_addz (&s, "hello world");
  aid_str_remove (&s, 2, 4);
  assert_string_equal (aid_str_z (&s), "heworld");
  aid_str_remove (&s, 5, 1000);
  assert_string_equal (aid_str_z (&s), "hewor");
  aid_str_remove (&s, 5, 1);
  assert_string_equal (aid_str_z (&s), "hewor");
  aid_str_free (&s);
}

/* --- spans --- */

static void
spans_are_cut_within_their_bounds (void **state)
{
  (void) state;
  struct aid_span v = AID_SPAN ("abc");
  assert_true (aid_span_eqz (aid_span_cut (v, 1, 99), "bc"));
  assert_int_equal (aid_span_cut (v, 9, 2).len, 0);
  assert_true (aid_span_eqz (aid_span_trim (AID_SPAN (" \t\r\n a b \n")), "a b"));
  assert_int_equal (aid_span_trim (AID_SPAN (" \n")).len, 0);
  static const char blanks[] = "\t                        \n                        ";
  for (size_t before = 0; before < sizeof blanks; before++)
    for (size_t behind = 0; behind < sizeof blanks; behind++)
      for (int words = 0; words < 2; words++)
        {
          struct aid_str text = AID_STR_INIT (1 << 10);
          aid_str_addf (&text, "%.*s%s%.*s", (int) before, blanks, words ? "a b" : "", (int) behind, blanks);
          assert_true (aid_span_eqz (aid_span_trim (aid_str_span (&text)), words ? "a b" : ""));
          aid_str_free (&text);
        }
  assert_true (aid_span_starts (v, "") && aid_span_starts (v, "ab") && !aid_span_starts (v, "abcd"));
  assert_true (aid_span_ends (v, "bc") && !aid_span_ends (v, "b"));
  assert_int_equal (aid_span_find (v, AID_SPAN ("c")), 2);
  assert_int_equal (aid_span_find (v, AID_SPAN ("abcd")), -1);
  assert_int_equal (aid_span_find (v, AID_SPAN ("")), 0);
  assert_true (aid_span_eqz (aid_span_z (NULL), ""));
}

static void
lines_are_taken_off_one_by_one (void **state)
{
  (void) state;
  struct aid_span rest = AID_SPAN ("a\r\n\nlast"), line;
  assert_true (aid_span_line (&rest, &line) && aid_span_eqz (line, "a\r"));
  assert_true (aid_span_line (&rest, &line) && line.len == 0);
  assert_true (aid_span_line (&rest, &line) && aid_span_eqz (line, "last"));
  assert_false (aid_span_line (&rest, &line));
  rest = AID_SPAN ("x\n");
  assert_true (aid_span_line (&rest, &line));
  assert_false (aid_span_line (&rest, &line));
}

static void
numbers_are_plain_and_bounded (void **state)
{
  (void) state;
  uint64_t n;
  assert_int_equal (aid_span_number (AID_SPAN ("007"), 10, &n), 0);
  assert_int_equal (n, 7);
  assert_int_equal (aid_span_number (AID_SPAN ("18446744073709551615"), UINT64_MAX, &n), 0);
  assert_true (n == UINT64_MAX);
  const char *bad[] = { "", "-1", "+1", " 1", "1 ", "0x1", "11", "18446744073709551616", "99999999999999999999999" };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal (aid_span_number (aid_span_z (bad[i]), i == 7 ? UINT64_MAX : 10, &n), -1);
}

/* --- UTF-8 --- */

static void
only_well_formed_utf8_is_valid (void **state)
{
  (void) state;
  static const struct { const char *bytes; size_t valid; } cases[] = {
    { "plain text, quite long, and ASCII", 33 }, { "a\xC3\xA9", 3 }, { "\xE2\x82\xAC", 3 }, { "\xF0\x9F\x98\x80", 4 },
    { "a\xC0\x80", 1 }, { "\xE0\x80\x80", 0 }, { "\xED\xA0\x80", 0 }, { "\xED\x9F\xBF", 3 }, { "\xF4\x8F\xBF\xBF", 4 },
    { "\xF4\x90\x80\x80", 0 }, { "\xF5\x80\x80\x80", 0 }, { "ab\x80", 2 },
    { "abcdefgh\xE2\x82", 8 }, { "\xF0\x8F\xBF\xBF", 0 },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    assert_int_equal (aid_utf8_valid_prefix (aid_span_z (cases[i].bytes)), cases[i].valid);
}

static void
a_cut_character_is_told_from_an_invalid_one (void **state)
{
  (void) state;
  assert_int_equal (aid_utf8_tail (AID_SPAN ("a\xE2\x82")), 2);
  assert_int_equal (aid_utf8_tail (AID_SPAN ("a\xF0\x9F\x98")), 3);
  assert_int_equal (aid_utf8_tail (AID_SPAN ("a\xC3")), 1);
  assert_int_equal (aid_utf8_tail (AID_SPAN ("a\xC3\xA9")), 0);
  assert_int_equal (aid_utf8_tail (AID_SPAN ("a\x80\x80")), 0);
  assert_int_equal (aid_utf8_tail (AID_SPAN ("\xE0\x80")), 0);
  assert_int_equal (aid_utf8_tail (AID_SPAN ("\xC0")), 0);
  assert_int_equal (aid_utf8_tail (AID_SPAN ("")), 0);
}

static void
invalid_parts_become_replacement_characters (void **state)
{
  (void) state;
  struct aid_str out = AID_STR_INIT (100);
  aid_utf8_clean ((struct aid_span){ "a\0b\xF0\x9F\x98z\xC0\x80", 9 }, &out);
  /* The cut character is one part; each byte of the overlong form is one. */
  assert_int_equal (out.len, 4 + 9);
  assert_memory_equal (out.ptr, "a\0b\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD", 13);
  aid_str_free (&out);
}

static void
decoding_reverses_encoding (void **state)
{
  (void) state;
  static const uint32_t chars[] = { 0, 0x7F, 0x80, 0x7FF, 0x800, 0xFFFD, 0xFFFF, 0x10000, 0x10FFFF };
  struct aid_str s = AID_STR_INIT (100);
  for (size_t i = 0; i < sizeof chars / sizeof *chars; i++)
    {
      size_t len;
      aid_str_clear (&s);
      aid_utf8_encode (&s, chars[i]);
      assert_int_equal (aid_utf8_valid_prefix (aid_str_span (&s)), s.len);
      assert_int_equal (aid_utf8_decode (s.ptr, &len), chars[i]);
      assert_int_equal (len, s.len);
    }
  aid_str_clear (&s);
  aid_utf8_encode (&s, 0xD800);
  assert_string_equal (aid_str_z (&s), "\xEF\xBF\xBD");
  aid_str_free (&s);
  assert_int_equal (aid_utf8_count (AID_SPAN ("a\xC3\xA9\xE2\x82\xAC")), 3);
  static const char many[] = "\xE2\x82\xAC" "ab\xC3\xA9 cdefghi\xF0\x9F\x98\x80"
                             "jk\x80\xBF\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xFF" "l";
  for (size_t beg = 0; beg < sizeof many; beg++)           /* wherever the words of the machine begin and end */
    for (size_t end = beg, n = 0; end < sizeof many; n += ((unsigned char) many[end++] & 0xC0) != 0x80)
      assert_int_equal (aid_utf8_count ((struct aid_span){ many + beg, end - beg }), n);
  assert_int_equal (aid_utf8_offset (AID_SPAN ("a\xC3\xA9z"), 2), 3);
  assert_int_equal (aid_utf8_offset (AID_SPAN ("a\xC3\xA9z"), 9), 4);
}

static void
hashes_are_hex_and_keys_are_random (void **state)
{
  (void) state;
  char a[17], b[17], key[9], other[9];
  aid_hash_hex (AID_SPAN ("text"), 16, a);
  aid_hash_hex (AID_SPAN ("text."), 16, b);
  assert_int_equal (strspn (a, "0123456789abcdef"), 16);
  assert_string_not_equal (a, b);
  aid_hash_hex (AID_SPAN ("text"), 6, b);
  assert_int_equal (strlen (b), 6);
  assert_memory_equal (a, b, 6);
  assert_int_equal (aid_random_key (key, 8), 0);
  assert_int_equal (aid_random_key (other, 8), 0);
  assert_int_equal (strspn (key, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"), 8);
  assert_string_not_equal (key, other);
}

/* --- JSON --- */

static void
json_is_written_as_jansson_writes_it (void **state)
{
  static const char *const documents[] = {
    "null", "true", "false", "0", "-9223372036854775808", "9223372036854775807", "1.0", "0.1", "1e300", "-2.5e-7", "\"\"",
    "\"a\\\"b\\\\c/d\"", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\"", "\"\\u0000\\u00e4\\u20ac\\ud83d\\ude42\"", "[]", "{}",
    "[1,[2,[3,{\"a\":[]}]],{}]", "{\"z\":1,\"a\":{\"\\u00e4\\n\":\"x\"},\"m\":[null,true]}",
  };
  (void) state;
  for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
    {
      struct aid_str ours = AID_STR_INIT (1000);
      json_t *v = json_loads (documents[i], JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
      char *theirs = json_dumps (v, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION (15)); /* those here need no more */
      assert_non_null (v);
      assert_int_equal (aid_json_dump (v, &ours), AID_OK);
      assert_string_equal (aid_str_z (&ours), theirs);
      free (theirs);
      json_decref (v);
      aid_str_free (&ours);
    }
}

static void
json_that_is_too_long_or_missing_is_an_error (void **state)
{
  struct aid_str small = AID_STR_INIT (8), none = AID_STR_INIT (8);
  json_t *v = json_string ("longer than that");
  (void) state;
  assert_int_equal (aid_json_dump (v, &small), AID_E_LIMIT);
  assert_int_equal (aid_json_dump (NULL, &none), AID_E_NOMEM);
  json_decref (v);
  aid_str_free (&small);
  aid_str_free (&none);
}

/* --- base 64 --- */

static void
base64_is_as_the_rfc_shows_it (void **state)
{
  static const char *const cases[][2] = { { "", "" },         { "f", "Zg==" },         { "fo", "Zm8=" },
                                          { "foo", "Zm9v" },  { "foob", "Zm9vYg==" },  { "fooba", "Zm9vYmE=" },
                                          { "foobar", "Zm9vYmFy" }, { "\xfb\xff\xbf", "+/+/" } };
  (void) state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct aid_str s = AID_STR_INIT (100);
      assert_int_equal (aid_base64_add (&s, (const unsigned char *) cases[i][0], strlen (cases[i][0])), AID_OK);
      assert_string_equal (aid_str_z (&s), cases[i][1]);
      aid_str_free (&s);
    }
}

static void
base64_is_read_as_it_is_written (void **state)
{
  (void) state;
  static const char *const none[] = { "A", "A===", "AA=A", "AAAAA", "=", "AA==A", "A!AA", "AAA=AAAA", "AA=" };
  struct aid_str text = AID_STR_INIT (4096), back = AID_STR_INIT (4096);
  unsigned char bytes[300];
  for (size_t n = 0; n < sizeof bytes; n++)
    {
      bytes[n] = (unsigned char) (n * 37);
      aid_str_clear (&text);
      aid_str_clear (&back);
      aid_base64_add (&text, bytes, n);
      assert_int_equal (aid_base64_read (aid_str_span (&text), &back), AID_OK);
      assert_int_equal (back.len, n);
      assert_memory_equal (aid_str_z (&back), bytes, n);
    }
  aid_str_clear (&back);
  assert_int_equal (aid_base64_read (AID_SPAN (" Zm9v\r\nYg"), &back), AID_OK);
  assert_string_equal (aid_str_z (&back), "foob");
  for (size_t i = 0; i < sizeof none / sizeof *none; i++)
    {
      assert_int_equal (aid_base64_read (aid_span_z (none[i]), &back), AID_E_PARSE);
      assert_string_equal (aid_str_z (&back), "foob");
    }
  aid_str_free (&text);
  aid_str_free (&back);
}

static void
base64_of_many_blocks_has_no_seams (void **state)
{
  unsigned char zeros[2000] = { 0 };
  struct aid_str s = AID_STR_INIT (4000), small = AID_STR_INIT (100);
  (void) state;
  assert_int_equal (aid_base64_add (&s, zeros, sizeof zeros), AID_OK);
  assert_int_equal (s.len, 2668);
  assert_int_equal (strspn (aid_str_z (&s), "A"), 2667);
  assert_int_equal (aid_base64_add (&small, zeros, sizeof zeros), AID_E_LIMIT);
  aid_str_free (&s);
  aid_str_free (&small);
}

static void
a_quoted_word_is_one_to_a_shell (void **state)
{
  static const char *const words[] = { "", "plain", "two words", "it's", "''", "$HOME `x` \\ \"*\"\n", "-n" };
  (void)state;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    {
      struct aid_str line = AID_STR_INIT (1000);
      char got[100];
      aid_str_addz (&line, "printf %s. ");
      aid_str_add_quoted (&line, aid_span_z (words[i]));
      FILE *sh = popen (aid_str_z (&line), "r");
      assert_non_null (sh);
      size_t n = fread (got, 1, sizeof got, sh);
      assert_int_equal (pclose (sh), 0);
      assert_int_equal (n, strlen (words[i]) + 1);
      assert_memory_equal (got, words[i], n - 1);
      aid_str_free (&line);
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_long_message_is_cut_at_a_character),
    cmocka_unit_test (every_error_has_a_name),
    cmocka_unit_test (a_string_fails_once_and_stays_failed),
    cmocka_unit_test (percent_signs_are_decoded),
    cmocka_unit_test (a_formatted_text_may_be_long),
    cmocka_unit_test (removing_keeps_the_rest),
    cmocka_unit_test (spans_are_cut_within_their_bounds),
    cmocka_unit_test (lines_are_taken_off_one_by_one),
    cmocka_unit_test (numbers_are_plain_and_bounded),
    cmocka_unit_test (only_well_formed_utf8_is_valid),
    cmocka_unit_test (a_cut_character_is_told_from_an_invalid_one),
    cmocka_unit_test (invalid_parts_become_replacement_characters),
    cmocka_unit_test (decoding_reverses_encoding),
    cmocka_unit_test (hashes_are_hex_and_keys_are_random),
    cmocka_unit_test (json_is_written_as_jansson_writes_it),
    cmocka_unit_test (json_that_is_too_long_or_missing_is_an_error),
    cmocka_unit_test (base64_is_as_the_rfc_shows_it),
    cmocka_unit_test (base64_is_read_as_it_is_written),
    cmocka_unit_test (base64_of_many_blocks_has_no_seams),
    cmocka_unit_test (a_quoted_word_is_one_to_a_shell),
  };
  return cmocka_run_group_tests_name ("base text", tests, NULL, NULL);
}
