/* What a change adds and takes away, as text. */
#ifndef AID_LEARN_CHANGED_H
#define AID_LEARN_CHANGED_H

#include "base/str.h"
#include "base/vec.h"

#define AID_CHANGED_MAX ((size_t)16 << 20) /* bytes of a diff */

struct aid_changed_run /* lines that were added one after the other */
{
  size_t from, to; /* bytes in ADDED */
};

struct aid_changed
{
  struct aid_str added;  /* lines that were added, each with a newline */
  struct aid_str before; /* lines of context, lines that were taken away, sections, and names of files */
  struct aid_vec runs;   /* struct aid_changed_run */
  struct aid_vec paths;  /* char *: files that are there before */
  struct aid_vec made;   /* char *: files that it makes */
  size_t nadded, nremoved;
};

/* Of DIFF, a unified diff, or an answer with changes in any form.  AID_E_PARSE: it is none.  Free OUT in any case. */
enum aid_err aid_changed_read (struct aid_span diff, struct aid_changed *out, struct aid_error *e);
void aid_changed_free (struct aid_changed *c);

#endif
