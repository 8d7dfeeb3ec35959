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
  struct aid_span text;        /* what the front end says that the file holds now; ptr NULL: look at it */
};

/* Compares ITEM of the chat with KEY, whose links start at DIR, of the project at ROOT (or NULL).  Lines that were sent and
   stand elsewhere in the file now are the same.  What was told as changes is the same while they are.  UNKNOWN: it is no
   file, its frozen bytes are lost, or secrets were taken out of them. */
enum aid_stale aid_stale_check (struct aid_stale_memory *m, const char *dir, const char *root, const char *key,
                                const struct aid_stale_item *item);

/* A file that somebody is editing: its whole path, and what it would hold. */
struct aid_stale_buffer
{
  char *path;
  struct aid_str text;
};

/* What there is to compare a chat with, all borrowed. */
struct aid_stale_chat
{
  struct aid_span text;        /* the chat's */
  const char *dir, *root;      /* as above */
  const struct aid_stale_buffer *buffers;
  size_t nbuffers;
};

/* Checks all that CHAT says was sent, the same once, and calls FOUND for what is not the SAME, in the chat's order.  What has no
   file here (an item of another kind, or on another machine) is UNKNOWN.  AID_E_NOMEM, AID_E_LIMIT. */
enum aid_err aid_stale_all (struct aid_stale_memory *m, const struct aid_stale_chat *chat,
                            void (*found) (void *ctx, struct aid_span target, struct aid_span sent, enum aid_stale state),
                            void *ctx, struct aid_error *e);

#endif
