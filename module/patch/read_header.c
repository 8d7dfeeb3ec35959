/* The headers of files in unified diffs, as git, diff, models and the "*** Begin Patch" form write them. */
#include "patch/read_header.h"

#include <stdlib.h>

enum { NAME_KEPT = 4096 };      /* bytes of a name that later hunks may go to: each of them copies it */

static int
is (struct aid_span line, const char *z, struct aid_span *rest)
{
  if (!aid_span_starts (line, z))
    return 0;
  *rest = aid_span_cut (line, strlen (z), line.len);
  return 1;
}

void
aid_header_clear (struct aid_header *h)
{
  free (h->git_old);
  free (h->git_new);
  free (h->minus);
  free (h->plus);
  free (h->from);
  free (h->to);
  *h = (struct aid_header){ 0 };
}

static void
set (char **name, struct aid_span raw)
{
  free (*name);
  *name = aid_name_read (raw);
}

/* /dev/null becomes no name. */
static void
nothing (char **name, int *flag)
{
  if (*name && strcmp (*name, "/dev/null") == 0)
    {
      free (*name);
      *name = NULL;
      *flag = 1;
    }
}

/* "x.c.orig" to "x.c" and the like is an edit of x.c, not a rename. */
static int
is_backup (const char *old_name, const char *new_name)
{
  static const char *const ends[] = { ".orig", ".old", ".bak", ".new", "~" };
  size_t o = strlen (old_name), n = strlen (new_name), shorter = o < n ? o : n;
  if (strncmp (old_name, new_name, shorter) != 0)
    return 0;
  const char *rest = o < n ? new_name + o : old_name + n;
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
    if (strcmp (rest, ends[i]) == 0)
      return 1;
  return 0;
}

/* Whether the shorter name is the end of the longer: a folder too many or too few, not a rename. */
static int
is_suffix (const char *a, const char *b)
{
  size_t n = strlen (a), m = strlen (b);
  const char *longer = n < m ? b : a, *shorter = n < m ? a : b;
  size_t at = n < m ? m - n : n - m;
  return at > 0 && longer[at - 1] == '/' && strcmp (longer + at, shorter) == 0;
}

/* The names that count, taken out of H. */
static void
choose_names (struct aid_header *h, char **old_name, char **new_name)
{
  if (h->from && h->to)
    {
      *old_name = h->from;
      *new_name = h->to;
      h->from = h->to = NULL;
      h->renamed = 1;
      return;
    }
  char **o = h->minus || h->plus ? &h->minus : &h->git_old, **n = h->minus || h->plus ? &h->plus : &h->git_new;
  nothing (o, &h->created);
  nothing (n, &h->deleted);
  *old_name = *o;
  *new_name = *n;
  *o = *n = NULL;
  if (!h->starred)
    aid_name_strip (old_name, new_name, h->git);
}

static void
set_paths (struct aid_patch_file *f, const struct aid_header *h, char *old_name, char *new_name)
{
  f->op = h->created || h->copied ? AID_OP_CREATE : h->deleted ? AID_OP_DELETE : AID_OP_MODIFY;
  if (!old_name && f->op != AID_OP_CREATE)
    old_name = new_name ? strdup (new_name) : NULL;
  if (!new_name && f->op != AID_OP_DELETE)
    new_name = old_name ? strdup (old_name) : NULL;
  if (f->op == AID_OP_CREATE)
    {
      if (h->copied)
        f->copy_of = old_name;
      else
        free (old_name);
      old_name = NULL;
    }
  else if (f->op == AID_OP_DELETE)
    {
      free (new_name);
      new_name = NULL;
    }
  else if (old_name && new_name && strcmp (old_name, new_name) != 0)
    {
      f->by_names = !h->renamed;
      if (!h->renamed && (is_backup (old_name, new_name) || is_suffix (old_name, new_name)))
        {
          char **worse = strlen (old_name) > strlen (new_name) ? &old_name : &new_name;
          free (*worse);
          *worse = strdup (worse == &old_name ? new_name : old_name);
        }
      else
        f->op = AID_OP_RENAME;
    }
  f->old_path = old_name;
  f->new_path = new_name;
}

static char *
why_refused (const struct aid_header *h)
{
  if (h->combined)
    return strdup ("the combined diff of a merge cannot be applied");
  if (h->odd)
    return strdup (h->odd);
  if (h->copied && !(h->from && h->to))
    return strdup ("a copy that does not say of what");
  return h->binary ? strdup ("a binary file cannot be patched") : NULL;
}

enum aid_err
aid_reader_open_file (struct aid_reader *r)
{
  char *old_name = NULL, *new_name = NULL;
  struct aid_header *h = &r->h;
  char *refused = why_refused (h);
  choose_names (h, &old_name, &new_name);
  enum aid_err err = AID_OK;
  struct aid_patch_file *f = old_name || new_name ? aid_patch_add_file (r->p, h->beg) : NULL;
  if (f)
    {
      f->refused = refused;
      f->text_untold = h->starred && h->deleted;
      f->old_exec = h->old_exec - 1;
      f->new_exec = h->new_exec - 1;
      set_paths (f, h, old_name, new_name);
      r->doubtful = f->op == AID_OP_CREATE && !f->copy_of && !h->starred && !h->new_exec && !f->refused;
      r->file = r->p->files.len;
      r->told = 0;
      err = f->old_path || f->new_path ? AID_OK : AID_E_NOMEM;
      free (*r->last);
      int short_enough = f->new_path && strlen (f->new_path) <= NAME_KEPT;
      *r->last = f->op == AID_OP_MODIFY && short_enough ? strdup (f->new_path) : NULL;
    }
  else
    {
      r->file = 0;
      err = old_name || new_name ? AID_E_LIMIT : AID_OK;
      free (refused);
      free (old_name);
      free (new_name);
    }
  aid_header_clear (h);
  return err;
}

enum aid_err
aid_reader_flush (struct aid_reader *r, size_t pos)
{
  const struct aid_header *h = &r->h;
  if (!h->open)
    return AID_OK;
  if (h->created || h->deleted || h->binary || h->copied || h->combined || h->odd || (h->old_exec && h->new_exec)
      || (h->from && h->to))
    {
      enum aid_err err = aid_reader_open_file (r);
      if (r->file)
        AID_VEC_AT (struct aid_patch_file, &r->p->files, r->file - 1).end = pos;
      r->file = 0;
      return err;
    }
  if (h->minus || h->plus)
    {
      char name[AID_QUOTE];
      aid_patch_note (r->p, h->beg, "a header without hunks: %s", aid_quote (aid_span_z (h->plus ? h->plus : h->minus), name));
    }
  aid_header_clear (&r->h);
  r->file = 0;
  return AID_OK;
}

/* --- header lines --- */

static enum aid_err
begin_header (struct aid_reader *r, size_t beg)
{
  enum aid_err err = aid_reader_flush (r, beg);
  r->h.open = 1;
  r->h.beg = beg;
  r->file = 0;
  r->enclosed = 0;
  return err;
}

/* Takes REST, a mode as git writes it, for *EXEC; what is no plain file is odd. */
static void
read_mode (struct aid_header *h, struct aid_span rest, int *exec)
{
  unsigned mode = 0;
  rest = aid_span_trim (rest);
  for (size_t i = 0; i < rest.len; i++)
    if (rest.ptr[i] < '0' || rest.ptr[i] > '7' || i > 6)
      return;
    else
      mode = mode * 8 + (unsigned) (rest.ptr[i] - '0');
  unsigned type = mode & 0170000;
  if (type == 0120000)
    h->odd = "a symbolic link cannot be patched";
  else if (type == 0160000)
    h->odd = "a submodule cannot be patched";
  else if ((type && type != 0100000) || (mode & 07000))
    h->odd = "a file of this mode cannot be patched";
  else if (exec && rest.len)
    *exec = 1 + ((mode & 0100) != 0);
}

/* "index OLD..NEW MODE": the mode stays as it is, but tells what the file is, and what a copy is to be. */
static int
index_line (struct aid_header *h, struct aid_span rest)
{
  const char *blank = memchr (rest.ptr, ' ', rest.len);
  if (blank)
    read_mode (h, aid_span_cut (rest, (size_t) (blank - rest.ptr), rest.len), h->copied ? &h->new_exec : NULL);
  return 1;
}

/* A line between "diff --git" and "---".  0: it is none. */
static int
extended_line (struct aid_header *h, struct aid_span v)
{
  struct aid_span rest;
  if (is (v, "new file mode", &rest))
    h->created = 1, read_mode (h, rest, &h->new_exec);
  else if (is (v, "deleted file mode", &rest))
    h->deleted = 1, read_mode (h, rest, &h->old_exec);
  else if (is (v, "new mode", &rest))
    read_mode (h, rest, &h->new_exec);
  else if (is (v, "old mode", &rest))
    read_mode (h, rest, &h->old_exec);
  else if (is (v, "rename from ", &rest))
    set (&h->from, rest);
  else if (is (v, "rename to ", &rest))
    set (&h->to, rest);
  else if (is (v, "copy from ", &rest))
    h->copied = 1, set (&h->from, rest);
  else if (is (v, "copy to ", &rest))
    h->copied = 1, set (&h->to, rest);
  else if (is (v, "Binary files ", &rest) || is (v, "GIT binary patch", &rest))
    h->binary = 1;
  else
    return is (v, "similarity index", &rest) || is (v, "dissimilarity index", &rest) || is (v, "====", &rest)
           || (is (v, "index ", &rest) && index_line (h, rest));
  return 1;
}

/* Whether "--- NAME" goes on with the header that is open: a pure rename may be followed by another file's plain diff. */
static int
goes_on (const struct aid_header *h, struct aid_span raw)
{
  if (!h->open || h->minus)
    return 0;
  if (!h->git || !h->git_old)
    return 1;
  char *name = aid_name_read (raw);
  if (!name)
    return 1;
  size_t prefix = strlen (h->git_old) > 2 && h->git_old[1] == '/' ? 2 : 0;
  int yes = strcmp (name, "/dev/null") == 0 ? !(h->from && h->to)
                                            : strcmp (name, h->git_old) == 0 || strcmp (name, h->git_old + prefix) == 0
                                                || (h->from && strcmp (name, h->from) == 0);
  free (name);
  return yes;
}

/* Whether a "*** ..." line comes at C or later, before a fence or a block of another format. */
static int
is_enclosed (const struct aid_cursor *c)
{
  struct aid_cursor at = *c;
  struct aid_in_line l;
  struct aid_span name;
  while (aid_cursor_next (&at, &l) && !aid_ends_bare (l.text))
    if (aid_at_directive (l.text, &name))
      return 1;
  return 0;
}

/* "*** Update File:" and its like.  0: it is none. */
static int
starred_line (struct aid_reader *r, const struct aid_in_line *l, enum aid_err *err)
{
  struct aid_span name;
  struct aid_header *h = &r->h;
  enum aid_directive d = aid_at_directive (l->text, &name);
  if (d == AID_NO_DIRECTIVE)
    return 0;
  if (d == AID_END_OF_FILE && r->file && r->hunk)
    AID_VEC_AT (struct aid_patch_hunk, &r->p->hunks, r->hunk - 1).at_end = 1;
  if (d == AID_MOVE_TO && h->open && h->starred && h->minus)
    {
      free (h->from);
      h->from = strdup (h->minus);
      set (&h->to, name);
    }
  if (d == AID_BEGIN_PATCH || d == AID_END_PATCH || d >= AID_UPDATE_FILE)
    *err = aid_reader_flush (r, l->beg), r->file = 0;
  if (d < AID_UPDATE_FILE)
    return 1;
  *h = (struct aid_header){ .open = 1, .starred = 1, .beg = l->beg };
  h->created = d == AID_ADD_FILE;
  h->deleted = d == AID_DELETE_FILE;
  r->enclosed = h->created && is_enclosed (r->c);
  if (d != AID_ADD_FILE)
    set (&h->minus, name);
  if (d != AID_DELETE_FILE)
    set (&h->plus, name);
  return 1;
}

/* "diff --git", "---" and "+++".  0: it is none of them. */
int
aid_reader_header (struct aid_reader *r, const struct aid_in_line *l, const struct aid_in_line *next, enum aid_err *err)
{
  struct aid_span rest, v = l->text;
  if (starred_line (r, l, err))
    return 1;
  if (is (v, "diff --git ", &rest))
    {
      *err = begin_header (r, l->beg);
      r->h.git = 1;
      aid_name_git_pair (rest, &r->h.git_old, &r->h.git_new);
      return 1;
    }
  if (is (v, "diff --cc ", &rest) || is (v, "diff --combined ", &rest))
    {
      *err = begin_header (r, l->beg);
      r->h.combined = 1;
      set (&r->h.git_new, rest);
      return 1;
    }
  if (is (v, "--- ", &rest) && next && (aid_span_starts (next->text, "+++ ") || aid_span_starts (next->text, "@@")))
    {
      if (!goes_on (&r->h, rest))
        *err = begin_header (r, l->beg);
      set (&r->h.minus, rest);
      return 1;
    }
  if (is (v, "+++ ", &rest) && ((r->h.open && !r->h.plus) || (next && aid_span_starts (next->text, "@@"))))
    {
      if (!r->h.open || r->h.plus)
        *err = begin_header (r, l->beg);
      set (&r->h.plus, rest);
      return 1;
    }
  return r->h.open && r->h.git && !r->h.plus && extended_line (&r->h, v);
}
