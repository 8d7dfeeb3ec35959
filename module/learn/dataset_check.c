/* Whether a row is what its format wants.  The rules are those of the trainers' documentation: TRL's "Dataset formats and
   types", OpenAI's guides for fine-tuning (chat and DPO), NeMo Gym's "Prepare Data". */
#include "base/json.h"
#include "learn/dataset.h"
#include "learn/leak.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXTS_MAX ((size_t)64 << 20)

struct checking
{
  void (*fn) (void *ctx, const char *words);
  void *ctx;
  size_t n;
};

__attribute__ ((format (printf, 2, 3))) static void
complain (struct checking *c, const char *fmt, ...)
{
  char words[300];
  va_list ap;
  va_start (ap, fmt);
  vsnprintf (words, sizeof words, fmt, ap);
  va_end (ap);
  c->n++;
  if (c->fn)
    c->fn (c->ctx, words);
}

/* --- messages ----------------------------------------------------------------------------------------------------- */

static int
is_blank (const json_t *v)
{
  struct aid_span text = { json_string_value (v), json_string_length (v) };
  return !aid_span_trim (text).len;
}

/* Whether CONTENT is a text, or parts of which each is one. */
static int
is_content (const json_t *content)
{
  const json_t *part;
  size_t i;
  if (json_is_string (content))
    return !is_blank (content);
  json_array_foreach (content, i, part)
  {
    const json_t *text = json_object_get (part, "text");
    if (!aid_json_str (part, "type") || !json_is_string (text) || is_blank (text))
      return 0;
  }
  return json_array_size (content) > 0;
}

/* One message of the list AT; BEFORE is the role of the one before it, or "". */
static const char *
check_message (struct checking *c, const char *at, size_t i, const json_t *m, const char *before)
{
  static const char *const roles[] = { "system", "developer", "user", "assistant", "tool" };
  const char *role = aid_json_str (m, "role");
  size_t k = 0;
  while (role && k < 5 && strcmp (roles[k], role) != 0)
    k++;
  if (!role || k == 5)
    {
      complain (c, "%s[%zu]: its role must be system, developer, user, assistant or tool", at, i);
      return "";
    }
  if (k < 2 && i)
    complain (c, "%s[%zu]: a %s message must be the first", at, i, role);
  if (!strcmp (role, before) && k < 4)
    complain (c, "%s[%zu]: two %s messages follow one another", at, i, role);
  if (k == 3 && (!before[0] || !strcmp (before, "system") || !strcmp (before, "developer")))
    complain (c, "%s[%zu]: an assistant message needs a user's before it", at, i);
  if (!is_content (json_object_get (m, "content")) && !json_array_size (json_object_get (m, "tool_calls")))
    complain (c, "%s[%zu]: its content must be a text that is not empty", at, i);
  return role;
}

/* LIST, which AT names: it ends with LAST. */
static void
check_messages (struct checking *c, const char *at, const json_t *list, const char *last)
{
  const json_t *m;
  const char *role = "";
  size_t i;
  if (!json_array_size (list))
    return complain (c, "\"%s\" must be a list of messages that is not empty", at);
  json_array_foreach (list, i, m)
  {
    role = check_message (c, at, i, m, role);
  }
  if (role[0] && strcmp (role, last) != 0)
    complain (c, "\"%s\" must end with a message of the %s", at, last);
}

/* A prompt is messages, or a text where the trainer takes one. */
static void
check_prompt (struct checking *c, const char *at, const json_t *prompt)
{
  if (json_is_string (prompt) && is_blank (prompt))
    complain (c, "\"%s\" is empty", at);
  else if (!json_is_string (prompt))
    check_messages (c, at, prompt, "user");
}

/* An answer: of a prompt that is a text a text, else just one message of the assistant's. */
static void
check_answer (struct checking *c, const char *at, const json_t *answer, const json_t *prompt)
{
  const json_t *m = json_array_get (answer, 0);
  const char *role = aid_json_str (m, "role");
  if (json_is_string (prompt) || json_is_string (answer))
    {
      if (!json_is_string (answer) || !json_is_string (prompt))
        complain (c, "\"%s\" and its prompt must both be texts, or both messages", at);
      else if (is_blank (answer))
        complain (c, "\"%s\" is empty", at);
    }
  else if (json_array_size (answer) != 1 || !role || strcmp (role, "assistant") != 0)
    complain (c, "\"%s\" must be a list of one message of the assistant", at);
  else if (!is_content (json_object_get (m, "content")))
    complain (c, "\"%s\": its content must be a text that is not empty", at);
}

static void
check_differ (struct checking *c, const json_t *row, const char *good, const char *bad)
{
  if (json_object_get (row, good) && json_equal (json_object_get (row, good), json_object_get (row, bad)))
    complain (c, "\"%s\" and \"%s\" are the same", good, bad);
}

/* --- formats ------------------------------------------------------------------------------------------------------ */

static void
check_text (struct checking *c, const json_t *row, const char *name)
{
  const json_t *v = json_object_get (row, name);
  if (!json_is_string (v) || is_blank (v))
    complain (c, "\"%s\" must be a text that is not empty", name);
}

static void
check_task (struct checking *c, const json_t *task)
{
  if (!json_is_object (task))
    complain (c, "the task of the Code Evaluation Service must be an object (docs/ces.md)");
  else if (!aid_json_span (task, "repository").len || !aid_json_span (task, "base").len)
    complain (c, "the task needs a \"repository\" and a \"base\"");
}

static void
check_source (struct checking *c, const json_t *row)
{
  static const char *const texts[] = { "task_id", "kind", "project", "base", "strategy", "edit_format", "prompt" };
  const json_t *good = json_object_get (row, "completion"), *bad = json_object_get (row, "rejected");
  if (aid_json_int (row, "row", 0) != 1)
    complain (c, "\"row\" must be 1: it is of another AID");
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    check_text (c, row, texts[i]);
  if (!json_is_integer (json_object_get (row, "time")))
    complain (c, "\"time\" must be a number of milliseconds");
  check_messages (c, "messages", json_object_get (row, "messages"), "user");
  if (!json_is_string (good) && !json_is_string (bad))
    complain (c, "there is neither a \"completion\" nor a \"rejected\"");
  if ((json_is_string (good) && is_blank (good)) || (json_is_string (bad) && is_blank (bad)))
    complain (c, "an answer is empty");
  check_differ (c, row, "completion", "rejected");
  check_task (c, json_object_get (row, "task"));
}

static void
check_format (struct checking *c, enum aid_dataset_format format, const json_t *row)
{
  const json_t *prompt = json_object_get (row, "prompt"), *input = json_object_get (row, "input");
  const json_t *metadata = json_object_get (row, "verifier_metadata");
  if (format == AID_DATA_SOURCE)
    check_source (c, row);
  else if (format == AID_DATA_MESSAGES)
    check_messages (c, "messages", json_object_get (row, "messages"), "assistant");
  else if (format == AID_DATA_OPENAI_PREFERENCE)
    {
      check_messages (c, "input.messages", json_object_get (input, "messages"), "user");
      check_answer (c, "preferred_output", json_object_get (row, "preferred_output"), NULL);
      check_answer (c, "non_preferred_output", json_object_get (row, "non_preferred_output"), NULL);
      check_differ (c, row, "preferred_output", "non_preferred_output");
    }
  else if (format == AID_DATA_NEMO_GYM)
    {
      check_prompt (c, "responses_create_params.input",
                    json_object_get (json_object_get (row, "responses_create_params"), "input"));
      if (!json_is_object (metadata))
        complain (c, "\"verifier_metadata\" must be an object");
      else
        check_task (c, json_object_get (metadata, "task"));
    }
  else
    check_prompt (c, "prompt", prompt);
  if (format == AID_DATA_PREFERENCE)
    {
      check_answer (c, "chosen", json_object_get (row, "chosen"), prompt);
      check_answer (c, "rejected", json_object_get (row, "rejected"), prompt);
      check_differ (c, row, "chosen", "rejected");
    }
  if (format == AID_DATA_PROMPT_COMPLETION || format == AID_DATA_KTO)
    check_answer (c, "completion", json_object_get (row, "completion"), prompt);
  if (format == AID_DATA_KTO && !json_is_boolean (json_object_get (row, "label")))
    complain (c, "\"label\" must be true or false");
}

/* --- what holds for all ------------------------------------------------------------------------------------------- */

/* Whether the prompt holds what the answer is to bring. */
static void
check_leak (struct checking *c, enum aid_dataset_format format, const json_t *row)
{
  struct aid_str prompt = AID_STR_INIT (TEXTS_MAX), answer = AID_STR_INIT (TEXTS_MAX);
  struct aid_changed change;
  double share = 0;
  aid_dataset_texts (format, row, &prompt, &answer, NULL);
  enum aid_err err = aid_changed_read (aid_str_span (&answer), &change, NULL);
  struct aid_results *r = err ? NULL : aid_results_new ();
  if (r && !aid_results_add (r, &change, AID_SPAN ("")) && !aid_results_find (r, aid_str_span (&prompt), &share)
      && share >= AID_RESULT_SHARE)
    complain (c, "the prompt holds %.0f %% of what the answer adds", share * 100);
  aid_results_free (r);
  aid_changed_free (&change);
  aid_str_free (&prompt);
  aid_str_free (&answer);
}

size_t
aid_dataset_check (enum aid_dataset_format format, const json_t *row, const struct aid_dataset_rules *rules,
                   void (*fn) (void *ctx, const char *words), void *ctx)
{
  struct checking c = { fn, ctx, 0 };
  const char *kind = NULL;
  check_format (&c, format, row);
  int64_t tokens = aid_dataset_tokens (format, row);
  if (rules->max_tokens && tokens > rules->max_tokens)
    complain (&c, "it has about %lld tokens, more than %lld", (long long)tokens, (long long)rules->max_tokens);
  size_t secrets = rules->secrets ? aid_dataset_secrets (row, &kind) : 0;
  if (secrets)
    complain (&c, "it holds what looks like a secret: %s", kind ? kind : "unknown");
  if (rules->leaks)
    check_leak (&c, format, row);
  return c.n;
}
