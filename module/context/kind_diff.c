/* "aid:diff": what is changed in the project and not committed. */
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
  aid_str_free (&base);
  return err;
}

int
aid_context_is_nothing (struct aid_span target, struct aid_span text)
{
  return aid_span_starts (target, "aid:diff") && aid_span_eqz (text, NOTHING);
}
