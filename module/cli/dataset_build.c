/* aid dataset build: lays projects out in a folder that is thrown away, where what AID remembers of them goes, too. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/dataset.h"
#include "cli/gather.h"
#include "cli/mine.h"
#include "cli/scratch.h"
#include "cli/times.h"
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>

struct building
{
  const struct aid_cli_dataset *w;
  struct aid_gatherer *gatherer;
};

static enum aid_err
gather (void *ctx, const struct aid_gather *g, json_t **out, struct aid_error *e)
{
  struct building *b = ctx;
  return aid_gatherer_gather (b->gatherer, g, out, e);
}

static void
tell (void *ctx, const json_t *example, const json_t *row, enum aid_dataset_left why, const char *words)
{
  const struct building *b = ctx;
  struct aid_str line = AID_STR_INIT ((size_t)1 << 20);
  if (!b->w->verbose)
    return;
  aid_str_addf (&line, "%s ", aid_json_str (example, "id"));
  if (row)
    aid_str_addf (&line, "%s: %s\n", aid_json_str (row, "strategy"), aid_json_str (row, "prompt"));
  else
    aid_str_addf (&line, "left out (%s): %s\n", aid_dataset_left_name (why), words);
  aid_cli_print_calm (&line);
  aid_str_free (&line);
}

/* --- options ------------------------------------------------------------------------------------------------------ */

static int
take_formats (const struct aid_cli_dataset *w, int *formats)
{
  for (size_t i = 0; i < w->formats.len; i++)
    {
      const char *name = AID_VEC_AT (const char *, &w->formats, i);
      enum aid_dataset_format f = aid_dataset_format_named (name);
      if (f == AID_DATA_FORMATS)
        return aid_cli_misuse ("dataset: there is no format \"%s\": source, messages, prompt-completion, preference, "
                               "openai-preference, kto, nemo-gym or prompt-only",
                               name);
      formats[f] = 1;
    }
  formats[AID_DATA_MESSAGES] |= !w->formats.len;
  return 0;
}

static int
take_settings (const struct aid_cli_dataset *w, struct aid_dataset_settings *s)
{
  if (w->consent)
    {
      free (s->consent);
      s->consent = strdup (w->consent);
    }
  if (w->strategy)
    {
      free (s->strategy);
      s->strategy = strdup (w->strategy);
    }
  if (w->max_tokens)
    s->max_tokens = w->max_tokens;
  if (w->licences.len)
    {
      json_decref (s->licences);
      s->licences = json_array ();
    }
  for (size_t i = 0; i < w->licences.len; i++)
    json_array_append_new (s->licences, json_string (AID_VEC_AT (const char *, &w->licences, i)));
  return 0;
}

/* When a data set is made, for its card; a set variable SOURCE_DATE_EPOCH says otherwise, so that it can be made anew byte
   for byte. */
static int64_t
time_of_making (void)
{
  const char *epoch = getenv ("SOURCE_DATE_EPOCH");
  uint64_t seconds;
  if (epoch && *epoch && !aid_span_number (aid_span_z (epoch), (uint64_t)1 << 40, &seconds))
    return (int64_t)seconds * 1000;
  return aid_clock_wall_ms ();
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static int
print_built (const struct aid_cli_dataset *w, const int *formats, const struct aid_dataset_built *n)
{
  struct aid_str text = AID_STR_INIT (1 << 16);
  json_t *left = json_object ();
  for (unsigned i = 0; i < AID_LEFT_REASONS; i++)
    json_object_set_new (left, aid_dataset_left_name ((enum aid_dataset_left)i), json_integer ((json_int_t)n->left[i]));
  if (w->json)
    {
      json_t *o = json_pack ("{s:I, s:I, s:I, s:I, s:I, s:I, s:O}", "examples", (json_int_t)n->examples, "rows",
                             (json_int_t)n->rows, "train", (json_int_t)n->train, "holdout", (json_int_t)n->holdout,
                             "near_duplicates", (json_int_t)n->alike, "results", (json_int_t)n->results, "left_out", left);
      aid_json_dump (o, &text);
      json_decref (o);
      aid_str_addc (&text, '\n');
    }
  else
    {
      aid_str_addf (&text, "%zu row%s of %zu example%s: %zu to learn from, %zu held out", n->rows, n->rows == 1 ? "" : "s",
                    n->examples, n->examples == 1 ? "" : "s", n->train, n->holdout);
      if (n->alike + n->results)
        aid_str_addf (&text, ", %zu in neither, for they tell of those", n->alike + n->results);
      aid_str_addz (&text, "\n");
      for (unsigned i = 0; i < AID_LEFT_REASONS; i++)
        if (n->left[i])
          aid_str_addf (&text, "  left out (%s): %zu\n", aid_dataset_left_name ((enum aid_dataset_left)i), n->left[i]);
      for (unsigned f = 0; f < AID_DATA_FORMATS; f++)
        if (formats[f] && !n->written[f])
          aid_str_addf (&text, "  no row in the form %s: these examples have none\n",
                        aid_dataset_format_name ((enum aid_dataset_format)f));
      aid_str_addf (&text, "  in %s, with DATACARD.md\n", w->args[0]);
    }
  json_decref (left);
  int status = w->json ? aid_cli_print (aid_str_span (&text)) : aid_cli_print_calm (&text);
  aid_str_free (&text);
  return status;
}

static int
build (const struct aid_cli_dataset *w, const struct aid_dataset_build *options, const struct aid_dataset_settings *settings)
{
  struct building g = { w, NULL };
  struct aid_dataset_build b = *options;
  struct aid_scratch scratch = AID_SCRATCH_INIT;
  struct aid_dataset_built built;
  struct aid_examples *x = NULL;
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = aid_examples_open (0, &x, &e);
  b.settings = settings;
  b.gather = gather;
  b.tell = tell;
  b.ctx = &g;
  if (!err && !(b.stop = aid_cli_stop (&e)))
    err = e.code;
  if (!err && !(err = aid_cli_scratch ("dataset", &scratch, &e)))
    {
      b.scratch = aid_str_z (&scratch.dir);
      if (!(err = aid_cli_scratch_cache (&scratch, &e)) && !(err = aid_gatherer_new (&g.gatherer, &e)))
        err = aid_dataset_make (&b, x, &built, &e);
      aid_gatherer_free (g.gatherer);
    }
  aid_examples_close (x);
  aid_cli_scratch_remove (&scratch);
  return err ? aid_cli_fail ("%s", e.msg) : print_built (w, b.formats, &built);
}

int
aid_cli_dataset_build (const struct aid_cli_dataset *w)
{
  struct aid_dataset_build b = { .dir = w->args[0], .kind = w->kind, .judged = w->judged, .seed = (uint64_t)w->seed };
  struct aid_dataset_settings settings = { .consent = NULL };
  static const char *const none_but_experiments[] = { NULL };
  struct aid_error e = { AID_OK, "" };
  struct aid_str root = AID_STR_INIT (8192);
  int status = take_formats (w, b.formats);
  if (!status && !(status = aid_cli_check_folder ("dataset", "build DIR", b.dir))
      && !(status = aid_cli_check_kind ("dataset", b.kind)))
    status = aid_cli_take_project (w->project, &root);
  b.project = root.len ? aid_str_z (&root) : NULL;
  b.now = time_of_making ();
  aid_config_leave_out (none_but_experiments); /* which begin and end with the days: rows must not */
  if (!status)
    status = aid_cli_take_time ("dataset", w->since, &b.since);
  if (!status && aid_dataset_settings_read (&settings, &e))
    status = aid_cli_fail ("%s", e.msg);
  if (!status)
    status = aid_cli_dataset_split_options (w, &b.by, &settings.holdout);
  if (!status && !(status = take_settings (w, &settings)))
    status = build (w, &b, &settings);
  aid_dataset_settings_free (&settings);
  aid_str_free (&root);
  return status;
}
