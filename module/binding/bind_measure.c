/* What only Lisp sees happen, as events (measure/events.h): decisions on hunks, and how much a person types.  Each
   function copies its arguments into the events' queue and returns; it gives nil, or once, when measurements are lost or do not
   reach the team's store, the words that say so. */
#include "base/utf8.h"
#include "base/val.h"
#include "binding/binding_internal.h"
#include "measure/events.h"
#include "scan/scan.h"
#include "team/team.h"
#include <stdio.h>
#include <stdlib.h>

static struct aid_events *
events (void)
{
  return aid_assist_events (aid_binding.assist);
}

static emacs_value
tell_trouble (emacs_env *env)
{
  struct aid_error e = { AID_OK, "" };
  struct aid_team *team = aid_assist_team (aid_binding.assist);
  char words[sizeof e.msg + 64];
  if (events () && aid_events_trouble (events (), &e))
    snprintf (words, sizeof words, "AID does not measure: %s", e.msg);
  else if (aid_assist_export_trouble (aid_binding.assist, &e))
    snprintf (words, sizeof words, "AID has trouble %s", e.msg);
  else if (team && aid_team_trouble (team, &e))
    snprintf (words, sizeof words, "AID keeps here what the team's store is to have: %s", e.msg);
  else
    return env->intern (env, "nil");
  return aid_lisp_stringz (env, words);
}

/* The language of the file PATH, or NULL. */
static const char *
language_of (const char *path)
{
  enum aid_language language = path ? aid_language_of (aid_span_z (path), AID_SPAN ("")) : AID_LANG_NONE;
  return language == AID_LANG_NONE ? NULL : aid_language_name (language);
}

/* --- decisions ---------------------------------------------------------------------------------------------------------- */

struct decision
{
  char *chat, *request, *root, *path, *id;
  char *words[4];              /* as WORDS has them */
  struct aid_str text, edit, name;
  struct aid_str inserted, changed; /* what TEXT and EDIT insert */
  size_t deleted;
  int is_edited;
  int64_t shift;     /* lines, of its place */
  double similarity; /* of its place, or -1 */
};

static const char *const words[4] = { "decision", "was", "op", "method" };

static void
decision_free (struct decision *d)
{
  free (d->chat);
  free (d->request);
  free (d->root);
  free (d->path);
  free (d->id);
  for (size_t i = 0; i < 4; i++)
    free (d->words[i]);
  aid_str_free (&d->text);
  aid_str_free (&d->edit);
  aid_str_free (&d->name);
  aid_str_free (&d->inserted);
  aid_str_free (&d->changed);
}

/* Appends the lines that the hunk TEXT inserts; *DELETED gets the characters of those that it deletes. */
static void
split_hunk (struct aid_span text, struct aid_str *inserted, size_t *deleted)
{
  struct aid_span line;
  *deleted = 0;
  while (aid_span_line (&text, &line))
    if (aid_span_starts (line, "+"))
      {
        aid_str_add (inserted, line.ptr + 1, line.len - 1);
        aid_str_addc (inserted, '\n');
      }
    else if (aid_span_starts (line, "-"))
      *deleted += aid_utf8_count (aid_span_cut (line, 1, line.len)) + 1;
}

/* The arguments of measure_decision, in their order. */
enum
{
  ARG_CHAT,
  ARG_REQUEST,
  ARG_ROOT,
  ARG_PATH,
  ARG_ID,
  ARG_WORDS, /* four, as WORDS has them */
  ARG_SHIFT = ARG_WORDS + 4,
  ARG_SIMILARITY,
  ARG_TEXT,
  ARG_EDIT
};

static void
read_decision (emacs_env *env, emacs_value *args, struct decision *d)
{
  d->chat = aid_lisp_dup (env, args[ARG_CHAT]);
  d->request = aid_lisp_dup (env, args[ARG_REQUEST]);
  d->root = aid_lisp_dup (env, args[ARG_ROOT]);
  d->path = aid_lisp_dup (env, args[ARG_PATH]);
  d->id = aid_lisp_dup (env, args[ARG_ID]);
  for (size_t i = 0; i < 4; i++)
    d->words[i] = aid_lisp_dup (env, args[ARG_WORDS + i]);
  d->shift = aid_lisp_is_nil (env, args[ARG_SHIFT]) ? 0 : (int64_t) env->extract_integer (env, args[ARG_SHIFT]);
  d->similarity = aid_lisp_is_nil (env, args[ARG_SIMILARITY]) ? -1 : env->extract_float (env, args[ARG_SIMILARITY]);
  aid_lisp_text (env, args[ARG_TEXT], &d->text);
  d->is_edited = !aid_lisp_is_nil (env, args[ARG_EDIT]);
  if (d->is_edited)
    aid_lisp_text (env, args[ARG_EDIT], &d->edit);
}

/* The val object of D's fields. */
static void
write_decision (const struct decision *d, struct aid_str *val)
{
  uint32_t n = 2;
  size_t o = aid_val_object (val);
  for (size_t i = 0; i < 4; i++)
    if (d->words[i])
      {
        aid_val_kstrz (val, words[i], d->words[i]);
        n++;
      }
  aid_val_kint (val, "inserted", (int64_t) aid_utf8_count (aid_str_span (d->is_edited ? &d->changed : &d->inserted)));
  aid_val_kint (val, "deleted", (int64_t) d->deleted);
  if (d->shift)
    aid_val_kint (val, "shift", d->shift);
  if (d->similarity >= 0)
    aid_val_kreal (val, "similarity", d->similarity);
  aid_val_end (val, o, n + (d->shift != 0) + (d->similarity >= 0));
}

/* The texts as JSON, for who has content kept. */
static void
write_content (const struct decision *d, struct aid_str *out)
{
  struct aid_str val = AID_STR_INIT (AID_EVENTS_CONTENT);
  size_t o = aid_val_object (&val);
  aid_val_kstrz (&val, "path", d->path);
  aid_val_kstr (&val, "hunk", aid_str_span (&d->text));
  if (d->is_edited)
    aid_val_kstr (&val, "edited", aid_str_span (&d->edit));
  aid_val_end (&val, o, 2 + (uint32_t) d->is_edited);
  if (val.err || aid_val_to_json (aid_str_span (&val), 0, out))
    aid_str_clear (out);
  aid_str_free (&val);
}

static void
add_decision (struct decision *d)
{
  struct aid_str val = AID_STR_INIT (4096), content = AID_STR_INIT (AID_EVENTS_CONTENT);
  size_t deleted;
  split_hunk (aid_str_span (&d->text), &d->inserted, &d->deleted);
  if (d->is_edited)
    {
      split_hunk (aid_str_span (&d->edit), &d->changed, &deleted);
      d->deleted = deleted;
    }
  if (d->chat && d->request)
    aid_str_addf (&d->name, "%s %s", d->chat, d->request);
  struct aid_span request = aid_str_span (&d->name);
  size_t named = request.len;
  if (d->id)
    aid_str_addf (&d->name, " %s", d->id);
  write_decision (d, &val);
  write_content (d, &content);
  struct aid_measurement m = { .kind = AID_MEASURED_DECISION,
                               .request = aid_span_cut (aid_str_span (&d->name), 0, named),
                               .root = d->root,
                               .chat = d->chat,
                               .path = d->path,
                               .language = language_of (d->path),
                               .hunk = aid_str_span (&d->name),
                               .fields = aid_str_span (&val),
                               .content = aid_str_span (&content) };
  if (d->is_edited)
    {
      m.before = aid_str_span (&d->inserted);
      m.after = aid_str_span (&d->changed);
    }
  aid_events_add (events (), &m);
  aid_str_free (&val);
  aid_str_free (&content);
}

/* CHAT REQUEST ROOT PATH ID DECISION WAS OP METHOD SHIFT SIMILARITY TEXT EDIT.  They are no plist, for a person waits: looking
   a key up in Lisp takes longer than what is done with it. */
AID_BIND (measure_decision)
{
  (void) nargs;
  struct decision d = { .name = AID_STR_INIT (4096),
                        .inserted = AID_STR_INIT (AID_LISP_TEXT_MAX),
                        .changed = AID_STR_INIT (AID_LISP_TEXT_MAX) };
  read_decision (env, args, &d);
  int ok = !aid_lisp_failed (env);
  if (ok)
    add_decision (&d);
  decision_free (&d);
  return ok ? tell_trouble (env) : NULL;
}

/* --- typing -------------------------------------------------------------------------------------------------------------- */

/* ROOT PATH CHARS SECONDS: so many characters were typed in files of PATH's language. */
AID_BIND (measure_typed)
{
  (void) nargs;
  char *root = aid_lisp_dup (env, args[0]), *path = aid_lisp_dup (env, args[1]);
  size_t chars = aid_lisp_size (env, args[2]), seconds = aid_lisp_size (env, args[3]);
  struct aid_str val = AID_STR_INIT (256);
  int ok = !aid_lisp_failed (env);
  size_t o = aid_val_object (&val);
  aid_val_kint (&val, "chars", (int64_t) chars);
  aid_val_kint (&val, "seconds", (int64_t) seconds);
  aid_val_end (&val, o, 2);
  struct aid_measurement m
    = { .kind = AID_MEASURED_TYPED, .root = root, .language = language_of (path), .fields = aid_str_span (&val) };
  if (ok)
    aid_events_add (events (), &m);
  aid_str_free (&val);
  free (root);
  free (path);
  return ok ? tell_trouble (env) : NULL;
}
