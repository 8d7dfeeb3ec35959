/* Which files are the project's own text, and in words why the others are not. */
#ifndef AID_PROJECT_CLASSIFY_H
#define AID_PROJECT_CLASSIFY_H

#include "project/attributes.h"
#include "project/project.h"

#define AID_CLASSIFY_HEAD 32768 /* bytes of a file that are looked at */

/* The class of PATH, of SIZE bytes (the largest to be read is LARGE), by its name alone; A may be NULL.  Appends why to
   WORDS (may be NULL). */
enum aid_file_class aid_classify_name (const struct aid_attributes *a, struct aid_span path, uint64_t size, uint64_t large,
                                       struct aid_str *words);
/* The class by the first bytes (AID_CLASSIFY_HEAD suffice) of a file that is text by its name.  NOT_MADE: it is known
   not to be generated, whatever it says. */
enum aid_file_class aid_classify_head (struct aid_span path, struct aid_span head, int not_made, struct aid_str *words);
/* Whether a folder called NAME holds what tools have put there: a walk does not go into it. */
int aid_classify_is_output (struct aid_span name);

#endif
