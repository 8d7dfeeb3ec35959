/* Diagnostics of one run from several sources, what it printed and files that it wrote, without twins. */
#include "build/diag.h"

#include <string.h>

static int
has_error_at (const struct aid_diags *d, size_t n, const struct aid_diag *place)
{
  for (size_t i = 0; i < n; i++)
    {
      const struct aid_diag *one = &AID_VEC_AT (struct aid_diag, &d->items, i);
      if (one->severity == AID_SEVERITY_ERROR && one->path && place->path && one->line > 0 && one->line == place->line
          && !strcmp (one->path, place->path))
        return 1;
    }
  return 0;
}

/* The error among the first N of D that ctest printed of the test that ONE is of, as its file of results has it; or NULL. */
static struct aid_diag *
printed_by_ctest (const struct aid_diags *d, size_t n, const struct aid_diag *one)
{
  const char *end = one->message ? strstr (one->message, ": ") : NULL;
  for (size_t i = 0; end && i < n; i++)
    {
      struct aid_diag *it = &AID_VEC_AT (struct aid_diag, &d->items, i);
      if (!strcmp (it->form, "ctest") && !strncmp (it->message, one->message, (size_t)(end - one->message) + 2))
        return it;
    }
  return NULL;
}

/* ONE says the same as IT, and where when that one does not. */
static void
join_twins (struct aid_diag *it, struct aid_diag *one)
{
  struct aid_diag old = *it;
  if (it->path || !one->path)
    return;
  *it = *one;
  *one = old;
}

void
aid_diags_join (struct aid_diags *d, struct aid_diags *other)
{
  size_t before = d->items.len;
  for (size_t i = 0; i < other->items.len; i++)
    {
      struct aid_diag *one = &AID_VEC_AT (struct aid_diag, &other->items, i), *slot;
      struct aid_diag *twin = printed_by_ctest (d, before, one);
      if (twin)
        join_twins (twin, one);
      if (twin || has_error_at (d, before, one))
        continue;
      d->errors += one->severity == AID_SEVERITY_ERROR;
      d->warnings += one->severity == AID_SEVERITY_WARNING;
      if (!(slot = aid_vec_push (&d->items)))
        continue;
      *slot = *one;
      *one = (struct aid_diag){ 0 }; /* the strings have moved */
    }
  aid_diags_free (other);
}
