/* The shadow of a buffer, against a model that keeps an array of characters and measures everything anew. */
#include "chat/shadow.h"
#include "base/utf8.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static uint32_t seed = 7;

static size_t
pick (size_t n)
{
  seed = seed * 1664525u + 1013904223u;
  return n ? (seed >> 8) % n : 0;
}

/* N characters of one to four bytes; the odd text is all ASCII. */
static void
random_text (struct aid_str *out, size_t n, int ascii)
{
  static const char *const chars[] = { "a", "\n", "z", "\xC3\xA9", "\xE6\x97\xA5", "\xF0\x9F\x98\x80", " ", "\xEF\xBF\xBD" };

  for (aid_str_clear (out); n > 0; n--)
    aid_str_addz (out, chars[pick (ascii ? 3 : 8)]);
}

/* The naive edit: everything is found from the start. */
static void
model_edit (struct aid_str *model, size_t beg, size_t deleted, struct aid_span text)
{
  struct aid_span v = aid_str_span (model);
  size_t from = aid_utf8_offset (v, beg), to = aid_utf8_offset (v, beg + deleted);
  struct aid_str next = AID_STR_INIT (1 << 24);

  aid_str_add (&next, v.ptr, from);
  aid_str_addspan (&next, text);
  aid_str_add (&next, v.ptr + to, v.len - to);
  aid_str_free (model);
  *model = next;
}

static void
check_measures (struct aid_shadow *s, const struct aid_str *model)
{
  struct aid_span v = aid_str_span (model);
  size_t chars = aid_utf8_count (v);

  assert_int_equal (aid_shadow_bytes (s), v.len);
  assert_int_equal (aid_shadow_chars (s), chars);
  for (int i = 0; i < 6; i++)
    {
      size_t chr = pick (chars + 1), byte = aid_utf8_offset (v, chr);

      assert_int_equal (aid_shadow_byte_of (s, chr), byte);
      assert_int_equal (aid_shadow_char_of (s, byte), chr);
    }
}

static void
random_edits (int ascii)
{
  struct aid_str model = AID_STR_INIT (1 << 24), text = AID_STR_INIT (1 << 24);
  struct aid_shadow *s;

  random_text (&text, 200, ascii);
  aid_str_addspan (&model, aid_str_span (&text));
  s = aid_shadow_new (aid_str_span (&text), NULL);
  assert_non_null (s);
  for (int i = 0; i < 3000; i++)
    {
      size_t chars = aid_shadow_chars (s), beg = pick (chars + 1), deleted = pick (chars - beg + 1);

      if (pick (3))
        deleted = pick (deleted < 8 ? deleted + 1 : 8);
      random_text (&text, pick (40) ? pick (9) : pick (6000), ascii);
      assert_int_equal (aid_shadow_edit (s, beg, deleted, aid_str_span (&text), NULL), AID_OK);
      model_edit (&model, beg, deleted, aid_str_span (&text));
      check_measures (s, &model);
      if (pick (5) == 0)
        assert_true (aid_span_eq (aid_shadow_text (s), aid_str_span (&model)));
    }
  assert_true (aid_span_eq (aid_shadow_text (s), aid_str_span (&model)));
  aid_shadow_free (s);
  aid_str_free (&model);
  aid_str_free (&text);
}

static void
edits_give_the_model_s_text (void **state)
{
  (void)state;
  random_edits (1);
  random_edits (0);
}

static void
an_empty_text_takes_edits (void **state)
{
  struct aid_shadow *s = aid_shadow_new ((struct aid_span){ NULL, 0 }, NULL);

  (void)state;
  assert_int_equal (aid_shadow_text (s).len, 0);
  assert_int_equal (aid_shadow_edit (s, 0, 0, AID_SPAN ("\xC3\xA9!"), NULL), AID_OK);
  assert_int_equal (aid_shadow_byte_of (s, 1), 2);
  assert_int_equal (aid_shadow_edit (s, 0, 2, (struct aid_span){ NULL, 0 }, NULL), AID_OK);
  assert_int_equal (aid_shadow_bytes (s), 0);
  assert_int_equal (aid_shadow_chars (s), 0);
  aid_shadow_free (s);
}

static void
a_byte_inside_a_character_is_that_character (void **state)
{
  struct aid_shadow *s = aid_shadow_new (AID_SPAN ("a\xF0\x9F\x98\x80z"), NULL);

  (void)state;
  for (size_t byte = 1; byte < 5; byte++)
    assert_int_equal (aid_shadow_char_of (s, byte), 1);
  assert_int_equal (aid_shadow_char_of (s, 5), 2);
  assert_int_equal (aid_shadow_char_of (s, 99), 3);
  assert_int_equal (aid_shadow_byte_of (s, 99), 6);
  aid_shadow_free (s);
}

static void
what_cannot_be_is_refused_and_changes_nothing (void **state)
{
  struct aid_shadow *s = aid_shadow_new (AID_SPAN ("caf\xC3\xA9"), NULL);
  struct aid_error e;

  (void)state;
  assert_int_equal (aid_shadow_edit (s, 5, 0, AID_SPAN ("x"), &e), AID_E_INVALID);
  assert_int_equal (aid_shadow_edit (s, 2, 3, AID_SPAN ("x"), &e), AID_E_INVALID);
  assert_int_equal (aid_shadow_edit (s, 1, (size_t)-1, AID_SPAN ("x"), &e), AID_E_INVALID);
  assert_int_equal (aid_shadow_edit (s, 1, 1, AID_SPAN ("\xC3"), &e), AID_E_INVALID);
  assert_true (aid_span_eqz (aid_shadow_text (s), "caf\xC3\xA9"));
  assert_null (aid_shadow_new (AID_SPAN ("\xFF"), &e));
  assert_int_equal (e.code, AID_E_INVALID);
  aid_shadow_free (s);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (edits_give_the_model_s_text),
    cmocka_unit_test (an_empty_text_takes_edits),
    cmocka_unit_test (a_byte_inside_a_character_is_that_character),
    cmocka_unit_test (what_cannot_be_is_refused_and_changes_nothing),
  };

  return cmocka_run_group_tests_name ("chat shadow", tests, NULL, NULL);
}
