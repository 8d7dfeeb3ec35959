/* Asking servers for their list of models: the cheapest question that shows whether a server is there and takes the key. */
#ifndef AID_CLI_PROBE_H
#define AID_CLI_PROBE_H

#include "base/json.h"
#include "model/provider.h"
#include "net/http.h"

struct aid_probe
{
  int ok;                    /* the server answered, and did not refuse the key */
  int status;                /* of HTTP; 0: no answer */
  char words[320];           /* what was found, for people */
  json_t *names;             /* of the models it lists: an array of strings, empty when it gave none */
};

/* Asks URL/models of this machine within MS milliseconds. */
void aid_probe_url (struct aid_net *net, const char *url, unsigned ms, struct aid_probe *out);
/* The same of a model's server with the model's settings and key; a missing key is found without asking. */
void aid_probe_model (struct aid_net *net, const struct aid_model *m, unsigned ms, struct aid_probe *out);
void aid_probe_free (struct aid_probe *p);

/* The servers of this machine that are reachable now: an array of {"url", "provider", "models": [...]}. */
json_t *aid_probe_local (struct aid_net *net);

#endif
