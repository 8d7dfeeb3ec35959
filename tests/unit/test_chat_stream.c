/* Markdown that arrives in pieces: whatever the cuts and the flushes, the reader ends with the faces that the whole text
   has, and cmark reads at most a fixed multiple of what came. */
#include "base/fs.h"
#include "chat_spans_check.h"
#include "sanitized.h"
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const char *const folder = "tests/cases/spans";
static uint32_t seed = 11;

enum { FEWER = SANITIZED ? 5 : 1 };

static size_t
pick (size_t n)
{
  seed = seed * 1664525u + 1013904223u;
  return n ? (seed >> 8) % n : 0;
}

/* All case files, one behind the other: names and expectations are Markdown like any other. */
static void
read_all (struct aid_str *out)
{
  DIR *dir = opendir (folder);
  struct dirent *entry;

  assert_non_null (dir);
  while ((entry = readdir (dir)))
    if (aid_span_ends (aid_span_z (entry->d_name), ".md"))
      {
        struct aid_str path = AID_STR_INIT (1000);

        aid_str_addf (&path, "%s/%s", folder, entry->d_name);
        assert_int_equal (aid_fs_read (aid_str_z (&path), out, NULL), AID_OK);
        aid_str_free (&path);
      }
  closedir (dir);
  assert_true (out->len > 10000);
}

/* Sends V in deltas of at most BYTES, flushing after one of EVERY. */
static void
stream_through (struct aid_span v, size_t bytes, size_t every)
{
  size_t limit = 3 * v.len + 8;
  struct stream_model m = { AID_STR_INIT (limit + 8), calloc (limit + 1, sizeof (uint32_t)), 0, limit };
  struct aid_stream *s = aid_stream_new (limit);
  const char *wrong = NULL;

  for (size_t pos = 0, n; !wrong && pos < v.len; pos += n)
    {
      n = 1 + pick (bytes);
      n = n < v.len - pos ? n : v.len - pos;
      assert_int_equal (aid_stream_add (s, aid_span_cut (v, pos, pos + n), NULL), AID_OK);
      if (pick (every) == 0)
        wrong = take_flush (s, &m, 0);
    }
  wrong = wrong ? wrong : take_flush (s, &m, 1);
  wrong = wrong ? wrong : check_final (s, &m);
  if (wrong)
    fail_msg ("%s (deltas of %zu, a flush in %zu) in:\n%.*s", wrong, bytes, every, (int)v.len, v.ptr);
  aid_stream_free (s);
  aid_str_free (&m.text);
  free (m.paint);
}

static void
all_cases_at_any_cuts_end_like_the_whole (void **state)
{
  struct aid_str all = AID_STR_INIT (1 << 20);

  (void)state;
  read_all (&all);
  for (int i = 0; i < 40 / FEWER; i++)
    stream_through (aid_str_span (&all), 1 + pick (40), 1 + pick (6));
  aid_str_free (&all);
}

/* Pieces of the cases in any order: constructs that are cut, left open, and closed by others. */
static void
mixed_pieces_end_like_the_whole (void **state)
{
  struct aid_str all = AID_STR_INIT (1 << 20);

  (void)state;
  read_all (&all);
  for (int i = 0; i < 2000 / FEWER; i++)
    {
      struct aid_str text = AID_STR_INIT (1 << 20);

      for (size_t n = 1 + pick (8); n > 0; n--)
        {
          size_t beg = pick (all.len), len = pick (200);

          aid_str_addspan (&text, aid_span_cut (aid_str_span (&all), beg, beg + len < all.len ? beg + len : all.len));
        }
      stream_through (aid_str_span (&text), 1 + pick (12), 1 + pick (4));
      aid_str_free (&text);
    }
  aid_str_free (&all);
}

static void
a_character_cut_in_two_arrives_whole (void **state)
{
  struct aid_stream *s = aid_stream_new (1000);
  struct aid_vec spans = AID_VEC_INIT (struct aid_face_span, 100);
  struct aid_span text;
  size_t from;

  (void)state;
  aid_stream_add (s, AID_SPAN ("\xF0\x9F\x98"), NULL);
  assert_int_equal (aid_stream_flush (s, 0, &text, &from, &spans), 0);
  aid_stream_add (s, AID_SPAN ("\x80*a*\xC3"), NULL);
  assert_int_equal (aid_stream_flush (s, 0, &text, &from, &spans), 1);
  assert_true (aid_span_eqz (text, "\xF0\x9F\x98\x80*a*"));
  assert_int_equal (from, 0);
  assert_int_equal (spans.len, 3);
  assert_int_equal (AID_VEC_AT (struct aid_face_span, &spans, 0).beg, 1);     /* characters */
  assert_int_equal (AID_VEC_AT (struct aid_face_span, &spans, 0).end, 4);
  assert_int_equal (aid_stream_flush (s, 1, &text, &from, &spans), 1);
  assert_true (aid_span_eqz (text, "\xEF\xBF\xBD"));                          /* it never was completed */
  assert_int_equal (aid_stream_flush (s, 1, &text, &from, &spans), 0);
  aid_vec_free (&spans);
  aid_stream_free (s);
}

static void
bytes_that_are_no_utf8_are_cleaned (void **state)
{
  struct aid_stream *s = aid_stream_new (1000);

  (void)state;
  aid_stream_add (s, AID_SPAN ("a\xFF" "b\xE6\x97"), NULL);
  aid_stream_add (s, AID_SPAN ("z\0y"), NULL);
  assert_int_equal (aid_stream_text (s).len, 1 + 3 + 1 + 3 + 3);
  assert_memory_equal (aid_stream_text (s).ptr, "a\xEF\xBF\xBD" "b\xEF\xBF\xBDz\0y", 11);
  aid_stream_free (s);
}

static void
beyond_the_limit_what_fits_is_kept (void **state)
{
  struct aid_stream *s = aid_stream_new (7);
  struct aid_error e;

  (void)state;
  assert_int_equal (aid_stream_add (s, AID_SPAN ("abcde"), &e), AID_OK);
  assert_int_equal (aid_stream_add (s, AID_SPAN ("f\xE6\x97\xA5gh"), &e), AID_E_LIMIT);
  assert_true (aid_span_eqz (aid_stream_text (s), "abcdef"));
  assert_int_equal (aid_stream_add (s, AID_SPAN ("gh"), &e), AID_E_LIMIT);
  assert_true (aid_span_eqz (aid_stream_text (s), "abcdefg"));
  aid_stream_free (s);
}

static void
a_closed_block_is_not_painted_again (void **state)
{
  struct aid_stream *s = aid_stream_new (1000);
  struct aid_vec spans = AID_VEC_INIT (struct aid_face_span, 100);
  struct aid_span text;
  size_t from;

  (void)state;
  aid_stream_add (s, AID_SPAN ("*a*\n\nb\n"), NULL);
  assert_int_equal (aid_stream_flush (s, 0, &text, &from, &spans), 1);
  assert_int_equal (from, 0);
  aid_stream_add (s, AID_SPAN ("*c*"), NULL);
  assert_int_equal (aid_stream_flush (s, 0, &text, &from, &spans), 1);
  assert_int_equal (from, 7);
  assert_int_equal (AID_VEC_AT (struct aid_face_span, &spans, 0).beg, 7);
  aid_vec_free (&spans);
  aid_stream_free (s);
}

/* An editor draws a line anew when one of its faces is given again, also when it is the same face. */
static void
what_was_told_is_not_told_again (void **state)
{
  struct aid_stream *s = aid_stream_new (1000);
  struct aid_vec spans = AID_VEC_INIT (struct aid_face_span, 100);
  struct aid_span text;
  size_t from;

  (void)state;
  aid_stream_add (s, AID_SPAN ("an *old* word, `code"), NULL);
  aid_stream_flush (s, 0, &text, &from, &spans);
  aid_stream_add (s, AID_SPAN (" and"), NULL);
  assert_int_equal (aid_stream_flush (s, 0, &text, &from, &spans), 1);
  assert_int_equal (from, 20);
  assert_int_equal (spans.len, 0);
  aid_stream_add (s, AID_SPAN ("` more"), NULL);
  aid_stream_flush (s, 0, &text, &from, &spans);
  assert_int_equal (from, 15);
  assert_int_equal (AID_VEC_AT (struct aid_face_span, &spans, 0).face, AID_FACE_CODE);
  aid_vec_free (&spans);
  aid_stream_free (s);
}

static void
a_fence_s_new_lines_are_painted_alone (void **state)
{
  struct aid_stream *s = aid_stream_new (1000);
  struct aid_vec spans = AID_VEC_INIT (struct aid_face_span, 100);
  struct aid_span text;
  size_t from;

  (void)state;
  aid_stream_add (s, AID_SPAN ("```c\nint i;\n"), NULL);
  aid_stream_flush (s, 0, &text, &from, &spans);
  assert_int_equal (spans.len, 2);
  aid_stream_add (s, AID_SPAN ("int j;\n``"), NULL);
  assert_int_equal (aid_stream_flush (s, 0, &text, &from, &spans), 1);
  assert_int_equal (from, 12);
  assert_int_equal (spans.len, 1);
  assert_int_equal (AID_VEC_AT (struct aid_face_span, &spans, 0).face, AID_FACE_BLOCK);
  aid_stream_add (s, AID_SPAN ("`"), NULL);
  assert_int_equal (aid_stream_flush (s, 0, &text, &from, &spans), 1);
  assert_int_equal (from, 19);
  assert_int_equal (spans.len, 1);
  assert_int_equal (AID_VEC_AT (struct aid_face_span, &spans, 0).face, AID_FACE_FENCE);
  assert_int_equal (aid_stream_parsed (s), 0);
  aid_vec_free (&spans);
  aid_stream_free (s);
}

static void
a_definition_that_comes_later_is_known_at_the_end (void **state)
{
  struct aid_stream *s = aid_stream_new (1000);
  struct aid_vec spans = AID_VEC_INIT (struct aid_face_span, 100);
  struct aid_span text;
  size_t from;

  (void)state;
  aid_stream_add (s, AID_SPAN ("see [r]\n\nb\n\n[r]: /u\n"), NULL);
  aid_stream_flush (s, 0, &text, &from, &spans);
  assert_int_equal (aid_stream_flush (s, 1, &text, &from, &spans), 1);
  assert_int_equal (text.len, 0);
  assert_int_equal (from, 0);
  assert_int_equal (AID_VEC_AT (struct aid_face_span, &spans, 0).face, AID_FACE_LINK);
  aid_vec_free (&spans);
  aid_stream_free (s);
}

/* 200 KB of UNIT, HEAD first, one token at a time with a flush for each. */
static void
work_is_linear (const char *head, const char *unit)
{
  struct aid_stream *s = aid_stream_new (1 << 20);
  struct aid_str all = AID_STR_INIT (1 << 20);
  struct aid_vec spans = AID_VEC_INIT (struct aid_face_span, 1 << 20);
  struct aid_span text;
  size_t from, painted = 0;

  aid_str_addz (&all, head);
  while (all.len < 200000 / FEWER)
    aid_str_addz (&all, unit);
  for (size_t pos = 0; pos < all.len; pos += 4)
    {
      aid_stream_add (s, aid_span_cut (aid_str_span (&all), pos, pos + 4 < all.len ? pos + 4 : all.len), NULL);
      aid_stream_flush (s, 0, &text, &from, &spans);
      painted += spans.len;
    }
  aid_stream_flush (s, 1, &text, &from, &spans);
  if (aid_stream_parsed (s) > 40 * all.len || painted > 40 * all.len)
    fail_msg ("%zu bytes parsed and %zu spans made for %zu bytes of %s%s", aid_stream_parsed (s), painted, all.len, head,
              unit);
  aid_vec_free (&spans);
  aid_str_free (&all);
  aid_stream_free (s);
}

static void
every_shape_of_text_is_linear_work (void **state)
{
  (void)state;
  work_is_linear ("", "Some *words* of a paragraph, `code` and **more**.\n\n");
  work_is_linear ("", "one giant *paragraph* with `code` ");
  work_is_linear ("", "one giant *paragraph* in\nlines\n");
  work_is_linear ("```c\n", "int one_giant_fence;\n");
  work_is_linear ("```c\n", "int one_line_in_a_fence; ");
  work_is_linear ("", "- one giant *list*\n");
  work_is_linear ("", "- a\n\n  ```\n  b\n  ```\n\n");
  work_is_linear ("| a | b |\n|---|---|\n", "| one *giant* | table |\n");
  work_is_linear ("", "> one giant `quote`\n");
  work_is_linear ("", "```\n```\n");
  work_is_linear ("<!--\n", "one giant comment\n");
  work_is_linear ("", "\n");
  work_is_linear ("", "[r]: /u\n");
  work_is_linear ("", "# h\n");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (all_cases_at_any_cuts_end_like_the_whole),
    cmocka_unit_test (mixed_pieces_end_like_the_whole),
    cmocka_unit_test (a_character_cut_in_two_arrives_whole),
    cmocka_unit_test (bytes_that_are_no_utf8_are_cleaned),
    cmocka_unit_test (beyond_the_limit_what_fits_is_kept),
    cmocka_unit_test (a_closed_block_is_not_painted_again),
    cmocka_unit_test (what_was_told_is_not_told_again),
    cmocka_unit_test (a_fence_s_new_lines_are_painted_alone),
    cmocka_unit_test (a_definition_that_comes_later_is_known_at_the_end),
    cmocka_unit_test (every_shape_of_text_is_linear_work),
  };

  return cmocka_run_group_tests_name ("chat stream", tests, NULL, NULL);
}
