/* Mapping a vocabulary, and merging.

   A piece that is a token itself (most are) costs one look into the table.  Others are merged: a short piece by looking for
   the lowest rank in an array, again and again; a long one by a heap over a linked list, so that no input makes it
   quadratic.  Both take of equal ranks the leftmost. */
#include "model/bpe.h"
#include "base/utf8.h"
#include "model/bpe_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHORT_MAX 96         /* bytes of a piece that is merged in an array */

struct aid_bpe
{
  const struct aid_bpe_head *head;    /* the mapping's beginning */
  const uint32_t *pairs;
  const struct aid_bpe_slot *slots;
  const char *blob;
};

/* --- the file --------------------------------------------------------------------------------------------------------- */

static int
head_is_sound (const struct aid_bpe_head *h, uint64_t size)
{
  uint64_t fixed = sizeof *h + 65536 * sizeof (uint32_t);
  return !memcmp (h->magic, "aidbpe1", 8) && h->order == 0x01020304 && (h->rule == AID_BPE_CL100K || h->rule == AID_BPE_O200K)
         && h->longest <= AID_BPE_TOKEN_MAX && h->slots && !(h->slots & (h->slots - 1)) && h->probes <= h->slots
         && h->size == size && h->blob <= size && fixed + (uint64_t) h->slots * sizeof (struct aid_bpe_slot) + h->blob == size;
}

static enum aid_err
map (int fd, const char *path, struct aid_bpe *b, struct aid_error *e)
{
  struct stat st;
  void *at;
  if (fstat (fd, &st) || !S_ISREG (st.st_mode) || st.st_size < (off_t) sizeof *b->head
      || (uint64_t) st.st_size > AID_BPE_FILE_MAX)
    return aid_error_set (e, AID_E_PARSE, "%s is no vocabulary", path);
  at = mmap (NULL, (size_t) st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (at == MAP_FAILED)
    return aid_error_set (e, AID_E_IO, "Cannot map %s: %s", path, strerror (errno));
  b->head = at;
  if (!head_is_sound (b->head, (uint64_t) st.st_size))
    {
      munmap (at, (size_t) st.st_size);
      return aid_error_set (e, AID_E_PARSE, "%s is no vocabulary of this version and machine: import it again", path);
    }
  b->pairs = (const void *) (b->head + 1);
  b->slots = (const void *) (b->pairs + 65536);
  b->blob = (const char *) (b->slots + b->head->slots);
  return AID_OK;
}

enum aid_err
aid_bpe_open (const char *path, struct aid_bpe **out, struct aid_error *e)
{
  struct aid_bpe *b = calloc (1, sizeof *b);
  int fd = b ? open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
  enum aid_err err;
  if (!b)
    err = aid_error_set (e, AID_E_NOMEM, "no memory for a vocabulary");
  else if (fd < 0)
    err = aid_error_set (e, errno == ENOENT ? AID_E_NOTFOUND : AID_E_IO, "Cannot open %s: %s", path, strerror (errno));
  else
    err = map (fd, path, b, e);
  if (fd >= 0)
    close (fd);
  if (err)
    {
      free (b);
      b = NULL;
    }
  *out = b;
  return err;
}

void
aid_bpe_close (struct aid_bpe *b)
{
  if (!b)
    return;
  munmap ((void *) (uintptr_t) b->head, (size_t) b->head->size);
  free (b);
}

/* The rank of the token P of N bytes (1 or more), or AID_BPE_NONE.  A damaged slot is no match. */
static uint32_t
rank_of (const struct aid_bpe *b, const char *p, size_t n)
{
  uint64_t key, at;
  uint32_t mask = b->head->slots - 1;
  if (n == 2)
    return b->pairs[(unsigned char) p[0] << 8 | (unsigned char) p[1]];
  if (n > b->head->longest)
    return AID_BPE_NONE;
  key = aid_bpe_key (p, n);
  at = aid_bpe_place (key, n);
  for (uint32_t i = 0; i < b->head->probes; i++, at++)
    {
      const struct aid_bpe_slot *s = &b->slots[at & mask];
      if (!s->where)
        break;
      if (s->key != key || (s->where & 255) != n)
        continue;
      if (n <= AID_BPE_INLINE)
        return s->rank;
      if ((s->where >> 8) + n <= b->head->blob && !memcmp (b->blob + (s->where >> 8), p, n))
        return s->rank;
    }
  return AID_BPE_NONE;
}

/* --- what is counted ---------------------------------------------------------------------------------------------------- */

struct counting
{
  const struct aid_bpe *bpe;
  struct aid_vec *ids;         /* or NULL */
  int64_t tokens;              /* -1: failed */
};

static void
emit (struct counting *c, uint32_t id)
{
  uint32_t *slot = c->ids ? aid_vec_push (c->ids) : NULL;
  if (slot)
    *slot = id;
  else if (c->ids)
    c->tokens = -1;
}

/* --- short pieces ------------------------------------------------------------------------------------------------------- */

/* Parts of a piece: FROM[i] to FROM[i + 1]; RANK[i] is that of part i together with part i + 1. */
struct parts
{
  unsigned char from[SHORT_MAX + 1];
  uint32_t rank[SHORT_MAX + 1];
  unsigned n;
};

static uint32_t
rank_at (const struct aid_bpe *b, const char *p, const struct parts *s, unsigned i)
{
  return i + 2 <= s->n ? rank_of (b, p + s->from[i], (size_t) (s->from[i + 2] - s->from[i])) : AID_BPE_NONE;
}

static void
merge_short (struct counting *c, const char *p, size_t n)
{
  struct parts s = { .n = (unsigned) n };
  for (unsigned i = 0; i <= n; i++)
    s.from[i] = (unsigned char) i;
  for (unsigned i = 0; i < n; i++)
    s.rank[i] = rank_at (c->bpe, p, &s, i);
  for (;;)
    {
      unsigned best = 0;
      for (unsigned i = 1; i < s.n; i++)
        best = s.rank[i] < s.rank[best] ? i : best;
      if (s.rank[best] == AID_BPE_NONE)
        break;
      memmove (s.from + best + 1, s.from + best + 2, s.n - best - 1);
      memmove (s.rank + best + 1, s.rank + best + 2, (s.n - best - 2) * sizeof *s.rank);
      s.n--;
      s.rank[best] = rank_at (c->bpe, p, &s, best);
      if (best)
        s.rank[best - 1] = rank_at (c->bpe, p, &s, best - 1);
    }
  c->tokens += s.n;
  for (unsigned i = 0; c->ids && c->tokens >= 0 && i < s.n; i++)
    emit (c, rank_of (c->bpe, p + s.from[i], (size_t) (s.from[i + 1] - s.from[i])));
}

/* --- long pieces -------------------------------------------------------------------------------------------------------- */

/* A part begins at each byte P with PREV[P] != GONE, and goes to NEXT[P].  RANK[P] is that of it with the next one.  HEAP has
   RANK << 32 | P of every part that was worth merging when it was pushed; those of old are passed over. */
struct list
{
  uint32_t *next, *prev, *rank;
  uint64_t *heap;
  size_t nheap;
};
#define GONE UINT32_MAX

static void
sift_down (uint64_t *heap, size_t n, size_t i)
{
  uint64_t item = heap[i];
  for (size_t child; (child = 2 * i + 1) < n; i = child)
    {
      if (child + 1 < n && heap[child + 1] < heap[child])
        child++;
      if (heap[child] >= item)
        break;
      heap[i] = heap[child];
    }
  heap[i] = item;
}

static void
push (struct list *l, uint64_t item)
{
  size_t i = l->nheap++;
  for (; i && l->heap[(i - 1) / 2] > item; i = (i - 1) / 2)
    l->heap[i] = l->heap[(i - 1) / 2];
  l->heap[i] = item;
}

static uint64_t
pop (struct list *l)
{
  uint64_t top = l->heap[0];
  if (--l->nheap)
    {
      l->heap[0] = l->heap[l->nheap];
      sift_down (l->heap, l->nheap, 0);
    }
  return top;
}

/* The rank of the part at AT with the next one, noted and put on the heap. */
static void
rate (const struct aid_bpe *b, struct list *l, const char *p, size_t n, uint32_t at)
{
  uint32_t mid = l->next[at];
  l->rank[at] = mid < n ? rank_of (b, p + at, l->next[mid] - at) : AID_BPE_NONE;
  if (l->rank[at] != AID_BPE_NONE)
    push (l, (uint64_t) l->rank[at] << 32 | at);
}

static void
merge_list (struct counting *c, struct list *l, const char *p, size_t n)
{
  for (uint32_t i = 0; i < n; i++)
    {
      l->next[i] = i + 1;
      l->prev[i] = i ? i - 1 : 0;
    }
  for (uint32_t i = 0; i < n; i++)
    rate (c->bpe, l, p, n, i);
  c->tokens += (int64_t) n;
  while (l->nheap)
    {
      uint64_t top = pop (l);
      uint32_t at = (uint32_t) top, mid;
      if (l->prev[at] == GONE || l->rank[at] != top >> 32)
        continue;
      mid = l->next[at];
      l->next[at] = l->next[mid];
      l->prev[mid] = GONE;
      if (l->next[at] < n)
        l->prev[l->next[at]] = at;
      c->tokens--;
      rate (c->bpe, l, p, n, at);
      if (at)
        rate (c->bpe, l, p, n, l->prev[at]);
    }
  for (uint32_t i = 0; c->ids && c->tokens >= 0 && i < n; i = l->next[i])
    emit (c, rank_of (c->bpe, p + i, l->next[i] - i));
}

/* Each part is pushed once at the start, and two are with each of fewer than N merges. */
static void
merge_long (struct counting *c, const char *p, size_t n)
{
  uint32_t *memory = malloc (n * (3 * sizeof *memory + 3 * sizeof (uint64_t)));
  struct list l;
  if (!memory)
    {
      c->tokens = -1;
      return;
    }
  l = (struct list){ .heap = (uint64_t *) (void *) memory };
  l.next = (uint32_t *) (void *) (l.heap + 3 * n);
  l.prev = l.next + n;
  l.rank = l.prev + n;
  merge_list (c, &l, p, n);
  free (memory);
}

/* --- a text ------------------------------------------------------------------------------------------------------------- */

static void
add_piece (struct counting *c, const char *p, size_t n)
{
  uint32_t whole = n <= AID_BPE_TOKEN_MAX ? rank_of (c->bpe, p, n) : AID_BPE_NONE;
  if (whole != AID_BPE_NONE || n == 1)
    {
      c->tokens++;
      emit (c, whole);
    }
  else if (n <= SHORT_MAX)
    merge_short (c, p, n);
  else
    merge_long (c, p, n);
}

static int64_t
count_valid (struct counting *c, struct aid_span text)
{
  enum aid_bpe_rule rule = (enum aid_bpe_rule) c->bpe->head->rule;
  const char *p = text.ptr, *end = p + text.len;
  while (p < end && c->tokens >= 0)
    {
      size_t n = aid_bpe_piece (rule, p, end);
      for (; n > AID_BPE_PIECE_MAX && c->tokens >= 0; n -= AID_BPE_PIECE_MAX, p += AID_BPE_PIECE_MAX)
        add_piece (c, p, AID_BPE_PIECE_MAX);
      if (c->tokens >= 0)
        add_piece (c, p, n);
      p += n;
    }
  return c->tokens;
}

int64_t
aid_bpe_count (const struct aid_bpe *b, struct aid_span text, struct aid_vec *ids)
{
  struct counting c = { b, ids, 0 };
  struct aid_str clean = AID_STR_INIT (3 * text.len + 1);
  int64_t n;
  if (aid_utf8_valid_prefix (text) == text.len)
    return count_valid (&c, text);
  n = aid_utf8_clean (text, &clean) ? -1 : count_valid (&c, aid_str_span (&clean));
  aid_str_free (&clean);
  return n;
}
