/* "aid:history/FILE#L3-L9": the commits that changed these lines, or the file, the newest first, with what they changed.
   "aid:blame/FILE#L3-L9": the lines as they are, each with its commit, and what those commits say. */
#include "base/fs.h"
#include "base/vec.h"
#include "context/kinds_internal.h"
#include <stdlib.h>

#define COMMITS_MAX 20
#define COMMITS "20"
#define MOST_COMMITS ("--max-count=" COMMITS)
/* As Git writes it, also what is not committed. */
#define HG_LINE                                                                                                             \
  ("{lines % '{ifeq(node|short, \"ffffffffffff\", \"000000000000 (Not Committed Yet\", \"{node|short} ({user|person}\")} "   \
  "{date|shortdate}) {line}'}")

enum aid_err
aid_kind_place (const struct aid_resolve *how, struct aid_span name, struct aid_str *path, int64_t *first, int64_t *last,
                struct aid_error *e)
{
  struct aid_str named = AID_STR_INIT (16384), full = AID_STR_INIT (16384), root = AID_STR_INIT (16384);
  enum aid_err err = aid_str_add (&named, name.ptr, aid_item_split (name, first, last));
  aid_fs_join (&root, aid_resolve_root (how), ".");
  if (!err)
    err = aid_fs_join (&full, aid_str_z (&root), aid_str_z (&named));
  const char *z = aid_str_z (&full);
  size_t n = root.len;
  if (!err && (strncmp (z, aid_str_z (&root), n) != 0 || z[n] != '/'))
    err = AID_E_INVALID;
  if (!err)
    aid_str_addz (path, z + n + 1);
  else
    aid_error_set (e, err, "\"%.*s\" is no file of the project.", (int)(name.len < 150 ? name.len : 150), name.ptr);
  aid_str_free (&named);
  aid_str_free (&full);
  aid_str_free (&root);
  return err;
}

/* A file, lines of it, and the repository that it is in. */
struct place
{
  enum aid_vc_kind vc;
  struct aid_resolve in; /* that repository */
  const char *file;      /* its name there */
  int64_t first, last;
  struct aid_str path, dir; /* the file's name in the project; the repository's folder */
};

/* Free P with free_place, whatever is returned. */
static enum aid_err
find_place (const struct aid_resolve *how, struct aid_span name, struct place *p, struct aid_error *e)
{
  *p = (struct place){ .path = AID_STR_INIT (16384), .dir = AID_STR_INIT (32768) };
  enum aid_err err = aid_kind_place (how, name, &p->path, &p->first, &p->last, e);
  if (err)
    return err;
  p->vc = aid_vc_around (how, aid_str_z (&p->path), &p->dir, &p->in, &p->file);
  return p->vc == AID_VC_NONE ? aid_vc_missing (how, e) : AID_OK;
}

static void
free_place (struct place *p)
{
  aid_str_free (&p->path);
  aid_str_free (&p->dir);
}

/* --- lines that have moved since the last commit ------------------------------------------------------------------ */

/* Reads "N" or "N,M" at *Z: M is 1 when it is left out. */
static int
read_pair (const char **z, int64_t *n, int64_t *m)
{
  char *end;
  *n = strtoll (*z, &end, 10);
  *m = 1;
  if (end == *z)
    return 0;
  if (*end == ',')
    *m = strtoll (end + 1, &end, 10);
  *z = end;
  return 1;
}

/* The line of the last commit that line AT of the file is, by DIFF, its changes since without context.  A line that was added is
   the one before it; for the END of a range, or behind it for its beginning. */
static int64_t
committed_line (struct aid_span diff, int64_t at, int end)
{
  struct aid_span line;
  int64_t shift = 0, a, b, c, d;
  while (aid_span_line (&diff, &line))
    {
      char *z = aid_span_starts (line, "@@ -") ? aid_span_dup (line) : NULL;
      const char *p = z ? z + 4 : NULL;
      int hunk = p && read_pair (&p, &a, &b) && *p++ == ' ' && *p++ == '+' && read_pair (&p, &c, &d);
      free (z);
      if (!hunk)
        continue;
      if (d == 0)
        c++; /* "+7,0": nothing is left behind line 7 */
      if (b == 0)
        a++;
      if (at < c)
        break;
      if (at < c + d)
        return at - c < b ? a + at - c : end ? a + b - 1 : a + b;
      shift = a + b - (c + d);
    }
  return at + shift;
}

static enum aid_err
committed_lines (const struct aid_resolve *how, const char *path, int64_t *first, int64_t *last, struct aid_error *e)
{
  struct aid_str diff = AID_STR_INIT (2 * AID_KIND_TEXT_MAX);
  const char *const argv[]
    = { "diff", "--no-color", "--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty", "-U0", "HEAD", "--", path, NULL };
  enum aid_err err = aid_vc_run (how, AID_VC_GIT, argv, &diff, e);
  if (!err)
    {
      *first = committed_line (aid_str_span (&diff), *first, 0);
      *last = committed_line (aid_str_span (&diff), *last, 1);
      *first = *first < 1 ? 1 : *first;
      if (*last < *first)
        err = aid_error_set (e, AID_E_NOTFOUND, "These lines of %.150s are in no commit yet.", path);
    }
  aid_str_free (&diff);
  return err;
}

/* --- history ------------------------------------------------------------------------------------------------------ */

static enum aid_err
git_history (const struct aid_resolve *how, const char *path, int64_t first, int64_t last, struct aid_str *out,
             struct aid_error *e)
{
  struct aid_str lines = AID_STR_INIT (20000);
  enum aid_err err = first ? committed_lines (how, path, &first, &last, e) : AID_OK;
  aid_str_addf (&lines, "-L%lld,%lld:%s", (long long)first, (long long)last, path);
  const char *const some[] = { "log",        "--no-color", "--no-ext-diff",        "--no-textconv",
                               "--date=iso", AID_GIT_HEAD, MOST_COMMITS, aid_str_z (&lines),
                               NULL };
  const char *const all[] = { "log",
                              "--no-color",
                              "--no-ext-diff",
                              "--no-textconv",
                              "--date=iso",
                              AID_GIT_HEAD,
                              MOST_COMMITS,
                              "-p",
                              "--follow",
                              "--",
                              path,
                              NULL };
  if (!err)
    err = aid_vc_run (how, AID_VC_GIT, first ? some : all, out, e);
  aid_str_free (&lines);
  return err;
}

/* Appends PATH as Mercurial is to take it, whatever is in it, by PREFIX ("path:"). */
static const char *
hg_path (struct aid_str *s, const char *path)
{
  aid_str_addf (s, "path:%s", path);
  return aid_str_z (s);
}

static enum aid_err
hg_history (const struct aid_resolve *how, const char *path, int64_t first, int64_t last, struct aid_str *out,
            struct aid_error *e)
{
  struct aid_str lines = AID_STR_INIT (20000), whole = AID_STR_INIT (20000);
  aid_str_addf (&lines, "%s,%lld:%lld", path, (long long)first, (long long)last);
  const char *const some[] = { "log",     "--git", "-p",           "--follow",         "--template", AID_HG_HEAD,
                               "--limit", COMMITS, "--line-range", aid_str_z (&lines), NULL };
  const char *const all[] = { "log",       "--git",   "-p",    "--follow", "--template",
                              AID_HG_HEAD, "--limit", COMMITS, "--",       hg_path (&whole, path),
                              NULL };
  enum aid_err err = aid_vc_run (how, AID_VC_HG, first ? some : all, out, e);
  aid_str_free (&lines);
  aid_str_free (&whole);
  return err;
}

enum aid_err
aid_kind_history (const struct aid_resolve *how, struct aid_span name, struct aid_str *out, struct aid_error *e)
{
  struct place p;
  size_t before = out->len;
  enum aid_err err = find_place (how, name, &p, e);
  if (!err)
    err = p.vc == AID_VC_HG ? hg_history (&p.in, p.file, p.first, p.last, out, e)
                            : git_history (&p.in, p.file, p.first, p.last, out, e);
  if (!err && out->len == before)
    err = aid_error_set (e, AID_E_NOTFOUND, "No commit has %.150s.", aid_str_z (&p.path));
  free_place (&p);
  return err;
}

/* --- blame -------------------------------------------------------------------------------------------------------- */

/* Appends lines FIRST to LAST (0: all) of TEXT to OUT, and to COMMITS the word that each begins with, once; a "^" before it and
   a name of zeros are Git's for no commit. */
static void
take_lines (struct aid_span text, int64_t first, int64_t last, struct aid_str *out, struct aid_vec *commits)
{
  struct aid_span line;
  for (int64_t n = 1; aid_span_line (&text, &line); n++)
    {
      if (first && (n < first || n > last))
        continue;
      aid_str_addspan (out, line);
      aid_str_addc (out, '\n');
      struct aid_span word = aid_span_trim (line);
      word = aid_span_starts (word, "^") ? aid_span_cut (word, 1, word.len) : word;
      for (size_t i = 0; i < word.len; i++)
        if (!strchr ("0123456789abcdef", word.ptr[i]))
          word.len = i;
      int known = word.len < 7 || aid_span_starts (word, "0000000");
      for (size_t i = 0; i < commits->len && !known; i++)
        known = aid_span_eqz (word, AID_VEC_AT (char *, commits, i));
      char **slot = known ? NULL : aid_vec_push (commits);
      if (slot && !(*slot = aid_span_dup (word)))
        commits->len--;
    }
}

/* Appends what COMMITS say. */
static enum aid_err
add_messages (const struct aid_resolve *how, enum aid_vc_kind vc, const struct aid_vec *commits, struct aid_str *out,
              struct aid_error *e)
{
  const char *argv[COMMITS_MAX + 10] = { "log", "--no-color", "--no-walk", "-s", "--date=iso", AID_GIT_HEAD };
  struct aid_str query = AID_STR_INIT (8192);
  size_t n = 6;
  if (!commits->len)
    return AID_OK;
  for (size_t i = 0; i < commits->len; i++)
    {
      const char *commit = AID_VEC_AT (char *, commits, i);
      aid_str_addf (&query, "%s\"%s\"", i ? " + " : "", commit);
      if (vc == AID_VC_GIT)
        argv[n++] = commit;
    }
  const char *const hg[] = { "log", "--template", AID_HG_HEAD, "--rev", aid_str_z (&query), NULL };
  aid_str_addc (out, '\n');
  enum aid_err err = aid_vc_run (how, vc, vc == AID_VC_HG ? hg : argv, out, e);
  aid_str_free (&query);
  return err;
}

enum aid_err
aid_kind_blame (const struct aid_resolve *how, struct aid_span name, struct aid_str *out, struct aid_error *e)
{
  struct aid_str text = AID_STR_INIT (2 * AID_KIND_TEXT_MAX), quoted = AID_STR_INIT (20000);
  struct aid_vec commits = AID_VEC_INIT (char *, COMMITS_MAX);
  struct place p;
  enum aid_err err = find_place (how, name, &p, e);
  if (!err)
    {
      const char *const git[] = { "blame", "--no-textconv", "--date=short", "--abbrev=11", "--", p.file, NULL };
      const char *const hg[]
        = { "annotate", "--rev", "wdir()", "--template", HG_LINE, "--", hg_path (&quoted, p.file), NULL };
      err = aid_vc_run (&p.in, p.vc, p.vc == AID_VC_HG ? hg : git, &text, e);
    }
  if (!err)
    {
      size_t before = out->len;
      take_lines (aid_str_span (&text), p.first, p.last, out, &commits);
      err = out->len > before ? add_messages (&p.in, p.vc, &commits, out, e)
                              : aid_error_set (e, AID_E_NOTFOUND, "%.150s has no such lines.", aid_str_z (&p.path));
    }
  for (size_t i = 0; i < commits.len; i++)
    free (AID_VEC_AT (char *, &commits, i));
  aid_vec_free (&commits);
  free_place (&p);
  aid_str_free (&text);
  aid_str_free (&quoted);
  return err;
}
