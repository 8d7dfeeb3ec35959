/* From what a hunk changes to edits of the file: for random texts the edits of a whole diff give the other text, with
   whatever line ends and end of the file; what two hunks want is refused; nothing but changed lines is touched. */
#include "patch_match.h"

/* --- random texts --- */

enum { MAX_LINES = 24 };

struct text
{
  const char *line[MAX_LINES];
  size_t n;
  int final_newline;
};

static unsigned seed = 4711;

static unsigned
dice (unsigned sides)
{
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 16) % sides;
}

static struct text
random_text (void)
{
  static const char *const words[] = { "a", "b", "", "}", "\treturn x;", "ä ö" };
  struct text t = { .n = dice (MAX_LINES), .final_newline = dice (3) > 0 };
  for (size_t i = 0; i < t.n; i++)
    t.line[i] = words[dice (6)];
  if (t.n == 0 || !*t.line[t.n - 1])    /* an empty last line needs its newline to be there */
    t.final_newline = 1;
  return t;
}

static void
write_text (const struct text *t, const char *bom, const char *eol, struct aid_str *out)
{
  aid_str_clear (out);
  aid_str_addz (out, bom);
  for (size_t i = 0; i < t->n; i++)
    aid_str_addf (out, "%s%s", t->line[i], i + 1 < t->n || t->final_newline ? eol : "");
}

static int
same_line (const struct text *a, size_t i, const struct text *b, size_t j)
{
  int a_bare = i + 1 == a->n && !a->final_newline, b_bare = j + 1 == b->n && !b->final_newline;
  return strcmp (a->line[i], b->line[j]) == 0 && a_bare == b_bare;
}

/* --- a diff of all lines as one hunk --- */

struct diff
{
  struct row row[MAX_LINES * 2];
  char text[MAX_LINES * 2][32];
  int bare[MAX_LINES * 2];
  size_t n;
};

static void
add_row (struct diff *d, char op, int line, const struct text *t, size_t i)
{
  snprintf (d->text[d->n], sizeof d->text[0], "%c%s", op, t->line[i]);
  d->bare[d->n] = i + 1 == t->n && !t->final_newline;
  d->row[d->n] = (struct row){ line, d->text[d->n] };
  d->n++;
}

/* A diff that is true, if not the shortest; deletions and insertions come in any order. */
static void
random_diff (const struct text *a, const struct text *b, struct diff *d)
{
  size_t i = 0, j = 0;
  d->n = 0;
  while (i < a->n || j < b->n)
    if (i < a->n && j < b->n && same_line (a, i, b, j) && dice (8))
      {
        add_row (d, ' ', (int) i + 1, a, i);
        i++;
        j++;
      }
    else if (i < a->n && (j == b->n || dice (2)))
      {
        add_row (d, '-', (int) i + 1, a, i);
        i++;
      }
    else
      add_row (d, '+', 0, b, j++);
}

static void
make_hunk (struct hunk *u, struct aid_target *t, const struct diff *d)
{
  hunk_make (u, t, d->row, d->n, -1);
  for (size_t k = 0; k < d->n; k++)
    AID_VEC_AT (struct aid_patch_line, &u->p.lines, k).no_newline = d->bare[k];
}

static void
a_whole_diff_gives_the_other_text (void **state)
{
  (void) state;
  static const char *const boms[] = { "", "\xef\xbb\xbf" }, *const eols[] = { "\n", "\r\n" };
  struct aid_str before = AID_STR_INIT (1 << 16), expected = AID_STR_INIT (1 << 16), after = AID_STR_INIT (1 << 16);
  static struct diff d;
  for (int round = 0; round < 20000; round++)
    {
      struct text a = random_text (), b = random_text ();
      const char *bom = boms[dice (4) == 0], *eol = eols[a.n > 3 && dice (4) == 0];
      struct aid_target t;
      struct hunk u;
      write_text (&a, bom, eol, &before);
      write_text (&b, bom, eol, &expected);
      random_diff (&a, &b, &d);
      assert_int_equal (aid_target_init (&t, aid_str_span (&before), NULL), AID_OK);
      make_hunk (&u, &t, &d);
      aid_str_clear (&after);
      assert_true (make_change (&u, &t, NULL, &after));
      if (strcmp (aid_str_z (&after), aid_str_z (&expected)) != 0)
        fail_msg ("round %d\nfrom:\n%s|\nto:\n%s|\ngot:\n%s|", round, aid_str_z (&before), aid_str_z (&expected),
                  aid_str_z (&after));
      hunk_free (&u);
      aid_target_free (&t);
    }
  aid_str_free (&before);
  aid_str_free (&expected);
  aid_str_free (&after);
}

/* --- what is touched --- */

/* Carries out one hunk in T; OUT, to be freed with its texts, holds the edits. */
static void
place (struct aid_target *t, const struct row *rows, size_t n, size_t number, struct aid_placement *out,
       struct aid_vec *texts)
{
  struct hunk u;
  struct aid_change c;
  char why[256];
  *out = (struct aid_placement){ .status = AID_HUNK_APPLIES, .edits = AID_VEC_INIT (struct aid_patch_edit, 100) };
  *texts = AID_VEC_INIT (char *, 100);
  hunk_make (&u, t, rows, n, -1);
  u.want.hunk = number;
  assert_int_equal (aid_change_init (&c, &u.view, t, &u.match, why), AID_OK);
  assert_int_equal (aid_place_edits (t, &u.view, &u.match, &c, NULL, texts, out), AID_OK);
  aid_change_free (&c);
  hunk_free (&u);
}

static void
only_lines_that_change_are_touched (void **state)
{
  (void) state;
  struct aid_target t;
  struct aid_placement out;
  struct aid_vec texts;
  assert_int_equal (aid_target_init (&t, AID_SPAN ("ä\na\nb\nc\nd\n"), NULL), AID_OK);
  place (&t, ROWS ({ 1, " ä" }, { 2, "-a" }, { 3, "-b" }, { 4, "-c" }, { 0, "+a" }, { 0, "+B" }, { 0, "+c" }), 0, &out,
         &texts);
  assert_int_equal (out.edits.len, 1);
  const struct aid_patch_edit *e = &AID_VEC_AT (struct aid_patch_edit, &out.edits, 0);
  assert_true (e->beg == 5 && e->end == 7 && e->cbeg == 4 && e->cend == 6);
  assert_true (aid_span_eqz (e->text, "B\n"));
  assert_true (out.span_beg == 0 && out.span_end == 9 && out.cspan_beg == 0 && out.cspan_end == 8);
  aid_vec_free (&out.edits);
  texts_free (&texts);
  aid_target_free (&t);
}

/* --- two hunks --- */

static void
check_pair (const struct row *a, size_t na, const struct row *b, size_t nb, int collide)
{
  struct aid_target t;
  struct aid_placement first, second;
  struct aid_vec texts[2];
  assert_int_equal (aid_target_init (&t, AID_SPAN ("1\n2\n3\n4\n5\n"), NULL), AID_OK);
  place (&t, a, na, 6, &first, &texts[0]);
  place (&t, b, nb, 7, &second, &texts[1]);
  assert_int_equal (first.status, AID_HUNK_APPLIES);
  assert_int_equal (second.status, collide ? AID_HUNK_REFUSED : AID_HUNK_APPLIES);
  assert_string_equal (second.reason, collide ? "it changes the same lines as hunk 7" : "");
  assert_int_equal (second.edits.len, collide ? 0 : 1);
  aid_vec_free (&first.edits);
  aid_vec_free (&second.edits);
  texts_free (&texts[0]);
  texts_free (&texts[1]);
  aid_target_free (&t);
}

#define COLLIDE(a, b) check_pair (a, b, 1)
#define DO_NOT_COLLIDE(a, b) check_pair (a, b, 0)

static void
two_hunks_do_not_change_the_same_line (void **state)
{
  (void) state;
  COLLIDE (ROWS ({ 2, "-2" }, { 3, "-3" }), ROWS ({ 3, "-3" }, { 0, "+x" }));
  DO_NOT_COLLIDE (ROWS ({ 2, "-2" }, { 3, " 3" }), ROWS ({ 2, " 2" }, { 3, "-3" }));
}

static void
two_hunks_do_not_insert_at_the_same_place (void **state)
{
  (void) state;
  COLLIDE (ROWS ({ 2, " 2" }, { 0, "+x" }), ROWS ({ 0, "+y" }, { 3, " 3" }));
  COLLIDE (ROWS ({ 5, " 5" }, { 0, "+x" }), ROWS ({ 5, " 5" }, { 0, "+y" }));
  DO_NOT_COLLIDE (ROWS ({ 2, " 2" }, { 0, "+x" }, { 3, " 3" }), ROWS ({ 3, " 3" }, { 0, "+y" }));
}

static void
a_hunk_does_not_insert_inside_what_another_deletes (void **state)
{
  (void) state;
  COLLIDE (ROWS ({ 2, "-2" }, { 3, "-3" }, { 4, "-4" }), ROWS ({ 3, " 3" }, { 0, "+x" }, { 4, " 4" }));
  COLLIDE (ROWS ({ 3, " 3" }, { 0, "+x" }, { 4, " 4" }), ROWS ({ 2, "-2" }, { 3, "-3" }, { 4, "-4" }));
  DO_NOT_COLLIDE (ROWS ({ 2, "-2" }, { 3, "-3" }), ROWS ({ 3, " 3" }, { 0, "+x" }, { 4, " 4" }));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_whole_diff_gives_the_other_text),
    cmocka_unit_test (only_lines_that_change_are_touched),
    cmocka_unit_test (two_hunks_do_not_change_the_same_line),
    cmocka_unit_test (two_hunks_do_not_insert_at_the_same_place),
    cmocka_unit_test (a_hunk_does_not_insert_inside_what_another_deletes),
  };
  return cmocka_run_group_tests_name ("patch edits", tests, NULL, NULL);
}
