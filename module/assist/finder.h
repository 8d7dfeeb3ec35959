/* The indexes of the projects that a front end's person works in: begun when first asked for, kept up to date while they are
   used.

   Any thread may call these; aid_finder_free alone wants to be the last. */
#ifndef AID_ASSIST_FINDER_H
#define AID_ASSIST_FINDER_H

#include "index/search.h"
#include "project/projects.h"

#define AID_FINDER_ROOTS 8 /* projects at once; the one that was not used for longest goes first */

struct aid_finder;

/* Takes no ownership of PROJECTS, which must outlive it.  CALM: indexes are made at idle priority, for whom an editor serves
   meanwhile; else at that of the caller, who has nothing to do but to wait.  NULL without memory. */
struct aid_finder *aid_finder_new (struct aid_projects *projects, int calm);
/* From here on vectors of questions are asked for by NET, where the settings say of whom, and with FILLS those of passages, too,
   in the background.  NET is borrowed until aid_finder_stop or aid_finder_free.  Before the first search. */
struct aid_net;
void aid_finder_use_net (struct aid_finder *f, struct aid_net *net, int fills);
/* Stops and joins what keeps the indexes. */
void aid_finder_free (struct aid_finder *f);

/* Closes what nobody is searching, and begins nothing any more: another core takes over. */
void aid_finder_stop (struct aid_finder *f);

/* Begins to index the project at ROOT, if that has not begun; returns at once.  AID_E_REFUSED: the settings say
   "index": false, or ROOT is a folder that holds more than a project, "/" or the home folder or one above it. */
enum aid_err aid_finder_begin (struct aid_finder *f, const char *root, struct aid_error *e);

struct aid_find
{
  const char *root, *dir;       /* the project's folder, and the one from which links start; absolute */
  struct aid_question question; /* its OPEN and WITHOUT are relative to ROOT */
  const char *secret;           /* the key of who makes embeddings, that the front end found, or NULL */
  int weak;                     /* also what just one plain word speaks for */
  int64_t wait_ms;              /* for a project that is being indexed for the first time */
};

struct aid_finding
{
  struct aid_vec items; /* struct aid_recipe_item, best first */
  size_t files;         /* that are indexed */
  int partial;          /* the index is not whole yet, or time was over */
  char note[300];       /* a sentence for the person, each once: what is similar in meaning is left out, and why; or "" */
  char wants_key[256];   /* the host whose key the front end may have, for the next question; or "" */
};

/* What is to be shown of ROOT for the question.  Begins the index when there is none.  Free OUT in any case. */
enum aid_err
aid_finder_find (struct aid_finder *f, const struct aid_find *find, struct aid_finding *out, struct aid_error *e);
void aid_finding_free (struct aid_finding *f);

/* aid_symbols of ROOT's index, which is begun when there is none; then there are none yet, and *MORE is set. */
enum aid_err aid_finder_symbols (struct aid_finder *f, const char *root, struct aid_span prefix, size_t max, struct aid_vec *out,
                                 int *more, struct aid_error *e);

#endif
