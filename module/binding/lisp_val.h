/* From C to Lisp: strings, lists, flat values, signals.  The loader links this file too, so it stands on nothing but
   libc and the reader of flat values.

   Lisp thread only.  A pending non-local exit makes every function here a no-op that gives garbage, as the functions of
   the environment do: build a result in one go, then return it. */
#ifndef AID_BINDING_LISP_VAL_H
#define AID_BINDING_LISP_VAL_H

#include "base/str.h"
#include "include/emacs-module.h"
#include "loader/host.h"

/* Whether a signal, throw or quit is pending. */
int aid_lisp_failed (emacs_env *env);
/* Calls the Lisp function FN. */
emacs_value aid_lisp_call (emacs_env *env, const char *fn, ptrdiff_t nargs, emacs_value *args);
/* A string of UTF-8; bytes that are none give a unibyte string instead of a signal. */
emacs_value aid_lisp_string (emacs_env *env, const char *ptr, size_t len);
emacs_value aid_lisp_stringz (emacs_env *env, const char *z);   /* NULL gives nil */
/* The symbol NAME, or :NAME when KEYWORD. */
emacs_value aid_lisp_symbol (emacs_env *env, struct aid_span name, int keyword);
/* The Lisp form of the one flat value V (base/val.h); nil when V is empty or damaged. */
emacs_value aid_lisp_of_val (emacs_env *env, struct aid_span v);
/* [BEG END FACE BEG END FACE ...] */
emacs_value aid_lisp_spans (emacs_env *env, const struct aid_host_span *spans, size_t n);
/* Signals aid-error with (CODE "MSG"), unless something is pending already. */
void aid_lisp_signal (emacs_env *env, const char *code, const char *msg);

#endif
