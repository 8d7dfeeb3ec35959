/* aid experiment: which experiments there are, who gets which variant, and what came of it (cmd_experiment_report.c). */
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/val.h"
#include "cli/cli.h"
#include "cli/experiment.h"
#include "cli/opt.h"
#include "measure/trial_report.h"
#include <stdio.h>

struct options
{
  int json, markdown, team;
  const char *root, *person, *request, *language, *model, *strategy;
};

/* What one walk over the experiments needs, and makes. */
struct walk
{
  struct aid_subject subject;
  const char *only; /* the experiment that is asked for, or NULL: all */
  int here;         /* the person is the one at this machine: what was switched off here counts */
  struct aid_str *text, *val;
  uint32_t n;
};

/* --- list --------------------------------------------------------------------------------------------------------------- */

static void
list_val (const struct aid_experiment *x, int64_t now, struct aid_str *out)
{
  size_t all = aid_val_object (out), list;
  aid_val_kstrz (out, "name", x->name);
  aid_val_kstrz (out, "state", aid_experiment_state (x, now));
  aid_val_kstrz (out, "by", x->by_request ? "request" : "person");
  aid_val_kreal (out, "coverage", x->coverage);
  aid_val_kbool (out, "aa", aid_experiment_is_aa (x));
  aid_val_kstrz (out, "hypothesis", x->hypothesis);
  aid_val_key (out, "variants");
  list = aid_val_list (out);
  for (size_t i = 0; i < x->nvariants; i++)
    {
      size_t one = aid_val_object (out);
      aid_val_kstrz (out, "name", x->variants[i].name);
      aid_val_kreal (out, "weight", x->variants[i].weight);
      aid_val_end (out, one, 2);
    }
  aid_val_end (out, list, (uint32_t)x->nvariants);
  aid_val_end (out, all, 7);
}

static void
list_one (void *ctx, const struct aid_experiment *x)
{
  struct walk *w = ctx;
  w->n++;
  list_val (x, w->subject.now, w->val);
  aid_str_addf (w->text, "%-20s %-6s by %-8s", x->name, aid_experiment_state (x, w->subject.now),
                x->by_request ? "request" : "person");
  for (size_t i = 0; i < x->nvariants; i++)
    aid_str_addf (w->text, " %s %g%%", x->variants[i].name, 100 * x->variants[i].weight);
  if (x->coverage < 1)
    aid_str_addf (w->text, " of %g%%", 100 * x->coverage);
  if (x->nvariants > 1 && aid_experiment_is_aa (x))
    aid_str_addz (w->text, " (A/A: nothing differs)");
  aid_str_addc (w->text, '\n');
}

/* --- assign --------------------------------------------------------------------------------------------------------------- */

static void
assign_one (void *ctx, const struct aid_experiment *x)
{
  struct walk *w = ctx;
  struct aid_evaluation v;
  if (w->only && strcmp (w->only, x->name) != 0)
    return;
  w->n++;
  aid_experiment_evaluate (x, &w->subject, &v);
  if (w->here && v.variant && aid_trial_is_off (x, v.variant->name, NULL))
    {
      v.variant = NULL;
      v.reason = AID_REASON_DISABLED;
      v.why = "it was found to do harm here";
    }
  aid_evaluation_val (x, &v, w->val);
  aid_str_addf (w->text, "%-20s %-16s %s: %s\n", x->name, v.variant ? v.variant->name : "-", aid_reason_name (v.reason),
                v.why);
}

/* -------------------------------------------------------------------------------------------------------------------------- */

static int
walk_all (const struct options *o, const struct aid_config *c, const char *root, const char *person, const char *name,
          int assign)
{
  struct aid_str text = AID_STR_INIT (16u << 20), val = AID_STR_INIT (64u << 20);
  struct walk w = { { .person = person,
                      .request = o->request,
                      .language = o->language,
                      .project = aid_fs_base (root),
                      .model = o->model,
                      .strategy = o->strategy,
                      .now = aid_clock_wall_ms () },
                    name,
                    assign && !o->person,
                    &text,
                    &val,
                    0 };
  size_t list = aid_val_list (&val);
  int status;

  aid_experiment_each (c, assign ? assign_one : list_one, &w);
  aid_val_end (&val, list, w.n);
  if (!w.n)
    aid_str_addz (&text, "The settings have no experiments.\n");
  status = o->json ? aid_cli_print_val (aid_str_span (&val)) : aid_cli_print_calm (&text);
  aid_str_free (&text);
  aid_str_free (&val);
  return status;
}

static int
assign (const struct options *o, const struct aid_config *c, const char *root, const char *name)
{
  struct aid_str person = AID_STR_INIT (4096);
  struct aid_experiment x;
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = name ? aid_experiment_find (c, name, &x, &e) : AID_OK;
  int status;

  if (!err && o->person)
    err = aid_str_addz (&person, o->person);
  else if (!err)
    err = aid_experiment_person (c, &person, &e);
  status = err ? aid_cli_fail ("%s", e.msg) : walk_all (o, c, root, aid_str_z (&person), name, 1);
  aid_str_free (&person);
  return status;
}

static int
run (const struct options *o, int n, char **words)
{
  struct aid_str root = AID_STR_INIT (8192);
  struct aid_error e = { AID_OK, "" };
  struct aid_config *c = aid_cli_root (o->root, &root, &e) == AID_OK ? aid_config_load (aid_str_z (&root), &e) : NULL;
  int status;

  if (!c)
    status = aid_cli_fail ("%s", e.msg);
  else if (n == 1 && !strcmp (words[0], "list"))
    status = walk_all (o, c, aid_str_z (&root), NULL, NULL, 0);
  else if (n && !strcmp (words[0], "assign"))
    status = assign (o, c, aid_str_z (&root), n > 1 ? words[1] : NULL);
  else if (n && !strcmp (words[0], "report"))
    status = aid_experiment_report (c, n > 1 ? words[1] : NULL,
                                    o->json       ? AID_REPORT_JSON
                                    : o->markdown ? AID_REPORT_MARKDOWN
                                                  : AID_REPORT_TEXT,
                                    o->team);
  else if (n == 1 && !strcmp (words[0], "check"))
    status = aid_experiment_check (aid_str_z (&root));
  else if (n == 2 && !strcmp (words[0], "resume"))
    status = aid_experiment_resume (c, words[1]);
  else
    status
      = aid_cli_misuse ("aid experiment takes list, assign [NAME], report [NAME], check or resume NAME (see its --help)");
  if (c && *aid_config_warnings (c))
    fputs (aid_config_warnings (c), stderr);
  aid_config_free (c);
  aid_str_free (&root);
  return status;
}

int
aid_cmd_experiment (int argc, char **argv)
{
  struct options o = { 0 };
  const struct aid_opt opts[] = {
    { "person", 0, AID_OPT_STRING, &o.person, "ID", "assign: another person than you" },
    { "request", 0, AID_OPT_STRING, &o.request, "ID", "assign: the request, for experiments by request" },
    { "language", 0, AID_OPT_STRING, &o.language, "NAME", "assign: the files' language, which a targeting may ask for" },
    { "model", 'm', AID_OPT_STRING, &o.model, "NAME", "assign: the model, likewise" },
    { "strategy", 's', AID_OPT_STRING, &o.strategy, "NAME", "assign: the strategy, likewise" },
    { "json", 0, AID_OPT_FLAG, &o.json, NULL, "a JSON array, of assign with OpenFeature's names" },
    { "markdown", 0, AID_OPT_FLAG, &o.markdown, NULL, "report: as Markdown" },
    { "team", 0, AID_OPT_FLAG, &o.team, NULL, "report: of the whole team, by the events in its store (aid team)" },
    { "root", 0, AID_OPT_STRING, &o.root, "DIR", "the project (default: found upwards from here)" },
  };
  const struct aid_usage_text usage = {
    "aid experiment list | assign [NAME] | report [NAME] | check | resume NAME",
    "Lists the experiments that the settings declare, with their variants; says which variant somebody gets, and why; tells\n"
    "what came of it, by what is recorded on this machine, or by the whole team; looks now for harm that a variant does, which\n"
    "is switched off for you then (asking looks once an hour); or has an experiment go on that was switched off.  The same\n"
    "person gets the same variant on every machine whose settings have the same \"person\".\n",
    opts,
    sizeof opts / sizeof *opts,
    1,
    2
  };
  int status, n = aid_opt_parse (&usage, argc, argv, &status);

  return n < 0 ? status : run (&o, n, argv + 1);
}
