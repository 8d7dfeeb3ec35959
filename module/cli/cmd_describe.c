/* aid describe: has a model say what examples are for; what that is going to cost is shown first. */
#include "base/json.h"
#include "cli/cli.h"
#include "cli/mine.h"
#include "cli/opt.h"
#include "cli/times.h"
#include "learn/describe.h"
#include "model/cost.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LOOKED_AT 20 /* examples that the forecast is made of */

struct describing
{
  const char *kind, *project, *since, *sample, *model, *budget;
  int64_t n, jobs, tries, tokens;
  int again, dry, yes, json, over_budget;
  size_t told, all;
};

/* --- before ------------------------------------------------------------------------------------------------------- */

struct forecast
{
  size_t examples;
  int64_t tokens;
  double cost; /* negative: not known */
};

/* What LIST is going to cost, by some of it, spread over all. */
static enum aid_err
forecast (const struct aid_describer *d, const json_t *list, struct forecast *f, struct aid_error *e)
{
  size_t n = json_array_size (list), looked = n < LOOKED_AT ? n : LOOKED_AT;
  enum aid_err err = AID_OK;
  *f = (struct forecast){ .examples = n };
  for (size_t i = 0; i < looked && !err; i++)
    {
      int64_t tokens = 0;
      double cost = -1;
      err = aid_describe_ahead (d, json_array_get (list, i * n / looked), &tokens, &cost, e);
      f->tokens += tokens;
      f->cost = f->cost < 0 || cost < 0 ? -1 : f->cost + cost;
    }
  if (looked)
    {
      f->tokens = f->tokens * (int64_t)n / (int64_t)looked;
      f->cost = f->cost < 0 ? -1 : f->cost * (double)n / (double)looked;
    }
  return err;
}

static void
write_forecast (const struct aid_describer *d, const struct forecast *f, struct aid_str *out)
{
  aid_str_addf (out, "%zu example%s: about %lld tokens", f->examples, f->examples == 1 ? "" : "s", (long long)f->tokens);
  if (f->cost < 0)
    aid_str_addz (out, ", at a price that is not known");
  else
    {
      aid_str_addz (out, ", about $");
      aid_cost_write (out, f->cost);
    }
  aid_str_addf (
    out,
    "; for one example 2 questions are asked, and up to %lld where a text gives the change away and is asked for "
    "again\n",
    (long long)d->settings.tries * 2);
}

/* --- while it runs ------------------------------------------------------------------------------------------------ */

static void
tell (void *ctx, const json_t *example, const struct aid_described *one)
{
  struct describing *w = ctx;
  const char *id = aid_json_str (example, "id");
  struct aid_str line = AID_STR_INIT ((size_t)4 << 20);
  size_t leaks = json_array_size (json_object_get (one->described, "leaks"));
  w->told++;
  if (w->json)
    {
      json_t *o = json_pack ("{s:s, s:O?}", "id", id, "described", one->described);
      if (!one->described)
        json_object_set_new (o, "error", aid_json_of_span (aid_span_z (one->error.msg)));
      if (!one->described)
        json_object_set_new (o, "held", json_boolean (one->held));
      aid_json_dump (o, &line);
      json_decref (o);
      aid_str_addc (&line, '\n');
      aid_cli_print (aid_str_span (&line));
    }
  else
    {
      aid_str_addf (&line, "%zu/%zu %s ", w->told, w->all, id);
      if (one->described)
        aid_str_addf (&line, "%s%s\n", leaks ? "(gives its change away) " : "", aid_json_str (one->described, "asked"));
      else
        aid_str_addf (&line, "(%s) %s\n", one->held ? "not sent" : "failed", one->error.msg);
      aid_cli_print_calm (&line);
    }
  aid_str_free (&line);
}

static void
write_sum (const struct aid_describe_run *r, struct aid_str *out)
{
  aid_str_addf (out, "%zu described", r->done);
  if (r->leaking)
    aid_str_addf (out, ", of which %zu still give%s the change away", r->leaking, r->leaking == 1 ? "s" : "");
  if (r->held)
    aid_str_addf (out, ", %zu not sent for secrets", r->held);
  if (r->failed)
    aid_str_addf (out, ", %zu failed", r->failed);
  if (r->left)
    aid_str_addf (out, ", %zu left", r->left);
  aid_str_addf (out, "; %lld tokens", (long long)r->tokens);
  if (!r->unpriced)
    {
      aid_str_addz (out, ", $");
      aid_cost_write (out, r->cost);
    }
  if (r->limit)
    aid_str_addf (out, "; the limit of %s was reached: the same command goes on", r->limit);
}

static int
run (struct describing *w, const struct aid_describer *d, struct aid_examples *x, const json_t *list)
{
  struct aid_describe_run r;
  struct aid_str words = AID_STR_INIT (4096);
  struct aid_error e = { AID_OK, "" };
  w->all = json_array_size (list);
  enum aid_err err = aid_describe_all (d, x, list, aid_cli_stop (NULL), tell, w, &r, &e);
  write_sum (&r, &words);
  aid_cli_say ("%s", aid_str_z (&words));
  aid_str_free (&words);
  if (err)
    return aid_cli_fail ("%s%s", e.msg, err == AID_E_CANCELLED ? ": the same command goes on" : "");
  return r.failed || r.held ? AID_EXIT_FAILED : AID_EXIT_DONE;
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

/* The options over the settings; 0 or a status. */
static int
take_options (const struct describing *w, struct aid_describe_settings *s)
{
  char *end = NULL;
  double dollars = w->budget ? strtod (w->budget, &end) : 0;
  if (w->budget && (!end || end == w->budget || *end || !(dollars >= 0)))
    return aid_cli_misuse ("describe: --budget is a number of US dollars");
  s->dollars = w->budget ? dollars : s->dollars;
  s->tokens = w->tokens ? w->tokens : s->tokens;
  s->jobs = w->jobs ? w->jobs : s->jobs;
  s->tries = w->tries ? w->tries : s->tries;
  if (w->model)
    {
      free (s->model);
      s->model = strdup (w->model);
    }
  if (w->sample)
    {
      free (s->sample);
      s->sample = strdup (w->sample);
    }
  return AID_EXIT_DONE;
}

static int
describe (struct describing *w, struct aid_describer *d, const struct aid_examples_which *which)
{
  struct aid_examples *x = NULL;
  json_t *list = NULL;
  struct forecast f;
  struct aid_str words = AID_STR_INIT (4096);
  struct aid_error e = { AID_OK, "" };
  int status = AID_EXIT_DONE;
  struct aid_sample sample;
  enum aid_err err = aid_sample_read (d->settings.sample, &sample, &e);
  d->sample = sample;
  if (!err && !(err = aid_examples_open (0, &x, &e)))
    err = aid_describe_list (x, which, w->n, w->again, &list, &e);
  if (!err && !json_array_size (list))
    aid_cli_say ("no example is left to describe (aid mine finds more)");
  else if (!err && !(err = forecast (d, list, &f, &e)))
    {
      write_forecast (d, &f, &words);
      if (d->settings.dollars >= 0 && f.cost < 0)
        status
          = aid_cli_fail ("what this model costs is not known, so no dollars can be its limit: --tokens is one, or tell its "
                          "\"price\" in the settings");
      else if (w->dry)
        status = aid_cli_print (aid_str_span (&words));
      else if (!w->yes && !aid_cli_agreed (aid_str_span (&words)))
        status = AID_EXIT_FAILED;
      else if (!(err = aid_asker_new (aid_cli_stop (NULL), &d->asker, &e)))
        status = run (w, d, x, list);
    }
  if (err)
    status = aid_cli_fail ("%s", e.msg);
  aid_asker_free (d->asker);
  json_decref (list);
  aid_examples_close (x);
  aid_sample_free (&d->sample);
  aid_str_free (&words);
  return status;
}

int
aid_cmd_describe (int argc, char **argv)
{
  struct describing w = { .n = 0 };
  const struct aid_opt opts[] = {
    { "max", 'n', AID_OPT_NUMBER, &w.n, "N", "so many examples at most, the oldest first" },
    { "kind", 0, AID_OPT_STRING, &w.kind, "KIND", "only those: repair, start, test" },
    { "project", 0, AID_OPT_STRING, &w.project, "DIR", "only those of the project there" },
    { "since", 0, AID_OPT_STRING, &w.since, "TIME", "only those since: 30m, 24h, 7d, 4w ago, or 2026-01-31" },
    { "again", 0, AID_OPT_FLAG, &w.again, NULL, "also those whose description gives the change away" },
    { "model", 'm', AID_OPT_STRING, &w.model, "MODEL", "one of aid models, or PROVIDER/NAME" },
    { "sample", 0, AID_OPT_STRING, &w.sample, "FILE", "real questions, one a paragraph; \"own\": yours, if they are kept" },
    { "tries", 0, AID_OPT_NUMBER, &w.tries, "N", "of each text, while it gives the change away (3)" },
    { "jobs", 'j', AID_OPT_NUMBER, &w.jobs, "N", "questions at a time (4)" },
    { "budget", 0, AID_OPT_STRING, &w.budget, "DOLLARS", "spend no more in this run" },
    { "tokens", 0, AID_OPT_NUMBER, &w.tokens, "N", "use no more of them in this run" },
    { "over-budget", 0, AID_OPT_FLAG, &w.over_budget, NULL, "ask although a budget of the settings would be passed" },
    { "dry-run", 0, AID_OPT_FLAG, &w.dry, NULL, "only say what it is going to cost" },
    { "yes", 'y', AID_OPT_FLAG, &w.yes, NULL, "do not ask before it costs something" },
    { "json", 0, AID_OPT_FLAG, &w.json, NULL, "one JSON object a line for every example" },
  };
  const struct aid_usage_text usage = {
    "aid describe [options]",
    "Has a model describe the examples that aid mine has found: in detail, and then as a person would type it.  What gives "
    "the\n"
    "change away is written anew.  What is described is passed over: a run that was ended goes on.  The prompts are the\n"
    "strategies describe and describe-question.\n",
    opts,
    sizeof opts / sizeof *opts,
    0,
    0
  };
  struct aid_describer d = { .asker = NULL };
  struct aid_examples_which which = { .undescribed = 1 };
  struct aid_error e = { AID_OK, "" };
  struct aid_str root = AID_STR_INIT (8192);
  int status;
  if (aid_opt_parse (&usage, argc, argv, &status) < 0 || (status = aid_cli_take_time ("describe", w.since, &which.since))
      || (status = aid_cli_check_kind ("describe", w.kind)) || (status = aid_cli_take_project (w.project, &root)))
    return aid_str_free (&root), status;
  which.kind = w.kind;
  which.project = root.len ? aid_str_z (&root) : NULL;
  d.over_budget = w.over_budget;
  if (aid_describe_settings_read (&d.settings, &e) || !aid_cli_stop (&e))
    status = aid_cli_fail ("%s", e.msg);
  else if (!(status = take_options (&w, &d.settings)))
    status = describe (&w, &d, &which);
  aid_describe_settings_free (&d.settings);
  aid_str_free (&root);
  return status;
}
