#include "learn/minhash.h"
#include "base/hash.h"

#include <stdio.h>

#define PRIME ((UINT64_C (1) << 61) - 1)
#define SHINGLE 3

/* A generator of numbers that look random (S. Vigna's splitmix64), begun with I: the same everywhere and for ever, for signatures
   are kept. */
static uint64_t
drawn (uint64_t i)
{
  uint64_t z = i * UINT64_C (0x9E3779B97F4A7C15) + UINT64_C (0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * UINT64_C (0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C (0x94D049BB133111EB);
  return z ^ (z >> 31);
}

/* X modulo 2^61 - 1, for X < 2^122. */
static uint64_t
reduced (unsigned __int128 x)
{
  uint64_t sum = (uint64_t)(x & PRIME) + (uint64_t)(x >> 61);
  return sum >= PRIME ? sum - PRIME : sum;
}

void
aid_minhash_init (struct aid_minhash *h)
{
  memset (h, 0xFF, sizeof *h);
}

void
aid_minhash_add (struct aid_minhash *h, uint64_t member)
{
  uint64_t x = member % PRIME;
  for (unsigned i = 0; i < AID_MINHASH; i++)
    {
      uint64_t a = drawn ((uint64_t)2 * i) % (PRIME - 1) + 1, b = drawn ((uint64_t)2 * i + 1) % PRIME;
      /* The upper bits, so that the order is kept. */
      uint32_t v = (uint32_t)(reduced ((unsigned __int128)a * x + b) >> 29);
      h->least[i] = v < h->least[i] ? v : h->least[i];
    }
}

/* --- of a diff ---------------------------------------------------------------------------------------------------- */

struct shingles
{
  struct aid_minhash *h;
  uint64_t last[SHINGLE];
  size_t n; /* tokens so far */
};

static void
take_token (struct shingles *s, struct aid_span token)
{
  memmove (s->last, s->last + 1, sizeof s->last - sizeof *s->last);
  s->last[SHINGLE - 1] = aid_hash64 (token);
  if (++s->n >= SHINGLE)
    aid_minhash_add (s->h, aid_hash64 ((struct aid_span){ (const char *)s->last, sizeof s->last }));
}

static int
is_word (unsigned char c)
{
  return c >= 0x80 || c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static int
is_blank (unsigned char c)
{
  return c <= ' ';
}

static void
take_line (struct shingles *s, struct aid_span line)
{
  for (size_t i = 0, end; i < line.len; i = end)
    {
      unsigned char c = (unsigned char)line.ptr[i];
      for (end = i + 1; is_word (c) && end < line.len && is_word ((unsigned char)line.ptr[end]); end++)
        ;
      if (!is_blank (c))
        take_token (s, aid_span_cut (line, i, end));
    }
}

void
aid_minhash_diff (struct aid_span diff, struct aid_minhash *h)
{
  struct shingles s = { .h = h };
  struct aid_span line, whole = diff;
  int in_hunk = 0;
  aid_minhash_init (h);
  while (aid_span_line (&diff, &line))
    if (aid_span_starts (line, "@@"))
      in_hunk = 1;
    else if (aid_span_starts (line, "diff "))
      in_hunk = 0;
    else if (in_hunk && line.len > 1 && (line.ptr[0] == '+' || line.ptr[0] == '-'))
      take_line (&s, line);
  if (!s.n) /* files that have only got other names: these are what it is alike by */
    aid_minhash_add (h, aid_hash64 (whole));
  else if (s.n < SHINGLE)
    aid_minhash_add (h, aid_hash64 ((struct aid_span){ (const char *)s.last, sizeof s.last }));
}

/* --- comparing, keeping ------------------------------------------------------------------------------------------- */

double
aid_minhash_alike (const struct aid_minhash *a, const struct aid_minhash *b)
{
  unsigned same = 0;
  for (unsigned i = 0; i < AID_MINHASH; i++)
    same += a->least[i] == b->least[i];
  return (double)same / AID_MINHASH;
}

uint64_t
aid_minhash_band (const struct aid_minhash *h, unsigned n)
{
  return aid_hash64 (
    (struct aid_span){ (const char *)&h->least[(size_t)n * AID_MINHASH_ROWS], AID_MINHASH_ROWS * sizeof *h->least });
}

void
aid_minhash_write (const struct aid_minhash *h, char out[AID_MINHASH_HEX])
{
  for (unsigned i = 0; i < AID_MINHASH; i++)
    snprintf (out + (size_t)8 * i, 9, "%08x", h->least[i]);
}

int
aid_minhash_read (const char *hex, struct aid_minhash *h)
{
  static const char digits[] = "0123456789abcdef";
  if (!hex || strlen (hex) != AID_MINHASH_HEX - 1)
    return -1;
  for (unsigned i = 0; i < AID_MINHASH; i++)
    {
      h->least[i] = 0;
      for (unsigned k = 0; k < 8; k++)
        {
          const char *digit = strchr (digits, hex[8 * i + k]);
          if (!digit || !*digit)
            return -1;
          h->least[i] = h->least[i] << 4 | (uint32_t)(digit - digits);
        }
    }
  return 0;
}
