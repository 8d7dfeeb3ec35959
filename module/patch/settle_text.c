/* Runs of changed lines as a unified diff that fits in one place: context grows until the old lines of a hunk stand nowhere else
   in the file.  Hunks that touch become one. */
#include "patch/settle_internal.h"

#include <stdlib.h>

enum
{
  CONTEXT = 3
};

/* "a/NAME", quoted as git does where a reader would take it for something else. */
static void
add_name (struct aid_str *out, const char *sign, const char *prefix, const char *path)
{
  int odd = strpbrk (path, " \"'`\\") != NULL;
  aid_str_addf (out, "%s %s%s", sign, odd ? "\"" : "", prefix);
  for (const char *s = path; *s; s++)
    {
      if (*s == '"' || *s == '\\')
        aid_str_addc (out, '\\');
      aid_str_addc (out, *s);
    }
  aid_str_addz (out, odd ? "\"\n" : "\n");
}

static void
add_line (struct aid_str *out, char op, struct aid_span line)
{
  aid_str_addc (out, op);
  aid_str_addspan (out, line);
  aid_str_addc (out, '\n');
}

/* --- hunks --- */

struct part
{
  size_t first, last; /* runs */
  size_t lo, hi;      /* the file's lines */
};

static size_t
less (size_t a, size_t by)
{
  return a > by ? a - by : 0;
}

static int
is_unique (struct aid_texts *t, size_t lo, size_t hi)
{
  struct aid_hits hits;
  if (lo == hi)
    return t->target.lines.n == 0;
  return aid_index_find (t->x, t->x->ids + lo, hi - lo, -1, &hits, &t->work) == AID_OK && hits.n == 1;
}

/* The lines that the hunk of one run shows. */
static struct part
widen (struct aid_texts *t, size_t r)
{
  const struct aid_run *run = &AID_VEC_AT (struct aid_run, &t->runs, r);
  size_t n = t->target.lines.n;
  struct part p = { r, r, less (run->o1, CONTEXT), 0 };
  for (size_t context = CONTEXT;; context *= 2)
    {
      p.lo = less (run->o1, context);
      p.hi = n - run->o2 < context ? n : run->o2 + context;
      if ((p.lo == 0 && p.hi == n) || is_unique (t, p.lo, p.hi))
        return p;
    }
}

static void
add_hunk (const struct aid_texts *t, const struct part *p, ptrdiff_t shift, struct aid_str *out)
{
  size_t olds = p->hi - p->lo, news = olds, at = p->lo;
  for (size_t r = p->first; r <= p->last; r++)
    {
      const struct aid_run *run = &AID_VEC_AT (struct aid_run, &t->runs, r);
      news = news + (run->n2 - run->n1) - (run->o2 - run->o1);
    }
  aid_str_addf (out, "@@ -%zu,%zu +%zu,%zu @@\n", p->lo + (olds > 0), olds, (size_t)((ptrdiff_t)p->lo + shift) + (news > 0),
                news);
  for (size_t r = p->first; r <= p->last; r++)
    {
      const struct aid_run *run = &AID_VEC_AT (struct aid_run, &t->runs, r);
      for (; at < run->o1; at++)
        add_line (out, ' ', aid_lines_at (&t->target.lines, at));
      for (; at < run->o2; at++)
        add_line (out, '-', aid_lines_at (&t->target.lines, at));
      for (size_t i = run->n1; i < run->n2; i++)
        add_line (out, '+', t->line[i]);
    }
  for (; at < p->hi; at++)
    add_line (out, ' ', aid_lines_at (&t->target.lines, at));
}

enum aid_err
aid_runs_diff (struct aid_texts *t, const char *path, struct aid_str *out)
{
  add_name (out, "---", "a/", path);
  add_name (out, "+++", "b/", path);
  ptrdiff_t shift = 0;
  for (size_t r = 0; r < t->runs.len;)
    {
      struct part p = widen (t, r);
      while (p.last + 1 < t->runs.len)
        {
          struct part next = widen (t, p.last + 1);
          if (next.lo > p.hi)
            break;
          p.lo = next.lo < p.lo ? next.lo : p.lo;
          p.hi = next.hi > p.hi ? next.hi : p.hi;
          p.last++;
        }
      add_hunk (t, &p, shift, out);
      for (r = p.first; r <= p.last; r++)
        {
          const struct aid_run *run = &AID_VEC_AT (struct aid_run, &t->runs, r);
          shift += (ptrdiff_t)(run->n2 - run->n1) - (ptrdiff_t)(run->o2 - run->o1);
        }
    }
  return out->err;
}

/* --- what is no change of a file --- */

enum aid_err
aid_new_file_diff (const struct aid_vec *lines, const char *path, struct aid_str *out)
{
  aid_str_addz (out, "--- /dev/null\n");
  add_name (out, "+++", "b/", path);
  aid_str_addf (out, "@@ -0,0 +1,%zu @@\n", lines->len);
  for (size_t i = 0; i < lines->len; i++)
    add_line (out, '+', AID_VEC_AT (struct aid_span, lines, i));
  return out->err;
}

enum aid_err
aid_refused_diff (const struct aid_vec *lines, const char *path, struct aid_str *out)
{
  add_name (out, "---", "a/", path);
  add_name (out, "+++", "b/", path);
  aid_str_addz (out, "@@ @@\n");
  for (size_t i = 0; i < lines->len; i++)
    add_line (out, ' ', AID_VEC_AT (struct aid_span, lines, i));
  return out->err;
}
