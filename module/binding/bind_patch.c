/* Patches for Lisp: what is in an answer, and where a patch may write. */
#include "base/utf8.h"
#include "base/val.h"
#include "binding/binding_internal.h"
#include "patch/patch.h"
#include <stdlib.h>

/* --- reading --------------------------------------------------------------------------------------------------------- */

/* Where a byte is in characters; near look-ups are cheap. */
struct cursor
{
  struct aid_span text;
  size_t byte, chr;
};

static void
kpos (struct aid_str *val, const char *key, struct cursor *c, size_t byte)
{
  if (byte >= c->byte)
    c->chr += aid_utf8_count (aid_span_cut (c->text, c->byte, byte));
  else
    c->chr -= aid_utf8_count (aid_span_cut (c->text, byte, c->byte));
  c->byte = byte;
  aid_val_kint (val, key, (int64_t) c->chr);
}

/* KEY: (FIRST FIRST+1 ...), N of them. */
static void
kindexes (struct aid_str *val, const char *key, size_t first, size_t n)
{
  aid_val_key (val, key);
  size_t l = aid_val_list (val);
  for (size_t i = 0; i < n; i++)
    aid_val_int (val, (int64_t) (first + i));
  aid_val_end (val, l, (uint32_t) n);
}

/* The hunk as a diff of its own: counts as they are, starts as stated or 1. */
static void
hunk_text (const struct aid_patch *p, const struct aid_patch_hunk *h, struct aid_str *out)
{
  long long olds = 0, news = 0;
  for (size_t i = 0; i < h->nlines; i++)
    {
      char op = AID_VEC_AT (struct aid_patch_line, &p->lines, h->first_line + i).op;
      olds += op != '+';
      news += op != '-';
    }
  long long from = h->old_start >= 0 ? h->old_start : olds > 0, to = h->new_start >= 0 ? h->new_start : news > 0;
  aid_str_addf (out, "@@ -%lld,%lld +%lld,%lld @@", from, olds, to, news);
  if (h->section.len > 0)
    aid_str_addc (out, ' ');
  aid_str_addspan (out, h->section);
  aid_str_addc (out, '\n');
  for (size_t i = 0; i < h->nlines; i++)
    {
      const struct aid_patch_line *line = &AID_VEC_AT (struct aid_patch_line, &p->lines, h->first_line + i);
      aid_str_addc (out, line->op);
      aid_str_addspan (out, line->text);
      aid_str_addz (out, line->no_newline ? "\n\\ No newline at end of file\n" : "\n");
    }
}

static void
blocks_val (const struct aid_patch *p, struct cursor c, struct aid_str *val)
{
  aid_val_key (val, "blocks");
  size_t l = aid_val_list (val);
  for (size_t i = 0; i < p->blocks.len; i++)
    {
      const struct aid_patch_block *b = &AID_VEC_AT (struct aid_patch_block, &p->blocks, i);
      size_t o = aid_val_object (val);
      kpos (val, "beg", &c, b->beg);
      kpos (val, "end", &c, b->end);
      kindexes (val, "files", b->first_file, b->nfiles);
      aid_val_end (val, o, 3);
    }
  aid_val_end (val, l, (uint32_t) p->blocks.len);
}

static void
files_val (const struct aid_patch *p, struct cursor c, struct aid_str *val)
{
  aid_val_key (val, "files");
  size_t l = aid_val_list (val);
  for (size_t i = 0; i < p->files.len; i++)
    {
      const struct aid_patch_file *f = &AID_VEC_AT (struct aid_patch_file, &p->files, i);
      size_t o = aid_val_object (val);
      aid_val_kstrz (val, "path", f->new_path != NULL ? f->new_path : f->old_path);
      aid_val_kstrz (val, "old_path", f->old_path);
      aid_val_kstrz (val, "op", aid_patch_op_name (f->op));
      aid_val_kstrz (val, "old_mode", aid_patch_mode_name (f->old_exec));
      aid_val_kstrz (val, "mode", aid_patch_mode_name (f->new_exec));
      kindexes (val, "hunks", f->first_hunk, f->nhunks);
      kpos (val, "beg", &c, f->beg);
      kpos (val, "end", &c, f->end);
      aid_val_end (val, o, 8);
    }
  aid_val_end (val, l, (uint32_t) p->files.len);
}

static void
hunks_val (const struct aid_patch *p, struct cursor c, struct aid_str *val)
{
  struct aid_str text = AID_STR_INIT (AID_LISP_TEXT_MAX);
  aid_val_key (val, "hunks");
  size_t l = aid_val_list (val);
  for (size_t i = 0; i < p->hunks.len; i++)
    {
      const struct aid_patch_hunk *h = &AID_VEC_AT (struct aid_patch_hunk, &p->hunks, i);
      size_t o = aid_val_object (val);
      aid_val_kstrz (val, "id", h->id);
      kpos (val, "beg", &c, h->beg);
      kpos (val, "end", &c, h->end);
      aid_str_clear (&text);
      hunk_text (p, h, &text);
      aid_val_kstr (val, "text", aid_str_span (&text));
      aid_val_end (val, o, 4);
    }
  aid_val_end (val, l, (uint32_t) p->hunks.len);
  if (text.err != AID_OK)
    val->err = text.err;
  aid_str_free (&text);
}

static void
notes_val (const struct aid_patch *p, struct cursor c, struct aid_str *val)
{
  aid_val_key (val, "notes");
  size_t l = aid_val_list (val);
  for (size_t i = 0; i < p->notes.len; i++)
    {
      const struct aid_patch_note *n = &AID_VEC_AT (struct aid_patch_note, &p->notes, i);
      size_t o = aid_val_object (val);
      kpos (val, "pos", &c, n->pos);
      aid_val_kstrz (val, "message", n->msg);
      aid_val_end (val, o, 2);
    }
  aid_val_end (val, l, (uint32_t) p->notes.len);
}

/* :candidates (PATH ...) of the blocks that only name a file. */
static void
candidates_val (const struct aid_patch *p, struct aid_str *val)
{
  aid_val_key (val, "candidates");
  size_t l = aid_val_list (val);
  for (size_t i = 0; i < p->candidates.len; i++)
    aid_val_strz (val, AID_VEC_AT (struct aid_patch_candidate, &p->candidates, i).path);
  aid_val_end (val, l, (uint32_t) p->candidates.len);
}

AID_BIND (patch_read)
{
  (void) nargs;
  struct aid_error e = { AID_OK, "" };
  struct aid_str text, val = AID_STR_INIT (AID_LISP_TEXT_MAX);
  struct aid_patch *p = NULL;
  aid_lisp_text (env, args[0], &text);
  if (!aid_lisp_failed (env) && aid_patch_read (aid_str_span (&text), AID_FORMAT_AUTO, &p, &e) != AID_OK)
    aid_lisp_error (env, &e);
  aid_str_free (&text);
  if (p == NULL)
    return NULL;
  struct cursor start = { { p->text, p->len }, 0, 0 };
  size_t o = aid_val_object (&val);
  blocks_val (p, start, &val);
  files_val (p, start, &val);
  hunks_val (p, start, &val);
  notes_val (p, start, &val);
  candidates_val (p, &val);
  aid_val_end (&val, o, 5);
  aid_patch_free (p);
  return aid_lisp_take_val (env, &val);
}

AID_BIND (patch_path)
{
  (void) nargs;
  struct aid_error e = { AID_OK, "" };
  struct aid_str full = AID_STR_INIT (1 << 16);
  char *root = aid_lisp_dup (env, args[0]), *path = aid_lisp_dup (env, args[1]);
  emacs_value out = NULL;
  if (!aid_lisp_failed (env))
    {
      if (aid_patch_path (root != NULL ? root : "", path != NULL ? path : "", &full, &e) != AID_OK)
        aid_lisp_error (env, &e);
      else
        out = aid_lisp_string (env, full.ptr, full.len);
    }
  free (root);
  free (path);
  aid_str_free (&full);
  return out;
}
