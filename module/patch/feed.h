/* The patches in an answer that is still arriving: which hunks are certain to be in it, whatever comes.

   What is given once stays: the hunks of the feed are at every moment the first ones of those that aid_patch_read gives for the
   whole answer, with the same ids, files and positions.  Only where the last file and the last block end may grow.  A hunk is
   certain once what follows it (another hunk, a header, the end of its fence) has come with a line or two.

   The work is linear in the answer: what is certain is not read again, and an open block only as often as its growth pays
   for.  One thread at a time. */
#ifndef AID_PATCH_FEED_H
#define AID_PATCH_FEED_H

#include "patch/patch.h"

struct aid_patch_feed;

/* NULL without memory. */
struct aid_patch_feed *aid_patch_feed_new (void);
void aid_patch_feed_free (struct aid_patch_feed *f);
/* Takes the next bytes of the answer.  AID_E_LIMIT beyond AID_PATCH_MAX, or when the answer holds more than can be read; then,
   and without memory, the feed is empty from now on. */
enum aid_err aid_patch_feed_add (struct aid_patch_feed *f, struct aid_span bytes, struct aid_error *e);
/* What is certain so far, as a patch that can be planned; borrowed, until the next call. */
const struct aid_patch *aid_patch_feed_patch (const struct aid_patch_feed *f);

/* Bytes that were read so far, those that were read again included: at most AID_FEED_WORK times those that came. */
enum { AID_FEED_WORK = 17 };
size_t aid_patch_feed_work (const struct aid_patch_feed *f);

#endif
