/* The repository's folder, who may write there, and git as it is run in it. */
#include "learn/vault.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/proc.h"
#include "project/calm.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_LIMIT ((size_t)8192)
#define ENV_MAX 64
#define ARGS_MAX 64
#define SAID_MAX ((size_t)4096)
#define LOCK_LOOK_MS 20

/* --- its folder --------------------------------------------------------------------------------------------------- */

void
aid_vault_path (const struct aid_vault *s, const char *name, struct aid_str *out)
{
  aid_str_addf (out, "%s/%s", s->dir, name);
}

/* The folder's note of its root is ROOT's, or becomes it. */
static enum aid_err
check_root (const struct aid_vault *s, int make, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (PATH_LIMIT), text = AID_STR_INIT (PATH_LIMIT);
  aid_vault_path (s, "root", &path);
  enum aid_err err = aid_fs_read_itself (aid_str_z (&path), &text, NULL);
  if (err == AID_E_NOTFOUND && make)
    err = aid_fs_replace (aid_str_z (&path), aid_span_z (s->root), 0600, e);
  else if (err == AID_E_NOTFOUND)
    aid_error_set (e, err, "There are no snapshots of %s yet: aid snapshot watch takes some", s->root);
  else if (!err && !aid_span_eqz (aid_str_span (&text), s->root))
    err = aid_error_set (e, AID_E_STATE, "%s holds the snapshots of another project; move it away", s->dir);
  else if (err)
    aid_error_set (e, err, "%s cannot be read; look at its permissions", aid_str_z (&path));
  aid_str_free (&path);
  aid_str_free (&text);
  return err;
}

static void
push (struct aid_vec *v, const char *z)
{
  const char **slot = aid_vec_push (v);
  if (slot)
    *slot = z;
}

static void
make_env (struct aid_vault *s)
{
  s->env = AID_VEC_INIT (const char *, ENV_MAX);
  for (const char *const *old = aid_calm_git_env; *old; old++)
    if (strcmp (*old, "GIT_DIR") != 0 && strcmp (*old, "GIT_LITERAL_PATHSPECS") != 0)
      push (&s->env, *old);
  for (const char *const *alone = aid_calm_git_alone_env; *alone; alone++)
    push (&s->env, *alone);
  push (&s->env, s->git_dir);
  push (&s->env, NULL);
}

enum aid_err
aid_vault_open (const char *root, int make, struct aid_vault **out, struct aid_error *e)
{
  struct aid_str dir = AID_STR_INIT (PATH_LIMIT), git = AID_STR_INIT (PATH_LIMIT);
  struct aid_vault *s = calloc (1, sizeof *s);
  char name[17];
  enum aid_err err = aid_fs_xdg (AID_DIR_STATE, &dir, e);
  *out = NULL;
  if (!s)
    return aid_error_set (e, AID_E_NOMEM, "No memory for snapshots");
  s->lock_fd = s->watch_fd = -1;
  s->root = realpath (root, NULL);
  if (!err && !s->root)
    err = aid_error_set (e, AID_E_NOTFOUND, "There is no folder %s: %s", root, strerror (errno));
  if (!err)
    {
      aid_hash_hex (aid_span_z (s->root), 16, name);
      aid_str_addf (&dir, "/snapshots/%s", name);
      aid_str_addf (&git, "GIT_DIR=%s/git", aid_str_z (&dir));
      err = dir.err || git.err ? aid_error_set (e, AID_E_LIMIT, "The state's folder has too long a name") : AID_OK;
    }
  if (!err && make)
    err = aid_fs_mkdirs (aid_str_z (&dir), 0700, e);
  if (!err)
    {
      s->dir = aid_str_steal (&dir);
      s->git_dir = aid_str_steal (&git);
      make_env (s);
      err = check_root (s, make, e);
    }
  aid_str_free (&dir);
  aid_str_free (&git);
  if (err)
    aid_vault_free (s);
  else
    *out = s;
  return err;
}

enum aid_err
aid_vault_at (const char *git_dir, struct aid_vault **out, struct aid_error *e)
{
  struct aid_str objects = AID_STR_INIT (PATH_LIMIT), git = AID_STR_INIT (PATH_LIMIT), named = AID_STR_INIT (PATH_LIMIT);
  struct aid_vault *s = calloc (1, sizeof *s);
  *out = NULL;
  if (!s)
    return aid_error_set (e, AID_E_NOMEM, "No memory for a repository");
  enum aid_err err = aid_fs_at_home (git_dir, &named);
  s->lock_fd = s->watch_fd = -1;
  if (!err && !(s->dir = realpath (aid_str_z (&named), NULL)))
    err = aid_error_set (e, AID_E_NOTFOUND, "There is no repository %s: %s", git_dir, strerror (errno));
  if (!err)
    {
      aid_str_addf (&objects, "%s/objects", s->dir);
      aid_str_addf (&git, "GIT_DIR=%s", s->dir);
      if (!aid_fs_exists (aid_str_z (&objects)))
        err = aid_error_set (e, AID_E_NOTFOUND, "%s is not the folder of a Git repository", git_dir);
      else if (!(s->git_dir = aid_str_steal (&git)))
        err = aid_error_set (e, AID_E_NOMEM, "No memory for a repository");
      else
        make_env (s);
    }
  aid_str_free (&objects);
  aid_str_free (&git);
  aid_str_free (&named);
  if (err)
    aid_vault_free (s);
  else
    *out = s;
  return err;
}

enum aid_err
aid_vault_open_at (const char *dir, struct aid_vault **out, struct aid_error *e)
{
  struct aid_str path = AID_STR_INIT (PATH_LIMIT), git = AID_STR_INIT (PATH_LIMIT), root = AID_STR_INIT (PATH_LIMIT);
  struct aid_vault *s = calloc (1, sizeof *s);
  *out = NULL;
  if (!s)
    return aid_error_set (e, AID_E_NOMEM, "No memory for snapshots");
  aid_str_addf (&path, "%s/root", dir);
  enum aid_err err = aid_fs_read_itself (aid_str_z (&path), &root, NULL);
  if (err || !root.len || memchr (root.ptr, 0, root.len))
    err
      = aid_error_set (e, err ? err : AID_E_INVALID, "%s holds no snapshots: it has no file \"root\" that can be read", dir);
  if (!err && aid_str_addf (&git, "GIT_DIR=%s/git", dir))
    err = aid_error_set (e, AID_E_LIMIT, "%s is too long a name", dir);
  if (!err)
    {
      s->lock_fd = s->watch_fd = -1;
      s->root = aid_str_steal (&root);
      s->dir = strdup (dir);
      s->git_dir = aid_str_steal (&git);
      make_env (s);
      *out = s;
    }
  else
    free (s);
  aid_str_free (&path);
  aid_str_free (&git);
  aid_str_free (&root);
  return err;
}

static int
is_shown (const struct dirent *d)
{
  return d->d_name[0] != '.';
}

enum aid_err
aid_vaults (const char *store, enum aid_err (*fn) (void *ctx, const char *dir, struct aid_error *e), void *ctx,
            struct aid_error *e)
{
  struct aid_str all = AID_STR_INIT (PATH_LIMIT), one = AID_STR_INIT (PATH_LIMIT), path = AID_STR_INIT (PATH_LIMIT);
  struct dirent **names = NULL;
  enum aid_err err = store ? aid_str_addz (&all, store) : aid_fs_xdg (AID_DIR_STATE, &all, e);
  if (!err && !store)
    err = aid_str_addz (&all, "/snapshots");
  int n = err ? -1 : scandir (aid_str_z (&all), &names, is_shown, alphasort);
  if (!err && n < 0 && (store || errno != ENOENT))
    err = aid_error_set (e, errno == ENOENT ? AID_E_NOTFOUND : AID_E_IO, "%s cannot be read: %s", aid_str_z (&all),
                         strerror (errno));
  for (int i = 0; i < n; i++)
    {
      aid_str_clear (&one);
      aid_str_clear (&path);
      aid_str_addf (&one, "%s/%s", aid_str_z (&all), names[i]->d_name);
      aid_str_addf (&path, "%s/root", aid_str_z (&one));
      if (!err && !one.err && !path.err && aid_fs_exists (aid_str_z (&path)))
        err = fn (ctx, aid_str_z (&one), e);
      free (names[i]);
    }
  free (names);
  aid_str_free (&all);
  aid_str_free (&one);
  aid_str_free (&path);
  return err;
}

void
aid_vault_free (struct aid_vault *s)
{
  if (!s)
    return;
  aid_vault_unlock (s);
  if (s->watch_fd >= 0)
    close (s->watch_fd);
  aid_vec_free (&s->env);
  free (s->git_dir);
  free (s->dir);
  free (s->root);
  free (s);
}

/* --- git ---------------------------------------------------------------------------------------------------------- */

/* The first line of what it said, without "fatal: ". */
static struct aid_span
first_line (const struct aid_str *said)
{
  struct aid_span rest = aid_str_span (said), line = { "", 0 };
  while (!line.len && aid_span_line (&rest, &line))
    ;
  return aid_span_starts (line, "fatal: ") ? aid_span_cut (line, 7, line.len) : line;
}

enum aid_err
aid_vault_git (const struct aid_vault *s, const struct aid_vault_run *run, struct aid_error *e)
{
  static const char *const first[] = { AID_CALM_GIT };
  const char *argv[ARGS_MAX];
  size_t n = sizeof first / sizeof *first;
  memcpy (argv, first, sizeof first);
  for (const char *const *arg = run->args; *arg && n + 1 < ARGS_MAX; arg++)
    argv[n++] = *arg;
  argv[n] = NULL;
  struct aid_proc p = { .argv = argv,
                        .dir = s->dir,
                        .env = s->env.data,
                        .input = run->input,
                        .out_max = run->out ? run->out->max - run->out->len : 0,
                        .err_max = SAID_MAX,
                        .stop = run->stop,
                        .with_us = run->with_us };
  struct aid_proc_result r;
  enum aid_err err = aid_proc_run (&p, &r, e);
  struct aid_span said = first_line (&r.err);
  const char *what = strcmp (run->args[0], "-c") ? run->args[0] : run->args[2];
  if (run->status)
    *run->status = r.code;
  if (!err && (r.signal || (run->status ? r.code >= 128 : r.code)))
    err = aid_error_set (e, AID_E_IO, "git %s failed in %s: %.*s", what, s->dir, (int)(said.len < 120 ? said.len : 120),
                         said.len ? said.ptr : "");
  if (!err && r.out_cut)
    err = aid_error_set (e, AID_E_LIMIT, "git %s printed more than %zu bytes", what, p.out_max);
  if (!err && run->out)
    err = aid_str_addspan (run->out, aid_str_span (&r.out));
  aid_proc_result_free (&r);
  return err;
}

struct aid_span
aid_vault_field (struct aid_span *rest, char end)
{
  const char *at = rest->len ? memchr (rest->ptr, end, rest->len) : NULL;
  struct aid_span field = aid_span_cut (*rest, 0, at ? (size_t)(at - rest->ptr) : rest->len);
  *rest = aid_span_cut (*rest, field.len + (at != NULL), rest->len);
  return field;
}

int
aid_vault_is_id (const char *z)
{
  size_t n = strspn (z, "0123456789abcdefABCDEF");
  return n >= AID_VAULT_ID_LEAST && n < AID_VAULT_ID && !z[n];
}

/* --- the last snapshot -------------------------------------------------------------------------------------------- */

static void
take_word (struct aid_span *rest, char *out, size_t size)
{
  struct aid_span line = { "", 0 };
  aid_span_line (rest, &line);
  size_t n = line.len < size - 1 ? line.len : size - 1;
  memcpy (out, line.ptr, n);
  out[n] = '\0';
}

enum aid_err
aid_vault_tip (const struct aid_vault *s, struct aid_vault_tip *tip, struct aid_error *e)
{
  static const char *const args[]
    = { "for-each-ref", "--count=1", "--sort=-refname", "--format=%(refname)%0a%(objectname)%0a%(tree)%0a%(contents)",
        AID_VAULT_REFS, NULL };
  struct aid_str text = AID_STR_INIT (AID_VAULT_MESSAGE + 4096);
  memset (tip, 0, sizeof *tip);
  tip->message = AID_STR_INIT (AID_VAULT_MESSAGE + 4096);
  enum aid_err err = aid_vault_git (s, &(struct aid_vault_run){ .args = args, .out = &text }, e);
  struct aid_span rest = aid_str_span (&text);
  if (!err && rest.len)
    {
      take_word (&rest, tip->ref, sizeof tip->ref);
      take_word (&rest, tip->commit, sizeof tip->commit);
      take_word (&rest, tip->tree, sizeof tip->tree);
      aid_str_addspan (&tip->message, rest);
    }
  aid_str_free (&text);
  return err;
}

void
aid_vault_tip_free (struct aid_vault_tip *tip)
{
  aid_str_free (&tip->message);
}
