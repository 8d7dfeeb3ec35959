/* Whether files belong together: by their names, by what was changed together in other steps of the work here, and by version
   control's history.  All files of a change must hang together by such ties. */
#include "assist/tested.h"
#include "base/fs.h"
#include "base/proc.h"
#include "learn/mine_internal.h"
#include "project/calm.h"
#include "project/vc.h"

#include <stdlib.h>

#define HISTORY_MAX ((size_t)16 << 20)
#define COMMITS "1000"
#define TIES 2       /* so often at least, */
#define TIES_SHARE 4 /* and in one of so many changes of the file that was changed less often */
#define WIDE 30      /* what changes more files at once ties none of them */

/* --- by name ------------------------------------------------------------------------------------------------------ */

static struct aid_span
folder_of (struct aid_span path)
{
  const char *slash = path.len ? memrchr (path.ptr, '/', path.len) : NULL;
  return aid_span_cut (path, 0, slash ? (size_t)(slash - path.ptr) : 0);
}

static struct aid_span
name_of (struct aid_span path)
{
  struct aid_span folder = folder_of (path);
  return aid_span_cut (path, folder.len ? folder.len + 1 : path.len && path.ptr[0] == '/', path.len);
}

/* The name without what follows its first dot, and without what makes it a test's. */
static struct aid_span
stem_of (struct aid_span path)
{
  static const char *const before[] = { "test_", "test-", "Test" }, *const behind[] = { "_tests", "_test", "-tests", "-test",
                                                                                        "Tests",  "Test",  "_spec" };
  struct aid_span name = name_of (path);
  const char *dot = name.len > 1 ? memchr (name.ptr + 1, '.', name.len - 1) : NULL;
  name = aid_span_cut (name, 0, dot ? (size_t)(dot - name.ptr) : name.len);
  for (size_t i = 0; i < sizeof before / sizeof *before; i++)
    if (aid_span_starts (name, before[i]) && name.len > strlen (before[i]))
      return aid_span_cut (name, strlen (before[i]), name.len);
  for (size_t i = 0; i < sizeof behind / sizeof *behind; i++)
    if (aid_span_ends (name, behind[i]) && name.len > strlen (behind[i]))
      return aid_span_cut (name, 0, name.len - strlen (behind[i]));
  return name;
}

/* What says how things are built is near to all that lies below it. */
static int
is_recipe (struct aid_span path)
{
  static const char *const names[]
    = { "dune",         "dune-project",   "Makefile", "CMakeLists.txt", "meson.build", "Cargo.toml", "go.mod",
        "package.json", "pyproject.toml", "setup.py", "BUILD",          "Cask",        "Eask" };
  struct aid_span name = name_of (path);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (aid_span_eqz (name, names[i]))
      return 1;
  return aid_span_ends (name, ".opam") || aid_span_ends (name, ".mk");
}

static int
is_below (struct aid_span path, struct aid_span folder)
{
  return !folder.len || (path.len > folder.len && !memcmp (path.ptr, folder.ptr, folder.len) && path.ptr[folder.len] == '/');
}

int
aid_mine_near (struct aid_span a, struct aid_span b)
{
  struct aid_span in_a = folder_of (a), in_b = folder_of (b);
  if (aid_span_eq (in_a, in_b))
    return 1;
  if (aid_span_eq (stem_of (a), stem_of (b)))
    return 1;
  if ((is_recipe (a) && is_below (b, in_a)) || (is_recipe (b) && is_below (a, in_b)))
    return 1;
  return 0;
}

/* --- by what was done --------------------------------------------------------------------------------------------- */

static int
is_in (const char *paths, const char *path)
{
  struct aid_str name = AID_STR_INIT (8192);
  aid_str_addf (&name, "\n%s\n", path);
  int in = !name.err && strstr (paths, aid_str_z (&name)) != NULL;
  aid_str_free (&name);
  return in;
}

/* Changes of A, of B, and of both at once. */
struct ties
{
  size_t a, b, both;
};

static void
count_ties (const char *paths, const char *a, const char *b, struct ties *t)
{
  int in_a = is_in (paths, a), in_b = is_in (paths, b);
  t->a += (size_t)in_a;
  t->b += (size_t)in_b;
  t->both += (size_t)(in_a && in_b);
}

static int
are_tied (const struct ties *t)
{
  size_t less = t->a < t->b ? t->a : t->b;
  return t->both >= TIES && t->both * TIES_SHARE >= less;
}

struct stepping
{
  struct aid_mine_line *line;
  struct aid_str paths;
  size_t at, last, files; /* AT: the moment that comes next, from the newest on */
  int bad;
};

static void
end_step (struct stepping *s, size_t first)
{
  struct aid_mine_step *step = s->paths.len && s->files <= WIDE ? aid_vec_push (&s->line->steps) : NULL;
  if (step)
    {
      step->first = first;
      step->last = s->last;
      s->bad |= !(step->paths = aid_str_steal (&s->paths));
    }
  aid_str_clear (&s->paths);
  s->last = first;
  s->files = 0;
}

static int
take_step (void *ctx, const struct aid_snapshot *one)
{
  struct stepping *s = ctx;
  const json_t *file;
  size_t i;
  if (!s->at || s->bad)
    return 1;
  if (strcmp (one->id, AID_VEC_AT (struct aid_mine_shot, &s->line->snapshots, s->at - 1).id) != 0)
    return 0; /* taken since */
  const struct aid_mine_moment *m = &AID_VEC_AT (struct aid_mine_moment, &s->line->moments, --s->at);
  if (m->exact[AID_MINE_BUILD] == AID_MINE_GREEN || m->exact[AID_MINE_TESTS] == AID_MINE_GREEN)
    end_step (s, s->at);
  /* Not what version control brought, nor all that was there at first. */
  int edited = s->at && !aid_mine_is_cut (m - 1, m);
  json_array_foreach (edited ? one->files : NULL, i, file)
  {
    const char *path = json_string_value (json_object_get (file, "path"));
    if (path && !is_in (aid_str_z (&s->paths), path))
      {
        aid_str_addf (&s->paths, "%s%s\n", s->paths.len ? "" : "\n", path);
        s->files++;
      }
  }
  return 0;
}

/* The steps of the work: what was changed from one green tree to the next. */
static enum aid_err
read_steps (struct aid_mine_line *l, struct aid_error *e)
{
  struct stepping s = { .line = l, .paths = AID_STR_INIT (HISTORY_MAX), .at = l->moments.len, .last = l->moments.len };
  enum aid_err err
    = l->stepped ? AID_OK : aid_timeline (l->vault, &(struct aid_timeline_which){ .since = 0 }, take_step, &s, e);
  if (!err && !l->stepped)
    end_step (&s, 0);
  l->stepped = 1;
  aid_str_free (&s.paths);
  return err;
}

/* The files of each commit of the project at ROOT, if it is there, and under Git or Mercurial. */
static void
read_commits (struct aid_mine_line *l)
{
  static const char *const git[] = { AID_CALM_GIT,
                                     "log",
                                     "-n",
                                     COMMITS,
                                     "--min-parents=1",
                                     "--max-parents=1",
                                     "--no-renames",
                                     "--no-ext-diff",
                                     "--no-textconv",
                                     "--format=%x01",
                                     "--name-only",
                                     "-z",
                                     NULL };
  static const char *const hg[] = { "hg", "log", "-l", COMMITS, "-T", "\1{files % '{file}\\0'}", NULL };
  enum aid_vc_kind kind = l->committed ? AID_VC_NONE : aid_vc_at (l->vault->root);
  l->committed = 1;
  if (kind != AID_VC_GIT && kind != AID_VC_HG)
    return;
  struct aid_proc p = { .argv = kind == AID_VC_GIT ? git : hg,
                        .dir = l->vault->root,
                        .env = kind == AID_VC_GIT ? aid_calm_git_env : aid_calm_hg_env,
                        .out_max = HISTORY_MAX,
                        .timeout_ms = 60000 };
  struct aid_proc_result r;
  struct aid_str paths = AID_STR_INIT (HISTORY_MAX);
  aid_proc_run (&p, &r, NULL);
  for (size_t i = 0, n = 0; i <= r.out.len; i++)
    {
      char c = i < r.out.len ? r.out.ptr[i] : '\1';
      if (c != '\1')
        {
          n += !c;
          aid_str_addc (&paths, c && c != '\n' ? c : '\n');
          continue;
        }
      char **slot = paths.len > 1 && n <= WIDE + 2 ? aid_vec_push (&l->commits) : NULL;
      aid_str_addc (&paths, '\n');
      if (slot && !(*slot = aid_str_steal (&paths)))
        l->commits.len--;
      aid_str_clear (&paths);
      aid_str_addc (&paths, '\n');
      n = 0;
    }
  aid_str_free (&paths);
  aid_proc_result_free (&r);
}

static int
went_together (const struct aid_mine_line *l, const struct aid_mine_case *c, const char *a, const char *b)
{
  struct ties steps = { 0, 0, 0 }, commits = { 0, 0, 0 };
  for (size_t i = 0; i < l->steps.len; i++)
    {
      const struct aid_mine_step *s = &AID_VEC_AT (struct aid_mine_step, &l->steps, i);
      if (s->last <= c->from || s->first >= c->to) /* not this one itself */
        count_ties (s->paths, a, b, &steps);
    }
  for (size_t i = 0; i < l->commits.len; i++)
    count_ties (AID_VEC_AT (char *, &l->commits, i), a, b, &commits);
  return are_tied (&steps) || are_tied (&commits);
}

/* --- all ---------------------------------------------------------------------------------------------------------- */

/* Marks in SEEN all that hangs together with the first file; gives one that does not, or N. */
static size_t
spread (const struct aid_mine_line *l, const struct aid_mine_case *c, unsigned char *seen, int by_history)
{
  size_t n = c->files.len;
  seen[0] = 1;
  for (int more = 1; more;)
    {
      more = 0;
      for (size_t i = 0; i < n; i++)
        for (size_t k = 0; seen[i] && k < n; k++)
          {
            const char *a = AID_VEC_AT (struct aid_mine_file, &c->files, i).path,
                       *b = AID_VEC_AT (struct aid_mine_file, &c->files, k).path;
            if (seen[k] || !(aid_mine_near (aid_span_z (a), aid_span_z (b)) || (by_history && went_together (l, c, a, b))))
              continue;
            seen[k] = 1;
            more = 1;
          }
    }
  for (size_t i = 0; i < n; i++)
    if (!seen[i])
      return i;
  return n;
}

enum aid_err
aid_mine_one_theme (struct aid_mine_work *w, const struct aid_mine_case *c, int *one, struct aid_str *words,
                    struct aid_error *e)
{
  size_t n = c->files.len, apart = n;
  unsigned char *seen = calloc (n + 1, 1);
  enum aid_err err = seen ? AID_OK : aid_error_set (e, AID_E_NOMEM, "No memory for a change");
  *one = 1;
  if (seen && n > 1)
    apart = spread (&w->line, c, seen, 0);
  if (seen && apart < n && !(err = read_steps (&w->line, e)))
    {
      read_commits (&w->line);
      apart = spread (&w->line, c, seen, 1);
    }
  if (!err && apart < n)
    {
      *one = 0;
      aid_str_addf (words, "%s and %s", AID_VEC_AT (struct aid_mine_file, &c->files, 0).path,
                    AID_VEC_AT (struct aid_mine_file, &c->files, apart).path);
    }
  free (seen);
  return err;
}
