/* The data card: what a data set holds, whose it is, who has agreed, what was left out.  After "Datasheets for Datasets"
   (Gebru et al., 2021) and the data cards of the Hugging Face hub, as far as it can be told without a person. */
#include "base/fs.h"
#include "base/json.h"
#include "base/sha256.h"
#include "learn/dataset_build.h"
#include "versions/installed.h"

#include <stdlib.h>
#include <time.h>

#define CARD_MAX ((size_t)16 << 20)

enum aid_err
aid_card_begin (struct aid_card *c)
{
  c->files = json_array ();
  c->kinds = json_object ();
  c->projects = json_object ();
  c->languages = json_object ();
  c->licences = json_object ();
  c->models = json_object ();
  c->consents = json_object ();
  c->tokens = json_array ();
  return c->files && c->kinds && c->projects && c->languages && c->licences && c->models && c->consents && c->tokens
           ? AID_OK
           : AID_E_NOMEM;
}

void
aid_card_free (struct aid_card *c)
{
  json_decref (c->files);
  json_decref (c->kinds);
  json_decref (c->projects);
  json_decref (c->languages);
  json_decref (c->licences);
  json_decref (c->models);
  json_decref (c->consents);
  json_decref (c->tokens);
}

static void
count (json_t *all, const char *name)
{
  json_object_set_new (all, name, json_integer (aid_json_int (all, name, 0) + 1));
}

/* Counts whose work EXAMPLE is: the person's own, or somebody's who has agreed to its being mined. */
static void
count_consent (json_t *all, const json_t *consent)
{
  struct aid_str words = AID_STR_INIT (1000);
  const char *person = aid_json_str (consent, "person"), *agreed = aid_json_str (consent, "agreed");
  if (person)
    aid_str_addf (&words, "%s%s%s", person, agreed ? ", who agreed on " : "", agreed ? agreed : "");
  count (all, !person || words.err ? "who made the data set" : aid_str_z (&words));
  aid_str_free (&words);
}

void
aid_card_add (struct aid_card *c, const json_t *row, const json_t *example)
{
  const char *licence = aid_json_str (row, "licence"),
             *model = aid_json_str (json_object_get (example, "described"), "model");
  const json_t *language;
  size_t i;
  count (c->kinds, aid_json_str (row, "kind"));
  count_consent (c->consents, json_object_get (example, "consent"));
  count (c->projects, aid_json_str (row, "project"));
  count (c->licences, licence ? licence : "unknown");
  if (aid_json_span (example, "question").len)
    count (c->models, "asked by a person");
  else
    count (c->models, model ? model : "unknown");
  json_array_foreach (json_object_get (row, "languages"), i, language)
  {
    count (c->languages, json_string_value (language));
  }
  json_array_append (c->tokens, json_object_get (json_object_get (row, "tokens"), "all"));
}

/* --- as JSON ------------------------------------------------------------------------------------------------------ */

static int
by_value (const void *a, const void *b)
{
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return x < y ? -1 : x > y;
}

static json_t *
spread (const json_t *numbers)
{
  size_t n = json_array_size (numbers);
  int64_t *v = malloc ((n + 1) * sizeof *v), sum = 0;
  json_t *out = json_object ();
  for (size_t i = 0; v && i < n; i++)
    sum += v[i] = json_integer_value (json_array_get (numbers, i));
  if (v && n)
    {
      qsort (v, n, sizeof *v, by_value);
      json_object_set_new (out, "least", json_integer (v[0]));
      json_object_set_new (out, "median", json_integer (v[n / 2]));
      json_object_set_new (out, "p90", json_integer (v[n - 1 - n / 10]));
      json_object_set_new (out, "most", json_integer (v[n - 1]));
      json_object_set_new (out, "sum", json_integer (sum));
    }
  free (v);
  return out;
}

static void
write_day (int64_t ms, char out[32])
{
  time_t at = (time_t)(ms / 1000);
  struct tm tm;
  out[0] = '\0';
  if (gmtime_r (&at, &tm))
    strftime (out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static json_t *
filters_of (const struct aid_dataset_build *b)
{
  json_t *o = json_object ();
  json_object_set_new (o, "kind", b->kind ? json_string (b->kind) : json_null ());
  json_object_set_new (o, "judged", json_boolean (b->judged));
  json_object_set_new (o, "max_tokens", json_integer (b->settings->max_tokens));
  json_object_set (o, "licences", b->settings->licences ? b->settings->licences : json_null ());
  json_object_set_new (o, "strategy", b->settings->strategy ? json_string (b->settings->strategy) : json_null ());
  json_object_set_new (o, "since", b->since ? json_integer (b->since) : json_null ());
  return o;
}

static json_t *
to_json (const struct aid_card *c)
{
  const struct aid_dataset_build *b = c->build;
  const struct aid_dataset_built *n = c->built;
  char made[32];
  json_t *left = json_object (), *o = json_object ();
  write_day (b->now, made);
  for (unsigned i = 0; i < AID_LEFT_REASONS; i++)
    json_object_set_new (left, aid_dataset_left_name ((enum aid_dataset_left)i), json_integer ((json_int_t)n->left[i]));
  json_object_set_new (left, "near-duplicate of the hold-out", json_integer ((json_int_t)n->alike));
  json_object_set_new (left, "tells a result of the hold-out", json_integer ((json_int_t)n->results));
  json_object_set_new (o, "card", json_integer (1));
  json_object_set_new (o, "aid", json_string (AID_VERSION));
  json_object_set_new (o, "made", json_string (made));
  json_object_set_new (o, "consent",
                       json_pack ("{s:o, s:s}", "text", aid_json_of_span (aid_span_z (b->settings->consent)), "at", made));
  json_object_set_new (o, "examples", json_integer ((json_int_t)n->examples));
  json_object_set_new (o, "rows", json_integer ((json_int_t)n->rows));
  json_object_set_new (o, "train", json_integer ((json_int_t)n->train));
  json_object_set_new (o, "holdout", json_integer ((json_int_t)n->holdout));
  json_object_set_new (o, "split",
                       json_pack ("{s:s, s:f, s:I}", "by", b->by == AID_SPLIT_TIME ? "time" : "project", "share",
                                  b->settings->holdout, "seed", (json_int_t)b->seed));
  json_object_set_new (o, "left_out", left);
  json_object_set_new (o, "filters", filters_of (b));
  json_object_set (o, "kinds", c->kinds);
  json_object_set (o, "projects", c->projects);
  json_object_set (o, "languages", c->languages);
  json_object_set (o, "licences", c->licences);
  json_object_set (o, "described_by", c->models);
  json_object_set (o, "work_of", c->consents);
  json_object_set_new (o, "tokens", spread (c->tokens));
  json_object_set (o, "files", c->files);
  return o;
}

/* --- as Markdown -------------------------------------------------------------------------------------------------- */

/* Appends Z where it is nothing but words in Markdown. */
static void
add_plain (struct aid_str *out, const char *z)
{
  for (; z && *z; z++)
    {
      if (strchr ("\\`*_[]<>|#", *z))
        aid_str_addc (out, '\\');
      aid_str_addc (out, *z == '\n' || *z == '\r' ? ' ' : *z);
    }
}

static void
add_counts (struct aid_str *out, const char *title, const json_t *counts)
{
  const char *name;
  const json_t *n;
  aid_str_addf (out, "\n| %s | |\n|---|---|\n", title);
  json_object_foreach ((json_t *)(uintptr_t)counts, name, n)
  {
    if (!json_integer_value (n))
      continue;
    aid_str_addz (out, "| ");
    add_plain (out, name);
    aid_str_addf (out, " | %lld |\n", (long long)json_integer_value (n));
  }
}

static void
to_markdown (const json_t *o, struct aid_str *out)
{
  const json_t *tokens = json_object_get (o, "tokens"), *split = json_object_get (o, "split"), *file;
  size_t i;
  aid_str_addf (out,
                "# Data card\n\nMade by AID %s at %s from %lld examples of work: %lld rows, of which %lld to learn from and "
                "%lld held out\n",
                aid_json_str (o, "aid"), aid_json_str (o, "made"), (long long)aid_json_int (o, "examples", 0),
                (long long)aid_json_int (o, "rows", 0), (long long)aid_json_int (o, "train", 0),
                (long long)aid_json_int (o, "holdout", 0));
  aid_str_addf (out, "(by %s, a share of %g). What would tell of the hold-out is in neither part.\n\n## Consent\n\n",
                aid_json_str (split, "by"), aid_json_real (split, "share", 0));
  add_plain (out, aid_json_str (json_object_get (o, "consent"), "text"));
  aid_str_addc (out, '\n');
  add_counts (out, "work of", json_object_get (o, "work_of"));
  aid_str_addz (
    out,
    "\n## What is in it\n\nA row is a question about a project as it was before a change, with what AID would have shown "
    "a "
    "model, and the change that was made then. Snapshots of work have it; their secrets were left out, and each row was "
    "looked through for secrets again.\n");
  add_counts (out, "kind of example", json_object_get (o, "kinds"));
  add_counts (out, "project", json_object_get (o, "projects"));
  add_counts (out, "language", json_object_get (o, "languages"));
  add_counts (out, "questions by", json_object_get (o, "described_by"));
  aid_str_addf (
    out,
    "\nTokens of a row, about: %lld to %lld, half of them at most %lld, nine of ten at most %lld.\n\n## Licences\n\n"
    "As the project's own files told at the time of each row.\n",
    (long long)aid_json_int (tokens, "least", 0), (long long)aid_json_int (tokens, "most", 0),
    (long long)aid_json_int (tokens, "median", 0), (long long)aid_json_int (tokens, "p90", 0));
  add_counts (out, "licence", json_object_get (o, "licences"));
  aid_str_addz (out, "\n## What was left out\n");
  add_counts (out, "why", json_object_get (o, "left_out"));
  aid_str_addz (out, "\n## Files\n\n| file | rows | SHA-256 |\n|---|---|---|\n");
  json_array_foreach (json_object_get (o, "files"), i, file)
  {
    aid_str_addf (out, "| `%s` | %lld | `%s` |\n", aid_json_str (file, "file"), (long long)aid_json_int (file, "rows", 0),
                  aid_json_str (file, "sha256"));
  }
}

static enum aid_err
write_file (const char *dir, const char *name, struct aid_span text, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (8192);
  aid_str_addf (&path, "%s/%s", dir, name);
  enum aid_err err = aid_fs_replace (aid_str_z (&path), text, 0666, e);
  aid_str_free (&path);
  return err;
}

enum aid_err
aid_card_write (const struct aid_card *c, struct aid_error *e)
{
  json_t *o = to_json (c);
  struct aid_str text = AID_STR_INIT (CARD_MAX);
  char hash[AID_SHA256_HEX];
  to_markdown (o, &text);
  aid_sha256_hex (aid_str_span (&text), hash);
  json_object_set_new (o, "datacard", json_string (hash));
  char *json = json_dumps (o, JSON_INDENT (2) | JSON_SORT_KEYS);
  enum aid_err err = json && !text.err ? AID_OK : aid_error_set (e, AID_E_NOMEM, "No memory for the data card");
  if (!err)
    err = write_file (c->build->dir, "DATACARD.md", aid_str_span (&text), e);
  aid_str_clear (&text);
  aid_str_addf (&text, "%s\n", json ? json : "");
  if (!err)
    err = write_file (c->build->dir, "card.json", aid_str_span (&text), e);
  free (json);
  json_decref (o);
  aid_str_free (&text);
  return err;
}
