/* Words and signs, and sets of their hashes. */
#include "learn/words.h"
#include "base/hash.h"
#include <stdlib.h>

static int
is_part_of_word (unsigned char c)
{
  return c >= 128 || c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static int
is_blank (unsigned char c)
{
  return c == ' ' || (c >= '\t' && c <= '\r') || !c;
}

enum aid_err
aid_words_read (struct aid_span text, struct aid_vec *out)
{
  size_t i = 0;
  while (i < text.len)
    {
      size_t from = i;
      int word = is_part_of_word ((unsigned char)text.ptr[i]);
      if (is_blank ((unsigned char)text.ptr[i++]))
        continue;
      while (word && i < text.len && is_part_of_word ((unsigned char)text.ptr[i]))
        i++;
      struct aid_word *w = aid_vec_push (out);
      if (!w)
        return out->len == out->max ? AID_E_LIMIT : AID_E_NOMEM;
      w->text = aid_span_cut (text, from, i);
      w->hash = aid_hash64 (w->text);
      w->is_word = word;
    }
  return AID_OK;
}

/* --- sets --------------------------------------------------------------------------------------------------------- */

static size_t
slot_of (const struct aid_set64 *s, uint64_t v)
{
  size_t i = (size_t)(v * 0x9E3779B97F4A7C15u >> 20) & s->mask;
  while (s->slots[i] && s->slots[i] != v)
    i = (i + 1) & s->mask;
  return i;
}

static int
grow (struct aid_set64 *s)
{
  struct aid_set64 larger = { .mask = s->slots ? s->mask * 2 + 1 : 63 };
  larger.slots = calloc (larger.mask + 1, sizeof *larger.slots);
  if (!larger.slots)
    return -1;
  for (size_t i = 0; s->slots && i <= s->mask; i++)
    if (s->slots[i])
      larger.slots[slot_of (&larger, s->slots[i])] = s->slots[i];
  larger.n = s->n;
  free (s->slots);
  *s = larger;
  return 0;
}

int
aid_set64_add (struct aid_set64 *s, uint64_t v)
{
  if ((!s->slots || s->n * 2 > s->mask) && grow (s))
    return -1;
  v = v ? v : 1;
  size_t i = slot_of (s, v);
  s->n += !s->slots[i];
  s->slots[i] = v;
  return 0;
}

int
aid_set64_has (const struct aid_set64 *s, uint64_t v)
{
  return s->slots && s->slots[slot_of (s, v ? v : 1)];
}

void
aid_set64_free (struct aid_set64 *s)
{
  free (s->slots);
  *s = (struct aid_set64){ NULL, 0, 0 };
}

/* --- runs --------------------------------------------------------------------------------------------------------- */

uint64_t
aid_words_hash (const struct aid_vec *words, size_t i, size_t n)
{
  uint64_t h = 0xCBF29CE484222325u;
  for (size_t k = i; k < i + n; k++)
    h = (h ^ AID_VEC_AT (struct aid_word, words, k).hash) * 0x100000001B3u + (h >> 29);
  return h;
}

int
aid_words_grams (const struct aid_vec *words, size_t n, struct aid_set64 *s)
{
  for (size_t i = 0; i + n <= words->len; i++)
    if (aid_set64_add (s, aid_words_hash (words, i, n)))
      return -1;
  return 0;
}
