/* The table, and what an event adds to which row of it. */
#include "export/instruments.h"
#include "export/otlp.h"
#include "base/json.h"

static const double token_bounds[]
  = { 1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864 };
static const double second_bounds[]
  = { 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92 };

#define BOUNDS(list) (list), sizeof (list) / sizeof *(list)

const struct aid_instrument aid_instruments[AID_INSTRUMENTS] = {
  [AID_COUNT_TOKENS] = { "gen_ai.client.token.usage", "{token}", "gen_ai_client_token_usage",
                         "Number of input and output tokens used.", BOUNDS (token_bounds), 0 },
  [AID_COUNT_DURATION] = { "gen_ai.client.operation.duration", "s", "gen_ai_client_operation_duration_seconds",
                           "GenAI operation duration.", BOUNDS (second_bounds), 0 },
  [AID_COUNT_FIRST_CHUNK]
  = { "gen_ai.client.operation.time_to_first_chunk", "s", "gen_ai_client_operation_time_to_first_chunk_seconds",
      "Time to receive the first chunk of a streamed answer.", BOUNDS (second_bounds), 0 },
  [AID_COUNT_COST] = { "aid.cost", "{USD}", "aid_cost_usd_total", "What answers have cost, in US dollars.", NULL, 0, 1 },
  [AID_COUNT_HUNKS] = { "aid.hunk.placements", "{hunk}", "aid_hunk_placements_total",
                        "Hunks of answers, by how they fitted into the files.", NULL, 0, 0 },
  [AID_COUNT_DECISIONS]
  = { "aid.hunk.decisions", "{hunk}", "aid_hunk_decisions_total", "Decisions on hunks of answers.", NULL, 0, 0 },
  [AID_COUNT_CHARACTERS]
  = { "aid.characters", "{character}", "aid_characters_total",
      "Characters that came into files: accepted from answers, taken back again (undone), typed by a person.", NULL, 0, 0 },
  [AID_COUNT_FOLLOWED] = { "aid.characters.followed", "{character}", "aid_characters_followed_total",
                           "Accepted characters that were looked for again at an age.", NULL, 0, 0 },
  [AID_COUNT_KEPT] = { "aid.characters.kept", "{character}", "aid_characters_kept_total",
                       "Those of them that were still there.", NULL, 0, 0 },
  [AID_COUNT_BUILDS]
  = { "aid.builds", "{build}", "aid_builds_total", "Builds and runs of tests, by how they ended.", NULL, 0, 0 },
  [AID_COUNT_EXPOSURES] = { "aid.experiment.exposures", "{exposure}", "aid_experiment_exposures_total",
                            "Times that a variant of an experiment took effect.", NULL, 0, 0 },
};

const struct aid_instrument *
aid_instrument_named (struct aid_span name)
{
  for (int i = 0; i < AID_INSTRUMENTS; i++)
    if (aid_span_eqz (name, aid_instruments[i].name))
      return &aid_instruments[i];
  return NULL;
}

/* --- what an event adds ------------------------------------------------------------------------------------------------- */

struct counting
{
  const struct aid_export_event *event, *request; /* the latter may be NULL */
  aid_count_fn *add;
  void *ctx;
  json_t *attributes;
};

static void
set (struct counting *c, const char *key, const char *v)
{
  if (v && *v)
    json_object_set_new (c->attributes, key, aid_json_of_span (aid_span_z (v)));
}

static void
add (struct counting *c, enum aid_instrument_id id, double value)
{
  if (value >= 0)
    c->add (c->ctx, &aid_instruments[id], c->attributes, value);
}

static double
field (const struct counting *c, const char *name)
{
  return aid_json_real (c->event->data, name, -1);
}

static const char *
word (const struct counting *c, const char *name)
{
  return aid_json_str (c->event->data, name);
}

/* Who was asked, and how. */
static void
set_model (struct counting *c, const struct aid_export_event *request)
{
  if (!request)
    return;
  set (c, "gen_ai.provider.name", aid_otlp_provider (aid_json_str (request->data, "provider")));
  set (c, "gen_ai.request.model", aid_json_str (request->data, "name"));
  set (c, "aid.strategy", aid_json_str (request->data, "strategy"));
  set (c, "aid.variant", aid_json_str (request->data, "variant"));
}

static void
count_request (struct counting *c)
{
  double ms = field (c, "ms"), first = field (c, "first_ms");
  set_model (c, c->event);
  add (c, AID_COUNT_COST, field (c, "cost"));
  set (c, "gen_ai.operation.name", "chat");
  add (c, AID_COUNT_FIRST_CHUNK, first >= 0 ? first / 1000 : -1);
  set (c, "gen_ai.token.type", "input");
  add (c, AID_COUNT_TOKENS, field (c, "in"));
  set (c, "gen_ai.token.type", "output");
  add (c, AID_COUNT_TOKENS, field (c, "out"));
  json_object_del (c->attributes, "gen_ai.token.type");
  set (c, "error.type", word (c, "error"));
  add (c, AID_COUNT_DURATION, ms >= 0 ? ms / 1000 : -1);
}

static void
count_patch (struct counting *c)
{
  static const char *const how[] = { "exact", "shifted", "whitespace", "adjusted", "already", "refused" };
  set_model (c, c->request);
  set (c, "aid.patch.format", word (c, "format"));
  for (size_t i = 0; i < sizeof how / sizeof *how; i++)
    {
      set (c, "aid.placement", how[i]);
      if (field (c, how[i]) > 0)
        add (c, AID_COUNT_HUNKS, field (c, how[i]));
    }
}

static int
is_taken (const char *decision)
{
  return decision && (!strcmp (decision, "accepted") || !strcmp (decision, "edited"));
}

static void
count_decision (struct counting *c)
{
  const char *decision = word (c, "decision"), *was = word (c, "was");
  set_model (c, c->request);
  set (c, "aid.language", c->event->language);
  set (c, "aid.decision", decision);
  add (c, AID_COUNT_DECISIONS, 1);
  json_object_del (c->attributes, "aid.decision");
  set (c, "aid.source", is_taken (decision) ? "accepted" : "undone");
  if (is_taken (decision) || (decision && !strcmp (decision, "undone") && is_taken (was)))
    add (c, AID_COUNT_CHARACTERS, field (c, "inserted"));
}

static void
count_stayed (struct counting *c)
{
  set_model (c, c->request);
  set (c, "aid.language", c->event->language);
  set (c, "aid.age", word (c, "when"));
  add (c, AID_COUNT_FOLLOWED, field (c, "chars"));
  add (c, AID_COUNT_KEPT, field (c, "kept"));
}

static void
count_rest (struct counting *c)
{
  switch (c->event->kind)
    {
    case AID_MEASURED_BUILD:
      set (c, "aid.build.what", word (c, "what"));
      set (c, "aid.build.status", word (c, "status"));
      set (c, "aid.build.before", word (c, "before"));
      add (c, AID_COUNT_BUILDS, 1);
      break;
    case AID_MEASURED_TYPED:
      set (c, "aid.language", c->event->language);
      set (c, "aid.source", "typed");
      add (c, AID_COUNT_CHARACTERS, field (c, "chars"));
      break;
    case AID_MEASURED_EXPOSURE:
      set (c, "feature_flag.key", word (c, "experiment"));
      set (c, "feature_flag.result.variant", word (c, "variant"));
      set (c, "feature_flag.result.reason", word (c, "reason"));
      add (c, AID_COUNT_EXPOSURES, 1);
      break;
    default:
      break;
    }
}

void
aid_count_event (const struct aid_export_event *event, const struct aid_export_event *request, aid_count_fn *fn, void *ctx)
{
  struct counting c = { event, request, fn, ctx, json_object () };
  switch (event->kind)
    {
    case AID_MEASURED_REQUEST:
      count_request (&c);
      break;
    case AID_MEASURED_PATCH:
      count_patch (&c);
      break;
    case AID_MEASURED_DECISION:
      count_decision (&c);
      break;
    case AID_MEASURED_STAYED:
      count_stayed (&c);
      break;
    default:
      count_rest (&c);
      break;
    }
  json_decref (c.attributes);
}
