/* The patches of an answer that is arriving: found and placed on a pool thread, a few times a second, and told of as events
   (AID_EVENT_FOUND).  They are a preview: at the end the front end has the whole answer planned.

   Threads: made on any, before the answer arrives; then looked at and let go of on the I/O thread alone, which posts the events.
   Between them a job has the reader and the texts to itself. */
#ifndef AID_ASSIST_FOUND_H
#define AID_ASSIST_FOUND_H

#include "assist/assist_internal.h"

#define AID_FOUND_MS 300             /* looked for at most this often, and for at most a fifth of the time */

struct aid_found;

/* NULL when ROOT is no folder, or without memory: then nothing is looked for.  DIR is what relative targets start from; the
   texts of ITEMS that are whole files go before the files.  Copies all it needs. */
struct aid_found *aid_found_new (struct aid_assist *a, uint64_t id, const char *root, const char *dir,
                                 const struct aid_ask_item *items, size_t nitems);
/* The answer is ANSWER now; borrows it and keeps it until the next call: it may be looked at later.  It only grows. */
void aid_found_look (struct aid_found *f, const struct aid_stream *answer);
/* The answer has ended: nothing is posted any more. */
void aid_found_end (struct aid_found *f);

#endif
