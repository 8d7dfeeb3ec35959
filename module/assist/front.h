/* The settings at the head of a Markdown file, between two lines "---": a small, strict part of YAML.

     key: value                a string, a number, true or false; no value: not set
     key: "with \"quotes\""    or 'with quotes'
     key: [a, b, "c"]          a list, on one line
     key:
       - a                     or on lines of its own
     key:
       name: value             one map inside the outermost

   A comment begins with "#" at a line's beginning or behind a blank.  Anchors, aliases, tags, block texts, maps in braces,
   deeper nesting, several documents and tabs as indentation are errors that name line and column, and so is a key that
   stands twice. */
#ifndef AID_ASSIST_FRONT_H
#define AID_ASSIST_FRONT_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

#define AID_FRONT_LINES 500   /* lines of the settings */
#define AID_FRONT_VALUES 500  /* values in them, keys of lists and maps included */
#define AID_FRONT_SCALAR 4096 /* bytes of one key or value */

enum aid_front_kind
{
  AID_FRONT_NONE,
  AID_FRONT_STRING,
  AID_FRONT_NUMBER,
  AID_FRONT_BOOL,
  AID_FRONT_LIST,
  AID_FRONT_MAP
};

struct aid_front_value
{
  enum aid_front_kind kind;
  char *key;        /* NULL in a list */
  char *text;       /* of a scalar, as it was written; NULL of NONE, LIST and MAP */
  double number;    /* of a NUMBER */
  int truth;        /* of a BOOL */
  int line, column; /* of its key, in a list of itself; from 1, columns in characters */
  size_t n;         /* of a LIST or MAP: that many values follow it, scalars all of them */
};

struct aid_front
{
  struct aid_vec values; /* struct aid_front_value: the outermost, each followed by what is in it */
  size_t body;           /* where the text behind the settings begins, in bytes */
  int body_line;         /* the number of that line */
};

/* Reads the head of TEXT, which may have none (then the body is all of it).  FILE is for the errors, which begin with
   "FILE:LINE:COLUMN: ".  TEXT must be valid UTF-8 without NULs, else that is the error.  Free *OUT in any case. */
enum aid_err aid_front_read (struct aid_span text, const char *file, struct aid_front *out, struct aid_error *e);
/* Whether TEXT is UTF-8 without NULs: AID_OK, or the error of where it is not. */
enum aid_err aid_front_check_bytes (struct aid_span text, const char *file, struct aid_error *e);
void aid_front_free (struct aid_front *f);
/* The outermost value KEY, or NULL; "-" and "_" in a key are the same. */
const struct aid_front_value *aid_front_get (const struct aid_front *f, const char *key);
/* Whether the keys A and B are the same. */
int aid_front_same_key (const char *a, const char *b);

#endif
