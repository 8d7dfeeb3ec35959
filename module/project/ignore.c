/* What a tree's files say is ignored, folder by folder. */
#include "project/ignore.h"
#include "base/map.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OWN 2 /* files of one folder that hold rules */

struct aid_ignore_level
{
  const struct aid_ignore_level *up;
  size_t base;                  /* bytes of the folder's path with its slash */
  struct aid_rules *rules[OWN]; /* the stronger ones first; or NULL */
};

struct aid_ignores
{
  int root;
  enum aid_vc_kind kind;
  struct aid_rules *outer[2]; /* of info/exclude and of the user */
  struct aid_hgignore *hg;
  struct aid_ignore_level top;
  struct aid_map *levels; /* by the folders' paths: only those that say something */
};

/* --- reading ------------------------------------------------------------------------------------------------------- */

int
aid_read_small (int dir, const char *name, struct aid_str *out)
{
  struct stat st;
  char part[16384];
  ssize_t n = -1;
  int fd = openat (dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
  if (fd < 0)
    return -1;
  if (!fstat (fd, &st) && S_ISREG (st.st_mode))
    while ((n = read (fd, part, sizeof part)) > 0 || (n < 0 && errno == EINTR))
      if (n > 0 && aid_str_add (out, part, (size_t)n))
        break;
  close (fd);
  return n == 0 ? 0 : -1;
}

int
aid_open_folder (int root, struct aid_span path)
{
  int fd = openat (root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  while (fd >= 0 && path.len)
    {
      char name[256];
      const char *slash = memchr (path.ptr, '/', path.len);
      size_t n = slash ? (size_t)(slash - path.ptr) : path.len;
      int next = -1;
      if (n == 0 || n >= sizeof name)
        errno = ENAMETOOLONG;
      else
        {
          memcpy (name, path.ptr, n);
          name[n] = '\0';
          next = openat (fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        }
      int no = errno;
      close (fd);
      errno = no;
      fd = next;
      path = aid_span_cut (path, slash ? n + 1 : n, path.len);
    }
  return fd;
}

/* The rules in the file NAME of the folder FD, which people know as FOLDER/NAME; or NULL. */
static struct aid_rules *
read_rules (int fd, const char *name, struct aid_span folder)
{
  struct aid_str text = AID_STR_INIT (AID_IGNORE_FILE_MAX), shown = AID_STR_INIT (2 * (size_t)AID_PROJECT_PATH_MAX);
  struct aid_rules *r = NULL;
  if (!aid_read_small (fd, name, &text) && text.len)
    {
      aid_str_addspan (&shown, folder);
      aid_str_addz (&shown, folder.len ? "/" : "");
      aid_str_addz (&shown, name);
      r = aid_rules_read (aid_str_span (&text), aid_str_z (&shown));
    }
  aid_str_free (&text);
  aid_str_free (&shown);
  return r;
}

/* --- levels --------------------------------------------------------------------------------------------------------- */

static void
read_own (const struct aid_ignores *g, int fd, struct aid_span path, struct aid_rules *rules[OWN])
{
  rules[0] = g->kind == AID_VC_NONE ? read_rules (fd, ".ignore", path) : NULL;
  rules[1] = g->kind == AID_VC_HG ? NULL : read_rules (fd, ".gitignore", path);
}

struct aid_ignores *
aid_ignores_new (int root, enum aid_vc_kind kind, const char *git_dir, const char *excludes)
{
  struct aid_ignores *g = calloc (1, sizeof *g);
  if (!g || !(g->levels = aid_map_new ()))
    {
      free (g);
      return NULL;
    }
  g->root = root;
  g->kind = kind;
  read_own (g, root, AID_SPAN (""), g->top.rules);
  if (kind == AID_VC_NONE && g->top.rules[1])
    aid_rules_drop_all (g->top.rules[1]);
  if (kind == AID_VC_HG || kind == AID_VC_NONE)
    g->hg = aid_hgignore_read (root);
  if (git_dir)
    {
      struct aid_str info = AID_STR_INIT (AID_PROJECT_PATH_MAX);
      aid_str_addf (&info, "%s/info", git_dir);
      int fd = info.err ? -1 : open (aid_str_z (&info), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      if (fd >= 0)
        {
          g->outer[0] = read_rules (fd, "exclude", AID_SPAN (".git/info"));
          close (fd);
        }
      aid_str_free (&info);
    }
  if (excludes)
    {
      char *real = realpath (excludes, NULL);
      g->outer[1] = real ? read_rules (AT_FDCWD, real, AID_SPAN ("")) : NULL;
      free (real);
    }
  return g;
}

static void
free_level (void *level)
{
  struct aid_ignore_level *l = level;
  for (int i = 0; i < OWN; i++)
    aid_rules_free (l->rules[i]);
  free (l);
}

void
aid_ignores_free (struct aid_ignores *g)
{
  if (!g)
    return;
  aid_map_free (g->levels, free_level);
  for (int i = 0; i < OWN; i++)
    aid_rules_free (g->top.rules[i]);
  aid_rules_free (g->outer[0]);
  aid_rules_free (g->outer[1]);
  aid_hgignore_free (g->hg);
  free (g);
}

const struct aid_ignore_level *
aid_ignores_enter (struct aid_ignores *g, const struct aid_ignore_level *up, struct aid_span path, int fd)
{
  struct aid_rules *rules[OWN] = { NULL, NULL };
  struct aid_ignore_level *level;
  if (!up || !path.len)
    return &g->top;
  if ((level = aid_map_get (g->levels, path)))
    return level;
  read_own (g, fd, path, rules);
  if (!rules[0] && !rules[1])
    return up;
  level = calloc (1, sizeof *level);
  if (level)
    {
      *level = (struct aid_ignore_level){ up, path.len + 1, { rules[0], rules[1] } };
      if (!aid_map_put (g->levels, path, level, NULL))
        return level;
      free_level (level);
    }
  else
    for (int i = 0; i < OWN; i++)
      aid_rules_free (rules[i]);
  return up;
}

/* --- asking --------------------------------------------------------------------------------------------------------- */

int
aid_ignores_entry (struct aid_ignores *g, const struct aid_ignore_level *level, struct aid_span path, int is_folder,
                   struct aid_ignored *why)
{
  int verdict = -1;
  for (const struct aid_ignore_level *l = level; l && verdict < 0; l = l->up)
    for (int i = 0; i < OWN && verdict < 0; i++)
      if (l->rules[i])
        verdict = aid_rules_match (l->rules[i], aid_span_cut (path, l->base, path.len), is_folder, why);
  for (int i = 0; i < 2 && verdict < 0; i++)
    if (g->outer[i])
      verdict = aid_rules_match (g->outer[i], path, is_folder, why);
  if (verdict < 0 && g->hg)
    verdict = aid_hgignore_match (g->hg, path, why);
  return verdict > 0;
}

int
aid_ignores_path (struct aid_ignores *g, struct aid_span path, int is_folder, struct aid_ignored *why)
{
  const struct aid_ignore_level *level = &g->top;
  int fd = openat (g->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), ignored = 0;
  for (size_t at = 0; !ignored && at < path.len;)
    {
      const char *slash = memchr (path.ptr + at, '/', path.len - at);
      size_t end = slash ? (size_t)(slash - path.ptr) : path.len;
      struct aid_span upto = aid_span_cut (path, 0, end);
      ignored = aid_ignores_entry (g, level, upto, slash ? 1 : is_folder, why);
      if (slash && !ignored && fd >= 0)
        {
          int next = aid_open_folder (fd, aid_span_cut (path, at, end));
          close (fd);
          fd = next;
          if (fd >= 0)
            level = aid_ignores_enter (g, level, upto, fd);
        }
      at = slash ? end + 1 : path.len;
    }
  if (fd >= 0)
    close (fd);
  return ignored;
}

int
aid_ignores_is_rule_file (struct aid_span name)
{
  return aid_span_eqz (name, ".gitignore") || aid_span_eqz (name, ".ignore") || aid_span_eqz (name, ".hgignore")
         || aid_span_eqz (name, ".gitattributes");
}

int
aid_vc_is_folder (struct aid_span name)
{
  static const char *const names[] = { ".git", ".hg", ".jj", ".svn", ".bzr", "_darcs", "CVS" };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (aid_span_eqz (name, names[i]))
      return 1;
  return 0;
}
