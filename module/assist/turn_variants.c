/* What experiments change of a request. */
#include "assist/strategy.h"
#include "assist/turn_internal.h"
#include "config/secret.h"

#include <stdlib.h>

/* T as a question; drawn for if DRAW. */
static struct aid_asked
asked (const struct aid_turn_state *t, int draw)
{
  return (
    struct aid_asked){ t->root, t->model_id, t->strategy, t->exact, aid_str_span (&t->chat), draw ? t->request : NULL };
}

struct aid_config *
aid_turn_settings (struct aid_turn_state *t)
{
  const struct aid_asked q = asked (t, !t->look);
  if (t->apart)
    return aid_config_load (t->root, &t->fail);
  return aid_variants_config (&q, &t->variants, &t->fail);
}

static int
was_drawn (const struct aid_turn_state *t)
{
  for (size_t i = 0; i < t->variants.taken.len; i++)
    if (!AID_VEC_AT (struct aid_taken, &t->variants.taken, i).unit)
      return 1;
  return 0;
}

/* Whether CONFIG, without what was drawn, has T's question asked of the same host. */
static int
same_host (const struct aid_turn_state *t, const struct aid_config *config)
{
  struct aid_strategy *s = NULL;
  struct aid_model model = { 0 };
  char *used = aid_strategy_in_force (config, t->root, t->strategy, t->exact, aid_str_span (&t->chat));
  int same = used && !aid_strategy_load (t->root, used, &s, NULL)
             && !aid_model_resolve (config, t->model_id ? t->model_id : s->model, &model, NULL) && model.host
             && t->model.host && !strcmp (model.host, t->model.host);
  aid_model_free (&model);
  aid_strategy_free (s);
  free (used);
  return same;
}

enum aid_err
aid_turn_keep_secret_home (struct aid_turn_state *t)
{
  const struct aid_asked shown = asked (t, 0);
  if (!t->secret || !was_drawn (t))
    return AID_OK;
  struct aid_config *config = aid_variants_config (&shown, NULL, &t->fail);
  if (!config)
    return t->fail.code;
  if (!same_host (t, config))
    {
      aid_secret_free (t->secret);
      t->secret = NULL;
    }
  aid_config_free (config);
  return AID_OK;
}

void
aid_turn_measure_exposure (const struct aid_turn_state *t)
{
  struct aid_str name = AID_STR_INIT (1024);
  const char *key = aid_turn_key (t);
  aid_turn_name (t, &name);
  aid_variants_expose (&t->variants, t->assist->events, aid_str_span (&name), t->root, key[0] ? key : NULL);
  aid_str_free (&name);
}
