/* Which source is asked about a text, and what becomes of its answer: see sources.h. */
#include "scan/sources.h"
#include "base/clock.h"
#include "base/hash.h"
#include "scan/ctags.h"
#include "scan/helpers.h"
#include "scan/scan_internal.h"
#include "scan/tree.h"
#include "scan/trees.h"

#include <ctype.h>
#include <stdatomic.h>

enum
{
  PATIENCE_MS = 15000,
  CALM_MS = 60000, /* the same for a thread of the lowest priority, whose helpers have it, too */
  LACKS_MS = 60000,
  BAD = 64
};
#define CTAGS_TEXT_MAX ((size_t)4 << 20)

/* Until when a language has no grammar. */
static _Atomic int64_t lacks_until[AID_LANGUAGES];
/* Texts that were given up, by their hashes; a newer one takes an older one's place. */
static _Atomic uint64_t bad[BAD];

void
aid_sources_use (const struct aid_sources_options *o)
{
  aid_helpers_use (o);
  for (size_t i = 0; i < AID_LANGUAGES; i++)
    atomic_store (&lacks_until[i], 0);
  for (size_t i = 0; i < BAD; i++)
    atomic_store (&bad[i], 0);
}

static int
has_grammar (enum aid_language language)
{
  return aid_language_foreign (language)->grammar && aid_clock_ms () >= atomic_load (&lacks_until[language]);
}

static void
note_lack (enum aid_language language)
{
  atomic_store (&lacks_until[language], aid_clock_ms () + LACKS_MS);
}

enum aid_scan_source
aid_sources_best (enum aid_language language)
{
  const struct aid_foreign *f = aid_language_foreign (language);
  struct aid_lease lease;
  int has = 0;
  if (!f)
    return AID_SOURCE_HERE;
  if (has_grammar (language) && !aid_helpers_take (AID_HELPER_TREES, 0, &lease))
    {
      enum aid_err err = aid_trees_has (lease.helper, f->grammar, aid_clock_ms () + PATIENCE_MS, &has);
      aid_helpers_give (&lease, err ? AID_LEASE_ILL : AID_LEASE_WELL);
      if (has)
        return AID_SOURCE_TREES;
      if (!err)
        note_lack (language);
    }
  if (!f->file || aid_helpers_take (AID_HELPER_CTAGS, 0, &lease))
    return AID_SOURCE_NONE;
  aid_helpers_give (&lease, AID_LEASE_WELL);
  return AID_SOURCE_CTAGS;
}

/* --- one text ------------------------------------------------------------------------------------------------------ */

struct asking
{
  enum aid_language language;
  struct aid_span text;
  uint64_t hash;
  int64_t until;
  int patient; /* what takes too long is bad */
  struct aid_scan *out;
};

static enum aid_err
ask_helper (const struct asking *a, struct aid_lease *lease)
{
  const struct aid_foreign *f = aid_language_foreign (a->language);
  enum aid_err err = lease->kind == AID_HELPER_TREES ? aid_trees_ask (lease->helper, f->grammar, a->text, a->out, a->until)
                                                     : aid_ctags_ask (lease->helper, f->file, a->text, a->out, a->until);
  if (err)
    a->out->n_defs = 0;
  int left = err == AID_E_NOMEM || (err == AID_E_TIMEOUT && !a->patient);
  aid_helpers_give (lease, !err || err == AID_E_NOTFOUND ? AID_LEASE_WELL : left ? AID_LEASE_LEFT : AID_LEASE_ILL);
  return err;
}

/* AID_E_NOTFOUND: there is no such source; AID_E_REFUSED: it has nothing to say of this text. */
static enum aid_err
ask (const struct asking *a, enum aid_helper_kind kind)
{
  uint64_t hash = a->hash + (uint64_t)kind + 1;
  struct aid_lease lease;
  if (atomic_load (&bad[hash % BAD]) == hash || aid_clock_ms () >= a->until)
    return AID_E_REFUSED;
  enum aid_err err = aid_helpers_take (kind, 0, &lease);
  if (err)
    return err;
  int fresh = lease.fresh;
  err = ask_helper (a, &lease);
  /* one that rested may have been ended by somebody meanwhile */
  if (err == AID_E_IO && !fresh && !(err = aid_helpers_take (kind, 1, &lease)))
    err = ask_helper (a, &lease);
  if (!err || err == AID_E_NOTFOUND || err == AID_E_NOMEM)
    return err;
  if (err != AID_E_TIMEOUT || a->patient)
    atomic_store (&bad[hash % BAD], hash);
  return AID_E_REFUSED;
}

static int
is_word (unsigned char c)
{
  return isalnum (c) || c == '_' || c >= 0x80;
}

/* Whether the byte at I of TEXT parts two words. */
static int
parts_at (struct aid_span text, const char *parts, uint32_t i)
{
  return text.ptr[i] && strchr (parts, text.ptr[i]) != NULL;
}

/* "M.f" is f in M: what a name, or what stands directly before that of a module or class, tells of its container becomes its
   scope. */
static void
part (struct aid_span text, const char *parts, struct aid_def *d)
{
  uint32_t name = d->name.to, from = d->name.from, to;
  int is_type = d->kind == AID_DEF_MODULE || d->kind == AID_DEF_CLASS || d->kind == AID_DEF_TYPE;
  while (name > from && is_word ((unsigned char)text.ptr[name - 1]))
    name--;
  while (is_type && from > d->whole.from
         && (is_word ((unsigned char)text.ptr[from - 1]) || parts_at (text, parts, from - 1)))
    from--;
  for (to = name; to > from && parts_at (text, parts, to - 1);)
    to--;
  if (name == d->name.to || to == name || to == from || !is_word ((unsigned char)text.ptr[to - 1]))
    return;
  d->scope = (struct aid_range){ from, to };
  d->name.from = name;
}

enum aid_err
aid_sources_scan (enum aid_language language, struct aid_span text, struct aid_scan *out)
{
  const struct aid_foreign *f = aid_language_foreign (language);
  int usual = aid_helpers_calm () ? CALM_MS : PATIENCE_MS, own = out->patience_ms > 0 && out->patience_ms < usual;
  struct asking a
    = { language, text, aid_hash64 (text) + ((uint64_t)language << 32), aid_clock_ms () + (own ? out->patience_ms : usual),
        !own,     out };
  enum aid_err err = AID_E_NOTFOUND;
  out->source = AID_SOURCE_NONE;
  if (has_grammar (language) && text.len <= AID_TREE_TEXT_MAX)
    {
      err = ask (&a, AID_HELPER_TREES);
      if (err == AID_E_NOTFOUND)
        note_lack (language);
      else
        out->source = AID_SOURCE_TREES;
    }
  /* A grammar that finds nothing may be one that calls definitions what we do not know. */
  if (err != AID_E_NOMEM && !out->n_defs && f->file && text.len <= CTAGS_TEXT_MAX)
    {
      err = ask (&a, AID_HELPER_CTAGS);
      if (err != AID_E_NOTFOUND && out->source == AID_SOURCE_NONE)
        out->source = AID_SOURCE_CTAGS;
    }
  for (size_t i = 0; f->parts && i < out->n_defs; i++)
    part (text, f->parts, &out->defs[i]);
  return err == AID_E_NOMEM ? err : AID_OK;
}
