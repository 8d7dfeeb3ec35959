/* What differs between a file and another text: lines that are unique on both sides part them (the longest ascending sequence of
   them, as in patience diff), the rest gets a longest common subsequence.  An elided line stands for any lines; what
   stands beside it must show where it begins and ends. */
#include "patch/match.h"
#include "patch/settle_internal.h"

#include <stdlib.h>

enum
{
  CELLS = 4000000, /* of one table; a larger difference is replaced as a whole */
  DEPTH = 60,
  WORK = 100000000,
  NEAR = 200 /* lines of a gap that are compared with what stands beside an elision */
};
#define SIMILAR .6
#define ALIKE .75
#define LIKELY .5

/* --- the two texts --- */

void
aid_texts_free (struct aid_texts *t)
{
  aid_target_free (&t->target);
  free (t->line);
  free (t->id);
  free (t->elided);
  for (int side = 0; side < 2; side++)
    {
      free (t->count[side]);
      free (t->pos[side]);
    }
  for (size_t i = 0; i < t->owned.len; i++)
    free (AID_VEC_AT (char *, &t->owned, i));
  aid_vec_free (&t->owned);
  aid_vec_free (&t->runs);
  *t = (struct aid_texts){ 0 };
}

enum aid_err
aid_texts_init (struct aid_texts *t, struct aid_span file, const struct aid_vec *lines, struct aid_error *e)
{
  *t = (struct aid_texts){ .n = lines->len };
  t->runs = AID_VEC_INIT (struct aid_run, AID_PATCH_LINES);
  t->owned = AID_VEC_INIT (char *, AID_PATCH_LINES);
  enum aid_err err = aid_target_init (&t->target, file, e);
  if (!err)
    err = aid_target_index (&t->target, AID_TRAILING, &t->x);
  if (err)
    return err;
  size_t ids = t->x->count + (size_t)1;
  t->line = calloc (t->n + 1, sizeof *t->line);
  t->id = calloc (t->n + 1, sizeof *t->id);
  t->elided = calloc (t->n + 1, 1);
  for (int side = 0; side < 2; side++)
    {
      t->count[side] = calloc (ids, sizeof *t->count[side]);
      t->pos[side] = calloc (ids, sizeof *t->pos[side]);
    }
  if (!t->line || !t->id || !t->elided || !t->count[0] || !t->count[1] || !t->pos[0] || !t->pos[1])
    return aid_error_set (e, AID_E_NOMEM, "no memory for %zu lines", t->n);
  for (size_t i = 0; i < t->n; i++)
    {
      t->line[i] = AID_VEC_AT (struct aid_span, lines, i);
      t->id[i] = aid_index_id (t->x, t->line[i]);
    }
  return AID_OK;
}

static struct aid_span
old_line (const struct aid_texts *t, size_t i)
{
  return aid_lines_at (&t->target.lines, i);
}

double
aid_texts_weight_old (const struct aid_texts *t, size_t from, size_t to)
{
  double sum = 0;
  for (size_t i = from; i < to; i++)
    sum += aid_line_weight (aid_span_trim (old_line (t, i)));
  return sum;
}

double
aid_texts_weight_new (const struct aid_texts *t, size_t from, size_t to)
{
  double sum = 0;
  for (size_t i = from; i < to; i++)
    sum += t->elided[i] ? 0 : aid_line_weight (aid_span_trim (t->line[i]));
  return sum;
}

/* --- runs --- */

static enum aid_err
add_run (struct aid_texts *t, size_t o1, size_t o2, size_t n1, size_t n2)
{
  if (o1 == o2 && n1 == n2)
    return AID_OK;
  struct aid_run *last = t->runs.len ? &AID_VEC_AT (struct aid_run, &t->runs, t->runs.len - 1) : NULL;
  if (last && last->o2 == o1 && last->n2 == n1)
    {
      last->o2 = o2;
      last->n2 = n2;
      return AID_OK;
    }
  struct aid_run *run = aid_vec_push (&t->runs);
  if (!run)
    return AID_E_LIMIT;
  *run = (struct aid_run){ o1, o2, n1, n2 };
  return AID_OK;
}

static int
same (const struct aid_texts *t, size_t o, size_t n)
{
  return t->x->ids[o] == t->id[n];
}

/* The longest common subsequence of both ranges, as the runs between its lines. */
static enum aid_err
by_table (struct aid_texts *t, size_t lo, size_t hi, size_t a, size_t b)
{
  size_t n = hi - lo, m = b - a, w = m + 1, i = 0, j = 0;
  uint16_t *c = n && m && n < UINT16_MAX && m < UINT16_MAX && n < CELLS / m ? calloc ((n + 1) * w, sizeof *c) : NULL;
  if (!c)
    return add_run (t, lo, hi, a, b);
  t->work += n * m;
  for (i = n; i-- > 0;)
    for (j = m; j-- > 0;)
      {
        uint16_t down = c[(i + 1) * w + j], right = c[i * w + j + 1];
        c[i * w + j] = same (t, lo + i, a + j) ? (uint16_t)(c[(i + 1) * w + j + 1] + 1) : down > right ? down : right;
      }
  enum aid_err err = AID_OK;
  for (i = j = 0; (i < n || j < m) && !err;)
    {
      size_t i1 = i, j1 = j;
      while ((i1 < n || j1 < m) && !(i1 < n && j1 < m && same (t, lo + i1, a + j1)))
        if (j1 == m || (i1 < n && c[(i1 + 1) * w + j1] >= c[i1 * w + j1 + 1]))
          i1++;
        else
          j1++;
      err = add_run (t, lo + i, lo + i1, a + j, a + j1);
      i = i1 + 1;
      j = j1 + 1;
    }
  free (c);
  return err;
}

/* --- anchors --- */

struct anchor
{
  size_t o, n;
  size_t before; /* index + 1 of the one before it in the longest sequence that ends here */
};

static int
has_elision (const struct aid_texts *t, size_t a, size_t b)
{
  for (size_t i = a; i < b; i++)
    if (t->elided[i])
      return 1;
  return 0;
}

/* Appends the lines that are unique in both ranges, in the text's order; with STRICT only those that say something. */
static enum aid_err
find_unique (struct aid_texts *t, size_t lo, size_t hi, size_t a, size_t b, int strict, struct aid_vec *out)
{
  for (size_t i = lo; i < hi; i++)
    {
      t->count[0][t->x->ids[i]]++;
      t->pos[0][t->x->ids[i]] = (uint32_t)i;
    }
  for (size_t i = a; i < b; i++)
    if (t->id[i] != AID_NO_ID && !t->elided[i])
      t->count[1][t->id[i]]++;
  enum aid_err err = AID_OK;
  for (size_t i = a; i < b && !err; i++)
    {
      uint32_t id = t->id[i];
      if (id == AID_NO_ID || t->elided[i] || t->count[0][id] != 1 || t->count[1][id] != 1)
        continue;
      if (strict && aid_line_weight (aid_span_trim (t->line[i])) < 1)
        continue;
      struct anchor *anchor = aid_vec_push (out);
      if (anchor)
        *anchor = (struct anchor){ t->pos[0][id], i, 0 };
      else
        err = AID_E_LIMIT;
    }
  for (size_t i = lo; i < hi; i++)
    t->count[0][t->x->ids[i]] = 0;
  for (size_t i = a; i < b; i++)
    if (t->id[i] != AID_NO_ID)
      t->count[1][t->id[i]] = 0;
  t->work += (hi - lo) + (b - a);
  return err;
}

/* Keeps the longest sequence of ANCHORS that ascends in the file, too. */
static enum aid_err
keep_ascending (struct aid_vec *anchors)
{
  size_t n = anchors->len, len = 0;
  struct anchor *v = anchors->data;
  size_t *ends = malloc ((n + 1) * sizeof *ends); /* by length - 1: the anchor that ends a sequence earliest in the file */
  if (!ends)
    return AID_E_NOMEM;
  for (size_t i = 0; i < n; i++)
    {
      size_t from = 0, to = len;
      while (from < to)
        {
          size_t mid = from + (to - from) / 2;
          if (v[ends[mid]].o < v[i].o)
            from = mid + 1;
          else
            to = mid;
        }
      v[i].before = from > 0 ? ends[from - 1] + 1 : 0;
      ends[from] = i;
      len += from == len;
    }
  size_t at = len > 0 ? ends[len - 1] + 1 : 0;
  for (size_t k = len; k-- > 0; at = v[at - 1].before)
    ends[k] = at - 1;
  for (size_t k = 0; k < len; k++)
    v[k] = v[ends[k]];
  anchors->len = len;
  free (ends);
  return AID_OK;
}

/* --- beside an elision --- */

static int
is_plain_blank (const struct aid_texts *t, size_t i)
{
  return !t->elided[i] && aid_span_trim (t->line[i]).len == 0;
}

static int
is_old_blank (const struct aid_texts *t, size_t o)
{
  return aid_span_trim (old_line (t, o)).len == 0;
}

/* What LINE is about: what it assigns to or calls. */
static struct aid_span
subject (struct aid_span line, char *by)
{
  const char *blank = line.len > 0 && line.ptr[0] == '(' ? memchr (line.ptr, ' ', line.len) : NULL;
  *by = '(';
  if (blank) /* a form of Lisp */
    return aid_span_cut (line, 0, (size_t)(blank - line.ptr));
  ptrdiff_t import = aid_span_starts (line, "from ") ? aid_span_find (line, AID_SPAN (" import ")) : -1;
  *by = '=';
  if (import > 0) /* Python's: the module */
    return aid_span_cut (line, 0, (size_t)import);
  for (size_t i = 1; i < line.len; i++)
    if (line.ptr[i] == '=' || line.ptr[i] == '(')
      {
        *by = line.ptr[i];
        return aid_span_trim (aid_span_cut (line, 0, i));
      }
  *by = 0;
  return line;
}

static int
is_import (struct aid_span line)
{
  static const char *const words[] = { "#include ", "import ", "from ", "use ", "using ", "open ", "require ", "export " };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (aid_span_starts (line, words[i]))
      return 1;
  return 0;
}

/* Beyond the limit of work nothing is alike. */
static int
is_like (const struct aid_texts *t, struct aid_span a, struct aid_span b, double least)
{
  return *t->target.work <= AID_PLACE_WORK && aid_similar (a, b, least, t->target.work) >= least;
}

/* Whether the text's line N is the file's line O as it is now, or changed: it is about the same thing. */
static int
continues (const struct aid_texts *t, size_t o, size_t n)
{
  char by_a, by_b;
  struct aid_span a = aid_span_trim (old_line (t, o)), b = aid_span_trim (t->line[n]);
  struct aid_span about = subject (a, &by_a);
  if (aid_line_weight (b) < 1)
    return t->x->ids[o] == t->id[n];
  if (!aid_span_eq (about, subject (b, &by_b)) || by_a != by_b)
    return 0;
  double least = by_a == '=' ? SIMILAR : ALIKE;
  return is_like (t, a, b, least);
}

/* Whether it may be that line.  Imports resemble one another. */
static int
resembles (const struct aid_texts *t, size_t o, size_t n, double least)
{
  struct aid_span a = aid_span_trim (old_line (t, o)), b = aid_span_trim (t->line[n]);
  return aid_span_eq (a, b) || (!(is_import (a) && is_import (b)) && is_like (t, a, b, least));
}

/* How many lines of the gap LO to HI - 1, counted from its end that the text's lines A to B - 1 stand at, they replace. */
static size_t
replaced (const struct aid_texts *t, size_t lo, size_t hi, size_t a, size_t b, int from_end)
{
  size_t n = 0;
  for (size_t k = 0; k < b - a && n < hi - lo; k++)
    {
      size_t o = from_end ? hi - 1 - n : lo + n, i = from_end ? b - 1 - k : a + k;
      n += (size_t)continues (t, o, i);
    }
  return n;
}

/* Whether line N, which says something, is, nearly, one of the file's lines LO to HI - 1; only those near their ends are read. */
static int
resembles_one (const struct aid_texts *t, size_t lo, size_t hi, size_t n, size_t beside)
{
  if (aid_index_next (t->x, t->id[n], lo) < hi)
    return 1;
  for (size_t o = lo; o < hi; o++)
    {
      if (o - lo >= NEAR && hi - o > NEAR)
        o = hi - NEAR;
      if (resembles (t, o, n, o == beside ? LIKELY : ALIKE))
        return 1;
    }
  return 0;
}

static enum aid_err
unclear (const struct aid_texts *t, size_t i, char why[256], const char *what)
{
  char quote[AID_QUOTE];
  aid_reason (why, "how much the elided lines stand for is not clear: \"%s\" %s", aid_quote (t->line[i], quote), what);
  return AID_E_REFUSED;
}

static enum aid_err
too_long (char why[256])
{
  aid_reason (why, "it is too long to be compared");
  return AID_E_REFUSED;
}

/* None of the text's lines A to B - 1 may be, nearly, one of the file's lines LO to HI - 1.  They stand at the beginning of
   these, or at their end with FROM_END: the line there is the likeliest one to be meant. */
static enum aid_err
none_stands_in (struct aid_texts *t, size_t lo, size_t hi, size_t a, size_t b, int from_end, char why[256])
{
  size_t beside = from_end ? hi - 1 : lo;
  for (size_t i = a; i < b && lo < hi; i++)
    {
      int small = aid_line_weight (aid_span_trim (t->line[i])) < 1;
      if (small && (i + 1 < b || from_end) && (i > a || !from_end))
        continue; /* but for the one next to the elision */
      if (small ? aid_index_next (t->x, t->id[i], lo) < hi : resembles_one (t, lo, hi, i, beside))
        return unclear (t, i, why, "is, or resembles, a line that they may stand for");
      t->work += (size_t)NEAR * 100;
      if (t->work > WORK)
        return too_long (why);
    }
  return AID_OK;
}

/* No line of the ranges tells where the elided ones begin and end, but for what was at their ends: what stands before the
   first elision goes to the beginning of the gap, what stands behind the last to its end. */
static enum aid_err
around_elision (struct aid_texts *t, size_t lo, size_t hi, size_t a, size_t b, char why[256])
{
  size_t first = a, last = b;
  while (!t->elided[first])
    first++;
  while (!t->elided[last - 1])
    last--;
  for (size_t i = first; i < last; i++)
    if (!t->elided[i] && !is_plain_blank (t, i))
      return unclear (t, i, why, "stands between two of them and is not in one place of the file");
  int within = first + 1 == last && t->elided[first] == AID_ELIDED_WITHIN;
  size_t first_blank = first, last_blank = last;
  while (first > a && is_plain_blank (t, first - 1))
    first--;
  while (last < b && is_plain_blank (t, last))
    last++;
  size_t head = replaced (t, lo, hi, a, first, 0), tail = replaced (t, lo + head, hi, last, b, 1);
  if (within && lo + head == hi - tail)
    return unclear (t, first_blank, why, "would stand for nothing");
  enum aid_err err = none_stands_in (t, lo + head, hi - tail, a, first, 0, why);
  if (!err)
    err = none_stands_in (t, lo + head, hi - tail, last, b, 1, why);
  if (err)
    return err;
  /* Blank lines beside the elided ones part what is new from them, unless the file has some there. */
  if (first > a && lo + head < hi && !is_old_blank (t, lo + head))
    first = first_blank;
  if (last < b && hi - tail > lo && !is_old_blank (t, hi - tail - 1))
    last = last_blank;
  err = add_run (t, lo, lo + head, a, first);
  return err ? err : add_run (t, hi - tail, hi, last, b);
}

/* --- all of it --- */

static enum aid_err between (struct aid_texts *t, size_t lo, size_t hi, size_t a, size_t b, int depth, char why[256]);

static enum aid_err
by_anchors (struct aid_texts *t, size_t lo, size_t hi, size_t a, size_t b, int depth, const struct aid_vec *anchors,
            char why[256])
{
  enum aid_err err = AID_OK;
  for (size_t k = 0; k < anchors->len && !err; k++)
    {
      const struct anchor *v = &AID_VEC_AT (struct anchor, anchors, k);
      err = between (t, lo, v->o, a, v->n, depth + 1, why);
      lo = v->o + 1;
      a = v->n + 1;
    }
  return err ? err : between (t, lo, hi, a, b, depth + 1, why);
}

static enum aid_err
between (struct aid_texts *t, size_t lo, size_t hi, size_t a, size_t b, int depth, char why[256])
{
  while (lo < hi && a < b && !t->elided[a] && same (t, lo, a))
    lo++, a++;
  while (lo < hi && a < b && !t->elided[b - 1] && same (t, hi - 1, b - 1))
    hi--, b--;
  int elision = has_elision (t, a, b);
  if (!elision && (lo == hi || a == b || depth > DEPTH || t->work > WORK))
    return add_run (t, lo, hi, a, b);
  struct aid_vec anchors = AID_VEC_INIT (struct anchor, AID_PATCH_LINES);
  enum aid_err err = find_unique (t, lo, hi, a, b, elision, &anchors);
  size_t found = anchors.len;
  if (!err)
    err = keep_ascending (&anchors);
  if (!err && elision && (anchors.len < found || depth > DEPTH || t->work > WORK))
    {
      err = too_long (why);
      if (anchors.len < found)
        aid_reason (why, "its lines stand in another order in the file");
    }
  else if (!err && anchors.len > 0)
    err = by_anchors (t, lo, hi, a, b, depth, &anchors, why);
  else if (!err)
    err = elision ? around_elision (t, lo, hi, a, b, why) : by_table (t, lo, hi, a, b);
  aid_vec_free (&anchors);
  return err;
}

enum aid_err
aid_runs_between (struct aid_texts *t, size_t lo, size_t hi, size_t a, size_t b, char why[256])
{
  return between (t, lo, hi, a, b, 0, why);
}
