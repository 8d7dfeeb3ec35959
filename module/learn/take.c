/* One snapshot: what has changed goes to fast-import as blobs, then as changes of the last snapshot's tree.  When the tree comes
   out as it was, nothing is kept.  What went wrong half way makes the next one look through all files, which is always right. */
#include "base/clock.h"
#include "base/json.h"
#include "learn/snapshot_internal.h"
#include "learn/timeline.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define TODO_MAX ((size_t)8 << 20)
#define COMMANDS_MAX ((size_t)2 << 30)
#define FILE_LIMIT ((uint64_t)1 << 30) /* bytes of a file, whatever the settings say */

struct taking
{
  struct aid_snapshots *s;
  struct aid_vault_import import;
  int begun; /* the import */
  int whole;
  uint64_t generation, stamp;
  struct aid_project_vc vc;
  int64_t now;
  struct aid_vec todo;
  struct aid_str removed, put; /* commands; what goes must go first, for a folder may take a file's place */
  size_t changed;
  struct aid_str bytes;
  struct aid_vault_tip tip;
  struct aid_vec again;
  const struct aid_stop *stop;
};

/* --- a file ------------------------------------------------------------------------------------------------------- */

static enum aid_err
import (struct taking *t, struct aid_error *e)
{
  enum aid_err err = t->begun ? AID_OK : aid_vault_import_begin (&t->import, t->s->vault, t->whole, t->stop, e);
  t->begun |= !err;
  return err;
}

static void
drop (struct taking *t, struct aid_span path)
{
  if (t->whole) /* the tree begins empty */
    return;
  aid_str_addz (&t->removed, "D ");
  aid_vault_import_quote (path, &t->removed);
  aid_str_addc (&t->removed, '\n');
  t->changed++;
}

static enum aid_err
put (struct taking *t, struct aid_span path, unsigned mode, struct aid_error *e)
{
  uint64_t mark = 0;
  enum aid_err err = import (t, e);
  if (!err)
    err = aid_vault_import_blob (&t->import, aid_str_span (&t->bytes), &mark, e);
  aid_str_addf (&t->put, "M %o :%llu ", mode, (unsigned long long)mark);
  aid_vault_import_quote (path, &t->put);
  aid_str_addc (&t->put, '\n');
  t->changed++;
  return err ? err : t->put.err ? aid_error_set (e, t->put.err, "Too many files for a snapshot") : AID_OK;
}

static void
try_again (struct taking *t, struct aid_span path)
{
  char **slot = aid_vec_push (&t->again);
  if (slot && !(*slot = aid_span_dup (path)))
    t->again.len--;
}

/* PATH stays as it is in the last snapshot, if it is there: a tree that begins empty is told so. */
static enum aid_err
keep_one (void *ctx, unsigned mode, const char *blob, struct aid_span path, struct aid_error *e)
{
  struct taking *t = ctx;
  (void)e;
  aid_str_addf (&t->put, "M %o %s ", mode, blob);
  aid_vault_import_quote (path, &t->put);
  aid_str_addc (&t->put, '\n');
  t->changed++;
  return AID_OK;
}

static enum aid_err
keep (struct taking *t, struct aid_span path, struct aid_error *e)
{
  struct aid_error why = { AID_OK, "" };
  enum aid_err err
    = t->whole && t->tip.commit[0] ? aid_timeline_files (t->s->vault, t->tip.commit, path, keep_one, t, &why) : AID_OK;
  return err && err != AID_E_NOTFOUND ? aid_error_set (e, err, "%s", why.msg) : AID_OK;
}

/* Reads the file, or what an editor has of it, and says whether it is left out.  *GONE: it is not there. */
static enum aid_leave
read_one (struct taking *t, struct aid_span path, unsigned *mode, int *gone, int *busy)
{
  struct aid_snapshots *s = t->s;
  aid_str_clear (&t->bytes);
  enum aid_err err = aid_project_read_raw (s->project, path, &t->bytes, mode, NULL);
  *gone = err == AID_E_NOTFOUND;
  *busy = err == AID_E_STATE;
  if (!err && *mode != AID_MODE_LINK)
    {
      struct aid_str text = AID_STR_INIT (t->bytes.max);
      if (aid_snapshot_unsaved_text (s, path, &text))
        {
          aid_str_clear (&t->bytes);
          aid_str_addspan (&t->bytes, aid_str_span (&text));
          err = text.err;
        }
      aid_str_free (&text);
    }
  return err == AID_E_LIMIT     ? AID_LEAVE_LARGE
         : err == AID_E_REFUSED ? AID_LEAVE_SPECIAL
         : err                  ? AID_LEAVE_UNREADABLE
                                : aid_leave_by_bytes (aid_str_span (&t->bytes));
}

/* When PATH came to be what it is, in ms: a file that is moved or copied here may bear an older time than that.  Of what is gone
   the folder tells that it was in: it was not later than what has changed there last. */
static int64_t
changed_ms (const struct taking *t, struct aid_span path, int gone)
{
  struct aid_str name = AID_STR_INIT (16384);
  struct stat st;
  int64_t ms = t->now;
  aid_str_addf (&name, "%s/%.*s", aid_project_root (t->s->project), (int)path.len, path.ptr);
  int there = !name.err && !gone && !lstat (aid_str_z (&name), &st);
  for (char *slash; !there && gone && !name.err && (slash = strrchr (name.ptr, '/')) && slash > name.ptr;)
    {
      *slash = '\0';
      there = !lstat (name.ptr, &st);
    }
  if (there)
    ms = (int64_t)st.st_ctim.tv_sec * 1000 + st.st_ctim.tv_nsec / 1000000;
  aid_str_free (&name);
  return ms;
}

static enum aid_err
look_at (struct taking *t, const struct aid_todo *f, struct aid_error *e)
{
  struct aid_snapshots *s = t->s;
  struct aid_span path = { f->path, f->len };
  unsigned mode = AID_MODE_FILE;
  int gone = f->gone, busy = 0;
  enum aid_leave why = gone ? AID_LEAVE_NOT : aid_leave_by_name (path, f->size, s->settings.file_max);
  if (!gone && !why)
    why = read_one (t, path, &mode, &gone, &busy);
  if (busy)
    {
      try_again (t, path);
      return keep (t, path, e);
    }
  int64_t since = changed_ms (t, path, gone);
  s->newest_ms = since > s->newest_ms ? since : s->newest_ms;
  enum aid_leave was = aid_snapshot_leave (s, path, gone ? AID_LEAVE_NOT : why);
  if (!gone && !why)
    return put (t, path, mode, e);
  if (!was)
    drop (t, path);
  return AID_OK;
}

static enum aid_err
look_at_all (struct taking *t, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  if (t->whole)
    {
      aid_map_free (t->s->left, NULL);
      memset (t->s->counts, 0, sizeof t->s->counts);
      if (!(t->s->left = aid_map_new ()))
        return aid_error_set (e, AID_E_NOMEM, "No memory for a snapshot");
    }
  for (size_t i = 0; !err && i < t->todo.len; i++)
    err = aid_stop_is_set (t->stop) ? aid_error_set (e, AID_E_CANCELLED, "The snapshot was stopped")
                                    : look_at (t, &AID_VEC_AT (struct aid_todo, &t->todo, i), e);
  return err;
}

/* --- the commit --------------------------------------------------------------------------------------------------- */

static enum aid_err
message (struct taking *t, struct aid_str *out, struct aid_error *e)
{
  struct aid_snapshots *s = t->s;
  struct aid_moment m = {
    .time_ms = t->now, .noticed_ms = s->noticed_ms, .newest_ms = s->newest_ms, .whole = t->whole, .changed = t->changed
  };
  json_t *unsaved = aid_snapshot_unsaved_paths (s), *before = aid_message_read (aid_str_span (&t->tip.message));
  m.unsaved = unsaved;
  m.before = before;
  if (unsaved && json_array_size (unsaved))
    m.newest_ms = t->now; /* no build has seen it */
  memcpy (m.left, s->counts, sizeof m.left);
  m.vc = t->vc;
  enum aid_err err = aid_message_write (&m, aid_project_root (s->project), out, e);
  json_decref (unsaved);
  json_decref (before);
  return err;
}

/* Whether a build has ended since the last snapshot, or another revision is checked out: a commit is to be told from what changes
   files. */
static int
has_news (const struct taking *t, const struct aid_str *text)
{
  json_t *old = aid_message_read (aid_str_span (&t->tip.message)), *new = aid_message_read (aid_str_span (text));
  int same
    = aid_message_same_build (old, new) && aid_span_eq (aid_json_span (old, "revision"), aid_json_span (new, "revision"));
  json_decref (old);
  json_decref (new);
  return !same;
}

static void
name_of_hour (int64_t ms, char *out, size_t size)
{
  time_t at = (time_t)(ms / 1000);
  struct tm tm;
  out[0] = '\0';
  if (gmtime_r (&at, &tm))
    strftime (out, size, AID_VAULT_REFS "%Y-%m-%dT%H", &tm);
}

/* Sends the commit, and gives its tree. */
static enum aid_err
commit (struct taking *t, const struct aid_str *text, char tree[AID_VAULT_ID], struct aid_error *e)
{
  struct aid_str head = AID_STR_INIT (AID_VAULT_MESSAGE + 4096);
  char ref[64];
  name_of_hour (t->now, ref, sizeof ref);
  /* A clock that was set back: what comes later must not be before. */
  if (strcmp (ref, t->tip.ref) < 0)
    memcpy (ref, t->tip.ref, sizeof ref);
  aid_str_addf (&head, "commit %s\nmark :%llu\ncommitter AID <aid> %lld +0000\ndata %zu\n", ref,
                (unsigned long long)t->import.marks + 1, (long long)(t->now / 1000), text->len);
  aid_str_addspan (&head, aid_str_span (text));
  aid_str_addc (&head, '\n');
  if (t->tip.commit[0] && !strcmp (ref, t->tip.ref))
    aid_str_addf (&head, "from %s\n", t->tip.commit);
  else if (t->tip.tree[0] && !t->whole)
    aid_str_addf (&head, "M 040000 %s \"\"\n", t->tip.tree);
  if (t->whole)
    aid_str_addz (&head, "deleteall\n");
  enum aid_err err = head.err ? aid_error_set (e, head.err, "The snapshot's message is too long") : AID_OK;
  if (!err)
    err = aid_vault_import_send (&t->import, aid_str_span (&head), e);
  if (!err)
    err = aid_vault_import_send (&t->import, aid_str_span (&t->removed), e);
  if (!err)
    err = aid_vault_import_send (&t->import, aid_str_span (&t->put), e);
  aid_str_free (&head);
  return err ? err : aid_vault_import_tree (&t->import, tree, e);
}

/* Writes what was found; OUT->id stays "" when it is nothing new. */
static enum aid_err
write_down (struct taking *t, struct aid_snapshot_taken *out, struct aid_error *e)
{
  struct aid_str text = AID_STR_INIT (AID_VAULT_MESSAGE);
  char tree[AID_VAULT_ID] = "";
  enum aid_err err = message (t, &text, e);
  int news = !err && has_news (t, &text), nothing = !t->whole && !t->changed && !news;
  if (!err && !nothing)
    err = import (t, e);
  if (!err && !nothing)
    err = commit (t, &text, tree, e);
  nothing = nothing || (!err && !strcmp (tree, t->tip.tree) && !news);
  if (!err && !nothing)
    {
      t->begun = 0;
      err = aid_vault_import_finish (&t->import, e);
      aid_vault_tip_free (&t->tip);
      if (!err && !(err = aid_vault_tip (t->s->vault, &t->tip, e)))
        memcpy (out->id, t->tip.commit, sizeof out->id);
    }
  memcpy (out->last, t->tip.commit, sizeof out->last);
  aid_str_free (&text);
  return err;
}

/* --- the whole ---------------------------------------------------------------------------------------------------- */

/* Takes over what the snapshot has found out; or, after a failure, that nothing is known. */
static void
settle (struct taking *t, int failed)
{
  struct aid_snapshots *s = t->s;
  for (size_t i = 0; i < s->again.len; i++)
    free (AID_VEC_AT (char *, &s->again, i));
  s->again.len = 0;
  struct aid_vec old = s->again;
  s->again = t->again;
  t->again = old;
  s->generation = failed ? 0 : t->generation;
  if (!failed)
    {
      s->noticed_ms = 0;
      s->stamp = t->stamp;
      s->vc = t->vc;
      s->looked_ms = t->now;
      s->whole_ms = t->whole ? t->now : s->whole_ms;
      s->fresh |= t->whole || t->todo.len;
      memcpy (s->last, t->tip.commit, sizeof s->last);
    }
}

/* Finds what is to be looked at. */
static enum aid_err
collect (struct taking *t, struct aid_error *e)
{
  struct aid_snapshots *s = t->s;
  int first = !s->begun && t->tip.commit[0];
  s->begun = 1;
  if (first && !aid_snapshot_collect_unseen (s, t->tip.commit, &t->todo, &t->generation))
    return AID_OK;
  for (size_t i = 0; i < t->todo.len; i++)
    free (AID_VEC_AT (struct aid_todo, &t->todo, i).path);
  t->todo.len = 0;
  return aid_snapshot_collect (s, &t->todo, &t->whole, &t->generation, e);
}

static enum aid_err
take_locked (struct taking *t, struct aid_snapshot_taken *out, struct aid_error *e)
{
  struct aid_snapshots *s = t->s;
  enum aid_err err = aid_vault_tip (s->vault, &t->tip, e);
  if (!t->tip.commit[0])
    s->generation = 0;
  if (!err && strcmp (t->tip.commit, s->last) != 0)
    aid_snapshot_unsaved_refresh (s); /* somebody else's is the last one, who knows nothing of them */
  t->stamp = aid_build_last_stamp (aid_project_root (s->project));
  aid_project_vc (s->project, &t->vc);
  t->now = aid_clock_wall_ms ();
  if (!err)
    err = collect (t, e);
  if (!err)
    err = look_at_all (t, e);
  if (!err)
    err = write_down (t, out, e);
  if (t->begun)
    aid_vault_import_abort (&t->import);
  settle (t, err != AID_OK);
  if (err == AID_E_IO)
    {
      aid_seen_forget (s->vault);
      aid_vault_heal (s->vault);
    }
  if (err)
    aid_snapshot_unsaved_refresh (s);
  out->changed = t->changed;
  for (int i = 1; i < AID_LEAVES; i++)
    out->left_out += s->counts[i];
  return err;
}

static void
taking_free (struct taking *t)
{
  aid_todo_free (&t->todo);
  for (size_t i = 0; i < t->again.len; i++)
    free (AID_VEC_AT (char *, &t->again, i));
  aid_vec_free (&t->again);
  aid_str_free (&t->removed);
  aid_str_free (&t->put);
  aid_str_free (&t->bytes);
  aid_vault_tip_free (&t->tip);
}

enum aid_err
aid_snapshots_take (struct aid_snapshots *s, int wait_ms, const struct aid_stop *stop, struct aid_snapshot_taken *out,
                    struct aid_error *e)
{
  uint64_t most = s->settings.file_max < FILE_LIMIT ? s->settings.file_max : FILE_LIMIT;
  struct taking t = { .s = s,
                      .stop = stop,
                      .todo = AID_VEC_INIT (struct aid_todo, TODO_MAX),
                      .again = AID_VEC_INIT (char *, 10000),
                      .removed = AID_STR_INIT (COMMANDS_MAX),
                      .put = AID_STR_INIT (COMMANDS_MAX),
                      .bytes = AID_STR_INIT ((size_t)most),
                      .tip = { .message = AID_STR_INIT (1) } };
  enum aid_err err = AID_OK;
  int built;
  *out = (struct aid_snapshot_taken){ .id = "" };
  pthread_mutex_lock (&s->busy);
  memcpy (out->last, s->last, sizeof out->last);
  if (aid_snapshot_due (s, &built) && !(err = aid_vault_lock (s->vault, wait_ms, e)))
    {
      err = take_locked (&t, out, e);
      aid_vault_unlock (s->vault);
    }
  pthread_mutex_unlock (&s->busy);
  taking_free (&t);
  return err;
}
