/* Which files are the project's own text, and in words why the others are not. */
#ifndef AID_PROJECT_CLASSIFY_H
#define AID_PROJECT_CLASSIFY_H

#include "project/ignore.h"
#include "project/project.h"

#define AID_CLASSIFY_HEAD 32768 /* bytes of a file that are looked at */

/* What .gitattributes files say.  Not locked. */
struct aid_attributes;
/* NULL without memory. */
struct aid_attributes *aid_attributes_new (void);
void aid_attributes_free (struct aid_attributes *a);
/* Adds the text of FILE, whose patterns hold in FOLDER ("" the root); deeper folders win, whatever their order. */
void aid_attributes_add (struct aid_attributes *a, struct aid_span folder, struct aid_span text);

/* The class of PATH, of SIZE bytes (the largest to be read is LARGE), by its name alone; A may be NULL.  Appends why to WORDS (may be
   NULL).  A file that AID_FILE_TEXT is given for may be another by its bytes; OWN, set when attributes say that it is the
   project's own (-linguist-generated, -linguist-vendored), may be NULL. */
enum aid_file_class aid_classify_name (const struct aid_attributes *a, struct aid_span path, uint64_t size, uint64_t large,
                                       int *own, struct aid_str *words);
/* The class by the first bytes (AID_CLASSIFY_HEAD suffice) of a file that is text by its name. */
enum aid_file_class aid_classify_head (struct aid_span head, int own, struct aid_str *words);

#endif
