/* From a place to edits: whole lines that change and nothing else.  A hunk's context is never written, inserted lines get
   the file's line ends, and the end of the file keeps or loses its newline as the patch's markers say.  All edits are in
   terms of the file as it was read, so two hunks may not want the same line. */
#include "patch/match.h"

#include <stdio.h>
#include <stdlib.h>

/* The lines that a change inserts, as they are to stand in the file, one after the other. */
struct fresh
{
  struct aid_str text;
  size_t *beg;                  /* N + 1 of them */
  size_t n;
};

/* One run of changed lines: file lines L0 to L1 - 1 go, fresh lines I0 to I1 - 1 come. */
struct run
{
  size_t l0, l1, i0, i1;
  int newline;                  /* at the end of the file: whether the text ends in a line end */
};

struct editing
{
  struct aid_target *t;
  const struct aid_view *v;
  const struct aid_match *m;
  const struct aid_change *c;
  struct fresh fresh;
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

/* --- fresh lines --- */

static enum aid_err
fresh_init (struct fresh *f, const struct aid_view *v, const struct aid_change *c, const struct aid_indent *indent)
{
  *f = (struct fresh){ .text = AID_STR_INIT (AID_PATCH_MAX * 2) };
  for (size_t i = 0; i < c->insertions.len; i++)
    f->n += AID_VEC_AT (struct aid_insertion, &c->insertions, i).n;
  f->beg = malloc ((f->n + 1) * sizeof *f->beg);
  if (!f->beg)
    return AID_E_NOMEM;
  for (size_t i = 0, line = 0; i < c->insertions.len; i++)
    {
      const struct aid_insertion *in = &AID_VEC_AT (struct aid_insertion, &c->insertions, i);
      for (size_t k = 0; k < in->n; k++)
        {
          f->beg[line++] = f->text.len;
          aid_indent_line (indent, v, in->run[k], &f->text);
        }
    }
  f->beg[f->n] = f->text.len;
  return f->text.err;
}

static struct aid_span
fresh_line (const struct fresh *f, size_t i)
{
  return aid_span_cut (aid_str_span (&f->text), f->beg[i], f->beg[i + 1]);
}

static void
fresh_free (struct fresh *f)
{
  aid_str_free (&f->text);
  free (f->beg);
}

/* --- runs --- */

static int
ends_file (const struct aid_target *t, const struct run *r)
{
  return r->l1 == t->lines.n;
}

/* Whether the text ends in a newline when the hunk changes its end: as the markers say, else as it is.  What the hunk shows
   without a prefix and the file lacks says nothing. */
static int
newline_after (const struct editing *g)
{
  int old_mark = 0, new_mark = 0;
  const struct aid_want *w = g->v->want;
  for (size_t i = 0; i < g->v->n; i++)
    {
      int mark = aid_want_line (w, i)->no_newline;
      char op = g->v->item[i].op;
      if (g->v->item[i].weak && g->m->map[i] < 0 && !mark)
        continue;
      if (op != '+')
        old_mark = mark;
      if (op != '-')
        new_mark = mark;
    }
  return old_mark || new_mark ? !new_mark : g->t->lines.final_newline;
}

static int
same_as_file (const struct editing *g, size_t line, size_t i)
{
  return aid_span_eq (aid_lines_at (&g->t->lines, line), fresh_line (&g->fresh, i));
}

/* Takes off both ends what the run deletes and inserts alike.  When the end of the file gains or loses its newline, the
   last line stays in. */
static void
trim (const struct editing *g, struct run *r)
{
  int last_stays = ends_file (g->t, r) && r->newline != g->t->lines.final_newline;
  while (r->i0 < r->i1 && r->l0 < r->l1 && !(last_stays && (r->l0 + 1 == r->l1 || r->i0 + 1 == r->i1))
         && same_as_file (g, r->l0, r->i0))
    {
      r->l0++;
      r->i0++;
    }
  while (!last_stays && r->i0 < r->i1 && r->l0 < r->l1 && same_as_file (g, r->l1 - 1, r->i1 - 1))
    {
      r->l1--;
      r->i1--;
      r->newline = 1;           /* a line of the file follows now */
    }
}

static int
is_deleted (const struct aid_change *c, size_t line)
{
  return line >= c->first && line < c->first + c->count && c->deleted[line - c->first];
}

/* Where the walk over the runs stands: before a line of the file, an insertion and its first fresh line. */
struct walk
{
  size_t line, insertion, fresh;
};

/* The first line from AT's on that goes or that something comes in before; 0: there is none. */
static int
next_change (const struct aid_change *c, const struct walk *at, size_t *line)
{
  const struct aid_vec *ins = &c->insertions;
  size_t end = c->first + c->count, l = at->line > c->first ? at->line : c->first;
  if (at->insertion < ins->len && AID_VEC_AT (struct aid_insertion, ins, at->insertion).at < end)
    end = AID_VEC_AT (struct aid_insertion, ins, at->insertion).at;
  while (l < end && !is_deleted (c, l))
    l++;
  *line = l;
  if (l < end)
    return 1;
  if (at->insertion == ins->len)
    return 0;
  *line = AID_VEC_AT (struct aid_insertion, ins, at->insertion).at;
  return 1;
}

/* Reads the next run: deleted lines without a gap and what comes in before, between and behind them. */
static int
next_run (const struct editing *g, struct walk *at, struct run *r)
{
  const struct aid_vec *ins = &g->c->insertions;
  size_t line;
  if (!next_change (g->c, at, &line))
    return 0;
  *r = (struct run){ .l0 = line, .l1 = line, .i0 = at->fresh, .i1 = at->fresh };
  for (;;)
    if (at->insertion < ins->len && AID_VEC_AT (struct aid_insertion, ins, at->insertion).at <= r->l1)
      r->i1 += AID_VEC_AT (struct aid_insertion, ins, at->insertion++).n;
    else if (is_deleted (g->c, r->l1))
      r->l1++;
    else
      break;
  at->line = r->l1;
  at->fresh = r->i1;
  r->newline = ends_file (g->t, r) ? newline_after (g) : 1;
  trim (g, r);
  return 1;
}

static int
is_empty (const struct run *r)
{
  return r->i0 == r->i1 && r->l0 == r->l1;
}

/* Lines deleted up to an end that shall have no newline: the line before loses its own. */
static int
cuts_line_before (const struct aid_target *t, const struct run *r)
{
  return ends_file (t, r) && r->i0 == r->i1 && r->l0 > 0 && !r->newline;
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
emit (const struct editing *g, const struct run *r, struct aid_vec *texts, struct aid_placement *out)
{
  const struct aid_lines *l = &g->t->lines;
  const char *eol = l->crlf ? "\r\n" : "\n";
  struct aid_str text = AID_STR_INIT (AID_PATCH_MAX * 2);
  size_t beg = l->beg[r->l0], end = l->beg[r->l1];
  if (r->l0 == l->n && !l->final_newline)
    aid_str_addz (&text, eol);
  if (cuts_line_before (g->t, r))
    beg = l->beg[r->l0 - 1] + aid_lines_at (l, r->l0 - 1).len;
  for (size_t i = r->i0; i < r->i1; i++)
    {
      aid_str_addspan (&text, fresh_line (&g->fresh, i));
      if (i + 1 < r->i1 || r->newline)
        aid_str_addz (&text, eol);
    }
  enum aid_err err = aid_edit_add (l, beg, end, &text, texts, out);
  aid_str_free (&text);
  return err;
}

/* The hunk (+ 1) that the change would collide with, or 0; *ALL: every part of it does, and with that hunk alone. */
static uint32_t
collision (const struct editing *g, int *all)
{
  struct walk at = { 0 };
  struct run r;
  uint32_t other = 0;
  *all = 1;
  while (next_run (g, &at, &r))
    {
      uint32_t with = is_empty (&r) ? other : collides (g->t, &r);
      *all &= with != 0 && (other == 0 || with == other);
      other = other ? other : with;
    }
  return other;
}

/* Whether hunk OTHER says the same as the one that is placed: models repeat themselves. */
static int
is_repeated (const struct aid_want *w, size_t other)
{
  if (other >= w->p->hunks.len || w->hunk >= w->p->hunks.len)
    return 0;
  const struct aid_patch_hunk *h = &AID_VEC_AT (struct aid_patch_hunk, &w->p->hunks, other);
  if (h == w->h || h->nlines != w->h->nlines || w->h != &AID_VEC_AT (struct aid_patch_hunk, &w->p->hunks, w->hunk))
    return 0;
  for (size_t i = 0; i < h->nlines; i++)
    {
      const struct aid_patch_line *a = &AID_VEC_AT (struct aid_patch_line, &w->p->lines, h->first_line + i);
      if (a->op != aid_want_line (w, i)->op || !aid_span_eq (a->text, aid_want_line (w, i)->text))
        return 0;
    }
  return 1;
}

static enum aid_err
take_and_emit (const struct editing *g, struct aid_vec *texts, struct aid_placement *out)
{
  struct walk at = { 0 };
  struct run r;
  enum aid_err err = AID_OK;
  while (!err && next_run (g, &at, &r))
    if (!is_empty (&r))
      {
        take (g->t, &r, (uint32_t) g->v->want->hunk + 1);
        err = emit (g, &r, texts, out);
      }
  return err;
}

static void
note_place (const struct aid_lines *l, const struct aid_match *m, struct aid_placement *out)
{
  out->span_beg = l->beg[m->start];
  out->span_end = l->beg[m->end];
  out->cspan_beg = aid_lines_chars (l, out->span_beg);
  out->cspan_end = aid_lines_chars (l, out->span_end);
}

enum aid_err
aid_place_edits (struct aid_target *t, const struct aid_view *v, const struct aid_match *m, const struct aid_change *c,
                 const struct aid_indent *indent, struct aid_vec *texts, struct aid_placement *out)
{
  struct editing g = { .t = t, .v = v, .m = m, .c = c };
  enum aid_err err = fresh_init (&g.fresh, v, c, indent);
  int all = 0;
  uint32_t other = err ? 0 : collision (&g, &all);
  if (other && all && is_repeated (v->want, other - 1))
    snprintf (out->how, sizeof out->how, "the same as hunk %u", (unsigned) other);
  else if (other)
    aid_refuse (out, "it changes the same lines as hunk %u", (unsigned) other);
  else if (!err)
    err = take_and_emit (&g, texts, out);
  if (!err && !other)
    note_place (&t->lines, m, out);
  fresh_free (&g.fresh);
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
