/* Tasks that have an id: one a line of a file, whatever of our rows it holds. */
#include "ces/http_internal.h"

#include "base/fs.h"
#include "base/vec.h"

#include <stdlib.h>

#define FILE_MAX (1u << 30)
#define TASKS_MAX 1000000

struct aid_tasks
{
  struct aid_vec rows; /* struct aid_tasks_row */
  struct aid_map *ids; /* -> the row's number and 1 */
};

static const char *
id_of (const json_t *row)
{
  static const char *const names[] = { "task_id", "id" };
  const char *id = NULL;
  for (size_t i = 0; i < 2 && !id; i++)
    id = aid_json_str (row, names[i]);
  const json_t *inner = json_object_get (row, "verifier_metadata");
  return id ? id : inner ? id_of (inner) : NULL;
}

/* The task in ROW: a new reference, or NULL.  Of a row that is a task itself, what belongs to one. */
static json_t *
task_of (const json_t *row)
{
  static const char *const members[] = { "repository", "base", "commands", "directory", "files", "limits" };
  json_t *task = json_object_get (row, "task");
  const json_t *inner = json_object_get (row, "verifier_metadata");
  if (json_is_object (task))
    return json_incref (task);
  if (json_is_object (inner))
    return task_of (inner);
  task = json_object_get (row, "repository") ? json_object () : NULL;
  for (size_t i = 0; task && i < sizeof members / sizeof *members; i++)
    if (json_object_get (row, members[i]))
      json_object_set (task, members[i], json_object_get (row, members[i]));
  return task;
}

static enum aid_err
add (struct aid_tasks *t, json_t *row, const char *file, size_t line, struct aid_error *e)
{
  const char *id = json_is_object (row) ? id_of (row) : NULL;
  json_t *task = json_is_object (row) ? task_of (row) : NULL;
  if (!id || !task)
    {
      json_decref (task);
      return aid_error_set (e, AID_E_INVALID, "%s, line %zu: %s", file, line,
                            id ? "there is no task in it" : "it has no \"task_id\" and no \"id\"");
    }
  int twice = aid_map_get (t->ids, aid_span_z (id)) != NULL;
  struct aid_tasks_row *r = twice ? NULL : aid_vec_push (&t->rows);
  if (!r)
    {
      json_decref (task);
      return twice ? aid_error_set (e, AID_E_INVALID, "%s, line %zu: the task %.100s was there before", file, line, id)
                   : aid_error_set (e, AID_E_LIMIT, "%s has more than %d tasks, or there is no memory", file, TASKS_MAX);
    }
  *r = (struct aid_tasks_row){ aid_span_dup (aid_span_z (id)), task, json_incref (row) };
  if (!r->id || aid_map_put (t->ids, aid_span_z (id), (void *)(uintptr_t)t->rows.len, NULL))
    return aid_error_set (e, AID_E_NOMEM, "there is no memory");
  return AID_OK;
}

static enum aid_err
read_lines (struct aid_tasks *t, struct aid_span text, const char *file, struct aid_error *e)
{
  struct aid_span line;
  enum aid_err err = AID_OK;
  for (size_t n = 1; !err && aid_span_line (&text, &line); n++)
    {
      char what[300];
      snprintf (what, sizeof what, "line %zu of %.200s", n, file);
      line = aid_span_trim (line);
      if (!line.len)
        continue;
      json_t *row = aid_json_parse (line, what, e);
      err = row ? add (t, row, file, n, e) : AID_E_PARSE;
      json_decref (row);
    }
  return err == AID_E_PARSE ? AID_E_INVALID : err;
}

enum aid_err
aid_tasks_read (const char *file, struct aid_tasks **out, struct aid_error *e)
{
  struct aid_tasks *t = calloc (1, sizeof *t);
  struct aid_str text = AID_STR_INIT (FILE_MAX);
  *out = NULL;
  if (!t || !(t->ids = aid_map_new ()))
    {
      free (t);
      return aid_error_set (e, AID_E_NOMEM, "there is no memory");
    }
  t->rows = AID_VEC_INIT (struct aid_tasks_row, TASKS_MAX);
  enum aid_err err = file ? aid_fs_read (file, &text, e) : AID_OK;
  if (!err)
    err = read_lines (t, aid_str_span (&text), file ? file : "", e);
  aid_str_free (&text);
  if (err)
    aid_tasks_free (t);
  else
    *out = t;
  return err;
}

void
aid_tasks_free (struct aid_tasks *t)
{
  if (!t)
    return;
  for (size_t i = 0; i < t->rows.len; i++)
    {
      struct aid_tasks_row *r = &AID_VEC_AT (struct aid_tasks_row, &t->rows, i);
      free (r->id);
      json_decref (r->task);
      json_decref (r->row);
    }
  aid_vec_free (&t->rows);
  aid_map_free (t->ids, NULL);
  free (t);
}

size_t
aid_tasks_count (const struct aid_tasks *t)
{
  return t ? t->rows.len : 0;
}

const struct aid_tasks_row *
aid_tasks_at (const struct aid_tasks *t, size_t i)
{
  return &AID_VEC_AT (struct aid_tasks_row, &t->rows, i);
}

const struct aid_tasks_row *
aid_tasks_find (const struct aid_tasks *t, struct aid_span id)
{
  size_t n = t ? (size_t)(uintptr_t)aid_map_get (t->ids, id) : 0;
  return n ? aid_tasks_at (t, n - 1) : NULL;
}
