/* The patch as a thing: its items, their limits, and the ids of its hunks.  The readers append to it; nothing is read
   here.  All spans point into the patch's own copy of the answer, so they live as long as the patch. */
#include "patch/read_whole.h"
#include "base/hash.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const char *
aid_patch_op_name (enum aid_patch_op op)
{
  static const char *const names[] = { "modify", "create", "delete", "rename" };
  return names[op];
}

const char *
aid_patch_mode_name (int exec)
{
  return exec < 0 ? NULL : exec ? "100755" : "100644";
}

int
aid_patch_format_named (const char *name, enum aid_patch_format *format)
{
  static const char *const names[] = { "auto", "unified", "search-replace", "edits", "apply-patch", "whole" };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp (name, names[i]) == 0)
      {
        *format = (enum aid_patch_format) i;
        return 1;
      }
  return 0;
}

const char *
aid_hunk_status_name (enum aid_hunk_status s)
{
  static const char *const names[] = { "applied", "refused", "already", "left-out" };
  return names[s];
}

/* --- the walk over lines --- */

size_t
aid_quote_mark (struct aid_span line)
{
  size_t i = 0;
  while (i < 3 && i < line.len && line.ptr[i] == ' ')
    i++;
  if (i == line.len || line.ptr[i] != '>')
    return 0;
  i++;
  return i + (i < line.len && line.ptr[i] == ' ');
}

int
aid_cursor_next (struct aid_cursor *c, struct aid_in_line *line)
{
  if (c->pos >= c->end)
    {
      if (c->horizon)
        c->horizon->met = 1;
      return 0;
    }
  const char *from = c->text + c->pos;
  const char *nl = memchr (from, '\n', c->end - c->pos);
  size_t len = nl ? (size_t) (nl - from) : c->end - c->pos;
  line->beg = c->pos;
  line->end = c->pos + len + (nl ? 1 : 0);
  c->pos = line->end;
  if (len > 0 && from[len - 1] == '\r')
    len--;
  size_t skip = c->quoted ? aid_quote_mark ((struct aid_span){ from, len }) : 0, most = skip + c->indent;
  while (skip < most && skip < len && from[skip] == ' ')
    skip++;
  line->text = (struct aid_span){ from + skip, len - skip };
  return 1;
}

/* --- items --- */

void
aid_patch_note (struct aid_patch *p, size_t pos, const char *fmt, ...)
{
  struct aid_patch_note *note = aid_vec_push (&p->notes);
  if (!note)
    return;
  va_list ap;
  va_start (ap, fmt);
  note->pos = pos;
  aid_reason_v (note->msg, sizeof note->msg, fmt, ap);
  va_end (ap);
}

struct aid_patch_file *
aid_patch_add_file (struct aid_patch *p, size_t beg)
{
  struct aid_patch_file *f = aid_vec_push (&p->files);
  if (!f)
    return NULL;
  struct aid_patch_block *b = &AID_VEC_AT (struct aid_patch_block, &p->blocks, p->blocks.len - 1);
  f->beg = f->end = beg;
  f->old_exec = f->new_exec = -1;
  f->first_hunk = p->hunks.len;
  f->block = p->blocks.len - 1;
  b->nfiles++;
  return f;
}

struct aid_patch_hunk *
aid_patch_add_hunk (struct aid_patch *p, struct aid_patch_file *f, size_t beg)
{
  struct aid_patch_hunk *h = aid_vec_push (&p->hunks);
  if (!h)
    return NULL;
  h->old_start = h->old_count = h->new_start = h->new_count = -1;
  h->beg = h->end = beg;
  h->first_line = p->lines.len;
  if (f)
    f->nhunks++;
  return h;
}

struct aid_patch_line *
aid_patch_add_line (struct aid_patch *p, struct aid_patch_hunk *h, char op, struct aid_span text)
{
  struct aid_patch_line *l = aid_vec_push (&p->lines);
  if (!l)
    return NULL;
  l->op = op;
  l->text = l->raw = text;
  h->nlines++;
  return l;
}

struct aid_span
aid_patch_add_text (struct aid_patch *p, struct aid_str *text)
{
  struct aid_span v = { NULL, text->len };
  char **slot = aid_vec_push (&p->texts);
  if (slot && !(*slot = aid_str_steal (text)))
    p->texts.len--;
  else if (slot)
    v.ptr = *slot;
  return v;
}

void
aid_patch_drop_hunk (struct aid_patch *p, struct aid_patch_file *f)
{
  const struct aid_patch_hunk *h = &AID_VEC_AT (struct aid_patch_hunk, &p->hunks, p->hunks.len - 1);
  p->lines.len = h->first_line;
  p->hunks.len--;
  if (f)
    f->nhunks--;
}

void
aid_patch_drop_file (struct aid_patch *p)
{
  struct aid_patch_file *f = &AID_VEC_AT (struct aid_patch_file, &p->files, p->files.len - 1);
  free (f->old_path);
  free (f->new_path);
  free (f->refused);
  free (f->copy_of);
  AID_VEC_AT (struct aid_patch_block, &p->blocks, f->block).nfiles--;
  p->files.len--;
}

/* --- what is sure so far --- */

struct aid_patch_mark
aid_patch_mark (const struct aid_patch *p)
{
  return (struct aid_patch_mark){ p->blocks.len, p->files.len, p->hunks.len, p->lines.len, p->texts.len, p->notes.len };
}

/* What the last block and the last file hold follows from what is left. */
static void
end_early (struct aid_patch *p)
{
  if (p->files.len > 0)
    {
      struct aid_patch_file *f = &AID_VEC_AT (struct aid_patch_file, &p->files, p->files.len - 1);
      size_t left = p->hunks.len - f->first_hunk;
      if (f->nhunks > left && left > 0)
        f->end = AID_VEC_AT (struct aid_patch_hunk, &p->hunks, p->hunks.len - 1).end;
      if (f->nhunks > left)
        f->nhunks = left;
    }
  if (p->blocks.len > 0)
    {
      struct aid_patch_block *b = &AID_VEC_AT (struct aid_patch_block, &p->blocks, p->blocks.len - 1);
      size_t left = p->files.len - b->first_file;
      if (b->nfiles > left)
        b->nfiles = left;
    }
}

void
aid_patch_rollback (struct aid_patch *p, const struct aid_patch_mark *mark)
{
  for (size_t i = mark->files; i < p->files.len; i++)
    {
      struct aid_patch_file *f = &AID_VEC_AT (struct aid_patch_file, &p->files, i);
      free (f->old_path);
      free (f->new_path);
      free (f->refused);
      free (f->copy_of);
    }
  for (size_t i = mark->texts; i < p->texts.len; i++)
    free (AID_VEC_AT (char *, &p->texts, i));
  p->blocks.len = mark->blocks;
  p->files.len = mark->files;
  p->hunks.len = mark->hunks;
  p->lines.len = mark->lines;
  p->texts.len = mark->texts;
  p->notes.len = mark->notes;
  end_early (p);
}

void
aid_patch_assure (const struct aid_patch *p, const struct aid_cursor *c)
{
  if (!c->horizon || c->horizon->met)
    return;
  struct aid_patch_mark mark = aid_patch_mark (p);
  if (mark.blocks > 0 && AID_VEC_AT (struct aid_patch_block, &p->blocks, mark.blocks - 1).nfiles == 0)
    mark.blocks--;              /* one without a file is no block in the end */
  c->horizon->sure = mark;
}

/* --- ids --- */

static struct aid_span
without_trailing (struct aid_span v)
{
  while (v.len > 0 && (v.ptr[v.len - 1] == ' ' || v.ptr[v.len - 1] == '\t'))
    v.len--;
  return v;
}

/* What the id of H names.  The NTH hunk of the same content adds its number, so that every hunk has its own. */
static uint64_t
content_hash (const struct aid_patch *p, const struct aid_patch_hunk *h, uintptr_t nth, struct aid_str *scratch)
{
  aid_str_clear (scratch);
  for (size_t i = 0; i < h->nlines; i++)
    {
      const struct aid_patch_line *l = &AID_VEC_AT (struct aid_patch_line, &p->lines, h->first_line + i);
      aid_str_addc (scratch, l->op);
      aid_str_addspan (scratch, without_trailing (l->text));
      aid_str_addc (scratch, '\n');
    }
  if (nth > 0)
    aid_str_addf (scratch, "%zu", (size_t) nth);
  return aid_hash64 (aid_str_span (scratch));
}

/* Two different contents may share 32 bits; then the later one counts on until its id is free. */
static enum aid_err
give_id (struct aid_patch_hunk *h, uint64_t hash, struct aid_map *taken)
{
  for (uint64_t id = hash;; id++)
    {
      snprintf (h->id, sizeof h->id, "%08x", (unsigned) (id & 0xffffffffu));
      if (aid_map_get (taken, aid_span_z (h->id)))
        continue;
      return aid_map_put (taken, aid_span_z (h->id), taken, NULL);
    }
}

enum aid_err
aid_namer_init (struct aid_namer *n)
{
  n->seen = aid_map_new ();
  n->taken = aid_map_new ();
  n->scratch = AID_STR_INIT (AID_PATCH_MAX * 3);
  return n->seen && n->taken ? AID_OK : AID_E_NOMEM;
}

void
aid_namer_free (struct aid_namer *n)
{
  aid_map_free (n->seen, NULL);
  aid_map_free (n->taken, NULL);
  aid_str_free (&n->scratch);
}

enum aid_err
aid_namer_name (struct aid_namer *n, const struct aid_patch *p, struct aid_patch_hunk *h)
{
  uint64_t hash = content_hash (p, h, 0, &n->scratch);
  struct aid_span key = { (const char *) &hash, sizeof hash };
  uintptr_t nth = (uintptr_t) aid_map_get (n->seen, key);
  enum aid_err err = aid_map_put (n->seen, key, (void *) (nth + 1), NULL);
  if (!err)
    err = give_id (h, nth ? content_hash (p, h, nth, &n->scratch) : hash, n->taken);
  return err ? err : n->scratch.err;
}

static enum aid_err
name_hunks (struct aid_patch *p)
{
  struct aid_namer n;
  enum aid_err err = aid_namer_init (&n);
  for (size_t i = 0; i < p->hunks.len && !err; i++)
    err = aid_namer_name (&n, p, &AID_VEC_AT (struct aid_patch_hunk, &p->hunks, i));
  aid_namer_free (&n);
  return err;
}

/* --- reading --- */

struct aid_patch *
aid_patch_new (void)
{
  struct aid_patch *p = calloc (1, sizeof *p);
  if (!p)
    return NULL;
  p->blocks = AID_VEC_INIT (struct aid_patch_block, AID_PATCH_FILES);
  p->files = AID_VEC_INIT (struct aid_patch_file, AID_PATCH_FILES);
  p->hunks = AID_VEC_INIT (struct aid_patch_hunk, AID_PATCH_HUNKS);
  p->lines = AID_VEC_INIT (struct aid_patch_line, AID_PATCH_LINES);
  p->texts = AID_VEC_INIT (char *, AID_PATCH_LINES);
  p->notes = AID_VEC_INIT (struct aid_patch_note, AID_PATCH_NOTES);
  p->candidates = AID_VEC_INIT (struct aid_patch_candidate, AID_PATCH_CANDIDATES);
  return p;
}

enum aid_err
aid_patch_read (struct aid_span answer, enum aid_patch_format format, struct aid_patch **out, struct aid_error *e)
{
  return aid_patch_read_with (answer, format, NULL, out, e);
}

enum aid_err
aid_patch_read_with (struct aid_span answer, enum aid_patch_format format, const struct aid_vec *settled, struct aid_patch **out,
                     struct aid_error *e)
{
  *out = NULL;
  if (answer.len > AID_PATCH_MAX)
    return aid_error_set (e, AID_E_LIMIT, "the answer is over %zu MB", AID_PATCH_MAX >> 20);
  struct aid_patch *p = aid_patch_new ();
  if (!p)
    return aid_error_set (e, AID_E_NOMEM, "no memory to read a patch");
  p->text = aid_span_dup (answer);
  p->len = answer.len;
  enum aid_err err = p->text ? aid_read_blocks (p, format, settled) : AID_E_NOMEM;
  if (!err)
    err = name_hunks (p);
  if (err)
    {
      aid_patch_free (p);
      if (err == AID_E_LIMIT)
        return aid_error_set (e, err, "the answer holds more than can be read (%d files, %d hunks, %d of their lines)",
                              AID_PATCH_FILES, AID_PATCH_HUNKS, AID_PATCH_LINES);
      return aid_error_set (e, err, "no memory to read a patch");
    }
  *out = p;
  return AID_OK;
}

void
aid_patch_free (struct aid_patch *p)
{
  static const struct aid_patch_mark nothing;
  if (!p)
    return;
  for (size_t i = 0; i < p->candidates.len; i++)
    free (AID_VEC_AT (struct aid_patch_candidate, &p->candidates, i).path);
  aid_vec_free (&p->candidates);
  aid_patch_rollback (p, &nothing);
  aid_vec_free (&p->texts);
  aid_vec_free (&p->blocks);
  aid_vec_free (&p->files);
  aid_vec_free (&p->hunks);
  aid_vec_free (&p->lines);
  aid_vec_free (&p->notes);
  free (p->text);
  free (p);
}
