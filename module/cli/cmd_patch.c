/* aid patch: says where the hunks of an answer fit, and writes them.  What could not be read as a change is noted on
   standard error; what does not fit is a refusal, and then nothing is written unless that was asked for. */
#include "cli/cli.h"
#include "cli/opt.h"
#include "patch/patch.h"

#include <stdio.h>
#include <sys/stat.h>

#define REPORT_MAX (256u << 20)

struct options
{
  const char *root, *format;
  int partial, reverse, json;
};

/* 0, or the status of a wrong usage. */
static int
read_format (const char *name, enum aid_patch_format *format)
{
  static const char *const known[] = { "auto", "unified", "search-replace" };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (!name || strcmp (name, known[i]) == 0)
      {
        *format = name ? (enum aid_patch_format) i : AID_FORMAT_AUTO;
        return 0;
      }
  return aid_cli_misuse ("format not supported: %s", name);
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
  else if (o->shift)
    aid_str_addf (out, "fits at line %lld (%s, moved %lld)\n", (long long) o->line, o->method, (long long) o->shift);
  else
    aid_str_addf (out, "fits at line %lld (%s)\n", (long long) o->line, o->method);
}

static void
add_file (const struct aid_patch *p, const struct aid_plan *plan, const struct aid_file_plan *f, struct aid_str *out)
{
  const struct aid_patch_file *file = &AID_VEC_AT (struct aid_patch_file, &p->files, f->file);
  const char *from = plan->reverse ? file->new_path : file->old_path, *to = plan->reverse ? file->old_path : file->new_path;

  if (from && to && strcmp (from, to) != 0)
    aid_str_addf (out, "%s -> ", from);
  aid_str_addf (out, "%s%s\n", to ? to : from, !to ? " (deleted)" : !from ? " (new)" : "");
  if (f->reason[0] && f->n == 0)
    aid_str_addf (out, "  refused: %s\n", f->reason);
  for (size_t i = f->first; i < f->first + f->n; i++)
    add_hunk (&AID_VEC_AT (struct aid_placement, &plan->placements, i), out);
}

static int
print_report (const struct aid_patch *p, const struct aid_plan *plan)
{
  struct aid_str raw = AID_STR_INIT (REPORT_MAX), calm = AID_STR_INIT (REPORT_MAX);
  int status;

  for (size_t i = 0; i < plan->files.len; i++)
    add_file (p, plan, &AID_VEC_AT (struct aid_file_plan, &plan->files, i), &raw);
  aid_cli_calm (aid_str_span (&raw), &calm);
  status = raw.err || calm.err ? aid_cli_fail ("the report does not fit in memory") : aid_cli_print (aid_str_span (&calm));
  aid_str_free (&raw);
  aid_str_free (&calm);
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
      return print_report (p, plan);
    }
  aid_plan_to_val (p, plan, &val);
  status = val.err ? aid_cli_fail ("the plan does not fit in memory") : aid_cli_print_val (aid_str_span (&val));
  aid_str_free (&val);
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
  int status = print_plan (p, plan, o->json);

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
  struct aid_plan_options options = { .reverse = o->reverse };
  struct aid_patch_source source = aid_patch_disk_source (o->root);
  struct aid_patch *p = NULL;
  struct aid_plan *plan = NULL;
  struct aid_error e;
  struct stat st;
  int status;

  if (stat (o->root, &st) != 0 || !S_ISDIR (st.st_mode))
    return aid_cli_fail ("%s is no folder", o->root);
  if (aid_cli_read (file, &text, &e) != AID_OK || aid_patch_read (aid_str_span (&text), format, &p, &e) != AID_OK
      || aid_patch_plan (p, &source, &options, &plan, &e) != AID_OK)
    status = aid_cli_fail ("%s", e.msg);
  else
    status = finish (p, plan, o, apply);
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
  const struct aid_opt opts[] = {
    { "root", 0, AID_OPT_STRING, &o.root, "DIR", "the folder that the patch's names start from (the working directory)" },
    { "format", 0, AID_OPT_STRING, &o.format, "FORMAT", "auto, unified or search-replace" },
    { "partial", 0, AID_OPT_FLAG, &o.partial, NULL, "write what fits though some of it does not" },
    { "reverse", 0, AID_OPT_FLAG, &o.reverse, NULL, "take the changes back" },
    { "json", 0, AID_OPT_FLAG, &o.json, NULL, "one JSON document: files, their hunks, where and why" },
  };
  const struct aid_usage_text usage
    = { apply ? "aid patch apply [options] [FILE|-]" : "aid patch check [options] [FILE|-]",
        apply ? "Writes the changes of an answer, a Markdown text with diffs or search/replace blocks, or of a plain diff:\n"
                "all of them, or nothing.\n"
              : "Says where the changes of an answer, a Markdown text with diffs or search/replace blocks, or of a plain\n"
                "diff would go.  Nothing is written.\n",
        opts, sizeof opts / sizeof *opts, 0, 1 };
  int n = aid_opt_parse (&usage, argc, argv, &status);

  if (n < 0)
    return status;
  status = read_format (o.format, &format);
  return status ? status : run (&o, format, n > 0 ? argv[1] : "-", apply);
}

int
aid_cmd_patch (int argc, char **argv)
{
  static const struct aid_usage_text usage
    = { "aid patch check|apply [options] [FILE|-]",
        "Checks or applies the patches in an answer; aid patch apply --help tells more.\n", NULL, 0, 1, -1 };
  int status;

  if (argc > 1 && (!strcmp (argv[1], "check") || !strcmp (argv[1], "apply")))
    return check_or_apply (argc - 1, argv + 1, argv[1][0] == 'a');
  if (aid_opt_parse (&usage, argc, argv, &status) < 0)
    return status;
  return aid_cli_misuse ("patch: there is no \"%s\", only check and apply", argv[1]);
}
