/* aid ces submit --queue, result, cancel, forget, init, and the queue's part of status. */
#include "base/fs.h"
#include "base/json.h"
#include "cli/ces.h"
#include "cli/ces_queue.h"
#include "cli/cli.h"
#include "cli/opt.h"

#include <stdio.h>
#include <stdlib.h>

#define ANSWER_MAX ((size_t)AID_QUEUE_TEXT_MAX + 1)
#define PRINTED_MAX ((size_t)64 << 20)
#define PATIENCE_MS 15000 /* with a queue that is away, of who only looks */
#define DAY_MS INT64_C (86400000)

/* --- the queue of the settings ----------------------------------------------------------------------------------------- */

int
aid_cli_queue_open (struct aid_cli_queue *q)
{
  struct aid_error e = { AID_OK, "" };
  *q = (struct aid_cli_queue){ .config = aid_config_load (NULL, &e) };
  if (q->config && !aid_queue_place_read (q->config, &q->place, &e))
    return 0;
  aid_cli_fail ("%s", e.msg);
  return AID_CES_TROUBLE;
}

void
aid_cli_queue_close (struct aid_cli_queue *q)
{
  aid_config_free (q->config);
}

const char *
aid_cli_queue_name (const struct aid_cli_queue *q)
{
  return q->place.server.url ? q->place.server.name : "this machine's queue";
}

static int
trouble (const struct aid_error *e)
{
  int status = e->code == AID_E_CANCELLED ? aid_cli_interrupted (e->msg) : 0;
  if (!status)
    aid_cli_fail ("%s", e->msg);
  return status ? status : AID_CES_TROUBLE;
}

/* Opens the queue and calls FN with it. */
static int
with_queue (int (*fn) (struct aid_queue *q, void *ctx), void *ctx)
{
  struct aid_cli_queue all;
  struct aid_queue *q = NULL;
  struct aid_error e = { AID_OK, "" };
  int status = aid_cli_queue_open (&all);
  if (!status)
    status = aid_queue_open (&all.place, aid_cli_stop (NULL), &q, &e) ? trouble (&e) : fn (q, ctx);
  aid_queue_close (q);
  aid_cli_queue_close (&all);
  return status;
}

/* --- what came of a task ----------------------------------------------------------------------------------------------- */

static void
describe_end (const json_t *result, struct aid_str *out)
{
  const char *outcome = aid_json_str (result, "outcome"), *state = aid_json_str (result, "state");
  const json_t *error = json_object_get (result, "error");
  const char *message = aid_json_str (error, "message");
  if (!outcome)
    aid_str_addf (out, "%s\n", state ? state : "?");
  else if (!strcmp (outcome, "verdict"))
    aid_cli_ces_describe (json_object_get (result, "verdict"), out);
  else if (!strcmp (outcome, "cancelled"))
    aid_str_addz (out, "cancelled\n");
  else
    aid_str_addf (out, "not judged, after %lld of %lld tries: %s\n", (long long)aid_json_int (result, "attempts", 0),
                  (long long)aid_json_int (result, "tries", 0), message ? message : "?");
}

/* Prints what came of a task for people, or RESULT as it is. */
static int
print (const json_t *result, int json)
{
  struct aid_str text = AID_STR_INIT (PRINTED_MAX);
  const json_t *verdict = json_object_get (result, "verdict");
  if (json)
    {
      aid_json_dump (result, &text);
      aid_str_addc (&text, '\n');
    }
  else
    describe_end (result, &text);
  int bad = text.err ? aid_cli_fail ("the verdict does not fit in memory")
            : json   ? aid_cli_print (aid_str_span (&text))
                     : aid_cli_print_calm (&text);
  aid_str_free (&text);
  return bad || !json_is_object (verdict)      ? AID_CES_TROUBLE
         : aid_json_bool (verdict, "green", 0) ? AID_CES_GREEN
                                               : AID_CES_RED;
}

/* Submits T, or waits for it alone, and prints what comes of it. */
static int
ask (const struct aid_cli_queue *q, const struct aid_queue_task *t, int wait, int json)
{
  struct aid_error e = { AID_OK, "" };
  json_t *result = NULL;
  struct aid_queue_asker *a = aid_queue_asker_new (&q->place, &e);
  int status
    = !a || aid_queue_ask (a, t, wait ? -1 : PATIENCE_MS, aid_cli_stop (NULL), wait ? &result : NULL, &e) ? trouble (&e) : 0;
  if (!status && wait)
    status = print (result, json);
  else if (!status)
    printf (json ? "{\"id\":\"%s\"}\n" : "%s\n", t->id);
  json_decref (result);
  aid_queue_asker_free (a);
  return status;
}

/* --- submit ------------------------------------------------------------------------------------------------------------ */

void
aid_cli_queue_key (struct aid_ces *c, const json_t *task, enum aid_ces_from from, struct aid_str *out)
{
  if (c && !aid_ces_warm_key (c, task, from, out, NULL))
    return;
  aid_str_clear (out);
  aid_queue_key (task, out);
}

static int
submit_to (const struct aid_cli_queue *q, const struct aid_cli_enqueue *how, const json_t *task, struct aid_span answer)
{
  struct aid_str key = AID_STR_INIT (AID_QUEUE_KEY_MAX + 1), text = AID_STR_INIT (ANSWER_MAX);
  struct aid_error e = { AID_OK, "" };
  struct aid_ces *c = NULL;
  char id[AID_QUEUE_ID];
  int shared = aid_queue_is_shared (&q->place), status = aid_cli_ces_open (&c);
  if (!status && (aid_json_dump (task, &text) || aid_queue_new_id (id, &e)))
    status = aid_cli_misuse ("ces: %s", e.msg[0] ? e.msg : "the task is too large for the queue");
  if (!status)
    {
      aid_cli_queue_key (c, task, shared ? AID_CES_ELSEWHERE : AID_CES_OURS, &key);
      struct aid_queue_task t = { .id = id,
                                  .key = aid_str_z (&key),
                                  .task = aid_str_span (&text),
                                  .answer = answer,
                                  .ours = 1,
                                  .tries = (int)how->tries };
      status = ask (q, &t, how->wait, how->json);
    }
  aid_ces_close (c);
  aid_str_free (&key);
  aid_str_free (&text);
  return status;
}

int
aid_cli_queue_submit (const struct aid_cli_enqueue *how, const json_t *task, const char *file)
{
  struct aid_str answer = AID_STR_INIT (ANSWER_MAX);
  struct aid_cli_queue q;
  struct aid_error e = { AID_OK, "" };
  int status = aid_cli_queue_open (&q);
  if (!status && aid_cli_read (file, &answer, &e))
    status = aid_cli_misuse ("ces: %s", e.msg);
  if (!status)
    status = submit_to (&q, how, task, aid_str_span (&answer));
  aid_cli_queue_close (&q);
  aid_str_free (&answer);
  return status;
}

/* --- result, cancel, forget -------------------------------------------------------------------------------------------- */

struct look
{
  const char *id;
  int json;
  int64_t days;
};

static int
look (struct aid_queue *q, void *ctx)
{
  const struct look *l = ctx;
  struct aid_error e = { AID_OK, "" };
  json_t *result;
  if (aid_queue_result (q, l->id, &result, &e))
    return trouble (&e);
  int status = print (result, l->json);
  json_decref (result);
  return status;
}

int
aid_cmd_ces_result (int argc, char **argv)
{
  struct look l = { .json = 0 };
  int status, wait = 0;
  const struct aid_opt opts[] = { { "wait", 'w', AID_OPT_FLAG, &wait, NULL, "until it is done" },
                                  { "json", 0, AID_OPT_FLAG, &l.json, NULL, "one JSON object, with the whole of it" } };
  const struct aid_usage_text usage
    = { "aid ces result [options] ID",
        "Says what came of a task that was left in the queue.  Exit status: 0 green, 1 red, 2 not\n"
        "done, or not judged.\n",
        opts,
        2,
        1,
        1 };
  struct aid_cli_queue q;
  if (aid_opt_parse (&usage, argc, argv, &status) < 0)
    return status;
  l.id = argv[1];
  if (!wait)
    return with_queue (look, &l);
  if (!(status = aid_cli_queue_open (&q)))
    status = ask (&q, &(struct aid_queue_task){ .id = l.id }, 1, l.json);
  aid_cli_queue_close (&q);
  return status;
}

static int
cancel (struct aid_queue *q, void *ctx)
{
  const struct look *l = ctx;
  struct aid_error e = { AID_OK, "" };
  const char *was = "";
  if (aid_queue_cancel (q, l->id, &was, &e))
    return trouble (&e);
  if (l->json)
    printf ("{\"was\":\"%s\"}\n", was);
  else
    printf ("%s\n", !strcmp (was, "done")      ? "It was done already"
                    : !strcmp (was, "running") ? "Cancelled; it was being judged"
                                               : "Cancelled");
  return 0;
}

int
aid_cmd_ces_cancel (int argc, char **argv)
{
  struct look l = { .json = 0 };
  int status;
  const struct aid_opt opts[] = { { "json", 0, AID_OPT_FLAG, &l.json, NULL, "one JSON object" } };
  const struct aid_usage_text usage
    = { "aid ces cancel [options] ID", "Cancels a task of the queue: nobody judges it any more.\n", opts, 1, 1, 1 };
  if (aid_opt_parse (&usage, argc, argv, &status) < 0)
    return status;
  l.id = argv[1];
  return with_queue (cancel, &l);
}

static int
forget (struct aid_queue *q, void *ctx)
{
  const struct look *l = ctx;
  struct aid_error e = { AID_OK, "" };
  int64_t n;
  if (aid_queue_forget (q, l->days * DAY_MS, &n, &e))
    return trouble (&e);
  if (l->json)
    printf ("{\"forgotten\":%lld}\n", (long long)n);
  else
    printf ("%lld task%s forgotten\n", (long long)n, n == 1 ? "" : "s");
  return 0;
}

int
aid_cmd_ces_forget (int argc, char **argv)
{
  struct look l = { .days = AID_QUEUE_DAYS };
  int status;
  const struct aid_opt opts[]
    = { { "days", 0, AID_OPT_NUMBER, &l.days, "N", "what was done longer ago (default: 30; 0: all of it)" },
        { "json", 0, AID_OPT_FLAG, &l.json, NULL, "one JSON object" } };
  const struct aid_usage_text usage = {
    "aid ces forget [options]",
    "Forgets what is done in the queue, with its verdicts.  Workers do that by themselves after the days that the setting\n"
    "\"ces\": {\"queue\": {\"days\": 30}} says.\n",
    opts,
    2,
    0,
    0
  };
  return aid_opt_parse (&usage, argc, argv, &status) < 0 ? status : with_queue (forget, &l);
}

/* --- status ------------------------------------------------------------------------------------------------------------ */

/* Whether the file's queue was ever used. */
static int
file_is_there (void)
{
  struct aid_str path = AID_STR_INIT (8192);
  int there = !aid_fs_xdg (AID_DIR_STATE, &path, NULL) && !aid_str_addz (&path, "/ces-queue.db")
              && aid_fs_exists (aid_str_z (&path));
  aid_str_free (&path);
  return there;
}

json_t *
aid_cli_queue_status (void)
{
  struct aid_cli_queue all = { .config = NULL };
  struct aid_queue *q = NULL;
  struct aid_error e = { AID_OK, "" };
  json_t *out = NULL;
  all.config = aid_config_load (NULL, &e);
  int bad = !all.config || aid_queue_place_read (all.config, &all.place, &e);
  if (!bad && !aid_queue_is_shared (&all.place) && !file_is_there ())
    {
      aid_cli_queue_close (&all);
      return NULL;
    }
  if (!bad)
    bad = aid_queue_open (&all.place, NULL, &q, &e) || aid_queue_status (q, &out, &e);
  if (bad)
    out = json_pack ("{s:o}", "error", aid_json_of_span (aid_span_z (e.msg)));
  else
    json_object_set_new (out, "name", aid_json_of_span (aid_span_z (aid_cli_queue_name (&all))));
  aid_queue_close (q);
  aid_cli_queue_close (&all);
  return out;
}

void
aid_cli_queue_describe (const json_t *status, struct aid_str *out)
{
  const char *error = aid_json_str (status, "error"), *name = aid_json_str (status, "name");
  const json_t *workers = json_object_get (status, "workers"), *one;
  size_t i;
  if (!status)
    return;
  if (error)
    {
      aid_str_addf (out, "%s\n", error);
      return;
    }
  aid_str_addf (
    out, "%s: %lld waiting, %lld running, %lld done (%lld verdicts, %lld errors, %lld cancelled), %lld in the last minute\n",
    name, (long long)aid_json_int (status, "waiting", 0), (long long)aid_json_int (status, "running", 0),
    (long long)aid_json_int (status, "done", 0), (long long)aid_json_int (status, "verdicts", 0),
    (long long)aid_json_int (status, "errors", 0), (long long)aid_json_int (status, "cancelled", 0),
    (long long)aid_json_int (status, "last_minute", 0));
  if (aid_json_int (status, "waiting", 0))
    aid_str_addf (out, "  the oldest waits for %.1f s%s\n", (double)aid_json_int (status, "oldest_ms", 0) / 1000,
                  json_array_size (workers) ? "" : "; there is no worker (aid ces worker)");
  json_array_foreach (workers, i, one)
  {
    aid_str_addf (out, "  %s  %s: %lld of %lld jobs, %lld done, %lld warm trees, seen %.1f s ago\n",
                  aid_json_str (one, "name"), aid_json_bool (one, "alive", 0) ? "alive" : "gone",
                  (long long)aid_json_int (one, "running", 0), (long long)aid_json_int (one, "jobs", 0),
                  (long long)aid_json_int (one, "done", 0), (long long)aid_json_int (one, "warm", 0),
                  (double)aid_json_int (one, "seen_ms", 0) / 1000);
  }
}

/* --- init -------------------------------------------------------------------------------------------------------------- */

static void
add_grants (const struct aid_vec *roles, enum aid_queue_right right, struct aid_str *out)
{
  for (size_t i = 0; i < roles->len; i++)
    aid_queue_grant (right, AID_VEC_AT (const char *, roles, i), out);
}

static int
init (const char *grants)
{
  struct aid_cli_queue q;
  struct aid_error e = { AID_OK, "" };
  int was = 0, newest = aid_queue_schema_newest (), status = aid_cli_queue_open (&q);
  if (!status && !aid_queue_is_shared (&q.place))
    status = aid_cli_misuse ("ces: this machine's queue needs no setting up; the setting \"ces\": {\"queue\": "
                             "\"postgresql://USER@HOST/DATABASE\"} would name one of a team's");
  if (!status && aid_queue_init (&q.place, grants, aid_cli_stop (NULL), &was, &e))
    status = trouble (&e);
  else if (!status && was && was >= newest)
    printf ("%s was set up already (version %d)\n", aid_cli_queue_name (&q), was);
  else if (!status)
    printf (was ? "%s is brought to version %d\n" : "%s is set up (version %d)\n", aid_cli_queue_name (&q), newest);
  aid_cli_queue_close (&q);
  return status;
}

int
aid_cmd_ces_init (int argc, char **argv)
{
  struct aid_vec submitters = AID_VEC_INIT (const char *, 100), workers = AID_VEC_INIT (const char *, 100);
  struct aid_str text = AID_STR_INIT (1 << 20);
  int status, only_print = 0;
  const struct aid_opt opts[] = {
    { "submitters", 0, AID_OPT_LIST, &submitters, "ROLE", "lets this role leave tasks and see its own; may be repeated" },
    { "workers", 0, AID_OPT_LIST, &workers, "ROLE", "lets this role take tasks and leave verdicts; may be repeated" },
    { "print", 0, AID_OPT_FLAG, &only_print, NULL, "print the statements instead of running them" },
  };
  const struct aid_usage_text usage
    = { "aid ces init [options]",
        "Sets up the queue in the PostgreSQL that the setting \"ces\": {\"queue\": ...} names, or brings it up to date.\n",
        opts,
        3,
        0,
        0 };
  int n = aid_opt_parse (&usage, argc, argv, &status);
  if (n >= 0 && only_print)
    aid_queue_schema_print (&text);
  if (n >= 0)
    {
      add_grants (&submitters, AID_QUEUE_SUBMITS, &text);
      add_grants (&workers, AID_QUEUE_WORKS, &text);
      status = text.err     ? aid_cli_fail ("the statements do not fit in memory")
               : only_print ? aid_cli_print (aid_str_span (&text))
                            : init (aid_str_z (&text));
    }
  aid_vec_free (&submitters);
  aid_vec_free (&workers);
  aid_str_free (&text);
  return status;
}
