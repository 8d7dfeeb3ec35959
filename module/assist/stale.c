/* What was sent against what is there: first the file's size and times, then a hash, then, for lines that may have moved,
   the bytes. */
#include "assist/stale.h"
#include "assist/prompt_internal.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/utf8.h"
#include "chat/chat.h"
#include "context/item.h"
#include "store/blob.h"
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define REMEMBERED_MAX 10000

struct stamp
{
  struct stat st;
  enum aid_stale state;
};

struct aid_stale_memory
{
  pthread_mutex_t lock;   /* guards the rest */
  struct aid_map *stamps; /* struct stamp by folder, target and hash */
  size_t n;
};

struct aid_stale_memory *
aid_stale_new (void)
{
  struct aid_stale_memory *m = calloc (1, sizeof *m);
  if (!m || !(m->stamps = aid_map_new ()))
    {
      free (m);
      return NULL;
    }
  pthread_mutex_init (&m->lock, NULL);
  return m;
}

void
aid_stale_free (struct aid_stale_memory *m)
{
  if (!m)
    return;
  aid_map_free (m->stamps, free);
  pthread_mutex_destroy (&m->lock);
  free (m);
}

/* --- files that look as they did ---------------------------------------------------------------------------------- */

static int
looks_the_same (const struct stat *a, const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size
         && a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec
         && a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static int
remembered (struct aid_stale_memory *m, struct aid_span name, const struct stat *st, enum aid_stale *state)
{
  pthread_mutex_lock (&m->lock);
  const struct stamp *s = aid_map_get (m->stamps, name);
  int found = s && looks_the_same (&s->st, st);
  if (found)
    *state = s->state;
  pthread_mutex_unlock (&m->lock);
  return found;
}

/* A file that was changed in the very moment that it was read in would look as it did. */
static int
is_settled (const struct stat *st)
{
  struct timespec now;
  clock_gettime (CLOCK_REALTIME, &now);
  return now.tv_sec - st->st_mtim.tv_sec > 1;
}

static void
remember (struct aid_stale_memory *m, struct aid_span name, const struct stat *st, enum aid_stale state)
{
  struct stamp *s = is_settled (st) ? malloc (sizeof *s) : NULL;
  void *old = NULL;
  if (!s)
    return;
  *s = (struct stamp){ *st, state };
  pthread_mutex_lock (&m->lock);
  if (m->n >= REMEMBERED_MAX)
    {
      struct aid_map *fresh = aid_map_new ();
      if (fresh)
        {
          aid_map_free (m->stamps, free);
          m->stamps = fresh;
          m->n = 0;
        }
    }
  if (aid_map_put (m->stamps, name, s, &old))
    free (s);
  else
    m->n += old == NULL;
  pthread_mutex_unlock (&m->lock);
  free (old);
}

/* --- comparing ---------------------------------------------------------------------------------------------------- */

static int
is_named (struct aid_span text, const char *key, const char *sent)
{
  struct aid_str plain = AID_STR_INIT (AID_MEDIA_MAX);
  char id[AID_BLOB_ID];
  aid_prompt_without_key (key, text, &plain);
  aid_blob_id (aid_str_span (&plain), id);
  int same = !plain.err && !strcmp (id, sent);
  aid_str_free (&plain);
  return same;
}

/* What a text that is not what was SENT comes to; WHOLE is the file that it is lines of, or empty. */
static enum aid_stale
judge (const char *sent, struct aid_span whole)
{
  struct aid_str old = AID_STR_INIT (AID_BLOB_MAX);
  enum aid_stale state = AID_STALE_CHANGED;
  if (aid_blob_get (sent, &old, NULL) || aid_span_find (aid_str_span (&old), AID_SPAN ("[removed: ")) >= 0)
    state = AID_STALE_UNKNOWN;
  else if (whole.len && old.len && aid_span_find (whole, aid_str_span (&old)) >= 0)
    state = AID_STALE_SAME;
  aid_str_free (&old);
  return state;
}

/* The file that PATH, whole, names, for what was sent of some of its lines. */
static enum aid_stale
compare_lines (const char *path, const char *sent)
{
  struct aid_str whole = AID_STR_INIT (AID_MEDIA_MAX), clean = AID_STR_INIT ((size_t) 2 * AID_MEDIA_MAX);
  aid_fs_read (path, &whole, NULL);
  aid_utf8_clean (aid_str_span (&whole), &clean);
  enum aid_stale state = judge (sent, aid_str_span (&clean));
  aid_str_free (&whole);
  aid_str_free (&clean);
  return state;
}

static enum aid_stale
compare_file (const char *dir, const char *path, int lines, const char *key, const struct aid_stale_item *item)
{
  struct aid_str text = AID_STR_INIT (AID_MEDIA_MAX);
  struct aid_resolve how = { .dir = dir };
  enum aid_err err = aid_assist_read (&how, item->target, &text, NULL);
  enum aid_stale state = err                                                ? AID_STALE_UNKNOWN
                         : is_named (aid_str_span (&text), key, item->sent) ? AID_STALE_SAME
                         : lines                                            ? compare_lines (path, item->sent)
                                                                            : judge (item->sent, AID_SPAN (""));
  aid_str_free (&text);
  return state;
}

/* The same by what is remembered of the file. */
static enum aid_stale
check_file (struct aid_stale_memory *m, const char *dir, const char *path, int lines, const char *key,
            const struct aid_stale_item *item)
{
  struct aid_str name = AID_STR_INIT (1 << 17);
  struct stat st;
  enum aid_stale state;
  if (stat (path, &st))
    return AID_STALE_GONE;
  aid_str_addf (&name, "%s\n%s\n", dir, item->sent);
  aid_str_addspan (&name, item->target);
  if (!remembered (m, aid_str_span (&name), &st, &state))
    {
      state = compare_file (dir, path, lines, key, item);
      remember (m, aid_str_span (&name), &st, state);
    }
  aid_str_free (&name);
  return state;
}

/* The same of a file that is being edited: of all that it would hold, or of its lines FIRST to LAST. */
static enum aid_stale
check_text (int64_t first, int64_t last, const char *key, const struct aid_stale_item *item)
{
  struct aid_str lines = AID_STR_INIT (AID_MEDIA_MAX);
  struct aid_span text = item->text;
  if (first > 0)
    {
      aid_item_cut (text, first, last, &lines);
      text = aid_str_span (&lines);
    }
  enum aid_stale state
    = is_named (text, key, item->sent) ? AID_STALE_SAME : judge (item->sent, first > 0 ? item->text : AID_SPAN (""));
  aid_str_free (&lines);
  return state;
}

/* Whether PATH is one of another machine, as Emacs writes it: "/ssh:host:/x". */
static int
is_elsewhere (struct aid_span path)
{
  size_t i = 1;
  while (i < path.len && path.ptr[i] != '/' && path.ptr[i] != ':')
    i++;
  return path.len > 1 && path.ptr[0] == '/' && i > 1 && i < path.len && path.ptr[i] == ':';
}

/* Changes that were told: whether they are those that there are now. */
static enum aid_stale
check_changes (const char *dir, const char *root, const char *key, const struct aid_stale_item *item)
{
  struct aid_str text = AID_STR_INIT (AID_MEDIA_MAX);
  struct aid_resolve how = { .dir = dir, .root = root };
  enum aid_stale state = aid_context_read (&how, item->target, &text, NULL) ? AID_STALE_UNKNOWN
                         : is_named (aid_str_span (&text), key, item->sent) ? AID_STALE_SAME
                                                                            : AID_STALE_CHANGED;
  aid_str_free (&text);
  return state;
}

enum aid_stale
aid_stale_check (struct aid_stale_memory *m, const char *dir, const char *root, const char *key,
                 const struct aid_stale_item *item)
{
  struct aid_str path = AID_STR_INIT (16384), full = AID_STR_INIT (16384);
  int64_t first, last;
  enum aid_stale state = AID_STALE_UNKNOWN;
  if (aid_span_starts (item->target, "aid:changes/"))
    state = check_changes (dir, root, key, item);
  else if (!aid_item_target (item->target, &path, &first, &last) && !is_elsewhere (aid_str_span (&path))
           && !aid_fs_join (&full, dir, aid_str_z (&path)))
    state
      = item->text.ptr ? check_text (first, last, key, item) : check_file (m, dir, aid_str_z (&full), first > 0, key, item);
  aid_str_free (&path);
  aid_str_free (&full);
  return state;
}

/* --- a whole chat --------------------------------------------------------------------------------------------------- */

/* What is being edited of the file that TARGET names, or NULL. */
static const struct aid_stale_buffer *
buffer_of (const struct aid_stale_chat *chat, struct aid_span target)
{
  struct aid_str path = AID_STR_INIT (16384), full = AID_STR_INIT (16384);
  const struct aid_stale_buffer *found = NULL;
  int64_t first, last;
  if (chat->nbuffers > 0 && !aid_item_target (target, &path, &first, &last)
      && !aid_fs_join (&full, chat->dir, aid_str_z (&path)))
    for (size_t i = 0; i < chat->nbuffers && !found; i++)
      if (!strcmp (chat->buffers[i].path, aid_str_z (&full)))
        found = &chat->buffers[i];
  aid_str_free (&path);
  aid_str_free (&full);
  return found;
}

/* Whether ITEM of a chat is the first of its target and hash; KNOWN remembers it. */
static int
is_new (struct aid_map *known, const struct aid_chat_item *item)
{
  struct aid_str name = AID_STR_INIT (1 << 17);
  void *old = NULL;
  aid_str_addspan (&name, item->sent);
  aid_str_addc (&name, '\n');
  aid_str_addspan (&name, item->target);
  int put = !name.err && !aid_map_put (known, aid_str_span (&name), known, &old);
  aid_str_free (&name);
  return put && !old;
}

enum aid_err
aid_stale_all (struct aid_stale_memory *m, const struct aid_stale_chat *chat,
               void (*found) (void *ctx, struct aid_span target, struct aid_span sent, enum aid_stale state), void *ctx,
               struct aid_error *e)
{
  struct aid_map *known = aid_map_new ();
  struct aid_chat *parsed = NULL;
  enum aid_err err;
  if (!known)
    return aid_error_set (e, AID_E_NOMEM, "No memory for the items");
  err = aid_chat_parse (chat->text, &parsed, e);
  for (size_t i = 0; !err && i < parsed->items.len; i++)
    {
      const struct aid_chat_item *item = &AID_VEC_AT (struct aid_chat_item, &parsed->items, i);
      char *sent = item->sent.len && is_new (known, item) ? aid_span_dup (item->sent) : NULL;
      const struct aid_stale_buffer *buffer = sent ? buffer_of (chat, item->target) : NULL;
      struct aid_stale_item one = { item->target, sent, buffer ? aid_str_span (&buffer->text) : (struct aid_span){ NULL, 0 } };
      enum aid_stale state = sent ? aid_stale_check (m, chat->dir, chat->root, parsed->key, &one) : AID_STALE_SAME;
      if (state != AID_STALE_SAME)
        found (ctx, item->target, item->sent, state);
      free (sent);
    }
  aid_chat_free (parsed);
  aid_map_free (known, NULL);
  return err;
}
