/* A number for how many there are, then for each definition three: from the beginning of the one before to its own, from
   there to its name, and the name's length with whether a chunk may begin there; all in groups of seven bits. */
#include "index/outline.h"

enum
{
  CHUNK_MIN = 1500,
  CHUNK_MAX = 6000,
  PACKED_MAX = 24 << 20, /* of all files */
  FILES_MAX = 4 << 20,
  NUMBER_BYTES = 5 /* at most, in groups of seven bits */
};

enum aid_err
aid_outline_take (const struct aid_scan *scan, struct aid_vec *out)
{
  out->len = 0;
  for (size_t i = 0; i < scan->n_defs; i++)
    {
      const struct aid_def *d = &scan->defs[i];
      struct aid_outlined *o = aid_vec_push (out);
      if (!o)
        return AID_E_NOMEM;
      *o = (struct aid_outlined){ d->whole.from, d->name, d->kind != AID_DEF_FIELD && d->kind != AID_DEF_CONSTRUCTOR };
    }
  return AID_OK;
}

static void
put (struct aid_str *out, uint32_t v)
{
  if (aid_str_reserve (out, NUMBER_BYTES))
    return;
  for (; v > 127; v >>= 7)
    out->ptr[out->len++] = (char)(v | 128);
  out->ptr[out->len++] = (char)v;
  out->ptr[out->len] = '\0';
}

/* Takes a number off REST; 0 or -1. */
static int
get (struct aid_span *rest, uint32_t *v)
{
  *v = 0;
  for (unsigned shift = 0; rest->len && shift < 32; shift += 7)
    {
      unsigned char c = (unsigned char)*rest->ptr++;
      rest->len--;
      *v |= (uint32_t)(c & 127) << shift;
      if (c < 128)
        return 0;
    }
  return -1;
}

enum aid_err
aid_outline_pack (const struct aid_vec *outline, struct aid_str *out)
{
  uint32_t at = 0;

  put (out, (uint32_t)outline->len);
  for (size_t i = 0; i < outline->len; i++)
    {
      const struct aid_outlined *o = &AID_VEC_AT (struct aid_outlined, outline, i);
      put (out, o->from - at);
      put (out, o->name.from - o->from);
      put (out, (o->name.to - o->name.from) << 1 | (o->begins != 0));
      at = o->from;
    }
  return out->err;
}

int
aid_outline_unpack (struct aid_span packed, size_t len, struct aid_vec *out)
{
  uint32_t n, at = 0, more, name, length;

  out->len = 0;
  if (get (&packed, &n))
    return -1;
  for (; n; n--)
    {
      struct aid_outlined *o = aid_vec_push (out);
      if (!o || get (&packed, &more) || get (&packed, &name) || get (&packed, &length))
        return -1;
      if (more > len - at || name > len - at - more || length >> 1 > len - at - more - name)
        return -1;
      at += more;
      *o = (struct aid_outlined){ at, { at + name, at + name + (length >> 1) }, length & 1 };
    }
  return packed.len ? -1 : 0;
}

/* --- chunks ---------------------------------------------------------------------------------------------------------- */

static size_t
line_end (const char *text, size_t len, size_t at)
{
  const char *nl = at < len ? memchr (text + at, '\n', len - at) : NULL;

  return nl ? (size_t)(nl - text) + 1 : len;
}

/* Adds what stands between FROM and TO, in windows. */
static enum aid_err
add_windows (const char *text, size_t len, size_t from, size_t to, struct aid_vec *out)
{
  while (from < to)
    {
      size_t end = to - from > CHUNK_MAX ? line_end (text, len, from + CHUNK_MAX * 3 / 4) : to;
      struct aid_chunk *c = out->len < AID_CHUNKS ? aid_vec_push (out) : &AID_VEC_AT (struct aid_chunk, out, out->len - 1);
      if (!c)
        return AID_E_NOMEM;
      if (end > to || to - end < CHUNK_MIN / 2)
        end = to;
      if (c->to == 0)
        c->from = from;
      c->to = end;
      from = end;
    }
  return AID_OK;
}

enum aid_err
aid_chunks (const char *text, size_t len, const struct aid_vec *outline, struct aid_vec *out)
{
  size_t from = 0;
  enum aid_err err = AID_OK;

  for (size_t i = 0; !err && i < outline->len; i++)
    {
      const struct aid_outlined *o = &AID_VEC_AT (struct aid_outlined, outline, i);
      if (!o->begins || o->from < from + CHUNK_MIN || o->from > len)
        continue;
      err = add_windows (text, len, from, o->from, out);
      from = o->from;
    }
  return err ? err : add_windows (text, len, from, len, out);
}

/* --- of many files --------------------------------------------------------------------------------------------------- */

void
aid_outlines_init (struct aid_outlines *o)
{
  *o = (struct aid_outlines){ 0, AID_VEC_INIT (uint32_t, FILES_MAX), AID_STR_INIT (PACKED_MAX) };
}

void
aid_outlines_free (struct aid_outlines *o)
{
  aid_vec_free (&o->ends);
  aid_str_free (&o->packed);
}

void
aid_outlines_keep (struct aid_outlines *o, int64_t id, struct aid_span packed)
{
  uint32_t *end;

  if (!o->first)
    o->first = id;
  if (id < o->first + (int64_t)o->ends.len || packed.len > PACKED_MAX - o->packed.len)
    return;
  while (o->first + (int64_t)o->ends.len < id)
    {
      if (!(end = aid_vec_push (&o->ends)))
        return;
      *end = (uint32_t)o->packed.len;
    }
  if (aid_str_addspan (&o->packed, packed) || !(end = aid_vec_push (&o->ends)))
    return;
  *end = (uint32_t)o->packed.len;
}

struct aid_span
aid_outlines_of (const struct aid_outlines *o, int64_t id)
{
  size_t i = (size_t)(id - o->first);

  if (!o->first || id < o->first || i >= o->ends.len)
    return AID_SPAN ("");
  size_t from = i ? AID_VEC_AT (uint32_t, &o->ends, i - 1) : 0;
  return aid_span_cut (aid_str_span (&o->packed), from, AID_VEC_AT (uint32_t, &o->ends, i));
}
