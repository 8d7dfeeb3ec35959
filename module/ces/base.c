/* The base of a warm tree: it is built once, in place, by the commands of its rungs, and how it stands is found by running them
   twice.  The tests run first where nothing stays of it, for a tool may remember that they passed. */
#include "base/clock.h"
#include "base/json.h"
#include "ces/ces_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#define SAID_MAX ((size_t)8000) /* of a failure's output that is kept: its end */

enum
{
  LONGER = 10, /* a whole build may take so many times what a rung may */
  LEAST_SECONDS = 600
};

struct base
{
  const struct aid_ces_task *task;
  const char *tree;
  struct aid_near *near;
  struct aid_ces_commands commands;
  struct aid_box_limits limits;
  const struct aid_stop *stop;
  struct aid_rung_ran first[AID_RUNGS], second[AID_RUNGS];
};

/* --- running ------------------------------------------------------------------------------------------------------ */

static int
has_command (const struct base *b, enum aid_rung r)
{
  return b->commands.lines[r] && strcmp (b->commands.lines[r], AID_CES_PARSE_EACH) != 0;
}

static enum aid_err
run (const struct base *b, struct aid_box *box, enum aid_rung r, struct aid_rung_ran *out, struct aid_error *e)
{
  return has_command (b, r) ? aid_ces_run (box, b->commands.lines[r], b->task->directory, b->stop, out, e) : AID_OK;
}

/* What fails in place for want of room on the host's disk says nothing of the base.  Programs say so, and may have given back by
   now what they took: the disk has less than a base may write. */
static enum aid_err
check_room (const struct base *b, const struct aid_rung_ran *ran, struct aid_error *e)
{
  struct aid_span said = aid_str_span (&ran->ran.output);
  struct statvfs st;
  if (statvfs (b->tree, &st) || (int64_t)(st.f_bavail * st.f_frsize >> 20) >= b->limits.disk_megabytes)
    return AID_OK;
  if (strcmp (ran->result, "failed") != 0 || aid_span_find (said, aid_span_z (strerror (ENOSPC))) < 0)
    return AID_OK;
  return aid_error_set (e, AID_E_IO,
                        "There is no room to build %.100s in %.100s: make some, or name another folder (ces.warm)",
                        b->task->named, b->tree);
}

/* Runs the rungs up to LAST where nothing stays. */
static enum aid_err
run_aside (const struct base *b, enum aid_rung first, enum aid_rung last, struct aid_rung_ran *out, struct aid_error *e)
{
  struct aid_box *box = NULL;
  enum aid_err err = aid_box_open (b->tree, AID_BOX_VIEW, &b->limits, &box, e);
  for (enum aid_rung r = first; r <= last && !err; r++)
    err = run (b, box, r, &out[r], e);
  aid_box_close (box);
  return err;
}

static enum aid_err
build (struct base *b, struct aid_error *e)
{
  struct aid_box *box = NULL;
  enum aid_err err = aid_box_open (b->tree, AID_BOX_IN_PLACE, &b->limits, &box, e);
  if (!err)
    err = b->near ? aid_warm_near_lay (b->task, b->near, b->tree, box, e) : aid_ces_lay_files (b->task, b->tree, box, NULL, e);
  if (!err && b->task->source != AID_CES_FOLDER)
    aid_ces_age (b->tree);
  if (!err)
    err = aid_ces_detect (b->task, b->tree, &b->commands, e);
  for (enum aid_rung r = AID_RUNG_PARSES; r < AID_RUNG_TESTS && !err; r++)
    {
      err = run (b, box, r, &b->first[r], e);
      err = err ? err : check_room (b, &b->first[r], e);
    }
  aid_box_close (box);
  if (!err && has_command (b, AID_RUNG_TESTS))
    err = run_aside (b, AID_RUNG_TESTS, AID_RUNG_TESTS, b->first, e);
  box = NULL;
  if (!err && has_command (b, AID_RUNG_TESTS))
    err = aid_box_open (b->tree, AID_BOX_IN_PLACE, &b->limits, &box, e);
  if (!err && box)
    err = run (b, box, AID_RUNG_TESTS, &b->second[AID_RUNG_TESTS], e);
  if (!err && box)
    err = check_room (b, &b->second[AID_RUNG_TESTS], e);
  aid_box_close (box);
  return err ? err : run_aside (b, AID_RUNG_PARSES, AID_RUNG_BUILDS, b->second, e);
}

/* --- what differs ------------------------------------------------------------------------------------------------- */

static int
names_it (const struct aid_diags *d, const struct aid_diag *one)
{
  for (size_t i = 0; i < d->items.len; i++)
    {
      const struct aid_diag *other = &AID_VEC_AT (struct aid_diag, &d->items, i);
      if (!strcmp (other->message, one->message) && !strcmp (other->path ? other->path : "", one->path ? one->path : ""))
        return 1;
    }
  return 0;
}

/* Appends to LIST what failed in A and not in B. */
static void
add_missing (const struct aid_diags *a, const struct aid_diags *b, json_t *list)
{
  for (size_t i = 0; i < a->items.len; i++)
    {
      const struct aid_diag *one = &AID_VEC_AT (struct aid_diag, &a->items, i);
      if (one->severity == AID_SEVERITY_ERROR && !names_it (b, one))
        json_array_append_new (list, aid_json_of_span (aid_span_z (one->message)));
    }
}

/* What the base says where it does not pass: who reads this is to mend it. */
static void
add_failure (enum aid_rung r, const struct aid_rung_ran *one, const struct aid_rung_ran *two, json_t *rung)
{
  const struct aid_rung_ran *bad = !aid_rung_passed (one) ? one : two;
  if (!rung || aid_rung_passed (bad))
    return;
  json_t *told = aid_rung_json (r, bad);
  struct aid_span text = aid_json_span (told, "output");
  if (text.len > SAID_MAX)
    text = aid_span_cut (text, text.len - SAID_MAX, text.len);
  json_object_set_new (told, "output", aid_json_of_span (text));
  json_object_set_new (rung, "failure", told);
}

static json_t *
tell_rung (const struct base *b, enum aid_rung r)
{
  const struct aid_rung_ran *one = &b->first[r], *two = &b->second[r];
  json_t *differ = json_array ();
  if (r == AID_RUNG_TESTS)
    {
      add_missing (&one->diags, &two->diags, differ);
      add_missing (&two->diags, &one->diags, differ);
    }
  int passes = aid_rung_passed (one) && aid_rung_passed (two);
  int flaky = strcmp (one->result, two->result) != 0 || json_array_size (differ);
  json_t *o = json_pack ("{s:b, s:b, s:b, s:o, s:I, s:I}", "passes", passes, "flaky", flaky, "fails",
                         !aid_rung_passed (one) && !aid_rung_passed (two), "tests", differ, "ms", (json_int_t)one->ran.ms,
                         "again_ms", (json_int_t)two->ran.ms);
  add_failure (r, one, two, o);
  return o;
}

static json_t *
tell (const struct base *b, const struct aid_ces_extent *extent, int64_t ms)
{
  json_t *commands = json_object (), *rungs = json_object ();
  for (enum aid_rung r = AID_RUNG_PARSES; r < AID_RUNGS; r++)
    {
      if (b->commands.lines[r])
        json_object_set_new (commands, aid_rung_name (r), json_string (b->commands.lines[r]));
      if (has_command (b, r))
        json_object_set_new (rungs, aid_rung_name (r), tell_rung (b, r));
    }
  json_t *about
    = json_pack ("{s:s, s:s, s:o, s:s, s:s?, s:o, s:o, s:I, s:I}", "recipe", b->task->recipe, "repository", b->task->named,
                 "root", aid_json_of_span (aid_span_z (b->task->repository)), "base", b->task->base, "tool",
                 b->commands.tool, "commands", commands, "rungs", rungs, "ms", (json_int_t)ms, "megabytes",
                 (json_int_t)(extent->bytes >> 20) + 1);
  if (about)
    aid_warm_vouch (about, extent);
  return about;
}

void
aid_ces_lengthen (struct aid_box_limits *l)
{
  int64_t cpus = l->cpu_seconds / l->seconds;
  l->seconds = l->seconds * LONGER > LEAST_SECONDS ? l->seconds * LONGER : LEAST_SECONDS;
  l->cpu_seconds = l->seconds * cpus;
}

enum aid_err
aid_ces_build_base (const struct aid_ces_task *t, const char *tree, struct aid_near *near, const struct aid_stop *stop,
                    json_t **about, struct aid_error *e)
{
  struct base b = { .task = t, .tree = tree, .near = near, .limits = t->base_limits, .stop = stop };
  int64_t begun = aid_clock_ms ();
  for (enum aid_rung r = 0; r < AID_RUNGS; r++)
    b.first[r].result = b.second[r].result = "none";
  aid_ces_lengthen (&b.limits);
  b.limits.disk_megabytes *= LONGER;
  *about = NULL;
  enum aid_err err = build (&b, e);
  json_t *missing = err ? NULL : aid_ces_submodules_missing (t, tree);
  struct aid_ces_extent extent = { 0 };
  if (!err && aid_ces_measure (tree, &extent))
    err = aid_error_set (e, AID_E_LIMIT, "What builds %.100s makes folders in folders, deeper than is judged", t->named);
  if (!err && !(*about = tell (&b, &extent, aid_clock_ms () - begun)))
    err = aid_error_set (e, AID_E_NOMEM, "No memory for a warm tree");
  if (!err && json_array_size (missing))
    json_object_set (*about, "missing", missing);
  json_decref (missing);
  for (enum aid_rung r = 0; r < AID_RUNGS; r++)
    {
      aid_rung_ran_free (&b.first[r]);
      aid_rung_ran_free (&b.second[r]);
    }
  aid_ces_commands_free (&b.commands);
  return err;
}
