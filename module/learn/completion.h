/* A change as the answer that a model is to give: in the form of changes of a strategy. */
#ifndef AID_LEARN_COMPLETION_H
#define AID_LEARN_COMPLETION_H

#include "learn/vault.h"

/* Appends DIFF in FORMAT ("unified" or "search-replace", as strategies call them) behind SUMMARY, a sentence or two (may be
   empty).  DIR has the files as they were before.  AID_E_INVALID: that form has no way to say it, or there is none such;
   AID_E_STATE: of a file nothing but ends of lines changes. */
enum aid_err aid_completion_write (const char *format, struct aid_span diff, struct aid_span summary, const char *dir,
                                   struct aid_str *out, struct aid_error *e);
/* Whether COMPLETION, placed by the patch engine, makes just the tree AFTER of BASE, whose files DIR has (NULL: they are read in
   VAULT): each file byte by byte, whether it may be run, and nothing else than what has changed.  AID_E_INVALID and where it
   does not; AID_E_STATE: only what ends lines is not the same. */
enum aid_err aid_completion_check (struct aid_span completion, const char *dir, const struct aid_vault *vault,
                                   const char *base, const char *after, struct aid_error *e);
/* Whether it places in the files of DIR at all: of a change that nobody has taken there is no tree. */
enum aid_err aid_completion_places (struct aid_span completion, const char *dir, struct aid_error *e);

#endif
