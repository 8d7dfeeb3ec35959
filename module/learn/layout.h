/* A tree of a repository as files in a folder of ours: so that what AID finds in a project is found in it as it was. */
#ifndef AID_LEARN_LAYOUT_H
#define AID_LEARN_LAYOUT_H

#include "learn/vault.h"

#define AID_LAYOUT_FILES 500000             /* of one tree */
#define AID_LAYOUT_FILE ((size_t)256 << 20) /* bytes of some of its files that are read at once */

/* Makes the folder DIR hold the files of TREE and nothing else.  BEFORE: the tree that it holds by an earlier call, or NULL:
   it is empty. Nothing is written outside of DIR, through no link; a tree's own ".git" is left out, as is what is neither
   file nor link. */
enum aid_err
aid_layout (const struct aid_vault *vault, const char *before, const char *tree, const char *dir, struct aid_error *e);
/* Makes DIR a Git repository that stands at REVISION of the project at ROOT, whose objects it reads where they are, without
   any of its settings; without that revision (NULL, or it is not there) it has none. */
void aid_layout_git (const char *dir, const char *root, const char *revision);
/* Removes the folder with all in it. */
void aid_layout_remove (const char *dir);

#endif
