/* Rows of a data set (dataset.h) as tasks: the base is a tree of a repository. */
#include "base/json.h"
#include "base/map.h"
#include "learn/eval_internal.h"
#include "learn/jsonl.h"
#include "patch/patch.h"

#include <stdlib.h>

struct rows
{
  const char *file;
  struct aid_eval_tasks *out;
  struct aid_map *names;
};

/* The question shows the files that are to be changed, as the row's does. */
static enum aid_err
add_files (struct aid_eval_task *t, struct aid_error *e)
{
  struct aid_patch *p = NULL;
  enum aid_err err = aid_patch_read (aid_span_z (t->solution), AID_FORMAT_AUTO, &p, e);
  for (size_t i = 0; !err && i < p->files.len; i++)
    {
      const char *path = AID_VEC_AT (struct aid_patch_file, &p->files, i).old_path;
      char **slot = path ? aid_vec_push (&t->files) : NULL;
      if (slot && !(*slot = strdup (path)))
        err = aid_error_set (e, AID_E_NOMEM, "No memory for a task");
    }
  aid_patch_free (p);
  return err;
}

static void
hash_row (struct aid_eval_task *t)
{
  struct aid_sha256 sum;
  char *sorted = json_dumps (t->judge, JSON_SORT_KEYS | JSON_COMPACT);
  aid_sha256_init (&sum);
  aid_eval_hash_part (&sum, "question", aid_span_z (t->question));
  aid_eval_hash_part (&sum, "judge", aid_span_z (sorted));
  aid_eval_hash_part (&sum, "solution", aid_span_z (t->solution));
  aid_sha256_end (&sum, t->hash);
  free (sorted);
}

static enum aid_err
take_row (struct rows *r, const struct aid_jsonl_line *line, struct aid_eval_task *t, struct aid_error *e)
{
  const json_t *task = json_object_get (line->row, "task"), *languages = json_object_get (line->row, "languages");
  const char *prompt = aid_json_str (line->row, "prompt"), *completion = aid_json_str (line->row, "completion");
  const char *language = json_string_value (json_array_get (languages, 0));
  if (aid_json_int (line->row, "row", 0) != 1 || !prompt || !json_is_object (task) || !aid_json_str (task, "base")
      || !aid_json_str (task, "repository"))
    return aid_error_set (e, AID_E_INVALID,
                          "%s:%zu: no row that can be asked: aid dataset build -f source writes such, with \"row\": 1",
                          r->file, line->number);
  t->question = strdup (prompt);
  t->language = language ? strdup (language) : NULL;
  t->solution = completion ? strdup (completion) : NULL;
  t->judge = json_deep_copy (task);
  enum aid_err err = completion ? add_files (t, e) : AID_OK;
  hash_row (t);
  return err;
}

static enum aid_err
add_row (void *ctx, const struct aid_jsonl_line *line, struct aid_error *e)
{
  struct rows *r = ctx;
  const char *id = line->row ? aid_json_str (line->row, "task_id") : NULL;
  if (!id || !*id)
    return aid_error_set (e, AID_E_INVALID, "%s:%zu: %s", r->file, line->number,
                          line->row ? "it has no task_id" : line->wrong);
  if (aid_map_get (r->names, aid_span_z (id)))
    return aid_error_set (e, AID_E_INVALID, "%s:%zu: the task %s is there twice", r->file, line->number, id);
  struct aid_eval_task *t = aid_eval_task_new (id, e), **slot = t ? aid_vec_push (&r->out->list) : NULL;
  if (!slot)
    {
      aid_eval_task_free (t);
      return aid_error_set (e, AID_E_LIMIT, "There are more than %d tasks", AID_EVAL_TASKS);
    }
  *slot = t;
  enum aid_err err = aid_map_put (r->names, aid_span_z (id), t, NULL);
  return err ? aid_error_set (e, err, "No memory for tasks") : take_row (r, line, t, e);
}

enum aid_err
aid_eval_rows_read (const char *file, struct aid_eval_tasks *out, struct aid_error *e)
{
  struct rows r = { .file = file, .out = out, .names = aid_map_new () };
  enum aid_err err = r.names ? aid_jsonl_read (file, add_row, &r, e) : aid_error_set (e, AID_E_NOMEM, "No memory for tasks");
  aid_map_free (r.names, NULL);
  return err;
}
