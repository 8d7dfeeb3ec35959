/* A diff as the patch engine reads it. */
#include "learn/changed.h"
#include "patch/patch.h"
#include <stdlib.h>

#define FILES_MAX 10000
#define RUNS_MAX 1000000

static int
add_path (struct aid_vec *paths, const char *path)
{
  char **slot = aid_vec_push (paths);
  return slot && (*slot = strdup (path)) ? 0 : -1;
}

static void
take_hunk (const struct aid_patch *p, const struct aid_patch_hunk *h, struct aid_changed *out)
{
  struct aid_changed_run *run = NULL;
  aid_str_addspan (&out->before, h->section);
  aid_str_addc (&out->before, '\n');
  for (size_t i = h->first_line; i < h->first_line + h->nlines; i++)
    {
      const struct aid_patch_line *line = &AID_VEC_AT (struct aid_patch_line, &p->lines, i);
      struct aid_str *to = line->op == '+' ? &out->added : &out->before;
      if (line->op == '+' && !run && (run = aid_vec_push (&out->runs)))
        run->from = to->len;
      aid_str_addspan (to, line->text);
      aid_str_addc (to, '\n');
      if (line->op != '+')
        run = NULL;
      else if (run)
        run->to = to->len;
      out->nadded += line->op == '+';
      out->nremoved += line->op == '-';
    }
}

enum aid_err
aid_changed_read (struct aid_span diff, struct aid_changed *out, struct aid_error *e)
{
  struct aid_patch *p = NULL;
  int failed = 0;
  *out = (struct aid_changed){ .added = AID_STR_INIT (AID_CHANGED_MAX),
                               .before = AID_STR_INIT (2 * AID_CHANGED_MAX),
                               .runs = AID_VEC_INIT (struct aid_changed_run, RUNS_MAX),
                               .paths = AID_VEC_INIT (char *, FILES_MAX),
                               .made = AID_VEC_INIT (char *, FILES_MAX) };
  enum aid_err err = diff.len > AID_CHANGED_MAX
                       ? aid_error_set (e, AID_E_LIMIT, "A diff of more than %zu MB is not read", AID_CHANGED_MAX >> 20)
                       : aid_patch_read (diff, AID_FORMAT_AUTO, &p, e);
  if (!err && (!p || !p->files.len))
    err = aid_error_set (e, AID_E_PARSE, "No change can be read in this");
  for (size_t i = 0; !err && p && i < p->files.len; i++)
    {
      const struct aid_patch_file *f = &AID_VEC_AT (struct aid_patch_file, &p->files, i);
      const char *old = f->op == AID_OP_CREATE ? NULL : f->old_path;
      if (old)
        failed |= add_path (&out->paths, old);
      if (f->new_path && (!old || strcmp (old, f->new_path) != 0))
        failed |= add_path (&out->made, f->new_path);
      aid_str_addf (&out->before, "%s\n", old ? old : f->new_path ? f->new_path : "");
      for (size_t k = f->first_hunk; k < f->first_hunk + f->nhunks; k++)
        take_hunk (p, &AID_VEC_AT (struct aid_patch_hunk, &p->hunks, k), out);
    }
  if (!err && (failed || out->added.err || out->before.err))
    err = aid_error_set (e, AID_E_NOMEM, "No memory for a diff");
  aid_patch_free (p);
  return err;
}

static void
free_paths (struct aid_vec *paths)
{
  for (size_t i = 0; i < paths->len; i++)
    free (AID_VEC_AT (char *, paths, i));
  aid_vec_free (paths);
}

void
aid_changed_free (struct aid_changed *c)
{
  aid_str_free (&c->added);
  aid_str_free (&c->before);
  aid_vec_free (&c->runs);
  free_paths (&c->paths);
  free_paths (&c->made);
}
