/* Accepted text is followed exactly as track.h says: an oracle that goes over single characters agrees on 1,000
   histories of edits that are drawn at random. */
#include "track_buffer.h"

static unsigned long seed;

static int
draw (int n)
{
  seed = seed * 6364136223846793005ul + 1442695040888963407ul;
  return n > 0 ? (int)((seed >> 33) % (unsigned long)n) : 0;
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
    cmocka_unit_test (histories_drawn_at_random_agree_with_the_oracle),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
