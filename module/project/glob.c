/* Git's patterns.  Parts between slashes match parts of the path one by one: within a part only the last "*" needs to
   be tried anew, and among the parts only the last "**". */
#include "project/glob.h"

/* A set's end, or where a pattern breaks off. */
struct set
{
  const char *end; /* behind its "]"; NULL: it has none, or names a class that nobody knows */
  int has;         /* whether the character is in it */
};

static int
in_class (struct aid_span name, unsigned char c, int *known)
{
  static const char *const names[]
    = { "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit" };
  int lower = c >= 'a' && c <= 'z', upper = c >= 'A' && c <= 'Z', digit = c >= '0' && c <= '9';
  int graph = c > ' ' && c < 127, space = c == ' ' || (c >= '\t' && c <= '\r');
  int hex = digit || ((c | 32) >= 'a' && (c | 32) <= 'f');
  const int is[] = { lower || upper || digit,
                     lower || upper,
                     c == ' ' || c == '\t',
                     c < ' ' || c == 127,
                     digit,
                     graph,
                     lower,
                     c >= ' ' && c < 127,
                     graph && !lower && !upper && !digit,
                     space,
                     upper,
                     hex };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (aid_span_eqz (name, names[i]))
      return is[i];
  *known = 0;
  return 0;
}

/* Takes a "[:class:]" at *P (its "[").  0 when there is none. */
static int
take_class (const char **p, const char *end, unsigned char c, int *has, int *known)
{
  if (end - *p < 2 || (*p)[1] != ':')
    return 0;
  const char *from = *p + 2, *close = memchr (from, ']', (size_t)(end - from));
  if (!close)
    *known = 0;
  if (!close || close == from || close[-1] != ':')
    return !close;
  *has |= in_class ((struct aid_span){ from, (size_t)(close - 1 - from) }, c, known);
  *p = close + 1;
  return 1;
}

/* Reads the set whose "[" is before P. */
static struct set
read_set (const char *p, const char *end, unsigned char c)
{
  struct set none = { NULL, 0 };
  int negated = p < end && (*p == '!' || *p == '^'), has = 0, known = 1, before = 0;
  p += negated;
  for (const char *first = p; p < end && (*p != ']' || p == first);)
    {
      if (*p == '[' && take_class (&p, end, c, &has, &known))
        {
          if (!known)
            return none;
          before = 0;
          continue;
        }
      int range = *p == '-' && before && p + 1 < end && p[1] != ']';
      p += range;
      p += *p == '\\';
      if (p >= end)
        return none;
      unsigned char to = (unsigned char)*p++;
      has |= range ? c >= before && c <= to : c == to;
      before = range ? 0 : to;
    }
  return p < end ? (struct set){ p + 1, has != negated } : none;
}

/* The end of what stands for one character at P: an escaped one, a set, or just one.  NULL: it is not whole. */
static const char *
one_end (const char *p, const char *end)
{
  if (*p == '\\')
    return p + 1 < end ? p + 2 : NULL;
  return *p == '[' ? read_set (p + 1, end, 0).end : p + 1;
}

int
aid_glob_sound (struct aid_span pattern)
{
  const char *p = pattern.ptr, *end = p + pattern.len;
  while (p && p < end)
    p = one_end (p, end);
  return p || !pattern.len;
}

/* Whether what stands for one character at *P (no "*") is C; then *P is behind it. */
static int
is_one (const char **p, const char *end, char c)
{
  const char *from = *p, *next = one_end (from, end);
  int same;
  if (*from == '[')
    same = read_set (from + 1, end, (unsigned char)c).has;
  else
    same = *from == '?' || (*from == '\\' ? from[1] : *from) == c;
  if (same)
    *p = next;
  return same;
}

int
aid_glob_name (struct aid_span pattern, struct aid_span name)
{
  const char *p = pattern.ptr, *pend = p + pattern.len, *t = name.ptr, *tend = t + name.len;
  const char *star = NULL, *taken = NULL; /* behind the last "*", and what it does not stand for yet */
  for (;;)
    {
      if (p < pend && *p == '*')
        {
          star = ++p;
          taken = t;
        }
      else if (t < tend && p < pend && is_one (&p, pend, *t))
        t++;
      else if (t == tend && p == pend)
        return 1;
      else if (star && taken < tend)
        {
          p = star;
          t = ++taken;
        }
      else
        return 0;
    }
}

/* The end of the part at P: the slash behind it (or the "\" of an escaped one), else END. */
static const char *
part_end (const char *p, const char *end)
{
  while (p < end && *p != '/' && !(*p == '\\' && p + 1 < end && p[1] == '/'))
    p = one_end (p, end);
  return p;
}

/* P is at a slash, or at the "\" of an escaped one. */
static const char *
behind_slash (const char *p)
{
  return *p == '\\' ? p + 2 : p + 1;
}

static int
is_deep (const char *p, const char *end)
{
  if (end - p < 2)
    return 0;
  while (p < end && *p == '*')
    p++;
  return p == end;
}

/* The parts of a path that are left; NEXT is NULL when there are none. */
struct parts
{
  const char *next, *end;
};

static struct aid_span
first_part (struct parts t)
{
  const char *slash = memchr (t.next, '/', (size_t)(t.end - t.next));
  return (struct aid_span){ t.next, (size_t)((slash ? slash : t.end) - t.next) };
}

static void
drop_part (struct parts *t)
{
  const char *slash = memchr (t->next, '/', (size_t)(t->end - t->next));
  t->next = slash ? slash + 1 : NULL;
}

int
aid_glob_path (struct aid_span pattern, struct aid_span path)
{
  const char *p = pattern.ptr, *pend = p + pattern.len;
  struct parts t = { path.ptr, path.ptr + path.len }, taken = { NULL, NULL };
  const char *deep = NULL; /* behind the last "**"; TAKEN is what it does not stand for yet */
  while (t.next || p)
    {
      const char *pe = p ? part_end (p, pend) : NULL, *behind = p && pe < pend ? behind_slash (pe) : NULL;
      if (p && is_deep (p, pe))
        {
          if (!behind)
            return t.next != NULL;
          deep = p = behind;
          taken = t;
        }
      else if (p && t.next && aid_glob_name ((struct aid_span){ p, (size_t)(pe - p) }, first_part (t)))
        {
          p = behind;
          drop_part (&t);
        }
      else if (deep && taken.next)
        {
          drop_part (&taken);
          t = taken;
          p = deep;
        }
      else
        return 0;
    }
  return 1;
}
