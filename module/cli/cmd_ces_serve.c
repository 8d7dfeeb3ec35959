/* aid ces serve: the evaluation service over HTTP. */
#include "base/fs.h"
#include "ces/http.h"
#include "cli/ces.h"
#include "cli/ces_queue.h"
#include "cli/cli.h"
#include "cli/opt.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define TOKEN_MAX 4096
#define GRACE_S 30
#define TROUBLE 2
#define QUEUE_JOBS 32
#define FILES 8192

static enum aid_err
evaluate (void *ctx, const json_t *task, struct aid_span answer, enum aid_ces_from from, const struct aid_stop *stop,
          json_t **verdict, struct aid_error *e)
{
  return aid_ces_evaluate (ctx, task, answer, from, stop, verdict, e);
}

static json_t *
status_of (void *ctx)
{
  return aid_ces_status (ctx);
}

/* Says where it listens, on standard output and in READY_FILE. */
static int
tell (const struct aid_ces_http *h, const char *ready_file)
{
  struct aid_error e = { AID_OK, "" };
  const char *url = aid_ces_http_url (h), *port = strrchr (url, ':') + 1;
  size_t n = aid_ces_http_tasks (h);
  printf ("listening on %s\n", url);
  fflush (stdout);
  if (n)
    aid_cli_say ("%zu task%s can be named by %s", n, n == 1 ? "" : "s", n == 1 ? "its id" : "their ids");
  if (ready_file && aid_fs_replace (ready_file, aid_span_z (port), 0600, &e))
    return aid_cli_fail ("%s", e.msg), TROUBLE;
  return 0;
}

/* Each connection and each box wants descriptors; the usual limit is made for programs with a few. */
static void
raise_limit (void)
{
  struct rlimit r;
  if (getrlimit (RLIMIT_NOFILE, &r) || r.rlim_cur >= FILES)
    return;
  r.rlim_cur = r.rlim_max < FILES ? r.rlim_max : FILES;
  setrlimit (RLIMIT_NOFILE, &r);
}

static int
serve (const struct aid_ces_backend *backend, const struct aid_ces_http_options *o, const char *ready_file, int64_t grace_ms,
       const struct aid_stop *stop)
{
  struct aid_ces_http *h;
  struct aid_error e = { AID_OK, "" };
  signal (SIGPIPE, SIG_IGN);
  raise_limit ();
  if (aid_ces_http_open (backend, o, &h, &e))
    return aid_cli_fail ("%s", e.msg), TROUBLE;
  int status = tell (h, ready_file);
  if (!status)
    aid_ces_http_run (h, stop, grace_ms);
  aid_ces_http_close (h);
  return status;
}

/* Here, or, QUEUE, by workers; then as many may be on their way at once as wait for them. */
static int
serve_by (struct aid_ces *c, int queue, const struct aid_ces_http_options *o, const char *ready_file, int64_t grace_ms)
{
  struct aid_ces_backend backend = { evaluate, status_of, c, 0 };
  struct aid_cli_front *front = queue ? aid_cli_front_new (c, &backend) : NULL;
  const struct aid_stop *stop = aid_cli_stop (NULL);
  if (!stop)
    aid_cli_fail ("there is no memory");
  if ((queue && !front) || !stop)
    {
      aid_cli_front_free (front);
      return TROUBLE;
    }
  /* A client that gives up sooner than the base is built for the first time would never get an answer otherwise. */
  aid_ces_make_all (c, stop);
  struct aid_box_limits limits;
  struct aid_error e = { AID_OK, "" };
  struct aid_ces_http_options all = *o;
  all.limits = &limits;
  if (queue && !all.jobs)
    all.jobs = QUEUE_JOBS;
  int status = aid_ces_limits (c, &limits, &e) ? (aid_cli_fail ("%s", e.msg), TROUBLE)
                                               : serve (&backend, &all, ready_file, grace_ms, stop);
  aid_cli_front_free (front);
  return status;
}

int
aid_cmd_ces_serve (int argc, char **argv)
{
  struct aid_ces_http_options o = { .listen = NULL };
  const char *token_file = NULL, *ready_file = NULL;
  struct aid_str token = AID_STR_INIT (TOKEN_MAX);
  struct aid_error e = { AID_OK, "" };
  struct aid_ces *c = NULL;
  int64_t grace = GRACE_S;
  int status, queue = 0;
  const struct aid_opt opts[] = {
    { "listen", 'l', AID_OPT_STRING, &o.listen, "ADDRESS:PORT", "where (default: 127.0.0.1 and a free port)" },
    { "token-file", 0, AID_OPT_STRING, &token_file, "FILE",
      "what clients must know, in its one line; other addresses need it" },
    { "tasks", 't', AID_OPT_STRING, &o.tasks, "FILE", "tasks that clients may name by their ids, one JSON object a line" },
    { "jobs", 'j', AID_OPT_NUMBER, &o.jobs, "N", "evaluations at once (default: as many as processors)" },
    { "waiting", 0, AID_OPT_NUMBER, &o.waiting, "N",
      "evaluations that may wait (default: 1024); what comes then is told to wait" },
    { "queue", 'q', AID_OPT_FLAG, &queue, NULL,
      "leave what comes in the queue, for aid ces worker; --jobs: so many at once (32)" },
    { "trust-tasks", 0, AID_OPT_FLAG, &o.trusted, NULL, "tasks in requests may name any folder and any command" },
    { "grace", 0, AID_OPT_NUMBER, &grace, "SECONDS", "that what runs has to end when the service is to (default: 30)" },
    { "ready-file", 0, AID_OPT_STRING, &ready_file, "FILE", "gets the port when it listens" },
  };
  const struct aid_usage_text usage = {
    "aid ces serve [options]",
    "Judges diffs over HTTP, until it is interrupted.  POST /v1/evaluate is ours; trainers find what they speak: OpenRLHF\n"
    "at /get_reward, NeMo Gym at /verify, OpenEnv at /reset and /step, SandboxFusion's clients (verl's) at /run_code.\n"
    "GET /v1/status and /metrics tell how it does.  docs/ces-http.md has all of it.\n",
    opts,
    sizeof opts / sizeof *opts,
    0,
    0
  };
  if (aid_opt_parse (&usage, argc, argv, &status) < 0)
    return status;
  if (o.jobs > AID_CES_HTTP_JOBS_MAX)
    return aid_cli_misuse ("ces: --jobs is at most %d", AID_CES_HTTP_JOBS_MAX);
  char why[256];
  if (!queue && !aid_box_available (why)) /* it would have 503 for whoever asks */
    return aid_cli_fail ("%s", why), TROUBLE;
  if (token_file && aid_fs_read (token_file, &token, &e))
    status = (aid_cli_fail ("%s", e.msg), TROUBLE);
  else
    status = aid_cli_ces_open (&c);
  o.token = token_file ? aid_str_z (&token) : NULL;
  if (!status)
    status = serve_by (c, queue, &o, ready_file, grace * 1000);
  aid_ces_close (c);
  aid_str_free (&token);
  return status;
}
