/* aid ces worker: judges what waits in the queue, here. */
#include "base/json.h"
#include "ces/box.h"
#include "cli/ces.h"
#include "cli/ces_queue.h"
#include "cli/cli.h"
#include "cli/opt.h"

#include <stdio.h>
#include <unistd.h>

#define GRACE_S 20

struct here
{
  struct aid_ces *c;
  int shared, trusts;
};

static enum aid_err
judge (void *ctx, const json_t *task, struct aid_span answer, int ours, const struct aid_stop *stop, json_t **verdict,
       struct aid_error *e)
{
  const struct here *h = ctx;
  enum aid_ces_from from = ours && (h->trusts || !h->shared) ? AID_CES_OURS : AID_CES_ELSEWHERE;
  return aid_ces_evaluate (h->c, task, answer, from, stop, verdict, e);
}

static json_t *
warm (void *ctx)
{
  const struct here *h = ctx;
  json_t *status = aid_ces_status (h->c), *keys = json_array (), *one;
  size_t i;
  json_array_foreach (json_object_get (status, "warm"), i, one)
  {
    json_array_append (keys, json_object_get (one, "key"));
  }
  json_decref (status);
  return keys;
}

static void
tell (void *ctx, const char *what)
{
  (void)ctx;
  aid_cli_say ("%s", what);
}

static int
work (struct aid_queue_work what, int trusts, int json)
{
  struct aid_cli_queue q;
  struct here here = { .trusts = trusts };
  struct aid_queue_worked done = { 0 };
  struct aid_error e = { AID_OK, "" };
  struct aid_stop *stop = aid_cli_stop (NULL);
  char why[256] = "";
  int status = aid_cli_queue_open (&q);
  if (!status && !aid_box_available (why)) /* it would use up the tries of all that waits */
    status = (aid_cli_fail ("%s", why), AID_CES_TROUBLE);
  here.shared = aid_queue_is_shared (&q.place);
  if (!status)
    status = aid_cli_ces_open (&here.c);
  if (!status)
    {
      what.ctx = &here;
      aid_cli_say ("Taking tasks of %s, %d at once", aid_cli_queue_name (&q), what.jobs);
      if (!stop || aid_queue_work (&q.place, &what, stop, &done, &e))
        {
          aid_cli_fail ("%s", stop ? e.msg : "there is no memory");
          status = AID_CES_TROUBLE;
        }
      printf (json ? "{\"judged\":%lld,\"late\":%lld,\"returned\":%lld}\n" : "%lld judged, %lld too late, %lld given back\n",
              (long long)done.judged, (long long)done.late, (long long)done.returned);
    }
  aid_ces_close (here.c);
  aid_cli_queue_close (&q);
  return status;
}

int
aid_cmd_ces_worker (int argc, char **argv)
{
  long processors = sysconf (_SC_NPROCESSORS_ONLN);
  int64_t jobs = processors < 1 ? 1 : processors, grace = GRACE_S, lease = AID_QUEUE_LEASE_MS / 1000, most = 0;
  int status, trusts = 0, json = 0;
  const struct aid_opt opts[] = {
    { "jobs", 'j', AID_OPT_NUMBER, &jobs, "N", "evaluations at once (default: as many as processors)" },
    { "grace", 0, AID_OPT_NUMBER, &grace, "SECONDS",
      "that what runs has to end when the worker is to; then it is given back (20)" },
    { "lease", 0, AID_OPT_NUMBER, &lease, "SECONDS", "after which others take what this worker held, should it die (30)" },
    { "most", 0, AID_OPT_NUMBER, &most, "N", "end after so many tasks" },
    { "trust-tasks", 0, AID_OPT_FLAG, &trusts, NULL,
      "of a team's queue: submitters may name any folder here, and any command" },
    { "json", 0, AID_OPT_FLAG, &json, NULL, "one JSON object at the end" },
  };
  const struct aid_usage_text usage = {
    "aid ces worker [options]",
    "Judges what waits in the queue, until it is interrupted: this machine's, or the one that the setting\n"
    "\"ces\": {\"queue\": \"postgresql://...\"} names.  At SIGTERM it takes no more, and ends when what it has is judged.\n",
    opts,
    sizeof opts / sizeof *opts,
    0,
    0
  };
  if (aid_opt_parse (&usage, argc, argv, &status) < 0)
    return status;
  if (jobs < 1 || jobs > 64 || lease < 1 || lease > 86400 || grace > 86400)
    return aid_cli_misuse ("ces: --jobs is from 1 to 64, --lease from 1 to 86400, --grace at most 86400");
  struct aid_queue_work what = { .jobs = (int)jobs,
                                 .lease_ms = (int)lease * 1000,
                                 .grace_ms = (int)grace * 1000,
                                 .most = (int)most,
                                 .judge = judge,
                                 .warm = warm,
                                 .tell = tell };
  return work (what, trusts, json);
}
