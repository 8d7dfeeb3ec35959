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

static enum aid_err
count_string (void *ctx, struct aid_span v)
{
  assert (v.ptr);
  ++*(size_t *) ctx;
  return AID_OK;
}

static size_t
strings_in (const json_t *v)
{
  size_t n = (size_t) json_is_string (v), i;
  const char *name;
  const json_t *one;
  json_array_foreach (v, i, one)
    n += strings_in (one);
  json_object_foreach ((json_t *) (uintptr_t) v, name, one)
    n += 1 + strings_in (one);
  return n;
}

/* What we write of V is what jansson writes, but for reals, and all of its strings are seen in it; it ends at a limit. */
static void
check_written (const json_t *v)
{
  struct aid_str out = AID_STR_INIT (1 << 20), half;
  size_t seen = 0;
  assert (aid_json_dump (v, &out) == AID_OK);
  json_t *back = json_loadb (out.ptr, out.len, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
  assert (back && json_equal (v, back));
  assert (aid_json_strings (aid_str_span (&out), count_string, &seen) == AID_OK && seen == strings_in (v));
  half = AID_STR_INIT (out.len / 2);
  assert (aid_json_dump (v, &half) == AID_E_LIMIT);
  json_decref (back);
  aid_str_free (&half);
  aid_str_free (&out);
}

/* What Python may have written is read when it is JSON, as that; else it is as long, and what we write of it is JSON. */
static void
check_python (struct aid_span text, const json_t *v)
{
  struct aid_str out = AID_STR_INIT (1 << 20);
  json_t *python = aid_json_parse_python (text, "x", NULL);
  assert (!v || (python && json_equal (v, python)));
  if (python && !v && text.len < 100000)
    {
      assert (aid_json_dump (python, &out) == AID_OK);
      json_t *back = aid_json_parse (aid_str_span (&out), "x", NULL);
      assert (back);
      json_decref (back);
    }
  json_decref (python);
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
  if (ours && size < 100000)
    check_written (ours);
  check_python (text, v);
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
