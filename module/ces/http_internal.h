/* One request to the evaluation service, from its bytes to its reply.  A shape is a file and some rows in http_routes.c; it knows
   no sockets: BEGIN reads the document and answers at once, or says what is to be done; evaluators do that; FINISH answers. */
#ifndef AID_CES_HTTP_INTERNAL_H
#define AID_CES_HTTP_INTERNAL_H

#include "ces/http.h"

#include "base/json.h"
#include "base/map.h"
#include "base/pool.h"
#include "ces/http_door.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

struct aid_ces_request;

/* One thing to be done by an evaluator: an answer to be judged, or what a shape makes of it. */
struct aid_unit
{
  struct aid_ces_request *exchange;
  void (*work) (struct aid_unit *u, const struct aid_stop *stop); /* NULL: judge */
  const json_t *task;                                             /* in the document, one of our own, or MADE */
  json_t *made;                                                   /* owned */
  enum aid_ces_from from;
  struct aid_span answer; /* into the document, or KEPT */
  char *kept;             /* owned */
  json_t *verdict;        /* what came of it; NULL: ERROR says why */
  struct aid_error error;
  struct aid_unit *next; /* the queue's */
};

struct aid_route
{
  const char *method, *path;
  void (*begin) (struct aid_ces_request *x);
  void (*finish) (struct aid_ces_request *x); /* NULL where BEGIN answers */
  void (*refuse) (struct aid_ces_request *x, int status, const char *member,
                  const char *why); /* in the form its client reads */
  int busy;                         /* the status when there is no room: that on which its client tries again */
  int apart;                        /* BEGIN asks others, and may have to wait for them: it is called where no reader is */
};

enum aid_ces_request_state
{
  AID_REQUEST_READS,  /* its body arrives */
  AID_REQUEST_PARSES, /* its document is large, and read apart; the connection is suspended */
  AID_REQUEST_WAITS,  /* its units wait or run; the connection is suspended */
  AID_REQUEST_ANSWERED
};

struct aid_ces_request
{
  struct aid_ces_http *http;
  const struct aid_route *route;
  const char *query; /* the episode_id of the URL, or NULL; while BEGIN runs */
  struct aid_str body;
  json_t *document; /* an object, of a POST */
  struct aid_unit *units;
  size_t nunits;
  void *mine; /* the shape's, */
  void (*free_mine) (void *mine);
  int64_t began; /* ms, monotonic */
  size_t taken;  /* bytes of its body, and of what its values take, that are counted in BODY_BYTES */
  unsigned heavy; /* 1: they are many */
  int counted;   /* in ANSWERING */
  /* The reply. */
  int status; /* 0: not yet */
  struct aid_str reply;
  const char *type; /* of its content */
  int retry;        /* seconds; 0: nothing is said */

  /* The connection's and the queue's. */
  enum aid_ces_request_state state;
  struct MHD_Connection *connection;        /* NULL: of a websocket */
  void (*done) (struct aid_ces_request *x); /* its units are done; called by an evaluator, or who drops them */
  void *mine_too;                           /* whose DONE is */
  struct aid_door_guest *guest;             /* its client, or NULL */
  struct aid_pool_job job;
  int fd; /* its client's */
  uint64_t serial;
  size_t left; /* units that are not done */
  int cancelled;
  struct aid_stop *stop;                  /* once a unit of it runs */
  struct aid_ces_request *before, *after; /* in the list of those that wait */
};

/* --- what shapes use ------------------------------------------------------------------------------------------------- */

void aid_ces_request_init (struct aid_ces_request *x, struct aid_ces_http *h, const struct aid_route *route);
void aid_ces_request_free (struct aid_ces_request *x);
/* Answers with DOCUMENT, which is taken (NULL: there was no memory). */
void aid_ces_request_answer (struct aid_ces_request *x, int status, json_t *document);
/* Answers with the route's refusal; MEMBER (or NULL) is what is wrong in the document, as "requests.3.task". */
void aid_ces_request_refuse (struct aid_ces_request *x, int status, const char *member, const char *fmt, ...)
  __attribute__ ((format (printf, 4, 5)));
/* Answers with what kept a unit from being judged, that of MEMBER, or NULL. */
void aid_ces_request_fail (struct aid_ces_request *x, const struct aid_error *e, const char *member);
/* The HTTP status of what kept one from being judged. */
int aid_ces_http_status_of (enum aid_err err);
/* Bytes of memory that the values of the document TEXT take, about: many times its own, when they are small. */
size_t aid_ces_http_weight (struct aid_span text);
/* Makes room for N units; 0, or -1 when it has answered: there are too many. */
int aid_ces_request_units (struct aid_ces_request *x, size_t n, const char *member);
/* Takes VALUE as a task of U: an object, its text, or the id of one of our own.  0, or -1 when it has answered. */
int aid_ces_request_task (struct aid_ces_request *x, struct aid_unit *u, const json_t *value, const char *member);
/* The same of the members "task" or "task_id" of O.  1 when neither is there. */
int aid_ces_request_task_in (struct aid_ces_request *x, struct aid_unit *u, const json_t *o, const char *where);
/* {"error": {"code", "message", "member"}}, and FastAPI's {"detail": [{"type", "loc", "msg"}]}. */
void aid_ces_http_refuse_plain (struct aid_ces_request *x, int status, const char *member, const char *why);
void aid_ces_http_refuse_detail (struct aid_ces_request *x, int status, const char *member, const char *why);
/* The result of RUNG in VERDICT: "passed" and the like; "none" when it is not there. */
const char *aid_ces_http_rung (const json_t *verdict, enum aid_rung rung);
/* Sets NAME of each rung in O to 1 or 0, and "green". */
void aid_ces_http_set_rungs (json_t *o, const json_t *verdict);

/* --- tasks by their ids (http_tasks.c) -------------------------------------------------------------------------------- */

struct aid_tasks;
struct aid_tasks_row
{
  char *id;
  json_t *task, *row; /* the task in it; the whole line */
};
/* Reads FILE: a line is a task with an "id" or "task_id", or an object with one and the task as "task", or as
   "verifier_metadata".  NULL FILE: none. */
enum aid_err aid_tasks_read (const char *file, struct aid_tasks **out, struct aid_error *e);
void aid_tasks_free (struct aid_tasks *t);
size_t aid_tasks_count (const struct aid_tasks *t);
const struct aid_tasks_row *aid_tasks_at (const struct aid_tasks *t, size_t i);
const struct aid_tasks_row *aid_tasks_find (const struct aid_tasks *t, struct aid_span id);

/* --- the rows' functions ---------------------------------------------------------------------------------------------- */

extern const struct aid_route aid_routes[];
extern const size_t aid_nroutes;
/* The route, or NULL and the statuses 404 or 405; ALLOW gets the methods that there are. */
const struct aid_route *aid_route_find (const char *method, const char *path, int *status, const char **allow);

void aid_ces_http_index (struct aid_ces_request *x);
void aid_ces_http_ping (struct aid_ces_request *x);
void aid_ces_http_status (struct aid_ces_request *x);
void aid_ces_http_metrics (struct aid_ces_request *x);
void aid_ces_http_evaluate_begin (struct aid_ces_request *x);
void aid_ces_http_evaluate_finish (struct aid_ces_request *x);
void aid_ces_http_openrlhf_begin (struct aid_ces_request *x);
void aid_ces_http_openrlhf_finish (struct aid_ces_request *x);
void aid_ces_http_gym_seed (struct aid_ces_request *x);
void aid_ces_http_gym_close (struct aid_ces_request *x);
void aid_ces_http_gym_verify_begin (struct aid_ces_request *x);
void aid_ces_http_gym_verify_finish (struct aid_ces_request *x);
void aid_ces_http_gym_aggregate (struct aid_ces_request *x);
void aid_ces_http_gym_mode (struct aid_ces_request *x);
void aid_ces_http_env_reset (struct aid_ces_request *x);
void aid_ces_http_env_step_begin (struct aid_ces_request *x);
void aid_ces_http_env_step_finish (struct aid_ces_request *x);
void aid_ces_http_env_state (struct aid_ces_request *x);
void aid_ces_http_env_health (struct aid_ces_request *x);
void aid_ces_http_env_schema (struct aid_ces_request *x);
void aid_ces_http_env_metadata (struct aid_ces_request *x);
void aid_ces_http_env_socket (struct aid_ces_request *x);
void aid_ces_http_run_code_begin (struct aid_ces_request *x);
void aid_ces_http_run_code_finish (struct aid_ces_request *x);

/* The response of a model in QUERY, which is PROMPT, as far as it is still there, and the response; without a tokenizer's
   signs at its end, and without what it thought before. */
struct aid_span aid_ces_http_response (struct aid_span query, struct aid_span prompt);

/* --- episodes of OpenEnv (http_episodes.c) ---------------------------------------------------------------------------- */

struct aid_episodes;
struct aid_episode
{
  char *id;
  json_t *task;
  enum aid_ces_from from;
  int64_t steps, most; /* taken, and allowed */
  double reward;       /* of the last */
  int done;
};
/* MOST episodes, whose tasks take up to BYTES of memory together, but for the newest. */
struct aid_episodes *aid_episodes_new (size_t most, size_t bytes);
void aid_episodes_free (struct aid_episodes *s);
size_t aid_episodes_count (struct aid_episodes *s);
/* Begins E, whose ID and TASK are taken over (a document of which nobody else has a part: threads share no counts of references),
   which replaces the one of its id; those used longest ago go when there are too many.  NAMED: by its
   client; else it is the one that is meant by who names none.  0, or -1 without memory. */
int aid_episodes_put (struct aid_episodes *s, struct aid_episode *e, int named);
/* *OUT gets a copy of that of ID, with a task of its own; its ID is NULL.  ID NULL: the last that its client did not name, whose
   ID is told.  0, or -1: there is none. */
int aid_episodes_get (struct aid_episodes *s, const char *id, struct aid_episode *out);
/* Counts a step of REWARD; *OUT is a copy without a task and an id.  -1: it is over, or gone. */
int aid_episodes_step (struct aid_episodes *s, const char *id, double reward, int green, struct aid_episode *out);

/* --- running code (http_code.c) --------------------------------------------------------------------------------------- */

struct aid_code_language
{
  const char *name, *file, *compile, *run, *program; /* COMPILE may be NULL; PROGRAM must be there */
};
const struct aid_code_language *aid_code_language (const char *name);
/* Runs what U's exchange asks for; its verdict is the reply. */
void aid_ces_http_run_code_work (struct aid_unit *u, const struct aid_stop *stop);

/* --- the queue (http_queue.c) ----------------------------------------------------------------------------------------- */

struct aid_ces_http_queue
{
  pthread_mutex_t lock;
  pthread_cond_t wake;
  struct aid_unit *first, **last;
  struct aid_ces_request *waiting_list;
  size_t waiting, running; /* units */
  size_t most;             /* that may wait */
  uint64_t serial;
  int draining, ended;
  int bell[2]; /* a pipe: the list has changed */
  unsigned long *threads;
  size_t nthreads;
};

enum aid_err aid_ces_http_queue_open (struct aid_ces_http *h, size_t jobs, size_t most, struct aid_error *e);
void aid_ces_http_queue_close (struct aid_ces_http *h);
/* Keeps N places.  0, or -1: there are none now. */
int aid_ces_http_queue_reserve (struct aid_ces_http_queue *q, size_t n);
/* Has X's units done, whose places were kept; then its connection is resumed, from an evaluator. */
void aid_ces_http_queue_put (struct aid_ces_http *h, struct aid_ces_request *x);
/* The list of those that wait has changed: who watches looks anew. */
void aid_ces_http_queue_ring (struct aid_ces_http_queue *q);
enum aid_ces_http_until
{
  AID_UNTIL_STOPPED, /* STOP_FD is readable */
  AID_UNTIL_SENT,    /* nothing waits or runs, and all replies to such requests are sent */
  AID_UNTIL_IDLE     /* nothing waits or runs */
};
/* Looks for clients that have hung up until that is so, or STOP_FD is readable, or it is UNTIL_MS. */
void aid_ces_http_queue_watch (struct aid_ces_http *h, enum aid_ces_http_until until, int stop_fd, int64_t until_ms);
/* Takes nothing more, and drops what waits; with RUNNING also what runs. */
void aid_ces_http_queue_drain (struct aid_ces_http *h, int running);

/* --- the server ------------------------------------------------------------------------------------------------------- */

struct aid_ces_http_counts
{
  atomic_ullong replies[6]; /* by the first digit of the status */
  atomic_ullong judged, green, passed[AID_RUNGS], failed, hung_up, busy, ms;
};

struct aid_ces_http
{
  struct aid_ces_backend backend;
  struct aid_tasks *tasks;
  struct aid_episodes *episodes;
  struct aid_ws_sessions *sessions;
  struct aid_ces_http_queue queue;
  struct aid_ces_http_counts counts;
  const struct aid_mhd *mhd;
  struct MHD_Daemon *daemon;
  struct aid_door *door;
  struct aid_pool *parsers; /* of large documents, and what else no reader is to wait for */
  atomic_size_t parsing;    /* such documents */
  char *token, *url;
  int listening;                    /* the socket, until the daemon has it; -1 */
  size_t jobs, body_max, body_most; /* BODY_MOST: bytes of all bodies at once */
  atomic_size_t body_bytes;
  atomic_size_t answering; /* requests with units that are not answered to the last byte */
  atomic_uint turn;        /* which of the tasks is next */
  enum aid_ces_from from;
  struct aid_box_limits limits; /* of /run_code */
  int64_t began, patience_ms, again_ms;
};

/* http_conn.c: libmicrohttpd's callbacks. */
enum aid_err aid_ces_http_start (struct aid_ces_http *h, struct aid_error *e);
/* Answers X, whose units are done. */
void aid_ces_http_finish (struct aid_ces_request *x);

/* --- heads (http_head.c) ------------------------------------------------------------------------------------------------ */

const char *aid_ces_http_header (const struct aid_ces_request *x, const char *name);
/* Reads "%2F" and the like in Z, in place; gives its length. */
size_t aid_ces_http_unescape (char *z);
/* The path in TARGET, which may be "http://AUTHORITY/PATH"; AUTHORITY is empty when it is not. */
const char *aid_ces_http_path (const char *target, struct aid_span *authority);
/* Refuses by the head alone: 0, or -1 when it is refused.  AUTHORITY, if there is one, goes before the header Host. */
int aid_ces_http_check_head (struct aid_ces_request *x, struct aid_span authority);

/* --- websockets (http_ws.c) -------------------------------------------------------------------------------------------- */

#define AID_WS_ACCEPT 29 /* with its NUL */
/* What a server answers to the KEY of who wants a websocket (RFC 6455, 4.2.2). */
void aid_ws_accept (struct aid_span key, char out[AID_WS_ACCEPT]);
struct aid_ws_sessions;
struct aid_ws_sessions *aid_ws_sessions_new (void);
/* Ends them all.  NULL is fine. */
void aid_ws_sessions_end (struct aid_ws_sessions *s);
void aid_ws_sessions_free (struct aid_ws_sessions *s);
/* 0 when there can be one more; else the status that says why not, and *WHY. */
int aid_ws_refuses (struct aid_ces_http *h, const char **why);
/* A session on the socket FD, of which EXTRA has been read, on a thread of its own; END (ARG) is called when it has ended.
   -1: it is not begun. */
int aid_ws_begin (struct aid_ces_http *h, int fd, struct aid_span extra, void (*end) (void *arg), void *arg);

#endif
