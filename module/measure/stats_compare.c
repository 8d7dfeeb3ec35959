/* Two arms by what their persons did.  A ratio r = Y/X is linear in the persons' sums near their means: person i moves it by
   (y_i - r x_i) / (n mean(x)), which is the delta method said person by person (Deng, Knoblich, Lu 2018).  So variances and
   covariances of the ratios are those of these residuals. */
#include "measure/stats_internal.h"
#include "measure/special.h"
#include <math.h>
#include <stdlib.h>

static int
by_person (const void *va, const void *vb)
{
  const struct aid_stats_row *a = va, *b = vb;
  return a->person != b->person ? (a->person > b->person) - (a->person < b->person) : (a->arm > b->arm) - (a->arm < b->arm);
}

enum aid_err
aid_stats_add_up (const struct aid_stats_row *rows, size_t n, struct aid_stats_row **out, size_t *nout)
{
  struct aid_stats_row *all = malloc ((n ? n : 1) * sizeof *all);
  size_t k = 0;
  if (!all)
    return AID_E_NOMEM;
  for (size_t i = 0; i < n; i++)
    all[i] = rows[i];
  qsort (all, n, sizeof *all, by_person);
  for (size_t i = 0; i < n; i++)
    if (k && !by_person (&all[k - 1], &all[i]))
      {
        all[k - 1].y += all[i].y;
        all[k - 1].x += all[i].x;
        all[k - 1].pre_y += all[i].pre_y;
        all[k - 1].pre_x += all[i].pre_x;
      }
    else
      all[k++] = all[i];
  *out = all;
  *nout = k;
  return AID_OK;
}

/* --- moments of arms -------------------------------------------------------------------------------------------------- */

/* A person's residuals, in the experiment and before it. */
static void
residuals (const struct aid_stats_moments *m, const struct aid_stats_row *r, double *now, double *before)
{
  *now = m->x > 0 ? (r->y - m->value * r->x) * m->n / m->x : 0;
  *before = m->pre_x > 0 ? (r->pre_y - m->pre_value * r->pre_x) * m->n / m->pre_x : 0;
}

void
aid_stats_moments (const struct aid_stats_row *rows, size_t n, uint32_t arm, struct aid_stats_moments *out)
{
  struct aid_stats_moments m = { 0 };
  for (size_t i = 0; i < n; i++)
    if (rows[i].arm == arm)
      {
        m.n++;
        m.y += rows[i].y;
        m.x += rows[i].x;
        m.pre_y += rows[i].pre_y;
        m.pre_x += rows[i].pre_x;
      }
  m.value = m.x > 0 ? m.y / m.x : 0;
  m.pre_value = m.pre_x > 0 ? m.pre_y / m.pre_x : 0;
  for (size_t i = 0; i < n; i++)
    if (rows[i].arm == arm)
      {
        double now, before;
        residuals (&m, &rows[i], &now, &before);
        m.now2 += now * now;
        m.both += now * before;
        m.before2 += before * before;
      }
  *out = m;
}

/* Theta of all arms: the sums of squares and products within them are pooled. */
static double
find_theta (const struct aid_stats_row *rows, size_t n)
{
  double both = 0, before2 = 0, now2 = 0;
  uint32_t most = 0;
  for (size_t i = 0; i < n; i++)
    most = rows[i].arm > most ? rows[i].arm : most;
  for (uint32_t arm = 0; arm <= most && arm < AID_STATS_ARMS_MAX; arm++)
    {
      struct aid_stats_moments m;
      aid_stats_moments (rows, n, arm, &m);
      if (m.n < AID_STATS_LEAST || !(m.pre_x > 0))
        continue;
      both += m.both;
      before2 += m.before2;
      now2 += m.now2;
    }
  return before2 > 0 && now2 > 0 ? both / before2 : 0;
}

/* --- the difference --------------------------------------------------------------------------------------------------- */

/* The variance of the arms' difference when persons are in both: each person's residuals in the two belong together.  ROWS are
   sorted by person. */
static double
joint_variance (const struct aid_stats_row *rows, size_t n, const struct aid_stats_moments *m, const uint32_t *arms)
{
  double sum2 = 0, persons = 0;
  for (size_t i = 0, next; i < n; i = next)
    {
      double moved = 0;
      int seen = 0;
      for (next = i; next < n && rows[next].person == rows[i].person; next++)
        for (int k = 0; k < 2; k++)
          if (rows[next].arm == arms[k])
            {
              double now, before;
              residuals (&m[k], &rows[next], &now, &before);
              moved += (k ? now : -now) / m[k].n;
              seen = 1;
            }
      sum2 += moved * moved;
      persons += seen;
    }
  return persons > 1 ? sum2 * persons / (persons - 1) : 0;
}

static uint64_t
count_both (const struct aid_stats_row *rows, size_t n, const uint32_t *arms)
{
  uint64_t both = 0;
  for (size_t i = 0, next; i < n; i = next)
    {
      int seen[2] = { 0, 0 };
      for (next = i; next < n && rows[next].person == rows[i].person; next++)
        for (int k = 0; k < 2; k++)
          seen[k] |= rows[next].arm == arms[k];
      both += seen[0] && seen[1];
    }
  return both;
}

/* One person's variance after the adjustment by THETA. */
static double
variance_of (const struct aid_stats_moments *m, double theta)
{
  return m->n > 1 ? fmax (m->now2 - 2 * theta * m->both + theta * theta * m->before2, 0) / (m->n - 1) : 0;
}

/* What one person's variance would be if both arms had their common value. */
static double
null_variance (const struct aid_stats_row *rows, size_t n, const struct aid_stats_moments *m, const uint32_t *arms, int k)
{
  double value = (m[0].y + m[1].y) / (m[0].x + m[1].x), sum2 = 0;
  for (size_t i = 0; i < n; i++)
    if (rows[i].arm == arms[k])
      {
        double moved = (rows[i].y - value * rows[i].x) * m[k].n / m[k].x;
        sum2 += moved * moved;
      }
  return m[k].n > 0 ? sum2 / m[k].n : 0;
}

void
aid_stats_intervals (const struct aid_stats_look *look, struct aid_stats_difference *d)
{
  double n = (double)(d->persons[0] + d->persons[1] - d->both);
  double once = aid_normal_quantile (1 - look->alpha / 2) * d->se;
  double always = aid_stats_sequence (d->se, n, look->alpha, look->tuning);
  d->once = (struct aid_interval){ d->difference - once, d->difference + once };
  d->sequence = (struct aid_interval){ d->difference - always, d->difference + always };
  d->p = aid_stats_sequence_p (d->difference, d->se, n, look->alpha, look->tuning);
}

static void
compare (const struct aid_stats_row *rows, size_t n, const uint32_t *arms, const struct aid_stats_look *look,
         struct aid_stats_difference *d)
{
  struct aid_stats_moments m[2];
  double plain[2];
  for (int k = 0; k < 2; k++)
    {
      aid_stats_moments (rows, n, arms[k], &m[k]);
      d->persons[k] = (uint64_t)m[k].n;
      d->value[k] = m[k].value;
      plain[k] = variance_of (&m[k], 0);
    }
  d->both = count_both (rows, n, arms);
  d->plain = d->difference = m[1].value - m[0].value;
  if (!(m[0].x > 0) || !(m[1].x > 0))
    {
      d->se = d->plain_se = INFINITY; /* nothing is known of an arm */
      aid_stats_intervals (look, d);
      return;
    }
  if (look->adjust && !d->both)
    d->theta = find_theta (rows, n);
  for (int k = 0; k < 2; k++)
    d->variance[k] = variance_of (&m[k], d->theta);
  double v = d->both ? joint_variance (rows, n, m, arms) : plain[0] / m[0].n + plain[1] / m[1].n;
  if (!(v > 0) && d->plain != 0)
    {
      for (int k = 0; k < 2; k++)
        d->variance[k] = plain[k] = null_variance (rows, n, m, arms, k);
      v = plain[0] / m[0].n + plain[1] / m[1].n;
      d->theta = 0;
    }
  d->plain_se = d->se = sqrt (v);
  if (d->theta != 0)
    {
      double adjusted = d->variance[0] / m[0].n + d->variance[1] / m[1].n;
      d->difference -= d->theta * (m[1].pre_value - m[0].pre_value);
      d->se = sqrt (adjusted);
      d->reduction = v > 0 ? fmax (1 - adjusted / v, 0) : 0;
    }
  aid_stats_intervals (look, d);
}

enum aid_err
aid_stats_compare (const struct aid_stats_row *rows, size_t n, uint32_t control, uint32_t arm,
                   const struct aid_stats_look *look, struct aid_stats_difference *out)
{
  const uint32_t arms[2] = { control, arm };
  struct aid_stats_row *all;
  size_t k;
  *out = (struct aid_stats_difference){ 0 };
  if (aid_stats_add_up (rows, n, &all, &k))
    return AID_E_NOMEM;
  compare (all, k, arms, look, out);
  free (all);
  return AID_OK;
}
