/* aid ces serve --queue: the service answers, workers judge. */
#include "base/json.h"
#include "base/sha256.h"
#include "cli/ces.h"
#include "cli/ces_queue.h"
#include "cli/cli.h"

#include <stdlib.h>

#define PATIENCE_MS 60000 /* with a queue that is away */

struct aid_cli_front
{
  struct aid_cli_queue q;
  struct aid_queue_asker *asker;
  struct aid_ces *c;
};

/* A verdict for what killed its workers: that may well be the answer's doing, and a trainer is to hear of it as of any other. */
static json_t *
killed (const json_t *task, struct aid_span answer, const json_t *error)
{
  char diff[AID_SHA256_HEX];
  json_t *repository = json_object_get (task, "repository"), *base = json_object_get (task, "base");
  aid_sha256_hex (answer, diff);
  return json_pack ("{s:i, s:o, s:o, s:s, s:n, s:b, s:f, s:b, s:i, s:[], s:o}", "verdict", 1, "repository",
                    repository ? json_deep_copy (repository) : json_null (), "base",
                    base ? json_deep_copy (base) : json_null (), "diff", diff, "reached", "green", 0, "reward", 0.0,
                    "cached", 0, "ms", 0, "rungs", "error", json_deep_copy (error));
}

/* What the worker's error is here. */
static enum aid_err
error_of (const char *code)
{
  static const enum aid_err known[] = { AID_E_INVALID, AID_E_REFUSED, AID_E_NOTFOUND, AID_E_LIMIT, AID_E_PARSE };
  for (size_t i = 0; code && i < sizeof known / sizeof *known; i++)
    if (!strcmp (aid_err_name (known[i]), code))
      return known[i];
  return AID_E_IO;
}

static enum aid_err
read_result (const json_t *result, const json_t *task, struct aid_span answer, json_t **verdict, struct aid_error *e)
{
  const json_t *error = json_object_get (result, "error");
  const char *outcome = aid_json_str (result, "outcome"), *code = aid_json_str (error, "code"),
             *why = aid_json_str (error, "message");
  if (!strcmp (outcome, "verdict"))
    *verdict = json_deep_copy (json_object_get (result, "verdict"));
  else if (!strcmp (outcome, "cancelled"))
    return aid_error_set (e, AID_E_CANCELLED, "The task was cancelled in the queue");
  else if (code && !strcmp (code, "killed"))
    *verdict = killed (task, answer, error);
  else
    return aid_error_set (e, error_of (code), "%s", why ? why : "The worker did not say why it could not judge");
  return *verdict ? AID_OK : aid_error_set (e, AID_E_NOMEM, "there is no memory");
}

static enum aid_err
evaluate (void *ctx, const json_t *task, struct aid_span answer, enum aid_ces_from from, const struct aid_stop *stop,
          json_t **verdict, struct aid_error *e)
{
  struct aid_cli_front *f = ctx;
  struct aid_str key = AID_STR_INIT (AID_QUEUE_KEY_MAX + 1), text = AID_STR_INIT ((size_t)AID_QUEUE_TEXT_MAX + 1);
  char id[AID_QUEUE_ID];
  json_t *result = NULL;
  enum aid_err err = aid_queue_new_id (id, e);
  *verdict = NULL;
  if (!err && aid_json_dump (task, &text))
    err = aid_error_set (e, AID_E_INVALID, "The task is too large for the queue");
  if (!err)
    {
      aid_cli_queue_key (f->c, task, from, &key);
      struct aid_queue_task t = {
        .id = id, .key = aid_str_z (&key), .task = aid_str_span (&text), .answer = answer, .ours = from == AID_CES_OURS
      };
      err = aid_queue_ask (f->asker, &t, PATIENCE_MS, stop, &result, e);
    }
  if (!err)
    err = read_result (result, task, answer, verdict, e);
  json_decref (result);
  aid_str_free (&key);
  aid_str_free (&text);
  return err;
}

static json_t *
status_of (void *ctx)
{
  (void)ctx;
  return aid_cli_queue_status ();
}

struct aid_cli_front *
aid_cli_front_new (struct aid_ces *c, struct aid_ces_backend *out)
{
  struct aid_cli_front *f = calloc (1, sizeof *f);
  struct aid_error e = { AID_E_NOMEM, "there is no memory" };
  struct aid_queue *q = NULL;
  if (!f || aid_cli_queue_open (&f->q))
    {
      aid_cli_front_free (f);
      return NULL;
    }
  f->c = c;
  *out = (struct aid_ces_backend){ evaluate, status_of, f, 1 };
  /* What is wrong with the queue is said now, not to a trainer. */
  if (aid_queue_open (&f->q.place, NULL, &q, &e) || !(f->asker = aid_queue_asker_new (&f->q.place, &e)))
    {
      aid_cli_fail ("%s", e.msg);
      aid_cli_front_free (f);
      f = NULL;
    }
  aid_queue_close (q);
  return f;
}

void
aid_cli_front_free (struct aid_cli_front *f)
{
  if (!f)
    return;
  aid_queue_asker_free (f->asker);
  aid_cli_queue_close (&f->q);
  free (f);
}
