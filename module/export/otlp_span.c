/* Events as spans. */
#include "export/otlp.h"
#include "base/json.h"

#include <stdio.h>

enum
{
  INTERNAL = 1,
  CLIENT = 3,
  FAILED = 2,
  LINK_MS = 3600000 /* so long after a decision a build is taken for one of what was decided on */
};

#define CONTENT_MAX (8u << 20)

/* A span with IDS, PARENT (or NULL) and ATTRIBUTES, which are taken; a new reference. */
static json_t *
span_new (const struct aid_trace_ids *ids, const char *parent, const char *name, int kind, int64_t start, int64_t end,
          json_t *attributes)
{
  json_t *span = json_pack ("{s:s, s:s, s:o, s:i, s:o, s:o}", "traceId", ids->trace, "spanId", ids->span, "name",
                            aid_json_of_span (aid_span_z (name)), "kind", kind, "startTimeUnixNano", aid_otlp_time (start),
                            "endTimeUnixNano", aid_otlp_time (end));
  if (parent)
    json_object_set_new (span, "parentSpanId", json_string (parent));
  if (json_array_size (attributes))
    json_object_set (span, "attributes", attributes);
  json_decref (attributes);
  return span;
}

static void
add_common (const struct aid_export_event *event, json_t *list)
{
  aid_otlp_word (list, "aid.project", event->project);
  aid_otlp_word (list, "aid.language", event->language);
}

/* --- a request ---------------------------------------------------------------------------------------------------------- */

static const char *
finish_reason (const char *stop)
{
  static const char *const names[][2] = { { "end", "stop" },
                                          { "sequence", "stop" },
                                          { "tools", "tool_calls" },
                                          { "filter", "content_filter" },
                                          { "refusal", "content_filter" },
                                          { "none", NULL } };
  for (size_t i = 0; stop && i < sizeof names / sizeof *names; i++)
    if (!strcmp (stop, names[i][0]))
      return names[i][1];
  return stop;
}

static void
add_inference (const struct aid_export_event *event, json_t *list)
{
  const json_t *d = event->data;
  int64_t first = aid_json_int (d, "first_ms", -1);
  aid_otlp_word (list, "gen_ai.operation.name", "chat");
  aid_otlp_word (list, "gen_ai.provider.name", aid_otlp_provider (aid_json_str (d, "provider")));
  aid_otlp_word (list, "gen_ai.request.model", aid_json_str (d, "name"));
  aid_otlp_flag (list, "gen_ai.request.stream", 1);
  aid_otlp_word (list, "gen_ai.conversation.id", event->chat);
  aid_otlp_word (list, "gen_ai.output.type", "text");
  aid_otlp_words (list, "gen_ai.response.finish_reasons", finish_reason (aid_json_str (d, "stop")));
  aid_otlp_count (list, "gen_ai.usage.input_tokens", aid_json_int (d, "in", -1));
  aid_otlp_count (list, "gen_ai.usage.cache_read.input_tokens", aid_json_int (d, "cached", -1));
  aid_otlp_count (list, "gen_ai.usage.output_tokens", aid_json_int (d, "out", -1));
  aid_otlp_count (list, "gen_ai.usage.reasoning.output_tokens", aid_json_int (d, "reasoning", -1));
  if (first >= 0)
    aid_otlp_real (list, "gen_ai.response.time_to_first_chunk", (double)first / 1000);
  aid_otlp_word (list, "error.type", aid_json_str (d, "error"));
}

static void
add_asked (const struct aid_export_event *event, json_t *list)
{
  const json_t *d = event->data;
  aid_otlp_word (list, "aid.model", aid_json_str (d, "model"));
  aid_otlp_word (list, "aid.strategy", aid_json_str (d, "strategy"));
  aid_otlp_word (list, "aid.variant", aid_json_str (d, "variant"));
  aid_otlp_word (list, "aid.front", aid_json_str (d, "front"));
  aid_otlp_word (list, "aid.outcome", aid_json_str (d, "outcome"));
  aid_otlp_count (list, "aid.retries", aid_json_int (d, "retries", -1));
  aid_otlp_count (list, "aid.answer.characters", aid_json_int (d, "chars", -1));
  aid_otlp_real (list, "aid.cost", aid_json_real (d, "cost", -1));
  if (aid_json_bool (d, "edited", 0))
    aid_otlp_flag (list, "aid.request.edited", 1);
  if (aid_json_bool (d, "summary", 0))
    aid_otlp_flag (list, "aid.request.summary", 1);
  add_common (event, list);
}

/* [{role, parts: [{type: "text", content}]}] as text, for an attribute of a span. */
static void
add_message (json_t *list, const char *key, const char *role, const json_t *text, const char *finish)
{
  struct aid_str out = AID_STR_INIT (CONTENT_MAX);
  json_t *all = json_is_string (text)
                  ? json_pack ("[{s:s, s:[{s:s, s:O}]}]", "role", role, "parts", "type", "text", "content", text)
                  : NULL;
  if (all && finish)
    json_object_set_new (json_array_get (all, 0), "finish_reason", json_string (finish));
  if (all && !aid_json_dump (all, &out))
    aid_otlp_word (list, key, aid_str_z (&out));
  json_decref (all);
  aid_str_free (&out);
}

static void
add_content (const struct aid_export_event *event, json_t *list)
{
  struct aid_str text = AID_STR_INIT (CONTENT_MAX);
  json_t *kept = *event->content && !aid_blob_get (event->content, &text, NULL)
                   ? aid_json_parse (aid_str_span (&text), "a text", NULL)
                   : NULL;
  const json_t *content = json_object_get (kept, "content");
  add_message (list, "gen_ai.input.messages", "user", json_object_get (content, "chat"), NULL);
  add_message (list, "gen_ai.output.messages", "assistant", json_object_get (content, "answer"),
               finish_reason (aid_json_str (event->data, "stop")));
  json_decref (kept);
  aid_str_free (&text);
}

struct events
{
  json_t *list;
  int person;
};

static void
add_event (struct events *to, const struct aid_export_event *event, const char *name, json_t *attributes)
{
  json_t *v
    = json_pack ("{s:o, s:s, s:o}", "timeUnixNano", aid_otlp_time (event->at), "name", name, "attributes", attributes);
  json_array_append_new (to->list, v);
}

static void
add_context (void *ctx, const struct aid_export_event *event)
{
  json_t *list = json_array ();
  aid_otlp_word (list, "aid.context.item", aid_json_str (event->data, "item"));
  aid_otlp_word (list, "aid.context.by", aid_json_str (event->data, "by"));
  aid_otlp_count (list, "aid.context.items", aid_json_int (event->data, "items", -1));
  aid_otlp_count (list, "aid.context.tokens", aid_json_int (event->data, "tokens", -1));
  add_event (ctx, event, "aid.context", list);
}

static void
add_exposure (void *ctx, const struct aid_export_event *event)
{
  struct events *to = ctx;
  json_t *list = json_array ();
  aid_otlp_word (list, "feature_flag.key", aid_json_str (event->data, "experiment"));
  aid_otlp_word (list, "feature_flag.provider.name", "aid");
  aid_otlp_word (list, "feature_flag.result.variant", aid_json_str (event->data, "variant"));
  aid_otlp_word (list, "feature_flag.result.reason", aid_json_str (event->data, "reason"));
  aid_otlp_word (list, "feature_flag.version", aid_json_str (event->data, "version"));
  if (to->person)
    aid_otlp_word (list, "feature_flag.context.id", aid_json_str (event->data, "unit"));
  add_event (to, event, "feature_flag.evaluation", list);
}

static enum aid_err
request_span (struct aid_export_state *s, const struct aid_export_settings *settings, const struct aid_export_event *event,
              json_t **out, struct aid_error *e)
{
  struct aid_trace_ids ids;
  struct aid_str name = AID_STR_INIT (1024);
  struct events events = { json_array (), settings->person };
  json_t *list = json_array ();
  int64_t ms = aid_json_int (event->data, "ms", 0);
  aid_export_event_ids (event, &ids);
  add_inference (event, list);
  add_asked (event, list);
  if (settings->content)
    add_content (event, list);
  aid_str_addz (&name, "chat");
  if (aid_json_str (event->data, "name"))
    aid_str_addf (&name, " %s", aid_json_str (event->data, "name"));
  *out = span_new (&ids, NULL, aid_str_z (&name), CLIENT, event->at - (ms > 0 ? ms : 0), event->at, list);
  if (aid_json_str (event->data, "error"))
    json_object_set_new (*out, "status", json_pack ("{s:i}", "code", FAILED));
  enum aid_err err = aid_export_event_each (s, event->request, "context", add_context, &events, e);
  if (!err)
    err = aid_export_event_each (s, event->request, "exposure", add_exposure, &events, e);
  if (json_array_size (events.list))
    json_object_set (*out, "events", events.list);
  json_decref (events.list);
  aid_str_free (&name);
  return err;
}

/* --- what became of it -------------------------------------------------------------------------------------------------- */

/* Adds every field of the event as "aid.KIND.FIELD". */
static void
add_fields (const struct aid_export_event *event, json_t *list)
{
  const char *kind = aid_measured_name (event->kind);
  char key[64];
  for (const struct aid_field *f = aid_measured_fields (event->kind); f->name; f++)
    {
      const json_t *v = json_object_get (event->data, f->name);
      snprintf (key, sizeof key, "aid.%s.%s", kind, f->name);
      if (json_is_string (v))
        aid_otlp_word (list, key, json_string_value (v));
      else if (json_is_integer (v))
        aid_otlp_number (list, key, json_integer_value (v));
      else if (json_is_real (v))
        aid_otlp_real (list, key, json_real_value (v));
      else if (json_is_boolean (v))
        aid_otlp_flag (list, key, json_is_true (v));
    }
}

/* A build is of what was decided on before it: their requests have traces of their own. */
static enum aid_err
add_link (struct aid_export_state *s, const struct aid_export_event *event, json_t *span, struct aid_error *e)
{
  struct aid_export_event decision, request;
  struct aid_trace_ids ids;
  int found = 0, known = 0;
  enum aid_err err = !*event->project
                       ? AID_OK
                       : aid_export_event_decision (s, event->project, event->at - LINK_MS, event->at, &decision, &found, e);
  if (err || !found)
    return err;
  aid_trace_ids_of (aid_span_z (decision.request), &ids);
  err = aid_export_event_request (s, decision.request, &request, &known, e);
  if (known)
    {
      aid_export_event_ids (&request, &ids);
      aid_export_event_clear (&request);
    }
  aid_export_event_clear (&decision);
  json_object_set_new (span, "links", json_pack ("[{s:s, s:s}]", "traceId", ids.trace, "spanId", ids.span));
  return err;
}

static enum aid_err
other_span (struct aid_export_state *s, const struct aid_export_event *event, json_t **out, struct aid_error *e)
{
  struct aid_export_event request;
  struct aid_trace_ids of_request, ids;
  char name[32];
  int known = 0;
  int64_t ms = aid_json_int (event->data, "ms", 0);
  json_t *list = json_array ();
  enum aid_err err = aid_export_event_request (s, event->request, &request, &known, e);
  aid_trace_ids_of (aid_span_z (*event->request ? event->request : event->id), &of_request);
  if (known)
    {
      aid_export_event_ids (&request, &of_request);
      aid_otlp_word (list, "gen_ai.request.model", aid_json_str (request.data, "name"));
      aid_otlp_word (list, "aid.strategy", aid_json_str (request.data, "strategy"));
      aid_export_event_clear (&request);
    }
  ids = of_request;
  aid_span_id_of (aid_span_z (event->id), ids.span);
  add_fields (event, list);
  add_common (event, list);
  snprintf (name, sizeof name, "aid.%s", aid_measured_name (event->kind));
  *out = span_new (&ids, *event->request ? of_request.span : NULL, name, INTERNAL, event->at - (ms > 0 ? ms : 0), event->at,
                   list);
  if (!err && event->kind == AID_MEASURED_BUILD)
    err = add_link (s, event, *out, e);
  return err;
}

enum aid_err
aid_otlp_span (struct aid_export_state *s, const struct aid_export_settings *settings, const struct aid_export_event *event,
               json_t **out, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  *out = NULL;
  if (event->kind == AID_MEASURED_REQUEST)
    err = request_span (s, settings, event, out, e);
  else if (event->kind == AID_MEASURED_PATCH || event->kind == AID_MEASURED_DECISION || event->kind == AID_MEASURED_BUILD
           || event->kind == AID_MEASURED_STAYED)
    err = other_span (s, event, out, e);
  if (err)
    {
      json_decref (*out);
      *out = NULL;
    }
  return err;
}
