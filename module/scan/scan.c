/* What scanners find, kept by place: see scan.h. */
#include "scan/scan_internal.h"
#include <stdlib.h>

#define NEAR 4096      /* bytes looked at where nothing says that the text goes on behind them */
#define LINE_BLOCK 64 /* bytes of text for which one count of lines is kept */

/* Room for one more of N items of SIZE bytes; 0 when there is none. */
static int
grow (void *array, size_t n, size_t *cap, size_t size, size_t max)
{
  if (n < *cap && n < max)
    return 1;
  size_t want = *cap ? *cap * 2 : 64;
  void *old, *bigger;
  memcpy (&old, array, sizeof old);
  if (n >= max || !(bigger = realloc (old, want * size)))
    return 0;
  memcpy (array, &bigger, sizeof bigger);
  *cap = want;
  return 1;
}

uint32_t
aid_scan_line_start (const struct aid_scanner *s, uint32_t at)
{
  uint32_t stop = at > NEAR ? at - NEAR : 0;
  while (at > stop && s->text[at - 1] != '\n')
    at--;
  return at;
}

uint32_t
aid_scan_line_near (const struct aid_scanner *s, uint32_t at)
{
  uint32_t n = s->len - at < NEAR ? s->len - at : NEAR;
  const void *end = n ? memchr (s->text + at, '\n', n) : NULL;
  return end ? (uint32_t) ((const unsigned char *) end - s->text) : at + n;
}

uint32_t
aid_scan_line_end (const struct aid_scanner *s, uint32_t at)
{
  const void *end = at < s->len ? memchr (s->text + at, '\n', s->len - at) : NULL;
  return end ? (uint32_t) ((const unsigned char *) end - s->text) : s->len;
}

/* AT, or the start of its line when only blanks are between. */
static uint32_t
whole_line_from (const struct aid_scanner *s, uint32_t at)
{
  uint32_t i = at;
  while (i > 0 && (s->text[i - 1] == ' ' || s->text[i - 1] == '\t'))
    i--;
  return i == 0 || s->text[i - 1] == '\n' ? i : at;
}

/* The place behind AT's newline when nothing but blanks, ";", "," and comments is between, else AT. */
static uint32_t
whole_line_to (const struct aid_scanner *s, uint32_t at)
{
  const unsigned char *t = s->text;
  uint32_t i = at, line = aid_scan_line_near (s, at);
  if (at > 0 && t[at - 1] == '\n')
    return at;
  while (i < line)
    if (t[i] == ' ' || t[i] == '\t' || t[i] == '\r' || t[i] == ';' || t[i] == ',')
      i++;
    else if (t[i] == '/' && i + 1 < s->len && t[i + 1] == '/')
      i = line;
    else if (t[i] == '/' && i + 1 < line && t[i + 1] == '*')
      {
        const unsigned char *close = memmem (t + i + 2, line - i - 2, "*/", 2);
        if (!close)
          return at;
        i = (uint32_t) (close - t) + 2;
      }
    else
      return at;
  return i < s->len && t[i] != '\n' ? at : i < s->len ? i + 1 : i;
}

int32_t
aid_scan_add (struct aid_scanner *s, enum aid_def_kind kind, int32_t parent, struct aid_range name, uint32_t lead,
              uint32_t from)
{
  struct aid_scan *out = s->out;
  if (name.from >= name.to || !grow (&out->defs, out->n_defs, &out->cap_defs, sizeof *out->defs, AID_SCAN_DEFS))
    return -1;
  struct aid_def *d = &out->defs[out->n_defs];
  lead = whole_line_from (s, lead < name.from ? lead : name.from);
  if (out->n_defs > 0 && lead < d[-1].whole.from) /* what was read out of order does not stand before what was read */
    lead = d[-1].whole.from;
  if (lead > name.from)
    return -1;
  from = from < lead ? lead : from > name.from ? name.from : from;
  *d = (struct aid_def){
    .kind = kind, .parent = parent, .name = name, .whole = { lead, name.to }, .signature = { from, name.to }
  };
  return (int32_t) out->n_defs++;
}

void
aid_scan_end (struct aid_scanner *s, int32_t def, uint32_t signature_to, uint32_t to)
{
  if (def < 0)
    return;
  struct aid_def *d = &s->out->defs[def];
  while (signature_to > d->signature.from && strchr (" \t\r\n", s->text[signature_to - 1]) && s->text[signature_to - 1])
    signature_to--;
  if (signature_to > d->signature.from)
    d->signature.to = signature_to;
  d->whole.to = whole_line_to (s, to);
}

void
aid_scan_import (struct aid_scanner *s, struct aid_range name, uint32_t from, uint32_t to)
{
  struct aid_scan *out = s->out;
  if (name.from < name.to && grow (&out->imports, out->n_imports, &out->cap_imports, sizeof *out->imports, AID_SCAN_IMPORTS))
    out->imports[out->n_imports++]
      = (struct aid_import){ .name = name, .whole = { from < name.from ? from : name.from, to > name.to ? to : name.to } };
}

void
aid_scan_region (struct aid_scanner *s, enum aid_region_kind kind, uint32_t from, uint32_t to)
{
  struct aid_scan *out = s->out;
  if (from < to && !out->places_only
      && grow (&out->regions, out->n_regions, &out->cap_regions, sizeof *out->regions, AID_SCAN_REGIONS))
    out->regions[out->n_regions++] = (struct aid_region){ .from = from, .to = to, .kind = kind };
}

/* --- lines --- */

static uint32_t
newlines (const unsigned char *p, size_t n)
{
  const uint64_t ones = UINT64_MAX / 255, low = 127 * ones;
  uint32_t count = 0;
  size_t i = 0;
  for (; i + 8 <= n; i += 8)
    {
      uint64_t v;
      memcpy (&v, p + i, 8);
      v ^= '\n' * ones;
      /* The high bit of each byte that is not 0. */
      v = ((v & low) + low) | v;
      count += (uint32_t) (((~v & ~low) >> 7) * ones >> 56);
    }
  for (; i < n; i++)
    count += p[i] == '\n';
  return count;
}

static uint32_t
line_of (const struct aid_scanner *s, const uint32_t *blocks, uint32_t at)
{
  return 1 + blocks[at / LINE_BLOCK] + newlines (s->text + (at - at % LINE_BLOCK), at % LINE_BLOCK);
}

/* Takes out what never got a name: what stood in it stands in what holds it. */
static void
drop_nameless (struct aid_scan *out)
{
  size_t n = 0;
  for (size_t i = 0; i < out->n_defs; i++)
    {
      struct aid_def *d = &out->defs[i];
      /* LINE is where the definition goes, until lines are counted; a nameless one goes to its parent */
      d->parent = d->parent < 0 ? -1 : (int32_t) out->defs[d->parent].line - 1;
      d->line = d->kind == AID_DEF_KINDS ? (uint32_t) (d->parent + 1) : (uint32_t) (n + 1);
      n += d->kind != AID_DEF_KINDS;
    }
  n = 0;
  for (size_t i = 0; i < out->n_defs; i++)
    if (out->defs[i].kind != AID_DEF_KINDS)
      out->defs[n++] = out->defs[i];
  out->n_defs = n;
}

/* Mends what a broken text may have led to: a definition holds its name and signature and lies within its parent. */
static void
enclose (const struct aid_scanner *s, struct aid_def *d)
{
  const struct aid_def *parent;
  if (d->whole.to < d->name.to)
    d->whole.to = d->name.to;
  while ((parent = aid_scan_def (s, d->parent)) && parent->whole.to < d->name.to)
    d->parent = parent->parent;
  if (parent && parent->whole.to < d->whole.to)
    d->whole.to = parent->whole.to;
  if (d->signature.to > d->whole.to)
    d->signature.to = d->whole.to;
  if (d->signature.from > d->signature.to)
    d->signature.from = d->signature.to;
}

/* Tells the lines of all that was found. */
static enum aid_err
count_lines (const struct aid_scanner *s)
{
  struct aid_scan *out = s->out;
  size_t n = s->len / LINE_BLOCK + 1;
  uint32_t *blocks = calloc (n + 1, sizeof *blocks);
  if (!blocks)
    return AID_E_NOMEM;
  for (size_t i = 1; i < n; i++)
    blocks[i] = blocks[i - 1] + newlines (s->text + (i - 1) * LINE_BLOCK, LINE_BLOCK);
  for (size_t i = 0; i < out->n_defs; i++)
    {
      struct aid_def *d = &out->defs[i];
      d->line = line_of (s, blocks, d->name.from);
      d->first = line_of (s, blocks, d->whole.from);
      d->last = line_of (s, blocks, d->whole.to > d->whole.from ? d->whole.to - 1 : d->whole.from);
    }
  for (size_t i = 0; i < out->n_imports; i++)
    out->imports[i].line = line_of (s, blocks, out->imports[i].name.from);
  free (blocks);
  return AID_OK;
}

enum aid_err
aid_scan_settle (struct aid_scanner *s)
{
  struct aid_scan *out = s->out;
  if (s->failed)
    return AID_E_NOMEM;
  drop_nameless (out);
  for (size_t i = 0; i < out->n_defs; i++)
    enclose (s, &out->defs[i]);
  return out->places_only ? AID_OK : count_lines (s);
}

enum aid_err
aid_scan_text (enum aid_language language, struct aid_span text, struct aid_scan *out)
{
  struct aid_scanner s = { (const unsigned char *) text.ptr, (uint32_t) text.len, out, 0 };
  aid_scan_fn *scan = aid_language_scanner (language);
  out->n_defs = out->n_imports = out->n_regions = 0;
  out->source = AID_SOURCE_HERE;
  if (text.len > AID_SCAN_TEXT_MAX)
    return AID_E_LIMIT;
  if ((!scan && !aid_language_foreign (language)) || !text.len)
    return AID_OK;
  if (scan)
    scan (&s, language);
  enum aid_err err = scan ? aid_scan_settle (&s) : aid_sources_scan (language, text, out);
  if (err)
    out->n_defs = out->n_imports = out->n_regions = 0;
  return err;
}

void
aid_scan_free (struct aid_scan *s)
{
  free (s->defs);
  free (s->imports);
  free (s->regions);
  *s = AID_SCAN_INIT;
}

/* --- asking --- */

enum aid_err
aid_scan_container (const struct aid_scan *s, enum aid_language language, struct aid_span text, size_t i,
                    struct aid_str *out)
{
  int32_t chain[AID_SCAN_NESTING + 1];
  int n = 0;
  for (int32_t at = (int32_t) i; at >= 0 && n <= AID_SCAN_NESTING; at = s->defs[at].parent)
    chain[n++] = at;
  int empty = 1;
  while (n-- > 0)
    {
      const struct aid_def *d = &s->defs[chain[n]];
      const struct aid_range parts[2] = { d->scope, d->name };
      for (int k = 0; k < (n > 0 ? 2 : 1); k++)
        if (parts[k].from < parts[k].to)
          {
            if (!empty)
              aid_str_addz (out, aid_language_separator (language));
            aid_str_addspan (out, aid_span_cut (text, parts[k].from, parts[k].to));
            empty = 0;
          }
    }
  return out->err;
}

ptrdiff_t
aid_scan_at (const struct aid_scan *s, size_t at)
{
  size_t low = 0, high = s->n_defs;
  while (low < high)
    {
      size_t middle = low + (high - low) / 2;
      if (s->defs[middle].whole.from <= at)
        low = middle + 1;
      else
        high = middle;
    }
  ptrdiff_t i = (ptrdiff_t) low - 1;
  while (i >= 0 && s->defs[i].whole.to <= at)
    i = s->defs[i].parent >= 0 && s->defs[s->defs[i].parent].whole.to > at ? s->defs[i].parent : i - 1;
  return i;
}

ptrdiff_t
aid_scan_around (const struct aid_scan *s, size_t at)
{
  ptrdiff_t i = aid_scan_at (s, at);
  while (i >= 0 && s->defs[i].parent >= 0
         && (s->defs[i].kind == AID_DEF_FIELD || s->defs[i].kind == AID_DEF_CONSTRUCTOR))
    i = s->defs[i].parent;
  return i;
}
