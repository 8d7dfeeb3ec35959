/* The functions of libwslay, found by name; and how a server shows that it speaks websockets, which is no part of it. */
#include "ces/wslay.h"
#include "base/base64.h"
#include "base/late.h"
#include "ces/http_internal.h"

#include <pthread.h>

#ifdef __APPLE__
#define LIBRARY "libwslay.1.dylib"
#else
#define LIBRARY "libwslay.so.1"
#endif

static struct aid_wslay functions;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char why_not[AID_LATE_WHY];

static void
load (void)
{
#define FUNCTION(name) { #name, offsetof (struct aid_wslay, name) },
  static const struct aid_late all[] = { AID_WSLAY_FUNCTIONS (FUNCTION) };
  aid_late_load (LIBRARY, all, sizeof all / sizeof *all, &functions, why_not);
}

const struct aid_wslay *
aid_wslay_load (struct aid_error *e)
{
  pthread_once (&once, load);
  if (!why_not[0])
    return &functions;
  aid_error_set (e, AID_E_NOTFOUND,
                 "libwslay, which speaks websockets, cannot be loaded (Debian's package is libwslay1): %s", why_not);
  return NULL;
}

/* --- the answer to a key ------------------------------------------------------------------------------------------------- */

static uint32_t
turned (uint32_t v, unsigned n)
{
  return v << n | v >> (32 - n);
}

/* SHA-1 (FIPS 180-4) of one block of 64 bytes into H. */
static void
add_block (uint32_t h[5], const unsigned char *p)
{
  uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
  for (size_t i = 0; i < 16; i++)
    w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
  for (int i = 16; i < 80; i++)
    w[i] = turned (w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  for (int i = 0; i < 80; i++)
    {
      uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 ? b ^ c ^ d : i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
      static const uint32_t k[] = { 0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6 };
      uint32_t t = turned (a, 5) + f + e + k[i / 20] + w[i];
      e = d;
      d = c;
      c = turned (b, 30);
      b = a;
      a = t;
    }
  h[0] += a;
  h[1] += b;
  h[2] += c;
  h[3] += d;
  h[4] += e;
}

void
aid_ws_accept (struct aid_span key, char out[AID_WS_ACCEPT])
{
  static const char suffix[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char text[128] = { 0 }, hash[20];
  uint32_t h[5] = { 0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0 };
  struct aid_str base64 = AID_STR_INIT (AID_WS_ACCEPT);
  size_t n = key.len < 24 ? key.len : 24, bits;
  memcpy (text, key.ptr, n);
  memcpy (text + n, suffix, sizeof suffix - 1);
  n += sizeof suffix - 1;
  text[n] = 0x80;
  bits = n * 8; /* 60 bytes at most: two blocks */
  text[126] = (unsigned char)(bits >> 8);
  text[127] = (unsigned char)bits;
  add_block (h, text);
  add_block (h, text + 64);
  for (int i = 0; i < 20; i++)
    hash[i] = (unsigned char)(h[i / 4] >> (24 - i % 4 * 8));
  aid_base64_add (&base64, hash, sizeof hash);
  strncpy (out, aid_str_z (&base64), AID_WS_ACCEPT - 1);
  out[AID_WS_ACCEPT - 1] = '\0';
  aid_str_free (&base64);
}
