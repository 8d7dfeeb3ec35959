/* Whether each changed file parses, by its language's own parser. */
#include "ces/ces_internal.h"

#include <dirent.h>
#include <stdlib.h>

#define SIBLINGS 3 /* of a new file, that tell whether its like can be parsed */
#define BEFORE_MAX ((size_t)AID_CES_CHANGED_MAX * SIBLINGS)

/* Puts the texts before the answer (AFTER: those of it) where the changed files are. */
static enum aid_err
rewrite (const struct aid_judging *j, int after, struct aid_error *e)
{
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < j->changed.len && !err; i++)
    {
      const struct aid_file_plan *f = aid_judging_plan (j, AID_VEC_AT (size_t, &j->plans, i));
      if (f->op == AID_OP_MODIFY)
        err = aid_box_write (j->box, AID_VEC_AT (char *, &j->changed, i), aid_str_span (after ? &f->after : &f->before),
                             aid_judging_executable (j, f), e);
    }
  return err;
}

/* Adds to LIST some files that stand beside the new one PATH and are called likewise. */
static void
add_siblings (const struct aid_judging *j, const char *path, struct aid_vec *list)
{
  const char *slash = strrchr (path, '/'), *name = slash ? slash + 1 : path, *ending = strrchr (name, '.');
  struct aid_str full = AID_STR_INIT (AID_CES_PATH);
  aid_str_addf (&full, "%s/%.*s", j->warm->tree, (int)(name - path), path);
  DIR *dir = full.err ? NULL : opendir (aid_str_z (&full));
  int n = 0;
  for (struct dirent *d; dir && n < SIBLINGS && (d = readdir (dir));)
    {
      const char *own = strrchr (d->d_name, '.');
      char **slot = own && ending && !strcmp (own, ending) ? aid_vec_push (list) : NULL;
      struct aid_str sibling = AID_STR_INIT (AID_CES_PATH);
      if (!slot)
        continue;
      aid_str_addf (&sibling, "%.*s%s", (int)(name - path), path, d->d_name);
      *slot = aid_str_steal (&sibling);
      n += *slot != NULL;
      list->len -= !*slot;
    }
  if (dir)
    closedir (dir);
  aid_str_free (&full);
}

/* A file may be in another language than its name says, or in a dialect: when the texts before the answer do not parse
   either, or what stands beside a new file, nothing is said.  *NONE: so it is. */
static enum aid_err
parse_before (const struct aid_judging *j, int *none, struct aid_error *e)
{
  struct aid_vec before = AID_VEC_INIT (char *, BEFORE_MAX);
  struct aid_str lines = AID_STR_INIT (AID_CES_LINE_MAX * 8);
  struct aid_rung_ran ran;
  for (size_t i = 0; i < j->changed.len; i++)
    {
      const char *path = AID_VEC_AT (char *, &j->changed, i);
      if (aid_judging_plan (j, AID_VEC_AT (size_t, &j->plans, i))->op != AID_OP_MODIFY)
        add_siblings (j, path, &before);
      else
        {
          char **slot = aid_vec_push (&before);
          before.len -= slot && !(*slot = strdup (path));
        }
    }
  int some = aid_ces_parse_lines (&before, &lines) && !lines.err;
  enum aid_err err = some ? rewrite (j, 0, e) : AID_OK;
  if (!err && some)
    err = aid_ces_run (j->box, aid_str_z (&lines), NULL, j->stop, &ran, e);
  if (!err && some)
    {
      *none = !aid_rung_passed (&ran);
      aid_rung_ran_free (&ran);
      err = rewrite (j, 1, e);
    }
  for (size_t i = 0; i < before.len; i++)
    free (AID_VEC_AT (char *, &before, i));
  aid_vec_free (&before);
  aid_str_free (&lines);
  return err;
}

enum aid_err
aid_judging_parse (const struct aid_judging *j, json_t **out, int *passed, struct aid_error *e)
{
  struct aid_str lines = AID_STR_INIT (AID_CES_LINE_MAX * 8);
  struct aid_rung_ran ran;
  int none = !aid_ces_parse_lines (&j->changed, &lines) || lines.err;
  enum aid_err err = none ? AID_OK : aid_ces_run (j->box, aid_str_z (&lines), NULL, j->stop, &ran, e);
  if (!err && !none)
    {
      *passed = aid_rung_passed (&ran);
      none = ran.ran.end == AID_BOX_EXITED && ran.ran.code == AID_CES_NO_PARSER;
      if (!none && !*passed)
        err = parse_before (j, &none, e);
      if (!err && !none)
        *out = aid_rung_json (AID_RUNG_PARSES, &ran);
      aid_rung_ran_free (&ran);
    }
  aid_str_free (&lines);
  return err;
}
