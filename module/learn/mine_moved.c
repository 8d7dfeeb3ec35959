/* What version control did to the files, as far as it still knows: Git's log of HEAD, in which each commit, checkout, reset,
   rebase and merge has a line with its second.  A commit leaves files as they are, but for one that ends a merge; what else
   stands there may not, and a reset does not even change the revision. */
#include "base/fs.h"
#include "learn/mine_internal.h"
#include "project/vc.h"

#include <stdlib.h>

#define LOG_MAX ((size_t)64 << 20)
#define ENTRIES_MAX 1000000

struct entry
{
  int64_t at;          /* seconds */
  struct aid_span new; /* the revision then */
  int moves;           /* it may have changed files */
};

/* "OLD NEW Ann <ann@example.org> 1700000000 +0100\tcommit: words" */
static int
read_entry (struct aid_span line, struct entry *e)
{
  const char *tab = line.len ? memchr (line.ptr, '\t', line.len) : NULL;
  const char *blank = line.len ? memchr (line.ptr, ' ', line.len) : NULL;
  struct aid_span head = aid_span_cut (line, 0, tab ? (size_t)(tab - line.ptr) : line.len), said, old;
  uint64_t seconds;
  if (!blank || blank >= head.ptr + head.len)
    return -1;
  old = aid_span_cut (head, 0, (size_t)(blank - head.ptr));
  e->new = aid_span_cut (head, old.len + 1, head.len);
  blank = e->new.len ? memchr (e->new.ptr, ' ', e->new.len) : NULL;
  e->new = aid_span_cut (e->new, 0, blank ? (size_t)(blank - e->new.ptr) : 0);
  /* The last two words are the second and the zone. */
  const char *zone = memrchr (head.ptr, ' ', head.len);
  const char *second = zone > head.ptr ? memrchr (head.ptr, ' ', (size_t)(zone - head.ptr)) : NULL;
  if (!second || !e->new.len
      || aid_span_number ((struct aid_span){ second + 1, (size_t)(zone - second) - 1 }, INT64_MAX / 1000, &seconds))
    return -1;
  e->at = (int64_t)seconds;
  said = aid_span_cut (line, tab ? head.len + 1 : line.len, line.len);
  /* What ended a merge, or a pick that did not fit, has brought others' changes; and a reset to where it was takes one's own. */
  int brings = !aid_span_starts (said, "commit") || aid_span_starts (said, "commit (merge)")
               || aid_span_starts (said, "commit (cherry-pick)");
  e->moves = brings && (aid_span_starts (said, "reset") || !aid_span_eq (old, e->new));
  return 0;
}

static void
read_entries (struct aid_span text, struct aid_vec *entries)
{
  struct aid_span line;
  struct entry e;
  while (aid_span_line (&text, &line))
    {
      struct entry *slot = read_entry (line, &e) ? NULL : aid_vec_push (entries);
      if (slot)
        *slot = e;
    }
}

/* The revisions that the moments' numbers mean. */
static int
is_revision (const struct aid_span *names, uint32_t number, struct aid_span name)
{
  return number && aid_span_eq (names[number], name);
}

/* What happened between the moments A and B, by the entries from *FROM on: as aid_mine_moment's moved. */
static int
moved_between (const struct aid_mine_moment *a, const struct aid_mine_moment *b, const struct aid_span *names,
               const struct aid_vec *entries, size_t *from)
{
  size_t first = *from, last;
  int moves = 0, any = 0;
  while (first < entries->len && AID_VEC_AT (struct entry, entries, first).at * 1000 + 999 < a->time)
    first++;
  *from = first;
  for (last = first; last < entries->len && AID_VEC_AT (struct entry, entries, last).at * 1000 <= b->time; last++)
    ;
  /* Within the second of A's: what had been done by then; within that of B's: what had not. */
  for (size_t i = first; i < last && AID_VEC_AT (struct entry, entries, i).at * 1000 <= a->time; i++)
    if (is_revision (names, a->revision, AID_VEC_AT (struct entry, entries, i).new))
      first = i + 1;
  while (last > first && AID_VEC_AT (struct entry, entries, last - 1).at * 1000 + 999 >= b->time
         && !is_revision (names, b->revision, AID_VEC_AT (struct entry, entries, last - 1).new))
    last--;
  for (size_t i = first; i < last; i++)
    {
      any = 1;
      moves |= AID_VEC_AT (struct entry, entries, i).moves;
    }
  return moves ? 1 : any || a->revision == b->revision ? -1 : 0;
}

void
aid_mine_read_moves (struct aid_span log, const struct aid_span *names, struct aid_mine_moment *m, size_t n)
{
  struct aid_vec entries = AID_VEC_INIT (struct entry, ENTRIES_MAX);
  size_t from = 0;
  read_entries (log, &entries);
  for (size_t i = 1; i < n; i++)
    if (m[i].revision && m[i - 1].revision && m[i - 1].time <= m[i].time)
      m[i].moved = (signed char)moved_between (&m[i - 1], &m[i], names, &entries, &from);
  aid_vec_free (&entries);
}

void
aid_mine_find_moves (const char *root, const struct aid_span *names, struct aid_mine_moment *m, size_t n)
{
  struct aid_str dir = AID_STR_INIT (8192), common = AID_STR_INIT (8192), log = AID_STR_INIT (LOG_MAX);
  if (aid_vc_at (root) == AID_VC_GIT && !aid_vc_git_dir (root, &dir, &common) && !aid_str_addz (&dir, "/logs/HEAD")
      && !aid_fs_read (aid_str_z (&dir), &log, NULL))
    aid_mine_read_moves (aid_str_span (&log), names, m, n);
  aid_str_free (&dir);
  aid_str_free (&common);
  aid_str_free (&log);
}
