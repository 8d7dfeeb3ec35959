/* Windows, abilities and prices out of JSON, and into a value. */
#include "model/facts.h"
#include "base/json.h"
#include "base/val.h"
#include <stdio.h>

/* --- abilities ------------------------------------------------------------------------------------------------------ */

static const struct
{
  unsigned bit;
  const char *word;
} abilities[] = {
  { AID_CAN_TEXT, "text" }, { AID_CAN_IMAGE, "image" }, { AID_CAN_PDF, "pdf" }, { AID_CAN_TOOLS, "tools" },
  { AID_CAN_REASON, "reasoning" }, { AID_CAN_CACHE, "cache" }, { AID_CAN_JSON, "json" }
};
#define NABILITIES (sizeof abilities / sizeof *abilities)

unsigned
aid_ability_of (const char *word)
{
  for (size_t i = 0; i < NABILITIES; i++)
    if (!strcmp (abilities[i].word, word))
      return abilities[i].bit;
  return 0;
}

/* --- reading -------------------------------------------------------------------------------------------------------- */

static void
lay_rates (struct aid_rates *r, const json_t *price)
{
  r->input = aid_json_real (price, "input", r->input);
  r->output = aid_json_real (price, "output", r->output);
  r->cached = aid_json_real (price, "cached", r->cached);
  r->cache_write = aid_json_real (price, "cache_write", r->cache_write);
}

static void
lay_price (struct aid_price *p, const json_t *price)
{
  const json_t *large = json_object_get (price, "large");
  const char *as_of = aid_json_str (price, "as_of");
  lay_rates (&p->usual, price);
  if (as_of)
    snprintf (p->as_of, sizeof p->as_of, "%.10s", as_of);
  if (!large)
    return;
  p->large_over = aid_json_int (large, "over", p->large_over);
  lay_rates (&p->large, large);
}

void
aid_facts_lay (struct aid_facts *f, const json_t *entry)
{
  const json_t *can = json_object_get (entry, "abilities"), *price = json_object_get (entry, "price"), *word;
  size_t i;
  f->context = aid_json_int (entry, "context", f->context);
  f->max_output = aid_json_int (entry, "max_output", f->max_output);
  if (json_is_array (can))
    f->abilities = AID_CAN_TOLD;
  json_array_foreach (can, i, word)
    {
      if (json_is_string (word))
        f->abilities |= aid_ability_of (json_string_value (word));
    }
  if (json_is_object (price))
    lay_price (&f->price, price);
}

/* Whether END, what follows a model's known name in a longer one, only says which issue of it is meant. */
static int
is_issue (const char *end)
{
  return !strcmp (end, "-latest") || (*end == '-' && strlen (end) >= 5 && strspn (end + 1, "0123456789-") == strlen (end) - 1);
}

const json_t *
aid_facts_find (const json_t *models, const char *name)
{
  const json_t *entry = json_object_get (models, name), *found = NULL;
  const char *key;
  json_t *v;
  size_t best = 0;
  if (entry)
    return entry;
  json_object_foreach ((json_t *) (uintptr_t) models, key, v)
    {
      size_t n = strlen (key);
      if (n > best && !strncmp (key, name, n) && is_issue (name + n))
        {
          found = v;
          best = n;
        }
    }
  return found;
}

/* --- writing -------------------------------------------------------------------------------------------------------- */

static uint32_t
rates_val (const struct aid_rates *r, struct aid_str *out)
{
  const double values[] = { r->input, r->output, r->cached, r->cache_write };
  static const char *const names[] = { "input", "output", "cached", "cache_write" };
  uint32_t n = 0;
  for (size_t i = 0; i < 4; i++)
    if (values[i] >= 0)
      {
        aid_val_kreal (out, names[i], values[i]);
        n++;
      }
  return n;
}

static void
price_val (const struct aid_price *p, struct aid_str *out)
{
  if (p->usual.input < 0 && p->usual.output < 0)
    {
      aid_val_nil (out);
      return;
    }
  size_t o = aid_val_object (out);
  uint32_t n = rates_val (&p->usual, out);
  if (*p->as_of)
    {
      aid_val_kstrz (out, "as_of", p->as_of);
      n++;
    }
  if (p->large_over)
    {
      aid_val_key (out, "large");
      size_t large = aid_val_object (out);
      aid_val_kint (out, "over", p->large_over);
      aid_val_end (out, large, 1 + rates_val (&p->large, out));
      n++;
    }
  aid_val_end (out, o, n);
}

void
aid_facts_val (const struct aid_facts *f, struct aid_str *out)
{
  aid_val_kint (out, "context", f->context);
  aid_val_kint (out, "max_output", f->max_output);
  aid_val_key (out, "abilities");
  if (!(f->abilities & AID_CAN_TOLD))
    aid_val_nil (out);
  else
    {
      size_t l = aid_val_list (out);
      uint32_t n = 0;
      for (size_t i = 0; i < NABILITIES; i++)
        if (f->abilities & abilities[i].bit)
          {
            aid_val_strz (out, abilities[i].word);
            n++;
          }
      aid_val_end (out, l, n);
    }
  aid_val_key (out, "price");
  price_val (&f->price, out);
}
