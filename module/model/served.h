/* What servers say of their models, in the many shapes that there are, as entries of one shape: that of the settings' "models",
   with the server's name of it in "name". */
#ifndef AID_MODEL_SERVED_H
#define AID_MODEL_SERVED_H

#include <jansson.h>

#define AID_SERVED_MAX 2000          /* models of one server; what comes behind is left out */

/* A new reference to an array of entries, of DOC: a list of models in the shape of OpenAI's API and its many extensions, of
   Anthropic's, Gemini's, Ollama's or LM Studio's.  Models that are told to answer no questions (embeddings, speech, images) are
   left out.  TODAY is the day for the prices. */
json_t *aid_served_read (const json_t *doc, const char *today);
/* Adds what Ollama's /api/show says to ENTRY. */
void aid_served_show (json_t *entry, const json_t *doc);
/* Adds what llama.cpp's /props says of the one model that the server has to each of ENTRIES.  0 when DOC is no such answer. */
int aid_served_props (json_t *entries, const json_t *doc);

#endif
