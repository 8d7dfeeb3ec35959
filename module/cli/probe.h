/* Asking servers, for commands: the calling thread waits for the I/O thread. */
#ifndef AID_CLI_PROBE_H
#define AID_CLI_PROBE_H

#include "base/json.h"
#include "model/check.h"
#include "model/discover.h"

/* The settings of the project that the working directory is in; NULL and *E. */
struct aid_config *aid_cli_config (struct aid_error *e);

/* What aid_discover finds, as JSON: a new reference, NULL and *E on failure.  For a PROVIDER its key is looked for. */
json_t *aid_cli_discover (struct aid_net *net, const char *provider, unsigned ms, struct aid_error *e);

/* Checks the models IDS (an array of strings), all at once; a new reference to an array of what aid_check_model gives, in
   order. */
json_t *aid_cli_check (struct aid_net *net, const struct aid_config *c, const json_t *ids, unsigned ms, int spend);

/* Checks who makes embeddings by the settings; NULL when they are switched off. */
json_t *aid_cli_check_embeddings (struct aid_net *net, const struct aid_config *c, unsigned ms, int spend);

#endif
