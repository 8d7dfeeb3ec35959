/* Diagnostics: what compilers and tests print, read as it comes, line by line.  Colours are stripped; "Entering directory" is
   followed; paths come relative to the project's root.  What is read is another's: everything has a limit, and a line that
   is understood by nobody is passed over.

   A new form is one file form_NAME.c and a row in diag_forms.c. */
#ifndef AID_BUILD_DIAG_H
#define AID_BUILD_DIAG_H

#include "base/str.h"
#include "base/vec.h"

#define AID_DIAGS_MAX 2000                    /* diagnostics of one run; more are counted only */
#define AID_DIAG_TEXT_MAX ((size_t)16384)     /* bytes of one's whole text */
#define AID_DIAG_MESSAGE_MAX ((size_t)1024)   /* bytes of its first line */
#define AID_DIAG_LINE_MAX ((size_t)256 << 10) /* bytes of a line; the rest of it is passed over */

enum aid_severity
{
  AID_SEVERITY_ERROR,
  AID_SEVERITY_WARNING,
  AID_SEVERITY_NOTE
};
const char *aid_severity_name (enum aid_severity s); /* "error", "warning", "note" */

struct aid_diag
{
  char *path;            /* from the root; absolute outside of it; NULL when it is about no file */
  int line, col;         /* from 1; columns as the program counts them; 0: not known */
  int end_line, end_col; /* behind its last byte; 0: not known */
  enum aid_severity severity;
  char *message;    /* its first line */
  char *text;       /* all of it, as it was printed */
  const char *form; /* who has read it: "ocaml", "gnu", ... */
};

struct aid_diags
{
  struct aid_vec items;    /* struct aid_diag, in order of occurrence, the same never twice */
  size_t errors, warnings; /* also of those that did not fit */
};

struct aid_diag_reader;

/* Gives a reader for what a program prints that runs in DIR, in the project at ROOT (both absolute). */
struct aid_diag_reader *aid_diag_reader_new (const char *root, const char *dir, struct aid_error *e);
/* Has R read by the form NAME alone from now on ("junit", "tap"), as in a file of results. */
void aid_diag_read_as (struct aid_diag_reader *r, const char *name);
/* Reads on; PART may be cut anywhere.  AID_E_NOMEM. */
enum aid_err aid_diag_feed (struct aid_diag_reader *r, struct aid_span part);
/* What is certain so far (borrowed until the next call). */
const struct aid_diags *aid_diag_so_far (const struct aid_diag_reader *r);
/* The output has ended: gives all in *OUT (free with aid_diags_free) and leaves the reader as new. */
void aid_diag_end (struct aid_diag_reader *r, struct aid_diags *out);
void aid_diag_reader_free (struct aid_diag_reader *r);

void aid_diags_free (struct aid_diags *d);
/* Adds those of OTHER (which is freed) to D, but for errors at a place that D has an error at already: who prints a failure and
   writes it into a file as well has one. */
void aid_diags_join (struct aid_diags *d, struct aid_diags *other);
/* Appends the list of D as a val: [{path, line, col, end_line, end_col, severity, message, form}], MAX at most, with WITH_TEXT
   also "text". */
void aid_diags_val (const struct aid_diags *d, size_t max, int with_text, struct aid_str *out);
/* Appends TEXT as people see it: without escape sequences and what a carriage return has overwritten. */
void aid_diag_plain (struct aid_span text, struct aid_str *out);

#endif
