/* Which models servers have: those of this machine that run, or one provider's.

   Threads: a discovery lives on the net's I/O thread; nothing here waits for the network. */
#ifndef AID_MODEL_DISCOVER_H
#define AID_MODEL_DISCOVER_H

#include "model/provider.h"
#include "net/http.h"

#define AID_DISCOVER_MS 1500         /* for a server of this machine */
#define AID_DISCOVER_FAR_MS 20000    /* for another */

struct aid_discover_request
{
  const char *provider;              /* this one, wherever it is; NULL: the local servers that the settings or the presets know */
  const char *key;                   /* of that provider; NULL: the environment's, if any */
  unsigned ms;                       /* for each question; 0: as above */
};

/* VAL is a list of {provider, title, url, local, ok, message, models}, with models as of aid_model_list; borrowed.  Local servers
   that do not run, or have no list of models, are left out.  On the I/O thread, exactly once. */
typedef void aid_discover_done (void *user, struct aid_span val);

/* Takes C in any case; borrows the rest.  On failure DONE is not called. */
enum aid_err aid_discover (struct aid_net *net, struct aid_config *c, const struct aid_discover_request *r,
                           aid_discover_done *done, void *user, struct aid_error *e);

#endif
