/* Tasks of a folder: DIR/NAME/{task.json, base/, tests/, solution.diff}. */
#include "base/fs.h"
#include "base/json.h"
#include "base/utf8.h"
#include "learn/eval_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#define TASK_FILE ((size_t)1 << 20)
#define SHOWN_MAX 1000

/* --- one task ----------------------------------------------------------------------------------------------------- */

struct aid_eval_task *
aid_eval_task_new (const char *name, struct aid_error *e)
{
  struct aid_eval_task *t = calloc (1, sizeof *t);
  if (t && (t->name = strdup (name)))
    {
      t->files = AID_VEC_INIT (char *, SHOWN_MAX);
      return t;
    }
  free (t);
  aid_error_set (e, AID_E_NOMEM, "No memory for a task");
  return NULL;
}

void
aid_eval_task_free (struct aid_eval_task *t)
{
  if (!t)
    return;
  for (size_t i = 0; i < t->files.len; i++)
    free (AID_VEC_AT (char *, &t->files, i));
  aid_vec_free (&t->files);
  json_decref (t->judge);
  free (t->name);
  free (t->language);
  free (t->question);
  free (t->folder);
  free (t->solution);
  free (t);
}

void
aid_eval_tasks_free (struct aid_eval_tasks *t)
{
  for (size_t i = 0; i < t->list.len; i++)
    aid_eval_task_free (AID_VEC_AT (struct aid_eval_task *, &t->list, i));
  aid_vec_free (&t->list);
}

void
aid_eval_hash_part (struct aid_sha256 *s, const char *what, struct aid_span part)
{
  struct aid_str head = AID_STR_INIT (AID_EVAL_PATH);
  aid_str_addf (&head, "%s %zu:", what, part.len);
  aid_sha256_add (s, aid_str_span (&head));
  aid_sha256_add (s, part);
  aid_str_free (&head);
}

/* --- task.json ---------------------------------------------------------------------------------------------------- */

struct reading
{
  struct aid_eval_task *task;
  const char *dir; /* of the task */
  struct aid_sha256 sum;
  struct aid_error *e;
};

static enum aid_err
wrong (const struct reading *r, const char *what)
{
  return aid_error_set (r->e, AID_E_INVALID, "%s/task.json: %s", r->dir, what);
}

/* Whether PATH is relative and stays below where it begins. */
static int
is_below (const char *path)
{
  if (!*path || *path == '/')
    return 0;
  for (const char *p = path; p; p = (p = strchr (p, '/')) ? p + 1 : NULL)
    if (!strncmp (p, "..", 2) && (!p[2] || p[2] == '/'))
      return 0;
  return 1;
}

static enum aid_err
take_files (struct reading *r, const json_t *files)
{
  const json_t *one;
  size_t i;
  if (files && !json_is_array (files))
    return wrong (r, "\"files\" is a list of files that the question shows");
  json_array_foreach (files, i, one)
  {
    const char *z = json_string_value (one);
    char **slot = z && is_below (z) ? aid_vec_push (&r->task->files) : NULL;
    if (!slot)
      return wrong (r, "\"files\" is a list of at most 1000 files that the question shows, from the base's root");
    if (!(*slot = strdup (z)))
      return aid_error_set (r->e, AID_E_NOMEM, "No memory for a task");
  }
  return AID_OK;
}

/* What the judge is told; the rest is this task's own. */
static enum aid_err
take_judge (struct reading *r, const json_t *task)
{
  static const char *const members[] = { "commands", "directory", "limits" };
  const char *key;
  json_t *v, *judge = r->task->judge = json_object ();
  json_object_foreach ((json_t *)(uintptr_t)task, key, v)
  {
    int known = !strcmp (key, "question") || !strcmp (key, "language") || !strcmp (key, "files");
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
      if (!strcmp (key, members[i]))
        {
          json_object_set (judge, key, v);
          known = 1;
        }
    if (!known)
      return wrong (r, "it has a member that is none of question, language, files, commands, directory, limits");
  }
  return AID_OK;
}

static enum aid_err
take_task (struct reading *r, const json_t *task)
{
  const char *language = aid_json_str (task, "language");
  struct aid_span question = aid_json_span (task, "question");
  if (!aid_span_trim (question).len || memchr (question.ptr, 0, question.len))
    return wrong (r, "it needs a \"question\"");
  r->task->question = aid_span_dup (question);
  r->task->language = language ? strdup (language) : NULL;
  enum aid_err err = take_files (r, json_object_get (task, "files"));
  return err ? err : take_judge (r, task);
}

static enum aid_err
read_task (struct reading *r)
{
  struct aid_str path = AID_STR_INIT (AID_EVAL_PATH), text = AID_STR_INIT (TASK_FILE);
  json_t *task = NULL;
  aid_str_addf (&path, "%s/task.json", r->dir);
  enum aid_err err = aid_fs_read (aid_str_z (&path), &text, r->e);
  if (!err && !(task = aid_json_parse (aid_str_span (&text), aid_str_z (&path), r->e)))
    err = AID_E_INVALID;
  if (!err)
    err = json_is_object (task) ? take_task (r, task) : wrong (r, "it is no object");
  aid_eval_hash_part (&r->sum, "task", aid_str_span (&text));
  json_decref (task);
  aid_str_free (&path);
  aid_str_free (&text);
  return err;
}

/* --- its folders -------------------------------------------------------------------------------------------------- */

static enum aid_err
add_base (void *ctx, const char *path, const char *full, const struct stat *st, struct aid_error *e)
{
  struct reading *r = ctx;
  struct aid_str text = AID_STR_INIT (AID_EVAL_FILE);
  enum aid_err err = aid_fs_read_itself (full, &text, e);
  aid_eval_hash_part (&r->sum, st->st_mode & 0100 ? "program" : "file", aid_span_z (path));
  aid_eval_hash_part (&r->sum, "text", aid_str_span (&text));
  aid_str_free (&text);
  return err;
}

static enum aid_err
add_test (void *ctx, const char *path, const char *full, const struct stat *st, struct aid_error *e)
{
  struct reading *r = ctx;
  struct aid_str text = AID_STR_INIT (AID_EVAL_FILE);
  json_t *files = json_object_get (r->task->judge, "files");
  (void)st;
  enum aid_err err = aid_fs_read_itself (full, &text, e);
  json_t *v = err ? NULL : json_stringn (aid_str_z (&text), text.len);
  if (!err && (!v || json_object_set_new (files, path, v)))
    err = aid_error_set (e, AID_E_INVALID, "%s is no UTF-8 text", full);
  aid_eval_hash_part (&r->sum, "test", aid_span_z (path));
  aid_eval_hash_part (&r->sum, "text", aid_str_span (&text));
  aid_str_free (&text);
  return err;
}

static enum aid_err
read_folders (struct reading *r)
{
  struct aid_str path = AID_STR_INIT (AID_EVAL_PATH);
  aid_str_addf (&path, "%s/base", r->dir);
  r->task->folder = path.err ? NULL : realpath (aid_str_z (&path), NULL);
  enum aid_err err = r->task->folder
                       ? aid_eval_folder_each (r->task->folder, add_base, r, r->e)
                       : aid_error_set (r->e, AID_E_NOTFOUND, "%s: the base of the task is not there", aid_str_z (&path));
  json_object_set_new (r->task->judge, "repository", aid_json_of_span (aid_span_z (r->task->folder)));
  json_object_set_new (r->task->judge, "files", json_object ());
  aid_str_clear (&path);
  aid_str_addf (&path, "%s/tests", r->dir);
  if (!err && aid_fs_exists (aid_str_z (&path)))
    err = aid_eval_folder_each (aid_str_z (&path), add_test, r, r->e);
  aid_str_free (&path);
  return err;
}

static enum aid_err
read_solution (struct reading *r)
{
  struct aid_str path = AID_STR_INIT (AID_EVAL_PATH), text = AID_STR_INIT (AID_EVAL_FILE);
  enum aid_err err = AID_OK;
  aid_str_addf (&path, "%s/solution.diff", r->dir);
  if (aid_fs_exists (aid_str_z (&path)) && !(err = aid_fs_read (aid_str_z (&path), &text, r->e)))
    {
      r->task->solution = aid_span_dup (aid_str_span (&text));
      aid_eval_hash_part (&r->sum, "solution", aid_str_span (&text));
    }
  aid_str_free (&path);
  aid_str_free (&text);
  return err;
}

static enum aid_err
add_task (struct aid_eval_tasks *out, const char *root, const char *name, struct aid_error *e)
{
  struct aid_str dir = AID_STR_INIT (AID_EVAL_PATH);
  struct aid_eval_task *t = aid_eval_task_new (name, e), **slot = t ? aid_vec_push (&out->list) : NULL;
  struct reading r = { .task = t, .e = e };
  if (!slot)
    {
      aid_eval_task_free (t);
      return aid_error_set (e, AID_E_LIMIT, "There are more than %d tasks", AID_EVAL_TASKS);
    }
  *slot = t;
  aid_str_addf (&dir, "%s/%s", root, name);
  r.dir = aid_str_z (&dir);
  aid_sha256_init (&r.sum);
  enum aid_err err = read_task (&r);
  if (!err)
    err = read_folders (&r);
  if (!err)
    err = read_solution (&r);
  aid_sha256_end (&r.sum, t->hash);
  aid_str_free (&dir);
  return err;
}

static int
has_task (const char *root, const char *name)
{
  struct aid_str path = AID_STR_INIT (AID_EVAL_PATH);
  aid_str_addf (&path, "%s/%s/task.json", root, name);
  int there = name[0] != '.' && !path.err && aid_fs_exists (aid_str_z (&path));
  aid_str_free (&path);
  return there;
}

static enum aid_err
read_folder (const char *root, struct aid_eval_tasks *out, struct aid_error *e)
{
  struct dirent **names = NULL;
  enum aid_err err = AID_OK;
  int n = scandir (root, &names, NULL, alphasort);
  if (n < 0)
    return aid_error_set (e, AID_E_IO, "%s cannot be read: %s", root, strerror (errno));
  for (int i = 0; i < n; i++)
    {
      if (!err && has_task (root, names[i]->d_name))
        err = add_task (out, root, names[i]->d_name, e);
      free (names[i]);
    }
  free (names);
  return err;
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

static int
is_wanted (const char *name, const char *const *only, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (!strcmp (only[i], name))
      return 1;
  return !n;
}

static enum aid_err
keep_wanted (struct aid_eval_tasks *t, const char *path, const char *const *only, size_t nonly, struct aid_error *e)
{
  for (size_t k = 0; k < nonly; k++)
    {
      int there = 0;
      for (size_t i = 0; i < t->list.len; i++)
        there |= !strcmp (AID_VEC_AT (struct aid_eval_task *, &t->list, i)->name, only[k]);
      if (!there)
        return aid_error_set (e, AID_E_NOTFOUND, "%s has no task \"%s\"", path, only[k]);
    }
  for (size_t i = t->list.len; i-- > 0;)
    if (!is_wanted (AID_VEC_AT (struct aid_eval_task *, &t->list, i)->name, only, nonly))
      {
        aid_eval_task_free (AID_VEC_AT (struct aid_eval_task *, &t->list, i));
        aid_vec_remove (&t->list, i, 1);
      }
  return t->list.len
           ? AID_OK
           : aid_error_set (e, AID_E_INVALID, "There is no task in %s: NAME/task.json, or rows of a data set", path);
}

static int
by_task_name (const void *a, const void *b)
{
  return strcmp ((*(struct aid_eval_task *const *)a)->name, (*(struct aid_eval_task *const *)b)->name);
}

enum aid_err
aid_eval_tasks_read (const char *path, const char *const *only, size_t nonly, struct aid_eval_tasks *out,
                     struct aid_error *e)
{
  struct stat st;
  *out = (struct aid_eval_tasks){ .list = AID_VEC_INIT (struct aid_eval_task *, AID_EVAL_TASKS) };
  if (stat (path, &st))
    return aid_error_set (e, AID_E_NOTFOUND, "The tasks %s cannot be read: %s", path, strerror (errno));
  enum aid_err err = S_ISDIR (st.st_mode) ? read_folder (path, out, e) : aid_eval_rows_read (path, out, e);
  if (out->list.len)
    qsort (out->list.data, out->list.len, out->list.size, by_task_name);
  return err ? err : keep_wanted (out, path, only, nonly, e);
}
