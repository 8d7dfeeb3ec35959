/* The two halves of the scanner: shapes (secrets.c) and assignments (secrets_named.c).  A try at a place gives how far
   the scan may go on from, 0 when there is nothing; what it looked at in vain it skips or is bounded, so that the whole
   stays linear. */
#ifndef AID_CONFIG_SECRETS_INTERNAL_H
#define AID_CONFIG_SECRETS_INTERNAL_H

#include "config/secrets.h"

enum
{
  AID_CH_UPPER = 1,
  AID_CH_LOWER = 2,
  AID_CH_DIGIT = 4,
  AID_CH_UNDER = 8,   /* _ */
  AID_CH_DASH = 16,   /* - */
  AID_CH_DOT = 32,    /* . */
  AID_CH_BASE64 = 64, /* + / = */
  AID_CH_SIGN = 128,  /* : = " ' */
  AID_CH_WORD = AID_CH_UPPER | AID_CH_LOWER | AID_CH_DIGIT | AID_CH_UNDER
};

/* The class of each byte, 0 for all others. */
extern const unsigned char aid_secret_classes[256];

struct aid_secret_scan
{
  const char *p;
  size_t n;
  struct aid_vec *out;
  int full;                 /* a finding could not be kept */
  unsigned char first[256]; /* where the shapes of each first letter begin, plus one; 0: there are none */
  uint32_t seconds[256];    /* of each first letter: the low five bits of the letters that come second, a bit each */
};

static inline unsigned
aid_secret_class (const struct aid_secret_scan *s, size_t i)
{
  return i < s->n ? aid_secret_classes[(unsigned char)s->p[i]] : 0;
}

/* Keeps a finding; gives END. */
size_t aid_secret_keep (struct aid_secret_scan *s, size_t beg, size_t end, size_t shown, const char *kind);
/* What begins at AT and is a secret by its shape. */
size_t aid_secret_shaped (struct aid_secret_scan *s, size_t at);
/* Whether V may be real: not the same few characters over and over, and no word of those that examples are made of. */
int aid_secret_credible (struct aid_span v);
/* At the sign "=", ":", or at a quotation mark behind a name. */
size_t aid_secret_named (struct aid_secret_scan *s, size_t at);

#endif
