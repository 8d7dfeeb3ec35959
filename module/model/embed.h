/* Vectors of texts, made by any server that speaks OpenAI's /v1/embeddings.

   Threads: an answer comes on the net's I/O thread, exactly once for each question that was taken. */
#ifndef AID_MODEL_EMBED_H
#define AID_MODEL_EMBED_H

#include "model/provider.h"
#include "net/http.h"

#define AID_EMBED_TEXTS 256       /* in one question */
#define AID_EMBED_DIMENSIONS 8192 /* numbers of a vector */

/* Who makes them, by the settings. */
struct aid_embedder
{
  struct aid_model model;
  int64_t dimensions;                     /* that are asked for; 0: as the model has them */
  char *passage_prefix, *question_prefix; /* "" when there are none */
  char *made_by;                          /* names the space the vectors are in: of another name they cannot be compared */
};

/* Fills OUT (free with aid_embedder_free) by the member "embeddings" of C.  AID_E_NOTFOUND: it is switched off, which it is when
   nothing is said; AID_E_INVALID: what is said is not enough, or names a server that makes none. */
enum aid_err aid_embedder_resolve (const struct aid_config *c, struct aid_embedder *out, struct aid_error *e);
void aid_embedder_free (struct aid_embedder *m);

struct aid_embed
{
  const struct aid_embedder *by;
  const char *key;              /* or NULL */
  const struct aid_span *texts; /* valid UTF-8 */
  size_t n;
  int question; /* they are questions: the other prefix stands before them */
  unsigned ms;  /* for all of it */
  int retries;  /* 0: none; -1: as many as the provider's settings say */
};

struct aid_embedded
{
  struct aid_error error;      /* why there are none; OK when all is well */
  int status;                  /* of HTTP; 0: no answer */
  const float *const *vectors; /* one for each text; NULL: it holds what looks like a secret, and was not sent */
  size_t dimensions;
  int64_t tokens; /* that were read, if the server tells; 0 */
  int64_t total_us;
};

typedef void aid_embed_done (void *user, const struct aid_embedded *got);

/* Asks.  Everything is borrowed and copied; the bytes that leave are looked through for secrets before.  *ID (may be NULL) is
   for aid_http_cancel.  When it fails DONE is not called: AID_E_REFUSED, not one of the texts may be sent. */
enum aid_err aid_embed (struct aid_net *net, const struct aid_embed *q, aid_embed_done *done, void *user, uint64_t *id,
                        struct aid_error *e);

#endif
