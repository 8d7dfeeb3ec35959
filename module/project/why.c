/* In words, why a path is in the list as what it is, or is not there. */
#include "base/fs.h"
#include "project/classify.h"
#include "project/project_internal.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The head of the file decides what its name did not. */
static enum aid_err
by_head (struct aid_project *p, struct aid_span path, struct aid_str *out, struct aid_error *e)
{
  char head[AID_CLASSIFY_HEAD];
  struct aid_error own = { AID_OK, "" };
  e = e ? e : &own;
  struct stat st;
  int fd = aid_project_open_file (p, path, &st, e);
  if (fd < 0)
    return e->code;
  ssize_t n = read (fd, head, sizeof head);
  close (fd);
  if (n < 0)
    return aid_error_set (e, AID_E_IO, "%.*s cannot be read.", (int)(path.len < 160 ? path.len : 160), path.ptr);
  pthread_mutex_lock (&p->lock);
  int not_made = aid_attributes_say (p->listing.attributes, AID_ATTR_GENERATED, path) == 0;
  pthread_mutex_unlock (&p->lock);
  aid_classify_head (path, (struct aid_span){ head, (size_t)n }, not_made, out);
  return AID_OK;
}

static void
special (const struct stat *st, struct aid_str *out)
{
  aid_str_addf (out, "special: %s",
                S_ISLNK (st->st_mode)    ? "a symbolic link, which is not followed"
                : S_ISFIFO (st->st_mode) ? "a FIFO, which is never opened"
                : S_ISSOCK (st->st_mode) ? "a socket"
                                         : "a device");
}

/* A copy of the part that PATH is in, with rules of its own, for those of the list are its thread's; and of the user's
   file. */
static struct aid_part *
copy_part (struct aid_project *p, struct aid_span path, struct aid_str *within, char **excludes)
{
  struct aid_part *copy = calloc (1, sizeof *copy);
  pthread_mutex_lock (&p->lock);
  const struct aid_part *part = aid_part_of (&p->listing, path, within);
  if (copy && part)
    {
      copy->kind = part->kind;
      copy->top = strdup (part->top);
      copy->common_dir = part->common_dir ? strdup (part->common_dir) : NULL;
      *excludes = p->listing.excludes ? strdup (p->listing.excludes) : NULL;
    }
  pthread_mutex_unlock (&p->lock);
  if (copy)
    copy->top_fd = copy->top ? open (copy->top, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  return copy;
}

static void
not_listed (struct aid_project *p, struct aid_span path, int folder, struct aid_str *out)
{
  struct aid_str within = AID_STR_INIT (AID_PROJECT_PATH_MAX);
  struct aid_ignored why = { "", 0, { NULL, 0 }, 0 };
  char *excludes = NULL;
  struct aid_part *part = copy_part (p, path, &within, &excludes);
  if (part && part->top_fd >= 0)
    part->ignores = aid_ignores_new (part->top_fd, part->kind, part->common_dir, part->kind == AID_VC_HG ? NULL : excludes);
  if (part && part->ignores && aid_ignores_path (part->ignores, aid_str_span (&within), folder, &why))
    aid_str_addf (out, "not listed: ignored by %s:%d: %.*s", why.file, why.line,
                  (int)(why.pattern.len < 200 ? why.pattern.len : 200), why.pattern.ptr);
  else if (folder)
    aid_str_addz (out, "a folder");
  else
    aid_str_addz (out, "not listed: in a folder that version control or a tool keeps for itself");
  aid_part_free (part);
  free (excludes);
  aid_str_free (&within);
}

enum aid_err
aid_project_why (struct aid_project *p, struct aid_span path, struct aid_str *out, struct aid_error *e)
{
  struct aid_str full = AID_STR_INIT (2 * (size_t)AID_PROJECT_PATH_MAX);
  struct aid_project_file file;
  struct stat st;
  int listed = !aid_project_find (p, path, &file);
  aid_str_addf (&full, "%s/", p->root);
  aid_str_addspan (&full, path);
  int there = !full.err && !lstat (aid_str_z (&full), &st);
  aid_str_free (&full);
  if (!there)
    return aid_error_set (e, AID_E_NOTFOUND, "There is no %.*s in %s.", (int)(path.len < 160 ? path.len : 160),
                          path.len ? path.ptr : "", p->root);
  if (!listed)
    not_listed (p, path, S_ISDIR (st.st_mode), out);
  else if (!S_ISREG (st.st_mode))
    special (&st, out);
  else
    {
      size_t before = out->len;
      pthread_mutex_lock (&p->lock);
      aid_classify_name (p->listing.attributes, path, (uint64_t)st.st_size, p->in.large, out);
      pthread_mutex_unlock (&p->lock);
      if (out->len == before)
        return by_head (p, path, out, e);
    }
  return out->err ? aid_error_set (e, out->err, "The reason is too long.") : AID_OK;
}
