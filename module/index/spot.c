/* Words come again and again in a file and in those that are cut for the same question, so what a word comes to is remembered: a
   cache by its hash, in which a word takes the place of another that falls on it.  Hashes of 64 bits are taken for the words. */
#include "index/search_internal.h"
#include "base/hash.h"

#include <stdlib.h>

enum
{
  TABLE = 128,
  REMEMBERED = 8192, /* words */
  FEW = 6            /* terms of the question in a word that is remembered */
};

struct remembered
{
  uint64_t hash; /* 0: free */
  uint8_t terms, n, at[FEW];
};

struct aid_spotter
{
  uint64_t hashes[TABLE]; /* of the terms; 0: free */
  uint8_t term[TABLE];
  uint64_t lengths[256]; /* of the terms, as bits, by first byte: nearly all others are told apart by that */
  struct remembered words[REMEMBERED];
};

struct aid_spotter *
aid_spotter_new (const struct aid_scores *scores)
{
  struct aid_spotter *s = calloc (1, sizeof *s);

  for (size_t i = 0; s && i < scores->n_terms; i++)
    {
      const struct aid_asked_term *t = scores->terms[i].term;
      uint64_t hash = aid_hash64 ((struct aid_span){ t->text, t->len }) | 1;
      size_t at = hash >> 8 & (TABLE - 1);
      while (s->hashes[at])
        at = (at + 1) & (TABLE - 1);
      s->lengths[(unsigned char)t->text[0]] |= (uint64_t)1 << (t->len & 63);
      s->hashes[at] = hash;
      s->term[at] = (uint8_t)i;
    }
  return s;
}

void
aid_spotter_free (struct aid_spotter *s)
{
  free (s);
}

int
aid_spot_term (const struct aid_spotter *s, struct aid_span term)
{
  if (!(s->lengths[(unsigned char)term.ptr[0]] >> (term.len & 63) & 1))
    return -1;
  uint64_t hash = aid_hash64 (term) | 1;
  for (size_t at = hash >> 8 & (TABLE - 1); s->hashes[at]; at = (at + 1) & (TABLE - 1))
    if (s->hashes[at] == hash)
      return s->term[at];
  return -1;
}

/* What a word comes to. */
struct spotting
{
  const struct aid_spotter *s;
  struct aid_spotted *out;
};

static void
take_term (void *ctx, struct aid_span term, int whole, size_t end)
{
  struct spotting *g = ctx;
  int t = aid_spot_term (g->s, term);

  (void)whole, (void)end;
  g->out->terms++;
  if (t >= 0 && g->out->n < AID_SPOTTED)
    g->out->at[g->out->n++] = (uint8_t)t;
}

void
aid_spot_word (struct aid_spotter *s, const struct aid_word *word, struct aid_spotted *out)
{
  uint64_t hash = aid_hash64 (word->text) | 1;
  struct remembered *r = &s->words[hash >> 8 & (REMEMBERED - 1)];

  if (r->hash == hash)
    {
      out->terms = r->terms;
      out->n = r->n;
      memcpy (out->at, r->at, FEW);
      return;
    }
  out->terms = out->n = 0;
  aid_word_terms (word, 0, take_term, &(struct spotting){ s, out });
  if (out->n > FEW)
    return;
  r->hash = hash;
  r->terms = (uint8_t)out->terms;
  r->n = (uint8_t)out->n;
  memcpy (r->at, out->at, FEW);
}
