/* What a request is going to be: its tokens against the model's window, its cost against the budgets of the settings. */
#ifndef AID_ASSIST_FORECAST_H
#define AID_ASSIST_FORECAST_H

#include "assist/assist_internal.h"

struct aid_forecast
{
  int64_t tokens, window;      /* window 0: not known */
  int exact;                   /* tokens are */
  const char *tokenizer;       /* static */
  double cost;                 /* US dollars, of the tokens and an answer of AID_FORECAST_ANSWER; negative: not known */
  double chat_cost, month_cost;        /* what was spent already */
  double chat_budget, month_budget;    /* negative: there is none */
  const char *over;            /* "chat" or "month": the budget that would be passed; NULL: none.  Static. */
};

/* Whether there is nothing in C but text: what else there is has no exact count, and teaches nothing about text's. */
int aid_forecast_is_text (const struct aid_conversation *c);

/* Never fails: what cannot be known is so in OUT.  Reads the month's file only when there is a budget for it. */
void aid_forecast_make (const struct aid_config *config, const struct aid_model *model, const struct aid_prompt *prompt,
                        const struct aid_counter *counter, struct aid_forecast *out);
/* Appends what is to be said of a budget that would be passed, as a sentence or two; nothing when none would. */
void aid_forecast_words (const struct aid_forecast *f, struct aid_str *out);

#endif
