/* A compact table of a project's files and folders: about 60 bytes a file.  Not locked. */
#ifndef AID_PROJECT_TABLE_H
#define AID_PROJECT_TABLE_H

#include "base/vec.h"
#include "project/project.h"

#define AID_TABLE_NONE UINT32_MAX
#define AID_TABLE_FOLDERS ((size_t)1 << 20)
#define AID_TABLE_NAMES ((size_t)1 << 30) /* bytes of all names */

struct aid_folder
{
  uint32_t path, len; /* in the names; "" is the root, folder 0 */
  uint32_t up;        /* the folder above */
  uint32_t children;  /* folders known in it */
  int32_t watch;      /* what the watch calls it; 0: not watched */
  uint32_t gone;
  int64_t mtime_ns; /* as it was last polled */
};

enum
{
  AID_ENTRY_GONE = 1,  /* not there any longer */
  AID_ENTRY_READ = 2,  /* the class is by its bytes */
  AID_ENTRY_FOLDER = 4 /* it turned out to be a folder (a submodule) */
};

struct aid_entry
{
  uint64_t size, inode;
  int64_t mtime_ns;
  uint32_t folder, name; /* NAME: in the names */
  uint16_t len;
  uint8_t class, flags;
};

struct aid_table
{
  struct aid_str names;
  struct aid_vec folders, entries;
  uint32_t *by_path, *folder_by_path; /* open addressing: index + 1 */
  size_t nby_path, nfolder_by_path;
  uint64_t seed;
  size_t live, skipped; /* entries that are there; those that had no room */
  uint32_t last;        /* the folder that was added to last */
};

/* NULL without memory. */
struct aid_table *aid_table_new (size_t max_files);
void aid_table_free (struct aid_table *t);

/* The folder PATH, made with those above it when MAKE; AID_TABLE_NONE. */
uint32_t aid_table_folder (struct aid_table *t, struct aid_span path, int make);
/* The entry PATH; AID_TABLE_NONE. */
uint32_t aid_table_find (const struct aid_table *t, struct aid_span path);
/* The same, made when it is not there or was gone (*FRESH, may be NULL, is 1 then); counts as skipped without room. */
uint32_t aid_table_add (struct aid_table *t, struct aid_span path, int *fresh);
uint32_t aid_table_add_in (struct aid_table *t, uint32_t folder, struct aid_span name, int *fresh);
void aid_table_remove (struct aid_table *t, uint32_t entry);

struct aid_entry *aid_table_at (const struct aid_table *t, uint32_t entry);
struct aid_folder *aid_table_folder_at (const struct aid_table *t, uint32_t folder);
struct aid_span aid_table_folder_path (const struct aid_table *t, uint32_t folder);
struct aid_span aid_table_name (const struct aid_table *t, const struct aid_entry *e);
/* Puts the path of E into BUF, with a NUL behind it. */
struct aid_span aid_table_path (const struct aid_table *t, const struct aid_entry *e, char buf[AID_PROJECT_PATH_MAX + 1]);

#endif
