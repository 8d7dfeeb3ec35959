/* Definitions in a project's files, found by name.  The files that hold the name are asked of version control, or found by a
   walk; the scanners (scan/) tell where it is defined. */
#ifndef AID_CONTEXT_DEFINITIONS_H
#define AID_CONTEXT_DEFINITIONS_H

#include "context/kinds.h"

enum aid_find { AID_FIND_ALL, AID_FIND_TESTS };

#define AID_FIND_SHOWN 5       /* definitions whose text is given; up to 20 more are listed by their places */

/* Appends the definitions of NAME ("lex_comment", "Lexer.comment", "Lexer::comment"), the most telling first: each with its
   path and lines, and its text.  AID_E_NOTFOUND; AID_E_CANCELLED, AID_E_TIMEOUT. */
enum aid_err aid_definitions_find (const struct aid_resolve *how, struct aid_span name, enum aid_find what, struct aid_str *out,
                                   struct aid_error *e);
/* Appends the innermost definition around LINE of the project's file PATH, with its place; nothing when there is none. */
void aid_definition_around (const struct aid_resolve *how, const char *path, int line, struct aid_str *out);

#endif
