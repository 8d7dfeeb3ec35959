/* The providers that need no settings (but a key, if they are not this machine's own). */
#ifndef AID_MODEL_PRESETS_H
#define AID_MODEL_PRESETS_H

#include <jansson.h>

/* A new reference to an object of providers, in the shape of the settings' "providers"; each remote one has a further
   "default", the model that its bare name means.  NULL without memory. */
json_t *aid_presets (void);

#endif
