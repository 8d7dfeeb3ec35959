/* Unified diffs: the hunks under the headers of files.  In a fence everything that is neither is prose and skipped; a bare run
   ends at a fence or at a block of another format. */
#include "patch/read_header.h"

#include <stdlib.h>

/* The file of hunks that no header names. */
static enum aid_err
open_unnamed (struct aid_reader *r, size_t pos)
{
  struct aid_patch_file *f = aid_patch_add_file (r->p, pos);
  if (!f)
    return AID_E_LIMIT;
  const char *name = r->prose ? r->prose : *r->last ? *r->last : "";
  f->op = AID_OP_MODIFY;
  f->guessed = 1;
  f->old_path = strdup (name);
  f->new_path = strdup (name);
  r->file = r->p->files.len;
  return f->old_path && f->new_path ? AID_OK : AID_E_NOMEM;
}

/* Takes the hunk that was read last, which has no lines, out again.  Its section may head that of the @@ line at C. */
static void
empty_hunk (struct aid_reader *r, struct aid_patch_file *f, size_t pos)
{
  const struct aid_patch_hunk *h = &AID_VEC_AT (struct aid_patch_hunk, &r->p->hunks, r->p->hunks.len - 1);
  struct aid_cursor c = *r->c;
  struct aid_in_line next;
  if (h->section.len > 0 && h->old_start < 0 && aid_cursor_next (&c, &next) && aid_span_starts (next.text, "@@"))
    {
      aid_str_addspan (&r->outer, h->section);
      aid_str_addc (&r->outer, '\n');
    }
  else
    {
      aid_patch_note (r->p, pos, "a hunk without lines");
      aid_str_clear (&r->outer);
    }
  aid_patch_drop_hunk (r->p, f);
  r->hunk = 0;
}

/* Puts the sections of the @@ lines before in front of H's. */
static enum aid_err
nest_section (struct aid_reader *r, struct aid_patch_hunk *h)
{
  if (r->outer.len == 0)
    return AID_OK;
  aid_str_addspan (&r->outer, h->section);
  if (!r->outer.err)
    {
      h->section = aid_patch_add_text (r->p, &r->outer);
      if (!h->section.ptr)
        return AID_E_NOMEM;
    }
  aid_str_clear (&r->outer);
  return AID_OK;
}

/* A file that "--- /dev/null" calls new, but of which the hunk at C deletes lines, is there: models write that. */
static enum aid_err
doubt (struct aid_reader *r, struct aid_patch_file *f, int headless)
{
  if (!r->doubtful || !r->fenced || f->op != AID_OP_CREATE || !aid_hunk_deletes (r->c, headless))
    return AID_OK;
  f->op = AID_OP_MODIFY;
  f->old_path = strdup (f->new_path);
  return f->old_path ? AID_OK : AID_E_NOMEM;
}

static enum aid_err
hunk (struct aid_reader *r, size_t pos, int headless)
{
  enum aid_err err = AID_OK;
  int first = r->h.open;
  if (first)
    err = aid_reader_open_file (r);
  if (!err && !r->file)
    err = open_unnamed (r, pos);
  if (err)
    return err;
  struct aid_patch_file *f = &AID_VEC_AT (struct aid_patch_file, &r->p->files, r->file - 1);
  if (first)
    err = doubt (r, f, headless);
  if (!err)
    err = aid_read_hunk (r->p, f, r->c, r->enclosed ? AID_ENCLOSED : r->fenced, headless);
  if (err)
    return err;
  struct aid_patch_hunk *h = &AID_VEC_AT (struct aid_patch_hunk, &r->p->hunks, r->p->hunks.len - 1);
  r->hunk = r->p->hunks.len;
  if (h->nlines > 0)
    err = nest_section (r, h);
  else
    {
      empty_hunk (r, f, pos);
      if (f->guessed && f->nhunks == 0)
        {
          aid_patch_drop_file (r->p);
          r->file = 0;
        }
    }
  if (r->c->pos == pos)     /* a line that no hunk takes */
    {
      struct aid_in_line skipped;
      aid_cursor_next (r->c, &skipped);
    }
  return err;
}

/* Lines of a change that stand where no hunk can be. */
static void
stray (struct aid_reader *r, const struct aid_in_line *l)
{
  if (r->told || l->text.len == 0 || (l->text.ptr[0] != '+' && l->text.ptr[0] != '-'))
    return;
  r->told = 1;
  aid_patch_note (r->p, l->beg, "changed lines that belong to no hunk are left out");
}

/* Whether a body begins without its @@ line: behind "+++" at once, or before anything else in a fence. */
static int
is_headless (const struct aid_reader *r, struct aid_span v)
{
  if (v.len == 0)
    return 0;
  int body = v.ptr[0] == '+' || v.ptr[0] == '-' || v.ptr[0] == ' ';
  if (r->h.open && r->h.plus)
    return body || r->enclosed || (r->fenced && (r->h.created || (r->h.minus && strcmp (r->h.minus, "/dev/null") == 0)));
  return body && r->bare_body && !r->h.open && !r->file;
}

/* A line outside of hunks and headers; 0: the run ends before it. */
static int
other_line (struct aid_reader *r, const struct aid_in_line *l)
{
  if (r->fenced)
    {
      if (r->file)
        stray (r, l);
      return 1;
    }
  if (aid_ends_bare (l->text))
    return 0;
  char *name = r->file ? NULL : aid_name_in_prose (l->text);
  if (name)
    {
      free (r->prose);
      r->prose = name;
    }
  return 1;
}

/* Whether only a body can begin this fence: a line of a change stands before any header. */
static int
begins_with_body (struct aid_cursor c)
{
  struct aid_in_line l;
  while (aid_cursor_next (&c, &l) && l.text.len > 0)
    if (aid_span_starts (l.text, "@@") || aid_span_starts (l.text, "--- ") || aid_span_starts (l.text, "+++ "))
      return 0;
    else if (strchr ("+-", l.text.ptr[0]))
      return 1;
  return 0;
}

enum aid_err
aid_read_unified (struct aid_patch *p, struct aid_cursor *c, int fenced, struct aid_span prose, char **last)
{
  struct aid_reader r = { .p = p, .c = c, .fenced = fenced, .prose = aid_name_in_lines (prose), .last = last };
  r.outer = AID_STR_INIT (1 << 16);
  enum aid_err err = AID_OK;
  struct aid_cursor at = *c;
  struct aid_in_line l, next;
  size_t read = c->pos;         /* behind the last header or hunk */
  r.bare_body = fenced && begins_with_body (at);
  while (!err && aid_cursor_next (c, &l))
    {
      struct aid_cursor after = *c;
      int more = aid_cursor_next (&after, &next);
      if (aid_reader_header (&r, &l, more ? &next : NULL, &err))
        {
          if (!r.file)          /* else the line may speak of the last hunk, or be followed by one that does */
            aid_patch_assure (p, c);
        }
      else if (aid_span_starts (l.text, "@@") || is_headless (&r, l.text))
        {
          aid_patch_assure (p, c);
          *c = at;
          err = hunk (&r, l.beg, !aid_span_starts (l.text, "@@"));
        }
      else if (!other_line (&r, &l))
        {
          *c = at;
          break;
        }
      else
        {
          at = *c;
          continue;
        }
      at = *c;
      read = c->pos;
    }
  if (!err)
    err = aid_reader_flush (&r, fenced ? c->pos : read);
  if (!fenced)
    c->pos = read;              /* what follows is prose again */
  aid_header_clear (&r.h);
  aid_str_free (&r.outer);
  free (r.prose);
  return err;
}
