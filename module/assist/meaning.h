/* Passages of a similar meaning: the vectors of a project's passages are asked for in the background, and that of a question
   when it is searched for, with little patience: who is not answered searches without.

   Threads: aid_meaning_fill is for one thread at a time and not for where aid_meaning_start was called; the others are for
   any. */
#ifndef AID_ASSIST_MEANING_H
#define AID_ASSIST_MEANING_H

#include "index/search.h"
#include "index/vectors.h"
#include "model/embed.h"

#define AID_MEANING_MS 400         /* that a search waits for its question's vector */
#define AID_MEANING_PAUSE_MS 60000 /* in which a server that did not answer in time is not asked for questions again */

struct aid_meaning;

/* Begins nothing yet.  BY is taken, whatever is returned; NET and X are borrowed and outlive it. */
enum aid_err aid_meaning_open (struct aid_net *net, struct aid_index *x, struct aid_embedder *by, struct aid_meaning **out,
                               struct aid_error *e);
/* Ends what goes on; never waits for the network.  Nobody else may be using M. */
void aid_meaning_close (struct aid_meaning *m);
/* Whether BY says the same as what M was opened with. */
int aid_meaning_is_by (const struct aid_meaning *m, const struct aid_embedder *by);

/* Keeps the vectors up to date on a thread of its own, at idle priority, until M is closed. */
enum aid_err aid_meaning_start (struct aid_meaning *m, struct aid_error *e);
/* Looks for the key, once: takes as long as the command that finds it.  Who does not call it has it looked for where no program
   is run, and by the thread. */
enum aid_err aid_meaning_key (struct aid_meaning *m, struct aid_error *e);
/* Copies KEY, which a front end found; one that is there stays. */
void aid_meaning_use_key (struct aid_meaning *m, const char *key);
/* Whether a key is needed and not there; *HOST (borrowed) gets whose. */
int aid_meaning_wants_key (struct aid_meaning *m, const char **host);
/* Reads what vectors there are.  A reader of another process' vectors may find none yet: AID_E_STATE. */
enum aid_err aid_meaning_look (struct aid_meaning *m, struct aid_error *e);
/* Asks for all that lack, until none does, STOP is set, or the server fails. */
enum aid_err aid_meaning_fill (struct aid_meaning *m, const struct aid_stop *stop, struct aid_error *e);

/* Begins to ask for Q's vector; returns at once. */
void aid_meaning_begin (struct aid_meaning *m, const struct aid_question *q);
/* Waits for it, until UNTIL (aid_clock_ms) at most, and puts it into Q, which borrows *VECTOR (to be freed).  NOTE gets a
   sentence when meanings do not count, or not all, the first time that it is for this reason; else "". */
void aid_meaning_end (struct aid_meaning *m, int64_t until, struct aid_question *q, float **vector, char note[300]);

/* Borrowed. */
struct aid_vectors *aid_meaning_vectors (struct aid_meaning *m);
/* Appends {provider, model, host, local, passages, with, held, files_left, left_out, dimensions, used, error}.  USED: the last
   question had a vector. */
void aid_meaning_val (struct aid_meaning *m, struct aid_str *val);

#endif
