/* Vectors of texts, made by a script's own rule, as OpenAI's /v1/embeddings gives them: words of one meaning point one way.  */
#ifndef AID_CLI_REPLAY_EMBED_H
#define AID_CLI_REPLAY_EMBED_H

#include "base/err.h"
#include <jansson.h>

/* The answer to REQUEST by RULE, the script's "embeddings"; a new reference.  NULL and *E: it is to be refused with 400. */
json_t *aid_replay_embed (const json_t *rule, const json_t *request, struct aid_error *e);

#endif
