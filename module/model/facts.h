/* What is known of a model: its window, abilities and price, in the shape of an entry of the settings' "models". */
#ifndef AID_MODEL_FACTS_H
#define AID_MODEL_FACTS_H

#include "base/str.h"
#include "model/price.h"
#include <jansson.h>

/* What a model can do, as a set.  That a bit is missing means "no" only when AID_CAN_TOLD is there. */
enum aid_ability
{
  AID_CAN_TOLD = 1,         /* the settings, the presets or the server say what the model can do */
  AID_CAN_TEXT = 2,
  AID_CAN_IMAGE = 4,        /* reads images */
  AID_CAN_PDF = 8,          /* reads PDF files */
  AID_CAN_TOOLS = 16,
  AID_CAN_REASON = 32,
  AID_CAN_CACHE = 64,       /* the server keeps a prompt's beginning at a lower price */
  AID_CAN_JSON = 128        /* answers by a JSON schema */
};
/* The set's words, as the settings have them: "text", "image", "pdf", "tools", "reasoning", "cache", "json". */
unsigned aid_ability_of (const char *word); /* 0: no such word */

struct aid_facts
{
  int64_t context;          /* tokens that the model can read; 0: unknown */
  int64_t max_output;       /* tokens of one answer at most; 0: unknown */
  unsigned abilities;       /* AID_CAN_... */
  struct aid_price price;
};
#define AID_FACTS_UNKNOWN ((struct aid_facts){ 0, 0, 0, AID_PRICE_UNKNOWN })

/* Lays what ENTRY (may be NULL) says over F; what it does not say stays. */
void aid_facts_lay (struct aid_facts *f, const json_t *entry);
/* Writes F's members into an object that is being written: "context", "max_output", "abilities" (null: not told) and
   "price" (null: not known); 4 members. */
void aid_facts_val (const struct aid_facts *f, struct aid_str *out);
/* The entry for a model that a server calls NAME in MODELS, an object of entries: NAME's own, else the one of the same name
   without a date or "-latest" at its end; NULL when there is none.  Borrowed. */
const json_t *aid_facts_find (const json_t *models, const char *name);

#endif
