/* Spans of Markdown: the cases under tests/cases/spans say what is expected; over them and over texts mutated from them
   it must hold that every span shows its delimiters in the source and that nothing of cmark's tree is lost. */
#include "base/fs.h"
#include "chat_spans_check.h"
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const char *const folder = "tests/cases/spans";

struct spans_case
{
  struct aid_str name, text, expected;
};

static struct aid_vec cases = { NULL, 0, 0, sizeof (struct spans_case), 1000 };

/* Puts FROM for every TO in a line. */
static void
add_visible (struct aid_str *out, struct aid_span line, const char *const (*pairs)[2], size_t n)
{
  for (size_t pos = 0, len; pos < line.len; pos += len)
    {
      len = 1;
      for (size_t i = 0; i < n; i++)
        if (aid_span_starts (aid_span_cut (line, pos, line.len), pairs[i][0]))
          {
            aid_str_addz (out, pairs[i][1]);
            len = strlen (pairs[i][0]);
            break;
          }
        else if (i + 1 == n)
          aid_str_addc (out, line.ptr[pos]);
    }
}

static void
read_cases (struct aid_span rest)
{
  static const char *const pairs[][2] = { { "→", "\t" }, { "␍", "\r" } };
  struct aid_span line;
  struct spans_case *c = NULL;
  int expected = 0;

  while (aid_span_line (&rest, &line))
    if (aid_span_eqz (line, "%%="))
      expected = 1;
    else if (aid_span_starts (line, "%% "))
      {
        c = aid_vec_push (&cases);
        assert_non_null (c);
        *c = (struct spans_case){ AID_STR_INIT (200), AID_STR_INIT (10000), AID_STR_INIT (10000) };
        aid_str_addspan (&c->name, aid_span_cut (line, 3, line.len));
        expected = 0;
      }
    else if (c && !expected)
      {
        add_visible (&c->text, line, pairs, 2);
        aid_str_addc (&c->text, '\n');
      }
    else if (c)
      {
        aid_str_addspan (&c->expected, line);
        aid_str_addc (&c->expected, '\n');
      }
}

static int
read_folder (void **state)
{
  DIR *dir = opendir (folder);
  struct dirent *entry;

  (void)state;
  while (dir && (entry = readdir (dir)))
    if (aid_span_ends (aid_span_z (entry->d_name), ".md"))
      {
        struct aid_str path = AID_STR_INIT (1000), file = AID_STR_INIT (1 << 20);

        aid_str_addf (&path, "%s/%s", folder, entry->d_name);
        assert_int_equal (aid_fs_read (aid_str_z (&path), &file, NULL), AID_OK);
        read_cases (aid_str_span (&file));
        aid_str_free (&path);
        aid_str_free (&file);
      }
  if (dir)
    closedir (dir);
  return cases.len > 60 ? 0 : -1;
}

static int
free_cases (void **state)
{
  (void)state;
  for (size_t i = 0; i < cases.len; i++)
    {
      aid_str_free (&AID_VEC_AT (struct spans_case, &cases, i).name);
      aid_str_free (&AID_VEC_AT (struct spans_case, &cases, i).text);
      aid_str_free (&AID_VEC_AT (struct spans_case, &cases, i).expected);
    }
  aid_vec_free (&cases);
  return 0;
}

/* The spans of TEXT as the case files write them. */
static void
describe (struct aid_span text, struct aid_str *out)
{
  static const char *const pairs[][2] = { { "\t", "→" }, { "\r", "␍" }, { "\n", "⏎" } };
  struct aid_vec spans = AID_VEC_INIT (struct aid_face_span, 1000);

  assert_int_equal (aid_spans (text, &spans, NULL, NULL), AID_OK);
  for (size_t i = 0; i < spans.len; i++)
    {
      struct aid_face_span s = AID_VEC_AT (struct aid_face_span, &spans, i);

      aid_str_addf (out, "%u %s ", s.beg, aid_face_name ((int)s.face));
      add_visible (out, aid_span_cut (text, s.beg, s.end), pairs, 3);
      aid_str_addc (out, '\n');
    }
  aid_vec_free (&spans);
}

static void
every_case_has_its_spans (void **state)
{
  int wrong = 0;

  (void)state;
  for (size_t i = 0; i < cases.len; i++)
    {
      struct spans_case *c = &AID_VEC_AT (struct spans_case, &cases, i);
      struct aid_str got = AID_STR_INIT (10000);

      describe (aid_str_span (&c->text), &got);
      if (!aid_span_eq (aid_str_span (&got), aid_str_span (&c->expected)))
        {
          print_error ("%s: got\n%s", aid_str_z (&c->name), aid_str_z (&got));
          wrong++;
        }
      aid_str_free (&got);
    }
  assert_int_equal (wrong, 0);
}

static uint32_t seed = 3;

static size_t
pick (size_t n)
{
  seed = seed * 1664525u + 1013904223u;
  return n ? (seed >> 8) % n : 0;
}

/* A text made of pieces of the cases and of what Markdown gives a meaning. */
static void
mutate (struct aid_str *out)
{
  static const char *const words[]
    = { "a", "*", "**", "_", "`", "``", "[", "](u)", "](<", ")", "![", ">", "> ", "- ", "1. ", "  ", "    ", "\t", "\n",
        "\n\n", "\n> ", "\n- ", "```\n", "~~~\n", "# ", "===\n", "---\n", "<b>", "<!--", "-->", "<http://x>", "\\", "&lt;",
        "&ne;", "é", "日", "\r\n", "\r", "|", "\n|--|\n", "\xEF\xBB\xBF" };

  for (size_t n = 1 + pick (12); n > 0; n--)
    if (pick (3))
      aid_str_addz (out, words[pick (sizeof words / sizeof *words)]);
    else
      {
        struct aid_span v = aid_str_span (&AID_VEC_AT (struct spans_case, &cases, pick (cases.len)).text);
        size_t beg = aid_utf8_offset (v, pick (v.len)), end = aid_utf8_offset (v, pick (v.len));

        aid_str_addspan (out, pick (3) ? v : aid_span_cut (v, beg, end > beg ? end : v.len));
      }
}

static void
spans_show_their_delimiters_and_none_is_lost (void **state)
{
  (void)state;
  for (int i = 0; i < 20000; i++)
    {
      struct aid_str text = AID_STR_INIT (100000);
      struct aid_vec spans = AID_VEC_INIT (struct aid_face_span, 100000);
      const char *wrong;

      mutate (&text);
      assert_int_equal (aid_spans (aid_str_span (&text), &spans, NULL, NULL), AID_OK);
      wrong = check_spans (aid_str_span (&text), &spans);
      wrong = wrong ? wrong : check_complete (aid_str_span (&text), &spans);
      if (wrong)
        fail_msg ("%s in:\n%s", wrong, aid_str_z (&text));
      aid_vec_free (&spans);
      aid_str_free (&text);
    }
}

/* Where cmark says that top-level fences begin, our scanner says so too: aid_code_blocks works without cmark. */
static void
code_blocks_are_cmark_s_fences (void **state)
{
  (void)state;
  for (int i = 0; i < 20000; i++)
    {
      struct aid_str text = AID_STR_INIT (100000);
      struct aid_vec blocks = AID_VEC_INIT (struct aid_code_block, 1000);
      struct aid_span v;
      cmark_node *root, *node;
      size_t n = 0, fences = 0;

      mutate (&text);
      v = aid_str_span (&text);
      assert_int_equal (aid_code_blocks (v, &blocks), AID_OK);
      root = cmark_parse_document (v.ptr, v.len, CMARK_OPT_DEFAULT);
      for (node = cmark_node_first_child (root); node; node = cmark_node_next (node))
        n += cmark_node_get_type (node) == CMARK_NODE_CODE_BLOCK;
      for (size_t b = 0; b < blocks.len; b++)
        {
          struct aid_code_block *c = &AID_VEC_AT (struct aid_code_block, &blocks, b);

          assert_true (c->beg < c->code && c->code <= c->code_end && c->code_end <= c->end && c->end <= v.len);
          assert_true (c->closed || c->code_end == c->end);
          fences++;
        }
      cmark_node_free (root);
      if (fences > n && aid_span_find (v, AID_SPAN ("]:")) < 0 && aid_span_find (v, AID_SPAN ("\xEF\xBB\xBF")) != 0)
        fail_msg ("%zu fences, and cmark has %zu code blocks in:\n%s", fences, n, aid_str_z (&text));
      aid_vec_free (&blocks);
      aid_str_free (&text);
    }
}

static void
a_code_block_says_all_about_itself (void **state)
{
  struct aid_span text = AID_SPAN ("a\n```c x\nint i;\n```\n\n- ```py\n  y\n\n~~~\nz");
  struct aid_vec blocks = AID_VEC_INIT (struct aid_code_block, 10);
  struct aid_code_block *b;

  (void)state;
  assert_int_equal (aid_code_blocks (text, &blocks), AID_OK);
  assert_int_equal (blocks.len, 2);          /* the one in the item is not at the top */
  b = blocks.data;
  assert_int_equal (b[0].beg, 2);
  assert_true (aid_span_eqz (aid_span_cut (text, b[0].code, b[0].code_end), "int i;\n"));
  assert_true (aid_span_eqz (aid_span_cut (text, b[0].code_end, b[0].end), "```\n"));
  assert_true (aid_span_eqz (b[0].info, "c"));
  assert_true (b[0].closed);
  assert_true (aid_span_eqz (aid_span_cut (text, b[1].code, b[1].end), "z"));
  assert_int_equal (b[1].info.len, 0);
  assert_false (b[1].closed);
  aid_vec_free (&blocks);
}

/* Parsed from a start, a text has the same faces behind it as parsed from its beginning. */
static void
parsing_from_a_start_gives_the_same_faces (void **state)
{
  (void)state;
  for (int i = 0; i < 5000; i++)
    {
      struct aid_str text = AID_STR_INIT (100000);
      struct aid_span v, rest;
      uint32_t *whole, *part;
      size_t start;

      for (int n = 0; n < 4; n++)
        mutate (&text);
      v = aid_str_span (&text);
      start = aid_spans_start (v, pick (v.len));
      rest = aid_span_cut (v, start, v.len);
      whole = paint_whole (v);
      part = paint_whole (rest);
      start = aid_utf8_count (aid_span_cut (v, 0, start));
      if (aid_span_find (v, AID_SPAN ("]:")) < 0
          && memcmp (whole + start, part, aid_utf8_count (rest) * sizeof *part) != 0)
        fail_msg ("other faces from character %zu on in:\n%s", start, aid_str_z (&text));
      free (whole);
      free (part);
      aid_str_free (&text);
    }
}

static void
a_start_is_where_a_block_begins (void **state)
{
  struct aid_span text = AID_SPAN ("one\n\n- a\n\n  b\n\n```\n\nx\n\n```\ntwo\nlines\n");

  (void)state;
  assert_int_equal (aid_spans_start (text, 0), 0);
  assert_int_equal (aid_spans_start (text, 13), 5);      /* in the list: where the list begins */
  assert_int_equal (aid_spans_start (text, 21), 15);     /* in the fence, behind its blank line */
  assert_int_equal (aid_spans_start (text, text.len), 27);
  assert_int_equal (aid_spans_start ((struct aid_span){ NULL, 0 }, 0), 0);
}

static void
the_tail_is_the_last_block (void **state)
{
  struct aid_vec spans = AID_VEC_INIT (struct aid_face_span, 10);
  size_t tail = 99;

  (void)state;
  assert_int_equal (aid_spans (AID_SPAN ("a\n\n> b\nc\n\n"), &spans, &tail, NULL), AID_OK);
  assert_int_equal (tail, 3);
  assert_int_equal (aid_spans (AID_SPAN ("\n"), &spans, &tail, NULL), AID_OK);
  assert_int_equal (tail, 0);
  aid_vec_free (&spans);
}

static void
bytes_that_are_no_text_do_no_harm (void **state)
{
  struct aid_vec spans = AID_VEC_INIT (struct aid_face_span, 100);
  struct aid_span text = AID_SPAN ("\0\0*a\0b*\0\xFF\xC3 `\xE6`\n> \0\n```\0\n");

  (void)state;
  assert_int_equal (aid_spans (text, &spans, NULL, NULL), AID_OK);
  assert_int_equal (AID_VEC_AT (struct aid_face_span, &spans, 0).face, AID_FACE_EMPHASIS);
  assert_int_equal (AID_VEC_AT (struct aid_face_span, &spans, 0).beg, 2);
  assert_int_equal (AID_VEC_AT (struct aid_face_span, &spans, 0).end, 7);
  aid_vec_free (&spans);
}

static void
too_many_spans_are_an_error (void **state)
{
  struct aid_vec spans = AID_VEC_INIT (struct aid_face_span, 4);
  struct aid_error e;

  (void)state;
  assert_int_equal (aid_spans (AID_SPAN ("*a* *b* *c*"), &spans, NULL, &e), AID_E_LIMIT);
  assert_int_equal (spans.len, 4);
  aid_vec_free (&spans);
}

/* What would take cmark minutes is shown plain; the blocks beside it keep their faces. */
static void
hostile_blocks_are_plain (void **state)
{
  static const char *const units[][2] = { { "> ", "" }, { "- ", "" }, { "[", "]" }, { "*a **a ", "b** b*" },
                                          { "<!-- ", "" }, { "[a](b \"", "" }, { "<a b=\"", "" }, { "`a``", "" },
                                          { "* * ", "" }, { "&ne;", "" }, { "a*b_", "" } };

  (void)state;
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    {
      struct aid_str text = AID_STR_INIT (1 << 24);
      struct aid_vec spans = AID_VEC_INIT (struct aid_face_span, 1 << 22);

      aid_str_addz (&text, "**first**\n\n");
      for (int n = 0; n < 20000; n++)
        aid_str_addz (&text, units[i][0]);
      aid_str_addz (&text, "x");
      for (int n = 0; n < 20000; n++)
        aid_str_addz (&text, units[i][1]);
      aid_str_addz (&text, "\n\n# last\n");
      assert_int_equal (aid_spans (aid_str_span (&text), &spans, NULL, NULL), AID_OK);
      assert_null (check_spans (aid_str_span (&text), &spans));
      assert_int_equal (AID_VEC_AT (struct aid_face_span, &spans, 0).face, AID_FACE_STRONG);
      aid_vec_free (&spans);
      aid_str_free (&text);
    }
}

static void
a_very_long_line_is_plain (void **state)
{
  struct aid_str text = AID_STR_INIT (1 << 26);
  struct aid_vec spans = AID_VEC_INIT (struct aid_face_span, 1 << 20);

  (void)state;
  for (int n = 0; n < 1 << 21; n++)
    aid_str_addz (&text, "*x* abc ");
  aid_str_addz (&text, "\n\n```\n");
  for (int n = 0; n < 1 << 18; n++)
    aid_str_addz (&text, "0123456789");
  aid_str_addz (&text, "\n```\n*x*\n");
  assert_int_equal (aid_spans (aid_str_span (&text), &spans, NULL, NULL), AID_OK);
  assert_int_equal (spans.len, 6);           /* fence, block, fence, and the last line's three */
  assert_int_equal (AID_VEC_AT (struct aid_face_span, &spans, 1).face, AID_FACE_BLOCK);
  aid_vec_free (&spans);
  aid_str_free (&text);
}

static void
faces_have_names (void **state)
{
  (void)state;
  assert_string_equal (aid_face_name (AID_FACE_HEADING1), "heading1");
  assert_string_equal (aid_face_name (AID_FACE_MARKUP), "markup");
  assert_string_equal (aid_face_name (AID_FACES), "nil");
  assert_int_equal (AID_FACE_MARKUP + 1, AID_FACES);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (every_case_has_its_spans),
    cmocka_unit_test (spans_show_their_delimiters_and_none_is_lost),
    cmocka_unit_test (code_blocks_are_cmark_s_fences),
    cmocka_unit_test (a_code_block_says_all_about_itself),
    cmocka_unit_test (parsing_from_a_start_gives_the_same_faces),
    cmocka_unit_test (a_start_is_where_a_block_begins),
    cmocka_unit_test (the_tail_is_the_last_block),
    cmocka_unit_test (bytes_that_are_no_text_do_no_harm),
    cmocka_unit_test (too_many_spans_are_an_error),
    cmocka_unit_test (hostile_blocks_are_plain),
    cmocka_unit_test (a_very_long_line_is_plain),
    cmocka_unit_test (faces_have_names),
  };

  return cmocka_run_group_tests_name ("chat spans", tests, read_folder, free_cases);
}
