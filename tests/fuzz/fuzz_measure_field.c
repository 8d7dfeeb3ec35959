/* A member of an event's data, read by hand, is the one that jansson finds. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include "base/json.h"
#include "measure/metrics_internal.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct aid_span text = { (const char *)data, size }, value;
  int quoted = 0, found = aid_metrics_field (text, AID_SPAN ("kept"), &value, &quoted);
  json_t *all = aid_json_parse (text, "an event", NULL), *v = json_object_get (all, "kept");

  if (found > 0)
    assert (value.ptr >= text.ptr && value.ptr + value.len <= text.ptr + size);
  if (json_is_object (all) && found >= 0)
    {
      assert (found == (v != NULL));
      assert (!v || quoted == json_is_string (v));
      assert (!json_is_string (v)
              || aid_span_eq (value, (struct aid_span){ json_string_value (v), json_string_length (v) }));
      assert (!json_is_integer (v) || strtoll (value.ptr, NULL, 10) == json_integer_value (v));
    }
  json_decref (all);
  return 0;
}
