/* Byte-pair encoding: where a text is cut, how its pieces merge, and what is made of a damaged vocabulary. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "small_vocabulary.h"
#include "model/bpe_internal.h"

/* --- cutting ------------------------------------------------------------------------------------------------------------ */

/* PIECES is the text with "|" between its pieces. */
static void
cut (enum aid_bpe_rule rule, const char *pieces)
{
  struct aid_str text = AID_STR_INIT (1000), got = AID_STR_INIT (2000);
  for (const char *p = pieces; *p; p++)
    if (*p != '|')
      aid_str_addc (&text, *p);
  for (size_t i = 0; i < text.len;)
    {
      size_t n = aid_bpe_piece (rule, text.ptr + i, text.ptr + text.len);
      assert_true (n > 0 && i + n <= text.len);
      aid_str_addf (&got, "%s%.*s", i ? "|" : "", (int) n, text.ptr + i);
      i += n;
    }
  assert_string_equal (aid_str_z (&got), pieces);
  aid_str_free (&text);
  aid_str_free (&got);
}

static void
both (const char *pieces)
{
  cut (AID_BPE_CL100K, pieces);
  cut (AID_BPE_O200K, pieces);
}

static void
a_word_takes_the_character_before_it (void **state)
{
  (void) state;
  both ("one| two| | three");
  both ("one|\ttwo|_three|.four|(five|)");
  both ("größe| año| Ωmega| привет");
}

static void
numbers_are_cut_by_threes (void **state)
{
  (void) state;
  both ("123|456|7| |8|x|9");
  both ("v|1|.|2½²");
}

static void
signs_take_the_newlines_after_them (void **state)
{
  (void) state;
  both ("a| ->| b|);\n\n|c");
  cut (AID_BPE_CL100K, "a|;\n|//|b");
  cut (AID_BPE_O200K, "a|;\n//|b");
}

static void
blanks_end_at_a_newline_or_leave_one_for_the_word (void **state)
{
  (void) state;
  both ("a|\n\n|   | b");
  both ("a| \n\t\n|\t|\tb");
  both ("a|  ");
  both ("a| |1");
  both ("a|\r\n|b");
}

static void
contractions_stand_alone_or_end_the_word (void **state)
{
  (void) state;
  cut (AID_BPE_CL100K, "it|'s| we|'LL| he|'d");
  cut (AID_BPE_O200K, "it's| we'LL| he'd");
  cut (AID_BPE_CL100K, "rock|'n|'roll");
  cut (AID_BPE_O200K, "rock|'n|'roll");
  cut (AID_BPE_CL100K, "a|'\xC5\xBF");       /* the long s */
  cut (AID_BPE_O200K, "a'\xC5\xBF");
}

static void
capitals_begin_a_word_in_o200k (void **state)
{
  (void) state;
  cut (AID_BPE_CL100K, "camelCaseHTTPServer");
  cut (AID_BPE_O200K, "camel|Case|HTTPServer");
  cut (AID_BPE_O200K, "ABC| DEF|_GHI");
  cut (AID_BPE_O200K, "日本|ABC");             /* what has no case goes with small letters */
  cut (AID_BPE_O200K, "ABC日本|ABC");
  cut (AID_BPE_O200K, "ABC日本ABCa日本a|B");
  cut (AID_BPE_CL100K, "日本ABC");
}

static void
marks_are_letters_in_o200k_only (void **state)
{
  (void) state;
  cut (AID_BPE_CL100K, "e|\xCC\x81t");
  cut (AID_BPE_O200K, "e\xCC\x81t");
  cut (AID_BPE_O200K, "\xCC\x81|ABC");         /* a mark before capitals is a word of its own, */
  cut (AID_BPE_O200K, "\xCC\x81""abc");        /* before small letters it begins theirs */
}

static void
emoji_are_signs (void **state)
{
  (void) state;
  both ("a| 👩‍👩‍👧| b");
}

/* --- merging ------------------------------------------------------------------------------------------------------------ */

static struct aid_bpe *bpe;

static int
open_small (void **state)
{
  struct aid_error e;
  if (scratch_make (state))
    return -1;
  write_vocabulary ("cl100k_base", scratch_path ("small.bpe"));
  return aid_bpe_open (scratch_path ("small.bpe"), &bpe, &e) != AID_OK;
}

static int
close_small (void **state)
{
  aid_bpe_close (bpe);
  return scratch_drop (state);
}

/* The rank of what is from FROM to TO, as the definition has it: the first of the merges, or a byte. */
static uint32_t
defined_rank (const char *text, size_t from, size_t to)
{
  if (to - from == 1)
    return (unsigned char) text[from];
  for (size_t i = 0; i < NMERGED; i++)
    if (strlen (merged[i]) == to - from && !memcmp (merged[i], text + from, to - from))
      return (uint32_t) (256 + i);
  return AID_BPE_NONE;
}

/* The definition, word for word: while some pair of neighbours is a token, the leftmost of lowest rank becomes one. */
static size_t
merge_by_definition (const char *text, size_t n, uint32_t *ids)
{
  size_t *cuts = calloc (n + 1, sizeof *cuts), parts = n;
  for (size_t i = 0; i <= n; i++)
    cuts[i] = i;
  for (;;)
    {
      size_t best = 0;
      uint32_t lowest = AID_BPE_NONE;
      for (size_t i = 0; i + 2 <= parts; i++)
        if (defined_rank (text, cuts[i], cuts[i + 2]) < lowest)
          {
            lowest = defined_rank (text, cuts[i], cuts[i + 2]);
            best = i;
          }
      if (lowest == AID_BPE_NONE)
        break;
      memmove (cuts + best + 1, cuts + best + 2, (parts - best - 1) * sizeof *cuts);
      parts--;
    }
  for (size_t i = 0; i < parts; i++)
    ids[i] = defined_rank (text, cuts[i], cuts[i + 1]);
  free (cuts);
  return parts;
}

/* TEXT is one piece. */
static void
merges_by_definition (const char *text, size_t n)
{
  struct aid_vec ids = AID_VEC_INIT (uint32_t, 1u << 20);
  uint32_t *wanted = calloc (n, sizeof *wanted);
  uint32_t whole = defined_rank (text, 0, n);
  size_t parts = whole != AID_BPE_NONE ? 1 : merge_by_definition (text, n, wanted);
  if (whole != AID_BPE_NONE)
    wanted[0] = whole;
  assert_int_equal (aid_bpe_count (bpe, (struct aid_span){ text, n }, &ids), parts);
  assert_int_equal (aid_bpe_count (bpe, (struct aid_span){ text, n }, NULL), parts);
  assert_int_equal (ids.len, parts);
  assert_memory_equal (ids.data, wanted, parts * sizeof *wanted);
  free (wanted);
  aid_vec_free (&ids);
}

static void
pieces_of_all_lengths_merge_by_the_definition (void **state)
{
  (void) state;
  char text[400];
  uint32_t random = 12345;
  for (size_t n = 1; n <= sizeof text; n += n < 130 ? 1 : 29)
    for (int again = 0; again < 4; again++)
      {
        for (size_t i = 0; i < n; i++)
          {
            random = random * 1664525 + 1013904223;
            text[i] = "aaaabbthein"[(random >> 16) % (again < 2 ? 6 : 11)];
          }
        merges_by_definition (text, n);
      }
}

static void
a_piece_that_is_a_token_is_one (void **state)
{
  (void) state;
  assert_int_equal (aid_bpe_count (bpe, AID_SPAN ("internationalization"), NULL), 1);
  assert_int_equal (aid_bpe_count (bpe, AID_SPAN (" the the"), NULL), 2);
  assert_int_equal (aid_bpe_count (bpe, AID_SPAN (""), NULL), 0);
}

static void
what_is_no_utf8_counts_as_replaced (void **state)
{
  (void) state;
  assert_int_equal (aid_bpe_count (bpe, AID_SPAN ("\xFF"), NULL), 3);           /* the bytes of U+FFFD */
  assert_int_equal (aid_bpe_count (bpe, AID_SPAN ("a\xE2\x82"), NULL), 4);
}

/* Three million letters are more than quadratic work could do in a test's time. */
static void
long_runs_take_no_quadratic_time (void **state)
{
  (void) state;
  size_t n = 48 * AID_BPE_PIECE_MAX;
  char *text = malloc (n);
  memset (text, 'a', n);
  assert_int_equal (aid_bpe_count (bpe, (struct aid_span){ text, n }, NULL), n / 8);
  memset (text, ' ', n);
  assert_int_equal (aid_bpe_count (bpe, (struct aid_span){ text, n }, NULL), n / 4);
  free (text);
}

static void
too_many_numbers_fail (void **state)
{
  (void) state;
  struct aid_vec ids = AID_VEC_INIT (uint32_t, 3);
  assert_int_equal (aid_bpe_count (bpe, AID_SPAN ("q w e r"), &ids), -1);
  aid_vec_free (&ids);
}

/* --- files -------------------------------------------------------------------------------------------------------------- */

static void
not_imported (const char *name, const char *ranks, enum aid_err code, const char *part)
{
  struct aid_str out = AID_STR_INIT (AID_BPE_FILE_MAX);
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_bpe_import (name, aid_span_z (ranks), &out, &e), code);
  if (!strstr (e.msg, part))
    fail_msg ("\"%s\" is not in \"%s\"", part, e.msg);
  assert_int_equal (out.len, 0);
  aid_str_free (&out);
}

static void
what_are_no_ranks_is_refused (void **state)
{
  (void) state;
  not_imported ("gpt2", "IQ== 0\n", AID_E_INVALID, "o200k_base and cl100k_base");
  not_imported ("o200k_base", "", AID_E_PARSE, "no ranks");
  not_imported ("o200k_base", "IQ== x\n", AID_E_PARSE, "line 1");
  not_imported ("o200k_base", "IQ== 0\nI*== 1\n", AID_E_PARSE, "line 2");
  not_imported ("o200k_base", "IQ== 0\n", AID_E_INVALID, "1 of the 256 bytes");
  not_imported ("o200k_base", "IQ== 0\nIQ== 1\n", AID_E_PARSE, "twice");
  not_imported ("o200k_base", "{\"bpe_ranks\": 3}", AID_E_PARSE, "no ranks");
  not_imported ("o200k_base", "{", AID_E_PARSE, "vocabulary");
}

/* The three forms in which packages ship ranks. */
static void
every_form_of_ranks_gives_the_same_file (void **state)
{
  (void) state;
  struct aid_str lines = AID_STR_INIT (1 << 20), row = AID_STR_INIT (1 << 20), json = AID_STR_INIT (1 << 20);
  struct aid_str a = AID_STR_INIT (AID_BPE_FILE_MAX), b = AID_STR_INIT (AID_BPE_FILE_MAX), c = AID_STR_INIT (AID_BPE_FILE_MAX);
  struct aid_span rest, line;
  write_ranks (&lines);
  aid_str_addz (&row, "! 0");
  for (rest = aid_str_span (&lines); aid_span_line (&rest, &line);)
    aid_str_addf (&row, " %.*s", (int) strcspn (line.ptr, " "), line.ptr);
  aid_str_addf (&json, "{\"pat_str\": \"\", \"bpe_ranks\": \"%s\"}", aid_str_z (&row));
  assert_int_equal (aid_bpe_import ("o200k_base", aid_str_span (&lines), &a, NULL), AID_OK);
  assert_int_equal (aid_bpe_import ("o200k_base", aid_str_span (&row), &b, NULL), AID_OK);
  assert_int_equal (aid_bpe_import ("o200k_base", aid_str_span (&json), &c, NULL), AID_OK);
  assert_true (aid_span_eq (aid_str_span (&a), aid_str_span (&b)) && aid_span_eq (aid_str_span (&a), aid_str_span (&c)));
  aid_str_free (&lines), aid_str_free (&row), aid_str_free (&json);
  aid_str_free (&a), aid_str_free (&b), aid_str_free (&c);
}

/* Damage in the head is seen when it is opened; damage behind it makes wrong numbers at worst. */
static void
a_damaged_vocabulary_harms_nobody (void **state)
{
  (void) state;
  struct aid_str file = AID_STR_INIT (AID_BPE_FILE_MAX);
  struct aid_bpe *b;
  uint32_t random = 1;
  assert_int_equal (aid_fs_read (scratch_path ("small.bpe"), &file, NULL), AID_OK);
  for (int i = 0; i < 300; i++)
    {
      struct aid_str bad = AID_STR_INIT (AID_BPE_FILE_MAX);
      size_t at, head = sizeof (struct aid_bpe_head) + 65536 * 4;
      aid_str_addspan (&bad, aid_str_span (&file));
      random = random * 1664525 + 1013904223;
      at = random % 3 ? random % sizeof (struct aid_bpe_head) : head + random % (bad.len - head);
      bad.ptr[at] = (char) (random >> 24);
      if (i % 5 == 0)
        bad.len = at;
      assert_int_equal (aid_fs_replace (scratch_path ("bad.bpe"), aid_str_span (&bad), 0644, NULL), AID_OK);
      if (!aid_bpe_open (scratch_path ("bad.bpe"), &b, NULL))
        assert_true (aid_bpe_count (b, AID_SPAN ("the internationalization of aaaaaaaaaaaaaaab12"), NULL) > 0);
      aid_bpe_close (b);
      aid_str_free (&bad);
    }
  aid_str_free (&file);
  assert_int_equal (aid_bpe_open (scratch_path ("none.bpe"), &b, NULL), AID_E_NOTFOUND);
  assert_null (b);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_word_takes_the_character_before_it),
    cmocka_unit_test (numbers_are_cut_by_threes),
    cmocka_unit_test (signs_take_the_newlines_after_them),
    cmocka_unit_test (blanks_end_at_a_newline_or_leave_one_for_the_word),
    cmocka_unit_test (contractions_stand_alone_or_end_the_word),
    cmocka_unit_test (capitals_begin_a_word_in_o200k),
    cmocka_unit_test (marks_are_letters_in_o200k_only),
    cmocka_unit_test (emoji_are_signs),
    cmocka_unit_test (pieces_of_all_lengths_merge_by_the_definition),
    cmocka_unit_test (a_piece_that_is_a_token_is_one),
    cmocka_unit_test (what_is_no_utf8_counts_as_replaced),
    cmocka_unit_test (long_runs_take_no_quadratic_time),
    cmocka_unit_test (too_many_numbers_fail),
    cmocka_unit_test (what_are_no_ranks_is_refused),
    cmocka_unit_test (every_form_of_ranks_gives_the_same_file),
    cmocka_unit_test (a_damaged_vocabulary_harms_nobody),
  };
  return cmocka_run_group_tests_name ("model bpe", tests, open_small, close_small);
}
