/* The evaluation service over HTTP: our own shape (/v1/evaluate), and those that trainers and harnesses speak (OpenRLHF's remote
   reward, NeMo Gym's resources server, OpenEnv's environment, SandboxFusion's run_code); docs/ces-http.md has all of them.

   A diff that is bad is a verdict, and the reply 200; what is no request is 4xx, in the form that its client reads; 503 with
   Retry-After means that there is no room now.

   Threads: libmicrohttpd has two that read and write; two more parse what is large, and ask the backend how it does; "jobs"
   evaluators have it judge; aid_ces_http_run, in its caller's, watches for clients that hang up, whose evaluations are stopped,
   and for those that drip. */
#ifndef AID_CES_HTTP_H
#define AID_CES_HTTP_H

#include "ces/box.h"
#include "ces/ces.h"

/* Who judges: aid_ces_evaluate, or a queue.  EVALUATE is called in any of the evaluators, several at once. */
struct aid_ces_backend
{
  enum aid_err (*evaluate) (void *ctx, const json_t *task, struct aid_span answer, enum aid_ces_from from,
                            const struct aid_stop *stop, json_t **verdict, struct aid_error *e);
  json_t *(*status) (void *ctx); /* a new reference, or NULL; the function may be NULL */
  void *ctx;
  int tries_again; /* by itself, what could not be judged: then it is asked once */
};

#define AID_CES_HTTP_JOBS_MAX 256
#define AID_CES_HTTP_WAITING 1024 /* evaluations that may wait */
#define AID_CES_HTTP_BODY_MAX (32 << 20)
#define AID_CES_HTTP_EPISODES 4096 /* of /reset, that are remembered */
#define AID_CES_HTTP_EPISODE_BYTES ((size_t)256 << 20)

struct aid_ces_http_options
{
  const char *listen; /* "ADDRESS:PORT", "[ADDRESS]:PORT"; NULL: 127.0.0.1, any free port */
  const char *token;  /* that clients must have; NULL: only loopback addresses are listened on */
  int64_t jobs;       /* evaluations at once; 0: as many as processors */
  int64_t waiting;    /* evaluations that may wait; 0: AID_CES_HTTP_WAITING */
  size_t body_max;    /* bytes of a request's body; 0: AID_CES_HTTP_BODY_MAX */
  int64_t patience_ms; /* with a head that does not come; 0: 30 s (http_door.h has what follows from it) */
  int64_t again_ms;    /* before what could not be judged is tried again; before the last of three times twice that; 0: 1 s */
  int trusted;        /* tasks in requests may name any folder and command; else only repositories of the settings */
  const struct aid_box_limits
    *limits;         /* of /run_code, which a request may only lower, unless TRUSTED; NULL: AID_BOX_LIMITS */
  const char *tasks; /* a file of JSON lines, tasks that requests name by an id: they are the caller's own; or NULL */
};

struct aid_ces_http;

/* Begins to listen.  AID_E_INVALID: an address, a token or a line of tasks is none; AID_E_REFUSED: another address than
   loopback's without a token; AID_E_NOTFOUND: a library or file is missing; AID_E_IO.  BACKEND's CTX must outlive it. */
enum aid_err aid_ces_http_open (const struct aid_ces_backend *backend, const struct aid_ces_http_options *options,
                                struct aid_ces_http **out, struct aid_error *e);
/* "http://127.0.0.1:8093", as long as H lives. */
const char *aid_ces_http_url (const struct aid_ces_http *h);
/* How many tasks have an id. */
size_t aid_ces_http_tasks (const struct aid_ces_http *h);
/* Serves until STOP is set.  Then nothing new is taken, what waits is answered 503, and what runs has GRACE_MS to end. */
void aid_ces_http_run (struct aid_ces_http *h, const struct aid_stop *stop, int64_t grace_ms);
/* Ends all of it.  NULL is fine. */
void aid_ces_http_close (struct aid_ces_http *h);

#endif
