/* What a repository is, and which tree is meant in it. */
#include "base/fs.h"
#include "base/proc.h"
#include "ces/ces_internal.h"
#include "project/calm.h"

#include <stdlib.h>
#include <unistd.h>

#define ENV_MAX 64
#define ARGS_MAX 32
#define SAID_MAX ((size_t)4096)
#define NAME_MAX_HEX 64

/* --- git ---------------------------------------------------------------------------------------------------------- */

static void
push (struct aid_vec *v, const char *z)
{
  const char **slot = z ? aid_vec_push (v) : NULL;
  if (slot)
    *slot = z;
}

static char *
variable (const char *name, const char *value)
{
  struct aid_str out = AID_STR_INIT (AID_CES_PATH);
  if (value)
    aid_str_addf (&out, "%s=%s", name, value);
  char *z = value && !out.err ? aid_str_steal (&out) : NULL;
  aid_str_free (&out);
  return z;
}

/* The environment names what we set before it takes away the rest: a name that is said twice counts as it was said last. */
static void
make_env (const char *const *own, size_t n, struct aid_vec *env)
{
  for (const char *const *old = aid_calm_git_env; *old; old++)
    {
      int ours = 0;
      for (size_t i = 0; i < n; i++)
        ours = ours || (own[i] && !strncmp (own[i], *old, strlen (*old)) && own[i][strlen (*old)] == '=');
      if (!ours)
        push (env, *old);
    }
  for (const char *const *old = aid_calm_git_alone_env; *old; old++)
    push (env, *old);
  for (size_t i = 0; i < n; i++)
    push (env, own[i]);
}

static enum aid_err
run_git (const struct aid_ces_git *g, const char *const *argv, const struct aid_vec *env, struct aid_str *out,
         struct aid_error *e)
{
  struct aid_proc p = { .argv = argv,
                        .dir = "/",
                        .env = env->data,
                        .out_max = out ? out->max - out->len : 0,
                        .err_max = SAID_MAX,
                        .stop = g->stop,
                        .with_us = 1 };
  struct aid_proc_result r;
  enum aid_err err = aid_proc_run (&p, &r, e);
  struct aid_span said = aid_span_trim (aid_str_span (&r.err));
  if (!err && (r.code || r.signal))
    err = aid_error_set (e, AID_E_IO, "git failed in %.80s: %.*s", g->git_dir, (int)(said.len < 120 ? said.len : 120),
                         said.len ? said.ptr : "");
  if (!err && out)
    err = aid_str_addspan (out, aid_str_span (&r.out));
  aid_proc_result_free (&r);
  return err;
}

enum aid_err
aid_ces_git (const struct aid_ces_git *g, const char *const *args, struct aid_str *out, struct aid_error *e)
{
  static const char *const first[] = { AID_CALM_GIT, "-c", "core.symlinks=true", "-c", "core.autocrlf=false" };
  const char *argv[ARGS_MAX];
  size_t n = sizeof first / sizeof *first;
  char *own[]
    = { variable ("GIT_DIR", g->git_dir), variable ("GIT_WORK_TREE", g->work_tree), variable ("GIT_INDEX_FILE", g->index) };
  struct aid_vec env = AID_VEC_INIT (const char *, ENV_MAX);
  memcpy (argv, first, sizeof first);
  for (; *args && n + 1 < ARGS_MAX; args++)
    argv[n++] = *args;
  argv[n] = NULL;
  make_env ((const char *const *)own, sizeof own / sizeof *own, &env);
  int whole = own[0] && env.len < ENV_MAX && aid_vec_push (&env);
  enum aid_err err = whole ? run_git (g, argv, &env, out, e) : aid_error_set (e, AID_E_NOMEM, "No memory to run git");
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    free (own[i]);
  aid_vec_free (&env);
  return err;
}

/* --- what it is --------------------------------------------------------------------------------------------------- */

static int
has (const char *root, const char *name)
{
  struct aid_str path = AID_STR_INIT (AID_CES_PATH);
  aid_str_addf (&path, "%s/%s", root, name);
  int there = !path.err && aid_fs_exists (aid_str_z (&path));
  aid_str_free (&path);
  return there;
}

char *
aid_ces_git_dir (const char *root)
{
  struct aid_str path = AID_STR_INIT (AID_CES_PATH), text = AID_STR_INIT (AID_CES_PATH), to = AID_STR_INIT (AID_CES_PATH);
  aid_str_addf (&path, "%s/.git", root);
  /* Of a linked work tree and of a submodule it is a file that tells. */
  if (!aid_fs_read_itself (aid_str_z (&path), &text, NULL) && aid_span_starts (aid_str_span (&text), "gitdir: "))
    {
      char *name = aid_span_dup (aid_span_trim (aid_span_cut (aid_str_span (&text), 8, text.len)));
      if (name)
        aid_fs_join (&to, root, name);
      free (name);
    }
  else
    aid_str_addspan (&to, aid_str_span (&path));
  char *real = to.err ? NULL : realpath (aid_str_z (&to), NULL);
  aid_str_free (&path);
  aid_str_free (&text);
  aid_str_free (&to);
  return real;
}

static void
find_kind (struct aid_ces_task *t)
{
  const char *root = t->repository;
  t->source = AID_CES_FOLDER;
  if (has (root, ".git"))
    t->git_dir = aid_ces_git_dir (root);
  else if (has (root, "HEAD") && has (root, "objects") && has (root, "refs"))
    t->git_dir = strdup (root);
  else if (has (root, ".hg"))
    t->source = AID_CES_HG;
  if (t->git_dir)
    t->source = AID_CES_GIT;
}

static int
is_hex (const char *z, size_t len)
{
  return strlen (z) == len && strspn (z, "0123456789abcdef") == len;
}

static int
is_whole_id (const char *z)
{
  return is_hex (z, 40) || is_hex (z, NAME_MAX_HEX);
}

/* --- which tree --------------------------------------------------------------------------------------------------- */

/* Gives the line that a program printed, an id, to T. */
static enum aid_err
take_id (struct aid_ces_task *t, const struct aid_str *line, const char *base, struct aid_error *e)
{
  struct aid_span id = aid_span_trim (aid_str_span (line));
  if (id.len != 40 && id.len != NAME_MAX_HEX && !strcmp (base, "HEAD"))
    return aid_error_set (e, AID_E_NOTFOUND,
                          "There is no commit in %.150s yet: make one, or judge over the files as they lie "
                          "there (\"now\", --now)",
                          t->repository);
  if (id.len != 40 && id.len != NAME_MAX_HEX)
    return aid_error_set (e, AID_E_NOTFOUND, "There is no tree or commit \"%.80s\" in %.120s", base, t->repository);
  memcpy (t->base, id.ptr, id.len);
  t->base[id.len] = '\0';
  return AID_OK;
}

static enum aid_err
ask_git (struct aid_ces_task *t, const char *base, const struct aid_stop *stop, struct aid_error *e)
{
  struct aid_str name = AID_STR_INIT (512), line = AID_STR_INIT (512);
  struct aid_error own = { AID_OK, "" };
  aid_str_addf (&name, "%s^{tree}", base);
  const char *const args[] = { "rev-parse", "--verify", "--quiet", "--end-of-options", aid_str_z (&name), NULL };
  const struct aid_ces_git g = { t->git_dir, NULL, NULL, stop };
  enum aid_err err = aid_ces_git (&g, args, &line, &own);
  if (err == AID_E_CANCELLED || err == AID_E_NOMEM || err == AID_E_NOTFOUND)
    err = aid_error_set (e, err, "%s", own.msg);
  else
    err = take_id (t, &line, base, e);
  aid_str_free (&name);
  aid_str_free (&line);
  return err;
}

/* What a whole id names stays what it is: git is asked once. */
static enum aid_err
git_base (struct aid_ces *c, struct aid_ces_task *t, const char *base, const struct aid_stop *stop, struct aid_error *e)
{
  struct aid_str key = AID_STR_INIT (AID_CES_PATH);
  int keep = is_whole_id (base);
  aid_str_addf (&key, "%s%c%s", t->git_dir, '\0', base);
  pthread_mutex_lock (&c->lock);
  const char *known = keep ? aid_map_get (c->bases, aid_str_span (&key)) : NULL;
  if (known)
    snprintf (t->base, sizeof t->base, "%s", known);
  pthread_mutex_unlock (&c->lock);
  enum aid_err err = known ? AID_OK : ask_git (t, base, stop, e);
  if (!err && !known && keep)
    {
      char *copy = strdup (t->base);
      void *old = NULL;
      pthread_mutex_lock (&c->lock);
      if (!copy || aid_map_put (c->bases, aid_str_span (&key), copy, &old))
        old = copy;
      pthread_mutex_unlock (&c->lock);
      free (old);
    }
  aid_str_free (&key);
  return err;
}

static enum aid_err
hg_base (struct aid_ces_task *t, const char *base, const struct aid_stop *stop, struct aid_error *e)
{
  if (is_hex (base, 40))
    return memcpy (t->base, base, 41), AID_OK;
  const char *const argv[] = { "hg", "log", "-R", t->repository, "-r", base, "-l", "1", "-T", "{node}", NULL };
  struct aid_proc p
    = { .argv = argv, .dir = "/", .env = aid_calm_hg_env, .out_max = 512, .err_max = SAID_MAX, .stop = stop, .with_us = 1 };
  struct aid_proc_result r;
  enum aid_err err = aid_proc_run (&p, &r, e);
  if (!err)
    err = take_id (t, &r.out, base, e);
  aid_proc_result_free (&r);
  return err;
}

static enum aid_err
folder_base (struct aid_ces_task *t, const char *base, struct aid_error *e)
{
  struct aid_sha256 sum;
  if (base)
    return aid_error_set (e, AID_E_NOTFOUND, "%.150s is a plain folder, which has no \"%.40s\": leave the base away",
                          t->repository, base);
  aid_sha256_init (&sum);
  aid_sha256_add (&sum, aid_span_z (t->repository));
  enum aid_err err = aid_ces_folder_sum (t->repository, &sum, e);
  aid_sha256_end (&sum, t->base);
  return err;
}

enum aid_err
aid_ces_resolve (struct aid_ces *c, struct aid_ces_task *t, const char *base, const struct aid_stop *stop,
                 struct aid_error *e)
{
  find_kind (t);
  if (t->source == AID_CES_GIT)
    return git_base (c, t, base ? base : "HEAD", stop, e);
  if (t->source == AID_CES_HG)
    return hg_base (t, base ? base : ".", stop, e);
  return folder_base (t, base, e);
}
