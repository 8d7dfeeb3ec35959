/* Whether a text holds what a change comes to. */
#include "learn/leak.h"
#include "learn/words.h"
#include <stdlib.h>

#define LENGTHS (AID_RESULT_RUN + 1)

struct aid_result
{
  struct aid_set64 runs[LENGTHS]; /* of so many words */
};

/* Adds the runs of one place that are not in OLD. */
static int
add_place (struct aid_result *r, struct aid_span text, const struct aid_set64 *old)
{
  struct aid_vec words = AID_WORDS_INIT;
  int bad = aid_words_read (text, &words) != AID_OK;
  size_t n = words.len < AID_RESULT_RUN ? words.len : AID_RESULT_RUN;
  for (size_t i = 0; !bad && n >= AID_RESULT_LEAST && i + n <= words.len; i++)
    {
      uint64_t h = aid_words_hash (&words, i, n);
      bad = !aid_set64_has (&old[n], h) && aid_set64_add (&r->runs[n], h);
    }
  aid_vec_free (&words);
  return bad ? -1 : 0;
}

static int
add_old (struct aid_span text, struct aid_set64 *old)
{
  struct aid_vec words = AID_WORDS_INIT;
  int bad = aid_words_read (text, &words) != AID_OK;
  for (size_t n = AID_RESULT_LEAST; n < LENGTHS && !bad; n++)
    bad = aid_words_grams (&words, n, &old[n]);
  aid_vec_free (&words);
  return bad ? -1 : 0;
}

struct aid_result *
aid_result_new (const struct aid_changed *change, struct aid_span known)
{
  struct aid_result *r = calloc (1, sizeof *r);
  struct aid_set64 old[LENGTHS] = { { NULL, 0, 0 } };
  int bad = !r || add_old (aid_str_span (&change->before), old) || add_old (known, old);
  for (size_t i = 0; !bad && i < change->runs.len; i++)
    {
      const struct aid_changed_run *run = &AID_VEC_AT (struct aid_changed_run, &change->runs, i);
      bad = add_place (r, aid_span_cut (aid_str_span (&change->added), run->from, run->to), old);
    }
  for (size_t n = 0; n < LENGTHS; n++)
    aid_set64_free (&old[n]);
  if (bad)
    {
      aid_result_free (r);
      r = NULL;
    }
  return r;
}

double
aid_result_share (const struct aid_result *r, struct aid_span text)
{
  struct aid_vec words = AID_WORDS_INIT;
  size_t all = 0, found = 0;
  aid_words_read (text, &words);
  for (size_t n = AID_RESULT_LEAST; n < LENGTHS; n++)
    {
      struct aid_set64 seen = { NULL, 0, 0 };
      all += r->runs[n].n;
      for (size_t i = 0; r->runs[n].n && i + n <= words.len; i++)
        {
          uint64_t h = aid_words_hash (&words, i, n);
          if (aid_set64_has (&r->runs[n], h))
            aid_set64_add (&seen, h);
        }
      found += seen.n;
      aid_set64_free (&seen);
    }
  aid_vec_free (&words);
  return all ? (double)found / (double)all : 0;
}

void
aid_result_free (struct aid_result *r)
{
  if (!r)
    return;
  for (size_t n = 0; n < LENGTHS; n++)
    aid_set64_free (&r->runs[n]);
  free (r);
}
