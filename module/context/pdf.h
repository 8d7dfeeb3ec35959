/* The text of a PDF, by poppler's pdftotext where that is installed: for models that take no PDF. */
#ifndef AID_CONTEXT_PDF_H
#define AID_CONTEXT_PDF_H

#include "context/kinds.h"

/* Appends the text of the PDF in BYTES, its pages parted by empty lines, cut at AID_KIND_TEXT_MAX.  What was read is known
   again by RESOLVER (or NULL).  Runs a program, 30 s at most.  AID_E_NOTFOUND: it is not installed; AID_E_INVALID: it cannot
   read this, or there is no text in it; AID_E_TIMEOUT, AID_E_CANCELLED. */
enum aid_err aid_pdf_text (struct aid_resolver *resolver, struct aid_span bytes, struct aid_str *out, struct aid_error *e);

#endif
