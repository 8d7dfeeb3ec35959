/* Quantiles of what persons met (how long answers took).  A quantile has no sums, so persons are drawn again, with
   replacement, and the quantile is taken anew each time, with every value counted as often as its person was drawn.  Values
   are sorted once. */
#include "measure/stats_internal.h"
#include "measure/special.h"
#include <math.h>
#include <stdlib.h>

static int
by_person (const void *va, const void *vb)
{
  const struct aid_stats_value *a = va, *b = vb;
  return (a->person > b->person) - (a->person < b->person);
}

static int
by_value (const void *va, const void *vb)
{
  const struct aid_stats_value *a = va, *b = vb;
  return (a->value > b->value) - (a->value < b->value);
}

struct sample
{
  struct aid_stats_value *values; /* of the two arms, sorted by value; PERSON is from 0 */
  uint32_t *drawn;                /* how often each person was drawn */
  size_t n, persons;
  uint32_t arms[2];
};

/* The least value that the part Q of arm K's values is not above; 0 with *HAS 0 when there are none. */
static double
quantile (const struct sample *s, int k, double q, int *has)
{
  uint64_t total = 0, below = 0;
  for (size_t i = 0; i < s->n; i++)
    total += s->values[i].arm == s->arms[k] ? s->drawn[s->values[i].person] : 0;
  *has = total > 0;
  for (size_t i = 0; i < s->n; i++)
    if (s->values[i].arm == s->arms[k])
      {
        below += s->drawn[s->values[i].person];
        if (total && (double)below >= q * (double)total - 1e-9)
          return s->values[i].value;
      }
  return 0;
}

/* Fills S with what belongs to the two arms; counts their persons. */
static enum aid_err
take (const struct aid_stats_value *values, size_t n, struct sample *s, struct aid_stats_difference *d)
{
  s->values = malloc ((n ? n : 1) * sizeof *s->values);
  s->drawn = calloc (n ? n : 1, sizeof *s->drawn);
  if (!s->values || !s->drawn)
    return AID_E_NOMEM;
  for (size_t i = 0; i < n; i++)
    if (values[i].arm == s->arms[0] || values[i].arm == s->arms[1])
      s->values[s->n++] = values[i];
  qsort (s->values, s->n, sizeof *s->values, by_person);
  for (size_t i = 0, next; i < s->n; i = next)
    {
      int seen[2] = { 0, 0 };
      uint32_t person = s->values[i].person;
      for (next = i; next < s->n && s->values[next].person == person; next++)
        seen[s->values[next].arm == s->arms[1]] = 1;
      for (size_t j = i; j < next; j++)
        s->values[j].person = (uint32_t)s->persons;
      d->persons[0] += (uint64_t)seen[0];
      d->persons[1] += (uint64_t)seen[1];
      d->both += seen[0] && seen[1];
      s->drawn[s->persons++] = 1;
    }
  qsort (s->values, s->n, sizeof *s->values, by_value);
  return AID_OK;
}

/* The standard error of the arms' difference. */
static double
resample (struct sample *s, double q, uint64_t seed)
{
  struct aid_random_state r;
  double mean = 0, sum2 = 0;
  int taken = 0;
  aid_random_seed (&r, seed);
  for (int rep = 0; rep < AID_STATS_RESAMPLES; rep++)
    {
      int has[2];
      for (size_t i = 0; i < s->persons; i++)
        s->drawn[i] = 0;
      for (size_t i = 0; i < s->persons; i++)
        s->drawn[aid_random_below (&r, s->persons)]++;
      double d = quantile (s, 1, q, &has[1]) - quantile (s, 0, q, &has[0]);
      if (!has[0] || !has[1])
        continue; /* of few persons a draw may leave an arm out */
      double delta = d - mean;
      mean += delta / ++taken;
      sum2 += delta * (d - mean);
    }
  return taken > AID_STATS_RESAMPLES / 2 ? sqrt (sum2 / (taken - 1)) : INFINITY;
}

enum aid_err
aid_stats_compare_quantile (const struct aid_stats_value *values, size_t n, double q, uint32_t control, uint32_t arm,
                            const struct aid_stats_look *look, uint64_t seed, struct aid_stats_difference *out)
{
  struct sample s = { .arms = { control, arm } };
  *out = (struct aid_stats_difference){ 0 };
  enum aid_err err = take (values, n, &s, out);
  if (!err)
    {
      int has[2];
      for (int k = 0; k < 2; k++)
        out->value[k] = quantile (&s, k, q, &has[k]);
      out->plain = out->difference = out->value[1] - out->value[0];
      out->plain_se = out->se = has[0] && has[1] ? resample (&s, q, seed) : INFINITY;
      for (int k = 0; k < 2; k++) /* a person's share of it, as if the arms varied alike */
        out->variance[k] = out->se * out->se * (double)out->persons[k] / 2;
      aid_stats_intervals (look, out);
    }
  free (s.values);
  free (s.drawn);
  return err;
}
