/* Whatever ctags and aid-trees answer of a text: what comes of it lies in the text and in order.  The input is the lines of the
   answer, an empty line, and the text. */
#include "fuzz.h"
#include "scan/ctags.h"
#include "scan/trees.h"

static void
check (const struct aid_scan *s, struct aid_span text)
{
  for (size_t i = 0; i < s->n_defs; i++)
    {
      const struct aid_def *d = &s->defs[i];
      CHECK ((unsigned)d->kind < AID_DEF_KINDS && d->parent < (int32_t)i && d->parent >= -1);
      CHECK (d->whole.from <= d->name.from && d->name.from < d->name.to && d->name.to <= d->whole.to
             && d->whole.to <= text.len);
      CHECK (d->whole.from <= d->signature.from && d->signature.from <= d->signature.to && d->signature.to <= d->whole.to);
      CHECK (i == 0 || d[-1].whole.from <= d->whole.from);
      CHECK (d->line >= d->first && d->line <= d->last);
      if (d->parent >= 0)
        CHECK (s->defs[d->parent].whole.from <= d->whole.from && d->whole.to <= s->defs[d->parent].whole.to);
    }
}

static void
read_tags (struct aid_span answer, struct aid_span text)
{
  struct aid_scan s = AID_SCAN_INIT;
  struct aid_vec tags = aid_ctags_tags ();
  struct aid_span line;
  while (aid_span_line (&answer, &line) && aid_ctags_read (line, &tags) == AID_E_NOTFOUND)
    ;
  CHECK (aid_ctags_define (&tags, text, &s) == AID_OK);
  check (&s, text);
  aid_ctags_drop (&tags);
  aid_scan_free (&s);
}

static void
read_trees (struct aid_span answer, struct aid_span text)
{
  struct aid_scan s = AID_SCAN_INIT;
  struct aid_scanner scanner = { (const unsigned char *)text.ptr, (uint32_t)text.len, &s, 0 };
  struct aid_span line;
  while (aid_span_line (&answer, &line) && !aid_trees_read (line, text, &scanner))
    ;
  CHECK (aid_scan_settle (&scanner) == AID_OK);
  check (&s, text);
  aid_scan_free (&s);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const uint8_t *gap = size > 1 ? memmem (data, size, "\n\n", 2) : NULL;
  if (!gap)
    return 0;
  struct aid_span answer = { (const char *)data, (size_t)(gap + 1 - data) };
  size_t len = size - answer.len - 1;
  char *copy = malloc (len ? len : 1); /* of its own, so that a byte too far is seen */
  CHECK (copy);
  memcpy (copy, gap + 2, len);
  read_tags (answer, (struct aid_span){ copy, len });
  read_trees (answer, (struct aid_span){ copy, len });
  free (copy);
  return 0;
}
