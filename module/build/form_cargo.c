/* Cargo's and rustc's JSON, a message a line: {"reason": "compiler-message", "message": {...}}, or the inner object alone. */
#include "base/json.h"
#include "build/forms.h"

static const json_t *
primary_span (const json_t *message)
{
  const json_t *span;
  size_t i;
  json_array_foreach (json_object_get (message, "spans"), i, span)
  {
    if (aid_json_bool (span, "is_primary", 0))
      return span;
  }
  return NULL;
}

static int
number (const json_t *obj, const char *key)
{
  int64_t n = aid_json_int (obj, key, 0);
  return n > 0 && n < INT32_MAX ? (int)n : 0;
}

static void
add_text (struct aid_draft *d, struct aid_span text)
{
  struct aid_str plain = AID_STR_INIT (AID_DIAG_LINE_MAX);
  struct aid_span line, rest;
  aid_diag_plain (text, &plain);
  rest = aid_str_span (&plain);
  while (aid_span_line (&rest, &line))
    aid_diag_text (d, line);
  aid_str_free (&plain);
}

static void
take_message (struct aid_diag_reader *r, const json_t *message)
{
  const char *level = aid_json_str (message, "level");
  const json_t *span = primary_span (message);
  if (!level || !span || (strcmp (level, "error") != 0 && strcmp (level, "warning") != 0))
    return;
  struct aid_draft *d = aid_diag_open (r, level[0] == 'e' ? AID_SEVERITY_ERROR : AID_SEVERITY_WARNING);
  aid_diag_at (d, aid_json_span (span, "file_name"), number (span, "line_start"), number (span, "column_start"));
  d->end_line = number (span, "line_end");
  d->end_col = number (span, "column_end");
  d->needs_path = 1;
  aid_diag_say (d, aid_json_span (message, "message"));
  add_text (d, json_object_get (message, "rendered") ? aid_json_span (message, "rendered")
                                                     : aid_json_span (message, "message"));
  aid_diag_close (r);
}

enum aid_line
aid_form_cargo (struct aid_diag_reader *r, struct aid_span line)
{
  if (aid_diag_mine (r) || !(aid_span_starts (line, "{\"reason\":\"") || aid_span_starts (line, "{\"$message_type\":\"")))
    return AID_LINE_NOT;
  json_t *all = aid_json_parse (line, "a line of cargo's", NULL);
  const char *reason = aid_json_str (all, "reason");
  if (all && (!reason || !strcmp (reason, "compiler-message")))
    take_message (r, reason ? json_object_get (all, "message") : all);
  json_decref (all);
  return AID_LINE_TAKEN;
}
