/* aid metrics: what is recorded of answers and of what became of them, and forgetting it. */
#include "base/json.h"
#include "base/val.h"
#include "cli/cli.h"
#include "cli/cmd_metrics.h"
#include "cli/opt.h"
#include "cli/times.h"
#include "export/settings.h"
#include "export/state.h"
#include "measure/events.h"
#include "net/http.h"
#include "team/team.h"
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX (16u << 20)

/* --- what is meant ---------------------------------------------------------------------------------------------------- */

struct wish
{
  const char *since, *before, *kind, *project;
  int json, all, team;
};

/* WHICH as W says; ROOT is made for it.  0, or the status of a wrong usage. */
static int
read_wish (const struct wish *w, struct aid_events_which *which, struct aid_str *root)
{
  enum aid_measured kind;

  *which = (struct aid_events_which){ .kind = w->kind };
  if (w->kind && !aid_measured_named (aid_span_z (w->kind), &kind))
    return aid_cli_misuse ("metrics: there is no kind of event called %s", w->kind);
  if (aid_cli_take_time ("metrics", w->since, &which->since) || aid_cli_take_time ("metrics", w->before, &which->before))
    return AID_EXIT_USAGE;
  if (w->project && aid_cli_take_root (w->project, root))
    return AID_EXIT_FAILED;
  which->root = w->project ? aid_str_z (root) : NULL;
  return AID_EXIT_DONE;
}

/* Deletes what WHICH means at the team's store; *N gets how many events were there. */
static enum aid_err
forget_there (const struct aid_events_which *which, int64_t *n, struct aid_error *e)
{
  struct aid_team_place place;
  struct aid_config *c = aid_config_load (NULL, e);
  enum aid_err err = c ? aid_team_place_read (c, &place, e) : AID_E_INVALID;

  if (!err && !place.url)
    err = aid_error_set (e, AID_E_NOTFOUND, "there is no team's store in the settings (\"team_store\")");
  if (!err)
    err = aid_team_forget (&place, which, NULL, n, e);
  aid_config_free (c);
  return err;
}

static void
tell_forgotten (const struct wish *w, int64_t n, int64_t there)
{
  char store[AID_TEAM_NAME];

  if (w->json && w->team)
    printf ("{\"forgotten\":%lld,\"forgotten_by_team\":%lld}\n", (long long)n, (long long)there);
  else if (w->json)
    printf ("{\"forgotten\":%lld}\n", (long long)n);
  else
    printf ("%lld event%s forgotten\n", (long long)n, n == 1 ? "" : "s");
  if (w->team && !w->json)
    printf ("%lld event%s forgotten by the team's store\n", (long long)there, there == 1 ? "" : "s");
  else if (!w->team && aid_team_has_some (store))
    aid_cli_say ("what the team's store, %s, has got stays there: --team takes it away, too", store);
}

static int
forget (const struct wish *w)
{
  struct aid_events_which which;
  struct aid_str root = AID_STR_INIT (8192);
  struct aid_error e = { AID_OK, "" };
  int64_t n = 0, there = 0;
  int status;

  if (!w->all && !w->before && !w->project && !w->kind)
    return aid_cli_misuse ("metrics forget: say what: --all, or --before, --project, --kind");
  status = read_wish (w, &which, &root);
  if (!status && ((w->team && forget_there (&which, &there, &e)) || aid_events_forget (&which, &n, &e)))
    status = aid_cli_fail ("%s", e.msg);
  else if (!status)
    tell_forgotten (w, n, there);
  /* What is still there is not to be exported once more. */
  if ((!status || n) && w->all && !w->since && !w->before && !w->kind && !w->project)
    aid_export_forget ();
  aid_str_free (&root);
  return status;
}

/* --- status ----------------------------------------------------------------------------------------------------------- */

/* Who else gets it, by the person's own settings; gives whether anybody does.  *TEXTS: texts that are kept, too. */
static int
add_export (struct aid_str *out, int *texts)
{
  struct aid_export_settings s;
  size_t before = out->len;

  *texts = 0;
  if (aid_export_settings_load (&s, NULL))
    return 0;
  for (int i = 0; i < AID_SIGNALS; i++)
    if (s.on && s.signals[i].on)
      {
        char *host = aid_url_host (s.signals[i].url);
        aid_str_addf (out, "  %s are exported to %s (\"otlp\")\n", i == AID_SIGNAL_TRACES ? "traces" : "metrics",
                      host ? host : "?");
        free (host);
      }
  *texts = s.on && s.content && s.signals[AID_SIGNAL_TRACES].on;
  aid_export_settings_free (&s);
  return out->len > before;
}

static int
print_status (const json_t *doc)
{
  struct aid_str raw = AID_STR_INIT (TEXT_MAX), export = AID_STR_INIT (TEXT_MAX);
  const char *measure = aid_json_str (doc, "measure");
  int texts, exported = add_export (&export, &texts);
  char first[32], last[32];
  json_t *kind;
  size_t i;

  aid_cli_write_time (aid_json_int (doc, "first", 0), first);
  aid_cli_write_time (aid_json_int (doc, "last", 0), last);
  const char *where = aid_json_bool (doc, "team", 0) ? "on this machine, and sent to the team's store (aid team)"
                      : exported                     ? "on this machine, and exported"
                                                     : "on this machine alone";
  if (measure && !strcmp (measure, "off"))
    aid_str_addz (&raw, "Nothing is recorded: the setting \"measure\" is false.\n");
  else if (measure && !strcmp (measure, "content"))
    aid_str_addf (&raw, "Recorded %s, with the texts of answers and hunks, %s (\"measure\" is \"content\"):\n", where,
                  texts ? "of which chats and answers are exported" : "which stay here");
  else
    aid_str_addf (&raw, "Recorded %s, sizes and hashes, no texts (\"measure\": false turns it off):\n", where);
  aid_str_addf (&raw, "  %s\n", aid_json_str (doc, "file"));
  long long events = aid_json_int (doc, "events", 0);
  aid_str_addf (&raw, "  %lld event%s, %.1f MB; forgotten after %lld days and above %lld MB\n", events, events == 1 ? "" : "s",
                (double)aid_json_int (doc, "bytes", 0) / (1 << 20), (long long)aid_json_int (doc, "days", 0),
                (long long)aid_json_int (doc, "megabytes", 0));
  aid_str_addspan (&raw, aid_str_span (&export));
  if (first[0])
    aid_str_addf (&raw, "  from %s to %s\n", first, last);
  json_array_foreach (json_object_get (doc, "kinds"), i, kind)
  {
    aid_str_addf (&raw, "  %-9s %lld\n", aid_json_str (kind, "kind"), (long long)aid_json_int (kind, "events", 0));
  }
  int status = aid_cli_print_calm (&raw);
  aid_str_free (&raw);
  aid_str_free (&export);
  return status;
}

static int
show_status (int as_json)
{
  struct aid_str val = AID_STR_INIT (TEXT_MAX), text = AID_STR_INIT (TEXT_MAX);
  struct aid_error e = { AID_OK, "" };
  json_t *doc = NULL;
  int status;

  if (aid_events_status (&val, &e))
    status = aid_cli_fail ("%s", e.msg);
  else if (as_json)
    status = aid_cli_print_val (aid_str_span (&val));
  else
    {
      if (!aid_val_to_json (aid_str_span (&val), 0, &text))
        doc = aid_json_parse (aid_str_span (&text), "the status", NULL);
      status = print_status (doc);
      json_decref (doc);
    }
  aid_str_free (&val);
  aid_str_free (&text);
  return status;
}

int
aid_cmd_metrics (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    int (*run) (int argc, char **argv);
  } parts[] = { { "events", aid_cmd_metrics_events },
                { "report", aid_cmd_metrics_report },
                { "export", aid_cmd_metrics_export },
                { "serve", aid_cmd_metrics_serve } };
  struct wish w = { .json = 0 };
  int status, n;
  const struct aid_opt opts[] = {
    { "since", 0, AID_OPT_STRING, &w.since, "TIME", "only what happened since: 30m, 24h, 7d, 4w ago, or 2026-01-31" },
    { "before", 0, AID_OPT_STRING, &w.before, "TIME", "only what happened before" },
    { "kind", 'k', AID_OPT_STRING, &w.kind, "KIND",
      "only request, context, patch, decision, build, stayed, typed or exposure" },
    { "project", 0, AID_OPT_STRING, &w.project, "DIR", "only of the project that DIR is in" },
    { "all", 0, AID_OPT_FLAG, &w.all, NULL, "forget everything" },
    { "team", 0, AID_OPT_FLAG, &w.team, NULL, "forget it in the team's store, too (aid team)" },
    { "json", 0, AID_OPT_FLAG, &w.json, NULL, "one JSON object" },
  };
  const struct aid_usage_text usage = {
    "aid metrics [status|report|events|forget|export|serve] [options]",
    "Says what is recorded, on this machine, of requests and of what became of their answers (status), or forgets it for good\n"
    "(forget).  What each event holds is in docs/measure.md.  \"measure\": false in the settings records nothing.\n\n"
    "aid metrics report makes numbers of it, aid metrics events lists it, aid metrics export sends it to a receiver of\n"
    "OpenTelemetry or prints it for Prometheus, which aid metrics serve answers: each has a --help.\n",
    opts,
    sizeof opts / sizeof *opts,
    0,
    1
  };

  for (size_t i = 0; argc > 1 && i < sizeof parts / sizeof *parts; i++)
    if (!strcmp (argv[1], parts[i].name))
      return parts[i].run (argc - 1, argv + 1);
  if ((n = aid_opt_parse (&usage, argc, argv, &status)) < 0)
    return status;
  if (!n || !strcmp (argv[1], "status"))
    return show_status (w.json);
  if (!strcmp (argv[1], "forget"))
    return forget (&w);
  return aid_cli_misuse ("metrics: there is no \"%s\" here: status, report, events, forget, export or serve comes first",
                         argv[1]);
}
