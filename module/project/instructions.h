/* Files in which a project tells models how it wants things done: AGENTS.md, CLAUDE.md and their like. */
#ifndef AID_PROJECT_INSTRUCTIONS_H
#define AID_PROJECT_INSTRUCTIONS_H

#include "base/vec.h"
#include "config/config.h"

#define AID_INSTRUCTION_FILES ((size_t)64)        /* found for one question */
#define AID_INSTRUCTION_MAX ((uint64_t)256 << 10) /* bytes of one; a larger one is none */

struct aid_instruction
{
  char *path;   /* absolute, below the root */
  char *folder; /* that it holds for, from the root; "" all of it */
};

/* Puts into OUT what holds for FROM, an absolute path of a file or folder in the folder ROOT: of each folder from there
   up to ROOT the first file that the setting "instructions" names (C; NULL, or no such setting: .aid/instructions.md,
   AGENTS.md, CLAUDE.md, ...), the deepest folders first.  What OUT has already is not added again; nothing behind a
   link is, nor what is no regular file. */
enum aid_err aid_instructions_find (const struct aid_config *c, const char *root, const char *from, struct aid_vec *out,
                                    struct aid_error *e);
void aid_instructions_free (struct aid_vec *list);

#endif
