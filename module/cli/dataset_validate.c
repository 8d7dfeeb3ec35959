/* aid dataset validate: rows of anybody's against the rules of their form; where their trees are here, against those, too. */
#include "base/json.h"
#include "base/map.h"
#include "base/sha256.h"
#include "cli/cli.h"
#include "cli/dataset.h"
#include "learn/jsonl.h"
#include "learn/row.h"

#include <stdlib.h>

#define TEXT_MAX ((size_t)64 << 20)
#define TOLD_MAX 1000 /* faults that are told; all are counted */

struct checking
{
  const char *file;
  enum aid_dataset_format format; /* AID_DATA_FORMATS: that of the first row */
  struct aid_dataset_rules rules;
  size_t rows, bad, faults, line;
  struct aid_str out;
  int json;
  const char *source;         /* a file of source rows by which the others are made, or NULL */
  struct aid_map *made;       /* the hash of each row that those give in FORMAT; NULL: it is not known yet */
  const json_t *repositories; /* see aid_row_check */
  size_t compared, untold;    /* source rows whose trees are here; others */
};

static void
tell_fault (void *ctx, const char *words)
{
  struct checking *c = ctx;
  if (c->faults++ >= TOLD_MAX)
    return;
  if (c->json)
    {
      json_t *o = json_pack ("{s:o, s:I, s:o}", "file", aid_json_of_span (aid_span_z (c->file)), "line", (json_int_t)c->line,
                             "fault", aid_json_of_span (aid_span_z (words)));
      aid_json_dump (o, &c->out);
      aid_str_addc (&c->out, '\n');
      json_decref (o);
    }
  else
    aid_str_addf (&c->out, "%s:%zu: %s\n", c->file, c->line, words);
}

/* --- rows and their trees ----------------------------------------------------------------------------------------- */

static void
check_trees (struct checking *c, const json_t *row)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_str words = AID_STR_INIT (4096);
  enum aid_err err = aid_row_check (row, c->repositories, &e);
  c->compared += err != AID_E_NOTFOUND;
  c->untold += err == AID_E_NOTFOUND;
  aid_str_addf (&words, "its answer does not come to its tree: %s", e.msg);
  if (err && err != AID_E_NOTFOUND)
    tell_fault (c, aid_str_z (&words));
  aid_str_free (&words);
}

/* The hash of V, whatever the order of its members is; -1: it has none. */
static int
hash_of (const json_t *v, char hash[AID_SHA256_HEX])
{
  char *text = json_dumps (v, JSON_SORT_KEYS | JSON_COMPACT);
  if (!text)
    return -1;
  aid_sha256_hex (aid_span_z (text), hash);
  free (text);
  return 0;
}

static void
note_made (void *ctx, const json_t *made)
{
  struct checking *c = ctx;
  char hash[AID_SHA256_HEX];
  if (!hash_of (made, hash))
    aid_map_put (c->made, aid_span_z (hash), c, NULL);
}

static enum aid_err
note_source (void *ctx, const struct aid_jsonl_line *line, struct aid_error *e)
{
  struct checking *c = ctx;
  if (!line->row || aid_dataset_format_of (line->row) != AID_DATA_SOURCE)
    return aid_error_set (e, AID_E_INVALID, "%s:%zu: %s", c->source, line->number,
                          line->row ? "it is no row of the form \"source\"" : line->wrong);
  aid_dataset_write (c->format, line->row, note_made, c);
  return AID_OK;
}

/* Whether ROW is one that the source rows give. */
static void
check_made (struct checking *c, const json_t *row)
{
  char hash[AID_SHA256_HEX];
  if (!hash_of (row, hash) && !aid_map_get (c->made, aid_span_z (hash)))
    tell_fault (c, "no row of --source gives it");
}

/* --- lines -------------------------------------------------------------------------------------------------------- */

static enum aid_err
check_row (struct checking *c, const json_t *row, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  if (c->format == AID_DATA_FORMATS)
    c->format = aid_dataset_format_of (row);
  if (c->format == AID_DATA_FORMATS)
    {
      tell_fault (c, "it is of no format that is known: --format says which is meant");
      return AID_OK;
    }
  aid_dataset_check (c->format, row, &c->rules, tell_fault, c);
  if (c->format == AID_DATA_SOURCE)
    check_trees (c, row);
  if (c->source && !c->made)
    {
      c->made = aid_map_new ();
      err = c->made ? aid_jsonl_read (c->source, note_source, c, e) : aid_error_set (e, AID_E_NOMEM, "No memory for rows");
    }
  if (c->made && !err)
    check_made (c, row);
  return err;
}

static enum aid_err
check_line (void *ctx, const struct aid_jsonl_line *line, struct aid_error *e)
{
  struct checking *c = ctx;
  size_t before = c->faults;
  enum aid_err err = AID_OK;
  c->line = line->number;
  c->rows++;
  if (line->row)
    err = check_row (c, line->row, e);
  else
    tell_fault (c, line->wrong);
  c->bad += c->faults > before;
  return err;
}

static void
check_file (struct checking *c, const char *file, int *status)
{
  struct aid_error e = { AID_OK, "" };
  size_t before = c->rows;
  c->file = file;
  c->line = 1;
  if (aid_jsonl_read (file, check_line, c, &e))
    *status = aid_cli_fail ("%s", e.msg);
  /* A part, or a form, of which there is no row is a file all the same, beside others that have some. */
  if (!*status && !c->json)
    aid_str_addf (&c->out, "%s: %s\n", file, c->rows == before ? "0 rows" : aid_dataset_format_name (c->format));
  aid_map_free (c->made, NULL);
  c->made = NULL;
}

static void
print_sum (struct checking *c)
{
  aid_str_addf (&c->out, "%zu row%s, %zu with faults", c->rows, c->rows == 1 ? "" : "s", c->bad);
  if (c->compared + c->untold)
    aid_str_addf (&c->out, "; %zu compared with their trees", c->compared);
  if (c->untold)
    aid_str_addf (&c->out, ", those of %zu are not here", c->untold);
  aid_str_addc (&c->out, '\n');
}

int
aid_cli_dataset_validate (const struct aid_cli_dataset *w)
{
  const char *name = w->formats.len ? AID_VEC_AT (const char *, &w->formats, 0) : NULL;
  struct checking c = { .format = AID_DATA_FORMATS,
                        .json = w->json,
                        .rules = { w->max_tokens, 1, 1 },
                        .out = AID_STR_INIT (TEXT_MAX),
                        .source = w->source };
  struct aid_dataset_settings settings = { .consent = NULL };
  enum aid_dataset_format named = name ? aid_dataset_format_named (name) : AID_DATA_FORMATS;
  struct aid_error e = { AID_OK, "" };
  int status = 0;
  if (name && named == AID_DATA_FORMATS)
    return aid_cli_misuse ("dataset: there is no format \"%s\"", name);
  if (aid_dataset_settings_read (&settings, &e))
    status = aid_cli_fail ("%s", e.msg);
  c.repositories = settings.repositories;
  for (int i = 0; i < w->nargs && !status; i++)
    {
      c.format = named;
      check_file (&c, w->args[i], &status);
    }
  if (!status && !c.rows && !c.faults)
    tell_fault (&c, "it has no rows"); /* and no other file has any */
  if (!w->json && !status)
    print_sum (&c);
  if (w->json)
    aid_cli_print (aid_str_span (&c.out));
  else
    aid_cli_print_calm (&c.out);
  aid_dataset_settings_free (&settings);
  aid_str_free (&c.out);
  return status ? status : c.faults ? AID_EXIT_FAILED : AID_EXIT_DONE;
}
