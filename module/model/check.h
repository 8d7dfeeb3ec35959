/* Whether a model can be asked, found out by asking it: its settings, its key, the way to its server, its name, an answer.

   Threads: a check lives on the net's I/O thread. */
#ifndef AID_MODEL_CHECK_H
#define AID_MODEL_CHECK_H

#include "model/provider.h"
#include "net/http.h"

#define AID_CHECK_MS 20000           /* for the list of models, and for the answer */
#define AID_CHECK_TOKENS 16          /* that the answer may have: fewer are refused by some servers */

struct aid_check_request
{
  const char *id;                    /* of the model; NULL: the default one */
  const char *secret;                /* the key that the front end found, or NULL */
  unsigned ms;                       /* 0: AID_CHECK_MS */
  int spend;                         /* ask for an answer, which may cost a fraction of a cent; else only what is free */
  int embeds;                        /* check who makes embeddings by the settings, whatever ID is; the answer is a vector */
};

/* VAL is {id, provider, name, host, local, ok, message, help, steps, total_ms}: MESSAGE says in one sentence what was found,
   HELP what to do about it (null when all is well); STEPS is a list of {step, state, message} with the steps "settings",
   "key" (there is one), "name" (of the host), "connection", "tls", "accepted" (the key), "model" (the server has it) and
   "answer"; the states are "ok", "wrong", "unknown" and "skipped".  Borrowed; on the I/O thread or the caller's, exactly
   once. */
typedef void aid_check_done (void *user, struct aid_span val);

/* Runs the key's command, if there is one and no SECRET: so call it where 30 seconds may be waited.  Everything is borrowed
   and copied. */
void aid_check_model (struct aid_net *net, const struct aid_config *c, const struct aid_check_request *r, aid_check_done *done,
                      void *user);

#endif
