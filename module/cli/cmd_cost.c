/* aid cost: what a month has cost, by model. */
#include "base/json.h"
#include "base/val.h"
#include "cli/cli.h"
#include "cli/opt.h"
#include "model/cost.h"
#include "model/spend.h"

static void
add_line (const char *name, const json_t *t, struct aid_str *out)
{
  struct aid_str cost = AID_STR_INIT (64);
  int64_t unpriced = aid_json_int (t, "unpriced", 0), in = aid_json_int (t, "in", 0), cached = aid_json_int (t, "cached", 0);

  aid_str_addc (&cost, '$');
  aid_cost_write (&cost, aid_json_real (t, "cost", 0));
  aid_str_addf (out, "%-32s %10s  %lld requests, %lld tokens in", name, aid_str_z (&cost),
                (long long) aid_json_int (t, "requests", 0), (long long) in);
  if (cached && in)
    aid_str_addf (out, " (%lld%% cached)", (long long) (100 * cached / in));
  aid_str_addf (out, ", %lld out", (long long) aid_json_int (t, "out", 0));
  if (unpriced)
    aid_str_addf (out, "; %lld without a known price", (long long) unpriced);
  aid_str_addc (out, '\n');
  aid_str_free (&cost);
}

static int
print_report (struct aid_span val)
{
  struct aid_str text = AID_STR_INIT (64u << 20), raw = AID_STR_INIT (16u << 20);
  json_t *doc = NULL, *model;
  size_t i;
  int status;

  if (aid_val_to_json (val, 0, &text) == AID_OK)
    doc = aid_json_parse (aid_str_span (&text), "the report", NULL);
  json_array_foreach (json_object_get (doc, "models"), i, model)
    {
      const char *name = aid_json_str (model, "model");
      add_line (name ? name : "?", model, &raw);
    }
  add_line (doc ? aid_json_str (doc, "month") : "?", doc, &raw);
  status = aid_cli_print_calm (&raw);
  json_decref (doc);
  aid_str_free (&text);
  aid_str_free (&raw);
  return status;
}

int
aid_cmd_cost (int argc, char **argv)
{
  const char *month = NULL;
  int json = 0, months = 0, status;
  char this_month[8];
  const struct aid_opt opts[] = {
    { "month", 0, AID_OPT_STRING, &month, "YYYY-MM", "another month than this one" },
    { "months", 0, AID_OPT_FLAG, &months, NULL, "list the months of which costs are known, as a JSON array" },
    { "json", 0, AID_OPT_FLAG, &json, NULL, "a JSON object" },
  };
  const struct aid_usage_text usage = {
    "aid cost [--month YYYY-MM | --months] [--json]",
    "Says what the requests of a month have cost, in US dollars, by model: as the servers said, or else by the models' prices\n"
    "as they were then.\n",
    opts, sizeof opts / sizeof *opts, 0, 0
  };
  struct aid_str val = AID_STR_INIT (16u << 20);
  struct aid_error e = { AID_OK, "" };

  if (aid_opt_parse (&usage, argc, argv, &status) < 0)
    return status;
  aid_spend_this_month (this_month);
  if (months)
    {
      aid_spend_months (&val);
      status = aid_cli_print_val (aid_str_span (&val));
    }
  else if (aid_spend_report (month ? month : this_month, &val, &e) != AID_OK)
    status = aid_cli_misuse ("cost: %s", e.msg);
  else
    status = json ? aid_cli_print_val (aid_str_span (&val)) : print_report (aid_str_span (&val));
  aid_str_free (&val);
  return status;
}
