/* Accepted text is followed through whatever is done to a buffer, exactly as track.h says: an oracle that goes over single characters
   agrees on 1,000 histories drawn at random. */
#include "measure/track.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "track_oracle.h"

/* --- a buffer, its tracker, the oracle ---------------------------------------------------------------------------------- */

#define TEXT_MAX 8000
#define EDITS 4000

struct edit
{
  int pos, nold, nnew;
  uint32_t *old, *new;
};

static struct
{
  uint32_t text[TEXT_MAX], disk[TEXT_MAX];
  int n, ndisk;
  struct edit done[EDITS], undone[EDITS];
  int ndone, nundone;
  struct aid_track *track;
  struct oracle oracle;
  uint64_t hunks;
} b;

static unsigned long seed;

static int
draw (int n)
{
  seed = seed * 6364136223846793005ul + 1442695040888963407ul;
  return n > 0 ? (int)((seed >> 33) % (unsigned long)n) : 0;
}

static uint32_t *
copy (const uint32_t *c, int n)
{
  uint32_t *out = malloc (((size_t)n + 1) * sizeof *out);
  memcpy (out, c, (size_t)n * sizeof *out);
  return out;
}

static void
encode (const uint32_t *c, int n, struct aid_str *out)
{
  *out = AID_STR_INIT (1u << 20);
  for (int i = 0; i < n; i++)
    aid_utf8_encode (out, c[i]);
}

/* Does E to the text, and tells of it. */
static void
apply (const struct edit *e)
{
  struct aid_str text;
  encode (e->new, e->nnew, &text);
  memmove (b.text + e->pos + e->nnew, b.text + e->pos + e->nold, (size_t)(b.n - e->pos - e->nold) * sizeof *b.text);
  memcpy (b.text + e->pos, e->new, (size_t)e->nnew * sizeof *b.text);
  b.n += e->nnew - e->nold;
  assert_int_equal (aid_track_change (b.track, (size_t)e->pos, (size_t)e->nold, aid_str_span (&text)), AID_OK);
  oracle_delete (&b.oracle, e->pos, e->nold);
  oracle_insert (&b.oracle, e->pos, e->new, e->nnew);
  assert_int_equal (aid_track_size (b.track), b.n);
  aid_str_free (&text);
}

static void
forget (struct edit *list, int *n)
{
  while (*n)
    {
      free (list[--*n].old);
      free (list[*n].new);
    }
}

/* Replaces NOLD characters at POS, so that it can be undone. */
static void
replace (int pos, int nold, const uint32_t *new, int nnew)
{
  if (b.n - nold + nnew >= TEXT_MAX || b.ndone == EDITS)
    return;
  struct edit e = { pos, nold, nnew, copy (b.text + pos, nold), copy (new, nnew) };
  forget (b.undone, &b.nundone);
  apply (&e);
  b.done[b.ndone++] = e;
}

static int
letters (const char *z, uint32_t *out)
{
  int n = 0;
  for (; *z; z++)
    out[n++] = (unsigned char)*z;
  return n;
}

static void
put_z (int pos, int nold, const char *z)
{
  uint32_t c[1000] = { 0 };
  int n = letters (z, c);
  replace (pos, nold, c, n);
}

static void
accept_z (uint64_t hunk, int pos, const char *z)
{
  uint32_t c[1000] = { 0 };
  struct aid_str text;
  int n = letters (z, c);
  put_z (pos, 0, z);
  encode (c, n, &text);
  assert_int_equal (aid_track_accept (b.track, hunk, (size_t)pos, aid_str_span (&text)), AID_OK);
  oracle_accept (&b.oracle, hunk, pos, c, n);
  aid_str_free (&text);
}

static void
undo (void)
{
  if (!b.ndone)
    return;
  struct edit e = b.done[--b.ndone], back = { e.pos, e.nnew, e.nold, e.new, e.old };
  apply (&back);
  b.undone[b.nundone++] = e;
}

static void
redo (void)
{
  if (!b.nundone)
    return;
  struct edit e = b.undone[--b.nundone];
  apply (&e);
  b.done[b.ndone++] = e;
}

/* As Emacs does it: what is the same at both ends stays. */
static void
revert (void)
{
  int beg = 0, end = 0;
  while (beg < b.n && beg < b.ndisk && b.text[beg] == b.disk[beg])
    beg++;
  while (end < b.n - beg && end < b.ndisk - beg && b.text[b.n - 1 - end] == b.disk[b.ndisk - 1 - end])
    end++;
  replace (beg, b.n - beg - end, b.disk + beg, b.ndisk - beg - end);
}

static void
save (void)
{
  memcpy (b.disk, b.text, sizeof b.disk);
  b.ndisk = b.n;
}

static void
begin (const char *z)
{
  b.n = letters (z, b.text);
  save ();
  b.hunks = 0;
  b.track = aid_track_new ((size_t)b.n);
  b.oracle.n = 0;
  b.oracle.npieces = 0;
  for (int i = 0; i < b.n; i++)
    oracle_put (&b.oracle, i, (struct item){ 1, OLD, 0, 0, b.text[i] });
}

static void
finish (void)
{
  forget (b.done, &b.ndone);
  forget (b.undone, &b.nundone);
  aid_track_free (b.track);
}

static struct aid_track_kept
kept_of (uint64_t hunk)
{
  struct aid_vec out = AID_TRACK_KEPT_INIT;
  struct aid_track_kept found = { 0, 0, 0 };
  assert_int_equal (aid_track_look (b.track, &out), AID_OK);
  for (size_t i = 0; i < out.len; i++)
    if (AID_VEC_AT (struct aid_track_kept, &out, i).hunk == hunk)
      found = AID_VEC_AT (struct aid_track_kept, &out, i);
  aid_vec_free (&out);
  return found;
}

/* --- what counts ---------------------------------------------------------------------------------------------------------- */

#define FUNCTION "int twice (int n)\n{\n  return 2 * n;\n}\n"

static void
what_is_deleted_counts_again_when_it_is_undone (void **state)
{
  (void)state;
  begin ("one\ntwo\n");
  accept_z (1, 4, FUNCTION);
  assert_int_equal (kept_of (1).chars, strlen (FUNCTION));
  assert_int_equal (kept_of (1).kept, strlen (FUNCTION));
  put_z (6, 9, "");
  assert_int_equal (kept_of (1).kept, strlen (FUNCTION) - 9);
  undo ();
  assert_int_equal (kept_of (1).kept, strlen (FUNCTION));
  redo ();
  assert_int_equal (kept_of (1).kept, strlen (FUNCTION) - 9);
  finish ();
}

static void
characters_deleted_one_by_one_come_back_one_by_one (void **state)
{
  (void)state;
  begin ("ab");
  accept_z (1, 1, "hello");
  for (int i = 0; i < 5; i++)
    put_z (5 - i, 1, "");
  assert_int_equal (kept_of (1).kept, 0);
  for (int i = 0; i < 5; i++)
    undo ();
  assert_int_equal (kept_of (1).kept, 5);
  finish ();
}

static void
what_is_typed_instead_or_beside_does_not_count (void **state)
{
  (void)state;
  begin ("one\ntwo\n");
  accept_z (1, 4, "three = 3;\n");
  put_z (15, 0, "three = 3;\n");       /* behind it: nothing is gone there */
  assert_int_equal (kept_of (1).kept, 11);
  put_z (4, 11, "four *= 9;\n");       /* only the last two are the same: too few to be what was deleted */
  assert_int_equal (kept_of (1).kept, 11);     /* but the copy behind it stands at the same place now */
  put_z (15, 11, "");
  assert_int_equal (kept_of (1).kept, 0);
  finish ();
}

static void
indentation_costs_only_itself (void **state)
{
  (void)state;
  begin ("x\n");
  accept_z (1, 0, "if (a)\n  b ();\n");
  put_z (7, 0, "      ");
  assert_int_equal (kept_of (1).kept, 15);
  put_z (7, 8, "");
  assert_int_equal (kept_of (1).kept, 13);
  put_z (7, 0, "\t");
  assert_int_equal (kept_of (1).kept, 13);
  finish ();
}

static void
what_is_cut_and_put_elsewhere_counts (void **state)
{
  (void)state;
  begin ("one\ntwo\n");
  accept_z (1, 0, FUNCTION);
  put_z (0, (int)strlen (FUNCTION), "");
  assert_int_equal (kept_of (1).kept, 0);
  put_z (8, 0, FUNCTION);
  assert_int_equal (kept_of (1).kept, strlen (FUNCTION));
  finish ();
}

static void
a_short_piece_that_is_found_elsewhere_was_not_moved (void **state)
{
  (void)state;
  begin ("one\ntwo\n");
  accept_z (1, 0, "short\n");
  put_z (0, 6, "");
  put_z (8, 0, "short\n");
  assert_int_equal (kept_of (1).kept, 0);
  finish ();
}

static void
a_file_that_is_reverted_has_what_its_disk_has (void **state)
{
  (void)state;
  begin ("one\ntwo\nthree\n");
  accept_z (1, 4, FUNCTION);
  save ();
  accept_z (2, 0, "/* Sums.  */");
  put_z (22, 9, "");
  revert ();
  assert_int_equal (kept_of (1).kept, strlen (FUNCTION));
  assert_int_equal (kept_of (2).kept, 0);
  finish ();
}

static void
a_hunk_that_is_dropped_is_the_persons_own (void **state)
{
  (void)state;
  begin ("one\n");
  accept_z (1, 0, "ab\n");
  accept_z (2, 3, "cd\n");
  aid_track_drop (b.track, 1);
  assert_int_equal (aid_track_pieces (b.track), 1);
  assert_int_equal (kept_of (1).chars, 0);
  assert_int_equal (kept_of (2).kept, 3);
  finish ();
}

static void
what_cannot_be_is_lost_and_said (void **state)
{
  (void)state;
  struct aid_vec out = AID_TRACK_KEPT_INIT;
  begin ("one\n");
  accept_z (1, 0, FUNCTION);
  assert_int_equal (aid_track_accept (b.track, 2, 40, AID_SPAN ("much more than there is in it")), AID_E_INVALID);
  assert_false (aid_track_is_lost (b.track));
  assert_int_equal (aid_track_change (b.track, 2, 100, AID_SPAN ("")), AID_E_INVALID);
  assert_true (aid_track_is_lost (b.track));
  assert_int_equal (aid_track_look (b.track, &out), AID_E_STATE);
  /* The text itself still tells. */
  assert_int_equal (aid_track_look_in (b.track, AID_SPAN ("one\nint twice (int n)\n{\n  return 2 * n;\n}\n"), &out), AID_OK);
  assert_int_equal (out.len, 1);
  assert_int_equal (AID_VEC_AT (struct aid_track_kept, &out, 0).kept, strlen (FUNCTION));
  aid_vec_free (&out);
  finish ();
}

static void
characters_are_counted_not_bytes (void **state)
{
  (void)state;
  struct aid_track *t = aid_track_new (2);
  struct aid_vec out = AID_TRACK_KEPT_INIT;
  assert_int_equal (aid_track_change (t, 1, 0, AID_SPAN ("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80")), AID_OK);
  assert_int_equal (aid_track_accept (t, 7, 1, AID_SPAN ("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80")), AID_OK);
  assert_int_equal (aid_track_size (t), 5);
  assert_int_equal (aid_track_change (t, 2, 1, AID_SPAN ("")), AID_OK);
  assert_int_equal (aid_track_look (t, &out), AID_OK);
  assert_int_equal (AID_VEC_AT (struct aid_track_kept, &out, 0).chars, 3);
  assert_int_equal (AID_VEC_AT (struct aid_track_kept, &out, 0).kept, 2);
  aid_vec_free (&out);
  aid_track_free (t);
}

static void
much_that_is_inserted_and_deleted_again_is_no_limit (void **state)
{
  (void)state;
  struct aid_track *t = aid_track_new (0);
  struct aid_vec out = AID_TRACK_KEPT_INIT;
  static char text[100000];
  memset (text, 'x', sizeof text);
  assert_int_equal (aid_track_change (t, 0, 0, AID_SPAN ("accepted")), AID_OK);
  assert_int_equal (aid_track_accept (t, 7, 0, AID_SPAN ("accepted")), AID_OK);
  for (int i = 0; i < 100; i++)
    {
      assert_int_equal (aid_track_change (t, 8, 0, (struct aid_span){ text, sizeof text }), AID_OK);
      assert_int_equal (aid_track_change (t, 8, sizeof text - 1, AID_SPAN ("")), AID_OK);
    }
  assert_int_equal (aid_track_look (t, &out), AID_OK);
  assert_int_equal (AID_VEC_AT (struct aid_track_kept, &out, 0).kept, 8);
  for (int i = 0; i < 42; i++)
    aid_track_change (t, 8, 0, (struct aid_span){ text, sizeof text });
  assert_true (aid_track_is_lost (t));         /* more than four million that stay */
  aid_vec_free (&out);
  aid_track_free (t);
}

/* --- long texts ----------------------------------------------------------------------------------------------------------- */

static void
long_texts_are_compared_by_lines_then_by_characters (void **state)
{
  (void)state;
  struct aid_str a = AID_STR_INIT (1u << 20), c = AID_STR_INIT (1u << 20);
  size_t all = 0;
  for (int i = 0; i < 1000; i++)
    {
      aid_str_addf (&a, "line number %d of them\n", i);
      if (i == 500)
        aid_str_addf (&c, "line number %d of all of them\n", i);
      else if (i != 700)
        aid_str_addf (&c, "line number %d of them\n", i);
    }
  all = a.len;
  assert_true (all * all > AID_KEPT_CELLS);
  assert_int_equal (aid_kept_of (aid_str_span (&a), aid_str_span (&c)), all - strlen ("line number 700 of them\n"));
  aid_str_free (&a);
  aid_str_free (&c);
}

/* --- histories drawn at random --------------------------------------------------------------------------------------------- */

static const char *const snippets[] = {
  "int a = 1;\n",  "  return a + b;\n",        "if (x)\n  y ();\n", "}\n",
  "x",             "for (i = 0; i < n; i++)\n", "\n",               "/* This is what it does, in words.  */\n",
  "    foo (a);\n", "a b",                      "int a = 2;\n",     "  total += price[i] * count[i];\n",
};
#define SNIPPETS ((int)(sizeof snippets / sizeof *snippets))

static int
line_start (int pos)
{
  while (pos > 0 && b.text[pos - 1] != '\n')
    pos--;
  return pos;
}

static void
op_accept (void)
{
  int pieces = 1 + draw (2);
  uint64_t hunk = ++b.hunks;
  for (int i = 0; i < pieces && b.oracle.npieces < PIECES - 1; i++)
    {
      int pos = line_start (draw (b.n + 1)), gone = draw (3) ? 0 : draw (b.n - pos > 30 ? 30 : b.n - pos);
      put_z (pos, gone, "");
      accept_z (hunk, pos, snippets[draw (SNIPPETS)]);
    }
}

static void
op_move (void)
{
  uint32_t cut[TEXT_MAX];
  int pos = draw (b.n), n = draw (b.n - pos > 120 ? 120 : b.n - pos);
  memcpy (cut, b.text + pos, (size_t)n * sizeof *cut);
  replace (pos, n, cut, 0);
  replace (draw (3) ? line_start (draw (b.n + 1)) : draw (b.n + 1), 0, cut, n);
}

static void
op_indent (void)
{
  static const char *const blanks[] = { "", "  ", "\t", "        " };
  int pos = line_start (draw (b.n + 1));
  for (int lines = 1 + draw (5); lines-- && pos < b.n;)
    {
      int n = 0;
      while (pos + n < b.n && (b.text[pos + n] == ' ' || b.text[pos + n] == '\t'))
        n++;
      put_z (pos, n, blanks[draw (4)]);
      while (pos < b.n && b.text[pos] != '\n')
        pos++;
      pos++;
    }
}

/* Another program changes the file, and the buffer follows. */
static void
op_elsewhere (void)
{
  int pos = draw (b.ndisk + 1), n = draw (b.ndisk - pos > 40 ? 40 : b.ndisk - pos + 1);
  uint32_t c[100];
  int more = letters (snippets[draw (SNIPPETS)], c);
  if (b.ndisk + more >= TEXT_MAX)
    return;
  memmove (b.disk + pos + more, b.disk + pos + n, (size_t)(b.ndisk - pos - n) * sizeof *b.disk);
  memcpy (b.disk + pos, c, (size_t)more * sizeof *c);
  b.ndisk += more - n;
  revert ();
}

static void
op (void)
{
  int pos = draw (b.n + 1), n = draw (b.n - pos > 25 ? 25 : b.n - pos + 1);
  switch (draw (14))
    {
    case 0:
    case 1:
      op_accept ();
      break;
    case 2:
    case 3:
      put_z (pos, 0, snippets[draw (SNIPPETS)]);
      break;
    case 4:
    case 5:
      put_z (pos, n, "");
      break;
    case 6:
      put_z (pos, n, snippets[draw (SNIPPETS)]);
      break;
    case 7:
      for (int i = draw (5); i-- > 0;)
        put_z (pos > i ? pos - i : 0, b.n > pos, "");
      break;
    case 8:
      for (int i = 1 + draw (6); i--;)
        undo ();
      break;
    case 9:
      for (int i = 1 + draw (3); i--;)
        redo ();
      break;
    case 10:
      op_move ();
      break;
    case 11:
      op_indent ();
      break;
    case 12:
      draw (2) ? save () : draw (2) ? revert () : op_elsewhere ();
      break;
    default:
      if (!draw (4))
        {
          uint64_t hunk = 1 + (uint64_t)draw ((int)b.hunks + 1);
          aid_track_drop (b.track, hunk);
          oracle_drop (&b.oracle, hunk);
        }
    }
}

/* Whether OUT has of each hunk what KEPT has of its pieces. */
static void
compare (const struct aid_vec *out, const int *kept, unsigned history)
{
  size_t n = 0;
  for (uint64_t hunk = 1; hunk <= b.hunks; hunk++)
    {
      size_t chars = 0, still = 0;
      for (int p = 0; p < b.oracle.npieces; p++)
        if (b.oracle.hunk[p] == hunk && !b.oracle.dropped[p])
          {
            chars += (size_t)b.oracle.len[p];
            still += (size_t)kept[p];
          }
      if (!chars)
        continue;
      const struct aid_track_kept *k = &AID_VEC_AT (struct aid_track_kept, out, n++);
      if (k->hunk != hunk || k->chars != chars || k->kept != still)
        fail_msg ("history %u: hunk %llu has %zu of %zu, not %zu of %zu", history, (unsigned long long)hunk, k->kept, k->chars,
                  still, chars);
    }
  assert_int_equal (out->len, n);
}

static void
look (unsigned history)
{
  int kept[PIECES];
  struct aid_vec out = AID_TRACK_KEPT_INIT;
  assert_int_equal (aid_track_look (b.track, &out), AID_OK);
  oracle_look (&b.oracle, kept);
  compare (&out, kept, history);
  aid_vec_free (&out);
}

/* The buffer is killed; its file is edited on, and looked at. */
static void
look_in_file (unsigned history)
{
  int kept[PIECES];
  struct aid_str text;
  struct aid_vec out = AID_TRACK_KEPT_INIT;
  int pos = draw (b.n + 1);
  put_z (pos, draw (b.n - pos + 1), snippets[draw (SNIPPETS)]);
  encode (b.text, b.n, &text);
  assert_int_equal (aid_track_look_in (b.track, aid_str_span (&text), &out), AID_OK);
  oracle_look_in (&b.oracle, b.text, b.n, kept);
  compare (&out, kept, history);
  aid_vec_free (&out);
  aid_str_free (&text);
}

static void
histories_drawn_at_random_agree_with_the_oracle (void **state)
{
  (void)state;
  for (unsigned history = 0; history < 1000; history++)
    {
      seed = 88172645463325252ul + history;
      begin ("int main (void)\n{\n  int a = 1;\n  return a;\n}\n");
      for (int i = 10 + draw (50); i--;)
        op ();
      look (history);
      for (int i = draw (20); i--;)
        op ();
      look (history);
      look_in_file (history);
      finish ();
    }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_is_deleted_counts_again_when_it_is_undone),
    cmocka_unit_test (characters_deleted_one_by_one_come_back_one_by_one),
    cmocka_unit_test (what_is_typed_instead_or_beside_does_not_count),
    cmocka_unit_test (indentation_costs_only_itself),
    cmocka_unit_test (what_is_cut_and_put_elsewhere_counts),
    cmocka_unit_test (a_short_piece_that_is_found_elsewhere_was_not_moved),
    cmocka_unit_test (a_file_that_is_reverted_has_what_its_disk_has),
    cmocka_unit_test (a_hunk_that_is_dropped_is_the_persons_own),
    cmocka_unit_test (what_cannot_be_is_lost_and_said),
    cmocka_unit_test (characters_are_counted_not_bytes),
    cmocka_unit_test (much_that_is_inserted_and_deleted_again_is_no_limit),
    cmocka_unit_test (long_texts_are_compared_by_lines_then_by_characters),
    cmocka_unit_test (histories_drawn_at_random_agree_with_the_oracle),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
