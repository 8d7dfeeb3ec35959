/* Each path once, the best kept in a short sorted list. */
#include "project/match.h"
#include "base/clock.h"
#include "base/vec.h"
#include <ctype.h>
#include <stdlib.h>

struct found
{
  char *path;
  size_t cost;
};

struct search
{
  struct aid_span text;
  int exact; /* the case counts */
  size_t most, seen;
  struct aid_vec best; /* struct found, the cheapest first */
  int64_t until;       /* aid_clock_us */
  int more;
};

static int
same (char a, char b, int exact)
{
  return a == b || (!exact && (a | 32) == b && a >= 'A' && a <= 'Z');
}

/* The last place of TEXT in PATH, or -1. */
static ptrdiff_t
place_of (const struct search *s, struct aid_span path)
{
  if (path.len < s->text.len)
    return -1;
  for (size_t i = path.len - s->text.len + 1; i-- > 0;)
    {
      size_t k = 0;
      while (k < s->text.len && same (path.ptr[i + k], s->text.ptr[k], s->exact))
        k++;
      if (k == s->text.len)
        return (ptrdiff_t)i;
    }
  return -1;
}

static void
keep (struct search *s, struct aid_span path, size_t cost)
{
  size_t low = 0, high = s->best.len;
  while (low < high)
    {
      size_t mid = (low + high) / 2;
      if (AID_VEC_AT (struct found, &s->best, mid).cost <= cost)
        low = mid + 1;
      else
        high = mid;
    }
  if (s->best.len == s->most)
    {
      s->more = 1;
      if (low == s->most)
        return;
      free (AID_VEC_AT (struct found, &s->best, s->most - 1).path);
      s->best.len--;
    }
  struct found *slot = aid_vec_insert (&s->best, low);
  if (slot)
    *slot = (struct found){ aid_span_dup (path), cost };
}

static int
judge (void *ctx, const struct aid_project_file *file)
{
  struct search *s = ctx;
  if (s->seen++ % 64 == 63 && aid_clock_us () > s->until)
    {
      s->more = 1;
      return 1;
    }
  const char *slash = memrchr (file->path.ptr, '/', file->path.len);
  size_t name = slash ? (size_t)(slash + 1 - file->path.ptr) : 0;
  ptrdiff_t at = file->class == AID_FILE_SPECIAL ? -1 : place_of (s, file->path);
  if (at < 0)
    return 0;
  size_t far = (size_t)at == name || at == 0 ? 0 : (size_t)at > name ? 1 : 2;
  keep (s, file->path, far * AID_PROJECT_PATH_MAX + file->path.len);
  return 0;
}

int
aid_project_match (struct aid_project *p, struct aid_span text, size_t most, int64_t ms,
                   void (*fn) (void *ctx, struct aid_span path), void *ctx)
{
  struct search s = { .text = text, .most = most < AID_MATCH_MOST ? most : AID_MATCH_MOST };
  s.best = AID_VEC_INIT (struct found, AID_MATCH_MOST);
  s.until = aid_clock_us () + ms * 1000;
  for (size_t i = 0; i < text.len; i++)
    s.exact |= isupper ((unsigned char)text.ptr[i]);
  int bad = s.most == 0 || aid_project_files (p, judge, &s, NULL, NULL);
  for (size_t i = 0; i < s.best.len; i++)
    {
      char *path = AID_VEC_AT (struct found, &s.best, i).path;
      if (path)
        fn (ctx, aid_span_z (path));
      free (path);
    }
  aid_vec_free (&s.best);
  return !s.more && !bad;
}
