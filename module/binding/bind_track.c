/* Accepted text that is followed through a buffer's changes (measure/track.h), for Lisp: each followed buffer has a
   number.  All of it is the Lisp thread's. */
#include "base/val.h"
#include "binding/binding_internal.h"
#include "measure/events.h"
#include "measure/track.h"
#include "scan/scan.h"
#include <stdlib.h>

#define TRACKS_MAX 10000

struct followed
{
  size_t id;
  struct aid_track *track;
};

static struct aid_vec tracks = { NULL, 0, 0, sizeof (struct followed), TRACKS_MAX };
static size_t last_id;

static struct followed *
find (size_t id)
{
  for (size_t i = 0; i < tracks.len; i++)
    if (AID_VEC_AT (struct followed, &tracks, i).id == id)
      return &AID_VEC_AT (struct followed, &tracks, i);
  return NULL;
}

/* The one that V names, or NULL with a signal pending. */
static struct aid_track *
track_of (emacs_env *env, emacs_value v)
{
  size_t id = aid_lisp_size (env, v);
  if (aid_lisp_failed (env))
    return NULL;
  struct followed *f = find (id);
  if (f == NULL)
    aid_lisp_signal (env, "notfound", "This core does not follow that buffer");
  return f == NULL ? NULL : f->track;
}

void
aid_bind_tracks_close (void)
{
  for (size_t i = 0; i < tracks.len; i++)
    aid_track_free (AID_VEC_AT (struct followed, &tracks, i).track);
  aid_vec_free (&tracks);
  tracks = AID_VEC_INIT (struct followed, TRACKS_MAX);
}

/* SIZE: begins to follow a buffer of so many characters. */
AID_BIND (track_open)
{
  (void) nargs;
  size_t size = aid_lisp_size (env, args[0]);
  if (aid_lisp_failed (env))
    return NULL;
  struct aid_track *t = aid_track_new (size);
  struct followed *f = t == NULL ? NULL : aid_vec_push (&tracks);
  if (f == NULL)
    {
      aid_track_free (t);
      aid_lisp_signal (env, "limit", "No memory to follow a buffer");
      return NULL;
    }
  *f = (struct followed){ ++last_id, t };
  return env->make_integer (env, (intmax_t) f->id);
}

AID_BIND (track_close)
{
  (void) nargs;
  size_t id = aid_lisp_size (env, args[0]);
  struct followed *f = aid_lisp_failed (env) ? NULL : find (id);
  if (f != NULL)
    {
      aid_track_free (f->track);
      aid_vec_remove (&tracks, (size_t) (f - (struct followed *) tracks.data), 1);
    }
  return aid_lisp_failed (env) ? NULL : env->intern (env, "nil");
}

/* TRACK BEG REMOVED TEXT: what goes wrong shows when it is asked. */
AID_BIND (track_change)
{
  (void) nargs;
  struct aid_track *t = track_of (env, args[0]);
  struct aid_str text;
  size_t beg = aid_lisp_size (env, args[1]), removed = aid_lisp_size (env, args[2]);
  aid_lisp_text (env, args[3], &text);
  int ok = !aid_lisp_failed (env);
  if (ok)
    aid_track_change (t, beg, removed, aid_str_span (&text));
  aid_str_free (&text);
  return ok ? env->intern (env, "nil") : NULL;
}

/* TRACK HUNK BEG TEXT; whether that could be. */
AID_BIND (track_accept)
{
  (void) nargs;
  struct aid_track *t = track_of (env, args[0]);
  struct aid_str text;
  size_t hunk = aid_lisp_size (env, args[1]), beg = aid_lisp_size (env, args[2]);
  aid_lisp_text (env, args[3], &text);
  emacs_value out = NULL;
  if (!aid_lisp_failed (env))
    out = env->intern (env, aid_track_accept (t, hunk, beg, aid_str_span (&text)) == AID_OK ? "t" : "nil");
  aid_str_free (&text);
  return out;
}

AID_BIND (track_drop)
{
  (void) nargs;
  struct aid_track *t = track_of (env, args[0]);
  size_t hunk = aid_lisp_size (env, args[1]);
  if (aid_lisp_failed (env))
    return NULL;
  aid_track_drop (t, hunk);
  return env->intern (env, "nil");
}

/* --- what has stayed ----------------------------------------------------------------------------------------------------- */

/* An event of what K says, of the hunk that PLIST names. */
static void
add_stayed (emacs_env *env, emacs_value plist, const struct aid_track_kept *k, const char *how)
{
  static const char *const keys[] = { ":chat", ":request", ":id", ":root", ":path", ":when" };
  char *z[6];
  struct aid_str val = AID_STR_INIT (1024), name = AID_STR_INIT (4096);
  for (size_t i = 0; i < 6; i++)
    z[i] = aid_lisp_dup (env, aid_lisp_get (env, plist, keys[i]));
  size_t after = aid_lisp_size (env, aid_lisp_get (env, plist, ":after"));
  if (z[0] != NULL && z[1] != NULL)
    aid_str_addf (&name, "%s %s", z[0], z[1]);
  size_t named = name.len;
  if (z[2] != NULL)
    aid_str_addf (&name, " %s", z[2]);
  enum aid_language language = z[4] != NULL ? aid_language_of (aid_span_z (z[4]), AID_SPAN ("")) : AID_LANG_NONE;
  size_t o = aid_val_object (&val);
  aid_val_kstrz (&val, "when", z[5] != NULL ? z[5] : "");
  aid_val_kint (&val, "after_s", (int64_t) after);
  aid_val_kint (&val, "chars", (int64_t) k->chars);
  aid_val_kint (&val, "kept", (int64_t) k->kept);
  aid_val_kstrz (&val, "how", how);
  aid_val_end (&val, o, 5);
  struct aid_measurement m = { .kind = AID_MEASURED_STAYED,
                               .request = aid_span_cut (aid_str_span (&name), 0, named),
                               .root = z[3],
                               .chat = z[0],
                               .path = z[4],
                               .language = language == AID_LANG_NONE ? NULL : aid_language_name (language),
                               .hunk = aid_str_span (&name),
                               .fields = aid_str_span (&val) };
  if (!aid_lisp_failed (env))
    aid_events_add (aid_assist_events (aid_binding.assist), &m);
  for (size_t i = 0; i < 6; i++)
    free (z[i]);
  aid_str_free (&val);
  aid_str_free (&name);
}

/* Adds an event for each of HUNKS, of what OUT has. */
static void
add_all (emacs_env *env, emacs_value hunks, const struct aid_vec *out, const char *how)
{
  emacs_value plist;
  while (aid_lisp_pop (env, &hunks, &plist))
    {
      size_t number = aid_lisp_size (env, aid_lisp_get (env, plist, ":number"));
      for (size_t i = 0; !aid_lisp_failed (env) && i < out->len; i++)
        if (AID_VEC_AT (struct aid_track_kept, out, i).hunk == number)
          add_stayed (env, plist, &AID_VEC_AT (struct aid_track_kept, out, i), how);
    }
}

/* TRACK SIZE TEXT HUNKS: records how much of HUNKS, plists (:number :chat :request :id :root :path :when :after), is
   in the buffer of SIZE characters, or in TEXT.  nil: only a text can tell. */
AID_BIND (track_stayed)
{
  (void) nargs;
  struct aid_track *t = track_of (env, args[0]);
  struct aid_vec out = AID_TRACK_KEPT_INIT;
  struct aid_str text = AID_STR_INIT (0);
  int by_text = !aid_lisp_is_nil (env, args[2]);
  size_t size = by_text ? 0 : aid_lisp_size (env, args[1]);
  if (by_text)
    aid_lisp_text (env, args[2], &text);
  emacs_value done = NULL;
  if (!aid_lisp_failed (env))
    {
      if (!by_text && size != aid_track_size (t))
        aid_track_lose (t);
      enum aid_err err = by_text ? aid_track_look_in (t, aid_str_span (&text), &out) : aid_track_look (t, &out);
      if (err == AID_OK)
        add_all (env, args[3], &out, by_text ? "text" : "changes");
      done = env->intern (env, err == AID_OK ? "t" : "nil");
    }
  aid_vec_free (&out);
  aid_str_free (&text);
  return aid_lisp_failed (env) ? NULL : done;
}
