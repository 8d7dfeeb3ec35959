/* What placing promises beyond the case files: positions of edits, a person's choices, bounds on the work, and, for
   random texts, that a true diff gives the true result and its reverse the text that was. */
#include "patch_cases.h"
#include "base/utf8.h"

static struct aid_patch *
read_z (const char *answer)
{
  return read_patch (aid_span_z (answer), AID_FORMAT_UNIFIED);
}

static struct memory
one_file (const char *path, const char *text)
{
  return (struct memory){ .file = { { path, aid_span_z (text) } } };
}

#define TRIPLE "begin\nx = 1\nend\nbegin\nx = 1\nend\nbegin\nx = 1\nend\n"
#define IN_TRIPLE "--- a/f\n+++ b/f\n@@ @@\n begin\n-x = 1\n+x = 2\n end\n"

static void
edits_are_whole_changed_lines_in_bytes_and_characters (void **state)
{
  (void) state;
  struct aid_patch *p = read_z ("--- a/f\n+++ b/f\n@@ -2,3 +2,4 @@\n bö\n-c\n+C\n+D\n d\n");
  struct memory m = one_file ("f", "äää\nbö\nc\nd\n");
  struct aid_plan *plan = plan_in (p, &m, NULL);
  const struct aid_placement *o = PLACED_AT (plan, 0);
  assert_int_equal (o->edits.len, 1);
  const struct aid_patch_edit *e = &AID_VEC_AT (struct aid_patch_edit, &o->edits, 0);
  assert_int_equal (e->beg, 11);
  assert_int_equal (e->end, 13);
  assert_int_equal (e->cbeg, 7);
  assert_int_equal (e->cend, 9);
  assert_true (aid_span_eqz (e->text, "C\nD\n"));
  assert_int_equal (o->span_beg, 7);
  assert_int_equal (o->span_end, 15);
  assert_int_equal (o->cspan_beg, 4);
  assert_int_equal (o->cspan_end, 11);
  assert_string_equal (aid_str_z (&PLAN_AT (plan, 0)->after), "äää\nbö\nC\nD\nd\n");
  aid_plan_free (plan);
  aid_patch_free (p);
}

static void
what_is_deleted_and_inserted_alike_is_not_touched (void **state)
{
  (void) state;
  struct aid_patch *p = read_z ("--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n-a\n-b\n-c\n+a\n+B\n+c\n");
  struct memory m = one_file ("f", "a\nb\nc\n");
  struct aid_plan *plan = plan_in (p, &m, NULL);
  assert_int_equal (PLACED_AT (plan, 0)->edits.len, 1);
  const struct aid_patch_edit *e = &AID_VEC_AT (struct aid_patch_edit, &PLACED_AT (plan, 0)->edits, 0);
  assert_int_equal (e->beg, 2);
  assert_int_equal (e->end, 4);
  assert_true (aid_span_eqz (e->text, "B\n"));
  aid_plan_free (plan);
  aid_patch_free (p);
}

static void
a_person_chooses_among_the_candidates (void **state)
{
  (void) state;
  struct aid_patch *p = read_z (IN_TRIPLE);
  struct memory m = one_file ("f", TRIPLE);
  struct aid_plan *plan = plan_in (p, &m, NULL);
  const struct aid_placement *o = PLACED_AT (plan, 0);
  assert_int_equal (o->status, AID_HUNK_REFUSED);
  assert_int_equal (o->candidates.len, 3);
  assert_int_equal (AID_VEC_AT (int64_t, &o->candidates, 2), 7);
  aid_plan_free (plan);
  static const int64_t chosen[] = { 7, 5 };
  struct aid_plan_options good = { .chosen = &chosen[0] }, bad = { .chosen = &chosen[1] };
  plan = plan_in (p, &m, &good);
  assert_int_equal (PLACED_AT (plan, 0)->line, 7);
  assert_string_equal (aid_str_z (&PLAN_AT (plan, 0)->after), "begin\nx = 1\nend\nbegin\nx = 1\nend\nbegin\nx = 2\nend\n");
  aid_plan_free (plan);
  plan = plan_in (p, &m, &bad);
  assert_int_equal (PLACED_AT (plan, 0)->status, AID_HUNK_REFUSED);
  aid_plan_free (plan);
  aid_patch_free (p);
}

static void
a_left_out_hunk_takes_no_part (void **state)
{
  (void) state;
  struct aid_patch *p = read_z ("--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+A\n@@ -1 +1 @@\n-a\n+X\n@@ -2 +2 @@\n-b\n+B\n");
  struct memory m = one_file ("f", "a\nb\n");
  static const unsigned char only[] = { 0, 1, 0 };
  struct aid_plan_options options = { .only = only };
  struct aid_plan *plan = plan_in (p, &m, &options);
  assert_int_equal (PLACED_AT (plan, 0)->status, AID_HUNK_LEFT_OUT);
  assert_int_equal (PLACED_AT (plan, 1)->status, AID_HUNK_APPLIES);
  assert_int_equal (PLACED_AT (plan, 0)->edits.len, 0);
  assert_int_equal (plan->applied, 1);
  assert_int_equal (plan->refused, 0);
  assert_string_equal (aid_str_z (&PLAN_AT (plan, 0)->after), "X\nb\n");
  aid_plan_free (plan);
  aid_patch_free (p);
}

static void
the_reverse_turns_operations_and_names_around (void **state)
{
  (void) state;
  struct aid_patch *p = read_z ("--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+x\n"
                                "diff --git a/old b/moved\nrename from old\nrename to moved\n"
                                "--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-y\n");
  struct memory m = { .file = { { "new", AID_SPAN ("x\n") }, { "moved", AID_SPAN ("m\n") } } };
  struct aid_plan_options options = { .reverse = 1 };
  struct aid_plan *plan = plan_in (p, &m, &options);
  assert_int_equal (plan->applied, 3);
  assert_string_equal (PLACED_AT (plan, 0)->method, "delete");
  assert_string_equal (PLACED_AT (plan, 1)->method, "create");
  assert_string_equal (aid_str_z (&PLAN_AT (plan, 2)->after), "y\n");
  aid_plan_free (plan);
  aid_patch_free (p);
}

/* The hunks of a copy that is not made have no place in the file that would be. */
static void
a_refused_copy_has_no_places (void **state)
{
  (void) state;
  struct aid_patch *p = read_z ("diff --git a/f b/g\ncopy from f\ncopy to g\n--- a/f\n+++ b/g\n@@ -1,2 +1,2 @@\n"
                                "-one;\n+1;\n two;\n"
                                "@@ -3,1 +3,1 @@\n-no such line;\n+x;\n");
  struct memory m = one_file ("f", "one;\ntwo;\nthree;\n");
  struct aid_plan *plan = plan_in (p, &m, NULL);
  assert_int_equal (plan->refused, 2);
  for (size_t i = 0; i < 2; i++)
    assert_int_equal (PLACED_AT (plan, i)->span_end, 0);
  aid_plan_free (plan);
  aid_patch_free (p);
}

/* --- bounds --- */

static void
repeat (struct aid_str *s, const char *piece, size_t times)
{
  for (size_t i = 0; i < times; i++)
    aid_str_addz (s, piece);
}

static void
thousands_of_equal_lines_are_bounded_work (void **state)
{
  (void) state;
  struct aid_str text = AID_STR_INIT (1 << 24), answer = AID_STR_INIT (1 << 24);
  repeat (&text, "x\n", 200000);
  aid_str_addz (&answer, "--- a/f\n+++ b/f\n");
  for (int i = 0; i < 8000; i++)
    {
      aid_str_addf (&answer, "@@ -%d,41 +1,40 @@\n", i + 1);
      repeat (&answer, " x\n", 20);
      aid_str_addz (&answer, "-x\n");
      repeat (&answer, " x\n", 20);
    }
  struct aid_patch *p = read_patch (aid_str_span (&answer), AID_FORMAT_UNIFIED);
  struct memory m = { .file = { { "f", aid_str_span (&text) } } };
  struct aid_plan *plan = plan_in (p, &m, NULL);
  assert_int_equal (PLACED_AT (plan, 2)->line, 3);      /* the stated one */
  assert_string_equal (PLACED_AT (plan, 7999)->reason, "the hunks before it took the time that one patch may take");
  assert_string_equal (PLAN_AT (plan, 0)->reason, "");
  aid_plan_free (plan);
  aid_patch_free (p);
  aid_str_free (&text);
  aid_str_free (&answer);
}

/* Many parts that name the same large file share one copy of it. */
static void
a_file_named_often_is_read_once (void **state)
{
  (void) state;
  struct aid_str text = AID_STR_INIT (1 << 24), answer = AID_STR_INIT (1 << 24);
  for (int i = 0; i < 2000; i++)
    {
      aid_str_addf (&text, "line %d\n", i);
      aid_str_addf (&answer, "--- a/%s\n+++ b/%s\n@@ @@\n-line %d\n+LINE %d\n", i % 2 ? "f" : "g", i % 2 ? "f" : "g", i, i);
    }
  struct aid_patch *p = read_patch (aid_str_span (&answer), AID_FORMAT_UNIFIED);
  struct memory m = { .file = { { "f", aid_str_span (&text) }, { "g", aid_str_span (&text) } } };
  struct aid_plan *plan = plan_in (p, &m, NULL);
  assert_int_equal (p->files.len, 2000);
  assert_int_equal (plan->applied, 2000);
  assert_int_equal (m.reads, 2);
  assert_int_equal (PLAN_AT (plan, 1999)->same_as, 1);
  assert_non_null (strstr (aid_str_z (&PLAN_AT (plan, 1)->after), "line 0\nLINE 1\nline 2\n"));
  aid_plan_free (plan);
  aid_patch_free (p);
  aid_str_free (&text);
  aid_str_free (&answer);
}

/* --- true diffs of random texts --- */

enum { MAX_LINES = 40 };

struct text
{
  const char *line[MAX_LINES];
  size_t n;
  int final_newline;
};

static unsigned seed = 12345;

static unsigned
dice (unsigned sides)
{
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 16) % sides;
}

/* An empty last line needs its newline to be there. */
static void
be_possible (struct text *t)
{
  if (t->n == 0 || !*t->line[t->n - 1])
    t->final_newline = 1;
}

static struct text
random_text (void)
{
  static const char *const words[] = { "a", "b", "", "}", "  return x;", "ä ö" };
  struct text t = { .n = dice (MAX_LINES), .final_newline = dice (3) > 0 };
  for (size_t i = 0; i < t.n; i++)
    t.line[i] = words[dice (6)];
  be_possible (&t);
  return t;
}

/* B is A with some lines changed: diffs with several hunks. */
static struct text
variant (const struct text *a)
{
  struct text r = random_text (), b = { .final_newline = dice (3) > 0 };
  for (size_t i = 0; i < a->n && b.n < MAX_LINES - 2; i++)
    {
      unsigned d = dice (12);
      if (d != 0)
        b.line[b.n++] = a->line[i];
      if (d == 1 && r.n > 0)
        b.line[b.n++] = r.line[i % r.n];
    }
  be_possible (&b);
  return b;
}

static void
write_text (const struct text *t, struct aid_str *out)
{
  aid_str_clear (out);
  for (size_t i = 0; i < t->n; i++)
    aid_str_addf (out, "%s%s", t->line[i], i + 1 < t->n || t->final_newline ? "\n" : "");
}

static int
ends_bare (const struct text *t, size_t i)
{
  return i + 1 == t->n && !t->final_newline;
}

static int
equal_lines (const struct text *a, size_t i, const struct text *b, size_t j)
{
  return strcmp (a->line[i], b->line[j]) == 0 && ends_bare (a, i) == ends_bare (b, j);
}

struct op
{
  char op;
  size_t i, j;      /* lines of A and B before it */
};

static size_t
diff_ops (const struct text *a, const struct text *b, struct op *ops)
{
  static unsigned t[MAX_LINES + 1][MAX_LINES + 1];
  memset (t, 0, sizeof t);
  for (size_t i = a->n; i-- > 0;)
    for (size_t j = b->n; j-- > 0;)
      t[i][j] = equal_lines (a, i, b, j)      ? t[i + 1][j + 1] + 1
                : t[i + 1][j] > t[i][j + 1]   ? t[i + 1][j]
                                              : t[i][j + 1];
  size_t i = 0, j = 0, n = 0;
  while (i < a->n || j < b->n)
    {
      int same = i < a->n && j < b->n && equal_lines (a, i, b, j);
      char op = same ? ' ' : j == b->n || (i < a->n && t[i + 1][j] >= t[i][j + 1]) ? '-' : '+';
      ops[n++] = (struct op){ op, i, j };
      i += op != '+';
      j += op != '-';
    }
  return n;
}

/* Lines FROM to TO of the script as a hunk. */
static void
write_hunk (const struct text *a, const struct text *b, const struct op *ops, size_t from, size_t to, struct aid_str *out)
{
  size_t olds = 0, news = 0;
  for (size_t k = from; k < to; k++)
    {
      olds += ops[k].op != '+';
      news += ops[k].op != '-';
    }
  aid_str_addf (out, "@@ -%zu,%zu +%zu,%zu @@\n", ops[from].i + (olds > 0), olds, ops[from].j + (news > 0), news);
  for (size_t k = from; k < to; k++)
    {
      const struct op *o = &ops[k];
      int bare = o->op == '+' ? ends_bare (b, o->j) : ends_bare (a, o->i);
      aid_str_addf (out, "%c%s\n%s", o->op, o->op == '+' ? b->line[o->j] : a->line[o->i],
                    bare ? "\\ No newline at end of file\n" : "");
    }
}

static size_t
write_diff (const struct text *a, const struct text *b, size_t context, const char *path, struct aid_str *out)
{
  struct op ops[MAX_LINES * 2];
  size_t n = diff_ops (a, b, ops), hunks = 0;
  aid_str_addf (out, "--- a/%s\n+++ b/%s\n", path, path);
  for (size_t k = 0; k < n;)
    {
      while (k < n && ops[k].op == ' ')
        k++;
      if (k == n)
        break;
      size_t from = k > context ? k - context : 0, last = k;
      for (size_t x = k; x < n && x <= last + context * 2 + 1; x++)
        if (ops[x].op != ' ')
          last = x;
      size_t to = last + 1 + context < n ? last + 1 + context : n;
      write_hunk (a, b, ops, from, to, out);
      hunks++;
      k = last + 1;
    }
  return hunks;
}

static void
a_true_diff_gives_the_true_text_and_back (void **state)
{
  (void) state;
  struct aid_str ta = AID_STR_INIT (1 << 16), tb = AID_STR_INIT (1 << 16), diff = AID_STR_INIT (1 << 16);
  static const size_t contexts[] = { 0, 1, 3 };
  for (int round = 0; round < 6000; round++)
    {
      struct text a = random_text (), b = dice (2) ? random_text () : variant (&a);
      write_text (&a, &ta);
      write_text (&b, &tb);
      aid_str_clear (&diff);
      if (write_diff (&a, &b, contexts[dice (3)], "f", &diff) == 0)
        continue;
      struct aid_patch *p = read_patch (aid_str_span (&diff), AID_FORMAT_UNIFIED);
      for (int reverse = 0; reverse < 2; reverse++)
        {
          const struct aid_str *from = reverse ? &tb : &ta, *to = reverse ? &ta : &tb;
          struct memory m = { .file = { { "f", aid_str_span (from) } } };
          struct aid_plan_options options = { .reverse = reverse };
          struct aid_plan *plan = plan_in (p, &m, &options);
          if (plan->refused || plan->already || strcmp (aid_str_z (&PLAN_AT (plan, 0)->after), aid_str_z (to)))
            fail_msg ("round %d, reverse %d: %s\nfrom:\n%s\ndiff:\n%s\ngot:\n%s", round, reverse,
                      PLACED_AT (plan, 0)->reason, aid_str_z (from), aid_str_z (&diff),
                      aid_str_z (&PLAN_AT (plan, 0)->after));
          aid_plan_free (plan);
        }
      aid_patch_free (p);
    }
  aid_str_free (&ta);
  aid_str_free (&tb);
  aid_str_free (&diff);
}

/* The edits alone, by their character positions and from the last to the first, give the same text: an editor's way. */
static void
edits_by_characters_give_the_text (void **state)
{
  (void) state;
  struct aid_str ta = AID_STR_INIT (1 << 16), diff = AID_STR_INIT (1 << 16);
  for (int round = 0; round < 1000; round++)
    {
      struct text a = random_text (), b = variant (&a);
      write_text (&a, &ta);
      aid_str_clear (&diff);
      if (write_diff (&a, &b, 3, "f", &diff) == 0)
        continue;
      struct aid_patch *p = read_patch (aid_str_span (&diff), AID_FORMAT_UNIFIED);
      struct memory m = { .file = { { "f", aid_str_span (&ta) } } };
      struct aid_plan *plan = plan_in (p, &m, NULL);
      for (size_t h = p->hunks.len; h-- > 0;)
        for (size_t i = PLACED_AT (plan, h)->edits.len; i-- > 0;)
          {
            const struct aid_patch_edit *e = &AID_VEC_AT (struct aid_patch_edit, &PLACED_AT (plan, h)->edits, i);
            size_t beg = aid_utf8_offset (aid_str_span (&ta), e->cbeg), end = aid_utf8_offset (aid_str_span (&ta), e->cend);
            assert_int_equal (beg, e->beg);
            assert_int_equal (end, e->end);
            struct aid_str next = AID_STR_INIT (1 << 16);
            aid_str_add (&next, aid_str_z (&ta), beg);
            aid_str_addspan (&next, e->text);
            aid_str_addz (&next, aid_str_z (&ta) + end);
            aid_str_free (&ta);
            ta = next;
          }
      assert_string_equal (aid_str_z (&ta), aid_str_z (&PLAN_AT (plan, 0)->after));
      aid_plan_free (plan);
      aid_patch_free (p);
    }
  aid_str_free (&ta);
  aid_str_free (&diff);
}

static void
the_order_of_files_does_not_matter (void **state)
{
  (void) state;
  struct aid_str ta = AID_STR_INIT (1 << 16), tc = AID_STR_INIT (1 << 16), d[2];
  for (int round = 0; round < 500; round++)
    {
      struct text a = random_text (), b = variant (&a), c = random_text (), v = variant (&c);
      write_text (&a, &ta);
      write_text (&c, &tc);
      struct aid_plan *plan[2];
      struct aid_patch *p[2];
      d[0] = AID_STR_INIT (1 << 16);
      int none = write_diff (&a, &b, 3, "f", &d[0]) == 0 || write_diff (&c, &v, 3, "g", &d[0]) == 0;
      aid_str_free (&d[0]);
      if (none)          /* headers without a hunk are no diff */
        continue;
      for (int order = 0; order < 2; order++)
        {
          d[order] = AID_STR_INIT (1 << 16);
          if (order)
            write_diff (&c, &v, 3, "g", &d[order]);
          write_diff (&a, &b, 3, "f", &d[order]);
          if (!order)
            write_diff (&c, &v, 3, "g", &d[order]);
          p[order] = read_patch (aid_str_span (&d[order]), AID_FORMAT_UNIFIED);
          /* each against the other's text too, so that there is something to refuse */
          struct memory m = { .file = { { "f", aid_str_span (&tc) }, { "g", aid_str_span (&ta) } } };
          plan[order] = plan_in (p[order], &m, NULL);
        }
      assert_int_equal (plan[0]->files.len, plan[1]->files.len);
      assert_int_equal (plan[0]->applied, plan[1]->applied);
      assert_int_equal (plan[0]->refused, plan[1]->refused);
      if (plan[0]->files.len == 2)
        for (size_t i = 0; i < 2; i++)
          assert_string_equal (aid_str_z (&PLAN_AT (plan[0], i)->after), aid_str_z (&PLAN_AT (plan[1], 1 - i)->after));
      for (int order = 0; order < 2; order++)
        {
          aid_plan_free (plan[order]);
          aid_patch_free (p[order]);
          aid_str_free (&d[order]);
        }
    }
  aid_str_free (&ta);
  aid_str_free (&tc);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (edits_are_whole_changed_lines_in_bytes_and_characters),
    cmocka_unit_test (what_is_deleted_and_inserted_alike_is_not_touched),
    cmocka_unit_test (a_person_chooses_among_the_candidates),
    cmocka_unit_test (a_left_out_hunk_takes_no_part),
    cmocka_unit_test (the_reverse_turns_operations_and_names_around),
    cmocka_unit_test (a_refused_copy_has_no_places),
    cmocka_unit_test (thousands_of_equal_lines_are_bounded_work),
    cmocka_unit_test (a_file_named_often_is_read_once),
    cmocka_unit_test (a_true_diff_gives_the_true_text_and_back),
    cmocka_unit_test (edits_by_characters_give_the_text),
    cmocka_unit_test (the_order_of_files_does_not_matter),
  };
  return cmocka_run_group_tests_name ("patch place", tests, NULL, NULL);
}
