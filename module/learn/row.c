/* Laying out, gathering, writing, checking: in this order, and what fails on the way says why there is no row. */
#include "learn/row.h"
#include "assist/tested.h"
#include "base/fs.h"
#include "base/json.h"
#include "context/item.h"
#include "learn/completion.h"
#include "learn/leak.h"
#include "learn/licence.h"
#include "model/estimate.h"

#include <stdlib.h>

#define TEXT_MAX ((size_t)32 << 20)
#define TEST_FILE ((size_t)256 << 10) /* bytes of a test that is laid over the base */

struct making
{
  const struct aid_dataset_build *b;
  struct aid_row_place *place;
  const json_t *example, *described;
  enum aid_dataset_left *left;
  struct aid_error *e;
  struct aid_changed change, other; /* that was made; that was not taken */
  struct aid_span prompt, diff, rejected;
  json_t *gathered;
  struct aid_str completion, refused;
  char licence[AID_LICENCE_MAX];
  const char *format;
};

/* There is no row, for WHY; the words are in E. */
static enum aid_err
leave (struct making *m, enum aid_dataset_left why, enum aid_err err)
{
  *m->left = why;
  return err;
}

/* --- what was said ------------------------------------------------------------------------------------------------ */

static int
is_green (const json_t *verdict)
{
  return aid_json_bool (verdict, "green", 0);
}

static enum aid_err
take_words (struct making *m)
{
  const json_t *judged = json_object_get (m->example, "judged");
  struct aid_span question = aid_span_trim (aid_json_span (m->example, "question"));
  const char *kind = aid_json_str (m->example, "kind");
  int repair = kind && (!strcmp (kind, "repair") || !strcmp (kind, "start"));
  m->described = json_object_get (m->example, "described");
  m->prompt = question.len ? question : aid_span_trim (aid_json_span (m->described, "asked"));
  m->diff = aid_json_span (m->example, "diff");
  m->rejected = aid_json_span (m->example, "rejected");
  if (!m->prompt.len)
    return leave (m, AID_LEFT_UNDESCRIBED, aid_error_set (m->e, AID_E_NOTFOUND, "it is not described yet"));
  if (!question.len && json_array_size (json_object_get (m->described, "leaks")))
    return leave (m, AID_LEFT_LEAKING, aid_error_set (m->e, AID_E_INVALID, "its description gives the change away"));
  if (m->b->judged
      && (!is_green (json_object_get (judged, "after")) || (repair && is_green (json_object_get (judged, "base")))))
    return leave (m, AID_LEFT_UNJUDGED, aid_error_set (m->e, AID_E_INVALID, "it was not judged to be what it is"));
  if (!m->diff.len && !m->rejected.len)
    return leave (m, AID_LEFT_FORM, aid_error_set (m->e, AID_E_INVALID, "it has no change"));
  return AID_OK;
}

/* --- gathering ---------------------------------------------------------------------------------------------------- */

static const char *
strategy_of (const struct making *m)
{
  const char *kind = aid_json_str (m->example, "kind");
  if (m->b->settings->strategy)
    return m->b->settings->strategy;
  return kind && (!strcmp (kind, "repair") || !strcmp (kind, "start")) ? "fix-build" : "edit";
}

static enum aid_err
gather (struct making *m)
{
  const struct aid_changed *change = m->diff.len ? &m->change : &m->other;
  struct aid_gather g = { .root = m->place->dir,
                          .strategy = strategy_of (m),
                          .prompt = m->prompt,
                          .files = change->paths.data,
                          .nfiles = change->paths.len };
  aid_row_place_build (m->place, m->example);
  enum aid_err err = m->b->gather (m->b->ctx, &g, &m->gathered, m->e);
  m->format = aid_json_str (m->gathered, "format");
  return err; /* a strategy that is not there is none for all of them */
}

static enum aid_err
write_answers (struct making *m)
{
  const char *dir = m->place->dir, *base = aid_json_str (m->example, "base"), *after = aid_json_str (m->example, "after");
  struct aid_str summary = AID_STR_INIT (TEXT_MAX);
  enum aid_err err = AID_OK;
  aid_row_place_hide (m->place, aid_json_span (m->described, "summary"), &summary);
  if (m->diff.len)
    {
      err = aid_completion_write (m->format, m->diff, aid_str_span (&summary), dir, &m->completion, m->e);
      if (!err && after)
        err = aid_completion_check (aid_str_span (&m->completion), dir, m->place->vault, base, after, m->e);
      else if (!err)
        err = aid_completion_places (aid_str_span (&m->completion), dir, m->e);
    }
  if (!err && m->rejected.len)
    {
      err = aid_completion_write (m->format, m->rejected, AID_SPAN (""), dir, &m->refused, m->e);
      if (!err)
        err = aid_completion_places (aid_str_span (&m->refused), dir, m->e);
    }
  aid_str_free (&summary);
  return err == AID_E_NOMEM || !err ? err : leave (m, err == AID_E_STATE ? AID_LEFT_ENDS : AID_LEFT_FORM, err);
}

/* --- the row ------------------------------------------------------------------------------------------------------ */

static json_t *
languages_of (const struct making *m)
{
  json_t *seen = json_object (), *out = json_array ();
  const struct aid_vec *lists[] = { &m->change.paths, &m->change.made, &m->other.paths, &m->other.made };
  for (size_t k = 0; k < 4; k++)
    for (size_t i = 0; i < lists[k]->len; i++)
      {
        const char *language = aid_item_language (aid_span_z (AID_VEC_AT (char *, lists[k], i)));
        language = language[0] ? language : "other";
        if (!json_object_get (seen, language))
          json_array_append_new (out, json_string (language));
        json_object_set_new (seen, language, json_true ());
      }
  json_decref (seen);
  return out;
}

/* The tests that the change brings, which its answer is to pass. */
static json_t *
tests_of (const struct making *m)
{
  json_t *files = json_object ();
  const struct aid_vec *lists[] = { &m->change.paths, &m->change.made };
  const char *kind = aid_json_str (m->example, "kind"), *after = aid_json_str (m->example, "after");
  for (size_t k = 0; k < 2 && kind && after && !strcmp (kind, "test"); k++)
    for (size_t i = 0; i < lists[k]->len; i++)
      {
        const char *path = AID_VEC_AT (char *, lists[k], i);
        struct aid_str name = AID_STR_INIT (8192), text = AID_STR_INIT (TEST_FILE);
        aid_str_addf (&name, "%s:%s", after, path);
        const char *const args[] = { "cat-file", "blob", aid_str_z (&name), NULL };
        if (aid_is_test (aid_span_z (path))
            && !aid_vault_git (m->place->vault, &(struct aid_vault_run){ .args = args, .out = &text }, NULL))
          json_object_set_new (files, path, aid_json_of_span (aid_str_span (&text)));
        aid_str_free (&name);
        aid_str_free (&text);
      }
  return files;
}

/* The name that the settings have for the example's repository, or its path, from the home on where it lies there. */
static json_t *
repository_of (const struct making *m)
{
  const char *path = aid_json_str (m->example, "repository"), *home = getenv ("HOME"), *name;
  struct aid_str text = AID_STR_INIT (16384);
  const json_t *one;
  json_object_foreach (m->b->settings->repositories, name, one)
  {
    const char *other = aid_json_str (one, "path");
    aid_str_clear (&text);
    if (other && !aid_fs_at_home (other, &text) && !strcmp (aid_str_z (&text), path))
      return aid_str_free (&text), json_string (name);
  }
  size_t n = home ? strlen (home) : 0;
  int below = n > 1 && !strncmp (path, home, n) && path[n] == '/';
  aid_str_clear (&text);
  aid_str_addf (&text, "%s%s", below ? "~" : "", below ? path + n : path);
  json_t *out = aid_json_of_span (aid_str_span (&text));
  aid_str_free (&text);
  return out;
}

static json_t *
task_of (const struct making *m)
{
  json_t *o = json_pack ("{s:o, s:s}", "repository", repository_of (m), "base", aid_json_str (m->example, "base"));
  json_t *tests = tests_of (m);
  if (json_object_size (tests))
    json_object_set (o, "files", tests);
  json_decref (tests);
  return o;
}

static void
set (json_t *row, const char *name, json_t *value)
{
  json_object_set_new (row, name, value ? value : json_null ());
}

/* The same without folders of this machine. */
static json_t *
hidden (const struct making *m, const json_t *v)
{
  return v ? aid_row_place_hidden (m->place, v) : json_null ();
}

static json_t *
text_or_null (struct aid_span v)
{
  return v.len ? aid_json_of_span (v) : json_null ();
}

static json_t *
row_of (const struct making *m)
{
  const char *project = aid_json_str (m->example, "project");
  json_t *row = json_object ();
  set (row, "row", json_integer (1));
  set (row, "task_id", json_incref (json_object_get (m->example, "id")));
  set (row, "kind", json_incref (json_object_get (m->example, "kind")));
  set (row, "project", aid_json_of_span (aid_span_z (aid_fs_base (project)[0] ? aid_fs_base (project) : "project")));
  set (row, "time", json_integer (aid_json_int (m->example, "time", 0)));
  set (row, "base", json_incref (json_object_get (m->example, "base")));
  set (row, "after", json_incref (json_object_get (m->example, "after")));
  set (row, "strategy", json_incref (json_object_get (m->gathered, "strategy")));
  set (row, "edit_format", json_string (m->format));
  json_t *prompt = aid_json_of_span (m->prompt);
  set (row, "prompt", hidden (m, prompt));
  json_decref (prompt);
  set (row, "detailed", hidden (m, json_object_get (m->described, "detailed")));
  set (row, "context", hidden (m, json_object_get (m->gathered, "items")));
  set (row, "messages", hidden (m, json_object_get (m->gathered, "messages")));
  set (row, "completion", text_or_null (aid_str_span (&m->completion)));
  set (row, "rejected", text_or_null (aid_str_span (&m->refused)));
  set (row, "licence", m->licence[0] ? json_string (m->licence) : json_null ());
  set (row, "languages", languages_of (m));
  set (row, "lines", json_integer ((json_int_t)m->change.nadded + (json_int_t)m->change.nremoved));
  set (row, "minhash", json_incref (json_object_get (m->example, "minhash")));
  set (row, "task", task_of (m));
  int64_t all = aid_dataset_tokens (AID_DATA_SOURCE, row),
          answer = aid_estimate (AID_FAMILY_OTHER, aid_str_span (&m->completion));
  set (row, "tokens", json_pack ("{s:I, s:I}", "all", (json_int_t)all, "completion", (json_int_t)answer));
  return row;
}

/* --- whether it may be one ---------------------------------------------------------------------------------------- */

static int
is_allowed (const struct making *m)
{
  const json_t *one, *all = m->b->settings->licences;
  size_t i;
  json_array_foreach (all, i, one)
  {
    if (!strcmp (json_string_value (one), m->licence[0] ? m->licence : "unknown"))
      return 1;
  }
  return !all;
}

/* Whether each file that is there and is changed is among what is shown: a change of what one has not seen cannot be learnt.
   */
static enum aid_err
check_seen (struct making *m)
{
  const struct aid_vec *paths = m->diff.len ? &m->change.paths : &m->other.paths;
  const json_t *item, *items = json_object_get (m->gathered, "items");
  for (size_t i = 0; i < paths->len; i++)
    {
      const char *path = AID_VEC_AT (char *, paths, i);
      size_t k;
      int seen = 0;
      json_array_foreach (items, k, item)
      {
        struct aid_str name = AID_STR_INIT (8192);
        int64_t first, last;
        seen |= !aid_item_target (aid_json_span (item, "target"), &name, &first, &last) && !strcmp (aid_str_z (&name), path);
        aid_str_free (&name);
      }
      if (!seen)
        return leave (m, AID_LEFT_UNSEEN, aid_error_set (m->e, AID_E_INVALID, "%s is not shown", path));
    }
  return AID_OK;
}

/* Whether an answer names a folder of this machine: what is shown does not, so that the two would not fit. */
static enum aid_err
check_place (struct making *m, const json_t *row)
{
  struct aid_str unused = AID_STR_INIT (TEXT_MAX);
  const json_t *file, *files = json_object_get (json_object_get (row, "task"), "files");
  const char *name;
  size_t n = aid_row_place_hide (m->place, aid_str_span (&m->completion), &unused);
  aid_str_clear (&unused);
  n += aid_row_place_hide (m->place, aid_str_span (&m->refused), &unused);
  json_object_foreach ((json_t *)(uintptr_t)files, name, file)
  {
    aid_str_clear (&unused);
    n += aid_row_place_hide (m->place, (struct aid_span){ json_string_value (file), json_string_length (file) }, &unused);
  }
  aid_str_free (&unused);
  return !n ? AID_OK
            : leave (m, AID_LEFT_PLACE,
                     aid_error_set (m->e, AID_E_INVALID, "the change names a folder of this machine, which no row does"));
}

static enum aid_err
check_result (struct making *m, const json_t *row)
{
  struct aid_str prompt = AID_STR_INIT (TEXT_MAX);
  struct aid_results *r = m->diff.len ? aid_results_new () : NULL;
  double share = 0;
  aid_dataset_texts (AID_DATA_SOURCE, row, &prompt, NULL, NULL);
  enum aid_err err = r ? aid_results_add (r, &m->change, AID_SPAN ("")) : AID_OK;
  if (r && !err)
    err = aid_results_find (r, aid_str_span (&prompt), &share);
  aid_results_free (r);
  aid_str_free (&prompt);
  if (err)
    return aid_error_set (m->e, err, "No memory to look for the result");
  return share < AID_RESULT_SHARE
           ? AID_OK
           : leave (m, AID_LEFT_RESULT,
                    aid_error_set (m->e, AID_E_INVALID, "what is shown holds %.0f %% of what the change adds", share * 100));
}

static enum aid_err
check_row (struct making *m, const json_t *row)
{
  int64_t tokens = aid_json_int (json_object_get (row, "tokens"), "all", 0);
  const char *kind = NULL;
  enum aid_err err = check_seen (m);
  if (!err)
    err = check_place (m, row);
  if (!err)
    err = check_result (m, row);
  if (!err && aid_dataset_secrets (row, &kind))
    err = leave (m, AID_LEFT_SECRET,
                 aid_error_set (m->e, AID_E_REFUSED, "it holds what looks like a secret: %s", kind ? kind : "unknown"));
  if (!err && m->b->settings->max_tokens && tokens > m->b->settings->max_tokens)
    err = leave (m, AID_LEFT_LONG, aid_error_set (m->e, AID_E_LIMIT, "it has about %lld tokens", (long long)tokens));
  return err;
}

static enum aid_err
read_changes (struct making *m)
{
  enum aid_err err = m->diff.len ? aid_changed_read (m->diff, &m->change, m->e) : AID_OK;
  if (!err && m->rejected.len)
    err = aid_changed_read (m->rejected, &m->other, m->e);
  return err == AID_E_NOMEM || !err ? err : leave (m, AID_LEFT_FORM, err);
}

enum aid_err
aid_row_make (const struct aid_dataset_build *b, struct aid_row_place *place, const json_t *example, json_t **row,
              enum aid_dataset_left *left, struct aid_error *e)
{
  struct making m = { .b = b,
                      .place = place,
                      .example = example,
                      .left = left,
                      .e = e,
                      .completion = AID_STR_INIT (TEXT_MAX),
                      .refused = AID_STR_INIT (TEXT_MAX) };
  *row = NULL;
  *left = AID_LEFT_REASONS;
  enum aid_err err = take_words (&m);
  if (!err)
    err = read_changes (&m);
  if (!err && (err = aid_row_place_lay (place, b->scratch, example, e)) && err != AID_E_NOMEM)
    leave (&m, AID_LEFT_GONE, err);
  if (!err)
    {
      aid_licence_find (place->dir, m.licence);
      if (!is_allowed (&m))
        err = leave (&m, AID_LEFT_LICENCE,
                     aid_error_set (e, AID_E_REFUSED, "its licence is %s", m.licence[0] ? m.licence : "unknown"));
    }
  if (!err)
    err = gather (&m);
  if (!err)
    err = write_answers (&m);
  json_t *made = err ? NULL : row_of (&m);
  if (!err)
    err = check_row (&m, made);
  if (err)
    json_decref (made);
  else
    *row = made;
  json_decref (m.gathered);
  aid_changed_free (&m.change);
  aid_changed_free (&m.other);
  aid_str_free (&m.completion);
  aid_str_free (&m.refused);
  return err;
}
