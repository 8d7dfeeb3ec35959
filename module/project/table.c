/* Names in one string, entries and folders in two arrays, and two tables of indexes that find them by hash. */
#include "project/table.h"
#include "base/hash.h"
#include <stdlib.h>

struct aid_table *
aid_table_new (size_t max_files)
{
  struct aid_table *t = calloc (1, sizeof *t);
  if (!t)
    return NULL;
  t->names = AID_STR_INIT (AID_TABLE_NAMES);
  t->folders = AID_VEC_INIT (struct aid_folder, AID_TABLE_FOLDERS);
  t->entries = AID_VEC_INIT (struct aid_entry, max_files);
  if (aid_random (&t->seed, sizeof t->seed) || aid_str_addc (&t->names, '\0') || !aid_vec_push (&t->folders))
    {
      aid_table_free (t);
      return NULL;
    }
  return t;
}

void
aid_table_free (struct aid_table *t)
{
  if (!t)
    return;
  aid_str_free (&t->names);
  aid_vec_free (&t->folders);
  aid_vec_free (&t->entries);
  free (t->by_path);
  free (t->folder_by_path);
  free (t);
}

struct aid_entry *
aid_table_at (const struct aid_table *t, uint32_t entry)
{
  return &AID_VEC_AT (struct aid_entry, &t->entries, entry);
}

struct aid_folder *
aid_table_folder_at (const struct aid_table *t, uint32_t folder)
{
  return &AID_VEC_AT (struct aid_folder, &t->folders, folder);
}

struct aid_span
aid_table_folder_path (const struct aid_table *t, uint32_t folder)
{
  const struct aid_folder *f = aid_table_folder_at (t, folder);
  return (struct aid_span){ t->names.ptr + f->path, f->len };
}

struct aid_span
aid_table_name (const struct aid_table *t, const struct aid_entry *e)
{
  return (struct aid_span){ t->names.ptr + e->name, e->len };
}

struct aid_span
aid_table_path (const struct aid_table *t, const struct aid_entry *e, char buf[AID_PROJECT_PATH_MAX + 1])
{
  struct aid_span folder = aid_table_folder_path (t, e->folder);
  size_t n = folder.len;
  memcpy (buf, folder.ptr, n);
  if (n)
    buf[n++] = '/';
  memcpy (buf + n, t->names.ptr + e->name, e->len);
  n += e->len;
  buf[n] = '\0';
  return (struct aid_span){ buf, n };
}

/* --- finding --------------------------------------------------------------------------------------------------------- */

static uint64_t
entry_hash (const struct aid_table *t, uint32_t folder, struct aid_span name)
{
  return aid_hash64_seeded (name, t->seed + folder * 0x9E3779B97F4A7C15u);
}

static uint64_t
folder_hash (const struct aid_table *t, struct aid_span path)
{
  return aid_hash64_seeded (path, t->seed);
}

static uint64_t
hash_of (const struct aid_table *t, int folders, uint32_t i)
{
  if (folders)
    return folder_hash (t, aid_table_folder_path (t, i));
  const struct aid_entry *e = aid_table_at (t, i);
  return entry_hash (t, e->folder, aid_table_name (t, e));
}

/* Makes room for one more in the table of indexes; 0 or -1. */
static int
grow (struct aid_table *t, int folders)
{
  uint32_t **slots = folders ? &t->folder_by_path : &t->by_path, *more;
  size_t *n = folders ? &t->nfolder_by_path : &t->nby_path;
  size_t used = folders ? t->folders.len : t->entries.len, room = *n ? 2 * *n : 64;
  if (used + used / 2 < *n)
    return 0;
  if (!(more = calloc (room, sizeof *more)))
    return -1;
  for (size_t i = 0; i < *n; i++)
    if ((*slots)[i])
      {
        size_t at = hash_of (t, folders, (*slots)[i] - 1) & (room - 1);
        while (more[at])
          at = (at + 1) & (room - 1);
        more[at] = (*slots)[i];
      }
  free (*slots);
  *slots = more;
  *n = room;
  return 0;
}

static uint32_t
find_folder (const struct aid_table *t, struct aid_span path)
{
  if (!path.len)
    return 0;
  if (aid_span_eq (aid_table_folder_path (t, t->last), path))
    return t->last;
  size_t mask = t->nfolder_by_path - 1;
  for (size_t at = folder_hash (t, path) & mask; t->nfolder_by_path && t->folder_by_path[at]; at = (at + 1) & mask)
    if (aid_span_eq (aid_table_folder_path (t, t->folder_by_path[at] - 1), path))
      return t->folder_by_path[at] - 1;
  return AID_TABLE_NONE;
}

static uint32_t
find_entry (const struct aid_table *t, uint32_t folder, struct aid_span name)
{
  size_t mask = t->nby_path - 1;
  for (size_t at = entry_hash (t, folder, name) & mask; t->nby_path && t->by_path[at]; at = (at + 1) & mask)
    {
      const struct aid_entry *e = aid_table_at (t, t->by_path[at] - 1);
      if (e->folder == folder && aid_span_eq (aid_table_name (t, e), name))
        return t->by_path[at] - 1;
    }
  return AID_TABLE_NONE;
}

/* Splits PATH into the folder's path and the name. */
static struct aid_span
split (struct aid_span path, struct aid_span *name)
{
  const char *slash = path.len ? memrchr (path.ptr, '/', path.len) : NULL;
  size_t n = slash ? (size_t)(slash - path.ptr) : 0;
  *name = aid_span_cut (path, slash ? n + 1 : 0, path.len);
  return (struct aid_span){ path.ptr, n };
}

uint32_t
aid_table_find (const struct aid_table *t, struct aid_span path)
{
  struct aid_span name;
  uint32_t folder = find_folder (t, split (path, &name));
  return folder == AID_TABLE_NONE ? AID_TABLE_NONE : find_entry (t, folder, name);
}

/* --- adding ---------------------------------------------------------------------------------------------------------- */

static void
put (uint32_t *slots, size_t n, uint64_t hash, uint32_t i)
{
  size_t at = hash & (n - 1);
  while (slots[at])
    at = (at + 1) & (n - 1);
  slots[at] = i + 1;
}

/* Adds NAME to the names; AID_TABLE_NONE without room. */
static uint32_t
keep_name (struct aid_table *t, struct aid_span name)
{
  size_t at = t->names.len;
  if (name.len + 1 > t->names.max - at || aid_str_addspan (&t->names, name) || aid_str_addc (&t->names, '\0'))
    return AID_TABLE_NONE;
  return (uint32_t)at;
}

static uint32_t
make_folder (struct aid_table *t, struct aid_span path, uint32_t up)
{
  uint32_t at, i = (uint32_t)t->folders.len;
  struct aid_folder *f;
  if (grow (t, 1) || (at = keep_name (t, path)) == AID_TABLE_NONE || !(f = aid_vec_push (&t->folders)))
    return AID_TABLE_NONE;
  *f = (struct aid_folder){ .path = at, .len = (uint32_t)path.len, .up = up };
  aid_table_folder_at (t, up)->children++;
  put (t->folder_by_path, t->nfolder_by_path, folder_hash (t, path), i);
  return t->last = i;
}

uint32_t
aid_table_folder (struct aid_table *t, struct aid_span path, int make)
{
  uint32_t found = find_folder (t, path);
  if (!make)
    return found;
  if (found != AID_TABLE_NONE && !aid_table_folder_at (t, found)->gone)
    return t->last = found;
  if (found != AID_TABLE_NONE)
    {
      /* It came back, and so did those above it. */
      for (uint32_t i = found; i && aid_table_folder_at (t, i)->gone; i = aid_table_folder_at (t, i)->up)
        {
          aid_table_folder_at (t, i)->gone = 0;
          aid_table_folder_at (t, aid_table_folder_at (t, i)->up)->children++;
        }
      return found;
    }
  /* From the top down, for a path may have thousands of parts. */
  uint32_t up = 0;
  for (size_t at = 0; at < path.len && up != AID_TABLE_NONE;)
    {
      const char *slash = memchr (path.ptr + at, '/', path.len - at);
      size_t end = slash ? (size_t)(slash - path.ptr) : path.len;
      struct aid_span upto = aid_span_cut (path, 0, end);
      uint32_t next = find_folder (t, upto);
      up = next != AID_TABLE_NONE ? next : make_folder (t, upto, up);
      at = end + 1;
    }
  return up;
}

uint32_t
aid_table_add_in (struct aid_table *t, uint32_t folder, struct aid_span name, int *fresh)
{
  uint32_t found = find_entry (t, folder, name), at;
  if (fresh)
    *fresh = 0;
  if (found != AID_TABLE_NONE && !(aid_table_at (t, found)->flags & AID_ENTRY_GONE))
    return found;
  if (found != AID_TABLE_NONE)
    aid_table_at (t, found)->flags = 0;
  else
    {
      struct aid_entry *e = NULL;
      int fits = name.len && aid_table_folder_path (t, folder).len + name.len < AID_PROJECT_PATH_MAX;
      if (fits && !grow (t, 0) && t->entries.len < t->entries.max && (at = keep_name (t, name)) != AID_TABLE_NONE)
        e = aid_vec_push (&t->entries);
      if (!e)
        {
          t->skipped++;
          return AID_TABLE_NONE;
        }
      *e = (struct aid_entry){ .folder = folder, .name = at, .len = (uint16_t)name.len };
      found = (uint32_t)t->entries.len - 1;
      put (t->by_path, t->nby_path, entry_hash (t, folder, name), found);
    }
  t->live++;
  if (fresh)
    *fresh = 1;
  return found;
}

uint32_t
aid_table_add (struct aid_table *t, struct aid_span path, int *fresh)
{
  struct aid_span name, dir = split (path, &name);
  uint32_t folder = path.len < AID_PROJECT_PATH_MAX ? aid_table_folder (t, dir, 1) : AID_TABLE_NONE;
  if (folder != AID_TABLE_NONE)
    return aid_table_add_in (t, folder, name, fresh);
  t->skipped++;
  if (fresh)
    *fresh = 0;
  return AID_TABLE_NONE;
}

void
aid_table_remove (struct aid_table *t, uint32_t entry)
{
  struct aid_entry *e = aid_table_at (t, entry);
  if (e->flags & AID_ENTRY_GONE)
    return;
  e->flags = AID_ENTRY_GONE;
  e->size = e->inode = 0;
  e->mtime_ns = 0;
  t->live--;
}
