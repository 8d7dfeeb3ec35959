/* Hunks that were written against each other's results: models often write a later hunk with the lines that an earlier one
   puts in as its context.  Each hunk is looked for in the text that those before it leave; that reading counts only when
   every step is exact and has one place.  What comes of it is said in terms of the file as it was read. */
#include "patch/match.h"

#include <stdlib.h>

enum { MOST_HUNKS = 64 };
#define MOST_LINES ((size_t) 2 << 20)   /* lines indexed in all steps together */
#define MOST_BYTES ((size_t) 64 << 20)  /* of texts copied in all steps together */

/* The text as the hunks so far leave it: each line's line in the file, or -1. */
struct stage
{
  struct aid_str text;
  struct aid_vec origin;          /* int64_t */
};

static void
stage_free (struct stage *s)
{
  aid_str_free (&s->text);
  aid_vec_free (&s->origin);
}

static enum aid_err
stage_add (struct stage *s, struct aid_span line, int64_t origin)
{
  int64_t *slot = aid_vec_push (&s->origin);
  aid_str_addspan (&s->text, line);
  aid_str_addc (&s->text, '\n');
  if (slot)
    *slot = origin;
  return slot ? s->text.err : AID_E_NOMEM;
}

static struct stage
stage_new (void)
{
  return (struct stage){ AID_STR_INIT (AID_PATCH_MAX * 2), AID_VEC_INIT (int64_t, (size_t) AID_FILE_LINES * 2) };
}

static int64_t
origin_of (const struct stage *s, size_t line)
{
  return line < s->origin.len ? AID_VEC_AT (int64_t, &s->origin, line) : -1;
}

/* The one exact place of V in S at or behind line LOW, or behind nothing if there is none behind that; SIZE_MAX. */
static enum aid_err
one_place (const struct aid_view *v, const struct aid_index *x, size_t low, size_t *at, size_t *work)
{
  struct aid_hits hits;
  uint32_t *ids = malloc ((v->m + 1) * sizeof *ids);
  if (!ids)
    return AID_E_NOMEM;
  for (size_t i = 0; i < v->m; i++)
    ids[i] = aid_index_id (x, v->item[v->old[i]].text);
  enum aid_err err = aid_index_find (x, ids, v->m, -1, &hits, work);
  free (ids);
  *at = SIZE_MAX;
  size_t behind = 0;
  for (size_t i = 0; i < hits.n && i < AID_CANDIDATES && !err; i++)
    if (hits.at[i] + v->m > low)
      {
        behind++;
        *at = hits.at[i];
      }
  if (behind == 0 && hits.n == 1)
    *at = hits.at[0];
  else if (behind != 1)
    *at = SIZE_MAX;
  return err;
}

/* The file's gap where a line between lines LINE - 1 and LINE of S comes in. */
static size_t
gap_in_file (const struct stage *s, size_t line, size_t file_lines)
{
  size_t i = line;
  if (line > 0 && origin_of (s, line - 1) >= 0)
    return (size_t) origin_of (s, line - 1) + 1;
  while (i < s->origin.len && origin_of (s, i) < 0)
    i++;
  return i < s->origin.len ? (size_t) origin_of (s, i) : file_lines;
}

static enum aid_err
add_run (struct aid_change *c, size_t at, size_t first, size_t n)
{
  struct aid_insertion *in = aid_vec_push (&c->insertions);
  if (!in || !(in->run = malloc (n * sizeof *in->run)))
    return AID_E_NOMEM;
  in->at = at;
  in->n = n;
  for (size_t i = 0; i < n; i++)
    in->run[i] = (uint32_t) (first + i);
  return AID_OK;
}

/* Fills the match and the change of a hunk that stands at line AT of S; *OK = 0 when it deletes a line that another put in. */
static enum aid_err
in_terms_of_file (const struct aid_view *v, const struct stage *s, size_t at, size_t file_lines, struct aid_match *m,
                  struct aid_change *c, int *ok)
{
  m->map = malloc ((v->n + 1) * sizeof *m->map);
  c->deleted = calloc (file_lines + 1, 1);
  c->count = file_lines;
  c->insertions = AID_VEC_INIT (struct aid_insertion, AID_PATCH_LINES);
  enum aid_err err = m->map && c->deleted ? AID_OK : AID_E_NOMEM;
  size_t line = at;
  for (size_t k = 0; k < v->n && !err;)
    {
      size_t end = k;
      while (end < v->n && v->item[end].op == '+')
        m->map[end++] = -1;
      if (end > k)
        {
          err = add_run (c, gap_in_file (s, line, file_lines), k, end - k);
          k = end;
          continue;
        }
      int64_t origin = origin_of (s, line++);
      m->map[k] = (int32_t) origin;
      if (v->item[k].op == '-' && origin < 0)
        *ok = 0;
      else if (v->item[k].op == '-')
        c->deleted[origin] = 1;
      k++;
    }
  if (!err)
    aid_match_finish (v, m);
  m->exact = 1;
  return err;
}

/* S with the hunk at line AT carried out. */
static enum aid_err
carry_out (const struct aid_view *v, const struct aid_lines *l, const struct stage *s, size_t at, struct stage *out)
{
  enum aid_err err = AID_OK;
  size_t line = 0;
  *out = stage_new ();
  for (; line < at && !err; line++)
    err = stage_add (out, aid_lines_at (l, line), origin_of (s, line));
  for (size_t k = 0; k < v->n && !err; k++)
    if (v->item[k].op == '+')
      err = stage_add (out, v->item[k].text, -1);
    else
      {
        if (v->item[k].op == ' ')
          err = stage_add (out, aid_lines_at (l, line), origin_of (s, line));
        line++;
      }
  for (; line < l->n && !err; line++)
    err = stage_add (out, aid_lines_at (l, line), origin_of (s, line));
  return err;
}

static enum aid_err
step (struct aid_case *c, const struct aid_target *t, struct stage *s, size_t *low, struct aid_reading *r, size_t *work, int *ok)
{
  struct aid_lines l = { .n = 0 };
  struct aid_index x = { .ready = 0 };
  struct stage next = stage_new ();
  size_t at = SIZE_MAX;
  enum aid_err err = aid_lines_init (&l, aid_str_span (&s->text), NULL);
  if (!err)
    err = aid_index_init (&x, &l, AID_TRAILING);
  if (!err)
    err = one_place (&c->view, &x, *low, &at, work);
  *work += l.n * 4 + s->text.len;
  *ok = !err && at != SIZE_MAX;
  if (*ok)
    err = in_terms_of_file (&c->view, s, at, t->lines.n, &r->match, &r->change, ok);
  if (*ok && !err)
    {
      err = carry_out (&c->view, &l, s, at, &next);
      *low = at;
      stage_free (s);
      *s = next;
    }
  aid_index_free (&x);
  aid_lines_free (&l);
  return err;
}

/* Whether a hunk before case I puts in a line that says TEXT. */
static int
is_put_in (const struct aid_case *cases, size_t i, struct aid_span text, size_t *work)
{
  for (size_t j = 0; j < i; j++)
    {
      const struct aid_view *v = &cases[j].view;
      *work += v->n;
      for (size_t k = 0; k < v->n; k++)
        if (v->item[k].op == '+' && aid_span_eq (v->item[k].stripped, text))
          return 1;
    }
  return 0;
}

/* Whether every old line is in the file or put in by a hunk before: without that the texts need not be made. */
static int
may_hold (const struct aid_case *cases, size_t n, size_t *work)
{
  for (size_t i = 0; i < n; i++)
    {
      const struct aid_view *v = &cases[i].view;
      if (cases[i].barred || v->m == 0 || v->lost_prefix || v->ellipses)
        return 0;
      for (size_t k = 0; k < v->m; k++)
        if (v->item[v->old[k]].id[AID_TRAILING] == AID_NO_ID
            && (*work > AID_PLACE_WORK || !is_put_in (cases, i, v->item[v->old[k]].stripped, work)))
          return 0;
    }
  return 1;
}

enum aid_err
aid_read_in_sequence (struct aid_case *cases, size_t n, const struct aid_target *t, struct aid_reading *out, size_t *work,
                      int *ok)
{
  *ok = n > 1 && n <= MOST_HUNKS && t->lines.n <= MOST_LINES / n && t->lines.text.len <= MOST_BYTES / n
        && *work <= AID_PLACE_WORK && may_hold (cases, n, work);
  if (!*ok)
    return AID_OK;
  struct stage s = stage_new ();
  enum aid_err err = AID_OK;
  size_t low = 0;
  for (size_t i = 0; i < t->lines.n && !err; i++)
    err = stage_add (&s, aid_lines_at (&t->lines, i), (int64_t) i);
  for (size_t i = 0; i < n && *ok && !err; i++)
    err = step (&cases[i], t, &s, &low, &out[i], work, ok);
  stage_free (&s);
  return err;
}

void
aid_reading_free (struct aid_reading *r)
{
  free (r->match.map);
  aid_change_free (&r->change);
}
