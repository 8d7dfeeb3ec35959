/* The list of models as JSON, for commands. */
#ifndef AID_CLI_MODELS_H
#define AID_CLI_MODELS_H

#include "base/json.h"
#include "model/provider.h"

/* aid_model_list as a JSON array; a new reference. */
json_t *aid_cli_models (const struct aid_config *c, enum aid_list which);
/* Prints V as a line of JSON, or says that there is no memory; the exit status. */
int aid_cli_print_json (const json_t *v);

#endif
