/* What a form of diagnostics is to the reader.  A form is asked line by line.  While it has a diagnostic open it is asked first;
   when it says AID_LINE_NOT to a line then, that one is closed and all forms are asked in the order of their table. */
#ifndef AID_BUILD_DIAG_INTERNAL_H
#define AID_BUILD_DIAG_INTERNAL_H

#include "build/diag.h"

enum aid_line
{
  AID_LINE_NOT,  /* none of mine */
  AID_LINE_MORE, /* belongs to what is open, or begins it */
  AID_LINE_LAST, /* likewise, and nothing follows */
  AID_LINE_TAKEN /* mine, and nobody's text */
};

struct aid_diag_form
{
  const char *name;
  enum aid_line (*take) (struct aid_diag_reader *r, struct aid_span line);
};
extern const struct aid_diag_form aid_diag_forms[]; /* NULL name at the end */

/* The diagnostic that is being read. */
struct aid_draft
{
  int open;
  const struct aid_diag_form *form;
  struct aid_str path, message, text;
  int line, col, end_line, end_col;
  enum aid_severity severity;
  int needs_path; /* without one it is none */
  int state;      /* the form's own */
};

struct aid_diag_reader
{
  char *root, *dir;
  struct aid_vec dirs;        /* char *: the folders that were entered */
  struct aid_str line, plain; /* the line that is read, and as it is seen */
  int cut;                    /* the rest of LINE is passed over */
  struct aid_draft draft;
  struct aid_str prelude; /* lines that belong before the next one: "In file included from" */
  struct aid_diags found;
  size_t unplaced;                  /* those before it have their folder (form_go.c) */
  struct aid_str remembered;        /* a line that the next diagnostic of the form wants (form_python.c) */
  struct aid_str thrown, thrown_at; /* a message and a place that may be those of one (form_node.c) */
  int thrown_line, thrown_soon;     /* the place's; how many lines more may lie between the two, 0: there is no place */
  const struct aid_diag_form *form; /* that is asked now */
  const struct aid_diag_form *only; /* the one that is asked, or NULL: all */
  struct aid_xml *xml;              /* form_junit.c's own, or NULL */
};

/* Closes what is open and begins a diagnostic of the form that is asked. */
struct aid_draft *aid_diag_open (struct aid_diag_reader *r, enum aid_severity s);
/* The open diagnostic of the form that is asked, or NULL. */
struct aid_draft *aid_diag_mine (struct aid_diag_reader *r);
void aid_diag_at (struct aid_draft *d, struct aid_span path, int line, int col);
/* Sets its message, unless it has one. */
void aid_diag_say (struct aid_draft *d, struct aid_span message);
/* Adds a line to its text. */
void aid_diag_text (struct aid_draft *d, struct aid_span line);
void aid_diag_close (struct aid_diag_reader *r);
/* Whether PATH, as a program names it that runs here, is a file of the project. */
int aid_diag_ours (const struct aid_diag_reader *r, struct aid_span path);
/* Finds the first "PATH:LINE" (also "PATH:LINE:COL", "file PATH, line N", "PATH line N") in TEXT.  1 when there is one. */
int aid_diag_find_place (struct aid_span text, struct aid_span *path, int *line, int *col);
/* Form_go.c: puts the diagnostics of a test's package, which name files alone, into its folder. */
void aid_diag_place_go (struct aid_diag_reader *r, struct aid_span package);
void aid_xml_free (struct aid_xml *x);
/* Form_junit.c: the XML has ended, wherever that is. */
void aid_junit_end (struct aid_diag_reader *r);

/* --- scanning --- */

/* A number at *V's beginning, at most INT32_MAX, which is taken off; -1 when there is none. */
int aid_scan_number (struct aid_span *v);
/* Takes Z off *V's beginning.  0 when it is not there. */
int aid_scan_word (struct aid_span *v, const char *z);
/* Takes blanks and tabs off *V's beginning; how many. */
size_t aid_scan_blanks (struct aid_span *v);
/* Takes off what stands before the first C, and C.  0 when there is none. */
int aid_scan_until (struct aid_span *v, char c, struct aid_span *before);

#endif
