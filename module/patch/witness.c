/* What the witnesses of a hunk's indentation say together: that its lines are to come in as they are written, or that a blank was
   put in front of them. */
#include "patch/witness.h"

int
aid_indent_has_tab (struct aid_span v)
{
  return v.len > 0 && memchr (v.ptr, '\t', v.len) != NULL;
}

int
aid_pair_agrees (const struct aid_pair *p)
{
  return aid_span_eq (p->written, p->found);
}

static int
writes_blanks (const struct aid_view *v)
{
  for (size_t k = 0; k < v->n; k++)
    if (v->item[k].stripped.len > 0 && aid_indent_of (v->item[k].text).len > 0)
      return 1;
  return 0;
}

/* Whether the hunk has lost the indentation of few lines: then the lines that rightly have none speak, too.  They do when it
   writes some, when they are many more, and when it is only the hunk's first line that differs. */
static int
lost_a_few (const struct aid_witnesses *i, const struct aid_view *v)
{
  size_t same = 0, lost = 0;
  for (size_t k = 0; k < i->n_all; k++)
    if (aid_pair_agrees (&i->all[k]))
      same++;
    else if (i->all[k].written.len > 0)
      return 0;
    else
      lost++;
  int first = lost == 1 && v->m > 0 && i->pair[0].item == v->old[0];
  return same >= lost && (writes_blanks (v) || same >= 3 * lost || first);
}

static int
begins_with (struct aid_span v, struct aid_span head)
{
  return aid_span_eq (aid_span_cut (v, 0, head.len), head);
}

/* Whether the pair may come from another width of indentation: tabs on one side, or twice as much on one. */
static int
may_be_converted (const struct aid_pair *p)
{
  if (aid_indent_has_tab (p->written) != aid_indent_has_tab (p->found))
    return 1;
  if (aid_indent_has_tab (p->found)) /* else blanks were put behind the file's tabs, or taken off there */
    return !begins_with (p->written, p->found) && !begins_with (p->found, p->written);
  return p->written.len == 2 * p->found.len || p->found.len == 2 * p->written.len;
}

/* Whether few lines of context are indented otherwise than in the file, not twice or half as much, while many more, those
   without indentation too, are as they are there: then the few are mistakes and no rule. */
static int
few_are_mistaken (const struct aid_witnesses *i)
{
  size_t same = 0, other = 0;
  for (size_t k = 0; k < i->n_all; k++)
    {
      const struct aid_pair *p = &i->all[k];
      if (aid_pair_agrees (p))
        same++;
      else if (p->op == '-' || may_be_converted (p))
        return 0;
      else
        other++;
    }
  return same >= 2 * other;
}

/* As written: when at least half of the pairs agree, or, with lost prefixes about, all deleted lines. */
int
aid_witness_verbatim (const struct aid_witnesses *i, const struct aid_view *v)
{
  size_t same = 0, deleted = 0, deleted_same = 0;
  for (size_t k = 0; k < i->n; k++)
    {
      int is_deleted = i->pair[k].op == '-';
      same += (size_t) aid_pair_agrees (&i->pair[k]);
      deleted += (size_t) is_deleted;
      deleted_same += (size_t) (is_deleted && aid_pair_agrees (&i->pair[k]));
    }
  return same * 2 >= i->n || lost_a_few (i, v) || few_are_mistaken (i)
         || (v->lost_prefix && deleted > 0 && deleted == deleted_same);
}

/* A blank was put behind every prefix: each pair that says something is the file's with one blank more. */
int
aid_witness_extra_blank (const struct aid_witnesses *i)
{
  for (size_t k = 0; k < i->n; k++)
    {
      struct aid_span written = i->pair[k].written;
      if (written.len == 0 || *written.ptr != ' '
          || !aid_span_eq (aid_span_cut (written, 1, written.len), i->pair[k].found))
        return 0;
    }
  return i->n == i->n_all;
}

/* A blank was put behind each sign, and none into the column of the sign before context: every deleted line has one blank more
   than the file's, all context is as it is there, and every line that comes in begins with a blank. */
int
aid_witness_blank_behind_signs (const struct aid_witnesses *i, const struct aid_view *v)
{
  size_t deleted = 0;
  for (size_t k = 0; k < i->n_all; k++)
    {
      struct aid_span written = i->all[k].written;
      if (i->all[k].op != '-' && !aid_pair_agrees (&i->all[k]))
        return 0;
      if (i->all[k].op != '-')
        continue;
      deleted++;
      if (written.len == 0 || *written.ptr != ' '
          || !aid_span_eq (aid_span_cut (written, 1, written.len), i->all[k].found))
        return 0;
    }
  for (size_t k = 0; k < v->n && deleted > 0; k++)
    if (v->item[k].op == '+' && v->item[k].stripped.len > 0 && v->item[k].text.ptr[0] != ' ')
      return 0;
  return deleted > 0;
}
