/* What the project's last build says, as it was kept: "aid:build", what failed; "aid:errors/FILE", the messages alone;
   "aid:failing-test", the first test that fails, with the test. */
#include "base/fs.h"
#include "base/utf8.h"
#include "build/last.h"
#include "context/definitions.h"
#include "context/kinds_internal.h"

typedef enum aid_err last_read (const char *root, struct aid_build_last *l, struct aid_error *e);

/* Reads by READ what the project's last build, or run of the tests, gave, or that of a project which it is in; *ROOT gets
   which. */
static enum aid_err
read_last (const struct aid_resolve *how, last_read *read, struct aid_str *root, struct aid_build_last *l, struct aid_error *e)
{
  enum aid_err err = AID_E_NOTFOUND;
  if (how->root && !(err = read (how->root, l, NULL)))
    aid_str_addz (root, how->root);
  if (err)
    err = aid_build_last_root (aid_resolve_root (how), root, e);
  else
    return root->err;
  return err ? err : read (aid_str_z (root), l, e);
}

enum aid_err
aid_kind_build (const struct aid_resolve *how, struct aid_span name, struct aid_str *out, struct aid_error *e)
{
  struct aid_str root = AID_STR_INIT (16384);
  struct aid_build_last last = { .command = NULL };
  (void)name;
  enum aid_err err = read_last (how, aid_build_last_read, &root, &last, e);
  if (!err)
    err = aid_build_tell (aid_str_z (&root), &last, out, e);
  aid_build_last_free (&last);
  aid_str_free (&root);
  return err;
}

enum aid_err
aid_kind_errors (const struct aid_resolve *how, struct aid_span name, struct aid_str *out, struct aid_error *e)
{
  struct aid_str root = AID_STR_INIT (16384);
  struct aid_build_last last = { .command = NULL };
  enum aid_err err = read_last (how, aid_build_last_read, &root, &last, e);
  size_t before = out->len;
  for (size_t i = 0; !err && i < last.diags.items.len; i++)
    {
      const struct aid_diag *d = &AID_VEC_AT (struct aid_diag, &last.diags.items, i);
      if (!name.len || (d->path && aid_span_eqz (name, d->path)))
        aid_str_addf (out, "%s\n", d->text);
    }
  if (!err && out->len == before)
    aid_str_addz (out, "There are no errors.\n");
  aid_build_last_free (&last);
  aid_str_free (&root);
  return err ? err : out->err;
}

/* --- tests --------------------------------------------------------------------------------------------------------- */

/* The first error of L that is in a file, else the first one, else NULL. */
static const struct aid_diag *
first_failure (const struct aid_build_last *l)
{
  const struct aid_diag *first = NULL;
  for (size_t i = 0; i < l->diags.items.len; i++)
    {
      const struct aid_diag *d = &AID_VEC_AT (struct aid_diag, &l->diags.items, i);
      if (d->severity != AID_SEVERITY_ERROR)
        continue;
      if (d->path && d->line > 0)
        return d;
      first = first ? first : d;
    }
  return first;
}

static void
tell_failure (const struct aid_resolve *how, const char *root, const struct aid_build_last *l, struct aid_str *out)
{
  const struct aid_diag *d = first_failure (l);
  struct aid_resolve here = *how;
  here.root = root;
  aid_str_addf (out, "%s, exit status %d", l->command ? l->command : "The tests", l->code);
  if (d)
    aid_str_addf (out, ": %zu failure%s, the first:\n\n", l->diags.errors, l->diags.errors == 1 ? "" : "s");
  else
    aid_str_addz (out, "; the last that was printed:\n\n");
  aid_str_addf (out, "%s\n", d ? d->text : l->tail ? l->tail : "");
  if (d && d->path && d->line > 0 && d->path[0] != '/')
    aid_definition_around (&here, d->path, d->line, out);
}

enum aid_err
aid_kind_failing_test (const struct aid_resolve *how, struct aid_span name, struct aid_str *out, struct aid_error *e)
{
  struct aid_str root = AID_STR_INIT (16384);
  struct aid_build_last last = { .command = NULL };
  (void)name;
  enum aid_err err = read_last (how, aid_build_last_tests, &root, &last, e);
  if (!err && last.status != AID_BUILD_RED)
    aid_str_addz (out, "No test fails.\n");
  else if (!err)
    tell_failure (how, aid_str_z (&root), &last, out);
  aid_build_last_free (&last);
  aid_str_free (&root);
  return err ? err : out->err;
}

/* What the last run of the tests said of the test NAME. */
static void
add_last_run (const struct aid_resolve *how, struct aid_span name, struct aid_str *out)
{
  struct aid_str root = AID_STR_INIT (16384);
  struct aid_build_last last = { .command = NULL };
  int told = 0;
  if (!read_last (how, aid_build_last_tests, &root, &last, NULL))
    for (size_t i = 0; i < last.diags.items.len; i++)
      {
        const struct aid_diag *d = &AID_VEC_AT (struct aid_diag, &last.diags.items, i);
        if (aid_span_find (aid_span_z (d->text), name) < 0)
          continue;
        aid_str_addf (out, "%s%s\n", told ? "" : "\nThe last run said:\n\n", d->text);
        told = 1;
      }
  aid_build_last_free (&last);
  aid_str_free (&root);
}

enum aid_err
aid_kind_test (const struct aid_resolve *how, struct aid_span name, struct aid_str *out, struct aid_error *e)
{
  enum aid_err err = aid_definitions_find (how, name, AID_FIND_TESTS, out, e);
  if (!err)
    add_last_run (how, name, out);
  return err ? err : out->err;
}
