/* A hunk as it is wanted, in one direction or the other, and the file that hunks are placed in. */
#include "patch/memo.h"
#include "patch/patch_internal.h"

#include <stdlib.h>

struct aid_patch_line *
aid_want_line (const struct aid_want *w, size_t line)
{
  return &AID_VEC_AT (struct aid_patch_line, &w->p->lines, w->h->first_line + line);
}

char
aid_want_op (const struct aid_want *w, size_t line)
{
  char op = aid_want_line (w, line)->op;
  return !w->reverse || op == ' ' ? op : op == '+' ? '-' : '+';
}

int64_t
aid_want_start (const struct aid_want *w)
{
  return w->unnumbered ? -1 : w->reverse ? w->h->new_start : w->h->old_start;
}

enum aid_err
aid_target_init (struct aid_target *t, struct aid_span text, struct aid_error *e)
{
  *t = (struct aid_target){ .work = &t->own_work };
  enum aid_err err = aid_lines_init (&t->lines, text, e);
  if (err)
    return err;
  t->line_owner = calloc (t->lines.n + 1, sizeof *t->line_owner);
  t->gap_owner = calloc (t->lines.n + 1, sizeof *t->gap_owner);
  if (t->line_owner && t->gap_owner)
    return AID_OK;
  aid_target_free (t);
  return aid_error_set (e, AID_E_NOMEM, "no memory to place hunks");
}

void
aid_target_rest (struct aid_target *t)
{
  for (size_t i = 0; i < AID_LEVELS; i++)
    aid_index_free (&t->index[i]);
  free (t->blank);
  aid_memo_free (t->memo);
  t->blank = NULL;
  t->memo = NULL;
}

void
aid_target_free (struct aid_target *t)
{
  aid_target_rest (t);
  aid_lines_free (&t->lines);
  free (t->line_owner);
  free (t->gap_owner);
  *t = (struct aid_target){ 0 };
}

enum aid_err
aid_target_index (struct aid_target *t, enum aid_level level, const struct aid_index **out)
{
  *out = &t->index[level];
  return t->index[level].ready ? AID_OK : aid_index_init (&t->index[level], &t->lines, level);
}

int
aid_target_is_blank (const struct aid_target *t, size_t line)
{
  return t->blank ? t->blank[line] : aid_span_trim (aid_lines_at (&t->lines, line)).len == 0;
}

enum aid_err
aid_target_compare (struct aid_target *t)
{
  const struct aid_index *x;
  enum aid_err err = AID_OK;
  for (int level = 0; level < AID_LEVELS && !err; level++)
    err = aid_target_index (t, (enum aid_level) level, &x);
  if (err || t->memo)
    return err;
  t->blank = malloc (t->lines.n + 1);
  t->memo = t->blank ? aid_memo_new () : NULL;
  for (size_t i = 0; t->memo && i < t->lines.n; i++)
    t->blank[i] = aid_span_trim (aid_lines_at (&t->lines, i)).len == 0;
  return t->memo ? AID_OK : AID_E_NOMEM;
}
