/* Git's list: what is in the index, and what is not but is not ignored either. */
#include "base/fs.h"
#include "base/proc.h"
#include "project/calm.h"
#include "project/list_tool.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum aid_err
aid_list_git (const struct aid_list_in *in, struct aid_listing *l, struct aid_part *part, struct aid_error *e)
{
  static const char *const argv[] = { AID_CALM_GIT, "ls-files", "-z", "--cached", "--others", "--exclude-standard", NULL };
  size_t before = l->table->entries.len, parts = l->parts.len;
  enum aid_err err = aid_list_by (in, l, part, "git", argv, aid_calm_git_env, e);
  /* A folder inside somebody's repository that ignores it: Git has nothing to say of it. */
  if (!err && *part->inside && l->table->entries.len == before && l->parts.len == parts)
    err = AID_E_NOTFOUND;
  return err;
}

/* Appends the first line that git prints. */
static void
ask_git (const struct aid_list_in *in, const char *dir, const char *const *argv, struct aid_str *out)
{
  struct aid_proc_result r = { 0 };
  struct aid_proc p = {
    .argv = argv, .dir = dir, .env = aid_calm_git_env, .out_max = AID_PROJECT_PATH_MAX, .timeout_ms = 10000, .stop = in->stop
  };
  struct aid_span said, line;
  if (!aid_proc_run (&p, &r, NULL) && r.code == 0)
    {
      said = aid_str_span (&r.out);
      if (aid_span_line (&said, &line))
        aid_str_addspan (out, line);
    }
  aid_proc_result_free (&r);
}

void
aid_git_excludes (const struct aid_list_in *in, struct aid_str *out)
{
  static const char *const argv[] = { AID_CALM_GIT, "config", "--type=path", "--get", "core.excludesFile", NULL };
  const char *config = getenv ("XDG_CONFIG_HOME"), *home = getenv ("HOME");
  if (in->tools)
    ask_git (in, in->root, argv, out);
  if (!out->len && config && config[0] == '/')
    aid_str_addf (out, "%s/git/ignore", config);
  else if (!out->len && home)
    aid_str_addf (out, "%s/.config/git/ignore", home);
}

void
aid_git_head (const struct aid_list_in *in, const struct aid_part *part, char out[81])
{
  static const char *const argv[] = { AID_CALM_GIT, "rev-parse", "--verify", "-q", "HEAD", NULL };
  struct aid_str head = AID_STR_INIT (AID_PROJECT_PATH_MAX);
  ask_git (in, part->top, argv, &head);
  snprintf (out, 81, "%s", aid_str_z (&head));
  aid_str_free (&head);
}
