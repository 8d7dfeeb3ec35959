/* Version control for the kinds that ask it: which one it is, and its programs run so that they only read: no pager, editor,
   hook, external diff or question. */
#include "base/fs.h"
#include "base/proc.h"
#include "base/utf8.h"
#include "context/kinds_internal.h"
#include <stdlib.h>

#define ARGS_MAX 40
#define ERROR_MAX 4096

static int
has (const char *dir, const char *name)
{
  struct aid_str path = AID_STR_INIT (16384);
  int there = !aid_fs_join (&path, dir, name) && aid_fs_exists (aid_str_z (&path));
  aid_str_free (&path);
  return there;
}

enum aid_vc
aid_vc_of (const char *dir)
{
  char *at = realpath (dir, NULL);
  enum aid_vc vc = AID_VC_NONE;
  while (at && vc == AID_VC_NONE)
    {
      vc = has (at, ".hg") ? AID_VC_HG : has (at, ".git") ? AID_VC_GIT : AID_VC_NONE;
      char *slash = strrchr (at, '/');
      if (!slash || !at[1])
        break;
      slash[slash == at] = '\0';
    }
  free (at);
  return vc;
}

enum aid_err
aid_vc_missing (const struct aid_resolve *how, struct aid_error *e)
{
  return aid_error_set (e, AID_E_NOTFOUND, "There is no Git or Mercurial repository at %.150s.", aid_resolve_root (how));
}

static const char *const git_first[] = { "git",
                                         "--no-pager",
                                         "--literal-pathspecs",
                                         "-c",
                                         "core.fsmonitor=false",
                                         "-c",
                                         "log.showSignature=false",
                                         "-c",
                                         "core.quotePath=false",
                                         NULL };
static const char *const hg_first[]
  = { "hg",    "--noninteractive", "--pager",           "never",    "--color",        "never", "--encoding",
      "utf-8", "--config",         "ui.paginate=never", "--config", "ui.merge=:fail", NULL };
static const char *const environment[] = { "LC_ALL=C.UTF-8",
                                           "GIT_OPTIONAL_LOCKS=0",
                                           "GIT_TERMINAL_PROMPT=0",
                                           "GIT_NO_LAZY_FETCH=1",
                                           "GIT_DIR",
                                           "GIT_WORK_TREE",
                                           "GIT_INDEX_FILE",
                                           "GIT_EXTERNAL_DIFF",
                                           "HGPLAIN=1",
                                           "HG_PENDING",
                                           NULL };

/* The first line of what a program says is wrong, without its own "fatal: " or "abort: ". */
static enum aid_err
complain (const char *program, const struct aid_proc_result *r, struct aid_error *e)
{
  static const char *const words[] = { "fatal: ", "error: ", "abort: ", "hg: " };
  struct aid_span says = aid_str_span (&r->err), line = { "", 0 };
  struct aid_str clean = AID_STR_INIT ((size_t) 4 * ERROR_MAX);
  while (says.len && !aid_span_trim (line).len)
    aid_span_line (&says, &line);
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (aid_span_starts (line, words[i]))
      line = aid_span_cut (line, strlen (words[i]), line.len);
  aid_utf8_clean (aid_span_trim (line), &clean);
  if (!clean.len)
    aid_proc_describe (r, &clean);
  aid_error_set (e, AID_E_INVALID, "%s: %.180s", program, aid_str_z (&clean));
  aid_str_free (&clean);
  return AID_E_INVALID;
}

/* Appends what R printed, up to its last whole line when it was cut. */
static enum aid_err
take_output (const struct aid_proc_result *r, struct aid_str *out, struct aid_error *e)
{
  struct aid_span text = aid_str_span (&r->out);
  if (r->out_cut)
    while (text.len && text.ptr[text.len - 1] != '\n')
      text.len--;
  aid_utf8_clean (text, out);
  if (r->out_cut)
    aid_str_addf (out, "(cut after %zu KB)\n", AID_KIND_TEXT_MAX >> 10);
  return out->err ? aid_error_set (e, out->err, "There is no memory for what version control says.") : AID_OK;
}

enum aid_err
aid_vc_run (const struct aid_resolve *how, enum aid_vc vc, const char *const *argv, struct aid_str *out, struct aid_error *e)
{
  const char *all[ARGS_MAX + 1];
  size_t n = 0;
  for (const char *const *a = vc == AID_VC_HG ? hg_first : git_first; *a; a++)
    all[n++] = *a;
  for (; *argv && n < ARGS_MAX; argv++)
    all[n++] = *argv;
  all[n] = NULL;
  struct aid_proc p = { .argv = all,
                        .dir = aid_resolve_root (how),
                        .env = environment,
                        .out_max = AID_KIND_TEXT_MAX,
                        .err_max = ERROR_MAX,
                        .timeout_ms = AID_CONTEXT_SECONDS * 1000,
                        .grace_ms = 500,
                        .stop = aid_resolver_stopper (how->resolver) };
  struct aid_proc_result r;
  enum aid_err err = aid_proc_run (&p, &r, e);
  if (!err && (r.code != 0 || r.signal))
    err = complain (all[0], &r, e);
  else if (!err)
    err = take_output (&r, out, e);
  aid_proc_result_free (&r);
  return err;
}
