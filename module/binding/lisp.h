/* From Lisp to C: arguments, property lists, errors.  Only the core links this (lisp_val.h is the other direction).

   Convert everything first, look once with aid_lisp_failed, then do C work: after a failed conversion the rest are
   no-ops and what they give is empty and safe to free. */
#ifndef AID_BINDING_LISP_H
#define AID_BINDING_LISP_H

#include "base/err.h"
#include "base/str.h"
#include "binding/lisp_val.h"

#define AID_LISP_TEXT_MAX ((size_t) 256 << 20)   /* bytes of a text from Lisp, or of a value for it */

/* OUT gets V's text in valid UTF-8, character for character (what Unicode does not know becomes U+FFFD); owned. */
void aid_lisp_text (emacs_env *env, emacs_value v, struct aid_str *out);
/* A NUL-terminated copy (free with free); NULL for nil, or with a signal pending. */
char *aid_lisp_dup (emacs_env *env, emacs_value v);
/* A non-negative integer. */
size_t aid_lisp_size (emacs_env *env, emacs_value v);
emacs_value aid_lisp_get (emacs_env *env, emacs_value plist, const char *key);
int aid_lisp_is_nil (emacs_env *env, emacs_value v);
/* Takes the first item off *LIST; 0 when it is empty, or when something is pending. */
int aid_lisp_pop (emacs_env *env, emacs_value *list, emacs_value *item);
void aid_lisp_pair (emacs_env *env, emacs_value cons, emacs_value *car, emacs_value *cdr);

/* Signals aid-error for E. */
emacs_value aid_lisp_error (emacs_env *env, const struct aid_error *e);
/* The value in VAL, which is freed; signals when writing it failed. */
emacs_value aid_lisp_take_val (emacs_env *env, struct aid_str *val);

#endif
