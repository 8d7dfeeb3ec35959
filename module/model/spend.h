/* What was spent: one line for each request (small ones that go together share one) in a file for each month,
   $XDG_STATE_HOME/aid/spend/2026-01.jsonl, where any process may append.  A line has numbers and names of models; nothing of what
   was asked or answered. */
#ifndef AID_MODEL_SPEND_H
#define AID_MODEL_SPEND_H

#include "base/err.h"
#include "base/str.h"
#include "model/wire.h"

struct aid_spend
{
  const char *model, *provider;  /* as the settings call them */
  struct aid_usage usage;
  double cost;                   /* US dollars; negative: not known */
  int64_t requests;              /* that these are the sums of; 0: one */
};

/* Appends a line to the file of this month.  What cannot be written is lost: an answer never fails for it. */
void aid_spend_add (const struct aid_spend *s);
/* This month, "2026-01", by the local calendar. */
void aid_spend_this_month (char month[8]);
/* US dollars that are known to have been spent in MONTH; 0 when there is no file. */
double aid_spend_total (const char *month);
/* Appends a val object {month, requests, in, cached, out, cost, unpriced, models: [the same of each model, with "model"]},
   dearest first; unpriced are requests whose cost is not known.  AID_E_INVALID when MONTH is none. */
enum aid_err aid_spend_report (const char *month, struct aid_str *val, struct aid_error *e);
/* Appends a val list of the months that have files, the last first. */
void aid_spend_months (struct aid_str *val);

#endif
