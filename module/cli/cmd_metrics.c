/* aid metrics: what is recorded of answers and of what became of them, and forgetting it. */
#include "base/clock.h"
#include "base/json.h"
#include "base/val.h"
#include "cli/cli.h"
#include "cli/opt.h"
#include "export/settings.h"
#include "export/state.h"
#include "measure/events.h"
#include "net/http.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TEXT_MAX (16u << 20)

int
aid_cli_time (const char *z, int64_t *ms)
{
  static const struct
  {
    char unit;
    int64_t ms;
  } units[] = { { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 }, { 'w', INT64_C (7) * 86400000 } };
  struct aid_span v = aid_span_z (z);
  struct tm day = { .tm_isdst = -1 };
  uint64_t n;
  int end = 0;

  for (size_t i = 0; v.len > 1 && i < sizeof units / sizeof *units; i++)
    if (v.ptr[v.len - 1] == units[i].unit && !aid_span_number (aid_span_cut (v, 0, v.len - 1), 1000000, &n))
      {
        *ms = aid_clock_wall_ms () - (int64_t)n * units[i].ms;
        *ms = *ms > 0 ? *ms : 0;
        return 0;
      }
  if (sscanf (z, "%4d-%2d-%2d%n", &day.tm_year, &day.tm_mon, &day.tm_mday, &end) != 3 || z[end] || day.tm_year < 1971)
    return -1;
  day.tm_year -= 1900;
  day.tm_mon -= 1;
  *ms = (int64_t)mktime (&day) * 1000;
  return *ms < 0 ? -1 : 0;
}

void
aid_cli_write_time (int64_t ms, char out[32])
{
  time_t at = (time_t)(ms / 1000);
  struct tm tm;

  out[0] = '\0';
  if (ms && localtime_r (&at, &tm))
    strftime (out, 32, "%Y-%m-%d %H:%M:%S", &tm);
}

/* --- events ----------------------------------------------------------------------------------------------------------- */

struct listing
{
  int json, status;
};

/* The fields of DATA, a JSON object, as " key=value". */
static void
add_fields (const char *data, struct aid_str *out)
{
  json_t *all = aid_json_parse (aid_span_z (data), "an event", NULL), *v;
  const char *key;

  json_object_foreach (all, key, v)
  {
    aid_str_addf (out, " %s=", key);
    if (json_is_string (v))
      aid_str_addz (out, json_string_value (v));
    else if (json_is_real (v))
      aid_str_addf (out, "%g", json_real_value (v));
    else
      aid_json_dump (v, out);
  }
  json_decref (all);
}

static void
add_line (const struct aid_event_row *row, struct aid_str *out)
{
  char at[32];

  aid_cli_write_time (row->at, at);
  aid_str_addf (out, "%s  %-8s", at, row->kind);
  if (row->request)
    aid_str_addf (out, " request=%s", row->request);
  if (row->language)
    aid_str_addf (out, " language=%s", row->language);
  add_fields (row->data, out);
  aid_str_addc (out, '\n');
}

static void
set (json_t *all, const char *key, const char *value)
{
  if (value)
    json_object_set_new (all, key, aid_json_of_span (aid_span_z (value)));
}

static void
add_json (const struct aid_event_row *row, struct aid_str *out)
{
  json_t *all = json_pack ("{s:s, s:I, s:s}", "id", row->id, "at", (json_int_t)row->at, "kind", row->kind);

  set (all, "request", row->request);
  set (all, "person", row->person);
  set (all, "project", row->project);
  set (all, "chat", row->chat);
  set (all, "path", row->path);
  set (all, "language", row->language);
  json_object_set_new (all, "data", aid_json_parse (aid_span_z (row->data), "an event", NULL));
  aid_json_dump (all, out);
  aid_str_addc (out, '\n');
  json_decref (all);
}

static int
print_event (void *ctx, const struct aid_event_row *row)
{
  struct listing *l = ctx;
  struct aid_str line = AID_STR_INIT (TEXT_MAX);

  if (l->json)
    add_json (row, &line);
  else
    add_line (row, &line);
  l->status = l->json ? aid_cli_print (aid_str_span (&line)) : aid_cli_print_calm (&line);
  aid_str_free (&line);
  return l->status;
}

/* --- what is meant ---------------------------------------------------------------------------------------------------- */

struct wish
{
  const char *since, *before, *kind, *project;
  int json, all;
};

/* WHICH as W says; ROOT is made for it.  0, or the status of a wrong usage. */
static int
read_wish (const struct wish *w, struct aid_events_which *which, struct aid_str *root)
{
  enum aid_measured kind;
  struct aid_error e = { AID_OK, "" };

  *which = (struct aid_events_which){ .kind = w->kind };
  if (w->kind && !aid_measured_named (aid_span_z (w->kind), &kind))
    return aid_cli_misuse ("metrics: there is no kind of event called %s", w->kind);
  if (w->since && aid_cli_time (w->since, &which->since))
    return aid_cli_misuse ("metrics: \"%s\" is no time: write 30m, 24h, 7d, 4w or 2026-01-31", w->since);
  if (w->before && aid_cli_time (w->before, &which->before))
    return aid_cli_misuse ("metrics: \"%s\" is no time: write 30m, 24h, 7d, 4w or 2026-01-31", w->before);
  if (w->project && aid_cli_root (w->project, root, &e))
    return aid_cli_fail ("%s", e.msg);
  which->root = w->project ? aid_str_z (root) : NULL;
  return AID_EXIT_DONE;
}

static int
list_events (const struct wish *w)
{
  struct aid_events_which which;
  struct aid_str root = AID_STR_INIT (8192);
  struct aid_error e = { AID_OK, "" };
  struct listing l = { w->json, AID_EXIT_DONE };
  int status = read_wish (w, &which, &root);

  if (!status && aid_events_each (&which, print_event, &l, &e))
    status = aid_cli_fail ("%s", e.msg);
  aid_str_free (&root);
  return status ? status : l.status;
}

static int
forget (const struct wish *w)
{
  struct aid_events_which which;
  struct aid_str root = AID_STR_INIT (8192);
  struct aid_error e = { AID_OK, "" };
  int64_t n = 0;
  int status;

  if (!w->all && !w->before && !w->project && !w->kind)
    return aid_cli_misuse ("metrics forget: say what: --all, or --before, --project, --kind");
  status = read_wish (w, &which, &root);
  if (!status && w->all && !w->since && !w->before && !w->kind && !w->project)
    aid_export_forget ();
  if (!status && aid_events_forget (&which, &n, &e))
    status = aid_cli_fail ("%s", e.msg);
  else if (!status && !w->json)
    printf ("%lld event%s forgotten\n", (long long)n, n == 1 ? "" : "s");
  else if (!status)
    printf ("{\"forgotten\":%lld}\n", (long long)n);
  aid_str_free (&root);
  return status;
}

/* --- status ----------------------------------------------------------------------------------------------------------- */

/* Who else gets it, by the person's own settings. */
static void
add_export (struct aid_str *out)
{
  struct aid_export_settings s;

  if (aid_export_settings_load (&s, NULL))
    return;
  for (int i = 0; i < AID_SIGNALS; i++)
    if (s.on && s.signals[i].on)
      {
        char *host = aid_url_host (s.signals[i].url);
        aid_str_addf (out, "  %s are exported to %s (\"otlp\")\n", i == AID_SIGNAL_TRACES ? "traces" : "metrics",
                      host ? host : "?");
        free (host);
      }
  aid_export_settings_free (&s);
}

static int
print_status (const json_t *doc)
{
  struct aid_str raw = AID_STR_INIT (TEXT_MAX);
  const char *measure = aid_json_str (doc, "measure");
  char first[32], last[32];
  json_t *kind;
  size_t i;

  aid_cli_write_time (aid_json_int (doc, "first", 0), first);
  aid_cli_write_time (aid_json_int (doc, "last", 0), last);
  aid_str_addf (&raw, "%s\n",
                !measure                   ? "?"
                : !strcmp (measure, "off") ? "Nothing is recorded: the setting \"measure\" is false."
                : !strcmp (measure, "content")
                  ? "Recorded on this machine alone, with the texts of answers and hunks (\"measure\" is \"content\"):"
                  : "Recorded on this machine alone, sizes and hashes, no texts (\"measure\": false turns it off):");
  aid_str_addf (&raw, "  %s\n", aid_json_str (doc, "file"));
  aid_str_addf (&raw, "  %lld events, %.1f MB; forgotten after %lld days and above %lld MB\n",
                (long long)aid_json_int (doc, "events", 0), (double)aid_json_int (doc, "bytes", 0) / (1 << 20),
                (long long)aid_json_int (doc, "days", 0), (long long)aid_json_int (doc, "megabytes", 0));
  add_export (&raw);
  if (first[0])
    aid_str_addf (&raw, "  from %s to %s\n", first, last);
  json_array_foreach (json_object_get (doc, "kinds"), i, kind)
  {
    aid_str_addf (&raw, "  %-9s %lld\n", aid_json_str (kind, "kind"), (long long)aid_json_int (kind, "events", 0));
  }
  int status = aid_cli_print_calm (&raw);
  aid_str_free (&raw);
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
  struct wish w = { .json = 0 };
  int status, n;
  const struct aid_opt opts[] = {
    { "since", 0, AID_OPT_STRING, &w.since, "TIME", "only what happened since: 30m, 24h, 7d, 4w ago, or 2026-01-31" },
    { "before", 0, AID_OPT_STRING, &w.before, "TIME", "only what happened before" },
    { "kind", 'k', AID_OPT_STRING, &w.kind, "KIND",
      "only request, context, patch, decision, build, stayed, typed or exposure" },
    { "project", 0, AID_OPT_STRING, &w.project, "DIR", "only of the project that DIR is in" },
    { "all", 0, AID_OPT_FLAG, &w.all, NULL, "forget everything" },
    { "json", 0, AID_OPT_FLAG, &w.json, NULL, "one JSON object; of events one a line" },
  };
  const struct aid_usage_text usage = {
    "aid metrics [status|events|forget|export|serve] [options]",
    "Says what is recorded, on this machine alone, of requests and of what became of their answers (status), lists the "
    "events\n"
    "(events), or forgets them for good (forget).  What each event holds is in docs/measure.md.  \"measure\": false in the "
    "settings\nrecords nothing.\n\n"
    "aid metrics export sends it to a receiver of OpenTelemetry or prints it for Prometheus, which aid metrics serve\n"
    "answers: each has a --help.\n",
    opts,
    sizeof opts / sizeof *opts,
    0,
    1
  };

  if (argc > 1 && !strcmp (argv[1], "export"))
    return aid_cmd_metrics_export (argc - 1, argv + 1);
  if (argc > 1 && !strcmp (argv[1], "serve"))
    return aid_cmd_metrics_serve (argc - 1, argv + 1);
  if ((n = aid_opt_parse (&usage, argc, argv, &status)) < 0)
    return status;
  if (!n || !strcmp (argv[1], "status"))
    return show_status (w.json);
  if (!strcmp (argv[1], "events"))
    return list_events (&w);
  if (!strcmp (argv[1], "forget"))
    return forget (&w);
  return aid_cli_misuse ("metrics: there is no \"%s\": status, events, forget, export or serve", argv[1]);
}
