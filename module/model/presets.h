/* The providers that need no settings (but a key, if they are not this machine's own), and what is known of their models. */
#ifndef AID_MODEL_PRESETS_H
#define AID_MODEL_PRESETS_H

#include <jansson.h>

/* A new reference to module/model/presets.json: an object of providers, in the shape of the settings' "providers", with these
   members more: "title", the provider's name for people; "kind", whose further interfaces a local server has ("ollama",
   "llama.cpp", "lmstudio"); "models", in the shape of the settings' "models".  NULL without memory. */
json_t *aid_presets (void);

#endif
