#include "model/cost.h"

static double
charged (int64_t tokens, double rate, double instead)
{
  return tokens > 0 ? (double) tokens * (rate >= 0 ? rate : instead) / 1e6 : 0;
}

double
aid_cost (const struct aid_price *p, const struct aid_usage *u)
{
  if (u->cost >= 0)
    return u->cost;
  if (u->input < 0 || u->output < 0)
    return -1;
  const struct aid_rates *r = aid_price_rates (p, u->input);
  int64_t cached = u->cached > 0 ? u->cached : 0, written = u->cache_written > 0 ? u->cache_written : 0;
  int64_t plain = u->input - cached - written;
  if (r->input < 0 || (r->output < 0 && u->output > 0))
    return -1;
  return charged (plain, r->input, 0) + charged (cached, r->cached, r->input) + charged (written, r->cache_write, r->input)
         + charged (u->output, r->output, 0);
}

double
aid_cost_ahead (const struct aid_price *p, int64_t input, int64_t output)
{
  struct aid_usage u = AID_USAGE_INIT;
  u.input = input;
  u.output = output;
  return aid_cost (p, &u);
}

void
aid_cost_write (struct aid_str *out, double cost)
{
  if (cost < 0)
    return;
  size_t from = out->len;
  aid_str_addf (out, cost >= 1 ? "%.2f" : cost >= 0.1 ? "%.3f" : cost >= 0.01 ? "%.4f" : "%.6f", cost);
  while (!out->err && out->len > from && out->ptr[out->len - 1] == '0')
    aid_str_remove (out, out->len - 1, 1);
  if (out->len > from && out->ptr[out->len - 1] == '.')
    aid_str_remove (out, out->len - 1, 1);
  if (out->len == from)
    aid_str_addc (out, '0');
}
