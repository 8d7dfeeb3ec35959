/* Runs of words of many changes, sorted by their hashes, so that a text is gone through once for all of them. */
#include "learn/leak.h"
#include "learn/words.h"
#include <stdlib.h>

#define RUNS_MAX ((size_t)64 << 20)
#define CHANGES_MAX ((size_t)4 << 20)

struct run
{
  uint64_t hash; /* of its words, and how many they are */
  size_t change;
};

struct aid_results
{
  struct aid_vec runs;      /* struct run */
  struct aid_vec totals;    /* size_t: runs of each change */
  struct aid_set64 lengths; /* how many words a run may have */
  int sorted;
};

struct aid_results *
aid_results_new (void)
{
  struct aid_results *r = calloc (1, sizeof *r);
  if (r)
    {
      r->runs = AID_VEC_INIT (struct run, RUNS_MAX);
      r->totals = AID_VEC_INIT (size_t, CHANGES_MAX);
    }
  return r;
}

void
aid_results_free (struct aid_results *r)
{
  if (!r)
    return;
  aid_vec_free (&r->runs);
  aid_vec_free (&r->totals);
  aid_set64_free (&r->lengths);
  free (r);
}

static uint64_t
hash_of (const struct aid_vec *words, size_t i, size_t n)
{
  return aid_words_hash (words, i, n) ^ n;
}

/* Adds what TEXT has in runs of all lengths to OLD. */
static enum aid_err
add_old (struct aid_span text, struct aid_set64 *old)
{
  struct aid_vec words = AID_WORDS_INIT;
  enum aid_err err = aid_words_read (text, &words);
  for (size_t n = AID_RESULT_LEAST; n <= AID_RESULT_RUN; n++)
    for (size_t i = 0; i + n <= words.len && !err; i++)
      if (aid_set64_add (old, hash_of (&words, i, n)))
        err = AID_E_NOMEM;
  aid_vec_free (&words);
  return err;
}

/* Adds the new runs of one place. */
static enum aid_err
add_place (struct aid_results *r, struct aid_span text, struct aid_set64 *old)
{
  struct aid_vec words = AID_WORDS_INIT;
  enum aid_err err = aid_words_read (text, &words);
  size_t n = words.len < AID_RESULT_RUN ? words.len : AID_RESULT_RUN, change = r->totals.len - 1;
  for (size_t i = 0; n >= AID_RESULT_LEAST && i + n <= words.len && !err; i++)
    {
      uint64_t h = hash_of (&words, i, n);
      if (aid_set64_has (old, h))
        continue;
      struct run *run = aid_vec_push (&r->runs);
      if (!run || aid_set64_add (old, h) || aid_set64_add (&r->lengths, n))
        err = AID_E_NOMEM;
      if (run)
        *run = (struct run){ h, change };
      AID_VEC_AT (size_t, &r->totals, change)++;
    }
  aid_vec_free (&words);
  return err;
}

enum aid_err
aid_results_add (struct aid_results *r, const struct aid_changed *change, struct aid_span known)
{
  struct aid_set64 old = { NULL, 0, 0 };
  enum aid_err err = aid_vec_push (&r->totals) ? AID_OK : AID_E_NOMEM;
  r->sorted = 0;
  if (!err)
    err = add_old (aid_str_span (&change->before), &old);
  if (!err)
    err = add_old (known, &old);
  for (size_t i = 0; !err && i < change->runs.len; i++)
    {
      const struct aid_changed_run *run = &AID_VEC_AT (struct aid_changed_run, &change->runs, i);
      err = add_place (r, aid_span_cut (aid_str_span (&change->added), run->from, run->to), &old);
    }
  aid_set64_free (&old);
  return err;
}

static int
by_hash (const void *a, const void *b)
{
  const struct run *x = a, *y = b;
  return x->hash != y->hash ? (x->hash < y->hash ? -1 : 1) : x->change != y->change ? (x->change < y->change ? -1 : 1) : 0;
}

static int
run_to_hash (const void *item, const void *key)
{
  uint64_t hash = ((const struct run *)item)->hash, wanted = *(const uint64_t *)key;
  return (hash > wanted) - (hash < wanted);
}

/* Adds to SHARES how many runs of each change stand in TEXT and are not SEEN yet. */
static enum aid_err
count (const struct aid_results *r, struct aid_span text, struct aid_set64 *seen, double *shares)
{
  struct aid_vec words = AID_WORDS_INIT;
  enum aid_err err = aid_words_read (text, &words);
  for (size_t n = AID_RESULT_LEAST; n <= AID_RESULT_RUN; n++)
    for (size_t i = 0; aid_set64_has (&r->lengths, n) && i + n <= words.len && !err; i++)
      {
        uint64_t h = hash_of (&words, i, n);
        size_t at = aid_vec_first (&r->runs, &h, run_to_hash);
        if (at == r->runs.len || AID_VEC_AT (struct run, &r->runs, at).hash != h || aid_set64_has (seen, h))
          continue;
        if (aid_set64_add (seen, h))
          err = AID_E_NOMEM;
        for (; at < r->runs.len && AID_VEC_AT (struct run, &r->runs, at).hash == h; at++)
          shares[AID_VEC_AT (struct run, &r->runs, at).change]++;
      }
  aid_vec_free (&words);
  return err;
}

/* Appends TEXT as a side of the diffs in it: without the sign MINE before its lines, and without the lines that have OTHERS.
   *ANY: there is a line with MINE. */
static enum aid_err
side_of (struct aid_span text, char mine, char others, struct aid_str *out, int *any)
{
  struct aid_span line;
  *any = 0;
  while (aid_span_line (&text, &line) && !out->err)
    {
      char sign = line.len ? line.ptr[0] : ' ';
      *any |= sign == mine;
      size_t signs = sign == mine;
      if (sign != others)
        aid_str_add (out, line.ptr + signs, line.len - signs);
      aid_str_addc (out, '\n');
    }
  return out->err;
}

enum aid_err
aid_results_find (struct aid_results *r, struct aid_span text, double *shares)
{
  static const char sides[][2] = { { '+', '-' }, { '-', '+' } };
  struct aid_set64 seen = { NULL, 0, 0 };
  if (!r->sorted && r->runs.len)
    qsort (r->runs.data, r->runs.len, sizeof (struct run), by_hash);
  r->sorted = 1;
  for (size_t i = 0; i < r->totals.len; i++)
    shares[i] = 0;
  enum aid_err err = count (r, text, &seen, shares);
  for (size_t k = 0; k < sizeof sides / sizeof *sides && !err; k++)
    {
      struct aid_str side = AID_STR_INIT (text.len + 2);
      int any;
      err = side_of (text, sides[k][0], sides[k][1], &side, &any);
      if (!err && any)
        err = count (r, aid_str_span (&side), &seen, shares);
      aid_str_free (&side);
    }
  for (size_t i = 0; i < r->totals.len; i++)
    shares[i] = AID_VEC_AT (size_t, &r->totals, i) ? shares[i] / (double)AID_VEC_AT (size_t, &r->totals, i) : 0;
  aid_set64_free (&seen);
  return err;
}
