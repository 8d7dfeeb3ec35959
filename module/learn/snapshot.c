/* The life of a project's snapshots in a process: settings, what is left out, what an editor has not saved. */
#include "learn/snapshot.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "build/last.h"
#include "config/config.h"
#include "learn/snapshot_internal.h"

#include <stdlib.h>

#define SECONDS 20
#define DAYS 30
#define MEGABYTES 1024
#define FILE_KILOBYTES 1024
#define AGAIN_MAX 10000

struct aid_snapshot_settings
aid_snapshot_settings (const char *root)
{
  struct aid_config *c = aid_config_load (root, NULL);
  const json_t *o = c ? aid_config_get (c, "snapshots") : NULL;
  struct aid_snapshot_settings out = { .seconds = aid_json_int (o, "seconds", SECONDS),
                                       .days = aid_json_int (o, "days", DAYS),
                                       .megabytes = aid_json_int (o, "megabytes", MEGABYTES),
                                       .file_max = (uint64_t)aid_json_int (o, "file_kilobytes", FILE_KILOBYTES) << 10,
                                       .unsaved = aid_json_bool (o, "unsaved", 0) };
  aid_config_free (c);
  return out;
}

/* --- its life ----------------------------------------------------------------------------------------------------- */

/* Where AID keeps its own state and cache, if that is within the project: what a snapshot writes is no change of it. */
static void
find_own (struct aid_snapshots *s)
{
  static const enum aid_fs_dir dirs[] = { AID_DIR_STATE, AID_DIR_CACHE };
  const char *root = aid_project_root (s->project);
  size_t n = strlen (root);
  for (size_t i = 0; i < 2; i++)
    {
      struct aid_str path = AID_STR_INIT (8192);
      char *real = aid_fs_xdg (dirs[i], &path, NULL) ? NULL : realpath (aid_str_z (&path), NULL);
      aid_str_clear (&path);
      if (real && !strncmp (real, root, n) && real[n] == '/' && !aid_str_addf (&path, "%s/", real + n + 1))
        s->own[i] = aid_str_steal (&path);
      free (real);
      aid_str_free (&path);
    }
}

enum aid_err
aid_snapshots_open (struct aid_project *p, const struct aid_snapshot_settings *settings, struct aid_snapshots **out,
                    struct aid_error *e)
{
  struct aid_snapshots *s = calloc (1, sizeof *s);
  *out = NULL;
  if (!s || !(s->left = aid_map_new ()))
    {
      free (s);
      return aid_error_set (e, AID_E_NOMEM, "No memory for snapshots");
    }
  s->project = p;
  s->settings = *settings;
  s->again = AID_VEC_INIT (char *, AGAIN_MAX);
  s->unsaved = AID_VEC_INIT (struct aid_unsaved, AID_UNSAVED_MAX);
  pthread_mutex_init (&s->busy, NULL);
  pthread_mutex_init (&s->lock, NULL);
  enum aid_err err = aid_vault_open (aid_project_root (p), 1, &s->vault, e);
  if (err)
    aid_snapshots_close (s);
  else
    {
      find_own (s);
      *out = s;
    }
  return err;
}

void
aid_snapshots_close (struct aid_snapshots *s)
{
  if (!s)
    return;
  aid_snapshot_leave_seen (s);
  for (size_t i = 0; i < s->unsaved.len; i++)
    {
      free (AID_VEC_AT (struct aid_unsaved, &s->unsaved, i).path);
      free (AID_VEC_AT (struct aid_unsaved, &s->unsaved, i).text);
    }
  for (size_t i = 0; i < s->again.len; i++)
    free (AID_VEC_AT (char *, &s->again, i));
  aid_vec_free (&s->unsaved);
  aid_vec_free (&s->again);
  aid_map_free (s->left, NULL);
  aid_vault_free (s->vault);
  free (s->own[0]);
  free (s->own[1]);
  pthread_mutex_destroy (&s->busy);
  pthread_mutex_destroy (&s->lock);
  free (s);
}

struct aid_vault *
aid_snapshots_vault (struct aid_snapshots *s)
{
  return s->vault;
}

enum aid_leave
aid_snapshot_leave (struct aid_snapshots *s, struct aid_span path, enum aid_leave why)
{
  enum aid_leave was = (enum aid_leave) (uintptr_t)aid_map_get (s->left, path);
  if (was == why)
    return was;
  if (!why)
    aid_map_remove (s->left, path);
  else if (aid_map_put (s->left, path, (void *)(uintptr_t)why, NULL)) /* without memory it is counted the next time, too */
    return was;
  s->counts[was]--;
  s->counts[why]++;
  return was;
}

int
aid_snapshot_due (struct aid_snapshots *s, int *built)
{
  *built = aid_build_last_stamp (aid_project_root (s->project)) != s->stamp;
  pthread_mutex_lock (&s->lock);
  int news = s->unsaved_news;
  pthread_mutex_unlock (&s->lock);
  struct aid_project_vc vc;
  aid_project_vc (s->project, &vc);
  int changed = s->generation && (news || s->again.len || aid_project_wait (s->project, 0, 0) != s->generation);
  if (changed && !s->noticed_ms)
    s->noticed_ms = aid_clock_wall_ms ();
  return changed || *built || strcmp (vc.head, s->vc.head) != 0 || !s->generation;
}

/* --- what is not saved -------------------------------------------------------------------------------------------- */

static ptrdiff_t
find (const struct aid_snapshots *s, struct aid_span path)
{
  for (size_t i = 0; i < s->unsaved.len; i++)
    if (aid_span_eqz (path, AID_VEC_AT (struct aid_unsaved, &s->unsaved, i).path))
      return (ptrdiff_t)i;
  return -1;
}

enum aid_err
aid_snapshots_unsaved (struct aid_snapshots *s, struct aid_span path, const struct aid_span *text, struct aid_error *e)
{
  char *copy = text ? aid_span_dup (*text) : NULL;
  if (text && !copy)
    return aid_error_set (e, AID_E_NOMEM, "No memory for what is not saved");
  pthread_mutex_lock (&s->lock);
  ptrdiff_t i = find (s, path);
  struct aid_unsaved *u = i >= 0 ? &AID_VEC_AT (struct aid_unsaved, &s->unsaved, i)
                          : text ? aid_vec_push (&s->unsaved)
                                 : NULL;
  if (u && i < 0 && !(u->path = aid_span_dup (path)))
    {
      s->unsaved.len--;
      u = NULL;
    }
  if (u)
    {
      char *old = u->text;
      u->text = copy;
      u->len = text ? text->len : 0;
      u->fresh = s->unsaved_news = 1;
      copy = old;
    }
  pthread_mutex_unlock (&s->lock);
  free (copy);
  return u || !text ? AID_OK : aid_error_set (e, AID_E_LIMIT, "More than %d files are not saved", AID_UNSAVED_MAX);
}

int
aid_snapshot_unsaved_text (struct aid_snapshots *s, struct aid_span path, struct aid_str *out)
{
  pthread_mutex_lock (&s->lock);
  ptrdiff_t i = find (s, path);
  const struct aid_unsaved *u = i >= 0 ? &AID_VEC_AT (struct aid_unsaved, &s->unsaved, i) : NULL;
  int there = u && u->text;
  if (there)
    aid_str_add (out, u->text, u->len);
  pthread_mutex_unlock (&s->lock);
  return there;
}

json_t *
aid_snapshot_unsaved_paths (struct aid_snapshots *s)
{
  json_t *all = json_array ();
  pthread_mutex_lock (&s->lock);
  for (size_t i = 0; i < s->unsaved.len; i++)
    if (AID_VEC_AT (struct aid_unsaved, &s->unsaved, i).text)
      json_array_append_new (all, aid_json_of_span (aid_span_z (AID_VEC_AT (struct aid_unsaved, &s->unsaved, i).path)));
  pthread_mutex_unlock (&s->lock);
  return all;
}

void
aid_snapshot_unsaved_refresh (struct aid_snapshots *s)
{
  pthread_mutex_lock (&s->lock);
  s->unsaved_news = s->unsaved.len > 0;
  for (size_t i = 0; i < s->unsaved.len; i++)
    AID_VEC_AT (struct aid_unsaved, &s->unsaved, i).fresh = 1;
  pthread_mutex_unlock (&s->lock);
}
