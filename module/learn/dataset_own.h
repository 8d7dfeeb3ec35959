/* Whose the files are that a build of a data set would replace: an earlier build's, or somebody else's, who would miss them. */
#ifndef AID_LEARN_DATASET_OWN_H
#define AID_LEARN_DATASET_OWN_H

#include "base/err.h"

/* AID_E_REFUSED: DIR has a file of a name that a build writes or removes, and no build has written it as it is.  What one has
   written is told by card.json with its hashes; where a build was ended in the middle, all is its own. */
enum aid_err aid_dataset_check_own (const char *dir, struct aid_error *e);
/* Notes in DIR, before card.json is removed, that a build is under way; and, when card.json is written, that it has ended. */
enum aid_err aid_dataset_own_begin (const char *dir, struct aid_error *e);
void aid_dataset_own_end (const char *dir);

/* HASH gets the SHA-256 of the file, 65 bytes.  -1: it cannot be read, or is no regular file. */
int aid_dataset_hash (const char *file, char hash[65]);

#endif
