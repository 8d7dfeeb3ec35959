/* What holds of any two texts: their diff makes one of the other, its reverse takes that back, and what is said about a hunk is
   true of the file.  The texts are drawn from a seed that a failure names; SEED=N draws others. */
#include "patch_cases.h"
#include "patch/patch_internal.h"

static uint64_t seed;

static unsigned
dice (unsigned sides)
{
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (unsigned) (seed >> 33) % sides;
}

/* --- two texts and the way from one to the other --- */

enum kind { WORDS, HOSTILE_WORDS, BYTES, UNICODE, KINDS };

/* A line and whether the first text has it, the second, or both. */
struct step
{
  char op;
  struct aid_span line;
};

struct pair
{
  struct aid_str pool;          /* the lines' bytes */
  struct aid_vec steps;
  int crlf, newline[2];         /* line ends; whether each text ends in one */
  struct aid_str text[2];
  enum kind kind;
};

static const char *const words[] = { "a", "b", "", "}", "  return x;", "\tif (y)", "x = 1;", "x = 1; ", "int main (void)" };
static const char *const hostile_words[] = {
  "-- a", "++ b", "-- ", "--- a/f", "+++ b/f", "@@ -1 +1 @@", "@@", "diff --git a/x b/x", "```", "~~~",
  "    ```diff", "<<<<<<< SEARCH",
  "=======", ">>>>>>> REPLACE", "*** End Patch", "*** Begin Patch", "*** Update File: f", "\\ No newline at end of file", "...",
  "index 12..34", "new file mode 100644", "rename from f", "+", "-", " ", "1.", "Binary files a/f and b/f differ"
};

static void
add_line (struct pair *p)
{
  size_t n = dice (12);
  char utf8[8];
  switch (p->kind)
    {
    case WORDS:
      aid_str_addz (&p->pool, words[dice (sizeof words / sizeof *words)]);
      break;
    case HOSTILE_WORDS:
      aid_str_addz (&p->pool, hostile_words[dice (sizeof hostile_words / sizeof *hostile_words)]);
      break;
    case BYTES:
      for (size_t i = 0; i < n; i++)
        {
          char c = (char) (1 + dice (255));
          aid_str_addc (&p->pool, c == '\n' || c == '\r' ? ' ' : c);
        }
      break;
    default:
      for (size_t i = 0; i < n; i++)
        {
          static const uint32_t from[] = { 'a', 0xc0, 0x300, 0x3b1, 0x4e00, 0x1f600, 0x2010, 0xac00 };
          uint32_t c = from[dice (8)] + dice (16);
          size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
          for (size_t k = len; k-- > 1; c >>= 6)
            utf8[k] = (char) (0x80 | (c & 0x3f));
          utf8[0] = (char) (len == 1 ? c : (0xf00u >> len & 0xff) | c);
          aid_str_add (&p->pool, utf8, len);
        }
    }
}

/* N lines, of which one in CHANGES is not in both. */
static void
draw_steps (struct pair *p, size_t n, unsigned changes)
{
  size_t *end = malloc ((n + 1) * sizeof *end);
  assert_non_null (end);
  for (size_t i = 0; i < n; i++)
    {
      add_line (p);
      end[i] = p->pool.len;
    }
  for (size_t i = 0; i < n; i++)
    {
      struct step *s = aid_vec_push (&p->steps);
      assert_non_null (s);
      s->op = dice (changes) ? ' ' : dice (2) ? '+' : '-';
      s->line = aid_span_cut (aid_str_span (&p->pool), i ? end[i - 1] : 0, end[i]);
    }
  free (end);
}

/* "--- x" and "+++ y" in front of an @@ line are the next header, whatever the counts say, unless the hunk has nothing else. */
static void
make_no_headers (struct pair *p)
{
  for (size_t i = 1; i < p->steps.len; i++)
    {
      struct step *a = &AID_VEC_AT (struct step, &p->steps, i - 1), *b = a + 1;
      if (a->op == '-' && b->op == '+' && aid_span_starts (a->line, "-- ") && aid_span_starts (b->line, "++ "))
        b->op = ' ';
    }
}

/* The last line of text SIDE, or NULL. */
static const struct step *
last_of (const struct pair *p, int side)
{
  for (size_t i = p->steps.len; i-- > 0;)
    if (AID_VEC_AT (struct step, &p->steps, i).op != (side ? '-' : '+'))
      return &AID_VEC_AT (struct step, &p->steps, i);
  return NULL;
}

static int
ends_bare (const struct pair *p, int side, const struct step *s)
{
  return !p->newline[side] && s == last_of (p, side);
}

/* An empty last line needs its line end, and so does a text without lines; a line that is the end of one text only, without a
   line end, is not the same in both. */
static void
be_possible (struct pair *p)
{
  for (int side = 0; side < 2; side++)
    if (!last_of (p, side) || last_of (p, side)->line.len == 0)
      p->newline[side] = 1;
  for (size_t i = 0; i < p->steps.len; i++)
    {
      struct step *s = &AID_VEC_AT (struct step, &p->steps, i);
      if (s->op != ' ' || ends_bare (p, 0, s) == ends_bare (p, 1, s))
        continue;
      s->op = '-';
      struct step again = { '+', s->line };
      *(struct step *) aid_vec_push (&p->steps) = again;
      memmove (&AID_VEC_AT (struct step, &p->steps, i + 2), &AID_VEC_AT (struct step, &p->steps, i + 1),
               (p->steps.len - i - 2) * sizeof again);
      AID_VEC_AT (struct step, &p->steps, i + 1) = again;
    }
}

static void
write_text (struct pair *p, int side)
{
  size_t n = 0;
  const struct step *last = last_of (p, side);
  for (size_t i = 0; i < p->steps.len; i++)
    {
      const struct step *s = &AID_VEC_AT (struct step, &p->steps, i);
      if (s->op == (side ? '-' : '+'))
        continue;
      aid_str_addspan (&p->text[side], s->line);
      aid_str_addz (&p->text[side], s == last && !p->newline[side] ? "" : p->crlf ? "\r\n" : "\n");
      n++;
    }
  assert_int_equal (p->text[side].err, AID_OK);
}

static void
pair_draw (struct pair *p, size_t n, unsigned changes)
{
  *p = (struct pair){ .pool = AID_STR_INIT ((size_t) 1 << 26), .steps = AID_VEC_INIT (struct step, 1 << 20),
                      .text = { AID_STR_INIT ((size_t) 1 << 26), AID_STR_INIT ((size_t) 1 << 26) } };
  p->kind = (enum kind) dice (KINDS);
  p->newline[0] = dice (3) > 0;
  p->newline[1] = dice (3) > 0;
  draw_steps (p, n, changes);
  make_no_headers (p);
  be_possible (p);
  write_text (p, 0);
  write_text (p, 1);
  /* which line ends a text has is known only when it has one */
  if (dice (3) == 0 && memchr (aid_str_z (&p->text[0]), '\n', p->text[0].len)
      && memchr (aid_str_z (&p->text[1]), '\n', p->text[1].len))
    {
      p->crlf = 1;
      aid_str_clear (&p->text[0]);
      aid_str_clear (&p->text[1]);
      write_text (p, 0);
      write_text (p, 1);
    }
}

static void
pair_free (struct pair *p)
{
  aid_str_free (&p->pool);
  aid_vec_free (&p->steps);
  aid_str_free (&p->text[0]);
  aid_str_free (&p->text[1]);
}

/* --- their diff --- */

static void
write_hunk (const struct pair *p, size_t from, size_t to, const size_t behind[2], const char *eol, struct aid_str *out)
{
  size_t count[2] = { 0, 0 };
  for (size_t k = from; k < to; k++)
    {
      count[0] += AID_VEC_AT (struct step, &p->steps, k).op != '+';
      count[1] += AID_VEC_AT (struct step, &p->steps, k).op != '-';
    }
  aid_str_addf (out, "@@ -%zu,%zu +%zu,%zu @@%s", behind[0] + (count[0] > 0), count[0], behind[1] + (count[1] > 0), count[1],
                eol);
  for (size_t k = from; k < to; k++)
    {
      const struct step *s = &AID_VEC_AT (struct step, &p->steps, k);
      aid_str_addc (out, s->op);
      aid_str_addspan (out, s->line);
      aid_str_addz (out, eol);
      if (ends_bare (p, s->op == '+', s))
        aid_str_addf (out, "\\ No newline at end of file%s", eol);
    }
}

/* Appends the diff of P as file NAME with CONTEXT lines around changes; gives how many hunks. */
static size_t
write_diff (const struct pair *p, const char *name, size_t context, const char *eol, struct aid_str *out)
{
  size_t n = p->steps.len, hunks = 0, behind[2] = { 0, 0 }, at = 0;
  aid_str_addf (out, "--- a/%s%s+++ b/%s%s", name, eol, name, eol);
  for (size_t k = 0; k < n;)
    {
      while (k < n && AID_VEC_AT (struct step, &p->steps, k).op == ' ')
        k++;
      if (k == n)
        break;
      size_t from = k > context ? k - context : 0, last = k;
      from = from < at ? at : from;
      for (size_t x = k; x < n && x <= last + context * 2 + 1; x++)
        if (AID_VEC_AT (struct step, &p->steps, x).op != ' ')
          last = x;
      size_t to = last + 1 + context < n ? last + 1 + context : n;
      for (; at < from; at++)
        {
          behind[0] += AID_VEC_AT (struct step, &p->steps, at).op != '+';
          behind[1] += AID_VEC_AT (struct step, &p->steps, at).op != '-';
        }
      write_hunk (p, from, to, behind, eol, out);
      hunks++;
      k = last + 1;
    }
  return hunks;
}

/* The diff of P makes the second text of the first, and back. */
static void
check_both_ways (const struct pair *p, uint64_t begun)
{
  static const size_t contexts[] = { 0, 1, 3 };
  struct aid_str diff = AID_STR_INIT ((size_t) 1 << 26);
  if (write_diff (p, "f", contexts[dice (3)], dice (4) ? "\n" : "\r\n", &diff) > 0)
    {
      struct aid_patch *patch = read_patch (aid_str_span (&diff), AID_FORMAT_UNIFIED);
      for (int reverse = 0; reverse < 2; reverse++)
        {
          struct memory m = { .file = { { "f", aid_str_span (&p->text[reverse]) } } };
          struct aid_plan_options options = { .reverse = reverse };
          struct aid_plan *plan = plan_in (patch, &m, &options);
          struct aid_span after = aid_str_span (&PLAN_AT (plan, 0)->after);
          if (plan->files.len != 1 || plan->refused || !aid_span_eq (after, aid_str_span (&p->text[!reverse])))
            fail_msg ("SEED=%llu, kind %d, crlf %d, reverse %d: %s\n-- from:\n%.2000s\n-- diff:\n%.2000s\n-- got:\n%.2000s",
                      (unsigned long long) begun, p->kind, p->crlf, reverse, PLACED_AT (plan, 0)->reason,
                      aid_str_z (&p->text[reverse]), aid_str_z (&diff), after.ptr ? after.ptr : "");
          aid_plan_free (plan);
        }
      aid_patch_free (patch);
    }
  aid_str_free (&diff);
}

static void
begin_draw (void)
{
  const char *given = getenv ("SEED");
  seed = given ? strtoull (given, NULL, 10) : 20240229;
}

static void
a_diff_of_any_two_texts_makes_one_of_the_other (void **state)
{
  (void) state;
  begin_draw ();
  for (int round = 0; round < 6000; round++)
    {
      struct pair p;
      uint64_t begun = seed;
      static const unsigned changes[] = { 2, 5, 20 };
      size_t n = dice (50);
      pair_draw (&p, n, changes[dice (3)]);
      check_both_ways (&p, begun);
      pair_free (&p);
    }
}

static void
a_diff_of_a_hundred_thousand_lines_does (void **state)
{
  (void) state;
  begin_draw ();
  for (int round = 0; round < 4; round++)
    {
      struct pair p;
      uint64_t begun = seed;
      pair_draw (&p, 100000, round % 2 ? 40 : 4000);
      check_both_ways (&p, begun);
      pair_free (&p);
    }
}

/* --- what is said is true --- */

/* The lines of SIDE 0 with some letters changed, as one hunk with a number that may be wrong. */
static void
write_damaged_hunk (const struct pair *p, struct aid_str *out)
{
  size_t n = p->steps.len, from = dice ((unsigned) n), to = from + 1 + dice (8);
  to = to < n ? to : n;
  aid_str_addf (out, "--- a/f\n+++ b/f\n@@ -%zu +1 @@\n", dice (2) ? from + 1 : (size_t) dice (60));
  for (size_t k = from; k < to; k++)
    {
      const struct step *s = &AID_VEC_AT (struct step, &p->steps, k);
      aid_str_addc (out, s->op);
      aid_str_addspan (out, s->line);
      aid_str_addz (out, dice (4) ? "\n" : " ?\n");
    }
  aid_str_addz (out, "+new line\n");
}

static struct aid_span
line_of (const struct aid_lines *l, int64_t number)
{
  assert_in_range (number, 1, l->n);
  return aid_lines_at (l, (size_t) number - 1);
}

static struct aid_span
rtrim (struct aid_span v)
{
  while (v.len > 0 && (v.ptr[v.len - 1] == ' ' || v.ptr[v.len - 1] == '\t'))
    v.len--;
  return v;
}

/* The place of O has the hunk's old lines, in their order and nothing else. */
static void
check_exact (const struct aid_patch *patch, const struct aid_placement *o, const struct aid_lines *l, int64_t at)
{
  const struct aid_patch_hunk *h = HUNK_AT (patch, o->hunk);
  for (size_t i = 0; i < h->nlines; i++)
    if (LINE_AT (patch, h->first_line + i)->op != '+')
      assert_true (aid_span_eq (rtrim (LINE_AT (patch, h->first_line + i)->text), rtrim (line_of (l, at++))));
}

/* "(nearest 12: "text")" */
static void
check_nearest (const char *reason, const struct aid_lines *l)
{
  const char *at = strstr (reason, "(nearest ");
  char *colon, quote[AID_QUOTE];
  if (!at)
    return;
  long long number = strtoll (at + 9, &colon, 10);
  aid_quote (line_of (l, number), quote);
  assert_true (strncmp (colon, ": \"", 3) == 0 && strncmp (colon + 3, quote, strlen (quote)) == 0);
  assert_int_equal (colon[3 + strlen (quote)], '"');
}

/* Every numbered row of the report shows that line of the file. */
static size_t
check_rows (struct aid_span report, const struct aid_lines *l)
{
  struct aid_span row;
  size_t seen = 0;
  while (aid_span_line (&report, &row))
    {
      char *end;
      if (row.len < 10 || !strchr (" +", row.ptr[0]) || memcmp (row.ptr + 7, " | ", 3) != 0)
        continue;
      long long number = strtoll (row.ptr + 1, &end, 10);
      if (end != row.ptr + 7)
        continue;
      assert_true (aid_span_eq (aid_span_cut (row, 10, row.len), line_of (l, number)));
      seen++;
    }
  return seen;
}

static void
what_is_said_of_a_place_is_what_stands_there (void **state)
{
  (void) state;
  size_t exact = 0, refused = 0, tied = 0, rows = 0;
  begin_draw ();
  for (int round = 0; round < 8000; round++)
    {
      struct pair p;
      struct aid_lines l;
      struct aid_str diff = AID_STR_INIT (1 << 16), report = AID_STR_INIT (1 << 20);
      pair_draw (&p, 1 + dice (40), 8);
      write_damaged_hunk (&p, &diff);
      struct aid_patch *patch = read_patch (aid_str_span (&diff), AID_FORMAT_UNIFIED);
      struct memory m = { .file = { { "f", aid_str_span (&p.text[0]) } } };
      struct aid_plan *plan = plan_in (patch, &m, NULL);
      assert_int_equal (aid_lines_init (&l, aid_str_span (&p.text[0]), NULL), AID_OK);
      assert_int_equal (aid_patch_report (patch, plan, NULL, &report), AID_OK);
      for (size_t i = 0; i < plan->placements.len; i++)
        {
          const struct aid_placement *o = PLACED_AT (plan, i);
          if (o->status == AID_HUNK_APPLIES && (strcmp (o->method, "exact") == 0 || strcmp (o->method, "shifted") == 0))
            {
              check_exact (patch, o, &l, o->line);
              exact++;
            }
          if (o->line > 0 && o->status != AID_HUNK_REFUSED)
            assert_true (o->span_beg == l.beg[o->line - 1]);
          for (size_t k = 0; k < o->candidates.len; k++, tied++)
            line_of (&l, AID_VEC_AT (int64_t, &o->candidates, k));
          refused += o->status == AID_HUNK_REFUSED;
          check_nearest (o->reason, &l);
        }
      rows += p.kind <= HOSTILE_WORDS ? check_rows (aid_str_span (&report), &l) : 0;
      aid_lines_free (&l);
      aid_plan_free (plan);
      aid_patch_free (patch);
      aid_str_free (&diff);
      aid_str_free (&report);
      pair_free (&p);
    }
  assert_true (exact > 500 && refused > 500 && tied > 100 && rows > 1000);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_diff_of_any_two_texts_makes_one_of_the_other),
    cmocka_unit_test (a_diff_of_a_hundred_thousand_lines_does),
    cmocka_unit_test (what_is_said_of_a_place_is_what_stands_there),
  };
  return cmocka_run_group_tests_name ("patch properties", tests, NULL, NULL);
}
