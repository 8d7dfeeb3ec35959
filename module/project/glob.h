/* Patterns of names as Git's files of ignored names have them: "*", "?", sets in brackets, "**" for whole folders.

   A pattern is matched in time that grows with the product of the two lengths at most, whatever it is. */
#ifndef AID_PROJECT_GLOB_H
#define AID_PROJECT_GLOB_H

#include "base/str.h"

/* Whether PATTERN can match anything: its brackets are closed, their classes known, and no "\" ends it. */
int aid_glob_sound (struct aid_span pattern);
/* Whether the sound PATTERN matches all of NAME, which has no "/"; a run of "*" is one. */
int aid_glob_name (struct aid_span pattern, struct aid_span name);
/* Whether the sound PATTERN, which begins with no "/", matches all of PATH.  "*" stays within a folder; a part of the
   pattern that is "**" alone stands for any number of folders, at its end for one name at least. */
int aid_glob_path (struct aid_span pattern, struct aid_span path);

#endif
