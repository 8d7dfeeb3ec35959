/* Whether an answer is what it shall be: the patch engine places it, and what comes of it is compared with what Git says has
   changed between the two trees, file by file. */
#include "base/map.h"
#include "learn/completion.h"
#include "learn/mine_internal.h"
#include "learn/placed.h"

#include <stdlib.h>

#define TEXT_MAX ((size_t)64 << 20)
#define EXECUTABLE 0100755

/* --- trees -------------------------------------------------------------------------------------------------------- */

struct tree
{
  const struct aid_vault *vault;
  const char *id;
};

/* Appends what PATH holds in T.  AID_E_NOTFOUND. */
static enum aid_err
read_blob (const struct tree *t, const char *path, struct aid_str *out, struct aid_error *e)
{
  struct aid_str name = AID_STR_INIT (16384);
  int status = 0;
  aid_str_addf (&name, "%s:%s", t->id, path);
  const char *const args[] = { "cat-file", "blob", aid_str_z (&name), NULL };
  enum aid_err err = aid_vault_git (t->vault, &(struct aid_vault_run){ .args = args, .out = out, .status = &status }, NULL);
  aid_str_free (&name);
  if (err == AID_E_IO || (!err && status))
    return aid_error_set (e, AID_E_NOTFOUND, "The tree %.12s has no file %s", t->id, path);
  return err ? aid_error_set (e, err, "%s of the tree %.12s cannot be read", path, t->id) : AID_OK;
}

static enum aid_err
read_of_tree (void *ctx, const char *path, struct aid_str *out, struct aid_error *e)
{
  return read_blob (ctx, path, out, e);
}

/* --- placing ------------------------------------------------------------------------------------------------------ */

/* All of COMPLETION must have its place. */
static enum aid_err
place (struct aid_span completion, const struct aid_patch_source *source, struct aid_placed *p, struct aid_error *e)
{
  enum aid_err err = aid_placed_make (completion, source, NULL, p, e);
  if (!err && p->plan && p->plan->refused)
    err = aid_error_set (e, AID_E_INVALID, "The patch engine refuses %zu of its hunks", p->plan->refused);
  else if (!err && !aid_placed_is_whole (p))
    err = aid_error_set (e, AID_E_INVALID, "The patch engine finds no change in it");
  return err;
}

enum aid_err
aid_completion_places (struct aid_span completion, const char *dir, struct aid_error *e)
{
  const struct aid_patch_source source = aid_patch_disk_source (dir);
  struct aid_placed p;
  enum aid_err err = place (completion, &source, &p, e);
  aid_placed_free (&p);
  return err;
}

/* --- comparing ---------------------------------------------------------------------------------------------------- */

struct comparing
{
  struct tree after;
  struct aid_map *changed; /* path -> struct aid_mine_file: what it comes to */
  struct aid_map *covered; /* the same, of those that the answer makes so */
  struct aid_error *e;
};

/* Whether A and B are the same but for what ends their lines. */
static int
same_but_ends (struct aid_span a, struct aid_span b)
{
  struct aid_span x, y;
  int more = 1;
  while (more)
    {
      int in_a = aid_span_line (&a, &x), in_b = aid_span_line (&b, &y);
      if (in_a != in_b)
        return 0;
      more = in_a;
      x.len -= more && x.len && x.ptr[x.len - 1] == '\r';
      y.len -= more && y.len && y.ptr[y.len - 1] == '\r';
      if (more && !aid_span_eq (x, y))
        return 0;
    }
  return 1;
}

static enum aid_err
cover (struct comparing *c, const char *path)
{
  return aid_map_put (c->covered, aid_span_z (path), c, NULL) ? aid_error_set (c->e, AID_E_NOMEM, "No memory") : AID_OK;
}

/* PATH is gone by the answer; it must be in the tree, too. */
static enum aid_err
check_gone (struct comparing *c, const char *path)
{
  const struct aid_mine_file *f = aid_map_get (c->changed, aid_span_z (path));
  return f && !f->mode ? cover (c, path)
                       : aid_error_set (c->e, AID_E_INVALID, "The patch engine removes %s, which is there after it", path);
}

/* Whether who may run PATH comes to what F says: EXEC is what the answer says of it; -1: nothing, then it stays as it was. */
static enum aid_err
check_mode (struct comparing *c, const char *path, int exec, const struct aid_mine_file *f)
{
  int was = f->old_mode == EXECUTABLE, is = f->mode == EXECUTABLE;
  return (exec < 0 ? was : exec) == is
           ? AID_OK
           : aid_error_set (c->e, AID_E_INVALID, "The patch engine leaves who may run %s as it was", path);
}

static enum aid_err
check_text (struct comparing *c, const char *path, struct aid_span made)
{
  struct aid_str text = AID_STR_INIT (TEXT_MAX);
  enum aid_err err = read_blob (&c->after, path, &text, NULL);
  struct aid_span wanted = aid_str_span (&text);
  if (err == AID_E_NOMEM)
    aid_error_set (c->e, err, "No memory");
  else if (err || (!aid_span_eq (wanted, made) && !same_but_ends (wanted, made)))
    err = aid_error_set (c->e, AID_E_INVALID, "The patch engine makes another %s of it", path);
  else if (!aid_span_eq (wanted, made))
    err = aid_error_set (c->e, AID_E_STATE, "The patch engine ends lines of %s otherwise", path);
  aid_str_free (&text);
  return err;
}

static enum aid_err
check_file (struct comparing *c, const struct aid_plan *plan, const struct aid_file_plan *f)
{
  const struct aid_file_plan *whole = &AID_VEC_AT (struct aid_file_plan, &plan->files, f->same_as);
  enum aid_err err = AID_OK;
  if (f->old_path && (f->op == AID_OP_DELETE || f->op == AID_OP_RENAME))
    err = check_gone (c, f->old_path);
  if (err || f->op == AID_OP_DELETE)
    return err;
  const char *path = f->new_path ? f->new_path : f->old_path;
  const struct aid_mine_file *to = path ? aid_map_get (c->changed, aid_span_z (path)) : NULL;
  err = path ? check_text (c, path, aid_str_span (&whole->after)) : AID_E_INVALID;
  if (!err && to)
    err = check_mode (c, path, f->exec, to);
  return err || !to ? err : cover (c, path);
}

/* Makes C's map of what FILES say has changed: of a renamed file both names. */
static enum aid_err
note_changes (struct comparing *c, struct aid_vec *files, struct aid_mine_file *gone)
{
  enum aid_err err = c->changed && c->covered ? AID_OK : AID_E_NOMEM;
  for (size_t i = 0; i < files->len && !err; i++)
    {
      struct aid_mine_file *f = &AID_VEC_AT (struct aid_mine_file, files, i);
      err = aid_map_put (c->changed, aid_span_z (f->path), f, NULL);
      if (!err && f->change == 'R')
        err = aid_map_put (c->changed, aid_span_z (f->old_path), gone, NULL);
    }
  return err ? aid_error_set (c->e, AID_E_NOMEM, "No memory") : AID_OK;
}

/* Whether the answer makes all of what has changed so. */
static enum aid_err
check_all (struct comparing *c, const struct aid_vec *files)
{
  for (size_t i = 0; i < files->len; i++)
    {
      const struct aid_mine_file *f = &AID_VEC_AT (struct aid_mine_file, files, i);
      const char *missing = !aid_map_get (c->covered, aid_span_z (f->path)) ? f->path : NULL;
      if (f->change == 'R' && !aid_map_get (c->covered, aid_span_z (f->old_path)))
        missing = f->old_path;
      if (missing)
        return aid_error_set (c->e, AID_E_INVALID, "The answer leaves %s as it was", missing);
    }
  return AID_OK;
}

enum aid_err
aid_completion_check (struct aid_span completion, const char *dir, const struct aid_vault *vault, const char *base,
                      const char *after, struct aid_error *e)
{
  struct tree from = { vault, base };
  const struct aid_patch_source source
    = dir ? aid_patch_disk_source (dir) : (struct aid_patch_source){ read_of_tree, &from, NULL };
  struct comparing c = { { vault, after }, aid_map_new (), aid_map_new (), e };
  struct aid_vec files = AID_VEC_INIT (struct aid_mine_file, AID_MINE_FILES_MAX);
  struct aid_mine_file gone = { .mode = 0 };
  struct aid_placed p = { NULL, NULL };
  enum aid_err err = aid_mine_files_of (vault, base, after, &files, e);
  if (!err)
    err = note_changes (&c, &files, &gone);
  if (!err)
    err = place (completion, &source, &p, e);
  for (size_t i = 0; !err && i < p.plan->files.len; i++)
    err = check_file (&c, p.plan, &AID_VEC_AT (struct aid_file_plan, &p.plan->files, i));
  if (!err)
    err = check_all (&c, &files);
  aid_placed_free (&p);
  aid_mine_files_free (&files);
  aid_map_free (c.changed, NULL);
  aid_map_free (c.covered, NULL);
  return err;
}
