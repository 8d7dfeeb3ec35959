/* Any bytes as an answer that arrives in pieces: whatever the cuts, the hunks that are given are the first ones of those of the
   whole, none is withdrawn, and the work is linear. */
#include "fuzz.h"
#include "../unit/patch_feed_check.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct aid_span answer = { (const char *) data + 1, size ? size - 1 : 0 };
  struct aid_patch_feed *f = aid_patch_feed_new ();
  struct aid_patch *whole = NULL;
  size_t hunks = 0, files = 0;
  uint32_t cuts = size ? data[0] : 0;
  if (!f || size == 0 || aid_patch_read (answer, AID_FORMAT_AUTO, &whole, NULL))
    {
      aid_patch_feed_free (f);
      return 0;
    }
  for (size_t at = 0; at < answer.len;)
    {
      size_t n = 1 + (cuts = cuts * 1664525u + 1013904223u) % 37;
      struct aid_span piece = aid_span_cut (answer, at, n < answer.len - at ? at + n : answer.len);
      CHECK (!aid_patch_feed_add (f, piece, NULL));
      at += piece.len;
      const struct aid_patch *p = aid_patch_feed_patch (f);
      CHECK (agrees (p, whole));
      CHECK (p->hunks.len >= hunks && p->files.len >= files);
      hunks = p->hunks.len;
      files = p->files.len;
    }
  CHECK (aid_patch_feed_work (f) <= AID_FEED_WORK * answer.len);
  aid_patch_feed_free (f);
  aid_patch_free (whole);
  return 0;
}
