/* "aid:diff": what is changed in the project and not committed, and the names of files that are not tracked yet. */
#include "context/kinds_internal.h"

#define NOTHING "There are no uncommitted changes.\n"

/* What Git compares with: the last commit, or before the first one an empty tree, whose name depends on the repository. */
static enum aid_err
git_base (const struct aid_resolve *how, struct aid_str *base, struct aid_error *e)
{
  const char *const head[] = { "rev-parse", "--verify", "--quiet", "HEAD", NULL };
  const char *const empty[] = { "hash-object", "-t", "tree", "--stdin", NULL };
  struct aid_error none = { AID_OK, "" };
  enum aid_err err = aid_vc_run (how, AID_VC_GIT, head, base, &none);
  if (err == AID_E_INVALID)
    err = aid_vc_run (how, AID_VC_GIT, empty, base, e);
  else if (err && e)
    *e = none;
  while (base->len && base->ptr[base->len - 1] == '\n')
    base->ptr[--base->len] = '\0';
  return err;
}

#define UNTRACKED_MAX 50

/* Appends the names of what is neither tracked nor ignored; a folder that holds nothing else is one name.  That somebody has
   forgotten to add a file is what a diff would not show.  A list that cannot be had is left out. */
static void
add_untracked (const struct aid_resolve *how, enum aid_vc_kind vc, struct aid_str *out)
{
  static const char *const git[]
    = { "ls-files", "--others", "--exclude-standard", "--directory", "--no-empty-directory", "--full-name", NULL };
  static const char *const hg[] = { "status", "--unknown", "--no-status", NULL };
  struct aid_str names = AID_STR_INIT (2 * AID_KIND_TEXT_MAX);
  struct aid_span rest, name;
  size_t n = 0;
  if (aid_vc_run (how, vc, vc == AID_VC_HG ? hg : git, &names, NULL))
    aid_str_clear (&names);
  for (rest = aid_str_span (&names); aid_span_line (&rest, &name); n++)
    if (name.len && n < UNTRACKED_MAX)
      aid_str_addf (out, "%s  %.*s\n", n ? "" : "\nNot tracked yet, and in no diff:\n", (int)name.len, name.ptr);
  if (n > UNTRACKED_MAX)
    aid_str_addf (out, "  and %zu more\n", n - UNTRACKED_MAX);
  aid_str_free (&names);
}

enum aid_err
aid_kind_diff (const struct aid_resolve *how, struct aid_span name, struct aid_str *out, struct aid_error *e)
{
  (void)name; /* a hash: chats of old versions have lines of a text that was taken when it was appended */
  enum aid_vc_kind vc = aid_vc_of (aid_resolve_root (how));
  struct aid_str base = AID_STR_INIT (200);
  size_t before = out->len;
  enum aid_err err = vc == AID_VC_NONE ? aid_vc_missing (how, e) : vc == AID_VC_GIT ? git_base (how, &base, e) : AID_OK;
  const char *const git[]
    = { "diff", "--no-color", "--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty", "-M", aid_str_z (&base), NULL };
  const char *const hg[] = { "diff", "--git", NULL };
  if (!err)
    err = aid_vc_run (how, vc, vc == AID_VC_HG ? hg : git, out, e);
  if (!err && out->len == before)
    err = aid_str_addz (out, NOTHING);
  if (!err)
    add_untracked (how, vc, out);
  aid_str_free (&base);
  return err;
}

int
aid_context_is_nothing (struct aid_span target, struct aid_span text)
{
  return aid_span_starts (target, "aid:diff") && aid_span_eqz (text, NOTHING);
}
