/* aid metrics report: what became of answers, in numbers. */
#include "base/val.h"
#include "cli/cli.h"
#include "cli/cmd_metrics.h"
#include "cli/opt.h"
#include "cli/times.h"
#include "measure/metrics_report.h"
#include <stdio.h>

#define REPORT_MAX ((size_t)256 << 20)
#define SPAN "30d" /* unless another one is asked for */

struct wish
{
  struct aid_vec by; /* const char * */
  const char *since, *before, *project;
  int text, markdown, json;
  struct aid_metrics_wish report;
};

static int
read_by (struct wish *w)
{
  for (size_t i = 0; i < w->by.len; i++)
    {
      enum aid_metrics_by by;
      size_t k = 0;
      if (!aid_metrics_by_named (aid_span_z (AID_VEC_AT (const char *, &w->by, i)), &by))
        return aid_cli_misuse ("metrics report: --by is model, strategy, variant, language, week or project, not %s",
                               AID_VEC_AT (const char *, &w->by, i));
      while (k < w->report.nby && w->report.by[k] != by)
        k++;
      if (k == w->report.nby)
        w->report.by[w->report.nby++] = by;
    }
  if (!w->by.len)
    w->report.by[w->report.nby++] = AID_BY_MODEL;
  return AID_EXIT_DONE;
}

/* ROOT is made for it.  0, or the status of a wrong usage. */
static int
read_wish (struct wish *w, struct aid_str *root)
{

  if (w->text + w->markdown + w->json > 1)
    return aid_cli_misuse ("metrics report: --text, --markdown and --json are one or the other");
  if (aid_cli_take_time ("metrics report", strcmp (w->since, "all") != 0 ? w->since : NULL, &w->report.since)
      || aid_cli_take_time ("metrics report", w->before, &w->report.before))
    return AID_EXIT_USAGE;
  if (aid_cli_take_root (w->project, root))
    return AID_EXIT_FAILED;
  w->report.root = w->project ? aid_str_z (root) : NULL;
  return read_by (w);
}

static int
print_report (const struct aid_metrics_report *r, const struct wish *w)
{
  struct aid_str out = AID_STR_INIT (REPORT_MAX);
  int status;

  if (w->json)
    {
      aid_metrics_report_val (r, AID_METRICS_SERIES, &out);
      status = out.err ? aid_cli_fail ("The report is too large") : aid_cli_print_val (aid_str_span (&out));
    }
  else
    {
      aid_metrics_report_text (r, w->markdown, &out);
      status = aid_cli_print_calm (&out);
    }
  aid_str_free (&out);
  return status;
}

int
aid_cmd_metrics_report (int argc, char **argv)
{
  struct wish w = { .by = AID_VEC_INIT (const char *, 100), .since = SPAN };
  struct aid_str root = AID_STR_INIT (8192);
  struct aid_metrics_report *r = NULL;
  struct aid_error e = { AID_OK, "" };
  const char *here[1];
  int status;
  const struct aid_opt opts[] = {
    { "by", 'b', AID_OPT_LIST, &w.by, "WHAT",
      "rows for each model (the default), strategy, variant, language, week or project; again: together" },
    { "since", 0, AID_OPT_STRING, &w.since, "TIME",
      "of requests since 30m, 24h, 30d (the default), 4w ago, 2026-01-31, or all" },
    { "before", 0, AID_OPT_STRING, &w.before, "TIME", "of requests before" },
    { "project", 0, AID_OPT_STRING, &w.project, "DIR", "only of the project that DIR is in" },
    { "text", 0, AID_OPT_FLAG, &w.text, NULL, "for a terminal (the default)" },
    { "markdown", 0, AID_OPT_FLAG, &w.markdown, NULL, "as tables of Markdown" },
    { "json", 0, AID_OPT_FLAG, &w.json, NULL,
      "one JSON object, with the weeks, and the options of aid metrics events for each number" },
  };
  const struct aid_usage_text usage = {
    "aid metrics report [options]",
    "Says what became of answers: how many patches fitted, hunks were accepted, edited and taken back, how much of the "
    "text\n"
    "is still there, how long answers took, what they cost; each with its 95% confidence interval.  What the numbers mean\n"
    "is in docs/measure.md.\n",
    opts,
    sizeof opts / sizeof *opts,
    0,
    0
  };

  if (aid_opt_parse (&usage, argc, argv, &status) < 0)
    status = status ? status : AID_EXIT_DONE;
  else if (!(status = read_wish (&w, &root)))
    {
      here[0] = aid_str_z (&root); /* is told by its name */
      w.report.roots = here;
      w.report.nroots = 1;
      status = aid_metrics_report_make (&w.report, &r, &e) ? aid_cli_fail ("%s", e.msg) : print_report (r, &w);
    }
  aid_metrics_report_free (r);
  aid_vec_free (&w.by);
  aid_str_free (&root);
  return status;
}
