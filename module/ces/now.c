/* The files of a folder as they lie there now, of a repository too: what a person's editor would have an answer judged by.  How
   each looked is kept beside the warm tree, so that the next one is made of that and of what differs. */
#include "base/fs.h"
#include "base/json.h"
#include "ces/ces_internal.h"
#include "project/project.h"

#include <stdlib.h>

#define SEEN_MAX ((size_t)512 << 20)

static enum aid_err
no_memory (const struct aid_ces_task *t, struct aid_error *e)
{
  return aid_error_set (e, AID_E_NOMEM, "No memory for the files of %.150s", t->repository);
}

static int
take (void *ctx, const struct aid_project_file *file)
{
  struct aid_ces_task *t = ctx;
  struct aid_ces_seen *seen = aid_vec_push (&t->seen);
  if (!seen)
    return 1;
  snprintf (seen->look, sizeof seen->look, "%llu %lld%s", (unsigned long long)file->size, (long long)file->mtime_ns,
            aid_ces_is_program (t->repository, file->path.ptr) ? AID_CES_PROGRAM : "");
  return !(seen->path = aid_span_dup (file->path));
}

static int
by_path (const void *a, const void *b)
{
  return strcmp (((const struct aid_ces_seen *)a)->path, ((const struct aid_ces_seen *)b)->path);
}

static void
sort (struct aid_vec *seen)
{
  if (seen->len)
    qsort (seen->data, seen->len, sizeof (struct aid_ces_seen), by_path);
}

static struct aid_ces_seen *
find (const struct aid_ces_task *t, const char *path)
{
  const struct aid_ces_seen key = { .path = (char *)(uintptr_t)path };
  return t->seen.len ? bsearch (&key, t->seen.data, t->seen.len, sizeof key, by_path) : NULL;
}

/* A text that an editor has for a file that is there and was not listed is of one that is ignored: it may be a secret. */
static enum aid_err
drop_ignored (struct aid_ces_task *t, struct aid_error *e)
{
  json_t *files = json_copy (t->files), *text;
  struct aid_str full = AID_STR_INIT (AID_CES_PATH);
  const char *path;
  void *next;
  if (!files)
    return no_memory (t, e);
  json_object_foreach_safe (files, next, path, text)
  {
    aid_str_clear (&full);
    aid_str_addf (&full, "%s/%s", t->repository, path);
    if (!find (t, path) && !full.err && aid_fs_exists (aid_str_z (&full)))
      json_object_del (files, path);
  }
  json_decref (t->files);
  t->files = files;
  aid_str_free (&full);
  return AID_OK;
}

/* The texts of T go before what lies on the disk. */
static enum aid_err
take_texts (struct aid_ces_task *t, struct aid_error *e)
{
  struct aid_vec added = AID_VEC_INIT (struct aid_ces_seen, AID_CES_FILES_MAX);
  enum aid_err err = drop_ignored (t, e);
  const char *path;
  json_t *text;
  json_object_foreach (t->files, path, text)
  {
    struct aid_ces_seen *seen = find (t, path);
    if (!seen && (seen = aid_vec_push (&added)))
      seen->path = strdup (path);
    if (seen && seen->path)
      aid_sha256_hex (aid_json_span (t->files, path), seen->look);
    else
      err = no_memory (t, e);
  }
  for (size_t i = 0; i < added.len; i++)
    {
      struct aid_ces_seen *seen = err ? NULL : aid_vec_push (&t->seen);
      if (seen)
        *seen = AID_VEC_AT (struct aid_ces_seen, &added, i);
      else
        {
          err = err ? err : no_memory (t, e);
          free (AID_VEC_AT (struct aid_ces_seen, &added, i).path);
        }
    }
  aid_vec_free (&added);
  sort (&t->seen);
  return err;
}

enum aid_err
aid_ces_now_look (struct aid_ces_task *t, const struct aid_stop *stop, struct aid_error *e)
{
  struct aid_sha256 sum;
  t->source = AID_CES_FOLDER;
  t->seen = AID_VEC_INIT (struct aid_ces_seen, AID_PROJECT_FILES);
  enum aid_err err = aid_project_open (t->repository, NULL, &t->project, e);
  if (err)
    return t->project = NULL, err;
  aid_project_wait_or (t->project, 0, -1, stop);
  if (aid_stop_is_set (stop))
    return aid_error_set (e, AID_E_CANCELLED, "Stopped while the files of %.150s were listed", t->repository);
  err = aid_project_files (t->project, take, t, NULL, e);
  if (!err && t->seen.len && !AID_VEC_AT (struct aid_ces_seen, &t->seen, t->seen.len - 1).path)
    {
      t->seen.len--;
      return no_memory (t, e);
    }
  sort (&t->seen);
  if (!err)
    err = take_texts (t, e);
  aid_sha256_init (&sum);
  aid_sha256_add (&sum, (struct aid_span){ t->repository, strlen (t->repository) + 1 });
  for (size_t i = 0; i < t->seen.len && !err; i++)
    {
      const struct aid_ces_seen *seen = &AID_VEC_AT (struct aid_ces_seen, &t->seen, i);
      aid_sha256_add (&sum, (struct aid_span){ seen->path, strlen (seen->path) + 1 });
      aid_sha256_add (&sum, (struct aid_span){ seen->look, strlen (seen->look) + 1 });
    }
  aid_sha256_end (&sum, t->base);
  return err;
}

void
aid_ces_now_free (struct aid_ces_task *t)
{
  for (size_t i = 0; i < t->seen.len; i++)
    free (AID_VEC_AT (struct aid_ces_seen, &t->seen, i).path);
  aid_vec_free (&t->seen);
  if (t->project)
    aid_project_close (t->project);
  t->project = NULL;
}

enum aid_err
aid_ces_now_write (const struct aid_ces_task *t, const char *path, struct aid_error *e)
{
  struct aid_str all = AID_STR_INIT (SEEN_MAX);
  for (size_t i = 0; i < t->seen.len; i++)
    {
      const struct aid_ces_seen *seen = &AID_VEC_AT (struct aid_ces_seen, &t->seen, i);
      aid_str_add (&all, seen->path, strlen (seen->path) + 1);
      aid_str_add (&all, seen->look, strlen (seen->look) + 1);
    }
  enum aid_err err = all.err ? no_memory (t, e) : aid_fs_replace (path, aid_str_span (&all), 0600, e);
  aid_str_free (&all);
  return err;
}
