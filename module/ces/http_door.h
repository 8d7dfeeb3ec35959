/* Who is at the door: connections whose request is not whole yet.  A head has so long, a body so much longer the more of it has
   come, whoever drips is cut; and when there is no room the oldest head that is not whole makes it, of the address that has
   most of them, so that who says what he wants at once is always heard.  What is whole has all the time it takes. */
#ifndef AID_CES_HTTP_DOOR_H
#define AID_CES_HTTP_DOOR_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* For a head, since its connection was made, and for the rest of a body that is refused. */
#define AID_DOOR_PATIENCE_MS 30000
/* Times that, behind another request: most of it may pass before the head begins. */
#define AID_DOOR_KEPT 3
/* Times that for a body, and a second more for each so many bytes that came. */
#define AID_DOOR_BODY 2
#define AID_DOOR_BODY_RATE 16384

struct aid_door;
struct aid_door_guest;

/* MOST connections have room, and PATIENCE_MS each (0: AID_DOOR_PATIENCE_MS).  NULL without memory.  BELL (CTX) is called, with
   a lock held, when aid_door_sweep may have to be called sooner than it said. */
struct aid_door *aid_door_new (size_t most, int64_t patience_ms, void (*bell) (void *ctx), void *ctx);
/* All have left.  NULL is fine. */
void aid_door_free (struct aid_door *d);
/* A connection on FD from FROM (NULL: unknown) is there, at NOW, monotonic ms.  It leaves before FD is closed.  NULL without
   memory; all functions take that. */
struct aid_door_guest *aid_door_enter (struct aid_door *d, int fd, const struct sockaddr *from, int64_t now);
void aid_door_leave (struct aid_door *d, struct aid_door_guest *g);
/* Its head is whole, and a body begins. */
void aid_door_head (struct aid_door *d, struct aid_door_guest *g, int64_t now);
/* N bytes of that have come. */
void aid_door_body (struct aid_door *d, struct aid_door_guest *g, size_t n);
/* What still comes of it is forgotten. */
void aid_door_forget (struct aid_door *d, struct aid_door_guest *g, int64_t now);
/* Its request is whole. */
void aid_door_whole (struct aid_door *d, struct aid_door_guest *g);
/* It is answered, and may ask again. */
void aid_door_again (struct aid_door *d, struct aid_door_guest *g, int64_t now);
/* Cuts those whose time is over; gives when to look again, monotonic ms, INT64_MAX: not before the bell. */
int64_t aid_door_sweep (struct aid_door *d, int64_t now);

#endif
