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
  char *dir; /* with its files */
  unsigned number;
};
void aid_row_place_free (struct aid_row_place *p);
/* Makes P the place of EXAMPLE's project, below SCRATCH, as it was at the example's base. */
enum aid_err aid_row_place_lay (struct aid_row_place *p, const char *scratch, const json_t *example, struct aid_error *e);
/* Has AID know how the last build there came out: as it did for the person. */
void aid_row_place_build (const struct aid_row_place *p, const json_t *example);
/* Appends TEXT with WITH for each name of FOLDER, and gives how many there were.  WITH "": what lies below is named from
   there. */
size_t aid_row_hide (struct aid_span text, const char *folder, const char *with, struct aid_str *out);
/* Appends TEXT without the names of folders of this machine: where the project is laid out, where it is, and the home. */
size_t aid_row_place_hide (const struct aid_row_place *p, struct aid_span text, struct aid_str *out);
/* V with all its texts so, a new reference. */
json_t *aid_row_place_hidden (const struct aid_row_place *p, const json_t *v);

/* Makes the row of EXAMPLE, a new reference; or none, *LEFT why, and *E in words.  An error whose *LEFT is AID_LEFT_REASONS
   ends the whole build. */
enum aid_err aid_row_make (const struct aid_dataset_build *b, struct aid_row_place *place, const json_t *example,
                           json_t **row, enum aid_dataset_left *left, struct aid_error *e);

/* Whether the answer of ROW, a source row, makes of its base just what comes after it, in the repository that its task names,
   by a name in REPOSITORIES (the setting "ces.repositories"; or NULL) or its place.  AID_E_NOTFOUND: it cannot be told here,
   and why; any other error: it does not. */
enum aid_err aid_row_check (const json_t *row, const json_t *repositories, struct aid_error *e);

#endif
