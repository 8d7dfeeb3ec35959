/* What version control's log tells: which files changed together, which lately, and what was said of it. */
#ifndef AID_INDEX_HISTORY_H
#define AID_INDEX_HISTORY_H

#include "index/asked.h"
#include "index/index_internal.h"

struct aid_related
{
  char *path;
  char *why; /* a commit's subject, or NULL */
  double weight;
};

/* Appends to OUT (of struct aid_related; free with aid_related_free) the files that changed together with PATH, best
   first. */
enum aid_err
aid_history_with (struct aid_shelf *s, struct aid_span path, size_t max, struct aid_vec *out, struct aid_error *e);
/* The files that commits changed whose messages say the like of what is asked. */
enum aid_err
aid_history_said (struct aid_shelf *s, const struct aid_asked *asked, size_t max, struct aid_vec *out, struct aid_error *e);
/* The files that changed most often and lately. */
enum aid_err aid_history_lately (struct aid_shelf *s, size_t max, struct aid_vec *out, struct aid_error *e);
void aid_related_free (struct aid_vec *v);

#endif
