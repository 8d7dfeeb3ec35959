/* A hunk by hand, with the line of the file that each of its lines was matched with: what the tests of insertion points, of
   indentation and of edits are written in. */
#ifndef AID_TESTS_PATCH_MATCH_H
#define AID_TESTS_PATCH_MATCH_H

#include "patch/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* A line of a hunk: where the file has it (from 1; 0: nowhere) and its text behind ' ', '-', '+' or, for a line that lost
   its prefix or never had one, '?'. */
struct row
{
  int line;
  const char *text;
};

struct hunk
{
  struct aid_patch p;
  struct aid_patch_hunk h;
  struct aid_want want;
  struct aid_view view;
  struct aid_match match;
};

static inline void
hunk_free (struct hunk *u)
{
  free (u->match.map);
  aid_view_free (&u->view);
  aid_vec_free (&u->p.lines);
}

static inline void
hunk_lines (struct hunk *u, const struct row *rows, size_t n)
{
  u->p.lines = AID_VEC_INIT (struct aid_patch_line, AID_PATCH_LINES);
  for (size_t i = 0; i < n; i++)
    {
      struct aid_patch_line *l = aid_vec_push (&u->p.lines);
      assert_non_null (l);
      l->op = rows[i].text[0];
      l->raw = l->text = aid_span_z (rows[i].text);
      l->weak = l->op == '?';
      if (l->weak)
        l->op = ' ';
      l->text = aid_span_cut (l->text, 1, l->text.len);
      if (l->weak)
        l->raw = l->text;
    }
}

/* OLD_COUNT is the stated one, or -1. */
static inline void
hunk_make (struct hunk *u, struct aid_target *t, const struct row *rows, size_t n, int old_count)
{
  *u = (struct hunk){ 0 };
  hunk_lines (u, rows, n);
  u->h = (struct aid_patch_hunk){ .old_start = 1, .old_count = old_count, .new_start = 1, .new_count = -1, .nlines = n };
  u->want = (struct aid_want){ .p = &u->p, .h = &u->h, .path = "f" };
  assert_int_equal (aid_view_init (&u->view, t, &u->want), AID_OK);
  assert_int_equal (aid_view_number (&u->view, t), AID_OK);
  u->match.map = malloc ((n + 1) * sizeof *u->match.map);
  assert_non_null (u->match.map);
  u->match.start = t->lines.n;
  for (size_t i = 0; i < n; i++)
    {
      int32_t line = u->match.map[i] = rows[i].line - 1;
      if (line >= 0 && (size_t) line < u->match.start)
        u->match.start = (size_t) line;
      if (line >= 0 && (size_t) line >= u->match.end)
        u->match.end = (size_t) line + 1;
    }
  if (u->match.end == 0)
    u->match.start = 0;
}

/* TEXT with the edits of OUT. */
static inline void
carry_out (struct aid_span text, const struct aid_placement *out, struct aid_str *after)
{
  size_t at = 0;
  for (size_t i = 0; i < out->edits.len; i++)
    {
      const struct aid_patch_edit *e = &AID_VEC_AT (struct aid_patch_edit, &out->edits, i);
      assert_true (e->beg >= at && e->end >= e->beg && e->end <= text.len);
      aid_str_addspan (after, aid_span_cut (text, at, e->beg));
      aid_str_addspan (after, e->text);
      at = e->end;
    }
  aid_str_addspan (after, aid_span_cut (text, at, text.len));
  assert_int_equal (after->err, AID_OK);
}

static inline void
texts_free (struct aid_vec *texts)
{
  for (size_t i = 0; i < texts->len; i++)
    free (AID_VEC_AT (char *, texts, i));
  aid_vec_free (texts);
}

/* Makes what hunk U changes in T with the file's pairs ALL (NULL: its own); AFTER gets the text, or the reason why not. */
static inline int
make_change (struct hunk *u, struct aid_target *t, const struct aid_vec *all, struct aid_str *after)
{
  struct aid_change c;
  char why[256];
  enum aid_err err = aid_change_init (&c, &u->view, t, &u->match, why);
  if (err == AID_E_REFUSED)
    {
      aid_str_addz (after, why);
      return 0;
    }
  assert_int_equal (err, AID_OK);
  struct aid_vec own = AID_VEC_INIT (struct aid_pair, 1000), texts = AID_VEC_INIT (char *, 1000);
  struct aid_placement out = { .edits = AID_VEC_INIT (struct aid_patch_edit, 1000) };
  assert_int_equal (aid_indent_pairs (&u->view, t, &u->match, &own), AID_OK);
  struct aid_indent_file *file = aid_indent_file_new (all ? all : &own);
  struct aid_indent *indent = aid_indent_new (&u->view, t, &own, file);
  assert_true (file && indent);
  assert_int_equal (aid_place_edits (t, &u->view, &u->match, &c, indent, &texts, &out), AID_OK);
  carry_out (t->lines.text, &out, after);
  aid_indent_free (indent);
  aid_indent_file_free (file);
  aid_change_free (&c);
  aid_vec_free (&own);
  aid_vec_free (&out.edits);
  texts_free (&texts);
  return 1;
}

static inline void
check_change (const char *file, const struct row *rows, size_t n, int old_count, int changes, const char *expected)
{
  struct aid_target t;
  struct hunk u;
  struct aid_str after = AID_STR_INIT (1 << 20);
  assert_int_equal (aid_target_init (&t, aid_span_z (file), NULL), AID_OK);
  hunk_make (&u, &t, rows, n, old_count);
  int changed = make_change (&u, &t, NULL, &after);
  assert_string_equal (aid_str_z (&after), expected);
  assert_int_equal (changed, changes);
  hunk_free (&u);
  aid_str_free (&after);
  aid_target_free (&t);
}

#define ROWS(...) ((const struct row[]){ __VA_ARGS__ }), sizeof ((const struct row[]){ __VA_ARGS__ }) / sizeof (struct row)
#define BECOMES(file, after, ...) check_change (file, ROWS (__VA_ARGS__), -1, 1, after)
#define BECOMES_COUNTED(file, count, after, ...) check_change (file, ROWS (__VA_ARGS__), count, 1, after)
#define REFUSED(file, why, ...) check_change (file, ROWS (__VA_ARGS__), -1, 0, why)

#endif
