/* Any bytes in any language: what is found lies in the text and in order, is numbered rightly, and nests. */
#include "fuzz.h"
#include "scan/scan.h"

static unsigned
line_of (struct aid_span text, size_t at)
{
  unsigned line = 1;
  for (size_t i = 0; i < at; i++)
    line += text.ptr[i] == '\n';
  return line;
}

static void
check_defs (const struct aid_scan *s, struct aid_span text)
{
  for (size_t i = 0; i < s->n_defs; i++)
    {
      const struct aid_def *d = &s->defs[i];
      CHECK ((unsigned) d->kind < AID_DEF_KINDS && d->parent < (int32_t) i && d->parent >= -1);
      CHECK (d->whole.from <= d->name.from && d->name.from < d->name.to && d->name.to <= d->whole.to
             && d->whole.to <= text.len);
      CHECK (d->whole.from <= d->signature.from && d->signature.from <= d->signature.to && d->signature.to <= d->whole.to);
      CHECK (d->scope.from <= d->scope.to && d->scope.to <= text.len);
      CHECK (i == 0 || d[-1].whole.from <= d->whole.from);
      CHECK (d->line >= d->first && d->line <= d->last && d->line == line_of (text, d->name.from));
      CHECK (d->first == line_of (text, d->whole.from));
      if (d->parent >= 0)
        CHECK (s->defs[d->parent].whole.from <= d->whole.from && d->whole.to <= s->defs[d->parent].whole.to);
    }
}

static void
check (enum aid_language language, struct aid_span text)
{
  struct aid_scan s = AID_SCAN_INIT;
  CHECK (aid_scan_text (language, text, &s) == AID_OK);
  check_defs (&s, text);
  for (size_t i = 0; i < s.n_regions; i++)
    {
      CHECK (s.regions[i].from < s.regions[i].to && s.regions[i].to <= text.len);
      CHECK (i == 0 || s.regions[i - 1].to <= s.regions[i].from);
    }
  for (size_t i = 0; i < s.n_imports; i++)
    CHECK (s.imports[i].name.from < s.imports[i].name.to && s.imports[i].whole.from <= s.imports[i].name.from
           && s.imports[i].name.to <= s.imports[i].whole.to && s.imports[i].whole.to <= text.len);
  for (size_t at = 0; at < text.len; at += 7)
    {
      ptrdiff_t def = aid_scan_at (&s, at);
      CHECK (def < 0 || (s.defs[def].whole.from <= at && at < s.defs[def].whole.to));
    }
  if (s.n_defs)
    {
      struct aid_str container = AID_STR_INIT (1 << 20);
      aid_scan_container (&s, language, text, s.n_defs - 1, &container);
      aid_str_free (&container);
    }
  aid_scan_free (&s);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (size < 1)
    return 0;
  /* a copy of its own, so that a byte too far is seen */
  char *copy = malloc (size - 1 ? size - 1 : 1);
  CHECK (copy);
  memcpy (copy, data + 1, size - 1);
  struct aid_span text = { copy, size - 1 };
  check ((enum aid_language) (data[0] % AID_LANG_FOREIGN), text);
  aid_language_of (text, text);
  free (copy);
  return 0;
}
