#include "learn/mine_judge.h"
#include "base/json.h"
#include "ces/box.h"
#include "ces/ces.h"

/* What changes nothing: a file that nobody builds. */
static const char nothing[] = "--- /dev/null\n+++ b/.aid-nothing\n@@ -0,0 +1 @@\n+.\n";

struct judging
{
  struct aid_examples *x;
  const struct aid_mine_judge *how;
  struct aid_ces *ces;
  enum aid_err err; /* that ends it */
  struct aid_error e;
};

json_t *
aid_mine_task (const json_t *o)
{
  const json_t *build = json_object_get (o, "build");
  const char *what = aid_json_str (build, "what"), *command = aid_json_str (build, "command");
  json_t *task
    = json_pack ("{s:O?, s:O?}", "repository", json_object_get (o, "repository"), "base", json_object_get (o, "base"));
  if (!what || !command) /* as it is detected */
    return task;
  int tests = !strcmp (what, "test");
  json_object_set_new (task, "commands",
                       json_pack ("{s:n, s:n, s:s?, s:s?}", "parses", "types", "builds", tests ? NULL : command, "tests",
                                  tests ? command : NULL));
  return task;
}

static enum aid_err
judge (struct judging *j, const json_t *task, const char *answer, const char *name, json_t *out, struct aid_error *e)
{
  json_t *verdict = NULL;
  enum aid_err err = aid_ces_evaluate (j->ces, task, aid_span_z (answer), AID_CES_OURS, j->how->stop, &verdict, e);
  if (!err)
    json_object_set_new (out, name, verdict);
  return err;
}

static int
is_green (const json_t *judged, const char *name)
{
  return aid_json_bool (json_object_get (judged, name), "green", 0);
}

/* Whether a command failed there, and not by chance. */
static int
is_red (const json_t *judged, const char *name)
{
  const json_t *rung;
  size_t i;
  json_array_foreach (json_object_get (json_object_get (judged, name), "rungs"), i, rung)
  {
    const char *result = aid_json_str (rung, "result"), *which = aid_json_str (rung, "rung");
    if (result && which && strcmp (which, aid_rung_name (AID_RUNG_APPLIES)) != 0
        && (!strcmp (result, "failed") || !strcmp (result, "broken")) && !aid_json_bool (rung, "flaky", 0))
      return 1;
  }
  return 0;
}

static int
is_as_told (const json_t *o, const json_t *judged)
{
  const char *kind = aid_json_str (o, "kind");
  int after = is_green (judged, "after");
  return !kind                          ? 0
         : !strcmp (kind, "preference") ? !json_object_get (judged, "after") || after
         : !strcmp (kind, "test")       ? is_green (judged, "base") && after
                                        : is_red (judged, "base") && after;
}

static int
judge_one (void *ctx, const json_t *o)
{
  struct judging *j = ctx;
  struct aid_error e = { AID_OK, "" };
  const char *diff = aid_json_str (o, "diff"), *rejected = aid_json_str (o, "rejected");
  int preference = aid_json_str (o, "kind") && !strcmp (aid_json_str (o, "kind"), "preference");
  if (!j->how->again && json_is_object (json_object_get (o, "judged")))
    return 0;
  if (aid_stop_is_set (j->how->stop))
    return j->err = aid_error_set (&j->e, AID_E_CANCELLED, "Judging was stopped; it goes on from here the next time");
  json_t *task = aid_mine_task (o), *judged = json_object ();
  enum aid_err err = preference ? AID_OK : judge (j, task, nothing, "base", judged, &e);
  if (!err && diff)
    err = judge (j, task, diff, "after", judged, &e);
  if (!err && rejected)
    err = judge (j, task, rejected, "rejected", judged, &e);
  if (!err)
    err = aid_examples_set (j->x, aid_json_str (o, "id"), "judged", judged, &e);
  if (err == AID_E_CANCELLED || err == AID_E_NOMEM)
    {
      j->err = err;
      j->e = e;
    }
  else if (j->how->tell)
    j->how->tell (j->how->ctx, &(struct aid_mine_judged){ .example = o,
                                                          .as_told = !err && is_as_told (o, judged),
                                                          .failed = err != AID_OK,
                                                          .e = err ? &e : NULL });
  json_decref (task);
  json_decref (judged);
  return j->err != AID_OK;
}

enum aid_err
aid_mine_judge (struct aid_examples *x, const struct aid_mine_judge *how, struct aid_error *e)
{
  struct judging j = { .x = x, .how = how };
  struct aid_ces_settings settings;
  char why[256];
  if (!aid_box_available (why))
    return aid_error_set (e, AID_E_STATE, "Nothing can be judged here: %s", why);
  enum aid_err err = aid_ces_settings_read (&settings, e);
  if (!err)
    err = aid_ces_open (&settings, &j.ces, e);
  aid_ces_settings_free (&settings);
  if (err)
    return err;
  err
    = aid_examples_each (x, &(struct aid_examples_which){ .project = how->project, .since = how->since }, judge_one, &j, e);
  aid_ces_close (j.ces);
  if (!err && j.err && e)
    *e = j.e;
  return err ? err : j.err;
}
