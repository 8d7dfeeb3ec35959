/* GrowthBook's assignment (packages/sdk-js/src/util.ts of its repository, which its SDKs in other languages follow, too). */
#include "measure/assign.h"
#include "base/utf8.h"

/* FNV-1a, unit by unit of UTF-16, begun with 0x811c9dc5.  JavaScript adds shifted copies in doubles and cuts them to 32 bits
   at the next XOR: that is this multiplication. */
static uint32_t
add_unit (uint32_t h, uint32_t unit)
{
  return (h ^ unit) * 0x01000193u;
}

static uint32_t
add_valid (uint32_t h, struct aid_span v)
{
  for (size_t i = 0, len; i < v.len; i += len)
    {
      uint32_t c = aid_utf8_decode (v.ptr + i, &len);
      if (c < 0x10000)
        h = add_unit (h, c);
      else
        h = add_unit (add_unit (h, 0xD800 + ((c - 0x10000) >> 10)), 0xDC00 + ((c - 0x10000) & 0x3FF));
    }
  return h;
}

static uint32_t
add_text (uint32_t h, struct aid_span v)
{
  struct aid_str clean = AID_STR_INIT (3 * v.len + 16);
  if (aid_utf8_valid_prefix (v) == v.len)
    return add_valid (h, v);
  if (aid_utf8_clean (v, &clean) == AID_OK)
    h = add_valid (h, aid_str_span (&clean));
  aid_str_free (&clean);
  return h;
}

#define FNV_BEGIN 0x811c9dc5u

/* The decimal digits of N, as JavaScript writes a number. */
static uint32_t
add_number (uint32_t h, uint32_t n)
{
  char digits[10];
  int k = 0;
  do
    digits[k++] = (char)('0' + n % 10);
  while (n /= 10);
  while (k)
    h = add_unit (h, (unsigned char)digits[--k]);
  return h;
}

double
aid_assign_hash (struct aid_span seed, struct aid_span value, int version)
{
  if (version == 2)
    return add_number (FNV_BEGIN, add_text (add_text (FNV_BEGIN, seed), value)) % 10000 / 10000.0;
  if (version == 1)
    return add_text (add_text (FNV_BEGIN, value), seed) % 1000 / 1000.0;
  return -1;
}

void
aid_assign_ranges (size_t n, double coverage, const double *weights, struct aid_assign_range *out)
{
  double total = 0, cumulative = 0;
  for (size_t i = 0; weights && i < n; i++)
    total += weights[i];
  if (!(total >= 0.99 && total <= 1.01))
    weights = NULL;
  coverage = coverage < 0 ? 0 : coverage > 1 ? 1 : coverage;
  for (size_t i = 0; i < n; i++)
    {
      /* Each step is a statement of its own: a multiplication that is fused with an addition rounds otherwise than
         JavaScript's. */
      double weight = weights ? weights[i] : 1 / (double)n;
      double covered = coverage * weight;
      out[i].from = cumulative;
      out[i].to = out[i].from + covered;
      cumulative += weight;
    }
}

int
aid_assign_choose (double x, const struct aid_assign_range *ranges, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (x >= ranges[i].from && x < ranges[i].to)
      return (int)i;
  return -1;
}

int
aid_assign_in_namespace (struct aid_span value, struct aid_span id, double from, double to)
{
  /* GrowthBook puts two underscores before the namespace's name, and that behind the unit's. */
  uint32_t h = add_unit (add_unit (add_text (FNV_BEGIN, value), '_'), '_');
  double x = add_text (h, id) % 1000 / 1000.0;
  return x >= from && x < to;
}
