/* A schema that a file brings: it is taken, or refused with a place that is in the file. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/json.h"
#include "model/schema.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct aid_span text = { (const char *) data, size };
  struct aid_error e = { AID_OK, "" };
  char name[AID_SCHEMA_NAME] = "";
  json_t *schema;
  enum aid_err err = aid_schema_read (text, "f", &schema, name, &e);
  int line = 0, column = -1, lines = 1;
  assert (err == e.code && !err == (schema != NULL));
  if (schema)
    assert (name[0] && json_is_false (json_object_get (schema, "additionalProperties")));
  else if (err == AID_E_PARSE)
    {
      for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
      assert (sscanf (e.msg, "f:%d:%d: ", &line, &column) == 2 && line >= 1 && line <= lines && column >= 0);
    }
  json_decref (schema);
  return 0;
}
