/* A change of one member of a JSON object: the document afterwards is what setting the member in the parsed one gives, and the
   member is found where it is.  And our reader of JSON beside jansson. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/json.h"
#include "base/json_find.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check (struct aid_span text, const json_t *before, const char *value)
{
  static const char *const path[] = { "model" };
  struct aid_str out = AID_STR_INIT (1 << 20);
  struct aid_json_place place;
  json_t *want = json_deep_copy (before), *after;

  assert (aid_json_set_member (text, "model", value, "x", &out, NULL) == AID_OK);
  after = aid_json_parse (aid_str_span (&out), "x", NULL);
  if (value)
    json_object_set_new (want, "model", json_string (value));
  else
    json_object_del (want, "model");
  assert (after && json_equal (after, want));
  assert ((aid_json_find (aid_str_span (&out), path, 1, &place) == 0) == (value != NULL));
  if (value)
    {
      json_t *v = json_loadb (out.ptr + place.value, place.end - place.value, JSON_DECODE_ANY, NULL);
      assert (json_is_string (v) && !strcmp (json_string_value (v), value));
      json_decref (v);
    }
  json_decref (after);
  json_decref (want);
  aid_str_free (&out);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct aid_span text = { (const char *) data, size };
  json_t *v = aid_json_parse (text, "x", NULL), *ours = aid_json_load (text);
  json_t *theirs = json_loadb (text.ptr, size, JSON_ALLOW_NUL, NULL);
  assert (!ours || (theirs && json_equal (ours, theirs)));
  /* What is nested deep is read by one of them alone; and jansson passes over a NUL behind a number. */
  assert (ours || !theirs || size > 2000 || memchr (data, 0, size));
  json_decref (ours);
  json_decref (theirs);
  if (json_is_object (v))
    {
      check (text, v, "a\"b");
      check (text, v, NULL);
    }
  json_decref (v);
  return 0;
}
