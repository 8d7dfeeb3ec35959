/* One example: its texts, the two questions, and what they give away. */
#include "learn/describe.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "config/config.h"
#include "learn/fence.h"
#include "learn/leak.h"
#include "learn/vault.h"
#include <stdlib.h>

#define TEXTS_MAX ((size_t)16 << 20)
#define QUESTION_MAX ((size_t)2 << 20)
#define DIAGNOSTICS_MAX 30
#define DETAILED_TOKENS 500 /* of an answer, about: for what it is going to cost */
#define ASKED_TOKENS 80
#define GREP_NAMES 40 /* that are looked for at once */

/* --- settings ----------------------------------------------------------------------------------------------------- */

/* FILE with the home folder for its "~"; to be freed, NULL without memory. */
static char *
file_named (const char *file)
{
  struct aid_str path = AID_STR_INIT (8192);
  aid_fs_at_home (file, &path);
  char *out = path.err ? NULL : aid_str_steal (&path);
  aid_str_free (&path);
  return out;
}

enum aid_err
aid_describe_settings_read (struct aid_describe_settings *out, struct aid_error *e)
{
  struct aid_config *config = aid_config_load (NULL, e);
  const json_t *set = config ? aid_config_get (config, "describe") : NULL, *budget = json_object_get (set, "budget");
  const char *model = aid_json_str (set, "model"), *sample = aid_json_str (set, "sample");
  *out = (struct aid_describe_settings){ .tries = aid_json_int (set, "tries", AID_DESCRIBE_TRIES),
                                         .jobs = aid_json_int (set, "jobs", AID_DESCRIBE_JOBS),
                                         .dollars = aid_json_real (budget, "dollars", -1.0),
                                         .tokens = aid_json_int (budget, "tokens", 0) };
  out->tries = out->tries < 1 ? 1 : out->tries;
  out->model = model ? strdup (model) : NULL;
  out->sample = sample ? file_named (sample) : NULL;
  enum aid_err err = !config ? AID_E_INVALID
                     : (model && !out->model) || (sample && !out->sample)
                       ? aid_error_set (e, AID_E_NOMEM, "No memory for the settings")
                       : AID_OK;
  aid_config_free (config);
  return err;
}

void
aid_describe_settings_free (struct aid_describe_settings *s)
{
  free (s->model);
  free (s->sample);
  s->model = s->sample = NULL;
}

/* --- what is known before ----------------------------------------------------------------------------------------- */

struct describing
{
  const struct aid_describer *d;
  const json_t *example;
  struct aid_described *out;
  struct aid_changed change;
  struct aid_str known; /* the changed files at the base, and what the compiler said */
  struct aid_vault *vault;
  struct aid_str detailed, summary, asked;
  int64_t tries;
  char *model;
};

static void
add_diagnostics (const json_t *example, struct aid_str *out)
{
  const json_t *one, *all = json_object_get (example, "diagnostics");
  size_t i;
  json_array_foreach (all, i, one)
  {
    const char *path = aid_json_str (one, "path"), *message = aid_json_str (one, "message"),
               *text = aid_json_str (one, "text");
    const char *severity = aid_json_str (one, "severity");
    if (i == DIAGNOSTICS_MAX)
      break;
    if (path && !text)
      aid_str_addf (out, "%s:%lld: ", path, (long long)aid_json_int (one, "line", 0));
    if (severity && !text)
      aid_str_addf (out, "%s: ", severity);
    aid_str_addf (out, "%s\n", text ? text : message ? message : "");
  }
}

static enum aid_err
read_known (struct describing *w, struct aid_error *e)
{
  const char *repository = aid_json_str (w->example, "repository"), *base = aid_json_str (w->example, "base");
  enum aid_err err = aid_changed_read (aid_json_span (w->example, "diff"), &w->change, e);
  add_diagnostics (w->example, &w->known);
  if (err || !repository || !base)
    return err ? err : aid_error_set (e, AID_E_INVALID, "The example has no repository or base");
  err = aid_vault_at (repository, &w->vault, e);
  for (size_t i = 0; !err && i < w->change.paths.len; i++)
    {
      struct aid_str name = AID_STR_INIT (16384);
      aid_str_addf (&name, "%s:%s", base, AID_VEC_AT (char *, &w->change.paths, i));
      const char *const args[] = { "cat-file", "blob", aid_str_z (&name), NULL };
      err = aid_vault_git (w->vault, &(struct aid_vault_run){ .args = args, .out = &w->known }, e);
      aid_str_addc (&w->known, '\n');
      aid_str_free (&name);
    }
  return err;
}

/* Takes the names away that stand anywhere in the base. */
static enum aid_err
known_names (void *ctx, struct aid_span *names, size_t n, struct aid_error *e)
{
  struct describing *w = ctx;
  enum aid_err err = AID_OK;
  for (size_t from = 0; from < n && !err; from += GREP_NAMES)
    {
      const char *args[2 * GREP_NAMES + 8] = { "grep", "-o", "-h", "-w", "-F", "-I" };
      char *copies[GREP_NAMES] = { NULL };
      struct aid_str found = AID_STR_INIT (TEXTS_MAX);
      struct aid_span line;
      size_t k = 6, m = n - from < GREP_NAMES ? n - from : GREP_NAMES;
      int status = 0;
      for (size_t i = 0; i < m && (copies[i] = aid_span_dup (names[from + i])); i++)
        args[k++] = "-e", args[k++] = copies[i];
      args[k] = aid_json_str (w->example, "base");
      if (!copies[m - 1])
        err = aid_error_set (e, AID_E_NOMEM, "No memory to look for names");
      else
        err = aid_vault_git (w->vault, &(struct aid_vault_run){ .args = args, .out = &found, .status = &status }, e);
      struct aid_span rest = aid_str_span (&found);
      while (!err && aid_span_line (&rest, &line))
        for (size_t i = 0; i < m; i++)
          if (aid_span_eq (names[from + i], line))
            names[from + i].len = 0;
      for (size_t i = 0; i < m; i++)
        free (copies[i]);
      aid_str_free (&found);
    }
  return err;
}

/* --- the two questions -------------------------------------------------------------------------------------------- */

static const char *
kind_in_words (const json_t *example)
{
  const char *kind = aid_json_str (example, "kind");
  if (kind && (!strcmp (kind, "repair") || !strcmp (kind, "start")))
    return "The project did not build, or its tests failed; after this change they are fine. The summary is one sentence on "
           "the "
           "cause, as `path:line: cause`.";
  if (kind && !strcmp (kind, "test"))
    return "The project was fine before; the change adds behaviour, with a test of it.";
  return "The project was changed.";
}

/* Appends what was wrong with the last try. */
static void
add_faults (struct aid_str *out, const json_t *leaks, size_t words, size_t most)
{
  const json_t *one;
  size_t i;
  if (json_array_size (leaks))
    aid_str_addz (out, "\nYour last text gave the change away; write it anew, without:\n");
  json_array_foreach (leaks, i, one)
  {
    aid_str_addf (out, "- %s: %s\n", aid_json_str (one, "what"), aid_json_str (one, "text"));
  }
  if (words)
    aid_str_addf (out, "\nYour last text was too long with %zu words; they have at most %zu.\n", words, most);
}

static void
write_detailed (const json_t *example, struct aid_str *out)
{
  struct aid_str said = AID_STR_INIT (QUESTION_MAX);
  add_diagnostics (example, &said);
  aid_str_addf (out, "%s\n\n", kind_in_words (example));
  if (said.len)
    {
      aid_str_addz (out, "The compiler or the tests said before:\n\n");
      aid_fence_add (out, "", aid_str_span (&said));
      aid_str_addc (out, '\n');
    }
  aid_str_addz (out, "The change:\n\n");
  aid_fence_add (out, "diff", aid_json_span (example, "diff"));
  aid_str_free (&said);
}

static void
write_asked (const struct aid_describer *d, const json_t *example, struct aid_span detailed, struct aid_str *out)
{
  const char *id = aid_json_str (example, "id");
  aid_str_addz (out, "Questions that people typed:\n\n");
  aid_sample_show (&d->sample, id ? id : "", out);
  aid_str_addf (out, "\nMost have %zu to %zu words.\n\nThe description:\n\n", d->sample.least, d->sample.most);
  aid_str_addspan (out, detailed);
  aid_str_addc (out, '\n');
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

/* The member NAME of the JSON object in ANSWER, which may stand in a fence: not every server promises JSON alone. */
static enum aid_err
take_member (const json_t *answer, const char *name, struct aid_str *out, struct aid_error *e)
{
  struct aid_span v = aid_span_trim (aid_json_span (answer, name));
  aid_str_clear (out);
  if (!v.len || memchr (v.ptr, 0, v.len)) /* rows have no NUL */
    return aid_error_set (e, AID_E_PARSE, "The model gave no \"%s\"", name);
  aid_str_addspan (out, v);
  return AID_OK;
}

static json_t *
read_answer (struct aid_span text, struct aid_error *e)
{
  struct aid_span t = aid_span_trim (text);
  const char *from = t.len ? memchr (t.ptr, '{', t.len) : NULL;
  size_t end = t.len;
  while (end && t.ptr[end - 1] != '}')
    end--;
  if (!from || end <= (size_t)(from - t.ptr))
    {
      aid_error_set (e, AID_E_PARSE, "The model's answer is no JSON object");
      return NULL;
    }
  return aid_json_parse (aid_span_cut (t, (size_t)(from - t.ptr), end), "the model's answer", e);
}

static enum aid_err
ask (struct describing *w, const char *strategy, struct aid_span question, json_t **answer, struct aid_error *e)
{
  struct aid_once q = { .strategy = strategy, .model = w->d->settings.model, .question = question };
  q.over_budget = w->d->over_budget;
  struct aid_once_answer got;
  enum aid_err err = aid_ask_once (w->d->asker, &q, &got, e);
  w->out->in += got.in;
  w->out->out += got.out;
  w->out->cost += got.cost > 0 ? got.cost : 0;
  w->out->unpriced += got.cost < 0 && (got.in || got.out);
  w->out->held |= got.held;
  if (got.model && !w->model)
    w->model = strdup (got.model);
  *answer = err ? NULL : read_answer (aid_str_span (&got.text), e);
  aid_once_free (&got);
  return err ? err : *answer ? AID_OK : AID_E_PARSE;
}

/* What TEXT gives away, a new array. */
static enum aid_err
look (struct describing *w, struct aid_span text, json_t **leaks, struct aid_error *e)
{
  struct aid_leak_base base = { aid_str_span (&w->known), known_names, w };
  *leaks = json_array ();
  return aid_leak_find (text, &w->change, &base, *leaks, e);
}

/* Puts "in": PART into each of LEAKS and all of them into ALL. */
static void
keep_leaks (json_t *all, json_t *leaks, const char *part)
{
  json_t *one;
  size_t i;
  json_array_foreach (leaks, i, one)
  {
    json_object_set_new (one, "in", json_string (part));
    json_array_append (all, one);
  }
}

/* One of the two: asks by STRATEGY, until there is nothing wrong with what comes or no try is left.  MOST: words that it may
   have, 0 any. */
static enum aid_err
work_out (struct describing *w, const char *part, size_t most, struct aid_span question, json_t *all_leaks,
          struct aid_error *e)
{
  int detailed = !strcmp (part, "detailed");
  struct aid_str text = AID_STR_INIT (QUESTION_MAX), *out = detailed ? &w->detailed : &w->asked;
  json_t *leaks = NULL, *answer = NULL;
  enum aid_err err = AID_OK;
  size_t words = 0;
  for (int64_t try = 0; try < w->d->settings.tries && !err; try++)
    {
      aid_str_clear (&text);
      aid_str_addspan (&text, question);
      add_faults (&text, leaks, words, most);
      json_decref (leaks);
      leaks = NULL;
      w->tries++;
      err = text.err ? aid_error_set (e, text.err, "The change is too long to be described")
                     : ask (w, detailed ? "describe" : "describe-question", aid_str_span (&text), &answer, e);
      if (!err)
        err = take_member (answer, detailed ? "detailed" : "question", out, e);
      if (!err && detailed)
        err = take_member (answer, "summary", &w->summary, e);
      json_decref (answer);
      answer = NULL;
      if (err == AID_E_PARSE && try + 1 < w->d->settings.tries)
        {
          err = AID_OK;
          continue;
        }
      if (!err)
        err = look (w, aid_str_span (out), &leaks, e);
      words = aid_sample_words (aid_str_span (out));
      words = most && words > most ? words : 0;
      if (!err && !json_array_size (leaks) && !words)
        break;
    }
  if (!err)
    keep_leaks (all_leaks, leaks, part);
  json_decref (leaks);
  aid_str_free (&text);
  return err;
}

static json_t *
result_of (const struct describing *w, json_t *leaks)
{
  json_t *o = json_object ();
  json_object_set_new (o, "detailed", aid_json_of_span (aid_str_span (&w->detailed)));
  json_object_set_new (o, "summary", aid_json_of_span (aid_str_span (&w->summary)));
  json_object_set_new (o, "asked", aid_json_of_span (aid_str_span (&w->asked)));
  json_object_set_new (o, "model", w->model ? aid_json_of_span (aid_span_z (w->model)) : json_null ());
  json_object_set_new (o, "at", json_integer (aid_clock_wall_ms ()));
  json_object_set_new (o, "tries", json_integer (w->tries));
  json_object_set (o, "leaks", leaks);
  json_object_set_new (o, "tokens", json_integer (w->out->in + w->out->out));
  json_object_set_new (o, "cost", w->out->unpriced ? json_null () : json_real (w->out->cost));
  return o;
}

void
aid_describe_one (const struct aid_describer *d, const json_t *example, struct aid_described *out)
{
  struct describing w = { .d = d,
                          .example = example,
                          .out = out,
                          .known = AID_STR_INIT (TEXTS_MAX),
                          .detailed = AID_STR_INIT (QUESTION_MAX),
                          .summary = AID_STR_INIT (QUESTION_MAX),
                          .asked = AID_STR_INIT (QUESTION_MAX) };
  struct aid_str question = AID_STR_INIT (QUESTION_MAX);
  json_t *leaks = json_array ();
  *out = (struct aid_described){ .error = { AID_OK, "" } };
  enum aid_err err = read_known (&w, &out->error);
  write_detailed (example, &question);
  if (!err)
    err = work_out (&w, "detailed", 0, aid_str_span (&question), leaks, &out->error);
  aid_str_clear (&question);
  write_asked (d, example, aid_str_span (&w.detailed), &question);
  if (!err)
    err = work_out (&w, "asked", 2 * d->sample.most, aid_str_span (&question), leaks, &out->error);
  if (!err)
    out->described = result_of (&w, leaks);
  json_decref (leaks);
  aid_changed_free (&w.change);
  aid_vault_free (w.vault);
  aid_str_free (&w.known);
  aid_str_free (&w.detailed);
  aid_str_free (&w.summary);
  aid_str_free (&w.asked);
  aid_str_free (&question);
  free (w.model);
}

enum aid_err
aid_describe_ahead (const struct aid_describer *d, const json_t *example, int64_t *tokens, double *cost, struct aid_error *e)
{
  struct aid_str question = AID_STR_INIT (QUESTION_MAX), words = AID_STR_INIT (QUESTION_MAX);
  int64_t first = 0, second = 0;
  double dear = -1, cheap = -1;
  write_detailed (example, &question);
  struct aid_once q = { .strategy = "describe", .model = d->settings.model, .question = aid_str_span (&question) };
  enum aid_err err = aid_ask_ahead (&q, DETAILED_TOKENS, &first, &dear, e);
  while (words.len < (size_t)DETAILED_TOKENS * 4)
    aid_str_addz (&words, "word of it ");
  aid_str_clear (&question);
  write_asked (d, example, aid_str_span (&words), &question);
  q.strategy = "describe-question";
  q.question = aid_str_span (&question);
  if (!err)
    err = aid_ask_ahead (&q, ASKED_TOKENS, &second, &cheap, e);
  *tokens = first + second + DETAILED_TOKENS + ASKED_TOKENS;
  *cost = dear < 0 || cheap < 0 ? -1 : dear + cheap;
  aid_str_free (&question);
  aid_str_free (&words);
  return err;
}
