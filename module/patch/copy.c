/* An edited copy in its file: one definition, or some parts of the file with elided lines between them.  Elided lines as far
   out as the first line part the copy into pieces; each is found by its first line, and ends where the block ends that this
   line begins (by its closing line, or by indentation).  Inside of a piece elisions are gaps between lines that
   match (runs.c).  Whatever is not in one place is refused. */
#include "patch/match.h"
#include "patch/settle_internal.h"

#include <stdlib.h>

enum
{
  LEFT_OUT = 5 /* lines that may be missing from a copy with elisions, over those that are new */
};

#define TELLING .95 /* the weight of a line that says something, added up inexactly */

/* --- elisions --- */

int
aid_is_elision (struct aid_span line)
{
  static const char *const open[] = { "{/*", "//", "/*", "(*", "<!--", "--", "#", ";;;", ";;", ";", "%" };
  struct aid_span v = aid_span_trim (line);
  if (aid_is_ellipsis (v))
    return 1;
  for (size_t i = 0; i < sizeof open / sizeof *open; i++)
    if (aid_span_starts (v, open[i]))
      {
        v = aid_span_trim (aid_span_cut (v, strlen (open[i]), v.len));
        static const char *const close[] = { "*/}", "*/", "*)", "-->" };
        for (size_t k = 0; k < sizeof close / sizeof *close; k++)
          if (aid_span_ends (v, close[k]))
            {
              v = aid_span_trim (aid_span_cut (v, 0, v.len - strlen (close[k])));
              break;
            }
        int front = aid_span_starts (v, "...") || aid_span_starts (v, "\xe2\x80\xa6");
        int back = aid_span_ends (v, "...") || aid_span_ends (v, "\xe2\x80\xa6");
        return front && back;
      }
  return 0;
}

/* --- one piece --- */

/* The lines of P between elisions that stand for all of the file on its open sides. */
static enum aid_err
align_open (struct aid_texts *t, const struct aid_piece_of_copy *p, char why[256])
{
  size_t a = p->a - (size_t)p->open_front, b = p->b + (size_t)p->open_back;
  return aid_runs_between (t, p->lo, p->hi, a, b, why);
}

/* Whether a line that P inserts stands right behind it in the file: then it reaches further than was found. */
static enum aid_err
check_behind (const struct aid_texts *t, const struct aid_piece_of_copy *p, size_t first_run, char why[256])
{
  size_t until = p->hi + 2 * (p->b - p->a);
  for (size_t r = first_run; r < t->runs.len; r++)
    {
      const struct aid_run *run = &AID_VEC_AT (struct aid_run, &t->runs, r);
      for (size_t i = run->n1; i < run->n2; i++)
        {
          uint32_t id = t->id[i];
          if (id == AID_NO_ID || aid_line_weight (aid_span_trim (t->line[i])) < 1)
            continue;
          size_t next = aid_index_next (t->x, id, p->hi);
          if (next < until && next < t->target.lines.n)
            {
              char quote[AID_QUOTE];
              aid_reason (why, "where it ends is not clear: \"%s\" stands at line %zu, too", aid_quote (t->line[i], quote),
                          next + 1);
              return AID_E_REFUSED;
            }
        }
    }
  return AID_OK;
}

/* *BEHIND gets the file's line from which on the next piece is looked for.  Only a copy with ELISIONS may begin with a line that
   the file does not have. */
static enum aid_err
align_piece (struct aid_texts *t, struct aid_piece_of_copy *p, int elisions, size_t *behind, char why[256])
{
  size_t a = aid_copy_first_line (t, p->a, p->b), first_run = t->runs.len, o = 0;
  if (a == p->b)
    return AID_OK;
  enum aid_err err = aid_copy_shift (t, p, a);
  if (!err)
    err = aid_copy_find_first (t, a, p->b, p->lo, &o, why);
  if (!err)
    {
      p->lo = o;
      p->a = a;
      err = aid_copy_find_end (t, p, why);
    }
  else if ((elisions && err == AID_E_NOTFOUND) || (p->preceded && err == AID_E_REFUSED))
    {
      p->open_front = p->open_back = 1;
      p->hi = t->target.lines.n;
      err = AID_OK;
    }
  if (!err)
    err = align_open (t, p, why);
  if (!err && !p->open_back)
    err = check_behind (t, p, first_run, why);
  *behind = p->open_back ? p->lo : p->hi;
  if (!err && t->runs.len > first_run)
    {
      size_t end = AID_VEC_AT (struct aid_run, &t->runs, t->runs.len - 1).o2;
      *behind = end > *behind ? end : *behind;
    }
  return err;
}

/* --- all pieces --- */

/* The lines of the text with an elided one in front of and behind each piece, for open ones: T gets them. */
static enum aid_err
part (struct aid_texts *t, struct aid_vec *pieces)
{
  size_t first = aid_copy_first_line (t, 0, t->n), room = 2 * t->n + 4, n = 0;
  size_t outer = first < t->n ? aid_line_indent (t->line[first]) : 0;
  struct aid_span *line = calloc (room, sizeof *line);
  uint32_t *id = calloc (room, sizeof *id);
  unsigned char *elided = calloc (room, 1);
  enum aid_err err = line && id && elided ? AID_OK : AID_E_NOMEM;
  for (size_t i = 0; i < t->n && !err;)
    {
      int preceded = 0;
      for (; i < t->n && ((t->elided[i] && aid_line_indent (t->line[i]) <= outer) || aid_line_is_empty (t->line[i])); i++)
        preceded |= t->elided[i] != 0;
      while (preceded && i < t->n && aid_line_is_empty (t->line[i - 1]))
        i--; /* blank lines are the piece's */
      elided[n++] = AID_ELIDED_AROUND;
      struct aid_piece_of_copy *p = i < t->n ? aid_vec_push (pieces) : NULL;
      if (!p)
        {
          err = i < t->n ? AID_E_LIMIT : AID_OK;
          break;
        }
      p->a = n;
      p->preceded = preceded;
      for (; i < t->n && !(t->elided[i] && aid_line_indent (t->line[i]) <= outer); i++, n++)
        {
          line[n] = t->line[i];
          id[n] = t->id[i];
          elided[n] = t->elided[i];
        }
      p->followed = i < t->n;
      while (!p->followed && n > p->a + 1 && !elided[n - 1] && aid_line_is_empty (line[n - 1]))
        n--;
      p->b = n;
    }
  if (!err)
    elided[n] = AID_ELIDED_AROUND;
  else
    {
      free (line);
      free (id);
      free (elided);
      return err;
    }
  free (t->line);
  free (t->id);
  free (t->elided);
  t->line = line;
  t->id = id;
  t->elided = elided;
  t->n = n + 1;
  return AID_OK;
}

/* The weight of the lines A to B - 1 of the text that the file has, of those that it says.  FIRST: the first run that may be
   theirs. */
static double
kept (const struct aid_texts *t, size_t a, size_t b, size_t first)
{
  double all = aid_texts_weight_new (t, a, b);
  for (size_t r = first; r < t->runs.len; r++)
    {
      const struct aid_run *run = &AID_VEC_AT (struct aid_run, &t->runs, r);
      if (run->n1 >= a && run->n2 <= b)
        all -= aid_texts_weight_new (t, run->n1, run->n2);
    }
  return all;
}

static long
open_brackets (struct aid_span v)
{
  long n = 0;
  for (size_t i = 0; i < v.len; i++)
    n += v.ptr[i] && strchr ("([{", v.ptr[i]) ? 1 : v.ptr[i] && strchr (")]}", v.ptr[i]) ? -1 : 0;
  return n;
}

/* A change keeps brackets in pairs; one that was taken for more or less than it is does not. */
static enum aid_err
check_brackets (const struct aid_texts *t, char why[256])
{
  long n = 0;
  for (size_t r = 0; r < t->runs.len; r++)
    {
      const struct aid_run *run = &AID_VEC_AT (struct aid_run, &t->runs, r);
      for (size_t i = run->o1; i < run->o2; i++)
        n -= open_brackets (aid_texts_file_line (t, i));
      for (size_t i = run->n1; i < run->n2; i++)
        n += open_brackets (t->line[i]);
    }
  if (n == 0)
    return AID_OK;
  aid_reason (why, "how much it stands for is not clear: with it, brackets would not match any more");
  return AID_E_REFUSED;
}

/* Lines are only left out where that is said. */
static enum aid_err
check_left_out (const struct aid_texts *t, int elisions, double size, char why[256])
{
  for (size_t r = 0; r < t->runs.len; r++)
    {
      const struct aid_run *run = &AID_VEC_AT (struct aid_run, &t->runs, r);
      double lost = aid_texts_weight_old (t, run->o1, run->o2) - aid_texts_weight_new (t, run->n1, run->n2);
      if (lost > (elisions ? LEFT_OUT : LEFT_OUT + size / 2))
        {
          aid_reason (why, "it leaves out lines %zu to %zu of the file without saying so", run->o1 + 1, run->o2);
          return AID_E_REFUSED;
        }
    }
  return AID_OK;
}

enum aid_err
aid_copy_runs (struct aid_texts *t, char why[256])
{
  struct aid_vec pieces = AID_VEC_INIT (struct aid_piece_of_copy, AID_PATCH_LINES);
  int elisions = 0;
  for (size_t i = 0; i < t->n; i++)
    elisions += t->elided[i] = t->id[i] == AID_NO_ID && aid_is_elision (t->line[i]);
  double all = aid_texts_weight_new (t, 0, t->n), common = 0;
  enum aid_err err = part (t, &pieces);
  size_t from = 0;
  why[0] = '\0';
  if (!err && !elisions && pieces.len > 0 && !aid_copy_one_block (t, 1, t->n - 1))
    {
      aid_reason (why, "it is more than one definition, and not the whole file");
      err = AID_E_REFUSED;
    }
  for (size_t k = 0; k < pieces.len && !err; k++)
    {
      struct aid_piece_of_copy *p = &AID_VEC_AT (struct aid_piece_of_copy, &pieces, k);
      size_t first = t->runs.len;
      p->lo = from;
      err = align_piece (t, p, elisions, &from, why);
      double have = err ? 0 : kept (t, p->a, p->b, first);
      if (!err && have < TELLING)
        {
          aid_reason (why, "a part of it has no line that the file has");
          err = pieces.len > 1 ? AID_E_REFUSED : AID_E_NOTFOUND;
        }
      common += have;
    }
  if (!err && (common < 2 * TELLING || common < all * (elisions ? .25 : .5)))
    err = AID_E_NOTFOUND;
  if (!err)
    err = check_left_out (t, elisions, all, why);
  if (!err)
    err = check_brackets (t, why);
  aid_vec_free (&pieces);
  return err;
}
