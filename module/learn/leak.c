/* What a description gives away of the change that it describes. */
#include "learn/leak.h"
#include "base/json.h"
#include "learn/words.h"
#include <stdlib.h>

#define NAMES_MAX 10000
#define SHOWN 80 /* bytes of a leak that are told */

struct looking
{
  const struct aid_changed *change;
  const struct aid_leak_base *base;
  struct aid_vec said, added, old; /* struct aid_word: of the text, of the added lines, of what is known */
  struct aid_set64 known;          /* words of OLD */
  struct aid_span text;
  json_t *leaks;
};

static void
tell (struct looking *l, const char *what, struct aid_span text)
{
  if (json_array_size (l->leaks) >= AID_LEAKS_MAX)
    return;
  json_t *o = json_object ();
  json_object_set_new (o, "what", json_string (what));
  json_object_set_new (o, "text", aid_json_of_span (aid_span_cut (text, 0, text.len < SHOWN ? text.len : SHOWN)));
  json_array_append_new (l->leaks, o);
}

static const struct aid_word *
word_at (const struct aid_vec *words, size_t i)
{
  return &AID_VEC_AT (struct aid_word, words, i);
}

/* From the word I to the end of the word before J. */
static struct aid_span
stretch (const struct aid_vec *words, size_t i, size_t j)
{
  struct aid_span first = word_at (words, i)->text, last = word_at (words, j - 1)->text;
  return (struct aid_span){ first.ptr, (size_t)(last.ptr + last.len - first.ptr) };
}

/* --- code as code ------------------------------------------------------------------------------------------------- */

static void
find_blocks (struct looking *l)
{
  struct aid_span rest = l->text, line;
  while (aid_span_line (&rest, &line))
    {
      struct aid_span t = aid_span_trim (line);
      if (aid_span_starts (t, "```") || aid_span_starts (t, "~~~") || aid_span_starts (line, "@@ ")
          || aid_span_starts (line, "+++ ") || aid_span_starts (line, "--- a/") || aid_span_starts (t, "<<<<<<< "))
        return tell (l, "code", t);
    }
}

/* --- names -------------------------------------------------------------------------------------------------------- */

/* Whether NAME, which stands in TEXT, is written as code is and prose is not. */
static int
looks_like_code (struct aid_span name, struct aid_span text)
{
  int letters = 0, inner = 0;
  for (size_t i = 0; i < name.len; i++)
    {
      char c = name.ptr[i];
      int small = c >= 'a' && c <= 'z', large = c >= 'A' && c <= 'Z';
      letters |= small || large;
      inner |= i && ((large && name.ptr[i - 1] >= 'a' && name.ptr[i - 1] <= 'z') || (c >= '0' && c <= '9'));
      inner |= c == '_' && name.len > 1;
    }
  int quoted = name.ptr > text.ptr && name.ptr[-1] == '`';
  return letters && name.len > 1 && (inner || quoted);
}

/* The names of the text that the added lines bring in, each once. */
static enum aid_err
find_names (struct looking *l, struct aid_error *e)
{
  struct aid_set64 added = { NULL, 0, 0 }, seen = { NULL, 0, 0 };
  struct aid_vec names = AID_VEC_INIT (struct aid_span, NAMES_MAX);
  int failed = aid_words_grams (&l->added, 1, &added);
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < l->said.len && !failed; i++)
    {
      const struct aid_word *w = word_at (&l->said, i);
      uint64_t one = aid_words_hash (&l->said, i, 1);
      if (!w->is_word || !aid_set64_has (&added, one) || aid_set64_has (&l->known, one) || aid_set64_has (&seen, one)
          || !looks_like_code (w->text, l->text))
        continue;
      struct aid_span *slot = aid_vec_push (&names);
      failed = aid_set64_add (&seen, one);
      if (slot)
        *slot = w->text;
    }
  if (failed)
    err = aid_error_set (e, AID_E_NOMEM, "No memory to compare a description with its change");
  if (!err && names.len && l->base->known)
    err = l->base->known (l->base->ctx, names.data, names.len, e);
  for (size_t i = 0; !err && i < names.len; i++)
    if (AID_VEC_AT (struct aid_span, &names, i).len)
      tell (l, "identifier", AID_VEC_AT (struct aid_span, &names, i));
  aid_vec_free (&names);
  aid_set64_free (&added);
  aid_set64_free (&seen);
  return err;
}

/* --- lines and runs ----------------------------------------------------------------------------------------------- */

/* Adds to SETS[n] the hash of each added line of n words, n up to LONGEST. */
enum
{
  LONGEST = 64
};

static int
add_lines (const struct looking *l, const struct aid_set64 *old, struct aid_set64 *lines, size_t *longest)
{
  struct aid_span rest = aid_str_span (&l->change->added), line;
  while (aid_span_line (&rest, &line))
    {
      struct aid_vec words = AID_WORDS_INIT;
      int bad = aid_words_read (line, &words) != AID_OK;
      if (!bad && words.len >= AID_LEAK_LINE && words.len <= LONGEST)
        {
          uint64_t h = aid_words_hash (&words, 0, words.len);
          bad = !aid_set64_has (old, h) && aid_set64_add (lines, h ^ words.len);
          *longest = words.len > *longest ? words.len : *longest;
        }
      aid_vec_free (&words);
      if (bad)
        return -1;
    }
  return 0;
}

/* What a line may be without being anybody's: it stands in the old texts as well. */
static int
old_lines (const struct looking *l, struct aid_set64 *out)
{
  struct aid_span texts[] = { aid_str_span (&l->change->before), l->base->texts }, line;
  for (size_t k = 0; k < 2; k++)
    while (aid_span_line (&texts[k], &line))
      {
        struct aid_vec words = AID_WORDS_INIT;
        int bad = aid_words_read (line, &words) || (words.len && aid_set64_add (out, aid_words_hash (&words, 0, words.len)));
        aid_vec_free (&words);
        if (bad)
          return -1;
      }
  return 0;
}

static int
find_lines (struct looking *l)
{
  struct aid_set64 old = { NULL, 0, 0 }, lines = { NULL, 0, 0 };
  size_t longest = 0;
  int bad = old_lines (l, &old) || add_lines (l, &old, &lines, &longest);
  for (size_t i = 0; !bad && i < l->said.len; i++)
    for (size_t n = longest; n >= AID_LEAK_LINE; n--)
      if (i + n <= l->said.len && aid_set64_has (&lines, aid_words_hash (&l->said, i, n) ^ n))
        {
          tell (l, "line", stretch (&l->said, i, i + n));
          i += n - 1;
          break;
        }
  aid_set64_free (&old);
  aid_set64_free (&lines);
  return bad ? -1 : 0;
}

/* Whether the N words from I on hold a word that the old texts have not: what is not new is not given away. */
static int
has_news (const struct looking *l, const struct aid_vec *words, size_t i, size_t n)
{
  for (size_t k = i; k < i + n; k++)
    if (word_at (words, k)->is_word && !aid_set64_has (&l->known, aid_words_hash (words, k, 1)))
      return 1;
  return 0;
}

static int
find_runs (struct looking *l)
{
  struct aid_set64 added = { NULL, 0, 0 }, old = { NULL, 0, 0 };
  int bad = aid_words_grams (&l->added, AID_LEAK_RUN, &added) || aid_words_grams (&l->old, AID_LEAK_RUN, &old);
  for (size_t i = 0; !bad && i + AID_LEAK_RUN <= l->said.len; i++)
    {
      uint64_t h = aid_words_hash (&l->said, i, AID_LEAK_RUN);
      if (!aid_set64_has (&added, h) || aid_set64_has (&old, h))
        continue;
      tell (l, "words", stretch (&l->said, i, i + AID_LEAK_RUN));
      i += AID_LEAK_RUN - 1;
    }
  aid_set64_free (&added);
  aid_set64_free (&old);
  return bad ? -1 : 0;
}

/* --- the longest common subsequence ------------------------------------------------------------------------------- */

/* The hashes of those of WORDS that are words, with NEWS only those that the old texts have not; to be freed. */
static uint64_t *
plain_words (const struct looking *l, const struct aid_vec *words, int news, size_t *n)
{
  uint64_t *out = malloc ((words->len + 1) * sizeof *out);
  *n = 0;
  for (size_t i = 0; out && i < words->len && *n < AID_LEAK_WORDS; i++)
    if (word_at (words, i)->is_word && (!news || has_news (l, words, i, 1)))
      out[(*n)++] = word_at (words, i)->hash;
  return out;
}

static size_t
common (const uint64_t *a, size_t na, const uint64_t *b, size_t nb, size_t *row)
{
  memset (row, 0, (nb + 1) * sizeof *row);
  for (size_t i = 0; i < na; i++)
    for (size_t j = 0, before = 0; j < nb; j++)
      {
        size_t up = row[j + 1];
        row[j + 1] = a[i] == b[j] ? before + 1 : up > row[j] ? up : row[j];
        before = up;
      }
  return row[nb];
}

static int
find_sequence (struct looking *l)
{
  size_t na, nb;
  uint64_t *a = plain_words (l, &l->added, 1, &na), *b = plain_words (l, &l->said, 0, &nb);
  size_t *row = malloc ((nb + 1) * sizeof *row);
  int bad = !a || !b || !row;
  size_t n = bad || na < AID_LEAK_NEW ? 0 : common (a, na, b, nb, row);
  if (!bad && n && (double)n > AID_LEAK_SHARE * (double)na)
    {
      struct aid_str words = AID_STR_INIT (256);
      aid_str_addf (&words, "%zu of %zu new words in their order", n, na);
      tell (l, "sequence", aid_str_span (&words));
      aid_str_free (&words);
    }
  free (a);
  free (b);
  free (row);
  return bad ? -1 : 0;
}

enum aid_err
aid_leak_find (struct aid_span text, const struct aid_changed *change, const struct aid_leak_base *base, json_t *leaks,
               struct aid_error *e)
{
  struct looking l = { .change = change,
                       .base = base,
                       .text = text,
                       .leaks = leaks,
                       .said = AID_WORDS_INIT,
                       .added = AID_WORDS_INIT,
                       .old = AID_WORDS_INIT };
  enum aid_err err = aid_words_read (text, &l.said);
  if (!err)
    err = aid_words_read (aid_str_span (&change->added), &l.added);
  if (!err)
    err = aid_words_read (aid_str_span (&change->before), &l.old);
  if (!err)
    err = aid_words_read (base->texts, &l.old);
  if (!err && aid_words_grams (&l.old, 1, &l.known))
    err = AID_E_NOMEM;
  if (err)
    aid_error_set (e, err, "A description or its change is too long to be compared");
  if (!err)
    {
      find_blocks (&l);
      err = find_names (&l, e);
    }
  if (!err && (find_lines (&l) || find_runs (&l) || find_sequence (&l)))
    err = aid_error_set (e, AID_E_NOMEM, "No memory to compare a description with its change");
  aid_vec_free (&l.said);
  aid_vec_free (&l.added);
  aid_vec_free (&l.old);
  aid_set64_free (&l.known);
  return err;
}
