/* Mining real vaults: timelines whose truth is known are written as snapshots are, and what is kept of them is what it should
   be. */
#include "mine_timeline.h"
#include "learn/mine.h"
#include "learn/minhash.h"
#include "learn/mine_internal.h"
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "project_open.h"

#include <time.h>

/* --- a vault of a timeline ---------------------------------------------------------------------------------------- */

/* A word that no other number has, in this project. */
static unsigned long long project;

static unsigned long long
word_of (uint32_t n)
{
  return ((unsigned long long)n + 1 + project * 100000000) * 0x9E3779B97F4A7C15ull;
}

/* The tests of tree T, as many as it has. */
static unsigned
tests_of (uint32_t tree)
{
  return tree % 7;
}

static void
add_blob (struct aid_str *out, const char *path, const struct aid_str *text)
{
  aid_str_addf (out, "M 100644 inline %s\ndata %zu\n", path, text->len);
  aid_str_addspan (out, aid_str_span (text));
  aid_str_addc (out, '\n');
}

static void
add_tree (struct aid_str *out, uint32_t tree)
{
  struct aid_str text = AID_STR_INIT (1 << 20);
  aid_str_addf (&text, "let tree = %u\nlet value_%llx = value_%llx + 0x%llx\n", tree, word_of (tree),
                word_of (tree + 1000000), word_of (tree + 2000000));
  add_blob (out, "src/work.ml", &text);
  aid_str_clear (&text);
  aid_str_addf (&text, "open Work\n");
  for (unsigned i = 0; i < tests_of (tree); i++)
    aid_str_addf (&text, "let () = assert (value_%llx = %u)\n", word_of (tree * 7 + i + 3000000), i);
  add_blob (out, "test/test_work.ml", &text);
  aid_str_free (&text);
}

static json_t *
run_of (enum aid_mine_level level, enum aid_mine_status status, int exact, int64_t ended)
{
  return json_pack ("{s:s, s:s, s:s, s:b, s:I, s:[{s:s, s:i, s:s, s:s}]}", "what", level ? "test" : "build", "command",
                    level ? "dune test" : "dune build", "status",
                    status == AID_MINE_GREEN ? "green"
                    : status == AID_MINE_RED ? "red"
                                             : "unknown",
                    "exact", exact, "ended", (json_int_t)ended, "diagnostics", "path", "src/work.ml", "line", 2, "severity",
                    "error", "message", level ? "it failed" : "it does not type");
}

static void
add_message (struct aid_str *out, const struct aid_mine_moment *m)
{
  json_t *o = json_pack ("{s:i, s:I, s:s, s:n, s:n, s:n}", "version", 1, "time", (json_int_t)m->time, "vc", "git",
                         "revision", "build", "tests");
  char revision[41];
  struct aid_str text = AID_STR_INIT (1 << 20);
  snprintf (revision, sizeof revision, "%040x", m->revision);
  if (m->revision)
    json_object_set_new (o, "revision", json_string (revision));
  if (m->exact[AID_MINE_BUILD])
    json_object_set_new (o, "build", run_of (AID_MINE_BUILD, m->exact[AID_MINE_BUILD], 1, m->time));
  if (m->exact[AID_MINE_TESTS])
    json_object_set_new (o, m->exact[AID_MINE_BUILD] ? "tests" : "build",
                         run_of (AID_MINE_TESTS, m->exact[AID_MINE_TESTS], 1, m->time));
  if (!m->exact[AID_MINE_BUILD] && !m->exact[AID_MINE_TESTS]) /* an older one, of another tree: it says nothing */
    json_object_set_new (o, "build", run_of (AID_MINE_BUILD, m->tree % 2 ? AID_MINE_GREEN : AID_MINE_RED, 0, m->time - 1));
  aid_str_addz (&text, "a snapshot\n\n");
  aid_json_dump (o, &text);
  aid_str_addf (out, "data %zu\n", text.len);
  aid_str_addspan (out, aid_str_span (&text));
  aid_str_addc (out, '\n');
  json_decref (o);
  aid_str_free (&text);
}

/* Writes T's moments from FROM up to UPTO into the vault of the project NAME. */
static void
write_vault (const struct timeline *t, size_t from, size_t upto, const char *name)
{
  static const char *const args[] = { "fast-import", "--quiet", "--force", NULL };
  struct aid_str text = AID_STR_INIT ((size_t)64 << 20);
  struct aid_error e = { AID_OK, "" };
  struct aid_vault *v;
  char hour[32], last[32] = "";
  if (aid_vault_open (folder (name), 1, &v, &e) || aid_vault_lock (v, 1000, &e))
    fail_msg ("%s", e.msg);
  for (size_t i = from; i < upto; i++)
    {
      const struct aid_mine_moment *m = &t->moments[i];
      time_t at = (time_t)(m->time / 1000), old = i ? (time_t)(t->moments[i - 1].time / 1000) : 0;
      struct tm tm;
      strftime (hour, sizeof hour, "%Y-%m-%dT%H", gmtime_r (&at, &tm));
      strftime (last, sizeof last, "%Y-%m-%dT%H", gmtime_r (&old, &tm));
      aid_str_addf (&text, "commit refs/snapshots/%s\ncommitter AID <aid> %lld +0000\n", hour, (long long)at);
      add_message (&text, m);
      if (i == from && i && !strcmp (hour, last))
        aid_str_addf (&text, "from refs/snapshots/%s^0\n", hour);
      aid_str_addz (&text, "deleteall\n");
      add_tree (&text, m->tree);
    }
  if (text.len && aid_vault_git (v, &(struct aid_vault_run){ .args = args, .input = aid_str_span (&text) }, &e))
    fail_msg ("%s", e.msg);
  aid_str_free (&text);
  aid_vault_free (v);
}

/* --- what is told ------------------------------------------------------------------------------------------------- */

struct seen
{
  struct aid_vault *vault;
  struct truth all[MOMENTS_MAX];
  enum aid_mine_why why[MOMENTS_MAX];
  size_t n;
};

static uint32_t
tree_number (const struct aid_vault *v, const char *tree)
{
  struct aid_str name = AID_STR_INIT (256), text = AID_STR_INIT (4096);
  unsigned number = 0;
  aid_str_addf (&name, "%s:src/work.ml", tree);
  const char *const args[] = { "cat-file", "blob", aid_str_z (&name), NULL };
  assert_int_equal (aid_vault_git (v, &(struct aid_vault_run){ .args = args, .out = &text }, NULL), AID_OK);
  assert_int_equal (sscanf (aid_str_z (&text), "let tree = %u", &number), 1);
  aid_str_free (&name);
  aid_str_free (&text);
  return number;
}

static void
take_told (void *ctx, const struct aid_mine_told *t)
{
  struct seen *s = ctx;
  assert_true (s->n < MOMENTS_MAX);
  s->all[s->n] = (struct truth){ t->kind, tree_number (s->vault, t->base), tree_number (s->vault, t->after), 0 };
  s->why[s->n++] = t->why;
}

static void
take_trouble (void *ctx, const struct aid_error *e)
{
  (void)ctx;
  fail_msg ("%s", e->msg);
}

static struct aid_mine_sum
mine_project (const char *name, int64_t now, struct seen *s)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_mine_sum sum;
  struct aid_mine_options o = { .root = folder (name), .now = now, .tell = take_told, .trouble = take_trouble, .ctx = s };
  s->n = 0;
  assert_int_equal (aid_vault_open (o.root, 0, &s->vault, &e), AID_OK);
  if (aid_mine (&o, &sum, &e))
    fail_msg ("%s", e.msg);
  aid_vault_free (s->vault);
  return sum;
}

/* What is to become of the truth W. */
static enum aid_mine_why
fate_of (const struct truth *w)
{
  return w->end == AID_MINE_UNSETTLED                                            ? AID_MINE_CHANGED
         : w->end == AID_MINE_BACK                                               ? AID_MINE_TAKEN_BACK
         : w->kind == AID_MINE_TEST && tests_of (w->after) <= tests_of (w->base) ? AID_MINE_NO_TEST
                                                                                 : AID_MINE_KEPT;
}

static void
assert_truth (const struct timeline *t, const struct seen *s, unsigned seed)
{
  if (s->n != t->ntruths)
    fail_msg ("timeline %u: of %zu pairs %zu are told", seed, t->ntruths, s->n);
  for (size_t i = 0; i < s->n; i++)
    {
      const struct truth *is = &s->all[i], *wanted = &t->truths[i];
      if (is->kind != wanted->kind || is->base != wanted->base || is->after != wanted->after
          || s->why[i] != fate_of (wanted))
        fail_msg ("timeline %u: pair %zu is %s %u>%u, %s; wanted is %s %u>%u, %s", seed, i, aid_mine_kind_name (is->kind),
                  is->base, is->after, aid_mine_why_name (s->why[i]), aid_mine_kind_name (wanted->kind), wanted->base,
                  wanted->after, aid_mine_why_name (fate_of (wanted)));
    }
}

/* --- the examples ------------------------------------------------------------------------------------------------- */

struct checking
{
  const struct timeline *t;
  struct aid_vault *vault;
  size_t n;
};

/* Each example has the trees that it says, kept by its ref, the diff between them, and what the build said. */
static int
check_example (void *ctx, const json_t *o)
{
  struct checking *c = ctx;
  const char *id = aid_json_str (o, "id"), *base = aid_json_str (o, "base"), *after = aid_json_str (o, "after");
  struct aid_str diff = AID_STR_INIT (1 << 20), ref = AID_STR_INIT (256), trees = AID_STR_INIT (4096),
                 kept = AID_STR_INIT (4096);
  struct aid_minhash hash, again;
  int is_test = !strcmp (aid_json_str (o, "kind"), "test");
  aid_str_addf (&ref, "refs/examples/%s", id);
  const char *const args[] = { "log", "--format=%T", aid_str_z (&ref), NULL };
  assert_int_equal (aid_vault_git (c->vault, &(struct aid_vault_run){ .args = args, .out = &trees }, NULL), AID_OK);
  aid_str_addf (&kept, "%s\n%s\n", after, base);
  assert_string_equal (aid_str_z (&trees), aid_str_z (&kept));
  assert_int_equal (aid_mine_diff (c->vault, base, after, &diff, NULL), AID_OK);
  assert_string_equal (aid_json_str (o, "diff"), aid_str_z (&diff));
  aid_minhash_diff (aid_str_span (&diff), &hash);
  assert_int_equal (aid_minhash_read (aid_json_str (o, "minhash"), &again), 0);
  assert_memory_equal (&hash, &again, sizeof hash);
  assert_int_equal (json_array_size (json_object_get (o, "diagnostics")), is_test ? 0 : 1);
  assert_non_null (aid_json_str (json_object_get (o, "build"), "command"));
  assert_int_equal (json_object_get (o, "break") != NULL, !strcmp (aid_json_str (o, "kind"), "repair"));
  assert_true (json_array_size (json_object_get (o, "files")) >= 1);
  assert_string_equal (aid_json_str (o, "consent"), "own");
  c->n++;
  aid_str_free (&diff);
  aid_str_free (&ref);
  aid_str_free (&trees);
  aid_str_free (&kept);
  return 0;
}

static size_t
check_examples (const struct timeline *t, const char *name)
{
  struct checking c = { .t = t };
  struct aid_examples *x = NULL;
  struct aid_error e = { AID_OK, "" };
  assert_int_equal (aid_examples_open (1, &x, &e), AID_OK);
  assert_int_equal (aid_vault_open (folder (name), 0, &c.vault, &e), AID_OK);
  struct aid_examples_which which = { .project = c.vault->root };
  assert_int_equal (aid_examples_each (x, &which, check_example, &c, &e), AID_OK);
  aid_vault_free (c.vault);
  aid_examples_close (x);
  return c.n;
}

static size_t
kept_of (const struct timeline *t, size_t n)
{
  size_t kept = 0;
  for (size_t i = 0; i < n; i++)
    kept += fate_of (&t->truths[i]) == AID_MINE_KEPT;
  return kept;
}

static void
what_is_in_real_vaults_is_found_and_only_that (void **state)
{
  static struct timeline t;
  static struct seen s;
  size_t pairs = 0, examples = 0;
  char name[32];
  (void)state;
  only_vc_knows = 0;
  for (unsigned seed = 1; seed <= 24; seed++)
    {
      make_timeline (&t, project = seed);
      snprintf (name, sizeof name, "drawn-%u", seed);
      write_vault (&t, 0, t.n, name);
      struct aid_mine_sum sum = mine_project (name, t.now, &s);
      assert_truth (&t, &s, seed);
      assert_int_equal (sum.why[AID_MINE_KEPT], kept_of (&t, t.ntruths));
      assert_int_equal (check_examples (&t, name), sum.why[AID_MINE_KEPT]);
      pairs += t.ntruths;
      examples += sum.why[AID_MINE_KEPT];
      /* A second time nothing is looked at. */
      sum = mine_project (name, t.now, &s);
      assert_int_equal (sum.skipped, 1);
      assert_int_equal (s.n, 0);
    }
  print_message ("%zu pairs, %zu examples\n", pairs, examples);
  assert_true (examples > 20 && pairs > examples);
}

static void
in_pieces_it_comes_to_the_same (void **state)
{
  static struct timeline t;
  static struct seen s;
  char name[32];
  (void)state;
  only_vc_knows = 0;
  for (unsigned seed = 101; seed <= 106; seed++)
    {
      make_timeline (&t, project = seed);
      snprintf (name, sizeof name, "pieces-%u", seed);
      size_t kept = 0, from = 0;
      while (from < t.n)
        {
          size_t upto = from + 1 + pick (&t, 15);
          upto = upto < t.n ? upto : t.n;
          write_vault (&t, from, upto, name);
          kept += mine_project (name, t.moments[upto - 1].time, &s).why[AID_MINE_KEPT];
          from = upto;
        }
      assert_int_equal (kept, kept_of (&t, t.ntruths));
      assert_int_equal (check_examples (&t, name), kept);
    }
}

/* A repair that was taken back at once, to see it fail, and then made again, is one; also when one has looked in between. */
static void
what_was_taken_back_may_be_made_again (void **state)
{
  static struct timeline t;
  static struct seen s;
  (void)state;
  const int64_t minute = 60000, began = 1700000000000;
  const struct
  {
    int64_t at;
    uint32_t tree;
    enum aid_mine_status build;
  } all[] = { { 0, 0, AID_MINE_GREEN },
              { 1, 1, AID_MINE_RED },
              { 2, 2, AID_MINE_GREEN },
              { 3, 1, AID_MINE_RED },
              { 40, 2, AID_MINE_GREEN } };
  project = 900;
  memset (&t, 0, sizeof t);
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    t.moments[t.n++]
      = (struct aid_mine_moment){ .time = began + all[i].at * minute, .tree = all[i].tree, .exact = { all[i].build } };
  write_vault (&t, 0, 4, "again");
  struct aid_mine_sum sum = mine_project ("again", began + 30 * minute, &s);
  assert_int_equal (sum.why[AID_MINE_TAKEN_BACK], 1);
  assert_int_equal (sum.why[AID_MINE_KEPT], 0);
  write_vault (&t, 4, 5, "again");
  sum = mine_project ("again", began + 90 * minute, &s);
  assert_int_equal (sum.why[AID_MINE_KEPT], 1);
  sum = mine_project ("again", began + 95 * minute, &s);
  assert_int_equal (sum.why[AID_MINE_KEPT], 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (what_is_in_real_vaults_is_found_and_only_that),
    cmocka_unit_test (in_pieces_it_comes_to_the_same),
    cmocka_unit_test (what_was_taken_back_may_be_made_again),
  };
  return cmocka_run_group_tests (tests, scratch_make, scratch_drop);
}
