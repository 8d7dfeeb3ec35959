/* aid experiment report: what came of experiments, as text, Markdown and JSON; aid experiment resume. */
#include "assist/variants.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "base/val.h"
#include "cli/cli.h"
#include "cli/experiment.h"
#include "measure/trial_report.h"
#include "team/trial.h"
#include "team/witness.h"
#include <stdio.h>
#include <time.h>

#define TEXT_MAX (64u << 20)
#define CELLS 8 /* of a row, besides the variant's name */

struct reporting
{
  const char *only; /* or NULL: all */
  enum aid_report_form form;
  struct aid_trial_source source;
  struct aid_str *out; /* text, or a val */
  uint32_t n;
  struct aid_error e;
};

/* --- a table -------------------------------------------------------------------------------------------------------------- */

/* The day of AT, UTC. */
static void
add_day (struct aid_str *out, int64_t at)
{
  time_t seconds = (time_t)(at / 1000);
  struct tm tm;
  char day[16];

  if (gmtime_r (&seconds, &tm) && strftime (day, sizeof day, "%Y-%m-%d", &tm))
    aid_str_addz (out, day);
}

static void
cell (char out[24], double n)
{
  snprintf (out, 24, "%.0f", n);
}

/* "12/30", or "-" of nothing. */
static void
part (char out[24], double n, double of)
{
  if (of > 0)
    snprintf (out, 24, "%.0f/%.0f", n, of);
  else
    strcpy (out, "-");
}

/* NAME in 16 columns, or as a cell of a Markdown table. */
static void
add_name (struct aid_str *out, int markdown, const char *name)
{
  aid_str_addz (out, markdown ? "| " : "  ");
  for (const char *c = name; *c; c++)
    {
      if (markdown && strchr ("\\|", *c))
        aid_str_addc (out, '\\');
      aid_str_addc (out, *c);
    }
  for (size_t n = aid_utf8_count (aid_span_z (name)); !markdown && n < 16; n++)
    aid_str_addc (out, ' ');
  aid_str_addz (out, markdown ? " |" : "");
}

static void
add_row (struct aid_str *out, int markdown, const char *name, char cells[CELLS][24])
{
  add_name (out, markdown, name);
  for (int i = 0; i < CELLS; i++)
    aid_str_addf (out, markdown ? " %s |" : " %9s", cells[i]);
  aid_str_addc (out, '\n');
}

static void
add_counts (const struct aid_trial_report *r, int markdown, struct aid_str *out)
{
  char cells[CELLS][24] = { "people", "requests", "hunks", "accepted", "undone", "kept", "refused", "red" };

  if (r->plan.by_request)
    strcpy (cells[0], "assigned");
  add_row (out, markdown, "variant", cells);
  if (markdown)
    aid_str_addz (out, "|---|---:|---:|---:|---:|---:|---:|---:|---:|\n");
  for (size_t i = 0; i < r->plan.narms; i++)
    {
      struct aid_trial_counts c;
      aid_trial_report_count (r, i, &c);
      cell (cells[0], (double)c.units);
      cell (cells[1], c.sums.requests);
      cell (cells[2], c.sums.offered);
      cell (cells[3], c.sums.taken);
      cell (cells[4], c.sums.undone);
      part (cells[5], c.sums.kept, c.sums.chars);
      part (cells[6], c.sums.refused, c.sums.hunks);
      part (cells[7], c.sums.red, c.sums.builds);
      add_row (out, markdown, r->plan.arms[i], cells);
    }
}

/* --- one report ----------------------------------------------------------------------------------------------------------- */

static void
add_seen (const struct aid_trial_report *r, struct aid_str *out)
{
  if (!r->trial.persons)
    {
      aid_str_addf (out, "Nobody has been in it yet, by the events of %s.\n", r->from);
      return;
    }
  aid_str_addf (out, "%llu %s, by the events of %s, ", (unsigned long long)r->trial.persons,
                r->trial.persons == 1 ? "person" : "people", r->from);
  add_day (out, r->trial.first);
  aid_str_addz (out, " to ");
  add_day (out, r->trial.last ? r->trial.last : r->trial.first);
  aid_str_addf (out, ".  That they were shared out as declared has p = %.2g.\n", r->report.srm);
  if (r->one_person)
    aid_str_addz (out, "One person's requests are compared: what is shown holds for that person.\n");
}

static void
add_head (const struct aid_experiment *x, const struct aid_trial_report *r, int markdown, struct aid_str *out)
{
  aid_str_addf (out, "%s%s%s (%s%s)\n%s", out->len ? "\n" : "", markdown ? "## " : "", x->name,
                aid_experiment_state (x, aid_clock_wall_ms ()), r->plan.aa ? ", A/A: nothing differs" : "",
                markdown ? "\n" : "");
  if (x->hypothesis)
    aid_str_addf (out, "%s\n%s", x->hypothesis, markdown ? "\n" : "");
  add_seen (r, out);
}

static void
add_sentences (const struct aid_trial_report *r, int markdown, struct aid_str *out)
{
  struct aid_span rest = aid_str_span (&r->report.text), line;

  aid_str_addc (out, '\n');
  while (aid_span_line (&rest, &line))
    aid_str_addf (out, "%s%.*s\n", markdown ? "- " : "", (int)line.len, line.ptr);
}

static void
report_one (void *ctx, const struct aid_experiment *x)
{
  struct reporting *w = ctx;
  struct aid_trial_report r;
  int markdown = w->form == AID_REPORT_MARKDOWN;

  if (w->e.code || (w->only && strcmp (w->only, x->name) != 0) || (!w->only && x->nvariants < 2))
    return;
  if (!aid_trial_report_make (x, &w->source, &r, &w->e))
    {
      w->n++;
      if (w->form == AID_REPORT_JSON)
        aid_trial_report_val (&r, w->out);
      else
        {
          add_head (x, &r, markdown, w->out);
          aid_str_addc (w->out, '\n');
          add_counts (&r, markdown, w->out);
          add_sentences (&r, markdown, w->out);
        }
    }
  aid_trial_report_free (&r);
}

static int
report_from (const struct aid_config *c, const char *name, enum aid_report_form form, struct aid_trial_source source)
{
  struct aid_str out = AID_STR_INIT (TEXT_MAX);
  struct aid_experiment x;
  struct reporting w = { name, form, source, &out, 0, { AID_OK, "" } };
  size_t list = form == AID_REPORT_JSON ? aid_val_list (&out) : 0;
  int status;

  if (!name || !aid_experiment_find (c, name, &x, &w.e))
    aid_experiment_each (c, report_one, &w);
  if (form == AID_REPORT_JSON)
    aid_val_end (&out, list, w.n);
  else if (!w.n)
    aid_str_addz (&out, "The settings have no experiment with two variants.\n");
  if (w.e.code)
    status = aid_cli_fail ("%s", w.e.msg);
  else
    status = form == AID_REPORT_JSON ? aid_cli_print_val (aid_str_span (&out)) : aid_cli_print_calm (&out);
  aid_str_free (&out);
  return status;
}

/* The report for the whole team; C may have a project's settings, but the store is the user's. */
static int
report_team (const struct aid_config *c, const char *name, enum aid_report_form form)
{
  struct aid_team_place place;
  struct aid_team_asker asker = { &place, NULL };
  struct aid_error e = { AID_OK, "" };
  struct aid_config *own = aid_config_load (NULL, &e);
  int status;

  if (!own || aid_team_place_read (own, &place, &e))
    status = aid_cli_fail ("%s", e.msg);
  else if (!place.url)
    status = aid_cli_fail ("There is no team's store: name it by the setting \"team_store\" in %s", aid_config_path (own));
  else
    status = report_from (c, name, form, aid_team_trial (&asker));
  aid_config_free (own);
  return status;
}

int
aid_experiment_report (const struct aid_config *c, const char *name, enum aid_report_form form, int team)
{
  return team ? report_team (c, name, form) : report_from (c, name, form, aid_trial_local ());
}

int
aid_experiment_check (const char *root)
{
  const struct aid_asked asked = { .root = root };
  struct aid_str words = AID_STR_INIT (TEXT_MAX);
  struct aid_team_witness witness;
  int status;

  aid_team_witness_open (&witness, NULL);
  const struct aid_trial_source events = aid_team_witness_source (&witness);
  aid_variants_check (&asked, &events, 1, &words);
  aid_team_witness_close (&witness);
  aid_str_addz (&words, words.len ? "\n" : "Nothing new is shown to do harm.\n");
  status = aid_cli_print_calm (&words);
  aid_str_free (&words);
  return status;
}

int
aid_experiment_resume (const struct aid_config *c, const char *name)
{
  struct aid_experiment x;
  struct aid_error e = { AID_OK, "" };
  int was = 0;

  if (aid_experiment_find (c, name, &x, &e) || aid_trial_resume (&x, &was, &e))
    return aid_cli_fail ("%s", e.msg);
  printf ("%s %s\n", name,
          was ? "goes on, whatever its report says" : "was not switched off; from now on nothing switches it off");
  return AID_EXIT_DONE;
}
