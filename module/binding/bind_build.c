/* Builds: what runs, what it finds, what is known of the last one.  They begin with the first that is asked for. */
#include "assist/measured.h"
#include "base/clock.h"
#include "base/val.h"
#include "binding/later.h"
#include "build/last.h"
#include <stdlib.h>

#define SHOWN 200 /* diagnostics that Lisp is told of */
#define VAL_MAX ((size_t)16 << 20)

static struct aid_builds *builds; /* the Lisp thread's */

/* --- events ---------------------------------------------------------------------------------------------------------- */

static const char *const states[] = { "started", "printed", "round", "ended", "failed" };

static void
add_result (const struct aid_build_event *ev, struct aid_str *val)
{
  size_t o = aid_val_object (val);
  aid_val_kstrz (val, "state", states[ev->kind]);
  aid_val_ksym (val, "status", aid_build_status_name (ev->status));
  aid_val_kstrz (val, "command", ev->command ? ev->command->shown : NULL);
  aid_val_kstrz (val, "dir", ev->command ? ev->command->dir : NULL);
  aid_val_kint (val, "code", ev->code);
  aid_val_kint (val, "signal", ev->signal);
  aid_val_kint (val, "ms", ev->ms);
  aid_val_kint (val, "errors", ev->diags ? (int64_t)ev->diags->errors : 0);
  aid_val_kint (val, "warnings", ev->diags ? (int64_t)ev->diags->warnings : 0);
  aid_val_kstr (val, "output", ev->output);
  aid_val_key (val, "diags");
  if (ev->diags && ev->kind != AID_BUILD_PRINTED)
    aid_diags_val (ev->diags, SHOWN, 0, val);
  else
    aid_val_nil (val);
  aid_val_end (val, o, 11);
}

static void
post (void *ctx, uint64_t id, const struct aid_build_event *ev)
{
  struct aid_str val = AID_STR_INIT (VAL_MAX);
  (void)ctx;
  aid_measured_build (aid_assist_events (aid_binding.assist), ev, ev->root);
  if (ev->kind == AID_BUILD_FAILED)
    aid_binding_post_error (id, ev->error);
  else
    {
      add_result (ev, &val);
      aid_binding_post (id, ev->kind == AID_BUILD_ENDED ? AID_EVENT_RESULT : AID_EVENT_BUILD, aid_str_span (&val));
    }
  aid_str_free (&val);
}

void
aid_bind_builds_stop (void)
{
  if (builds)
    aid_builds_stop (builds, NULL);
}

unsigned
aid_bind_builds_running (void)
{
  return builds ? aid_builds_running (builds) : 0;
}

void
aid_bind_builds_close (void)
{
  aid_builds_free (builds);
  builds = NULL;
}

/* --- requests -------------------------------------------------------------------------------------------------------- */

struct wish
{
  char *root, *dir, *line, *what;
};

static void
wish_read (emacs_env *env, emacs_value plist, struct wish *w)
{
  w->root = aid_lisp_dup (env, aid_lisp_get (env, plist, ":root"));
  w->dir = aid_lisp_dup (env, aid_lisp_get (env, plist, ":dir"));
  w->line = aid_lisp_dup (env, aid_lisp_get (env, plist, ":line"));
  w->what = aid_lisp_dup (env, aid_lisp_get (env, plist, ":what"));
  if (!aid_lisp_failed (env) && !w->root)
    aid_lisp_signal (env, "invalid", "A build needs the :root of a project");
}

static void
wish_free (struct wish *w)
{
  free (w->root);
  free (w->dir);
  free (w->line);
  free (w->what);
}

static enum aid_build_what
what_of (const struct wish *w)
{
  return !w->what                     ? AID_BUILD_ALL
         : !strcmp (w->what, "test")  ? AID_BUILD_TEST
         : !strcmp (w->what, "watch") ? AID_BUILD_WATCH
                                      : AID_BUILD_ALL;
}

/* The strings of LIST, NULL at the end; NULL for nil. */
static char **
read_env (emacs_env *env, emacs_value list)
{
  struct aid_vec v = AID_VEC_INIT (char *, 10000);
  emacs_value item;
  if (aid_lisp_is_nil (env, list))
    return NULL;
  while (aid_lisp_pop (env, &list, &item))
    {
      char *z = aid_lisp_dup (env, item), **slot = z ? aid_vec_push (&v) : NULL;
      if (slot)
        *slot = z;
      else
        free (z);
    }
  aid_vec_push (&v);
  return v.data;
}

static void
free_env (char **list)
{
  for (size_t i = 0; list && list[i]; i++)
    free (list[i]);
  free (list);
}

static enum aid_err
begin (const struct aid_build_request *r, struct aid_error *e)
{
  static const struct aid_build_sink sink = { post, NULL };
  if (!builds)
    builds = aid_builds_new (&sink, e);
  return builds ? aid_builds_start (builds, r, e) : AID_E_NOMEM;
}

/* (:root :dir :what :line :env :leave): the id of its events. */
AID_BIND (build_start)
{
  (void)nargs;
  struct wish w = { NULL, NULL, NULL, NULL };
  struct aid_error e = { AID_OK, "" };
  wish_read (env, args[0], &w);
  char **list = read_env (env, aid_lisp_get (env, args[0], ":env"));
  struct aid_build_request r = { .root = w.root,
                                 .dir = w.dir,
                                 .what = what_of (&w),
                                 .line = w.line,
                                 .env = (const char *const *)list,
                                 .leave = !aid_lisp_is_nil (env, aid_lisp_get (env, args[0], ":leave")) };
  emacs_value out = NULL;
  if (!aid_lisp_failed (env))
    {
      r.id = aid_binding.host->next_id ();
      out = begin (&r, &e) ? aid_lisp_error (env, &e) : env->make_integer (env, (intmax_t)r.id);
    }
  free_env (list);
  wish_free (&w);
  return out;
}

/* ROOT */
AID_BIND (build_stop)
{
  (void)nargs;
  char *root = aid_lisp_dup (env, args[0]);
  if (!aid_lisp_failed (env) && builds)
    aid_builds_stop (builds, root);
  free (root);
  return aid_lisp_failed (env) ? NULL : env->intern (env, "nil");
}

/* Finds the command of the wish in PLIST.  0 with a signal pending. */
static int
find_command (emacs_env *env, emacs_value plist, struct wish *w, struct aid_build_command *c, struct aid_error *e,
              enum aid_err *err)
{
  wish_read (env, plist, w);
  if (aid_lisp_failed (env))
    return 0;
  *err = w->line ? aid_build_given (w->line, w->dir ? w->dir : w->root, c, e)
                 : aid_build_detect (w->root, w->dir, what_of (w), c, e);
  return 1;
}

/* (:root :dir :what :line): (:command :dir :tool :trusted), or (:error). */
AID_BIND (build_command)
{
  (void)nargs;
  struct wish w = { NULL, NULL, NULL, NULL };
  struct aid_build_command c = { .shown = NULL };
  struct aid_error e = { AID_OK, "" };
  struct aid_str val = AID_STR_INIT (1 << 20);
  enum aid_err err;
  if (find_command (env, args[0], &w, &c, &e, &err))
    {
      size_t o = aid_val_object (&val);
      aid_val_kstrz (&val, "error", err ? e.msg : NULL);
      aid_val_kstrz (&val, "command", err ? NULL : c.shown);
      aid_val_kstrz (&val, "dir", err ? NULL : c.dir);
      aid_val_kstrz (&val, "tool", err ? NULL : c.tool);
      aid_val_kbool (&val, "trusted", !err && aid_build_trusted (w.root, &c));
      aid_val_end (&val, o, 5);
    }
  aid_build_command_free (&c);
  wish_free (&w);
  if (!aid_lisp_failed (env))
    return aid_lisp_take_val (env, &val);
  aid_str_free (&val);
  return NULL;
}

/* The same, and :shown, what the person was asked about; trusts that command from now on, if it is still the one. */
AID_BIND (build_trust)
{
  (void)nargs;
  struct wish w = { NULL, NULL, NULL, NULL };
  struct aid_build_command c = { .shown = NULL };
  struct aid_error e = { AID_OK, "" };
  enum aid_err err = AID_OK;
  char *shown = aid_lisp_dup (env, aid_lisp_get (env, args[0], ":shown"));
  int found = find_command (env, args[0], &w, &c, &e, &err);
  if (found && !err && (!shown || strcmp (shown, c.shown) != 0))
    err = aid_error_set (&e, AID_E_STATE, "How %s is built has changed since you were asked: look at it again.", w.root);
  if (found && !err)
    err = aid_build_trust (w.root, &c, &e);
  free (shown);
  aid_build_command_free (&c);
  wish_free (&w);
  return !found ? NULL : err ? aid_lisp_error (env, &e) : env->intern (env, "t");
}

/* --- the last one ------------------------------------------------------------------------------------------------------ */

static void
add_last (const struct aid_build_last *l, struct aid_str *val)
{
  size_t o = aid_val_object (val);
  aid_val_ksym (val, "status", aid_build_status_name (l->status));
  aid_val_kbool (val, "test", l->what == AID_BUILD_TEST);
  aid_val_kstrz (val, "command", l->command);
  aid_val_kint (val, "age", (aid_clock_wall_ms () - l->time_ms) / 1000);
  aid_val_kint (val, "errors", (int64_t)l->diags.errors);
  aid_val_kint (val, "warnings", (int64_t)l->diags.warnings);
  aid_val_key (val, "diags");
  aid_diags_val (&l->diags, SHOWN, 0, val);
  aid_val_end (val, o, 7);
}

/* ROOT */
AID_BIND (build_last)
{
  (void)nargs;
  struct aid_build_last last;
  struct aid_error e;
  struct aid_str val = AID_STR_INIT (VAL_MAX);
  char *root = aid_lisp_dup (env, args[0]);
  if (aid_lisp_failed (env) || !root)
    return NULL;
  if (aid_build_last_read (root, &last, &e) == AID_OK)
    add_last (&last, &val);
  else
    aid_val_nil (&val);
  aid_build_last_free (&last);
  free (root);
  return aid_lisp_take_val (env, &val);
}

/* ROOT: what a model is told. */
AID_BIND (build_text)
{
  (void)nargs;
  struct aid_build_last last;
  struct aid_error e;
  struct aid_str val = AID_STR_INIT (VAL_MAX), text = AID_STR_INIT (VAL_MAX);
  char *root = aid_lisp_dup (env, args[0]);
  if (aid_lisp_failed (env) || !root)
    return NULL;
  if (aid_build_last_read (root, &last, &e) == AID_OK && aid_build_tell (root, &last, &text, &e) == AID_OK)
    aid_val_str (&val, aid_str_span (&text));
  else
    aid_val_nil (&val);
  aid_build_last_free (&last);
  aid_str_free (&text);
  free (root);
  return aid_lisp_take_val (env, &val);
}

/* --- what somebody else has built ------------------------------------------------------------------------------------- */

struct told
{
  struct aid_bind_later later;
  struct wish w;
  struct aid_str text;
  int code;
};

static void
told_free (struct aid_bind_later *later)
{
  struct told *t = (struct told *)later;
  wish_free (&t->w);
  aid_str_free (&t->text);
  free (t);
}

static void
read_told (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  struct told *t = (struct told *)later;
  const char *dir = t->w.dir ? t->w.dir : t->w.root;
  struct aid_build_command c = { .shown = NULL };
  struct aid_diag_reader *r = aid_diag_reader_new (t->w.root, dir, e);
  (void)val;
  if (r && !aid_build_given (t->w.line ? t->w.line : "?", dir, &c, e) && !aid_diag_feed (r, aid_str_span (&t->text)))
    {
      struct aid_diags diags;
      aid_diag_end (r, &diags);
      struct aid_build_event ev = { .kind = AID_BUILD_ENDED,
                                    .what = what_of (&t->w),
                                    .root = t->w.root,
                                    .command = &c,
                                    .diags = &diags,
                                    .code = t->code,
                                    .status = t->code ? AID_BUILD_RED : AID_BUILD_GREEN };
      struct aid_span all = aid_str_span (&t->text);
      ev.tail = aid_span_cut (all, all.len > AID_BUILD_TAIL ? all.len - AID_BUILD_TAIL : 0, all.len);
      aid_build_last_save (t->w.root, ev.what, ev.status, &c, &ev);
      post (NULL, later->id, &ev);
      aid_diags_free (&diags);
    }
  else if (!e->code)
    aid_error_set (e, AID_E_NOMEM, "No memory to read a build");
  aid_build_command_free (&c);
  aid_diag_reader_free (r);
}

/* (:root :dir :what :line :text :code): takes what another has built and printed for this project's last build. */
AID_BIND (build_told)
{
  (void)nargs;
  struct told *t = aid_bind_later_new (env, sizeof *t, read_told, told_free);
  if (!t)
    return NULL;
  wish_read (env, args[0], &t->w);
  aid_lisp_text (env, aid_lisp_get (env, args[0], ":text"), &t->text);
  t->code = (int)aid_lisp_size (env, aid_lisp_get (env, args[0], ":code"));
  return aid_bind_later_begin (env, &t->later, aid_assist_pool (aid_binding.assist));
}
