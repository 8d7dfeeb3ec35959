/* What a model's tokens cost, as the settings and the shipped providers tell it. */
#ifndef AID_MODEL_PRICE_H
#define AID_MODEL_PRICE_H

#include <stdint.h>

/* US dollars for a million tokens; negative: not known. */
struct aid_rates
{
  double input, output;
  double cached;            /* input that was read from the server's cache */
  double cache_write;       /* input that was written into it */
};

struct aid_price
{
  struct aid_rates usual;
  struct aid_rates large;   /* of a request whose input has more than LARGE_OVER tokens */
  int64_t large_over;       /* 0: every request is charged as usual */
  char as_of[11];           /* the day the price was read, "2025-11-01"; "" when nobody says */
};

#define AID_RATES_UNKNOWN { -1.0, -1.0, -1.0, -1.0 }
#define AID_PRICE_UNKNOWN ((struct aid_price){ AID_RATES_UNKNOWN, AID_RATES_UNKNOWN, 0, "" })

/* The rates of a request whose input has INPUT tokens, cached ones included; borrowed from P. */
static inline const struct aid_rates *
aid_price_rates (const struct aid_price *p, int64_t input)
{
  return p->large_over && input > p->large_over ? &p->large : &p->usual;
}

#endif
