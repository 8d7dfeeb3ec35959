/* Items of the command line: a file as people write it from the working directory ("src/a.c", "src/a.c#L3-L9"), "-" for standard
   input, "set:NAME", or what is of a kind (context/kinds.h): "commit:HEAD", "@name", an address. */
#ifndef AID_CLI_ITEMS_H
#define AID_CLI_ITEMS_H

#include "base/str.h"
#include "base/vec.h"

struct aid_resolver;

struct aid_cli_item
{
  char *target, *label;        /* of the context line */
  struct aid_str text;         /* or the bytes of an image or PDF; empty when it could not be read: */
  struct aid_error error;
};

/* Reads N items, and what sets hold, into OUT (struct aid_cli_item), which is empty.  ROOT is absolute: links are relative to it.
   KEEP_FAILED: those that cannot be read are listed with their error, else the first one ends it.  Free with
   aid_cli_items_free. */
enum aid_err aid_cli_items_read (struct aid_resolver *resolver, const char *const *items, size_t n, const char *root,
                                 int keep_failed, struct aid_vec *out, struct aid_error *e);
/* Gives ITEM as a set holds it (to be freed): a file from ROOT on.  AID_E_INVALID for "-" and other sets. */
enum aid_err aid_cli_item_in_set (const char *item, const char *root, char **out, struct aid_error *e);
void aid_cli_items_free (struct aid_vec *items);

#endif
