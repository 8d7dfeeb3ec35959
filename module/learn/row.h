/* One example as a row. */
#ifndef AID_LEARN_ROW_H
#define AID_LEARN_ROW_H

#include "learn/dataset_build.h"
#include "learn/vault.h"

/* Where the last example was laid out, so that the next one of the project costs only what has changed. */
struct aid_row_place
{
  struct aid_vault *vault; /* of REPOSITORY, or NULL */
  char *repository, *project, *tree;
  char *dir;               /* with its files */
  unsigned number;
};
void aid_row_place_free (struct aid_row_place *p);

/* Makes the row of EXAMPLE, a new reference; or none, *LEFT why, and *E in words.  An error whose *LEFT is AID_LEFT_REASONS ends the whole
   build. */
enum aid_err aid_row_make (const struct aid_dataset_build *b, struct aid_row_place *place, const json_t *example, json_t **row,
                           enum aid_dataset_left *left, struct aid_error *e);

#endif
