/* aid metrics events: the events themselves, those behind a number among them. */
#include "base/json.h"
#include "cli/cli.h"
#include "cli/cmd_metrics.h"
#include "cli/opt.h"
#include "cli/times.h"
#include "measure/metrics_report.h"
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX (16u << 20)

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
add_line (const struct aid_event_row *row, const char *model, struct aid_str *out)
{
  char at[32];

  aid_cli_write_time (row->at, at);
  aid_str_addf (out, "%s  %-8s", at, row->kind);
  if (row->request)
    aid_str_addf (out, " request=%s", row->request);
  if (model && strcmp (row->kind, "request") != 0)
    aid_str_addf (out, " model=%s", model);
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
print_event (void *ctx, const struct aid_event_row *row, const char *model)
{
  struct listing *l = ctx;
  struct aid_str line = AID_STR_INIT (TEXT_MAX);

  if (l->json)
    add_json (row, &line);
  else
    add_line (row, model, &line);
  l->status = l->json ? aid_cli_print (aid_str_span (&line)) : aid_cli_print_calm (&line);
  aid_str_free (&line);
  return l->status;
}

/* -------------------------------------------------------------------------------------------------------------------------- */

struct wish
{
  const char *since, *before, *project;
  struct aid_events_filter filter;
};

/* The filter as W says; ROOT is made for it.  0, or the status of a wrong usage. */
static int
read_wish (struct wish *w, struct aid_str *root)
{
  struct aid_events_which *which = &w->filter.which;

  if (aid_cli_take_time ("metrics events", w->since, &which->since)
      || aid_cli_take_time ("metrics events", w->before, &which->before))
    return AID_EXIT_USAGE;
  if (w->project && aid_cli_take_root (w->project, root))
    return AID_EXIT_FAILED;
  which->root = w->project ? aid_str_z (root) : NULL;
  return AID_EXIT_DONE;
}

int
aid_cmd_metrics_events (int argc, char **argv)
{
  struct wish w = { .since = NULL };
  struct aid_events_filter *f = &w.filter;
  struct listing l = { 0, AID_EXIT_DONE };
  struct aid_str root = AID_STR_INIT (8192);
  struct aid_error e = { AID_OK, "" };
  int status;
  const struct aid_opt opts[] = {
    { "since", 0, AID_OPT_STRING, &w.since, "TIME", "only what happened since: 30m, 24h, 7d, 4w ago, or 2026-01-31" },
    { "before", 0, AID_OPT_STRING, &w.before, "TIME", "only what happened before" },
    { "of-requests", 0, AID_OPT_FLAG, &f->of_requests, NULL, "these are the times of the requests, as in reports" },
    { "kind", 'k', AID_OPT_STRING, &f->which.kind, "KIND",
      "only request, context, patch, decision, build, stayed, typed or exposure; or several, with commas" },
    { "project", 0, AID_OPT_STRING, &w.project, "DIR", "only of the project that DIR is in" },
    { "project-hash", 0, AID_OPT_STRING, &f->keys[AID_BY_PROJECT], "HASH", "only of that project" },
    { "model", 'm', AID_OPT_STRING, &f->keys[AID_BY_MODEL], "ID", "only of answers of that model; \"\": an unknown one" },
    { "strategy", 's', AID_OPT_STRING, &f->keys[AID_BY_STRATEGY], "NAME", "only of answers to such questions" },
    { "variant", 0, AID_OPT_STRING, &f->keys[AID_BY_VARIANT], "NAME", "only of that variant of an experiment" },
    { "language", 'l', AID_OPT_STRING, &f->keys[AID_BY_LANGUAGE], "NAME", "only in that language" },
    { "week", 'w', AID_OPT_STRING, &f->keys[AID_BY_WEEK], "WEEK", "only of requests of that week: 2026-W05" },
    { "with", 0, AID_OPT_STRING, &f->with, "FIELD=VALUE", "only with that in their data: when=10m" },
    { "last", 'n', AID_OPT_NUMBER, &f->most, "N", "only the last N of them" },
    { "json", 0, AID_OPT_FLAG, &l.json, NULL, "a JSON object a line" },
  };
  const struct aid_usage_text usage = {
    "aid metrics events [options]",
    "Lists the events, oldest first: what is recorded of requests and of what became of their answers.  What each event\n"
    "holds is in docs/measure.md.\n",
    opts,
    sizeof opts / sizeof *opts,
    0,
    0
  };

  if (aid_opt_parse (&usage, argc, argv, &status) < 0)
    return status;
  status = read_wish (&w, &root);
  if (!status)
    switch (aid_metrics_events_each (f, print_event, &l, &e))
      {
      case AID_OK:
        status = l.status;
        break;
      case AID_E_INVALID:
        status = aid_cli_misuse ("metrics: %s", e.msg);
        break;
      default:
        status = aid_cli_fail ("%s", e.msg);
      }
  aid_str_free (&root);
  return status;
}
