/* Files: whole reads with a limit, replacement by rename after fsync, the XDG directories. */
#ifndef AID_BASE_FS_H
#define AID_BASE_FS_H

#include "base/str.h"

/* Appends the whole file to OUT (whose limit holds).  Refuses what is not a regular file. */
enum aid_err aid_fs_read (const char *path, struct aid_str *out, struct aid_error *e);
/* The same, and refuses a symbolic link, too. */
enum aid_err aid_fs_read_itself (const char *path, struct aid_str *out, struct aid_error *e);
/* Writes all of DATA to FD, however often the system takes a part.  0, or -1 with errno. */
int aid_fs_write_all (int fd, struct aid_span data);
/* Replaces PATH: a temporary file beside it, fsync, rename, fsync of the folder.  MODE is for a new file (an existing
   file's mode is kept; the umask applies); a symbolic link is followed. */
enum aid_err aid_fs_replace (const char *path, struct aid_span data, unsigned mode, struct aid_error *e);
/* Removes from the folder DIR the temporary files of processes that were killed while they replaced one.  Nobody else may be
   replacing files there. */
void aid_fs_sweep (const char *dir);
/* Makes what happened to PATH's name durable: fsync of its folder.  0, or -1 with errno; a file system that can't is fine. */
int aid_fs_sync_folder_of (const char *path);
/* Like mkdir -p; new folders get MODE. */
enum aid_err aid_fs_mkdirs (const char *path, unsigned mode, struct aid_error *e);
int aid_fs_exists (const char *path);
/* *SAME gets whether PATH, a regular file as above, holds TEXT. */
enum aid_err aid_fs_compare (const char *path, struct aid_span text, int *same, struct aid_error *e);
/* DIR "/" NAME, or NAME when it is absolute, with "." and ".." and doubled slashes resolved by text alone. */
enum aid_err aid_fs_join (struct aid_str *out, const char *dir, const char *name);
/* Appends NAME, with $HOME for the "~" that it begins with, if it begins with "~/". */
enum aid_err aid_fs_at_home (const char *name, struct aid_str *out);
/* Whether the folder DIR (absolute, its links resolved) is /, the home, or one that the home is in: it holds more than one
   project. */
int aid_fs_is_wide (const char *dir);
/* The last part of PATH; points into it. */
const char *aid_fs_base (const char *path);

enum aid_fs_dir { AID_DIR_CONFIG, AID_DIR_STATE, AID_DIR_CACHE };
/* $XDG_{CONFIG,STATE,CACHE}_HOME/aid, or their defaults under $HOME; not created. */
enum aid_err aid_fs_xdg (enum aid_fs_dir which, struct aid_str *out, struct aid_error *e);

#endif
