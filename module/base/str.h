/* An owned, growing byte string with a limit stated at birth.  Invariants: ptr is never NULL after the first append;
   ptr[len] is NUL; len <= max.  Failure is sticky: after one (no memory, limit) every append is a no-op, so a writer
   appends freely and looks at s->err once at the end. */
#ifndef AID_BASE_STR_H
#define AID_BASE_STR_H

#include "base/err.h"
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A view of bytes owned by somebody else; not NUL-terminated. */
struct aid_span
{
  const char *ptr;
  size_t len;
};

#define AID_SPAN(literal) ((struct aid_span){ (literal), sizeof (literal) - 1 })

struct aid_str
{
  char *ptr;
  size_t len, cap, max;
  enum aid_err err;  /* AID_OK, AID_E_NOMEM or AID_E_LIMIT */
};

#define AID_STR_INIT(limit) ((struct aid_str){ NULL, 0, 0, (limit), AID_OK })

void aid_str_init (struct aid_str *s, size_t max);
void aid_str_free (struct aid_str *s);              /* leaves an empty, usable string with the same limit */
void aid_str_clear (struct aid_str *s);             /* empties and forgives the error; keeps the memory */
/* Makes room for LEN more bytes, for who knows how many will come. */
enum aid_err aid_str_reserve (struct aid_str *s, size_t len);
enum aid_err aid_str_add (struct aid_str *s, const void *mem, size_t len);
enum aid_err aid_str_addz (struct aid_str *s, const char *z);
enum aid_err aid_str_addspan (struct aid_str *s, struct aid_span v);
/* Appends V with its %XX decoded; %00, and a "%" that begins no such thing, stay as they are. */
enum aid_err aid_str_add_decoded (struct aid_str *s, struct aid_span v);
/* Appends V as one word that a shell (sh) takes as it is. */
enum aid_err aid_str_add_quoted (struct aid_str *s, struct aid_span v);
enum aid_err aid_str_addc (struct aid_str *s, char c);
enum aid_err aid_str_addf (struct aid_str *s, const char *fmt, ...) __attribute__ ((format (printf, 2, 3)));
enum aid_err aid_str_addvf (struct aid_str *s, const char *fmt, va_list ap) __attribute__ ((format (printf, 2, 0)));
/* Removes the LEN bytes at POS. */
void aid_str_remove (struct aid_str *s, size_t pos, size_t len);
/* Gives the bytes (free with free) and leaves S empty.  Never NULL unless S has failed. */
char *aid_str_steal (struct aid_str *s);
struct aid_span aid_str_span (const struct aid_str *s);
/* "" until something was appended. */
const char *aid_str_z (const struct aid_str *s);

struct aid_span aid_span_z (const char *z);         /* NULL gives the empty span */
struct aid_span aid_span_cut (struct aid_span v, size_t from, size_t to);
int aid_span_eq (struct aid_span a, struct aid_span b);
int aid_span_eqz (struct aid_span a, const char *z);
int aid_span_starts (struct aid_span v, const char *z);
int aid_span_ends (struct aid_span v, const char *z);
struct aid_span aid_span_trim (struct aid_span v);  /* blanks, tabs, CR, LF at both ends */
/* The place of NEEDLE in V, or -1. */
ptrdiff_t aid_span_find (struct aid_span v, struct aid_span needle);
/* Takes the next line off *REST: *LINE is it without its "\n" (a trailing "\r" stays).  0 when nothing is left. */
int aid_span_line (struct aid_span *rest, struct aid_span *line);
/* A NUL-terminated copy (free with free), NULL without memory. */
char *aid_span_dup (struct aid_span v);
/* A plain non-negative decimal number that fills V and is at most LIMIT; 0 and *OUT set, or -1. */
int aid_span_number (struct aid_span v, uint64_t limit, uint64_t *out);

#endif
