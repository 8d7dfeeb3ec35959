/* SHA-256 as FIPS 180-4 describes it; its words for the variables are kept. */
#include "base/sha256.h"

static const uint32_t k[64] = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
  0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
  0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
  0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
  0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
  0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t
rotr (uint32_t x, unsigned n)
{
  return x >> n | x << (32 - n);
}

static void
take_block (uint32_t state[8], const unsigned char *m)
{
  uint32_t w[64], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6],
                  h = state[7];
  for (int t = 0; t < 16; t++, m += 4)
    w[t] = (uint32_t)m[0] << 24 | (uint32_t)m[1] << 16 | (uint32_t)m[2] << 8 | m[3];
  for (int t = 16; t < 64; t++)
    w[t] = (rotr (w[t - 2], 17) ^ rotr (w[t - 2], 19) ^ w[t - 2] >> 10) + w[t - 7]
           + (rotr (w[t - 15], 7) ^ rotr (w[t - 15], 18) ^ w[t - 15] >> 3) + w[t - 16];
  for (int t = 0; t < 64; t++)
    {
      uint32_t t1 = h + (rotr (e, 6) ^ rotr (e, 11) ^ rotr (e, 25)) + ((e & f) ^ (~e & g)) + k[t] + w[t];
      uint32_t t2 = (rotr (a, 2) ^ rotr (a, 13) ^ rotr (a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + t1;
      d = c, c = b, b = a, a = t1 + t2;
    }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void
aid_sha256_init (struct aid_sha256 *s)
{
  static const uint32_t first[8]
    = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
  memset (s, 0, sizeof *s);
  memcpy (s->state, first, sizeof first);
}

void
aid_sha256_add (struct aid_sha256 *s, struct aid_span v)
{
  size_t have = (size_t)(s->bytes % sizeof s->block);
  s->bytes += v.len;
  while (v.len)
    {
      if (!have && v.len >= sizeof s->block)
        {
          take_block (s->state, (const unsigned char *)v.ptr);
          v = aid_span_cut (v, sizeof s->block, v.len);
          continue;
        }
      size_t n = sizeof s->block - have < v.len ? sizeof s->block - have : v.len;
      memcpy (s->block + have, v.ptr, n);
      v = aid_span_cut (v, n, v.len);
      have += n;
      if (have == sizeof s->block)
        {
          take_block (s->state, s->block);
          have = 0;
        }
    }
}

void
aid_sha256_end (struct aid_sha256 *s, char out[AID_SHA256_HEX])
{
  static const char digits[] = "0123456789abcdef";
  uint64_t bits = s->bytes * 8;
  unsigned char tail[72] = { 0x80 };
  size_t have = (size_t)(s->bytes % 64), pad = (have < 56 ? 56 : 120) - have;
  for (int i = 0; i < 8; i++)
    tail[pad + (size_t)i] = (unsigned char)(bits >> (56 - 8 * i));
  aid_sha256_add (s, (struct aid_span){ (const char *)tail, pad + 8 });
  for (int i = 0; i < 64; i++)
    out[i] = digits[s->state[i / 8] >> (28 - 4 * (i % 8)) & 15];
  out[64] = '\0';
}

void
aid_sha256_hex (struct aid_span v, char out[AID_SHA256_HEX])
{
  struct aid_sha256 s;
  aid_sha256_init (&s);
  aid_sha256_add (&s, v);
  aid_sha256_end (&s, out);
}
