/* One row, in the forms of those who train with it. */
#include "learn/dataset.h"
#include "base/json.h"
#include "config/secrets.h"
#include "model/estimate.h"

#include <stdlib.h>

#define TEXTS_MAX ((size_t)64 << 20)

static const char *const names[AID_DATA_FORMATS]
  = { "source", "messages", "prompt-completion", "preference", "openai-preference", "kto", "nemo-gym", "prompt-only" };

const char *
aid_dataset_format_name (enum aid_dataset_format f)
{
  return f < AID_DATA_FORMATS ? names[f] : "none";
}

enum aid_dataset_format
aid_dataset_format_named (const char *name)
{
  unsigned f = 0;
  while (f < AID_DATA_FORMATS && strcmp (names[f], name) != 0)
    f++;
  return (enum aid_dataset_format)f;
}

static int
has (const json_t *row, const char *name)
{
  return json_object_get (row, name) != NULL;
}

enum aid_dataset_format
aid_dataset_format_of (const json_t *row)
{
  return has (row, "row") && has (row, "messages")      ? AID_DATA_SOURCE
         : has (row, "messages")                        ? AID_DATA_MESSAGES
         : has (row, "responses_create_params")         ? AID_DATA_NEMO_GYM
         : has (row, "input")                           ? AID_DATA_OPENAI_PREFERENCE
         : has (row, "chosen") || has (row, "rejected") ? AID_DATA_PREFERENCE
         : has (row, "completion")                      ? has (row, "label") ? AID_DATA_KTO : AID_DATA_PROMPT_COMPLETION
         : has (row, "prompt")                          ? AID_DATA_PROMPT_ONLY
                                                        : AID_DATA_FORMATS;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static json_t *
answer_of (const json_t *row, const char *member)
{
  return json_pack ("{s:s, s:O}", "role", "assistant", "content", json_object_get (row, member));
}

static json_t *
alone (json_t *message)
{
  json_t *list = json_array ();
  json_array_append_new (list, message);
  return list;
}

static void
give (json_t *made, void (*fn) (void *ctx, const json_t *made), void *ctx)
{
  if (made)
    fn (ctx, made);
  json_decref (made);
}

void
aid_dataset_write (enum aid_dataset_format format, const json_t *row, void (*fn) (void *ctx, const json_t *made), void *ctx)
{
  json_t *messages = json_object_get (row, "messages"), *task = json_object_get (row, "task"), *all;
  json_t *id = json_object_get (row, "task_id"), *base = json_object_get (row, "base");
  int good = json_is_string (json_object_get (row, "completion")), bad = json_is_string (json_object_get (row, "rejected"));
  switch (format)
    {
    case AID_DATA_SOURCE:
      return fn (ctx, row);
    case AID_DATA_MESSAGES:
      all = good ? json_copy (messages) : NULL;
      if (all && !json_array_append_new (all, answer_of (row, "completion")))
        give (json_pack ("{s:O}", "messages", all), fn, ctx);
      return json_decref (all);
    case AID_DATA_PROMPT_COMPLETION:
      return good ? give (json_pack ("{s:O, s:o}", "prompt", messages, "completion", alone (answer_of (row, "completion"))),
                          fn, ctx)
                  : (void)0;
    case AID_DATA_PREFERENCE:
      return good && bad
               ? give (json_pack ("{s:O, s:o, s:o}", "prompt", messages, "chosen", alone (answer_of (row, "completion")),
                                  "rejected", alone (answer_of (row, "rejected"))),
                       fn, ctx)
               : (void)0;
    case AID_DATA_OPENAI_PREFERENCE:
      return good && bad ? give (json_pack ("{s:{s:O}, s:o, s:o}", "input", "messages", messages, "preferred_output",
                                            alone (answer_of (row, "completion")), "non_preferred_output",
                                            alone (answer_of (row, "rejected"))),
                                 fn, ctx)
                         : (void)0;
    case AID_DATA_KTO:
      if (good)
        give (
          json_pack ("{s:O, s:o, s:b}", "prompt", messages, "completion", alone (answer_of (row, "completion")), "label", 1),
          fn, ctx);
      if (bad)
        give (
          json_pack ("{s:O, s:o, s:b}", "prompt", messages, "completion", alone (answer_of (row, "rejected")), "label", 0),
          fn, ctx);
      return;
    case AID_DATA_NEMO_GYM:
      return give (json_pack ("{s:{s:O}, s:{s:O, s:O}}", "responses_create_params", "input", messages, "verifier_metadata",
                              "task_id", id, "task", task),
                   fn, ctx);
    case AID_DATA_PROMPT_ONLY: /* without a "label", by which TRL knows KTO's rows */
      return give (json_pack ("{s:O, s:O, s:O, s:O}", "prompt", messages, "task_id", id, "base_tree", base, "task", task),
                   fn, ctx);
    case AID_DATA_FORMATS:
    default:
      return;
    }
}

/* --- texts -------------------------------------------------------------------------------------------------------- */

/* Appends the texts of V: a string, or messages whose content is a string or parts with texts. */
static void
add_texts (const json_t *v, struct aid_str *out)
{
  const json_t *item;
  size_t i;
  if (!out)
    return;
  if (json_is_string (v))
    {
      aid_str_add (out, json_string_value (v), json_string_length (v));
      aid_str_addc (out, '\n');
    }
  json_array_foreach (v, i, item)
  {
    const json_t *content = json_object_get (item, "content");
    add_texts (content ? content : json_object_get (item, "text"), out);
  }
}

/* The messages of V up to the last one into BEFORE, that one into LAST. */
static void
add_apart (const json_t *v, struct aid_str *before, struct aid_str *last)
{
  size_t n = json_array_size (v);
  for (size_t i = 0; i < n; i++)
    add_texts (json_object_get (json_array_get (v, i), "content"), i + 1 < n ? before : last);
}

void
aid_dataset_texts (enum aid_dataset_format format, const json_t *row, struct aid_str *prompt, struct aid_str *answer,
                   struct aid_str *other)
{
  const json_t *messages = json_object_get (row, "messages");
  if (format == AID_DATA_MESSAGES)
    return add_apart (messages, prompt, answer);
  if (format == AID_DATA_NEMO_GYM)
    return add_texts (json_object_get (json_object_get (row, "responses_create_params"), "input"), prompt);
  if (format == AID_DATA_OPENAI_PREFERENCE)
    {
      add_texts (json_object_get (json_object_get (row, "input"), "messages"), prompt);
      add_texts (json_object_get (row, "preferred_output"), answer);
      return add_texts (json_object_get (row, "non_preferred_output"), other);
    }
  add_texts (format == AID_DATA_SOURCE ? messages : json_object_get (row, "prompt"), prompt);
  add_texts (json_object_get (row, format == AID_DATA_PREFERENCE ? "chosen" : "completion"), answer);
  add_texts (json_object_get (row, "rejected"), other);
}

int64_t
aid_dataset_tokens (enum aid_dataset_format format, const json_t *row)
{
  struct aid_str prompt = AID_STR_INIT (TEXTS_MAX), answer = AID_STR_INIT (TEXTS_MAX), other = AID_STR_INIT (TEXTS_MAX);
  aid_dataset_texts (format, row, &prompt, &answer, &other);
  int64_t a = aid_estimate (AID_FAMILY_OTHER, aid_str_span (&answer)),
          b = aid_estimate (AID_FAMILY_OTHER, aid_str_span (&other));
  int64_t n = aid_estimate (AID_FAMILY_OTHER, aid_str_span (&prompt)) + (a > b ? a : b);
  aid_str_free (&prompt);
  aid_str_free (&answer);
  aid_str_free (&other);
  return n;
}

size_t
aid_dataset_secrets (const json_t *row, const char **kind)
{
  const char *key;
  const json_t *item;
  size_t i, n = 0;
  if (json_is_string (row))
    {
      struct aid_vec found = AID_VEC_INIT (struct aid_secret, AID_SECRETS_MAX);
      struct aid_span text = { json_string_value (row), json_string_length (row) };
      n = aid_secrets_scan (text, &found) == AID_E_NOMEM ? 1 : found.len;
      if (found.len && kind && !*kind)
        *kind = AID_VEC_AT (struct aid_secret, &found, 0).kind;
      aid_vec_free (&found);
    }
  json_object_foreach ((json_t *)(uintptr_t)row, key, item) n += aid_dataset_secrets (item, kind);
  json_array_foreach (row, i, item) n += aid_dataset_secrets (item, kind);
  return n;
}
