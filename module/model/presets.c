/* The providers that are shipped: presets.json, which the build puts into the core as a string. */
#include "model/presets.h"

extern const char aid_presets_text[];

json_t *
aid_presets (void)
{
  return json_loads (aid_presets_text, 0, NULL);
}
