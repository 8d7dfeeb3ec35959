/* The forms of diagnostics, one file each; diag_internal.h says what they do. */
#ifndef AID_BUILD_FORMS_H
#define AID_BUILD_FORMS_H

#include "build/diag_internal.h"

enum aid_line aid_form_junit (struct aid_diag_reader *r, struct aid_span line);
enum aid_line aid_form_cargo (struct aid_diag_reader *r, struct aid_span line);
enum aid_line aid_form_rust (struct aid_diag_reader *r, struct aid_span line);
enum aid_line aid_form_ocaml (struct aid_diag_reader *r, struct aid_span line);
enum aid_line aid_form_python (struct aid_diag_reader *r, struct aid_span line);
enum aid_line aid_form_typescript (struct aid_diag_reader *r, struct aid_span line);
enum aid_line aid_form_go (struct aid_diag_reader *r, struct aid_span line);
enum aid_line aid_form_ctest (struct aid_diag_reader *r, struct aid_span line);
enum aid_line aid_form_node (struct aid_diag_reader *r, struct aid_span line);
enum aid_line aid_form_tap (struct aid_diag_reader *r, struct aid_span line);
enum aid_line aid_form_gnu (struct aid_diag_reader *r, struct aid_span line);

/* Form_junit_place.c: puts D where the test of CLASS_NAME failed, by its TRACE or MESSAGE, if that tells. */
void aid_junit_place (const struct aid_diag_reader *r, struct aid_span class_name, struct aid_span trace, struct aid_span message,
                      struct aid_draft *d);

#endif
