/* Whatever a server says of its models is read into entries that the settings would take. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include "base/json.h"
#include "config/config.h"
#include "model/served.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  json_t *doc = aid_json_parse ((struct aid_span){ (const char *) data, size }, "x", NULL);
  json_t *entries = aid_served_read (doc, "2026-01-02"), *entry, *models = json_object ();
  size_t i;
  aid_served_props (entries, doc);
  json_array_foreach (entries, i, entry)
    {
      aid_served_show (entry, doc);
      json_object_set (models, aid_json_str (entry, "name"), entry);
    }
  json_t *root = json_pack ("{s:o}", "models", models);
  char *text = json_dumps (root, 0);
  struct aid_error e = { AID_OK, "" };
  struct aid_config *c = aid_config_parse (aid_span_z (text), aid_span_z (""), &e);
  assert (c || e.code == AID_E_LIMIT);
  aid_config_free (c);
  free (text);
  json_decref (root);
  json_decref (entries);
  json_decref (doc);
  return 0;
}
