/* An edited copy in its file: one definition, or some parts of the file with elided lines between them.  Elided lines as far
   out as the first line part the copy into pieces; each is found by its first line, and ends where the block ends that this
   line begins (by its closing line, or by indentation).  Inside of a piece elisions are gaps between lines that
   match (runs.c).  Whatever is not in one place is refused. */
#include "patch/match.h"
#include "patch/settle_internal.h"

#include <stdlib.h>

enum
{
  FIRST_WORK = 50000000,        /* comparisons to find first lines */
  HEAD_LINES = 20,              /* that begin a block: comments, types, attributes */
  LEFT_OUT = 5                  /* lines that may be missing from a copy with elisions, over those that are new */
};

#define TELLING .95             /* the weight of a line that says something, added up inexactly */

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

/* --- lines --- */

/* A part of the text, A to B - 1, and of the file, LO to HI - 1. */
struct piece
{
  size_t a, b, lo, hi;
  int open_front, open_back;    /* it may begin, or end, anywhere in there */
  int preceded, followed;       /* by elided lines: it need not have all of its block */
};

static int
is_empty (struct aid_span v)
{
  return aid_span_trim (v).len == 0;
}

static size_t
indent_of (struct aid_span v)
{
  return aid_indent_of (v).len;
}

static size_t
first_line (const struct aid_texts *t, size_t a, size_t b)
{
  while (a < b && (t->elided[a] || is_empty (t->line[a])))
    a++;
  return a;
}

static struct aid_span
file_line (const struct aid_texts *t, size_t i)
{
  return aid_lines_at (&t->target.lines, i);
}

/* How many of the lines from A on stand in the file from O on, one after the other. */
static size_t
goes_on (const struct aid_texts *t, size_t o, size_t a, size_t b)
{
  size_t k = 0;
  while (a + k < b && !t->elided[a + k] && o + k < t->target.lines.n && t->x->ids[o + k] == t->id[a + k])
    k++;
  return k;
}

/* Whether one of the N lines from A on stands in one place of the file only. */
static int
has_unique (const struct aid_texts *t, size_t a, size_t n)
{
  for (size_t i = a; i < a + n; i++)
    if (aid_index_places (t->x, t->id[i]) == 1 && aid_line_weight (aid_span_trim (t->line[i])) >= 1)
      return 1;
  return 0;
}

/* The place of line A from FROM on: *O.  AID_E_NOTFOUND: none.  Of several the one counts where most of the next lines follow, if
   these stand nowhere else. */
static enum aid_err
find_first (struct aid_texts *t, size_t a, size_t b, size_t from, size_t *o, char why[256])
{
  uint32_t id = t->id[a];
  size_t most = 0, second = 0, places = 0;
  if (id == AID_NO_ID)
    return AID_E_NOTFOUND;
  for (uint32_t k = t->x->first[id]; k < t->x->first[id + 1] && t->work < FIRST_WORK; k++)
    {
      size_t at = t->x->posts[k], lines = at < from ? 0 : goes_on (t, at, a, b);
      t->work += lines + 1;
      places += at >= from;
      if (lines > most)
        {
          *o = at;
          most = lines;
          second = at;
        }
      else if (lines == most)
        second = at;
    }
  if (most == 0)
    return AID_E_NOTFOUND;
  if (second == *o && t->work < FIRST_WORK && (places == 1 || has_unique (t, a, most)))
    return AID_OK;
  char quote[AID_QUOTE];
  aid_reason (why, "its beginning \"%s\" stands at %u lines of the file", aid_quote (t->line[a], quote), aid_index_places (t->x, id));
  return AID_E_REFUSED;
}

/* --- indentation --- */

/* The one line of the file, from FROM on, that is line A but for its indentation; the number of lines, or of it. */
static size_t
find_stripped (struct aid_texts *t, size_t a, size_t from)
{
  const struct aid_index *x;
  size_t n = t->target.lines.n, found = n, places = 0;
  if (aid_target_index (&t->target, AID_STRIP, &x))
    return n;
  uint32_t id = aid_index_id (x, t->line[a]);
  for (uint32_t k = id == AID_NO_ID ? 0 : x->first[id]; id != AID_NO_ID && k < x->first[id + 1]; k++)
    if (x->posts[k] >= from)
      {
        found = x->posts[k];
        places++;
      }
  return places == 1 ? found : n;
}

/* Gives the lines A to B - 1 the indentation FOUND where they have WRITTEN in front. */
static enum aid_err
shift_lines (struct aid_texts *t, size_t a, size_t b, struct aid_span written, struct aid_span found)
{
  for (size_t i = a; i < b; i++)
    {
      struct aid_span v = t->line[i];
      if (is_empty (v) || v.len < written.len || memcmp (v.ptr, written.ptr, written.len) != 0)
        continue;
      char *text = malloc (found.len + v.len - written.len + 1), **slot = text ? aid_vec_push (&t->owned) : NULL;
      if (!slot)
        {
          free (text);
          return AID_E_NOMEM;
        }
      *slot = text;
      memcpy (text, found.ptr, found.len);
      memcpy (text + found.len, v.ptr + written.len, v.len - written.len);
      t->line[i] = (struct aid_span){ text, found.len + v.len - written.len };
      text[t->line[i].len] = '\0';
      t->id[i] = aid_index_id (t->x, t->line[i]);
    }
  return AID_OK;
}

/* A piece may be written further left or right than it stands: its first line tells. */
static enum aid_err
shift_piece (struct aid_texts *t, const struct piece *p, size_t a)
{
  if (t->id[a] != AID_NO_ID)
    return AID_OK;
  size_t o = find_stripped (t, a, p->lo);
  if (o == t->target.lines.n)
    return AID_OK;
  return shift_lines (t, p->a, p->b, aid_indent_of (t->line[a]), aid_indent_of (file_line (t, o)));
}

/* --- where a piece ends --- */

static int closes (struct aid_span line);

/* Whether the lines A to B - 1 are one block: lines that begin it, lines that are indented deeper, and what closes it. */
static int
is_one_block (const struct aid_texts *t, size_t a, size_t b)
{
  size_t outer = indent_of (t->line[a]), i = a;
  while (i < b && !t->elided[i] && !is_empty (t->line[i]) && indent_of (t->line[i]) == outer)
    i++;
  for (; i < b; i++)
    if (!t->elided[i] && !is_empty (t->line[i]) && indent_of (t->line[i]) <= outer && !closes (t->line[i]))
      return 0;
  return 1;
}

/* Whether LINE, as far out as the block's first line, still belongs to that: a bracket or such a word. */
static int
closes (struct aid_span line)
{
  static const char *const words[] = { "end", "else", "begin", "then", "done", "fi", "in", "esac", ";;" };
  struct aid_span v = aid_span_trim (line);
  while (v.len > 0 && strchr (",;", v.ptr[v.len - 1]))
    v.len--;
  if (v.len == 0 || aid_line_weight (v) >= 1)
    return 0;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (aid_span_eqz (v, words[i]))
      return 1;
  return strchr ("{}()[]", v.ptr[0]) != NULL;
}

static int
is_end (struct aid_span v)
{
  v = aid_span_trim (v);
  return v.len > 0 && (strchr ("})]", v.ptr[0]) != NULL || aid_span_starts (v, "end"));
}

/* The line that the lines inside of the block are deeper than: the last one of those that begin it. */
static size_t
block_head (const struct aid_texts *t, size_t o)
{
  size_t indent = indent_of (file_line (t, o)), i = o;
  for (; i + 1 < t->target.lines.n && i - o < HEAD_LINES; i++)
    {
      struct aid_span next = file_line (t, i + 1);
      if (indent_of (next) > indent && !is_empty (next))
        return i;
      if (is_empty (next) || indent_of (next) < indent)
        break;
    }
  return o;
}

/* Behind the last line of the block that holds line O: those that are indented deeper than INDENT, and what closes it. */
static size_t
block_end (const struct aid_texts *t, size_t o, size_t indent)
{
  size_t n = t->target.lines.n, end = o + 1;
  for (size_t i = o + 1; i < n; i++)
    {
      struct aid_span v = file_line (t, i);
      if (is_empty (v))
        continue;
      if (indent_of (v) <= indent && !closes (v))
        break;
      end = i + 1;
      if (indent_of (v) <= indent && is_end (v))
        break;
    }
  return end;
}

/* The last line of the file that is one of P's and stands nowhere else; P->lo when there is none. */
static size_t
last_unique (const struct aid_texts *t, const struct piece *p)
{
  size_t last = p->lo;
  for (size_t i = p->a; i < p->b; i++)
    {
      uint32_t id = t->id[i];
      if (id == AID_NO_ID || t->elided[i] || aid_index_places (t->x, id) != 1 || aid_line_weight (aid_span_trim (t->line[i])) < 1)
        continue;
      if (t->x->posts[t->x->first[id]] > last)
        last = t->x->posts[t->x->first[id]];
    }
  return last;
}

static size_t
least_indent (const struct aid_texts *t, const struct piece *p)
{
  size_t least = indent_of (file_line (t, p->lo));
  for (size_t i = p->a; i < p->b; i++)
    if (!t->elided[i] && !is_empty (t->line[i]) && indent_of (t->line[i]) < least)
      least = indent_of (t->line[i]);
  return least;
}

/* Fills P->hi for a piece that begins at line P->lo: behind its closing line, or else where the indentation ends, and behind
   every line that only it has. */
static enum aid_err
find_end (const struct aid_texts *t, struct piece *p, char why[256])
{
  size_t last = p->b - 1, n = t->target.lines.n;
  size_t unique = last_unique (t, p), indent = least_indent (t, p);
  p->hi = n;
  while (!t->elided[last] && is_empty (t->line[last]))
    last--;
  p->open_back = t->elided[last] != 0;
  if (p->open_back)
    return AID_OK;
  if (closes (t->line[last]) && indent_of (t->line[last]) <= indent_of (t->line[p->a]))
    {
      for (size_t i = unique + 1; i < n; i++)
        if (t->x->ids[i] == t->id[last])
          {
            p->hi = i + 1;
            p->b = last + 1;
            return AID_OK;
          }
      aid_reason (why, "where it ends is not clear: the file has no such closing line behind line %zu", unique + 1);
      return AID_E_REFUSED;
    }
  p->open_back = p->followed;
  if (p->followed)
    return AID_OK;
  if (t->id[last] == AID_NO_ID && !is_one_block (t, p->a, p->b))
    {
      aid_reason (why, "where it ends is not clear: the file does not have its last line");
      return AID_E_REFUSED;
    }
  p->hi = block_end (t, block_head (t, p->lo), indent);
  if (unique >= p->hi)
    p->hi = block_end (t, unique, indent);
  return AID_OK;
}

/* --- one piece --- */

/* The lines of P between elisions that stand for all of the file on its open sides. */
static enum aid_err
align_open (struct aid_texts *t, const struct piece *p, char why[256])
{
  size_t a = p->a - (size_t) p->open_front, b = p->b + (size_t) p->open_back;
  return aid_runs_between (t, p->lo, p->hi, a, b, why);
}

/* Whether a line that P inserts stands right behind it in the file: then it reaches further than was found. */
static enum aid_err
check_behind (const struct aid_texts *t, const struct piece *p, size_t first_run, char why[256])
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
          for (uint32_t k = t->x->first[id]; k < t->x->first[id + 1]; k++)
            if (t->x->posts[k] >= p->hi && t->x->posts[k] < until)
              {
                char quote[AID_QUOTE];
                aid_reason (why, "where it ends is not clear: \"%s\" stands at line %u, too", aid_quote (t->line[i], quote),
                            t->x->posts[k] + 1);
                return AID_E_REFUSED;
              }
        }
    }
  return AID_OK;
}

/* *BEHIND gets the file's line from which on the next piece is looked for.  Only a copy with ELISIONS may begin with a line that
   the file does not have. */
static enum aid_err
align_piece (struct aid_texts *t, struct piece *p, int elisions, size_t *behind, char why[256])
{
  size_t a = first_line (t, p->a, p->b), first_run = t->runs.len, o = 0;
  if (a == p->b)
    return AID_OK;
  enum aid_err err = shift_piece (t, p, a);
  if (!err)
    err = find_first (t, a, p->b, p->lo, &o, why);
  if (!err)
    {
      p->lo = o;
      p->a = a;
      err = find_end (t, p, why);
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
  size_t first = first_line (t, 0, t->n), room = 2 * t->n + 4, n = 0;
  size_t outer = first < t->n ? indent_of (t->line[first]) : 0;
  struct aid_span *line = calloc (room, sizeof *line);
  uint32_t *id = calloc (room, sizeof *id);
  unsigned char *elided = calloc (room, 1);
  enum aid_err err = line && id && elided ? AID_OK : AID_E_NOMEM;
  for (size_t i = 0; i < t->n && !err;)
    {
      int preceded = 0;
      for (; i < t->n && ((t->elided[i] && indent_of (t->line[i]) <= outer) || is_empty (t->line[i])); i++)
        preceded |= t->elided[i] != 0;
      while (preceded && i < t->n && is_empty (t->line[i - 1]))
        i--;                    /* blank lines are the piece's */
      elided[n++] = AID_ELIDED_AROUND;
      struct piece *p = i < t->n ? aid_vec_push (pieces) : NULL;
      if (!p)
        {
          err = i < t->n ? AID_E_LIMIT : AID_OK;
          break;
        }
      p->a = n;
      p->preceded = preceded;
      for (; i < t->n && !(t->elided[i] && indent_of (t->line[i]) <= outer); i++, n++)
        {
          line[n] = t->line[i];
          id[n] = t->id[i];
          elided[n] = t->elided[i];
        }
      p->followed = i < t->n;
      while (!p->followed && n > p->a + 1 && !elided[n - 1] && is_empty (line[n - 1]))
        n--;
      p->b = n;
    }
  elided[n] = AID_ELIDED_AROUND;
  if (err)
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

/* The weight of the text's lines that the file has, of those that it says. */
static double
kept (const struct aid_texts *t, size_t a, size_t b)
{
  double all = aid_texts_weight_new (t, a, b);
  for (size_t r = 0; r < t->runs.len; r++)
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
        n -= open_brackets (file_line (t, i));
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
  struct aid_vec pieces = AID_VEC_INIT (struct piece, AID_PATCH_LINES);
  int elisions = 0;
  for (size_t i = 0; i < t->n; i++)
    elisions += t->elided[i] = t->id[i] == AID_NO_ID && aid_is_elision (t->line[i]);
  double all = aid_texts_weight_new (t, 0, t->n), common = 0;
  enum aid_err err = part (t, &pieces);
  size_t from = 0;
  why[0] = '\0';
  if (!err && !elisions && pieces.len > 0 && !is_one_block (t, 1, t->n - 1))
    {
      aid_reason (why, "it is more than one definition, and not the whole file");
      err = AID_E_REFUSED;
    }
  for (size_t k = 0; k < pieces.len && !err; k++)
    {
      struct piece *p = &AID_VEC_AT (struct piece, &pieces, k);
      p->lo = from;
      err = align_piece (t, p, elisions, &from, why);
      double have = err ? 0 : kept (t, p->a, p->b);
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
