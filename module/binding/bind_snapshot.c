/* Snapshots of work: each project that is watched has a thread; what was kept is read by jobs. */
#include "base/fs.h"
#include "base/json.h"
#include "base/utf8.h"
#include "base/val.h"
#include "binding/later.h"
#include "learn/timeline.h"
#include "learn/snapshot.h"
#include "project/projects.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)64 << 20) /* bytes of a version */
#define LISTED_MS 60000

struct watcher
{
  char *root;
  uint64_t id;
  struct aid_stop *stop;
  unsigned long thread;
  /* The thread opens them; who joins it closes them. */
  _Atomic (struct aid_project *) project;
  _Atomic (struct aid_snapshots *) s;
  _Atomic unsigned jobs; /* that use S */
  _Atomic int done;      /* its thread has ended, or will at once */
  _Atomic int forget;    /* when it ends it is not remembered any more that it was on */
  struct watcher *next;
};

/* The Lisp thread's: those that watch, and those that were told to stop, whose threads are not joined yet. */
static struct watcher *watchers, *leaving;

/* --- the thread --------------------------------------------------------------------------------------------------- */

static void
tell (void *ctx, const struct aid_snapshot_taken *taken, const struct aid_error *e)
{
  const struct watcher *w = ctx;
  struct aid_str val = AID_STR_INIT (8192);
  size_t o = aid_val_object (&val);
  aid_val_kstrz (&val, "id", taken ? taken->id : NULL);
  aid_val_kint (&val, "changed", taken ? (int64_t)taken->changed : 0);
  aid_val_kstrz (&val, "trouble", e ? e->msg : NULL);
  aid_val_end (&val, o, 3);
  aid_binding_post (w->id, AID_EVENT_SNAPSHOT, aid_str_span (&val));
  aid_str_free (&val);
}

/* Remembers with the snapshots of ROOT that they are on, or not. */
static enum aid_err
remember (const char *root, int on, struct aid_error *e)
{
  struct aid_vault *vault;
  struct aid_str path = AID_STR_INIT (8192);
  enum aid_err err = aid_vault_open (root, on, &vault, e);
  if (err)
    return on ? err : AID_OK;
  aid_vault_path (vault, "on", &path);
  if (on)
    err = aid_fs_replace (aid_str_z (&path), AID_SPAN (""), 0600, e);
  else
    unlink (aid_str_z (&path));
  aid_vault_free (vault);
  aid_str_free (&path);
  return err;
}

static void *
watch (void *arg)
{
  struct watcher *w = arg;
  const struct aid_snapshot_settings settings = aid_snapshot_settings (w->root);
  struct aid_project *p = NULL;
  struct aid_snapshots *s = NULL;
  struct aid_error e = { AID_OK, "" };
  struct aid_str val = AID_STR_INIT (64);
  enum aid_err err = remember (w->root, 1, &e);
  if (!err)
    err = aid_projects_get (aid_assist_projects (aid_binding.assist), w->root, &p, &e);
  w->project = p;
  if (!err)
    err = aid_snapshots_open (p, &settings, &s, &e);
  w->s = s;
  if (!err)
    err = aid_snapshots_run (s, w->stop, tell, w, &e);
  if (w->forget)
    remember (w->root, 0, NULL);
  aid_val_bool (&val, 1);
  if (err)
    aid_binding_post_error (w->id, &e);
  else
    aid_binding_post (w->id, AID_EVENT_RESULT, aid_str_span (&val));
  aid_str_free (&val);
  w->done = 1;
  return NULL;
}

static void
ask_to_stop (struct watcher *w)
{
  struct aid_project *p = w->project;
  aid_stop_set (w->stop);
  if (p)
    aid_project_wake (p);
}

/* Joins its thread. */
static void
end (struct watcher *w)
{
  ask_to_stop (w);
  if (w->thread)
    pthread_join (w->thread, NULL);
  while (atomic_load (&w->jobs)) /* they stop, too */
    usleep (1000);
  aid_snapshots_close (w->s);
  if (w->project)
    aid_projects_put (aid_assist_projects (aid_binding.assist), w->project);
  aid_stop_free (w->stop);
  free (w->root);
  free (w);
}

static void
end_all (struct watcher **list)
{
  while (*list)
    {
      struct watcher *w = *list;
      *list = w->next;
      end (w);
    }
}

void
aid_bind_snapshots_stop (void)
{
  for (struct watcher *w = watchers; w; w = w->next)
    ask_to_stop (w);
}

void
aid_bind_snapshots_close (void)
{
  aid_bind_snapshots_stop ();
  end_all (&watchers);
  end_all (&leaving);
}

static struct watcher **
find (const char *root)
{
  struct watcher **at = &watchers;
  while (*at && strcmp ((*at)->root, root) != 0)
    at = &(*at)->next;
  return at;
}

/* --- on and off --------------------------------------------------------------------------------------------------- */

static enum aid_err
begin (const char *root, uint64_t *id, struct aid_error *e)
{
  struct watcher **at = find (root), *w = *at;
  *id = w ? w->id : 0;
  if (w && !w->done)
    return AID_OK;
  if (w)
    {
      *at = w->next;
      end (w);
    }
  if (!(w = calloc (1, sizeof *w)) || !(w->root = strdup (root)) || !(w->stop = aid_stop_new (e)))
    {
      free (w ? w->root : NULL);
      free (w);
      return aid_error_set (e, AID_E_NOMEM, "No memory for snapshots");
    }
  end_all (&leaving); /* one of the same project would be in the way */
  *id = w->id = aid_binding.host->next_id ();
  w->next = watchers;
  watchers = w;
  return aid_thread_start (&w->thread, "aid-snapshot", watch, w, e);
}

/* ROOT: the id of its events. */
AID_BIND (snapshot_start)
{
  (void)nargs;
  struct aid_error e = { AID_OK, "" };
  char *root = aid_lisp_dup (env, args[0]);
  uint64_t id = 0;
  emacs_value out = NULL;
  if (!aid_lisp_failed (env) && root)
    out = begin (root, &id, &e) ? aid_lisp_error (env, &e) : env->make_integer (env, (intmax_t)id);
  free (root);
  return out;
}

/* ROOT FORGET */
AID_BIND (snapshot_stop)
{
  (void)nargs;
  char *root = aid_lisp_dup (env, args[0]);
  if (!aid_lisp_failed (env) && root)
    {
      struct watcher **at = find (root), *w = *at;
      int forget = !aid_lisp_is_nil (env, args[1]);
      if (w)
        {
          w->forget = forget;
          *at = w->next; /* its thread may be writing: nobody waits for that here */
          w->next = leaving;
          leaving = w;
          ask_to_stop (w);
        }
      else if (forget)
        remember (root, 0, NULL);
    }
  free (root);
  return aid_lisp_failed (env) ? NULL : env->intern (env, "nil");
}

/* ROOT: how many bytes of a file that is not saved its settings want; nil: none. */
AID_BIND (snapshot_wants_unsaved)
{
  (void)nargs;
  char *root = aid_lisp_dup (env, args[0]);
  const struct aid_snapshot_settings settings = aid_snapshot_settings (root ? root : "");
  free (root);
  return aid_lisp_failed (env) ? NULL
         : settings.unsaved    ? env->make_integer (env, (intmax_t)settings.file_max)
                               : env->intern (env, "nil");
}

/* ROOT PATH TEXT: whether it was taken; it is not while the project is being opened. */
AID_BIND (snapshot_unsaved)
{
  (void)nargs;
  struct aid_error e = { AID_OK, "" };
  struct aid_str text = AID_STR_INIT (AID_LISP_TEXT_MAX);
  char *root = aid_lisp_dup (env, args[0]), *path = aid_lisp_dup (env, args[1]);
  int there = !aid_lisp_is_nil (env, args[2]), taken = 0;
  if (there)
    aid_lisp_text (env, args[2], &text);
  if (!aid_lisp_failed (env) && root && path)
    {
      struct aid_span span = aid_str_span (&text);
      struct watcher *w = *find (root);
      taken = w && w->s && !aid_snapshots_unsaved (w->s, aid_span_z (path), there ? &span : NULL, &e);
    }
  free (root);
  free (path);
  aid_str_free (&text);
  return aid_lisp_failed (env) ? NULL : env->intern (env, taken ? "t" : "nil");
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

struct job
{
  struct aid_bind_later later;
  char *root, *path, *id;
  size_t most;
  struct watcher *w; /* or NULL */
};

static void
job_free (struct aid_bind_later *later)
{
  struct job *j = (struct job *)later;
  if (j->w)
    atomic_fetch_sub (&j->w->jobs, 1);
  free (j->root);
  free (j->path);
  free (j->id);
  free (j);
}

struct listing
{
  struct aid_str *val;
  uint32_t n;
};

static int
add_version (void *ctx, const struct aid_snapshot *one)
{
  struct listing *l = ctx;
  const json_t *build = json_object_get (one->told, "build"), *file = json_array_get (one->files, 0);
  const char *status = aid_json_str (build, "status");
  size_t o = aid_val_object (l->val);
  aid_val_kstrz (l->val, "id", one->id);
  aid_val_kint (l->val, "time", one->time_ms / 1000);
  aid_val_ksym (l->val, "status", status ? status : "unknown");
  aid_val_kbool (l->val, "exact", aid_json_bool (build, "exact", 0));
  aid_val_kint (l->val, "errors", aid_json_int (build, "errors", 0));
  aid_val_kstrz (l->val, "change", aid_json_str (file, "change"));
  aid_val_kint (l->val, "added", aid_json_int (file, "added", -1));
  aid_val_kint (l->val, "removed", aid_json_int (file, "removed", -1));
  aid_val_end (l->val, o, 8);
  l->n++;
  return 0;
}

static void
list_versions (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  struct job *j = (struct job *)later;
  struct aid_vault *vault;
  struct listing l = { val, 0 };
  if (aid_vault_open (j->root, 0, &vault, e))
    return;
  size_t list = aid_val_list (val);
  aid_timeline (vault, &(struct aid_timeline_which){ .most = j->most, .path = aid_span_z (j->path) }, add_version, &l, e);
  aid_val_end (val, list, l.n);
  aid_vault_free (vault);
}

static void
read_version (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  struct job *j = (struct job *)later;
  struct aid_vault *vault;
  struct aid_str text = AID_STR_INIT (TEXT_MAX);
  if (aid_vault_open (j->root, 0, &vault, e))
    return;
  if (!aid_timeline_text (vault, j->id, aid_span_z (j->path), &text, e))
    {
      struct aid_span span = aid_str_span (&text);
      size_t o = aid_val_object (val);
      aid_val_kbool (val, "utf8", aid_utf8_valid_prefix (span) == span.len && !memchr (aid_str_z (&text), 0, span.len));
      aid_val_kstr (val, "text", span);
      aid_val_end (val, o, 2);
    }
  aid_vault_free (vault);
  aid_str_free (&text);
}

static struct job *
job_new (emacs_env *env, emacs_value root, emacs_value path, emacs_value id,
         void (*work) (struct aid_bind_later *, struct aid_str *, struct aid_error *))
{
  struct job *j = aid_bind_later_new (env, sizeof *j, work, job_free);
  if (!j)
    return NULL;
  j->root = aid_lisp_dup (env, root);
  j->path = path ? aid_lisp_dup (env, path) : NULL;
  j->id = id ? aid_lisp_dup (env, id) : NULL;
  if (!aid_lisp_failed (env) && (!j->root || (path && !j->path) || (id && !j->id)))
    aid_lisp_signal (env, "invalid", "A version needs a project, a file and an id");
  return j;
}

static emacs_value
begin_job (emacs_env *env, struct job *j)
{
  return j ? aid_bind_later_begin (env, &j->later, aid_assist_readers (aid_binding.assist)) : NULL;
}

/* ROOT PATH MOST */
AID_BIND (snapshot_log_soon)
{
  (void)nargs;
  struct job *j = job_new (env, args[0], args[1], NULL, list_versions);
  if (j)
    j->most = aid_lisp_size (env, args[2]);
  return begin_job (env, j);
}

/* ROOT ID PATH */
AID_BIND (snapshot_text_soon)
{
  (void)nargs;
  return begin_job (env, job_new (env, args[0], args[2], args[1], read_version));
}

/* --- now ---------------------------------------------------------------------------------------------------------- */

static void
tell_taken (const struct aid_snapshot_taken *taken, struct aid_str *val)
{
  size_t o = aid_val_object (val);
  aid_val_kbool (val, "taken", taken->id[0] != '\0');
  aid_val_kstrz (val, "id", taken->last);
  aid_val_end (val, o, 2);
}

/* By who watches, who knows what is not saved; else by one that is made for it. */
static void
take_one (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  struct job *j = (struct job *)later;
  struct aid_projects *projects = aid_assist_projects (aid_binding.assist);
  const struct aid_snapshot_settings settings = aid_snapshot_settings (j->root);
  struct aid_snapshot_taken taken;
  struct aid_project *p = NULL;
  struct aid_snapshots *watched = j->w ? j->w->s : NULL, *s = NULL;
  const struct aid_stop *stop = watched ? j->w->stop : NULL;
  if (aid_projects_get (projects, j->root, &p, e))
    return;
  if (!aid_project_wait_or (p, 0, LISTED_MS, stop))
    aid_error_set (e, AID_E_TIMEOUT, "The files of %s are not listed yet; try again in a moment", j->root);
  else if ((watched || !aid_snapshots_open (p, &settings, &s, e))
           && !aid_snapshots_take (watched ? watched : s, AID_VAULT_WAIT_MS, stop, &taken, e))
    tell_taken (&taken, val);
  aid_snapshots_close (s);
  aid_projects_put (projects, p);
}

/* ROOT */
AID_BIND (snapshot_take_soon)
{
  (void)nargs;
  struct job *j = job_new (env, args[0], NULL, NULL, take_one);
  if (j && !aid_lisp_failed (env))
    {
      j->w = *find (j->root);
      if (j->w)
        atomic_fetch_add (&j->w->jobs, 1);
    }
  return begin_job (env, j);
}
