/* Diffs as answers. */
#include "learn/completion.h"
#include "base/fs.h"
#include "learn/fence.h"
#include "patch/patch.h"

#include <stdlib.h>

#define TEXT_MAX ((size_t)64 << 20)
#define CONTEXT_MORE 20 /* lines that are added on each side until a block is the only one that fits */

struct writing
{
  const struct aid_patch *p;
  const char *dir;
  struct aid_str *out;
  struct aid_error *e;
};

static const struct aid_patch_line *
line_at (const struct aid_patch *p, size_t i)
{
  return &AID_VEC_AT (struct aid_patch_line, &p->lines, i);
}

/* --- unified diffs ------------------------------------------------------------------------------------------------ */

/* Whether the file becomes a program, or is one no more. */
static int
is_moded (const struct aid_patch_file *f)
{
  return f->new_exec >= 0 && f->old_exec != f->new_exec;
}

/* Appends the header that only git writes, where there is something to say that no other can. */
static void
add_git_header (const struct aid_patch_file *f, struct aid_str *out)
{
  const char *old = f->old_path ? f->old_path : f->new_path, *new = f->new_path ? f->new_path : f->old_path;
  int renamed = f->op == AID_OP_RENAME, moded = is_moded (f);
  if (!renamed && !moded && f->nhunks)
    return;
  aid_str_addf (out, "diff --git a/%s b/%s\n", old, new);
  if (f->op == AID_OP_CREATE)
    aid_str_addf (out, "new file mode %s\n", f->new_exec == 1 ? "100755" : "100644");
  else if (f->op == AID_OP_DELETE)
    aid_str_addz (out, "deleted file mode 100644\n");
  else if (moded && f->old_exec >= 0)
    aid_str_addf (out, "old mode %s\nnew mode %s\n", aid_patch_mode_name (f->old_exec), aid_patch_mode_name (f->new_exec));
  if (renamed)
    aid_str_addf (out, "rename from %s\nrename to %s\n", old, new);
}

/* EOL ends the lines of text: the patch engine takes that of the file, and of a new one what the lines have. */
static void
add_unified_hunk (const struct aid_patch *p, const struct aid_patch_hunk *h, const char *eol, struct aid_str *out)
{
  aid_str_addf (out, "@@ -%lld,%lld +%lld,%lld @@", (long long)h->old_start, (long long)h->old_count,
                (long long)h->new_start, (long long)h->new_count);
  if (h->section.len)
    aid_str_addf (out, " %.*s", (int)h->section.len, h->section.ptr);
  aid_str_addc (out, '\n');
  for (size_t i = h->first_line; i < h->first_line + h->nlines; i++)
    {
      const struct aid_patch_line *line = line_at (p, i);
      aid_str_addc (out, line->op);
      aid_str_addspan (out, line->text);
      aid_str_addz (out, line->no_newline ? "\n\\ No newline at end of file\n" : eol);
    }
}

static enum aid_err
write_unified (struct writing *w)
{
  struct aid_str text = AID_STR_INIT (TEXT_MAX);
  for (size_t i = 0; i < w->p->files.len; i++)
    {
      const struct aid_patch_file *f = &AID_VEC_AT (struct aid_patch_file, &w->p->files, i);
      add_git_header (f, &text);
      if (f->nhunks)
        aid_str_addf (&text, "--- %s%s\n+++ %s%s\n", f->op == AID_OP_CREATE ? "" : "a/",
                      f->op == AID_OP_CREATE ? "/dev/null" : f->old_path, f->op == AID_OP_DELETE ? "" : "b/",
                      f->op == AID_OP_DELETE ? "/dev/null" : f->new_path);
      for (size_t k = f->first_hunk; k < f->first_hunk + f->nhunks; k++)
        add_unified_hunk (w->p, &AID_VEC_AT (struct aid_patch_hunk, &w->p->hunks, k), f->crlf ? "\r\n" : "\n", &text);
    }
  aid_fence_add (w->out, "diff", aid_str_span (&text));
  enum aid_err err = text.err ? aid_error_set (w->e, text.err, "The change is too large") : AID_OK;
  aid_str_free (&text);
  return err;
}

/* --- search and replace ------------------------------------------------------------------------------------------- */

/* The lines of TEXT from FIRST on (from 0), N of them. */
static struct aid_span
lines_of (struct aid_span text, size_t first, size_t n)
{
  struct aid_span rest = text, line;
  while (first-- && aid_span_line (&rest, &line))
    ;
  struct aid_span from = rest;
  while (n-- && aid_span_line (&rest, &line))
    ;
  return (struct aid_span){ from.ptr, from.len - rest.len };
}

static size_t
count_lines (struct aid_span text)
{
  struct aid_span line;
  size_t n = 0;
  while (aid_span_line (&text, &line))
    n++;
  return n;
}

static int
occurs_once (struct aid_span needle, struct aid_span text)
{
  ptrdiff_t at = aid_span_find (text, needle);
  return at >= 0 && aid_span_find (aid_span_cut (text, (size_t)at + 1, text.len), needle) < 0;
}

static void
add_block (struct aid_str *out, const char *path, struct aid_span old, struct aid_span new)
{
  struct aid_str block = AID_STR_INIT (TEXT_MAX);
  static const struct aid_span mark = { "=======", 7 };
  int eight = aid_span_find (old, mark) >= 0 || aid_span_find (new, mark) >= 0;
  aid_str_addf (&block, "%s\n<%s SEARCH\n", path, eight ? "<<<<<<<" : "<<<<<<");
  aid_str_addspan (&block, old);
  aid_str_addf (&block, "%s=%s\n", !old.len || aid_span_ends (old, "\n") ? "" : "\n", eight ? "=======" : "======");
  aid_str_addspan (&block, new);
  aid_str_addf (&block, "%s>%s REPLACE\n", !new.len || aid_span_ends (new, "\n") ? "" : "\n", eight ? ">>>>>>>" : ">>>>>>");
  aid_fence_add (out, "", aid_str_span (&block));
  aid_str_addz (out, "\n");
  aid_str_free (&block);
}

/* The lines of H that are OLD (else new) ones, in OUT. */
static void
side_of (const struct aid_patch *p, const struct aid_patch_hunk *h, char leave, struct aid_str *out)
{
  for (size_t i = h->first_line; i < h->first_line + h->nlines; i++)
    if (line_at (p, i)->op != leave)
      {
        aid_str_addspan (out, line_at (p, i)->text);
        aid_str_addz (out, line_at (p, i)->no_newline ? "" : "\n");
      }
}

/* Whether the hunks of F say nothing but that lines end otherwise. */
static int
only_ends (const struct writing *w, const struct aid_patch_file *f)
{
  int same = f->op == AID_OP_MODIFY && f->nhunks && !is_moded (f);
  for (size_t k = f->first_hunk; same && k < f->first_hunk + f->nhunks; k++)
    {
      const struct aid_patch_hunk *h = &AID_VEC_AT (struct aid_patch_hunk, &w->p->hunks, k);
      struct aid_str old = AID_STR_INIT (TEXT_MAX), new = AID_STR_INIT (TEXT_MAX);
      side_of (w->p, h, '+', &old);
      side_of (w->p, h, '-', &new);
      same = aid_span_eq (aid_str_span (&old), aid_str_span (&new));
      aid_str_free (&old);
      aid_str_free (&new);
    }
  return same;
}

static enum aid_err
check_ends (struct writing *w)
{
  for (size_t i = 0; i < w->p->files.len; i++)
    {
      const struct aid_patch_file *f = &AID_VEC_AT (struct aid_patch_file, &w->p->files, i);
      if (only_ends (w, f))
        return aid_error_set (w->e, AID_E_STATE, "Lines of %s end otherwise, and nothing else changes in it", f->new_path);
    }
  return AID_OK;
}

/* A block for the hunk H of a file with TEXT, with as many lines around as make it the only one that fits. */
static enum aid_err
add_hunk_block (struct writing *w, const struct aid_patch_file *f, const struct aid_patch_hunk *h, struct aid_span text,
                size_t least)
{
  struct aid_str old = AID_STR_INIT (TEXT_MAX), new = AID_STR_INIT (TEXT_MAX), bare_old = AID_STR_INIT (TEXT_MAX);
  struct aid_str bare_new = AID_STR_INIT (TEXT_MAX);
  side_of (w->p, h, '+', &bare_old);
  side_of (w->p, h, '-', &bare_new);
  size_t first = h->old_start > 0 ? (size_t)h->old_start - 1 : 0, n = count_lines (aid_str_span (&bare_old));
  first = h->old_count ? first : (size_t)h->old_start;
  int once = 0;
  for (size_t more = 0; more <= CONTEXT_MORE && !once; more++)
    {
      size_t above = first < more ? first : more;
      above = first - above < least ? first - (least < first ? least : first) : above;
      aid_str_clear (&old);
      aid_str_clear (&new);
      aid_str_addspan (&old, lines_of (text, first - above, above));
      aid_str_addspan (&new, lines_of (text, first - above, above));
      aid_str_addspan (&old, aid_str_span (&bare_old));
      aid_str_addspan (&new, aid_str_span (&bare_new));
      aid_str_addspan (&old, lines_of (text, first + n, more));
      aid_str_addspan (&new, lines_of (text, first + n, more));
      once = old.len && occurs_once (aid_str_span (&old), text);
    }
  if (once)
    add_block (w->out, f->old_path, aid_str_span (&old), aid_str_span (&new));
  aid_str_free (&old);
  aid_str_free (&new);
  aid_str_free (&bare_old);
  aid_str_free (&bare_new);
  return once ? AID_OK
              : aid_error_set (w->e, AID_E_INVALID, "No block of %s is the only one that fits at line %lld", f->old_path,
                               (long long)h->old_start);
}

/* Takes the carriage returns off the ends of TEXT's lines: the lines of a diff that was read have none, nor do blocks. */
static void
drop_returns (struct aid_str *text)
{
  size_t to = 0;
  for (size_t i = 0; i < text->len; i++)
    if (text->ptr[i] != '\r' || i + 1 == text->len || text->ptr[i + 1] != '\n')
      text->ptr[to++] = text->ptr[i];
  if (to < text->len)
    aid_str_remove (text, to, text->len - to);
}

static enum aid_err
write_blocks_of (struct writing *w, const struct aid_patch_file *f)
{
  struct aid_str path = AID_STR_INIT (8192), text = AID_STR_INIT (TEXT_MAX), new = AID_STR_INIT (TEXT_MAX);
  enum aid_err err = AID_OK;
  if (f->op == AID_OP_DELETE || f->op == AID_OP_RENAME)
    err = aid_error_set (w->e, AID_E_INVALID, "Search/replace blocks cannot %s %s", aid_patch_op_name (f->op), f->old_path);
  else if (f->op == AID_OP_CREATE ? f->new_exec == 1 : is_moded (f))
    err = aid_error_set (w->e, AID_E_INVALID, "Search/replace blocks cannot change who may run %s", f->new_path);
  else if (f->op == AID_OP_CREATE)
    {
      for (size_t k = f->first_hunk; k < f->first_hunk + f->nhunks; k++)
        side_of (w->p, &AID_VEC_AT (struct aid_patch_hunk, &w->p->hunks, k), '-', &new);
      add_block (w->out, f->new_path, AID_SPAN (""), aid_str_span (&new));
    }
  else if (!(err = aid_patch_path (w->dir, f->old_path, &path, w->e)))
    err = aid_fs_read (aid_str_z (&path), &text, w->e);
  drop_returns (&text);
  if (aid_span_starts (aid_str_span (&text), "\xef\xbb\xbf"))
    aid_str_remove (&text, 0, 3);
  for (size_t k = f->first_hunk; !err && f->op == AID_OP_MODIFY && k < f->first_hunk + f->nhunks; k++)
    {
      const struct aid_patch_hunk *h = &AID_VEC_AT (struct aid_patch_hunk, &w->p->hunks, k), *before = h - 1;
      size_t least = k > f->first_hunk ? (size_t)(before->old_start + before->old_count - 1) : 0;
      err = add_hunk_block (w, f, h, aid_str_span (&text), least);
    }
  aid_str_free (&path);
  aid_str_free (&text);
  aid_str_free (&new);
  return err;
}

static enum aid_err
write_blocks (struct writing *w)
{
  enum aid_err err = AID_OK;
  for (size_t i = 0; i < w->p->files.len && !err; i++)
    err = write_blocks_of (w, &AID_VEC_AT (struct aid_patch_file, &w->p->files, i));
  if (!err)
    w->out->len
      = aid_span_trim (aid_str_span (w->out)).len + (size_t)(aid_span_trim (aid_str_span (w->out)).ptr - w->out->ptr);
  aid_str_addc (w->out, '\n');
  return err;
}

/* Takes the byte order mark off the first line of files that are changed: the patch engine takes it for no part
   of the line, and leaves it where it is. */
static void
drop_marks (struct aid_patch *p)
{
  static const char mark[] = "\xef\xbb\xbf";
  for (size_t i = 0; i < p->files.len; i++)
    {
      const struct aid_patch_file *f = &AID_VEC_AT (struct aid_patch_file, &p->files, i);
      const struct aid_patch_hunk *h = f->nhunks ? &AID_VEC_AT (struct aid_patch_hunk, &p->hunks, f->first_hunk) : NULL;
      int old = 1, new = 1; /* the first line of that side is still to come */
      if (!h || h->old_start > 1 || (f->op != AID_OP_MODIFY && f->op != AID_OP_RENAME))
        continue;
      for (size_t k = h->first_line; k < h->first_line + h->nlines && (old || new); k++)
        {
          struct aid_patch_line *line = &AID_VEC_AT (struct aid_patch_line, &p->lines, k);
          int first = (line->op != '+' && old) || (line->op != '-' && new);
          old = old && line->op == '+';
          new = new && line->op == '-';
          if (first && aid_span_starts (line->text, mark))
            line->text = aid_span_cut (line->text, 3, line->text.len);
        }
    }
}

enum aid_err
aid_completion_write (const char *format, struct aid_span diff, struct aid_span summary, const char *dir,
                      struct aid_str *out, struct aid_error *e)
{
  static const struct
  {
    const char *name;
    enum aid_err (*write) (struct writing *w);
  } forms[] = { { "unified", write_unified }, { "search-replace", write_blocks } };
  struct aid_patch *p = NULL;
  enum aid_err err = aid_patch_read (diff, AID_FORMAT_UNIFIED, &p, e);
  struct writing w = { p, dir, out, e };
  if (err)
    return err;
  drop_marks (p);
  err = aid_error_set (e, AID_E_INVALID, "Changes in the form \"%s\" cannot be written: unified and search-replace can",
                       format);
  struct aid_span t = aid_span_trim (summary);
  aid_str_addspan (out, t);
  aid_str_addz (out, t.len ? "\n\n" : "");
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
    if (!strcmp (forms[i].name, format))
      {
        *e = (struct aid_error){ AID_OK, "" };
        err = p->files.len ? check_ends (&w) : aid_error_set (e, AID_E_INVALID, "There is no change in the diff");
        err = err ? err : forms[i].write (&w);
      }
  if (!err && out->err)
    err = aid_error_set (e, out->err, "The change is too large");
  aid_patch_free (p);
  return err;
}
