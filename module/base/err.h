/* Errors: every fallible function returns an enum aid_err and, given one, fills the caller's struct aid_error with a
   sentence that says what happened, where, and what to do. */
#ifndef AID_BASE_ERR_H
#define AID_BASE_ERR_H

enum aid_err
{
  AID_OK = 0,
  AID_E_NOMEM,       /* allocation failed */
  AID_E_INVALID,     /* the caller's argument or a file's content makes no sense */
  AID_E_LIMIT,       /* a limit stated in a header was reached */
  AID_E_IO,          /* the system refused: file, pipe, process */
  AID_E_NOTFOUND,
  AID_E_PARSE,       /* foreign bytes could not be read */
  AID_E_REFUSED,     /* understood, and declined for safety */
  AID_E_STATE,       /* not now: stopped, replaced, busy */
  AID_E_NET,         /* transport failed */
  AID_E_HTTP,        /* the server answered with an error */
  AID_E_TIMEOUT,
  AID_E_CANCELLED
};

struct aid_error
{
  enum aid_err code;
  char msg[256];     /* UTF-8, NUL-terminated, cut at a character; empty when code is AID_OK */
};

/* Fills *E (when E is not NULL) and returns CODE. */
enum aid_err aid_error_set (struct aid_error *e, enum aid_err code, const char *fmt, ...)
  __attribute__ ((format (printf, 3, 4)));

/* A stable lower-case word for CODE ("timeout", "refused", ...), for JSON and for Lisp. */
const char *aid_err_name (enum aid_err code);

#endif
