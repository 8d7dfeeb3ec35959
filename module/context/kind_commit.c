/* "aid:commit/COMMIT": what a commit says and changes; "A..B": the commits that lead from A to B, the oldest first. */
#include "context/kinds_internal.h"

#define COMMITS "50" /* of a range: its last ones */
#define MOST_COMMITS ("--max-count=" COMMITS)
#define REVISION_MAX 300

/* The name of one revision cannot be taken for an option or, in Mercurial's queries, for more than a name. */
static enum aid_err
check_revision (struct aid_span rev, struct aid_error *e)
{
  int good = rev.len > 0 && rev.len <= REVISION_MAX && rev.ptr[0] != '-';
  for (size_t i = 0; i < rev.len && good; i++)
    good = !strchr ("\"\\", rev.ptr[i]);
  return good ? AID_OK
              : aid_error_set (e, AID_E_INVALID, "\"%.*s\" is no name of a commit.", (int)(rev.len < 100 ? rev.len : 100),
                               rev.ptr);
}

/* Splits "A..B"; an end that is left out is the last commit here.  0: NAME is one revision. */
static int
split_range (struct aid_span name, struct aid_span here, struct aid_span *from, struct aid_span *to)
{
  ptrdiff_t dots = aid_span_find (name, AID_SPAN (".."));
  if (dots < 0)
    return 0;
  *from = aid_span_cut (name, 0, (size_t)dots);
  *to = aid_span_cut (name, (size_t)dots + 2, name.len);
  if (!from->len)
    *from = here;
  if (!to->len)
    *to = here;
  return 1;
}

static enum aid_err
git_range (const struct aid_resolve *how, struct aid_span from, struct aid_span to, struct aid_str *out, struct aid_error *e)
{
  struct aid_str range = AID_STR_INIT ((size_t) 2 * REVISION_MAX + 10);
  aid_str_addf (&range, "%.*s..%.*s", (int)from.len, from.ptr, (int)to.len, to.ptr);
  const char *const argv[]
    = { "log", "--no-color", "--no-ext-diff", "--no-textconv",        "--date=iso",       AID_GIT_HEAD, "-M",
        "-p",  "--stat",     "--reverse",     MOST_COMMITS, aid_str_z (&range), "--",         NULL };
  enum aid_err err = aid_vc_run (how, AID_VC_GIT, argv, out, e);
  aid_str_free (&range);
  return err;
}

static enum aid_err
git_one (const struct aid_resolve *how, struct aid_span rev, struct aid_str *out, struct aid_error *e)
{
  struct aid_str z = AID_STR_INIT (REVISION_MAX + 10);
  aid_str_addspan (&z, rev);
  const char *const argv[] = { "show", "--no-color", "--no-ext-diff", "--no-textconv", "--date=iso", AID_GIT_HEAD,
                               "-M",   "-p",         "--stat",        aid_str_z (&z),  "--",         NULL };
  enum aid_err err = aid_vc_run (how, AID_VC_GIT, argv, out, e);
  aid_str_free (&z);
  return err;
}

static enum aid_err
hg_log (const struct aid_resolve *how, const char *query, struct aid_str *out, struct aid_error *e)
{
  const char *const argv[]
    = { "log", "--git", "-p", "--stat", "--template", AID_HG_HEAD, "--limit", COMMITS, "--rev", query, NULL };
  return aid_vc_run (how, AID_VC_HG, argv, out, e);
}

enum aid_err
aid_kind_commit (const struct aid_resolve *how, struct aid_span name, struct aid_str *out, struct aid_error *e)
{
  enum aid_vc_kind vc = aid_vc_of (aid_resolve_root (how));
  struct aid_str query = AID_STR_INIT ((size_t) 4 * REVISION_MAX);
  struct aid_span from, to = name;
  size_t before = out->len;
  int range = split_range (name, vc == AID_VC_HG ? AID_SPAN (".") : AID_SPAN ("HEAD"), &from, &to);
  enum aid_err err = vc == AID_VC_NONE ? aid_vc_missing (how, e) : check_revision (to, e);
  if (!err && range)
    err = check_revision (from, e);
  if (err)
    return err;
  if (vc == AID_VC_GIT)
    err = range ? git_range (how, from, to, out, e) : git_one (how, to, out, e);
  else
    {
      if (range)
        aid_str_addf (&query, "last(only(\"%.*s\", \"%.*s\"), " COMMITS ")", (int)to.len, to.ptr, (int)from.len, from.ptr);
      else
        aid_str_addf (&query, "\"%.*s\"", (int)to.len, to.ptr);
      err = hg_log (how, aid_str_z (&query), out, e);
    }
  if (!err && out->len == before)
    err = aid_error_set (e, AID_E_NOTFOUND, "There are no commits in %.150s.", name.ptr);
  aid_str_free (&query);
  return err;
}
