/* What becomes of accepted text in a buffer that goes on being edited, told of each change and of nothing else.

   A tracker knows of every character of the buffer whether it stood there when following began, was accepted with a
   hunk, or was inserted since; accepted ones that are deleted stay known where they were.  What is kept of a hunk is

   1. its characters that were never deleted;
   2. of those that were: a place is where, between two characters that are not inserted ones and still there (or an
      end of the buffer), some of them were deleted.  All accepted characters that are gone from a place, in their
      order, are compared with the inserted ones that are there now, in theirs, as aid_kept_match (kept.h) does: so
      what is undone, put back, retyped or written anew by a formatter or from the disk counts;
   3. of those that are gone still: the longest run that stands, whole, among the inserted characters anywhere in the
      buffer that did not count yet counts as moved there, when it has AID_TRACK_MOVED characters or more (of several
      the one that ends first in the order of the places, of those the one whose copy ends first); then the next
      longest of what is left.

   Not counted are what goes beyond the work that one look may be (AID_KEPT_WORK, in each of 2 and 3).

   A change takes some microseconds also with thousands of hunks: runs of characters stand in chunks of at most 128,
   and what lies before a change is found by the chunks' sums.  A tracker belongs to one thread at a time. */
#ifndef AID_MEASURE_TRACK_H
#define AID_MEASURE_TRACK_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

#define AID_TRACK_MOVED 20
#define AID_TRACK_CHARS ((size_t)4 << 20) /* accepted characters, and inserted ones, that are known at most */
#define AID_TRACK_PIECES 100000           /* accepted pieces of text */

struct aid_track;

/* Begins with a buffer of CHARS characters.  NULL without memory. */
struct aid_track *aid_track_new (size_t chars);
void aid_track_free (struct aid_track *t);

/* At POS (characters, from 0) REMOVED characters were replaced by INSERTED (valid UTF-8).  AID_E_INVALID: there are
   not so many; AID_E_LIMIT, AID_E_NOMEM: too much was inserted.  Then the tracker is lost: nothing more can be said
   of this buffer but through its text (aid_track_look_in). */
enum aid_err aid_track_change (struct aid_track *t, size_t pos, size_t removed, struct aid_span inserted);
/* The characters at POS, which are TEXT and whose insertion has been told, were accepted with HUNK.  Of a hunk there
   may be several pieces.  Errors as above, but it is not lost. */
enum aid_err aid_track_accept (struct aid_track *t, uint64_t hunk, size_t pos, struct aid_span text);
/* Forgets HUNK: its characters are the person's now. */
void aid_track_drop (struct aid_track *t, uint64_t hunk);

/* Characters in the buffer, as the changes told; for who compares. */
size_t aid_track_size (const struct aid_track *t);
int aid_track_is_lost (const struct aid_track *t);
/* Says so: changes were missed. */
void aid_track_lose (struct aid_track *t);
/* Pieces that are followed. */
size_t aid_track_pieces (const struct aid_track *t);

struct aid_track_kept
{
  uint64_t hunk;
  size_t chars, kept; /* accepted with the hunk, and still there */
};
#define AID_TRACK_KEPT_INIT AID_VEC_INIT (struct aid_track_kept, AID_TRACK_PIECES)
/* Appends struct aid_track_kept of each hunk to OUT, in the order in which they were accepted.  AID_E_STATE: it is lost. */
enum aid_err aid_track_look (const struct aid_track *t, struct aid_vec *out);
/* The same by comparing all accepted pieces, as they stood in the buffer last, one after the other, with TEXT
   (kept.h): for a buffer that was closed, or changed behind the tracker's back. */
enum aid_err aid_track_look_in (const struct aid_track *t, struct aid_span text, struct aid_vec *out);

#endif
