/* What comes out of a queue that others write: a row becomes a result, or is refused; a task has one key, however its
   members stand. */
#include <stdlib.h>
#include "base/json.h"
#include "ces/queue_internal.h"

/* A row with TEXT, whose outcome and state NUMBER picks. */
static void
read_row (struct aid_span text, unsigned number)
{
  static const char *const outcomes[] = { "", "verdict", "error", "cancelled" };
  static const char *const states[] = { "waiting", "running", "done", "" };
  json_t *o = NULL;
  struct aid_queue_row row = { .id = "0123456789abcdef0123456789ab",
                               .state = states[number % 4],
                               .outcome = outcomes[number % 4],
                               .worker = number % 2 ? "w" : "",
                               .text = text,
                               .done = INT64_MIN };
  enum aid_err err = aid_queue_row_json (&row, &o, NULL);
  if ((err == AID_OK) != (o != NULL))
    abort ();
  if (o && (!aid_json_str (o, "state") || !json_object_get (o, "verdict") || !json_object_get (o, "error")))
    abort ();
  json_decref (o);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct aid_span text = { (const char *)data, size };
  struct aid_str one = AID_STR_INIT (100), two = AID_STR_INIT (100);
  for (unsigned i = 0; i < 4; i++)
    read_row (text, i);
  json_t *task = aid_json_parse (text, "a task", NULL), *copy = json_deep_copy (task);
  aid_queue_key (task, &one);
  if (json_is_object (copy)) /* what is no part of the tree has no say */
    json_object_set_new (copy, "limits", json_integer (1));
  aid_queue_key (copy, &two);
  if (one.len != 64 || strcmp (aid_str_z (&one), aid_str_z (&two)) != 0)
    abort ();
  json_decref (task);
  json_decref (copy);
  aid_str_free (&one);
  aid_str_free (&two);
  return 0;
}
