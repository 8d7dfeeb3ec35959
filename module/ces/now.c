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
  snprintf (seen->look, sizeof seen->look, "%llu %lld", (unsigned long long)file->size, (long long)file->mtime_ns);
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

/* The texts of T go before what lies on the disk. */
static enum aid_err
take_texts (struct aid_ces_task *t, struct aid_error *e)
{
  size_t listed = t->seen.len;
  const char *path;
  json_t *text;
  json_object_foreach (t->files, path, text)
  {
    struct aid_ces_seen key = { .path = strdup (path) }, *seen = NULL;
    if (key.path && listed)
      seen = bsearch (&key, t->seen.data, listed, sizeof key, by_path);
    if (seen)
      free (key.path);
    else if (key.path && (seen = aid_vec_push (&t->seen)))
      seen->path = key.path;
    if (!seen)
      {
        free (key.path);
        return no_memory (t, e);
      }
    aid_sha256_hex (aid_json_span (t->files, path), seen->look);
  }
  sort (&t->seen);
  return AID_OK;
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
