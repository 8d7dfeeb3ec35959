/* What fenced blocks that name a file came to, as patches: the diffs that settle.c made, or that a chat keeps behind the block
   since then, so that the hunks stay what they were when the file moves on. */
#include "patch/read_whole.h"

#include <stdlib.h>

void
aid_settled_free (struct aid_settled *s)
{
  free (s->diff);
  free (s->refused);
  free (s->note);
  *s = (struct aid_settled){ 0 };
}

/* --- kept in a chat --- */

/* LINE is "<!--aid:KEY diff-->"; *REFUSED gets the coded reason in it, if any. */
static int
is_kept_line (struct aid_span line, struct aid_span *refused)
{
  struct aid_span v = aid_span_trim (line);
  *refused = (struct aid_span){ v.ptr, 0 };
  const char *blank = memchr (v.ptr, ' ', v.len);
  if (!aid_span_starts (v, "<!--aid:") || !aid_span_ends (v, "-->") || !blank)
    return 0;
  v = aid_span_trim (aid_span_cut (v, (size_t)(blank - v.ptr), v.len - 3));
  if (!aid_span_starts (v, "diff") || (v.len > 4 && v.ptr[4] != ' '))
    return 0;
  v = aid_span_trim (aid_span_cut (v, 4, v.len));
  if (aid_span_starts (v, "refused="))
    *refused = aid_span_cut (v, 8, v.len);
  return 1;
}

/* The lines of the quote at C without their signs and without the fence around them. */
static enum aid_err
read_quote (struct aid_cursor *c, struct aid_str *out)
{
  struct aid_in_line l;
  struct aid_cursor at = *c;
  while (aid_cursor_next (c, &l) && l.text.len > 0 && l.text.ptr[0] == '>')
    {
      struct aid_span v = aid_span_cut (l.text, l.text.len > 1 && l.text.ptr[1] == ' ' ? 2 : 1, l.text.len);
      at = *c;
      if (v.len > 0 && v.ptr[0] == '`')
        continue;
      aid_str_addspan (out, v);
      aid_str_addc (out, '\n');
    }
  *c = at;
  return out->err;
}

enum aid_err
aid_read_kept (const struct aid_cursor *answer, size_t from, struct aid_settled *out, size_t *end)
{
  struct aid_cursor c = *answer;
  struct aid_in_line l;
  struct aid_span coded;
  struct aid_str diff = AID_STR_INIT (AID_PATCH_MAX * 2), reason = AID_STR_INIT (AID_PATCH_MAX);
  *out = (struct aid_settled){ 0 };
  *end = c.pos = from;
  if (!aid_cursor_next (&c, &l) || !is_kept_line (l.text, &coded))
    return AID_OK;
  enum aid_err err = read_quote (&c, &diff);
  if (!err)
    err = aid_str_add_decoded (&reason, coded);
  if (!err && diff.len > 0)
    {
      out->diff = aid_str_steal (&diff);
      out->refused = coded.len > 0 ? aid_str_steal (&reason) : NULL;
      *end = c.pos;
      err = out->diff && (out->refused || coded.len == 0) ? AID_OK : AID_E_NOMEM;
    }
  aid_str_free (&diff);
  aid_str_free (&reason);
  return err;
}

/* --- as a block --- */

/* What was read of a text beside the answer belongs to the block from BEG to END. */
static enum aid_err
belong (struct aid_patch *p, size_t first_file, size_t first_hunk, const char *refused, size_t beg, size_t end)
{
  for (size_t i = first_file; i < p->files.len; i++)
    {
      struct aid_patch_file *f = &AID_VEC_AT (struct aid_patch_file, &p->files, i);
      f->beg = beg;
      f->end = end;
      if (refused && !f->refused && !(f->refused = strdup (refused)))
        return AID_E_NOMEM;
    }
  for (size_t i = first_hunk; i < p->hunks.len; i++)
    {
      AID_VEC_AT (struct aid_patch_hunk, &p->hunks, i).beg = beg;
      AID_VEC_AT (struct aid_patch_hunk, &p->hunks, i).end = end;
    }
  return AID_OK;
}

enum aid_err
aid_read_settled (struct aid_patch *p, const struct aid_settled *s, size_t beg, size_t end)
{
  size_t block = p->blocks.len, files = p->files.len, hunks = p->hunks.len, notes = p->notes.len;
  struct aid_str copy = AID_STR_INIT (AID_PATCH_MAX * 2);
  struct aid_span none = { p->text, 0 }, text;
  char *last = NULL;
  if (aid_str_addz (&copy, s->diff) || !aid_vec_push (&p->blocks))
    {
      aid_str_free (&copy);
      return AID_E_LIMIT;
    }
  text = aid_patch_add_text (p, &copy);
  aid_str_free (&copy);
  if (!text.ptr)
    return AID_E_LIMIT;
  AID_VEC_AT (struct aid_patch_block, &p->blocks, block)
    = (struct aid_patch_block){ .beg = beg, .end = end, .first_file = files, .format = AID_FORMAT_WHOLE };
  struct aid_cursor c = { .text = text.ptr, .end = text.len };
  enum aid_err err = aid_read_unified (p, &c, 1, none, &last);
  free (last);
  p->notes.len = notes; /* their places are in the other text */
  if (p->files.len == files)
    p->blocks.len = block;
  return err ? err : belong (p, files, hunks, s->refused, beg, end);
}
