/* Scanners read in time linear in the text, whatever it is: each trap, twice as long, takes about twice as long.  And their
   limits hold. */
#include "scan/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

static double
cpu (void)
{
  struct timespec t;
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

/* PART over and over, BYTES of it; free it. */
static char *
repeated (const char *part, size_t bytes)
{
  char *text = malloc (bytes + 1);
  size_t n = strlen (part);
  assert_non_null (text);
  for (size_t i = 0; i < bytes; i++)
    text[i] = part[i % n];
  text[bytes] = '\0';
  return text;
}

static double
seconds (enum aid_language language, const char *part, size_t bytes)
{
  struct aid_scan s = AID_SCAN_INIT;
  char *text = repeated (part, bytes);
  double best = 1e9;
  for (int i = 0; i < 2; i++)
    {
      double start = cpu ();
      assert_int_equal (aid_scan_text (language, (struct aid_span){ text, bytes }, &s), AID_OK);
      double took = cpu () - start;
      best = took < best ? took : best;
    }
  free (text);
  aid_scan_free (&s);
  return best;
}

static const char *const traps[] = {
  "(",
  "[",
  "{",
  "<",
  ")",
  "}",
  "a<",
  "f(){",
  "f() { ",
  "a;/**/",
  "\"\\",
  "\"\\\"",
  "'",
  "'\\",
  "`${",
  "`",
  "=/[",
  "/",
  "/*",
  "(*",
  "#|",
  "{id|",
  "R\"(",
  "R\"x",
  "r#\"",
  "r##",
  "\"\"\"",
  "'''",
  "let ",
  "let x = ",
  "and ",
  "struct ",
  "class ",
  "class A{",
  "enum A{",
  "enum {",
  "namespace ",
  "template<",
  "operator",
  "#if 1\n",
  "#if 0\n",
  "#if 0 ",
  "#if 1\n{\n#else\n",
  "#define a\n",
  "\\",
  "\\\n",
  "\n",
  " ",
  "\t",
  "(def a ",
  "((",
  "(define ((",
  "(define (",
  "'(",
  "?\\",
  "#\\",
  ";",
  "# ",
  "## a\n",
  "```",
  "> ",
  "a\n=\n",
  "<<E\n",
  "f()\n\n",
  "${",
  "\"$(",
  "$(",
  "def f(",
  "def f():\n ",
  "  def f():\n",
  "@",
  "@a(",
  "@a\n",
  "import ",
  "import a,",
  "from a import (",
  "impl<",
  "impl A{",
  "fn a(",
  "fn f(){",
  "pub(",
  "mod a{",
  "type A=",
  "type A struct{",
  "func (",
  "func f(",
  "const (",
  "var a,",
  "a:=func(){",
  "new A(){",
  "a.b.c=",
  "a=(",
  "a=>",
  "a={b:",
  "describe('",
  "describe('a',()=>{",
  "require('",
  "module M = struct ",
  "module type S = sig ",
  "object ",
  "begin ",
  "type t = A | ",
  "type t = { a : ",
  "\xff",
  "\xc3",
  "=begin",
  "int f(int), ",
  "int a, ",
  "#include <",
  "a ",
  "a\n",
  "a: ",
  "a, ",
  "x=1;",
  "x;",
  "export ",
  "export {",
  "interface A{a(",
  "static ",
};

static void
no_trap_takes_more_than_linear_time (void **state)
{
  (void)state;
  int failed = 0;
  for (int language = 1; language < AID_LANG_FOREIGN; language++)
    for (size_t i = 0; i < sizeof traps / sizeof *traps; i++)
      {
        size_t n = 1 << 12;
        double once = seconds ((enum aid_language) language, traps[i], n),
               longer = seconds ((enum aid_language) language, traps[i], n * 16);
        if (longer > once * 48 + 0.02)
          {
            print_error ("%s: \"%s\": %zu KB take %.1f ms, %zu KB take %.1f ms\n",
                         aid_language_name ((enum aid_language) language), traps[i], n >> 10, once * 1e3, n >> 6,
                         longer * 1e3);
            failed++;
          }
      }
  assert_int_equal (failed, 0);
}

static void
what_is_over_a_limit_is_left_out (void **state)
{
  (void)state;
  struct aid_scan s = AID_SCAN_INIT;
  size_t n = (size_t) AID_SCAN_DEFS * 8 + 800;
  char *text = repeated ("int aa;\n", n);
  assert_int_equal (aid_scan_text (AID_LANG_C, (struct aid_span){ text, n }, &s), AID_OK);
  assert_int_equal (s.n_defs, AID_SCAN_DEFS);
  assert_int_equal (s.defs[AID_SCAN_DEFS - 1].line, AID_SCAN_DEFS);
  assert_int_equal (aid_scan_text (AID_LANG_C, (struct aid_span){ text, AID_SCAN_TEXT_MAX + 1 }, &s), AID_E_LIMIT);
  assert_int_equal (s.n_defs, 0);
  free (text);

  size_t depth = AID_SCAN_NESTING * 2, each = strlen ("class A{");
  text = repeated ("class A{", depth * each);
  assert_int_equal (aid_scan_text (AID_LANG_JAVA, (struct aid_span){ text, depth * each }, &s), AID_OK);
  assert_in_range (s.n_defs, AID_SCAN_NESTING - 1, AID_SCAN_NESTING + 1);
  struct aid_str container = AID_STR_INIT (1 << 16);
  assert_int_equal (
    aid_scan_container (&s, AID_LANG_JAVA, (struct aid_span){ text, depth * each }, s.n_defs - 1, &container), AID_OK);
  assert_int_equal (container.len, (s.n_defs - 1) * 2 - 1);
  aid_str_free (&container);
  free (text);
  aid_scan_free (&s);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (no_trap_takes_more_than_linear_time),
    cmocka_unit_test (what_is_over_a_limit_is_left_out),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
