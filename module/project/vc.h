/* Which version control a folder is under, by its own files. */
#ifndef AID_PROJECT_VC_H
#define AID_PROJECT_VC_H

#include "project/project.h"

/* Of the folder DIR itself: Git before Jujutsu (in one folder Git knows as much), then Mercurial. */
enum aid_vc_kind aid_vc_at (const char *dir);
/* Appends where the .git of DIR (a folder, or a file that points at one) leads, and to COMMON where what all worktrees
   share is; both absolute. 0, or -1 when there is none. */
int aid_vc_git_dir (const char *dir, struct aid_str *git_dir, struct aid_str *common);

#endif
