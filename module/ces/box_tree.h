/* Files of a tree in which somebody else's code has run: no path goes through a symbolic link, whatever was put there meanwhile.
   PATH is relative, without empty parts, "." and "..".  Any thread. */
#ifndef AID_CES_BOX_TREE_H
#define AID_CES_BOX_TREE_H

#include "base/err.h"
#include "base/str.h"

/* AID_E_INVALID: it is no such path. */
enum aid_err aid_box_tree_path (const char *path, struct aid_error *e);
/* Replaces PATH in the folder ROOT, an open descriptor; folders on the way are made. */
enum aid_err aid_box_tree_write (int root, const char *path, struct aid_span text, int executable, struct aid_error *e);
/* A file that is gone is fine; of a folder, an empty one. */
enum aid_err aid_box_tree_remove (int root, const char *path, struct aid_error *e);
/* Appends a regular file; OUT's limit holds.  *EXECUTABLE gets 1 or 0. */
enum aid_err aid_box_tree_read (int root, const char *path, struct aid_str *out, int32_t *executable, struct aid_error *e);
/* Opens the folder PATH ("": the root itself), for openat and the like alone; -1 with E. */
int aid_box_tree_folder (int root, const char *path, struct aid_error *e);

#endif
