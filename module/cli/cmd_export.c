/* aid metrics export and aid metrics serve: what is recorded, for OpenTelemetry's receivers and for Prometheus. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/stop.h"
#include "cli/cli.h"
#include "cli/opt.h"
#include "cli/serve.h"
#include "export/prometheus.h"
#include "export/round.h"
#include "net/http.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum
{
  ATTEMPTS = 5, /* at a receiver that takes nothing at this moment */
  FIRST_WAIT_MS = 1000,
  LONGEST_WAIT_MS = 60000,
  DAY_MS = 24 * 3600 * 1000,
  PORT = 9464 /* that of OpenTelemetry's exporters for Prometheus */
};

#define TEXT_MAX (64u << 20)

struct export
{
  struct aid_export_settings settings;
  struct aid_net *net;
  struct aid_stop *stop;
  int64_t since;  /* as aid_export_place has it */
  int64_t looked; /* when all events were last looked at, monotonic ms; 0: not yet */
  int dry, follow, status;
};

/* --- OTLP ------------------------------------------------------------------------------------------------------------- */

static const struct
{
  const char *name, *what;
  enum aid_err (*round) (const struct aid_round *r, struct aid_round_told *told, struct aid_error *e);
} signals[AID_SIGNALS] = { { "traces", "span", aid_round_traces }, { "metrics", "series", aid_round_metrics } };

static void
show (void *ctx, enum aid_signal signal, struct aid_span body)
{
  struct export *x = ctx;

  printf ("POST %s\n", x->settings.signals[signal].url);
  x->status = aid_cli_print (body);
  printf ("\n");
}

/* Waits for MS, or until everything is to stop; 0, or -1 then. */
static int
rest (const struct export *x, int64_t ms)
{
  struct pollfd fd = { aid_stop_fd (x->stop), POLLIN, 0 };

  poll (&fd, 1, (int)ms);
  return aid_stop_is_set (x->stop) ? -1 : 0;
}

/* Whether all events were looked at within the day. */
static int
is_fresh (const struct export *x)
{
  return x->looked && aid_clock_ms () - x->looked < DAY_MS;
}

/* One round of SIGNAL, again after a while when the receiver takes nothing now. */
static enum aid_err
attempt (struct export *x, enum aid_signal signal, struct aid_round_told *sum, struct aid_error *e)
{
  struct aid_round r = { .settings = &x->settings,
                         .net = x->net,
                         .stop = x->stop,
                         .from = x->since,
                         .whole = !is_fresh (x),
                         .show = x->dry ? show : NULL,
                         .ctx = x };
  struct aid_round_told told;
  int64_t wait = FIRST_WAIT_MS;
  enum aid_err err;

  for (int n = 1;; n++, wait *= 2)
    {
      err = signals[signal].round (&r, &told, e);
      sum->sent += told.sent;
      sum->dropped += told.dropped;
      sum->waiting = told.waiting;
      sum->later = told.later;
      if (told.why.code)
        sum->why = told.why;
      if ((!told.later && err != AID_E_STATE) || (n == ATTEMPTS && !x->follow))
        return err;
      wait = wait < LONGEST_WAIT_MS ? wait : LONGEST_WAIT_MS;
      if (told.wait_ms > LONGEST_WAIT_MS && !x->follow)
        return err;
      if (told.later && x->follow && n == 1)
        aid_cli_say ("%s: %s; it is tried again", signals[signal].name, told.why.msg);
      if (rest (x, told.wait_ms > wait ? told.wait_ms : wait))
        return aid_error_set (e, AID_E_CANCELLED, "Stopped");
    }
}

/* Says what came of a signal; the exit status. */
static int
tell (const struct export *x, enum aid_signal signal, const struct aid_round_told *told, enum aid_err err,
      const struct aid_error *e)
{
  char *host = aid_url_host (x->settings.signals[signal].url);
  const char *many = told->sent == 1 || signal == AID_SIGNAL_METRICS ? "" : "s";

  if (!x->dry && !err && (!x->follow || told->sent))
    printf ("%lld %s%s sent to %s\n", (long long)told->sent, signals[signal].what, many, host ? host : "?");
  fflush (stdout);
  free (host);
  if (told->dropped)
    aid_cli_say ("%s: %lld were lost: %s", signals[signal].name, (long long)told->dropped, told->why.msg);
  else if (!told->later && told->why.code && !aid_stop_is_set (x->stop))
    aid_cli_say ("%s: %s", signals[signal].name, told->why.msg);
  if (err)
    return aid_cli_fail ("%s: %s", signals[signal].name, e->msg);
  if (told->later && told->waiting)
    return aid_cli_fail ("%s: %lld events wait to be sent: %s", signals[signal].name, (long long)told->waiting,
                         told->why.msg);
  if (told->later)
    return aid_cli_fail ("%s: %s", signals[signal].name, told->why.msg);
  return told->dropped ? AID_EXIT_FAILED : AID_EXIT_DONE;
}

static void
export_signal (struct export *x, enum aid_signal signal)
{
  struct aid_round_told sum = { .wait_ms = -1 };
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = attempt (x, signal, &sum, &e);

  if (err == AID_E_CANCELLED && x->follow) /* it was to go on until now */
    {
      err = AID_OK;
      sum.later = 0;
    }
  else if (!err && !sum.later && signal == AID_SIGNAL_TRACES && !is_fresh (x))
    x->looked = aid_clock_ms ();
  int status = tell (x, signal, &sum, err, &e);
  x->status = status ? status : x->status;
}

/* Rounds until everything is to stop. */
static void
follow (struct export *x)
{
  int64_t due[AID_SIGNALS] = { 0, 0 }, usual[AID_SIGNALS] = { x->settings.delay_ms, x->settings.interval_ms };

  while (!aid_stop_is_set (x->stop))
    {
      int64_t next = INT64_MAX;
      for (int i = 0; i < AID_SIGNALS; i++)
        {
          if (!x->settings.signals[i].on)
            continue;
          if (aid_clock_ms () >= due[i])
            {
              export_signal (x, (enum aid_signal)i);
              due[i] = aid_clock_ms () + usual[i];
            }
          next = due[i] < next ? due[i] : next;
        }
      int64_t left = next - aid_clock_ms ();
      if (rest (x, left > 0 ? left : 0))
        break;
    }
}

static int
run_otlp (struct export *x)
{
  struct aid_error e = { AID_OK, "" };
  int any = 0;

  if (x->settings.disabled)
    return aid_cli_say ("OTEL_SDK_DISABLED is true: nothing is exported"), AID_EXIT_DONE;
  for (int i = 0; i < AID_SIGNALS; i++)
    any |= x->settings.signals[i].on;
  if (!any)
    return aid_cli_say ("traces and metrics are both turned off: nothing is exported"), AID_EXIT_DONE;
  if (!(x->stop = aid_cli_stop (&e)) || (!x->dry && !(x->net = aid_net_new (&e))))
    return aid_cli_fail ("%s", e.msg);
  if (x->follow)
    follow (x);
  else
    for (int i = 0; i < AID_SIGNALS; i++)
      if (x->settings.signals[i].on && !aid_stop_is_set (x->stop))
        export_signal (x, (enum aid_signal)i);
  return x->status;
}

static int
export_otlp (const char *since, int dry, int follow_it)
{
  struct export x = { .since = -1, .dry = dry, .follow = follow_it };
  struct aid_error e = { AID_OK, "" };
  struct aid_span notes, line;

  if (since && aid_cli_time (since, &x.since))
    return aid_cli_misuse ("metrics: \"%s\" is no time: write 30m, 24h, 7d, 4w or 2026-01-31", since);
  if (aid_export_settings_load (&x.settings, &e))
    return aid_cli_fail ("%s", e.msg);
  for (notes = aid_str_span (&x.settings.notes); aid_span_line (&notes, &line);)
    aid_cli_say ("%.*s", (int)line.len, line.ptr);
  int status = run_otlp (&x);
  aid_net_free (x.net, "The command ends.");
  aid_export_settings_free (&x.settings);
  return status;
}

/* --- Prometheus ------------------------------------------------------------------------------------------------------- */

static enum aid_err
make_text (struct aid_str *out, struct aid_error *e)
{
  struct aid_export_settings settings;
  enum aid_err err = aid_export_settings_load (&settings, e);

  if (err)
    return err;
  err = aid_prometheus_make (&settings, out, e);
  aid_export_settings_free (&settings);
  return err;
}

/* The text to FILE, by rename, so that a collector never reads half of it; or to standard output. */
static int
export_prometheus (const char *file)
{
  struct aid_str text = AID_STR_INIT (TEXT_MAX);
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = make_text (&text, &e);

  if (!err && file)
    err = aid_fs_replace (file, aid_str_span (&text), 0644, &e);
  int status = err ? aid_cli_fail ("%s", e.msg) : file ? AID_EXIT_DONE : aid_cli_print (aid_str_span (&text));
  aid_str_free (&text);
  return status;
}

/* Whether the request names this machine as it is asked for here: a page in a browser whose name was made to lead here does not.
   */
static int
is_for_us (const struct aid_httpd_request *r)
{
  struct aid_str url = AID_STR_INIT (1024);
  size_t count;

  aid_str_addz (&url, "http://");
  aid_str_addspan (&url, aid_httpd_header (r, "Host", &count));
  int is = count == 1 && !url.err && aid_url_is_local (aid_str_z (&url));
  aid_str_free (&url);
  return is;
}

static void
serve_metrics (void *user, struct aid_httpd_conn *c, const struct aid_httpd_request *r)
{
  struct aid_httpd_header type = { AID_SPAN ("Content-Type"), AID_SPAN (AID_PROMETHEUS_TYPE) };
  struct aid_str text = AID_STR_INIT (TEXT_MAX);
  struct aid_error e = { AID_OK, "" };
  int asked = aid_span_eqz (r->path, "/metrics");

  (void)user;
  if (!is_for_us (r))
    aid_serve_refuse (c, 403, "refused", "This server answers to this machine's own names alone.");
  else if (!asked || !aid_span_eqz (r->method, "GET"))
    aid_serve_refuse (c, asked ? 405 : 404, "not_found", "There is GET /metrics, and nothing else.");
  else if (make_text (&text, &e))
    aid_serve_refuse (c, 503, "unavailable", e.msg);
  else
    aid_httpd_reply (c, 200, &type, 1, aid_str_span (&text));
  aid_str_free (&text);
}

int
aid_cmd_metrics_serve (int argc, char **argv)
{
  struct aid_error e = { AID_OK, "" };
  const char *ready = NULL;
  int64_t port = -1;
  int status;
  const struct aid_opt opts[] = {
    { "port", 'p', AID_OPT_NUMBER, &port, "PORT",
      "listen there (9464, or OTEL_EXPORTER_PROMETHEUS_PORT); 0: any free port" },
    { "ready-file", 0, AID_OPT_STRING, &ready, "FILE", "write the port into FILE once it listens" },
  };
  const struct aid_usage_text usage = { "aid metrics serve [options]",
                                        "Serves /metrics for Prometheus on 127.0.0.1, until it is stopped: sums of what is "
                                        "recorded, without texts.\n",
                                        opts,
                                        sizeof opts / sizeof *opts,
                                        0,
                                        0 };

  if (aid_opt_parse (&usage, argc, argv, &status) < 0)
    return status;
  struct aid_str notes = AID_STR_INIT (4096);
  if (port < 0)
    port = aid_otel_env_number ("OTEL_EXPORTER_PROMETHEUS_PORT", PORT, 0, 65535, &notes);
  if (notes.len)
    aid_cli_say ("%s", aid_str_z (&notes));
  aid_str_free (&notes);
  if (port > 65535)
    return aid_cli_misuse ("metrics serve: there is no port %lld", (long long)port);
  struct aid_httpd *server = aid_httpd_new ((unsigned)port, serve_metrics, NULL, &e);
  status = server ? aid_serve (server, "/metrics", ready) : aid_cli_fail ("%s", e.msg);
  aid_httpd_free (server);
  return status;
}

/* --- the command ------------------------------------------------------------------------------------------------------ */

int
aid_cmd_metrics_export (int argc, char **argv)
{
  int otlp = 0, prometheus = 0, dry = 0, follow_it = 0, status;
  const char *since = NULL, *out = NULL;
  const struct aid_opt opts[] = {
    { "otlp", 0, AID_OPT_FLAG, &otlp, NULL, "send what was not sent yet to a receiver of OpenTelemetry (OTLP/HTTP, JSON)" },
    { "since", 0, AID_OPT_STRING, &since, "TIME",
      "for --otlp: only what happened since: 30m, 24h, 7d, 4w ago, or 2026-01-31" },
    { "dry-run", 'n', AID_OPT_FLAG, &dry, NULL, "for --otlp: print what would be sent" },
    { "follow", 'f', AID_OPT_FLAG, &follow_it, NULL, "for --otlp: go on until it is stopped" },
    { "prometheus", 0, AID_OPT_FLAG, &prometheus, NULL, "print the sums in Prometheus's text format" },
    { "out", 'o', AID_OPT_STRING, &out, "FILE",
      "for --prometheus: replace FILE by them, as for node-exporter's textfile collector" },
  };
  const struct aid_usage_text usage = {
    "aid metrics export --otlp|--prometheus [options]",
    "Exports what is recorded of requests and of what became of their answers: sizes, words of closed lists and hashes.  "
    "Where\n"
    "to, and what is told of the person, the setting \"otlp\" and OpenTelemetry's variables OTEL_* say: docs/export.md.\n",
    opts,
    sizeof opts / sizeof *opts,
    0,
    0
  };

  if (aid_opt_parse (&usage, argc, argv, &status) < 0)
    return status;
  if (otlp == prometheus)
    return aid_cli_misuse ("metrics export: say one of --otlp and --prometheus");
  if (prometheus && (since || dry || follow_it))
    return aid_cli_misuse ("metrics export: --since, --dry-run and --follow go with --otlp");
  if (otlp && out)
    return aid_cli_misuse ("metrics export: --out goes with --prometheus");
  if (dry && follow_it)
    return aid_cli_misuse ("metrics export: --dry-run does not go on, leave out --follow");
  return otlp ? export_otlp (since, dry, follow_it) : export_prometheus (out);
}
