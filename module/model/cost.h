/* What a request costs: by its usage and the model's price, or as the server itself says. */
#ifndef AID_MODEL_COST_H
#define AID_MODEL_COST_H

#include "model/price.h"
#include "model/wire.h"

/* US dollars; negative when neither the server nor the price tells.  Output includes reasoning.  Cached input without a rate of
   its own costs as input does, and so does what is written into a cache. */
double aid_cost (const struct aid_price *p, const struct aid_usage *u);
/* The same before it is sent: INPUT tokens, none of them cached, and an answer of OUTPUT. */
double aid_cost_ahead (const struct aid_price *p, int64_t input, int64_t output);
/* Appends COST in dollars with as many digits as tell something: "0.0042", "1.25", "0"; nothing when it is negative. */
void aid_cost_write (struct aid_str *out, double cost);

#endif
