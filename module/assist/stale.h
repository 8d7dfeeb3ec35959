/* Whether what was sent of a file is still what the file holds.  A file that looks as it did is not read again. */
#ifndef AID_ASSIST_STALE_H
#define AID_ASSIST_STALE_H

#include "context/kinds.h"

enum aid_stale { AID_STALE_SAME, AID_STALE_CHANGED, AID_STALE_GONE, AID_STALE_UNKNOWN };

/* What was found out before.  Any thread. */
struct aid_stale_memory;
struct aid_stale_memory *aid_stale_new (void);
void aid_stale_free (struct aid_stale_memory *m);

struct aid_stale_item
{
  struct aid_span target;
  const char *sent;            /* the name of its frozen bytes */
  struct aid_span text;        /* what the front end says that it holds now; ptr NULL: look at the file */
};

/* Compares ITEM of the chat with KEY, whose links start at DIR, of the project at ROOT (or NULL).  Lines that were sent and
   stand elsewhere in the file now are the same.  What was told as changes is the same while they are.  UNKNOWN: it is no
   file, its frozen bytes are lost, or secrets were taken out of them. */
enum aid_stale aid_stale_check (struct aid_stale_memory *m, const char *dir, const char *root, const char *key,
                                const struct aid_stale_item *item);

#endif
