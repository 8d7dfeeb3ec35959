/* The service itself: a question is looked up, else judged, and what came of it is kept. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "ces/ces_internal.h"

#include <signal.h>
#include <stdlib.h>

#define DAMAGED "time" /* what a busy machine may do to anybody */

/* --- opening ------------------------------------------------------------------------------------------------------ */

static enum aid_err
make_folders (struct aid_ces *c, const char *warm, struct aid_error *e)
{
  static const char *const parts[] = { "", "/trees", "/making", "/locks" };
  struct aid_str dir = AID_STR_INIT (AID_CES_PATH);
  enum aid_err err = warm ? aid_str_addz (&dir, warm) : aid_fs_xdg (AID_DIR_CACHE, &dir, e);
  if (!err && !warm)
    err = aid_str_addz (&dir, "/ces");
  for (size_t i = 0; i < sizeof parts / sizeof *parts && !err; i++)
    {
      size_t n = dir.len;
      err = aid_str_addz (&dir, parts[i]);
      if (!err)
        err = aid_fs_mkdirs (aid_str_z (&dir), 0700, e);
      aid_str_remove (&dir, n, dir.len - n);
    }
  if (!err && !(c->folder = realpath (aid_str_z (&dir), NULL)))
    err = aid_error_set (e, AID_E_IO, "The folder of warm trees %.150s cannot be used", aid_str_z (&dir));
  aid_str_free (&dir);
  return err;
}

enum aid_err
aid_ces_open (const struct aid_ces_settings *settings, struct aid_ces **out, struct aid_error *e)
{
  struct aid_ces *c = calloc (1, sizeof *c);
  struct aid_str path = AID_STR_INIT (AID_CES_PATH);
  *out = NULL;
  if (!c || !(c->bases = aid_map_new ()))
    {
      free (c);
      return aid_error_set (e, AID_E_NOMEM, "No memory for the evaluation service");
    }
  pthread_mutex_init (&c->lock, NULL);
  c->settings = *settings;
  c->settings.warm = NULL;
  c->settings.programs = settings->programs ? strdup (settings->programs) : NULL;
  c->settings.limits = json_deep_copy (settings->limits);
  c->settings.weights = json_deep_copy (settings->weights);
  c->settings.repositories = json_deep_copy (settings->repositories);
  enum aid_err err = make_folders (c, settings->warm, e);
  if (!err)
    err = aid_str_addf (&path, "%s/verdicts.db", c->folder);
  if (!err)
    err = aid_verdicts_open (aid_str_z (&path), &c->verdicts, e);
  aid_str_free (&path);
  if (err)
    aid_ces_close (c);
  else
    *out = c;
  return err;
}

void
aid_ces_close (struct aid_ces *c)
{
  if (!c)
    return;
  aid_verdicts_close (c->verdicts);
  aid_map_free (c->bases, free);
  aid_ces_settings_free (&c->settings);
  pthread_mutex_destroy (&c->lock);
  free (c->folder);
  free (c);
}

/* --- what was judged before --------------------------------------------------------------------------------------- */

/* An answer is named by its own bytes, a change by those that tell it: one that is written as the other is another question. */
static void
key_of (const struct aid_ces_task *t, enum aid_ces_question of, const char *what, char key[AID_SHA256_HEX])
{
  struct aid_str text = AID_STR_INIT (1024);
  aid_str_addf (&text, "verdict 4\n%s\n%s %s\n%lld %lld %lld %lld %lld\n", t->key,
                of == AID_CES_ANSWER ? "answer" : "change", what, (long long)t->limits.seconds,
                (long long)t->limits.cpu_seconds, (long long)t->limits.megabytes, (long long)t->limits.processes,
                (long long)t->limits.disk_megabytes);
  aid_sha256_hex (aid_str_span (&text), key);
  aid_str_free (&text);
}

json_t *
aid_ces_recall (struct aid_ces *c, const struct aid_ces_task *t, enum aid_ces_question of, const char *what)
{
  char key[AID_SHA256_HEX];
  key_of (t, of, what, key);
  pthread_mutex_lock (&c->lock);
  json_t *rungs = aid_verdicts_get (c->verdicts, key);
  pthread_mutex_unlock (&c->lock);
  return rungs;
}

/* A verdict that came of the machine's load is not kept (a system without memory kills boxes first), nor one that may come out
   otherwise, as over a base that is red for want of something. */
static int
is_to_be_kept (const json_t *rungs)
{
  const json_t *rung;
  size_t i;
  json_array_foreach (rungs, i, rung)
  {
    const char *result = aid_json_str (rung, "result");
    if (!strcmp (result, DAMAGED) || !strcmp (result, "broken") || aid_json_bool (rung, "flaky", 0)
        || aid_json_int (rung, "signal", 0) == SIGKILL)
      return 0;
  }
  return 1;
}

void
aid_ces_remember (struct aid_ces *c, const struct aid_ces_task *t, enum aid_ces_question of, const char *what,
                  const json_t *rungs)
{
  char key[AID_SHA256_HEX];
  if (!is_to_be_kept (rungs))
    return;
  key_of (t, of, what, key);
  pthread_mutex_lock (&c->lock);
  aid_verdicts_put (c->verdicts, key, rungs);
  pthread_mutex_unlock (&c->lock);
}

/* --- judging ------------------------------------------------------------------------------------------------------ */

/* RUNGS is taken. */
static json_t *
verdict_of (const struct aid_ces *c, const struct aid_ces_task *t, const char *diff, json_t *rungs, int cached, int64_t ms)
{
  json_t *v
    = json_pack ("{s:i, s:o, s:s, s:s, s:b, s:I, s:o}", "verdict", 1, "repository", aid_json_of_span (aid_span_z (t->named)),
                 "base", t->base, "diff", diff, "cached", cached, "ms", (json_int_t)ms, "rungs", rungs);
  if (v)
    aid_verdict_sum (v, c->settings.weights);
  return v;
}

static enum aid_err
judge_anew (struct aid_ces *c, const struct aid_ces_task *t, struct aid_span answer, const struct aid_stop *stop,
            json_t **rungs, int *known, struct aid_error *e)
{
  struct aid_warm w;
  enum aid_err err = aid_warm_get (c, t, stop, &w, e);
  if (err)
    return err;
  err = aid_ces_judge (c, t, &w, answer, NULL, stop, rungs, known, e);
  aid_warm_release (&w);
  return err;
}

enum aid_err
aid_ces_evaluate (struct aid_ces *c, const json_t *task, struct aid_span answer, enum aid_ces_from from,
                  const struct aid_stop *stop, json_t **verdict, struct aid_error *e)
{
  struct aid_ces_task t;
  char diff[AID_SHA256_HEX];
  int64_t begun = aid_clock_ms ();
  json_t *rungs = NULL;
  *verdict = NULL;
  enum aid_err err = aid_ces_task_read (c, task, from, stop, &t, e);
  if (!err)
    {
      aid_sha256_hex (answer, diff);
      rungs = aid_ces_recall (c, &t, AID_CES_ANSWER, diff);
      int cached = rungs != NULL;
      if (!rungs && !(err = judge_anew (c, &t, answer, stop, &rungs, &cached, e)))
        aid_ces_remember (c, &t, AID_CES_ANSWER, diff, rungs);
      if (!err && !(*verdict = verdict_of (c, &t, diff, rungs, cached, aid_clock_ms () - begun)))
        err = aid_error_set (e, AID_E_NOMEM, "No memory for a verdict");
      atomic_fetch_add (&c->judged, !err);
      atomic_fetch_add (&c->cached, !err && cached);
    }
  aid_ces_task_free (&t);
  return err;
}

/* Whether the base of W passes all that it is judged by. */
static int
passes (const struct aid_warm *w)
{
  const char *name;
  json_t *rung;
  json_object_foreach (json_object_get (w->about, "rungs"), name, rung)
  {
    if (!aid_json_bool (rung, "passes", 0))
      return 0;
  }
  return 1;
}

/* One that is red may be so for want of something that is there by now. */
enum aid_err
aid_ces_warm (struct aid_ces *c, const json_t *task, enum aid_ces_from from, const struct aid_stop *stop, json_t **about,
              struct aid_error *e)
{
  struct aid_ces_task t;
  struct aid_warm w;
  int64_t begun = aid_clock_wall_ms ();
  enum aid_err err = aid_ces_task_read (c, task, from, stop, &t, e);
  if (!err && !(err = aid_warm_get (c, &t, stop, &w, e)))
    {
      int again = !passes (&w) && aid_json_int (w.about, "made", 0) < begun;
      if (again)
        {
          aid_warm_release (&w);
          aid_warm_evict (c, t.key);
          err = aid_warm_get (c, &t, stop, &w, e);
        }
    }
  if (!err && about)
    *about = json_incref (w.about);
  if (!err)
    aid_warm_release (&w);
  aid_ces_task_free (&t);
  return err;
}

enum aid_err
aid_ces_warm_key (struct aid_ces *c, const json_t *task, enum aid_ces_from from, struct aid_str *out, struct aid_error *e)
{
  struct aid_ces_task t;
  enum aid_err err = aid_ces_task_read (c, task, from, NULL, &t, e);
  if (!err)
    err = aid_str_addz (out, t.key);
  aid_ces_task_free (&t);
  return err;
}

json_t *
aid_ces_status (struct aid_ces *c)
{
  pthread_mutex_lock (&c->lock);
  int64_t kept = aid_verdicts_count (c->verdicts);
  pthread_mutex_unlock (&c->lock);
  return json_pack ("{s:o, s:I, s:I, s:I}", "warm", aid_warm_list (c), "verdicts", (json_int_t)kept, "judged",
                    (json_int_t)atomic_load (&c->judged), "cached", (json_int_t)atomic_load (&c->cached));
}
