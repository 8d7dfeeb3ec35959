/* From the ranks that packages ship to the file that bpe.c maps. */
#include "base/base64.h"
#include "base/json.h"
#include "model/bpe.h"
#include "model/bpe_internal.h"
#include <stdlib.h>

#define TOKENS_MAX (1u << 22)
#define BYTES_MAX ((size_t) 64 << 20)

struct token
{
  size_t from;                 /* in BYTES */
  uint32_t len, rank;
};

struct reading
{
  struct aid_vec tokens;       /* struct token */
  struct aid_str bytes;
};

/* --- reading ------------------------------------------------------------------------------------------------------------ */

/* Takes the next word, ended by a blank, off *LINE; empty at the end. */
static struct aid_span
next_word (struct aid_span *line)
{
  size_t i = 0, from;
  struct aid_span w;
  while (i < line->len && (line->ptr[i] == ' ' || line->ptr[i] == '\r'))
    i++;
  from = i;
  while (i < line->len && line->ptr[i] != ' ' && line->ptr[i] != '\r')
    i++;
  w = aid_span_cut (*line, from, i);
  *line = aid_span_cut (*line, i, line->len);
  return w;
}

static int
add_token (struct reading *r, struct aid_span base64, uint64_t rank)
{
  size_t from = r->bytes.len;
  struct token *t = rank < AID_BPE_NONE && !aid_base64_read (base64, &r->bytes) ? aid_vec_push (&r->tokens) : NULL;
  if (!t || r->bytes.len == from || r->bytes.len - from > AID_BPE_TOKEN_MAX)
    return 0;
  *t = (struct token){ from, (uint32_t) (r->bytes.len - from), (uint32_t) rank };
  return 1;
}

static int
read_line (struct reading *r, struct aid_span line)
{
  struct aid_span first = next_word (&line), word = next_word (&line);
  uint64_t rank;
  if (!first.len)
    return 1;
  if (!aid_span_eqz (first, "!"))
    return aid_span_number (word, UINT32_MAX - 1, &rank) == 0 && add_token (r, first, rank);
  if (aid_span_number (word, UINT32_MAX - 1, &rank) != 0)
    return 0;
  for (word = next_word (&line); word.len; word = next_word (&line))
    if (!add_token (r, word, rank++))
      return 0;
  return 1;
}

static enum aid_err
read_ranks (struct reading *r, struct aid_span ranks, struct aid_error *e)
{
  struct aid_span line;
  size_t n = 0;
  while (aid_span_line (&ranks, &line))
    if (n++, !read_line (r, line))
      return aid_error_set (e, AID_E_PARSE,
                            "These are no ranks: line %zu is neither \"BASE64 RANK\" nor \"! RANK BASE64 ...\"", n);
  return r->tokens.len ? AID_OK : aid_error_set (e, AID_E_PARSE, "There are no ranks in it");
}

/* RANKS may be JSON that holds them. */
static enum aid_err
read_any (struct reading *r, struct aid_span ranks, struct aid_error *e)
{
  json_t *doc;
  enum aid_err err;
  if (!aid_span_starts (aid_span_trim (ranks), "{"))
    return read_ranks (r, ranks, e);
  if (!(doc = aid_json_parse (ranks, "the vocabulary", e)))
    return e ? e->code : AID_E_PARSE;
  err = read_ranks (r, aid_json_span (doc, "bpe_ranks"), e);
  json_decref (doc);
  return err;
}

/* --- writing ------------------------------------------------------------------------------------------------------------ */

/* The table while it is made: as it is in the file. */
struct making
{
  struct aid_bpe_head head;
  uint32_t *pairs;
  struct aid_bpe_slot *slots;
  struct aid_str blob;
};

/* 0 when the token was there already, or does not fit. */
static int
place (struct making *m, const struct reading *r, const struct token *t)
{
  const char *p = r->bytes.ptr + t->from;
  uint64_t key = aid_bpe_key (p, t->len), at = aid_bpe_place (key, t->len);
  uint32_t probes = 1, mask = m->head.slots - 1, where = t->len;
  struct aid_bpe_slot *s;
  for (; (s = &m->slots[at & mask])->where; at++, probes++)
    if (s->key == key && (s->where & 255) == t->len)
      return 0;                       /* two long tokens of one hash are as good as never met */
  if (t->len > AID_BPE_INLINE)
    {
      if (m->blob.len > UINT32_MAX >> 8)
        return 0;
      where |= (uint32_t) m->blob.len << 8;
      aid_str_add (&m->blob, p, t->len);
    }
  *s = (struct aid_bpe_slot){ key, t->rank, where };
  if (t->len == 2)
    m->pairs[(unsigned char) p[0] << 8 | (unsigned char) p[1]] = t->rank;
  m->head.longest = t->len > m->head.longest ? t->len : m->head.longest;
  m->head.probes = probes > m->head.probes ? probes : m->head.probes;
  return !m->blob.err;
}

static enum aid_err
fill (struct making *m, const struct reading *r, struct aid_error *e)
{
  unsigned single = 0;
  for (size_t i = 0; i < 65536; i++)
    m->pairs[i] = AID_BPE_NONE;
  for (size_t i = 0; i < r->tokens.len; i++)
    {
      const struct token *t = &AID_VEC_AT (struct token, &r->tokens, i);
      if (!place (m, r, t))
        return aid_error_set (e, AID_E_PARSE, "The ranks hold a token twice, or too much: rank %u", t->rank);
      single += t->len == 1;
    }
  return single == 256 ? AID_OK : aid_error_set (e, AID_E_INVALID, "%u of the 256 bytes are tokens; all must be", single);
}

static enum aid_err
write_file (struct making *m, struct aid_str *out, struct aid_error *e)
{
  struct aid_bpe_head *h = &m->head;
  h->blob = m->blob.len;
  h->size = sizeof *h + 65536 * sizeof *m->pairs + (uint64_t) h->slots * sizeof *m->slots + h->blob;
  aid_str_add (out, h, sizeof *h);
  aid_str_add (out, m->pairs, 65536 * sizeof *m->pairs);
  aid_str_add (out, m->slots, h->slots * sizeof *m->slots);
  aid_str_addspan (out, aid_str_span (&m->blob));
  return out->err ? aid_error_set (e, out->err, "The vocabulary is too large") : AID_OK;
}

static enum aid_err
make (uint32_t rule, const struct reading *r, struct aid_str *out, struct aid_error *e)
{
  struct making m = { .head = { .magic = "aidbpe1", .order = 0x01020304, .rule = rule, .slots = 1024 },
                      .blob = AID_STR_INIT (BYTES_MAX) };
  enum aid_err err;
  m.head.tokens = (uint32_t) r->tokens.len;
  while (m.head.slots < 2 * r->tokens.len)
    m.head.slots *= 2;
  m.pairs = calloc (65536, sizeof *m.pairs);
  m.slots = calloc (m.head.slots, sizeof *m.slots);
  if (!m.pairs || !m.slots)
    err = aid_error_set (e, AID_E_NOMEM, "no memory for a vocabulary");
  else if (!(err = fill (&m, r, e)))
    err = write_file (&m, out, e);
  free (m.pairs);
  free (m.slots);
  aid_str_free (&m.blob);
  return err;
}

enum aid_err
aid_bpe_import (const char *name, struct aid_span ranks, struct aid_str *out, struct aid_error *e)
{
  uint32_t rule = !strcmp (name, "o200k_base") ? AID_BPE_O200K : !strcmp (name, "cl100k_base") ? AID_BPE_CL100K : 0;
  struct reading r = { AID_VEC_INIT (struct token, TOKENS_MAX), AID_STR_INIT (BYTES_MAX) };
  enum aid_err err = rule ? read_any (&r, ranks, e)
                          : aid_error_set (e, AID_E_INVALID, "The vocabularies are o200k_base and cl100k_base, not %.40s", name);
  if (!err)
    err = make (rule, &r, out, e);
  aid_vec_free (&r.tokens);
  aid_str_free (&r.bytes);
  return err;
}
