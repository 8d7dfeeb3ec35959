/* Context items: what a question shows the model.  A target is the link of a context line: a path relative to the chat's
   folder with "#L10-L20" (or nothing) behind it, or what is of another kind (context/kinds.h). */
#ifndef AID_CONTEXT_ITEM_H
#define AID_CONTEXT_ITEM_H

#include "base/err.h"
#include "base/str.h"

#define AID_ITEM_BUILD "aid:build"    /* what failed in the project's last build */
#define AID_ITEM_MAX ((size_t) 4 << 20)    /* bytes of one item */

struct aid_item
{
  struct aid_span label, target;   /* as in the chat */
  struct aid_span text;            /* given by the front end (an unsaved buffer, a list of errors), or ptr NULL: read the file */
};

/* Appends a file item's text from disk: the whole file, or its lines (then the file may have 64 MB).  DIR is what a relative
   target starts from.  AID_E_NOTFOUND, AID_E_REFUSED (binary, no regular file), AID_E_IO, AID_E_LIMIT.  A directory gives a
   listing. */
enum aid_err aid_item_read (const char *dir, struct aid_span target, struct aid_str *out, struct aid_error *e);

/* The same of a path as it is, not as a link has it; FIRST 0: all of it. */
enum aid_err aid_item_lines (const char *dir, const char *path, int64_t first, int64_t last, struct aid_str *out,
                             struct aid_error *e);
/* Appends lines FIRST to LAST of TEXT (from 1), each with a newline. */
enum aid_err aid_item_cut (struct aid_span text, int64_t first, int64_t last, struct aid_str *out);
/* The bytes of NAME before the lines behind it, as in "#L3-L9" (0 0: there are none). */
size_t aid_item_split (struct aid_span name, int64_t *first, int64_t *last);

/* Appends the path of the file that a target without lines names, made whole by DIR.  AID_E_INVALID for other targets. */
enum aid_err aid_item_path (const char *dir, struct aid_span target, struct aid_str *out);

/* Appends LABEL as it may stand in the brackets of a context line: on one line, its brackets balanced or blanks. */
void aid_item_label (struct aid_span label, struct aid_str *out);

/* Appends the name of an item as the model sees it: "src/a.c, lines 3 to 9". */
void aid_item_name (struct aid_span label, struct aid_span target, struct aid_str *out);

/* Splits a file target: *PATH (percent-decoded, appended) and its lines (0 0: all).  AID_E_INVALID for aid: targets and
   addresses. */
enum aid_err aid_item_target (struct aid_span target, struct aid_str *path, int64_t *first, int64_t *last);

/* Appends the item as the model sees it: a line that names it, and TEXT in a fence longer than any run inside. */
enum aid_err aid_item_render (struct aid_span label, struct aid_span target, struct aid_span text, struct aid_str *out);

/* The fence's language word for a file name ("c", "ocaml", ...; "" when unknown). */
const char *aid_item_language (struct aid_span path);

#endif
