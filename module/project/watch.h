/* Who is told of changes: the system's (inotify), and where there is none, or none left, comparing stats.

   One thread alone uses a watch. */
#ifndef AID_PROJECT_WATCH_H
#define AID_PROJECT_WATCH_H

#include "base/err.h"
#include "base/str.h"

#define AID_WATCH_OVERFLOW UINT32_MAX

/* Called with what may have changed:  NAME in the folder that KEY stands for (empty: the folder itself is gone, or what
   is in it is not known any more).  KEY AID_WATCH_OVERFLOW: anything may have. */
typedef void aid_watch_fn (void *ctx, uint32_t key, struct aid_span name);

struct aid_watch;

/* The system's; NULL where there is none, or no more of them: *E says so. */
struct aid_watch *aid_watch_new (struct aid_error *e);
void aid_watch_free (struct aid_watch *w);
/* Readable when there is something to read. */
int aid_watch_fd (const struct aid_watch *w);
/* Watches the folder PATH, which is known by KEY from now on; the same folder again gets the new key.  What it is
   called (above 0) for aid_watch_drop, or -1 and errno:  ENOSPC when the system's limit is reached. */
int aid_watch_add (struct aid_watch *w, const char *path, uint32_t key);
void aid_watch_drop (struct aid_watch *w, int watch);
/* Calls FN for all that there is to read. */
void aid_watch_read (struct aid_watch *w, aid_watch_fn *fn, void *ctx);
/* How many folders the system lets a user watch; 0 when it does not say. */
size_t aid_watch_limit (void);

#endif
