/* What the subcommands of aid ces that know the queue share. */
#ifndef AID_CLI_CES_QUEUE_H
#define AID_CLI_CES_QUEUE_H

#include "ces/http.h"
#include "ces/queue.h"

/* Exit statuses, as of all of aid ces. */
enum
{
  AID_CES_GREEN = 0,
  AID_CES_RED = 1,
  AID_CES_TROUBLE = 2
};

struct aid_cli_queue
{
  struct aid_config *config;
  struct aid_queue_place place;
};
/* The queue of the settings; 0, or a status after what was wrong is said.  Close it whatever comes. */
int aid_cli_queue_open (struct aid_cli_queue *q);
void aid_cli_queue_close (struct aid_cli_queue *q);
/* "this machine's queue", or the server's name. */
const char *aid_cli_queue_name (const struct aid_cli_queue *q);

struct aid_cli_enqueue
{
  int queue, wait, json;
  int64_t tries;
};
/* aid ces submit --queue: leaves TASK and the answer in FILE, prints its id, or waits and prints what came of it. */
int aid_cli_queue_submit (const struct aid_cli_enqueue *how, const json_t *task, const char *file);
/* What the queue says of itself, {"error"} when it cannot be asked: a new reference, NULL when there is none. */
json_t *aid_cli_queue_status (void);
void aid_cli_queue_describe (const json_t *status, struct aid_str *out);

/* Rows of cmd_ces.c's table (cmd_ces_queue.c, cmd_ces_worker.c). */
int aid_cmd_ces_result (int argc, char **argv);
int aid_cmd_ces_cancel (int argc, char **argv);
int aid_cmd_ces_forget (int argc, char **argv);
int aid_cmd_ces_init (int argc, char **argv);
int aid_cmd_ces_worker (int argc, char **argv);

/* aid ces serve --queue: who judges is the queue (cmd_ces_front.c).  NULL after what was wrong is said; free it when
   nobody is in a function of OUT any more.  C tells the keys of trees, and outlives it. */
struct aid_cli_front;
struct aid_cli_front *aid_cli_front_new (struct aid_ces *c, struct aid_ces_backend *out);
void aid_cli_front_free (struct aid_cli_front *f);
/* Appends the key that TASK waits under: its tree's, or, where that is not known, one by its text. */
void aid_cli_queue_key (struct aid_ces *c, const json_t *task, enum aid_ces_from from, struct aid_str *out);

#endif
