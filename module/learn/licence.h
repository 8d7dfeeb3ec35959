/* Under which licence a project is, by what lies in its root. */
#ifndef AID_LEARN_LICENCE_H
#define AID_LEARN_LICENCE_H

#include "base/str.h"

#define AID_LICENCE_MAX 64 /* bytes of a name, with its NUL */

/* Puts the SPDX name of the licence of the project in the folder DIR into OUT: as an SPDX line, a manifest (package.json,
   Cargo.toml, dune-project, *.opam, pyproject.toml) or the words of its LICENSE or COPYING tell; "" when nothing does. */
void aid_licence_find (const char *dir, char out[AID_LICENCE_MAX]);
/* The same of the text of a licence alone. */
void aid_licence_of_text (struct aid_span text, char out[AID_LICENCE_MAX]);

#endif
