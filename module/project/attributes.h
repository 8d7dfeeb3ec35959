/* What a project's .gitattributes say of its files. */
#ifndef AID_PROJECT_ATTRIBUTES_H
#define AID_PROJECT_ATTRIBUTES_H

#include "project/ignore.h"

enum aid_attribute
{
  AID_ATTR_GENERATED, /* linguist-generated */
  AID_ATTR_VENDORED,  /* linguist-vendored */
  AID_ATTR_BINARY,    /* binary */
  AID_ATTR_COUNT
};

/* Not locked while something is added; asking from several threads at once is fine. */
struct aid_attributes;
/* NULL without memory. */
struct aid_attributes *aid_attributes_new (void);
void aid_attributes_free (struct aid_attributes *a);
/* Adds the TEXT of a .gitattributes whose patterns hold in FOLDER ("" the root); it replaces the one that was there. */
void aid_attributes_add (struct aid_attributes *a, struct aid_span folder, struct aid_span text);
/* Whether WHICH is set for the file PATH: 1, 0, or -1 when nothing is said.  A may be NULL.  Deeper folders win. */
int aid_attributes_say (const struct aid_attributes *a, enum aid_attribute which, struct aid_span path);

#endif
