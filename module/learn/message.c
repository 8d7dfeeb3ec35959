/* Messages of snapshots: how the build stood, and what else cannot be seen in the tree. */
#include "learn/message.h"
#include "base/json.h"
#include <time.h>

#define VERSION 1
#define LISTED_MAX 1024 /* of a list that does not fit, and then half of that, ... */

static json_t *
text (const char *z)
{
  return z ? aid_json_of_span (aid_span_z (z)) : json_null ();
}

/* The first line of a diagnostic, without secrets: compilers print what stands in the source. */
static json_t *
clean_text (const char *z)
{
  struct aid_str out = AID_STR_INIT (AID_DIAG_MESSAGE_MAX * 4);
  aid_leave_clean (aid_span_z (z), &out);
  json_t *v = aid_json_of_span (aid_str_span (&out));
  aid_str_free (&out);
  return v;
}

static json_t *
diagnostics (const struct aid_diags *d)
{
  json_t *all = json_array ();
  for (size_t i = 0; i < d->items.len; i++)
    {
      const struct aid_diag *one = &AID_VEC_AT (struct aid_diag, &d->items, i);
      json_t *o = json_object ();
      json_object_set_new (o, "path", text (one->path));
      json_object_set_new (o, "line", json_integer (one->line));
      json_object_set_new (o, "col", json_integer (one->col));
      json_object_set_new (o, "end_line", json_integer (one->end_line));
      json_object_set_new (o, "end_col", json_integer (one->end_col));
      json_object_set_new (o, "severity", json_string (aid_severity_name (one->severity)));
      json_object_set_new (o, "message", clean_text (one->message));
      json_array_append_new (all, o);
    }
  return all;
}

/* Whether a snapshot BEFORE says that a file has changed since the run that ended at ENDED began: then that stays so, also for
   who does not see it any more, as what is gone. */
static int
was_inexact (const json_t *before, int64_t ended)
{
  static const char *const runs[] = { "build", "tests" };
  for (size_t i = 0; i < 2; i++)
    {
      const json_t *run = json_object_get (before, runs[i]);
      if (aid_json_int (run, "ended", -1) == ended && !aid_json_bool (run, "exact", 0))
        return 1;
    }
  return 0;
}

static json_t *
build_of (const struct aid_build_last *l, const struct aid_moment *m)
{
  static const char *const whats[] = { "build", "test", "watch" };
  int64_t started = l->ms >= 0 ? l->time_ms - l->ms : -1;
  json_t *o = json_object ();
  json_object_set_new (o, "what", json_string (whats[l->what]));
  json_object_set_new (o, "command", l->command ? clean_text (l->command) : json_null ());
  json_object_set_new (o, "status", json_string (aid_build_status_name (l->status)));
  json_object_set_new (o, "code", json_integer (l->code));
  json_object_set_new (o, "started", started >= 0 ? json_integer (started) : json_null ());
  json_object_set_new (o, "ended", json_integer (l->time_ms));
  json_object_set_new (o, "exact", json_boolean (started > m->newest_ms && !was_inexact (m->before, l->time_ms)));
  json_object_set_new (o, "errors", json_integer ((json_int_t)l->diags.errors));
  json_object_set_new (o, "warnings", json_integer ((json_int_t)l->diags.warnings));
  json_object_set_new (o, "diagnostics", diagnostics (&l->diags));
  return o;
}

/* The last build and the last tests of ROOT into O. */
static void
add_builds (json_t *o, const char *root, const struct aid_moment *m)
{
  struct aid_build_last last, tests;
  int there = !aid_build_last_read (root, &last, NULL), tested = !aid_build_last_tests (root, &tests, NULL);
  int apart = tested && (!there || tests.time_ms != last.time_ms);
  json_object_set_new (o, "build", there ? build_of (&last, m) : json_null ());
  json_object_set_new (o, "tests", apart ? build_of (&tests, m) : json_null ());
  aid_build_last_free (&last);
  aid_build_last_free (&tests);
}

static json_t *
left_out (const struct aid_moment *m)
{
  json_t *o = json_object ();
  for (int i = 1; i < AID_LEAVES; i++)
    if (m->left[i])
      json_object_set_new (o, aid_leave_name ((enum aid_leave)i), json_integer ((json_int_t)m->left[i]));
  return o;
}

static void
add_line (const struct aid_moment *m, const json_t *o, struct aid_str *out)
{
  time_t at = (time_t)(m->time_ms / 1000);
  const char *status = aid_json_str (json_object_get (o, "build"), "status");
  struct tm tm;
  char words[32] = "";
  if (gmtime_r (&at, &tm))
    strftime (words, sizeof words, "%Y-%m-%d %H:%M:%SZ", &tm);
  aid_str_addf (out, "%s: build %s, %zu %s%s\n\n", words, status ? status : "unknown", m->changed,
                m->changed == 1 ? "file" : "files", m->whole ? "" : " changed");
}

static void
cut (json_t *list, size_t n)
{
  while (json_array_size (list) > n)
    json_array_remove (list, json_array_size (list) - 1);
}

/* Appends O.  What a build prints is no reason to have no snapshot: where O does not fit, the halves of its lists are left out,
   and again. */
static enum aid_err
add_object (json_t *o, struct aid_str *out)
{
  static const char *const runs[] = { "build", "tests" };
  struct aid_str text = AID_STR_INIT (out->max > out->len ? out->max - out->len - 1 : 0);
  size_t n = LISTED_MAX;
  while (aid_json_dump (o, &text) == AID_E_LIMIT && n)
    {
      n /= 2;
      for (size_t i = 0; i < 2; i++)
        cut (json_object_get (json_object_get (o, runs[i]), "diagnostics"), n);
      cut (json_object_get (o, "unsaved"), n);
      aid_str_clear (&text);
    }
  if (text.err)
    out->err = out->err ? out->err : text.err;
  else
    aid_str_addspan (out, aid_str_span (&text));
  aid_str_free (&text);
  return out->err;
}

enum aid_err
aid_message_write (const struct aid_moment *m, const char *root, struct aid_str *out, struct aid_error *e)
{
  json_t *o = json_object ();
  int known = m->vc.kind != AID_VC_NONE;
  json_object_set_new (o, "version", json_integer (VERSION));
  json_object_set_new (o, "time", json_integer (m->time_ms));
  json_object_set_new (o, "noticed", m->noticed_ms ? json_integer (m->noticed_ms) : json_null ());
  json_object_set_new (o, "changed", m->whole ? json_null () : json_integer ((json_int_t)m->changed));
  json_object_set_new (o, "vc", known ? json_string (aid_vc_name (m->vc.kind)) : json_null ());
  json_object_set_new (o, "revision", known && m->vc.head[0] ? json_string (m->vc.head) : json_null ());
  add_builds (o, root, m);
  json_object_set_new (o, "left_out", left_out (m));
  json_object_set_new (o, "unsaved", m->unsaved ? json_copy (m->unsaved) : json_array ());
  add_line (m, o, out);
  enum aid_err err = add_object (o, out);
  json_decref (o);
  aid_str_addc (out, '\n');
  return err || out->err ? aid_error_set (e, err ? err : out->err, "The snapshot's message is too long") : AID_OK;
}

json_t *
aid_message_read (struct aid_span message)
{
  ptrdiff_t at = aid_span_find (message, AID_SPAN ("\n\n{"));
  json_t *o = at < 0 ? NULL : aid_json_parse (aid_span_cut (message, (size_t)at + 2, message.len), "a snapshot", NULL);
  if (o && aid_json_int (o, "version", 0) == VERSION)
    return o;
  json_decref (o);
  return NULL;
}

static int
same_run (const json_t *a, const json_t *b)
{
  return aid_json_int (a, "ended", -1) == aid_json_int (b, "ended", -1);
}

int
aid_message_same_build (const json_t *a, const json_t *b)
{
  return same_run (json_object_get (a, "build"), json_object_get (b, "build"))
         && same_run (json_object_get (a, "tests"), json_object_get (b, "tests"));
}
