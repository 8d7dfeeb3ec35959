/* aid dataset: data sets of examples, and rows of anybody's: parted, counted, checked. */
#include "base/fs.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/dataset.h"
#include "cli/opt.h"
#include "learn/jsonl.h"

#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX ((size_t)64 << 20)

int
aid_cli_dataset_split_options (const struct aid_cli_dataset *w, enum aid_split_by *by, double *share)
{
  char *end = NULL;
  double s = w->holdout ? strtod (w->holdout, &end) : 0;
  if (w->holdout && (!end || end == w->holdout || *end || !(s > 0 && s < 1)))
    return aid_cli_misuse ("dataset: --holdout is a share above 0 and below 1");
  if (w->by && strcmp (w->by, "time") != 0 && strcmp (w->by, "project") != 0)
    return aid_cli_misuse ("dataset: --by is time or project");
  *by = w->by && !strcmp (w->by, "project") ? AID_SPLIT_PROJECT : AID_SPLIT_TIME;
  *share = w->holdout ? s : *share;
  return 0;
}

/* --- parting ------------------------------------------------------------------------------------------------------ */

static json_t *
left_rows (const struct aid_split *s)
{
  json_t *all = json_array ();
  for (size_t i = 0; i < s->rows.len; i++)
    {
      const struct aid_split_row *row = &AID_VEC_AT (struct aid_split_row, &s->rows, i);
      if (row->part == AID_PART_NEITHER)
        json_array_append_new (all, json_pack ("{s:I, s:s, s:I, s:f}", "line", (json_int_t)row->line, "why", row->why, "of",
                                               (json_int_t)row->of, "share", row->share));
    }
  return all;
}

static int
print_split (const struct aid_cli_dataset *w, const struct aid_split *s, const json_t *files)
{
  struct aid_str text = AID_STR_INIT (TEXT_MAX);
  json_t *left = left_rows (s);
  if (w->json)
    {
      json_t *o = json_pack ("{s:s, s:I, s:I, s:O, s:O}", "format", aid_dataset_format_name (s->format), "train",
                             (json_int_t)s->train, "holdout", (json_int_t)s->holdout, "left_out", left, "files", files);
      aid_json_dump (o, &text);
      json_decref (o);
      aid_str_addc (&text, '\n');
    }
  else
    {
      aid_str_addf (&text, "%zu to learn from, %zu held out", s->train, s->holdout);
      if (s->alike || s->results)
        aid_str_addf (&text, "; in neither: %zu like one that is held out, %zu that tell the result of one", s->alike,
                      s->results);
      aid_str_addc (&text, '\n');
      for (size_t i = 0; w->verbose && i < json_array_size (left); i++)
        {
          const json_t *one = json_array_get (left, i);
          aid_str_addf (&text, "  line %lld: %s of line %lld (%.2f)\n", (long long)aid_json_int (one, "line", 0),
                        aid_json_str (one, "why"), (long long)aid_json_int (one, "of", 0), aid_json_real (one, "share", 0));
        }
    }
  json_decref (left);
  int status = w->json ? aid_cli_print (aid_str_span (&text)) : aid_cli_print_calm (&text);
  aid_str_free (&text);
  return status;
}

/* What is in DIR by the names of parts is somebody's, it may be the very file that is parted: 0, or a status. */
static int
check_parts (const char *dir)
{
  static const char *const parts[] = { "train", "holdout" };
  int status = 0;
  for (size_t i = 0; i < 2 && !status; i++)
    {
      struct aid_str path = AID_STR_INIT (8192);
      aid_str_addf (&path, "%s/%s.jsonl", dir, parts[i]);
      if (aid_fs_exists (aid_str_z (&path)))
        status = aid_cli_fail ("%s is there already, and would be lost: move it away, or name another folder",
                               aid_str_z (&path));
      aid_str_free (&path);
    }
  return status;
}

static int
split (const struct aid_cli_dataset *w)
{
  struct aid_split s = { .train = 0 };
  struct aid_error e = { AID_OK, "" };
  enum aid_split_by by = AID_SPLIT_TIME;
  double share = AID_DATASET_HOLDOUT;
  json_t *files = json_array ();
  int status = aid_cli_dataset_split_options (w, &by, &share);
  if (!status && !w->to)
    status = aid_cli_misuse ("dataset: --to DIR says where the parts go");
  if (!status)
    status = aid_cli_check_folder ("dataset", "--to", w->to);
  if (!status && !strcmp (w->args[0], "-"))
    status = aid_cli_misuse ("dataset: split reads its file more than once, so it cannot be standard input");
  if (!status && aid_split_make (w->args[0], by, share, (uint64_t)w->seed, &s, &e))
    status = aid_cli_fail ("%s", e.msg);
  if (!status)
    status = check_parts (w->to);
  if (!status && aid_dataset_write_parts (w->args[0], &s, AID_DATA_FORMATS, w->to, files, &e))
    status = aid_cli_fail ("%s", e.msg);
  else if (!status)
    status = print_split (w, &s, files);
  json_decref (files);
  aid_split_free (&s);
  return status;
}

/* --- counting ----------------------------------------------------------------------------------------------------- */

struct counting
{
  const char *file;
  size_t rows, chars;
  json_t *formats, *kinds, *projects, *languages, *licences;
  struct aid_vec tokens; /* int64_t */
};

static void
count (json_t *all, const char *name)
{
  json_object_set_new (all, name, json_integer (aid_json_int (all, name, 0) + 1));
}

static enum aid_err
count_line (void *ctx, const struct aid_jsonl_line *line, struct aid_error *e)
{
  struct counting *c = ctx;
  const json_t *one;
  size_t i;
  if (!line->row)
    return aid_error_set (e, AID_E_INVALID, "%s, line %zu: %s", c->file, line->number, line->wrong);
  enum aid_dataset_format format = aid_dataset_format_of (line->row);
  int64_t *slot = aid_vec_push (&c->tokens);
  if (slot)
    *slot = aid_dataset_tokens (format, line->row);
  c->rows++;
  c->chars += line->text.len;
  count (c->formats, aid_dataset_format_name (format));
  if (aid_json_str (line->row, "kind"))
    count (c->kinds, aid_json_str (line->row, "kind"));
  if (aid_json_str (line->row, "project"))
    count (c->projects, aid_json_str (line->row, "project"));
  if (format == AID_DATA_SOURCE)
    count (c->licences, aid_json_str (line->row, "licence") ? aid_json_str (line->row, "licence") : "unknown");
  json_array_foreach (json_object_get (line->row, "languages"), i, one)
  {
    if (json_is_string (one))
      count (c->languages, json_string_value (one));
  }
  return AID_OK;
}

static int
by_value (const void *a, const void *b)
{
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return x < y ? -1 : x > y;
}

static json_t *
spread (const struct aid_vec *tokens)
{
  int64_t sum = 0, *v = tokens->data;
  size_t n = tokens->len;
  if (!n)
    return json_null ();
  qsort (v, n, sizeof *v, by_value);
  for (size_t i = 0; i < n; i++)
    sum += v[i];
  return json_pack ("{s:I, s:I, s:I, s:I, s:I}", "least", (json_int_t)v[0], "median", (json_int_t)v[n / 2], "p90",
                    (json_int_t)v[n - 1 - n / 10], "most", (json_int_t)v[n - 1], "sum", (json_int_t)sum);
}

static void
add_counts (struct aid_str *out, const char *title, const json_t *counts)
{
  const char *name;
  const json_t *n;
  if (!json_object_size (counts))
    return;
  aid_str_addf (out, "%s:", title);
  json_object_foreach ((json_t *)(uintptr_t)counts, name, n)
  {
    aid_str_addf (out, " %s %lld", name, (long long)json_integer_value (n));
  }
  aid_str_addc (out, '\n');
}

static int
print_counts (const struct aid_cli_dataset *w, struct counting *c)
{
  struct aid_str text = AID_STR_INIT (TEXT_MAX);
  json_t *tokens = spread (&c->tokens);
  if (w->json)
    {
      json_t *o = json_pack ("{s:I, s:I, s:O, s:O, s:O, s:O, s:O, s:O}", "rows", (json_int_t)c->rows, "bytes",
                             (json_int_t)c->chars, "tokens", tokens, "formats", c->formats, "kinds", c->kinds, "projects",
                             c->projects, "languages", c->languages, "licences", c->licences);
      aid_json_dump (o, &text);
      aid_str_addc (&text, '\n');
      json_decref (o);
    }
  else
    {
      aid_str_addf (&text, "%zu row%s, %.1f MB\n", c->rows, c->rows == 1 ? "" : "s", (double)c->chars / (1 << 20));
      add_counts (&text, "tokens of a row", tokens);
      add_counts (&text, "formats", c->formats);
      add_counts (&text, "kinds", c->kinds);
      add_counts (&text, "languages", c->languages);
      add_counts (&text, "projects", c->projects);
      add_counts (&text, "licences", c->licences);
    }
  json_decref (tokens);
  int status = w->json ? aid_cli_print (aid_str_span (&text)) : aid_cli_print_calm (&text);
  aid_str_free (&text);
  return status;
}

static int
stats (const struct aid_cli_dataset *w)
{
  struct counting c = { .formats = json_object (),
                        .kinds = json_object (),
                        .projects = json_object (),
                        .languages = json_object (),
                        .licences = json_object (),
                        .tokens = AID_VEC_INIT (int64_t, AID_JSONL_LINES) };
  struct aid_error e = { AID_OK, "" };
  int status = 0;
  for (int i = 0; i < w->nargs && !status; i++)
    {
      c.file = w->args[i];
      if (aid_jsonl_read (c.file, count_line, &c, &e))
        status = aid_cli_fail ("%s", e.msg);
    }
  if (!status)
    status = print_counts (w, &c);
  json_decref (c.formats);
  json_decref (c.kinds);
  json_decref (c.projects);
  json_decref (c.languages);
  json_decref (c.licences);
  aid_vec_free (&c.tokens);
  return status;
}

/* --- which -------------------------------------------------------------------------------------------------------- */

static const struct
{
  const char *name;
  int (*run) (const struct aid_cli_dataset *w);
  int min, max; /* operands; max -1: any number */
  const char *form;
} words[] = { { "build", aid_cli_dataset_build, 1, 1, "build DIR" },
              { "split", split, 1, 1, "split FILE --to DIR" },
              { "stats", stats, 1, -1, "stats FILE..." },
              { "validate", aid_cli_dataset_validate, 1, -1, "validate FILE..." } };

static int
run (struct aid_cli_dataset *w, const char *word)
{
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strcmp (words[i].name, word))
      {
        if (w->nargs < words[i].min || (words[i].max >= 0 && w->nargs > words[i].max))
          return aid_cli_misuse ("dataset: write aid dataset %s", words[i].form);
        return words[i].run (w);
      }
  return aid_cli_misuse ("dataset: there is no \"%s\": build, split, stats or validate", word);
}

int
aid_cmd_dataset (int argc, char **argv)
{
  struct aid_cli_dataset w
    = { .formats = AID_VEC_INIT (const char *, 100), .licences = AID_VEC_INIT (const char *, 1000), .seed = 1 };
  int status, n;
  const struct aid_opt opts[] = {
    { "format", 'f', AID_OPT_LIST, &w.formats, "NAME",
      "build: one that is wanted (messages), may be repeated; validate: that of the rows" },
    { "consent", 0, AID_OPT_STRING, &w.consent, "TEXT", "build: who has agreed to it, for the data card" },
    { "strategy", 's', AID_OPT_STRING, &w.strategy, "NAME",
      "build: how questions are asked (fix-build, or edit, by the example's kind)" },
    { "kind", 0, AID_OPT_STRING, &w.kind, "KIND", "build: only those examples: repair, start, test, preference" },
    { "project", 0, AID_OPT_STRING, &w.project, "DIR", "build: only examples of the project there" },
    { "since", 0, AID_OPT_STRING, &w.since, "TIME", "build: only those since: 30m, 24h, 7d, 4w ago, or 2026-01-31" },
    { "judged", 0, AID_OPT_FLAG, &w.judged, NULL,
      "build: only what was judged to be red before and green after (aid mine --judge)" },
    { "licence", 0, AID_OPT_LIST, &w.licences, "NAME",
      "build: only projects under it (MIT, ..., unknown); may be repeated" },
    { "max-tokens", 0, AID_OPT_NUMBER, &w.max_tokens, "N", "of a row: longer ones are left out (32768), or are faults" },
    { "by", 0, AID_OPT_STRING, &w.by, "time|project", "build, split: the newest rows are held out, or whole projects" },
    { "holdout", 0, AID_OPT_STRING, &w.holdout, "SHARE", "build, split: so many of the rows are held out (0.1)" },
    { "seed", 0, AID_OPT_NUMBER, &w.seed, "N", "build, split: which projects are drawn (1)" },
    { "to", 0, AID_OPT_STRING, &w.to, "DIR", "split: gets train.jsonl and holdout.jsonl" },
    { "source", 0, AID_OPT_STRING, &w.source, "FILE",
      "validate: source.jsonl, by whose rows those of other forms must be made" },
    { "verbose", 'v', AID_OPT_FLAG, &w.verbose, NULL, "say of each example, or row, what became of it" },
    { "json", 0, AID_OPT_FLAG, &w.json, NULL, "one JSON object; of validate one a line for each fault" },
  };
  const struct aid_usage_text usage = {
    "aid dataset build DIR|split FILE --to DIR|stats FILE...|validate FILE... [options]",
    "Data sets to train models with.  build makes one of the examples that are described: the context as AID would gather "
    "it where\n"
    "each change was made, the question, and the change, in the trainers' formats, with a part that is held out and a data "
    "card.\n"
    "split parts the rows of a file, so that none to learn from tells of one that is held out; stats counts them; validate "
    "checks\n"
    "them against their format's rules.  Formats: source, messages, prompt-completion, preference, openai-preference, kto,\n"
    "nemo-gym, prompt-only.\n",
    opts,
    sizeof opts / sizeof *opts,
    1,
    -1
  };
  if ((n = aid_opt_parse (&usage, argc, argv, &status)) >= 0)
    {
      w.args = argv + 2;
      w.nargs = n - 1;
      status = run (&w, argv[1]);
    }
  aid_vec_free (&w.formats);
  aid_vec_free (&w.licences);
  return status;
}
