/* Numbers as people read them: two digits that tell something, the unit that fits. */
#include "measure/metrics_internal.h"

#include <math.h>
#include <stdio.h>

static const char *const blocks[8] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };

/* V without noughts behind the point, or the point itself. */
static void
add_digits (double v, int digits, struct aid_str *out)
{
  char text[64];
  int n = snprintf (text, sizeof text, "%.*f", digits, v);
  while (digits && n > 1 && text[n - 1] == '0')
    n--;
  n -= digits && text[n - 1] == '.';
  aid_str_add (out, text, (size_t)n);
}

/* Each gives what stands behind its number. */
static const char *
add_share (double v, struct aid_str *out)
{
  double percent = 100 * v;
  if (percent > 0 && percent < 100) /* what is not all or nothing does not look so */
    percent = fmin (fmax (percent, 0.1), 99.9);
  add_digits (percent, percent < 9.95 || percent > 99, out);
  return "%";
}

static const char *
add_ms (double v, struct aid_str *out)
{
  static const struct
  {
    double below, of;
    const char *unit;
  } units[] = { { 999.5, 1, " ms" }, { 59500, 1000, " s" }, { 3570000, 60000, " min" }, { INFINITY, 3600000, " h" } };
  int i = 0;
  while (!(v < units[i].below) && i < 3)
    i++;
  v /= units[i].of;
  add_digits (v, i > 0 && v < 9.95, out);
  return units[i].unit;
}

/* Cents, of what is less two digits that are not nought (five at most), of what is much none. */
static const char *
add_dollars (double v, struct aid_str *out)
{
  int digits = v <= 0 || v >= 999.995 ? 0 : v >= 1 ? 2 : (int)(1 - floor (log10 (v)));
  aid_str_addf (out, "%.*f", digits < 5 ? digits : 5, v);
  return "";
}

static const char *
add_count (double v, struct aid_str *out)
{
  aid_str_addf (out, "%.0f", v < 100000 ? v : v / 1000);
  return v < 100000 ? "" : "k";
}

static const char *
add_value (enum aid_metric m, double v, struct aid_str *out)
{
  switch (aid_metric_about (m)->unit)
    {
    case AID_UNIT_SHARE:
      return add_share (fmin (fmax (v, 0), 1), out);
    case AID_UNIT_MS:
      return add_ms (fmax (v, 0), out);
    case AID_UNIT_DOLLARS:
      return add_dollars (fmax (v, 0), out);
    default:
      return add_count (fmax (v, 0), out);
    }
}

void
aid_metric_text (enum aid_metric m, const struct aid_metric_number *n, struct aid_str *out)
{
  if (!n->known)
    return;
  if (aid_metric_about (m)->unit == AID_UNIT_DOLLARS)
    aid_str_addc (out, '$');
  aid_str_addz (out, add_value (m, n->value, out));
  if (n->partly)
    aid_str_addz (out, "+?");
}

void
aid_metric_range (enum aid_metric m, const struct aid_metric_number *n, struct aid_str *out)
{
  struct aid_str low = AID_STR_INIT (64), high = AID_STR_INIT (64);
  int has_low = n->known && !isnan (n->low), has_high = n->known && !isnan (n->high);
  const char *low_unit = has_low ? add_value (m, n->low, &low) : "",
             *high_unit = has_high ? add_value (m, n->high, &high) : "";
  if (has_low && has_high && strcmp (low_unit, high_unit) != 0) /* short: without blanks */
    aid_str_addf (out, "%s%s–%s%s", aid_str_z (&low), low_unit + (*low_unit == ' '), aid_str_z (&high),
                  high_unit + (*high_unit == ' '));
  else if (has_low && has_high && strcmp (aid_str_z (&low), aid_str_z (&high)) != 0)
    aid_str_addf (out, "%s–%s%s", aid_str_z (&low), aid_str_z (&high), high_unit);
  else if (has_low && !has_high)
    aid_str_addf (out, "≥%s%s", aid_str_z (&low), low_unit);
  else if (has_high && !has_low)
    aid_str_addf (out, "≤%s%s", aid_str_z (&high), high_unit);
  aid_str_free (&low);
  aid_str_free (&high);
}

int
aid_metric_columns (enum aid_metric m)
{
  /* One more than the longest words: "99.9–100%", "999ms–9.9min", "0.00012–0.00034". */
  static const int columns[] = { [AID_UNIT_COUNT] = 10, [AID_UNIT_SHARE] = 10, [AID_UNIT_MS] = 13, [AID_UNIT_DOLLARS] = 16 };
  return m == AID_METRIC_COST ? 10 : columns[aid_metric_about (m)->unit];
}

void
aid_metric_spark (const struct aid_metrics_report *r, int group, enum aid_metric m, struct aid_str *out)
{
  struct aid_metric_number n;
  double most = aid_metric_about (m)->unit == AID_UNIT_SHARE;
  int any = 0;
  for (int w = 0; w < r->weeks; w++)
    {
      aid_metrics_report_number (r, group, w, m, &n);
      most = n.known && n.value > most ? n.value : most;
      any |= n.known;
    }
  for (int w = 0; any && w < r->weeks; w++)
    {
      aid_metrics_report_number (r, group, w, m, &n);
      double part = most > 0 ? fmin (fmax (n.value / most, 0), 1) : 0;
      aid_str_addz (out, n.known ? blocks[(int)(part * 7 + 0.5)] : " ");
    }
}
