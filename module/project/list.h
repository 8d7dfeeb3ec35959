/* A project's files, listed once: by what knows them best in each part of the tree, or by a walk. */
#ifndef AID_PROJECT_LIST_H
#define AID_PROJECT_LIST_H

#include "base/stop.h"
#include "project/attributes.h"
#include "project/hg_server.h"
#include "project/table.h"

#define AID_PARTS ((size_t)10000)

/* A tree under one version control, or none: the root, a submodule, a repository within. */
struct aid_part
{
  char *path; /* from the project's root; "" the root itself */
  enum aid_vc_kind kind;
  char *top;                   /* the folder, absolute, that version control begins in: mostly the part itself, else above */
  char *inside;                /* the part's path from TOP; "" */
  char *git_dir, *common_dir;  /* absolute; or NULL */
  struct aid_ignores *ignores; /* made when somebody asks (aid_part_ignores) */
  int top_fd;                  /* of IGNORES; -1 */
};

struct aid_listing
{
  struct aid_table *table;
  struct aid_attributes *attributes;
  struct aid_vec parts;     /* struct aid_part *; the root first */
  char *excludes;           /* the user's file of ignored names for Git, or NULL */
  struct aid_project_vc vc; /* of the root */
  int by_server;            /* Mercurial's ran on */
  char how[32], note[256];  /* as in aid_project_state */
};

struct aid_list_in
{
  const char *root; /* absolute */
  int root_fd;
  int tools; /* may run git and hg */
  uint64_t large;
  size_t max_files;
  const struct aid_stop *stop;
  size_t files_before;       /* files of the list before; 0: it is the first */
  struct aid_hg_server **hg; /* a server for the root, kept from list to list when it is big; or NULL */
};

/* Lists into OUT, which is empty; free with aid_listing_free whatever is returned. */
enum aid_err aid_list (const struct aid_list_in *in, struct aid_listing *out, struct aid_error *e);
void aid_listing_free (struct aid_listing *l);

enum
{
  AID_LOOK_SAME,
  AID_LOOK_CHANGED,
  AID_LOOK_GONE,
  AID_LOOK_FOLDER
};
/* Looks at the file PATH (from the root, with a NUL behind it), never through a link.  E, a copy of its entry or zero,
   gets size, time, inode and class. */
int aid_list_look (const struct aid_list_in *in, const struct aid_listing *l, struct aid_span path, struct aid_entry *e);

/* Adds to INTO what is in the folder PATH (from the root), which is not ignored in L, by a walk: names alone.  How many
   parts it has found that L does not know. */
size_t
aid_list_folder (const struct aid_list_in *in, const struct aid_listing *l, struct aid_table *into, struct aid_span path);

/* The part that PATH (from the root) is in; *WITHIN is the path from that part's top. */
struct aid_part *aid_part_of (const struct aid_listing *l, struct aid_span path, struct aid_str *within);
void aid_part_free (struct aid_part *p);
/* Its rules; NULL without memory. */
struct aid_ignores *aid_part_ignores (const struct aid_listing *l, struct aid_part *p);
/* Whether PATH (from the root), that is not listed, is not the project's: ignored, version control's own, tools' output. */
int aid_listing_ignores (const struct aid_listing *l, struct aid_span path, int is_folder, struct aid_ignored *why);

/* --- for the ways to list ------------------------------------------------------------------------------------------------ */

/* Adds the file PATH of PART, relative to it. */
void aid_listing_add (struct aid_listing *l, const struct aid_part *part, struct aid_span path);
/* Notes that PATH of PART is a part of its own. */
void aid_listing_add_part (const struct aid_list_in *in, struct aid_listing *l, const struct aid_part *part,
                           struct aid_span path);
/* Says it to people, unless something was said before. */
void aid_listing_note (struct aid_listing *l, const char *fmt, ...) __attribute__ ((format (printf, 2, 3)));

enum aid_err aid_list_git (const struct aid_list_in *in, struct aid_listing *l, struct aid_part *part, struct aid_error *e);
enum aid_err aid_list_hg (const struct aid_list_in *in, struct aid_listing *l, struct aid_part *part, struct aid_error *e);
enum aid_err aid_list_walk (const struct aid_list_in *in, struct aid_listing *l, struct aid_part *part, struct aid_error *e);
/* What git's settings say of the user's file of ignored names (appended; nothing when there is none). */
void aid_git_excludes (const struct aid_list_in *in, struct aid_str *out);
/* The id of what is checked out in PART, in hex; "" when there is none. */
void aid_git_head (const struct aid_list_in *in, const struct aid_part *part, char out[81]);
void aid_hg_head (const struct aid_part *part, char out[81]);

#endif
