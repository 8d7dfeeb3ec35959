/* Version control for the kinds that ask it: which one it is, and its programs run so that they only read: no pager, editor,
   hook, filter, external diff or question (project/calm.h). */
#include "base/fs.h"
#include "base/proc.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "context/kinds_internal.h"
#include "project/calm.h"
#include "project/vc.h"
#include <stdlib.h>

#define ARGS_MAX 1000
#define ERROR_MAX 4096
#define FILTERS_MAX ((size_t) 64 << 10)

enum aid_vc_kind
aid_vc_of (const char *dir)
{
  char *at = realpath (dir, NULL);
  enum aid_vc_kind vc = AID_VC_NONE;
  while (at && vc == AID_VC_NONE)
    {
      vc = aid_vc_at (at);
      char *slash = strrchr (at, '/');
      if (!slash || !at[1])
        break;
      slash[slash == at] = '\0';
    }
  free (at);
  return vc == AID_VC_JJ ? AID_VC_NONE : vc;
}

enum aid_vc_kind
aid_vc_around (const struct aid_resolve *how, const char *path, struct aid_str *dir, struct aid_resolve *in,
               const char **within)
{
  *in = *how;
  *within = path;
  for (const char *slash = strrchr (path, '/'); slash; slash = memrchr (path, '/', (size_t) (slash - path)))
    {
      aid_str_clear (dir);
      aid_str_addf (dir, "%s/%.*s", aid_resolve_root (how), (int) (slash - path), path);
      enum aid_vc_kind vc = dir->err ? AID_VC_NONE : aid_vc_at (dir->ptr);
      if (vc != AID_VC_GIT && vc != AID_VC_HG)
        continue;
      in->root = dir->ptr;
      *within = slash + 1;
      return vc;
    }
  return aid_vc_of (aid_resolve_root (how));
}

enum aid_err
aid_vc_missing (const struct aid_resolve *how, struct aid_error *e)
{
  return aid_error_set (e, AID_E_NOTFOUND, "There is no Git or Mercurial repository at %.150s.", aid_resolve_root (how));
}

static const char *const git_first[] = { AID_CALM_GIT,         "--literal-pathspecs", "-c",
                                         "core.quotePath=false", NULL };
static const char *const hg_first[]
  = { "hg",    "--noninteractive", "--pager",           "never",    "--color",        "never", "--encoding",
      "utf-8", "--config",         "ui.paginate=never", "--config", "ui.merge=:fail", NULL };

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

static enum aid_err
run (const struct aid_resolve *how, enum aid_vc_kind vc, const char *const *argv, size_t max, struct aid_proc_result *r,
     struct aid_error *e)
{
  struct aid_proc p = { .argv = argv,
                        .dir = aid_resolve_root (how),
                        .env = vc == AID_VC_HG ? aid_calm_hg_env : aid_calm_git_env,
                        .out_max = max,
                        .err_max = ERROR_MAX,
                        .timeout_ms = AID_CONTEXT_SECONDS * 1000,
                        .grace_ms = 500,
                        .stop = aid_resolver_stopper (how->resolver) };
  return aid_proc_run (&p, r, e);
}

/* Appends to OUT an option, with a NUL behind it, for each setting in LIST, pairs of a scope and a name, that is the
   repository's own: it empties it, which is no filter. */
static enum aid_err
empty_own (struct aid_span list, struct aid_str *out, struct aid_error *e)
{
  struct aid_span word[2];
  while (list.len)
    {
      for (size_t i = 0; i < 2; i++)
        {
          const char *nul = memchr (list.ptr, 0, list.len);
          size_t n = nul ? (size_t) (nul - list.ptr) : list.len;
          word[i] = aid_span_cut (list, 0, n);
          list = aid_span_cut (list, n < list.len ? n + 1 : n, list.len);
        }
      if (!aid_span_eqz (word[0], "local") && !aid_span_eqz (word[0], "worktree"))
        continue;
      if (memchr (word[1].ptr, '=', word[1].len))
        return aid_error_set (e, AID_E_REFUSED, "The repository has a filter that cannot be switched off: %.*s.",
                              (int) (word[1].len < 100 ? word[1].len : 100), word[1].ptr);
      aid_str_addf (out, "%.*s=%s", (int) word[1].len, word[1].ptr,
                    aid_span_ends (word[1], ".required") ? "false" : "");
      aid_str_addc (out, '\0');
    }
  return out->err;
}

/* What switches off the programs that the repository's own settings name as filters, as empty_own gives it: Git runs them on
   files of a working tree.  The person's own filters run. */
static enum aid_err
without_filters (const struct aid_resolve *how, struct aid_str *out, struct aid_error *e)
{
  static const char *const argv[]
    = { AID_CALM_GIT,   "config",       "-z", "--show-scope",
        "--name-only",  "--get-regexp", "^filter\\..*\\.(clean|smudge|process|required)$",
        NULL };
  struct aid_proc_result r;
  enum aid_err err = run (how, AID_VC_GIT, argv, FILTERS_MAX, &r, e);
  if (!err && (r.code > 1 || r.signal))
    err = complain (argv[0], &r, e);
  else if (!err && r.out_cut)
    err = aid_error_set (e, AID_E_REFUSED, "The repository's settings have too many filters.");
  else if (!err)
    err = empty_own (aid_str_span (&r.out), out, e);
  aid_proc_result_free (&r);
  return err;
}

/* Whether git's command VERB converts files of the working tree. */
static int
reads_tree (const char *verb)
{
  return !strcmp (verb, "diff") || !strcmp (verb, "blame");
}

static void
push (const char **all, size_t *n, const char *word)
{
  if (*n < ARGS_MAX)
    all[(*n)++] = word;
}

enum aid_err
aid_vc_run (const struct aid_resolve *how, enum aid_vc_kind vc, const char *const *argv, struct aid_str *out,
            struct aid_error *e)
{
  const char *all[ARGS_MAX + 1];
  struct aid_str off = AID_STR_INIT (2 * FILTERS_MAX);
  struct aid_proc_result r = { 0 };
  size_t n = 0;
  char *still = vc == AID_VC_HG ? aid_calm_hg_config () : NULL;
  enum aid_err err = vc == AID_VC_GIT && reads_tree (argv[0]) ? without_filters (how, &off, e) : AID_OK;
  for (const char *const *a = vc == AID_VC_HG ? hg_first : git_first; *a; a++)
    push (all, &n, *a);
  if (still)
    {
      push (all, &n, "--config");
      push (all, &n, still);
    }
  for (size_t at = 0; at < off.len; at += strlen (off.ptr + at) + 1)
    {
      push (all, &n, "-c");
      push (all, &n, off.ptr + at);
    }
  for (; *argv; argv++)
    push (all, &n, *argv);
  all[n] = NULL;
  if (!err && n == ARGS_MAX)
    err = aid_error_set (e, AID_E_REFUSED, "The repository's settings have too many filters.");
  if (!err)
    err = run (how, vc, all, AID_KIND_TEXT_MAX, &r, e);
  if (!err && (r.code != 0 || r.signal))
    err = complain (all[0], &r, e);
  else if (!err)
    err = take_output (&r, out, e);
  aid_proc_result_free (&r);
  aid_str_free (&off);
  free (still);
  return err;
}
