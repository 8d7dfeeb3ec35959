/* From a place to edits: whole lines that change and nothing else.  A hunk's context is never written, inserted lines get
   the file's line ends, and the end of the file keeps or loses its newline as the patch's markers say.  All edits are in
   terms of the file as it was read, so two hunks may not want the same line. */
#include "patch/patch_internal.h"

#include <stdlib.h>

/* One run of changed lines: file lines L0 to L1 go, the "+" lines among hunk lines I0 to I1 come; K of them. */
struct run
{
  size_t l0, l1, i0, i1, k;
  int newline;                  /* at the end of the file: whether the text ends in a line end */
};

static enum aid_err
keep_text (struct aid_str *text, struct aid_vec *texts, struct aid_span *out)
{
  *out = (struct aid_span){ "", 0 };
  if (text->err)
    return text->err;
  if (text->len == 0)
    return AID_OK;
  char **slot = aid_vec_push (texts);
  if (!slot)
    return AID_E_NOMEM;
  out->len = text->len;
  out->ptr = *slot = aid_str_steal (text);
  return AID_OK;
}

enum aid_err
aid_edit_add (const struct aid_lines *l, size_t beg, size_t end, struct aid_str *text, struct aid_vec *texts,
              struct aid_placement *out)
{
  struct aid_span kept;
  enum aid_err err = keep_text (text, texts, &kept);
  struct aid_patch_edit *edit = err ? NULL : aid_vec_push (&out->edits);
  if (!edit)
    return err ? err : AID_E_NOMEM;
  *edit = (struct aid_patch_edit){ beg, end, aid_lines_chars (l, beg), aid_lines_chars (l, end), kept };
  return AID_OK;
}

/* --- runs --- */

static int
ends_file (const struct aid_target *t, const struct run *r)
{
  return r->l1 == t->lines.n;
}

/* Whether the text ends in a newline when the hunk changes its end: as the markers say, else as it is. */
static int
newline_after (const struct aid_target *t, const struct aid_want *w)
{
  int old_mark = 0, new_mark = 0;
  for (size_t i = 0; i < w->h->nlines; i++)
    {
      int mark = aid_want_line (w, i)->no_newline;
      char op = aid_want_op (w, i);
      if (op != '+')
        old_mark = mark;
      if (op != '-')
        new_mark = mark;
    }
  return old_mark || new_mark ? !new_mark : t->lines.final_newline;
}

static int
same_as_file (const struct aid_target *t, const struct aid_want *w, size_t line, size_t i)
{
  return aid_span_eq (aid_lines_at (&t->lines, line), aid_want_line (w, i)->text);
}

static size_t
next_plus (const struct aid_want *w, size_t i, size_t end)
{
  while (i < end && aid_want_op (w, i) != '+')
    i++;
  return i;
}

static size_t
last_plus (const struct aid_want *w, size_t beg, size_t i)
{
  while (i > beg && aid_want_op (w, i - 1) != '+')
    i--;
  return i;
}

/* Takes off both ends what the run deletes and inserts alike.  When the end of the file gains or loses its newline, the
   last line stays in. */
static void
trim (const struct aid_target *t, const struct aid_want *w, struct run *r)
{
  int last_stays = ends_file (t, r) && r->newline != t->lines.final_newline;
  while (r->k > 0 && r->l0 < r->l1 && !(last_stays && (r->l0 + 1 == r->l1 || r->k == 1)))
    {
      size_t i = next_plus (w, r->i0, r->i1);
      if (!same_as_file (t, w, r->l0, i))
        break;
      r->l0++;
      r->i0 = i + 1;
      r->k--;
    }
  while (!last_stays && r->k > 0 && r->l0 < r->l1)
    {
      size_t i = last_plus (w, r->i0, r->i1);
      if (!same_as_file (t, w, r->l1 - 1, i - 1))
        break;
      r->l1--;
      r->i1 = i - 1;
      r->k--;
    }
}

/* Reads the run at hunk line *I and file line *LINE; 0: there is none. */
static int
next_run (const struct aid_target *t, const struct aid_want *w, size_t *i, size_t *line, struct run *r)
{
  while (*i < w->h->nlines && aid_want_op (w, *i) == ' ')
    {
      ++*i;
      ++*line;
    }
  if (*i == w->h->nlines)
    return 0;
  *r = (struct run){ .l0 = *line, .i0 = *i };
  for (; *i < w->h->nlines && aid_want_op (w, *i) != ' '; ++*i)
    if (aid_want_op (w, *i) == '+')
      r->k++;
    else
      ++*line;
  r->l1 = *line;
  r->i1 = *i;
  r->newline = ends_file (t, r) ? newline_after (t, w) : 1;
  trim (t, w, r);
  return 1;
}

static int
is_empty (const struct run *r)
{
  return r->k == 0 && r->l0 == r->l1;
}

/* Lines deleted up to an end that shall have no newline: the line before loses its own. */
static int
cuts_line_before (const struct aid_target *t, const struct run *r)
{
  return ends_file (t, r) && r->k == 0 && r->l0 > 0 && !r->newline;
}

/* --- who changes what --- */

/* The hunk (+ 1) that R would collide with, or 0. */
static uint32_t
collides (const struct aid_target *t, const struct run *r)
{
  size_t from = r->l0 - (cuts_line_before (t, r) ? 1 : 0);
  for (size_t l = from; l < r->l1; l++)
    if (t->line_owner[l] || (l > from && t->gap_owner[l]))
      return t->line_owner[l] ? t->line_owner[l] : t->gap_owner[l];
  if ((ends_file (t, r) || r->l0 == r->l1) && t->gap_owner[r->l1])
    return t->gap_owner[r->l1];
  if (r->l0 == r->l1 && r->l0 > 0 && t->line_owner[r->l0 - 1] && t->line_owner[r->l0 - 1] == t->line_owner[r->l0])
    return t->line_owner[r->l0];
  return 0;
}

static void
take (struct aid_target *t, const struct run *r, uint32_t owner)
{
  for (size_t l = r->l0 - (cuts_line_before (t, r) ? 1 : 0); l < r->l1; l++)
    t->line_owner[l] = owner;
  if (ends_file (t, r) || r->l0 == r->l1)
    t->gap_owner[r->l1] = owner;
}

/* --- the text of an edit --- */

static enum aid_err
emit (const struct aid_target *t, const struct aid_want *w, const struct run *r, struct aid_vec *texts,
      struct aid_placement *out)
{
  const struct aid_lines *l = &t->lines;
  const char *eol = l->crlf ? "\r\n" : "\n";
  struct aid_str text = AID_STR_INIT (AID_PATCH_MAX * 2);
  size_t beg = l->beg[r->l0], end = l->beg[r->l1];
  if (r->l0 == l->n && !l->final_newline)
    aid_str_addz (&text, eol);
  if (cuts_line_before (t, r))
    beg = l->beg[r->l0 - 1] + aid_lines_at (l, r->l0 - 1).len;
  size_t k = 0;
  for (size_t i = r->i0; i < r->i1; i++)
    if (aid_want_op (w, i) == '+')
      {
        aid_str_addspan (&text, aid_want_line (w, i)->text);
        if (++k < r->k || r->newline)
          aid_str_addz (&text, eol);
      }
  enum aid_err err = aid_edit_add (l, beg, end, &text, texts, out);
  aid_str_free (&text);
  return err;
}

enum aid_err
aid_place_edits (struct aid_target *t, const struct aid_want *w, size_t at, size_t m, struct aid_vec *texts,
                 struct aid_placement *out)
{
  struct run r;
  size_t i = 0, line = at;
  while (next_run (t, w, &i, &line, &r))
    {
      uint32_t other = is_empty (&r) ? 0 : collides (t, &r);
      if (other)
        {
          aid_refuse (out, "it changes the same lines as hunk %u", (unsigned) other);
          return AID_OK;
        }
    }
  enum aid_err err = AID_OK;
  i = 0;
  line = at;
  while (!err && next_run (t, w, &i, &line, &r))
    if (!is_empty (&r))
      {
        take (t, &r, (uint32_t) w->hunk + 1);
        err = emit (t, w, &r, texts, out);
      }
  out->span_beg = t->lines.beg[at];
  out->span_end = t->lines.beg[at + m];
  out->cspan_beg = aid_lines_chars (&t->lines, out->span_beg);
  out->cspan_end = aid_lines_chars (&t->lines, out->span_end);
  return err;
}

void
aid_side_text (const struct aid_want *w, char op, struct aid_str *out)
{
  int newline = 1;
  size_t n = 0;
  for (size_t i = 0; i < w->h->nlines; i++)
    {
      char o = aid_want_op (w, i);
      if (o != op && o != ' ')
        continue;
      if (n++ > 0)
        aid_str_addc (out, '\n');
      aid_str_addspan (out, aid_want_line (w, i)->text);
      newline = !aid_want_line (w, i)->no_newline;
    }
  if (n > 0 && newline)
    aid_str_addc (out, '\n');
}
