/* One question to a model's server whose answer is one JSON document: what models there are, what one of them can do.

   Threads: the answer comes on the net's I/O thread, exactly once for each question that was taken. */
#ifndef AID_MODEL_QUERY_H
#define AID_MODEL_QUERY_H

#include "model/provider.h"
#include "net/http.h"

#define AID_QUERY_MAX (16u << 20)    /* bytes of an answer */

struct aid_query
{
  const struct aid_model *model;     /* whom to ask, and how: its address, headers, times, certificates */
  const char *key;                   /* or NULL */
  const char *path;                  /* behind the address: "/models" */
  int at_root;                       /* PATH stands behind the address without its "/v1" */
  const json_t *body;                /* or NULL: GET */
  unsigned ms;                       /* for all of it */
  int retries;                       /* 0: none; -1: as many as the provider's settings say */
  int bearer;                        /* the key goes where OpenAI has it, whatever the wire format */
  uint64_t *id;                      /* gets the request's, for aid_http_cancel, before DONE may be called; or NULL */
};

struct aid_query_answer
{
  int status;                        /* of HTTP; 0: no answer */
  const json_t *doc;                 /* of an answer with a status under 300; NULL otherwise, or when it is no JSON */
  struct aid_error error;            /* why there is no DOC, in words for people */
  enum aid_http_reach reach;
  int64_t total_us;
};

/* Where M's server makes embeddings, as OpenAI's does: AT_ROOT as above, BEARER as it is wanted there; NULL: nowhere. */
const char *aid_query_embeddings (const struct aid_model *m, int *at_root, int *bearer);
/* Where M's server lists its models: AT_ROOT as above.  PLAIN: where most do, though its kind has a list that says more. */
const char *aid_query_list (const struct aid_model *m, int plain, int *at_root);

typedef void aid_query_done (void *user, const struct aid_query_answer *a);

/* Everything is borrowed and copied. */
enum aid_err aid_query (struct aid_net *net, const struct aid_query *q, aid_query_done *done, void *user, struct aid_error *e);

#endif
