/* What the files of the reader of settings share. */
#ifndef AID_ASSIST_FRONT_INTERNAL_H
#define AID_ASSIST_FRONT_INTERNAL_H

#include "assist/front.h"

struct aid_front_reader
{
  const char *file;
  struct aid_error *e;
  struct aid_front *out;
  struct aid_span line; /* without its end */
  int number;           /* of the line */
  ptrdiff_t open;       /* index of the outermost value that has none yet, or is a list or map on lines; or -1 */
  size_t indent;        /* of that map's members; 0: none yet */
};

/* An error at the byte AT of the line. */
enum aid_err aid_front_fail (struct aid_front_reader *r, size_t at, const char *fmt, ...) __attribute__ ((format (printf, 3, 4)));
/* Reads the scalar at *AT into V, and moves *AT behind it; in a LIST a comma or bracket ends it (front_scalar.c). */
enum aid_err aid_front_scalar (struct aid_front_reader *r, size_t *at, int list, struct aid_front_value *v);

#endif
