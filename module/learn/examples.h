/* Examples: changes worth learning from, mined from snapshots and decisions, in $XDG_STATE_HOME/aid/examples.db (mode 0600).
   Each is a JSON object; docs/learn.md tells its members:

     id           16 hex digits, of what it is about: the same example is there once
     kind         "repair" (green, red, green: from red to green), "start" (red from the beginning), "test" (green to green with a
                  test more), "preference" (a hunk that was accepted or rejected)
     project      its root; repository: the Git directory that has its trees; base, after: ids of trees there
     vc, revision, time (ms, of after), began (ms, of base), settled
     diff         from base to after; break: from the green tree before to base; rejected: the diff that was not taken
     diagnostics  those at base; build: { what, command } that was red or green
     files        [{ path, added, removed, language }]; lines: changed ones in all
     question     as it was asked, of a preference
     minhash      hex of the signature by which near duplicates are found
     described    { detailed, summary, asked, model, at, tries, leaks, tokens, cost }, once it is (aid describe)
     judged       { base, after }: verdicts, once it is (aid mine --judge)

   refs/examples/ID in its repository keeps its trees. */
#ifndef AID_LEARN_EXAMPLES_H
#define AID_LEARN_EXAMPLES_H

#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

#define AID_EXAMPLE_ID 17 /* with its NUL */

struct aid_examples;
struct aid_db;

/* Opens the file; MAKE: else AID_E_NOTFOUND where there is none.  One thread. */
enum aid_err aid_examples_open (int make, struct aid_examples **out, struct aid_error *e);
void aid_examples_close (struct aid_examples *x);

/* Adds EXAMPLE, or replaces the one of its id but for what was described and judged.  *FRESH (may be NULL): it was not there. */
enum aid_err aid_examples_put (struct aid_examples *x, const json_t *example, int *fresh, struct aid_error *e);
/* Sets its member NAME to VALUE (NULL: takes it away).  AID_E_NOTFOUND. */
enum aid_err
aid_examples_set (struct aid_examples *x, const char *id, const char *name, const json_t *value, struct aid_error *e);
/* The one whose id begins with ID, 4 digits and more: a new reference.  AID_E_NOTFOUND, AID_E_INVALID (several). */
enum aid_err aid_examples_get (struct aid_examples *x, const char *id, json_t **out, struct aid_error *e);

struct aid_examples_which
{
  const char *kind, *project; /* or NULL */
  int64_t since;              /* ms; 0: all */
  int undescribed;            /* only those that nobody has described */
};
/* Calls FN for each, oldest first, borrowed, until it gives not 0; FN may call put and set. */
enum aid_err aid_examples_each (struct aid_examples *x, const struct aid_examples_which *which,
                                int (*fn) (void *ctx, const json_t *example), void *ctx, struct aid_error *e);
/* Takes the one whose id begins with ID (as above) away for good: it is not mined again, and its trees are kept no longer.  *WAS
   (may be NULL) gets its whole id. */
enum aid_err aid_examples_forget (struct aid_examples *x, const char *id, char was[AID_EXAMPLE_ID], struct aid_error *e);
/* Whether ID, a whole one, was forgotten. */
int aid_examples_forgotten (struct aid_examples *x, const char *id);
/* The file, borrowed: for who keeps tables of its own beside the examples (mine.h). */
struct aid_db *aid_examples_db (struct aid_examples *x);

#endif
