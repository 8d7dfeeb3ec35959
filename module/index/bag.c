/* An open table of the terms, their bytes in an arena.  Both have limits; a chunk that passes them loses its last terms.
   The table is small until there are many, for then it stays in the processor's fastest memory.

   Words come again and again, so they are counted as they stand, in a table before that one, and each is cut to terms once. */
#include "index/bag.h"
#include "base/hash.h"
#include "index/terms.h"

#include <stdlib.h>

enum
{
  SLOTS = 16384,
  SLOTS_FIRST = 1024,
  TERMS_MAX = 12000,
  ARENA = 1 << 19,
  LEFT_OUT = 1024, /* slots for terms that are not kept */
  WORD_SLOTS = 4096,
  WORDS_MAX = 1500, /* that are counted before they are cut */
  WORD_BYTES = 1 << 16
};

/* BM25's k1 and b, and the terms of a chunk that is neither long nor short. */
#define SATURATION 1.2
#define LENGTH_SHARE 0.4
#define USUAL_TERMS 450.0

struct slot
{
  uint32_t hash, at, weight;
  uint16_t len; /* 0: free */
};

/* A term that is not kept: a stop word, or one of programming languages. */
struct left_out
{
  const char *text; /* NULL: a free slot */
  uint32_t hash;
  int is_stop;
};

/* A word as it stands in the text. */
struct word
{
  uint32_t hash, at, weight, times;
  uint16_t len; /* 0: free */
};

struct aid_bag
{
  struct word words[WORD_SLOTS];
  uint16_t used_words[WORDS_MAX];
  size_t n_words, word_bytes;
  struct slot slots[SLOTS];
  uint16_t used[TERMS_MAX];
  size_t n, arena_len, cap; /* CAP: slots that are used */
  struct left_out left_out[LEFT_OUT];
  double total;           /* terms with their repetitions */
  unsigned weight, times; /* of the word that is cut */
  int parts_only;         /* no compound identifier whole */
  char word_arena[WORD_BYTES];
  char arena[ARENA];
};

struct aid_bag *
aid_bag_new (struct aid_error *e)
{
  struct aid_bag *b = calloc (1, sizeof *b);

  if (!b)
    {
      aid_error_set (e, AID_E_NOMEM, "No memory for the index");
      return NULL;
    }
  b->cap = SLOTS_FIRST;
  for (size_t i = 0; aid_term_left_out (i); i++)
    {
      struct aid_span term = aid_span_z (aid_term_left_out (i));
      uint32_t hash = (uint32_t)aid_hash64 (term), at = hash % LEFT_OUT;
      while (b->left_out[at].text)
        at = (at + 1) % LEFT_OUT;
      b->left_out[at] = (struct left_out){ term.ptr, hash, aid_term_is_stop (term) };
    }
  return b;
}

void
aid_bag_free (struct aid_bag *b)
{
  free (b);
}

uint32_t
aid_sketch_cell (struct aid_span term)
{
  return (uint32_t)aid_hash64 (term) & (AID_SKETCH_CELLS - 1);
}

/* Four times the slots, for what is there. */
static void
spread (struct aid_bag *b)
{
  struct slot had[SLOTS / 8 + 1]; /* what a table of a quarter of all slots has when it is half full */
  size_t n = b->n;

  for (size_t i = 0; i < n; i++)
    {
      had[i] = b->slots[b->used[i]];
      b->slots[b->used[i]].len = 0;
    }
  b->cap *= 4;
  for (size_t i = 0; i < n; i++)
    {
      uint32_t at = had[i].hash % b->cap;
      while (b->slots[at].len)
        at = (at + 1) % b->cap;
      b->slots[at] = had[i];
      b->used[i] = (uint16_t)at;
    }
}

static void
add (struct aid_bag *b, struct aid_span term, unsigned weight, unsigned times)
{
  uint32_t hash = (uint32_t)aid_hash64 (term), i = hash % b->cap;

  b->total += times;
  for (; b->slots[i].len; i = (i + 1) % b->cap)
    if (b->slots[i].hash == hash && b->slots[i].len == term.len && !memcmp (b->arena + b->slots[i].at, term.ptr, term.len))
      {
        b->slots[i].weight += weight;
        return;
      }
  if (!term.len || term.len > UINT16_MAX || b->n == TERMS_MAX || b->arena_len + term.len > ARENA)
    return;
  memcpy (b->arena + b->arena_len, term.ptr, term.len);
  b->slots[i] = (struct slot){ hash, (uint32_t)b->arena_len, weight, (uint16_t)term.len };
  b->arena_len += term.len;
  b->used[b->n++] = (uint16_t)i;
  if (b->n * 2 > b->cap && b->cap < SLOTS)
    spread (b);
}

static void
take_term (void *ctx, struct aid_span term, int whole, size_t end)
{
  struct aid_bag *b = ctx;

  (void)end;
  if (!whole || !b->parts_only)
    add (b, term, b->weight, b->times);
}

/* Cuts the words that were counted. */
static void
cut_words (struct aid_bag *b)
{
  for (size_t i = 0; i < b->n_words; i++)
    {
      struct word *w = &b->words[b->used_words[i]];
      b->weight = w->weight;
      b->times = w->times;
      aid_word_terms (&(struct aid_word){ { b->word_arena + w->at, w->len }, 0 }, 0, take_term, b);
      w->len = 0;
    }
  b->n_words = b->word_bytes = 0;
}

static void
count_word (struct aid_bag *b, struct aid_span text, unsigned weight)
{
  uint32_t hash = (uint32_t)aid_hash64 (text), i = hash % WORD_SLOTS;

  for (; b->words[i].len; i = (i + 1) % WORD_SLOTS)
    if (b->words[i].hash == hash && b->words[i].len == text.len
        && !memcmp (b->word_arena + b->words[i].at, text.ptr, text.len))
      {
        b->words[i].weight += weight;
        b->words[i].times++;
        return;
      }
  if (b->n_words == WORDS_MAX || b->word_bytes + text.len > WORD_BYTES)
    {
      cut_words (b);
      i = hash % WORD_SLOTS;
    }
  memcpy (b->word_arena + b->word_bytes, text.ptr, text.len);
  b->words[i] = (struct word){ hash, (uint32_t)b->word_bytes, weight, 1, (uint16_t)text.len };
  b->word_bytes += text.len;
  b->used_words[b->n_words++] = (uint16_t)i;
}

static void
add_words (struct aid_bag *b, struct aid_span text, unsigned weight, int parts_only)
{
  struct aid_word word;

  if (b->parts_only != parts_only)
    {
      cut_words (b);
      b->parts_only = parts_only;
    }
  for (size_t at = 0; aid_word_next (text, &at, &word);)
    if (!word.wide)
      count_word (b, word.text, weight);
    else
      {
        b->weight = weight;
        b->times = 1;
        aid_word_terms (&word, at, take_term, b);
      }
}

void
aid_bag_add_parts (struct aid_bag *b, struct aid_span text, unsigned weight)
{
  add_words (b, text, weight, 1);
}

void
aid_bag_add (struct aid_bag *b, struct aid_span text, unsigned weight)
{
  add_words (b, text, weight, 0);
}

static unsigned
level_of (const struct aid_bag *b, const struct slot *s)
{
  double much = (double)s->weight / AID_WEIGHT_ONE;
  double norm = SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * b->total / USUAL_TERMS);
  unsigned level = (unsigned)(AID_LEVELS * much / (much + norm));

  return level < AID_LEVELS ? level : AID_LEVELS - 1;
}

double
aid_level_value (unsigned level)
{
  return (level + 0.5) / AID_LEVELS;
}

static struct aid_span
term_of (const struct aid_bag *b, const struct slot *s)
{
  return (struct aid_span){ b->arena + s->at, s->len };
}

/* Which of the terms that no question has S is, or NULL. */
static const struct left_out *
left_out (const struct aid_bag *b, const struct slot *s)
{
  for (uint32_t at = s->hash % LEFT_OUT; b->left_out[at].text; at = (at + 1) % LEFT_OUT)
    if (b->left_out[at].hash == s->hash && aid_span_eqz (term_of (b, s), b->left_out[at].text))
      return &b->left_out[at];
  return NULL;
}

static int
is_stop (const struct aid_bag *b, const struct slot *s)
{
  const struct left_out *l = left_out (b, s);

  return l && l->is_stop;
}

static void
give (struct aid_bag *b, struct slot *s, struct aid_str *out, struct aid_vec *cells)
{
  uint32_t *cell = aid_vec_push (cells);

  if (cell)
    *cell = s->hash & (AID_SKETCH_CELLS - 1);
  aid_str_add (out, b->arena + s->at, s->len);
  aid_str_addc (out, ' ');
}

static void
empty (struct aid_bag *b)
{
  for (size_t i = 0; i < b->n; i++)
    b->slots[b->used[i]].len = 0;
  b->n = b->arena_len = 0;
  b->cap = SLOTS_FIRST;
  b->total = 0;
}

void
aid_bag_take (struct aid_bag *b, struct aid_str *out, size_t ends[AID_LEVELS], struct aid_vec *cells)
{
  unsigned char levels[TERMS_MAX];

  cut_words (b);
  for (size_t i = 0; i < b->n; i++)
    levels[i] = (unsigned char)(!left_out (b, &b->slots[b->used[i]]) ? level_of (b, &b->slots[b->used[i]]) : AID_LEVELS);
  for (unsigned level = 0; level < AID_LEVELS; level++)
    {
      for (size_t i = 0; i < b->n; i++)
        if (levels[i] == level)
          give (b, &b->slots[b->used[i]], out, cells);
      ends[level] = out->len;
    }
  empty (b);
}

void
aid_bag_take_all (struct aid_bag *b, struct aid_str *out, struct aid_vec *cells)
{
  cut_words (b);
  for (size_t i = 0; i < b->n; i++)
    {
      struct slot *slot = &b->slots[b->used[i]];
      if (!is_stop (b, slot))
        give (b, slot, out, cells);
    }
  empty (b);
}

void
aid_bag_give (struct aid_bag *b, aid_bag_fn *fn, void *ctx)
{
  cut_words (b);
  for (size_t i = 0; i < b->n; i++)
    {
      const struct slot *slot = &b->slots[b->used[i]];
      if (!left_out (b, slot))
        fn (ctx, term_of (b, slot), slot->hash, level_of (b, slot));
    }
  empty (b);
}

void
aid_bag_give_all (struct aid_bag *b, aid_bag_fn *fn, void *ctx)
{
  cut_words (b);
  for (size_t i = 0; i < b->n; i++)
    {
      const struct slot *slot = &b->slots[b->used[i]];
      if (!is_stop (b, slot))
        fn (ctx, term_of (b, slot), slot->hash, 0);
    }
  empty (b);
}
