/* What is measured of a request: how it ended, and what it held for the first time. */
#include "assist/turn_internal.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"
#include "export/exporter.h"
#include "export/settings.h"
#include "measure/events.h"
#include "measure/identity.h"
#include "model/cost.h"

#define GROUPS 32 /* of items that are of one kind and chosen by the same; more of them count as the last */

const char *
aid_turn_key (const struct aid_turn_state *t)
{
  return t->answer ? aid_answer_key (t->answer) : t->key;
}

void
aid_turn_name (const struct aid_turn_state *t, struct aid_str *out)
{
  if (aid_turn_key (t)[0] && t->request)
    aid_str_addf (out, "%s %s", aid_turn_key (t), t->request);
}

/* --- the request -------------------------------------------------------------------------------------------------------- */

static uint32_t
add_number (struct aid_str *val, const char *key, int64_t n)
{
  if (n < 0)
    return 0;
  aid_val_kint (val, key, n);
  return 1;
}

static uint32_t
add_word (struct aid_str *val, const char *key, const char *word)
{
  if (!word)
    return 0;
  aid_val_kstrz (val, key, word);
  return 1;
}

static uint32_t
add_model (const struct aid_turn_state *t, struct aid_str *val)
{
  return add_word (val, "model", t->model.id) + add_word (val, "name", t->model.name)
         + add_word (val, "provider", t->model.provider) + add_word (val, "strategy", t->used)
         + add_word (val, "variant", t->variants.pairs.len ? aid_str_z (&t->variants.pairs) : NULL)
         + add_word (val, "core", AID_VERSION) + add_word (val, "trace", t->trace[0] ? t->trace : NULL);
}

static uint32_t
add_usage (const struct aid_turn_state *t, struct aid_str *val)
{
  double cost = aid_cost (&t->model.price, &t->usage);
  uint32_t n = add_number (val, "in", t->usage.input) + add_number (val, "cached", t->usage.cached)
               + add_number (val, "out", t->usage.output) + add_number (val, "reasoning", t->usage.reasoning)
               + add_number (val, "counted", t->counted ? t->counted : -1);
  if (cost >= 0)
    aid_val_kreal (val, "cost", cost);
  return n + (cost >= 0);
}

static uint32_t
add_end (const struct aid_turn_state *t, struct aid_str *val)
{
  struct aid_span text = t->stream ? aid_stream_text (t->stream) : AID_SPAN ("");
  enum aid_err code = t->fail.code ? t->fail.code : t->cancelled ? AID_E_CANCELLED : AID_OK;
  uint32_t n = add_number (val, "ms", aid_clock_ms () - t->started)
               + add_number (val, "first_ms", t->first ? t->first - t->started : -1)
               + add_number (val, "retries", t->retries) + add_number (val, "chars", (int64_t)aid_utf8_count (text))
               + add_word (val, "outcome",
                           !code      ? "done"
                           : text.len ? "cut"
                                      : "failed")
               + add_word (val, "error", code ? aid_err_name (code) : NULL)
               + add_word (val, "stop", code ? NULL : aid_stop_name (t->stop));
  if (t->edited)
    aid_val_kbool (val, "edited", 1);
  if (t->summarise)
    aid_val_kbool (val, "summary", 1);
  return n + (t->edited != 0) + (t->summarise != 0);
}

/* What was asked and answered, for data sets of the person's own; empty unless it is wanted and short enough. */
static void
write_content (const struct aid_turn_state *t, struct aid_str *out)
{
  json_t *all = t->measure_content && t->stream
                  ? json_pack ("{s:o, s:o}", "chat", aid_json_of_span (aid_str_span (&t->chat)), "answer",
                               aid_json_of_span (aid_stream_text (t->stream)))
                  : NULL;
  if (all && aid_json_dump (all, out))
    aid_str_clear (out);
  json_decref (all);
}

void
aid_turn_measure (const struct aid_turn_state *t)
{
  if (t->apart)
    return;
  struct aid_str val = AID_STR_INIT (8192), name = AID_STR_INIT (1024), content = AID_STR_INIT (AID_EVENTS_CONTENT);
  size_t all = aid_val_object (&val);
  aid_val_end (&val, all, add_model (t, &val) + add_usage (t, &val) + add_end (t, &val));
  aid_turn_name (t, &name);
  write_content (t, &content);
  struct aid_measurement m = { .kind = AID_MEASURED_REQUEST,
                               .request = aid_str_span (&name),
                               .root = t->root,
                               .chat = aid_turn_key (t)[0] ? aid_turn_key (t) : NULL,
                               .fields = aid_str_span (&val),
                               .content = aid_str_span (&content) };
  aid_events_add (t->assist->events, &m);
  aid_str_free (&val);
  aid_str_free (&name);
  aid_str_free (&content);
}

/* --- its trace ---------------------------------------------------------------------------------------------------------- */

/* The ids that the request is exported under: by the same hash as what becomes of it later, or drawn when it has no name. */
static int
make_ids (const struct aid_turn_state *t, const char *key, struct aid_trace_ids *out)
{
  struct aid_identity who;
  char hash[AID_MEASURED_HASH];
  struct aid_str name = AID_STR_INIT (1024);
  if (!key[0] || !t->request)
    return aid_trace_ids_random (out);
  aid_str_addf (&name, "%s %s", key, t->request);
  int bad = aid_identity_load (&who, NULL) != AID_OK;
  if (!bad)
    {
      aid_identity_hash (&who, "request", aid_str_span (&name), hash);
      aid_trace_ids_of (aid_span_z (hash), out);
    }
  aid_str_free (&name);
  return bad ? -1 : 0;
}

enum aid_err
aid_turn_propagate (struct aid_turn_state *t, const struct aid_config *config, const char *key)
{
  struct aid_trace_ids ids;
  if (t->apart)
    return AID_OK;
  if (t->assist->exporter)
    aid_exporter_start (t->assist->exporter); /* it may have been turned on since */
  if (json_is_false (aid_config_get (config, "measure")) || !aid_export_propagates () || make_ids (t, key, &ids))
    return AID_OK; /* a request does not fail for it */
  aid_traceparent_write (&ids, t->trace);
  return aid_wire_header (&t->wire_request, "traceparent", t->trace, &t->fail);
}

/* --- its context -------------------------------------------------------------------------------------------------------- */

struct group
{
  char item[24];
  const char *by;
  int64_t items, tokens;
};

/* "file", "folder", an address's "url", or the word of a kind. */
static void
kind_word (struct aid_span target, char out[24])
{
  size_t n = 0;
  if (aid_span_starts (target, "http:") || aid_span_starts (target, "https:"))
    strcpy (out, "url");
  else if (!aid_span_starts (target, "aid:"))
    strcpy (out, target.len && target.ptr[target.len - 1] == '/' ? "folder" : "file");
  else
    {
      for (size_t i = 4;
           i < target.len && n < 23 && ((target.ptr[i] >= 'a' && target.ptr[i] <= 'z') || target.ptr[i] == '-'); i++)
        out[n++] = target.ptr[i];
      out[n] = '\0';
    }
}

static void
add_to_group (struct group *groups, size_t *n, const struct aid_prompt_item *item)
{
  char word[24];
  const char *by = item->pinned ? "pin" : item->why ? "strategy" : "person";
  size_t i = 0;
  kind_word (aid_span_z (item->target), word);
  while (i < *n && (strcmp (groups[i].item, word) != 0 || strcmp (groups[i].by, by) != 0))
    i++;
  if (i == *n && *n < GROUPS)
    {
      memcpy (groups[i].item, word, sizeof word);
      groups[(*n)++].by = by;
    }
  i = i < GROUPS ? i : GROUPS - 1;
  groups[i].items++;
  groups[i].tokens += item->tokens > 0 ? item->tokens : 0;
}

void
aid_turn_measure_context (const struct aid_turn_state *t, const struct aid_prompt *p)
{
  struct group groups[GROUPS] = { { .items = 0 } };
  struct aid_str val = AID_STR_INIT (4096), name = AID_STR_INIT (1024);
  size_t n = 0;
  if (t->apart)
    return;
  aid_turn_name (t, &name);
  for (size_t i = 0; i < p->items.len; i++)
    add_to_group (groups, &n, &AID_VEC_AT (struct aid_prompt_item, &p->items, i));
  for (size_t i = 0; i < n; i++)
    {
      aid_str_clear (&val);
      size_t o = aid_val_object (&val);
      aid_val_kstrz (&val, "item", groups[i].item);
      aid_val_kstrz (&val, "by", groups[i].by);
      aid_val_kint (&val, "items", groups[i].items);
      aid_val_kint (&val, "tokens", groups[i].tokens);
      aid_val_end (&val, o, 4);
      struct aid_measurement m = { .kind = AID_MEASURED_CONTEXT,
                                   .request = aid_str_span (&name),
                                   .root = t->root,
                                   .chat = t->key[0] ? t->key : NULL,
                                   .fields = aid_str_span (&val) };
      aid_events_add (t->assist->events, &m);
    }
  aid_str_free (&val);
  aid_str_free (&name);
}
