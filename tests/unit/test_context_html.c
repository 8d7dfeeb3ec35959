/* Pages become text: what people read of them stays, in the form of Markdown; what they don't is gone; any bytes are taken. */
#include "base/utf8.h"
#include "context/charset.h"
#include "context/html.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static void
expect (const char *html, const char *text)
{
  struct aid_str out = AID_STR_INIT (1u << 20);
  assert_int_equal (aid_html_text (aid_span_z (html), &out), AID_OK);
  assert_string_equal (aid_str_z (&out), text);
  aid_str_free (&out);
}

static void
test_text (void **state)
{
  (void) state;
  expect ("", "");
  expect ("plain", "plain\n");
  expect ("<p>One\n two   three</p><p>four</p>", "One two three\n\nfour\n");
  expect ("<div>a</div><div>b</div>c", "a\nb\nc\n");
  expect ("a<br>b<br/>c", "a\nb\nc\n");
  expect ("<p>some <b>bold</b> and <a href=\"x\">linked</a> words</p>", "some bold and linked words\n");
  expect ("<h1>Big</h1>text<h3>Small</h3>", "# Big\n\ntext\n\n### Small\n");
  expect ("a<hr>b", "a\n\n---\n\nb\n");
  expect ("Use <code>make</code>.", "Use `make`.\n");
  expect ("<img src=x alt='a cat'> <img src=y>", "[image: a cat]\n");
}

static void
test_lists_and_quotes (void **state)
{
  (void) state;
  expect ("<ul><li>a<li>b<ul><li>c</ul></ul>d", "- a\n- b\n  - c\n\nd\n");
  expect ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b\n");
  expect ("x<blockquote><p>said</p><p>more</p></blockquote>y", "x\n\n> said\n\n> more\n\ny\n");
  expect ("<ul><li><p>a</p><p>b</p></ul>", "- a\n\n  b\n");
}

/* A title that never ends is cut, but not within a character. */
static void
test_long_title (void **state)
{
  (void) state;
  char html[1200], text[1200];
  snprintf (html, sizeof html, "<title>%0999d\u00e9\u00e9</title>", 0);
  snprintf (text, sizeof text, "%0999d\n\n", 0);
  expect (html, text);
}

static void
test_tables (void **state)
{
  (void) state;
  expect ("x<table><tr><th>n</th><th>what</th></tr><tr><td>1</td><td><p>one</p></td></tr></table>y",
          "x\n\nn | what\n1 | one\n\ny\n");
}

/* Every byte of a block of code stays, and nothing in it ends its fence. */
static void
test_code (void **state)
{
  (void) state;
  expect ("a<pre><code>int\n  x = 1 &lt; <b>2</b>;\n</code></pre>b", "a\n\n```\nint\n  x = 1 < 2;\n```\n\nb\n");
  expect ("<pre>\n```\nx\n```</pre>", "````\n```\nx\n```\n````\n");
  expect ("<pre>a<br>b</pre>", "```\na\nb\n```\n");
  expect ("<pre>never closed", "```\nnever closed\n```\n");
  expect ("<pre>  </pre>x", "x\n");
}

static void
test_what_is_left_out (void **state)
{
  (void) state;
  expect ("<script>if (a < b) alert ('</p>')</script>x<style>p { }</style>y", "xy\n");
  expect ("<script>never closed <p>x", "");
  expect ("<nav><ul><li>Home</ul></nav>text<footer>(c)</footer>", "text\n");
  expect ("<nav>a menu that is never closed <p>text", "a menu that is never closed\n\ntext\n");
  expect ("<select><option>1</select>x<button>OK</button>", "x\n");
  expect ("a<!-- <p>b -->c<!DOCTYPE html><?xml?>d", "acd\n");
  expect ("a<!-- never closed", "a\n");
  expect ("a\001\002b\177c", "abc\n");
}

/* The main part is enough if it has enough; the title is told. */
static void
test_main_part (void **state)
{
  (void) state;
  char page[2000], want[2000], words[301];
  memset (words, 'w', 300);
  words[300] = '\0';
  snprintf (page, sizeof page, "<html><head><title>A &amp; B</title><body><div>menu</div><main><p>%s</p></main><p>x", words);
  snprintf (want, sizeof want, "A & B\n\n%s\n", words);
  expect (page, want);
  expect ("<title>T</title><main>short</main><p>rest</p>", "T\n\nshort\n\nrest\n");
  snprintf (page, sizeof page, "<p>x</p><article>%s</article><p>y</p>", words);
  snprintf (want, sizeof want, "%s\n", words);
  expect (page, want);
  snprintf (page, sizeof page, "<article>%s</article><article>two</article>", words);
  snprintf (want, sizeof want, "%s\ntwo\n", words);
  expect (page, want);
}

static void
test_references (void **state)
{
  (void) state;
  expect ("&lt;p&gt; &amp;amp; &quot;x&quot; &#65;&#x42;&#x1F600;", "<p> &amp; \"x\" AB\xF0\x9F\x98\x80\n");
  expect ("a&nbsp;b &mdash; c&hellip; AT&T &nosuch; &", "a b \xE2\x80\x94 c\xE2\x80\xA6 AT&T &nosuch; &\n");
  expect ("&#0;&#xD800;&#x110000;&#150;", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xE2\x80\x93\n");
  expect ("&copy 2026 &ltx", "\xC2\xA9 2026 &ltx\n");
}

static void
test_broken_tags (void **state)
{
  (void) state;
  expect ("1 < 2 > 0 <3", "1 < 2 > 0 <3\n");
  expect ("a<p title=\"x > y\">b</p>", "a\n\nb\n");
  expect ("a<p title=\"never closed>b", "a\n");
  expect ("</p></ul></li></table>x</pre>", "x\n");
  expect ("<LI>Upper<BR>case", "- Upper\ncase\n");
}

/* Hostile pages take no more than a page's time: each of these is a megabyte of one thing. */
static void
test_traps (void **state)
{
  (void) state;
  static const char *const pieces[]
    = { "<nav>", "<ul>", "<blockquote>", "<pre>", "<a title=\"", "<!--", "</", "&", "<table><tr><td>", "<script>", "<main>" };
  for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
    {
      struct aid_str page = AID_STR_INIT (2u << 20), out = AID_STR_INIT (64u << 20);
      while (page.len < 1u << 20)
        aid_str_addz (&page, pieces[i]);
      assert_int_equal (aid_html_text (aid_str_span (&page), &out), AID_OK);
      aid_str_free (&page);
      aid_str_free (&out);
    }
}

static void
test_limits (void **state)
{
  (void) state;
  struct aid_str small = AID_STR_INIT (10);
  assert_int_equal (aid_html_text (AID_SPAN ("<p>more than ten bytes</p>"), &small), AID_E_LIMIT);
  aid_str_free (&small);
  char *big = calloc (1, AID_HTML_MAX + 1);
  struct aid_str out = AID_STR_INIT (1000);
  assert_non_null (big);
  assert_int_equal (aid_html_text ((struct aid_span){ big, AID_HTML_MAX + 1 }, &out), AID_E_LIMIT);
  free (big);
  aid_str_free (&out);
}

/* --- charsets ----------------------------------------------------------------------------------------------------- */

static void
expect_decoded (struct aid_span bytes, const char *type, const char *text)
{
  struct aid_str out = AID_STR_INIT (10000);
  assert_int_equal (aid_charset_decode (bytes, type, &out), AID_OK);
  assert_string_equal (aid_str_z (&out), text);
  aid_str_free (&out);
}

static void
test_charsets (void **state)
{
  (void) state;
  expect_decoded (AID_SPAN ("gr\xC3\xBC\xC3\x9F"), NULL, "gr\xC3\xBC\xC3\x9F");
  expect_decoded (AID_SPAN ("gr\xFC\xDF"), "text/html; charset=ISO-8859-1", "gr\xC3\xBC\xC3\x9F");
  expect_decoded (AID_SPAN ("gr\xFC\xDF"), NULL, "gr\xC3\xBC\xC3\x9F");
  expect_decoded (AID_SPAN ("\x93q\x94"), "text/plain;charset=\"windows-1252\"", "\xE2\x80\x9Cq\xE2\x80\x9D");
  expect_decoded (AID_SPAN ("<meta charset='koi8-r'>\xC1"), "text/html", "<meta charset='koi8-r'>\xD0\xB0");
  expect_decoded (AID_SPAN ("\x82\xA0"), "text/html; charset=Shift_JIS", "\xE3\x81\x82");
  expect_decoded (AID_SPAN ("\xFF\xFE" "a\0b\0"), "text/html; charset=utf-8", "ab");
  expect_decoded (AID_SPAN ("\xEF\xBB\xBFx"), NULL, "x");
  expect_decoded (AID_SPAN ("a\xFF" "b"), "text/html; charset=utf-8", "a\xEF\xBF\xBD" "b");
  expect_decoded (AID_SPAN ("abc"), "text/html; charset=no-such-thing", "abc");
  expect_decoded (AID_SPAN ("\x82"), "text/html; charset=Shift_JIS", "\xEF\xBF\xBD");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_text), cmocka_unit_test (test_lists_and_quotes), cmocka_unit_test (test_long_title),
    cmocka_unit_test (test_tables), cmocka_unit_test (test_code), cmocka_unit_test (test_what_is_left_out),
    cmocka_unit_test (test_main_part), cmocka_unit_test (test_references), cmocka_unit_test (test_broken_tags),
    cmocka_unit_test (test_traps), cmocka_unit_test (test_limits), cmocka_unit_test (test_charsets),
  };
  return cmocka_run_group_tests_name ("context html", tests, NULL, NULL);
}
