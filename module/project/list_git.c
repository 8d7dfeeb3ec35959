/* Git's list: what is in the index, and what is not but is not ignored either.

   A repository may be hostile: nothing of its settings that names a program is run (fsmonitor, hooks, helpers of transports), nothing is
   fetched, nothing is written (no optional lock). */
#include "base/fs.h"
#include "base/proc.h"
#include "project/list_tool.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SECONDS 600
#define MESSAGE_MAX 2048

static const char *const calm_env[] = { "GIT_OPTIONAL_LOCKS=0",
                                        "GIT_TERMINAL_PROMPT=0",
                                        "GIT_NO_LAZY_FETCH=1",
                                        "GIT_ALLOW_PROTOCOL=none",
                                        "GIT_PAGER=cat",
                                        "LC_ALL=C",
                                        "GIT_DIR",
                                        "GIT_WORK_TREE",
                                        "GIT_INDEX_FILE",
                                        "GIT_COMMON_DIR",
                                        "GIT_OBJECT_DIRECTORY",
                                        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
                                        "GIT_NAMESPACE",
                                        "GIT_PREFIX",
                                        "GIT_LITERAL_PATHSPECS",
                                        "GIT_TRACE",
                                        NULL };

#define CALM_GIT                                                                                                            \
  "git", "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never"

struct reader
{
  const struct aid_list_in *in;
  struct aid_listing *l;
  struct aid_part *part;
  struct aid_str rest; /* a path whose end has not come */
  int too_long;
};

static void
take_path (struct reader *r, struct aid_span path)
{
  if (path.len && path.ptr[path.len - 1] == '/')
    aid_listing_add_part (r->in, r->l, r->part, aid_span_cut (path, 0, path.len - 1));
  else
    aid_listing_add (r->l, r->part, path);
}

/* Paths, each with a NUL behind it. */
static int
take_output (void *arg, enum aid_proc_stream stream, struct aid_span part)
{
  struct reader *r = arg;
  if (stream != AID_PROC_OUT)
    return 0;
  while (part.len)
    {
      const char *nul = memchr (part.ptr, 0, part.len);
      size_t n = nul ? (size_t)(nul - part.ptr) : part.len;
      struct aid_span path = aid_span_cut (part, 0, n);
      if (r->rest.len || r->rest.err || !nul)
        {
          aid_str_addspan (&r->rest, path);
          path = aid_str_span (&r->rest);
        }
      if (nul && !r->rest.err)
        take_path (r, path);
      else if (nul)
        r->l->table->skipped++;
      if (nul)
        aid_str_clear (&r->rest);
      part = aid_span_cut (part, nul ? n + 1 : n, part.len);
    }
  return aid_stop_is_set (r->in->stop);
}

/* Appends the first line of what a program said. */
static void
first_line (struct aid_span said, char *out, size_t size)
{
  struct aid_span line = { "", 0 };
  aid_span_line (&said, &line);
  snprintf (out, size, "%.*s", (int)(line.len < 160 ? line.len : 160), line.len ? line.ptr : "");
}

enum aid_err
aid_list_by (const struct aid_list_in *in, struct aid_listing *l, struct aid_part *part, const char *name,
             const char *const *argv, const char *const *env, struct aid_error *e)
{
  struct aid_str dir = AID_STR_INIT (2 * (size_t)AID_PROJECT_PATH_MAX);
  struct reader r = { in, l, part, AID_STR_INIT (AID_PROJECT_PATH_MAX), 0 };
  struct aid_proc_result result = { 0 };
  aid_str_addf (&dir, "%s%s%s", in->root, *part->path ? "/" : "", part->path);
  struct aid_proc p = { .argv = argv,
                        .dir = aid_str_z (&dir),
                        .env = env,
                        .err_max = MESSAGE_MAX,
                        .timeout_ms = SECONDS * 1000,
                        .stop = in->stop,
                        .on_output = take_output,
                        .arg = &r };
  enum aid_err err = aid_proc_run (&p, &result, e);
  if (err == AID_E_NOTFOUND)
    aid_listing_note (l, "%s is not installed: %s was listed by a walk, which does not know what is tracked.", name,
                      aid_str_z (&dir));
  else if (!err && result.code)
    {
      char line[200];
      first_line (aid_str_span (&result.err), line, sizeof line);
      err = aid_error_set (e, AID_E_IO, "%s in %s: %s", name, aid_str_z (&dir), line);
      aid_listing_note (l, "%s listed nothing, so a walk did: %s", name, line);
    }
  else if (err && err != AID_E_CANCELLED)
    aid_listing_note (l, "%s took too long or could not be run, so a walk listed the files.", name);
  aid_proc_result_free (&result);
  aid_str_free (&r.rest);
  aid_str_free (&dir);
  return err;
}

enum aid_err
aid_list_git (const struct aid_list_in *in, struct aid_listing *l, struct aid_part *part, struct aid_error *e)
{
  static const char *const argv[] = { CALM_GIT, "ls-files", "-z", "--cached", "--others", "--exclude-standard", NULL };
  size_t before = l->table->entries.len, parts = l->parts.len;
  enum aid_err err = aid_list_by (in, l, part, "git", argv, calm_env, e);
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
  struct aid_proc p
    = { .argv = argv, .dir = dir, .env = calm_env, .out_max = AID_PROJECT_PATH_MAX, .timeout_ms = 10000, .stop = in->stop };
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
  static const char *const argv[] = { CALM_GIT, "config", "--type=path", "--get", "core.excludesFile", NULL };
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
  static const char *const argv[] = { CALM_GIT, "rev-parse", "--verify", "-q", "HEAD", NULL };
  struct aid_str head = AID_STR_INIT (AID_PROJECT_PATH_MAX);
  ask_git (in, part->top, argv, &head);
  snprintf (out, 81, "%s", aid_str_z (&head));
  aid_str_free (&head);
}
