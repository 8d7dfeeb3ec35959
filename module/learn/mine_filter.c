/* Whether what was found is wanted.  What costs least is asked first: names and numbers, then texts. */
#include "assist/tested.h"
#include "base/utf8.h"
#include "config/secrets.h"
#include "learn/leave.h"
#include "learn/mine_internal.h"
#include "project/classify.h"
#include "scan/scan.h"

#include <stdlib.h>

#define TEXT_MAX ((size_t)4 << 20)

static const struct aid_mine_file *
file_at (const struct aid_mine_case *c, size_t i)
{
  return &AID_VEC_AT (struct aid_mine_file, &c->files, i);
}

static int
is_nothing (const char *blob)
{
  return !blob[strspn (blob, "0")];
}

/* Appends BLOB; nothing where there is none, or too much. */
static void
read_blob (const struct aid_vault *v, const char *blob, struct aid_str *out)
{
  if (blob[0] && !is_nothing (blob) && aid_timeline_blob (v, blob, out, NULL))
    aid_str_clear (out);
}

/* --- a test more -------------------------------------------------------------------------------------------------- */

/* How many words of those that tests are made of stand in TEXT. */
static size_t
test_words (struct aid_span text)
{
  static const char *const words[] = { "assert", "expect", "test_case", "ert-deftest", ">::", "\n  $ ", "check " };
  size_t n = 0;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    {
      struct aid_span rest = text, word = aid_span_z (words[i]);
      for (ptrdiff_t at; (at = aid_span_find (rest, word)) >= 0; n++)
        rest = aid_span_cut (rest, (size_t)at + word.len, rest.len);
    }
  return n;
}

/* How many tests TEXT of the file PATH has: what is defined as one, and in a file of tests what is called so. */
static size_t
count_tests (struct aid_span path, struct aid_span text, int of_tests)
{
  enum aid_language language = aid_language_of (path, text);
  struct aid_scan s = AID_SCAN_INIT;
  size_t n = 0;
  if (!text.len || aid_scan_text (language, text, &s))
    return 0;
  for (size_t i = 0; i < s.n_defs; i++)
    {
      struct aid_span name = aid_span_cut (text, s.defs[i].name.from, s.defs[i].name.to);
      n += s.defs[i].kind == AID_DEF_TEST
           || (of_tests && (aid_span_starts (name, "test") || aid_span_starts (name, "Test")));
    }
  aid_scan_free (&s);
  return n;
}

/* Whether the tests in F are more than they were. */
static int
has_new_test (const struct aid_mine_work *w, const struct aid_mine_file *f)
{
  struct aid_str old = AID_STR_INIT (TEXT_MAX), new = AID_STR_INIT (TEXT_MAX);
  struct aid_span path = aid_span_z (f->path);
  int of_tests = aid_is_test (path);
  read_blob (w->vault, f->old_blob, &old);
  read_blob (w->vault, f->blob, &new);
  struct aid_span before = aid_str_span (&old), after = aid_str_span (&new);
  int more = count_tests (path, after, of_tests) > count_tests (path, before, of_tests)
             || (of_tests && test_words (after) > test_words (before));
  aid_str_free (&old);
  aid_str_free (&new);
  return more;
}

static int
has_test_more (const struct aid_mine_work *w, const struct aid_mine_case *c)
{
  for (size_t i = 0; i < c->files.len; i++)
    if (file_at (c, i)->added > 0 && has_new_test (w, file_at (c, i)))
      return 1;
  return 0;
}

/* --- whose files -------------------------------------------------------------------------------------------------- */

static struct aid_attributes *
attributes_of (const struct aid_mine_work *w, const struct aid_mine_case *c)
{
  struct aid_attributes *a = aid_attributes_new ();
  struct aid_str text = AID_STR_INIT (TEXT_MAX), name = AID_STR_INIT (256);
  aid_str_addf (&name, "%s:.gitattributes", c->base);
  const char *const args[] = { "cat-file", "blob", aid_str_z (&name), NULL };
  if (a && c->base[0] && !aid_vault_git (w->vault, &(struct aid_vault_run){ .args = args, .out = &text }, NULL))
    aid_attributes_add (a, AID_SPAN (""), aid_str_span (&text));
  aid_str_free (&text);
  aid_str_free (&name);
  return a;
}

static enum aid_file_class
class_of (const struct aid_mine_work *w, const struct aid_attributes *a, const struct aid_mine_file *f)
{
  struct aid_span path = aid_span_z (f->path);
  struct aid_str text = AID_STR_INIT (TEXT_MAX);
  enum aid_file_class class = aid_classify_name (a, path, 0, AID_PROJECT_LARGE, NULL);
  if (class == AID_FILE_TEXT && f->mode == AID_MODE_LINK)
    class = AID_FILE_SPECIAL;
  if (class == AID_FILE_TEXT && f->added < 0)
    class = AID_FILE_BINARY;
  if (class == AID_FILE_TEXT)
    {
      read_blob (w->vault, f->mode ? f->blob : f->old_blob, &text);
      class = aid_classify_head (path, aid_str_span (&text), aid_attributes_say (a, AID_ATTR_GENERATED, path) == 0, NULL);
    }
  aid_str_free (&text);
  return class;
}

static int
is_made (const struct aid_mine_work *w, const struct aid_mine_case *c, struct aid_str *words)
{
  struct aid_attributes *a = attributes_of (w, c);
  int made = 0;
  for (size_t i = 0; !made && i < c->files.len; i++)
    {
      enum aid_file_class class = class_of (w, a, file_at (c, i));
      made = class != AID_FILE_TEXT;
      if (made)
        aid_str_addf (words, "%s is %s", file_at (c, i)->path, aid_file_class_name (class));
    }
  aid_attributes_free (a);
  return made;
}

/* Whether what snapshots leave out (large files, secrets) was another before than after. */
static int
is_left_out (const struct aid_mine_work *w, const struct aid_mine_case *c)
{
  json_t *base = aid_mine_line_told (&w->line, c->from), *after = aid_mine_line_told (&w->line, c->to);
  const json_t *a = json_object_get (base, "left_out"), *b = json_object_get (after, "left_out");
  int other = json_object_size (a) != json_object_size (b) || (json_object_size (a) && !json_equal (a, b));
  json_decref (base);
  json_decref (after);
  return other;
}

static int
has_secret (const struct aid_mine_case *c, struct aid_str *words)
{
  for (size_t i = 0; i < c->files.len; i++)
    if (aid_secrets_file (aid_span_z (file_at (c, i)->path)))
      return aid_str_addz (words, file_at (c, i)->path), 1;
  return aid_leave_by_bytes (aid_str_span (&c->diff)) || aid_leave_by_bytes (aid_str_span (&c->rejected));
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

/* By names and numbers. */
static enum aid_mine_why
by_size (const struct aid_mine_work *w, const struct aid_mine_case *c, struct aid_str *words)
{
  int64_t lines = aid_mine_lines (&c->files);
  int modes = 0;
  for (size_t i = 0; i < c->files.len; i++)
    modes += file_at (c, i)->added >= 0 && file_at (c, i)->change != 'R';
  if (!lines && modes == (int)c->files.len)
    return AID_MINE_NOTHING;
  if (lines > w->settings.lines)
    return aid_str_addf (words, "%lld lines", (long long)lines), AID_MINE_LARGE;
  if ((int64_t)c->files.len > w->settings.files)
    return aid_str_addf (words, "%zu files", c->files.len), AID_MINE_LARGE;
  return AID_MINE_KEPT;
}

/* JSON cannot say other text. */
static int
is_said (const struct aid_str *text)
{
  return aid_utf8_valid_prefix (aid_str_span (text)) == text->len;
}

/* Whether no patch can name the file PATH: its name is not UTF-8, or has control characters. */
static int
is_nameless (const char *path)
{
  struct aid_span v = aid_span_z (path);
  for (size_t i = 0; i < v.len; i++)
    if ((unsigned char)v.ptr[i] < ' ' || v.ptr[i] == 0x7f)
      return 1;
  return aid_utf8_valid_prefix (v) != v.len;
}

static int
has_nameless (const struct aid_mine_case *c)
{
  for (size_t i = 0; i < c->files.len; i++)
    if (is_nameless (file_at (c, i)->path) || (file_at (c, i)->old_path && is_nameless (file_at (c, i)->old_path)))
      return 1;
  return 0;
}

static enum aid_mine_why
by_texts (struct aid_mine_work *w, struct aid_mine_case *c, struct aid_str *words)
{
  char id[AID_EXAMPLE_ID];
  if (has_secret (c, words))
    return AID_MINE_SECRET;
  if (!is_said (&c->diff) || !is_said (&c->rejected))
    return aid_str_addz (words, "its text is not UTF-8"), AID_MINE_MADE;
  aid_minhash_diff (c->diff.len ? aid_str_span (&c->diff) : aid_str_span (&c->rejected), &c->hash);
  if (aid_mine_find_alike (w, c, id))
    return aid_str_addz (words, id), AID_MINE_ALIKE;
  return AID_MINE_KEPT;
}

enum aid_err
aid_mine_filter (struct aid_mine_work *w, struct aid_mine_case *c, enum aid_mine_why *why, struct aid_str *words,
                 struct aid_error *e)
{
  enum aid_err err = AID_OK;
  int one = 1;
  *why = AID_MINE_KEPT;
  if (!c->files.len && (err = aid_mine_files_of (w->vault, c->base, c->after, &c->files, e)) == AID_E_LIMIT)
    {
      *why = AID_MINE_LARGE;
      aid_str_addf (words, "more than %d files", AID_MINE_FILES_MAX);
      return AID_OK;
    }
  if (!err)
    *why = by_size (w, c, words);
  if (!err && !*why && c->kind == AID_MINE_TEST && !has_test_more (w, c))
    *why = AID_MINE_NO_TEST;
  if (!err && !*why && c->kind != AID_MINE_PREFERENCE && is_left_out (w, c))
    *why = AID_MINE_LEFT_OUT;
  if (!err && !*why && has_nameless (c))
    {
      aid_str_addz (words, "a file's name is not UTF-8, or has control characters");
      *why = AID_MINE_MADE;
    }
  if (!err && !*why && is_made (w, c, words))
    *why = AID_MINE_MADE;
  if (!err && !*why && !(err = aid_mine_one_theme (w, c, &one, words, e)) && !one)
    *why = AID_MINE_THEMES;
  if (!err && !*why && !c->diff.len && !c->rejected.len
      && (err = aid_mine_diff (w->vault, c->base, c->after, &c->diff, e)) == AID_E_LIMIT)
    {
      *why = AID_MINE_LARGE;
      err = AID_OK;
    }
  if (!err && !*why)
    *why = by_texts (w, c, words);
  return err;
}
