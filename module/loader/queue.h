/* Events on their way from any thread of any core to Lisp: a queue in memory and a pipe that only wakes.

   Text events of one request that wait next to each other are joined, so that a drain makes one insertion of them.
   After a request's final event nothing is queued for it.  One lock guards all of it; under it happen only copies and a
   write of one byte that never blocks. */
#ifndef AID_LOADER_QUEUE_H
#define AID_LOADER_QUEUE_H

#include "loader/host.h"

#define AID_QUEUE_MAX ((size_t) 256 << 20)  /* bytes that wait, final events excepted */
#define AID_DRAIN_TEXT ((size_t) 64 << 10)  /* bytes of text in one drain */
#define AID_DRAIN_EVENTS 512                /* events in one drain */

struct aid_queue_event
{
  struct aid_queue_event *next;
  uint64_t request;
  uint32_t generation;
  int is_text, is_final;
  int has_faces;               /* text: from and spans count; 0 for the early pieces of a text that was cut */
  char *name, *val, *text;     /* owned */
  size_t nval, off, ntext, cap_text;   /* text still to be taken: text + off, ntext bytes */
  uint32_t from;
  struct aid_host_span *spans; /* owned */
  size_t nspans, cap_spans;
};

/* A fresh id, unique for the life of the process.  Any thread. */
uint64_t aid_queue_next_id (void);
/* As aid_host.post says. */
int aid_queue_post (uint32_t generation, uint64_t request, const struct aid_host_event *ev);
/* Takes events off the front (NULL: there are none) within the limits of a drain, and wakes again when more are left.
   A text beyond the limit is cut at a character; its faces go with the last piece.  A final event is the last one taken:
   much is to be done when a request has ended, and several may end at the same time. */
struct aid_queue_event *aid_queue_take (void);
/* Puts a taken list back to the front, and wakes. */
void aid_queue_give_back (struct aid_queue_event *list);
void aid_queue_free (struct aid_queue_event *list);
/* Wakes through FD from now on, which it takes (-1: none); what waits wakes at once.  Without one, events are kept. */
void aid_queue_attach (int fd);

struct aid_queue_stats
{
  size_t bytes, events;        /* waiting now */
  uint64_t wakes, drains;      /* so far */
};
void aid_queue_stats (struct aid_queue_stats *out);

#endif
