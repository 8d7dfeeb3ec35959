/* Whether each changed file parses, by its language's own parser. */
#include "ces/ces_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#define SIBLINGS 3 /* of a new file, that tell whether its like can be parsed */
#define REMEMBERED "parsed"
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

/* Whether the answer has its hand in PATH. */
static int
is_touched (const struct aid_judging *j, const char *path)
{
  int touched = 0;
  for (size_t i = 0; i < j->plan->files.len && !touched; i++)
    {
      const struct aid_file_plan *f = aid_judging_plan (j, i);
      touched = (f->old_path && !strcmp (f->old_path, path)) || (f->new_path && !strcmp (f->new_path, path));
    }
  for (size_t i = 0; i < j->changed.len && !touched; i++)
    touched = !strcmp (AID_VEC_AT (char *, &j->changed, i), path);
  return touched;
}

/* Adds to LIST some files that stand beside the new one PATH and are called likewise, as the base has them. */
static void
add_siblings (const struct aid_judging *j, const char *path, struct aid_vec *list)
{
  const char *slash = strrchr (path, '/'), *name = slash ? slash + 1 : path, *ending = strrchr (name, '.');
  struct aid_str full = AID_STR_INIT (AID_CES_PATH);
  struct stat st;
  aid_str_addf (&full, "%s/%.*s", j->warm->tree, (int)(name - path), path);
  DIR *dir = full.err ? NULL : opendir (aid_str_z (&full));
  int n = 0;
  for (struct dirent *d; dir && n < SIBLINGS && (d = readdir (dir));)
    {
      const char *own = strrchr (d->d_name, '.');
      struct aid_str sibling = AID_STR_INIT (AID_CES_PATH);
      if (!own || !ending || strcmp (own, ending) != 0 || fstatat (dirfd (dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW)
          || !S_ISREG (st.st_mode))
        continue;
      aid_str_addf (&sibling, "%.*s%s", (int)(name - path), path, d->d_name);
      char **slot = sibling.err || is_touched (j, aid_str_z (&sibling)) ? NULL : aid_vec_push (list);
      if (slot && (*slot = aid_str_steal (&sibling)))
        n++;
      else
        list->len -= slot != NULL;
      aid_str_free (&sibling);
    }
  if (dir)
    closedir (dir);
  aid_str_free (&full);
}

static void
list_before (const struct aid_judging *j, struct aid_vec *list)
{
  for (size_t i = 0; i < j->changed.len; i++)
    {
      const char *path = AID_VEC_AT (char *, &j->changed, i);
      if (aid_judging_plan (j, AID_VEC_AT (size_t, &j->plans, i))->op != AID_OP_MODIFY)
        add_siblings (j, path, list);
      else
        {
          char **slot = aid_vec_push (list);
          list->len -= slot && !(*slot = strdup (path));
        }
    }
}

/* Takes away from LIST what is KNOWN to parse.  *NONE: some file is known not to. */
static void
leave_known (struct aid_vec *list, const json_t *known, int *none)
{
  size_t n = 0;
  for (size_t i = 0; i < list->len; i++)
    {
      char *path = AID_VEC_AT (char *, list, i);
      const json_t *parses = json_object_get (known, path);
      *none |= json_is_false (parses);
      if (json_is_true (parses))
        free (path);
      else
        AID_VEC_AT (char *, list, n++) = path;
    }
  list->len = n;
}

/* Notes in KNOWN what RAN says of those in LIST; 1: something. */
static int
note (const struct aid_vec *list, const struct aid_rung_ran *ran, json_t *known)
{
  size_t before = json_object_size (known);
  for (size_t i = 0; i < list->len && ran->ran.end == AID_BOX_EXITED; i++)
    {
      const char *path = AID_VEC_AT (char *, list, i);
      int blamed = 0;
      for (size_t k = 0; k < ran->diags.items.len && !blamed; k++)
        {
          const struct aid_diag *d = &AID_VEC_AT (struct aid_diag, &ran->diags.items, k);
          blamed = d->severity == AID_SEVERITY_ERROR && d->path && !strcmp (d->path, path);
        }
      if (aid_ces_parses_alone (path) && (blamed || aid_rung_passed (ran)))
        json_object_set_new (known, path, json_boolean (!blamed));
    }
  return json_object_size (known) > before;
}

/* Parses the files of LIST with the texts that they had before the answer. */
static enum aid_err
parse_again (const struct aid_judging *j, const struct aid_vec *list, json_t *known, int *none, struct aid_error *e)
{
  struct aid_str lines = AID_STR_INIT (AID_CES_LINE_MAX * 8);
  struct aid_rung_ran ran;
  int some = aid_ces_parse_lines (list, &lines) && !lines.err;
  enum aid_err err = some ? rewrite (j, 0, e) : AID_OK;
  if (!err && some)
    err = aid_ces_run (j->box, aid_str_z (&lines), NULL, j->stop, &ran, e);
  if (!err && some)
    {
      *none = !aid_rung_passed (&ran);
      if (note (list, &ran, known))
        aid_warm_known_keep (j->warm, REMEMBERED, known);
      aid_rung_ran_free (&ran);
      err = rewrite (j, 1, e);
    }
  aid_str_free (&lines);
  return err;
}

/* A file may be in another language than its name says, or in a dialect: when the texts before the answer do not parse
   either, or what stands beside a new file, nothing is said.  *NONE: so it is.  ENDED: the parsers of the answer's texts came to
   their end; where a limit has stopped them it may stop them again, whatever is known. */
static enum aid_err
parse_before (const struct aid_judging *j, int ended, int *none, struct aid_error *e)
{
  struct aid_vec before = AID_VEC_INIT (char *, BEFORE_MAX);
  json_t *known = aid_warm_known (j->warm, REMEMBERED);
  list_before (j, &before);
  if (ended)
    leave_known (&before, known, none);
  enum aid_err err = *none ? AID_OK : parse_again (j, &before, known, none, e);
  for (size_t i = 0; i < before.len; i++)
    free (AID_VEC_AT (char *, &before, i));
  aid_vec_free (&before);
  json_decref (known);
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
        err = parse_before (j, ran.ran.end == AID_BOX_EXITED, &none, e);
      if (!err && !none)
        *out = aid_rung_json (AID_RUNG_PARSES, &ran);
      aid_rung_ran_free (&ran);
    }
  aid_str_free (&lines);
  return err;
}
