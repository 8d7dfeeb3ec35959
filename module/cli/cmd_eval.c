/* aid eval: how well models do with strategies. */
#include "base/json.h"
#include "cli/cli.h"
#include "cli/eval.h"
#include "cli/fill.h"
#include "cli/opt.h"

#include <stdio.h>
#include <stdlib.h>

#define OUT_MAX ((size_t)256 << 20)
enum
{
  SAME = 0,
  REGRESSION = 1,
  TROUBLE = 2
};

/* --- a report ----------------------------------------------------------------------------------------------------- */

static int64_t
most_samples (const struct aid_eval_results *r)
{
  int64_t most = 0;
  const json_t *row;
  size_t i;
  json_array_foreach (r->rows, i, row)
  {
    int64_t n = aid_json_int (row, "sample", 0);
    most = n > most ? n : most;
  }
  return most;
}

/* Reads the numbers of K into KS; how many, or -1. */
static int
take_ks (const char *k, const struct aid_eval_results *r, int64_t ks[AID_CLI_EVAL_KS])
{
  static const int64_t usual[] = { 1, 5, 10 };
  int n = k && !*k ? -1 : 0;
  for (size_t i = 0; !k && i < sizeof usual / sizeof *usual; i++)
    if (usual[i] == 1 || usual[i] <= most_samples (r))
      ks[n++] = usual[i];
  for (struct aid_span rest = aid_span_z (k); rest.len;)
    {
      const char *comma = memchr (rest.ptr, ',', rest.len);
      struct aid_span one = aid_span_cut (rest, 0, comma ? (size_t)(comma - rest.ptr) : rest.len);
      uint64_t number;
      if (n == AID_CLI_EVAL_KS || aid_span_number (one, AID_EVAL_SAMPLES, &number) || !number)
        return -1;
      ks[n++] = (int64_t)number;
      rest = aid_span_cut (rest, one.len + 1, rest.len);
    }
  return n;
}

/* -1: FORMAT is none; 2: JSON. */
static int
form_of (const char *format)
{
  static const char *const names[] = { "text", "markdown", "json" };
  for (int i = 0; i < 3; i++)
    if (!strcmp (format ? format : "text", names[i]))
      return i;
  return -1;
}

static int
print_as (int form, const json_t *o, void (*write) (const json_t *o, const struct aid_eval_look *look, struct aid_str *out))
{
  struct aid_str text = AID_STR_INIT (OUT_MAX);
  if (form < 2)
    write (o, &(struct aid_eval_look){ (enum aid_eval_form)form, (size_t)aid_cli_fill_width (stdout) }, &text);
  else
    {
      aid_json_dump (o, &text);
      aid_str_addc (&text, '\n');
    }
  int status = form < 2 ? aid_cli_print_calm (&text) : aid_cli_print (aid_str_span (&text));
  aid_str_free (&text);
  return status;
}

int
aid_cli_eval_print (const char *dir, const char *format, const char *k)
{
  struct aid_eval_results r;
  struct aid_error e = { AID_OK, "" };
  int64_t ks[AID_CLI_EVAL_KS];
  int form = form_of (format), status = AID_EXIT_FAILED, n;
  if (form < 0)
    return aid_cli_misuse ("eval: --format is text, markdown or json");
  if (aid_eval_results_read (dir, &r, &e))
    aid_cli_fail ("%s", e.msg);
  else if ((n = take_ks (k, &r, ks)) < 0)
    status = aid_cli_misuse ("eval: --k is a list of numbers from 1 to %d: 1,5", AID_EVAL_SAMPLES);
  else
    {
      json_t *report = aid_eval_report (&r, ks, (size_t)n);
      status = print_as (form, report, aid_eval_write_report);
      json_decref (report);
    }
  aid_eval_results_free (&r);
  return status;
}

static int
report (int argc, char **argv)
{
  const char *format = NULL, *k = NULL;
  int status;
  const struct aid_opt opts[]
    = { { "format", 'f', AID_OPT_STRING, &format, "FORMAT", "text, markdown or json" },
        { "k", 'k', AID_OPT_STRING, &k, "N,...", "of pass@k (1,5,10 as far as there are samples)" } };
  const struct aid_usage_text usage = { "aid eval report [options] RUN",
                                        "Says what came of a run: RUN is its folder, or its results.jsonl alone.\n",
                                        opts,
                                        sizeof opts / sizeof *opts,
                                        1,
                                        1 };
  if (aid_opt_parse (&usage, argc, argv, &status) < 0)
    return status;
  return aid_cli_eval_print (argv[1], format, k);
}

/* --- a comparison ------------------------------------------------------------------------------------------------- */

struct comparing
{
  const char *format, *against, *arm_a, *arm_b;
  int overall, partial;
};

/* Takes MODEL@STRATEGY apart; either may be empty.  To be freed: *MODEL, in which *STRATEGY lies. */
static void
take_arm (const char *arm, char **model, struct aid_eval_side *side)
{
  *model = arm ? strdup (arm) : NULL;
  char *at = *model ? strrchr (*model, '@') : NULL;
  if (at)
    *at = '\0';
  side->model = *model && **model ? *model : NULL;
  side->strategy = at && at[1] ? at + 1 : NULL;
}

static int
judge_comparison (const struct comparing *w, const json_t *c)
{
  int64_t missing = aid_json_int (c, "missing", 0);
  const char *counts = w->overall ? "worse_beyond_chance" : "regressions";
  if (!w->against)
    return SAME;
  if (aid_json_int (c, counts, 0))
    return REGRESSION;
  if (missing && !w->partial)
    {
      aid_cli_say ("what %s has could not all be compared (--partial: that is fine)", w->against);
      return TROUBLE;
    }
  return SAME;
}

static int
compare_runs (const struct comparing *w, const char *a, const char *b)
{
  struct aid_eval_results ra = { NULL, NULL }, rb = { NULL, NULL };
  struct aid_eval_side sa = { .results = &ra, .name = a }, sb = { .results = &rb, .name = b };
  struct aid_error e = { AID_OK, "" };
  char *model_a = NULL, *model_b = NULL;
  json_t *c = NULL;
  int form = form_of (w->format), status = TROUBLE;
  if (form < 0)
    return aid_cli_misuse ("eval: --format is text, markdown or json");
  take_arm (w->arm_a, &model_a, &sa);
  take_arm (w->arm_b, &model_b, &sb);
  if (aid_eval_results_read (a, &ra, &e) || aid_eval_results_read (b, &rb, &e) || aid_eval_compare (&sa, &sb, &c, &e))
    aid_cli_fail ("%s", e.msg);
  else
    status = print_as (form, c, aid_eval_write_comparison) ? TROUBLE : judge_comparison (w, c);
  json_decref (c);
  aid_eval_results_free (&ra);
  aid_eval_results_free (&rb);
  free (model_a);
  free (model_b);
  return status;
}

static int
compare (int argc, char **argv)
{
  struct comparing w = { .format = NULL };
  int status, n;
  const struct aid_opt opts[] = {
    { "a", 'a', AID_OPT_STRING, &w.arm_a, "MODEL@STRATEGY", "of A only this one; either may be left empty" },
    { "b", 'b', AID_OPT_STRING, &w.arm_b, "MODEL@STRATEGY", "of B only this one" },
    { "against", 0, AID_OPT_STRING, &w.against, "SAVED", "A is this run; status 1 when a task is worse in B" },
    { "overall", 0, AID_OPT_FLAG, &w.overall, NULL, "with --against: only when B as a whole is worse beyond chance" },
    { "partial", 0, AID_OPT_FLAG, &w.partial, NULL, "with --against: B need not have all that SAVED has" },
    { "format", 'f', AID_OPT_STRING, &w.format, "FORMAT", "text, markdown or json" },
  };
  const struct aid_usage_text usage
    = { "aid eval compare [options] A [B]",
        "Compares two runs task by task, or two models or strategies of one run: what they solved, differences with their "
        "intervals,\n"
        "and by name each task that is worse or better in B.  The status is 2 when they cannot be compared.\n",
        opts,
        sizeof opts / sizeof *opts,
        1,
        2 };
  if ((n = aid_opt_parse (&usage, argc, argv, &status)) < 0)
    return status;
  if (w.against && n > 1)
    return aid_cli_misuse ("eval: compare --against SAVED takes one run");
  if (w.against)
    return compare_runs (&w, w.against, argv[1]);
  if (n == 1 && (!w.arm_a || !w.arm_b))
    return aid_cli_misuse ("eval: of one run, --a and --b say what is compared");
  return compare_runs (&w, argv[1], n > 1 ? argv[2] : argv[1]);
}

/* --- which -------------------------------------------------------------------------------------------------------- */

static const struct aid_command words[] = {
  { "run", aid_cli_eval_run, "ask models, judge what they answer, go on where a run was ended" },
  { "report", report, "say what came of a run" },
  { "compare", compare, "compare two runs, models or strategies, task by task" },
};

int
aid_cmd_eval (int argc, char **argv)
{
  return aid_opt_words ("eval", "How well models do with strategies.", words, sizeof words / sizeof *words, argc, argv);
}
