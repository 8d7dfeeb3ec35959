/* A pattern becomes steps of a machine that is in many states at once; jumps are relative, so that a stretch of steps
   may be copied for "{2,5}" or moved when something goes before it. */
#include "project/regex_internal.h"
#include <stdlib.h>

#define DEPTH 60             /* groups in groups */
#define REPEAT 1000          /* the largest number in "{m,n}" */
#define SETS ((size_t)20000) /* different sets of bytes in one program */

struct parser
{
  struct aid_regex *r;
  const char *p, *end;
  int nocase, depth;
  enum aid_err err;
  const char *what; /* why it failed */
};

struct aid_regex *
aid_regex_new (void)
{
  struct aid_regex *r = calloc (1, sizeof *r);
  if (r)
    {
      r->steps = AID_VEC_INIT (struct aid_regex_step, AID_REGEX_PROGRAM);
      r->sets = AID_VEC_INIT (struct aid_regex_set, SETS);
      r->starts = AID_VEC_INIT (size_t, AID_REGEX_PROGRAM);
    }
  return r;
}

void
aid_regex_free (struct aid_regex *r)
{
  if (!r)
    return;
  aid_vec_free (&r->steps);
  aid_vec_free (&r->sets);
  aid_vec_free (&r->starts);
  free (r->now);
  free (r->next);
  free (r->seen);
  free (r->todo);
  free (r);
}

/* --- compiling ------------------------------------------------------------------------------------------------------- */

static void
fail (struct parser *c, enum aid_err err, const char *what)
{
  if (c->err)
    return;
  c->err = err;
  c->what = what;
}

static void
emit (struct parser *c, size_t at, enum aid_regex_op op, int x, int y)
{
  struct aid_regex_step *s = aid_vec_insert (&c->r->steps, at);
  if (s)
    *s = (struct aid_regex_step){ op, x, y };
  else
    fail (c, AID_E_LIMIT, "too long a program");
}

static size_t
here (const struct parser *c)
{
  return c->r->steps.len;
}

static void
include (struct aid_regex_set *s, int c)
{
  s->bits[c >> 6] |= (uint64_t)1 << (c & 63);
}

static int
includes (const struct aid_regex_set *s, int c)
{
  return aid_regex_includes (s, (unsigned char)c);
}

static void
include_range (struct aid_regex_set *s, int from, int to)
{
  for (int c = from; c <= to; c++)
    include (s, c);
}

static void
invert (struct aid_regex_set *s)
{
  for (int i = 0; i < 4; i++)
    s->bits[i] = ~s->bits[i];
}

static void
emit_set (struct parser *c, struct aid_regex_set s)
{
  for (int k = 'a'; c->nocase && k <= 'z'; k++)
    if (includes (&s, k) || includes (&s, k - 32))
      {
        include (&s, k);
        include (&s, k - 32);
      }
  struct aid_regex_set *slot = aid_vec_push (&c->r->sets);
  if (!slot)
    fail (c, AID_E_LIMIT, "too many sets of characters");
  else
    {
      *slot = s;
      emit (c, here (c), OP_SET, (int)c->r->sets.len - 1, 0);
    }
}

/* \d \w \s and their opposites; 0 when L is none of them. */
static int
named_set (char l, struct aid_regex_set *s)
{
  switch (l | 32)
    {
    case 'd':
      include_range (s, '0', '9');
      break;
    case 'w':
      include_range (s, '0', '9');
      include_range (s, 'a', 'z');
      include_range (s, 'A', 'Z');
      include (s, '_');
      break;
    case 's':
      include_range (s, '\t', '\r');
      include (s, ' ');
      break;
    default:
      return 0;
    }
  if (!(l & 32))
    invert (s);
  return 1;
}

/* The byte that the escape at C->p (behind its "\") stands for; -1 and failed when it stands for something else. */
static int
escaped_byte (struct parser *c)
{
  static const char letters[] = "abfnrtv", values[] = "\a\b\f\n\r\t\v";
  if (c->p >= c->end)
    {
      fail (c, AID_E_PARSE, "a \"\\\" at its end");
      return -1;
    }
  unsigned char l = (unsigned char)*c->p++;
  const char *known = l ? strchr (letters, l) : NULL;
  if (known)
    return values[known - letters];
  if (l == 'x' && c->end - c->p >= 2)
    {
      char digits[3] = { c->p[0], c->p[1], 0 }, *stop;
      long n = strtol (digits, &stop, 16);
      c->p += 2;
      if (!*stop && digits[0] != '-' && digits[0] != '+' && digits[0] != ' ')
        return (int)n;
    }
  else if (l == '0')
    return 0;
  else if (!((l | 32) >= 'a' && (l | 32) <= 'z') && !(l >= '0' && l <= '9'))
    return l;
  fail (c, AID_E_PARSE, "an escape that is not supported");
  return -1;
}

/* A byte of a set at C->p, or a named set, which is put in: then -1. */
static int
set_member (struct parser *c, struct aid_regex_set *s)
{
  char l = *c->p++;
  if (l != '\\')
    return (unsigned char)l;
  if (c->p < c->end && named_set (*c->p, s))
    {
      c->p++;
      return -1;
    }
  return escaped_byte (c);
}

static void
read_set (struct parser *c)
{
  struct aid_regex_set s = { { 0 } };
  int negated = c->p < c->end && *c->p == '^';
  c->p += negated;
  for (const char *first = c->p; !c->err && c->p < c->end && (*c->p != ']' || c->p == first);)
    {
      int from = set_member (c, &s), to = from;
      if (from >= 0 && c->end - c->p >= 2 && *c->p == '-' && c->p[1] != ']')
        {
          c->p++;
          to = set_member (c, &s);
          if (to < from)
            fail (c, AID_E_PARSE, "a range that runs backwards");
        }
      if (from >= 0 && !c->err)
        include_range (&s, from, to);
    }
  if (!c->err && c->p >= c->end)
    fail (c, AID_E_PARSE, "a \"[\" that is not closed");
  c->p++;
  if (negated)
    invert (&s);
  emit_set (c, s);
}

static void read_choice (struct parser *c);

/* What stands behind "(?": flags, a comment, a name, or nothing that captures.  0: no group follows. */
static int
group_head (struct parser *c)
{
  struct aid_span rest = { c->p, (size_t)(c->end - c->p) };
  const char *close = memchr (c->p, ')', rest.len);
  if (aid_span_starts (rest, ":"))
    c->p++;
  else if (aid_span_starts (rest, "P<") && memchr (c->p, '>', rest.len))
    c->p = (const char *)memchr (c->p, '>', rest.len) + 1;
  else if (aid_span_starts (rest, "#") && close)
    {
      c->p = close + 1;
      return 0;
    }
  else if (aid_span_starts (rest, "i)"))
    {
      c->nocase = 1;
      c->p += 2;
      return 0;
    }
  else
    fail (c, AID_E_PARSE, "a group that looks around, or of another kind that is not supported");
  return 1;
}

static void
read_group (struct parser *c)
{
  if (c->p < c->end && *c->p == '?')
    {
      c->p++;
      if (!group_head (c))
        return;
    }
  if (++c->depth > DEPTH)
    fail (c, AID_E_LIMIT, "too many groups in groups");
  if (!c->err)
    read_choice (c);
  c->depth--;
  if (!c->err && (c->p >= c->end || *c->p++ != ')'))
    fail (c, AID_E_PARSE, "a \"(\" that is not closed");
}

static void
read_escape (struct parser *c)
{
  struct aid_regex_set s = { { 0 } };
  char l = c->p < c->end ? *c->p : 0;
  if (l == 'b' || l == 'B' || l == 'A' || l == 'Z')
    {
      c->p++;
      emit (c, here (c), l == 'A' ? OP_BEGIN : l == 'Z' ? OP_END : OP_EDGE, l == 'B', 0);
      return;
    }
  if (named_set (l, &s))
    c->p++;
  else
    {
      int byte = escaped_byte (c);
      if (byte >= 0)
        include (&s, byte);
    }
  if (!c->err)
    emit_set (c, s);
}

static void
read_atom (struct parser *c)
{
  struct aid_regex_set s = { { 0 } };
  char l = *c->p++;
  switch (l)
    {
    case '(':
      read_group (c);
      break;
    case '[':
      read_set (c);
      break;
    case '\\':
      read_escape (c);
      break;
    case '^':
      emit (c, here (c), OP_BEGIN, 0, 0);
      break;
    case '$':
      emit (c, here (c), OP_END, 0, 0);
      break;
    case '*':
    case '+':
    case '?':
      fail (c, AID_E_PARSE, "nothing to repeat");
      break;
    case '.':
      include (&s, '\n');
      invert (&s);
      emit_set (c, s);
      break;
    default:
      include (&s, (unsigned char)l);
      emit_set (c, s);
    }
}

/* --- repeating -------------------------------------------------------------------------------------------------------- */

static void
make_optional (struct parser *c, size_t from)
{
  emit (c, from, OP_SPLIT, 1, (int)(here (c) - from) + 1);
}

static void
make_star (struct parser *c, size_t from)
{
  make_optional (c, from);
  size_t n = here (c) - from;
  emit (c, here (c), OP_JUMP, -(int)n, 0);
  if (!c->err)
    AID_VEC_AT (struct aid_regex_step, &c->r->steps, from).y = (int)n + 1;
}

static void
copy_steps (struct parser *c, size_t from, size_t n)
{
  for (size_t i = 0; i < n && !c->err; i++)
    {
      struct aid_regex_step s = AID_VEC_AT (struct aid_regex_step, &c->r->steps, from + i);
      emit (c, here (c), s.op, s.x, s.y);
    }
}

/* The steps from FROM on, MIN times at least and MAX at most (-1: any number). */
static void
repeat (struct parser *c, size_t from, int min, int max)
{
  size_t n = here (c) - from, last = from;
  if (max == 0)
    {
      aid_vec_remove (&c->r->steps, from, n);
      return;
    }
  if (n > 0 && (size_t)(max > min ? max : min + 1) > AID_REGEX_PROGRAM / n)
    fail (c, AID_E_LIMIT, "too long a program");
  for (int i = 1; i < min; i++)
    {
      last = here (c);
      copy_steps (c, from, n);
    }
  if (max < 0)
    {
      if (min > 0)
        {
          last = here (c);
          copy_steps (c, from, n);
        }
      make_star (c, last);
      return;
    }
  for (int i = min > 0 ? min : 1; i < max && !c->err; i++)
    {
      last = here (c);
      copy_steps (c, from, n);
      make_optional (c, last);
    }
  if (min == 0)
    make_optional (c, from);
}

/* Reads "{m}", "{m,}", "{,n}" or "{m,n}"; 0 when there is none, and the "{" is an ordinary character. */
static int
read_counts (struct parser *c, int *min, int *max)
{
  const char *p = c->p + 1, *close = memchr (p, '}', (size_t)(c->end - p));
  const char *comma = close ? memchr (p, ',', (size_t)(close - p)) : NULL;
  struct aid_span low, high;
  uint64_t a = 0, b = 0;
  if (!close)
    return 0;
  low = (struct aid_span){ p, (size_t)((comma ? comma : close) - p) };
  high = comma ? (struct aid_span){ comma + 1, (size_t)(close - comma - 1) } : low;
  if ((low.len && aid_span_number (low, INT32_MAX, &a)) || (high.len && aid_span_number (high, INT32_MAX, &b))
      || (!comma && !low.len) || (comma && !low.len && !high.len))
    return 0;
  if (a > REPEAT || b > REPEAT || (high.len && b < a))
    fail (c, AID_E_LIMIT, "a number of repetitions that is too large");
  *min = (int)a;
  *max = high.len ? (int)b : -1;
  c->p = close + 1;
  return 1;
}

static void
read_repeats (struct parser *c, size_t from)
{
  for (int times = 0; !c->err && c->p < c->end; times++)
    {
      int min = 0, max = -1;
      if (*c->p == '*' || *c->p == '+' || *c->p == '?')
        {
          min = *c->p == '+';
          max = *c->p == '?' ? 1 : -1;
          c->p++;
        }
      else if (*c->p != '{' || !read_counts (c, &min, &max))
        return;
      if (times)
        fail (c, AID_E_PARSE, "a repetition of a repetition");
      if (c->p < c->end && *c->p == '?')
        c->p++; /* lazy: whether it matches is the same */
      if (!c->err)
        repeat (c, from, min, max);
    }
}

static void
read_sequence (struct parser *c)
{
  while (!c->err && c->p < c->end && *c->p != '|' && *c->p != ')')
    {
      size_t from = here (c);
      read_atom (c);
      read_repeats (c, from);
    }
}

static void
read_choice (struct parser *c)
{
  size_t from = here (c), last = from;
  struct aid_vec jumps = AID_VEC_INIT (size_t, AID_REGEX_PATTERN);
  read_sequence (c);
  while (!c->err && c->p < c->end && *c->p == '|')
    {
      c->p++;
      emit (c, last, OP_SPLIT, 1, (int)(here (c) - last) + 2);
      size_t *jump = aid_vec_push (&jumps);
      if (jump)
        *jump = here (c);
      else
        fail (c, AID_E_LIMIT, "too many choices");
      emit (c, here (c), OP_JUMP, 0, 0);
      last = here (c);
      read_sequence (c);
    }
  for (size_t i = 0; i < jumps.len && !c->err; i++)
    {
      size_t jump = AID_VEC_AT (size_t, &jumps, i);
      AID_VEC_AT (struct aid_regex_step, &c->r->steps, jump).x = (int)(here (c) - jump);
    }
  aid_vec_free (&jumps);
}

enum aid_err
aid_regex_add (struct aid_regex *r, struct aid_span pattern, int id, struct aid_error *e)
{
  struct parser c = { r, pattern.ptr, pattern.ptr + pattern.len, 0, 0, AID_OK, "" };
  size_t from = r->steps.len, sets = r->sets.len;
  size_t *start = aid_vec_push (&r->starts);
  if (!start || pattern.len > AID_REGEX_PATTERN)
    fail (&c, AID_E_LIMIT, "too long");
  else
    {
      *start = from;
      if (pattern.len)
        read_choice (&c);
      if (!c.err && c.p < c.end)
        fail (&c, AID_E_PARSE, "a \")\" too many");
      emit (&c, here (&c), OP_DONE, id, 0);
    }
  if (!c.err)
    return AID_OK;
  r->steps.len = from;
  r->sets.len = sets;
  r->starts.len -= start != NULL;
  return aid_error_set (e, c.err, "the regular expression \"%.*s\" has %s", (int)(pattern.len < 80 ? pattern.len : 80),
                        pattern.len ? pattern.ptr : "", c.what);
}
