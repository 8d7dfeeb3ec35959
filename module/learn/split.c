/* The file is read twice: for what is held out, and then for what the rest of it tells of that. */
#include "learn/split.h"
#include "base/hash.h"
#include "base/json.h"
#include "learn/jsonl.h"
#include "learn/leak.h"
#include "learn/minhash.h"
#include "learn/words.h"

#include <math.h>
#include <stdlib.h>

#define ROWS_MAX ((size_t)4 << 20)
#define TEXTS_MAX ((size_t)64 << 20)
#define SHINGLE 3

struct key
{
  int64_t time;
  uint64_t project, task; /* hashes of their names; 0: there is none */
  struct aid_minhash hash;
};

struct band
{
  uint64_t value;
  size_t row;
};

struct splitting
{
  struct aid_split *out;
  const char *file;
  enum aid_split_by by;
  struct aid_vec keys;  /* struct key, one a row */
  struct aid_vec held;  /* size_t: rows that are held out, in the order in which their results were added */
  struct aid_vec bands; /* struct band of those, sorted: of their signatures, and one that is their task's */
  struct aid_results *results;
  double *shares;
};

static struct key *
key_at (const struct splitting *s, size_t i)
{
  return &AID_VEC_AT (struct key, &s->keys, i);
}

static struct aid_split_row *
row_at (const struct splitting *s, size_t i)
{
  return &AID_VEC_AT (struct aid_split_row, &s->out->rows, i);
}

/* --- the first reading -------------------------------------------------------------------------------------------- */

/* What the answer of a row is alike by: its change's own signature, if it has one, else that of the words of its answer. */
static enum aid_err
sign (enum aid_dataset_format format, const json_t *row, struct aid_minhash *out)
{
  const char *hex = aid_json_str (row, "minhash");
  struct aid_str answer = AID_STR_INIT (TEXTS_MAX), prompt = AID_STR_INIT (TEXTS_MAX);
  struct aid_vec words = AID_WORDS_INIT;
  if (hex && !aid_minhash_read (hex, out))
    return AID_OK;
  aid_minhash_init (out);
  aid_dataset_texts (format, row, &prompt, &answer, &answer);
  enum aid_err err = aid_words_read (aid_str_span (answer.len ? &answer : &prompt), &words);
  for (size_t i = 0; i + SHINGLE <= words.len && !err; i++)
    aid_minhash_add (out, aid_words_hash (&words, i, SHINGLE));
  if (!err && words.len && words.len < SHINGLE)
    aid_minhash_add (out, aid_words_hash (&words, 0, words.len));
  aid_vec_free (&words);
  aid_str_free (&answer);
  aid_str_free (&prompt);
  return err;
}

/* The name of the task that ROW is of; empty when it has none. */
static struct aid_span
task_of (const json_t *row)
{
  struct aid_span id = aid_json_span (row, "task_id");
  return id.len ? id : aid_json_span (json_object_get (row, "verifier_metadata"), "task_id");
}

static enum aid_err
take (void *ctx, const struct aid_jsonl_line *line, struct aid_error *e)
{
  struct splitting *s = ctx;
  enum aid_dataset_format format = line->row ? aid_dataset_format_of (line->row) : AID_DATA_FORMATS;
  const json_t *time = json_object_get (line->row, "time");
  struct aid_span project = aid_json_span (line->row, "project"), task = task_of (line->row);
  if (!line->row)
    return aid_error_set (e, AID_E_INVALID, "%s, line %zu: %s", s->file, line->number, line->wrong);
  if (format == AID_DATA_FORMATS)
    return aid_error_set (e, AID_E_INVALID, "%s, line %zu: it is of no format that is known", s->file, line->number);
  if (s->keys.len && format != s->out->format)
    return aid_error_set (e, AID_E_INVALID, "%s, line %zu: it is a row of %s, those before are of %s", s->file, line->number,
                          aid_dataset_format_name (format), aid_dataset_format_name (s->out->format));
  if (s->by == AID_SPLIT_TIME ? !json_is_integer (time) : !project.len)
    return aid_error_set (e, AID_E_INVALID, "%s, line %zu: it has no \"%s\", by which it could be parted; source rows have",
                          s->file, line->number, s->by == AID_SPLIT_TIME ? "time" : "project");
  struct key *key = aid_vec_push (&s->keys);
  struct aid_split_row *row = aid_vec_push (&s->out->rows);
  s->out->format = format;
  if (!key || !row)
    return aid_error_set (e, AID_E_LIMIT, "%s has more than %zu rows", s->file, ROWS_MAX);
  row->line = line->number;
  key->time = json_integer_value (time);
  key->project = aid_hash64 (project);
  key->task = task.len ? aid_hash64 (task) : 0;
  return sign (format, line->row, &key->hash);
}

/* --- who is held out ---------------------------------------------------------------------------------------------- */

struct order
{
  uint64_t first;
  size_t row;
};

static int
by_order (const void *a, const void *b)
{
  const struct order *x = a, *y = b;
  return x->first != y->first ? (x->first < y->first ? -1 : 1) : x->row < y->row ? -1 : x->row > y->row;
}

static size_t
wanted (size_t n, double share)
{
  size_t k = (size_t)ceil (share * (double)n);
  k = k < 1 ? 1 : k;
  return n > 1 && k >= n ? n - 1 : k;
}

/* The rows in the order in which they are held out: newest first, or by drawn projects. */
static struct order *
in_order (const struct splitting *s, uint64_t seed)
{
  size_t n = s->keys.len;
  struct order *all = malloc ((n + 1) * sizeof *all);
  for (size_t i = 0; all && i < n; i++)
    {
      const struct key *key = key_at (s, i);
      struct aid_span project = { (const char *)&key->project, sizeof key->project };
      all[i].row = i;
      all[i].first = s->by == AID_SPLIT_TIME ? UINT64_MAX - ((uint64_t)key->time + (UINT64_C (1) << 63))
                                             : aid_hash64_seeded (project, seed);
    }
  if (all && n)
    qsort (all, n, sizeof *all, by_order);
  return all;
}

static enum aid_err
hold_out (struct splitting *s, double share, uint64_t seed, struct aid_error *e)
{
  size_t n = s->keys.len, k = n ? wanted (n, share) : 0;
  struct order *all = in_order (s, seed);
  if (!all)
    return aid_error_set (e, AID_E_NOMEM, "No memory to part %s", s->file);
  size_t end = 0;
  for (size_t i = 0; i < n && (i < k || (s->by == AID_SPLIT_PROJECT && all[i].first == all[i - 1].first)); i++)
    end = i + 1;
  enum aid_err err = AID_OK;
  if (s->by == AID_SPLIT_PROJECT && end == n && n)
    { /* the last project is what is learnt from */
      size_t from = n;
      while (from && all[from - 1].first == all[n - 1].first)
        from--;
      end = from;
      if (!end)
        err = aid_error_set (e, AID_E_INVALID, "%s has rows of one project only, which cannot be held out and learnt from",
                             s->file);
    }
  for (size_t i = 0; i < end && !err; i++)
    row_at (s, all[i].row)->part = AID_PART_HOLDOUT;
  free (all);
  return err;
}

/* --- the second reading ------------------------------------------------------------------------------------------- */

static int
by_band (const void *a, const void *b)
{
  const struct band *x = a, *y = b;
  return x->value != y->value ? (x->value < y->value ? -1 : 1) : x->row < y->row ? -1 : x->row > y->row;
}

#define BANDS (AID_MINHASH_BANDS + 1) /* the last is the task */

/* What the band N of KEY has in common with others' that are to be compared with it. */
static uint64_t
value_of (const struct key *key, unsigned n)
{
  return (n < AID_MINHASH_BANDS ? aid_minhash_band (&key->hash, n) : key->task) ^ n;
}

static int
has_band (const struct key *key, unsigned n)
{
  return n < AID_MINHASH_BANDS || key->task;
}

static enum aid_err
index_bands (struct splitting *s)
{
  for (size_t i = 0; i < s->keys.len; i++)
    for (unsigned b = 0; b < BANDS && row_at (s, i)->part == AID_PART_HOLDOUT; b++)
      {
        struct band *band = has_band (key_at (s, i), b) ? aid_vec_push (&s->bands) : NULL;
        if (band)
          *band = (struct band){ value_of (key_at (s, i), b), i };
        else if (has_band (key_at (s, i), b))
          return AID_E_NOMEM;
      }
  if (s->bands.len)
    qsort (s->bands.data, s->bands.len, sizeof (struct band), by_band);
  return AID_OK;
}

static int
band_to_value (const void *item, const void *key)
{
  uint64_t value = ((const struct band *)item)->value, wanted = *(const uint64_t *)key;
  return (value > wanted) - (value < wanted);
}

/* How alike A and B are; other answers to the same question are the same. */
static double
likeness (const struct key *a, const struct key *b)
{
  return a->task && a->task == b->task ? 1 : aid_minhash_alike (&a->hash, &b->hash);
}

/* The most alike of those that are held out; *SHARE gets how much. */
static size_t
nearest (const struct splitting *s, size_t i, double *share)
{
  const struct key *key = key_at (s, i);
  size_t best = i;
  *share = 0;
  for (unsigned b = 0; b < BANDS; b++)
    {
      uint64_t value = value_of (key, b);
      size_t at = has_band (key, b) ? aid_vec_first (&s->bands, &value, band_to_value) : s->bands.len;
      for (; at < s->bands.len; at++)
        {
          const struct band *band = &AID_VEC_AT (struct band, &s->bands, at);
          double alike = likeness (key, key_at (s, band->row));
          if (band->value != value)
            break;
          if (alike > *share || (alike == *share && alike > 0 && band->row < best))
            best = band->row, *share = alike;
        }
    }
  return best;
}

static void
leave (struct splitting *s, size_t i, const char *why, size_t of, double share)
{
  struct aid_split_row *row = row_at (s, i);
  row->part = AID_PART_NEITHER;
  row->why = why;
  row->of = row_at (s, of)->line;
  row->share = share;
}

/* Adds the results of those that are held out. */
static enum aid_err
take_held (void *ctx, const struct aid_jsonl_line *line, struct aid_error *e)
{
  struct splitting *s = ctx;
  size_t i = line->number - 1;
  if (i >= s->keys.len || !line->row || row_at (s, i)->part != AID_PART_HOLDOUT)
    return AID_OK;
  struct aid_str prompt = AID_STR_INIT (TEXTS_MAX), answer = AID_STR_INIT (TEXTS_MAX);
  struct aid_changed change;
  aid_dataset_texts (s->out->format, line->row, &prompt, &answer, NULL);
  enum aid_err err = aid_changed_read (aid_str_span (&answer), &change, NULL);
  size_t *slot = err ? NULL : aid_vec_push (&s->held);
  if (slot && (*slot = i, err = aid_results_add (s->results, &change, aid_str_span (&prompt))))
    aid_error_set (e, err, "%s, line %zu: it is too long to be compared", s->file, line->number);
  else
    err = AID_OK; /* an answer that is no change tells none */
  aid_changed_free (&change);
  aid_str_free (&prompt);
  aid_str_free (&answer);
  return err;
}

/* Leaves a row to learn from out that tells of one that is held out. */
static enum aid_err
take_train (void *ctx, const struct aid_jsonl_line *line, struct aid_error *e)
{
  struct splitting *s = ctx;
  size_t i = line->number - 1;
  double share;
  if (i >= s->keys.len || !line->row || row_at (s, i)->part != AID_PART_TRAIN)
    return AID_OK;
  size_t near = nearest (s, i, &share);
  if (share >= AID_SPLIT_ALIKE)
    {
      leave (s, i, "near-duplicate", near, share);
      s->out->alike++;
      return AID_OK;
    }
  struct aid_str text = AID_STR_INIT (TEXTS_MAX);
  aid_dataset_texts (s->out->format, line->row, &text, &text, &text);
  enum aid_err err = aid_results_find (s->results, aid_str_span (&text), s->shares);
  size_t most = 0;
  for (size_t k = 0; k < s->held.len && !err; k++)
    most = s->shares[k] > s->shares[most] ? k : most;
  if (!err && s->held.len && s->shares[most] >= AID_RESULT_SHARE)
    {
      leave (s, i, "result", AID_VEC_AT (size_t, &s->held, most), s->shares[most]);
      s->out->results++;
    }
  aid_str_free (&text);
  return err ? aid_error_set (e, err, "%s, line %zu: it is too long to be compared", s->file, line->number) : AID_OK;
}

enum aid_err
aid_split_make (const char *file, enum aid_split_by by, double share, uint64_t seed, struct aid_split *out,
                struct aid_error *e)
{
  struct splitting s = { .out = out,
                         .file = file,
                         .by = by,
                         .keys = AID_VEC_INIT (struct key, ROWS_MAX),
                         .held = AID_VEC_INIT (size_t, ROWS_MAX),
                         .bands = AID_VEC_INIT (struct band, ROWS_MAX * BANDS),
                         .results = aid_results_new () };
  *out = (struct aid_split){ .rows = AID_VEC_INIT (struct aid_split_row, ROWS_MAX), .format = AID_DATA_FORMATS };
  enum aid_err err = s.results ? aid_jsonl_read (file, take, &s, e) : AID_E_NOMEM;
  if (!err && s.keys.len)
    err = hold_out (&s, share, seed, e);
  if (!err)
    err = index_bands (&s);
  if (!err)
    err = aid_jsonl_read (file, take_held, &s, e);
  if (!err && !(s.shares = calloc (s.held.len + 1, sizeof *s.shares)))
    err = AID_E_NOMEM;
  if (!err)
    err = aid_jsonl_read (file, take_train, &s, e);
  if (err && e && !e->code)
    aid_error_set (e, err, "No memory to part %s", file);
  for (size_t i = 0; i < out->rows.len && !err; i++)
    {
      out->train += row_at (&s, i)->part == AID_PART_TRAIN;
      out->holdout += row_at (&s, i)->part == AID_PART_HOLDOUT;
    }
  aid_vec_free (&s.keys);
  aid_vec_free (&s.held);
  aid_vec_free (&s.bands);
  aid_results_free (s.results);
  free (s.shares);
  return err;
}

void
aid_split_free (struct aid_split *s)
{
  aid_vec_free (&s->rows);
}
