/* Judging an answer before it is reviewed: in boxes over a copy of the project, by threads of its own, for a build may take
   minutes.  One at a time for each project, and the newest wins. */
#include "base/json.h"
#include "base/stop.h"
#include "base/val.h"
#include "binding/later.h"
#include "ces/box.h"
#include "ces/ces.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define HUNKS_MAX 1000000
#define THREADS 2
#define NICE 10 /* of what is built and tested, beside the editor: the person works meanwhile */

struct judge
{
  struct aid_bind_later later;
  char *root;
  struct aid_str answer;
  json_t *task;
  struct aid_vec only, chosen; /* size_t; struct aid_ces_chosen */
  int some_only;
  struct aid_stop *stop;
  struct judge *next;
};

static struct aid_pool *pool;                            /* the Lisp thread's */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the list */
static struct judge *judges;

/* --- those there are ---------------------------------------------------------------------------------------------- */

/* Stops those of ROOT; NULL: all. */
static void
stop_all (const char *root)
{
  pthread_mutex_lock (&lock);
  for (struct judge *j = judges; j; j = j->next)
    if (!root || !strcmp (root, j->root))
      aid_stop_set (j->stop);
  pthread_mutex_unlock (&lock);
}

static void
note (struct judge *j)
{
  pthread_mutex_lock (&lock);
  j->next = judges;
  judges = j;
  pthread_mutex_unlock (&lock);
}

static void
forget (const struct judge *j)
{
  pthread_mutex_lock (&lock);
  for (struct judge **at = &judges; *at; at = &(*at)->next)
    if (*at == j)
      {
        *at = j->next;
        break;
      }
  pthread_mutex_unlock (&lock);
}

void
aid_bind_judges_stop (void)
{
  stop_all (NULL);
}

void
aid_bind_judges_close (void)
{
  stop_all (NULL);
  if (pool)
    aid_pool_free (pool);
  pool = NULL;
}

/* --- one ---------------------------------------------------------------------------------------------------------- */

static void
judge_free (struct aid_bind_later *later)
{
  struct judge *j = (struct judge *)later;
  forget (j);
  aid_stop_free (j->stop);
  aid_str_free (&j->answer);
  json_decref (j->task);
  aid_vec_free (&j->only);
  aid_vec_free (&j->chosen);
  free (j->root);
  free (j);
}

/* Appends V, which we have made ourselves, to VAL. */
static void
add_json (const json_t *v, struct aid_str *val)
{
  const char *key;
  json_t *one;
  size_t i, at;
  switch (json_typeof (v))
    {
    case JSON_OBJECT:
      at = aid_val_object (val);
      json_object_foreach ((json_t *)(uintptr_t)v, key, one)
      {
        aid_val_key (val, key);
        add_json (one, val);
      }
      aid_val_end (val, at, (uint32_t)json_object_size (v));
      break;
    case JSON_ARRAY:
      at = aid_val_list (val);
      json_array_foreach (v, i, one)
      {
        add_json (one, val);
      }
      aid_val_end (val, at, (uint32_t)json_array_size (v));
      break;
    case JSON_STRING:
      aid_val_str (val, (struct aid_span){ json_string_value (v), json_string_length (v) });
      break;
    case JSON_INTEGER:
      aid_val_int (val, json_integer_value (v));
      break;
    case JSON_REAL:
      aid_val_real (val, json_real_value (v));
      break;
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NULL:
      aid_val_bool (val, json_is_true (v));
      break;
    }
}

static void
tell (void *ctx, const json_t *whole)
{
  const struct judge *j = ctx;
  struct aid_str val = AID_STR_INIT (AID_LISP_TEXT_MAX);
  add_json (whole, &val);
  if (!val.err)
    aid_binding_post (j->later.id, AID_EVENT_JUDGED, aid_str_span (&val));
  aid_str_free (&val);
}

/* Whether boxes can be had here, before anything is copied; asked until they can. */
static enum aid_err
check_boxes (struct aid_error *e)
{
  static _Atomic int known;
  char why[256];
  if (!atomic_load (&known) && aid_box_available (why))
    atomic_store (&known, 1);
  if (atomic_load (&known))
    return AID_OK;
  return aid_error_set (e, AID_E_STATE, "%s", why);
}

static void
work (struct aid_bind_later *later, struct aid_str *val, struct aid_error *e)
{
  struct judge *j = (struct judge *)later;
  const struct aid_ces_asked asked = { .only = j->some_only ? j->only.data ? j->only.data : (size_t[1]){ 0 } : NULL,
                                       .nonly = j->only.len,
                                       .chosen = j->chosen.data,
                                       .nchosen = j->chosen.len,
                                       .tell = tell,
                                       .ctx = j };
  struct aid_ces_settings settings;
  struct aid_ces *c = NULL;
  json_t *out = NULL;
  enum aid_err err = aid_ces_settings_read (&settings, e);
  settings.nice = NICE;
  if (!err)
    err = check_boxes (e);
  if (!err)
    err = aid_ces_open (&settings, &c, e);
  if (!err)
    err = aid_ces_evaluate_hunks (c, j->task, aid_str_span (&j->answer), &asked, j->stop, &out, e);
  if (!err)
    add_json (out, val);
  json_decref (out);
  aid_ces_close (c);
  aid_ces_settings_free (&settings);
}

/* --- its arguments ------------------------------------------------------------------------------------------------ */

/* :texts ((PATH . TEXT) ...) */
static void
read_texts (emacs_env *env, emacs_value list, json_t *task)
{
  json_t *files = json_object ();
  emacs_value pair, car, cdr;
  while (files && aid_lisp_pop (env, &list, &pair))
    {
      struct aid_str path, text;
      aid_lisp_pair (env, pair, &car, &cdr);
      aid_lisp_text (env, car, &path);
      aid_lisp_text (env, cdr, &text);
      if (!aid_lisp_failed (env))
        json_object_set_new (files, aid_str_z (&path), aid_json_of_span (aid_str_span (&text)));
      aid_str_free (&path);
      aid_str_free (&text);
    }
  json_object_set_new (task, "files", files);
}

/* :only (HUNK ...), :chosen ((HUNK . LINE) ...) */
static void
read_hunks (emacs_env *env, emacs_value plist, struct judge *j)
{
  emacs_value list = aid_lisp_get (env, plist, ":only"), item, car, cdr;
  j->only = AID_VEC_INIT (size_t, HUNKS_MAX);
  j->chosen = AID_VEC_INIT (struct aid_ces_chosen, HUNKS_MAX);
  j->some_only = !aid_lisp_is_nil (env, list);
  while (aid_lisp_pop (env, &list, &item))
    {
      size_t *number = aid_vec_push (&j->only);
      if (number)
        *number = aid_lisp_size (env, item);
    }
  list = aid_lisp_get (env, plist, ":chosen");
  while (aid_lisp_pop (env, &list, &item))
    {
      struct aid_ces_chosen *one = aid_vec_push (&j->chosen);
      aid_lisp_pair (env, item, &car, &cdr);
      if (one)
        *one = (struct aid_ces_chosen){ aid_lisp_size (env, car), (int64_t)aid_lisp_size (env, cdr) };
    }
}

/* How the project is built, if the person has allowed that. */
static enum aid_err
make_task (const char *root, const char *dir, const char *line, int tests, json_t **task, struct aid_error *e)
{
  struct aid_build_command c = { .shown = NULL };
  enum aid_err err
    = line ? aid_build_given (line, dir ? dir : root, &c, e) : aid_build_detect (root, dir, AID_BUILD_ALL, &c, e);
  if (!err && !aid_build_trusted (root, &c))
    err = aid_error_set (e, AID_E_REFUSED, "`%.100s' was not allowed in %.100s yet: M-x aid-build asks", c.shown, root);
  if (!err)
    err = aid_ces_project_task (root, &c, tests, task, e);
  aid_build_command_free (&c);
  return err;
}

static void
read_task (emacs_env *env, emacs_value plist, struct judge *j)
{
  char *dir = aid_lisp_dup (env, aid_lisp_get (env, plist, ":dir")),
       *line = aid_lisp_dup (env, aid_lisp_get (env, plist, ":line"));
  int tests = !aid_lisp_is_nil (env, aid_lisp_get (env, plist, ":tests"));
  struct aid_error e = { AID_OK, "" };
  j->root = aid_lisp_dup (env, aid_lisp_get (env, plist, ":root"));
  if (!aid_lisp_failed (env) && !j->root)
    aid_lisp_signal (env, "invalid", "To judge, the :root of a project is needed");
  if (!aid_lisp_failed (env) && make_task (j->root, dir, line, tests, &j->task, &e))
    aid_lisp_error (env, &e);
  free (dir);
  free (line);
}

/* --- for Lisp ----------------------------------------------------------------------------------------------------- */

AID_BIND (judge_soon)
{
  (void)nargs;
  struct aid_error e = { AID_OK, "" };
  struct judge *j = aid_bind_later_new (env, sizeof *j, work, judge_free);
  if (!j)
    return NULL;
  aid_lisp_text (env, aid_lisp_get (env, args[0], ":answer"), &j->answer);
  read_task (env, args[0], j);
  if (!aid_lisp_failed (env))
    read_texts (env, aid_lisp_get (env, args[0], ":texts"), j->task);
  if (!aid_lisp_failed (env))
    read_hunks (env, args[0], j);
  if (!aid_lisp_failed (env) && (!(j->stop = aid_stop_new (&e)) || (!pool && !(pool = aid_pool_new (THREADS, &e)))))
    aid_lisp_error (env, &e);
  if (!aid_lisp_failed (env))
    {
      stop_all (j->root);
      note (j);
    }
  return aid_bind_later_begin (env, &j->later, pool);
}

AID_BIND (judge_stop)
{
  (void)nargs;
  char *root = aid_lisp_dup (env, args[0]);
  if (!aid_lisp_failed (env) && root)
    stop_all (root);
  free (root);
  return aid_lisp_failed (env) ? NULL : env->intern (env, "nil");
}
