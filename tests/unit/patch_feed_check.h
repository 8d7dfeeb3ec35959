/* Whether what a feed gives is the beginning of what the whole answer gives. */
#ifndef AID_TESTS_PATCH_FEED_CHECK_H
#define AID_TESTS_PATCH_FEED_CHECK_H

#include "patch/feed.h"

static inline int
same_name (const char *a, const char *b)
{
  return a && b ? strcmp (a, b) == 0 : a == b;
}

static inline int
same_hunk (const struct aid_patch *p, const struct aid_patch *whole, size_t i)
{
  const struct aid_patch_hunk *a = &AID_VEC_AT (struct aid_patch_hunk, &p->hunks, i);
  const struct aid_patch_hunk *b = &AID_VEC_AT (struct aid_patch_hunk, &whole->hunks, i);
  int same = strcmp (a->id, b->id) == 0 && a->beg == b->beg && a->end == b->end && a->old_start == b->old_start
             && a->old_count == b->old_count && a->new_start == b->new_start && a->new_count == b->new_count
             && a->at_end == b->at_end && a->all == b->all && aid_span_eq (a->section, b->section) && a->nlines == b->nlines;
  for (size_t k = 0; same && k < a->nlines; k++)
    {
      const struct aid_patch_line *x = &AID_VEC_AT (struct aid_patch_line, &p->lines, a->first_line + k);
      const struct aid_patch_line *y = &AID_VEC_AT (struct aid_patch_line, &whole->lines, b->first_line + k);
      same = x->op == y->op && x->weak == y->weak && x->no_newline == y->no_newline && aid_span_eq (x->text, y->text)
             && aid_span_eq (x->raw, y->raw);
    }
  return same;
}

static inline int
same_file (const struct aid_patch *p, const struct aid_patch *whole, size_t i)
{
  const struct aid_patch_file *a = &AID_VEC_AT (struct aid_patch_file, &p->files, i);
  const struct aid_patch_file *b = &AID_VEC_AT (struct aid_patch_file, &whole->files, i);
  int last = i + 1 == p->files.len;
  return a->op == b->op && same_name (a->old_path, b->old_path) && same_name (a->new_path, b->new_path)
         && same_name (a->refused, b->refused) && a->guessed == b->guessed && a->by_names == b->by_names
         && a->new_exec == b->new_exec && a->beg == b->beg && a->first_hunk == b->first_hunk && a->block == b->block
         && (last ? a->nhunks <= b->nhunks : a->nhunks == b->nhunks) && a->first_hunk + a->nhunks <= p->hunks.len;
}

/* Whether the feed's patch is the beginning of the whole one. */
static inline int
agrees (const struct aid_patch *p, const struct aid_patch *whole)
{
  if (p->hunks.len > whole->hunks.len || p->files.len > whole->files.len || p->blocks.len > whole->blocks.len)
    return 0;
  for (size_t i = 0; i < p->hunks.len; i++)
    if (!same_hunk (p, whole, i))
      return 0;
  for (size_t i = 0; i < p->files.len; i++)
    if (!same_file (p, whole, i))
      return 0;
  for (size_t i = 0; i < p->blocks.len; i++)
    {
      const struct aid_patch_block *a = &AID_VEC_AT (struct aid_patch_block, &p->blocks, i);
      const struct aid_patch_block *b = &AID_VEC_AT (struct aid_patch_block, &whole->blocks, i);
      int last = i + 1 == p->blocks.len;
      if (a->beg != b->beg || a->format != b->format || a->first_file != b->first_file
          || (last ? a->nfiles > b->nfiles : a->nfiles != b->nfiles || a->end != b->end))
        return 0;
    }
  return 1;
}

#endif
