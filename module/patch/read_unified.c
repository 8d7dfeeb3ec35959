/* Unified diffs: the headers of files, as git, diff and models write them, and the hunks under them.  In a fence everything
   that is neither is prose and skipped; a bare run ends at the first line that is neither. */
#include "patch/patch_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* What the header lines of one file have said so far. */
struct header
{
  size_t beg;
  int open, git;                /* lines of it were seen; it began with "diff --git" */
  int created, deleted, binary, copied, combined;
  int old_exec, new_exec;       /* modes: 1 + whether executable, 0 for none stated */
  const char *odd;              /* what the file is instead of a plain one, or NULL */
  int renamed;                  /* "rename from" and "rename to" were read: they leave no doubt */
  char *git_old, *git_new, *minus, *plus, *from, *to;
};

struct reader
{
  struct aid_patch *p;
  struct aid_cursor *c;
  int fenced;
  struct header h;
  size_t file;                  /* index + 1 of the file that hunks go to, 0: none */
  int told;                     /* a note on lines without a hunk was given since the last header */
};

static int
is (struct aid_span line, const char *z, struct aid_span *rest)
{
  if (!aid_span_starts (line, z))
    return 0;
  *rest = aid_span_cut (line, strlen (z), line.len);
  return 1;
}

static void
header_clear (struct header *h)
{
  free (h->git_old);
  free (h->git_new);
  free (h->minus);
  free (h->plus);
  free (h->from);
  free (h->to);
  *h = (struct header){ 0 };
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
choose_names (struct header *h, char **old_name, char **new_name)
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
  aid_name_strip (old_name, new_name, h->git);
}

static void
set_paths (struct aid_patch_file *f, const struct header *h, char *old_name, char *new_name)
{
  f->op = h->created || h->copied ? AID_OP_CREATE : h->deleted ? AID_OP_DELETE : AID_OP_MODIFY;
  if (!old_name && f->op != AID_OP_CREATE)
    old_name = new_name ? strdup (new_name) : NULL;
  if (!new_name && f->op != AID_OP_DELETE)
    new_name = old_name ? strdup (old_name) : NULL;
  if (f->op == AID_OP_CREATE)
    {
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
why_refused (const struct header *h)
{
  if (h->combined)
    return strdup ("the combined diff of a merge cannot be applied");
  if (h->odd)
    return strdup (h->odd);
  if (h->copied)
    return strdup ("copying a file is not supported");
  return h->binary ? strdup ("a binary file cannot be patched") : NULL;
}

/* Makes a file of the header that was read, if it names one. */
static enum aid_err
open_file (struct reader *r)
{
  char *old_name = NULL, *new_name = NULL;
  struct header *h = &r->h;
  choose_names (h, &old_name, &new_name);
  enum aid_err err = AID_OK;
  struct aid_patch_file *f = old_name || new_name ? aid_patch_add_file (r->p, h->beg) : NULL;
  if (f)
    {
      f->refused = why_refused (h);
      f->old_exec = h->old_exec - 1;
      f->new_exec = h->new_exec - 1;
      set_paths (f, h, old_name, new_name);
      r->file = r->p->files.len;
      r->told = 0;
      err = f->old_path || f->new_path ? AID_OK : AID_E_NOMEM;
    }
  else
    {
      r->file = 0;
      err = old_name || new_name ? AID_E_LIMIT : AID_OK;
      free (old_name);
      free (new_name);
    }
  header_clear (h);
  return err;
}

/* Ends a header that no hunk follows: renames, empty files, binary ones.  POS: where the header ended. */
static enum aid_err
flush_header (struct reader *r, size_t pos)
{
  const struct header *h = &r->h;
  if (!h->open)
    return AID_OK;
  if (h->created || h->deleted || h->binary || h->copied || h->combined || h->odd || (h->old_exec && h->new_exec)
      || (h->from && h->to))
    {
      enum aid_err err = open_file (r);
      if (r->file)
        AID_VEC_AT (struct aid_patch_file, &r->p->files, r->file - 1).end = pos;
      r->file = 0;
      return err;
    }
  if (h->minus || h->plus)
    aid_patch_note (r->p, h->beg, "a header without hunks: %.100s", h->plus ? h->plus : h->minus);
  header_clear (&r->h);
  r->file = 0;
  return AID_OK;
}

/* --- header lines --- */

static enum aid_err
begin_header (struct reader *r, size_t beg)
{
  enum aid_err err = flush_header (r, beg);
  r->h.open = 1;
  r->h.beg = beg;
  r->file = 0;
  return err;
}

/* Takes REST, a mode as git writes it, for *EXEC; what is no plain file is odd. */
static void
read_mode (struct header *h, struct aid_span rest, int *exec)
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

/* "index OLD..NEW MODE": the mode stays as it is, but tells what the file is. */
static int
index_line (struct header *h, struct aid_span rest)
{
  const char *blank = memchr (rest.ptr, ' ', rest.len);
  if (blank)
    read_mode (h, aid_span_cut (rest, (size_t) (blank - rest.ptr), rest.len), NULL);
  return 1;
}

/* A line between "diff --git" and "---".  0: it is none. */
static int
extended_line (struct header *h, struct aid_span v)
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
  else if (is (v, "copy from ", &rest) || is (v, "copy to ", &rest))
    h->copied = 1;
  else if (is (v, "Binary files ", &rest) || is (v, "GIT binary patch", &rest))
    h->binary = 1;
  else
    return is (v, "similarity index", &rest) || is (v, "dissimilarity index", &rest) || is (v, "====", &rest)
           || (is (v, "index ", &rest) && index_line (h, rest));
  return 1;
}

/* Whether "--- NAME" goes on with the header that is open: a pure rename may be followed by another file's plain diff. */
static int
goes_on (const struct header *h, struct aid_span raw)
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

/* "diff --git", "---" and "+++".  0: it is none of them. */
static int
header_line (struct reader *r, const struct aid_in_line *l, const struct aid_in_line *next, enum aid_err *err)
{
  struct aid_span rest, v = l->text;
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

/* --- hunks --- */

static enum aid_err
hunk (struct reader *r, size_t pos, int headless)
{
  enum aid_err err = AID_OK;
  if (r->h.open)
    err = open_file (r);
  if (err)
    return err;
  struct aid_patch_file *f = r->file ? &AID_VEC_AT (struct aid_patch_file, &r->p->files, r->file - 1) : NULL;
  err = aid_read_hunk (r->p, f, r->c, r->fenced, headless);
  if (err)
    return err;
  const struct aid_patch_hunk *h = &AID_VEC_AT (struct aid_patch_hunk, &r->p->hunks, r->p->hunks.len - 1);
  if (!f)
    aid_patch_note (r->p, pos, "a hunk without a file name above it");
  else if (h->nlines == 0)
    aid_patch_note (r->p, pos, "a hunk without lines");
  if (!f || h->nlines == 0)
    aid_patch_drop_hunk (r->p, f);
  if (r->c->pos == pos)     /* a line that no hunk takes */
    {
      struct aid_in_line skipped;
      aid_cursor_next (r->c, &skipped);
    }
  return AID_OK;
}

/* Lines of a change that stand where no hunk can be. */
static void
stray (struct reader *r, const struct aid_in_line *l)
{
  if (r->told || l->text.len == 0 || (l->text.ptr[0] != '+' && l->text.ptr[0] != '-'))
    return;
  r->told = 1;
  aid_patch_note (r->p, l->beg, "changed lines that belong to no hunk are left out");
}

/* Whether a body follows "+++" at once, its @@ line missing. */
static int
is_headless (const struct reader *r, struct aid_span v)
{
  return r->h.open && r->h.plus && v.len > 0 && (v.ptr[0] == '+' || v.ptr[0] == '-' || v.ptr[0] == ' ');
}

enum aid_err
aid_read_unified (struct aid_patch *p, struct aid_cursor *c, int fenced)
{
  struct reader r = { .p = p, .c = c, .fenced = fenced };
  enum aid_err err = AID_OK;
  struct aid_cursor at = *c;
  struct aid_in_line l, next;
  while (!err && aid_cursor_next (c, &l))
    {
      struct aid_cursor after = *c;
      int more = aid_cursor_next (&after, &next);
      if (header_line (&r, &l, more ? &next : NULL, &err))
        ;
      else if (aid_span_starts (l.text, "@@") || is_headless (&r, l.text))
        {
          *c = at;
          err = hunk (&r, l.beg, !aid_span_starts (l.text, "@@"));
        }
      else if (!fenced && !aid_at_file_header (&at) && l.text.len > 0 && !aid_span_starts (l.text, "===="))
        {
          *c = at;
          break;
        }
      else if (r.file)
        stray (&r, &l);
      at = *c;
    }
  if (!err)
    err = flush_header (&r, c->pos);
  header_clear (&r.h);
  return err;
}
