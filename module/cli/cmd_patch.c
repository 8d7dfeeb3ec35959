/* aid patch: says where the hunks of an answer fit, and writes them.  What could not be read as a change is noted on
   standard error; what does not fit is a refusal, and then nothing is written unless that was asked for.  What a killed
   aid patch left half written is brought to an end by aid patch recover, or before the next one writes. */
#include "cli/cli.h"
#include "cli/opt.h"
#include "assist/measured.h"
#include "base/clock.h"
#include "base/val.h"
#include "measure/events.h"
#include "patch/patch.h"

#include <stdio.h>
#include <sys/stat.h>

#define REPORT_MAX (256u << 20)

struct options
{
  const char *root, *format;
  int partial, reverse, json, report;
};

/* 0, or the status of a wrong usage. */
static int
read_format (const char *name, enum aid_patch_format *format)
{
  *format = AID_FORMAT_AUTO;
  if (!name || aid_patch_format_named (name, format))
    return 0;
  return aid_cli_misuse ("patch: there is no format %s", name);
}

/* --- the report for people ------------------------------------------------------------------------------------------- */

static void
add_hunk (const struct aid_placement *o, struct aid_str *out)
{
  aid_str_addf (out, "  hunk %zu: ", o->hunk + 1);
  if (o->status == AID_HUNK_REFUSED)
    aid_str_addf (out, "refused: %s\n", o->reason);
  else if (o->status == AID_HUNK_ALREADY)
    aid_str_addf (out, "already there at line %lld\n", (long long) o->line);
  else
    aid_str_addf (out, "fits at line %lld (%s)\n", (long long) o->line, o->how[0] ? o->how : o->method);
}

static void
add_file (const struct aid_plan *plan, const struct aid_file_plan *f, struct aid_str *out)
{
  const char *from = f->old_path, *to = f->new_path;

  if (from && to && strcmp (from, to) != 0)
    aid_str_addf (out, "%s -> ", from);
  aid_str_addf (out, "%s%s\n", to ? to : from, !to ? " (deleted)" : !from ? " (new)" : "");
  if (f->reason[0] && f->n == 0)
    aid_str_addf (out, "  refused: %s\n", f->reason);
  for (size_t i = f->first; i < f->first + f->n; i++)
    add_hunk (&AID_VEC_AT (struct aid_placement, &plan->placements, i), out);
}

static int
print_report (const struct aid_plan *plan)
{
  struct aid_str raw = AID_STR_INIT (REPORT_MAX);
  int status;

  for (size_t i = 0; i < plan->files.len; i++)
    add_file (plan, &AID_VEC_AT (struct aid_file_plan, &plan->files, i), &raw);
  status = aid_cli_print_calm (&raw);
  aid_str_free (&raw);
  return status;
}

/* What was refused, for whoever is to write it anew. */
static int
print_refused (const struct aid_patch *p, const struct aid_plan *plan)
{
  struct aid_str raw = AID_STR_INIT (REPORT_MAX);
  enum aid_err err = aid_patch_report (p, plan, NULL, &raw);
  int status;

  status = err ? aid_cli_fail ("the report does not fit in memory") : aid_cli_print_calm (&raw);
  aid_str_free (&raw);
  return status;
}

static int
print_plan (const struct aid_patch *p, const struct aid_plan *plan, int json)
{
  struct aid_str val = AID_STR_INIT (1u << 30);
  int status;

  if (!json)
    {
      for (size_t i = 0; i < p->notes.len; i++)
        fprintf (stderr, "aid: note: %s\n", AID_VEC_AT (struct aid_patch_note, &p->notes, i).msg);
      return print_report (plan);
    }
  aid_plan_to_val (p, plan, &val);
  status = val.err ? aid_cli_fail ("the plan does not fit in memory") : aid_cli_print_val (aid_str_span (&val));
  aid_str_free (&val);
  return status;
}

/* --- what was interrupted --------------------------------------------------------------------------------------------- */

static void
say_recovery (const struct aid_patch_recovery *r, FILE *to, const char *before)
{
  if (r->pending)
    fprintf (to, "%sa patch was interrupted here; aid patch recover finishes it or takes it back\n", before);
  if (r->finished)
    fprintf (to, "%sfinished %zu interrupted patch%s\n", before, r->finished, r->finished > 1 ? "es" : "");
  if (r->undone)
    fprintf (to, "%stook back %zu interrupted patch%s: the files are as before\n", before, r->undone,
             r->undone > 1 ? "es" : "");
  if (r->forgotten)
    fprintf (to, "%sforgot %zu interrupted patch%s: the files are as they were found\n", before, r->forgotten,
             r->forgotten > 1 ? "es" : "");
}

/* Before applying, what was interrupted is brought to an end; before checking, it is only mentioned. */
static int
recover_first (const char *root, int apply)
{
  struct aid_patch_recovery r;
  struct aid_error e;
  enum aid_err err = aid_patch_recover (root, apply ? AID_RECOVER_NOW : AID_RECOVER_LOOK, &r, &e);

  if (!err)
    say_recovery (&r, stderr, "aid: note: ");
  aid_patch_recovery_free (&r);
  return err && apply ? aid_cli_fail ("%s", e.msg) : AID_EXIT_DONE;
}

static int
print_recovery (const struct aid_patch_recovery *r)
{
  struct aid_str val = AID_STR_INIT (1u << 30);
  size_t object = aid_val_object (&val);
  int status;

  aid_val_kint (&val, "finished", (int64_t) r->finished);
  aid_val_kint (&val, "taken_back", (int64_t) r->undone);
  aid_val_kint (&val, "forgotten", (int64_t) r->forgotten);
  aid_val_key (&val, "files");
  size_t list = aid_val_list (&val);
  for (size_t i = 0; i < r->files.len; i++)
    aid_val_strz (&val, AID_VEC_AT (char *, &r->files, i));
  aid_val_end (&val, list, (uint32_t) r->files.len);
  aid_val_end (&val, object, 4);
  status = val.err ? aid_cli_fail ("the report does not fit in memory") : aid_cli_print_val (aid_str_span (&val));
  aid_str_free (&val);
  return status;
}

static int
recover (int argc, char **argv)
{
  struct options o = { .root = "." };
  struct aid_patch_recovery r;
  struct aid_error e;
  int status, forget = 0;
  const struct aid_opt opts[] = {
    { "root", 0, AID_OPT_STRING, &o.root, "DIR", "the folder that the patches were applied in (the working directory)" },
    { "forget", 0, AID_OPT_FLAG, &forget, NULL, "leave the files as they are, and remove what was kept to go on or back" },
    { "json", 0, AID_OPT_FLAG, &o.json, NULL, "one JSON document: how many patches, and their files" },
  };
  const struct aid_usage_text usage
    = { "aid patch recover [options]",
        "Brings patches to an end whose writing was interrupted (killed, no power): those that were ready to be written\n"
        "are finished, others are taken back.  aid patch apply does so by itself before it writes.\n",
        opts, sizeof opts / sizeof *opts, 0, 0 };

  if (aid_opt_parse (&usage, argc, argv, &status) < 0)
    return status;
  if (aid_patch_recover (o.root, forget ? AID_RECOVER_FORGET : AID_RECOVER_NOW, &r, &e) != AID_OK)
    status = aid_cli_fail ("%s", e.msg);
  else if (o.json)
    status = print_recovery (&r);
  else
    {
      say_recovery (&r, stdout, "");
      status = aid_cli_print (aid_span_z (r.finished + r.undone + r.forgotten ? "" : "nothing was interrupted\n"));
    }
  aid_patch_recovery_free (&r);
  return status;
}

/* --- checking and applying ------------------------------------------------------------------------------------------- */

static void
say_written (const struct aid_plan *plan)
{
  if (plan->applied)
    printf ("%zu change%s written\n", plan->applied, plan->applied == 1 ? " was" : "s were");
  else
    printf ("nothing was written: %s\n", plan->refused ? "nothing fits" : "all of it is there already");
}

static int
finish (const struct aid_patch *p, const struct aid_plan *plan, const struct options *o, int apply)
{
  struct aid_error e;
  int status = o->report ? print_refused (p, plan) : print_plan (p, plan, o->json);

  if (status != AID_EXIT_DONE)
    return status;
  if (p->files.len == 0)
    return aid_cli_fail ("there is no patch in it");
  if (apply && aid_patch_apply_tree (p, plan, o->root, o->partial, &e) != AID_OK)
    return aid_cli_fail ("%s", e.msg);
  if (apply && !o->json)
    say_written (plan);
  if (plan->refused > 0)
    return aid_cli_fail ("%zu of %zu changes do not fit", plan->refused, plan->refused + plan->applied + plan->already);
  return AID_EXIT_DONE;
}

static int
run (const struct options *o, enum aid_patch_format format, const char *file, int apply)
{
  struct aid_str text = AID_STR_INIT (AID_PATCH_MAX);
  struct aid_plan_options options = { .reverse = o->reverse, .together = 1, .ahead = 1 };
  struct aid_patch_source source = aid_patch_disk_source (o->root);
  struct aid_patch *p = NULL;
  struct aid_plan *plan = NULL;
  struct aid_error e;
  struct stat st;
  int64_t begun = aid_clock_ms ();
  int status;

  aid_cli_heap ();
  if (stat (o->root, &st) != 0 || !S_ISDIR (st.st_mode))
    return aid_cli_fail ("%s is no folder", o->root);
  status = recover_first (o->root, apply);
  if (status)
    return status;
  if (aid_cli_read (file, &text, &e) != AID_OK || aid_patch_read (aid_str_span (&text), format, &p, &e) != AID_OK
      || aid_patch_settle (&p, format, &source, &e) != AID_OK
      || aid_patch_plan (p, &source, &options, &plan, &e) != AID_OK)
    status = aid_cli_fail ("%s", e.msg);
  else
    {
      struct aid_events *events = apply ? aid_events_new () : NULL;
      aid_measured_patch (events, p, plan, AID_SPAN (""), o->root, aid_clock_ms () - begun);
      status = finish (p, plan, o, apply);
      aid_cli_end_events (events);
    }
  aid_plan_free (plan);
  aid_patch_free (p);
  aid_str_free (&text);
  return status;
}

static int
check_or_apply (int argc, char **argv, int apply)
{
  struct options o = { .root = "." };
  enum aid_patch_format format = AID_FORMAT_AUTO;
  int status;
  const struct aid_opt partial
    = { "partial", 0, AID_OPT_FLAG, &o.partial, NULL, "write what fits though some of it does not" };
  const struct aid_opt report
    = { "report", 0, AID_OPT_FLAG, &o.report, NULL, "only what is refused: the hunk, why, and what the file has there" };
  const struct aid_opt last = apply ? partial : report; /* a report is no use once something is written */
  const struct aid_opt opts[] = {
    { "root", 0, AID_OPT_STRING, &o.root, "DIR", "the folder that the patch's names start from (the working directory)" },
    { "format", 0, AID_OPT_STRING, &o.format, "FORMAT", "auto, unified, search-replace, apply-patch, edits or whole" },
    { "reverse", 0, AID_OPT_FLAG, &o.reverse, NULL, "take the changes back" },
    { "json", 0, AID_OPT_FLAG, &o.json, NULL, "one JSON document: files, their hunks, where and why" },
    last,
  };
  const struct aid_usage_text usage
    = { apply ? "aid patch apply [options] [FILE|-]" : "aid patch check [options] [FILE|-]",
        apply
          ? "Writes the changes of an answer, a Markdown text with diffs, search/replace blocks, edits as JSON, or whole\n"
            "files and edited copies in blocks that name their file; or of a plain diff: all of them, or nothing.\n"
          : "Says where the changes of an answer, a Markdown text with diffs or search/replace blocks, or of a plain\n"
            "diff would go.  Nothing is written.\n",
        opts,
        sizeof opts / sizeof *opts,
        0,
        1 };
  int n = aid_opt_parse (&usage, argc, argv, &status);

  if (n < 0)
    return status;
  if (o.report && o.json)
    return aid_cli_misuse ("patch: --report is for reading and --json for programs: choose one");
  status = read_format (o.format, &format);
  return status ? status : run (&o, format, n > 0 ? argv[1] : "-", apply);
}

int
aid_cmd_patch (int argc, char **argv)
{
  static const struct aid_usage_text usage
    = { "aid patch check|apply|recover [options] [FILE|-]",
        "Checks or applies the patches in an answer, or ends what was interrupted; aid patch apply --help tells more.\n",
        NULL, 0, 1, -1 };
  int status;

  if (argc > 1 && (!strcmp (argv[1], "check") || !strcmp (argv[1], "apply")))
    return check_or_apply (argc - 1, argv + 1, argv[1][0] == 'a');
  if (argc > 1 && !strcmp (argv[1], "recover"))
    return recover (argc - 1, argv + 1);
  if (aid_opt_parse (&usage, argc, argv, &status) < 0)
    return status;
  return aid_cli_misuse ("patch: there is no \"%s\", only check, apply and recover", argv[1]);
}
