/* The patch engine as a server of cases, for the bench: one JSON object a line comes in, one goes out.

   In:  {"id": ..., "files": {path: text}, "answer": text}, and "quiet": true when only the times are wanted.
   Out: {"id": ..., "ok": whether everything fits, "reason": ..., "files": {path: text, or null for one that is gone},
         "hunks": [{"status", "method", "line", "reason"}...], "ns": nanoseconds for reading, placing and the new texts}.
   The files live in memory.  As in `aid patch apply' all changes are made or none, and an answer without a patch is an
   error. */
#include "patch/patch.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static enum aid_err
read_file (void *ctx, const char *path, struct aid_str *out, struct aid_error *e)
{
  json_t *text = json_object_get (ctx, path);
  if (!text)
    return aid_error_set (e, AID_E_NOTFOUND, "there is no %.200s", path);
  return aid_str_add (out, json_string_value (text), json_string_length (text));
}

static enum aid_err
list_files (void *ctx, int (*each) (void *closure, const char *path), void *closure)
{
  const char *path;
  json_t *text;
  json_object_foreach (ctx, path, text)
    if (each (closure, path))
      break;
  return AID_OK;
}

static int64_t
now_ns (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static json_t *
text_json (const char *ptr, size_t len)
{
  json_t *text = json_stringn (ptr ? ptr : "", len);
  return text ? text : json_string ("(not UTF-8)");
}

/* The files that the plan changes: their texts, and null for those that go. */
static json_t *
files_json (const struct aid_plan *plan)
{
  json_t *files = json_object ();
  for (size_t i = 0; i < plan->files.len; i++)
    {
      const struct aid_file_plan *f = &AID_VEC_AT (struct aid_file_plan, &plan->files, i);
      const struct aid_str *after = &AID_VEC_AT (struct aid_file_plan, &plan->files, f->same_as).after;
      if (f->already)
        continue;
      if (f->op == AID_OP_DELETE || f->op == AID_OP_RENAME)
        json_object_set_new (files, f->old_path, json_null ());
      if (f->op != AID_OP_DELETE)
        json_object_set_new (files, f->new_path, text_json (aid_str_z (after), after->len));
    }
  return files;
}

static json_t *
hunks_json (const struct aid_plan *plan)
{
  json_t *hunks = json_array ();
  for (size_t i = 0; i < plan->placements.len; i++)
    {
      const struct aid_placement *o = &AID_VEC_AT (struct aid_placement, &plan->placements, i);
      json_array_append_new (hunks, json_pack ("{s:s, s:s?, s:I, s:o}", "status", aid_hunk_status_name (o->status), "method",
                                               o->method, "line", (json_int_t)o->line, "reason",
                                               text_json (o->reason, strlen (o->reason))));
    }
  return hunks;
}

/* Why the plan is not carried out, or NULL when it is. */
static const char *
first_reason (const struct aid_patch *p, const struct aid_plan *plan)
{
  if (p->files.len == 0)
    return p->notes.len ? AID_VEC_AT (struct aid_patch_note, &p->notes, 0).msg : "there is no patch in it";
  if (plan->refused == 0)
    return NULL;
  for (size_t i = 0; i < plan->files.len; i++)
    if (AID_VEC_AT (struct aid_file_plan, &plan->files, i).reason[0])
      return AID_VEC_AT (struct aid_file_plan, &plan->files, i).reason;
  return "a hunk does not fit";
}

static json_t *
serve (json_t *in)
{
  json_t *answer = json_object_get (in, "answer");
  struct aid_span text = { json_string_value (answer), json_string_length (answer) };
  struct aid_patch_source source = { .read = read_file, .list = list_files, .ctx = json_object_get (in, "files") };
  struct aid_plan_options options = { .together = 1 };   /* as aid patch apply does */
  struct aid_patch *p = NULL;
  struct aid_plan *plan = NULL;
  struct aid_error e = { 0 };
  int64_t from = now_ns ();
  enum aid_err err = aid_patch_read (text, AID_FORMAT_AUTO, &p, &e);
  if (!err)
    err = aid_patch_settle (&p, AID_FORMAT_AUTO, &source, &e);
  if (!err)
    err = aid_patch_plan (p, &source, &options, &plan, &e);
  int64_t ns = now_ns () - from;
  const char *reason = err ? e.msg : first_reason (p, plan);
  int quiet = json_is_true (json_object_get (in, "quiet"));
  json_t *out = json_pack ("{s:O, s:b, s:o, s:I}", "id", json_object_get (in, "id"), "ok", reason == NULL, "reason",
                           text_json (reason, reason ? strlen (reason) : 0), "ns", (json_int_t)ns);
  if (!quiet)
    {
      json_object_set_new (out, "files", reason ? json_object () : files_json (plan));
      json_object_set_new (out, "hunks", err ? json_array () : hunks_json (plan));
    }
  aid_plan_free (plan);
  aid_patch_free (p);
  return out;
}

int
main (void)
{
  char *line = NULL;
  size_t size = 0;
  ssize_t len;
  while ((len = getline (&line, &size, stdin)) > 0)
    {
      json_error_t error;
      json_t *in = json_loadb (line, (size_t)len, 0, &error);
      if (!json_is_string (json_object_get (in, "answer")) || !json_is_object (json_object_get (in, "files")))
        {
          fprintf (stderr, "bench_patch: not a case: %s\n", error.text);
          return EXIT_FAILURE;
        }
      json_t *out = serve (in);
      json_dumpf (out, stdout, JSON_COMPACT);
      putchar ('\n');
      fflush (stdout);
      json_decref (out);
      json_decref (in);
    }
  free (line);
  return EXIT_SUCCESS;
}
