/* Context recipes: what a strategy adds to a question by itself.  What only an editor knows (regions, errors, diffs) its front
   end adds; files that go with those of the question are found here, so that every front end finds the same. */
#ifndef AID_ASSIST_RECIPE_H
#define AID_ASSIST_RECIPE_H

#include "assist/strategy.h"

#define AID_RECIPE_ITEMS 50 /* items that are added at most */

struct aid_recipe_item
{
  char *target, *label; /* of the context line */
  char *why;            /* "interface of lib/foo.ml" */
  int64_t tokens;       /* an estimate */
  char *name;           /* of the definition that was found, or NULL */
};

struct aid_recipe
{
  struct aid_vec items;    /* struct aid_recipe_item, to be added in this order */
  struct aid_vec left_out; /* the same, of what the budget does not hold */
  int64_t tokens;          /* of the question's own files, an estimate */
};

/* What S adds to the last question of CHAT (the file's text), whose links start from DIR.  A file is added when it lies in
   ROOT, is not in the question, and was not sent in the chat as it is now.  The sum of the question's files and those that are
   added stays within the budget; what is in the question already always stays. */
enum aid_err aid_recipe_make (const struct aid_strategy *s, struct aid_span chat, const char *root, const char *dir,
                              struct aid_recipe *out, struct aid_error *e);
void aid_recipe_free (struct aid_recipe *r);
void aid_recipe_items_free (struct aid_vec *items);

/* Appends the percent-encoded link from the folder DIR to the file PATH, both absolute. */
enum aid_err aid_recipe_link (const char *dir, const char *path, struct aid_str *out);

#endif
