/* The list of models as JSON, and what servers answer when they are asked for theirs. */
#ifndef AID_CLI_MODELS_H
#define AID_CLI_MODELS_H

#include "base/json.h"
#include "model/provider.h"

/* aid_model_list as a JSON array; a new reference. */
json_t *aid_cli_models (const struct aid_config *c);

#endif
