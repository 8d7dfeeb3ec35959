/* How alike two lines are, after Ratcliff and Obershelp ("Pattern Matching: The Gestalt Approach", Dr. Dobb's Journal, July
   1988): the longest common block, then the same to its left and to its right.  Twice the matched bytes over all bytes.  The
   costs of placing were tuned with this measure.  Two upper bounds refuse most pairs before any of it: the bytes that both
   have, and the length of their longest common subsequence, 64 columns at a time (Hyyro, "Bit-Parallel LCS-length Computation
   Revisited", 2004), for matched blocks are a common subsequence. */
#include "patch/match.h"

#include <ctype.h>
#include <string.h>

/* No more than this in common: min over bytes of how often each occurs, whatever the order. */
static size_t
common_at_most (struct aid_span a, struct aid_span b)
{
  uint16_t count[256] = { 0 };
  size_t common = 0;
  for (size_t i = 0; i < a.len; i++)
    count[(unsigned char) a.ptr[i]]++;
  for (size_t i = 0; i < b.len; i++)
    if (count[(unsigned char) b.ptr[i]] > 0)
      {
        count[(unsigned char) b.ptr[i]]--;
        common++;
      }
  return common;
}

/* The length of the longest common subsequence: the blocks matched are one. */
static size_t
common_in_order (struct aid_span a, struct aid_span b)
{
  enum { WORDS = (AID_SIMILAR_MAX + 63) / 64 };
  uint64_t where[256][WORDS], row[WORDS];      /* where[c]: the columns of A that hold c; row: a 0 ends a step */
  size_t words = (a.len + 63) / 64, common = 0;
  for (size_t j = 0; j < b.len; j++)
    memset (where[(unsigned char) b.ptr[j]], 0, words * sizeof **where);
  for (size_t i = 0; i < a.len; i++)
    where[(unsigned char) a.ptr[i]][i / 64] = 0;
  for (size_t i = 0; i < a.len; i++)
    where[(unsigned char) a.ptr[i]][i / 64] |= (uint64_t) 1 << (i % 64);
  memset (row, 0xff, sizeof row);
  for (size_t j = 0; j < b.len; j++)
    {
      const uint64_t *at = where[(unsigned char) b.ptr[j]];
      uint64_t carry = 0;
      for (size_t w = 0; w < words; w++)
        {
          uint64_t hit = row[w] & at[w], sum = row[w] + hit, more = sum + carry;
          carry = (sum < hit) | (more < sum);
          row[w] = more | (row[w] - hit);
        }
    }
  for (size_t i = 0; i < a.len; i++)
    common += !(row[i / 64] >> (i % 64) & 1);
  return common;
}

/* The longest block that A and B share, the first of equals; its length, and where it begins in each. */
static size_t
longest_block (struct aid_span a, struct aid_span b, size_t *in_a, size_t *in_b)
{
  uint16_t row[AID_SIMILAR_MAX + 1] = { 0 };   /* row[j + 1]: the block that ends at a[i], b[j] */
  size_t best = 0;
  *in_a = *in_b = 0;
  for (size_t i = 0; i < a.len; i++)
    for (size_t j = b.len; j-- > 0;)
      if (a.ptr[i] != b.ptr[j])
        row[j + 1] = 0;
      else
        {
          size_t len = row[j + 1] = (uint16_t) (row[j] + 1);
          size_t beg = i + 1 - len;
          if (len > best || (len == best && beg == *in_a && j + 1 - len < *in_b))
            {
              best = len;
              *in_a = beg;
              *in_b = j + 1 - len;
            }
        }
  return best;
}

/* Bytes in common blocks, by an explicit stack: each block found leaves at most one part more than it takes. */
static size_t
matched (struct aid_span a, struct aid_span b, size_t *work)
{
  struct { struct aid_span a, b; } stack[AID_SIMILAR_MAX + 2];
  size_t depth = 0, sum = 0;
  stack[depth].a = a;
  stack[depth++].b = b;
  while (depth > 0)
    {
      a = stack[--depth].a;
      b = stack[depth].b;
      *work += a.len * b.len;
      size_t i, j, len = a.len && b.len ? longest_block (a, b, &i, &j) : 0;
      if (len == 0)
        continue;
      sum += len;
      if (i && j)
        {
          stack[depth].a = aid_span_cut (a, 0, i);
          stack[depth++].b = aid_span_cut (b, 0, j);
        }
      stack[depth].a = aid_span_cut (a, i + len, a.len);
      stack[depth++].b = aid_span_cut (b, j + len, b.len);
    }
  return sum;
}

static double
by_ends (struct aid_span a, struct aid_span b, size_t *work)
{
  size_t least = a.len < b.len ? a.len : b.len, head = 0, tail = 0;
  while (head < least && a.ptr[head] == b.ptr[head])
    head++;
  while (tail < least - head && a.ptr[a.len - 1 - tail] == b.ptr[b.len - 1 - tail])
    tail++;
  *work += head + tail;
  return 2.0 * (double) (head + tail) / (double) (a.len + b.len);
}

double
aid_similar (struct aid_span a, struct aid_span b, double least, size_t *work)
{
  size_t all = a.len + b.len, shorter = a.len < b.len ? a.len : b.len;
  if (all == 0)
    return 1;
  if (2.0 * (double) shorter / (double) all < least)
    return 0;
  if (a.len > AID_SIMILAR_MAX || b.len > AID_SIMILAR_MAX)
    return by_ends (a, b, work);
  *work += all + b.len * (a.len / 64 + 1);
  if (2.0 * (double) common_at_most (a, b) / (double) all < least
      || 2.0 * (double) common_in_order (a, b) / (double) all < least)
    return 0;
  double r = 2.0 * (double) matched (a, b, work) / (double) all;
  return r < least ? 0 : r;
}

static struct aid_span
next_number (struct aid_span *v)
{
  size_t i = 0, j;
  while (i < v->len && !isdigit ((unsigned char) v->ptr[i]))
    i++;
  for (j = i; j < v->len && isdigit ((unsigned char) v->ptr[j]);)
    j++;
  struct aid_span number = aid_span_cut (*v, i, j);
  *v = aid_span_cut (*v, j, v->len);
  return number;
}

int
aid_same_numbers (struct aid_span a, struct aid_span b)
{
  struct aid_span x, y;
  do
    {
      x = next_number (&a);
      y = next_number (&b);
      if (!aid_span_eq (x, y))
        return 0;
    }
  while (x.len > 0);
  return 1;
}
