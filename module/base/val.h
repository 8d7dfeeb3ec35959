/* A value tree in one flat buffer: what events and results of the core are made of.  One encoding serves all front
   ends: the binding turns it into Lisp, the command line into JSON, and a copy of the bytes outlives the core.

     n nil    t true   f false   i <int64>   d <double>   s <u32 len> <UTF-8>   y <u32 len> <symbol's name>
     l <u32 count> value...      o <u32 count> (<u32 len> <key> value)...
   Numbers are in the machine's own order: the bytes never leave the process.

   In Lisp: nil, t, nil (false), integer, float, string, symbol, list, plist (key "x" becomes :x).
   In JSON: null, true, false, numbers, string, string, array, object. */
#ifndef AID_BASE_VAL_H
#define AID_BASE_VAL_H

#include "base/str.h"

/* Writers append to OUT; errors are OUT's own.  Strings are cleaned to valid UTF-8. */
void aid_val_nil (struct aid_str *out);
void aid_val_bool (struct aid_str *out, int truth);
void aid_val_int (struct aid_str *out, int64_t i);
void aid_val_real (struct aid_str *out, double d);
void aid_val_str (struct aid_str *out, struct aid_span s);
void aid_val_strz (struct aid_str *out, const char *z);     /* NULL gives nil */
void aid_val_sym (struct aid_str *out, const char *name);
/* A list or object of values written until the matching end.  Between object's begin and end: key, value, key, ... */
size_t aid_val_list (struct aid_str *out);                  /* gives a handle for aid_val_end */
size_t aid_val_object (struct aid_str *out);
void aid_val_key (struct aid_str *out, const char *key);
/* COUNT: values in the list, or pairs in the object. */
void aid_val_end (struct aid_str *out, size_t handle, uint32_t count);

/* Shorthand for members. */
void aid_val_kint (struct aid_str *out, const char *key, int64_t i);
void aid_val_kreal (struct aid_str *out, const char *key, double d);
void aid_val_kbool (struct aid_str *out, const char *key, int truth);
void aid_val_kstr (struct aid_str *out, const char *key, struct aid_span s);
void aid_val_kstrz (struct aid_str *out, const char *key, const char *z);
void aid_val_ksym (struct aid_str *out, const char *key, const char *name);

/* Reader: a cursor over the bytes. */
struct aid_val_item
{
  char tag;                 /* one of "ntfidsylo", or 0 at the end or on damage */
  int64_t i;
  double d;
  struct aid_span s;        /* s and y */
  uint32_t count;           /* l and o */
};
/* Takes the next value's head off *REST (the members of a list follow as values of their own). */
struct aid_val_item aid_val_next (struct aid_span *rest);
/* Takes a key off *REST. */
struct aid_span aid_val_next_key (struct aid_span *rest);
/* Appends the one value in V as JSON; INDENT 0 for a single line. */
enum aid_err aid_val_to_json (struct aid_span v, int indent, struct aid_str *out);

#endif
