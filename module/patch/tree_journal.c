/* The journal of a change: lines of names and hashes, closed by a hash of themselves.  Names are relative to the tree, with
   blanks, controls and "%" as %XX, so that any name stands on its line.  It is written once; what becomes of the change
   is told by renaming it, which needs no space on a full disk. */
#include "patch/tree_internal.h"
#include "patch/patch_internal.h"
#include "base/fs.h"
#include "base/hash.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define JOURNAL_MAX ((size_t) 256 << 20)
#define JOURNAL_HEAD "aid-journal-1 "

static const char *const extensions[] = { ".begin", ".commit", ".undo" };

enum aid_err
aid_tree_failed (struct aid_error *e, const char *what, const char *name)
{
  int no = errno;
  return aid_error_set (e, AID_E_IO, "cannot %s %.150s: %s", what, name, strerror (no));
}

static enum aid_err
no_memory (struct aid_error *e)
{
  return aid_error_set (e, AID_E_NOMEM, "no memory for the steps of a patch");
}

/* --- a change in memory --- */

enum aid_err
aid_tree_state (struct aid_str *out, struct aid_error *e)
{
  enum aid_err err = aid_fs_xdg (AID_DIR_STATE, out, e);
  aid_str_addz (out, "/patch");
  return err || !out->err ? err : aid_error_set (e, out->err, "the state's folder has too long a name");
}

static void
change_new (struct aid_tree_change *c)
{
  *c = (struct aid_tree_change){ .state = AID_TREE_BEGUN };
  c->steps = AID_VEC_INIT (struct aid_tree_step, (size_t) AID_PATCH_FILES * 2);
  c->folders = AID_VEC_INIT (char *, (size_t) AID_PATCH_FILES * 4);
}

enum aid_err
aid_tree_change_init (struct aid_tree_change *c, const char *root, struct aid_error *e)
{
  struct aid_str name = AID_STR_INIT (PATH_MAX);
  char hash[17];
  change_new (c);
  enum aid_err err = aid_tree_state (&name, e);
  if (!err && aid_random_key (c->key, 8))
    err = aid_error_set (e, AID_E_IO, "the system gives no random numbers");
  aid_hash_hex (aid_span_z (root), 16, hash);
  aid_str_addf (&name, "/%s-%s", hash, c->key);
  c->root = strdup (root);
  if (!err && !name.err)
    c->journal = aid_str_steal (&name);
  aid_str_free (&name);
  return err || (c->root && c->journal) ? err : no_memory (e);
}

void
aid_tree_change_free (struct aid_tree_change *c)
{
  for (size_t i = 0; i < c->steps.len; i++)
    {
      free (AID_TREE_STEP (c, i)->name);
      free (AID_TREE_STEP (c, i)->temp);
      free (AID_TREE_STEP (c, i)->old);
    }
  for (size_t i = 0; i < c->folders.len; i++)
    free (AID_TREE_FOLDER (c, i));
  aid_vec_free (&c->steps);
  aid_vec_free (&c->folders);
  free (c->root);
  free (c->journal);
  c->root = c->journal = NULL;
}

static char *
beside (const struct aid_tree_change *c, const char *name, size_t n, const char *extension)
{
  char *out;
  int dir = (int) (aid_fs_base (name) - name);
  return asprintf (&out, "%.*s.aid-%s-%zu.%s", dir, name, c->key, n, extension) < 0 ? NULL : out;
}

struct aid_tree_step *
aid_tree_change_add (struct aid_tree_change *c, enum aid_tree_step_kind kind, char *name)
{
  size_t n = c->steps.len;
  struct aid_tree_step *s = name ? aid_vec_push (&c->steps) : NULL;
  if (!s)
    {
      free (name);
      return NULL;
    }
  s->kind = kind;
  s->name = name;
  if (kind != AID_STEP_REMOVE && !(s->temp = beside (c, name, n, "new")))
    return NULL;
  if (kind != AID_STEP_NEW && !(s->old = beside (c, name, n, "old")))
    return NULL;
  return s;
}

enum aid_err
aid_tree_change_add_folder (struct aid_tree_change *c, const char *name, struct aid_error *e)
{
  char *copy = strdup (name), **at = copy ? aid_vec_push (&c->folders) : NULL;
  if (!at)
    {
      free (copy);
      return no_memory (e);
    }
  *at = copy;
  return AID_OK;
}

/* --- writing --- */

static void
add_name (struct aid_str *out, const char *name)
{
  for (const char *p = name; *p; p++)
    if ((unsigned char) *p <= ' ' || *p == '%' || *p == 0x7f)
      aid_str_addf (out, "%%%02X", (unsigned) (unsigned char) *p);
    else
      aid_str_addc (out, *p);
}

enum aid_err
aid_tree_change_write (const struct aid_tree_change *c, struct aid_error *e)
{
  struct aid_str out = AID_STR_INIT (JOURNAL_MAX), file = AID_STR_INIT (PATH_MAX);
  size_t skip = strlen (c->root) + 1;
  aid_str_addf (&out, JOURNAL_HEAD "%s\nroot ", c->key);
  add_name (&out, c->root);
  for (size_t i = 0; i < c->folders.len; i++)
    {
      aid_str_addz (&out, "\nfolder ");
      add_name (&out, AID_TREE_FOLDER (c, i) + skip);
    }
  for (size_t i = 0; i < c->steps.len; i++)
    {
      const struct aid_tree_step *s = AID_TREE_STEP (c, i);
      aid_str_addf (&out, "\nstep %c ", s->kind);
      add_name (&out, s->name + skip);
      aid_str_addf (&out, " %" PRIx64 " %" PRIx64 " %" PRIx64, s->before, s->after, s->ino);
    }
  aid_str_addc (&out, '\n');
  aid_str_addf (&out, "end %" PRIx64 "\n", aid_hash64 (aid_str_span (&out)));
  aid_str_addf (&file, "%s%s", c->journal, extensions[AID_TREE_BEGUN]);
  enum aid_err err = out.err || file.err ? no_memory (e) : aid_fs_replace (aid_str_z (&file), aid_str_span (&out), 0600, e);
  aid_str_free (&out);
  aid_str_free (&file);
  return err;
}

static void
file_of (const struct aid_tree_change *c, enum aid_tree_change_state state, struct aid_str *out)
{
  aid_str_addf (out, "%s%s", c->journal, extensions[state]);
}

enum aid_err
aid_tree_change_become (struct aid_tree_change *c, enum aid_tree_change_state state, struct aid_error *e)
{
  struct aid_str from = AID_STR_INIT (PATH_MAX), to = AID_STR_INIT (PATH_MAX);
  enum aid_err err = AID_OK;
  file_of (c, c->state, &from);
  file_of (c, state, &to);
  if (from.err || to.err)
    err = no_memory (e);
  else if (rename (from.ptr, to.ptr))
    err = aid_tree_failed (e, "rename the journal", from.ptr);
  else
    {
      c->state = state;
      if (aid_fs_sync_folder_of (to.ptr))
        err = aid_tree_failed (e, "sync the folder of the journal", to.ptr);
    }
  aid_str_free (&from);
  aid_str_free (&to);
  return err;
}

void
aid_tree_change_drop (const struct aid_tree_change *c)
{
  struct aid_str file = AID_STR_INIT (PATH_MAX);
  file_of (c, c->state, &file);
  /* One that stays, for it cannot be removed, tells of a change that is over.  But it must not come back when the power fails: by
     then somebody may have taken the change back, and it would be made again. */
  if (!file.err && unlink (file.ptr) == 0)
    aid_fs_sync_folder_of (file.ptr);
  aid_str_free (&file);
}

/* --- reading --- */

/* The next field of the line, decoded; NULL when there is none or without memory. */
static char *
take_field (struct aid_span *line)
{
  const char *blank = memchr (line->ptr ? line->ptr : "", ' ', line->len);
  size_t len = blank ? (size_t) (blank - line->ptr) : line->len;
  struct aid_str out = AID_STR_INIT (PATH_MAX * 2);
  aid_str_add_decoded (&out, aid_span_cut (*line, 0, len));
  *line = aid_span_cut (*line, blank ? len + 1 : len, line->len);
  char *text = out.err || out.len == 0 || memchr (out.ptr, 0, out.len) ? NULL : aid_str_steal (&out);
  aid_str_free (&out);
  return text;
}

static int
take_hex (struct aid_span *line, uint64_t *out)
{
  char *text = take_field (line), *end = NULL;
  *out = text ? strtoull (text, &end, 16) : 0;
  int bad = !text || *end || end == text;
  free (text);
  return bad ? -1 : 0;
}

/* The name below the tree, in full; NULL for one that leads out of it. */
static char *
take_name (const struct aid_tree_change *c, struct aid_span *line)
{
  char *name = take_field (line), *full = NULL;
  struct aid_span v = aid_span_z (name);
  int bad = !name || name[0] == '/' || aid_span_starts (v, "../") || aid_span_eqz (v, "..") || aid_span_ends (v, "/..")
            || strstr (name, "/../");
  if (!bad && asprintf (&full, "%s/%s", c->root, name) < 0)
    full = NULL;
  free (name);
  return full;
}

static int
read_step (struct aid_tree_change *c, struct aid_span rest)
{
  char kind = rest.len > 2 && rest.ptr[1] == ' ' ? rest.ptr[0] : 0;
  if (!kind || !strchr ("=+-~", kind))
    return -1;
  rest = aid_span_cut (rest, 2, rest.len);
  struct aid_tree_step *s = aid_tree_change_add (c, (enum aid_tree_step_kind) kind, take_name (c, &rest));
  return !s || take_hex (&rest, &s->before) || take_hex (&rest, &s->after) || take_hex (&rest, &s->ino) ? -1 : 0;
}

static int
read_line (struct aid_tree_change *c, struct aid_span line)
{
  if (aid_span_starts (line, "root ") && !c->root)
    {
      line = aid_span_cut (line, 5, line.len);
      c->root = take_field (&line);
      return c->root && c->root[0] == '/' ? 0 : -1;
    }
  if (aid_span_starts (line, "step ") && c->root)
    return read_step (c, aid_span_cut (line, 5, line.len));
  if (!aid_span_starts (line, "folder ") || !c->root)
    return -1;
  line = aid_span_cut (line, 7, line.len);
  char *full = take_name (c, &line);
  int bad = !full || aid_tree_change_add_folder (c, full, NULL);
  free (full);
  return bad ? -1 : 0;
}

static int
read_lines (struct aid_tree_change *c, struct aid_span text)
{
  struct aid_span rest = text, line;
  if (!aid_span_line (&rest, &line) || !aid_span_starts (line, JOURNAL_HEAD) || line.len != sizeof JOURNAL_HEAD - 1 + 8)
    return -1;
  memcpy (c->key, line.ptr + sizeof JOURNAL_HEAD - 1, 8);
  for (int i = 0; i < 8; i++)
    if (strchr ("/%. ", c->key[i]))
      return -1;
  while (aid_span_line (&rest, &line))
    {
      struct aid_span sum = aid_span_cut (line, 4, line.len);
      uint64_t hash;
      if (aid_span_starts (line, "end "))
        return take_hex (&sum, &hash) || rest.len
               || hash != aid_hash64 (aid_span_cut (text, 0, (size_t) (line.ptr - text.ptr)));
      if (read_line (c, line))
        return -1;
    }
  return -1;
}

enum aid_err
aid_tree_change_read (struct aid_tree_change *c, const char *file, struct aid_error *e)
{
  struct aid_str text = AID_STR_INIT (JOURNAL_MAX);
  size_t state = 0, count = sizeof extensions / sizeof *extensions;
  change_new (c);
  while (state < count && !aid_span_ends (aid_span_z (file), extensions[state]))
    state++;
  if (state == count)
    return aid_error_set (e, AID_E_INVALID, "%.150s is no journal", file);
  enum aid_err err = aid_fs_read (file, &text, e);
  if (!err && read_lines (c, aid_str_span (&text)))
    err = aid_error_set (e, AID_E_PARSE, "the journal %.150s is damaged; look at it, then remove it", file);
  if (!err)
    {
      c->state = (enum aid_tree_change_state) state;
      c->journal = aid_span_dup (aid_span_cut (aid_span_z (file), 0, strlen (file) - strlen (extensions[c->state])));
      err = c->journal ? AID_OK : no_memory (e);
    }
  aid_str_free (&text);
  return err;
}
