/* Isolated changes in a row of snapshots: the core of mining, which reads no file and knows no git.

   What a tree is worth is said by exact builds of it alone (message.h): those since whose beginning no file has changed.  A VISIT
   is an unbroken row of moments with the same tree.  In a visit

     - the build is green when an exact build or exact tests were, for tests run on what was built; red when an exact build was;
     - the tests are green when exact tests were; red when exact tests were, whatever kept them from passing;
     - it has no status at all when it was seen green and red at the same level (it is flaky), here or in an earlier visit of
       the same tree, or when its tests are green and its build is red.

   A SEGMENT ends where version control, and no person, changed the files: where that is known, else where the revision is another
   than a moment before and so is the tree.  (A commit changes no file.)  Nothing is found across that.  Within a segment

     REPAIR  a green visit, then red ones, then a green one: from the last red visit to the green one.  The level of the red
             (its build, or only its tests) is the one at which the greens must be known.  What was built in between without a
             status is part of the repair.  A red visit takes the place of the one before it, whatever their levels.
     START   the same where nothing was green before at that level
     TEST    tests green, later tests green, another tree and nothing red in between; whether there is a test more is for
             others to say

   What is found is UNSETTLED when a file was changed within RULES' settled_ms after it was known to be green, BACK when the tree
   it began with was there again within back_ms, and YOUNG when that time is not over yet at HORIZON: it will be decided later,
   and what will be found then does not depend on when one has looked. */
#ifndef AID_LEARN_MINE_FIND_H
#define AID_LEARN_MINE_FIND_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum aid_mine_status
{
  AID_MINE_UNKNOWN,
  AID_MINE_GREEN,
  AID_MINE_RED
};
enum aid_mine_level
{
  AID_MINE_BUILD,
  AID_MINE_TESTS,
  AID_MINE_LEVELS
};

struct aid_mine_moment
{
  int64_t time;                                /* ms since 1970 */
  int64_t noticed;                             /* when it was first seen that the files are others than before; 0: at TIME */
  uint32_t tree;                               /* equal trees have equal numbers, from 0 */
  uint32_t revision;                           /* likewise; 0: none is known */
  enum aid_mine_status exact[AID_MINE_LEVELS]; /* what the last exact build, or tests, came to */
  /* Whether version control changed the files since the moment before: 1 it did, -1 it did not; 0 is not known: then it did when
     the revision is another. */
  signed char moved;
};

enum aid_mine_kind
{
  AID_MINE_REPAIR,
  AID_MINE_START,
  AID_MINE_TEST,
  AID_MINE_PREFERENCE, /* a decision on what a model wrote: not of moments */
  AID_MINE_KINDS
};
/* "repair", "start", "test", "preference". */
const char *aid_mine_kind_name (enum aid_mine_kind kind);

enum aid_mine_end
{
  AID_MINE_SETTLED,
  AID_MINE_UNSETTLED,
  AID_MINE_BACK,
  AID_MINE_YOUNG
};

#define AID_MINE_NONE SIZE_MAX

struct aid_mine_found
{
  enum aid_mine_kind kind;
  enum aid_mine_level level;
  enum aid_mine_end end;
  size_t before, base, after; /* moments in which it is known: green (AID_MINE_NONE: never), red, green */
  int64_t still;              /* ms until it was seen that the files were changed again; until HORIZON when they were not */
};

struct aid_mine_rules
{
  int64_t settled_ms, back_ms;
};

/* Whether version control changed the files between two moments that follow one another. */
int aid_mine_is_cut (const struct aid_mine_moment *a, const struct aid_mine_moment *b);

/* Calls FN with what is found in the N moments M, the oldest first, in the order in which it became green.  AID_E_NOMEM. */
enum aid_err aid_mine_find (const struct aid_mine_moment *m, size_t n, const struct aid_mine_rules *rules, int64_t horizon,
                            void (*fn) (void *ctx, const struct aid_mine_found *found), void *ctx);

#endif
