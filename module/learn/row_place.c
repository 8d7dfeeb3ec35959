/* Where examples are laid out, and what AID is to know there. */
#include "learn/row.h"
#include "base/fs.h"
#include "base/json.h"
#include "build/last.h"
#include "learn/layout.h"

#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX ((size_t)32 << 20)

/* --- laying out --------------------------------------------------------------------------------------------------- */

void
aid_row_place_free (struct aid_row_place *p)
{
  aid_vault_free (p->vault);
  if (p->dir)
    aid_layout_remove (p->dir);
  free (p->repository);
  free (p->project);
  free (p->tree);
  free (p->dir);
  p->vault = NULL;
  p->repository = p->project = p->tree = p->dir = NULL;
}

/* A new folder for the files of another project, whose last part is the project's own name: prompts may say it. */
static enum aid_err
move_on (struct aid_row_place *p, const char *scratch, const char *repository, const char *project, struct aid_error *e)
{
  struct aid_str dir = AID_STR_INIT (8192);
  aid_row_place_free (p);
  aid_str_addf (&dir, "%s/%u/%s", scratch, p->number++, aid_fs_base (project)[0] ? aid_fs_base (project) : "project");
  p->repository = strdup (repository);
  p->project = strdup (project);
  p->dir = aid_str_steal (&dir);
  if (!p->repository || !p->project || !p->dir)
    return aid_error_set (e, AID_E_NOMEM, "No memory for a project's place");
  enum aid_err err = aid_fs_mkdirs (p->dir, 0700, e);
  return err ? err : aid_vault_at (repository, &p->vault, e);
}

enum aid_err
aid_row_place_lay (struct aid_row_place *p, const char *scratch, const json_t *example, struct aid_error *e)
{
  const char *repository = aid_json_str (example, "repository"), *project = aid_json_str (example, "project");
  const char *base = aid_json_str (example, "base"), *vc = aid_json_str (example, "vc");
  enum aid_err err = AID_OK;
  if (!repository || !project || !base)
    return aid_error_set (e, AID_E_INVALID, "it has no repository, project or base");
  if (!p->vault || strcmp (p->repository, repository) != 0 || strcmp (p->project, project) != 0)
    err = move_on (p, scratch, repository, project, e);
  if (!err)
    err = aid_layout (p->vault, p->tree, base, p->dir, e);
  if (err)
    { /* the folder may hold some of both trees */
      aid_row_place_free (p);
      return err;
    }
  free (p->tree);
  p->tree = strdup (base);
  if (vc && !strcmp (vc, "git"))
    aid_layout_git (p->dir, project, aid_json_str (example, "revision"));
  return p->tree ? AID_OK : aid_error_set (e, AID_E_NOMEM, "No memory for a project's place");
}

/* --- what the compiler said --------------------------------------------------------------------------------------- */

static char *
copy (const json_t *o, const char *name)
{
  const char *z = aid_json_str (o, name);
  return z ? strdup (z) : NULL;
}

static void
take_diagnostic (const json_t *one, struct aid_diags *d)
{
  const char *severity = aid_json_str (one, "severity"), *message = aid_json_str (one, "message");
  const char *path = aid_json_str (one, "path"), *text = aid_json_str (one, "text");
  struct aid_str words = AID_STR_INIT (AID_DIAG_TEXT_MAX);
  struct aid_diag *slot = message ? aid_vec_push (&d->items) : NULL;
  if (!slot)
    return;
  slot->severity = !severity || severity[0] == 'e' ? AID_SEVERITY_ERROR
                   : severity[0] == 'w'            ? AID_SEVERITY_WARNING
                                                   : AID_SEVERITY_NOTE;
  if (path && !text)
    aid_str_addf (&words, "%s:%lld:%lld: ", path, (long long)aid_json_int (one, "line", 0),
                  (long long)aid_json_int (one, "col", 0));
  aid_str_addf (&words, "%s%s%s", text ? "" : aid_severity_name (slot->severity), text ? "" : ": ", text ? text : message);
  slot->path = copy (one, "path");
  slot->line = (int)aid_json_int (one, "line", 0);
  slot->col = (int)aid_json_int (one, "col", 0);
  slot->end_line = (int)aid_json_int (one, "end_line", 0);
  slot->end_col = (int)aid_json_int (one, "end_col", 0);
  slot->message = strdup (message);
  slot->text = aid_str_steal (&words);
  slot->form = "kept";
  d->errors += slot->severity == AID_SEVERITY_ERROR;
  d->warnings += slot->severity == AID_SEVERITY_WARNING;
}

/* Has AID know how the last build in the place came out, as it did for the person. */
void
aid_row_place_build (const struct aid_row_place *p, const json_t *example)
{
  const json_t *build = json_object_get (example, "build"), *one;
  const char *what = aid_json_str (build, "what"), *line = aid_json_str (build, "command");
  struct aid_diags diags = { .items = AID_VEC_INIT (struct aid_diag, AID_BUILD_KEPT) };
  char shown[1000];
  size_t i;
  snprintf (shown, sizeof shown, "%s", line ? line : what && !strcmp (what, "test") ? "the tests" : "the build");
  json_array_foreach (json_object_get (example, "diagnostics"), i, one)
  {
    take_diagnostic (one, &diags);
  }
  struct aid_build_command command = { .shown = shown };
  struct aid_build_event ev = { .kind = AID_BUILD_ENDED, .diags = &diags, .code = diags.errors ? 1 : 0, .ms = -1 };
  aid_build_last_save (p->dir, what && !strcmp (what, "test") ? AID_BUILD_TEST : AID_BUILD_ALL,
                       diags.errors ? AID_BUILD_RED : AID_BUILD_GREEN, &command, &ev);
  aid_diags_free (&diags);
}
